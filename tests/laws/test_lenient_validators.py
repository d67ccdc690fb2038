"""Validators in the lenient dialect: violations have their places in the damaged text.

Law 1 also holds for rejected documents: value, events and offset are the same for any cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from tests.damage import DAMAGES, damaged, root
from tests.helpers import calls, cut, run, same
from tests.strategies import SIZES

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": "array", "maxItems": 1},
    {"additionalProperties": {"type": ["string", "null"]}},
    {"items": {"type": "integer", "maximum": 10}},
    {"maxProperties": 1, "additionalProperties": {"maxLength": 3}},
    {"propertyNames": {"pattern": "^[a-z]+[0-9]$"}},
    {"additionalProperties": {"enum": ["alpha", 1, None, True]}},
]


@pytest.mark.parametrize("kind", DAMAGES)
@given(st.integers(0, 2**32 - 1), st.sampled_from(SCHEMAS), SIZES)
def test_law_1_with_a_schema(
    kind: str, seed: int, schema: dict[str, Any], sizes: Sequence[int]
) -> None:
    text, _ = damaged(kind, root(Random(seed)), seed)
    validator = SchemaValidator(schema)
    whole = run([text], dialect="lenient", validator=validator)
    assert run(cut(text, sizes), dialect="lenient", validator=validator) == whole
    if whole.error is None:
        return
    # The rejected character is one of the text, or the end of the input.
    assert whole.error.offset <= len(text)


@pytest.mark.parametrize("kind", ["single quotes", "commas", "comments", "unquoted keys"])
@given(st.integers(0, 2**32 - 1), st.sampled_from(SCHEMAS))
def test_law_9_the_verdict_is_that_on_the_valid_twin(
    kind: str, seed: int, schema: dict[str, Any]
) -> None:
    value = root(Random(seed))
    text, _ = damaged(kind, value, seed)
    sound = DAMAGES[kind].pen(Random(seed))
    sound.hit = lambda: False  # type: ignore[method-assign]
    validator = SchemaValidator(schema)
    damaged_one = run([text], dialect="lenient", validator=validator)
    twin = run([sound.write(value)], validator=validator)
    assert (damaged_one.error is None) == (twin.error is None)
    if damaged_one.error is not None and twin.error is not None:
        assert damaged_one.error.path == twin.error.path
        assert damaged_one.error.code == twin.error.code


def test_a_violation_is_placed_in_the_damaged_text() -> None:
    validator = SchemaValidator({"properties": {"n": {"maximum": 5}}})
    for pieces in (["{'n': 12, 'm': 1}"], list("{'n': 12, 'm': 1}")):
        parser = JSONParser("lenient", validator=validator)
        error = next(error for _, error in calls(parser, pieces) if error is not None)
        assert isinstance(error, SchemaViolation)
        assert (error.path, error.offset) == (("n",), 8)
        assert same(parser.value, {})
        assert [repair.code for repair in parser.repairs] == ["single_quotes"]


@pytest.mark.parametrize("kind", DAMAGES)
@given(st.integers(0, 2**32 - 1), st.sampled_from(SCHEMAS), SIZES)
def test_law_1_of_collected_violations(
    kind: str, seed: int, schema: dict[str, Any], sizes: Sequence[int]
) -> None:
    """Law 1: text that is held back when a violation is found does not shift its place."""
    text, _ = damaged(kind, root(Random(seed)), seed)
    validator = SchemaValidator(schema, collect=True)
    results = []
    for pieces in ([text], cut(text, sizes), list(text)):
        parser = JSONParser("lenient", validator=validator)
        for _, error in calls(parser, pieces):
            assert not isinstance(error, SchemaViolation)
        results.append(
            [(one.code, one.offset, one.line, one.column, one.excerpt) for one in parser.violations]
        )
    assert results[0] == results[1] == results[2]
    for _, offset, line, column, excerpt in results[0]:
        before = text[:offset]
        assert (line, column) == (before.count("\n") + 1, offset - before.rfind("\n"))
        assert before.endswith(excerpt)
