"""Which call a delta belongs to, where the wire names calls loosely.

This is for wires in the shape of OpenAI's chat completions, whose servers leave out the index,
keep it constant, repeat or rotate ids, or send names again and again. Wires with explicit blocks
do not need it: their block index is the key, and ids are labels.

The evidence is an index, an id, a name, and whether a new value starts. The rules, in order:

1. A known id, and an index that is absent or agrees: that call. The same id again is a repetition,
   unless another name comes with it.
2. An unseen id, and an index that is unseen or absent: a new call.
3. An unseen id under a known index: the late id of a call that has none. Otherwise a new call, if
   a name comes with it or a new value starts after a whole one; else the call goes on, and its id
   has changed.
4. No id, a known index: the call goes on, unless another name, or the same name and another whole
   value after a whole one, comes with it: that starts a call.
5. No id, an unseen index: a new call.
6. Neither id nor index: a name starts a call. Without one the delta belongs to the only unfinished
   call; if there are several, it is ambiguous.

An id is stronger evidence than a name. Under rules 1 and 4 another name that comes before any
arguments, for a call that has an id, is the next piece of the call's name.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader

__all__ = ["AMBIGUOUS", "NEW", "Correlator", "Outcome"]


class Outcome:
    """What `Correlator.find` returns where there is no call that the delta belongs to."""

    __slots__ = ("name",)

    init_types: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


#: The delta starts a call.
NEW: Final = Outcome("NEW")
#: The delta belongs to a call, but nothing says to which.
AMBIGUOUS: Final = Outcome("AMBIGUOUS")


class Correlator:
    """The calls of one answer, found by the evidence in a delta."""

    __slots__ = ("by_id", "by_index", "last", "pending", "unmarked")

    def __init__(self) -> None:
        self.by_id: dict[str, CallReader] = {}
        self.by_index: dict[Any, CallReader] = {}
        self.last: CallReader | None = None
        # Calls that may be unfinished. A finished one never is again, so it is dropped when met.
        self.pending: list[CallReader] = []
        self.unmarked: list[CallReader] = []  # the pending ones without an `ambiguous_delta`

    def find(
        self, index: Any, identity: str | None, name: str | None, text: str
    ) -> CallReader | Outcome:
        """The call that a delta belongs to.

        Args:
            index: The index in the delta, None if there is none.
            identity: The id in the delta.
            name: The name in the delta.
            text: The arguments' JSON text in the delta, `""` for none.

        Returns:
            The call; `NEW` if the delta starts one; `AMBIGUOUS` if nobody can tell.
        """
        at_index = None if index is None else self.by_index.get(index)
        if identity is not None:
            found = self._by_identity(at_index, index is None, identity, name, text)
        elif at_index is not None:
            other = _is_other(at_index, name, text) or _is_another(at_index, name, text)
            found = None if other else at_index
        elif index is None and name is None and self.last is not None:
            return self._unlabelled(self.last, text)
        else:
            found = None
        return NEW if found is None else found

    def add(self, reader: CallReader, index: Any, identity: str | None) -> None:
        """Remember a new call, and the names by which it is known."""
        self.last = reader
        self.pending.append(reader)
        self.unmarked.append(reader)
        if index is not None:
            self.by_index[index] = reader
        if identity is not None:
            self._know(reader, identity)

    def mark_ambiguous(self) -> None:
        """Note in each unfinished call that a delta may have been part of it."""
        unmarked, self.unmarked = self.unmarked, []
        for reader in unmarked:
            if _is_unfinished(reader):
                reader.note_anomaly("ambiguous_delta", "a delta may have been of this call")

    def _unlabelled(self, last: CallReader, text: str) -> CallReader | Outcome:
        """The only unfinished call; after the last one has ended, white space and repetitions."""
        pending = self.pending
        while pending and not _is_unfinished(pending[-1]):
            pending.pop()
        while len(pending) > 1 and not _is_unfinished(pending[-2]):
            del pending[-2]
        if len(pending) == 1:
            return pending[0]
        if not pending and last.may_repeat(text):
            return last
        return AMBIGUOUS

    def _know(self, reader: CallReader, identity: str) -> None:
        if identity in self.by_id:
            reader.note_anomaly("repeated_id", f"an earlier call has the id {identity!r} too")
        self.by_id[identity] = reader

    def _by_identity(
        self,
        at_index: CallReader | None,
        unplaced: bool,
        identity: str,
        name: str | None,
        text: str,
    ) -> CallReader | None:
        known = self.by_id.get(identity)
        if known is not None and (unplaced or known is at_index):
            return None if _is_other(known, name, text) else known
        if at_index is None:
            return None
        current = at_index.call.id
        if current is None:
            if _is_other(at_index, name, text):
                return None
            self._know(at_index, identity)
        elif _has_other_name(at_index, name):
            return None
        elif known is None:
            return None if _starts_call(at_index, name, text) else at_index
        return at_index


def _is_unfinished(reader: CallReader) -> bool:
    return reader.listening and not reader.whole


def _has_other_name(reader: CallReader, name: str | None) -> bool:
    """True for a name that is neither the call's, nor a longer form of it."""
    current = reader.call.name
    return name is not None and current is not None and not name.startswith(current)


def _is_other(reader: CallReader, name: str | None, text: str) -> bool:
    """True if the name, under the call's own index and id, belongs to another call.

    For a call with an id, it does not while the arguments have not begun (a name in pieces), nor
    while they are unfinished and the delta goes on with them.
    """
    if not _has_other_name(reader, name):
        return False
    if reader.call.id is None or reader.call.status in ("complete", "truncated"):
        return True
    if not reader.received:
        return False
    return reader.whole or not text or _starts_value(text)


def _is_another(reader: CallReader, name: str | None, text: str) -> bool:
    """True for the same name with another value, after a whole one: a second call of the tool."""
    if name is None or not reader.whole or not _starts_value(text):
        return False
    return not reader.may_repeat(text)


def _starts_call(reader: CallReader, name: str | None, text: str) -> bool:
    """True if a delta with an unseen id begins another call than `reader`."""
    starts_value = _starts_value(text)
    if name is None:
        return reader.whole and starts_value
    going_on = reader.received and not reader.whole and bool(text) and not starts_value
    return not going_on


def _starts_value(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")
