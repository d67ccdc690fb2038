"""Tests of records of server-sent events that deviate: without blank lines, or bare lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._decoding.record import Record
from streamparse._decoding.sse_records import SSERecords
from streamparse.errors import LimitError, StreamParseError, WireError
from streamparse.limits import Limits
from tests.helpers import cut


def read(
    pieces: list[Any], limits: Limits | None = None
) -> tuple[list[Record], StreamParseError | None]:
    decoder = SSERecords(limits or Limits())
    records: list[Record] = []
    for piece in pieces:
        if decoder.failure is None:
            records += decoder.feed(piece)
    if decoder.failure is None:
        records += decoder.finish()
    return records, decoder.failure


def shown(records: list[Record]) -> list[Any]:
    return [(one.event, one.data, one.text if one.data is None else "") for one in records]


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


# Streams without blank lines


LINES = ['{"n": 1}', '{"n": 2, "t": "}"}', "[1]", "[DONE]"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n"])
@pytest.mark.parametrize("space", ["", " "])
def test_lines_are_records(end: str, tail: str, space: str) -> None:
    text = end.join(f"data:{space}{line}" for line in LINES) + tail.replace("\n", end)
    records, failure = read([text])
    assert failure is None
    assert [record.text for record in records] == LINES


def test_a_line_becomes_a_record_when_the_next_arrives() -> None:
    decoder = SSERecords(Limits())
    assert decoder.feed('data: {"n": 1}\n') == []
    assert shown(decoder.feed('data: {"n": 2}\n')) == [("", {"n": 1}, "")]
    assert shown(decoder.feed("data: [DONE]\n")) == [("", {"n": 2}, "")]


def test_names_stand_before_their_records() -> None:
    text = 'event: a\ndata: {"n": 1}\nevent: b\nid: 7\ndata: {"n": 2}\ndata: {"n": 3}\n'
    records, _ = read([text])
    assert [(one.event, one.id, one.data) for one in records] == [
        ("a", "", {"n": 1}),
        ("b", "7", {"n": 2}),
        ("", "", {"n": 3}),
    ]


def test_a_name_after_its_data() -> None:
    records, _ = read(['data: {"n": 1}\nevent: late\nid: 4\n\ndata: {}\n\n'])
    assert [(one.event, one.id) for one in records] == [("late", "4"), ("", "")]


@given(VALUES, st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_a_document_over_several_lines_is_one_record(value: Any, sizes: list[int]) -> None:
    document = {"value": value}
    lines = json.dumps(document, indent=1).split("\n")
    text = "".join(f"data: {line}\n" for line in lines) + "\ndata: [DONE]\n\n"
    records, failure = read(list(cut(text, sizes)))
    assert failure is None
    assert [record.text for record in records] == ["\n".join(lines), "[DONE]"]


def test_documents_over_several_lines_without_blank_lines() -> None:
    text = 'data: {\ndata: "n": 1}\ndata: {"n":\ndata: 2}\ndata: [DONE]\n'
    records, failure = read([text])
    assert failure is None
    assert shown(records) == [("", {"n": 1}, ""), ("", {"n": 2}, ""), ("", None, "[DONE]")]


def test_text_over_several_lines_is_one_record() -> None:
    assert shown(read(["data: one\ndata: two\n\n"])[0]) == [("", None, "one\ntwo")]


def test_lines_of_white_space_are_blank() -> None:
    records, failure = read(['data: {"n": 1}\n \t\ndata: {\ndata: "n": 2}\n  \n'])
    assert failure is None
    assert [record.data for record in records] == [{"n": 1}, {"n": 2}]


def test_the_limit_is_that_of_one_record() -> None:
    text = 'data: {"n": 1}\n' * 50
    records, failure = read([text], Limits(record=40))
    assert (len(records), failure) == (50, None)
    records, failure = read([text + f"data: {'x' * 40}\n"], Limits(record=40))
    assert isinstance(failure, LimitError)
    assert (len(records), failure.code) == (49, "record_length")


@given(
    st.lists(
        st.sampled_from(
            [
                'data: {"n": 1}', "data: {", 'data: "n": 2}', "data: [DONE]", "data: x", "data:",
                "event: e", "id: 5", "", " ", "bare", '{"b": 3}', "{", "}", "x: y", "error: {}",
                ": note",
            ]
        ),
        max_size=9,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
)  # fmt: skip
def test_law_1_any_chunking(lines: list[str], end: str, sizes: list[int]) -> None:
    text = end.join(lines)

    def outcome(pieces: list[Any]) -> Any:
        records, failure = read(pieces)
        return records, failure and (failure.code, failure.offset, failure.line, failure.column)

    whole = outcome([text] if text else [])
    assert outcome(list(cut(text, sizes))) == whole
    assert outcome(list(cut(text.encode(), sizes))) == whole


# Lines outside every event


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('{"error": 1}\n', [("", {"error": 1}, "")]),
        ('{\n"error": 1\n}\n\n', [("", {"error": 1}, "")]),
        ("[1]\n\n", [("", [1], "")]),
        ("{broken\n\n", [("line", None, "{broken")]),
        ("one\ntwo\n\nthree\n", [("line", None, "one\ntwo"), ("line", None, "three")]),
        ("x-cache: hit\n\n", [("field", None, "x-cache: hit")]),
        ('error: {"a": 1}\n\n', [("error", {"a": 1}, "")]),
        ("error: {a\n\n", [("line", None, "error: {a")]),
        ("event: error\n\n", [("error", None, "")]),
        ("<p style: x>\n\n", [("line", None, "<p style: x>")]),
    ],
)
def test_bare_lines(text: str, records: list[Any]) -> None:
    found, failure = read([": begins\n\n" + text])
    assert failure is None
    assert shown(found) == records
    assert all(one.bare for one in found if one.text != "")


def test_bare_lines_inside_an_event_follow_it() -> None:
    text = 'data: {"n": 1}\nupstream is slow\n\ndata: {"n": 2}\n\n'
    assert shown(read([text])[0]) == [
        ("", {"n": 1}, ""),
        ("line", None, "upstream is slow"),
        ("", {"n": 2}, ""),
    ]


@pytest.mark.parametrize("tail", ["d", "dat", "eve", "i", "retr"])
def test_a_cut_field_name_at_the_end_of_input_is_ignored(tail: str) -> None:
    assert shown(read(["data: {}\n\n" + tail])[0]) == [("", {}, "")]


def test_invalid_json_has_a_position() -> None:
    records, failure = read(['data: {"n": 1}\n\ndata: {"n" 2}\n\ndata: {}\n\n'])
    assert shown(records) == [("", {"n": 1}, "")]
    assert isinstance(failure, WireError)
    assert (failure.code, failure.line, failure.column) == ("invalid_record", 3, 7)


def test_invalid_json_is_reported_before_a_record_that_is_too_long() -> None:
    text = 'data: {"n" 2}\n\ndata: ' + "x" * 90
    assert isinstance(read([text], Limits(record=50))[1], WireError)


# Text


@pytest.mark.parametrize("text", ["{", '{"n": 1}\n{"n": 2}', "[DONE]", " ", "\n\n", "[1", "[1]"])
def test_data_of_an_output_event_are_text(text: str) -> None:
    source = "event: output\n" + "".join([f"data: {line}\n" for line in text.split("\n")]) + "\n"
    for size in range(1, len(source)):
        records, failure = read(cut(source, [size]))
        assert failure is None
        assert [(one.event, one.data, one.text) for one in records] == [("output", None, text)]


def test_an_object_in_an_output_event_is_read_as_well() -> None:
    records, _ = read(['event: output\ndata: {"n": 1}\n\nevent: output\ndata:\n\n'])
    assert [(one.data, one.text) for one in records] == [({"n": 1}, '{"n": 1}')]
