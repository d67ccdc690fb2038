"""Helpers for tests of streams that front-end encoders write and the parser reads back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamparse import Citation, Message, Reasoning, Refusal, ServerToolResult, Text, ToolCall
from streamparse._core.plain import json_text
from streamparse.frontends import AGUIEvents, UIMessageStream
from tests.clients import ClientView, bodies
from tests.messages import call_texts, results_of, run_parser

ENCODERS: dict[str, Any] = {
    "vercel-ui": lambda message: UIMessageStream(
        message_id=message.id or "m", choice=message.choice, provider_events=True
    ),
    "ag-ui": lambda message: AGUIEvents(
        "t", message.id or "m", choice=message.choice, provider_events=True
    ),
}


def encoded(api: str, message: Message, events: list[Any], batch: int = 1) -> bytes:
    return b"".join(bodies(ENCODERS[api](message), events, batch))


def check_round_trip(
    api: str, message: Message, events: list[Any], pieces: Iterable[bytes] | None = None
) -> None:
    """Check that a message survives encoding, except for what the protocol cannot express."""
    source = [encoded(api, message, events)] if pieces is None else list(pieces)
    parser, back, error = run_parser(source, "auto")
    assert error is None
    assert parser.message.api == api
    expected, found = expected_of(message, events, api), read_back(parser.message, back, api)
    assert found == expected


def expected_of(message: Message, events: list[Any], api: str) -> dict[str, Any]:
    """Return the part of a message that the protocol can express."""
    view = ClientView(message, call_texts(events), events)
    ids = view.identified(message.id or "m")
    own = [event for event in events if event.choice == message.choice]
    calls = [
        (ids[call.index], call.name or "unknown", *described(call)) for call in message.tool_calls
    ]
    return {
        "id": message.id or "m",
        "order": view.order(ids, True),
        **view.streamed,
        "calls": calls,
        **common(message, own, api, view.counts()),
    }


def read_back(message: Message, events: list[Any], api: str) -> dict[str, Any]:
    view = ClientView(message, call_texts(events), events)
    ids = {call.index: call.id or "" for call in message.tool_calls}
    return {
        "id": message.id,
        "order": order(message, ids),
        "text": message.text,
        "reasoning": message.reasoning,
        "refusal": message.refusal,
        "calls": [(call.id, call.name, *described(call)) for call in message.tool_calls],
        **common(message, events, api, view.counts()),
    }


def order(message: Message, ids: dict[int, str]) -> list[str]:
    """Like `ClientView.order`, for a message that was read back."""
    found: list[str] = []
    for part in message.content:
        kind = ""
        if part.extra.get("file"):
            kind = f"file {part.extra['file']['url']}"
        elif isinstance(part, (Text, Reasoning, Refusal)) and part.text:
            kind = part.type
        elif isinstance(part, ToolCall):
            kind = f"call {ids[part.index]}"
        if kind and found[-1:] != [kind]:
            found.append(kind)
    return found


def described(call: ToolCall) -> tuple[Any, ...]:
    error = call.errors[-1] if call.status == "rejected" else None
    why = (error.message, error.code) if error is not None else None
    return call.kind, call.status, call.arguments, why


def common(message: Message, events: list[Any], api: str, counts: dict[str, int]) -> dict[str, Any]:
    failed = message.status == "failed"
    results = [text_of(result) for result in results_of(events)]
    return {
        "results": sorted(results),
        "citations": [part.data for part in message.content if isinstance(part, Citation)],
        "status": message.status,
        "finish": message.finish_reason,
        "raw": None if failed else message.raw_finish_reason,
        "error": message.error.message if message.error is not None else None,
        "usage": counts,
        # In AG-UI, only the usage names the model.
        "model": message.model if api == "vercel-ui" or counts else None,
    }


def text_of(result: ServerToolResult) -> str:
    content = result.content
    return content if isinstance(content, str) else json_text(content)


__all__ = ["ENCODERS", "check_round_trip", "encoded", "read_back", "expected_of"]
