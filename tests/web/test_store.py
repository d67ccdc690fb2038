"""Tests of the store in memory: it is bounded, and readers miss no records."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.web import Batch, ExpiredError, MemoryStore

T = TypeVar("T")


def run(task: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(task, 20))


async def is_waiting(task: asyncio.Task[Any]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return not task.done()


def test_records_are_read_back() -> None:
    async def scene() -> None:
        store = MemoryStore()
        await store.append("s", b"a")
        await store.append("s", b"b")
        assert await store.read("s", "r", 0, 1) == Batch(b"ab", 2, False)
        assert await store.read("s", "r", 2, 0) == Batch(b"", 2, False)
        reading = asyncio.create_task(store.read("s", "r", 2, 5))
        assert await is_waiting(reading)
        await store.append("s", b"c", last=True)
        assert await reading == Batch(b"c", 3, True)
        assert await store.read("s", "r", 3, 5) == Batch(b"", 3, True)

    run(scene())


def test_waiting_times_out() -> None:
    async def scene() -> None:
        store = MemoryStore()
        await store.append("s", b"a")
        assert await store.read("s", "r", 1, 0.01) == Batch(b"", 1, False)

    run(scene())


@pytest.mark.parametrize("after", [-1, 2, 99])
def test_reading_a_record_that_does_not_exist(after: int) -> None:
    async def scene() -> None:
        store = MemoryStore()
        await store.append("s", b"a")
        with pytest.raises(ExpiredError):
            await store.read("s", "r", after, 0)
        with pytest.raises(ExpiredError):
            await store.read("other", "r", 0, 0)

    run(scene())


def test_writer_waits_for_the_reader() -> None:
    async def scene() -> None:
        store = MemoryStore(ahead=10)
        await store.append("s", b"1234567890ab")  # A single record may exceed `ahead`.
        writing = asyncio.create_task(store.append("s", b"x"))
        assert await is_waiting(writing)
        assert (await store.read("s", "r", 0, 0)).number == 1
        assert await is_waiting(writing)  # The reader has not confirmed the record yet.
        reading = asyncio.create_task(store.read("s", "r", 1, 1))
        await writing
        assert await reading == Batch(b"x", 2, False)

    run(scene())


def test_read_records_are_kept_up_to_the_capacity() -> None:
    async def scene() -> None:
        store = MemoryStore(capacity=3, ahead=100)
        for number in range(10):
            await store.append("s", b"x")
            await store.read("s", "r", number + 1, 0)
        await store.append("s", b"y")
        assert store.size <= 4
        assert (await store.read("s", "late", 8, 0)).data == b"xxy"
        with pytest.raises(ExpiredError):
            await store.read("s", "late", 7, 0)

    run(scene())


def test_stream_is_abandoned_when_its_reader_does_not_come_back() -> None:
    async def scene() -> None:
        store = MemoryStore(grace=0.05, ahead=1)
        await store.append("s", b"a")
        watching = asyncio.create_task(store.abandoned("s"))
        await store.read("s", "one", 1, 0)
        await store.leave("s", "one")
        await store.read("s", "two", 1, 0)  # Before the grace period ends.
        await asyncio.sleep(0.1)
        assert not watching.done()
        await store.append("s", b"b")
        await store.leave("s", "two")
        await store.leave("s", "two")
        writing = asyncio.create_task(store.append("s", b"c"))
        assert await is_waiting(writing)
        await watching
        await writing  # An abandoned stream makes no writer wait.
        assert (await store.read("s", "three", 1, 0)).data == b"bc"
        await store.abandoned("unknown")

    run(scene())


def test_a_failed_read_does_not_keep_a_stream() -> None:
    async def scene() -> None:
        store = MemoryStore(grace=0.1)
        await store.append("s", b"a")
        watching = asyncio.create_task(store.abandoned("s"))
        await store.read("s", "one", 1, 0)
        await store.leave("s", "one")
        for _ in range(4):
            await asyncio.sleep(0.05)
            with pytest.raises(ExpiredError):
                await store.read("s", "two", 999, 0)
            await store.leave("s", "two")
        assert watching.done()

    run(scene())


def test_stream_is_abandoned_by_the_last_reader_only() -> None:
    async def scene() -> None:
        store = MemoryStore(grace=0)
        await store.append("s", b"a")
        watching = asyncio.create_task(store.abandoned("s"))
        await store.read("s", "one", 0, 0)
        await store.read("s", "two", 1, 0)
        await store.leave("s", "one")
        assert await is_waiting(watching)
        await store.leave("s", "two")
        await watching

    run(scene())


def test_reader_that_left_before_it_read_has_left() -> None:
    async def scene() -> None:
        store = MemoryStore(grace=0)
        await store.append("s", b"a")
        await store.leave("s", "one")
        await store.leave("unknown", "one")
        await store.abandoned("s")

    run(scene())


def test_a_stream_that_ends_before_its_reader_comes_waits_for_it() -> None:
    async def scene() -> None:
        store = MemoryStore(capacity=0, grace=0, keep=0)
        await store.append("s", b"a")
        await store.append("s", b"b", last=True)
        assert await store.read("s", "r", 0, 5) == Batch(b"ab", 2, True)
        await store.leave("s", "r")
        assert store.streams == 0

    run(scene())


def test_stopped_at_once() -> None:
    async def scene() -> None:
        store = MemoryStore()
        await store.append("s", b"a")
        await store.read("s", "r", 0, 0)
        await store.stop("s")
        await store.stop("unknown")
        await store.abandoned("s")
        await store.append("s", b"z", last=True)
        await store.stop("s")
        assert await store.read("s", "r", 1, 0) == Batch(b"z", 2, True)

    run(scene())


def test_ended_streams_are_kept_for_a_while() -> None:
    async def scene() -> None:
        store = MemoryStore(keep=0.05)
        await store.append("s", b"a", last=True)
        await store.read("s", "one", 0, 0)
        await asyncio.sleep(0.1)
        await store.leave("s", "one")
        assert (
            await store.read("s", "two", 0, 0)
        ).data == b"a"  # Within the time that streams are kept.
        await store.leave("s", "two")
        await asyncio.sleep(0.1)
        assert store.streams == store.size == 0

    run(scene())


def test_ended_streams_have_a_common_bound() -> None:
    async def scene() -> None:
        store = MemoryStore(ended=25)
        for name in "abcd":
            await store.append(name, b"1234567890", last=True)
            await store.leave(name, "r")
        assert (store.streams, store.size) == (2, 20)
        with pytest.raises(ExpiredError):
            await store.read("b", "r", 0, 0)
        assert (await store.read("c", "r", 0, 0)).ended
        await store.append("e", b"1234567890", last=True)
        await store.leave("e", "r")
        assert store.streams == 3  # One of them has a reader.

    run(scene())


@pytest.mark.parametrize("name", ["capacity", "ahead", "grace", "keep", "ended"])
def test_bounds_are_not_negative(name: str) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        MemoryStore(**{name: -1})


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=30),
    stays=st.lists(st.integers(0, 4), max_size=40),
    back=st.integers(0, 3),
    capacity=st.integers(0, 60),
    ahead=st.integers(0, 60),
)
def test_readers_miss_nothing_within_the_bounds(
    sizes: list[int], stays: list[int], back: int, capacity: int, ahead: int
) -> None:
    """A reader that leaves and returns with an earlier number gets all records it can still get."""
    records = [bytes([65 + number % 26]) * size for number, size in enumerate(sizes)]

    async def scene() -> None:
        store = MemoryStore(capacity=capacity, ahead=ahead, grace=60)
        await store.append("s", b"")

        async def write() -> None:
            for number, record in enumerate(records, 1):
                await store.append("s", record, last=number == len(records))

        writing = asyncio.create_task(write())
        await asyncio.sleep(0)
        have, oldest, left = 1, 1, list(stays)
        while True:
            reader = f"{len(left)}"
            for _ in range(left.pop() + 1 if left else 1000):
                assert store.size <= capacity + max(ahead, max(sizes)) + max(sizes)
                try:
                    batch = await store.read("s", reader, have, 1)
                except ExpiredError:
                    assert have < oldest  # Only after it went back.
                    have = oldest
                    continue
                assert batch.data == b"".join(records[have - 1 : batch.number - 1])
                have, oldest = batch.number, max(oldest, have)
                if batch.ended:
                    assert batch.number == len(records) + 1
                    await writing
                    return
                await asyncio.sleep(0)
            await store.leave("s", reader)
            have = max(1, have - back)

    run(scene())
