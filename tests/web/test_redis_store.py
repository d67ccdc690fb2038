"""Tests of the contract of `EventStore` with both stores, and of failures of a shared store."""

from __future__ import annotations

import asyncio
import builtins
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamparse.web import (
    Batch,
    ExpiredError,
    MemoryStore,
    RedisStore,
    WriterLostError,
    sse_response,
)
from tests.web.redis_server import RedisServer, servers

pytest.importorskip("redis", reason="redis-py is not installed")

Make = Callable[..., Any]
Scene = Callable[[Make], Awaitable[None]]


@pytest.fixture(scope="module", params=servers())
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    running = RedisServer(request.param)
    yield running
    running.close()


@pytest.fixture(scope="module", params=["memory", *servers()])
def kind(request: pytest.FixtureRequest) -> Iterator[str | RedisServer]:
    if request.param == "memory":
        yield "memory"
        return
    running = RedisServer(request.param)
    yield running
    running.close()


@asynccontextmanager
async def stores(kind: str | RedisServer) -> AsyncIterator[Make]:
    """Yield a function that creates stores of one kind; they are closed afterwards."""
    made: list[Any] = []

    def make(**options: Any) -> Any:
        if isinstance(kind, RedisServer):
            made.append(RedisStore(kind.url, prefix=secrets.token_hex(4), **options))
        else:
            made.append(MemoryStore(**options))
        return made[-1]

    yield make
    for store in made:
        await store.aclose()


def run(scene: Scene, kind: str | RedisServer) -> None:
    async def main() -> None:
        async with stores(kind) as make:
            await scene(make)

    asyncio.run(asyncio.wait_for(main(), 30))


async def waits(work: asyncio.Task[Any]) -> bool:
    await asyncio.wait((work,), timeout=0.1)
    return not work.done()


# The contract


