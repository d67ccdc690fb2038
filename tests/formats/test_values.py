"""Tests of text that gets its type from the schema of the tool."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._core.sink import NOTHING
from streamparse.formats.values import item_schema, kinds_of, property_schema, read_json, typed
from tests.helpers import same

ROOT = {"$defs": {"Count": {"type": "integer"}, "Loop": {"$ref": "#/$defs/Loop"}}}


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        ({"type": "string"}, " 42 ", " 42 "),
        ({"type": "string"}, "null", "null"),
        ({"type": "integer"}, " 42\n", 42),
        ({"type": "integer"}, "1_000", 1000),
        ({"type": "integer"}, "3.0", 3),
        ({"type": "integer"}, "3.5", "3.5"),
        ({"type": "integer"}, "9" * 5000, "9" * 5000),  # beyond the limit of Python's `int`
        ({"type": "number"}, "-2.5e3", -2500.0),
        ({"type": "number"}, "7", 7),
        ({"type": "number"}, "inf", "inf"),
        ({"type": "number"}, "nan", "nan"),
        ({"type": "number"}, "1e999", "1e999"),
        ({"type": "boolean"}, "True", True),
        ({"type": "boolean"}, "0", False),
        ({"type": "boolean"}, "yes", "yes"),
        ({"type": "null"}, "NONE", None),
        ({"type": "integer"}, "None", None),  # a template writes this for a missing value
        ({"type": ["string", "null"]}, " null ", None),
        ({"type": ["string", "null"]}, "nullify", "nullify"),
        ({"type": "object"}, "", {}),
        ({"type": "array"}, " ", []),
        ({"type": "object"}, '{"a": [1]}', {"a": [1]}),
        ({"type": "object"}, "[1]", "[1]"),  # not an object
        ({"type": "array"}, "[1", "[1"),
        ({"type": ["integer", "string"]}, "x1", "x1"),
        ({"type": ["integer", "string"]}, "12", 12),
        ({"type": ["string", "integer"]}, "12", "12"),  # the first type of the schema that fits
        ({"type": "str"}, "12", "12"),
        ({"type": "int"}, "12", 12),
        ({"type": "dict"}, "{}", {}),
        ({"enum": ["none", "all"]}, "none", "none"),
        ({"enum": [1, 2.5, True, None]}, "2.5", 2.5),
        ({"enum": [1, 2.5, True, None]}, "true", True),
        ({"enum": [1, 2.5, True, None]}, "null", None),
        ({"const": [1, "a"]}, '[1, "a"]', [1, "a"]),
        ({"type": "integer", "nullable": True}, "null", None),
        ({"$ref": "#/$defs/Count"}, "5", 5),
        ({"$ref": "#/$defs/Loop"}, "5", "5"),
        ({"$ref": "elsewhere.json"}, "5", "5"),
        ({"$ref": "#/$defs/Missing/deep"}, "5", "5"),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, '{"a": 1}', {"a": 1}),
        ({"allOf": [{"$ref": "#/$defs/Count"}, {"minimum": 0}]}, "5", 5),
        ({"properties": {"a": {}}}, '{"a": 1}', {"a": 1}),
        ({"items": {}}, "[1]", [1]),
        ({}, "5", "5"),
        (True, "5", "5"),
        (None, "5", "5"),
    ],
)
def test_text_by_schema(schema: Any, text: str, expected: Any) -> None:
    assert same(typed(text, kinds_of(schema, ROOT)), expected)


@pytest.mark.parametrize(
    ("schema", "is_text", "is_text_or_null"),
    [
        ({"type": "string"}, True, True),
        ({"type": ["string", "null"]}, False, True),
        ({"type": ["null", "string"]}, False, True),
        ({"type": ["string", "integer"]}, True, True),
        ({"type": ["integer", "string"]}, False, False),
        ({"enum": ["a", 1]}, False, False),
        ({}, True, False),
    ],
)
def test_schemas_whose_values_are_streamed(
    schema: Any, is_text: bool, is_text_or_null: bool
) -> None:
    kinds = kinds_of(schema, {})
    assert (kinds.is_text, kinds.is_text_or_null) == (is_text, is_text_or_null)


def test_where_schemas_are_found() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"own": {"type": "null"}}}],
        "additionalProperties": {"type": "number"},
        "$defs": {"Base": {"properties": {"inherited": {"type": "boolean"}}}},
    }
    assert property_schema(schema, "own") == {"type": "null"}
    assert property_schema(schema, "inherited") == {"type": "boolean"}
    assert property_schema(schema, "other") == {"type": "number"}
    assert property_schema({"additionalProperties": False}, "other") is None
    assert item_schema({"anyOf": [{"items": {"type": "null"}}]}, {}) == {"type": "null"}
    assert item_schema({}, {}) is None


def test_read_json() -> None:
    assert read_json('{"a": 1}') == {"a": 1}
    assert read_json(" 1 ") == 1
    for text in ("", "{", "1 2", "None"):
        assert read_json(text) is NOTHING
