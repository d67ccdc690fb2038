"""Tests of streamparse.models.plans: what is said of a type before its value is whole is true."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")

from pydantic import Field, TypeAdapter

from streamparse.models.plans import KINDS, Plans, Shape, Slot
from tests.typed import TYPES, VALUES, Leg, Stop, Tree, Trip, pydantic_says


def plans(kind: Any, strict: bool | None = None) -> Plans:
    return Plans(TypeAdapter(kind).core_schema, strict, None, None)


def only(slot: Slot | None) -> Shape:
    assert slot is not None
    [shape] = slot.shapes
    return shape


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "string" if isinstance(value, str) else "number"


@given(st.sampled_from(TYPES), VALUES, st.sampled_from([None, True, False]))
def test_what_pydantic_takes_has_a_shape(kind: Any, value: Any, strict: bool | None) -> None:
    """Law 9: the kinds, words, bounds and keys of a slot allow all that pydantic accepts."""
    if not pydantic_says(kind, json.dumps(value), strict)[0]:
        return
    shapes = plans(kind, strict).root.options[kind_of(value)]
    assert any(_allows(shape, value) for shape in shapes)


def _allows(shape: Shape, value: Any) -> bool:
    if isinstance(value, str):
        fits = shape.longest is None or len(value) <= shape.longest
        return fits and (shape.words is None or value in shape.words)
    if isinstance(value, dict):
        keys = all(any(key in value for key in names) for _, names in shape.required)
        return keys and (not shape.closed or set(value) <= set(shape.names))
    if isinstance(value, list):
        return shape.fewest <= len(value) and (shape.most is None or len(value) <= shape.most)
    return True


def test_a_model() -> None:
    shape = only(plans(Trip).root)
    assert (shape.form, shape.label, shape.closed) == ("model", "Trip", False)
    assert [name for name, _ in shape.required] == ["city"]
    assert len(shape.steps) == 1, "the validator of the kind after"
    stop = only(only(shape.slot_at("stops")).item)
    assert (stop.cls, stop.closed, stop.names) == (Stop, True, ("name", "nights"))
    assert stop.slot_at("other") is None
    assert only(shape.slot_at("city")).longest == 8
    assert only(shape.slot_at("stops")).most == 3


def test_a_type_that_refers_to_itself() -> None:
    found = plans(Tree)
    shape = only(found.root)
    assert only(only(shape.slot_at("branches")).item).members.keys() == shape.members.keys()
    assert len(found.slots) < 8


def test_a_union_is_taken_apart() -> None:
    assert [shape.label for shape in plans(Leg).root.shapes] == ["Walk", "Ride"]
    root = plans(int | list[str] | None).root
    assert [shape.label for shape in root.options["string"]] == ["int"]
    assert [shape.label for shape in root.options["array"]] == ["list"]
    assert root.options["object"] == ()


def test_strict_is_what_the_caller_says() -> None:
    field = Annotated[int, Field(strict=True)]
    assert only(plans(int).root).kinds == {"number", "true", "false", "string"}
    assert only(plans(field).root).kinds == {"number"}
    assert only(plans(field, False).root).kinds == {"number", "true", "false", "string"}
    assert only(plans(int, True).root).kinds == {"number"}


def test_what_is_not_known_may_be_anything() -> None:
    schema = {"type": "from the future"}
    shape = only(Plans(schema, None, None, None).root)
    assert (shape.form, shape.kinds) == ("any", KINDS)


def test_literals() -> None:
    shape = only(plans(Literal["b", "a", 1]).root)
    assert shape.words == ("a", "b")
    assert shape.kinds == {"string", "number", "true", "false"}
