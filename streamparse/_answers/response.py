"""A response while it arrives: its answers by choice, and their events in one list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from streamparse._answers.answer import AnswerCounts, AnswerReader, TextReader
from streamparse._answers.calls import DONE, INPUT_ENDED, NORMAL
from streamparse._answers.output import OutputReader
from streamparse._answers.tools import Toolbox
from streamparse._core.sink import ValidatorFactory
from streamparse._core.surrogates import check_surrogates
from streamparse.dialect import Dialect
from streamparse.errors import ProviderError, StreamParseError
from streamparse.limits import Limits

__all__ = ["ResponseReader"]


class ResponseReader:
    """The answers of one response, by choice, and the events of them all.

    `output`: the kind of document that each text is to be, see `output.root_kind`; "" for none;
    `judge`: what judges it. `tools`: what the calls may call, None for anything. `reading`: makes
    what reads the text of an answer, where it is of a raw-text format.
    """

    __slots__ = (
        "answers",
        "api",
        "counts",
        "dialect",
        "events",
        "history",
        "judge",
        "limits",
        "output",
        "output_dialect",
        "reading",
        "surrogates",
        "tools",
        "unread",
    )

    init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(
        self,
        limits: Limits,
        output: str = "",
        judge: ValidatorFactory | None = None,
        tools: Toolbox | None = None,
        dialect: Dialect | None = None,
        output_dialect: Dialect | None = None,
        reading: Callable[[AnswerReader], TextReader] | None = None,
        surrogates: str = "keep",
    ) -> None:
        check_surrogates(surrogates)
        self.surrogates = surrogates
        self.limits = limits
        self.dialect = dialect
        self.output_dialect = output_dialect
        self.reading = reading
        self.output = output
        self.judge = judge
        self.tools = tools
        self.events: list[Any] = []
        self.counts = AnswerCounts()
        self.answers: dict[int, AnswerReader] = {}
        self.api: str | None = None
        self.history: Any = None
        self.unread: int = 0  # records that were passed on because nobody understood them
        self.at(0)

    def at(self, choice: int) -> AnswerReader:
        """The answer with this index; made when it is first heard of."""
        answer = self.answers.get(choice)
        if answer is None:
            answer = AnswerReader(
                choice,
                self.events,
                self.limits,
                self.tools,
                self.dialect,
                self.counts,
                self.surrogates,
            )
            answer.message.api = self.api
            answer.message.history = self.history
            if self.output:
                answer.output = OutputReader(
                    self.output,
                    answer.message,
                    self.events,
                    self.limits,
                    self.judge,
                    self.output_dialect,
                    self.surrogates,
                    self.tools is not None,
                )
            if self.reading is not None:
                answer.reader = self.reading(answer)
            self.answers[choice] = answer
        return answer

    def serve(self, api: str, history: Any) -> None:
        """The wire API is known: messages go back to it by `history`."""
        self.api = api
        self.history = history
        for answer in self.answers.values():
            answer.message.api = api
            answer.message.history = history

    @property
    def all(self) -> list[AnswerReader]:
        """In the order of their indexes.

        Choice 0 is there from the start; where only others have begun, it was never one of them.
        """
        answers = [self.answers[choice] for choice in sorted(self.answers)]
        begun = [answer for answer in answers if answer.begun]
        return begun or answers

    @property
    def first(self) -> AnswerReader:
        """The begun one with the smallest index; it gets what belongs to the whole response."""
        return self.answers[self.counts.lowest]

    @property
    def ended(self) -> bool:
        """Have all of them ended?"""
        return self.counts.begun > 0 and self.counts.begun == self.counts.ended

    def fail(self, error: ProviderError) -> None:
        """An error of the whole response: whoever has not ended has failed, and ends."""
        for answer in self.all:
            answer.fail(error)
            answer.end()

    def fail_transport(self, error: StreamParseError) -> None:
        """The stream broke: what is open is cut, and each message says why."""
        self.forget_halves()
        for answer in self.all:
            if not answer.ended:
                # Without its events: they refer to the message.
                answer.message.error = error.copy_without_events()

    def forget_halves(self) -> None:
        """Drop the halves of characters that would raise: the stream broke."""
        for answer in self.answers.values():
            answer.forget_halves()

    def finish(self, reason: str, raw: Any = None) -> None:
        """A finish of the whole response, where the wire has one for all choices."""
        for answer in self.all:
            answer.finish(reason, raw)

    def done(self) -> None:
        """`[DONE]`, on the wires that it ends.

        Where no finish reason came, it is a normal finish of each answer with any content.
        """
        for answer in self.all:
            bare = answer.reason is None
            if bare and answer.message.content:
                answer.finish("stop")
            answer.end(DONE if bare else NORMAL)

    def end(self) -> None:
        """The terminal record."""
        for answer in self.all:
            answer.end()

    def end_input(self) -> None:
        """The end of input."""
        for answer in self.all:
            answer.end(INPUT_ENDED)

    def abandon(self) -> None:
        """An exception broke off the reading: what is open is cut, without events."""
        for answer in self.answers.values():
            answer.ended = True
            if answer.message.status == "in_progress":
                answer.message.status = "truncated"
            for call in answer.message.tool_calls:
                if call.status == "in_progress":
                    call.status = "truncated"
        self.events.clear()

    def end_broken(self) -> None:
        """As `end`, after a failure. Raises nothing."""
        for answer in self.all:
            answer.end_broken()

    def take(self) -> list[Any]:
        """The events since the last call."""
        events = self.events.copy()
        self.events.clear()
        return events
