"""The effects of records that differ from the last one only in their delta; see `Repeat`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._decoding.templates import Counts, Repeat
from streamparse.message import GrowingText, Reasoning, Refusal, Text, Usage

__all__ = ["CallRepeat", "ReasoningRepeat", "TextRepeat", "UsageCounts", "repeat_of_part"]


class UsageCounts(Counts):
    """Reads the token counts so far.

    Args:
        name: The name of their member.
        answer: The answer that they are about.
        usage_of: The function that reads them.
    """

    __slots__ = ("answer", "usage_of")

    _init_types: ClassVar[tuple[Any, ...]] = (str, AnswerReader, None)

    def __init__(
        self, name: str, answer: AnswerReader, usage_of: Callable[[dict[str, Any]], Usage]
    ) -> None:
        super().__init__(name)
        self.answer = answer
        self.usage_of = usage_of

    def read(self, counts: dict[str, Any]) -> None:
        self.answer.count(counts, self.usage_of)


class PartRepeat(Repeat):
    """Base class of the repeats that append to a part of an answer.

    Args:
        answer: The answer.
        part: The part. None for the current text.
        path: See `Repeat`, also for the other arguments.
    """

    __slots__ = ("answer", "growing", "part")

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, None, list)

    def __init__(
        self,
        answer: AnswerReader,
        part: GrowingText | None,
        path: list[Any],
        padding: tuple[str, ...] = (),
        inert: tuple[str, ...] = (),
        numbered: str = "",
    ) -> None:
        super().__init__(path, padding, inert, numbered)
        self.answer = answer
        self.part = part
        #: Whether the part must be the last one of the answer.
        self.growing: bool = False

    def holds(self) -> bool:
        return not self.growing or self.answer.message.content[-1] is self.part


class TextRepeat(PartRepeat):
    """Appends to the current text, or to a part that the wire has selected."""

    __slots__ = ()

    def read(self, delta: str) -> None:
        self.answer.text(delta, cast("Text | None", self.part))


class ReasoningRepeat(PartRepeat):
    """Appends to a reasoning part."""

    __slots__ = ()

    def read(self, delta: str) -> None:
        self.answer.reasoning(delta, cast("Reasoning | None", self.part))


class RefusalRepeat(PartRepeat):
    """Appends to a refusal part."""

    __slots__ = ()

    def read(self, delta: str) -> None:
        self.answer.refusal(delta, cast("Refusal", self.part))


class CallRepeat(Repeat):
    """Appends to the arguments of a call.

    Args:
        reader: The reader of the call.
        answer: On wires that do not send the end of a call, the answer whose calls become ready.
    """

    __slots__ = ("answer", "reader")

    _init_types: ClassVar[tuple[Any, ...]] = (CallReader, None, list)

    def __init__(
        self,
        reader: CallReader,
        answer: AnswerReader | None,
        path: list[Any],
        padding: tuple[str, ...] = (),
        inert: tuple[str, ...] = (),
        numbered: str = "",
    ) -> None:
        super().__init__(path, padding, inert, numbered)
        self.reader = reader
        self.answer = answer

    def read(self, delta: str) -> None:
        self.reader.feed(delta)
        answer = self.answer
        if answer is not None and answer.texts.reader is None:
            answer.calls.mark_ready()


def repeat_of_part(answer: AnswerReader, part: GrowingText, path: list[Any]) -> Repeat | None:
    """Return the `Repeat` that appends to a part; None for other types of parts."""
    if isinstance(part, Text):
        return TextRepeat(answer, part, path)
    if isinstance(part, Reasoning):
        return ReasoningRepeat(answer, part, path)
    if isinstance(part, Refusal):
        return RefusalRepeat(answer, part, path)
    return None
