"""Tests of streamparse.schema.evaluated: keys and items that no schema evaluates are rejected."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.schema import SchemaValidator
from tests.parts import chars
from tests.schema.schemas import violation_of

CLOSED: dict[str, Any] = {
    "$ref": "#/$defs/named",
    "anyOf": [{"properties": {"age": {"type": "integer"}}}, {"patternProperties": {"^x-": True}}],
    "unevaluatedProperties": False,
    "$defs": {"named": {"properties": {"name": {"type": "string"}}}},
}


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ('{"name": "Ada", "age": 36, "x-1": 0}', None),
        ('{"nick', 3),
        ('{"name": "Ada", "x_', 18),
        (
            '{"age": "old", "name": "Ada"}',
            28,
        ),  # Only an alternative that fails at the end evaluates the key.
    ],
)
def test_members(text: str, offset: int | None) -> None:
    refused = violation_of(SchemaValidator(CLOSED), chars(text))
    assert (refused[1] if refused else None) == offset


@pytest.mark.parametrize(
    "more",
    [
        {"additionalProperties": {"type": "integer"}},
        {"allOf": [{"additionalProperties": True}]},
        {"if": {"unevaluatedProperties": True}},
        {"dependentSchemas": {"a": {"unevaluatedProperties": {}}}},
    ],
)
def test_members_that_any_schema_may_evaluate_are_checked_at_the_end(more: Any) -> None:
    schema = {"properties": {"a": {}}, "unevaluatedProperties": False, **more}
    root = SchemaValidator(schema)._program.root
    assert root is not None
    assert root.objects is None or root.objects.closed == []


@pytest.mark.parametrize(
    ("schema", "text", "offset"),
    [
        ({"prefixItems": [{}, {}]}, "[1, 2, 3", 7),
        ({"allOf": [{"prefixItems": [{}]}]}, "[1, 2", 4),
        ({"prefixItems": [{}], "contains": {"type": "null"}}, "[1, null]", None),
        ({"items": {"type": "integer"}}, "[1, 2]", None),
        ({}, "[1", 1),
    ],
)
def test_items(schema: Any, text: str, offset: int | None) -> None:
    refused = violation_of(SchemaValidator({**schema, "unevaluatedItems": False}), chars(text))
    assert (refused[1] if refused else None) == offset
