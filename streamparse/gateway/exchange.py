"""`Exchange`: one request of a client and its response, over ASGI.

A client that leaves ends the work for it at once, also while the upstream is silent. A client that
reads slowly slows the upstream down; one that does not read at all counts as having left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from streamparse._core.plain import json_text
from streamparse.gateway.headers import Headers, value_of
from streamparse.gateway.upstream import RefusedError

# isort: split
import anyio

__all__ = ["Exchange", "LeftError"]

_Message: TypeAlias = MutableMapping[str, Any]
_JSON: Final = (b"content-type", b"application/json")


class LeftError(Exception):
    """The client has left."""


class Exchange:
    """The connection to one client.

    Args:
        scope: The request.
        receive: Returns the next message of the client.
        send: Sends a message to the client.
        stall: The seconds after which a client that accepts no data counts as having left, and
            one that stops in its request gets an error.
        largest: The bytes that the body of the request may have.

    Attributes:
        headers: The header fields of the request.
        status: The status of the response; 0 before it has begun.
        is_answered: Whether the response was sent to its end.
        is_event_stream: Whether the response is a stream of server-sent events of which each
            message is a whole record, so that comments and errors can be sent in between.
    """

    def __init__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
        *,
        stall: float,
        largest: int,
    ) -> None:
        self.scope: MutableMapping[str, Any] = scope
        self.headers: Headers = list(scope["headers"])
        self.status: int = 0
        self._receive = receive
        self._send = send
        self._stall = stall
        self._largest = largest
        self._received = asyncio.Event()  # the request was read to its end
        self._sending = asyncio.Lock()  # held while a message is sent
        self._sent = 0  # how many messages were sent
        self.is_answered: bool = False
        self.is_event_stream: bool = False
        self._scope = anyio.CancelScope()
        # Set if the client accepts no data.
        self._stalled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work, or stop it when the client leaves.

        Returns:
            Whether the whole response was sent.
        """
        working = asyncio.ensure_future(self._scoped(work))
        leaving = asyncio.ensure_future(self._departure())
        try:
            await asyncio.wait(
                (working, leaving, self._stalled), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            # Not `working.cancel()`: httpcore protects the closing of a connection from a scope
            # only, and would forget a connection that it was about to close.
            self._scope.cancel()
            leaving.cancel()
            # The server may cancel this call more than once; the upstream is closed even so.
            await _settled(working, leaving)
        working.result()
        return self.is_answered

    async def _scoped(self, work: Coroutine[Any, Any, None]) -> None:
        with self._scope, suppress(LeftError):
            await work

    async def _departure(self) -> None:
        """Return when the client has left."""
        await self._received.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    # The request.

    @property
    def has_body(self) -> bool:
        """Whether the request has a body (RFC 9112, section 6)."""
        chunked = value_of(self.headers, b"transfer-encoding")
        return bool(chunked) or self._length > 0

    @property
    def _length(self) -> int:
        """The length of the body that the client announced; 0 without one."""
        length = value_of(self.headers, b"content-length")
        # Python does not convert thousands of digits. The first ones are more than any limit.
        return int(length[:18]) if length.isdecimal() else 0

    def stop_receiving(self) -> None:
        """Read no more of the request: only wait until the client leaves."""
        self._received.set()

    def check_length(self) -> None:
        """Raise `RefusedError` if the client has announced a body that is too large."""
        self._check(self._length)

    def _check(self, size: int) -> None:
        if size > self._largest:
            text = f"the body of a request may have at most {self._largest} bytes"
            raise RefusedError(413, "invalid_request_error", "body_too_large", text)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body of the request as it arrives.

        Raises:
            LeftError: The client has left.
            RefusedError: The body is too large, or the client has stopped sending it.
        """
        received, more = 0, True
        while more:
            message = await self._next()
            if message["type"] == "http.disconnect":
                raise LeftError
            piece, more = message.get("body", b""), message.get("more_body", False)
            received += len(piece)
            self._check(received)
            if piece:
                yield piece
        self.stop_receiving()

    async def _next(self) -> _Message:
        with anyio.move_on_after(self._stall):
            return await self._receive()
        text = f"nothing of the body of the request arrived for {self._stall:g} seconds"
        raise RefusedError(408, "invalid_request_error", "body_timeout", text)

    async def body(self) -> bytes:
        """Return the whole body of the request. Raises as `pieces` does."""
        return b"".join([piece async for piece in self.pieces()])

    # The response.

    async def start(self, status: int, headers: Headers) -> None:
        """Send the status and the header fields."""
        self.status = status
        await self._pass({"type": "http.response.start", "status": status, "headers": headers})

    async def send(self, data: bytes, *, more: bool = True) -> None:
        """Send part of the body; return when the client has room for more.

        Raises:
            LeftError: The client has left, or accepts no data.
        """
        await self._pass({"type": "http.response.body", "body": data, "more_body": more})

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole response."""
        if status != 204:  # RFC 9110, section 8.6
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await self.start(status, headers)
        await self.send(body, more=False)

    async def refuse(self, refusal: RefusedError) -> None:
        """Send an error as the whole response."""
        await self.answer(refusal.status, [_JSON], json_text(refusal.to_dict()).encode())

    async def keep_alive(self, seconds: float, comment: bytes) -> None:
        """Send a comment whenever no other message was sent for `seconds`.

        Return when the client has left.
        """
        with suppress(LeftError):
            while True:
                sent = self._sent
                await asyncio.sleep(seconds)
                is_silent = self._sent == sent and not self._sending.locked()
                if is_silent and self.is_event_stream:
                    await self.send(comment)
        self._give_up()

    async def _pass(self, message: _Message) -> None:
        async with self._sending:
            timer = asyncio.get_running_loop().call_later(self._stall, self._give_up)
            try:
                await self._send(message)
            except OSError as error:  # some servers raise it when the client has disconnected
                raise LeftError from error
            finally:
                timer.cancel()
            self._sent += 1
            if message.get("more_body") is False:
                self.is_answered = True

    def _give_up(self) -> None:
        if not self._stalled.done():
            self._stalled.set_result(None)


async def _settled(*tasks: asyncio.Future[Any]) -> None:
    """Wait until all tasks are done, also if this task is cancelled meanwhile."""
    cancelled = False
    while any(not task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:  # noqa: PERF203
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
