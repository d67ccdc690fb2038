"""Tests of strings in literals: quotes, escapes, and where a string ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import Limits
from streamparse.formats import FormatParser
from streamparse.message_events import ArgumentDelta
from tests.formats.checks import run
from tests.formats.reading import calls_of, message_of, only
from tests.helpers import cut
from tests.strategies import SIZES

Q = '<|"|>'  # the delimiter of strings in Gemma's calls


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
    """Strings as `repr` writes them are read in any quotes."""
    assert read(cut(f"[f(x={text!r})]", sizes)) == (text, text)


@given(st.text(st.sampled_from("a'\"\\n\n<[")), SIZES)
def test_quotes_and_escapes_at_any_cut(text: str, sizes: list[int]) -> None:
    assert read(cut(f"[f(x={text!r})]", sizes)) == (text, text)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["[f(x='a", "\\"], "a"),  # a possible escape
        (["[f(x='a", "'"], "a"),  # the quote may be text
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
    """A quote ends its string only if the text after it continues the call."""
    assert calls_of("pythonic", text) == [("f", arguments)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\x41\u00e9\U0001F600", "Aé😀"),
        (r"\101\7z\1234", "A\x07zS4"),  # at most three octal digits
        (r"\a\b\f\v\/", "\a\b\f\v/"),
        ("a\\\nb", "ab"),  # a continued line
        (r"\q \9 \xZZ \u12", r"\q \9 \xZZ \u12"),
        (r"\U00110000", r"\U00110000"),  # beyond Unicode
        (r"\ud83d\ud83d\ude00", "\ud83d😀"),
        (r"\ud83d\n", "\ud83d\n"),
        (r"\ude00", "\ude00"),
    ],
)
def test_escapes_are_those_of_python_and_unknown_ones_stay(written: str, expected: str) -> None:
    for size in (1, 2, 3, 100):
        assert read(cut(f"[f(x='{written}')]", [size])) == (expected, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a\\", "a"),
        ("'a\\x4", "a"),
        ("'a\\u", "a"),
        ("'a\\12", "a"),
        ("'a\\ud83d", "a"),
        ("'a\\ud83d\\ude0", "a"),
        ("'a\\u0g", "a\\u0g"),
        ("'a'", "a"),
        ("''", ""),
        ("'''a''", "a''"),
    ],
)
def test_the_end_of_the_text_decides_what_was_held_back(text: str, expected: str) -> None:
    """As in JSON, a cut escape adds nothing to the value. The raw text contains it."""
    call = only(message_of("pythonic", f"[f(x={text}"))
    assert (call.status, call.partial) == ("truncated", {"x": expected})
    assert call.raw_text == f"x={text}"


@given(st.text(st.sampled_from('ab\\\n"é🌱'), max_size=6))
def test_a_cut_string_is_a_prefix_of_the_whole_string(value: str) -> None:
    text = f"[f(x={json.dumps(value)}"
    for end in range(len("[f(x=") + 1, len(text) + 1):
        call = only(run("pythonic", [text[:end]]).message)
        assert value.startswith(call.partial.get("x", ""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a:{Q}x<{Q}y<b>{Q}", {"a": f"x<{Q}y<b>"}),
        (f"a:{Q}x{Q}{Q}y{Q}", {"a": f"x{Q}{Q}y"}),
        (f"a:[{Q}one{Q}two{Q},{Q}b{Q} ]", {"a": [f"one{Q}two", "b"]}),
        (f"a:{Q}x{Q} ,b:{Q}y{Q}", {"a": "x", "b": "y"}),
        (f"{Q}k{Q}:{Q}v{Q}", {"k": "v"}),
        (f"a:{{{Q}k{Q}:{Q}v{Q},w:1}}", {"a": {"k": "v", "w": 1}}),
    ],
)
def test_a_delimiter_is_text_unless_the_call_continues_after_it(text: str, expected: Any) -> None:
    assert calls_of("gemma4", f"<|tool_call>call:f{{{text}}}<tool_call|>") == [("f", expected)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a:{Q}x{Q}", "x"),
        (f"a:{Q}x{Q} b", f"x{Q} b"),
        (f"a:{Q}x<|", "x<|"),
        (f"a:{Q}x{Q}" + " " * 70, "x"),
    ],
)
def test_a_delimiter_near_the_end_of_the_text(text: str, expected: str) -> None:
    call = only(message_of("gemma4", f"<|tool_call>call:f{{{text}"))
    assert (call.status, call.partial) == ("truncated", {"a": expected})


@pytest.mark.parametrize(
    ("text", "partial"),
    [
        ("[f(x='abcdefgh')]", {"x": "abcde"}),
        ("[f(x='abcd\\n\\n')]", {"x": "abcd\n"}),
        ("[f(x={'abcdefgh': 1})]", {}),
        ("[f(x={'abcde': 'abcdef'})]", {"x": {"abcde": "abcde"}}),
    ],
)
def test_a_string_may_have_as_many_characters_as_the_limit(text: str, partial: Any) -> None:
    call = only(message_of("pythonic", text, limits=Limits(string=5)))
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")
    assert call.partial == partial


def test_a_delimiter_before_other_markup_ends_the_string() -> None:
    call = only(message_of("gemma4", f"<|tool_call>call:f{{a:{Q}x{Q} <tool"))
    assert (call.status, call.partial) == ("rejected", {"a": "x"})


def test_strings_as_the_members_of_sets_and_dictionaries() -> None:
    text = "[f(x={'a' : 1, \"b\": 'c'}, y={'s', 't'}, z={'u'})]"
    arguments = {"x": {"a": 1, "b": "c"}, "y": ["s", "t"], "z": ["u"]}
    assert calls_of("pythonic", text) == [("f", arguments)]


@pytest.mark.parametrize(
    ("format", "start"), [("pythonic", "[f(x='"), ("gemma4", f"<|tool_call>call:f{{x:{Q}")]
)
def test_pieces_of_a_long_string_are_emitted_at_once(format: str, start: str) -> None:
    parser = FormatParser(format, limits=Limits(string=40))
    parser.feed(start + "one ")
    for piece in ("two ", "three ", "four", " five"):
        events = parser.feed(piece)
        assert [one.text for one in events if isinstance(one, ArgumentDelta)] == [piece]
    parser.feed(" six" * 10)
    call = only(parser.message)
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")
    assert len(call.partial["x"]) == 40
