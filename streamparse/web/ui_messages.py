"""Responses for chat pages: `useChat` of the Vercel AI SDK, and front ends that read AG-UI."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

from streamparse._drivers.sources import aclose, close, is_async
from streamparse.frontends.ag_ui import AGUIEvents
from streamparse.frontends.front_end import FrontEnd
from streamparse.frontends.protocol import Record
from streamparse.frontends.ui_message_stream import UIMessageStream
from streamparse.message_events import MessageEvent
from streamparse.web.records import encoded
from streamparse.web.response import Authorize, Replay, SSEResponse, sse_response
from streamparse.web.store import EventStore

__all__ = ["ag_ui_response", "replay_response", "ui_message_response"]

_LOG: Final = logging.getLogger("streamparse.web")
_INTERRUPTED: Final = "The answer was interrupted."


def ui_message_response(
    source: Any,
    *,
    store: EventStore | None = None,
    message_id: str | None = None,
    heartbeat: float = 15.0,
    headers: Mapping[str, str] | None = None,
    error_text: Callable[[BaseException], str] | None = None,
    authorize: Authorize | None = None,
    encoder: UIMessageStream | None = None,
) -> SSEResponse:
    """Send an answer to a page with `useChat`, as a UI message stream (version 1).

    Without a store, the source is cancelled and closed when the page disconnects. With a store, the
    source continues, and a page that was reloaded receives the whole answer from `replay_response`.
    A slow page slows the source down; see `sse_response`. An exception of the source is logged, and
    the page receives a neutral error text.

    Args:
        source: The result of `stream()`, or another iterable or async iterable of message events
            or lists of them, for example of several answers and the results of tools between them.
            It may also yield records of `encoder` (`data`, `tool_output` and so on), or lists of
            them. An iterable that is not async is read in a thread.
        store: Keeps the records for a page that is reloaded. Its `capacity` must be large enough
            for a whole answer.
        message_id: See `UIMessageStream`.
        heartbeat: The seconds without an event after which a comment is sent.
        headers: Additional headers of the response.
        error_text: See `UIMessageStream`.
        authorize: See `sse_response`.
        encoder: The encoder of the stream, if it has other options or if the source writes records
            too. `message_id` and `error_text` are then options of the encoder.

    Returns:
        The response, for Starlette or a framework that is built on it. Its attribute `stream` is
        the name of the stream, which the application stores for `replay_response`.

    Raises:
        ValueError: `heartbeat` is not above 0.
    """
    ui = encoder or UIMessageStream(message_id=message_id, error_text=error_text)
    return _response(source, ui, store, heartbeat, headers, authorize)


def ag_ui_response(
    source: Any,
    *,
    thread_id: str = "",
    run_id: str = "",
    store: EventStore | None = None,
    heartbeat: float = 15.0,
    headers: Mapping[str, str] | None = None,
    error_text: Callable[[BaseException], str] | None = None,
    authorize: Authorize | None = None,
    encoder: AGUIEvents | None = None,
) -> SSEResponse:
    """Send an answer to a page as the events of an AG-UI run; see `ui_message_response`.

    Args:
        source: See `ui_message_response`.
        thread_id: The `threadId` of the request (`RunAgentInput`).
        run_id: The `runId` of the request.
        store: See `ui_message_response`.
        heartbeat: The seconds without an event after which a comment is sent.
        headers: Additional headers of the response.
        error_text: See `AGUIEvents`.
        authorize: See `sse_response`.
        encoder: The encoder of the run, as in `ui_message_response`. `thread_id`, `run_id` and
            `error_text` are then options of the encoder.

    Returns:
        The response; see `ui_message_response`.

    Raises:
        ValueError: `heartbeat` is not above 0, or there is neither an encoder nor a `run_id`.
    """
    if encoder is None and not run_id:
        raise ValueError("an AG-UI run needs the thread_id and the run_id of its request")
    run = encoder or AGUIEvents(thread_id, run_id, error_text=error_text)
    return _response(source, run, store, heartbeat, headers, authorize)


def replay_response(
    store: EventStore,
    stream: str | None,
    *,
    heartbeat: float = 15.0,
    headers: Mapping[str, str] | None = None,
    authorize: Authorize | None = None,
) -> SSEResponse:
    """Send an answer from its beginning to a page that was reloaded, and continue it.

    `useChat({ resume: true })` sends the request `GET /chat/<id>/stream`. The status is 204 if
    there is no such stream, or if it is no longer kept.

    Args:
        store: The store of the stream.
        stream: The name of the stream (`SSEResponse.stream`), which the application stores for each
            chat until it has stored the answer; None if there is none.
        heartbeat: The seconds without an event after which a comment is sent.
        headers: Additional headers of the response.
        authorize: See `sse_response`.

    Returns:
        The response.
    """
    every = {**UIMessageStream.headers, **(headers or {})}
    replay = Replay(None, store, _last_of_ui, heartbeat, 1.0, 60.0, authorize, every)
    replay.stream = stream or ""
    return replay


def _response(
    source: Any,
    front: FrontEnd,
    store: EventStore | None,
    heartbeat: float,
    headers: Mapping[str, str] | None,
    authorize: Authorize | None,
) -> SSEResponse:
    records = _async_records(source, front) if is_async(source) else _records(source, front)
    return sse_response(
        records,
        store=store,
        encode=_last_of_ui if isinstance(front, UIMessageStream) else _last_of_ag_ui,
        heartbeat=heartbeat,
        headers={**front.headers, **(headers or {})},
        authorize=authorize,
    )


async def _async_records(source: Any, front: FrontEnd) -> AsyncIterator[Record]:
    failure: Exception | None = None
    try:
        async for item in source:
            for record in _encoded(item, front):
                yield record
    except Exception as error:
        failure = error
    finally:
        await aclose(source)
    for record in _ended(front, failure):
        yield record


def _records(source: Any, front: FrontEnd) -> Iterator[Record]:
    failure: Exception | None = None
    try:
        for item in source:
            yield from _encoded(item, front)
    except Exception as error:
        failure = error
    finally:
        close(source)
    yield from _ended(front, failure)


def _encoded(item: Any, front: FrontEnd) -> list[Record]:
    items: list[Any] = [item] if isinstance(item, (MessageEvent, dict)) else list(item)
    return items if items and isinstance(items[0], dict) else front.encode(items)


def _ended(front: FrontEnd, failure: Exception | None) -> list[Record]:
    if failure is not None:
        _LOG.error("the source of a stream failed", exc_info=failure)
    return front.finish(failure)


# The data of a record. Each protocol has its own last record.


def _last_of_ui(record: Record) -> str:
    if record["type"] == "stream_failed":
        return encoded({"type": "error", "errorText": _INTERRUPTED})
    return "[DONE]" if record["type"].startswith("stream_") else encoded(record)


def _last_of_ag_ui(record: Record) -> str | None:
    if record["type"] == "stream_failed":
        return encoded({"type": "RUN_ERROR", "message": _INTERRUPTED})
    return None if record["type"].startswith("stream_") else encoded(record)
