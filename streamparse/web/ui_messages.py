"""`ui_message_response`: sends an answer to `useChat` of the Vercel AI SDK."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

from streamparse._drivers.sources import aclose, close, is_async
from streamparse.frontends.protocol import Record
from streamparse.frontends.ui_message_stream import UIMessageStream
from streamparse.message_events import MessageEvent
from streamparse.web.records import encoded
from streamparse.web.response import SSEResponse, sse_response

__all__ = ["ui_message_response"]

_LOG: Final = logging.getLogger("streamparse.web")


def ui_message_response(
    source: Any,
    *,
    heartbeat: float = 15.0,
    headers: Mapping[str, str] | None = None,
    error_text: Callable[[BaseException], str] | None = None,
) -> SSEResponse:
    """Send an answer to a page with `useChat`, as a UI message stream (version 1).

    The source is cancelled and closed if the page leaves, and a slow page slows it down; see
    `sse_response`. An exception of the source is logged, and the page receives a neutral error
    text.

    Args:
        source: The result of `stream()`, or another iterable or async iterable of message events
            or lists of them, for example of several answers and the results of tools between them.
            An iterable that is not async is read in a thread.
        heartbeat: The seconds without an event after which a comment is sent.
        headers: Additional headers of the response.
        error_text: See `UIMessageStream`.

    Returns:
        The response, for Starlette or a framework that is built on it.

    Raises:
        ValueError: `heartbeat` is not above 0.
    """
    ui = UIMessageStream(error_text=error_text)
    records = _async_records(source, ui) if is_async(source) else _records(source, ui)
    return sse_response(
        records, encode=_text_of, heartbeat=heartbeat, headers={**ui.headers, **(headers or {})}
    )


async def _async_records(source: Any, ui: UIMessageStream) -> AsyncIterator[Record]:
    failure: Exception | None = None
    try:
        async for item in source:
            for record in _encoded(item, ui):
                yield record
    except Exception as error:
        failure = error
    finally:
        await aclose(source)
    for record in _ended(ui, failure):
        yield record


def _records(source: Any, ui: UIMessageStream) -> Iterator[Record]:
    failure: Exception | None = None
    try:
        for item in source:
            yield from _encoded(item, ui)
    except Exception as error:
        failure = error
    finally:
        close(source)
    yield from _ended(ui, failure)


def _encoded(item: Any, ui: UIMessageStream) -> list[Record]:
    events: Any = [item] if isinstance(item, MessageEvent) else item
    return ui.encode(events)


def _ended(ui: UIMessageStream, failure: Exception | None) -> list[Record]:
    if failure is not None:
        _LOG.error("the source of a stream failed", exc_info=failure)
    return ui.finish(failure)


def _text_of(record: Record) -> str:
    """Return the data of a record; the protocol has its own last record."""
    return "[DONE]" if record["type"].startswith("stream_") else encoded(record)
