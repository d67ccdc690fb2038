"""Tests of strings in literals: quotes, escapes, and where a string ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.formats import FormatParser
from streamparse.message_events import ArgumentDelta
from tests.formats.reading import calls_of
from tests.helpers import cut
from tests.strategies import SIZES


def read(pieces: list[str]) -> tuple[Any, str]:
    """Return the value of `x`, and the text of its deltas."""
    parser = FormatParser("pythonic")
    events = [event for piece in pieces for event in parser.feed(piece)]
    events += parser.finish()
    [call] = parser.message.tool_calls
    deltas = [event.text for event in events if isinstance(event, ArgumentDelta)]
    return call.arguments["x"], "".join(deltas)


@given(st.text(), SIZES)
def test_any_text_in_any_quotes(text: str, sizes: list[int]) -> None:
    """A string as `repr` writes it, in any quotes."""
    assert read(cut(f"[f(x={text!r})]", sizes)) == (text, text)


@given(st.text(st.sampled_from("a'\"\\n\n<[")), SIZES)
def test_quotes_and_escapes_at_any_cut(text: str, sizes: list[int]) -> None:
    assert read(cut(f"[f(x={text!r})]", sizes)) == (text, text)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["[f(x='a", "\\"], "a"),  # an escape
        (["[f(x='a", "'"], "a"),  # a quote that may be text
        (["[f(x='a", "' "], "a"),
        (["[f(x='a", "'", " b"], "a' b"),
        (['[f(x="""a', '"'], "a"),
        (['[f(x="""a', '"', "bc"], 'a"bc'),
    ],
)
def test_undecided_text_is_held_back(pieces: list[str], expected: str) -> None:
    parser = FormatParser("pythonic")
    for piece in pieces:
        parser.feed(piece)
    [call] = parser.message.tool_calls
    assert call.partial == {"x": expected}


def test_delimiters_of_several_characters_have_no_escapes() -> None:
    text = '<|tool_call>call:f{a:<|"|>\\n"<|"|>}<tool_call|>'
    assert calls_of("gemma4", text) == [("f", {"a": '\\n"'})]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("[f(x='it's', y=2)]", {"x": "it's", "y": 2}),
        ("[f(x='a' , y='b' )]", {"x": "a", "y": "b"}),
        ("[f(x='a'  b', y=1)]", {"x": "a'  b", "y": 1}),
        ("[f(x=['a'b', 'c'], y={'d': 'e'f'})]", {"x": ["a'b", "c"], "y": {"d": "e'f"}}),
        ("[f(x='a'" + " " * 400 + ", y=1)]", {"x": "a", "y": 1}),
        ("[f(x=QQQa 'b' cQQQ, y=1)]".replace("Q", "'"), {"x": "a 'b' c", "y": 1}),
        ('[f(x="""a""" , y=1)]', {"x": "a", "y": 1}),
        ("[f(x='\\ud83d\\ude00', y='\\ud83dz')]", {"x": "😀", "y": "\ud83dz"}),
    ],
)
def test_quotes_that_are_text(text: str, arguments: Any) -> None:
    """A quote ends its string if what follows continues the call."""
    assert calls_of("pythonic", text) == [("f", arguments)]
