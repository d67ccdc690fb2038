"""Tests of the pump: it always writes a last record and closes its source."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

import pytest

from streamparse import IncompleteError, SSEDecoder, stream
from streamparse.web import MemoryStore, encoded
from streamparse.web.pump import Pump, close_source
from tests.web.serving import Upstream


def run(task: Coroutine[Any, Any, Any]) -> None:
    asyncio.run(asyncio.wait_for(task, 20))


async def records(store: MemoryStore) -> list[Any]:
    """Return the stored records of the stream, which must have ended."""
    batch = await store.read("s", "reader", 1, 0)
    assert batch.ended
    return [json.loads(each.data) for each in SSEDecoder().feed(batch.data)]


async def pumped(source: Any, store: MemoryStore | None = None) -> list[Any]:
    store = store or MemoryStore()
    await store.append("s", b"")
    await Pump(source, encoded, store, "s").run()
    return await records(store)


@pytest.mark.parametrize("kind", ["function", "coroutine function", "async", "list", "generator"])
def test_every_kind_of_source(kind: str) -> None:
    upstream = Upstream([1, 2])

    async def later() -> Any:
        await asyncio.sleep(0)
        return upstream.read()

    def generator() -> Iterator[int]:
        yield from (1, 2)

    async def scene() -> None:
        sources: dict[str, Any] = {
            "function": upstream,
            "coroutine function": later,
            "async": upstream.read(),
            "list": [1, 2],
            "generator": generator(),
        }
        assert await pumped(sources[kind]) == [1, 2, {"type": "stream_ended"}]
        if kind != "async":
            await sources["async"].aclose()

    run(scene())
    assert upstream.closed == (kind in ("function", "coroutine function", "async"))


def test_events_before_an_error_are_kept() -> None:
    error = IncompleteError("cut", code="truncated")

    async def scene() -> None:
        upstream = Upstream([1], error=error)
        one, last = await pumped(upstream)
        assert (one, last["error"]["code"], upstream.closed) == (1, "truncated", 1)

    run(scene())


def test_invalid_sources_and_items_fail_the_stream() -> None:
    async def scene() -> None:
        for source in (5, [object()], lambda: None):
            [last] = await pumped(source)
            assert last["error"]["code"] == "internal"

    run(scene())


def test_abandoned_while_it_waits_for_its_source() -> None:
    async def scene() -> None:
        store, upstream = MemoryStore(), Upstream([1], endless=True)
        pumping = asyncio.create_task(pumped(upstream, store))
        while not upstream.given:
            await asyncio.sleep(0)
        await store.stop("s")
        assert (await pumping)[-1] == {"type": "stream_stopped"}
        assert upstream.closed == 1

    run(scene())


def test_abandoned_while_it_waits_for_its_reader() -> None:
    async def scene() -> None:
        store, upstream = MemoryStore(ahead=1), Upstream(list(range(100)))
        pumping = asyncio.create_task(pumped(upstream, store))
        while upstream.given < 2:
            await asyncio.sleep(0)
        await store.stop("s")
        got = await pumping
        assert got[0] == 0
        assert got[-1] == {"type": "stream_stopped"}
        assert (upstream.given, upstream.closed) == (2, 1)

    run(scene())


def test_cancelled_with_its_loop() -> None:
    upstream, store = Upstream([1], endless=True), MemoryStore()

    async def scene() -> None:
        await store.append("s", b"")
        Pump(upstream, encoded, store, "s").start()
        while not upstream.given:
            await asyncio.sleep(0)

    run(scene())
    assert upstream.closed == 1


def test_cancelled_with_its_loop_while_it_waits_for_its_reader() -> None:
    """A cancelled pump stops waiting, so that a server can shut down."""
    upstream, store = Upstream(list(range(9))), MemoryStore(ahead=0)

    async def scene() -> None:
        await store.append("s", b"opening")
        Pump(upstream, encoded, store, "s").start()
        while not upstream.given:
            await asyncio.sleep(0)

    began = time.monotonic()
    run(scene())
    assert time.monotonic() - began < 5
    assert (upstream.given, upstream.closed) == (1, 1)


def test_a_blocked_read_does_not_hold_up_a_loop_that_ends_while_it_is_abandoned() -> None:
    class Response:
        closed = threading.Event()
        read = threading.Event()

        def iter_bytes(self) -> Iterator[bytes]:
            self.read.set()
            self.closed.wait(20)
            raise OSError("read of a closed response")
            yield b""

        def close(self) -> None:
            self.closed.set()

    response, store = Response(), MemoryStore()

    async def scene() -> None:
        await store.append("s", b"")
        Pump(stream(response, api="openai-chat"), encoded, store, "s").start()
        while not response.read.is_set():
            await asyncio.sleep(0)
        await store.stop("s")
        await asyncio.sleep(0.02)

    began = time.monotonic()
    run(scene())
    assert time.monotonic() - began < 5
    assert response.closed.is_set()


def test_source_that_is_not_read() -> None:
    class Source:
        closed = False

        def close(self) -> None:
            self.closed = True

    source = Source()
    run(close_source(source))
    run(close_source(lambda: pytest.fail("called")))
    assert source.closed


@pytest.mark.parametrize("fault", [b"bytes", "\ud83d"], ids=["bytes", "half a pair"])
def test_a_last_record_even_if_encode_fails(fault: Any) -> None:
    async def scene() -> None:
        store = MemoryStore()
        await store.append("s", b"")
        await Pump([1], lambda item: fault, store, "s").run()
        batch = await store.read("s", "reader", 1, 0)
        assert batch.ended
        assert b"id: end\ndata: " in batch.data

    run(scene())


def test_a_source_is_closed_when_the_event_loop_ends() -> None:
    closed = []

    async def source() -> AsyncIterator[int]:
        try:
            for number in itertools.count():
                yield number
                await asyncio.sleep(0.001)
        finally:
            await asyncio.sleep(0.02)
            closed.append(True)

    async def scene() -> None:
        store = MemoryStore()
        await store.append("s", b"")
        Pump(source, encoded, store, "s").start()
        await asyncio.sleep(0.01)

    run(scene())
    assert closed == [True]


def test_a_source_that_starts_slowly_blocks_no_other() -> None:
    closed = []

    class Numbers:
        def __iter__(self) -> Numbers:
            return self

        def __next__(self) -> int:
            return 1

        def close(self) -> None:
            closed.append(True)

    class Slow:
        def __iter__(self) -> Numbers:
            time.sleep(0.3)
            return Numbers()

    async def scene() -> float:
        store = MemoryStore()
        await store.append("s", b"")
        pumping = asyncio.create_task(Pump(Slow(), encoded, store, "s").run())
        await asyncio.sleep(0.05)
        await store.stop("s")
        longest = 0.0
        while not pumping.done():
            before = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - before)
        return longest

    assert asyncio.run(scene()) < 0.2
    assert closed == [True]
