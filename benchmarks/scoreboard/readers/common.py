"""Helpers for the readers: the form of an answer, and HTTP clients without a network."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from importlib import import_module
from typing import Any, Final

Found = dict[str, Any]
Show = Callable[[Any], object]

#: The kind of end that a finish reason means.
ENDS: Final = {
    "stop": "complete",
    "tool_calls": "complete",
    "tool_call": "complete",
    "tool-calls": "complete",
    "tool_use": "complete",
    "function_call": "complete",
    "end_turn": "complete",
    "stop_sequence": "complete",
    "length": "truncated",
    "max_tokens": "truncated",
    "content_filter": "filtered",
    "content-filter": "filtered",
    "refusal": "filtered",
    "error": "failed",
}

#: The finish reason for a status or reason of OpenAI Responses.
RESPONSE_REASONS: Final = {
    "completed": "stop",
    "max_output_tokens": "length",
    "content_filter": "content_filter",
    "failed": "error",
}

TOOLS: Final[dict[str, dict[str, Any]]] = {
    "find_ferry": {
        "from": {"type": "string"},
        "to": {"type": "string"},
        "seats": {"type": "integer"},
        "note": {"type": "string"},
        "id": {"type": "integer"},
    },
    "add_note": {"title": {"type": "string"}, "done": {"type": "boolean"}},
    "refresh": {},
    "write_file": {"items": {"type": "array"}, "path": {"type": "string"}},
}


def schema_of(name: str) -> dict[str, Any]:
    properties = TOOLS[name]
    return {"type": "object", "properties": properties, "additionalProperties": True}


def found(
    text: str | None = "",
    reasoning: str | None = "",
    refusal: str | None = "",
    calls: Iterable[tuple[str | None, Any]] = (),
    reason: str | None = None,
    raised: BaseException | None = None,
) -> Found:
    """Return the result of a library as an answer.

    Args:
        text: The text of the answer.
        reasoning: The text of the reasoning.
        refusal: The text of the refusal.
        calls: Names and arguments of the calls that the library returns as usable.
        reason: The finish reason that it reports.
        raised: The error that it raised.
    """
    answer: Found = {
        "text": text or "",
        "reasoning": reasoning or "",
        "refusal": refusal or "",
        "calls": [{"name": name, "arguments": arguments} for name, arguments in calls],
        "end": "failed" if raised else ENDS.get(reason or "", "unknown"),
        "reason": reason,
    }
    if raised:
        line = (str(raised).splitlines() or [""])[0]
        answer["raised"] = f"{type(raised).__name__}: {line}"[:200]
    return answer


def parsed(
    calls: Iterable[tuple[str | None, Any]], reason: str | None
) -> Iterator[tuple[str | None, Any]]:
    """Parse the text of arguments as the user of a library must.

    Text that is not JSON is left out. An empty text is an empty object if the answer is complete.
    """
    complete = ENDS.get(reason or "") == "complete"
    for name, text in calls:
        if text in (None, ""):
            if complete:
                yield name, {}
        elif not isinstance(text, str):
            yield name, text
        else:
            with contextlib.suppress(ValueError):
                yield name, json.loads(text)


def module(name: str) -> Any:
    """Import a library. Its types differ by version and may be missing, so they are not checked."""
    return import_module(name)


def http_module() -> Any:
    """Return the module of clients: newer SDKs have a copy of httpx."""
    return import_module("httpx2" if importlib.util.find_spec("httpx2") else "httpx")


class Wire:
    """A body that the client of a library reads piece by piece, without a network."""

    def __init__(self, module: Any) -> None:
        self.pieces: Iterable[bytes] = ()
        headers = {"content-type": "text/event-stream"}
        transport = module.MockTransport(
            lambda request: module.Response(200, headers=headers, content=_each(self.pieces))
        )
        self.client = module.Client(transport=transport)

        async def answer(request: object) -> Any:
            return module.Response(200, headers=headers, content=_async_each(self.pieces))

        self.async_client = module.AsyncClient(transport=module.MockTransport(answer))


def _each(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from pieces


async def _async_each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


_loop: asyncio.AbstractEventLoop | None = None


def run(work: Coroutine[Any, Any, Any] | Awaitable[Any]) -> Any:
    """Run a coroutine on one event loop for the whole process, so that clients stay usable."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
        asyncio.set_event_loop(_loop)
    return _loop.run_until_complete(work)
