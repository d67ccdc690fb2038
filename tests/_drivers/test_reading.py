"""Tests of streamparse._drivers.reading, with a parser made for these tests.

The views of JSON and of messages, and the closing of sources, are tested in `test_json_stream.py`
and `test_stream.py`.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import math
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    IncompleteError,
    MessageFinished,
    MessageStarted,
    StreamParseError,
    StringDelta,
    TextDelta,
    ValueStarted,
    aiter_json,
    iter_json,
    stream,
)
from streamparse._drivers.reading import AsyncReading, Partials, SyncReading, Throttle, View


class Upper:
    """A parser whose events are the fragments in capitals; it raises at `?`, or at the end."""

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
    """The asynchronous form of `Source`."""

    __iter__ = None  # type: ignore[assignment]

    def __aiter__(self) -> AsyncSource:
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


class FirstLongReading(SyncReading[Upper, str]):
    """A stream whose `field` is the first long fragment."""

    def _field(self, query: Any) -> View[Upper]:
        return FirstLong(self.parser)


class FirstLong(View[Upper]):
    def convert(self, events: list[Any]) -> Iterable[Any]:
        found = [event for event in events if len(event) > 3]
        self.over = bool(found)
        return found


def test_events_come_one_by_one_and_the_last_at_the_end() -> None:
    source = Source("a", "", "b")
    assert list(FirstLongReading(source, View(Upper()))) == ["A", "B", "END"]
    assert source.closed == 1


def test_events_before_a_failure_come_first() -> None:
    source = Source("a", "b?c", "d")
    events = iter(FirstLongReading(source, View(Upper())))
    assert [next(events), next(events)] == ["A", "B"]
    with pytest.raises(StreamParseError) as caught:
        next(events)
    assert caught.value.events == []
    assert (source.closed, source.left) == (1, ["d"])


def test_a_failure_at_the_end() -> None:
    events = iter(FirstLongReading(Source("a"), View(Upper(ends_well=False))))
    assert [next(events), next(events)] == ["A", "REST"]
    with pytest.raises(IncompleteError):
        next(events)


def test_a_view_that_has_enough_reads_no_further() -> None:
    source = Source("a", "long one", "never")
    assert FirstLongReading(source, View(Upper())).field("") == "LONG ONE"
    assert (source.closed, source.left) == (1, ["never"])


def test_one_view_only() -> None:
    reading = FirstLongReading(Source("a"), View(Upper()))
    list(reading)
    with pytest.raises(RuntimeError, match="read once"):
        iter(reading)


def test_no_view_of_a_closed_source() -> None:
    with FirstLongReading(Source("a"), View(Upper())) as reading:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        iter(reading)


@pytest.mark.parametrize("view", ["partials", "result"])
def test_views_that_are_not_implemented(view: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(FirstLongReading(Source("a"), View(Upper())), view)()


@pytest.mark.parametrize("hook", ["open_path", "snapshot", "is_end"])
def test_partials_need_three_methods(hook: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Partials, hook)(*[None] * (2 if hook == "is_end" else 1))


def test_async() -> None:
    async def main() -> list[str]:
        async with AsyncReading[Upper, str](source, View(Upper())) as reading:
            return [event async for event in reading]

    source = AsyncSource("a", "b")
    assert asyncio.run(main()) == ["A", "B", "END"]
    assert source.closed == 1


# Throttled


class Clock:
    """A clock that advances only when a source advances it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def timed(clock: Clock, fragments: Sequence[tuple[float, Any]]) -> Iterator[Any]:
    """Yield the fragments at these times; raise those that are exceptions."""
    for moment, fragment in fragments:
        clock.now = moment
        if isinstance(fragment, Exception):
            raise fragment
        yield fragment


TIMED_TEXT = ((0, "a"), (1, "b"), (2, "c"), (10, "d"), (11, "e"), (30, "f"), (31, "g"), (32, "h"))


