"""Tests of streamparse.schema.judges: verdicts on whole values are those of the library."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser
from streamparse.schema import SchemaValidator
from tests.schema.schemas import LEAVES, VALUES, valid, verdict


@pytest.mark.parametrize("keyword", sorted(LEAVES))
@given(data=st.data(), value=VALUES)
def test_each_keyword_alone(keyword: str, data: st.DataObject, value: Any) -> None:
    schema = {keyword: data.draw(LEAVES[keyword])}
    refused = verdict(SchemaValidator(schema), [json.dumps(value)])
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
def test_everything_that_is_wrong_is_told(schema: Any, text: str, codes: int) -> None:
    parser = JSONParser(validator=SchemaValidator(schema, collect=True))
    parser.feed(text)
    parser.finish()
    assert len(parser.violations) == codes
