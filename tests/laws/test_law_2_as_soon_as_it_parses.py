"""Law 2, as soon as it parses.

The `feed` that brings the deciding character returns the event. Only an unfinished escape,
surrogate pair, number or literal is held back.

`tests/model.py` computes from the text alone which character decides what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser
from tests.helpers import calls, cut, described, is_encodable
from tests.model import read
from tests.strategies import ANY_MANY_TEXTS, ANY_TEXTS, ANY_UTF8_TEXTS, SIZES, options


def check_when(text: str, pieces: Sequence[str], chosen: dict[str, Any]) -> None:
    """Check that each call returns exactly the events that its characters decide, or their error.

    The end of the input counts as one more character.
    """
    reading = read(text, finished=True, **chosen)
    refused = None if reading.error is None else reading.error[1]
    sizes = [*map(len, pieces), 1]
    start = 0
    for size, (events, error) in zip(sizes, calls(JSONParser(**chosen), pieces), strict=False):
        assert described(events) == described(reading.events(start, start + size))
        if refused is not None and start <= refused < start + size:
            assert error is not None
            assert error.offset == refused
        else:
            assert error is None
        start += size


@given(ANY_TEXTS, SIZES, options())
def test_law_2_text(text: str, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """Law 2: every event and every error comes with the character that decides it."""
    check_when(text, cut(text, sizes), chosen)


@given(ANY_TEXTS, options())
def test_law_2_each_character(text: str, chosen: dict[str, Any]) -> None:
    """Law 2 for text that is fed character by character."""
    check_when(text, list(text), chosen)


@given(ANY_MANY_TEXTS, options())
def test_law_2_many(text: str, chosen: dict[str, Any]) -> None:
    """Law 2 for documents one after the other."""
    check_when(text, list(text), chosen | {"many": True})


@given(ANY_UTF8_TEXTS, options())
def test_law_2_each_byte(text: str, chosen: dict[str, Any]) -> None:
    """Law 2: the last byte of a character brings the events that the character decides."""
    reading = read(text, finished=True, **chosen)
    pieces = [byte for char in text for byte in cut(char.encode(), [1])]
    places = [
        (place, last)
        for place, char in enumerate(text)
        for last in [False] * (len(char.encode()) - 1) + [True]
    ]
    places.append((len(text), True))
    for (place, last), (events, error) in zip(
        places, calls(JSONParser(**chosen), pieces), strict=False
    ):
        assert described(events) == (described(reading.events(place, place + 1)) if last else [])
        assert error is None or (last and error.offset == place)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('"a\\', 1),
        ('"a\\u00e', 5),
        ('"\\ud83d', 6),
        ('"\\ud83d\\ude0', 11),
        ('"\ud83d', 1),
        ('["x", -12.5e', 6),
        ("[fals", 4),
        ("[1, tru", 3),
        ("12", 2),
    ],
)
def test_law_2_text_that_is_held_back(text: str, held: int) -> None:
    """Law 2: exactly these unfinished tokens are held back (checked without the model)."""
    shown = JSONParser().feed(text[:-held])
    rest = JSONParser()
    rest.feed(text[:-held])
    assert rest.feed(text[-held:]) == []
    assert described(JSONParser().feed(text)) == described(shown)


@pytest.mark.parametrize(
    ("before", "char", "count"),
    [
        ("", "{", 1),
        ("", "[", 1),
        ("", '"', 1),
        ('"', "x", 1),
        ('"\\', "n", 1),
        ('"\\u004', "1", 1),
        ('"\\ud83d\\ude0', "0", 1),
        ('"\\ud83d', "x", 2),
        ('"\\ud83d', '"', 2),
        ('"x', '"', 1),
        ("tru", "e", 1),
        ("[12", "]", 2),
        ("[12", ",", 1),
        ("12", " ", 1),
        ('{"a":{', "}", 1),
    ],
)
def test_law_2_characters_that_bring_events(before: str, char: str, count: int) -> None:
    """Law 2: these characters bring events at once (checked without the model)."""
    parser = JSONParser()
    parser.feed(before)
    assert len(parser.feed(char)) == count


@given(st.data())
def test_law_2_bytes_in_pieces(data: st.DataObject) -> None:
    """Law 2 for bytes in pieces of any size: each whole character brings its events."""
    text = data.draw(ANY_TEXTS.filter(is_encodable))
    pieces = cut(text.encode(), data.draw(SIZES))
    reading = read(text, finished=True)
    seen = b""
    start = 0
    for piece, (events, _) in zip(pieces, calls(JSONParser(), pieces), strict=False):
        seen += piece
        stop = len(seen.decode(errors="ignore"))
        assert described(events) == described(reading.events(start, stop))
        start = stop
