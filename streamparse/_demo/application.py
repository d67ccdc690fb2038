"""The application behind the page: its files, the samples, the streams."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Final

from streamparse._demo.playing import bytes_a_second, player
from streamparse._demo.samples import SAMPLES, Recording
from streamparse.web import MemoryStore, sse_response, stop_stream  # first: names the extra

# isort: split
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LARGEST_RECORDING", "application"]

LARGEST_RECORDING: Final = 4 * 1024 * 1024  # bytes
_LARGEST_PIECE: Final = 1024 * 1024  # bytes

_HERE: Final = Path(__file__).parent
_FILES: Final = {
    "/": (_HERE / "page" / "index.html", "text/html"),
    "/page.css": (_HERE / "page" / "page.css", "text/css"),
    "/page.js": (_HERE / "page" / "page.js", "text/javascript"),
    "/records.js": (_HERE / "page" / "records.js", "text/javascript"),
    "/values.js": (_HERE / "page" / "values.js", "text/javascript"),
    "/streamparse.js": (_HERE.parent / "js" / "streamparse.js", "text/javascript"),
}
# Recordings may hold anything; it is shown as text, and nothing of it could be run anyway.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def application(grace: float = 60.0) -> Starlette:
    """The page and what it needs; an interrupted stream waits `grace` seconds for its page."""
    store = MemoryStore(grace=grace)

    async def play(request: Request) -> Response:
        if "last-event-id" in request.headers:
            return sse_response((), store=store)
        recording = await _recording(request)
        speed = _number(request, "speed", 0, 1e6)
        size = int(_number(request, "chunk", 1, _LARGEST_PIECE))
        try:
            pace = await asyncio.to_thread(bytes_a_second, recording.data, speed)
        except ImportError as error:  # binary frames need an extra, which the text names
            raise HTTPException(422, str(error)) from error
        return sse_response(player(recording, pace, size), store=store)

    async def stop(request: Request) -> Response:
        await stop_stream(store, request.query_params.get("id", ""))
        return Response(status_code=204)

    routes = [Route(path, _file) for path in _FILES]
    routes.append(Route("/samples", _samples))
    routes.append(Route("/play", play, methods=["POST"]))
    routes.append(Route("/stop", stop, methods=["POST"]))
    return Starlette(routes=routes, middleware=[Middleware(_Guarded)])


async def _file(request: Request) -> Response:
    file, kind = _FILES[request.url.path]
    return Response(file.read_bytes(), media_type=kind)


async def _samples(request: Request) -> Response:
    return JSONResponse([{"title": each.title, "about": each.about} for each in SAMPLES])


async def _recording(request: Request) -> Recording:
    """The sample that is asked for, or what came with the request."""
    if "sample" in request.query_params:
        return SAMPLES[int(_number(request, "sample", 0, len(SAMPLES) - 1))].read()
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST_RECORDING:
            raise HTTPException(413, f"a recording has at most {LARGEST_RECORDING} bytes")
    structured = request.query_params.get("output") == "json"
    return Recording(bytes(data), output=object if structured else None)


def _number(request: Request, name: str, least: float, most: float) -> float:
    try:
        number = float(request.query_params[name])
    except (KeyError, ValueError):
        number = math.nan
    if not least <= number <= most:
        raise HTTPException(400, f"{name} is a number from {least} to {most}")
    return number


class _Guarded:
    """Adds the headers that all answers have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(b"content-security-policy", _POLICY), (b"cache-control", b"no-cache")]
                headers.append((b"x-content-type-options", b"nosniff"))
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        await self._app(scope, receive, sending)
