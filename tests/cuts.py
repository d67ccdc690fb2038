"""Checks law 7 for streams of records: a truncated stream reports nothing that is wrong later.

The fuzz targets use this module too, so it imports neither hypothesis nor pytest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamparse.message import Message, ToolCall
from streamparse.message_events import ProviderEvent, ToolCallCompleted
from streamparse.message_parser import MessageParser
from tests.helpers import same


class Whole:
    """A stream read record by record, with the state after each of them."""

    def __init__(self, units: Sequence[Any], api: Any) -> None:
        self.completed: dict[tuple[int, int], tuple[int, Any]] = {}
        self.signal: dict[
            int, int
        ] = {}  # For each choice the number of records up to its finish reason.
        self.events: list[Any] = []
        parser = MessageParser(api)
        self.parser = parser
        for number, unit in enumerate([*units, None], 1):
            count = min(number, len(units))  # The end of the input may complete the last record.
            events = parser.finish() if unit is None else parser.feed(unit)
            self.events += events
            for event in events:
                if isinstance(event, ToolCallCompleted):
                    key = event.choice, event.call.index
                    assert key not in self.completed, "a call was completed twice"
                    self.completed[key] = count, event.call.arguments
            for message in parser.messages:
                if message.finish_reason is not None:
                    self.signal.setdefault(message.choice, count)
                self._check_calls(message)

    def _check_calls(self, message: Message) -> None:
        """Check that exactly the calls with a completion event are complete and have arguments."""
        for call in message.tool_calls:
            complete = (message.choice, call.index) in self.completed
            assert (call.status == "complete") == complete
            assert complete or call.arguments is None


def check_cut(parser: MessageParser, whole: Whole, seen: int) -> None:
    """Check a parser that received `seen` records, the last one perhaps partially, and the end."""
    for message in parser.messages:
        assert message.status != "in_progress"
        if message.status == "complete":
            assert whole.signal.get(message.choice, seen) <= seen
        for call in message.tool_calls:
            assert call.status != "in_progress"
            assert call.arguments is None or call.status == "complete"
            if call.status == "complete":
                key = message.choice, call.index
                if _continued(whole, message.choice, call):
                    continue
                if key not in whole.completed and _is_taken_back(whole, message.choice, seen):
                    continue
                after, arguments = whole.completed[key]
                # A call without arguments is only completed by the terminal record or the end of
                # the input, after a finish reason.
                assert min(after, whole.signal.get(message.choice, after)) <= seen
                assert same(call.arguments, arguments)
    # If the provider's final text differs from its deltas, the message has the final text.
    replaced = {event.name for event in whole.events if isinstance(event, ProviderEvent)}
    for message, full in _pairs(parser, whole.parser):
        for name in ("text", "reasoning", "refusal"):
            if f"replaced_{name}" not in replaced:
                assert getattr(full, name).startswith(getattr(message, name))


# A normal finish reason, before or after, does not replace these.
CUT_SHORT = ("length", "content_filter", "cancelled", "error")


def _is_taken_back(whole: Whole, choice: int, seen: int) -> bool:
    """Return whether a truncation or an error followed the finish reason of this part."""
    for message in whole.parser.messages:
        if message.choice == choice:
            short = message.error is not None or message.finish_reason in CUT_SHORT
            return short and whole.signal.get(choice, seen + 1) <= seen
    return False


def _continued(whole: Whole, choice: int, call: ToolCall) -> bool:
    """Return whether a call without arguments continued after the finish reason.

    After a finish reason, the end of the input completes such a call. But in a damaged stream
    argument text may follow, or another call may replace it.
    """
    for message in whole.parser.messages:
        if message.choice == choice and call.index < len(message.tool_calls):
            later = message.tool_calls[call.index]
            replaced = later.status != "complete" and len(message.tool_calls) > call.index + 1
            return call.raw_text == "" and (later.raw_text != "" or replaced)
    return False


def check_calls_stay(parser: MessageParser, whole: MessageParser) -> None:
    """Check that the calls of a truncated stream are prefixes of the calls of the whole stream.

    This is not true of streams with contradictions, whose held text may be dropped.
    """
    for message, full in _pairs(parser, whole):
        for call, full_call in zip(message.tool_calls, full.tool_calls, strict=False):
            assert call.name in (None, full_call.name)
            assert full_call.arguments_text.startswith(call.arguments_text)
            assert full_call.raw_text.startswith(call.raw_text)
            # Some servers send another id at the end of a call.
            assert call.status != "complete" or call.id == full_call.id


def _pairs(parser: MessageParser, whole: MessageParser) -> list[tuple[Message, Message]]:
    """Pair the messages of both by choice, without the message of a parser that got no input."""
    later = {message.choice: message for message in whole.messages}
    return [(one, later[one.choice]) for one in parser.messages if one.choice in later]
