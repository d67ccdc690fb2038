"""The ASGI application that serves the page: its files, the samples and the streams."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Final

from streamparse._demo.playing import bytes_a_second, player
from streamparse._demo.samples import SAMPLES, Recording, Sample, sample_of
from streamparse.web import MemoryStore, sse_response, stop_stream  # first: it names the extra
from streamparse.web.records import CompactEncoder

# isort: split
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guarded", "LARGEST_RECORDING", "application"]

LARGEST_RECORDING: Final = 4 * 1024 * 1024  # bytes
_LARGEST_PIECE: Final = 1024 * 1024  # bytes

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_WILDCARDS: Final = ("0.0.0.0", "::", "")

_HERE: Final = Path(__file__).parent
_FILES: Final = {
    "/": (_HERE / "page" / "index.html", "text/html"),
    "/page.css": (_HERE / "page" / "page.css", "text/css"),
    "/page.js": (_HERE / "page" / "page.js", "text/javascript"),
    "/values.js": (_HERE / "page" / "values.js", "text/javascript"),
    "/js/index.js": (_HERE.parent / "js" / "index.js", "text/javascript"),
    "/js/streamparse.js": (_HERE.parent / "js" / "streamparse.js", "text/javascript"),
}
# Recordings are untrusted. The page shows them as text, and this policy forbids all scripts but
# those of the page itself.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def application(
    grace: float = 60.0, *, recording: Path | None = None, host: str = "127.0.0.1"
) -> Starlette:
    """Return the application that serves the page.

    Args:
        grace: The seconds that an interrupted stream waits for its page.
        recording: A file that is listed before the samples.
        host: The host on which the server listens. Requests for another host, or from a page of
            another, are refused, because a web page could otherwise use the server (DNS rebinding).
    """
    store = MemoryStore(grace=grace)
    samples = SAMPLES if recording is None else (sample_of(recording), *SAMPLES)

    async def play(request: Request) -> Response:
        if "last-event-id" in request.headers:
            return sse_response((), store=store)
        recording = await _recording(request, samples)
        speed = _number(request, "speed", 0, 1e6)
        size = int(_number(request, "chunk", 1, _LARGEST_PIECE))
        try:
            pace = await asyncio.to_thread(bytes_a_second, recording, speed)
        except ImportError as error:  # binary frames need an extra, which the message names
            raise HTTPException(422, str(error)) from error
        source = player(recording, pace, size)
        return sse_response(source, store=store, encode=CompactEncoder(open_paths=True))

    async def stop(request: Request) -> Response:
        await stop_stream(store, request.query_params.get("id", ""))
        return Response(status_code=204)

    async def listed(request: Request) -> Response:
        return JSONResponse(
            [{"title": each.title, "about": each.about, "code": each.code} for each in samples]
        )

    routes = [Route(path, _file) for path in _FILES]
    routes.append(Route("/samples", listed))
    routes.append(Route("/play", play, methods=["POST"]))
    routes.append(Route("/stop", stop, methods=["POST"]))
    return Starlette(routes=routes, middleware=[Middleware(Guarded, host=host)])


async def _file(request: Request) -> Response:
    file, kind = _FILES[request.url.path]
    return Response(file.read_bytes(), media_type=kind)


async def _recording(request: Request, samples: tuple[Sample, ...]) -> Recording:
    """Return the requested sample, or the recording in the body of the request."""
    if "sample" in request.query_params:
        number = int(_number(request, "sample", 0, len(samples) - 1))
        try:
            return await asyncio.to_thread(samples[number].read)
        except OSError as error:
            raise HTTPException(404, f"the recording cannot be read: {error.strerror}") from error
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST_RECORDING:
            raise HTTPException(413, f"a recording has at most {LARGEST_RECORDING} bytes")
    structured = request.query_params.get("output") == "json"
    return Recording(bytes(data), output=object if structured else None)


def _name_of(host: str) -> str:
    """Return the host without its port and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _number(request: Request, name: str, least: float, most: float) -> float:
    try:
        number = float(request.query_params[name])
    except (KeyError, ValueError):
        number = math.nan
    if not least <= number <= most:
        raise HTTPException(400, f"{name} must be a number from {least} to {most}")
    return number


class Guarded:
    """Refuses requests that other pages make, and adds the headers that all answers have."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        # At a wildcard address the host names of the server are unknown.
        self._hosts = None if host in _WILDCARDS else {*_LOOPBACK, host.lower().strip("[]")}

    def _refusal(self, scope: Scope) -> str | None:
        """Return the reason to refuse a request, or None if it comes from the page."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not host or (self._hosts is not None and _name_of(host) not in self._hosts):
            return "the page is not served at this host"
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() != f"http://{host}":
            return "the request is from another page"
        if headers.get(b"sec-fetch-site", b"none") not in (b"same-origin", b"none"):
            return "the request is from another page"
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is not None:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(b"content-security-policy", _POLICY), (b"cache-control", b"no-cache")]
                headers.append((b"x-content-type-options", b"nosniff"))
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        await self._app(scope, receive, sending)
