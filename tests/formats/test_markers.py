"""Tests of the search for literals in text that arrives in pieces."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.formats.markers import UNDECIDED, Markers, contains_any, first_characters
from tests.helpers import cut
from tests.strategies import SIZES

WORDS = st.lists(st.text(st.sampled_from("<a>|"), min_size=1, max_size=5), min_size=1, max_size=5)


def split(markers: Markers, pieces: Sequence[str]) -> list[str]:
    """Return text and literals, in parentheses, in turn, as the framing machine reads them."""
    found = [""]
    held = ""
    for number, piece in enumerate(pieces, 1):
        text, pos = held + piece, 0
        final = number == len(pieces)
        while True:
            stop, word = markers.find(text, pos, final)
            found[-1] += text[pos:stop]
            pos = stop + len(word)
            if not word:
                break
            found += [f"({word})", ""]
        held = text[pos:]
    assert held == ""
    return found


@given(WORDS, st.text(st.sampled_from("<a>| "), max_size=30), SIZES)
def test_law_1_literals_at_any_cut(words: list[str], text: str, sizes: Sequence[int]) -> None:
    """The same literals are found, also if one begins another, and no text is lost."""
    markers = Markers(words)
    whole = split(markers, [text])
    assert split(markers, [*cut(text, sizes), ""]) == whole
    bare = "".join(part[1:-1] if number % 2 else part for number, part in enumerate(whole))
    assert bare == text


@given(WORDS, st.text(st.sampled_from("<a>| "), max_size=12))
def test_law_2_only_starts_of_literals_are_held_back(words: list[str], text: str) -> None:
    """Held text is the start of a literal, or a literal that begins a longer one (law 2)."""
    markers = Markers(words)
    stop, word = markers.find(text, 0, False)
    rest = text[stop:]
    if not word and rest:
        assert any(one.startswith(rest) for one in words) or rest in words


@pytest.mark.parametrize(
    ("text", "final", "expected"),
    [
        ("<a>", False, "<a>"),
        ("<a", False, UNDECIDED),
        ("<a", True, ""),
        ("x", False, ""),
        ("", False, UNDECIDED),
        ("<b", False, UNDECIDED),  # may become the longer literal
        ("<b", True, "<b"),
        ("<bc", False, "<bc"),
        ("<bd", False, "<b"),
    ],
)
def test_the_literal_at_a_position(text: str, final: bool, expected: str) -> None:
    assert Markers(["<a>", "<b", "<bc"]).at(text, 0, final) == expected


def test_a_marker_is_the_end_of_a_longer_run() -> None:
    """In `<b>>>>` the first `>` belongs to the text, and the others are the marker."""
    markers = Markers([">>>"])
    assert split(markers, ["<b>>>>x"]) == ["<b>", "(>>>)", "x"]
    assert split(markers, [*"<b>>>>x", ""]) == ["<b>", "(>>>)", "x"]
    assert markers.find(">>>", 0, False) == (0, "")
    assert markers.find(">>>", 0, True) == (0, ">>>")


def test_without_literals_all_is_text() -> None:
    markers = Markers(["", ""])
    assert markers.find("<<<", 0, False) == (3, "")
    assert markers.at("<", 0, False) == markers.at("", 0, False) == ""


@given(WORDS, st.text(st.sampled_from("<a>|b"), max_size=6))
def test_text_without_first_characters_has_no_literal(words: list[str], text: str) -> None:
    markers = Markers(words)
    if not contains_any(text, first_characters(markers)):
        assert not markers.may_begin_in(text)
        assert markers.find(text, 0, False) == (len(text), "")
