"""Tests of streamparse.schema.checks: the results are those of the reference library."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from streamparse.schema.checks import Seen, equal, number_fault, unique
from streamparse.schema.nodes import NumberRules
from streamparse.schema.state import read_seen, write_seen
from tests.schema.schemas import NUMBERS, VALUES

# The reference library sorts lists of lists.
LISTS = st.lists(st.lists(st.sampled_from([0, 1, True, False, 1.0, "a"]), max_size=2), max_size=5)


@given(VALUES, VALUES)
def test_equal(one: Any, other: Any) -> None:
    assert equal(one, other) is Draft202012Validator({"const": one}).is_valid(other)


def test_equal_at_any_depth() -> None:
    def nested() -> Any:
        value: Any = 1
        for _ in range(50_000):
            value = [value]
        return value

    assert equal(nested(), nested())


@given(st.lists(VALUES, max_size=5) | LISTS)
def test_unique(items: list[Any]) -> None:
    """`uniqueItems` is the library's, also for `[1]` and `[true]`, which it considers equal."""
    assert unique(items) is Draft202012Validator({"uniqueItems": True}).is_valid(items)


WHOLE = st.sampled_from([0, 1, 5, 10, 2**61 - 1, 10**30, 10**400])
ALIKE = (
    WHOLE
    | WHOLE.map(Decimal)
    | st.sampled_from([0.5, 0.1, 1e30, -0.0]).flatmap(
        lambda number: st.sampled_from([number, Decimal(number), Decimal(repr(number))])
    )
)


@given(ALIKE, ALIKE)
def test_equal_numbers_of_different_types_repeat(one: Any, other: Any) -> None:
    seen = Seen()
    assert not seen.repeats(one)
    assert seen.repeats(other) is (one == other)


def test_nan_equals_only_itself() -> None:
    seen = Seen()
    one = float("nan")
    assert [seen.repeats(number) for number in (one, float("nan"), one)] == [False, False, True]


def test_numbers_with_equal_hashes_take_no_longer() -> None:
    """The work per item is constant, even for integers that Python hashes to the same value."""
    modulus = sys.hash_info.modulus
    for make in (lambda number: number, lambda number: [number], lambda number: {"a": number}):
        seen = Seen()
        assert all(seen.add(make(number * modulus)) for number in range(2_000))
        known = [hash(key) for key in (seen.scalars or seen.containers)]
        assert len(set(known)) == 2_000


@given(st.lists(VALUES, max_size=5) | LISTS)
def test_seen_agrees_with_unique(items: list[Any]) -> None:
    seen = Seen()
    if any(seen.repeats(item) for item in items):
        assert not unique(items)


KEYWORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "step",
}


@pytest.mark.parametrize("keyword", KEYWORDS)
@given(value=NUMBERS, bound=NUMBERS)
def test_bounds(keyword: str, value: float, bound: float) -> None:
    if keyword == "multipleOf" and bound <= 0:
        return
    rules = NumberRules()
    setattr(rules, KEYWORDS[keyword], bound)
    fault = number_fault(rules, value)
    assert fault == ("" if Draft202012Validator({keyword: bound}).is_valid(value) else keyword)


@pytest.mark.parametrize("value", [1, 1.0, 1.5, 1e300])
def test_integers(value: float) -> None:
    rules = NumberRules()
    rules.whole = True
    fine = Draft202012Validator({"type": "integer"}).is_valid(value)
    assert (number_fault(rules, value) == "") is fine
    rules.whole_floats = False
    fine = Draft4Validator({"type": "integer"}).is_valid(value)
    assert (number_fault(rules, value) == "") is fine


def test_multiples_beyond_floating_point() -> None:
    rules = NumberRules()
    rules.step = 0.5
    assert number_fault(rules, 10**400) == ""
    assert number_fault(rules, float("inf")) == "multipleOf"
    rules.step = 10**400
    assert [number_fault(rules, value) for value in (0, 0.0, 3 * 10**400)] == [""] * 3
    for value in (1.5, 1e300, float("inf"), 10**399):
        assert number_fault(rules, value) == "multipleOf"
    rules.step = float("inf")
    assert number_fault(rules, 10**400) == "multipleOf"


def test_numbers_without_a_hash() -> None:
    seen = Seen()
    items: list[Any] = [{1.5}, 1.5, [{1.5}], {2.5}]
    assert [seen.repeats(item) for item in items] == [False] * 4
    assert seen.repeats({1.5})
    assert seen.repeats([{1.5}])
    again = read_seen(write_seen(seen))
    assert again is not None
    assert [again.repeats(item) for item in items] == [True] * 4
