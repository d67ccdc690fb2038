"""Tests of streamparse.models.shape_maker: the shapes of pydantic's core schemas."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable
from dataclasses import InitVar, dataclass
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest

pytest.importorskip("pydantic")

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    RootModel,
    TypeAdapter,
    ValidationError,
)
from typing_extensions import TypedDict

from streamparse import SchemaViolation
from streamparse.models import ModelParser
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


class Colour(Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Colour:
        return cls.RED


class Sized(Enum):
    SMALL = (1, 2)


class Loose(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    name: str
    colour: Colour = Colour.RED


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass
class Box:
    side: int
    area: InitVar[int] = 0


class Words(RootModel[list[str]]):
    def model_post_init(self, context: Any) -> None:
        self.root = [word.lower() for word in self.root]


class Row(TypedDict):
    a: int


KINDS_OF_TYPES: list[tuple[Any, list[str], list[str]]] = [
    (Colour, ['"red"', '"other"'], []),
    (Sized, [], ['"small"', "3"]),
    (Loose, ['{"name": 3}', '{"name": "a"}'], ['{"name": []}']),
    (Point, ["[1, 2]", '{"x": 1}'], ['["x"]']),
    (Box, ['{"side": 1, "area": 2}'], ['{"side": "x"}']),
    (Words, ['["A"]'], ["[1]", "{}"]),
    (Decimal, ["1.5", '"1.5"'], ["[]", '"x"']),
    (datetime.date, ['"2020-01-02"'], ['"no"', "[]"]),
    (Json[list[int]], ['"[1]"'], ['"x"', '"[[]]"']),
    (Annotated[list[int], AfterValidator(sorted)], ["[2, 1]"], ['["x"]', "{}"]),
    (Annotated[str, BeforeValidator(str)], ["1", '"a"'], []),
    (Leg, [], ["3"]),
    (Callable[[], int], [], ["1"]),
    (IPv4Address, ['"127.0.0.1"'], ['"x"']),
    (Path, ['"/x"'], ["[]"]),
    (frozenset[int], ["[1, 1]"], ["{}"]),
    (tuple[int, ...], ["[1, 2]"], ['["x"]']),
    (defaultdict[str, int], ['{"a": 1}'], ["[]"]),
    (Annotated[int, Field(ge=3, multiple_of=2)], ["4"], ["3", "2"]),
    (Row, ['{"a": 1}'], ["{}", "[]"]),
]


@pytest.mark.parametrize(("kind", "good", "bad"), KINDS_OF_TYPES, ids=lambda given: str(given)[:40])
@pytest.mark.parametrize("size", [1, 1000])
def test_types_are_read_as_pydantic_reads_them(
    kind: Any, good: list[str], bad: list[str], size: int
) -> None:
    """The result and the rejection are those of the whole document."""
    adapter = TypeAdapter(kind)
    for text in (*good, *bad):
        parser: ModelParser[Any] = ModelParser(kind)
        try:
            for start in range(0, len(text), size):
                parser.feed(text[start : start + size])
            parser.finish()
        except SchemaViolation:
            with pytest.raises(ValidationError):
                adapter.validate_json(text)
            assert text in bad
        else:
            assert parser.result == adapter.validate_json(text)
            assert text in good
