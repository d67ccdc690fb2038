"""Tests of the tokens of RFC 8259 against regular expressions for its grammar."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamparse
from streamparse._core import grammar

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
NUMBERS = st.text("-+.eE0123459x ", max_size=12)


def steps(text: str) -> tuple[int, int]:
    """Return how many characters of `text` can belong to a number, and the state after them."""
    stand = grammar.START
    for place, char in enumerate(text):
        after = grammar.number_step(stand, ord(char))
        if after < 0:
            return place, stand
        stand = after
    return len(text), stand


def test_the_package_exports_its_build() -> None:
    assert streamparse.COMPILED is grammar.COMPILED


@given(NUMBERS)
def test_a_number_may_end_where_the_grammar_says(text: str) -> None:
    stop, stand = steps(text)
    assert grammar.MAY_END[stand] == (NUMBER.fullmatch(text[:stop]) is not None)


@given(NUMBERS)
def test_steps_stop_at_the_first_character_outside_a_number(text: str) -> None:
    stop, _ = steps(text)
    completions = ("", "0", "0.0", "00", "e0", "+0")
    assert any(NUMBER.fullmatch(text[:stop] + end) for end in completions)
    if stop < len(text):
        assert not any(NUMBER.fullmatch(text[: stop + 1] + end) for end in completions)


@given(NUMBERS, st.data())
def test_the_expressions_agree_with_the_steps(text: str, data: st.DataObject) -> None:
    stop, stand = steps(text)
    cut = data.draw(st.integers(0, stop))
    _, place = steps(text[:cut])
    found = grammar.NUMBER_REST[place].match(text, cut)
    assert found is not None
    assert (found.end(), grammar.STANDS[place][found.lastindex or 0]) == (stop, stand)


@given(
    st.text("aé–😀 ~\x7f", min_size=1, max_size=5),
    st.integers(0, 300),
    st.sampled_from(['"', "\\", "\n", "\x00", "\x1f", chr(0xD800), chr(0xDFFF), ""]),
    st.text(),
    st.data(),
)
def test_a_run_ends_at_the_first_special_character(
    part: str, length: int, stop: str, tail: str, data: st.DataObject
) -> None:
    text = part * length + stop + tail
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    plain = re.match(r'[^"\\\x00-\x1f\ud800-\udfff]*', text[start:end])
    assert plain is not None
    assert grammar.run_end(text, start, end) == start + plain.end()


@pytest.mark.parametrize("char", ["a", "é", "–", "😀"])
def test_every_character_that_ends_a_run(char: str) -> None:
    ends = {chr(code) for code in (*range(32), 34, 92, *range(0xD800, 0xE000))}
    assert {
        other
        for other in map(chr, (*range(0x100), *range(0xD700, 0xE100), 0xFFFF, 0x1D800, 0x10FFFF))
        if grammar.run_end(text := char * 40 + other + char, 0, len(text)) == 40
    } == ends


def test_a_run_outside_the_text() -> None:
    assert grammar.run_end("abc", 3, 3) == 3
    assert grammar.run_end("abc", 0, 9) == 9


@pytest.mark.parametrize("escape", ["\\u00e9", "\\uFFFF", "\\uD83d\\uDe00"])
def test_escapes_of_whole_characters_match(escape: str) -> None:
    found = grammar.UNIT.match(escape + "0")
    assert found is not None
    assert found.group() == escape


@pytest.mark.parametrize(
    "escape", ["\\u00e", "\\ud83d", "\\ud83dx", "\\udc00", "\\ud83d\\u0041", "\\x"]
)
def test_incomplete_escapes_do_not_match(escape: str) -> None:
    assert grammar.UNIT.match(escape) is None


@pytest.mark.parametrize(
    "text", ["-0", "12.5e+3", "-1.25E-07", "0e1", "-", "1.", "1e", "1e+", "01"]
)
def test_each_step_of_a_number(text: str) -> None:
    stop, stand = steps(text)
    assert grammar.MAY_END[stand] == (NUMBER.fullmatch(text[:stop]) is not None)
    assert (stop == len(text)) == (text != "01")


@pytest.mark.parametrize(
    ("text", "got", "after"),
    [
        ('x"', "x", 1),
        ('x", "y', "x", 1),
        ('"', "", 0),
        ('\\"x', '"x', 3),
        ('\\\\", "', "\\", 2),
        ("x\\", "x", 1),
        ("x\\\\", "x\\", 3),
        ("x\\u00e", "x", 1),
        ("x\\ud83d", "x", 1),
        ("x\\ud83d\\ude0", "x", 1),
        ("x\\ud83d\\ude00", "x\U0001f600", 13),
    ],
)
def test_a_string_is_decoded_up_to_its_end(text: str, got: str, after: int) -> None:
    assert grammar.decoded("[" + text, 1, len(text) + 1) == (got, after + 1)


@pytest.mark.parametrize("text", ["\\", "\\u12", 'x\n"', '\\x"', '\\ud83d"', "x\ud83d", '\\u 123"'])
def test_an_unusual_string_is_not_decoded(text: str) -> None:
    assert grammar.decoded(text, 0, len(text)) is None


@pytest.mark.skipif(grammar.COMPILED, reason="compiled code calls the function itself")
def test_no_text_is_copied_for_strings_that_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'abc", "' * 1000 + 'x\\"'
    scanned = grammar._scanned

    def of_the_text(given: str, pos: int) -> tuple[str, int] | None:
        assert given is text
        return scanned(given, pos)

    monkeypatch.setattr(grammar, "_scanned", of_the_text)
    assert grammar.decoded(text, 0, len(text)) == ("abc", 3)
