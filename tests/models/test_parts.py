"""Tests of streamparse.models.parts: containers made of their parts equal pydantic's."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

pytest.importorskip("pydantic")

from pydantic import BaseModel, TypeAdapter

from streamparse._core.sink import NOTHING
from streamparse.models.parts import assembled, fields_of, finished, part_at, shown_parts
from streamparse.models.program import TypeProgram
from streamparse.models.shapes import Shape, Slot
from tests.typed import Numbers, Open, Options, Point, Secretive, Stop


def root(kind: Any) -> tuple[Slot, Shape]:
    slot = TypeProgram(TypeAdapter(kind).core_schema, None, None, None).root
    return slot, slot.shapes[0]


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (Stop, {"name": "A"}),
        (Stop, {"name": "A", "nights": 3}),
        (Open, {"n": 1, "more": [1]}),
        (Point, {"x": 1.0}),
        (Point, {"x": 1.0, "tags": ["a"]}),
        (Options, {"depth": 1}),
        (list[int], [1, 2]),
        (set[int], [1, 2]),
        (tuple[int, str], [1, "a"]),
        (dict[str, int], {"a": 1}),
    ],
)
def test_whole_containers_are_those_of_pydantic(kind: Any, parts: Any) -> None:
    made = assembled(root(kind)[1], parts.copy(), True)
    expected = TypeAdapter(kind).validate_python(parts)
    assert made == expected
    assert type(made) is type(expected)
    if isinstance(made, BaseModel):
        assert made.model_fields_set == expected.model_fields_set
        assert made.model_extra == expected.model_extra


def test_defaults_are_not_shared() -> None:
    shape = root(Point)[1]
    one, other = assembled(shape, {"x": 1.0}, True), assembled(shape, {"x": 1.0}, True)
    assert one.tags is not other.tags


def test_steps_after_the_parts() -> None:
    asked: list[Any] = []

    def after(function: Any, made: Any) -> Any:
        asked.append(made)
        return function(made)

    shape = root(Secretive)[1]
    made = finished(shape, assembled(shape, {"n": 2}, True), after)
    assert (made._doubled, asked) == (4, [made])
    shape = root(Numbers)[1]
    assert finished(shape, assembled(shape, [1], True), after) == Numbers([1])


def test_open_containers_hold_their_parts_so_far() -> None:
    slot, shape = root(Point)
    made = shown_parts(shape, {"x": 1.0}, slot, "raise")
    assert isinstance(made, Point)
    assert dataclasses.is_dataclass(made)
    assert (fields_of(made), repr(made)) == ({"x"}, "Point(x=1.0)")
    slot.not_before = ("y",)
    assert shown_parts(shape, {"x": 1.0}, slot, "raise") is NOTHING


def test_part_at() -> None:
    assert part_at({"a": 1}, "a") == part_at([0, 1], -1) == part_at(Stop(name="1"), "nights") == 1
    assert part_at(Numbers([5, 1]), 1) == 1
    steps: list[tuple[Any, str | int]] = [
        ({}, "a"),
        ([], 0),
        ([1], "a"),
        (Stop(name=""), "n"),
        (3, 0),
    ]
    for value, step in steps:
        assert part_at(value, step) is NOTHING
