"""Text of values for which `str` and `repr` raise."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.shown import int_text, no_such_name, safe_repr

# Deeper than the stack of any Python allows.
DEEP = 200_000


class Broken:
    def __repr__(self) -> str:
        raise KeyError("no text")


def deep(levels: int) -> object:
    value: object = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


@given(st.integers() | st.integers(min_value=-(10**1500), max_value=10**1500))
def test_digits_of_any_integer(value: int) -> None:
    sys.set_int_max_str_digits(0)
    try:
        expected = str(value)
    finally:
        sys.set_int_max_str_digits(4300)
    assert int_text(value) == expected


@pytest.mark.parametrize("digits", [4299, 4300, 4301, 6000, 12_001])
def test_more_digits_than_python_converts(digits: int) -> None:
    assert int_text(10**digits) == "1" + "0" * digits
    assert int_text(-(10**digits) - 7) == "-1" + "0" * (digits - 1) + "7"


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_an_ordinary_value_has_its_repr(value: object) -> None:
    assert safe_repr(value) == repr(value)


@pytest.mark.parametrize("value", [deep(DEEP), (deep(DEEP),), {"a": [10**5000, deep(DEEP)]}])
def test_deep_and_huge_values_have_an_outline(value: object) -> None:
    text = safe_repr(value)
    assert isinstance(text, str)
    assert "..." in text


def test_an_outline_keeps_the_parts_that_can_be_shown() -> None:
    assert safe_repr([True, 10**5000]) == f"[True, 1{'0' * 5000}]"
    assert safe_repr({"a": (Broken(), "b")}) == "{'a': (<Broken>, 'b')}"


def test_unknown_names_suggest_the_closest() -> None:
    names = ["hermes", "granite", "granite4", "granite_20b"]
    assert "did you mean 'hermes'? look here lists" in no_such_name(
        "f", "herms", names, "look here"
    )
    assert "'granite' or 'granite4' or 'granite_20b'" in no_such_name("f", "gran", names, "x")
    assert no_such_name("f", "zzz", names, "x") == "no f is named 'zzz': x lists them"
    assert no_such_name("f", "", [], "x") == "no f is named '': x lists them"
