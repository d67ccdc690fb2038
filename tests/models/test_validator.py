"""Tests of streamparse.models.validator: the results are pydantic's."""

from __future__ import annotations

import json
import pickle
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")

from pydantic import BaseModel

from streamparse import JSONParser, SchemaViolation
from streamparse.errors import ERROR_CODES, VIOLATION_CODES
from streamparse.models import ModelParser
from streamparse.models.validator import ModelValidator
from tests.helpers import cut
from tests.parts import cuttings
from tests.strategies import SIZES
from tests.typed import (
    TYPES,
    VALUES,
    our_result,
    result_of_pydantic,
)


@given(st.sampled_from(TYPES), VALUES, SIZES, st.sampled_from([None, True, False]))
def test_the_result_is_that_of_pydantic(
    kind: Any, value: Any, sizes: list[int], strict: bool | None
) -> None:
    """Laws 1 and 9: any chunking gives pydantic's result, or the same violation."""
    text = json.dumps(value, ensure_ascii=False)
    fine, expected = result_of_pydantic(kind, text, strict)
    walker, error, _ = our_result(kind, [text], strict)
    assert (error is None) == fine, (error, expected)
    if walker is not None:
        assert walker.parsed == expected
        assert type(walker.parsed) is type(expected)
    other, other_error, _ = our_result(kind, cut(text, sizes), strict)
    if error is not None:
        assert other_error is not None
        assert (other_error.code, other_error.offset, other_error.path, other_error.message) == (
            error.code,
            error.offset,
            error.path,
            error.message,
        )
        assert error.code in {**ERROR_CODES, **VIOLATION_CODES}
    else:
        assert other is not None
        assert other.parsed == expected


def test_lax_and_strict() -> None:
    """In lax mode the text "12" is an int; in strict mode it fails at its first character."""
    JSONParser(validator=ModelValidator(list[int])).feed('["12", true, 1.0]')
    strict = JSONParser(validator=ModelValidator(list[int], strict=True))
    with pytest.raises(SchemaViolation) as caught:
        strict.feed('["')
    assert (caught.value.code, caught.value.offset, caught.value.path) == ("type", 1, (0,))


# Coercion


class Bed(BaseModel):
    plot: str
    rows: list[int]
    unit: Literal["mm", "inch"] = "mm"


@pytest.mark.parametrize(
    ("kind", "text", "value", "paths"),
    [
        (
            Bed,
            r'{"plot": 4, "rows": "[1, 2]", "unit": "INCH"}',
            Bed(plot="4", rows=[1, 2], unit="inch"),
            ["plot", "rows", "unit"],
        ),
        (
            dict[str, Bed],
            r'{"a": "{\"plot\": \"x\", \"rows\": 3}"}',
            {"a": Bed(plot="x", rows=[3])},
            ["a", "rows"],
        ),
        (list[str] | None, '"[\\"a\\"]"', ["a"], []),
        (tuple[int, str], r'"[1, \"a\"]"', (1, "a"), []),
        (dict[str, int], '{"a": "12"}', {"a": 12}, None),  # Pydantic accepts it without coercion.
        (int | str, '"12"', "12", None),
    ],
)
def test_coercion_of_values_that_pydantic_would_reject(
    kind: Any, text: str, value: Any, paths: list[Any] | None
) -> None:
    for pieces in cuttings(text):
        parser: ModelParser[Any] = ModelParser(kind, coerce=True)
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.result == value
        assert [one.code for one in parser.repairs] == ["coerced"] * len(parser.repairs)
        found = [one.path[-1] for one in parser.repairs if one.path]
        assert found == (paths or [])
        assert bool(parser.repairs) is (paths is not None)


def test_pickles_of_a_coercing_validator() -> None:
    validator = ModelValidator(Bed, coerce=True)
    assert pickle.loads(pickle.dumps(validator)).coerces
    assert not validator.coercing(False).coerces
    assert validator.coercing() is validator
