"""Which call a delta belongs to, where the wire names calls loosely.

For wires in the shape of OpenAI's chat completions, whose servers leave out the index, keep it
constant, repeat or rotate ids, or send names again and again. (Wires with explicit blocks need
none of this: their block index is the key, and ids are labels.)

The rules, in order, with the evidence `index`, `id`, `name` and "does a new value start":

1. A known id, and an index that is absent or agrees: that call. The same id again is repetition,
   unless another name comes with it.
2. An unseen id, and an index that is unseen or absent: a new call.
3. An unseen id under a seen index: a late id, where the call has none yet. Else a new call, if a
   name comes with it or a new value starts after a whole one; else the call goes on, its id
   having changed.
4. No id, a seen index: the call goes on, unless another name comes with it, which starts one.
5. No id, an unseen index: a new call.
6. Neither id nor index: a name starts a call; without one it goes to the only unfinished call;
   otherwise nobody can tell, and the delta is reported as ambiguous.
"""

from __future__ import annotations

from typing import Any

from streamparse._answers.calls import CallReader

__all__ = ["Correlator"]


class Correlator:
    """The calls of one answer, found by what a delta says; `open_call` makes a new one."""

    __slots__ = ("by_id", "by_index", "calls")

    def __init__(self) -> None:
        self.calls: list[CallReader] = []
        self.by_id: dict[str, CallReader] = {}
        self.by_index: dict[Any, CallReader] = {}

    def find(
        self, index: Any, identity: str | None, name: str | None, text: str
    ) -> CallReader | None:
        """The call this delta goes on with; None: it starts one (or nobody can tell).

        `text` is what it brings of the arguments' JSON, "" for none.
        """
        at_index = None if index is None else self.by_index.get(index)
        if identity is not None:
            return self._by_identity(at_index, index is None, identity, name, text)
        if at_index is not None:
            return None if _is_other(at_index, name) else at_index
        if index is not None or name is not None:
            return None
        unfinished = [reader for reader in self.calls if reader.listening and not reader.whole]
        if len(unfinished) == 1:
            return unfinished[0]
        if self.calls and not unfinished and _may_follow(self.calls[-1], text):
            return self.calls[-1]
        return None

    def add(self, reader: CallReader, index: Any, identity: str | None) -> None:
        """A new call, and what it is known by."""
        self.calls.append(reader)
        if index is not None:
            self.by_index[index] = reader
        if identity is not None:
            self._know(reader, identity)

    def unfinished(self) -> list[CallReader]:
        """The calls that an unlabelled delta could belong to."""
        return [reader for reader in self.calls if reader.listening and not reader.whole]

    def _know(self, reader: CallReader, identity: str) -> None:
        if identity in self.by_id:
            reader.oddity("repeated_id", f"an earlier call has the id {identity!r} too")
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
            return None if _is_other(known, name) else known
        if at_index is None:
            return None
        if _is_other(at_index, name):
            return None
        if at_index.call.id is None:
            self._know(at_index, identity)
        elif known is None and _starts_call(at_index, name, text):
            return None
        return at_index


def _is_other(reader: CallReader, name: str | None) -> bool:
    """Does this name belong to another call? A longer form of the same name does not."""
    current = reader.call.name
    return name is not None and current is not None and not name.startswith(current)


def _starts_call(reader: CallReader, name: str | None, text: str) -> bool:
    """Does a delta with an id of its own begin another call than `reader`?"""
    starts_value = text.lstrip()[:1] in ("{", "[")
    if name is None:
        return reader.whole and starts_value
    going_on = reader.received and not reader.whole and bool(text) and not starts_value
    return not going_on


def _may_follow(reader: CallReader, text: str) -> bool:
    """May unlabelled text follow the last call? White space, or the whole value again."""
    return not text.strip() or reader.call.arguments_text.strip().startswith(text.strip())
