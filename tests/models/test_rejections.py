"""Tests of streamparse.models.rejections: the place and the code of a rejection."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

pytest.importorskip("pydantic")


from pydantic import Field, TypeAdapter, ValidationError

from streamparse import JSONParser, SchemaViolation
from streamparse.errors import ERROR_CODES, VIOLATION_CODES
from streamparse.models import ModelValidator
from streamparse.models.frames import Frame
from streamparse.models.rejections import code_of, describe, end_fails, key_fails, text_fails
from streamparse.models.shapes import Shape
from tests.typed import Stop, Trip, Walk


def test_codes() -> None:
    """Every error type of pydantic has a documented code."""
    from pydantic_core._pydantic_core import list_all_errors

    for entry in list_all_errors():
        assert code_of(entry["type"]) in {**ERROR_CODES, **VIOLATION_CODES}


def test_the_first_character_that_fits_no_word() -> None:
    shape = Shape("leaf", frozenset({"string"}), "literal")
    shape.words = ("north", "nose")
    assert text_fails(shape, "no", 1, "o") is None
    assert text_fails(shape, "nox", 1, "ox") == 1
    assert text_fails(shape, "x", 0, "x") == 0
    shape.closed, shape.names = True, ("name",)
    assert key_fails(shape, "na", "mx") == 1
    assert key_fails(shape, "na", "m") is None


def test_the_end_of_a_container() -> None:
    shape = Shape("model", frozenset({"object"}), "Trip")
    shape.required = (("city", ("city", "town")),)
    frame = Frame("object", "", None)
    assert end_fails(shape, frame) == 0
    frame.seen.add("town")
    assert end_fails(shape, frame) is None


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Trip, "[", "expected Trip, not an array"),
        (Walk | list[int], '"', "expected Walk or list, not a string"),
        (Trip, '{"city": "Innsbruck', "the text must have at most 8 characters"),
        (Trip, '{"colour": "gra', "the text must be 'green' or 'red'"),
        (list[Stop], '[{"x', "Stop has no such key; it has 'name' or 'nights'"),
        (list[Stop], '[{"nights": 2}', "Stop needs 'name'"),
        (tuple[int, int], "[1]", "the array must have at least 2 items"),
        (tuple[int, int], "[1, 2, 3", "the array must have at most 2 items"),
        (
            Annotated[dict[str, int], Field(max_length=1)],
            '{"a": 1, "b"',
            "the object must have at most 1 members",
        ),
    ],
)
def test_messages(kind: Any, text: str, message: str) -> None:
    with pytest.raises(SchemaViolation) as caught:
        JSONParser(validator=ModelValidator(kind)).feed(text)
    assert caught.value.message == message


def test_errors_of_pydantic_and_of_validators() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(dict[str, list[int]]).validate_python({"a": [1, "x", "y"]})
    message, code, place = describe(caught.value, {"a": [1, "x", "y"]})
    assert message.endswith("(and 1 more)")
    assert (code, place) == ("format", ("a", 1))
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Annotated[dict[str, int], Field(min_length=1)]).validate_python({})
    assert describe(caught.value, {})[1] == "minProperties"
    assert describe(RecursionError(), [])[1] == "depth"
    assert describe(KeyError("k"), [])[:2] == ("a validator raised KeyError: 'k'", "value_error")
