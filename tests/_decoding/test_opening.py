"""Tests of the start of a stream: its framing, and text that cannot be a stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, WireError
from streamparse._decoding.opening import may_be_records
from streamparse._decoding.transport import Transport
from tests._decoding.running import failure_of, read
from tests.helpers import cut


@pytest.mark.parametrize(
    ("stream", "framing"),
    [
        ("", ""),
        (" \r\n\t", ""),
        ("\ufeff", ""),
        ("{", "json"),
        ("\ufeff\n [", "json"),
        (":", "sse"),
        ("data:", "sse"),
        ("event: x", "sse"),
        ("id\r", "sse"),
        ("retry\n", "sse"),
        ("data", "sse"),
        ("\ufeffdata: x", "sse"),
        ("\n\r\n \t\n: x", "sse"),
        (b"\0", "binary"),
    ],
)
def test_the_framing(stream: str | bytes, framing: str) -> None:
    _, failure, found = read(stream)
    assert (failure, found) == (None, framing)


@pytest.mark.parametrize("start", ["{", "[", ":", "data:", "event:", "id\n", "\n\n[", "\ufeff:"])
def test_law_2_the_framing_is_known_at_once(start: str) -> None:
    """The framing is known with the first character that decides it (law 2)."""
    transport = Transport()
    transport.feed(start[:-1])
    assert transport.framing == ""
    transport.feed(start[-1:])
    assert transport.framing == ("json" if start[-1:] in "{[" else "sse")


@pytest.mark.parametrize(
    "stream",
    [
        "<!DOCTYPE html>\n<title>502 Bad Gateway</title>",
        "upstream connect error",
        "Data: x\n\n",
        " data: x\n\n",
        "dates",
        "datas: x\n\n",
        "da\nta: x",
        '"text"',
        "12",
        "\ufeff\ufeff{}",
        "x\0",
        b"\xff{}",
        "}",
    ],
)
def test_text_that_is_not_a_stream(stream: str | bytes) -> None:
    records, failure, framing = read(stream)
    assert (records, framing) == ([], "")
    assert type(failure) is WireError
    assert (failure.code, failure.offset) == ("not_a_stream", 0)
    text = stream if isinstance(stream, str) else stream.decode(errors="replace")
    assert failure.excerpt == text.removeprefix("\ufeff").lstrip()


def test_endless_text_that_is_not_a_stream() -> None:
    """It is rejected after 65,536 characters, with an excerpt of 200 characters."""
    for size in (1, 1000, 10**6):
        transport = Transport()
        for piece in cut("\n\n" + "x" * 2**16, [size]):
            assert transport.feed(piece) == []
        assert transport.failure is None
        assert transport.feed("x") == []
        assert transport.failure is not None
        assert transport.failure.excerpt == "x" * 200


def test_long_white_space() -> None:
    """Some servers send line feeds before the response to keep the connection alive."""
    for size in (1, 10**6):
        for start in ("{}", "data: {}\n\n"):
            transport = Transport()
            for piece in cut("\n" * 70_000, [size]):
                assert transport.feed(piece) == []
            assert transport.framing == ""
            records = transport.feed(start) + transport.finish()
            assert [record.data for record in records] == [{}]


def test_too_much_white_space() -> None:
    for rest in ("", " ", "{}", "data: 1\n\n"):
        failure = failure_of("\n" * 10 + " " + rest, record=10)
        assert (type(failure), failure.code, failure.offset) == (LimitError, "record_length", 10)
    assert failure_of("\n" * 10 + "x", record=10).code == "not_a_stream"


@pytest.mark.parametrize("text", ["d", "dat", "e", "eve", "i", "re", "\n\nda"])
def test_a_stream_cut_inside_its_first_field_is_a_stream(text: str) -> None:
    """The message reports the early end; it is not an error of the transport."""
    transport = Transport()
    assert transport.feed(text) == []
    assert transport.finish() == []
    assert transport.failure is None
    assert transport.framing == "sse"


RECORDS = [
    '{"id": "x"}',
    ' \n{"choices": []}',
    '[{"candidates": []}]',
    "[\n  {",
    "data: {",
    "data:{",
    "data: [DONE]",
    "data: [{}]",
    "data:\n\ndata: {}",
    "event: message_start\ndata: {}",
    "id: 4\n",
    "retry: 10",
    ": waiting",
    ":\n\n",
    'error: {"a": 1}',
    "\0\0\0x",
]
TEXTS = [
    "The answer is 4.",
    "data: three crates of pears",
    "data science",
    "data: [1, 2]",
    "data: [Data]",
    "error: it broke",
    ":) Hello",
    "[pick(kg=3)]",
    "[1, 2]",
    '{"name": "pick", "parameters": {}}',
    '[{"name": "pick"}]',
    '{ "tool_name": 1}',
    "{}",
    "{'a': 1}",
    "<tool_call>",
    "idle",
]


@pytest.mark.parametrize("text", RECORDS)
def test_possible_records(text: str) -> None:
    assert all(may_be_records(text[:end]) for end in range(len(text) + 1))


@pytest.mark.parametrize("text", TEXTS)
def test_impossible_records(text: str) -> None:
    assert not may_be_records(text)


@given(st.text('d ata:[{}]"nmeDONEirox\n(', max_size=12), st.text('ab:{}[" \n', max_size=3))
def test_impossible_records_stay_impossible(start: str, more: str) -> None:
    assert may_be_records(start) or not may_be_records(start + more)
