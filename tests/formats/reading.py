"""Reads a text whole, in characters and in other pieces, and compares the results."""

from __future__ import annotations

from typing import Any

from streamparse.formats import Format
from streamparse.message import Message
from tests.formats.checks import Run, check_events, check_nothing_lost, run
from tests.helpers import cut

CUTS: tuple[list[int], ...] = ([], [1], [2], [3, 1, 7], [0, 5])


def read(format: str | Format, text: str, **options: Any) -> Run:
    """Return the result of the text, checked to be the same for all cuts, with nothing lost."""
    found = run(format, [text], **options)
    for sizes in CUTS:
        assert run(format, cut(text, sizes), **options).reading == found.reading
    if found.error is None:
        check_events(found)
        check_nothing_lost(text, format, found, options.get("suffix", ""))
    return found


def message_of(format: str | Format, text: str, **options: Any) -> Message:
    """Return the message of the text."""
    return read(format, text, **options).message


def calls_of(format: str | Format, text: str, **options: Any) -> list[tuple[str | None, Any]]:
    """Return the names and arguments of the calls, checked to be complete."""
    message = message_of(format, text, **options)
    assert [call.status for call in message.tool_calls] == ["complete"] * len(message.tool_calls)
    return [(call.name, call.arguments) for call in message.tool_calls]


def only(message: Message) -> Any:
    """Return the only call of the message."""
    (call,) = message.tool_calls
    return call


def tool(name: str, **properties: Any) -> dict[str, Any]:
    """Return a tool with these properties, each given as a type or a schema."""
    schemas = {
        key: {"type": given} if isinstance(given, str) else given
        for key, given in properties.items()
    }
    return {"name": name, "parameters": {"type": "object", "properties": schemas}}


def calls_in(message: Message) -> list[tuple[str | None, str, Any]]:
    """Return the name, the status and the arguments so far of each call."""
    return [
        (call.name, call.status, call.arguments if call.status == "complete" else call.partial)
        for call in message.tool_calls
    ]
