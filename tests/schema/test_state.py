"""Tests of streamparse.schema.state: forks and pickles inside a document, at any depth."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from streamparse.schema.checks import Seen
from streamparse.schema.state import read_seen, write_seen
from tests.schema.schemas import SCHEMAS, VALUES, make_validator, violation_of

BUSY: dict[str, Any] = {
    "properties": {
        "kind": {"enum": ["circle", "square"]},
        "parts": {
            "uniqueItems": True,
            "contains": {"minimum": 3},
            "items": {"oneOf": [{"$ref": "#"}, {"type": "integer"}, {"pattern": "^a+$"}]},
        },
    },
    "dependentSchemas": {"kind": {"required": ["parts"]}},
    "if": {"properties": {"kind": {"const": "circle"}}},
    "then": {"maxProperties": 2},
    "else": {"required": ["size"]},
    "propertyNames": {"anyOf": [{"maxLength": 5}, {"pattern": "^x-"}]},
}
TEXTS = [
    '{"kind": "circle", "parts": [1, "aa", 4, {"kind": "circle", "parts": [3]}]}',
    '{"kind": "square", "size": 1, "parts": [{"size": 2}, 3], "x-longer": null}',
    '{"kind": "circle", "parts": [1, "ab"]}',
    '{"parts": [{"kind": "square"}]}',
    '{"parts": [5, 5]}',
    '{"longer": 1}',
]


def outcome(parser: JSONParser, text: str) -> tuple[Any, ...] | None:
    """Return the violation in the rest of a document."""
    try:
        parser.feed(text)
        parser.finish()
    except SchemaViolation as error:
        return error.code, error.offset, error.path, error.schema_path, error.message
    return None


@pytest.mark.parametrize("text", TEXTS)
def test_a_fork_at_every_offset(text: str) -> None:
    validator = SchemaValidator(BUSY)
    whole = outcome(JSONParser(validator=validator), text)
    for place in range(len(text) if whole is None else whole[1] + 1):
        parser = JSONParser(validator=validator)
        parser.feed(text[:place])
        copies = [parser.clone(), pickle.loads(pickle.dumps(parser)), parser]
        assert [outcome(one, text[place:]) for one in copies] == [whole] * 3


@given(SCHEMAS, VALUES)
def test_forks_give_the_same_result(schema: Any, value: Any) -> None:
    """A fork after every character gives the same result, for any schema."""
    validator = make_validator(schema, collect=True)
    text = json.dumps(value)
    plain, forked = JSONParser(validator=validator), JSONParser(validator=validator)
    plain.feed(text)
    for char in text:
        forked = forked.clone()
        forked.feed(char)
    plain.finish()
    forked.finish()
    lists = [[str(one) for one in parser.violations] for parser in (plain, forked)]
    assert lists[0] == lists[1]


def test_pickles_are_flat() -> None:
    schema = {"items": {"anyOf": [{"$ref": "#"}, {"type": "object", "minProperties": 1}]}}
    parser = JSONParser(validator=SchemaValidator(schema))
    parser.feed("[" * 1000)
    again = pickle.loads(pickle.dumps(parser))
    again.feed("]" * 1000)
    assert again.done


def test_the_items_of_an_array() -> None:
    seen = Seen()
    items: list[Any] = ["a", 1, None, True, [1, {"a": [True]}], {}]
    for item in items:
        assert not seen.repeats(item)
    again = read_seen(pickle.loads(pickle.dumps(write_seen(seen))))
    assert again is not None
    assert again.booleans
    items = [1.0, "a", [1, {"a": [True]}], {}, []]
    assert [again.add(item) for item in items] == [False, False, False, False, True]
    assert read_seen(write_seen(None)) is None


def test_a_validator_pickles() -> None:
    validator = SchemaValidator(BUSY, draft="draft2020-12", formats=True)
    again = pickle.loads(pickle.dumps(validator))
    for text in TEXTS:
        assert violation_of(again, [text]) == violation_of(validator, [text])
