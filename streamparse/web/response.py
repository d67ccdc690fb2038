"""`sse_response`: sends a stream as an HTTP response of Starlette and frameworks built on it."""

from __future__ import annotations

import asyncio
import inspect
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from streamparse.web.pump import Pump, close_source, start_task
from streamparse.web.records import (
    END,
    HEARTBEAT,
    CompactEncoder,
    StreamPosition,
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

__all__ = ["Authorize", "Replay", "SSEResponse", "sse_response", "stop_stream"]

Authorize: TypeAlias = Callable[[str, bool], "bool | Awaitable[bool]"]

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
    stall: float = 60.0,
    authorize: Authorize | None = None,
    headers: Mapping[str, str] | None = None,
) -> SSEResponse:
    """Send a stream to a web page as server-sent events.

    Each record has an id. With a `store`, a client that reconnects with `Last-Event-ID`, as an
    `EventSource` does by itself, receives the records that it missed and all that follow. While no
    client is connected, the source continues for as long as the store waits (`grace`). Without a
    store, the source is cancelled and closed as soon as the client leaves. The id of a record is
    sufficient to resume its stream; it cannot be guessed. `authorize` binds a stream to a user.

    A slow client slows the source down. A client that accepts no data for `stall` seconds counts as
    having left.

    The last record is `{"type": "stream_ended"}`, `{"type": "stream_failed", "error": {…}}` if the
    source raised an exception, or `{"type": "stream_stopped"}` if the stream was abandoned. The
    page should then close its `EventSource`. If it does not, the next request gets status 204, at
    which a browser stops reconnecting. A stream that is no longer kept cannot be resumed; the only
    record is then `stream_failed` with the code `"expired"`. If the process that reads the source
    has died, a store that is shared by processes reports it: the last record is then
    `stream_failed` with the code `"writer_lost"`.

    The response cleans up in a separate task, which cancelling the request does not interrupt, even
    if it is cancelled repeatedly.

    Args:
        source: The result of `stream()`, or any other iterable or async iterable of events, lists
            of events, dicts or text. A function or coroutine function without parameters that
            returns one is better: it is called only if the request starts a new stream. An iterable
            that is not async is read in a thread. If its page leaves while the thread waits for a
            response or an SDK's stream, the connection is closed; a generator is closed when it
            yields next, so prefer an async source.
        store: Keeps the records for clients that reconnect.
        encode: Returns the text of each record, including the last one, or None for no record. By
            default message events become compact records, which contain each text and each argument
            once (see `frontends.CompactEvents`; `fromEventSource` of the npm package reads
            them). Other items become the JSON of their `to_dict()`. `encoded` writes the JSON
            of `to_dict()` for events too, which is about ten times as long.
        heartbeat: The seconds without an event after which a comment is sent, so that proxies do
            not close the connection; `math.inf` for none.
        retry: The seconds after which an `EventSource` reconnects.
        stall: The seconds after which a client that accepts no data counts as having left;
            `math.inf` for no limit.
        authorize: A function or coroutine function, called with the name of a stream and whether
            it is new, before the stream starts and before it is resumed. An application records
            the owner of a new stream and checks it when the stream is resumed. If the result is
            false, the status is 403.
        headers: Additional headers of the response.

    Returns:
        The response, for Starlette or a framework that is built on it.

    Raises:
        ValueError: `heartbeat` or `stall` is not above 0, or `retry` is negative or not finite.
    """
    if not heartbeat > 0:
        raise ValueError("heartbeat must be a number of seconds above 0")
    if not stall > 0:
        raise ValueError("stall must be a number of seconds above 0")
    if not 0 <= retry < math.inf:
        raise ValueError("retry must be a finite number of seconds, 0 or more")
    return SSEResponse(
        source,
        MemoryStore(capacity=0, grace=0, keep=0) if store is None else store,
        CompactEncoder() if encode is None else encode,
        heartbeat,
        retry,
        stall,
        authorize,
        headers,
    )


async def stop_stream(
    store: EventStore, last_event_id: str, *, authorize: Authorize | None = None
) -> bool:
    """Stop a stream for good, for example when the user presses a button.

    A client that only disconnects may reconnect, so with a store its stream continues for a while.

    Args:
        store: The store of the stream.
        last_event_id: The id of any record of the stream.
        authorize: See `sse_response`; if its result is false, the stream is not stopped.

    Returns:
        Whether the request was valid and authorized.
    """
    position = parse_position(last_event_id)
    if position is None or not await _is_authorized(authorize, position.stream, False):
        return False
    await store.stop(position.stream)
    return True


