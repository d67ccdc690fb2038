"""Tests of streamparse._core.coercion_values: containers, numbers and literals."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("jsonschema")

from streamparse import JSONParser, StreamParseError
from streamparse.schema import SchemaValidator
from tests.parts import cuttings, feed_each

TEXTS = {"type": "array", "items": {"type": "string"}}
RECORD = {"type": "object", "properties": {"size": {"type": "string"}}}
RECORDS = {"type": "array", "items": RECORD}


@pytest.mark.parametrize(
    ("schema", "text", "value", "offsets"),
    [
        ({"type": "string"}, "1.0e2", "1.0e2", [5]),
        ({"type": "string"}, "-7 ", "-7", [2]),
        (RECORD, '{"size": 40}', {"size": "40"}, [11]),
        (RECORDS, '{"size": "S"}', [{"size": "S"}], [0]),
        (RECORDS, '{"size": 40}', [{"size": "40"}], [0, 11]),
        ({"type": "array", "items": {"type": "integer"}}, "3", [3], [0]),
        ({"type": "array", "items": RECORDS}, '[[{"size": "S"}]]', [[{"size": "S"}]], []),
    ],
)
def test_values(schema: Any, text: str, value: Any, offsets: list[int]) -> None:
    for pieces in cuttings(text):
        parser = JSONParser(validator=SchemaValidator(schema, coerce=True))
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == value
        assert [repair.offset for repair in parser.repairs] == offsets


@pytest.mark.parametrize(
    ("schema", "text"), [(RECORDS, "null"), (RECORDS, '[{"size": 1}, "S"]'), (TEXTS, "[[1]]")]
)
def test_values_that_are_not_coerced(schema: Any, text: str) -> None:
    for pieces in cuttings(text):
        parser = JSONParser(validator=SchemaValidator(schema, coerce=True))
        with pytest.raises(StreamParseError) as caught:
            feed_each(parser, pieces)
        assert caught.value.code == "type"
