"""Tests of streamparse._core.plain: JSON text and checked reading of plain values."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, parse
from streamparse._core.plain import (
    dict_of,
    grow_in,
    is_index,
    is_something,
    json_text,
    list_of,
    number_of,
    shown,
    text_of,
    weight_of,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_reads_back(value: object) -> None:
    text = json_text(value)
    assert "\n" not in text
    assert json.loads(text.encode()) == value


def test_depth_infinity_and_lone_surrogates() -> None:
    parser = JSONParser()
    parser.feed('[{"a":' * 400)
    assert json_text(parser.value) == '[{"a":' * 399 + "[{}]" + "}]" * 399
    value: list[object] = ["bottom"]
    for _ in range(5000):
        value = [{"": value}]
    assert json_text(value) == '[{"":' * 5000 + '["bottom"]' + "}]" * 5000
    assert json_text({"n": math.inf, "s": "\ud800é"}) == '{"n":1e999,"s":"\\ud800é"}'
    assert parse(json_text([1e400, -1e400])) == [math.inf, -math.inf]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({1: Decimal("1.5"), "t": (1, None)}, '{"1":1.5,"t":[1,null]}'),
        ([PurePosixPath("a/b")], '["a/b"]'),
        ({"deep": {"inf": [-math.inf]}}, '{"deep":{"inf":[-1e999]}}'),
    ],
)
def test_values_that_the_standard_library_rejects(value: object, text: str) -> None:
    assert json_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (-12, "-12"),
        (True, "True"),
        (None, "None"),
        (1.5, "1.5"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_integers_of_many_digits() -> None:
    assert json_text([10**5000]) == f"[1{'0' * 5000}]"
    assert shown(10**5000) == "1" + "0" * 5000


@pytest.mark.parametrize("value", [None, "", "a", [], [1], {}, {"a": 1}, 0, 1.5, True])
def test_values_of_the_wrong_type_are_empty(value: object) -> None:
    assert text_of(value) == (value if isinstance(value, str) else "")
    assert list_of(value) == (value if isinstance(value, list) else [])
    assert dict_of(value) == (value if isinstance(value, dict) else {})
    empty = value is None or value == "" or value == [] or value == {}
    assert is_something(value) is not empty


def test_text_grows_in_a_dict() -> None:
    holder: dict[str, Any] = {"wrong": 1}
    for key in ("new", "new", "wrong"):
        grow_in(holder, key, "ab")
    assert holder == {"new": "abab", "wrong": "ab"}


def test_integers_and_indexes() -> None:
    for odd in (None, True, "1", 2.0):
        assert number_of(odd) is None
        assert number_of(odd, 7) == 7
    assert number_of(None, False) is None
    assert [is_index(value) for value in (0, -1, 2**20, True, "0", 2**64, -(2**64))] == [
        *(True, True, True, False, False, False, False)
    ]


@given(VALUES)
def test_the_weight_is_about_the_length_of_the_json(value: object) -> None:
    assert 0 <= weight_of(value) <= 2 * len(json_text(value))


def test_the_weight_of_anything() -> None:
    assert weight_of("abc") == 3
    assert weight_of([b"abc", ("de", None)]) == 1 + 3 + 1 + 3 + 1
    assert weight_of({1: 2**300}) > 90
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    assert weight_of(deep) == 100_002
