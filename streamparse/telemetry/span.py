"""Computes the attributes of a span from the messages of an operation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from streamparse.errors import StreamParseError
from streamparse.message import (
    Audio,
    Message,
    Part,
    Reasoning,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)
from streamparse.telemetry.names import COUNTS

__all__ = ["clean", "error_type", "of_messages", "of_usage", "output_messages"]


def clean(text: str) -> str:
    """Return `text` without lone surrogates, which exporters cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def of_messages(messages: Sequence[Message]) -> dict[str, Any]:
    """Return the attributes of the answers, under our own names."""
    found: dict[str, Any] = {}
    for name, values in (
        ("response_id", [message.id for message in messages]),
        ("response_model", [message.model for message in messages]),
    ):
        known = [clean(value) for value in values if value]
        if known:
            found[name] = known[0]
    reasons = [message.finish_reason for message in messages if message.finish_reason]
    if reasons:
        found["finish_reasons"] = reasons
    if messages:
        found["status"] = [message.status for message in messages]
    return found


def of_usage(usage: Usage) -> dict[str, Any]:
    """Return the counts that are not None, under our own names."""
    counts = {name: getattr(usage, name) for name in COUNTS}
    return {name: count for name, count in counts.items() if count is not None}


def error_type(error: BaseException) -> str:
    """Return the code of a `StreamParseError`, or the name of another exception."""
    return error.code if isinstance(error, StreamParseError) else type(error).__name__


def output_messages(messages: Iterable[Message]) -> str:
    """Return the content of the answers as JSON, in the schema of the conventions."""
    rows = [
        {
            "role": "assistant",
            "parts": [row for part in message.content for row in _part(part)],
            "finish_reason": message.finish_reason or message.status,
        }
        for message in messages
    ]
    return json.dumps(rows, default=str)


def _part(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, (Text, Audio)):
        return [{"type": "text", "content": part.text}]
    if isinstance(part, Reasoning):
        return [{"type": "reasoning", "content": part.text}]
    if isinstance(part, ToolCall):
        # The arguments of an incomplete call must not be used; the text shows what arrived.
        complete = part.status == "complete"
        arguments = part.arguments if complete else part.arguments_text
        kind = "server_tool_call" if part.kind == "server" else "tool_call"
        return [{"type": kind, "id": part.id, "name": part.name, "arguments": arguments}]
    if isinstance(part, ServerToolResult):
        return [{"type": "server_tool_call_response", "id": part.call_id, "response": part.content}]
    return []