def test_deltas_are_held_until_they_are_due() -> None:
    clock = Clock()
    with stream(timed(clock, TIMED_TEXT), api="text", every=10, clock=clock) as answer:
        seen = [(clock.now, text) for text in answer.text()]
    assert seen == [(0, "a"), (10, "bcd"), (30, "ef"), (32, "gh")]
    assert answer.message.text == "abcdefgh"


def test_events_of_a_paced_stream() -> None:
    clock = Clock()
    with stream(timed(clock, TIMED_TEXT), api="text", every=100, clock=clock) as answer:
        seen = [(clock.now, event) for event in answer]
    assert seen[1:3] == [(0, TextDelta("a")), (32, TextDelta("bcdefgh"))]
    assert [type(event) for _, event in seen[::3]] == [MessageStarted, MessageFinished]


def test_partials_of_a_paced_stream() -> None:
    clock = Clock()
    pieces = [
        (0, '["a'),
        (1, "b"),
        (2, "c"),
        (3, '", "d'),
        (4, "e"),
        (10, "f"),
        (14, "g"),
        (15, '"]'),
    ]
    seen = list(iter_json(timed(clock, pieces), every=5, clock=clock).partials())
    assert seen == [["a"], ["abc", "d"], ["abc", "def"], ["abc", "defg"]]


@pytest.mark.parametrize("every", [None, 10])
def test_batches(every: float | None) -> None:
    clock = Clock()
    pieces = [(0, '["a'), (1, "b"), (2, ""), (3, 'c", "d'), (12, "e"), (13, 'f"]')]
    read = iter_json(timed(clock, pieces), every=every, clock=clock)
    seen = [(clock.now, events) for events in read.batches()]
    delta = [StringDelta((0,), "b")]
    if every is None:
        assert [moment for moment, _ in seen] == [0, 1, 3, 12, 13]
        assert seen[1][1] == delta
    else:
        assert [moment for moment, _ in seen] == [0, 12, 13]
        assert seen[1][1][0] == StringDelta((0,), "bc")
        assert seen[1][1][-2:] == [ValueStarted((1,), "string"), StringDelta((1,), "de")]
    flat = [event for _, events in seen for event in events]
    parser_events = list(iter_json(["".join(piece for _, piece in pieces)]))
    assert [event for event in flat if not isinstance(event, StringDelta)] == [
        event for event in parser_events if not isinstance(event, StringDelta)
    ]


def test_held_deltas_come_before_an_error_of_the_source() -> None:
    clock = Clock()
    pieces = [(0, '["a'), (1, "b"), (2, ConnectionError("gone"))]
    events = iter(iter_json(timed(clock, pieces), every=5, clock=clock))
    seen: list[Any] = []
    with pytest.raises(ConnectionError, match="gone"):
        seen.extend(events)
    with pytest.raises(StopIteration):
        next(events)
    assert seen[-1] == StringDelta((0,), "b")


def test_held_deltas_come_before_an_error_of_the_parser() -> None:
    clock = Clock()
    pieces = [(0, '["a'), (1, "b"), (2, 'c", "d" e')]
    seen: list[Any] = []
    with pytest.raises(StreamParseError):
        seen.extend(iter_json(timed(clock, pieces), every=5, clock=clock))
    assert [event.text for event in seen if isinstance(event, StringDelta)] == ["a", "bc", "d"]


def test_invalid_times() -> None:
    with pytest.raises(ValueError, match="every"):
        stream([], every=-1)
    with pytest.raises(ValueError, match="every"):
        Throttle(math.nan)
    assert Throttle().coalescer("all") is None


@given(
    st.lists(st.tuples(st.integers(0, 15), st.text("ab", max_size=3)), max_size=10),
    st.integers(0, 20),
)
def test_no_text_is_lost_for_any_interval(steps: list[tuple[int, str]], every: int) -> None:
    clock = Clock()
    moments = itertools.accumulate(pause for pause, _ in steps)
    pieces = list(zip(moments, (text for _, text in steps), strict=True))
    answer = stream(timed(clock, pieces), api="text", every=every, clock=clock)
    assert "".join(answer.text()) == "".join(text for _, text in steps)


# Throttled, while the source is silent


