"""Tests of streamparse.models.pydantic_type: options, depth, and errors of validators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

pytest.importorskip("pydantic")

from pydantic import AfterValidator, BaseModel, field_validator

from streamparse import JSONParser, SchemaViolation
from streamparse.models import ModelParser, ModelValidator
from streamparse.models.pydantic_type import PydanticType
from tests.typed import (
    Stop,
    result_of_pydantic,
)


def test_a_value_that_is_too_deep_for_pydantic_is_refused() -> None:
    for depth in (150, 400, 990):
        text = "[" * depth + "]" * depth
        fine, _ = result_of_pydantic(Any, text, None)
        parser = JSONParser(validator=ModelValidator(Any))
        if fine:
            parser.feed(text)
        else:
            with pytest.raises(SchemaViolation) as caught:
                parser.feed(text)
            assert caught.value.code == "depth"


def test_context_reaches_validators() -> None:
    class Limited(BaseModel):
        n: int

        @field_validator("n")
        @classmethod
        def within(cls, value: int, info: Any) -> int:
            if value > info.context["most"]:
                raise ValueError("too many")
            return value

    ModelParser(Limited, context={"most": 5}).feed('{"n": 5}')
    with pytest.raises(SchemaViolation):
        ModelParser(Limited, context={"most": 4}).feed('{"n": 5}')


def test_any_exception_of_a_validator_is_a_violation() -> None:
    def trip(value: Any) -> Any:
        raise ZeroDivisionError("oops")

    parser = JSONParser(validator=ModelValidator(list[Annotated[int, AfterValidator(trip)]]))
    with pytest.raises(SchemaViolation) as caught:
        parser.feed("[1, ")
    assert (caught.value.code, caught.value.path) == ("value_error", (0,))
    assert "ZeroDivisionError: oops" in caught.value.message


class Unfinished(BaseModel):
    other: list[NotDefined]  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize("kind", [type("Odd", (), {}), 3, Unfinished, list[Unfinished]])
def test_a_type_unknown_to_pydantic_is_a_type_error(kind: Any) -> None:
    with pytest.raises(TypeError, match="pydantic cannot validate"):
        ModelValidator(kind)


def test_validators_of_parts_and_of_the_whole() -> None:
    model = PydanticType(list[Stop], None, None, None, None)
    slot = model.program.root.shapes[0].item
    assert slot is not None
    assert model.part(slot, {"name": "A"}) == Stop(name="A")
    assert model.whole([{"name": "A"}]) == [Stop(name="A")]
    assert model.after(len, [1, 2]) == model.after(len, [3, 4]) == 2
    assert model.json_schema()["type"] == "array"
    numbers = PydanticType(list[int], None, True, None, None)
    [item] = [slot for slot in numbers.program.slots if slot.trivial is int]
    assert numbers.part(item, 7) == 7


def test_a_type_without_a_json_schema() -> None:
    assert PydanticType(Callable[[int], int], None, None, None, None).json_schema() is None
