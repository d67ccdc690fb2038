"""Tests of `session` with lists and with connections of real libraries to a local server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from streamparse import (
    AsyncSession,
    MessageFinished,
    Session,
    TextDelta,
    ToolCallCompleted,
    session,
)
from tests.sessions import Called, Frame, Plan, Said, laned, live, realtime

PLANS = [
    Plan("r1", [Said(["Let me ", "look."]), Called("c1", "look", ['{"a"', ": 1}"])]),
    Plan("r2", [Said(["It is ", "open."])]),
]
REALTIME = [frame for plan in PLANS for frame in realtime(plan)]
LANES = [frame for plan in PLANS for frame in laned(plan, f"lane-{plan.id}")]
LIVE: list[Frame] = [{"setupComplete": {}}, *(frame for plan in PLANS for frame in live(plan))]
TEXTS = [plan.text for plan in PLANS]


class Source:
    """An iterable of messages that can be closed."""

    def __init__(self, frames: list[Any]) -> None:
        self.frames = frames
        self.closed = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.frames)

    def close(self) -> None:
        self.closed += 1


class AsyncSource:
    """An asynchronous iterable of messages that can be closed."""

    def __init__(self, frames: list[Any]) -> None:
        self.frames = frames
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1

    async def __aiter__(self) -> AsyncIterator[Any]:
        for frame in self.frames:
            yield frame


def test_iteration_gives_the_events() -> None:
    source = Source(REALTIME)
    read = session(source)
    assert isinstance(read, Session)
    events = list(read)
    assert [event.choice for event in events if isinstance(event, MessageFinished)] == [0, 1]
    assert [message.text for message in read.messages] == TEXTS
    assert (read.open, read.message, source.closed) == ([], read.messages[1], 1)


def test_answers_and_calls() -> None:
    assert [message.text for message in session(REALTIME).answers()] == TEXTS
    assert [call.arguments for call in session(REALTIME).tool_calls()] == [{"a": 1}]
    batches = list(session(REALTIME).batches())
    assert [event for batch in batches for event in batch] == list(session(REALTIME))


def test_asynchronous_views() -> None:
    async def read() -> None:
        source = AsyncSource(REALTIME)
        views = session(source)
        assert isinstance(views, AsyncSession)
        assert [message.text async for message in views.answers()] == TEXTS
        assert source.closed == 1
        calls = session(AsyncSource(REALTIME)).tool_calls()
        assert [call.arguments async for call in calls] == [{"a": 1}]
        events = [event async for event in session(AsyncSource(REALTIME))]
        assert events == list(session(REALTIME))

    asyncio.run(read())


def test_an_answer_that_failed_does_not_end_the_session() -> None:
    frames = [*realtime(Plan("r0", [Said(["Oh."])], "failed")), *REALTIME]
    statuses = [message.status for message in session(frames).answers()]
    assert statuses == ["failed", "complete", "complete"]


def test_leaving_early_closes_the_connection_and_truncates_the_answers() -> None:
    source = Source(REALTIME)
    with session(source) as read:
        for event in read:
            if isinstance(event, TextDelta):
                break
    assert source.closed == 1
    assert [message.status for message in read.messages] == ["truncated"]


def test_an_error_of_the_connection_is_raised_after_earlier_events() -> None:
    def broken() -> Iterator[Frame]:
        yield from REALTIME[:5]
        raise ConnectionResetError("reset")

    seen: list[Any] = []
    read = session(broken())
    with pytest.raises(ConnectionResetError):
        seen.extend(map(seen.append, read))
    assert any(isinstance(event, TextDelta) for event in seen)
    assert [message.status for message in read.messages] == ["truncated"]


def test_deltas_are_merged_with_every() -> None:
    times = iter(range(10_000))
    options: Any = {"every": 1e9, "clock": lambda: next(times)}
    read: Session = session(Source(REALTIME), **options)
    merged = [event.text for event in read if isinstance(event, TextDelta)]
    assert merged == TEXTS


def test_options() -> None:
    calls = list(session(REALTIME, api="openai-realtime", tools=[]).tool_calls())
    assert calls == []
    with pytest.raises(ValueError, match="api"):
        session(REALTIME, api="openai-chat")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        session(7)


# Connections of real libraries. The server sends the messages and closes.


@contextmanager
def serving(frames: list[Frame], code: int = 1000, *, greeted: bool = False) -> Iterator[int]:
    """Yield the port of a server that sends the messages as text, every third one as bytes.

    With `greeted` it first waits for a message of the client.
    """
    server = pytest.importorskip("websockets.sync.server")

    def play(connection: Any) -> None:
        if greeted:
            connection.recv(timeout=30)
        for place, frame in enumerate(frames):
            text = json.dumps(frame)
            connection.send(text.encode() if place % 3 == 2 else text)
        connection.close(code)

    with server.serve(play, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield running.socket.getsockname()[1]
        finally:
            running.shutdown()
            thread.join(10)


def checked(read: Any, events: list[Any]) -> None:
    assert [message.text for message in read.messages] == TEXTS
    calls = [event.call.arguments for event in events if isinstance(event, ToolCallCompleted)]
    assert calls == [{"a": 1}]
    assert read.open == []


def test_websockets() -> None:
    client = pytest.importorskip("websockets.sync.client")
    with serving(REALTIME) as port, client.connect(f"ws://127.0.0.1:{port}") as socket:
        read = session(socket)
        checked(read, list(read))


def test_websockets_asyncio() -> None:
    client = pytest.importorskip("websockets.asyncio.client")

    async def run(port: int) -> None:
        # `session` takes what `connect` returns, awaited or not.
        for source in (
            client.connect(f"ws://127.0.0.1:{port}"),
            await client.connect(f"ws://127.0.0.1:{port}"),
        ):
            async with session(source) as read:
                checked(read, [event async for event in read])

    with serving(LANES) as port:
        asyncio.run(run(port))


def test_a_connection_that_breaks() -> None:
    client = pytest.importorskip("websockets.sync.client")
    closed = pytest.importorskip("websockets.exceptions").ConnectionClosedError
    with serving(REALTIME[:5], 1011) as port, client.connect(f"ws://127.0.0.1:{port}") as socket:
        read = session(socket)
        with pytest.raises(closed):
            list(read)
    assert [message.status for message in read.messages] == ["truncated"]


def test_aiohttp() -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def run(port: int) -> None:
        async with aiohttp.ClientSession() as client:
            socket = await client.ws_connect(f"ws://127.0.0.1:{port}")
            async with session(socket) as read:
                checked(read, [event async for event in read])
            assert socket.closed

    with serving(LIVE) as port:
        asyncio.run(run(port))


def test_httpx_ws() -> None:
    httpx_ws = pytest.importorskip("httpx_ws")

    async def run(port: int) -> None:
        async with session(httpx_ws.aconnect_ws(f"ws://127.0.0.1:{port}")) as read:
            checked(read, [event async for event in read])

    with serving(REALTIME) as port:
        with session(httpx_ws.connect_ws(f"ws://127.0.0.1:{port}")) as read:
            checked(read, list(read))
        asyncio.run(run(port))


# The SDK uses a function that new releases of websockets deprecate.
deprecated = pytest.mark.filterwarnings("ignore:connect.. must be used:DeprecationWarning")


@deprecated
def test_realtime_of_openai() -> None:
    openai = pytest.importorskip("openai")

    async def run(base: str) -> None:
        client = openai.AsyncOpenAI(api_key="key", websocket_base_url=base)
        async with session(client.realtime.connect(model="tiny")) as read:
            checked(read, [event async for event in read])

    with serving(REALTIME) as port:
        base = f"ws://127.0.0.1:{port}/v1"
        client = openai.OpenAI(api_key="key", websocket_base_url=base)
        with session(client.realtime.connect(model="tiny")) as read:
            checked(read, list(read))
        asyncio.run(run(base))


@deprecated
def test_responses_of_openai() -> None:
    openai = pytest.importorskip("openai")

    async def run(base: str) -> None:
        client = openai.AsyncOpenAI(api_key="key", websocket_base_url=base)
        async with session(client.responses.connect()) as read:
            checked(read, [event async for event in read])

    with serving(LANES) as port:
        base = f"ws://127.0.0.1:{port}/v1"
        client = openai.OpenAI(api_key="key", websocket_base_url=base)
        with session(client.responses.connect()) as read:
            checked(read, list(read))
        asyncio.run(run(base))


def test_live_of_google() -> None:
    genai = pytest.importorskip("google.genai")

    async def run(port: int) -> None:
        # With a `base_url`, the SDK uses the address unchanged.
        options = {"base_url": f"ws://127.0.0.1:{port}"}
        client = genai.Client(vertexai=True, http_options=options)
        client._api_client._websocket_ssl_ctx = {}  # The SDK would insist on TLS.
        async with session(client.aio.live.connect(model="tiny")) as read:
            checked(read, [event async for event in read])

    with serving(LIVE, greeted=True) as port:
        asyncio.run(run(port))
