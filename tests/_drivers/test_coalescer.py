"""Tests of streamparse._drivers.coalescer, which merges deltas and changes nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    ArgumentCompleted,
    ArgumentDelta,
    Coalescer,
    JSONParser,
    OutputDelta,
    ReasoningDelta,
    RefusalDelta,
    StringDelta,
    TextDelta,
    ToolCall,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageUpdated,
    ValueCompleted,
)
from tests.helpers import cut, described, replay, same
from tests.strategies import JSON_TEXTS, SIZES

CALLS = [ToolCall(0), ToolCall(1)]

DELTAS = (StringDelta, TextDelta, ReasoningDelta, RefusalDelta, OutputDelta, ToolCallDelta,
          ArgumentDelta)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    return st.text("abc", min_size=1, max_size=2)


_PATHS = st.sampled_from([(), ("a",), (0,), ("0",), ("a", 1)])
_CHOICES = st.integers(0, 1)
_CALLS = st.sampled_from(CALLS)
ONE_DELTA: st.SearchStrategy[Any] = st.one_of(
    st.builds(StringDelta, _PATHS, texts()),
    st.builds(TextDelta, texts(), _CHOICES),
    st.builds(ReasoningDelta, texts(), _CHOICES),
    st.builds(RefusalDelta, texts(), _CHOICES),
    st.builds(OutputDelta, _PATHS, texts(), _CHOICES),
    st.builds(ToolCallDelta, _CALLS, texts()),
    st.builds(ArgumentDelta, _CALLS, _PATHS, texts()),
)
OTHER: st.SearchStrategy[Any] = st.one_of(
    st.builds(ValueCompleted, _PATHS, st.integers()),
    st.builds(ArgumentCompleted, _CALLS, _PATHS, st.integers()),
    st.builds(ToolCallStarted, _CALLS),
    st.builds(ToolCallCompleted, _CALLS),
    st.builds(UsageUpdated, st.builds(Usage)),
)
EVENTS = st.lists(ONE_DELTA | ONE_DELTA | OTHER, max_size=4)
# Lists of events, and the ticks between each and the one before; `every` is ten ticks.
FEEDS = st.lists(st.tuples(EVENTS, st.integers(0, 15)), max_size=12)
HOLDS = st.sampled_from(["deltas", "all"])
EVERY = 10


def value_key(event: Any) -> tuple[Any, ...]:
    """Return a key for the value that a delta belongs to."""
    fields = [id(value) if name == "call" else value
              for name, value in ((name, getattr(event, name)) for name in event.__match_args__)
              if name != "text"]  # fmt: skip
    return type(event).__name__, getattr(event, "choice", None), *fields


def sections(events: Sequence[Any]) -> list[Any]:
    """Return what merging must keep: the other events in order, and the texts between them.

    The texts between two other events are joined by value, in the order of their first deltas.
    """
    found: list[Any] = [{}]
    for event in events:
        if isinstance(event, DELTAS):
            found[-1].setdefault(value_key(event), []).append(event.text)
        else:
            found += [event, {}]
    return [
        [(key, "".join(pieces)) for key, pieces in each.items()] if isinstance(each, dict) else each
        for each in found
    ]


@given(FEEDS, HOLDS)
def test_only_deltas_change_and_add_up(feeds: list[tuple[list[Any], int]], hold: str) -> None:
    coalescer = Coalescer(EVERY, hold=hold)
    came: list[Any] = []
    went: list[Any] = []
    now = 0
    for events, ticks in feeds:
        now += ticks
        came += events
        went += coalescer.feed(events, now)
    went += coalescer.flush()
    assert sections(went) == sections(came)
    assert coalescer.due is None
    assert coalescer.flush() == []
    others = [event for event in came if not isinstance(event, DELTAS)]
    kept = [event for event in went if not isinstance(event, DELTAS)]
    assert all(one is other for one, other in zip(kept, others, strict=True))


@given(FEEDS)
def test_when_events_are_returned(feeds: list[tuple[list[Any], int]]) -> None:
    """Deltas are held back for a time; other events are returned at once, after earlier deltas."""
    coalescer = Coalescer(EVERY)
    came: list[Any] = []
    went: list[Any] = []
    now = 0
    last = -math.inf  # When something was last returned.
    for events, ticks in feeds:
        now += ticks
        out = coalescer.feed(events, now)
        came += events
        went += out
        held = sections(came) != sections(went)
        if held:
            assert isinstance(came[-1], DELTAS)
            assert now - last < EVERY or out
            assert sections(went)[1::2] == sections(came)[1::2]  # All other events are returned.
        last = now if out else last
        assert coalescer.due == (last + EVERY if held else None)
        if events and not out:
            assert now - last < EVERY


@given(FEEDS)
def test_hold_all(feeds: list[tuple[list[Any], int]]) -> None:
    """With `hold="all"` all events are returned together, at least `every` apart."""
    coalescer = Coalescer(EVERY, hold="all")
    now, last = 0, -math.inf
    came: list[Any] = []
    for events, ticks in feeds:
        now += ticks
        came += events
        out = coalescer.feed(events, now)
        if came and now - last >= EVERY:
            assert sections(out) == sections(came)
            came, last = [], now
        else:
            assert out == []
        assert coalescer.due == (last + EVERY if came else None)


@given(JSON_TEXTS, SIZES, st.integers(0, 15))
def test_events_of_a_document(text: str, sizes: Sequence[int], ticks: int) -> None:
    """The events of a document still rebuild its value, and only adjacent deltas are merged."""
    parser, coalescer = JSONParser(), Coalescer(EVERY)
    came: list[Any] = []
    went: list[Any] = []
    for turn, piece in enumerate(cut(text, sizes)):
        events = parser.feed(piece)
        came += events
        went += coalescer.feed(events, turn * ticks)
    events = parser.finish()
    went += coalescer.feed(events, 0) + coalescer.flush()
    assert described(went) == described(came + events)
    assert same(replay(went), parser.value)
    assert len(went) <= len(came) + len(events)


# Examples


def test_the_first_delta_is_emitted_at_once_and_the_next_on_time() -> None:
    coalescer = Coalescer(10)
    assert coalescer.due is None
    assert coalescer.feed([TextDelta("a")], 100) == [TextDelta("a")]
    assert coalescer.due is None
    assert coalescer.feed([TextDelta("b")], 101) == []
    assert coalescer.feed([TextDelta("c")], 109) == []
    assert coalescer.due == 110
    assert coalescer.feed([], 109.5) == []
    assert coalescer.feed([], 110) == [TextDelta("bc")]
    assert coalescer.feed([TextDelta("d")], 120) == [TextDelta("d")]  # After a pause.


def test_merging_across_other_deltas_but_not_across_other_events() -> None:
    coalescer = Coalescer(10)
    coalescer.feed([TextDelta("-")], 0)
    done = ToolCallCompleted(CALLS[0])
    events = [
        *(TextDelta("a"), ReasoningDelta("b"), TextDelta("c"), TextDelta("d", 1)),
        done,
        TextDelta("e"),
    ]
    assert coalescer.feed(events, 1) == [
        *(TextDelta("ac"), ReasoningDelta("b"), TextDelta("d", 1)),
        done,
    ]
    assert coalescer.feed([TextDelta("f")], 2) == []
    assert coalescer.due == 11
    assert coalescer.flush() == [TextDelta("ef")]


def test_deltas_of_two_equal_calls_are_not_merged() -> None:
    one, other = ToolCall(0), ToolCall(0)
    coalescer = Coalescer(10, hold="all")
    coalescer.feed([TextDelta("-")], 0)
    coalescer.feed([ToolCallDelta(one, "a"), ToolCallDelta(other, "b"), ToolCallDelta(one, "c")], 1)
    first, second = coalescer.flush()
    assert (first.call, first.text, second.call, second.text) == (one, "ac", other, "b")
    assert first.call is one
    assert second.call is other


def test_events_are_not_changed() -> None:
    coalescer = Coalescer(10)
    coalescer.feed([TextDelta("-")], 0)
    one, two = StringDelta(("a",), "x"), StringDelta(("a",), "y")
    coalescer.feed([one, two], 1)
    assert coalescer.flush() == [StringDelta(("a",), "xy")]
    assert (one.text, two.text) == ("x", "y")


def test_a_clock_that_goes_backwards() -> None:
    coalescer = Coalescer(10)
    coalescer.feed([TextDelta("a")], 1_000)
    assert coalescer.feed([TextDelta("b")], 5) == [TextDelta("b")]
    assert coalescer.feed([TextDelta("c")], 6) == []
    assert coalescer.due == 15


def test_every_of_zero() -> None:
    coalescer = Coalescer(0)
    assert coalescer.feed([TextDelta("a"), TextDelta("b")], 0) == [TextDelta("ab")]
    assert coalescer.feed([TextDelta("c")], 0) == [TextDelta("c")]


@pytest.mark.parametrize("every", [-1, math.inf, math.nan])
def test_invalid_times(every: float) -> None:
    with pytest.raises(ValueError, match="every must be"):
        Coalescer(every)


def test_an_unknown_hold() -> None:
    with pytest.raises(ValueError, match="hold must be"):
        Coalescer(1, hold="none")


# Text units


@given(FEEDS, st.sampled_from(["word", "line", "sentence"]))
def test_units_change_no_text_and_no_order(feeds: list[tuple[list[Any], int]], by: Any) -> None:
    coalescer = Coalescer(EVERY, by=by)
    came: list[Any] = []
    went: list[Any] = []
    now = 0
    for events, ticks in feeds:
        now += ticks
        came += events
        went += coalescer.feed(events, now)
        due = coalescer.due
        assert due is None or now < due <= now + EVERY
    went += coalescer.flush()
    assert coalescer.due is None
    kinds = (TextDelta, ReasoningDelta, RefusalDelta)
    assert [e for e in went if not isinstance(e, kinds)] == [
        e for e in came if not isinstance(e, kinds)
    ]
    for choice in (0, 1):
        assert runs(went, choice) == runs(came, choice)


def runs(events: Sequence[Any], choice: int) -> list[Any]:
    """Return the events of a choice, with the texts of adjacent deltas of one kind joined."""
    found: list[Any] = []
    for event in events:
        if not isinstance(event, (TextDelta, ReasoningDelta, RefusalDelta)):
            found.append(event)
        elif event.choice == choice:
            if found and isinstance(found[-1], list) and found[-1][0] is type(event):
                found[-1][1] += event.text
            else:
                found.append([type(event), event.text])
    return found


@given(st.text("ab .\n日。", max_size=40), SIZES, st.sampled_from(["word", "line", "sentence"]))
def test_units_do_not_depend_on_the_deltas(text: str, sizes: Sequence[int], by: Any) -> None:
    whole, pieces = Coalescer(1, by=by), Coalescer(1, by=by)
    once = whole.feed([TextDelta(text)] if text else [], 0) + whole.flush()
    cuts = [event for piece in cut(text, sizes) for event in pieces.feed([TextDelta(piece)], 0)]
    assert cuts + pieces.flush() == once


def test_a_word_that_does_not_end() -> None:
    coalescer = Coalescer(10, by="word")
    assert coalescer.feed([TextDelta("so ab")], 100) == [TextDelta("so ")]
    assert coalescer.feed([TextDelta("cd")], 105) == []
    assert coalescer.due == 110
    assert coalescer.feed([], 110) == [TextDelta("abcd")]
    assert coalescer.due is None
    assert coalescer.feed([TextDelta("ef g")], 120) == [TextDelta("ef ")]
    done = ToolCallCompleted(CALLS[0])
    assert coalescer.feed([done], 121) == [TextDelta("g"), done]
    assert coalescer.feed([ReasoningDelta("x"), TextDelta("y z")], 122) == [
        *(ReasoningDelta("x"), TextDelta("y ")),
    ]
    assert coalescer.flush() == [TextDelta("z")]


def test_invalid_units() -> None:
    wrong: Any = "page"
    with pytest.raises(ValueError, match="by must be"):
        Coalescer(1, by=wrong)
    with pytest.raises(ValueError, match="hold='all'"):
        Coalescer(1, by="word", hold="all")


def test_merging_is_linear() -> None:
    """A million deltas are held back and joined; concatenating them one by one takes minutes."""
    coalescer = Coalescer(10)
    coalescer.feed([TextDelta("-")], 0)
    delta = TextDelta("four")
    for _ in range(100):
        assert coalescer.feed([delta] * 10_000, 1) == []
    [merged] = coalescer.flush()
    assert len(merged.text) == 4_000_000
