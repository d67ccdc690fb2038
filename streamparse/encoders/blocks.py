"""The base of the encoders whose records name the parts of an answer: blocks, or output items."""

from __future__ import annotations

from streamparse.encoders.parts import BlockParts
from streamparse.encoders.response import ResponseEncoder
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import Message, Part, Reasoning

__all__ = ["BlockEncoder"]


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
