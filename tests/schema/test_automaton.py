"""Tests of streamparse.schema.automaton: never too early, and in time where it can be."""

from __future__ import annotations

import random
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.schema.automaton import Automaton, Spots, automaton

MODERN = sys.version_info >= (3, 11)  # has possessive quantifiers


def doomed_at(pattern: str, text: str) -> int | None:
    """The place of the character that the pattern gives up at."""
    found = automaton(pattern)
    assert found is not None
    spots = found.start
    for at, char in enumerate(text):
        spots = found.step(spots, char)
        if spots.dead:
            return at
    return None


@pytest.mark.parametrize(
    ("pattern", "text", "place"),
    [
        ("^abc", "abd", 2),
        ("^abc", "abcanything", None),
        ("^abc$", "abcd", 3),
        ("^abc$", "abc\n", None),
        ("^abc$", "abc\n\n", 4),
        (r"^abc\Z", "abc\n", 3),
        ("^[a-z]{2,4}$", "abcde", 4),
        ("^[^0-9]+$", "ab1", 2),
        (r"^\d{4}-\d{2}$", "2024-1x", 6),
        (r"^\d{4}-\d{2}$", "24", None),
        (r"^\w+\s\W\S\D$", "a !b5", 4),
        ("^(cat|car|dog)$", "cow", 1),
        ("^(?:ab)*c", "ababd", 4),
        ("^a.c$", "a\n", 1),
        ("^a*?b", "aac", 2),
        ("^$", "x", 0),
        ("(^a)|(^b)", "c", 0),
        ("^é+$", "ée", 1),
        (r"^(a)\1$", "ab", None),  # a back reference may be anything
        ("^(?!ab)a", "ab", None),  # a lookahead as well
        ("^(?!ab)a", "b", 0),
        (r"^a\b", "ab", None),
    ],
)
def test_where_a_pattern_gives_up(pattern: str, text: str, place: int | None) -> None:
    assert doomed_at(pattern, text) == place


@pytest.mark.parametrize(
    "pattern",
    [
        "(?i)^a",
        "^a{9999}",
        "^(?i:a)",
        "(",
        "^(a)?(?(1)b|c)",
    ],
)
def test_patterns_of_which_no_automaton_is_made(pattern: str) -> None:
    assert automaton(pattern) is None


@pytest.mark.parametrize("pattern", ["abc", ".*", "abc$", "^a|b", "(?:^|x)a", "^(?:a|b)|c$", ""])
def test_a_pattern_that_may_begin_anywhere_can_always_still_match(pattern: str) -> None:
    found = automaton(pattern)
    assert found is not None
    assert found.exact
    assert found.anywhere
    assert doomed_at(pattern, "xyz" * 5) is None


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)b", "(?<!a)b", r"a\bc", r"(a)\1", "a$b", r"^(a\Z)*b", "a++b" if MODERN else "(?!a)"],
)
def test_what_an_automaton_cannot_follow_is_not_exact(pattern: str) -> None:
    found = automaton(pattern)
    assert found is not None
    assert not found.exact


ATOMS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "[ab]",
        "[^a]",
        r"\d",
        r"\w",
        "(?:a|bc)",
        "(b)",
        "$",
        r"\Z",
        "^",
        "(?=a)",
        r"\b",
    ]
)
PIECES = st.builds(
    lambda atom, repeat: atom + (repeat if atom not in ("$", "^", r"\Z", r"\b", "(?=a)") else ""),
    ATOMS,
    st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "*?"]),
)
BODIES = st.recursive(
    st.lists(PIECES, max_size=4).map("".join),
    lambda inner: st.builds(
        "(?:{}|{}){}".format, inner, inner, st.sampled_from(["", "*", "+", "?", "{0,2}", "*?"])
    ),
    max_leaves=4,
)
PATTERNS = BODIES.map("^{}".format)


@given(PATTERNS, st.text("abc1\n", max_size=8))
def test_what_matches_is_never_given_up(pattern: str, text: str) -> None:
    """Law 9: soundness, for every beginning of a text that matches."""
    if automaton(pattern) is not None and re.search(pattern, text) is not None:
        assert doomed_at(pattern, text) is None


@given(BODIES | PATTERNS, st.text("abc1\n", max_size=8))
def test_an_exact_automaton_says_what_re_says(pattern: str, text: str) -> None:
    found = automaton(pattern)
    if found is not None and found.exact:
        assert found.matches(text) is (re.search(pattern, text) is not None)


def test_a_long_text_costs_no_more_sets_than_the_pattern_has_places() -> None:
    found = Automaton("^(?:[ab]*a[ab]{3})*$")
    spots = found.start
    for char in "abba" * 5_000:
        spots = found.step(spots, char)
    assert not spots.dead
    assert len(found.memo) < 50


def test_many_long_texts_hold_no_more_sets_than_are_remembered() -> None:
    found = Automaton("^(?:[ab]*a[ab]{14})$")
    dice = random.Random(1)
    spots = found.start
    for _ in range(5):
        spots = found.start
        for char in dice.choices("ab", k=3_000):
            spots = found.step(spots, char)
    assert not spots.dead
    assert len(reached([found.start, spots])) <= 2_002  # and what is held


def reached(waiting: list[Spots]) -> set[int]:
    """All that some sets lead to."""
    met: set[int] = set()
    while waiting:
        spots = waiting.pop()
        if id(spots) not in met:
            met.add(id(spots))
            waiting += spots.next.values()
    return met
