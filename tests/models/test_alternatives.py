"""Tests of streamparse.models.alternatives: a value is rejected as early as possible."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")

from pydantic import Field

from streamparse import JSONParser, SchemaViolation
from streamparse.models import ModelValidator
from tests.typed import (
    TYPES,
    VALUES,
    Asking,
    Checked,
    Trip,
    Walk,
    our_result,
    result_of_pydantic,
)


@given(st.sampled_from(TYPES), VALUES, st.data())
def test_no_ending_makes_a_rejected_prefix_valid(kind: Any, value: Any, data: Any) -> None:
    """Law 9: a rejected prefix stays invalid with any continuation."""
    text = json.dumps(value)
    _, error, _ = our_result(kind, [text], None)
    if error is None:
        return
    prefix = text[: error.offset + 1]
    other = json.dumps(data.draw(VALUES))
    place = data.draw(st.integers(0, len(other)))
    for ending in (other[place:], '"}', '"}]}', "}", "]", "]}", '": 1}'):
        whole = prefix + ending
        try:
            loaded = json.loads(whole)
        except ValueError:
            continue
        if json.dumps(loaded) and not _repeats(whole):
            assert not result_of_pydantic(kind, whole, None)[0], whole


def _repeats(text: str) -> bool:
    found = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(pairs) != len(dict(pairs)))
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    return any(found)


EARLY = [
    # The type, the text up to the rejected character, the code and the path.
    (Trip, "[", "type", ()),
    (Trip, '{"city": 1', "type", ("city",)),
    (Trip, '{"city": "Innsbruck', "maxLength", ("city",)),
    (Trip, '{"city": "X"', "minLength", ("city",)),
    (Trip, '{"colour": "gra', "enum", ("colour",)),
    (Trip, '{"colour": "re"', "enum", ("colour",)),
    (Trip, '{"colour": n', "type", ("colour",)),
    (Trip, '{"stops": [{"nan', "additionalProperties", ("stops", 0)),
    (Trip, '{"stops": [{"nam"', "additionalProperties", ("stops", 0)),
    (Trip, '{"stops": [{"nights": 31,', "maximum", ("stops", 0, "nights")),
    (Trip, '{"stops": [{"nights": 2}', "required", ("stops", 0)),
    (Trip, '{"legs": [{"kind": "walt', "enum", ("legs", 0, "kind")),
    (Trip, '{"legs": [{"km": "x", "kind": "w', "format", ("legs", 0, "km")),
    (Trip, '{"day": "2023-02-29"', "format", ("day",)),
    (Trip, '{"note": "x"}', "required", ()),
    (Trip, '{"city": "Nowhere"}', "value_error", ()),
    (Annotated[list[int], Field(max_length=2)], "[1, 2, 3", "maxItems", ()),
    (Annotated[list[int], Field(min_length=2)], "[1]", "minItems", ()),
    (Annotated[dict[str, int], Field(max_length=1)], '{"a": 1, "a": 2, "b"', "maxProperties", ()),
    (Annotated[dict[int, int], Field(max_length=1)], '{"1": 1, "2": 1}', "maxProperties", ()),
    (list[Checked], '[{"n": 13}', "value_error", (0,)),
    (list[Asking], '[{"low": 2, "high": 1}', "value_error", (0, "high")),
    (tuple[int, str], '[1, "a", 2', "maxItems", ()),
    (dict[Literal["ab"], int], '{"b', "additionalProperties", ()),
    (Walk | list[int], '"', "type", ()),
    (Walk | list[int], '[1, "x"', "format", (1,)),
]


@pytest.mark.parametrize(("kind", "text", "code", "path"), EARLY, ids=[row[1] for row in EARLY])
def test_rejected_at_the_character(kind: Any, text: str, code: str, path: Any) -> None:
    parser = JSONParser(validator=ModelValidator(kind))
    parser.feed(text[:-1])
    with pytest.raises(SchemaViolation) as caught:
        parser.feed(text[-1])
    assert (caught.value.code, caught.value.path) == (code, path)
    assert caught.value.offset == len(text) - 1
