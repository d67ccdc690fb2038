"""Tests of streamparse.models.shape_maker: shapes made of pydantic's core schemas."""

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
    PlainValidator,
    RootModel,
    TypeAdapter,
    ValidationError,
    dataclasses,
    model_validator,
)
from pydantic_core import core_schema
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


def test_a_union_becomes_its_alternatives() -> None:
    assert [shape.label for shape in program(Leg).root.shapes] == ["Walk", "Ride"]
    root = program(int | list[str] | None).root
    assert [shape.label for shape in root.options["string"]] == ["int"]
    assert [shape.label for shape in root.options["array"]] == ["list"]
    assert root.options["object"] == ()


def test_the_option_strict() -> None:
    field = Annotated[int, Field(strict=True)]
    assert only(program(int).root).kinds == {"number", "true", "false", "string"}
    assert only(program(field).root).kinds == {"number"}
    assert only(program(field, False).root).kinds == {"number", "true", "false", "string"}
    assert only(program(int, True).root).kinds == {"number"}


def test_an_unknown_schema_allows_anything() -> None:
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


class Made:
    """An annotation that changes the core schema of a type."""

    def __init__(self, change: Callable[[Any], Any]) -> None:
        self.change = change

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return self.change(handler(source))


def in_a_list(value: Any) -> list[Any]:
    return [value]


def small(value: Any) -> Any:
    if value == 3:
        raise ValueError("three is too large")
    return [value]


CHAINED = Made(
    lambda schema: core_schema.chain_schema(
        [schema, core_schema.no_info_plain_validator_function(in_a_list)]
    )
)
REPORTED = Made(
    lambda schema: core_schema.custom_error_schema(
        schema, custom_error_type="odd", custom_error_message="this is odd"
    )
)
REPLACED = Made(
    lambda schema: core_schema.with_default_schema(schema, default=7, on_error="default")
)
AROUND = Made(
    lambda schema: core_schema.tuple_schema(
        [core_schema.str_schema(), schema, core_schema.str_schema()], variadic_item_index=1
    )
)


@dataclasses.dataclass
class Either:
    side: int

    @model_validator(mode="before")
    @classmethod
    def from_a_number(cls, value: Any) -> Any:
        return {"side": value} if isinstance(value, int) else value


class Plain(BaseModel):
    n: Annotated[int, PlainValidator(in_a_list)]
    m: Annotated[int, REPLACED] = 3


class Holder:
    """A class whose model schema is a union of two sets of fields."""

    x: Any
    y: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Holder) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        def fields(*names: str) -> Any:
            field = core_schema.model_field(core_schema.int_schema())
            return core_schema.model_fields_schema(dict.fromkeys(names, field))

        return core_schema.model_schema(cls, core_schema.union_schema([fields("x"), fields("y")]))


class Wrapped:
    """A class whose model schema gets its fields from a function."""

    x: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wrapped) and self.x == other.x

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        def fields(value: Any) -> Any:
            return {"x": value}, None, {"x"}

        return core_schema.model_schema(cls, core_schema.no_info_plain_validator_function(fields))


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
    (list[Annotated[str, CHAINED]], ['["a", "b"]'], ['["a", []]']),
    (list[Annotated[Any, CHAINED]], ['["a", [1], {"b": 2}]'], []),
    (list[Annotated[list[int], REPORTED]], ["[[1], []]"], ['[["x"]]', "[3]"]),
    (Annotated[int, REPLACED], ["1", '"x"', "[2]"], []),
    (list[Annotated[int, REPLACED]], ['[1, "x", [2, 3]]'], ["{}"]),
    (Annotated[int, AROUND], ['["a", 1, 2, "b"]', '["a", "b"]'], ['["a"]', '["a", "b", "c"]']),
    (list[Either], ['[{"side": 1}, 2]'], ['[{"side": "x"}]', '["x"]']),
    (Plain, ['{"n": {"a": [1]}, "m": "x"}', '{"n": 1}'], ["{}"]),
    (list[Holder], ['[{"x": 1}, {"y": 2}]'], ['[{"x": "a"}]', "[3]"]),
    (list[Wrapped], ['[{"x": 1}, 2, "a"]'], []),
    (Literal[1, None], ["1", "null"], ["2", '"x"', "[]"]),
    (list[Annotated[Any, AfterValidator(small)]], ['[1, "a", {"b": 2}]'], ["[1, 3]"]),
    (list[RootModel[Any]], ['[1, "a", {"b": [2]}]'], []),
]


@pytest.mark.parametrize(("kind", "good", "bad"), KINDS_OF_TYPES, ids=lambda given: str(given)[:40])
@pytest.mark.parametrize("size", [1, 1000])
def test_types_are_read_like_pydantic(
    kind: Any, good: list[str], bad: list[str], size: int
) -> None:
    """Incremental parsing gives the results of `validate_json`, and rejects the same texts."""
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


def test_choices_of_a_tag() -> None:
    """A tag may refer to another tag; other choices allow anything."""
    number, text = {"type": "int"}, {"type": "str"}
    for choices, labels in [
        ({"a": number, "b": text, "c": "a"}, ["int", "str"]),
        ({"a": number, "b": "c", "c": "a"}, ["any"]),
        ({"a": number, "b": None}, ["any"]),
    ]:
        schema = {"type": "tagged-union", "choices": choices, "discriminator": "kind"}
        root = TypeProgram(schema, None, None, None).root
        assert [shape.label for shape in root.shapes] == labels


def test_words_of_an_enumeration() -> None:
    class Size(Enum):
        SMALL = "s"

    schema = {"type": "enum", "cls": Size, "members": list(Size)}
    assert only(TypeProgram(schema, None, None, None).root).words == ("s",)
    schema["missing"] = lambda value: Size.SMALL
    assert only(TypeProgram(schema, None, None, None).root).words is None


class Named(BaseModel):
    first: int = Field(validation_alias="firstValue")


@pytest.mark.parametrize(
    ("by_alias", "by_name", "names"),
    [
        (None, None, ("firstValue",)),
        (True, None, ("firstValue",)),
        (False, True, ("first",)),
        (None, True, ("first", "firstValue")),
        (True, False, ("firstValue",)),
    ],
)
def test_names_of_fields(by_alias: bool | None, by_name: bool | None, names: tuple[str]) -> None:
    schema = TypeAdapter(Named).core_schema
    assert only(TypeProgram(schema, None, by_alias, by_name).root).names == names


def test_the_message_names_the_type_before_the_steps() -> None:
    for kind, message in [
        (Annotated[list[int], CHAINED], "expected list, not number"),
        (Annotated[str, CHAINED], "expected string, not number"),
    ]:
        with pytest.raises(SchemaViolation, match=message):
            ModelParser[Any](kind).feed("3")


def test_open_text_is_not_shown_where_a_later_step_converts_it() -> None:
    parser = ModelParser[Any](Annotated[str, CHAINED])
    parser.feed('"ab')
    assert parser.get((), None) is None
    parser.feed('"')
    parser.finish()
    assert parser.result == ["ab"]


def test_a_union_that_contains_itself() -> None:
    union = core_schema.union_schema(
        [core_schema.int_schema(), core_schema.definition_reference_schema("again")], ref="again"
    )
    schema = core_schema.definitions_schema(
        core_schema.definition_reference_schema("again"), [union]
    )
    root = TypeProgram(schema, None, None, None).root
    assert [shape.label for shape in root.shapes] == ["int", "any"]
