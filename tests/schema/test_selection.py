"""Tests of streamparse.schema._selection: the nodes that apply to a value and what they allow."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import JSONParser
from streamparse._core.expected import ARRAY, NULL, NUMBER, STRING
from streamparse.schema import SchemaValidator
from tests.parts import cuttings
from tests.schema.schemas import violation_of

WORDS: dict[str, Any] = {"patternProperties": {"^w": {"type": "string"}}}
EITHER: dict[str, Any] = {
    "anyOf": [
        {"properties": {"a": {"type": "string"}}, "patternProperties": {"^n": {"maximum": 3}}},
        {"properties": {"a": {"type": "array"}}, "additionalProperties": {"type": "number"}},
    ]
}
ROWS: list[tuple[Any, str, str | None]] = [
    (WORDS | {"properties": {"wa": {"minLength": 2}}}, '{"wa": "x"}', "minLength"),
    (WORDS | {"properties": {"wa": {"minLength": 2}}}, '{"wa": 1}', "type"),
    (WORDS | {"additionalProperties": {"type": "null"}}, '{"w": "x", "b": 1}', "type"),
    (WORDS | {"additionalProperties": {"type": "null"}}, '{"w": "x", "b": null}', None),
    (EITHER, '{"a": "x", "n": 2}', None),
    (EITHER, '{"a": [], "n": 5}', None),
    (EITHER, '{"a": "x", "n": 5}', "maximum"),
    (EITHER, '{"a": 1}', "anyOf"),
    ({"allOf": [{"prefixItems": [{"type": "null"}]}, {"maxItems": 1}]}, "[null, 1]", "maxItems"),
    ({"allOf": [{"prefixItems": [True], "items": False}, {}]}, "[null, 1]", "items"),
    ({"allOf": [{"items": {"type": "null"}}, {"contains": True}]}, "[null, 1]", "type"),
    ({"contains": {"type": "null"}, "items": {"minimum": 2}}, "[null, 1]", "minimum"),
    ({"anyOf": [False, {"type": "null"}]}, "1", "anyOf"),
    ({"oneOf": [{"type": "number"}, {"type": "number", "minimum": 3}]}, "4 ", "oneOf"),
    (
        {"properties": {"a": {"$ref": "#"}}, "maxProperties": 1},
        '{"a": {"a": 1, "b": 2}}',
        "maxProperties",
    ),
]


@pytest.mark.parametrize(("schema", "text", "code"), ROWS, ids=[row[1] for row in ROWS])
def test_the_nodes_that_apply_to_a_value(schema: Any, text: str, code: str | None) -> None:
    for pieces in cuttings(text):
        found = violation_of(SchemaValidator(schema), pieces)
        assert (None if found is None else found[0]) == code


@pytest.mark.parametrize(
    ("schema", "text", "kinds"),
    [
        ({"properties": {"a": {"type": "string"}}}, '{"a":', STRING),
        ({"items": {"type": "number"}}, "[1, ", NUMBER),
        ({"prefixItems": [{"type": "null"}], "items": {"type": "array"}}, "[", NULL),
        (
            {"allOf": [{"items": {"type": ["number", "null"]}}, {"items": {"type": "null"}}]},
            "[",
            NULL,
        ),
        (EITHER, '{"a":', STRING | ARRAY),
        (EITHER, '{"n": 5, "a":', ARRAY),
        ({"not": {"properties": {"a": {"type": "null"}}}}, '{"a":', None),
        ({}, "[", None),
    ],
)
def test_expected_kinds(schema: Any, text: str, kinds: int | None) -> None:
    parser = JSONParser(validator=SchemaValidator(schema))
    parser.feed(text)
    assert parser._chain.validator is not None
    found = parser._chain.validator.expects()
    assert (None if found is None else found.kinds) == kinds


def test_words_of_alternatives_are_joined() -> None:
    schema = {"anyOf": [{"items": {"enum": ["a", "b"]}}, {"items": {"const": "c"}}]}
    parser = JSONParser(validator=SchemaValidator(schema))
    parser.feed("[")
    assert parser._chain.validator is not None
    found = parser._chain.validator.expects()
    assert found is not None
    assert found.words == frozenset("abc")
    parser.feed('"a", ')
    found = parser._chain.validator.expects()
    assert found is not None
    assert found.words == frozenset("ab")
