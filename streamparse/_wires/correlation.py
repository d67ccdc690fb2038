"""Finds the call that a delta belongs to.

This is for wires like OpenAI's chat completions, whose servers leave out the index, keep it
constant, repeat or rotate ids, or repeat names. Wires with numbered blocks do not need it.

The evidence is an index, an id, a name, and whether a new value starts. The rules, in order:

1. A known id, and an index that is absent or agrees: that call, unless another name comes with
   the id.
2. A new id, and an index that is new or absent: a new call.
3. A new id under a known index: the late id of a call without one. Otherwise it is a new call if a
   name comes with the id, or if a new value starts after a whole one; else the call continues, and
   its id has changed.
4. No id, a known index: the call continues, unless another name comes with the delta, or the same
   name and another value after a whole one. These start a call.
5. No id, a new index: a new call.
6. Neither id nor index: a name starts a call. Without a name the delta belongs to the only
   unfinished call; if there are several, it is ambiguous.

An id is stronger evidence than a name. Under rules 1 and 4, another name before any arguments is
the next piece of the name, if the call has an id.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader

__all__ = ["AMBIGUOUS", "NEW", "Correlator", "Outcome"]


class Outcome:
    """The result of `Correlator.find` if the delta belongs to no known call."""

    __slots__ = ("name",)

    _init_types: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


#: The delta starts a call.
NEW: Final = Outcome("NEW")
#: The delta belongs to one of several calls.
AMBIGUOUS: Final = Outcome("AMBIGUOUS")


class Correlator:
    """Finds the calls of one answer by the evidence in a delta."""

    __slots__ = ("by_id", "by_index", "last", "pending", "unmarked")

    def __init__(self) -> None:
        self.by_id: dict[str, CallReader] = {}
        self.by_index: dict[Any, CallReader] = {}
        self.last: CallReader | None = None
        # Calls that may be unfinished. A finished one is dropped when it is met.
        self.pending: list[CallReader] = []
        self.unmarked: list[CallReader] = []  # the pending calls without an `ambiguous_delta`

    def find(
        self, index: Any, identity: str | None, name: str | None, text: str
    ) -> CallReader | Outcome:
        """Return the call that a delta belongs to.

        Args:
            index: The index in the delta, None if there is none.
            identity: The id in the delta.
            name: The name in the delta.
            text: The arguments' JSON text in the delta, `""` for none.

        Returns:
            The call; `NEW` if the delta starts one; `AMBIGUOUS` if it may belong to several.
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
        """Remember a new call, with its index and id."""
        self.last = reader
        self.pending.append(reader)
        self.unmarked.append(reader)
        if index is not None:
            self.by_index[index] = reader
        if identity is not None:
            self._know(reader, identity)

    def mark_ambiguous(self) -> None:
        """Note in each unfinished call that a delta may have belonged to it."""
        unmarked, self.unmarked = self.unmarked, []
        for reader in unmarked:
            if _is_unfinished(reader):
                reader.note_anomaly("ambiguous_delta", "a delta may have been of this call")

    def _unlabelled(self, last: CallReader, text: str) -> CallReader | Outcome:
        """Return the only unfinished call, or the last one if the text may repeat its value."""
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
    """Return whether a name is neither that of the call, nor a longer form of it."""
    current = reader.call.name
    return name is not None and current is not None and not name.startswith(current)


def _is_other(reader: CallReader, name: str | None, text: str) -> bool:
    """Return whether a name under the index and id of a call belongs to another call.

    For a call with an id it does not before the arguments, because the name may come in pieces, nor
    while the delta continues unfinished arguments.
    """
    if not _has_other_name(reader, name):
        return False
    if reader.call.id is None or reader.call.status in ("complete", "truncated"):
        return True
    if not reader.received:
        return False
    return reader.whole or not text or _starts_value(text)


def _is_another(reader: CallReader, name: str | None, text: str) -> bool:
    """Return whether the same name comes with another value after a whole one: a second call."""
    if name is None or not reader.whole or not _starts_value(text):
        return False
    return not reader.may_repeat(text)


def _starts_call(reader: CallReader, name: str | None, text: str) -> bool:
    """Return whether a delta with a new id begins another call than `reader`."""
    starts_value = _starts_value(text)
    if name is None:
        return reader.whole and starts_value
    continues = reader.received and not reader.whole and bool(text) and not starts_value
    return not continues


def _starts_value(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")
