"""Tests of streamparse.schema._texts: strings and keys are rejected while they arrive."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import JSONParser
from streamparse.schema import SchemaValidator
from tests.parts import cuttings
from tests.schema.schemas import violation_of

# Schema, document up to the character that decides, code.
ROWS: list[tuple[Any, str, str]] = [
    ({"enum": ["north", "nose"]}, '"not', "enum"),
    ({"maxLength": 2}, '"abc', "maxLength"),
    ({"pattern": "^[a-c]*$"}, '"abx', "pattern"),
    ({"enum": ["abc"], "maxLength": 2}, '"abc', "maxLength"),
    ({"maxLength": 2, "pattern": "^a*$"}, '"aab', "maxLength"),
    ({"anyOf": [{"const": "ab"}, {"maxLength": 1}]}, '"ac', "anyOf"),
    ({"anyOf": [{"const": "ab"}, {"const": "ac"}]}, '"ad', "anyOf"),
    ({"propertyNames": {"pattern": "^x"}}, '{"y', "pattern"),
    ({"propertyNames": {"anyOf": [{"const": "ab"}, {"const": "ac"}]}}, '{"ad', "anyOf"),
]


@pytest.mark.parametrize(("schema", "text", "code"), ROWS, ids=[row[1] for row in ROWS])
def test_the_character_that_decides(schema: Any, text: str, code: str) -> None:
    for pieces in cuttings(text):
        found = violation_of(SchemaValidator(schema), pieces)
        assert found is not None
        assert (found[0], found[1]) == (code, len(text) - 1)


def test_each_constraint_is_reported_once() -> None:
    schema = {"enum": ["abc"], "maxLength": 2, "pattern": "^z"}
    for pieces in cuttings('"abd"'):
        parser = JSONParser(validator=SchemaValidator(schema, collect=True))
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert [error.code for error in parser.violations] == ["pattern", "enum", "maxLength"]
