"""A stream as the answer to a web page: `sse_response`, for Starlette and what is built on it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

from streamparse.web.pump import Pump, close_source
from streamparse.web.records import END, HEARTBEAT, Place, encoded, opening, place_of, record
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
    "x-accel-buffering": "no",  # nginx would collect it
}


def sse_response(
    source: Any,
    *,
    store: EventStore | None = None,
    encode: Callable[[Any], str | None] = encoded,
    heartbeat: float = 15.0,
    retry: float = 1.0,
    headers: Mapping[str, str] | None = None,
) -> SSEResponse:
    """Send a stream to the page as server-sent events, each as soon as there is room for it.

    `source` is what `stream()` gives, or any other iterable or async iterable of events, lists of
    events, dicts or text; or a function (a coroutine function, too) without parameters that makes
    one, which is better: it is called only if the request begins a new stream. An iterable that is
    not async gets a thread while it is read.

    - Each record has an id. With a `store`, a client that comes back with `Last-Event-ID`, as an
      `EventSource` does by itself, gets what it has missed and all that follows; the source goes on
      for as long as the store waits for it (`grace`). Without one, the source is cancelled and
      closed as soon as the client leaves.
    - A slow client slows the source down.
    - A comment is sent after `heartbeat` seconds without an event, so that nothing in between takes
      the connection for dead. `retry`: seconds after which an `EventSource` comes back.
    - The last record is `{"type": "stream_ended"}`, `{"type": "stream_failed", "error": {…}}` for
      whatever the source raised, or `{"type": "stream_stopped"}` for what was abandoned. The page
      can close its `EventSource` then; if it does not, the next request is answered by status 204,
      at which a browser gives up.
    - What is not kept any more cannot be resumed, and is not begun again either: the only record is
      then `stream_failed` with the code `"expired"`.

    `encode` makes the text of a record (None: no record), that of the last one included; by default
    JSON of `to_dict()`.

    The id of a record is all that is needed to resume its stream; it cannot be guessed.

    Raises `ValueError` for a `heartbeat` that is not above 0; `math.inf`: none.
    """
    if not heartbeat > 0:
        raise ValueError("heartbeat is a number of seconds above 0")
    return SSEResponse(
        source,
        MemoryStore(capacity=0, grace=0, keep=0) if store is None else store,
        encode,
        heartbeat,
        retry,
        headers,
    )


async def stop_stream(store: EventStore, last_event_id: str) -> None:
    """End a stream of which the page has had this id: nobody wants the rest.

    For the button that stops an answer: with a store, a client that leaves may come back.
    """
    place = place_of(last_event_id)
    if place is not None:
        await store.stop(place.stream)


class SSEResponse(Response):
    """The response that `sse_response` makes."""

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
        # Not that of `Response`, which is for bodies whose length is known.
        self.status_code = 200
        self.background = None
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
            await connection.resume(place_of(last_id))
        else:
            start = Place(secrets.token_hex(16), 0)
            connection.stream = start.stream  # first: whatever comes between, it has a reader
            await _unbroken(self._begin(start.stream))
            await connection.send_all(start, b"")

    async def _begin(self, stream: str) -> None:
        """Start reading the source."""
        await self._store.append(stream, opening(Place(stream, 1), self._retry))
        self._begun = True
        Pump(self._source, self._encode, self._store, stream).start()


class _LeftError(Exception):
    """The client has left."""


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
        """Send the head."""
        headers = self._response.raw_headers if status == 200 else []
        await self._pass({"type": "http.response.start", "status": status, "headers": headers})

    async def send(self, data: bytes) -> None:
        """Returns when there is room for more."""
        await self._pass({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes) -> None:
        """Send the rest."""
        await self._pass({"type": "http.response.body", "body": data, "more_body": False})

    async def _pass(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError as error:  # some servers say so that the client has left
            raise _LeftError from error

    async def nothing_more(self) -> None:
        """The status at which an `EventSource` gives up."""
        await self.start(204)
        await self.end(b"")

    async def leave(self) -> None:
        """Nobody reads here any more."""
        if self.stream is not None:
            await self._store.leave(self.stream, self._reader)

    async def resume(self, place: Place | None) -> None:
        """Send what follows this place, if it is still there."""
        try:
            if place is None:
                raise ExpiredError
            self.stream = place.stream
            batch = await self._next(place.number, 0)
        except ExpiredError:
            await self.start(200)
            await self.end(_expired())
            return
        if batch.ended and not batch.data:
            await self.nothing_more()
        else:
            await self.send_all(place, HEARTBEAT)

    async def send_all(self, place: Place, greeting: bytes) -> None:
        """Send what follows this place, up to the end of the stream."""
        await self.start(200)
        if greeting:
            await self.send(greeting)
        batch = Batch(b"", place.number, False)
        while not batch.ended:
            try:
                batch = await self._next(batch.number, self._heartbeat)
            except ExpiredError:  # a reader that is further has come, and this one was too slow
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
    """Do all of it, even when the caller is cancelled: a stream that is there has its pump."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


async def _departure(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
