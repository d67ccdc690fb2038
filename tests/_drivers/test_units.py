"""Tests of streamparse._drivers.units: text is split into units for any chunking."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamparse._drivers.units import UnitSplitter
from streamparse.aliases import TextUnit
from tests.helpers import cut
from tests.strategies import SIZES

MODES = get_args(TextUnit)
# White space and punctuation of several scripts, also in longer runs.
ATOMS = [
    *'aBé1 \n\t.!…,)(*"日本きゃー。、「」한',
    "\uff01",
    "\u0301",
    "Dr",
    "👍🏽",
    " " * 50,
    "." * 30,
]
TEXTS = st.lists(st.sampled_from(ATOMS), max_size=40).map("".join)


def split(by: Any, pieces: Sequence[str]) -> list[str]:
    splitter = UnitSplitter(by)
    units = [unit for piece in pieces for unit in splitter.feed(piece)]
    rest = splitter.rest()
    assert splitter.is_empty
    return [*units, rest] if rest else units


@given(TEXTS, SIZES, st.sampled_from(MODES))
@example("1. Uno.  Dos tres.\n\nDr. No", [1], "sentence")
def test_units_do_not_depend_on_the_pieces(text: str, sizes: Sequence[int], by: str) -> None:
    units = split(by, [text])
    assert split(by, cut(text, sizes)) == units
    assert split(by, list(text)) == units
    assert "".join(units) == text
    if by != "line":  # White space alone is no word or sentence.
        assert all(unit.strip() for unit in units[:-1])


@pytest.mark.parametrize(
    ("by", "units"),
    [
        ("word", ["One ", "two,\n", "  three ", "(four)"]),
        ("word", ["私", "は、", "学", "校", "に ", "go", "「行", "く」!"]),
        ("word", ["きゃっ", "と", "サー", "バ"]),  # Small kana and marks begin no word.
        ("word", ["안녕 ", "하세요"]),
        ("line", ["One\n", "\n", "two three\r\n", "four"]),
        ("sentence", ["Is it 3.14? ", "Yes! ", '"Good." ', "(Fine.) ", "End"]),
        ("sentence", ["Prof. A. Turing asks, e.g. this. ", "It is fine.\n", "\nNext"]),
        ("sentence", ["1. First item. ", "Second.\n", "2. Third"]),
        ("sentence", ["**Bold.** ", "Wait... what? ", "So"]),
        ("sentence", ["今日は晴れ。", "「本当\uff1f」", "はい\uff01 ", "Good"]),
        ("sentence", ["# Title\n", "- one\n", "- two"]),
    ],
)
def test_units(by: TextUnit, units: list[str]) -> None:
    assert split(by, list("".join(units))) == units


def test_a_unit_ends_as_soon_as_it_is_decided() -> None:
    words, sentences = UnitSplitter("word"), UnitSplitter("sentence")
    assert words.feed("a ") == ["a "]
    assert sentences.feed("Yes. ") == []  # A small letter may continue the sentence.
    assert sentences.feed("N") == ["Yes. "]
    assert sentences.rest() == "N"


def test_an_unknown_unit() -> None:
    wrong: Any = "page"
    with pytest.raises(ValueError, match="by must be"):
        UnitSplitter(wrong)


@pytest.mark.parametrize("by", MODES)
def test_cost_does_not_depend_on_the_length_of_a_unit(by: TextUnit) -> None:
    splitter = UnitSplitter(by)
    begin = time.perf_counter()
    for _ in range(200_000):
        splitter.feed("four")
    assert time.perf_counter() - begin < 20  # Scanning a unit again for each piece takes hours.
    assert len(splitter.rest()) == 800_000
