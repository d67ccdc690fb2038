"""Serves requests for chat completions: asks the upstream, and rewrites its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from streamparse._core.plain import json_text
from streamparse.gateway.chat_answers import ChatBody, ChatStream
from streamparse.gateway.chat_chunks import Chunks
from streamparse.gateway.chat_request import ChatRequest
from streamparse.gateway.exchange import Exchange
from streamparse.gateway.forwarding import opened, read, relay
from streamparse.gateway.headers import Headers, listed, request_headers, response_headers, value_of
from streamparse.gateway.measures import Measures
from streamparse.gateway.settings import Settings
from streamparse.gateway.upstream import RefusedError, Upstream

# isort: split
import anyio
import httpx

__all__ = ["Chat"]

_LEFT: Final = RefusedError(499, "client_error", "client_left", "the client has left")
_COMMENT: Final = b": keep-alive\n\n"
_WITHOUT_CONTENT: Final = (204, 205)
_PATIENCE: Final = 1.0  # the seconds that the upstream has to end a response after `[DONE]`


class Chat:
    """Serves chat completions.

    Args:
        settings: The options of the gateway.
        upstream: The server of the model.
        measures: The metrics.
    """

    def __init__(self, settings: Settings, upstream: Upstream, measures: Measures) -> None:
        self._settings = settings
        self._upstream = upstream
        self._measures = measures

    async def serve(self, exchange: Exchange, target: bytes) -> None:
        """Answer a request.

        Raises:
            RefusedError: There is no answer.
        """
        content = await exchange.body()
        encodings = listed(value_of(exchange.headers, b"content-encoding"))
        is_encoded = any(encoding != "identity" for encoding in encodings)
        request = None if is_encoded else ChatRequest.read(content)
        if request is None:
            await self._pass_on(exchange, target, content)
            return
        retries = self._settings.retry if request.can_be_repeated else 0
        work = _Work(self, exchange, target, hold=retries > 0)
        try:
            async with _kept_alive(exchange, self._settings.heartbeat):
                for left in range(retries, -1, -1):
                    correction = await work.attempt(request, is_last=not left)
                    if correction is None:
                        return
                    self._measures.retries.inc()
                    request = request.again(*correction)
        except RefusedError as refusal:
            if not exchange.is_event_stream:
                raise
            self._measures.failures.labels(refusal.code).inc()
            record = f"data: {json_text(refusal.to_dict())}\n\n"
            await exchange.send(record.encode(), more=False)

    async def _pass_on(self, exchange: Exchange, target: bytes, content: bytes) -> None:
        headers = request_headers(exchange.headers, self._upstream.host, self._upstream.pseudonym)
        async with opened(self._upstream, "POST", target, headers, content) as response:
            await relay(response, exchange)


class _Work:
    """The answer to one request, which may take several requests to the upstream."""

    def __init__(self, chat: Chat, exchange: Exchange, target: bytes, *, hold: bool) -> None:
        self._settings = chat._settings
        self._upstream = chat._upstream
        self._measures = chat._measures
        self._exchange = exchange
        self._target = target
        self._hold = hold
        self._chunks = Chunks()
        self._began = time.perf_counter()
        self._has_delta = False

    async def attempt(self, request: ChatRequest, *, is_last: bool) -> tuple[str, str] | None:
        """Ask the upstream, and send its answer.

        Returns:
            None if the client has its answer. Otherwise the text of the answer, and why it was
            rejected.
        """
        headers = self._headers(request)
        source = opened(self._upstream, "POST", self._target, headers, request.content)
        async with source as response:
            kind = value_of(response.headers.raw, b"content-type").partition(";")[0].strip()
            status = response.status_code
            is_answer = 200 <= status < 300 and status not in _WITHOUT_CONTENT
            if is_answer and kind.lower() == "text/event-stream":
                return await self._stream(response, request, is_last)
            if self._exchange.status:
                text = f"a repeated request was answered with status {status} and without a stream"
                raise RefusedError(502, "upstream_error", "upstream_broken", text)
            if is_answer and kind.lower() == "application/json":
                return await self._whole(response, request, is_last)
            await relay(response, self._exchange)
            return None

    def _headers(self, request: ChatRequest) -> Headers:
        """Return the fields of the request: its answer must not be compressed."""
        upstream = self._upstream
        headers = request_headers(self._exchange.headers, upstream.host, upstream.pseudonym)
        replaced = (b"accept-encoding", b"content-length", b"transfer-encoding")
        kept = [field for field in headers if field[0] not in replaced]
        length = str(len(request.content)).encode()
        return [*kept, (b"accept-encoding", b"identity"), (b"content-length", length)]

    async def _stream(
        self, response: httpx.Response, request: ChatRequest, is_last: bool
    ) -> tuple[str, str] | None:
        exchange, settings = self._exchange, self._settings
        stream = ChatStream(
            request.parser(settings),
            settings.limits,
            self._chunks,
            stop=settings.reject or self._hold,
            hold=self._hold,
        )
        if not exchange.status:
            fields = response_headers(response.headers.raw, rewritten=True)
            await exchange.start(response.status_code, fields)
            exchange.is_event_stream = True
        pieces = read(response)
        try:
            failure = await self._copy(pieces, stream)
            await self._send(stream.finish(failure))
            rejection = stream.calls.rejection
            if rejection is not None and not is_last:
                return stream.text, str(rejection)
            await self._send(stream.ending)
            exchange.is_answered = True  # a client may close the connection at `[DONE]`
            if rejection is None and failure is None:
                await _drained(pieces)
        finally:
            stream.finish(_LEFT)  # has no effect unless the client has left
            self._count(stream.calls.statuses)
        await exchange.send(b"", more=False)
        return None

    async def _copy(self, pieces: AsyncIterator[bytes], stream: ChatStream) -> RefusedError | None:
        """Copy a stream up to its end; return why it broke, if it did."""
        try:
            async for data in pieces:
                await self._send(stream.feed(data))
                if stream.over:
                    break
        except RefusedError as refusal:
            self._measures.failures.labels(refusal.code).inc()
            return refusal
        return None

    async def _send(self, data: bytes) -> None:
        if data:
            if not self._has_delta:
                self._has_delta = True
                self._measures.first_delta.observe(time.perf_counter() - self._began)
            await self._exchange.send(data)

    async def _whole(
        self, response: httpx.Response, request: ChatRequest, is_last: bool
    ) -> tuple[str, str] | None:
        settings = self._settings
        content = await _limited(response, settings.max_body)
        body = ChatBody(content, request.parser(settings), settings.limits)
        self._count(body.calls.statuses)
        rejection = body.calls.rejection
        if rejection is not None and not is_last:
            return body.text, str(rejection)
        if body.refusal is not None:
            raise body.refusal
        fields = response_headers(response.headers.raw, rewritten=True)
        await self._exchange.answer(response.status_code, fields, body.content)
        return None

    def _count(self, statuses: list[str]) -> None:
        for status in statuses:
            self._measures.calls.labels(status).inc()


@asynccontextmanager
async def _kept_alive(exchange: Exchange, seconds: float) -> AsyncIterator[None]:
    """Send comments while the upstream is silent."""
    beating = asyncio.ensure_future(exchange.keep_alive(seconds, _COMMENT))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait((beating,))


async def _drained(pieces: AsyncIterator[bytes]) -> None:
    """Read the end of a response, after which its connection can be used again."""
    with suppress(RefusedError), anyio.move_on_after(_PATIENCE):
        async for _ in pieces:
            pass


async def _limited(response: httpx.Response, largest: int) -> bytes:
    """Return the body of a response.

    Raises:
        RefusedError: It is too large, or the upstream broke off.
    """
    content = bytearray()
    async for data in read(response):
        content += data
        if len(content) > largest:
            text = f"the answer of the upstream has more than {largest} bytes"
            raise RefusedError(502, "upstream_error", "body_too_large", text)
    return bytes(content)
