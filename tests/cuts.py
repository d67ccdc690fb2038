"""Law 7 for any stream in records: what a cut stream may say, given what the whole one says.

Does not import hypothesis or pytest: the fuzz targets use this module too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamparse.message import Message
from streamparse.message_events import ToolCallCompleted
from streamparse.message_parser import MessageParser
from tests.helpers import same


class Whole:
    """A stream read record by record, and what was known after each of them."""

    def __init__(self, units: Sequence[Any], api: str | None) -> None:
        self.completed: dict[tuple[int, int], tuple[int, Any]] = {}
        self.signal: dict[int, int] = {}  # after how many records a choice has a finish reason
        self.events: list[Any] = []
        parser = MessageParser(api)
        self.parser = parser
        for place, unit in enumerate([*units, None], 1):
            count = min(place, len(units))  # the last record may be whole at the end only
            events = parser.finish() if unit is None else parser.feed(unit)
            self.events += events
            for event in events:
                if isinstance(event, ToolCallCompleted):
                    key = event.choice, event.call.index
                    assert key not in self.completed, "a call is completed once"
                    self.completed[key] = count, event.call.arguments
            for message in parser.messages:
                if message.finish_reason is not None:
                    self.signal.setdefault(message.choice, count)
                self._check_calls(message)

    def _check_calls(self, message: Message) -> None:
        """Only completed calls are complete, and only complete ones have arguments."""
        for call in message.tool_calls:
            complete = (message.choice, call.index) in self.completed
            assert (call.status == "complete") == complete
            assert complete or call.arguments is None


def check_cut(parser: MessageParser, whole: Whole, seen: int) -> None:
    """`parser` was fed `seen` records of the stream, the last one perhaps in part, and ended."""
    for message in parser.messages:
        assert message.status != "in_progress"
        if message.status == "complete":
            assert whole.signal.get(message.choice, seen) <= seen
        for call in message.tool_calls:
            assert call.status != "in_progress"
            assert call.arguments is None or call.status == "complete"
            if call.status == "complete":
                after, arguments = whole.completed[message.choice, call.index]
                assert after <= seen
                assert same(call.arguments, arguments)
    check_what_stays(parser, whole.parser)


def check_what_stays(parser: MessageParser, whole: MessageParser) -> None:
    """What was salvaged is a beginning of what the whole stream gives."""
    later = {message.choice: message for message in whole.messages}
    for message in parser.messages:
        if message.choice not in later:
            continue  # nothing had come: the message that is always there
        full = later[message.choice]
        assert full.text.startswith(message.text)
        assert full.reasoning.startswith(message.reasoning)
        assert full.refusal.startswith(message.refusal)
        for call, full_call in zip(message.tool_calls, full.tool_calls, strict=False):
            if call.name is None:
                continue  # nothing of it had been shown
            # Names may grow, and some servers give another id at the end of a call.
            assert (full_call.name or "").startswith(call.name)
            assert call.status != "complete" or call.id == full_call.id
            assert full_call.arguments_text.startswith(call.arguments_text)
            assert full_call.raw_text.startswith(call.raw_text)