async def _is_authorized(authorize: Authorize | None, stream: str, new: bool) -> bool:
    if authorize is None:
        return True
    answer = authorize(stream, new)
    return bool(await answer if inspect.isawaitable(answer) else answer)


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
        stall: float,
        authorize: Authorize | None,
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
        self._stall = stall
        self._authorize = authorize
        self._begun = False
        #: The name of the new stream, for `replay_response`.
        self.stream = secrets.token_hex(16)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        # The server, a framework or a cancel scope may cancel the request at any `await`, even
        # repeatedly. The answer therefore runs in a separate task. Setting `left` ends that task.
        left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection = _Connection(self, self._store, self._heartbeat, self._stall, send, left)
        answering = start_task(self._answer(connection, scope, receive, left))
        try:
            await asyncio.wait((answering,))
        finally:
            _set(left)
            await asyncio.wait((answering,))
        answering.result()
        if self.background is not None:
            await self.background()

    async def _answer(
        self, connection: _Connection, scope: Scope, receive: Receive, left: asyncio.Future[None]
    ) -> None:
        """Serve the client until it has left, then clean up."""
        leaving = asyncio.ensure_future(_departure(receive, left))
        last_id = Headers(scope=scope).get("last-event-id", "")
        try:
            if not (last_id or left.done() or scope["method"] == "HEAD"):
                await self._begin(connection)
            serving = asyncio.ensure_future(self._serve(connection, scope["method"], last_id))
            await asyncio.wait((serving, left), return_when=asyncio.FIRST_COMPLETED)
            serving.cancel()
            await asyncio.wait((serving,))
            with suppress(_LeftError, asyncio.CancelledError):
                serving.result()
        finally:
            leaving.cancel()
            try:
                await connection.leave()
            finally:
                if not self._begun:
                    await close_source(self._source)
                await asyncio.wait((leaving,))

    async def _serve(self, connection: _Connection, method: str, last_id: str) -> None:
        if method == "HEAD":
            await connection.start(200)
            await connection.end(b"")
        elif last_id == END:
            await connection.refuse(204)  # on this status an `EventSource` stops reconnecting
        elif last_id:
            position = parse_position(last_id)
            if position is None or await _is_authorized(self._authorize, position.stream, False):
                await connection.resume(position)
            else:
                await connection.refuse(403)
        elif self._begun:
            await connection.send_all(0)
        else:
            await connection.refuse(403)

    async def _begin(self, connection: _Connection) -> None:
        """Start reading the source, if a new stream is authorized."""
        stream = self.stream
        if await _is_authorized(self._authorize, stream, True):
            connection.stream = stream  # set first, so that `leave` is always called
            await self._store.append(stream, opening(StreamPosition(stream, 1), self._retry))
            self._begun = True
            Pump(self._source, self._encode, self._store, stream).start()


class Replay(SSEResponse):
    """Sends the records of a stream that another request started."""

    async def _begin(self, connection: _Connection) -> None:
        """Do nothing, because the stream exists."""

    async def _serve(self, connection: _Connection, method: str, last_id: str) -> None:
        if not self.stream:
            await connection.refuse(204)
        elif await _is_authorized(self._authorize, self.stream, False):
            await connection.replay(self.stream)
        else:
            await connection.refuse(403)


class _LeftError(Exception):
    """The client has disconnected."""


class _Connection:
    """One reader of one stream."""

    def __init__(
        self,
        response: SSEResponse,
        store: EventStore,
        heartbeat: float,
        stall: float,
        send: Send,
        left: asyncio.Future[None],
    ) -> None:
        self._response = response
        self._store = store
        self._heartbeat = heartbeat
        self._stall = stall
        self._send = send
        self._left = left
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
        timer = asyncio.get_running_loop().call_later(self._stall, _set, self._left)
        try:
            await self._send(message)
        except OSError as error:  # some servers raise it when the client has disconnected
            raise _LeftError from error
        finally:
            timer.cancel()

    async def refuse(self, status: int) -> None:
        """Send a status without a body."""
        await self.start(status)
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
        except ExpiredError as error:
            await self.start(200)
            await self.end(_lost(error, self._response._encode))
            return
        if batch.ended and not batch.data:
            await self.refuse(204)
        else:
            await self.send_all(position.number, HEARTBEAT)

    async def replay(self, stream: str) -> None:
        """Send all records of a stream, or status 204 if they are no longer kept."""
        self.stream = stream
        try:
            await self._next(0, 0)
        except ExpiredError:
            await self.refuse(204)
        else:
            await self.send_all(0)

    async def send_all(self, number: int, greeting: bytes = b"") -> None:
        """Send the records after record `number`, up to the end of the stream."""
        await self.start(200)
        if greeting:
            await self.send(greeting)
        batch = Batch(b"", number, False)
        while not batch.ended:
            try:
                batch = await self._next(batch.number, self._heartbeat)
            except ExpiredError as error:
                # The writer died, or records were dropped after a faster reader had read them.
                await self.end(_lost(error, self._response._encode))
                return
            await self.send(batch.data or HEARTBEAT)
        await self.end(b"")

    async def _next(self, number: int, wait: float) -> Batch:
        assert self.stream is not None
        return await self._store.read(self.stream, self._reader, number, wait)


def _lost(error: ExpiredError, encode: Callable[[Any], str | None]) -> bytes:
    """Return the record that ends a response because the rest of its stream is missing."""
    what = {"type": "Error", "code": error.code, "message": error.reason}
    return record(encode({"type": "stream_failed", "error": what}), END)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _departure(receive: Receive, left: asyncio.Future[None]) -> None:
    """Set `left` when the client has disconnected or `receive` raises an exception."""
    try:
        with suppress(Exception):
            while (await receive())["type"] != "http.disconnect":
                pass
    finally:
        _set(left)
