"""Forwards requests and responses as they are, while they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote, urlsplit

from streamparse.gateway.exchange import Exchange
from streamparse.gateway.headers import Headers, request_headers, response_headers, value_of
from streamparse.gateway.upstream import RefusedError, Upstream, failure_of

# isort: split
import anyio
import httpx

__all__ = ["answer_options", "forward", "opened", "read", "refuse_unsafe", "relay", "target_of"]

_DIGITS: Final = 9  # more hops than that are not counted
_OPTIONS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


def target_of(exchange: Exchange) -> bytes:
    """Return the path and query as the client wrote them, below the mount of the application.

    Raises:
        RefusedError: The client sent a whole URL, as it would to a proxy for any server.
    """
    scope = exchange.scope
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    path = path.removeprefix(scope.get("root_path", "").encode())
    if not path.startswith(b"/"):
        text = "the target of a request must be a path"
        raise RefusedError(400, "invalid_request_error", "invalid_path", text)
    query: bytes = scope.get("query_string", b"")
    return path + b"?" + query if query else path


def refuse_unsafe(exchange: Exchange, upstream: Upstream, hosts: Sequence[str] | None) -> None:
    """Refuse a request that must not be forwarded.

    Raises:
        RefusedError: The request is for another host, goes in a circle, or has a method that is
            about the connection.
    """
    method = exchange.scope["method"]
    if method in ("CONNECT", "TRACE"):
        text = f"the method {method} is not forwarded"
        raise RefusedError(405, "invalid_request_error", "method_not_allowed", text)
    if hosts is not None and _host_of(exchange) not in hosts:
        text = "the request is for another host"
        raise RefusedError(421, "invalid_request_error", "misdirected_request", text)
    via = value_of(exchange.headers, b"via")
    if upstream.pseudonym.decode() in via:
        text = "the upstream of this gateway is the gateway itself"
        raise RefusedError(508, "upstream_error", "loop_detected", text)


def _host_of(exchange: Exchange) -> str:
    try:
        return urlsplit("//" + value_of(exchange.headers, b"host")).hostname or ""
    except ValueError:  # the brackets do not contain an IPv6 address
        return ""


@asynccontextmanager
async def opened(
    upstream: Upstream,
    method: str,
    target: bytes,
    headers: Headers,
    content: bytes | AsyncIterator[bytes],
) -> AsyncIterator[httpx.Response]:
    """Open a request at the upstream, and close it when its response is no longer read."""
    response = await upstream.open(method, target, headers, content)
    try:
        yield response
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()


async def read(response: httpx.Response, *, decoded: bool = True) -> AsyncIterator[bytes]:
    """Yield the body of a response as it arrives.

    Args:
        response: The response.
        decoded: Whether to undo its content encoding.

    Raises:
        RefusedError: The upstream stopped or broke off.
    """
    try:
        async for data in response.aiter_bytes() if decoded else response.aiter_raw():
            yield data
    except httpx.TransportError as error:
        raise failure_of(error) from error
    except httpx.DecodingError as error:
        text = "the content encoding of the upstream is broken"
        raise RefusedError(502, "upstream_error", "upstream_broken", text) from error


async def relay(response: httpx.Response, exchange: Exchange) -> None:
    """Send a response of the upstream to the client as it is."""
    await exchange.start(response.status_code, response_headers(response.headers.raw))
    async for data in read(response, decoded=False):
        await exchange.send(data)
    await exchange.send(b"", more=False)


async def answer_options(exchange: Exchange) -> None:
    """Answer an `OPTIONS` request in place of the upstream."""
    await exchange.body()
    await exchange.answer(204, [(b"allow", _OPTIONS)], b"")


async def forward(exchange: Exchange, upstream: Upstream, target: bytes) -> None:
    """Send a request of the client to the upstream, and the response to the client."""
    method = exchange.scope["method"]
    headers = request_headers(exchange.headers, upstream.host, upstream.pseudonym)
    if method == "OPTIONS":
        headers, is_last = _counted(headers)
        if is_last:  # RFC 9110, section 7.6.2
            await answer_options(exchange)
            return
    content = exchange.pieces() if exchange.has_body else await exchange.body()
    async with opened(upstream, method, target, headers, content) as response:
        exchange.stop_receiving()
        await relay(response, exchange)


def _counted(headers: Headers) -> tuple[Headers, bool]:
    """Return the fields with `max-forwards` reduced by one, and whether it was 0."""
    hops = value_of(headers, b"max-forwards")
    if not hops.isdecimal() or len(hops) > _DIGITS:
        return headers, False
    rest = [field for field in headers if field[0] != b"max-forwards"]
    left = max(int(hops) - 1, 0)
    return [*rest, (b"max-forwards", str(left).encode())], int(hops) == 0