def test_records_are_read_back(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make()
        assert await store.append("s", b"a")
        assert await store.append("s", b"b")
        assert await store.read("s", "r", 0, 1) == Batch(b"ab", 2, False)
        assert await store.read("s", "r", 2, 0) == Batch(b"", 2, False)
        assert await store.read("s", "r", 2, 0.05) == Batch(b"", 2, False)
        reading = asyncio.create_task(store.read("s", "r", 2, 5))
        assert await waits(reading)
        assert await store.append("s", b"c", last=True)
        assert await reading == Batch(b"c", 3, True)
        assert await store.read("s", "r", 3, 5) == Batch(b"", 3, True)
        assert not await store.append("s", b"d")
        assert await store.read("s", "r", 0, 5) == Batch(b"abc", 3, True)

    run(scene, kind)


def test_records_that_are_not_kept(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make()
        await store.append("s", b"a")
        for stream, after in (("s", -1), ("s", 2), ("s", 99), ("other", 0)):
            with pytest.raises(ExpiredError):
                await store.read(stream, "r", after, 0)
        await store.leave("other", "r")
        await store.stop("other")
        await store.abandoned("other")

    run(scene, kind)


def test_the_writer_waits_for_its_reader(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make(ahead=10)
        await store.append("s", b"1234567890ab")
        writing = asyncio.create_task(store.append("s", b"x"))
        assert await waits(writing)
        assert (await store.read("s", "r", 0, 0)).number == 1
        assert await waits(writing)  # The reader has not confirmed the record yet.
        reading = asyncio.create_task(store.read("s", "r", 1, 5))
        await writing
        assert await reading == Batch(b"x", 2, False)

    run(scene, kind)


def test_read_records_are_dropped_beyond_the_capacity(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make(capacity=3)
        for number in range(10):
            await store.append("s", b"x")
            await store.read("s", "r", number + 1, 0)
        await store.append("s", b"y")
        with pytest.raises(ExpiredError):
            await store.read("s", "late", 6, 0)
        assert (await store.read("s", "late", 8, 0)).data == b"xxy"

    run(scene, kind)


def test_abandoned_when_the_last_reader_stays_away(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make(grace=0.3)
        await store.append("s", b"a")
        watching = asyncio.create_task(store.abandoned("s"))
        await store.read("s", "one", 1, 0)
        await store.leave("s", "one")
        await store.read("s", "two", 1, 0)  # Before the grace period ends.
        await asyncio.sleep(0.4)
        assert not watching.done()
        await store.read("s", "three", 1, 0)
        await store.leave("s", "two")
        await asyncio.sleep(0.4)
        assert not watching.done()
        await store.leave("s", "three")
        await store.leave("s", "three")
        await asyncio.wait_for(watching, 5)
        assert not await store.append("s", b"b")
        assert (await store.read("s", "four", 1, 0)).data == b"b"

    run(scene, kind)


def test_a_reader_that_never_read_has_left(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make(grace=0)
        await store.append("s", b"a")
        await store.leave("s", "one")
        await asyncio.wait_for(store.abandoned("s"), 5)

    run(scene, kind)


def test_stopped_while_the_writer_waits(kind: str | RedisServer) -> None:
    async def scene(make: Make) -> None:
        store = make(ahead=1)
        await store.append("s", b"ab")
        writing = asyncio.create_task(store.append("s", b"c"))
        assert await waits(writing)
        await store.stop("s")
        assert not await asyncio.wait_for(writing, 5)
        await store.append("s", b"z", last=True)
        await store.stop("s")
        assert await store.read("s", "r", 0, 0) == Batch(b"abcz", 3, True)

    run(scene, kind)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12),
    stays=st.lists(st.integers(0, 4), max_size=10),
    back=st.integers(0, 3),
    ahead=st.integers(0, 60),
)
def test_every_record_once_and_in_order(
    kind: str | RedisServer,
    sizes: list[int],
    stays: list[int],
    back: int,
    ahead: int,
) -> None:
    """A reader reads some records, leaves, and returns with an earlier number."""
    records = [bytes([65 + number % 26]) * size for number, size in enumerate(sizes)]

    async def scene(make: Make) -> None:
        store = make(capacity=400, ahead=ahead)

        async def write() -> None:
            for number, record in enumerate(records):
                assert await store.append("s", record, last=number == len(records) - 1)

        await store.append("s", b"-")
        writing = asyncio.create_task(write())
        got: list[tuple[int, bytes]] = [(1, b"-")]
        for visit, stay in enumerate([*stays, 10**6]):
            got = got[: max(1, len(got) - back)]
            number = got[-1][0]
            for _ in range(stay):
                batch = await store.read("s", f"r{visit}", number, 5)
                if batch.data:
                    got.append((batch.number, batch.data))
                number = batch.number
                if batch.ended:
                    break
            await store.leave("s", f"r{visit}")
        await writing
        assert b"".join(data for _, data in got) == b"-" + b"".join(records)
        assert got[-1][0] == len(records) + 1

    run(scene, kind)


# Failures of a shared store


def test_processes_share_a_stream(server: RedisServer) -> None:
    async def scene() -> None:
        one, two = (RedisStore(server.url, prefix="p") for _ in range(2))
        stream = secrets.token_hex(4)
        await one.append(stream, b"a")
        watching = asyncio.create_task(two.abandoned(stream))
        reading = asyncio.create_task(two.read(stream, "r", 1, 10))
        assert await waits(reading)
        await one.append(stream, b"b")
        assert await asyncio.wait_for(reading, 5) == Batch(b"b", 2, False)
        await two.stop(stream)
        await asyncio.wait_for(asyncio.gather(one.abandoned(stream), watching), 5)
        await one.aclose()
        await two.aclose()

    asyncio.run(scene())


WRITER = """
import asyncio, sys
from streamparse.web import RedisStore
async def main():
    store = RedisStore(sys.argv[1], prefix="p", lease=0.4)
    for number in range(int(sys.argv[3])):
        await store.append(sys.argv[2], b"%d " % number)
    print("written", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_the_readers_of_a_killed_writer(server: RedisServer) -> None:
    stream = secrets.token_hex(4)
    command = [sys.executable, "-c", WRITER, server.url, stream, "5"]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ})
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"written\n"

    async def scene() -> None:
        store = RedisStore(server.url, prefix="p", lease=0.4)
        batch = await store.read(stream, "r", 0, 5)
        assert batch == Batch(b"0 1 2 3 4 ", 5, False)
        assert await store.read(stream, "r", 5, 1.2) == Batch(b"", 5, False)  # The writer is alive.
        writer.send_signal(signal.SIGKILL)
        with pytest.raises(WriterLostError):
            await store.read(stream, "r", 5, 20)
        assert (await store.read(stream, "late", 2, 5)).data == b"2 3 4 "
        sent: list[bytes] = []

        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))

        # Another process can continue the stream, with the next number.
        assert await store.append(stream, b"5 ", last=True)
        assert await store.read(stream, "r", 5, 5) == Batch(b"5 ", 6, True)
        await store.aclose()

    try:
        asyncio.run(scene())
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()


def test_a_page_is_told_that_its_writer_is_lost(server: RedisServer) -> None:
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def scene() -> None:
        dying, store = (RedisStore(server.url, prefix="p", lease=0.3) for _ in range(2))
        stream = secrets.token_hex(16)
        await dying.append(stream, b"id: 1\n\n")
        await dying.aclose()
        headers = [(b"last-event-id", f"{stream}-1".encode())]
        scope = {"type": "http", "method": "GET", "headers": headers}
        await sse_response([], store=store)(scope, receive, send)
        await store.aclose()

    asyncio.run(asyncio.wait_for(scene(), 20))
    last = b"".join(sent).decode().split("data: ")[-1].strip()
    assert json.loads(last)["error"]["code"] == "writer_lost"


def test_an_earlier_writer_cannot_append_after_another(server: RedisServer) -> None:
    async def scene() -> None:
        one, two = (RedisStore(server.url, prefix="p") for _ in range(2))
        stream = secrets.token_hex(4)
        assert await one.append(stream, b"a")
        assert await two.append(stream, b"b")
        assert not await one.append(stream, b"c")
        assert (await two.read(stream, "r", 0, 0)).data == b"ab"
        await one.aclose()
        await two.aclose()

    asyncio.run(scene())


def test_a_repeated_command_stores_nothing_twice(server: RedisServer) -> None:
    """A client may repeat a command whose reply was lost."""

    async def scene() -> None:
        store = RedisStore(server.url, prefix="p")
        run_once = store._run_once

        async def twice(script: str, stream: str, *arguments: Any) -> Any:
            await run_once(script, stream, *arguments)
            return await run_once(script, stream, *arguments)

        store._run_once = twice  # type: ignore[method-assign]
        stream = secrets.token_hex(4)
        for number in range(5):
            assert await store.append(stream, b"%d" % number, last=number == 4)
        assert await store.read(stream, "r", 0, 0) == Batch(b"01234", 5, True)
        await store.aclose()

    asyncio.run(scene())


def test_hundreds_of_readers_share_a_few_connections(server: RedisServer) -> None:
    async def scene() -> None:
        store = RedisStore(server.url, prefix="p")
        await store.append("many", b"a")
        reads = [asyncio.create_task(store.read("many", f"r{n}", 1, 20)) for n in range(300)]
        await asyncio.sleep(0.5)
        assert int((await store._client.info("clients"))["connected_clients"]) < 25
        await store.append("many", b"b")
        assert {batch.data for batch in await asyncio.gather(*reads)} == {b"b"}
        await store.aclose()

    asyncio.run(scene())


def test_a_server_that_loses_all_data(server: RedisServer) -> None:
    async def scene() -> None:
        store = RedisStore(server.url, prefix="p", lease=0.3)
        await store.append("s", b"a")
        watching = asyncio.create_task(store.abandoned("s"))
        reading = asyncio.create_task(store.read("s", "r", 1, 20))
        assert await waits(reading)
        await store._client.flushall()
        with pytest.raises(ExpiredError):
            await reading
        assert not await store.append("s", b"b")
        await asyncio.wait_for(watching, 5)
        with pytest.raises(ExpiredError):
            await store.read("s", "r", 0, 0)
        await store.aclose()

    asyncio.run(scene())


@pytest.mark.parametrize("program", servers())
def test_a_server_that_restarts(program: str) -> None:
    server = RedisServer(program, keeps=True)

    async def scene() -> None:
        store = RedisStore(server.url)
        await store.append("s", b"a")
        reading = asyncio.create_task(store.read("s", "r", 1, 20))
        assert await waits(reading)
        server.stop()
        server.start()
        assert await store.append("s", b"b")
        assert await asyncio.wait_for(reading, 15) == Batch(b"b", 2, False)
        await store.aclose()

    try:
        asyncio.run(scene())
    finally:
        server.close()


def test_all_keys_expire(server: RedisServer) -> None:
    async def scene() -> None:
        store = RedisStore(server.url, prefix="expiring", ttl=0, lease=0.1)
        client = store._client
        await store.append("s", b"a")
        await store.read("s", "r", 0, 0)
        keys = await client.keys("expiring*")
        assert len(keys) == 4
        for key in keys:
            assert 0 < await client.pttl(key) <= 300
        await store.append("s", b"b", last=True)
        await store.leave("s", "r")
        await asyncio.sleep(0.4)
        assert not await client.keys("expiring*")
        await store.aclose()

    asyncio.run(scene())


def test_a_client_that_decodes_replies(server: RedisServer) -> None:
    from redis.asyncio import Redis

    async def scene() -> None:
        client = Redis.from_url(server.url, decode_responses=True)
        store = RedisStore(client, prefix="p")
        stream = secrets.token_hex(4)
        await store.append(stream, "é".encode())
        reading = asyncio.create_task(store.read(stream, "r", 1, 10))
        await store.append(stream, b"b", last=True)
        assert await reading == Batch(b"b", 2, True)
        await store.aclose()
        assert await client.ping()  # The store does not close the caller's client.
        await client.aclose()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "options", [{"capacity": -1}, {"ttl": -1}, {"lease": 0}, {"lease": float("inf")}]
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        RedisStore("redis://localhost", **options)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", builtins.__import__)
    for name in [name for name in sys.modules if name.partition(".")[0] == "redis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r"llm-streamparse\[redis\]"):
        RedisStore("redis://localhost")
