"""Tests of streamparse._core.lenient_words: strings without quotes."""

from __future__ import annotations

import pytest

from streamparse import (
    JSONParser,
    StringDelta,
    ValueCompleted,
    parse,
)
from tests._core.machines import assert_repaired
from tests.helpers import run


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


def test_words_are_returned_as_they_come() -> None:
    """Law 2: white space after a word is held back, because it may end the string."""
    parser = JSONParser("lenient")
    parser.feed("{a: ")
    shown = [event.text for event in parser.feed("Lorem ip") if isinstance(event, StringDelta)]
    assert "".join(shown) == "Lorem ip"
    assert parser.feed("sum  ") == [StringDelta(("a",), "sum")]
    assert parser.feed("\n") == [ValueCompleted(("a",), "Lorem ipsum")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{n: f(2, 3)}", {"n": "f(2, 3)"}),
        ("{n: f(2, 3), m: 1}", {"n": "f(2, 3)", "m": 1}),
        ('{n: why "so" is, k: 1}', {"n": 'why "so" is', "k": 1}),
        ("{n: a/b /c, m: d // e\n}", {"n": "a/b /c", "m": "d"}),
        ("{n: one #4 # two\n, m: 1}", {"n": "one", "m": 1}),
        ("{n: one, # two\n m: 3}", {"n": "one", "m": 3}),
        ('{\\"n\\": one two\\n, \\"m\\": a\\b}', {"n": "one two", "m": "a\\b"}),
        ("```json\n{n: one two```", {"n": "one two"}),
        ("```json\n{n: a `b` c\n```", {"n": "a `b` c"}),
    ],
)
def test_where_words_end(text: str, value: object) -> None:
    assert_repaired(text, value, "*")


@pytest.mark.parametrize("text", ["{n: one, ", '{n: one"', "{n: one"])
def test_words_at_the_end_of_the_input(text: str) -> None:
    parser = JSONParser("lenient")
    parser.feed(text)
    parser.finish()
    assert (parser.value, parser.truncated) == ({"n": "one"}, True)
    assert run(list(text), dialect="lenient") == run([text], dialect="lenient")


def test_words_among_many_documents_are_prose() -> None:
    parser = JSONParser("lenient", many=True)
    parser.feed('one {"n": 1}\nand 2.x {"n": 2}\nend')
    parser.finish()
    assert parser.value == [{"n": 1}, {"n": 2}]
    assert [repair.code for repair in parser.repairs] == ["leading_text", "leading_text"]
