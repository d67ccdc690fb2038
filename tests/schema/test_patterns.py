"""Tests of streamparse.schema.patterns: the results of `re.search`, in linear time."""

from __future__ import annotations

import json
import time
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from streamparse.schema import SchemaValidator
from streamparse.schema.library import engine
from streamparse.schema.patterns import Pattern, Patterns
from tests.schema.schemas import violation_of

EXPLOSIVE = [r"^(b+)+c$", r"(b|bb)*c$", r"^(\w+\s?)*;$", r"^([b-d]+-?)+@x$", r"(b*)*c\Z"]
PLACES: list[Any] = [
    lambda pattern: ({"pattern": pattern}, "{}"),
    lambda pattern: ({"items": {"pattern": pattern}}, "[{}]"),
    lambda pattern: ({"patternProperties": {pattern: False}}, "{{{}: 1}}"),
    lambda pattern: ({"propertyNames": {"pattern": pattern}}, "{{{}: 1}}"),
    lambda pattern: (
        {"patternProperties": {pattern: {}}, "additionalProperties": False},
        "{{{}: 1}}",
    ),
    lambda pattern: (
        {"patternProperties": {pattern: {}}, "additionalProperties": {"type": "null"}},
        "{{{}: 1}}",
    ),
    lambda pattern: ({"anyOf": [{"pattern": pattern}, {"type": "null"}]}, "{}"),
    lambda pattern: (
        {"patternProperties": {pattern: {}}, "unevaluatedProperties": False},
        "{{{}: 1}}",
    ),
]


@pytest.mark.parametrize("pattern", EXPLOSIVE)
@pytest.mark.parametrize("place", PLACES[:-1])
def test_matching_takes_time_linear_in_the_text(pattern: str, place: Any) -> None:
    """Patterns for which backtracking takes minutes are matched in linear time."""
    schema, document = place(pattern)
    validator = SchemaValidator(schema)
    began = time.process_time()
    violation_of(validator, [document.format('"' + "b" * 60 + '!"')])
    assert time.process_time() - began < 5


@pytest.mark.parametrize("pattern", ["^a+$", "b", "(?=a)a", "[[:x]", r"^\d{2,3}$|x", r"(a)\1"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ["", "a", "aa", "ab", "12", "12\n", "x"])
def test_patterns_agree_with_the_library(pattern: str, place: Any, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        schema, document = place(pattern)
        whole = document.format(json.dumps(text))
        expected = Draft202012Validator(schema).is_valid(json.loads(whole))
        validator = SchemaValidator(schema)
        for pieces in ([whole], list(whole)):
            assert (violation_of(validator, pieces) is None) is expected


@given(st.text("ab", max_size=5))
def test_several_patterns_agree_with_the_library(text: str) -> None:
    """The library joins patterns, so that a back reference counts the groups of all of them."""
    each = [Pattern(r"^(a)\1$"), Pattern(r"^(b)\1$")]
    assert Patterns(each).matches(text) is (text == "aa")
    assert Patterns([Pattern("^a$"), Pattern("b")]).matches(text) is (text == "a" or "b" in text)


def test_an_empty_set_of_patterns_matches_nothing() -> None:
    assert not Patterns([]).matches("")
    assert not Patterns([]).late


def test_lookbehinds_of_any_length() -> None:
    pytest.importorskip("regex")
    pattern = Pattern("(?<=a+)b")
    assert pattern.matches("xaab")
    assert not pattern.matches("b")


@pytest.mark.parametrize("text", ["(", "a**", "(?<a", r"\pL", "(?R)", "(?<=a"])
def test_an_invalid_pattern(text: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression"):
        engine(text)
