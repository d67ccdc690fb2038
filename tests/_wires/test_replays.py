"""Tests of replays: repeated records of a resumed stream are skipped, and no others."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import COMPILED
from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._decoding.record import Record
from streamparse._wires import replays
from streamparse._wires.openai_responses import OpenAIResponses
from streamparse._wires.replays import Ids, Lane, Numbers, Sieve, index_of
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


def sifted(sieve: Sieve, marks: list[tuple[Any, str]]) -> list[str]:
    """Return the contents of the records that the sieve returns, in order."""
    found: list[Record] = []
    for mark, content in marks:
        found += sieve.sift(mark, content, Record(content, None, ""))
    return [record.event for record in [*found, *sieve.release()]]


def stream(records: list[Identified]) -> bytes:
    texts = [f"id: {identity}\ndata: {dumped(record)}\n\n" for identity, record in records]
    return "".join(texts).encode()


def numbered(words: list[str]) -> list[Identified]:
    records = [text_chunk(word) for word in words] + [chunk(finish="stop")]
    return [(f"e-{place}", record) for place, record in enumerate(records)]


@given(st.lists(st.sampled_from(["ha", "ho"]), min_size=3, max_size=8), st.data())
def test_an_overlap_changes_nothing(words: list[str], data: st.DataObject) -> None:
    records = numbered(words)
    cut = data.draw(
        st.integers(1, len(records) - 1), label="the record before which the connection ends"
    )
    back = data.draw(st.integers(0, cut), label="the record from which the stream continues")
    again = records[:cut] + records[back:]
    assert answer([stream(again)]) == answer([stream(records)])
    parser = MessageParser("openai-chat")
    parser.feed(stream(again))
    assert parser.replayed == cut - back


@given(st.lists(st.sampled_from(["ha", "ho"]), min_size=1, max_size=8), st.integers(1, 3))
def test_no_record_is_lost_if_ids_do_not_identify_records(words: list[str], ids: int) -> None:
    """All records, or all of a choice, may have the same id."""
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
    first = [("0", "a"), ("1", "b"), ("2", "c")]
    assert sifted(Ids(), [*first, ("0", "d"), ("1", "b"), ("2", "c")]) == list("abcdbc")


def test_a_repeated_record_waits_until_later_ids_decide() -> None:
    seen = Ids()
    twice = [("0", "a"), ("0", "a"), ("1", "b"), ("1", "b")]
    passed = [seen.sift(mark, text, Record(text, None, "")) for mark, text in twice]
    assert [len(records) for records in passed] == [1, 0, 0, 0]
    assert sifted(seen, [("2", "c")]) == ["b", "c"]
    assert (seen.skipped, seen.last) == (2, "2")
    assert sifted(Ids(), twice) == list("aabb"), "the input ended before the ids decided"
    assert sifted(Ids(), [*twice, ("1", "x")]) == list("aabbx"), "these ids do not identify records"
    assert sifted(Ids(), [("0", "a")] * 40) == ["a"] * 40


def test_the_number_of_remembered_records_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    if COMPILED:
        pytest.skip("compiled: the constant is part of the code")
    monkeypatch.setattr(replays, "_WATCHED", 4)
    marks = [(str(number), "x") for number in range(9)]
    assert sifted(Ids(), [*marks, ("0", "x")]) == ["x"] * 10


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
def test_repeated_spans_are_skipped(
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
def other_numbers(draw: st.DrawFn) -> list[Any]:
    """Generate numbers that do not count records: constant, with gaps, repeated, as text."""
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


@given(numbers=other_numbers(), sizes=sizes_of_cuts)
def test_no_record_is_lost_if_numbers_do_not_count_records(
    numbers: list[Any], sizes: list[int]
) -> None:
    records = [
        {**record, "sequence_number": number} for record, number in zip(HAHA, numbers, strict=True)
    ]
    parser = parsed(records, sizes)
    assert parser.message == parsed(HAHA, []).message
    assert parser.replayed == 0


@given(st.lists(st.tuples(st.integers(-2, 6) | st.none(), st.integers(0, 2)), max_size=30))
def test_an_expected_number_is_counted_like_any_other(marks: list[tuple[Any, int]]) -> None:
    """The short way leaves the same state. A mark of None becomes the next number."""
    quick, full = Numbers(), Numbers()
    for given_mark, total in marks:
        mark = (full.last or 0) + 1 if given_mark is None else given_mark
        record = Record(str(mark), None, "")
        if quick.expects(mark):
            quick.count_expected(total)
            found = [record]
        else:
            found = quick.take(mark, total, record)
        assert found == full.take(mark, total, record)
        assert (quick.last, quick.gap, quick.skipped) == (full.last, full.gap, full.skipped)
        assert (quick._sums, quick._steps) == (full._sums, full._steps)


@pytest.mark.parametrize("mark", [True, 1.0, "1", None])
def test_a_number_of_another_type_is_not_expected(mark: Any) -> None:
    numbers = Numbers()
    sifted(numbers, [(0, "a")])
    assert numbers.expects(1)
    assert not numbers.expects(mark)
    assert not Ids().expects(mark)


def test_the_checksum_of_a_delta_depends_on_type_index_and_text() -> None:
    wire = OpenAIResponses(ResponseReader(AnswerOptions()))
    records = [
        {"type": kind, "output_index": place, "delta": text}
        for kind in ("response.output_text.delta", "response.refusal.delta")
        for place in (0, 1, None, 300)
        for text in ("a", "b")
    ]
    totals = [wire.total(record, "") for record in records]
    assert len(set(totals)) == len(records)
    assert [wire.total(record, "") for record in reversed(records)] == totals[::-1]
    named = {"output_index": "1", "delta": "a", "obfuscation": "xyz"}
    assert wire.total(named, "response.output_text.delta") == totals[2]


def test_numbers_that_restart_are_not_a_replay() -> None:
    first = [(place, f"a{place}") for place in range(5)]
    second = [(place, f"b{place}") for place in range(5)]
    numbers = Numbers()
    assert len(sifted(numbers, first + second)) == 10
    assert sifted(numbers, [(2, "b2"), (5, "b5")]) == ["b5"]


def test_far_numbers_are_skipped_by_number_alone() -> None:
    numbers = Numbers()
    assert len(sifted(numbers, [(place, "a") for place in range(70_000)])) == 70_000
    assert sifted(numbers, [(69_000, "b")]) == []
    assert len(numbers._sums) == 1 << 16


@pytest.mark.parametrize(
    ("numbers", "gap"),
    [
        ([0, 1, 2, 3], None),
        ([0, 1, 2, 5], (2, 5)),
        ([0, 1, 2, 5, 6, 9], (2, 5)),  # only the first gap is reported
        ([0, 2, 3, 4], (0, 2)),  # the numbers after the gap are consecutive
        ([0, 1, 3, 4], (1, 3)),
        ([0, 2, 3], None),  # too few numbers to decide
        ([0, 2, 4, 6, 8], None),
        ([7, 8, 9, 12], (9, 12)),
        ([0, 1, 2, 0, 1, 2, 5], (2, 5)),
        ([3, 3, 5, 6, 7], None),  # a repeated number shows that they are not consecutive
    ],
)
def test_missing_numbers(numbers: list[int], gap: tuple[int, int] | None) -> None:
    sieve = Numbers()
    contents = [f"{place}" for place in range(len(numbers))]
    sifted(sieve, list(zip(numbers, contents, strict=True)))
    found = sieve.gap
    assert (found and (found["after"], found["before"])) == gap


def test_a_missing_record_that_arrives_late_is_skipped() -> None:
    marks = [*[(place, f"{place}") for place in (0, 1, 2, 5, 6)], (3, "3"), (4, "4"), (7, "7")]
    assert sifted(Numbers(), marks) == ["0", "1", "2", "5", "6", "7"]


@given(data=st.data(), sizes=sizes_of_cuts)
def test_missing_records_are_reported(data: st.DataObject, sizes: list[int]) -> None:
    """A gap truncates the answer, mixes up no arguments, and is the same for any chunking."""
    numbered = [{**record, "sequence_number": place} for place, record in enumerate(RECORDS)]
    first = data.draw(st.integers(1, len(RECORDS) - 2), label="the first missing record")
    after = data.draw(st.integers(first + 1, len(RECORDS) - 1), label="the first record after")
    back = data.draw(st.integers(0, first), label="records that are repeated before it")
    rest = [*numbered[:first], *numbered[first - back : first], *numbered[after:]]
    parser = parsed(rest, sizes)
    message = parser.message
    steps = first - 1 + len(RECORDS) - 1 - after
    if steps >= 2:
        assert message.extra["gap"] == {"after": first - 1, "before": after}
        assert message.status == "truncated"
    whole = {call.id: call.arguments for call in parsed(numbered, []).message.tool_calls}
    assert all(whole[call.id] == call.arguments for call in message.tool_calls if call.arguments)
    assert answer([sse(rest, done=False)], API) == answer(rest, API)


def test_a_gap_ends_the_output_and_calls_in_text() -> None:
    events = [*text_events('{"n": 12345}', size=3)]
    numbered = [{**record, "sequence_number": n} for n, record in enumerate(response_of(events))]
    text = parsed_with(numbered, output=dict)
    assert text.message.output == {"n": 12345}
    lost = parsed_with([*numbered[:4], *numbered[5:]], output=dict)
    assert (lost.message.output, lost.message.status) == (None, "truncated")
    source = '<tool_call>{"name": "f", "arguments": {"a": 12345}}</tool_call>'
    numbered = [
        {**record, "sequence_number": n}
        for n, record in enumerate(response_of(text_events(source)))
    ]
    calls = parsed_with([*numbered[:15], *numbered[16:]], format="hermes").message.tool_calls
    assert [call.status for call in calls if call.status == "complete"] == []


def parsed_with(records: list[dict[str, Any]], **options: Any) -> MessageParser:
    parser = MessageParser(API, **options)
    for record in records:
        parser.feed(record)
    parser.finish()
    return parser


@pytest.mark.parametrize("numbered", [True, False])
@given(data=st.data(), sizes=sizes_of_cuts)
def test_any_breaks_and_overlaps(numbered: bool, data: st.DataObject, sizes: list[int]) -> None:
    """The result is that of an unbroken stream, and the token has the last number or id."""
    records = RECORDS
    if numbered:
        records = [{**record, "sequence_number": place} for place, record in enumerate(RECORDS)]
    breaks = data.draw(st.lists(st.integers(1, len(records)), max_size=3).map(sorted))
    order = list(range(len(records)))
    for end in reversed(breaks):
        back = data.draw(st.integers(0, end))
        order[end:end] = range(end - back, end)
    marks = [(str(place), records[place]) for place in order]
    plain = [(str(place), record) for place, record in enumerate(records)]
    source = sse([record for _, record in marks], done=False) if numbered else stream(marks)
    whole = sse(records, done=False) if numbered else stream(plain)
    assert answer(cut(source, sizes), API) == answer([whole], API)
    parser = MessageParser(API)
    parser.feed(source)
    token = parser.resume_token
    assert token is not None
    assert token["api"] == API
    name, last = ("sequence_number", order[-1]) if numbered else ("last_event_id", str(order[-1]))
    assert token[name] == last if max(order) == order[-1] else token


def test_no_token_if_the_answer_cannot_be_resumed() -> None:
    parser = MessageParser("openai-chat")
    assert parser.resume_token is None
    parser.feed(f"data: {dumped(text_chunk('ha'))}\n\n")
    assert parser.resume_token is None
    parser.feed(f"id: a\ndata: {dumped(text_chunk('ha'))}\n\n")
    token = parser.resume_token
    assert token is not None
    assert (token["api"], token["last_event_id"]) == ("openai-chat", "a")
    parser.feed(f"data: {dumped(text_chunk('ha'))}\n\n")
    assert parser.resume_token is None, "a record without an id could not be recognized"
    foreground = {"type": "response.created", "sequence_number": 0}
    parser = MessageParser(API)
    parser.feed({**foreground, "response": {"id": "r", "background": False}})
    assert parser.resume_token is None


def test_waiting_records_are_read_when_the_input_breaks() -> None:
    records = [(str(place), text_chunk("ha")) for place in (0, 0)]
    for end in ("finish", "cut"):
        parser = MessageParser("openai-chat")
        parser.feed(stream(records))
        getattr(parser, end)()
        assert parser.message.text == "haha"


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


def test_the_first_named_stream_is_the_own_one() -> None:
    lane = Lane()
    names: list[Any] = [None, "", [], "a", "a", "b", None, 3]
    others = [lane.is_other({"stream_id": name}) for name in names]
    assert others == [False, False, False, False, False, True, False, True]


@pytest.mark.parametrize("size", range(0, len(RECORDS), 3))
def test_a_copy_counts_its_own_records(size: int) -> None:
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
