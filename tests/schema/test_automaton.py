"""Tests of streamparse.schema.automaton: texts are rejected as early as possible."""

from __future__ import annotations

import random
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.schema.automaton import Automaton, StateSet, automaton

MODERN = sys.version_info >= (3, 11)  # `re` has possessive quantifiers.


def doomed_at(pattern: str, text: str) -> int | None:
    """Return the index of the character at which the pattern can no longer match."""
    found = automaton(pattern)
    assert found is not None
    state_set = found.start
    for at, char in enumerate(text):
        state_set = found.step(state_set, char)
        if state_set.dead:
            return at
    return None


@pytest.mark.parametrize(
    ("pattern", "text", "index"),
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
        (r"^(a)\1$", "ab", None),  # The automaton allows anything for a back reference,
        ("^(?!ab)a", "ab", None),  # and ignores lookaheads.
        ("^(?!ab)a", "b", 0),
        (r"^a\b", "ab", None),
    ],
)
def test_index_of_the_rejected_character(pattern: str, text: str, index: int | None) -> None:
    assert doomed_at(pattern, text) == index


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
def test_patterns_without_an_automaton(pattern: str) -> None:
    assert automaton(pattern) is None


@pytest.mark.parametrize("pattern", ["abc", ".*", "abc$", "^a|b", "(?:^|x)a", "^(?:a|b)|c$", ""])
def test_an_unanchored_pattern_can_always_still_match(pattern: str) -> None:
    found = automaton(pattern)
    assert found is not None
    assert found.exact
    assert found.anywhere
    assert doomed_at(pattern, "xyz" * 5) is None


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)b", "(?<!a)b", r"a\bc", r"(a)\1", "a$b", r"^(a\Z)*b", "a++b" if MODERN else "(?!a)"],
)
def test_inexact_automata(pattern: str) -> None:
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
def test_a_matching_text_is_never_rejected(pattern: str, text: str) -> None:
    """Law 9, soundness: no prefix of a matching text is rejected."""
    if automaton(pattern) is not None and re.search(pattern, text) is not None:
        assert doomed_at(pattern, text) is None


@given(BODIES | PATTERNS, st.text("abc1\n", max_size=8))
def test_an_exact_automaton_agrees_with_re(pattern: str, text: str) -> None:
    found = automaton(pattern)
    if found is not None and found.exact:
        assert found.matches(text) is (re.search(pattern, text) is not None)


def test_a_long_text_needs_few_state_sets() -> None:
    found = Automaton("^(?:[ab]*a[ab]{3})*$")
    state_set = found.start
    for char in "abba" * 5_000:
        state_set = found.step(state_set, char)
    assert not state_set.dead
    assert len(found.memo) < 50


def test_the_number_of_state_sets_in_memory_is_bounded() -> None:
    found = Automaton("^(?:[ab]*a[ab]{14})$")
    dice = random.Random(1)
    state_set = found.start
    for _ in range(5):
        state_set = found.start
        for char in dice.choices("ab", k=3_000):
            state_set = found.step(state_set, char)
    assert not state_set.dead
    assert len(reached([found.start, state_set])) <= 2_002  # The cached sets and the current one.


def reached(waiting: list[StateSet]) -> set[int]:
    """Return the ids of all sets that are reachable."""
    met: set[int] = set()
    while waiting:
        state_set = waiting.pop()
        if id(state_set) not in met:
            met.add(id(state_set))
            waiting += state_set.next.values()
    return met
