"""Tests of lines, by the decoder that reads them: a native class has no interpreted subclasses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, Limits, SSEDecoder
from streamparse._decoding.lines import Lines


def events_in(*fragments: str, record: int = 100) -> tuple[list[str], tuple[int, int, int]]:
    """Return the data of the events, and the place of the last data."""
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
    lines = 1 if end == "\r" else 4  # only line feeds count in a position
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
