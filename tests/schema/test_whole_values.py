"""Tests of streamparse.schema.whole_values: the results are those of the reference library."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from tests.schema.schemas import LEAVES, VALUES, valid, violation_of


@pytest.mark.parametrize("keyword", sorted(LEAVES))
@given(data=st.data(), value=VALUES)
def test_each_keyword_alone(keyword: str, data: st.DataObject, value: Any) -> None:
    schema = {keyword: data.draw(LEAVES[keyword])}
    refused = violation_of(SchemaValidator(schema), [json.dumps(value)])
    assert (refused is None) is valid(schema, value)
    if refused is not None:
        assert refused[0] == keyword


@pytest.mark.parametrize(
    ("schema", "text", "codes"),
    [
        ({"required": ["a", "b"]}, "{}", 2),
        ({"minLength": 3, "pattern": "^b"}, '"a"', 2),
        ({"minItems": 2, "contains": {"type": "null"}}, "[1]", 2),
        ({"minimum": 3, "enum": [4, 5]}, "1", 2),
    ],
)
def test_every_violation_is_collected(schema: Any, text: str, codes: int) -> None:
    parser = JSONParser(validator=SchemaValidator(schema, collect=True))
    parser.feed(text)
    parser.finish()
    assert len(parser.violations) == codes


@pytest.mark.parametrize(
    ("schema", "text", "code"),
    [
        ({"maximum": 1}, "2.5", "maximum"),
        ({"type": "number", "maximum": 1}, "2.5", "maximum"),
        ({"type": "integer", "maximum": 1}, "2.5", "type"),
        ({"anyOf": [{"maximum": 1}, {"type": "string"}]}, "2.5", "maximum"),
        ({"anyOf": [{"maximum": 1}, {"minimum": 5}], "maximum": 9}, "2.5", "anyOf"),
        ({"not": {"maximum": 3}, "maximum": 9}, "2.5", "not"),
        ({"items": {"$ref": "#/$defs/x"}, "$defs": {"x": {"maximum": 1}}}, "[2.5]", "maximum"),
        ({"$ref": "#/$defs/x", "minimum": 0, "$defs": {"x": {"maximum": 1}}}, "2.5", "maximum"),
        ({"properties": {"price": {"minimum": 0}}}, '{"price": -0.5}', "minimum"),
        ({"const": 0.5}, "0.25", "const"),
        ({"const": [0.5]}, "[0.25]", "const"),
        ({"enum": [0.5, 1]}, "0.25", "enum"),
        ({"multipleOf": 2}, "2.5", "multipleOf"),
        ({"enum": [0.5, 1]}, "0.5", None),
        ({"minimum": 1, "multipleOf": 0.5}, "2.5", None),
    ],
)
def test_numbers_that_are_neither_int_nor_float(schema: Any, text: str, code: str | None) -> None:
    """The reference library validates such numbers, and its first error becomes the violation."""
    parser = JSONParser(validator=SchemaValidator(schema), parse_float=Decimal)
    raised_code = None
    try:
        parser.feed(text + " ")
    except SchemaViolation as error:
        raised_code = error.code
    assert raised_code == code


def test_numbers_of_other_types_where_the_library_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamparse.schema.plans.MAX_WEIGHT", 1)
    validator = SchemaValidator({"minimum": 1, "allOf": [{"maximum": 2}]})
    with pytest.raises(SchemaViolation):
        JSONParser(validator=validator, parse_float=Decimal).feed("2.5 ")


@pytest.mark.parametrize(
    ("schema", "text", "code"),
    [
        ({"required": ["a"]}, '{"b": 1}', "required"),
        ({"minProperties": 2}, '{"b": 1}', "minProperties"),
        ({"dependentRequired": {"a": ["b", "c"]}}, '{"a": 1, "b": 2}', "dependentRequired"),
        ({"minItems": 2}, "[1]", "minItems"),
        ({"contains": {"type": "string"}}, "[1, 2]", "contains"),
        ({"uniqueItems": True}, "[1, 2, 1.0]", "uniqueItems"),
        ({"const": {"a": [1]}}, '{"a": [1.5]}', "const"),
        ({"enum": [[1], {"a": 2}]}, '{"a": 1}', "enum"),
        ({"enum": ["ab", "cd"]}, '"a"', "enum"),
        ({"minLength": 3}, '"ab"', "minLength"),
        ({"pattern": "b$"}, '"ba"', "pattern"),
        ({"pattern": "^(?!b)"}, '"ba"', "pattern"),
        ({"propertyNames": {"minLength": 2}}, '{"a": 1}', "minLength"),
        ({"enum": [1, 2.5]}, "2", "enum"),
        ({"exclusiveMinimum": 2}, "2", "exclusiveMinimum"),
        ({"multipleOf": 0.5}, "2.25", "multipleOf"),
        ({"unevaluatedItems": False, "prefixItems": [{}]}, "[1, 2]", "unevaluatedItems"),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_the_keyword_of_a_violation(schema: Any, text: str, code: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    found = violation_of(SchemaValidator(schema), pieces)
    assert found is not None
    assert found[0] == code


def test_a_format_is_checked_at_the_end() -> None:
    validator = SchemaValidator({"format": "date"}, formats=True)
    assert violation_of(validator, ['"2026-01-31"']) is None
    found = violation_of(validator, ['"2026-02-31"'])
    assert found is not None
    assert found[0] == "format"


@pytest.mark.parametrize(
    ("schema", "text", "code"),
    [
        ({"uniqueItems": True}, "[[1], [1.0]]", "uniqueItems"),
        ({"enum": [[1], {"a": 2}]}, '{"a": 3}', "enum"),
        ({"const": [1, 2]}, "[1]", "const"),
        ({"pattern": "(a)\\1"}, '"ab"', "pattern"),
        ({"enum": ["ab", "ac"]}, '"a"', "enum"),
        ({"format": "date", "minLength": 20}, '"2020-01-01"', "minLength"),
        ({"dependentRequired": {"a": ["b"]}}, '{"a": 1}', "dependentRequired"),
        ({"minProperties": 2}, '{"a": 1}', "minProperties"),
        ({"multipleOf": 3}, "4", "multipleOf"),
    ],
)
def test_keywords_that_need_the_whole_value(schema: Any, text: str, code: str) -> None:
    refused = violation_of(SchemaValidator(schema), list(text))
    assert refused is not None
    assert refused[0] == code


LONG = [[number] for number in range(300)]  # Too many values to compare item by item.
FLAT = [0] * 300


@pytest.mark.parametrize(
    ("schema", "value", "code"),
    [
        ({"enum": LONG}, [299], None),
        ({"enum": LONG}, [299.0], None),
        ({"enum": LONG}, [300], "enum"),
        ({"enum": [*LONG, "a", 1]}, "a", None),
        ({"enum": [*LONG, "a", 1]}, {}, "enum"),
        ({"const": FLAT}, FLAT, None),
        ({"const": FLAT}, [*FLAT[:-1], False], "const"),  # False is not equal to 0.
        ({"const": {"a": FLAT}}, {"a": FLAT}, None),
        ({"const": {"a": FLAT}}, {"b": FLAT}, "const"),
        ({"enum": [{"a": FLAT}], "minProperties": 1}, {"a": []}, "enum"),
        ({"items": {"enum": LONG}}, [[1], [2]], None),
        ({"items": {"enum": LONG}}, [[1], [-1]], "enum"),
    ],
)
def test_large_allowed_values_are_compared_at_the_end(schema: Any, value: Any, code: Any) -> None:
    refused = violation_of(SchemaValidator(schema), list(json.dumps(value)))
    assert (None if refused is None else refused[0]) == code
    assert (code is None) is valid(schema, value)


@pytest.mark.parametrize(
    "value", [[[True], [True]], [[True], [1]], [{"a": False}, {"a": False}], [[False], [0], [1]]]
)
def test_items_with_booleans_inside_are_compared_at_the_end(value: Any) -> None:
    schema = {"uniqueItems": True}
    refused = violation_of(SchemaValidator(schema), [json.dumps(value)])
    assert (refused is None) is valid(schema, value)
    if refused is not None:
        assert refused[0] == "uniqueItems"


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"enum": ["ab", "cd"]}, '"cd"'),
        ({"enum": ["ab", 1], "minLength": 2}, '"ab"'),
        ({"enum": [1, 2]}, "2"),
        ({"pattern": "^ab*$"}, '"abb"'),
        ({"pattern": "^ab*$", "maxLength": 3, "minLength": 3}, '"abb"'),
        ({"pattern": "b$"}, '"ab"'),
        ({"propertyNames": {"pattern": "^a", "enum": ["ab", "ac"]}}, '{"ab": 1}'),
        ({"dependentRequired": {"a": ["b"]}}, '{"c": 1}'),
        ({"dependentRequired": {"a": ["b"]}}, '{"a": 1, "b": 2}'),
        ({"minItems": 1, "uniqueItems": True}, "[1, 2]"),
        ({"required": ["a"], "minProperties": 1}, '{"a": 1}'),
        ({"required": ["a"]}, "[]"),
        ({"minItems": 1}, "{}"),
        ({"minimum": 1, "multipleOf": 2}, "4"),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_valid_values_of_every_keyword(schema: Any, text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert violation_of(SchemaValidator(schema), pieces) is None


@pytest.mark.parametrize(
    ("schema", "text", "codes"),
    [
        ({"enum": ["ab"], "minLength": 5}, '"ax"', ["enum", "minLength"]),
        ({"pattern": "^ab*$", "enum": ["abb"]}, '"acb"', ["enum", "pattern"]),
        ({"pattern": "^ab*$", "minLength": 4}, '"ac"', ["minLength", "pattern"]),
    ],
)
def test_a_keyword_that_failed_while_the_text_arrived_is_reported_once(
    schema: Any, text: str, codes: list[str]
) -> None:
    parser = JSONParser(validator=SchemaValidator(schema, collect=True))
    parser.feed(text)
    parser.finish()
    assert sorted(one.code for one in parser.violations) == codes


@pytest.mark.parametrize(
    ("value", "accepted"),
    [({"a": 1}, True), ({"b": 1}, False), ([1, 2], True), ([1], False), ("ab", True), ("a", False)],
)
def test_heavy_schemas_are_decided_by_the_library(
    monkeypatch: pytest.MonkeyPatch, value: Any, accepted: bool
) -> None:
    """If too many parts of a schema apply to one value, the reference library validates it."""
    monkeypatch.setattr("streamparse.schema.plans.MAX_WEIGHT", 1)
    parts = [{"required": ["a"]}, {"minItems": 2}, {"minLength": 2}, {"minProperties": 1}]
    more = [{"maxItems": 9}, {"maxLength": 9}, {"maxProperties": 9}]
    schema = {"allOf": [*parts, *more]}
    refused = violation_of(SchemaValidator(schema), [json.dumps(value)])
    assert (refused is None) is accepted is valid(schema, value)


def test_a_format_of_a_key_is_checked_at_its_end() -> None:
    validator = SchemaValidator({"propertyNames": {"format": "date"}}, formats=True)
    assert violation_of(validator, ['{"2026-01-31": 1}']) is None
    refused = violation_of(validator, ['{"2026-02-31": 1}'])
    assert refused is not None
    assert refused[0] == "format"
