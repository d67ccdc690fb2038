"""Tests of streamparse._core.lenient_words: strings without quotes."""

from __future__ import annotations

import pytest

from streamparse import (
    JSONParser,
    StringDelta,
    ValueCompleted,
    parse,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 12 apples, b: 5 }", {"a": "12 apples", "b": 5}),
        ("{a: true story, b: true}", {"a": "true story", "b": True}),
        ("{a: one, two and three, b: c}", {"a": "one, two and three", "b": "c"}),
        ("[one, two and three]", ["one", "two and three"]),
        ("{a: x{y}z}", {"a": "x{y}z"}),
        ("{a: http://b.c/d?e=f, g: 1}", {"a": "http://b.c/d?e=f", "g": 1}),
        ("{a: 12:30, b: 1/3}", {"a": "12:30", "b": "1/3"}),
        ("{a: b // c\n}", {"a": "b"}),
        ("{a: b\nc: d}", {"a": "b", "c": "d"}),
        ('{a: b "c": d}', {"a": "b", "c": "d"}),
        ('[a", b]', ["a", "b"]),
        ("{a: C:\\Users, b: 1}", {"a": "C:\\Users", "b": 1}),
        ("[größer, 日本]", ["größer", "日本"]),
    ],
)
def test_words(text: str, value: object) -> None:
    found = parse(text, dialect="lenient")
    assert found == value
    assert repr(found) == repr(value)


def test_words_are_shown_as_they_come() -> None:
    """Law 2: held back is a name that may still be a literal, and white space at the end."""
    parser = JSONParser("lenient")
    parser.feed("{a: ")
    shown = [event.text for event in parser.feed("Lorem ip") if isinstance(event, StringDelta)]
    assert "".join(shown) == "Lorem ip"
    assert parser.feed("sum  ") == [StringDelta(("a",), "sum")]
    assert parser.feed("\n") == [ValueCompleted(("a",), "Lorem ipsum")]
