"""Tests of streamparse.schema.messages."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, SchemaViolation, json_pointer, value_at
from streamparse.errors import VIOLATION_CODES
from streamparse.schema import SchemaValidator
from streamparse.schema.messages import closest, likeness, most_likeness
from tests.parts import failure

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
    },
    "required": ["city"],
    "additionalProperties": False,
}

# Schema, document, parts of the message, the closest match.
ROWS: list[tuple[Any, str, list[str], str | None]] = [
    (WEATHER, "[", ["expected an object", "not an array"], None),
    (WEATHER, '{"city": 1', ["expected a string", "not a number"], None),
    (WEATHER, '{"cty', ["'ct'", "'city'", "'unit' or 'days'", "did you mean 'city'"], "city"),
    (WEATHER, '{"unit": "kelvin', ["'celsius' or 'fahrenheit'", "not 'k'"], None),
    (WEATHER, '{"unit": "celc', ["not 'celc'", "did you mean"], "celsius"),
    (WEATHER, '{"days": 0}', ["at least 1, not 0"], None),
    (WEATHER, '{"days": 15}', ["at most 14, not 15"], None),
    (WEATHER, '{"days": 1.5}', ["an integer, not 1.5"], None),
    (WEATHER, '{"days": 1}', ["'city' is missing"], None),
    (WEATHER, '{"city": ""', ["at least 1 characters, not 0"], None),
    ({"const": 3}, "4 ", ["expected 3, not 4"], None),
    ({"enum": list(range(20))}, "99 ", ["0, 1, 2, 3, 4, 5 or 14 others"], None),
    ({"type": ["string", "null"]}, "1", ["a string or null"], None),
    ({"maxItems": 1}, "[1, 2", ["at most 1 items, not 2"], None),
    ({"prefixItems": [{}], "items": False}, "[1, 2", ["index 1"], None),
    ({"uniqueItems": True}, "[1, 1]", ["twice"], None),
    ({"pattern": "^a"}, '"b', ["'b'", "'^a'"], None),
    ({"anyOf": [{"maxLength": 1}, {"maxLength": 0}], "type": "string"}, '"ab', ["1 char"], None),
    ({"anyOf": [{"minimum": 5}, {"multipleOf": 7}]}, "3 ", ["none of the 2"], None),
    ({"oneOf": [{"minimum": 1}, {"multipleOf": 7}]}, "7 ", ["more than one of the 2"], None),
    ({"not": {"minimum": 1}}, "3 ", ["not"], None),
    ({"dependentRequired": {"a": ["b"]}}, '{"a": 1}', ["'b' is missing beside 'a'"], None),
    ({"contains": {"type": "null"}}, "[1]", ["no items"], None),
    ({"properties": {"a": False}}, '{"a": 1', ["nothing is allowed"], None),
    ({"multipleOf": 5}, "7 ", ["multiple of 5"], None),
    ({"minProperties": 2}, '{"a": 1}', ["at least 2 members, not 1"], None),
    ({"enum": [{"a": [1]}]}, '{"b": 1}', ["begin with 'b'", "'a'"], None),
    ({"const": {"a": [1]}}, '{"a": [1, 2', ["index 1"], None),
    ({"const": {"a": [1, 2]}}, '{"a": [1]', ["2 items, not 1"], None),
    ({"const": {"a": [1]}}, '{"a": [2,', ["expected 1, not 2"], None),
    ({"const": {"a": 1, "b": 2}}, '{"b": 2}', ["'a' is missing"], None),
    ({"enum": [{"a": 1}, {"b": 1}]}, '{"c', ["one of {'…': 1} or {'…': 1}, not what c"], None),
    ({"enum": [{"alpha": 1}]}, '{"alf', ["did you mean"], "alpha"),
    ({"enum": [[0] * 300]}, "[0]", ["['…', 300], not ['…', 1]"], None),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_messages(row: tuple[Any, str, list[str], str | None]) -> None:
    schema, text, words, near = row
    error = failure(JSONParser(validator=SchemaValidator(schema)), [text])
    assert isinstance(error, SchemaViolation)
    assert [word for word in words if word not in error.message] == []
    assert error.closest == near
    assert error.code in VIOLATION_CODES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_the_schema_path_leads_to_the_keyword(row: tuple[Any, str, list[str], str | None]) -> None:
    schema, text, _, _ = row
    error = failure(JSONParser(validator=SchemaValidator(schema)), [text])
    assert isinstance(error, SchemaViolation)
    value_at(schema, error.schema_path)
    assert error.code in ("false", error.schema_path[-1])
    assert json_pointer(error.schema_path).startswith("/")


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("k", ["celsius", "fahrenheit"], None),
        ("fa", ["celsius", "fahrenheit"], "fahrenheit"),
        ("farenheit", ["celsius", "fahrenheit"], "fahrenheit"),
        ("Celsius", ["celsius", "fahrenheit"], "celsius"),
        ("zzz", ["celsius", "fahrenheit"], None),
        ("x", [], None),
    ],
)
def test_closest(text: str, words: list[str], found: str | None) -> None:
    assert closest(text, words) == found


def test_messages_stay_short() -> None:
    schema = {"enum": ["x" * 1000], "maxLength": 5}
    text = '"' + "x" * 500
    assert len(failure(JSONParser(validator=SchemaValidator(schema)), [text]).message) < 200


@given(st.text("abcd", max_size=9), st.lists(st.text("abcd", max_size=9), max_size=9))
def test_the_bound_of_the_similarity(text: str, words: list[str]) -> None:
    """The bound of the similarity never excludes the closest word."""
    exact = [likeness(text, word) for word in words]
    bounds = [most_likeness(text, word) for word in words]
    assert all(bound >= ratio for bound, ratio in zip(bounds, exact, strict=True))
    near = closest(text, words)
    if near is not None and not any(text[:-1] and one.startswith(text[:-1]) for one in words):
        assert near == words[exact.index(max(exact))]


def test_few_of_many_words_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[SequenceMatcher[str]] = []

    def ratio(matcher: SequenceMatcher[str]) -> float:
        measured.append(matcher)
        return 0.7

    monkeypatch.setattr(SequenceMatcher, "ratio", ratio)
    words = [f"{number:040d}-value" for number in range(500)]
    assert closest("0" * 30 + "zz", words) in words
    assert len(measured) <= 20  # A word is compared as a whole and by its beginning.
