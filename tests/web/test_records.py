"""Tests of the records: readers of server-sent events get back any content."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, SSEDecoder, TextDelta
from streamparse.web.records import (
    HEARTBEAT,
    CompactEncoder,
    StreamPosition,
    encoded,
    opening,
    parse_position,
    record,
)

NAME = "0123456789abcdef" * 2


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), min_size=1))
def test_records_round_trip(texts: list[str]) -> None:
    decoder = SSEDecoder()
    got = []
    for number, text in enumerate(texts, 1):
        got += decoder.feed(record(text, StreamPosition(NAME, number)) + HEARTBEAT)
    # All line ends become line feeds, because server-sent events have only one kind.
    same = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [each.data for each in got] == same
    assert [parse_position(each.id) for each in got] == [
        StreamPosition(NAME, number) for number in range(1, len(texts) + 1)
    ]


def test_the_opening_has_an_id_and_no_data() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(opening(StreamPosition(NAME, 1), 1.5)) == []
    assert (decoder.last_event_id, decoder.retry) == (f"{NAME}-1", 1500)


@pytest.mark.parametrize(
    "text", ["", "end", NAME, f"{NAME}-", f"{NAME}-x", f"{NAME[1:]}-1", f"{NAME}-1 ", f"{NAME}--1"]
)
def test_other_ids_have_no_position(text: str) -> None:
    assert parse_position(text) is None


def test_encoded() -> None:
    assert encoded("as it\nis") == "as it\nis"
    assert encoded({"a": [1, None]}) == '{"a":[1,null]}'
    event = TextDelta("é")
    assert json.loads(encoded(event)) == event.to_dict()
    assert json.loads(encoded([event, event])) == [event.to_dict()] * 2
    parser = MessageParser("text")
    parser.feed("hello")
    assert json.loads(encoded(parser.message)) == parser.message.to_dict()
    with pytest.raises(TypeError):
        encoded(object())


def test_halves_of_surrogate_pairs() -> None:
    assert record("a\ud83d\ude00b\udc00", 1) == "id: 1\ndata: a😀b\ufffd\n\n".encode()


def test_a_record_must_be_a_string() -> None:
    with pytest.raises(TypeError, match="text of a record, not bytes"):
        record(b"{}", 1)  # type: ignore[arg-type]


def test_a_record_without_data_has_an_id() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(record(None, StreamPosition(NAME, 3))) == []
    assert decoder.last_event_id == f"{NAME}-3"


def test_the_default_encoding() -> None:
    """Adjacent events become compact records; other items are written as they are."""
    encode = CompactEncoder()
    assert encode("text") == "text"
    assert encode({"a": 1}) == '{"a":1}'
    parser = MessageParser("text")
    events = parser.feed("hello") + parser.feed(" you") + parser.finish()
    written = [encode(event) for event in events]
    assert any("hello" in text for text in written if text is not None)
    assert None not in written[:1]
    mixed = CompactEncoder()([events[0], "note", {"b": 2}, *events[1:]])
    assert mixed is not None
    records = json.loads(mixed)
    assert [records.index("note"), records.index({"b": 2})] == [1, 2]
    assert "hello" in json.dumps(records[3:])
    assert CompactEncoder()([]) == "[]"
