"""Views of messages: the parts that an API can express, and those that clients have read.

A view is a dict of the parts of a message by their names in `LOSSES`. Where an API cannot express a
part, `expected` states the result instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamparse import (
    Citation,
    Message,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCall,
    ToolCallStarted,
)
from streamparse.encoders.response import ResponseEncoder
from streamparse.frontends.citations import sources_of
from streamparse.message import Usage

COUNTS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens")
TOTALS = ("reasoning_tokens", "total_tokens")
CUT = ("length", "content_filter")


def texts(events: Iterable[Any], choice: int) -> dict[str, str]:
    """Return the concatenated deltas of each kind of text."""
    kinds: dict[str, Any] = {
        "text": TextDelta,
        "reasoning": ReasoningDelta,
        "refusal": RefusalDelta,
    }
    own = [event for event in events if event.choice == choice]
    return {
        name: "".join([event.text for event in own if isinstance(event, kind)])
        for name, kind in kinds.items()
    }


def counts(usage: Usage | None) -> dict[str, int]:
    """Return the known counts."""
    if usage is None:
        return {}
    known = {name: getattr(usage, name) for name in (*COUNTS, *TOTALS)}
    return {name: count for name, count in known.items() if count is not None}


def client_calls(message: Message) -> list[ToolCall]:
    return [call for call in message.tool_calls if call.kind != "server"]


def start_in_order(events: Iterable[Any]) -> bool:
    """Return whether the calls start in the order of their indexes.

    A call whose name arrives late starts after later calls, and the encoders keep that order.
    """
    started = [(one.choice, one.call.index) for one in events if isinstance(one, ToolCallStarted)]
    return started == sorted(started)


def shown(call: ToolCall) -> tuple[Any, ...]:
    return call.name or "unknown", call.kind, call.arguments


def urls(message: Message) -> list[str]:
    """Return the web pages that the message cites, without repetitions."""
    cited = [part.data for part in message.content if isinstance(part, Citation)]
    found: list[str] = []
    for data in cited:
        inner = data.get("url_citation") if isinstance(data, dict) else None
        for source in sources_of(inner if isinstance(inner, dict) else data):
            if source.url and source.url not in found:
                found.append(source.url)
    return found


def problem(message: Message, encoder: ResponseEncoder | None = None) -> str | None:
    """Return the text of the error with which the answer ends, or None."""
    found = (encoder or ResponseEncoder())._problem_in(message)
    return None if found is None else found.text


def ids(message: Message) -> list[str | None]:
    """Return the ids of the client's calls; None for a repeated id, which is replaced."""
    found: list[str | None] = []
    for call in client_calls(message):
        found.append(None if call.id in found else call.id)
    return found
