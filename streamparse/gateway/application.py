"""`gateway`: an ASGI application in front of an OpenAI-compatible server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from streamparse.gateway.chat import Chat
from streamparse.gateway.exchange import Exchange
from streamparse.gateway.forwarding import answer_options, forward, refuse_unsafe, target_of
from streamparse.gateway.measures import Measures
from streamparse.gateway.settings import Settings
from streamparse.gateway.upstream import RefusedError, Upstream
from streamparse.limits import Limits
from streamparse.protocols import StreamTelemetry

try:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute, Match, Route
    from starlette.types import ASGIApp, Receive, Scope, Send
except ImportError as _error:
    needs = "streamparse.gateway needs starlette: pip install 'llm-streamparse[gateway]'"
    raise ImportError(needs, name=_error.name) from _error

if TYPE_CHECKING:
    import httpx

    from streamparse.formats.table import FormatLike

__all__ = ["gateway"]

_LOG: Final = logging.getLogger("streamparse.gateway")
_CHAT: Final = ("/v1/chat/completions", "/chat/completions")


def gateway(
    upstream: str,
    *,
    format: FormatLike | None = "auto",
    in_reasoning: bool | None = None,
    reject: bool = False,
    retry: int = 0,
    coerce: bool = False,
    limits: Limits | None = None,
    max_body: int = 64 * 1024 * 1024,
    max_connections: int = 1_000,
    connect_timeout: float = 10.0,
    timeout: float = 600.0,
    stall: float = 60.0,
    heartbeat: float = 15.0,
    metrics: str | None = "/metrics",
    allowed_hosts: Sequence[str] | None = None,
    telemetry: StreamTelemetry | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """Return an ASGI application that parses the answers of an OpenAI-compatible server.

    Requests to `/v1/chat/completions` go to the upstream unchanged. In their answers, calls and
    reasoning that the model wrote as text become `tool_calls` and `reasoning_content`, while they
    arrive. Everything else is forwarded as it is.

    Args:
        upstream: The URL of the server, with or without `/v1` at its end.
        format: The raw-text format of the model, as for `MessageParser`; None reads only the calls
            that the server has parsed.
        in_reasoning: Whether answers begin inside the reasoning, as for `formats.TextReading`.
        reject: End a request as soon as the arguments of a call cannot become valid for the tools
            of the request, or the call is of another tool.
        retry: How often to ask again instead, with the reason. Calls are then sent when the
            answer has ended.
        coerce: As for `MessageParser`.
        limits: The limits of each answer.
        max_body: The bytes that the body of a request may have, and the whole body of an answer.
        max_connections: The number of connections to the upstream.
        connect_timeout: The seconds in which the upstream must accept a connection.
        timeout: The seconds that the upstream may be silent.
        stall: The seconds after which a client that accepts no data counts as having left, and
            one that stops in its request gets an error.
        heartbeat: The seconds without a record after which a stream gets a comment, so that proxies
            do not close the connection.
        metrics: The path of the metrics in the text form of Prometheus; None for no such path.
        allowed_hosts: The host names that requests may be for; None for any. It protects a server
            on this machine from web pages (DNS rebinding).
        telemetry: Records the answers; see `streamparse.telemetry`.
        transport: The transport of httpx to use, for example with client certificates.

    Returns:
        The application, for any ASGI server.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type.
    """
    return _application(
        Settings(
            upstream=upstream,
            format=format,
            in_reasoning=in_reasoning,
            reject=reject,
            retry=retry,
            coerce=coerce,
            limits=Limits() if limits is None else limits,
            max_body=max_body,
            max_connections=max_connections,
            connect_timeout=connect_timeout,
            timeout=timeout,
            stall=stall,
            heartbeat=heartbeat,
            metrics=metrics,
            allowed_hosts=allowed_hosts,
            telemetry=telemetry,
            transport=transport,
        )
    )


def _application(settings: Settings) -> Starlette:
    """Return the application with these settings, which closes its connections at the end."""
    proxy = _Proxy(settings)

    async def measured(request: Request) -> Response:
        return Response(proxy.measures.text(), media_type=Measures.content_type)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await proxy.upstream.close()

    routes: list[BaseRoute] = [_AnyTarget(proxy)]
    if settings.metrics is not None:
        routes.insert(0, Route(settings.metrics, measured))
    return Starlette(routes=routes, lifespan=lifespan)


class _AnyTarget(BaseRoute):
    """Routes all requests to an application, also those for no path (`OPTIONS *`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class _Proxy:
    """The ASGI application that serves the requests."""

    def __init__(self, settings: Settings) -> None:
        self.measures = Measures()
        self.upstream = Upstream(settings)
        self._chat = Chat(settings, self.upstream, self.measures)
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._settings
        exchange = Exchange(scope, receive, send, stall=settings.stall, largest=settings.max_body)
        is_chat = scope["method"] == "POST" and _path_of(scope) in _CHAT
        self.measures.active.inc()
        try:
            if not await exchange.run(self._serve(exchange, is_chat)):
                self.measures.departures.inc()
        finally:
            self.measures.active.dec()
            kind = "chat" if is_chat else "other"
            self.measures.requests.labels(kind, exchange.status).inc()

    async def _serve(self, exchange: Exchange, is_chat: bool) -> None:
        try:
            refuse_unsafe(exchange, self.upstream, self._settings.allowed_hosts)
            exchange.check_length()
            if exchange.scope["method"] == "OPTIONS" and _path_of(exchange.scope) == "*":
                await answer_options(exchange)  # RFC 9110, section 9.3.7: about this server
                return
            target = target_of(exchange)
            if is_chat:
                await self._chat.serve(exchange, target)
            else:
                await forward(exchange, self.upstream, target)
        except RefusedError as refusal:
            if refusal.type == "upstream_error":
                self.measures.failures.labels(refusal.code).inc()
            exchange.stop_receiving()
            if not exchange.status:
                await exchange.refuse(refusal)
            else:
                # The server closes the connection of a response that is not complete, which is
                # how the client learns it.
                _LOG.warning("%s: %s", exchange.scope["path"], refusal)


def _path_of(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
