"""`Upstream`: sends requests to the server of the model, and to no other.

It uses a transport of httpx, not a client: a client would keep the cookies of one user and send
them with the requests of another, follow redirects, and add header fields of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

from streamparse.gateway.headers import Headers
from streamparse.gateway.settings import Settings

try:
    import httpx
except ImportError as _error:
    needs = "streamparse.gateway needs httpx: pip install 'llm-streamparse[gateway]'"
    raise ImportError(needs, name=_error.name) from _error

__all__ = ["RefusedError", "Upstream", "failure_of"]


class RefusedError(Exception):
    """The gateway answers a request itself, with an error in the form of OpenAI's APIs.

    Attributes:
        status: The HTTP status.
        type: The kind of error.
        code: The error, for programs.
        param: The part of the request or answer that is wrong; None if it is not one part.
    """

    def __init__(
        self, status: int, type: str, code: str, message: str, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status: int = status
        self.type: str = type
        self.code: str = code
        self.param: str | None = param

    def to_dict(self) -> dict[str, Any]:
        """Return the body of the error."""
        about = {"type": self.type, "param": self.param, "code": self.code}
        return {"error": {"message": str(self), **about}}


class _Content(httpx.AsyncByteStream):
    """The body of a request, while it arrives."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            yield piece


class Upstream:
    """Opens requests at one server.

    Args:
        settings: The options of the gateway.

    Raises:
        ValueError: The URL is not that of a server.
    """

    def __init__(self, settings: Settings) -> None:
        self._origin, self._prefix = _parts(settings.upstream)
        self._seconds = settings.seconds
        self._transport: httpx.AsyncBaseTransport = settings.transport or httpx.AsyncHTTPTransport(
            limits=httpx.Limits(
                max_connections=settings.max_connections,
                max_keepalive_connections=min(settings.max_connections, 100),
            )
        )
        #: The name of this gateway in the field `via`. It shows a request that goes in a circle.
        self.pseudonym: bytes = f"streamparse-{secrets.token_hex(6)}".encode()
        #: The authority of the server, for the field `host`.
        self.host: bytes = self._origin.netloc

    async def open(
        self, method: str, target: bytes, headers: Headers, content: bytes | AsyncIterator[bytes]
    ) -> httpx.Response:
        """Send a request; return the response when its header fields have arrived.

        Args:
            method: The method.
            target: The path and query as the client wrote them.
            headers: The fields of the request.
            content: The body. An empty one is sent as no body.

        Raises:
            RefusedError: The request cannot be sent, or no response arrived in time.
        """
        target = self._prefix + target
        stream = httpx.ByteStream(content) if isinstance(content, bytes) else _Content(content)
        try:
            url = self._origin.copy_with(raw_path=target)
        except (httpx.InvalidURL, ValueError) as error:
            raise RefusedError(400, "invalid_request_error", "invalid_path", str(error)) from None
        # httpx normalizes the path of a URL; the extension sends it unchanged.
        extensions = {"timeout": self._seconds, "target": target}
        request = httpx.Request(method, url, headers=headers, stream=stream, extensions=extensions)
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.TransportError as error:
            raise failure_of(error) from error
        if not 200 <= response.status_code < 600:  # RFC 9110, section 15: it is invalid
            await response.aclose()
            text = f"the upstream answered with the status {response.status_code}"
            raise RefusedError(502, _TYPE, "upstream_broken", text)
        response.request = request
        return response

    async def close(self) -> None:
        """Close the connections that are kept open."""
        await self._transport.aclose()


def failure_of(error: httpx.TransportError) -> RefusedError:
    """Return the error for the client. It does not name the host of the upstream."""
    if isinstance(error, httpx.PoolTimeout):
        return RefusedError(503, _TYPE, "too_many_requests", "all upstream connections are in use")
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return RefusedError(502, _TYPE, "upstream_unreachable", "the upstream cannot be reached")
    if isinstance(error, httpx.TimeoutException):
        return RefusedError(504, _TYPE, "upstream_timeout", "the upstream did not answer in time")
    return RefusedError(502, _TYPE, "upstream_broken", "the connection to the upstream broke")


_TYPE: Final = "upstream_error"


def _parts(upstream: str) -> tuple[httpx.URL, bytes]:
    """Return the origin of the upstream, and the path before that of every request."""
    try:
        url = httpx.URL(upstream)
    except (httpx.InvalidURL, TypeError) as error:
        raise ValueError(f"upstream is not a URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("upstream must begin with http:// or https:// and name a host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("upstream must be an address without credentials, query and fragment")
    # Clients write the version: the path of their requests already begins with /v1.
    prefix = url.raw_path.rstrip(b"/").removesuffix(b"/v1").rstrip(b"/")
    return url.copy_with(raw_path=b"/"), prefix
