"""A call with its reader, for tests of what a call does with its arguments."""

from __future__ import annotations

from typing import Any

from streamparse._answers.calls import CallReader
from streamparse._answers.options import AnswerOptions
from streamparse.aliases import CallKind
from streamparse.limits import Limits
from streamparse.message import ToolCall
from streamparse.message_events import ToolCallCompleted, ToolCallRejected, ToolCallTruncated
from tests.messages import call_texts

ENDINGS = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)
WHOLE = '{"litres": 3}'
HALF = '{"litres": 3'


class Run:
    """A call, its reader and all events so far."""

    def __init__(
        self,
        *texts: Any,
        name: str | None = "water",
        kind: CallKind = "function",
        limits: Limits | None = None,
    ) -> None:
        self.events: list[Any] = []
        self.call = ToolCall(0, kind)
        self.reader = CallReader(self.call, 0, self.events, AnswerOptions(limits))
        if name is not None:
            self.reader.set_name(name)
        self.feed(*texts)

    def feed(self, *texts: Any) -> Run:
        for text in texts:
            if isinstance(text, str):
                self.reader.feed(text)
            else:
                self.reader.feed_value(text)
        return self

    def end(self) -> Run:
        self.reader.end()
        return self

    def close(self, how: int, later_call: bool = False) -> Run:
        self.reader.close(how, later_call)
        return self

    @property
    def status(self) -> str:
        return self.call.status

    @property
    def codes(self) -> list[str]:
        return [error.code for error in self.call.errors]

    @property
    def emitted(self) -> str:
        """The concatenated deltas of the arguments."""
        return call_texts(self.events).get((0, 0), "")

    @property
    def endings(self) -> list[Any]:
        return [event for event in self.events if isinstance(event, ENDINGS)]

    @property
    def summary(self) -> tuple[str, Any, str, str]:
        return self.status, self.call.partial, self.emitted, self.call.raw_text
