"""Tests of streamparse.schema._walker: the code, offset and path of violations."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from tests.growth import is_linear
from tests.parts import chars, cuttings, halvings
from tests.schema.schemas import violation_in, violation_of

SHAPE: dict[str, Any] = {
    "oneOf": [
        {
            "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
            "required": ["kind", "radius"],
            "additionalProperties": False,
        },
        {
            "properties": {"kind": {"const": "cube"}, "side": {"type": "number"}},
            "required": ["kind", "side"],
            "additionalProperties": False,
        },
    ]
}
TREE: dict[str, Any] = {
    "properties": {"value": {"type": "integer"}, "left": {"$ref": "#"}, "right": {"$ref": "#"}},
    "required": ["value"],
}

# Schema, document, code, offset of the deciding character, path.
ROWS: list[tuple[Any, str, str, int, tuple[Any, ...]]] = [
    # The kind is decided at the first character.
    ({"type": "object"}, "[1]", "type", 0, ()),
    ({"items": {"type": "string"}}, '["a", tr', "type", 6, (1,)),
    ({"properties": {"a": {"type": "array"}}}, '{"a": {', "type", 6, ("a",)),
    ({"enum": ["a", None]}, "tr", "enum", 0, ()),
    ({"const": 5}, '"5', "const", 0, ()),
    (False, "1", "false", 0, ()),
    # Strings are checked while they arrive.
    ({"enum": ["red", "green"]}, '"rad"', "enum", 2, ()),
    ({"enum": ["red", "green"]}, '"re"', "enum", 3, ()),
    ({"enum": ["r\u00e9d"]}, '"r\\u00e8d"', "enum", 7, ()),
    ({"const": "a\nb"}, '"a\\tb"', "const", 3, ()),
    ({"maxLength": 2}, '"ab\\ud83d\\ude00"', "maxLength", 14, ()),
    ({"minLength": 2}, '"\\ud83d\\ude00"', "minLength", 13, ()),
    ({"pattern": "^[0-9]{4}$"}, '"20x4"', "pattern", 3, ()),
    ({"pattern": "x"}, '"abc"', "pattern", 4, ()),
    # Keys.
    (
        {"additionalProperties": False, "properties": {"city": {}}},
        '{"cat',
        "additionalProperties",
        3,
        (),
    ),
    (
        {"additionalProperties": False, "properties": {"city": {}}},
        '{"cit"',
        "additionalProperties",
        5,
        (),
    ),
    ({"propertyNames": {"maxLength": 3}}, '{"long', "maxLength", 5, ()),
    ({"propertyNames": {"enum": ["a", "b"]}}, '{"a": 1, "c', "enum", 10, ()),
    ({"propertyNames": False}, '{"', "false", 1, ()),
    ({"maxProperties": 1}, '{"a": 1, "a": 2, "b"', "maxProperties", 19, ()),
    ({"additionalProperties": {"type": "null"}}, '{"a": 1', "type", 6, ("a",)),
    ({"patternProperties": {"^n": {"type": "number"}}}, '{"n1": "', "type", 7, ("n1",)),
    # Objects are checked at their end.
    ({"required": ["a", "b"]}, '{"b": 1}', "required", 7, ()),
    ({"minProperties": 2}, '{"a": 1, "a": 2}', "minProperties", 15, ()),
    ({"dependentRequired": {"a": ["b"]}}, '{"a": 1}', "dependentRequired", 7, ()),
    # A dependent schema applies as soon as both keys are known.
    (
        {"dependentSchemas": {"a": {"properties": {"b": {"type": "null"}}}}},
        '{"a": 1, "b": 2',
        "type",
        14,
        ("b",),
    ),
    (
        {"dependentSchemas": {"a": {"properties": {"b": {"type": "null"}}}}},
        '{"b": 2, "a": 1',
        "type",
        11,
        ("b",),
    ),
    # Arrays.
    ({"maxItems": 2}, "[1, 2, 3", "maxItems", 7, ()),
    ({"prefixItems": [{}, {"type": "null"}]}, "[1, 2", "type", 4, (1,)),
    ({"prefixItems": [{}], "items": False}, "[1, 2", "items", 4, ()),
    ({"minItems": 2}, "[1]", "minItems", 2, ()),
    ({"uniqueItems": True}, '[1, "1", 1.0]', "uniqueItems", 12, ()),
    ({"uniqueItems": True}, '[{"a": [1]}, {"a": [1]}', "uniqueItems", 22, ()),
    ({"contains": {"type": "null"}}, "[1, [null]]", "contains", 10, ()),
    ({"contains": {"type": "null"}, "minContains": 2}, "[null, 1]", "minContains", 8, ()),
    ({"contains": {"type": "null"}, "maxContains": 1}, "[null, 1, null", "maxContains", 13, ()),
    # Numbers are checked at their end.
    ({"type": "integer"}, "[1.5]"[1:], "type", 3, ()),
    ({"maximum": 9}, "10 ", "maximum", 2, ()),
    ({"enum": [1, 2]}, "1.5 ", "enum", 3, ()),
    ({"items": {"multipleOf": 0.5}}, "[1.5, 0.7]", "multipleOf", 9, (1,)),
    # A choice fails with its last alternative, for the reason of that alternative.
    (SHAPE, '{"kind": "cy', "oneOf", 11, ()),
    (SHAPE, '{"kind": "circle", "side', "additionalProperties", 20, ()),
    (SHAPE, '{"side": 1, "kind": "ci', "const", 22, ("kind",)),
    (SHAPE, '{"kind": "cube", "side": "x', "type", 25, ("side",)),
    (SHAPE, '{"kind": "cube"}', "required", 15, ()),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "1", "anyOf", 0, ()),
    ({"allOf": [{"maximum": 5}, {"minimum": 3}]}, "[2]"[1:], "minimum", 1, ()),
    ({"oneOf": [{"minimum": 1}, {"maximum": 3}]}, "2 ", "oneOf", 1, ()),
    ({"not": {"type": "string"}}, '"', "not", 0, ()),
    ({"not": {"required": ["a"]}}, '{"a": 1}', "not", 7, ()),
    # `else` applies as soon as the condition has failed; `then` applies at the end.
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, '{"a": 1}', "required", 7, ()),
    ({"if": {"items": {"type": "null"}}, "else": {"maxItems": 2}}, "[1, 2, 3", "maxItems", 7, ()),
    (
        {"if": {"items": {"type": "null"}}, "else": {"maxItems": 2}},
        "[null, null, null, 1",
        "maxItems",
        19,
        (),
    ),
    # References.
    (
        TREE,
        '{"value": 1, "left": {"value": 2, "right": {"value": "',
        "type",
        53,
        ("left", "right", "value"),
    ),
    (TREE, '{"value": 1, "left": {"right": {"value": 1}}}', "required", 43, ("left",)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_code_offset_and_path(row: tuple[Any, str, str, int, tuple[Any, ...]]) -> None:
    schema, text, code, offset, path = row
    validator = SchemaValidator(schema)
    for fragments in cuttings(text):
        refused = violation_of(validator, fragments)
        assert refused is not None
        assert refused[:3] == (code, offset, path)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_nothing_is_rejected_earlier(row: tuple[Any, str, str, int, tuple[Any, ...]]) -> None:
    """Law 9: no prefix before the deciding character is rejected."""
    schema, text, _, offset, _ = row
    JSONParser(validator=SchemaValidator(schema)).feed(text[:offset])


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (SHAPE, '{"radius": 1, "kind": "circle"}'),
        (TREE, '{"left": {"value": 1}, "value": 2}'),
        ({"required": ["a"], "maxProperties": 1}, '{"a": 1, "a": 2}'),
        ({"type": "integer"}, "1e2"),
        ({"type": "integer"}, "1.0"),
        ({"const": 1}, "1.0"),
        ({"enum": ["ab"]}, '"\\u0061b"'),
        (
            {"additionalProperties": False, "properties": {"\U0001f600": {}}},
            '{"\\ud83d\\ude00": 1}',
        ),
        ({"maxLength": 1}, '"\\ud83d\\ude00"'),
        ({"uniqueItems": True}, "[1, true, [1], [true], 0, false, null]"),
        ({"minContains": 0, "contains": False}, "[]"),
        (True, "[1]"),
    ],
)
def test_valid_documents_pass(schema: Any, text: str) -> None:
    for fragments in cuttings(text):
        assert violation_of(SchemaValidator(schema), fragments) is None


def test_a_node_is_applied_once_to_a_value() -> None:
    """A node that two alternatives apply at every level is applied once, not 2**depth times."""
    schema = {
        "anyOf": [
            {"properties": {"x": {"$ref": "#"}, "a": {"type": "null"}}, "minProperties": 1},
            {"properties": {"x": {"$ref": "#"}}, "required": ["x"], "maxProperties": 5},
            {"maxProperties": 0},
        ]
    }
    depth = 300
    text = '{"x":' * depth + "{}" + "}" * depth
    assert violation_of(SchemaValidator(schema), chars(text)) is None


LINEAR: dict[str, tuple[Any, Callable[[int], str]]] = {
    "pattern": ({"pattern": "^(?:[a-z]+ )*$"}, lambda size: '"' + "word " * (size // 5) + '"'),
    "word": ({"const": "x" * 400_000}, lambda size: '"' + "x" * size),
    "unique": ({"uniqueItems": True}, lambda size: json.dumps(list(range(size // 6)))),
    "keys": (
        {"patternProperties": {"^k[0-9]+$": {"type": "null"}}, "additionalProperties": False},
        lambda size: json.dumps({f"k{at:06}": None for at in range(size // 17)}),
    ),
    "alternatives": (
        {"items": {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}},
        lambda size: json.dumps([{"a": 1}] * (size // 10)),
    ),
}


@pytest.mark.parametrize("name", LINEAR)
def test_law_6_validation_is_linear(name: str) -> None:
    """Law 6: the work per character is bounded with these schemas."""
    schema, stream = LINEAR[name]
    validator = SchemaValidator(schema)

    def feed(pieces: Sequence[Any]) -> None:
        parser = JSONParser(validator=validator)
        for piece in pieces:
            parser.feed(piece)

    is_linear(feed, stream, 4)


@pytest.mark.parametrize(
    "text", ['{"a": {"b": {}, "c": [[], "x", {}]}, "n": 1}', '[{"a": ["x"]}, 2]']
)
@pytest.mark.parametrize("schema", [True, {}, {"properties": {"a": {}}, "items": {}}])
def test_values_without_rules_are_not_followed(schema: Any, text: str) -> None:
    for fragments in cuttings(text):
        parser = JSONParser(validator=SchemaValidator(schema))
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
        assert parser.value == json.loads(text)


def test_rules_apply_after_values_without_rules() -> None:
    schema = {"items": {"properties": {"free": {}, "n": {"type": "integer"}}}, "uniqueItems": True}
    free = '{"free": {"x": [{}, ["y"]]}, "n": '
    refused = violation_of(SchemaValidator(schema), [f'[{free}1}}, {free}"'])
    assert refused is not None
    assert refused[:3] == ("type", 2 * len(free) + 5, (1, "n"))
    refused = violation_of(SchemaValidator(schema), [f"[{free}1}}, {free}1}}"])
    assert refused is not None
    assert refused[0] == "uniqueItems"


def test_collecting_reports_the_repetition_once_and_goes_on() -> None:
    schema = {"uniqueItems": True, "items": {"type": "integer"}}
    parser = JSONParser(validator=SchemaValidator(schema, collect=True))
    parser.feed('[1, 1, 1, "x"]')
    parser.finish()
    found = [(error.code, error.path) for error in parser.violations]
    assert found == [("uniqueItems", ()), ("type", (3,))]


# Forks and pickles

FORKED: list[tuple[Any, str]] = [
    *((schema, text) for schema, text, *_ in ROWS),
    (SHAPE, '{"radius": 1, "kind": "circle"}'),
    (TREE, '{"left": {"value": 1}, "value": 2}'),
    ({"uniqueItems": True, "contains": {"type": "null"}}, '[{"a": [1]}, null, "a"]'),
]


@pytest.mark.parametrize(("schema", "text"), FORKED, ids=lambda one: str(one)[:40])
def test_forks_validate_the_rest(schema: Any, text: str) -> None:
    """A clone and a pickle at any place have the violation of the whole document (law 1)."""
    validator = SchemaValidator(schema)
    expected = violation_of(validator, [text])
    for first, second in halvings(text):
        parser = JSONParser(validator=validator)
        try:
            parser.feed(first)
        except SchemaViolation:
            break
        for twin in (parser.clone(), pickle.loads(pickle.dumps(parser))):
            assert violation_in(twin, [second]) == expected
        assert violation_in(parser, [second]) == expected
