"""The answers of a session while they arrive, and the events of them all in one list."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._decoding.record import Record
from streamparse._wires.base import Wire
from streamparse.errors import LimitError, StreamParseError
from streamparse.message import Message
from streamparse.message_events import InputCompleted, InputDelta, ProviderEvent

__all__ = ["SessionAnswer", "SessionReader"]


class SessionAnswer:
    """One answer, and the wire that reads it."""

    __slots__ = ("response", "wire")

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader, Wire)

    def __init__(self, response: ResponseReader, wire: Wire) -> None:
        self.response = response
        self.wire = wire

    @property
    def message(self) -> Message:
        """The message so far."""
        return self.response.first.message

    @property
    def ended(self) -> bool:
        """Whether the last event of the answer has been emitted."""
        return self.response.ended

    def read(self, data: dict[str, Any], name: str) -> bool:
        """Read a record of this answer, and pass on one that is not understood or comes late.

        Returns:
            Whether the record was read before, and was skipped.
        """
        sieve = self.wire.sieve
        before = 0 if sieve is None else sieve.skipped
        for one in self.wire.sift(Record(name, data, "")):
            self._read(one.data, one.event)
        return sieve is not None and sieve.skipped > before

    def _read(self, data: dict[str, Any], name: str) -> None:
        if self.ended or not self.wire.record(data, ""):
            self.pass_on(name, data)

    def pass_on(self, name: str, data: Any) -> None:
        """Emit a record that is not understood."""
        self.response.first.pass_on(name, data)

    def end_input(self) -> None:
        """End the answer, because no more of it can come."""
        if not self.ended:
            self.wire.end()

    def end_broken(self, error: StreamParseError | None) -> None:
        """End the answer, because of this error or a cut. Raises nothing."""
        if not self.ended:
            self.response.end_broken(error)


class SessionReader:
    """The answers of a session, in the order in which they began."""

    __slots__ = ("answers", "events", "options", "replayed", "running")

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerOptions,)

    def __init__(self, options: AnswerOptions) -> None:
        self.options = options
        self.answers: list[SessionAnswer] = []
        self.events: list[Any] = []
        self.replayed: int = 0  # messages that were skipped because they were repeated
        self.running: list[SessionAnswer] = []  # those that have not ended, as far as is known

    def begin(self, wire: type[Wire]) -> SessionAnswer:
        """Begin an answer that `wire` reads.

        Raises:
            LimitError: The session has `Limits.choices` answers already (`choices`).
        """
        most = self.options.limits.choices
        if len(self.answers) >= most:
            raise LimitError(f"more than {most} answers in one session", code="choices")
        response = ResponseReader(self.options, self.events, len(self.answers))
        answer = SessionAnswer(response, wire(response))
        self.answers.append(answer)
        self.running.append(answer)
        return answer

    def open(self) -> list[SessionAnswer]:
        """Return the answers that have not ended."""
        self.running = [answer for answer in self.running if not answer.ended]
        return self.running

    def read(self, answer: SessionAnswer, data: dict[str, Any], name: str) -> None:
        """Read a record of an answer."""
        if answer.read(data, name):
            self.replayed += 1

    def pass_on(self, name: str, data: Any) -> None:
        """Emit a message that belongs to no answer."""
        self.events.append(ProviderEvent(name, data, None))

    def input_delta(self, item: str | None, text: str) -> None:
        """Emit more of what the user said."""
        if text:
            self.events.append(InputDelta(item, text))

    def input_completed(self, item: str | None, text: str) -> None:
        """Emit all that the user said."""
        self.events.append(InputCompleted(item, text))

    def end_input(self) -> None:
        """End all answers at the end of the session."""
        for answer in self.open():
            answer.end_input()

    def end_broken(self, error: StreamParseError | None = None) -> None:
        """End all answers after the connection or the parser failed. Raises nothing."""
        for answer in self.open():
            answer.end_broken(error)

    def abandon(self) -> None:
        """Cut everything that is open, without events: an exception stopped the parser."""
        for answer in self.open():
            answer.response.abandon()
        self.events.clear()

    def take(self) -> list[Any]:
        """Return the events since the last call."""
        events = self.events.copy()
        self.events.clear()
        return events
