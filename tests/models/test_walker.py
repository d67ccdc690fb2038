"""Tests of streamparse.models.walker: forks and pickles."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")


from streamparse import JSONParser, SchemaViolation
from streamparse._core.expected import OBJECT
from streamparse.models import ModelValidator
from tests.typed import (
    MODELS,
    UNDECIDED,
    VALUES,
    Leg,
    Tree,
    Trip,
    Walk,
    we_say,
)


@given(st.sampled_from([Trip, Tree, Leg, UNDECIDED]), VALUES, st.integers(0, 200))
def test_forks_and_pickles(kind: Any, value: Any, place: int) -> None:
    text = json.dumps(value)
    whole = we_say(kind, [text], None)
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


def test_what_is_expected() -> None:
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
