"""Tests of the views of JSON streams.

The fixtures `drive` and `ask` run a test with synchronous and asynchronous streams.
"""

from __future__ import annotations

import asyncio
import doctest
import gc
import inspect
import json
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
)
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    COMPILED,
    ERROR_CODES,
    AsyncJSONStream,
    IncompleteError,
    JSONParser,
    JSONStream,
    JSONSyntaxError,
    LimitError,
    Limits,
    Query,
    StreamParseError,
    StringDelta,
    ValueCompleted,
    ValueStarted,
    aiter_json,
    iter_json,
)
from streamparse._drivers import json_stream
from tests.counted import AsyncSource, Fragments, Source

TRIP = '{"city": "Paris", "items": [{"n": 1}, {"n": 2}], "days": 3}'


@dataclass
class Outcome:
    """What a view returned for a source, and the state of the source after it."""

    shown: list[Any]
    error: BaseException | None
    closed: int
    left: int  # The number of fragments that were not read.

    @property
    def code(self) -> str | None:
        return self.error.code if isinstance(self.error, StreamParseError) else None


Drive = Callable[..., Outcome]


def drive_sync(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, shown, error = Source(fragments), [], None
    try:
        with iter_json(source, **options) as read:
            values = iter(read) if view == "events" else getattr(read, view)(*args)
            for value in values:
                shown.append(value)  # noqa: PERF402 (they are to be seen if an error follows)
    except Exception as caught:
        error = caught
    return Outcome(shown, error, source.closed, len(source.left))


def drive_async(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, shown = AsyncSource(fragments), []

    async def read_all() -> None:
        async with aiter_json(source, **options) as read:
            values = aiter(read) if view == "events" else getattr(read, view)(*args)
            async for value in values:
                shown.append(value)  # noqa: PERF401 (as above)

    error = None
    try:
        asyncio.run(read_all())
    except Exception as caught:
        error = caught
    return Outcome(shown, error, source.inner.closed, len(source.inner.left))


def ask_sync(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, shown, error = Source(fragments), [], None
    try:
        shown.append(getattr(iter_json(source, **options), view)(*args))
    except Exception as caught:
        error = caught
    return Outcome(shown, error, source.closed, len(source.left))


def ask_async(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, shown = AsyncSource(fragments), []

    async def ask() -> None:
        shown.append(await getattr(aiter_json(source, **options), view)(*args))

    error = None
    try:
        asyncio.run(ask())
    except Exception as caught:
        error = caught
    return Outcome(shown, error, source.inner.closed, len(source.inner.left))


@pytest.fixture(
    params=[drive_sync, drive_async, partial(drive_sync, every=0), partial(drive_async, every=0)],
    ids=["sync", "async", "sync, paced", "async, paced"],
)
def drive(request: pytest.FixtureRequest) -> Any:
    """Return a function that reads all values of a view."""
    return request.param


@pytest.fixture(
    params=[ask_sync, ask_async, partial(ask_sync, every=0), partial(ask_async, every=0)],
    ids=["sync", "async", "sync, paced", "async, paced"],
)
def ask(request: pytest.FixtureRequest) -> Any:
    """Return a function that reads the single value of a view."""
    return request.param


def in_pieces(text: str, size: int = 1) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def test_the_examples_in_the_docstrings() -> None:
    failed, attempted = doctest.testmod(json_stream)
    assert attempted > 0
    assert failed == 0


@pytest.mark.skipif(COMPILED, reason="a compiled class has no signature")
@pytest.mark.parametrize("function", [iter_json, aiter_json])
def test_options_are_those_of_the_parser(function: Callable[..., Any]) -> None:
    *options, every, clock = list(inspect.signature(function).parameters.values())[1:]
    assert [every.name, clock.name] == ["every", "clock"]
    theirs = inspect.signature(JSONParser).parameters
    # `events` is no option of the streams, because their views need the events.
    shared = [option for name, option in theirs.items() if name != "events"]
    assert options == [
        option.replace(annotation=mine.annotation)  # The annotations differ as text.
        for option, mine in zip(shared, options, strict=True)
    ]


# Events


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_events_are_those_of_the_parser(drive: Drive, size: int) -> None:
    parser = JSONParser()
    fragments = in_pieces(TRIP, size)
    expected = [event for fragment in fragments for event in parser.feed(fragment)]
    outcome = drive(fragments, "events")
    assert outcome == Outcome(expected + parser.finish(), None, closed=1, left=0)


def test_events_of_bytes(drive: Drive) -> None:
    outcome = drive([b'["\xc3', bytearray(b"\xa9"), memoryview(b'"]')], "events")
    assert outcome.shown[-1] == ValueCompleted((), ["é"])


def test_the_last_event_may_come_with_the_end(drive: Drive) -> None:
    assert drive(["1", "2"], "events").shown == [ValueCompleted((), 12)]


def test_options_reach_the_parser(drive: Drive) -> None:
    options = {"many": True, "parse_int": str, "select": "$[*]", "keep": "open"}
    assert drive(["1 2"], "events", **options).shown == [
        ValueCompleted((0,), "1"),
        ValueCompleted((1,), "2"),
    ]
    assert drive(["[[[]]]"], "events", limits=Limits(depth=2)).code == "depth"


def test_an_event_comes_before_more_is_asked_for() -> None:
    source = Source(["[1,", "2]"])
    events = iter(iter_json(source))
    assert next(events) == ValueStarted((), "array")
    assert next(events) == ValueCompleted((0,), 1)
    assert len(source.left) == 1


# Failures


def test_results_come_before_the_error(drive: Drive) -> None:
    outcome = drive(['["a', 'b", 1, x', "not read"], "events")
    assert outcome.shown == [
        ValueStarted((), "array"),
        ValueStarted((0,), "string"),
        StringDelta((0,), "a"),
        StringDelta((0,), "b"),
        ValueCompleted((0,), "ab"),
        ValueCompleted((1,), 1),
    ]
    assert isinstance(outcome.error, JSONSyntaxError)
    assert (outcome.error.code, outcome.error.offset) == ("expected_value", 10)
    assert outcome.error.events == []  # They were returned before.
    assert (outcome.closed, outcome.left) == (1, 1)


@pytest.mark.parametrize(
    ("view", "args", "shown"),
    [
        ("partials", (), [[1, {"n": 2}, "th"]]),
        ("items", ("$[*]",), [1, {"n": 2}]),
    ],
)
def test_all_views_emit_results_before_the_error(
    drive: Drive, view: str, args: tuple[str, ...], shown: list[Any]
) -> None:
    outcome = drive(['[1, {"n": 2}, "th\n'], view, *args)
    assert (outcome.shown, outcome.code) == (shown, "control_character")


def test_input_that_ends_early(drive: Drive) -> None:
    outcome = drive(["[1, 2"], "events")
    assert outcome.shown[-1] == ValueCompleted((0,), 1)
    assert isinstance(outcome.error, IncompleteError)
    assert outcome.closed == 1


def test_no_input(drive: Drive) -> None:
    assert drive([], "events").code == "empty"
    assert drive(["", b""], "events").code == "empty"


def test_exceptions_of_the_source_pass_unchanged(drive: Drive) -> None:
    problem = OSError("connection reset")
    outcome = drive(["[1,", problem, "2]"], "events")
    assert outcome.error is problem
    assert outcome.shown[-1] == ValueCompleted((0,), 1)
    assert outcome.closed == 1


@pytest.mark.parametrize("fragment", [None, 7, "text after bytes"])
def test_invalid_fragments_raise_type_error(drive: Drive, fragment: Any) -> None:
    outcome = drive([b"[", fragment], "events")
    assert isinstance(outcome.error, TypeError)
    assert outcome.closed == 1


@pytest.mark.parametrize("fragments", [["[x"], ["["]])
def test_a_failure_leaves_no_cycle(fragments: list[str]) -> None:
    """A failed stream is freed at once, without the garbage collector."""

    def failed() -> weakref.ref[Source]:
        source = Source(fragments)
        with suppress(StreamParseError):
            iter_json(source).result()
        return weakref.ref(source)

    gc.disable()
    try:
        assert failed()() is None
    finally:
        gc.enable()


# Partials


def test_partials_are_emitted_after_changes(drive: Drive) -> None:
    fragments = ["{", ' "a"', ': "', "", "x", '"', ', "b": [1', ", 2", "]", ', "c": {}', "}", " "]
    assert drive(fragments, "partials").shown == [
        {},
        {"a": ""},
        {"a": "x"},
        {"a": "x", "b": []},
        {"a": "x", "b": [1]},
        {"a": "x", "b": [1, 2]},
        {"a": "x", "b": [1, 2], "c": {}},
    ]


def test_partials_of_a_root_scalar(drive: Drive) -> None:
    assert drive(["1", "2"], "partials").shown == [12]
    assert drive(["nul", "l", " "], "partials").shown == [None]
    assert drive(['"', "a", '"'], "partials").shown == ["", "a"]


def test_partials_of_several_documents(drive: Drive) -> None:
    outcome = drive(["1 ", "[", "]", "{}", " 2"], "partials", many=True)
    assert outcome.shown == [[1], [1, []], [1, [], {}], [1, [], {}, 2]]
    assert drive([" "], "partials", many=True).shown == []


def test_partials_do_not_change_later() -> None:
    first, *_ = list(iter_json(['{"a": [1', ", 2", "]}"]).partials())
    assert first == {"a": []}


def test_partials_of_numbers_made_strings_and_lists() -> None:
    """Partials are also right if `parse_int` returns strings or lists."""
    assert list(iter_json(["[1", ",2", "]"], parse_int=str).partials()) == [[], ["1"], ["1", "2"]]
    assert list(iter_json(["1", " "], parse_int=lambda digits: [digits]).partials()) == [["1"]]


def test_partials_ignore_the_selection_of_events(drive: Drive) -> None:
    assert drive(['{"a": 1, "b": 2}'], "partials", select="$.a").shown == [{"a": 1, "b": 2}]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@given(VALUES, st.integers(1, 5), st.booleans())
def test_partials_are_the_different_snapshots(value: Any, size: int, many: bool) -> None:
    """Partials are the snapshots of the parser after each fragment, without repetitions."""
    fragments = in_pieces(json.dumps(value), size)
    parser = JSONParser(many=many)
    expected: list[Any] = []
    for step in [*(lambda f=f: parser.feed(f) for f in fragments), parser.finish]:
        step()
        if parser.started and (not expected or parser.value != expected[-1]):
            expected.append(parser.snapshot())
    assert list(iter_json(fragments, many=many).partials()) == expected


# Items


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("query", ["$.items[*]", Query.parse("$.items[*]")])
def test_items(drive: Drive, size: int, query: str | Query) -> None:
    outcome = drive(in_pieces(TRIP, size), "items", query)
    assert outcome == Outcome([{"n": 1}, {"n": 2}], None, closed=1, left=0)


def test_items_of_several_documents(drive: Drive) -> None:
    assert drive(["[1][2,", "3]"], "items", "$[*][*]", many=True).shown == [1, 2, 3]


def test_each_item_comes_as_it_completes() -> None:
    source = Source(['[{"n": 1}', ", ", '{"n": 2}', "]"])
    items = iter_json(source).items("$[*]")
    assert (next(items), len(source.left)) == ({"n": 1}, 3)
    assert (next(items), len(source.left)) == ({"n": 2}, 1)


def test_items_are_not_kept() -> None:
    read = iter_json(in_pieces(json.dumps({"other": [0] * 50, "items": [[n] for n in range(50)]})))
    for item in read.items("$.items[*]"):
        assert len(item) == 1
        assert read.parser.value == {"items": []}


@pytest.mark.parametrize("view", ["items", "field"])
@pytest.mark.parametrize("options", [{"select": "$.a"}, {"select": "$.a", "keep": "open"}])
def test_selecting_views_reject_select(view: str, options: dict[str, Any]) -> None:
    source = Source(['{"a": 1}'])
    read = iter_json(source, **options)
    with pytest.raises(ValueError, match=rf"{view}\(\) selects by its query"):
        getattr(read, view)("$.b")
    assert list(read) == [ValueCompleted(("a",), 1)]  # The failed call did not use up the stream.


@pytest.mark.parametrize("view", ["items", "field"])
@pytest.mark.parametrize("query", ["items", "$.a[-1]"])
def test_a_bad_query_starts_no_view(view: str, query: str) -> None:
    read = iter_json(["1"])
    with pytest.raises(ValueError, match="query"):
        getattr(read, view)(query)
    assert read.result() == 1


# Field


@pytest.mark.parametrize("query", ["$.city", Query.parse("$['city']")])
def test_field_is_returned_as_soon_as_it_is_complete(ask: Drive, query: str | Query) -> None:
    outcome = ask(in_pieces(TRIP, 6), "field", query)
    assert outcome.shown == ["Paris"]
    assert outcome.closed == 1
    assert outcome.left == len(in_pieces(TRIP, 6)) - 3


def test_field_is_the_first_that_completes(ask: Drive) -> None:
    assert ask(['{"a": {"n": [1]}, "n": 2}'], "field", "$..n").shown == [[1]]


def test_field_may_be_the_root(ask: Drive) -> None:
    assert ask(["[1,", "2]"], "field", "$").shown == [[1, 2]]
    assert ask(["1", "2"], "field", "$").shown == [12]


@pytest.mark.parametrize("size", [1, 1000])
def test_field_ignores_errors_after_the_value(ask: Drive, size: int) -> None:
    """Law 1: an error after the value is ignored, whether or not it is in the same fragment."""
    assert ask(in_pieces('{"city": "Paris"} }', size), "field", "$.city").shown == ["Paris"]


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_missing_field(ask: Drive, size: int) -> None:
    outcome = ask(in_pieces('{"town":\n"Paris"} ', size), "field", "$.city")
    error = outcome.error
    assert type(error) is StreamParseError
    assert (error.code, error.message) == ("not_found", "the document ended without $.city")
    assert (error.offset, error.line, error.column, error.path) == (18, 2, 10, ())
    assert error.excerpt == '{"town":\n"Paris"} '
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert outcome.closed == 1
    assert error.code in ERROR_CODES


@pytest.mark.parametrize(
    ("text", "options", "kind"),
    [
        ('{"city": "Par', {}, IncompleteError),
        ('{"town": 1} x', {}, JSONSyntaxError),
        ("[[[1]]]", {"limits": Limits(depth=2)}, LimitError),
    ],
)
def test_field_of_bad_input(
    ask: Drive, text: str, options: dict[str, Any], kind: type[StreamParseError]
) -> None:
    outcome = ask([text], "field", "$.city", **options)
    assert isinstance(outcome.error, kind)
    assert outcome.closed == 1


# Result


@pytest.mark.parametrize("size", [1, 1000])
def test_result(ask: Drive, size: int) -> None:
    outcome = ask(in_pieces(TRIP, size), "result")
    assert outcome == Outcome([json.loads(TRIP)], None, closed=1, left=0)


def test_result_of_several_documents(ask: Drive) -> None:
    assert ask(["1 2"], "result", many=True).shown == [[1, 2]]
    assert ask([], "result", many=True).shown == [[]]


def test_result_ignores_the_selection_of_events(ask: Drive) -> None:
    assert ask([TRIP], "result", select="$.city").shown == [json.loads(TRIP)]


def test_result_of_bad_input(ask: Drive) -> None:
    outcome = ask(["[1", " 2]"], "result")
    assert (outcome.code, outcome.closed) == ("expected_comma", 1)


def test_result_reads_to_the_end() -> None:
    read = iter_json(["[1] and ", "so on"], trailing="stop")
    assert read.result() == [1]
    assert read.parser.remainder == " and so on"


@pytest.mark.parametrize("view", ["partials", "result"])
def test_views_of_the_whole_value_reject_keep_open(view: str) -> None:
    read = iter_json(["1"], select="$", keep="open")
    with pytest.raises(ValueError, match=rf"{view}\(\) shows the whole value"):
        getattr(read, view)()
    assert list(read) == [ValueCompleted((), 1)]


# One pass


VIEWS: dict[str, Callable[[JSONStream], Any]] = {
    "events": iter,
    "partials": lambda read: read.partials(),
    "items": lambda read: read.items("$"),
    "field": lambda read: read.field("$"),
    "result": lambda read: read.result(),
}


@pytest.mark.parametrize("second", VIEWS)
@pytest.mark.parametrize("first", VIEWS)
def test_a_second_view_is_rejected(first: str, second: str) -> None:
    read = iter_json(["1"])
    VIEWS[first](read)
    with pytest.raises(RuntimeError, match="a stream is read once"):
        VIEWS[second](read)


@pytest.mark.parametrize("view", VIEWS)
def test_a_closed_stream_has_no_views(view: str) -> None:
    read = iter_json(["1"])
    read.close()
    with pytest.raises(RuntimeError, match="the stream is closed"):
        VIEWS[view](read)


def test_async_streams_are_read_once_too() -> None:
    async def read_twice() -> None:
        read = aiter_json(AsyncSource(["1"]))
        assert await read.result() == 1
        with pytest.raises(RuntimeError, match="a stream is read once"):
            await read.field("$")
        with pytest.raises(RuntimeError, match="a stream is read once"):
            aiter(read)

    asyncio.run(read_twice())


def test_parser() -> None:
    read = iter_json(["[1, [", "2]]"])
    assert not read.parser.started
    for event in read:
        if event == ValueStarted((1,), "array"):
            assert read.parser.value == [1, []]
            assert read.parser.open_path == (1,)
    assert read.parser.done


# Construction


@pytest.mark.parametrize("source", [TRIP, TRIP.encode(), bytearray(TRIP.encode())])
def test_one_text_is_one_fragment(source: Any) -> None:
    assert len(list(iter_json(source).partials())) == 1


def test_a_source_that_cannot_be_iterated_is_rejected() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        iter_json(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not iterable"):
        iter_json(AsyncSource([]))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="async iterable"):
        aiter_json(["1"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [{"dialect": "loose"}, {"keep": "open"}, {"select": "a"}, {"many": True, "trailing": "stop"}],
)
def test_bad_options_are_rejected_at_once(options: dict[str, Any]) -> None:
    source = Source([])
    with pytest.raises(ValueError, match=r"must be|give select|query|contradicts"):
        iter_json(source, **options)
    with pytest.raises(ValueError, match=r"must be|give select|query|contradicts"):
        aiter_json(AsyncSource([]), **options)
    assert source.closed == 0  # The source still belongs to the caller.


# Closing


def logged(fragments: Fragments, log: list[str]) -> Generator[Any, None, None]:
    try:
        yield from fragments
    finally:
        log.append("generator")


async def alogged(fragments: Fragments, log: list[str]) -> AsyncGenerator[Any, None]:
    try:
        for fragment in fragments:
            yield fragment
    finally:
        await asyncio.sleep(0)
        log.append("generator")


def test_leaving_the_block_closes_the_source() -> None:
    source = Source(["[1,", "2]"])
    with iter_json(source) as read:
        assert isinstance(read, JSONStream)
        for _ in read:
            break
        assert source.closed == 1  # The abandoned view has closed it.
    assert source.closed == 1


def test_leaving_the_block_before_any_view_closes_the_source() -> None:
    source = Source(["1"])
    with iter_json(source):
        pass
    assert source.closed == 1


def test_an_exception_in_the_block_closes_the_source() -> None:
    def fail() -> None:
        with iter_json(source) as read:
            views.append(iter(read))
            next(views[0])
            raise KeyError

    source = Source(["[1,", "2]"])
    views: list[Iterator[Any]] = []
    with pytest.raises(KeyError):
        fail()
    assert source.closed == 1
    assert list(views[0]) == []


def test_closing_twice_is_harmless() -> None:
    source = Source(["1"])
    read = iter_json(source)
    assert read.result() == 1
    read.close()
    read.close()
    assert source.closed == 1


def test_dropping_a_view_closes_the_source() -> None:
    log: list[str] = []
    for _ in iter_json(logged(["[1,", "2]"], log)):
        break
    gc.collect()  # For implementations without reference counts.
    assert log == ["generator"]


def test_closing_a_view_closes_the_source() -> None:
    source = Source(["[1,", "2]"])
    partials = iter_json(source).partials()
    next(partials)
    partials.close()
    assert source.closed == 1


def test_closing_the_stream_ends_its_view() -> None:
    source = Source(["[1, 2, 3", "]"])
    read = iter_json(source)
    shown = []
    for event in read:
        shown.append(event)
        if event == ValueCompleted((0,), 1):
            read.close()
    assert shown == [ValueStarted((), "array"), ValueCompleted((0,), 1)]
    assert len(source.left) == 1


@pytest.mark.parametrize("left", [["2]"], []])
def test_closing_the_stream_while_it_waits(left: list[str]) -> None:
    class Closing(Source):
        def __next__(self) -> Any:
            if len(self.left) == len(left):
                read.close()
            return super().__next__()

    read = iter_json(Closing(["[1,", *left]))
    with pytest.raises(RuntimeError, match="closed while it was being read"):
        read.result()


def test_the_iterator_is_closed_before_its_source() -> None:
    log: list[str] = []

    class Response:
        def __iter__(self) -> Iterator[str]:
            return logged(["[1,", "2]"], log)

        def close(self) -> None:
            log.append("response")

    for _ in iter_json(Response()):
        break
    assert log == ["generator", "response"]


def test_the_source_is_closed_even_if_its_iterator_cannot_be() -> None:
    class Stubborn(Source):
        def close(self) -> None:
            super().close()
            raise OSError("stuck")

    class Response(Source):
        def __iter__(self) -> Any:
            return Stubborn(self.left)

    response = Response(["1"])
    with pytest.raises(OSError, match="stuck"):
        iter_json(response).result()
    assert response.closed == 1


def test_sources_without_a_close_method() -> None:
    class Quote(list[str]):
        close = "a price"  # This is data, so it must not be called.

    assert iter_json(["1"]).result() == 1
    assert iter_json(Quote(["1"])).result() == 1
    with iter_json(map(str, [1, 2]), many=True) as read:
        assert read.result() == [12]


def test_an_async_generator_is_closed() -> None:
    async def read_one() -> None:
        async with aiter_json(alogged(["[1,", "2]"], log)) as read:
            assert isinstance(read, AsyncJSONStream)
            async for _ in read:
                break
        assert log == ["generator"]
        await read.aclose()

    log: list[str] = []
    asyncio.run(read_one())
    assert log == ["generator"]


def test_dropping_an_async_view_closes_the_source() -> None:
    async def drop() -> None:
        async for _ in aiter_json(alogged(["[1,", "2]"], log)):
            break
        for _ in range(10):
            await asyncio.sleep(0)
            if not log:
                gc.collect()  # For implementations without reference counts.
        assert log == ["generator"]

    log: list[str] = []
    asyncio.run(drop())


def test_closing_an_async_view_closes_the_source() -> None:
    async def close_view() -> None:
        source = AsyncSource(["[1,", "2]"])
        partials = aiter_json(source).partials()
        await anext(partials)
        await partials.aclose()
        assert source.inner.closed == 1

    asyncio.run(close_view())


def test_closing_an_async_stream_ends_its_view() -> None:
    async def close_within() -> list[Any]:
        read = aiter_json(AsyncSource(["[1, 2, 3", "]"]))
        shown = []
        async for event in read:
            shown.append(event)
            await read.aclose()
        with pytest.raises(RuntimeError, match="a stream is read once"):
            read.items("$")
        return shown

    assert asyncio.run(close_within()) == [ValueStarted((), "array")]


def test_closing_an_async_stream_while_it_waits() -> None:
    class Closing(AsyncSource):
        async def __anext__(self) -> Any:
            if len(self.inner.left) == 1:
                await read.aclose()
            return await super().__anext__()

    async def read_all() -> Any:
        return await read.result()

    read = aiter_json(Closing(["[1,", "2]"]))
    with pytest.raises(RuntimeError, match="closed while it was being read"):
        asyncio.run(read_all())


def test_cancelling_closes_the_source() -> None:
    async def never() -> AsyncIterator[str]:
        try:
            yield "[1,"
            await asyncio.Event().wait()
        finally:
            log.append("closed")

    async def cancel() -> None:
        task = asyncio.create_task(aiter_json(never()).result())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["closed"]

    log: list[str] = []
    asyncio.run(cancel())


class Bare:
    """An async source without a method to close it."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __aiter__(self) -> AsyncIterator[str]:
        return alogged(["1"], self.log)


class ClosedAtOnce(Bare):
    def close(self) -> None:
        self.log.append("close")


class ClosedLater(Bare):
    async def close(self) -> None:
        await asyncio.sleep(0)
        self.log.append("awaited close")


class ClosedEitherWay(ClosedAtOnce):
    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.log.append("aclose")


class ClosedByName(Bare):
    close = "a price"


@pytest.mark.parametrize(
    ("kind", "closing"),
    [
        (Bare, []),
        (ClosedAtOnce, ["close"]),
        (ClosedLater, ["awaited close"]),
        (ClosedEitherWay, ["aclose"]),
        (ClosedByName, []),
    ],
)
def test_ways_to_close_an_async_source(kind: type[Bare], closing: list[str]) -> None:
    log: list[str] = []
    reading: Callable[[], Awaitable[Any]] = aiter_json(kind(log)).result
    assert asyncio.run(_awaited(reading)) == 1
    assert log == ["generator", *closing]


async def _awaited(call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()
