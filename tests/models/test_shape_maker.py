"""Tests of streamparse.models.shape_maker: the shapes of pydantic's core schemas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

pytest.importorskip("pydantic")

from pydantic import Field, TypeAdapter

from streamparse.models.program import TypeProgram
from streamparse.models.shapes import KINDS, Shape, Slot
from tests.typed import Leg


def program(kind: Any, strict: bool | None = None) -> TypeProgram:
    return TypeProgram(TypeAdapter(kind).core_schema, strict, None, None)


def only(slot: Slot) -> Shape:
    [shape] = slot.shapes
    return shape


def test_a_union_is_taken_apart() -> None:
    assert [shape.label for shape in program(Leg).root.shapes] == ["Walk", "Ride"]
    root = program(int | list[str] | None).root
    assert [shape.label for shape in root.options["string"]] == ["int"]
    assert [shape.label for shape in root.options["array"]] == ["list"]
    assert root.options["object"] == ()


def test_strict_is_what_the_caller_says() -> None:
    field = Annotated[int, Field(strict=True)]
    assert only(program(int).root).kinds == {"number", "true", "false", "string"}
    assert only(program(field).root).kinds == {"number"}
    assert only(program(field, False).root).kinds == {"number", "true", "false", "string"}
    assert only(program(int, True).root).kinds == {"number"}


def test_what_is_not_known_may_be_anything() -> None:
    schema = {"type": "from the future"}
    shape = only(TypeProgram(schema, None, None, None).root)
    assert (shape.form, shape.kinds) == ("any", KINDS)


def test_literals() -> None:
    shape = only(program(Literal["b", "a", 1]).root)
    assert shape.words == ("a", "b")
    assert shape.kinds == {"string", "number", "true", "false"}