class Silent:
    """An async source that yields a fragment for each release of its semaphore `gate`."""

    def __init__(self, *fragments: Any) -> None:
        self.fragments = list(fragments)
        self.given: list[Any] = []
        self.gate = asyncio.Semaphore(0)
        self.cancelled = 0
        self.closed = 0

    def __aiter__(self) -> Silent:
        return self

    async def __anext__(self) -> Any:
        try:
            await self.gate.acquire()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if not self.fragments:
            raise StopAsyncIteration
        fragment = self.fragments.pop(0)
        if isinstance(fragment, BaseException):
            raise fragment
        self.given.append(fragment)
        return fragment

    async def aclose(self) -> None:
        self.closed += 1


def test_held_deltas_are_returned_while_the_source_is_silent() -> None:
    """Held deltas are returned although the source sends nothing until then."""

    async def main() -> list[str]:
        source = Silent("a", "b", "c", "d")
        for _ in "abc":
            source.gate.release()
        seen = []
        async with stream(source, api="text", every=0.01) as answer:
            async for text in answer.text():
                seen.append(text)
                if "".join(seen) == "abc":
                    source.gate.release()
                    source.gate.release()  # Ends the source.
        assert (source.cancelled, source.closed) == (0, 1)  # The timeout does not cancel it.
        return seen

    seen = asyncio.run(asyncio.wait_for(main(), 30))
    assert seen[0] == "a"
    assert "".join(seen) == "abcd"
    assert seen[-1] == "d"


def test_batches_are_returned_while_the_source_is_silent() -> None:
    async def main() -> list[list[Any]]:
        source = Silent('["a', 'b", 1, "c', '"]')
        source.gate.release()
        source.gate.release()
        batches = []
        async with aiter_json(source, every=0.01) as read:
            async for events in read.batches():
                batches.append(events)
                if len(batches) == 2:
                    source.gate.release()
                    source.gate.release()
        return batches

    first, second, *_, last = asyncio.run(asyncio.wait_for(main(), 30))
    assert len(first) == 3
    assert [event.type for event in second].count("value_completed") == 2
    assert last[-1].value == ["ab", 1, "c"]


def test_an_error_of_a_silent_source_comes_after_held_deltas() -> None:
    async def main() -> list[str]:
        source = Silent("a", "b", ConnectionError("gone"))
        for _ in range(3):
            source.gate.release()
        seen = []

        async def read() -> None:
            async for text in stream(source, api="text", every=60).text():
                seen.append(text)  # noqa: PERF401 (they are to be seen when the error comes)

        with pytest.raises(ConnectionError, match="gone"):
            await read()
        assert source.closed == 1
        return seen

    assert asyncio.run(main()) == ["a", "b"]


@pytest.mark.parametrize("ticks", range(8))
def test_a_cancelled_reader_loses_no_fragment(ticks: int) -> None:
    """A fragment that arrives at the moment of the cancellation is parsed."""

    async def main() -> None:
        source = Silent("a", "b", "c")
        source.gate.release()
        answer = stream(source, api="text", every=60)

        async def read() -> None:
            async for _ in answer.text():
                pass

        task = asyncio.create_task(read())
        while not source.given:
            await asyncio.sleep(0)
        for _ in range(8):  # Until the reader waits for more.
            await asyncio.sleep(0)
        source.gate.release()
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.closed == 1
        assert answer.message.text == "".join(source.given)
        assert answer.message.status == "truncated"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_cancellation_inside_the_source_is_not_its_end() -> None:
    async def main() -> None:
        source = Silent("a", asyncio.CancelledError())
        source.gate.release()
        source.gate.release()
        async for _ in stream(source, api="text", every=60).text():
            pass

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


@pytest.mark.parametrize("every", [None, 60])
def test_closing_ends_a_reader_that_waits(every: float | None) -> None:
    async def main() -> list[str]:
        source = Silent("a")
        source.gate.release()
        answer = stream(source, api="text", every=every)

        async def read() -> list[str]:
            return [text async for text in answer.text()]

        task = asyncio.create_task(read())
        while not source.given:
            await asyncio.sleep(0)
        for _ in range(8):
            await asyncio.sleep(0)
        await answer.aclose()
        assert (source.cancelled, source.closed) == (1, 1)
        return await task

    assert asyncio.run(asyncio.wait_for(main(), 30)) == ["a"]


