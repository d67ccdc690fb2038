"""The pump by itself: a last record and a closed source, whatever happens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from streamparse import IncompleteError, SSEDecoder
from streamparse.web import MemoryStore, encoded
from streamparse.web.pump import Pump, close_source
from tests.web.serving import Upstream


def run(task: Coroutine[Any, Any, Any]) -> None:
    asyncio.run(asyncio.wait_for(task, 20))


async def records(store: MemoryStore) -> list[Any]:
    """What the store has of the stream, and that it has an end."""
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


def test_what_cannot_be_read_or_written_is_an_error_too() -> None:
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
    """It must not wait any longer: a server that is shut down would hang."""
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


def test_source_that_is_not_read() -> None:
    class Source:
        closed = False

        def close(self) -> None:
            self.closed = True

    source = Source()
    run(close_source(source))
    run(close_source(lambda: pytest.fail("called")))
    assert source.closed
