"""Tests of flat values, which pickle and copy receive in place of nested containers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.flat import equal, flatten, unflatten

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@pytest.mark.parametrize(
    ("value", "shape", "leaves"),
    [
        (7, ".", [7]),
        ("text", ".", ["text"]),
        (None, ".", [None]),
        ([], "[]", []),
        ({}, "{}", []),
        ([1, "a"], "[..]", [1, "a"]),
        ({"a": 1, "b": []}, "{:.:[]}", ["a", 1, "b"]),
        ([[[]], {}], "[[[]]{}]", []),
        ([{"k": [None]}, 0], "[{:[.]}.]", ["k", None, 0]),
    ],
)
def test_tokens_and_leaves(value: object, shape: str, leaves: list[object]) -> None:
    assert flatten(value) == (shape, leaves)
    assert unflatten(shape, leaves) == value


@given(VALUES)
def test_unflatten_reverses_flatten(value: Any) -> None:
    again = unflatten(*flatten(value))
    assert again == value
    assert repr(again) == repr(value), "types and the order of members are kept"


def test_containers_are_new_and_leaves_are_shared() -> None:
    leaf = object()
    value = [{"k": leaf}]
    again: Any = unflatten(*flatten(value))
    assert again is not value
    assert again[0] is not value[0]
    assert again[0]["k"] is leaf


@pytest.mark.parametrize("shell", ["list", "dict"])
def test_any_depth(shell: str) -> None:
    value: Any = "core"
    for _ in range(50_000):
        value = [value] if shell == "list" else {"in": value}
    again: Any = unflatten(*flatten(value))
    for _ in range(50_000):
        again = again[0] if shell == "list" else again["in"]
    assert again == "core"


def test_a_container_may_change_while_it_is_flattened() -> None:
    value = [1, [2], {"a": 3}]
    shape, leaves = flatten(value)
    value.append(4)
    assert unflatten(shape, leaves) == [1, [2], {"a": 3}]


def test_one_container_in_two_places_becomes_two() -> None:
    shared = [1]
    again: Any = unflatten(*flatten([shared, shared]))
    assert again == [[1], [1]]
    assert again[0] is not again[1]


@given(VALUES)
def test_equal_to_itself(value: Any) -> None:
    assert equal(value, unflatten(*flatten(value)))
    assert equal([value], [value])
    assert not equal(value, [value])
    assert not equal({"a": value}, {"b": value})


@given(VALUES, VALUES)
def test_equal_like_python(one: Any, other: Any) -> None:
    if equal(one, other):
        assert one == other


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        (1, 1.0, True),
        (1, True, False),
        ([0], [False], False),
        (None, False, False),
        ([], {}, False),
        ({}, [], False),
        ([], "", False),
        ("", [], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_equal(one: object, other: object, same: bool) -> None:
    assert equal(one, other) is same


def test_equal_does_not_recurse() -> None:
    def deep(inside: object) -> object:
        for _ in range(50_000):
            inside = [{"in": inside}]
        return inside

    assert equal(deep(1), deep(1))
    assert not equal(deep(1), deep(2))
