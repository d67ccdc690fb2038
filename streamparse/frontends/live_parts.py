"""Finds the part of the live message that a delta belongs to.

Deltas do not name their parts. But the deltas of a part add up to its text, and the parts of a
message are in order, so the lengths of the texts show where a part ends. The result is the same for
any cuts, and for events that are encoded later than they were parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from streamparse.message import GrowingText, Message, Part, Reasoning

__all__ = ["LiveParts"]

# The types of the parts that each kind of delta belongs to.
_TYPES: Final = {
    "text": ("text", "audio"),
    "reasoning": ("reasoning",),
    "refusal": ("refusal",),
}


class _Cursor:
    """The part that the deltas of one kind belong to now."""

    __slots__ = ("index", "next", "used")

    def __init__(self) -> None:
        self.index = -1  # the index of the part; -1 before the first one
        self.used = 0  # the number of its characters that deltas have brought
        self.next = 0  # the parts between `index` and this index are of other kinds


class LiveParts:
    """The parts of one message, which is still growing.

    Args:
        message: The message. It may be ahead of the deltas.
    """

    def __init__(self, message: Message) -> None:
        self._content = message.content
        self._cursors = {kind: _Cursor() for kind in _TYPES}
        self._passed = 0  # `passed` has returned the parts before this index
        self._lead: Reasoning | None = None

    def continues(self, kind: str, size: int) -> bool:
        """Take a delta of this size if it belongs to the last part; return whether it does.

        It is the same as `split` in the usual case, and quicker.
        """
        cursor = self._cursors[kind]
        if cursor.index < 0 or cursor.next < len(self._content):
            return False
        cursor.used += size
        return True

    def split(self, kind: str, text: str) -> Iterator[tuple[GrowingText | None, str]]:
        """Split the text of a delta by the parts that it belongs to; None if there is none."""
        cursor = self._cursors[kind]
        while text:
            more = self._next(kind, cursor)
            part = self._at(cursor.index)
            room = len(text) if more < 0 or part is None else len(part.text) - cursor.used
            if more >= 0 and (part is None or room <= 0):
                cursor.index, cursor.used, cursor.next = more, 0, more + 1
                continue
            taken = min(room, len(text))
            cursor.used += taken
            yield self._leading(part), text[:taken]
            text = text[taken:]

    def _at(self, index: int) -> GrowingText | None:
        part = self._content[index] if index >= 0 else None
        return part if isinstance(part, GrowingText) else None

    def _next(self, kind: str, cursor: _Cursor) -> int:
        """Return the index of the next part of this kind that has text, or -1."""
        content, types = self._content, _TYPES[kind]
        while cursor.next < len(content) and content[cursor.next].type not in types:
            cursor.next += 1
        for index in range(cursor.next, len(content)):
            part = content[index]
            if part.type in types and isinstance(part, GrowingText) and part.text:
                return index
        return -1

    def _leading(self, part: GrowingText | None) -> GrowingText | None:
        """Return the first part of an item of reasoning, which has the data of the item."""
        if not isinstance(part, Reasoning):
            return part
        lead, item = self._lead, part.extra.get("id")
        if lead is not None and item is not None and lead.extra.get("id") == item:
            return lead
        self._lead = part
        return part

    def passed(self, before: Part | None) -> list[Part]:
        """Return the parts in front of `before` that no earlier call has returned.

        Args:
            before: A part of the message; None returns all parts that are left.
        """
        content, start = self._content, self._passed
        end = start
        while end < len(content) and content[end] is not before:
            end += 1
        if before is not None and end == len(content):
            return []  # the part is a copy, or it was passed before
        self._passed = end
        return content[start:end]
