"""A response while it arrives: its answers by choice, and the events of all in one list."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.answer import AnswerReader
from streamparse._answers.answer_content import AnswerCounts
from streamparse._answers.calls import DONE, INPUT_ENDED, NORMAL
from streamparse._answers.options import AnswerOptions
from streamparse._answers.output import OutputReader
from streamparse.errors import ProviderError, StreamParseError

__all__ = ["ResponseReader"]


class ResponseReader:
    """The answers of one response, by choice, and the events of them all.

    Args:
        options: The options for the answers.
        events: The list that events are added to; a new one if None.
        number: The choice of the first answer, which is not 0 where a session has several.
    """

    __slots__ = (
        "answers",
        "api",
        "counts",
        "events",
        "history",
        "number",
        "options",
        "unread",
        "write_result",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerOptions,)

    def __init__(
        self, options: AnswerOptions, events: list[Any] | None = None, number: int = 0
    ) -> None:
        self.options: AnswerOptions = options
        self.events: list[Any] = [] if events is None else events
        self.number: int = number
        self.counts = AnswerCounts()
        self.answers: dict[int, AnswerReader] = {}
        self.api: str | None = None
        self.history: Any = None
        self.write_result: Any = None
        self.unread: int = 0  # records that were passed on as not understood

    def at(self, choice: int) -> AnswerReader:
        """Return the answer with this index; a new one, if none has it yet."""
        answer = self.answers.get(choice)
        if answer is None:
            options = self.options
            answer = AnswerReader(self.number + choice, self.events, options, self.counts)
            answer.message.api = self.api
            answer.message._history = self.history
            answer.message._write_result = self.write_result
            if options.output:
                answer.texts.output = OutputReader(answer.message, self.events, options)
            if options.text_reader is not None:
                answer.texts.reader = options.text_reader(answer)
            self.answers[choice] = answer
        return answer

    def serve(self, api: str, history: Any, write_result: Any = None) -> None:
        """Set the wire API, and the functions that write messages and results for it."""
        self.api = api
        self.history = history
        self.write_result = write_result
        for answer in self.answers.values():
            answer.message.api = api
            answer.message._history = history
            answer.message._write_result = write_result

    @property
    def all(self) -> list[AnswerReader]:
        """The answers in the order of their indexes.

        There is always one: choice 0, if none has begun.
        """
        if not self.answers:
            self.at(0)
        answers = [self.answers[choice] for choice in sorted(self.answers)]
        begun = [answer for answer in answers if answer.begun]
        return begun or answers

    @property
    def first(self) -> AnswerReader:
        """The begun answer with the smallest index; data of the whole response goes to it."""
        return self.at(max(self.counts.lowest - self.number, 0))

    @property
    def ended(self) -> bool:
        """Whether all answers have ended."""
        return self.counts.begun > 0 and self.counts.begun == self.counts.ended

    def fail(self, error: ProviderError) -> None:
        """Fail and end the answers that have not ended: the whole response has an error."""
        for answer in self.all:
            answer.fail(error)
            answer.end()

    def lose(self, gap: dict[str, int]) -> None:
        """Record that records are missing, so no answer can become complete."""
        for answer in self.all:
            answer.lose(gap)

    def fail_transport(self, error: StreamParseError) -> None:
        """Give open messages the error that broke the stream."""
        self.forget_halves()
        for answer in self.all:
            if not answer.ended:
                # Without its events: they refer to the message.
                answer.message.error = error.copy_without_events()

    def forget_halves(self) -> None:
        """Drop the halves of characters that would raise after the stream broke."""
        for answer in self.answers.values():
            answer.texts.forget_halves()

    def finish(self, reason: str, raw: Any = None) -> None:
        """Apply a finish reason to all answers, where the wire has one for all choices."""
        for answer in self.all:
            answer.finish(reason, raw)

    def done(self) -> None:
        """End at `[DONE]`, on the wires that it ends.

        Without a finish reason, it is a normal finish of each answer with content.
        """
        for answer in self.all:
            bare = answer.reason is None
            if bare and answer.message.content:
                answer.finish("stop")
            answer.end(DONE if bare else NORMAL)

    def end(self) -> None:
        """End all answers at the terminal record."""
        for answer in self.all:
            answer.end()

    def end_input(self) -> None:
        """End all answers at the end of input."""
        for answer in self.all:
            answer.end(INPUT_ENDED)

    def abandon(self) -> None:
        """Cut everything that is open, without events: an exception stopped the parser."""
        if not self.answers:
            self.at(0)
        for answer in self.answers.values():
            answer.ended = True
            if answer.message.status == "in_progress":
                answer.message.status = "truncated"
            for call in answer.message.tool_calls:
                if call.status == "in_progress":
                    call.status = "truncated"
        self.events.clear()

    def end_broken(self, error: StreamParseError | None = None) -> None:
        """Truncate the open answers, because of this error or a cut. Raises nothing."""
        if error is None:
            self.forget_halves()
        else:
            self.fail_transport(error)
        for answer in self.all:
            answer.end_broken()

    def take(self) -> list[Any]:
        """Return the events since the last call."""
        events = self.events.copy()
        self.events.clear()
        return events
