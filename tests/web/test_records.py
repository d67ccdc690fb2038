"""Records are read back by any reader of server-sent events, whatever they say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, SSEDecoder, TextDelta
from streamparse.web.records import HEARTBEAT, Place, encoded, opening, place_of, record

NAME = "0123456789abcdef" * 2


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), min_size=1))
def test_records_come_back(texts: list[str]) -> None:
    decoder = SSEDecoder()
    got = []
    for number, text in enumerate(texts, 1):
        got += decoder.feed(record(text, Place(NAME, number)) + HEARTBEAT)
    # What ends a line is a line end afterwards: the format knows one kind only.
    same = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [each.data for each in got] == same
    assert [place_of(each.id) for each in got] == [
        Place(NAME, number) for number in range(1, len(texts) + 1)
    ]


def test_opening_shows_nothing_and_gives_an_id() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(opening(Place(NAME, 1), 1.5)) == []
    assert (decoder.last_event_id, decoder.retry) == (f"{NAME}-1", 1500)


@pytest.mark.parametrize(
    "text", ["", "end", NAME, f"{NAME}-", f"{NAME}-x", f"{NAME[1:]}-1", f"{NAME}-1 ", f"{NAME}--1"]
)
def test_what_is_no_id_of_ours(text: str) -> None:
    assert place_of(text) is None


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


def test_a_record_is_text() -> None:
    with pytest.raises(TypeError, match="text of a record, not bytes"):
        record(b"{}", 1)  # type: ignore[arg-type]
