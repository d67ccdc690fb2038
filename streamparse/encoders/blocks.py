"""The base of the encoders whose records name the parts of an answer: blocks, or output items.

Two thinking blocks in a row have two signatures. The deltas alone show neither where the second
begins nor that there is an encrypted block between them; the live message does.
"""

from __future__ import annotations

from typing import Any

from streamparse.encoders.response import ResponseEncoder
from streamparse.frontends.live_parts import LiveParts
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import Citation, GrowingText, Message, Part, Reasoning

__all__ = ["BlockEncoder", "BlockParts"]


class BlockParts(LiveParts):
    """The parts of a message, each on its own; without the live message no delta has a part."""

    def __init__(self, message: Message | None) -> None:
        super().__init__(Message() if message is None else message)

    def _leading(self, part: GrowingText | None) -> GrowingText | None:
        return part

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


class BlockEncoder(ResponseEncoder):
    """Writes one block for each part of the message, with the fields of the part in `extra`."""

    def _begin_answer(self) -> None:
        super()._begin_answer()
        self._parts = BlockParts(self._live)
        self._open_part: Part | None = None  # the part that is being written

    def _grow_part(self, kind: str, text: str) -> None:
        if self._part == kind and self._parts.continues(kind, len(text)):
            self._more(kind, text)
            return
        for part, piece in self._parts.split(kind, text):
            if self._part != kind or (part is not None and part is not self._open_part):
                self._end_part()
                if part is not None:
                    self._pass(part)
                self._part, self._open_part = kind, part
                self._start_part(kind)
            self._more(kind, piece)

    def _begin_call(self, call: ShownCall) -> None:
        """Write what comes before a call."""
        self._pass(call.call)

    def _end_answer(self, message: Message) -> None:
        self._begin()
        self._end_part()
        self._pass(None)
        super()._end_answer(message)

    def _pass(self, part: Part | None) -> None:
        """Write the parts without text that come before `part`, or all that are left."""
        for passed in self._parts.passed(part):
            if isinstance(passed, Reasoning) and not passed.text and passed.extra:
                self._silent(passed)

    # Subclasses write the records.

    def _silent(self, part: Reasoning) -> None:
        """Write reasoning that has no text."""
        raise NotImplementedError