@pytest.mark.parametrize("every", [None, 60])
def test_closing_a_stream_of_a_running_generator(every: float | None) -> None:
    """A running generator cannot be closed by another task, so its reader closes it."""
    closed = []

    async def source() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def main() -> list[str]:
        answer = stream(source(), api="text", every=every)

        async def read() -> list[str]:
            return [text async for text in answer.text()]

        task = asyncio.create_task(read())
        for _ in range(20):
            await asyncio.sleep(0)
        await asyncio.gather(answer.aclose(), answer.aclose())
        return await task

    assert asyncio.run(asyncio.wait_for(main(), 30)) == ["a"]
    assert closed == [True]


def test_closing_does_not_hide_that_the_reader_is_cancelled() -> None:
    async def main() -> None:
        answer = stream(Silent(), api="text")

        async def read() -> None:
            async for _ in answer.text():
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        closing = asyncio.create_task(answer.aclose())
        await asyncio.sleep(0)
        task.cancel()
        await closing
        if hasattr(task, "uncancel"):  # Before Python 3.11 the two cannot be distinguished.
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(main(), 30))


def test_closing_a_source_that_ignores_cancellation() -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield "b"

    async def main() -> list[str]:
        answer = stream(source(), api="text", every=0.001)
        seen = []
        async for text in answer.text():
            seen.append(text)
            await answer.aclose()
        return seen

    assert asyncio.run(asyncio.wait_for(main(), 30)) == ["a"]


def test_held_deltas_come_before_an_invalid_fragment() -> None:
    async def main() -> list[Any]:
        source = Silent("a", "b", 5)
        for _ in range(3):
            source.gate.release()
        seen: list[Any] = []

        async def read() -> None:
            async for text in stream(source, api="text", every=60).text():
                seen.append(text)  # noqa: PERF401 (they are to be seen when the error comes)

        with pytest.raises(TypeError):
            await read()
        return seen

    assert asyncio.run(main()) == ["a", "b"]


def test_leaving_early_reads_nothing_ahead() -> None:
    async def main() -> None:
        source = Silent("a", "b")
        for _ in range(3):
            source.gate.release()
        async with stream(source, api="text", every=60) as answer:
            async for _ in answer.text():
                break
        assert (source.fragments, source.closed) == (["b"], 1)
        await asyncio.sleep(0)  # The abandoned view ends.
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_one_task_reads_a_paced_source() -> None:
    """A source runs in one task, so context variables that it sets stay set."""
    place = contextvars.ContextVar("place", default=0)

    async def source() -> AsyncIterator[str]:
        for number in range(5):
            assert place.get() == number
            place.set(number + 1)
            await asyncio.sleep(0)
            yield str(number)

    async def main() -> str:
        return "".join([text async for text in stream(source(), api="text", every=0.001).text()])

    assert asyncio.run(main()) == "01234"


# Other event loops than asyncio's


class Pause:
    """A future that a task of another event loop waits for."""

    def __await__(self) -> Any:
        yield self


async def paused() -> AsyncIterator[str]:
    yield "[1"
    await Pause()
    yield "]"


def test_every_without_asyncio_raises_before_anything_is_read() -> None:
    read: list[str] = []

    async def source() -> AsyncIterator[str]:
        read.append("begun")
        yield "[1]"

    answer = stream(source(), api="text", every=0.1)
    with pytest.raises(RuntimeError, match="every= needs asyncio"):
        anext(aiter(answer)).__await__().send(None)
    assert not read


def test_closed_from_another_task_without_asyncio() -> None:
    answer = stream(paused(), api="text")
    events = aiter(answer)
    for _ in range(20):
        try:
            reading = anext(events).__await__()
            assert isinstance(reading.send(None), Pause)
            break
        except StopIteration:
            continue
    with pytest.raises(RuntimeError, match="needs asyncio; cancel the task that reads"):
        answer.aclose().__await__().send(None)
