"""Tests of replays: records of a resumed stream are skipped, and nothing else is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import COMPILED
from streamparse._wires import replays
from streamparse._wires.replays import Lane, Numbers, SeenIds, index_of
from streamparse.message_parser import MessageParser
from tests.helpers import cut
from tests.messages import answer, chunk, dumped, sse, text_chunk
from tests.responses import (
    API,
    CREATED,
    call_events,
    completed,
    message_item,
    reasoning_events,
    text_events,
)
from tests.responses import added as began
from tests.responses import at as event_at
from tests.responses import done as ended
from tests.responses import stream as response_of

Identified = tuple[str, Any]


def stream(records: list[Identified]) -> bytes:
    texts = [f"id: {identity}\ndata: {dumped(record)}\n\n" for identity, record in records]
    return "".join(texts).encode()


def numbered(words: list[str]) -> list[Identified]:
    records = [text_chunk(word) for word in words] + [chunk(finish="stop")]
    return [(f"e-{place}", record) for place, record in enumerate(records)]


@given(st.lists(st.sampled_from(["ha", "ho"]), min_size=3, max_size=8), st.data())
def test_an_overlap_is_as_if_it_had_not_been(words: list[str], data: st.DataObject) -> None:
    records = numbered(words)
    cut = data.draw(st.integers(3, len(records) - 1), label="the connection ends before")
    back = data.draw(st.integers(0, cut), label="and the stream goes on from")
    again = records[:cut] + records[back:]
    assert answer([stream(again)]) == answer([stream(records)])
    parser = MessageParser("openai-chat")
    parser.feed(stream(again))
    assert parser.replayed == cut - back


@given(st.lists(st.sampled_from(["ha", "ho"]), min_size=1, max_size=8), st.integers(1, 3))
def test_ids_that_do_not_name_records_lose_nothing(words: list[str], ids: int) -> None:
    """One id for all records, or one for each choice."""
    records = [text_chunk(word, choice=place % ids) for place, word in enumerate(words)]
    found = answer([stream([(f"{place % ids}", one) for place, one in enumerate(records)])])
    plain = answer(["".join(f"data: {dumped(one)}\n\n" for one in records).encode()])
    if ids == 1:
        assert found == plain


def test_equal_deltas_under_one_id() -> None:
    records = [
        ("0", chunk({"role": "assistant"})),
        ("0", text_chunk("ha")),
        ("0", text_chunk("ha")),
    ]
    parser = MessageParser("openai-chat")
    parser.feed(stream(records))
    assert (parser.message.text, parser.replayed) == ("haha", 0)


def test_equal_deltas_without_ids() -> None:
    parser = MessageParser("openai-chat")
    parser.feed("".join(f"data: {dumped(text_chunk('ha'))}\n\n" for _ in range(3)))
    assert (parser.message.text, parser.replayed) == ("hahaha", 0)


def test_ids_that_restart_with_other_content() -> None:
    seen = SeenIds()
    first = [("0", "a"), ("1", "b"), ("2", "c")]
    assert not any(seen.is_replay(*record) for record in first)
    assert not any(seen.is_replay(*record) for record in [("0", "d"), ("1", "b"), ("2", "c")])


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    if COMPILED:
        pytest.skip("compiled: the constant is part of the code")
    monkeypatch.setattr(replays, "_WATCHED", 4)
    seen = SeenIds()
    for number in range(9):
        assert not seen.is_replay(str(number), "x")
    assert not seen.is_replay("0", "x")


# Numbers of the records of Responses


def parsed(records: list[dict[str, Any]], sizes: list[int]) -> MessageParser:
    parser = MessageParser(API)
    for piece in cut(sse(records, done=False), sizes):
        parser.feed(piece)
    parser.finish()
    return parser


RECORDS = response_of(
    reasoning_events(["Look at the ground.", "It is wet."]),
    text_events("Ferns, haha haha.", 1, size=2),
    call_events('{"bed": 1, "of": ["ferns", "moss"]}', 2),
    call_events('{"bed": 1}', 3),
)

sizes_of_cuts = st.lists(st.integers(1, 200), max_size=4)


@given(
    start=st.integers(0, 1000),
    spans=st.lists(st.tuples(st.integers(3, len(RECORDS)), st.integers(1, 40)), max_size=4),
    sizes=sizes_of_cuts,
)
def test_spans_that_come_again_are_skipped(
    start: int, spans: list[tuple[int, int]], sizes: list[int]
) -> None:
    """Repeated records are skipped and counted; the message does not change."""
    numbered = [{**record, "sequence_number": place} for place, record in enumerate(RECORDS, start)]
    records: list[dict[str, Any]] = []
    again = 0
    for place, record in enumerate(numbered, 1):
        records.append(record)
        for end, size in spans:
            if end == place:
                span = numbered[max(end - size, 0) : end]
                records += span
                again += len(span)
    parser = parsed(records, sizes)
    assert parser.message == parsed(numbered, sizes).message
    assert parser.replayed == again


@st.composite
def odd_numbers(draw: st.DrawFn) -> list[Any]:
    """Numbers of servers that do not count records: constant, with gaps, of each item, or none."""
    count = len(HAHA)
    shape = draw(st.sampled_from(["constant", "gaps", "each", "text", "huge", "down"]))
    if shape == "constant":
        return [draw(st.integers(0, 9))] * count
    if shape == "gaps":
        steps = draw(st.lists(st.integers(2, 9) | st.just(0), min_size=count, max_size=count))
        return [sum(steps[:place]) for place in range(count)]
    if shape == "each":
        start = draw(st.integers(3, 8))
        return [place % start for place in range(count)]
    if shape == "huge":
        return [place * (2**61 - 1) for place in range(count)]
    if shape == "down":
        return [-place for place in range(count)]
    return [str(place % 2) for place in range(count)]


HAHA = [
    CREATED,
    began(0, message_item("")),
    *[event_at("output_text.delta", 0, content_index=0, delta=text) for text in ["ha"] * 3],
    *[event_at("output_text.delta", 0, content_index=0, delta=text) for text in "abcdefgh"],
    *[event_at("output_text.delta", 0, content_index=0, delta=text) for text in ["ha"] * 3],
    ended(0, message_item("hahahaabcdefghhahaha")),
    completed(),
]


@given(numbers=odd_numbers(), sizes=sizes_of_cuts)
def test_odd_numbers_lose_nothing(numbers: list[Any], sizes: list[int]) -> None:
    records = [
        {**record, "sequence_number": number} for record, number in zip(HAHA, numbers, strict=True)
    ]
    parser = parsed(records, sizes)
    assert parser.message == parsed(HAHA, []).message
    assert parser.replayed == 0


def test_numbers_that_begin_anew_are_no_replay() -> None:
    numbers = Numbers()
    first = [numbers.is_replay(place, f"a{place}") for place in range(5)]
    second = [numbers.is_replay(place, f"b{place}") for place in range(5)]
    assert not any(first + second)
    assert numbers.is_replay(2, "b2")
    assert not numbers.is_replay(5, "b5")


def test_far_numbers_are_skipped_by_number_alone() -> None:
    numbers = Numbers()
    for place in range(70_000):
        assert not numbers.is_replay(place, "a")
    assert numbers.is_replay(69_000, "b")
    assert len(numbers.sums) == 1 << 16


def test_a_replay_after_the_end_is_counted_too() -> None:
    numbered = [{**record, "sequence_number": place} for place, record in enumerate(RECORDS)]
    parser = MessageParser(API)
    for record in numbered:
        parser.feed(record)
    assert [parser.feed(record) for record in numbered[-5:]] == [[]] * 5
    assert parser.replayed == 5


@pytest.mark.parametrize(
    ("value", "index"),
    [
        *[(0, 0), (7, 7), ("7", 7), ("0", 0), (-1, None), ("-1", None), (2**31, None)],
        *[(True, None), ("", None), ("x", None), ("²", None), (1.0, None), (None, None)],
    ],
)
def test_indexes(value: Any, index: int | None) -> None:
    assert index_of(value) == index


def test_the_first_stream_that_is_named_has_the_lane() -> None:
    lane = Lane()
    names: list[Any] = [None, "", [], "a", "a", "b", None, 3]
    others = [lane.is_other({"stream_id": name}) for name in names]
    assert others == [False, False, False, False, False, True, False, True]


@pytest.mark.parametrize("size", range(0, len(RECORDS), 3))
def test_a_copy_counts_for_itself(size: int) -> None:
    numbered = [{**record, "sequence_number": place} for place, record in enumerate(RECORDS)]
    parser = MessageParser(API)
    for record in numbered[:size]:
        parser.feed(record)
    twin = copy.deepcopy(parser)
    for one in (parser, twin):
        for record in numbered[size:]:
            one.feed(record)
        one.finish()
        assert one.message == parsed(numbered, []).message
        assert one.replayed == 0
