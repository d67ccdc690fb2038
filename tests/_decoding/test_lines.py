"""Tests of lines, through the decoder of server-sent events.

A test cannot derive from `Lines`, as interpreted classes cannot inherit from a compiled one.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, Limits, SSEDecoder, StreamParseError
from streamparse._decoding.lines import Lines


def events_in(*fragments: str, record: int = 100) -> tuple[list[str], tuple[int, int, int]]:
    """Return the data of the events, and the position of the last data."""
    decoder = SSEDecoder("dispatch", Limits(record=record))
    assert isinstance(decoder, Lines)
    events = [event for fragment in fragments for event in decoder.feed(fragment)]
    events += decoder.finish()
    return [event.data for event in events], decoder._data_start


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends(end: str) -> None:
    text = f"data:a{end}data:b{end}{end}data:c{end}{end}"
    events, place = events_in(text)
    assert events == ["a\nb", "c"]
    lines = 1 if end == "\r" else 4  # in positions only line feeds count as line ends
    assert place[:2] == (text.index("c"), lines)


@given(st.lists(st.sampled_from(["data:x", "data: y", "\r", "\n", ":"]), max_size=12), st.data())
def test_cuts_change_nothing(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(text))))
    pieces = [text[start:stop] for start, stop in pairwise(sorted({0, len(text), *cuts}))]
    assert events_in(*pieces) == events_in(text)


@pytest.mark.parametrize("pieces", [("data:abcd",), ("dat", "a:a", "bcd"), ("data:\ndata:a\n",)])
def test_a_record_has_a_limit(pieces: tuple[str, ...]) -> None:
    with pytest.raises(LimitError) as caught:
        events_in(*pieces, record=8)
    assert (caught.value.code, caught.value.offset) == ("record_length", 8)


def test_a_blank_line_begins_another_record() -> None:
    assert events_in("data:ab\n\ndata:cd\n\n", record=10)[0] == ["ab", "cd"]


def test_text_and_bytes_do_not_mix() -> None:
    for first, second in (("data:a", b"\n"), (b"data:a", "\n")):
        decoder = SSEDecoder()
        decoder.feed(first)
        with pytest.raises(TypeError, match="one or the other"):
            decoder.feed(second)


def test_bytes_are_decoded_as_utf8() -> None:
    """Invalid UTF-8 becomes U+FFFD, as in the specification of server-sent events."""
    decoder = SSEDecoder("dispatch")
    found = []
    for byte in "\ufeffdata:é\r\n\r\n".encode() + b"data:\xff\n\n":
        found += [event.data for event in decoder.feed(bytes([byte]))]
    assert found == ["é", "\ufffd"]


@pytest.mark.parametrize("text", ["\ufeffdata:a\r\n\r\n", "\ufeff\r\n\r\ndata:a\n\n"])
def test_a_byte_order_mark_and_cut_line_ends(text: str) -> None:
    assert events_in(*text) == events_in(text)
    assert events_in(text)[0] == ["a"]


def test_a_line_in_many_fragments() -> None:
    assert events_in("data:", *"x" * 5000, "\n\n", record=6000)[0] == ["x" * 5000]


def test_nothing_follows_the_end() -> None:
    decoder = SSEDecoder()
    decoder.feed("data:a\n")
    decoder.finish()
    with pytest.raises(StreamParseError) as caught:
        decoder.feed("data:b\n")
    assert (caught.value.code, caught.value.offset) == ("finished", 7)
    assert (caught.value.line, caught.value.column) == (2, 1)
