"""Tests of streamparse.models.typed_values: each part is validated at most once."""

from __future__ import annotations

import datetime
import json
from enum import Enum
from typing import Annotated, Any

import pytest

pytest.importorskip("pydantic")

from pydantic import (
    AfterValidator,
    BaseModel,
    PlainValidator,
    RootModel,
    TypeAdapter,
    model_validator,
)

from streamparse import SchemaViolation
from streamparse._core.sink import NOTHING
from streamparse.models import ModelParser
from tests.typed import (
    Leg,
    Stop,
    Tree,
    Trip,
    Walk,
)


class CountedPart:
    """Wraps a validator of pydantic and records the texts that it validates."""

    def __init__(self, validator: Any, texts: list[str]) -> None:
        self.validator = validator
        self.texts = texts

    def validate_json(self, text: str, **options: Any) -> Any:
        self.texts.append(text)
        return self.validator.validate_json(text, **options)


class Counter:
    """Counts the characters that pydantic validates for a parser."""

    def __init__(self, parser: ModelParser[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts: list[str] = []
        self.wholes: list[Any] = []
        program = parser._model.model.program
        for slot in program.slots:
            slot.whole = CountedPart(program.validator(slot), self.parts)
        whole = TypeAdapter.validate_json

        def counted_whole(adapter: Any, text: str, **options: Any) -> Any:
            self.wholes.append(json.loads(text))
            return whole(adapter, text, **options)

        monkeypatch.setattr(TypeAdapter, "validate_json", counted_whole)

    @property
    def characters(self) -> int:
        return sum(map(len, self.parts))


def tree(depth: int) -> dict[str, Any]:
    branches = [tree(depth - 1), tree(depth - 1)] if depth else []
    return {"label": "x" * 5, "branches": branches}


class Meeting(BaseModel):
    at: datetime.datetime
    inner: Meeting | None = None

    @model_validator(mode="after")
    def fine(self) -> Meeting:
        return self


class Odd(BaseModel):
    n: int
    inner: list[Odd] = []

    @model_validator(mode="before")
    @classmethod
    def fine(cls, value: Any) -> Any:
        return value


@pytest.mark.parametrize("step", [1, 4, 10_000])
def test_every_part_is_validated_at_most_once(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Validating all parts reads at most the characters of the document, the whole is read once."""
    deep: dict[str, Any] = {"at": "2024-01-01T00:00:00"}
    odd: dict[str, Any] = {"n": 1}
    for number in range(60):
        deep = {"at": "2024-01-01T00:00:00", "inner": deep}
        odd = {"n": number, "inner": [odd]}
    legs = [{"km": 1, "kind": "walk"}, {"kind": "ride", "line": "U1"}] * 20
    cases: list[tuple[Any, Any]] = [
        (Tree, tree(6)),
        (Meeting, deep),
        (list[Odd], [odd, odd]),
        (list[Leg], legs),
        (list[Stop | Walk | dict[str, Any]], [{"name": "x", "nights": 2}] * 30),
        (list[Stop], [{"name": "x", "nights": 2}] * 30),
    ]
    for kind, value in cases:
        text = json.dumps(value)
        parser = ModelParser[Any](kind)
        counter = Counter(parser, monkeypatch)
        for start in range(0, len(text), step):
            parser.feed(text[start : start + step])
            parser.get("anything")  # Reading a value validates nothing again.
        assert counter.wholes == [value]
        assert counter.characters <= len(text)
        assert parser.result == TypeAdapter(kind).validate_python(value)
        monkeypatch.undo()


def test_partial_values() -> None:
    parser = ModelParser[Any](dict[str, Any] | list[Stop])
    parser.feed('[{"name": "A", "nights": 2}, {"na')
    assert parser.get((0, "name")) == "A"
    assert parser.is_complete((0,))
    assert not parser.is_complete((1,))
    walker = parser._walker()
    assert walker is not None
    assert walker.at((0,)) == Stop(name="A", nights=2)
    assert walker.at((0, "nights")) == 2
    assert walker.at((1,)) is NOTHING
    parser.feed('me": "B"}]')
    assert walker.at((1, "name")) == "B"


def test_undecided_values_and_values_of_any_type() -> None:
    parser = ModelParser[Any](Trip)
    parser.feed('{"city": "Lin')
    assert parser.partial.city == "Lin"
    walker = parser._walker()
    assert walker is not None
    assert walker.at(("city",)) is NOTHING
    for kind, text, shown in [
        (Any, '{"a": [1', {"a": []}),
        (set[str], '["a", "b', {"a"}),
    ]:
        started = ModelParser[Any](kind)
        started.feed(text)
        assert started.get((), None) == shown, text


class Item(BaseModel):
    name: str = ""
    sizes: list[int] = []
    more: Any = None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"name": "ab', {"name": "ab"}),
        ('{"sizes": [1, 2', {"sizes": [1]}),
        ('{"more": {"a": [1, "b', {"more": {"a": [1, "b"]}}),
        ('{"odd": {"a": 1}, "name": "x"', {"name": "x"}),
    ],
)
def test_parts_of_a_model_that_grows(text: str, shown: dict[str, Any]) -> None:
    for pieces in ([text], list(text)):
        parser = ModelParser(Item)
        for piece in pieces:
            parser.feed(piece)
        partial = parser.partial
        assert {name: getattr(partial, name) for name in shown} == shown


def shown_after_each_character(kind: Any, text: str) -> list[Any]:
    """Return the different partial values while the text arrives character by character."""
    parser = ModelParser[Any](kind)
    found: list[Any] = []
    for character in text:
        parser.feed(character)
        shown = parser.get((), None)
        if not found or found[-1] != shown:
            found.append(shown)
    return found


class Size(Enum):
    SMALL = "s"
    PAIR = (1, 2)

    @classmethod
    def _missing_(cls, value: object) -> Size:
        return cls.PAIR


class Anything(RootModel[Any]):
    pass


def doubled(value: Any) -> Any:
    if value == 3:
        raise ValueError("three")
    return value * 2


SHOWN: list[tuple[Any, str, list[Any]]] = [
    # An array that may have two types is shown when it is complete.
    (list[list[int] | list[float]], "[[1, 2]", [[], [[1, 2]]]),
    # Only pydantic can decide which member of the enumeration an array is.
    (list[Size], "[[1, 2]", [[], [Size.PAIR]]),
    # A value that a function reads as a whole is shown when it is complete.
    (list[Annotated[Any, PlainValidator(len)]], '[{"a": 1}', [[], [1]]),
    (list[Annotated[list[int] | int, AfterValidator(doubled)]], "[[1, 2]", [[], [[1, 2, 1, 2]]]),
    (list[Odd], "[[1", [[]]),
    # A value of any type is validated when it is complete, and has its root model before.
    (
        list[Annotated[Any, AfterValidator(doubled)]],
        '[2, "a"',
        [[], [4], [4, ""], [4, "a"], [4, "aa"]],
    ),
    (
        list[Anything],
        '["a", [2]',
        [[], [Anything("a")], [Anything("a"), Anything([])], [Anything("a"), Anything([2])]],
    ),
    (Anything, '{"a": 1', [Anything({})]),
]


@pytest.mark.parametrize(("kind", "text", "shown"), SHOWN, ids=range(len(SHOWN)))
def test_partial_values_of_open_values(kind: Any, text: str, shown: list[Any]) -> None:
    assert shown_after_each_character(kind, text) == shown


def test_an_open_value_that_the_model_ignores_is_not_shown() -> None:
    parser = ModelParser(Item)
    for character in '{"odd": {"a": [1':
        parser.feed(character)
        assert parser.get((), Item()).model_fields_set == set()
        assert not hasattr(parser.get(()), "odd")


def test_a_part_of_any_type_is_rejected_where_it_ends() -> None:
    parser = ModelParser[Any](list[Annotated[Any, AfterValidator(doubled)]])
    parser.feed("[1, 3")
    with pytest.raises(SchemaViolation) as caught:
        parser.feed(", 4")
    assert (caught.value.path, caught.value.offset) == ((1,), 5)


def test_paths_into_values_that_are_not_decided_or_of_any_type() -> None:
    parser = ModelParser[Any](list[list[int] | list[float]])
    parser.feed("[[1, 2")
    walker = parser._walker()
    assert walker is not None
    assert walker.at((0, 0)) is NOTHING
    parser.feed("]")
    assert walker.at((0, 0)) == 1
    anything = ModelParser(Item)
    anything.feed('{"more": {"a": [1, {"b": 2}]}')
    assert anything.get(("more", "a", 1, "b")) == 2
    assert anything.get(("more", "a", 3), None) is None
