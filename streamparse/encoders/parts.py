"""Finds the part of the message that a delta belongs to, because deltas do not name it.

Two thinking blocks in a row have two signatures. The deltas alone show neither where the second
begins nor that there is an encrypted block between them; the live message does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from streamparse.message import (
    Audio,
    Citation,
    GrowingText,
    Message,
    Part,
    Reasoning,
    Refusal,
    Text,
)

__all__ = ["LiveParts"]

_KINDS: Final[dict[str, tuple[type[GrowingText], ...]]] = {
    "text": (Text, Audio),
    "reasoning": (Reasoning,),
    "refusal": (Refusal,),
}


class LiveParts:
    """The parts of a message that grows, with what the deltas have brought of each.

    The message may have more than the deltas so far, because a parser returns many events at once.
    """

    def __init__(self, message: Message | None) -> None:
        self._content: list[Part] = [] if message is None else message.content
        self._taken: dict[int, int] = {}  # the characters of each part that the deltas brought
        self._now = 0  # the part that grows
        self._passed = 0  # the parts before it have begun

    def split(self, kind: str, text: str) -> Iterator[tuple[GrowingText | None, str]]:
        """Yield the pieces of a delta, each with its part; None for text that was replaced."""
        while text:
            part, size = self._find(kind, text)
            yield part, text[:size]
            text = text[size:]

    def passed(self, part: Part | None) -> Iterator[Part]:
        """Yield the parts before `part`, or all, that were not yielded before.

        They have no deltas, or have begun already.
        """
        content, start = self._content, self._passed
        places = range(start, len(content))
        end = next((place for place in places if content[place] is part), None)
        if end is not None:
            self._passed = end + 1
            yield from content[start:end]
        elif part is None:
            self._passed = len(content)
            yield from content[start:]

    def citations_after(self, part: Part | None) -> list[Any]:
        """Return the citations that directly follow a part so far."""
        content = self._content
        place = next((place for place, each in enumerate(content) if each is part), len(content))
        found: list[Any] = []
        for each in content[place + 1 :]:
            if not isinstance(each, Citation):
                break
            found.append(each.data)
        return found

    def _find(self, kind: str, text: str) -> tuple[GrowingText | None, int]:
        """Return the part to which `text` belongs, and how much of it does."""
        for place in self._candidates():
            part = self._content[place]
            if not isinstance(part, _KINDS[kind]):
                continue
            taken, whole = self._taken.get(place, 0), part.text
            size = min(len(whole) - taken, len(text))
            if size > 0 and whole.startswith(text[:size], taken):
                self._now = place
                self._taken[place] = taken + size
                return part, size
        return None, len(text)

    def _candidates(self) -> Iterator[int]:
        """Yield the places at which text may go on: usually the part that grows, or the next."""
        count = len(self._content)
        if self._now < count:
            yield self._now
        yield from range(self._now + 1, count)
        yield from range(min(self._now, count))
