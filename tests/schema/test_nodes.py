"""Tests of streamparse.schema.nodes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse.schema import SchemaValidator
from streamparse.schema.nodes import (
    ANYTHING,
    ARRAY,
    NULL,
    OBJECT,
    STRING,
    Check,
    Failure,
    KeySet,
    Node,
)
from streamparse.schema.nodes import ObjectRules as Rules
from streamparse.schema.patterns import Pattern, Patterns
from streamparse.schema.trie import Trie
from tests.schema.schemas import valid, violation_of


def test_the_first_keyword_that_rejects_a_kind_is_kept() -> None:
    node = Node(0, (), {})
    node.refuse(1 << STRING | 1 << NULL, "type")
    node.refuse(1 << STRING | 1 << ARRAY, "enum")
    assert [node.refusers[kind] for kind in (STRING, NULL, ARRAY, OBJECT)] == [
        *("type", "type", "enum", "")
    ]
    assert node.allowed == ANYTHING & ~(1 << STRING | 1 << NULL | 1 << ARRAY)


def test_a_node_checks_the_kinds_of_its_rules() -> None:
    node = Node(0, (), {})
    node.freeze()
    assert (node.busy, node.keeps) == (0, 0)
    node.objects = Rules()
    node.checks.append(Check("format", 1 << STRING, bool))
    node.freeze()
    assert node.busy == 1 << OBJECT | 1 << STRING
    assert node.keeps == 1 << STRING


def test_rules_of_objects() -> None:
    rules = Rules()
    rules.freeze()
    assert (rules.counts, rules.plain) == (False, True)
    rules.required = ["a"]
    rules.patterns.append((Pattern("a"), Node(0, (), {})))
    rules.freeze()
    assert (rules.counts, rules.plain) == (True, False)


def test_key_sets() -> None:
    keys = KeySet("", Trie(["a"]), Patterns([Pattern("^b")]))
    assert [keys.has(key) for key in ("a", "bc", "c")] == [True, True, False]
    assert not keys.patterns.late
    assert KeySet("", Trie(["a"]), Patterns([Pattern("b")])).patterns.late


# Each schema with texts that are valid, and texts that are not.
RULES: list[tuple[Any, list[str], list[str]]] = [
    ({"enum": ["ab", 1, None, [2], {"a": 3}]}, ["1", "null", "[2]"], ['"a"', "[3]", "true"]),
    ({"const": {"a": 1}}, ['{"a": 1.0}'], ['{"a": 2}', "{}"]),
    ({"minLength": 2, "maxLength": 3}, ['"ab"', "1"], ['"a"', '"abcd"']),
    ({"pattern": "^a"}, ['"ab"', "[]"], ['"b"']),
    (
        {"prefixItems": [{"type": "null"}], "items": {"type": "string"}},
        ['[null, "a"]'],
        ["[null, 1]"],
    ),
    (
        {"minItems": 1, "maxItems": 2, "uniqueItems": True},
        ["[1, 2]"],
        ["[]", "[1, 1]", "[1, 2, 3]"],
    ),
    (
        {"contains": {"const": 1}, "minContains": 2, "maxContains": 2},
        ["[1, 1]"],
        ["[1]", "[1, 1, 1]"],
    ),
    ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, ["2", "3.5"], ["4", "1.5"]),
    ({"anyOf": [{"type": "null"}, {"minLength": 3}]}, ["null", '"abc"'], ['"ab"']),
    ({"if": {"type": "string"}, "then": {"minLength": 2}}, ["1", '"ab"'], ['"a"']),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, ["{}", '{"a": 1, "b": 2}'], ['{"a": 1}']),
    ({"not": {"enum": [1, 2]}}, ["3"], ["1"]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), RULES, ids=lambda given: str(given)[:30])
def test_texts_that_a_schema_allows(schema: Any, good: list[str], bad: list[str]) -> None:
    """The outcome is that of the reference library, for strict and for coerced values."""
    validator = SchemaValidator(schema)
    for text in (*good, *bad):
        assert valid(schema, json.loads(text)) is (text in good)
        assert (violation_of(validator, list(text)) is None) is (text in good), text


def test_a_failure_takes_effect_later() -> None:
    failure = Failure(Node(0, (), {}), "minLength", ("a",), 3, 1)
    later = failure.at(7)
    assert (later.offset, later.path, later.keyword, later.got) == (7, ("a",), "minLength", 1)
    assert failure.offset == 3
