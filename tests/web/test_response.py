"""Tests of responses with a real server: what a page receives, and when sources are closed."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import importlib
import itertools
import json
import logging
import re
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from streamparse import JSONSyntaxError, SSEDecoder, TextDelta, stream
from streamparse.frontends import UIMessageStream
from streamparse.web import Batch, EventStore, MemoryStore, encoded, sse_response, stop_stream
from tests.web.serving import Server, Upstream, connected, get, until, whole_events

NUMBERS = list(range(20))
ENDED = {"type": "stream_ended"}


def application(source: Any, **options: Any) -> Starlette:
    """Return an application that answers requests to `/` with this source."""

    async def endpoint(request: Request) -> Response:
        return sse_response(source, **options)

    return Starlette(routes=[Route("/", endpoint, methods=["GET", "POST"])])


# The data that a page receives


def test_items_arrive_with_ids_and_an_end() -> None:
    upstream = Upstream(NUMBERS, pause=0.001)
    with Server(application(upstream, retry=2)) as server, connected(server.url) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert "content-length" not in response.headers
        decoder = SSEDecoder()
        records = [each for data in response.iter_bytes() for each in decoder.feed(data)]
    assert [json.loads(each.data) for each in records] == [*NUMBERS, ENDED]
    ids = [each.id for each in records]
    assert len(set(ids)) == len(ids)
    assert ids[-1] == "end"
    assert decoder.retry == 2000
    assert upstream.closed == 1


def test_items_arrive_at_once() -> None:
    with (
        Server(application(Upstream(["first"], endless=True), encode=json.dumps)) as server,
        connected(server.url) as response,
    ):
        seen = b""
        for data in response.iter_raw():
            seen += data
            if b"first" in seen:
                break


def test_events_of_a_stream_of_a_provider() -> None:
    chunks: list[Any] = [{"choices": [{"delta": {"content": text}}]} for text in ("Hel", "lo")]
    chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})

    def answer() -> Any:
        return stream(Upstream(chunks).read(), api="openai-chat")

    with Server(application(answer)) as server:
        got = get(server.url)
    types = [each["type"] for each in whole_events(got.data)]
    assert types == [
        "message_started",
        "text_delta",
        "text_delta",
        "message_finished",
        ENDED["type"],
    ]
    assert [each["text"] for each in got.data[1:3]] == ["Hel", "lo"]
    assert got.data[2] == {"text": "lo"}  # The rest is as in the record before.


def test_events_in_full_and_in_batches() -> None:
    events = [TextDelta("a"), TextDelta("b")]

    async def source() -> AsyncIterator[Any]:
        yield events[0]
        yield [*events, {"type": "mine"}, events[0]]
        yield []

    with Server(application(source)) as server:
        compact = get(server.url)
    assert compact.data[:-1] == [
        {"type": "text_delta", "text": "a"},
        [{"text": "ab"}, {"type": "mine"}, {"type": "text_delta", "text": "a"}],
        [],
    ]

    with Server(application(source, encode=encoded)) as server:
        full = get(server.url)
    assert full.data[0] == events[0].to_dict()


@pytest.mark.parametrize("kind", ["list", "generator", "stream"])
def test_blocking_sources(kind: str) -> None:
    closed = []

    def read() -> Iterator[Any]:
        try:
            for number in range(3):
                time.sleep(0.01)
                yield {"choices": [{"delta": {"content": str(number)}}]}
        finally:
            closed.append(threading.current_thread().name)

    def source() -> Any:
        if kind == "stream":
            return stream(read(), api="openai-chat").text()
        return read() if kind == "generator" else list(read())

    with Server(application(source)) as server:
        got = get(server.url)
    if kind == "stream":
        # The answer has no finish reason.
        assert got.data[:3] == [0, 1, 2]
        assert got.data[3]["type"] == "stream_failed"
    else:
        assert len(got.data) == 4
        assert got.data[3] == ENDED
    assert len(closed) == 1
    assert kind == "list" or closed[0].startswith("streamparse")


def test_heartbeats_while_the_source_waits() -> None:
    with Server(application(Upstream([1], pause=0.3), heartbeat=0.05)) as server:
        got = get(server.url)
    assert 2 <= got.comments <= 8
    assert got.data == [1, ENDED]


def test_items_that_encode_leaves_out() -> None:
    def even(item: Any) -> str | None:
        return encoded([item]) if isinstance(item, int) and item % 2 == 0 else None

    with Server(application(Upstream(NUMBERS), encode=even)) as server:
        got = get(server.url)
        assert got.data == [[number] for number in NUMBERS[::2]]
        assert got.last_id == "end"  # A record without data.
        assert get(server.url, got.last_id).status == 204


def test_the_end_in_another_protocol() -> None:
    def encode(item: Any) -> str:
        return '"[DONE]"' if item == ENDED else encoded(item)

    with Server(application(Upstream([1]), encode=encode, headers={"x-words": "v1"})) as server:
        got = get(server.url)
    assert (got.data, got.headers["x-words"]) == ([1, "[DONE]"], "v1")


def test_records_of_a_front_end() -> None:
    """The records of `UIMessageStream` arrive as they would without `sse_response`."""
    chunks: list[Any] = [{"choices": [{"delta": {"content": text}}]} for text in ("Hel", "lo")]
    chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})

    async def records() -> AsyncIterator[Any]:
        ui = UIMessageStream()
        async with stream(Upstream(chunks).read(), api="openai-chat") as answer:
            async for events in answer.batches():
                for record in ui.encode(events):
                    yield record
        for record in ui.finish():
            yield record

    def as_text(record: Any) -> str:
        return "[DONE]" if record["type"].startswith("stream_") else encoded(record)

    app = application(records, encode=as_text, headers=UIMessageStream.headers)
    with Server(app) as server, connected(server.url) as response:
        assert response.headers.get_list("content-type") == ["text/event-stream"]
        assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
        received = [each.data for each in SSEDecoder().feed(response.read())]
    ui, plain = UIMessageStream(), b""
    with stream(chunks, api="openai-chat") as answer:
        for events in answer.batches():
            plain += ui.to_sse(ui.encode(events))
    plain += ui.to_sse(ui.finish())
    assert received == [each.data for each in SSEDecoder().feed(plain)]
    assert received[-1] == "[DONE]"


def test_documented_application(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application in docs/frontends.md, up to `ui_message_response`, can be served."""
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    text = (root / "docs" / "frontends.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        exec(compile(block, "frontends.md", "exec", dont_inherit=True), names)
        if "ui_message_response(" in block:
            break
    with Server(names["app"]) as server:
        received = httpx.post(f"{server.url}/chat", trust_env=False).content
    assert b'"type":"tool-input-available"' in received
    assert received.endswith(b"id: end\ndata: [DONE]\n\n")


def test_end_that_cannot_be_encoded(caplog: pytest.LogCaptureFixture) -> None:
    with Server(application(Upstream([1]), encode=lambda item: str(item + 1))) as server:
        assert get(server.url).data == [2, ENDED]
    assert "could not be encoded" in caplog.text


def test_head_starts_no_stream() -> None:
    upstream = Upstream(NUMBERS)
    with Server(application(upstream)) as server:
        response = httpx.head(server.url, trust_env=False)
    assert (response.status_code, response.content) == (200, b"")
    assert upstream.opened == 0


def test_background_task_runs_afterwards() -> None:
    done = threading.Event()

    async def endpoint(request: Request) -> Response:
        response = sse_response(Upstream([1]))
        response.background = BackgroundTask(done.set)
        return response

    with Server(Starlette(routes=[Route("/", endpoint)])) as server:
        get(server.url)
        assert done.wait(5)


# Errors


def test_parse_errors_reach_the_page() -> None:
    error = JSONSyntaxError("no good", code="invalid_literal", offset=3)
    with Server(application(Upstream([1], error=error))) as server:
        got = get(server.url)
    assert got.data[0] == 1
    assert got.data[1]["type"] == "stream_failed"
    assert got.data[1]["error"]["code"] == "invalid_literal"
    assert len(got.data) == 2


def test_other_errors_are_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.ERROR, "streamparse.web"),
        Server(application(Upstream([1], error=RuntimeError("password: swordfish")))) as server,
    ):
        got = get(server.url)
    assert got.data[1]["error"]["code"] == "internal"
    assert "swordfish" not in json.dumps(got.data)
    assert "swordfish" in caplog.text


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_errors_on_opening_reach_the_page(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> Any:
        raise ConnectionError("no route")

    async def refuse_later() -> Any:
        await asyncio.sleep(0)
        raise ConnectionError("no route")

    with Server(application(refuse if kind == "sync" else refuse_later)) as server:
        got = get(server.url)
    assert [each["type"] for each in got.data] == ["stream_failed"]


# Clients that leave and come back


@pytest.mark.parametrize("kind", ["waiting", "busy"])
def test_client_that_leaves_cancels_the_source(kind: str) -> None:
    items: list[Any] = [1, 2] if kind == "waiting" else [["x" * 1000]] * 100_000
    upstream = Upstream(items, endless=kind == "waiting")
    with Server(application(upstream)) as server:
        get(server.url, stop_after=2)
        until(lambda: upstream.closed)
    assert (upstream.opened, upstream.closed) == (1, 1)
    assert upstream.given < 100_000


def test_client_that_leaves_a_blocking_source() -> None:
    closed = threading.Event()

    def read() -> Iterator[int]:
        try:
            for number in itertools.count():
                time.sleep(0.01)
                yield number
        finally:
            closed.set()

    with Server(application(read)) as server:
        get(server.url, stop_after=2)
        assert closed.wait(5)


class BlockingResponse:
    """A response whose read ends only when it is closed, as in HTTP libraries."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def iter_bytes(self) -> Iterator[bytes]:
        yield b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
        self.closed.wait(60)
        raise OSError("read of a closed response")

    def close(self) -> None:
        self.closed.set()


def test_threads_of_blocking_responses_end_when_their_pages_leave() -> None:
    made: list[BlockingResponse] = []

    def source() -> Any:
        made.append(BlockingResponse())
        return stream(made[-1], api="openai-chat")

    before = threading.active_count()
    with Server(application(source)) as server:
        for _ in range(20):
            get(server.url, stop_after=1)
        until(lambda: threading.active_count() <= before + 8)
    assert len(made) == 20
    assert all(each.closed.is_set() for each in made)


def test_resumed_without_a_gap_and_without_a_second_source() -> None:
    upstream = Upstream(NUMBERS, pause=0.01)
    store = MemoryStore(grace=5)
    with Server(application(upstream, store=store)) as server:
        first = get(server.url, stop_after=3)
        second = get(server.url, first.last_id, stop_after=4)
        time.sleep(0.05)
        third = get(server.url, second.last_id)
    assert [*first.data, *second.data, *third.data] == [*NUMBERS, ENDED]
    assert upstream.opened == 1


def test_resumed_before_the_first_event() -> None:
    upstream = Upstream([1, 2], pause=0.2)
    with Server(application(upstream, store=MemoryStore(), heartbeat=0.02)) as server:
        with connected(server.url) as response:
            opening = next(response.iter_bytes())
        decoder = SSEDecoder()
        decoder.feed(opening)
        assert get(server.url, decoder.last_event_id or "").data == [1, 2, ENDED]
    assert upstream.opened == 1


def test_the_end_is_the_same_for_every_request() -> None:
    upstream = Upstream(NUMBERS)
    with Server(application(upstream, store=MemoryStore())) as server:
        whole = get(server.url)
        for _ in range(2):
            assert get(server.url, whole.ids[9]).data == whole.data[10:]
        assert get(server.url, whole.ids[-1]).status == 204
    assert upstream.opened == 1


def test_two_readers_of_one_stream() -> None:
    upstream = Upstream(NUMBERS, pause=0.02)
    with Server(application(upstream, store=MemoryStore())) as server:
        with connected(server.url) as slow:
            decoder = SSEDecoder()
            read = slow.iter_bytes()
            records = decoder.feed(next(read))
            other = get(server.url, decoder.last_event_id or "")
            records += [each for data in read for each in decoder.feed(data)]
        assert [json.loads(each.data) for each in records] == [*NUMBERS, ENDED]
    assert other.data[-3:] == [18, 19, ENDED]


def test_client_that_comes_too_late() -> None:
    upstream = Upstream(NUMBERS, pause=0.05)
    store = MemoryStore(grace=0.1, keep=2)
    with Server(application(upstream, store=store)) as server:
        first = get(server.url, stop_after=1)
        until(lambda: upstream.closed)
        late = get(server.url, first.last_id)
        assert late.data[-1] == {"type": "stream_stopped"}  # After the records so far.
        assert late.data[:-1] == NUMBERS[1 : len(late.data)]
        until(lambda: not store.streams)
        too_late = get(server.url, first.last_id)
    assert [each["type"] for each in too_late.data] == ["stream_failed"]
    assert too_late.data[0]["error"]["code"] == "expired"
    assert too_late.ids == ["end"]
    assert upstream.opened == 1


@pytest.mark.parametrize("last_id", ["someone-1", "0" * 32 + "-1", "0" * 32 + "-99"])
def test_unknown_ids(last_id: str) -> None:
    upstream = Upstream(NUMBERS)
    with Server(application(upstream)) as server:
        got = get(server.url, last_id)
    assert got.data[0]["error"]["code"] == "expired"
    assert upstream.opened == 0


def test_an_unused_source_is_closed() -> None:
    class Source:
        closed = False

        def __aiter__(self) -> Any:
            raise AssertionError("read")

        async def aclose(self) -> None:
            self.closed = True

    source = Source()
    with Server(application(source)) as server:
        assert get(server.url, "end").status == 204
    assert source.closed


def test_stopped_by_the_page() -> None:
    upstream = Upstream([1], endless=True)
    store = MemoryStore()

    async def stop(request: Request) -> Response:
        await stop_stream(store, request.query_params["id"])
        return Response(status_code=204)

    app = application(upstream, store=store)
    app.router.routes.append(Route("/stop", stop))
    with Server(app) as server:
        with connected(server.url) as response:
            decoder, data = SSEDecoder(), []
            for some in response.iter_bytes():
                for each in decoder.feed(some):
                    data.append(json.loads(each.data))
                    if len(data) == 1:
                        for last_id in ("nonsense", each.id):
                            url = f"{server.url}/stop"
                            httpx.get(url, params={"id": last_id}, trust_env=False)
        assert data == [1, {"type": "stream_stopped"}]
        assert upstream.closed == 1


class FarStore:
    """A slow store, like one that processes share; it has the methods of `EventStore`."""

    def __init__(self, near: MemoryStore, broken: bool = False) -> None:
        self.near = near
        self.broken = broken

    async def append(self, stream: str, record: bytes, *, last: bool = False) -> bool:
        await asyncio.sleep(0.002)
        if self.broken:
            raise ConnectionError("the store is down")
        return await self.near.append(stream, record, last=last)

    async def read(self, stream: str, reader: str, after: int, wait: float) -> Batch:
        await asyncio.sleep(0.002)
        return await self.near.read(stream, reader, after, wait)

    async def leave(self, stream: str, reader: str) -> None:
        await asyncio.sleep(0.002)
        await self.near.leave(stream, reader)

    async def stop(self, stream: str) -> None:
        await asyncio.sleep(0.002)
        await self.near.stop(stream)

    async def abandoned(self, stream: str) -> None:
        await asyncio.sleep(0.002)
        await self.near.abandoned(stream)


def test_slow_store() -> None:
    upstream = Upstream(NUMBERS)
    store: EventStore = FarStore(MemoryStore())
    with Server(application(upstream, store=store)) as server:
        first = get(server.url, stop_after=3)
        second = get(server.url, first.last_id)
    assert first.data + second.data == [*NUMBERS, ENDED]
    assert (upstream.opened, upstream.closed) == (1, 1)


def test_client_that_leaves_before_its_stream_exists() -> None:
    upstream, near = Upstream([1], endless=True), MemoryStore(grace=0, keep=0)
    with Server(application(upstream, store=FarStore(near))) as server:
        for number in range(30):
            with socket.create_connection(server.address) as leaving:
                leaving.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                time.sleep(number / 5000)  # Up to 6 ms: before, during and after its start.
        assert server.loop is not None
        until(lambda: len(asyncio.all_tasks(server.loop)) < 5 and not near.streams)
    assert upstream.opened == upstream.closed


def test_store_that_raises() -> None:
    source = Upstream([1])
    with Server(application(source, store=FarStore(MemoryStore(), broken=True))) as server:
        assert httpx.get(server.url, trust_env=False).status_code == 500
    assert source.opened == 0


async def connection(app: Any, last_id: str, cut: int | None) -> tuple[bytes, bool]:
    """Return the data of a connection that breaks after `cut` bytes, and whether it is complete."""
    got, gone = bytearray(), asyncio.Event()
    whole = False

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal whole
        await asyncio.sleep(0)
        if not gone.is_set():
            got.extend(message.get("body", b""))
            whole = message["type"] == "http.response.body" and not message["more_body"]
        if cut is not None and len(got) > cut:
            gone.set()

    headers = [(b"last-event-id", last_id.encode())] if last_id else []
    await app({"type": "http", "method": "GET", "headers": headers}, receive, send)
    return bytes(got if cut is None else got[:cut]), whole and not gone.is_set()


@given(
    events=st.lists(st.text(max_size=30), max_size=20),
    cuts=st.lists(st.integers(0, 600), max_size=8),
    ahead=st.integers(0, 300),
    suspends=st.booleans(),
)
def test_every_event_arrives_once_wherever_the_connection_breaks(
    events: list[str], cuts: list[int], ahead: int, suspends: bool
) -> None:
    opened = []

    async def source() -> AsyncIterator[Any]:
        opened.append(1)
        for event in events:
            if suspends:
                await asyncio.sleep(0)
            yield [event]

    async def scene() -> list[Any]:
        store = MemoryStore(capacity=1_000_000, ahead=ahead)
        last_id, data = "", []
        for cut in [*cuts, None]:
            decoder = SSEDecoder()
            answer = sse_response(source, store=store)
            received, whole = await connection(answer, last_id, cut)
            data += [json.loads(each.data) for each in decoder.feed(received)]
            last_id = decoder.last_event_id or last_id
            if whole:
                break
            if not last_id:  # It broke before the first id, so the client must start again.
                opened.clear()
        return data

    assert asyncio.run(scene()) == [*([event] for event in events), ENDED]
    assert len(opened) <= 1


def test_server_that_is_shut_down_closes_its_sources(caplog: pytest.LogCaptureFixture) -> None:
    upstream = Upstream([1], endless=True)
    with contextlib.ExitStack() as client:
        with Server(application(upstream, store=MemoryStore()), patience=1) as server:
            response = client.enter_context(connected(server.url))
            read = response.iter_bytes()
            assert next(read)
            until(lambda: upstream.given)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        assert upstream.closed == 1


# Many clients


def test_slow_reader_slows_only_its_own_source() -> None:
    big = Upstream(["x" * 10_000] * 5_000)  # 50 MB
    small = Upstream(NUMBERS)

    async def endpoint(request: Request) -> Response:
        return sse_response(big if "big" in request.query_params else small, store=store)

    store = MemoryStore()
    with Server(Starlette(routes=[Route("/", endpoint)])) as server:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            slow.connect(server.address)
            slow.sendall(b"GET /?big=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert slow.recv(1000)
            given = -1
            while given != big.given:  # Until the source is no longer read.
                given = big.given
                time.sleep(0.3)
            # Unread records are in the store, in the server and in the buffers of the socket.
            assert 0 < given < 1_500
            assert store.size < 400_000
            assert get(server.url).data == [*NUMBERS, ENDED]
            held = big.given
            for _ in range(200):
                slow.recv(65536)
            until(lambda: big.given > held)
        store_keeps = 262_144 + 65_536 + 20_000
        assert store.size <= store_keeps + 2_000


def test_hundreds_at_once() -> None:
    """Each client gets its own complete stream, even if it disconnects and resumes."""
    sources: dict[str, Upstream] = {}

    async def endpoint(request: Request) -> Response:
        name = request.query_params["n"]

        def source() -> Any:
            sources[name] = Upstream([[name, number] for number in range(40)], pause=0.01)
            return sources[name]()

        return sse_response(source, store=store)

    async def read(client: httpx.AsyncClient, number: int) -> list[Any]:
        data: list[Any] = []
        last_id, cuts = "", 2 if number % 3 == 0 else 0
        while True:
            headers = {"Last-Event-ID": last_id} if last_id else {}
            url, params = f"{server.url}/", {"n": str(number)}
            async with client.stream("GET", url, params=params, headers=headers) as response:
                decoder, here = SSEDecoder(), 0
                async for some in response.aiter_bytes():
                    for each in decoder.feed(some):
                        data.append(json.loads(each.data))
                        last_id, here = each.id, here + 1
                    if cuts and here >= 5:
                        cuts -= 1
                        break
                else:
                    return data

    async def read_all() -> list[list[Any]]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
            return await asyncio.gather(*(read(client, number) for number in range(200)))

    store = MemoryStore(keep=8)
    with Server(Starlette(routes=[Route("/", endpoint)])) as server:
        everything = asyncio.run(read_all())
        until(lambda: not store.streams)
    for number, data in enumerate(everything):
        assert data == [*([str(number), each] for each in range(40)), ENDED]
    assert all(each.opened == each.closed == 1 for each in sources.values())


def test_nothing_remains_after_all_clients_leave() -> None:
    upstream = Upstream([1], endless=True)
    store = MemoryStore(grace=0.05, keep=0.05)

    async def leave(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", server.url) as response:
            async for _ in response.aiter_bytes():
                break

    async def all_leave() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
            await asyncio.gather(*(leave(client) for _ in range(200)))

    with Server(application(upstream, store=store)) as server:
        asyncio.run(all_leave())
        until(lambda: upstream.closed == upstream.opened and not store.streams)
        assert server.loop is not None
        until(lambda: len(asyncio.all_tasks(server.loop)) < 5)
    assert upstream.opened == 200


# The extra


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "starlette":
            raise ImportError("no starlette", name=name)
        return real(name, *args, **options)

    for name in [name for name in sys.modules if name.startswith("streamparse.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"llm-streamparse\[web\]"):
        importlib.import_module("streamparse.web")


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("heartbeat", [0, -1, float("nan")]),
        ("stall", [0, -1, float("nan")]),
        ("retry", [-1, float("inf"), float("nan")]),
    ],
)
def test_options_are_checked_at_once(option: str, values: list[float]) -> None:
    for value in values:
        with pytest.raises(ValueError, match=option):
            sse_response([], **{option: value})  # type: ignore[arg-type]


# Every way in which a request can end


class Visit:
    """A request without a server; after `most` messages, `send` blocks or raises."""

    def __init__(self, most: int = 10**6, error: Exception | None = None) -> None:
        self.sent: list[Any] = []
        self.most, self.error = most, error

    async def receive(self) -> Any:
        await asyncio.Event().wait()

    async def send(self, message: Any) -> None:
        if len(self.sent) >= self.most:
            if self.error is not None:
                raise self.error
            await asyncio.Event().wait()
        self.sent.append(message)
        await asyncio.sleep(0)

    async def answered(self, app: Any, last_id: str = "") -> None:
        headers = [(b"last-event-id", last_id.encode())] if last_id else []
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        await app(scope, self.receive, self.send)

    @property
    def ids(self) -> list[str]:
        body = b"".join(message.get("body", b"") for message in self.sent).decode()
        return re.findall("^id: (.+)$", body, re.M)


async def nothing_remains(upstream: Upstream, store: MemoryStore) -> None:
    for _ in range(1000):
        await asyncio.sleep(0.002)
        if len(asyncio.all_tasks()) == 1:
            break
    assert len(asyncio.all_tasks()) == 1
    assert upstream.opened == upstream.closed
    assert store.streams == 0


@given(turn=st.integers(0, 40), times=st.integers(1, 6))
def test_cancelled_at_any_await_and_repeatedly(turn: int, times: int) -> None:
    async def scene() -> None:
        upstream, store = Upstream(NUMBERS, endless=True), MemoryStore(grace=0, keep=0)
        visit = asyncio.ensure_future(Visit().answered(sse_response(upstream, store=store)))
        for _ in range(turn):
            await asyncio.sleep(0)
        for _ in range(times):
            visit.cancel()
            await asyncio.sleep(0)
        await asyncio.wait((visit,))
        assert visit.cancelled()
        await nothing_remains(upstream, store)

    asyncio.run(scene())


@pytest.mark.parametrize("seconds", [0, 0.02])
def test_cancelled_by_a_scope_of_anyio(seconds: float) -> None:
    async def scene() -> None:
        upstream, store = Upstream(NUMBERS, endless=True), MemoryStore(grace=0, keep=0)
        with anyio.move_on_after(seconds):
            await Visit().answered(sse_response(upstream, store=store))
        await nothing_remains(upstream, store)

    asyncio.run(scene())


@pytest.mark.parametrize("most", [0, 1, 4])
def test_a_send_that_raises_behind_middleware(most: int) -> None:
    async def pass_on(request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        return answer

    async def scene() -> None:
        upstream, store = Upstream(NUMBERS, endless=True), MemoryStore(grace=0, keep=0)
        app = application(upstream, store=store)
        app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
        with contextlib.suppress(OSError, ClientDisconnect):
            await Visit(most, OSError("the client has left")).answered(app)
        await nothing_remains(upstream, store)

    asyncio.run(scene())


@pytest.mark.parametrize("most", [0, 1, 4])
def test_a_send_that_blocks_counts_as_having_left(most: int) -> None:
    async def scene() -> None:
        upstream, store = Upstream(NUMBERS, endless=True), MemoryStore(grace=0, keep=0)
        await Visit(most).answered(sse_response(upstream, store=store, stall=0.05))
        await nothing_remains(upstream, store)

    asyncio.run(scene())


def test_a_stream_belongs_to_a_user() -> None:
    owners: dict[str, str] = {}
    store = MemoryStore()

    def allowed(user: str, banned: bool = False) -> Any:
        async def authorize(stream: str, new: bool) -> bool:
            if new and not banned:
                owners[stream] = user
            return owners.get(stream) == user

        return authorize

    async def scene() -> None:
        sources = [Upstream(NUMBERS) for _ in range(4)]
        users = ["ann", "bob", "ann", "eve"]
        last_id, got = "", []
        for source, user in zip(sources, users, strict=True):
            authorize = allowed(user, banned=user == "eve")
            visit = Visit()
            app = sse_response(source, store=store, authorize=authorize)
            await visit.answered(app, "" if user == "eve" else last_id)
            got.append((visit.sent[0]["status"], len(visit.ids), source.opened))
            last_id = last_id or visit.ids[4]
        assert got == [(200, 22, 1), (403, 0, 0), (200, 17, 0), (403, 0, 0)]
        assert not await stop_stream(store, last_id, authorize=allowed("bob"))
        assert await stop_stream(store, last_id, authorize=allowed("ann"))
        assert not await stop_stream(store, "nonsense")

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_failing_store_is_not_a_disconnect() -> None:
    class Broken(MemoryStore):
        async def read(self, stream: str, reader: str, after: int, wait: float) -> Batch:
            raise ConnectionError("no store")

    async def send(message: Any) -> None:
        pass

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def scene() -> None:
        scope = {"type": "http", "method": "GET", "headers": []}
        await sse_response([1], store=Broken())(scope, receive, send)

    with pytest.raises(ConnectionError, match="no store"):
        asyncio.run(asyncio.wait_for(scene(), 20))
