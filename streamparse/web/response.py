"""`sse_response`: sends a stream as an HTTP response of Starlette and frameworks built on it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

from streamparse.web.pump import Pump, close_source
from streamparse.web.records import (
    END,
    HEARTBEAT,
    CompactEncoder,
    StreamPosition,
    encoded,
    opening,
    parse_position,
    record,
)
from streamparse.web.store import Batch, EventStore, ExpiredError, MemoryStore

try:
    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send
except ImportError as error:
    needs = "streamparse.web needs starlette: pip install 'llm-streamparse[web]'"
    raise ImportError(needs, name=error.name) from error

__all__ = ["SSEResponse", "sse_response", "stop_stream"]

_HEADERS: Final = {
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",  # otherwise nginx buffers the stream
}


def sse_response(
    source: Any,
    *,
    store: EventStore | None = None,
    encode: Callable[[Any], str | None] | None = None,
    heartbeat: float = 15.0,
    retry: float = 1.0,
    headers: Mapping[str, str] | None = None,
) -> SSEResponse:
    """Send a stream to a web page as server-sent events.

    Each record has an id. With a `store`, a client that reconnects with `Last-Event-ID`, as an
    `EventSource` does by itself, receives the records that it missed and all that follow. While no
    client is connected, the source continues for as long as the store waits (`grace`). Without a
    store, the source is cancelled and closed as soon as the client leaves. The id of a record is
    sufficient to resume its stream; it cannot be guessed.

    A slow client slows the source down.

    The last record is `{"type": "stream_ended"}`, `{"type": "stream_failed", "error": {…}}` if the
    source raised an exception, or `{"type": "stream_stopped"}` if the stream was abandoned. The
    page should then close its `EventSource`. If it does not, the next request gets status 204, at
    which a browser stops reconnecting. A stream that is no longer kept cannot be resumed; the only
    record is then `stream_failed` with the code `"expired"`.

    Args:
        source: The result of `stream()`, or any other iterable or async iterable of events, lists
            of events, dicts or text. A function or coroutine function without parameters that
            returns one is better: it is called only if the request starts a new stream. An iterable
            that is not async is read in a thread.
        store: Keeps the records for clients that reconnect.
        encode: Returns the text of each record, including the last one, or None for no record. By
            default message events become compact records, which contain each text and each argument
            once (see `frontends.CompactEvents`; `MessageReader` in `streamparse/js/message.js`
            reads them). Other items become the JSON of their `to_dict()`. `encoded` writes the JSON
            of `to_dict()` for events too, which is about ten times as long.
        heartbeat: The seconds without an event after which a comment is sent, so that proxies do
            not close the connection; `math.inf` for none.
        retry: The seconds after which an `EventSource` reconnects.
        headers: Additional headers of the response.

    Returns:
        The response, for Starlette or a framework that is built on it.

    Raises:
        ValueError: `heartbeat` is not above 0.
    """
    if not heartbeat > 0:
        raise ValueError("heartbeat is a number of seconds above 0")
    return SSEResponse(
        source,
        MemoryStore(capacity=0, grace=0, keep=0) if store is None else store,
        CompactEncoder() if encode is None else encode,
        heartbeat,
        retry,
        headers,
    )


async def stop_stream(store: EventStore, last_event_id: str) -> None:
    """Stop a stream for good, for example when the user presses a button.

    A client that only disconnects may reconnect, so with a store its stream continues for a while.

    Args:
        store: The store of the stream.
        last_event_id: The id of any record of the stream.
    """
    position = parse_position(last_event_id)
    if position is not None:
        await store.stop(position.stream)


class SSEResponse(Response):
    """The response that `sse_response` returns."""

    media_type = "text/event-stream"

    def __init__(
        self,
        source: Any,
        store: EventStore,
        encode: Callable[[Any], str | None],
        heartbeat: float,
        retry: float,
        headers: Mapping[str, str] | None,
    ) -> None:
        # `Response.__init__` is not called, because it expects a body of known length.
        self.status_code = 200
        self.background: Any = None
        self.init_headers({**_HEADERS, **(headers or {})})
        self._source = source
        self._store = store
        self._encode = encode
        self._heartbeat = heartbeat
        self._retry = retry
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        connection = _Connection(self, self._store, self._heartbeat, send)
        last_id = Headers(scope=scope).get("last-event-id", "")
        serving = asyncio.ensure_future(self._serve(connection, scope["method"], last_id))
        leaving = asyncio.ensure_future(_departure(receive))
        try:
            await asyncio.wait((serving, leaving), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                with suppress(_LeftError):
                    serving.result()
        finally:
            leaving.cancel()
            serving.cancel()
            await asyncio.wait((serving, leaving))
            await connection.leave()
            if not self._begun:
                await close_source(self._source)
        if self.background is not None:
            await self.background()

    async def _serve(self, connection: _Connection, method: str, last_id: str) -> None:
        if method == "HEAD":
            await connection.start(200)
            await connection.end(b"")
        elif last_id == END:
            await connection.nothing_more()
        elif last_id:
            await connection.resume(parse_position(last_id))
        else:
            start = StreamPosition(secrets.token_hex(16), 0)
            connection.stream = start.stream  # set first, so that `leave` is always called
            await _unbroken(self._begin(start.stream))
            await connection.send_all(start, b"")

    async def _begin(self, stream: str) -> None:
        """Start reading the source."""
        await self._store.append(stream, opening(StreamPosition(stream, 1), self._retry))
        self._begun = True
        Pump(self._source, self._encode, self._store, stream).start()


class _LeftError(Exception):
    """The client has disconnected."""


class _Connection:
    """One reader of one stream."""

    def __init__(
        self, response: SSEResponse, store: EventStore, heartbeat: float, send: Send
    ) -> None:
        self._response = response
        self._store = store
        self._heartbeat = heartbeat
        self._send = send
        self._reader = secrets.token_hex(8)
        self.stream: str | None = None

    async def start(self, status: int) -> None:
        """Send the status and the headers."""
        headers = self._response.raw_headers if status == 200 else []
        await self._pass({"type": "http.response.start", "status": status, "headers": headers})

    async def send(self, data: bytes) -> None:
        """Send part of the body; return when there is room for more."""
        await self._pass({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes) -> None:
        """Send the last part of the body."""
        await self._pass({"type": "http.response.body", "body": data, "more_body": False})

    async def _pass(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError as error:  # some servers raise it when the client has disconnected
            raise _LeftError from error

    async def nothing_more(self) -> None:
        """Send status 204, at which an `EventSource` stops reconnecting."""
        await self.start(204)
        await self.end(b"")

    async def leave(self) -> None:
        """Record that this reader has left the stream."""
        if self.stream is not None:
            await self._store.leave(self.stream, self._reader)

    async def resume(self, position: StreamPosition | None) -> None:
        """Send the records after this position, if they are still kept."""
        try:
            if position is None:
                raise ExpiredError
            self.stream = position.stream
            batch = await self._next(position.number, 0)
        except ExpiredError:
            await self.start(200)
            await self.end(_expired())
            return
        if batch.ended and not batch.data:
            await self.nothing_more()
        else:
            await self.send_all(position, HEARTBEAT)

    async def send_all(self, position: StreamPosition, greeting: bytes) -> None:
        """Send the records after this position, up to the end of the stream."""
        await self.start(200)
        if greeting:
            await self.send(greeting)
        batch = Batch(b"", position.number, False)
        while not batch.ended:
            try:
                batch = await self._next(batch.number, self._heartbeat)
            except ExpiredError:  # the records were dropped after a faster reader had read them
                await self.end(_expired())
                return
            await self.send(batch.data or HEARTBEAT)
        await self.end(b"")

    async def _next(self, number: int, wait: float) -> Batch:
        assert self.stream is not None
        return await self._store.read(self.stream, self._reader, number, wait)


def _expired() -> bytes:
    what = {"type": "Error", "code": "expired", "message": "the stream is not kept any more"}
    return record(encoded({"type": "stream_failed", "error": what}), END)


async def _unbroken(work: Coroutine[Any, Any, None]) -> None:
    """Complete the work even if the caller is cancelled, so that every stream has its pump."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


async def _departure(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
