"""Tests of streamparse.schema.runs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.schema.nodes import MUST, Program
from streamparse.schema.runs import Run
from streamparse.schema.validator import SchemaValidator
from tests.helpers import cut
from tests.parts import cuttings
from tests.strategies import SIZES


def run_of(schema: Any, keyword: str) -> Run:
    program: Program = SchemaValidator(schema)._program
    assert program.root is not None
    return Run(program.root, MUST, keyword)


def broken_at(run: Run, fragments: list[str]) -> int | None:
    """The place of the first character refused."""
    taken = 0
    for fragment in fragments:
        place = run.feed(fragment)
        if place >= 0:
            return taken + place
        taken += len(fragment)
    return None


KEYS = {
    "properties": {"city": {}, "cities": {}, "": {}},
    "patternProperties": {"^x-[a-z]": {}, "^ci[0-9]$": {}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "keyword", "text", "place"),
    [
        ({"enum": ["celsius", "kelvin"]}, "enum", "celcius", 3),
        ({"enum": ["celsius", "kelvin"]}, "enum", "kelvin", None),
        ({"enum": ["celsius", "kelvin"]}, "enum", "kelvins", 6),
        ({"enum": ["", 1]}, "enum", "x", 0),
        ({"const": "ab"}, "const", "aab", 1),
        ({"maxLength": 3}, "maxLength", "abcd", 3),
        ({"maxLength": 0}, "maxLength", "é", 0),
        ({"pattern": "^a+$"}, "pattern", "aab", 2),
        (KEYS, "additionalProperties", "citizen", 4),
        (KEYS, "additionalProperties", "ci7", None),
        (KEYS, "additionalProperties", "ci7x", 3),
        (KEYS, "additionalProperties", "x-anything", None),
        (KEYS, "additionalProperties", "x-1", 2),
    ],
)
def test_where_a_text_is_refused(schema: Any, keyword: str, text: str, place: int | None) -> None:
    for fragments in cuttings(text):
        assert broken_at(run_of(schema, keyword), fragments) == place


@given(st.lists(st.text("ab", max_size=5), min_size=1), st.text("abc", max_size=7), SIZES)
def test_words(words: list[str], text: str, sizes: list[int]) -> None:
    """Law 1 and 9: refused where no word is left, for any cut."""
    run = run_of({"enum": words}, "enum")
    lengths = [
        at for at in range(len(text)) if not any(w.startswith(text[: at + 1]) for w in words)
    ]
    place = broken_at(run, cut(text, sizes))
    assert place == (lengths[0] if lengths else None)
    assert run.prefix == text[:place]


@pytest.mark.parametrize("text", ["", "c", "cit", "cities", "x", "x-y", "ci4"])
def test_a_run_goes_on_where_another_stood(text: str) -> None:
    one, other = (run_of(KEYS, "additionalProperties") for _ in range(2))
    assert broken_at(one, list(text)) is None
    other.walk_to(one.prefix, one.edge is not None, [spots.places for spots in one.spots])
    for more in ("y", "ies", "zen", "-z"):
        pair = [run_of(KEYS, "additionalProperties") for _ in range(2)]
        for run, like in zip(pair, (one, other), strict=True):
            run.walk_to(like.prefix, like.edge is not None, [s.places for s in like.spots])
        assert pair[0].feed(more) == pair[1].feed(more)
