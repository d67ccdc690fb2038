"""Tests of streamparse.models.walker: forks and pickles."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")


from pydantic import BaseModel, Field

from streamparse import JSONParser, SchemaViolation
from streamparse._core.expected import OBJECT
from streamparse.models import ModelParser, ModelValidator
from tests.typed import (
    MODELS,
    UNDECIDED,
    VALUES,
    Leg,
    Tree,
    Trip,
    Walk,
    our_result,
)


@given(st.sampled_from([Trip, Tree, Leg, UNDECIDED]), VALUES, st.integers(0, 200))
def test_forks_and_pickles(kind: Any, value: Any, place: int) -> None:
    text = json.dumps(value)
    whole = our_result(kind, [text], None)
    parser = JSONParser(validator=MODELS[id(kind), None])
    twins = [parser]
    found: SchemaViolation | None = None
    try:
        parser.feed(text[:place])
        twins += [parser.clone(), copy.deepcopy(parser)]
        for twin in twins:
            twin.feed(text[place:])
            twin.finish()
    except SchemaViolation as error:
        found = error
    assert (found is None) == (whole[1] is None)
    if found is not None:
        assert whole[1] is not None
        assert (found.offset, found.code) == (whole[1].offset, whole[1].code)
        return
    assert whole[0] is not None
    for twin in twins:
        walker = twin._chain.validator
        assert walker is not None
        assert walker.parsed == whole[0].parsed


def test_pickle() -> None:
    parser = JSONParser(validator=ModelValidator(Trip))
    parser.feed('{"city": "Linz", "legs": [{"km": 1, "kind": "wa')
    twin = pickle.loads(pickle.dumps(parser))
    twin.feed('lk"}], "stops": [{"name": "A"}]}')
    assert twin._chain.validator.parsed.legs == [Walk(kind="walk", km=1)]
    parser.feed("lk")
    with pytest.raises(SchemaViolation):
        parser.feed("x")
    again = pickle.loads(pickle.dumps(ModelValidator(Trip, strict=True)))
    assert (again.type, again.strict) == (Trip, True)
    assert repr(again) == f"ModelValidator({Trip!r})"


def test_expected_values() -> None:
    parser = JSONParser(validator=ModelValidator(Trip))
    parser.feed("{")
    walker = parser._chain.validator
    assert walker is not None
    parser.feed('"colour"')
    found = walker.expects()
    assert found is not None
    assert found.words == frozenset({"red", "green"})
    parser.feed(': "red", "stops": [')
    found = walker.expects()
    assert found is not None
    assert found.kinds == OBJECT
    anything = JSONParser(validator=ModelValidator(Any))
    anything.feed("[[")
    assert anything._chain.validator is not None
    assert anything._chain.validator.expects() is None


class Small(BaseModel):
    n: int
    words: list[str] = Field(default_factory=list)
    kind: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"n": 1, "words": ["x"], "kind": "b"}', None),
        ('{"n": "x"}', "int_parsing"),
        ('{"words": [], "n": {}}', "int_type"),
        ('{"n": 1, "words": [1]}', "string_type"),
        ('{"n": 1, "kind": "c"}', "literal_error"),
        ('{"n": 1, "other": {"a": [1, {"b": "c"}], "d": null}}', None),
        ("{}", "missing"),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_values_that_a_walker_rejects_or_skips(text: str, code: str | None, size: int) -> None:
    parser = JSONParser(validator=ModelValidator(Small))
    try:
        for start in range(0, len(text), size):
            parser.feed(text[start : start + size])
        parser.finish()
        found = None
    except SchemaViolation as error:
        found = error.code
    assert (found is None) == (code is None)


@pytest.mark.parametrize("place", range(0, 50, 7))
def test_a_clone_inside_a_value(place: int) -> None:
    text = '{"n": 12, "other": {"a": [1]}, "words": ["x", "y"]}'
    parser = ModelParser(Small)
    parser.feed(text[:place])
    for twin in (copy.copy(parser), pickle.loads(pickle.dumps(parser))):
        twin.feed(text[place:])
        twin.finish()
        assert twin.result == Small(n=12, words=["x", "y"])


def test_values_are_coerced_to_the_expected_type() -> None:
    """A value of another type is coerced if the expected type allows it."""
    parser = ModelParser(Small, coerce=True)
    parser.feed('{"n": "12", "words": "x", "kind": "A"}')
    parser.finish()
    assert parser.result == Small(n=12, words=["x"], kind="a")
