"""Tests of streamparse.models.program: a program describes the values that a type accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")

from pydantic import TypeAdapter

from streamparse.models.program import TypeProgram
from streamparse.models.shapes import Shape, Slot
from tests.typed import TYPES, VALUES, Stop, Tree, Trip, result_of_pydantic


def program(kind: Any, strict: bool | None = None) -> TypeProgram:
    return TypeProgram(TypeAdapter(kind).core_schema, strict, None, None)


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
def test_accepted_values_have_a_shape(kind: Any, value: Any, strict: bool | None) -> None:
    """Law 9: the kinds, words, bounds and keys of a slot allow all that pydantic accepts."""
    if not result_of_pydantic(kind, json.dumps(value), strict)[0]:
        return
    shapes = program(kind, strict).root.options[kind_of(value)]
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
    shape = only(program(Trip).root)
    assert (shape.form, shape.label, shape.closed) == ("model", "Trip", False)
    assert [name for name, _ in shape.required] == ["city"]
    assert len(shape.steps) == 1, "the validator that runs after the fields"
    stop = only(only(shape.slot_at("stops")).item)
    assert (stop.cls, stop.closed, stop.names) == (Stop, True, ("name", "nights"))
    assert stop.slot_at("other") is None
    assert only(shape.slot_at("city")).longest == 8
    assert only(shape.slot_at("stops")).most == 3


def test_a_type_that_refers_to_itself() -> None:
    found = program(Tree)
    shape = only(found.root)
    assert only(only(shape.slot_at("branches")).item).members.keys() == shape.members.keys()
    assert len(found.slots) < 8


def test_the_validator_of_a_slot_has_the_definitions() -> None:
    found = program(Tree)
    item = only(only(found.root).slot_at("branches")).item
    assert item is not None
    assert found.validator(item) is found.validator(item)
    assert found.validator(item).validate_python({"label": "a"}) == Tree(label="a")
