"""Tests of streamparse.reading: one view for one source, whatever the parser behind it.

What views of JSON and of messages give, and that sources are closed in all the ways a reading can
end, is tested with `json_stream` and `stream`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from streamparse import IncompleteError, StreamParseError
from streamparse.reading import AsyncReading, Partials, SyncReading, View


class Upper:
    """A parser whose events are the fragments in capitals; it fails at `?`, and at the end."""

    def __init__(self, ends_well: bool = True) -> None:
        self.ends_well = ends_well

    def feed(self, fragment: Any) -> list[Any]:
        if "?" in fragment:
            before = fragment.partition("?")[0]
            raise StreamParseError("asked", code="not_found", events=[before.upper()])
        return [fragment.upper()] if fragment else []

    def finish(self) -> list[Any]:
        if not self.ends_well:
            raise IncompleteError("more was to come", code="truncated", events=["REST"])
        return ["END"]


class Source:
    def __init__(self, *fragments: Any) -> None:
        self.left = list(fragments)
        self.closed = 0

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> Any:
        if not self.left:
            raise StopIteration
        return self.left.pop(0)

    def close(self) -> None:
        self.closed += 1


class AsyncSource(Source):
    """The same for `async for`; what `Source` does is not seen through it."""

    __iter__ = None  # type: ignore[assignment]

    def __aiter__(self) -> AsyncSource:
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


class Loud(SyncReading[Upper, str]):
    """Has a view of its own: the first long fragment."""

    def _field(self, query: Any) -> View[Upper]:
        return FirstLong(self.parser)


class FirstLong(View[Upper]):
    def show(self, events: list[Any]) -> Iterable[Any]:
        found = [event for event in events if len(event) > 3]
        self.over = bool(found)
        return found


def test_events_come_one_by_one_and_the_last_at_the_end() -> None:
    source = Source("a", "", "b")
    assert list(Loud(source, View(Upper()))) == ["A", "B", "END"]
    assert source.closed == 1


def test_what_came_before_a_failure_is_given_first() -> None:
    source = Source("a", "b?c", "d")
    events = iter(Loud(source, View(Upper())))
    assert [next(events), next(events)] == ["A", "B"]
    with pytest.raises(StreamParseError) as caught:
        next(events)
    assert caught.value.events == []
    assert (source.closed, source.left) == (1, ["d"])


def test_a_failure_at_the_end() -> None:
    events = iter(Loud(Source("a"), View(Upper(ends_well=False))))
    assert [next(events), next(events)] == ["A", "REST"]
    with pytest.raises(IncompleteError):
        next(events)


def test_a_view_that_has_enough_reads_no_further() -> None:
    source = Source("a", "long one", "never")
    assert Loud(source, View(Upper())).field("") == "LONG ONE"
    assert (source.closed, source.left) == (1, ["never"])


def test_one_view_only() -> None:
    reading = Loud(Source("a"), View(Upper()))
    list(reading)
    with pytest.raises(RuntimeError, match="read once"):
        iter(reading)


def test_no_view_of_a_closed_source() -> None:
    with Loud(Source("a"), View(Upper())) as reading:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        iter(reading)


@pytest.mark.parametrize("view", ["partials", "result"])
def test_views_that_nobody_has_made(view: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Loud(Source("a"), View(Upper())), view)()


@pytest.mark.parametrize("hook", ["open_path", "snapshot", "is_end"])
def test_partials_need_their_hooks(hook: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Partials, hook)(*[None] * (2 if hook == "is_end" else 1))


def test_async() -> None:
    async def main() -> list[str]:
        async with AsyncReading[Upper, str](source, View(Upper())) as reading:
            return [event async for event in reading]

    source = AsyncSource("a", "b")
    assert asyncio.run(main()) == ["A", "B", "END"]
    assert source.closed == 1
