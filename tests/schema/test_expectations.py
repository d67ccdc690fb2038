"""Tests of streamparse.schema.expectations: the kinds and words that a schema allows."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._core.expected import (
    ANY_KIND,
    ARRAY,
    FALSE,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TRUE,
    Expected,
)
from streamparse.schema import SchemaValidator


def at_root(schema: Any) -> Expected:
    found = SchemaValidator(schema).begin().expects()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        (True, ANY_KIND),
        (False, 0),
        ({"type": ["integer", "boolean"]}, NUMBER | TRUE | FALSE),
        ({"enum": [1, None, {}]}, NUMBER | NULL | OBJECT),
        ({"anyOf": [{"type": "array"}, {"const": "a"}]}, ARRAY | STRING),
        ({"allOf": [{"type": ["array", "null"]}, {"type": ["array", "object"]}]}, ARRAY),
        ({"not": {"type": "string"}}, ANY_KIND & ~STRING),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, NULL),
    ],
)
def test_kinds(schema: Any, kinds: int) -> None:
    assert at_root(schema).kinds == kinds


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (True, None),
        ({"enum": ["a", "b", 1]}, {"a", "b"}),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"b"}),
        ({"anyOf": [{"enum": ["a", "b"]}, {"const": "c"}]}, {"a", "b", "c"}),
        ({"anyOf": [{"enum": ["a"]}, {"maxLength": 3}]}, None),
        ({"anyOf": [{"enum": ["a"]}, {"type": "string"}]}, None),
        ({"not": {"enum": ["a"]}}, None),
    ],
)
def test_words(schema: Any, words: set[str] | None) -> None:
    assert at_root(schema).words == words


@pytest.mark.parametrize(
    ("schema", "items"),
    [
        ({"items": {"type": "number"}}, NUMBER),
        ({"prefixItems": [{"type": "null"}], "items": {"type": "number"}}, NULL),
        ({"type": "array"}, ANY_KIND),
    ],
)
def test_items(schema: Any, items: int) -> None:
    assert at_root(schema).items == items
