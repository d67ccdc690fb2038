"""Tests of calls whose arguments are literals of a programming language."""

from __future__ import annotations

import pytest

from streamparse import ArgumentDelta, Limits
from streamparse.formats import FormatParser
from tests.formats.reading import only, read


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("pythonic", "[f(p='P', day=2), g(port=)]"),
        ("pythonic", "[f(p='P', day=2), g()]"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"p": "P", "day": 2}}</tool_call>' * 2),
    ],
)
def test_one_call_too_many_is_an_error_of_the_answer(format: str, text: str) -> None:
    found = read(format, text, limits=Limits(tool_calls=1))
    assert found.error is not None
    assert found.error.code == "tool_calls"
    assert only(found.message).arguments == {"p": "P", "day": 2}


@pytest.mark.parametrize(
    "text", ["[f(p=)]", "[f(p=a.b)]", "[f(p=[1)]", "[f(p={1:})]", "[f(p=1, 2)]"]
)
def test_literals_that_are_not_understood_reject_the_call(text: str) -> None:
    call = only(read("pythonic", text).message)
    assert (call.status, call.arguments) == ("rejected", None)
    assert call.errors


def test_a_long_string_grows_with_each_fragment() -> None:
    parser = FormatParser("pythonic")
    parser.feed("[f(p='one")
    for piece in (" two", " three"):
        texts = [event.text for event in parser.feed(piece) if isinstance(event, ArgumentDelta)]
        assert texts == [piece]
    parser.feed("')]")
    parser.finish()
    assert only(parser.message).arguments == {"p": "one two three"}
