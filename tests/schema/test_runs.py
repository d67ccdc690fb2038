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
    """Return the index of the first character that is rejected."""
    taken = 0
    for fragment in fragments:
        index = run.feed(fragment)
        if index >= 0:
            return taken + index
        taken += len(fragment)
    return None


KEYS = {
    "properties": {"city": {}, "cities": {}, "": {}},
    "patternProperties": {"^x-[a-z]": {}, "^ci[0-9]$": {}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "keyword", "text", "index"),
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
def test_index_of_the_rejected_character(
    schema: Any, keyword: str, text: str, index: int | None
) -> None:
    for fragments in cuttings(text):
        assert broken_at(run_of(schema, keyword), fragments) == index


@given(st.lists(st.text("ab", max_size=5), min_size=1), st.text("abc", max_size=7), SIZES)
def test_words(words: list[str], text: str, sizes: list[int]) -> None:
    """Laws 1 and 9: for any cut, a text is rejected at the character after which no word fits."""
    run = run_of({"enum": words}, "enum")
    lengths = [
        at for at in range(len(text)) if not any(w.startswith(text[: at + 1]) for w in words)
    ]
    index = broken_at(run, cut(text, sizes))
    assert index == (lengths[0] if lengths else None)
    assert run.prefix == text[:index]


@pytest.mark.parametrize("text", ["", "c", "cit", "cities", "x", "x-y", "ci4"])
def test_restore(text: str) -> None:
    one, other = (run_of(KEYS, "additionalProperties") for _ in range(2))
    assert broken_at(one, list(text)) is None
    other.restore(
        one.prefix, one.edge is not None, [state_set.states for state_set in one.state_sets]
    )
    for more in ("y", "ies", "zen", "-z"):
        pair = [run_of(KEYS, "additionalProperties") for _ in range(2)]
        for run, like in zip(pair, (one, other), strict=True):
            run.restore(like.prefix, like.edge is not None, [s.states for s in like.state_sets])
        assert pair[0].feed(more) == pair[1].feed(more)
