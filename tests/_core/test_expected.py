"""Tests of streamparse._core.expected: the values that two schemas, or either, allow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.expected import ARRAY, NUMBER, STRING, Expected

WORDS = st.none() | st.frozensets(st.sampled_from("abc"))
PLACES = st.builds(Expected, st.integers(0, 127), WORDS, st.integers(0, 127))


def allows(place: Expected, kind: int, word: str) -> bool:
    fits = kind != STRING or place.words is None or word in place.words
    return bool(place.kinds & kind) and fits


def allows_item(place: Expected, kind: int) -> bool:
    return bool(place.kinds & ARRAY and place.items & kind)


@given(PLACES, PLACES, st.sampled_from([STRING, ARRAY, NUMBER]), st.sampled_from("abcd"))
def test_both_and_either(one: Expected, other: Expected, kind: int, word: str) -> None:
    both, either = one.both(other), one.either(other)
    assert allows(both, kind, word) is (allows(one, kind, word) and allows(other, kind, word))
    assert allows(either, kind, word) is (allows(one, kind, word) or allows(other, kind, word))
    items = allows_item(one, kind), allows_item(other, kind)
    assert allows_item(both, kind) is all(items)
    assert allows_item(either, kind) is any(items)
