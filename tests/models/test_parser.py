"""Tests of streamparse.models.parser: typed partial objects and markers."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import json
import pickle
import sys
from collections.abc import Callable
from typing import Annotated, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")

from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from streamparse import IncompleteError, SchemaViolation
from streamparse.aliases import Missing
from streamparse.models import ModelParser, NotBefore, WhenComplete
from streamparse.models.parser import keywords_type
from tests.typed import (
    TYPES,
    VALUES,
    Before,
    Colour,
    Numbers,
    Open,
    Options,
    Point,
    Renamed,
    Stop,
    Trip,
    Walk,
)

# Typed partial objects


def states(kind: Any, text: str) -> list[Any]:
    """Return the different partial values while the text arrives character by character."""
    parser = ModelParser[Any](kind)
    seen: list[Any] = []
    for char in text:
        parser.feed(char)
        try:
            shown = parser.partial
        except IncompleteError:
            continue
        if not seen or seen[-1] != shown or repr(seen[-1]) != repr(shown):
            seen.append(shown)
    return seen


def test_a_partial_model_grows() -> None:
    parser = ModelParser(Trip)
    parser.feed('{"city": "Lin')
    partial = parser.partial
    assert isinstance(partial, Trip)
    assert partial.city == "Lin"
    assert parser.fields_set == partial.model_fields_set == {"city"}
    for name in ("stops", "note", "day"):
        with pytest.raises(AttributeError, match=name):
            getattr(partial, name)
    parser.feed('z", "stops": [{"name": "A", "nights": 2}, {"name": "B')
    assert partial.city == "Lin", "a partial is a snapshot"
    assert parser.partial.stops[0] == Stop(name="A", nights=2)
    assert parser.partial.stops[1].name == "B"
    assert not hasattr(parser.partial.stops[1], "nights")
    parser.feed('"}], "day": "2024-')
    assert parser.partial.stops[1] == Stop(name="B"), "a complete model has its defaults"
    assert not hasattr(parser.partial, "day"), "an incomplete date is not set"
    parser.feed('02-29", "legs": [{"km": 3')
    assert parser.partial.day == datetime.date(2024, 2, 29)
    assert [repr(leg) for leg in parser.partial.legs] == ["Walk()"], "only Walk accepts this km"
    parser.feed(', "kind": "walk"')
    assert parser.partial.legs[0] == Walk.model_construct(km=3.0, kind="walk")
    parser.feed("}]}")
    assert parser.result is parser.partial
    assert parser.result.note is None
    assert parser.finish() == []


def test_complete_parts_are_shared() -> None:
    parser = ModelParser(list[Stop])
    parser.feed('[{"name": "A"}, {"name": "')
    first = parser.partial
    assert parser.partial is first, "nothing has arrived since"
    parser.feed("B")
    assert parser.partial is not first
    assert parser.partial[0] is first[0]
    assert (first[1].name, parser.partial[1].name) == ("", "B")


def test_dataclasses_have_no_defaults_while_they_are_open() -> None:
    parser = ModelParser(Point)
    parser.feed('{"x": 1, ')
    partial = parser.partial
    assert isinstance(partial, Point)
    assert partial.x == 1.0
    with pytest.raises(AttributeError, match="'y'"):
        _ = partial.y
    assert repr(partial) == "Point(x=1.0)"
    parser.feed('"tags": ["a", "b')
    assert parser.partial.tags == ["a", "b"]
    assert parser.fields_set == {"x", "tags"}
    parser.feed('"]}')
    assert parser.result == Point(1.0, 0.0, ["a", "b"])
    assert type(parser.result) is Point


def test_slots_and_frozen_dataclasses() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Slotted:
        a: int
        b: str = "b"

    parser = ModelParser[Any](list[Slotted])
    parser.feed('[{"a": 1}, {"a": 2, ')
    assert parser.partial[0] == Slotted(1)
    assert parser.partial[1].a == 2
    assert not hasattr(parser.partial[1], "b")


def test_containers() -> None:
    assert states(tuple[int, str], '[1, "ab"]') == [(), (1,), (1, ""), (1, "a"), (1, "ab")]
    assert states(set[int], "[1, 1, 2]") == [set(), {1}, {1, 2}]
    assert states(dict[str, list[int]], '{"a": [1, 2]}')[-2:] == [{"a": [1]}, {"a": [1, 2]}]
    assert states(Options, '{"fast": true, "depth": 1}') == [
        {},
        {"fast": True},
        {"fast": True, "depth": 1},
    ]
    assert states(Numbers, "[1, 2]") == [Numbers([]), Numbers([1]), Numbers([1, 2])]
    assert states(Any, '{"a": ["x", 1]}')[2:4] == [{"a": [""]}, {"a": ["x"]}]


def test_an_undecided_value_is_not_shown() -> None:
    assert states(Colour, '"red"') == [Colour.RED]
    assert states(Walk | Stop, '{"name": "A"}') == [Stop(name="A")], (
        "the end decides which one it is"
    )
    assert repr(states(Walk | Stop, '{"kind": "walk", "km": 1}')[0]) == "Walk()"
    assert states(list[int | str], '["1", 2]') == [[], ["1"], ["1", 2]]
    assert states(Before, "5") == []
    parser = ModelParser(Before)
    parser.feed('{"n": "5", ')
    assert parser.get("n") == "5", "unchanged: the validator needs the whole model"
    parser.feed('"m": 1}')
    assert parser.result == Before(n=5)


def test_aliases_and_extras() -> None:
    parser = ModelParser(Renamed)
    parser.feed('{"firstValue": 1, "zwei": 2, ')
    assert (parser.partial.first, parser.partial.second) == (1, 2)
    assert parser.is_complete("first")
    more = ModelParser(Open)
    more.feed('{"n": 1, "other": "x')
    assert more.partial.other == "x"  # type: ignore[attr-defined]
    assert more.partial.model_extra == {"other": "x"}


@given(st.sampled_from(TYPES), VALUES)
def test_a_partial_never_takes_back(kind: Any, value: Any) -> None:
    """Law 3 for typed values: complete values do not change, and the result is pydantic's."""
    text = json.dumps(value)
    parser = ModelParser[Any](kind)
    complete: dict[tuple[Any, ...], Any] = {}
    try:
        for char in text:
            parser.feed(char)
            for path, part in complete.items():
                assert parser.get(path, None) == part or parser.done
            for name in parser.fields_set:
                if parser.is_complete(name) and not parser.done:
                    complete[(name,)] = parser.get(name)
        parser.finish()
    except SchemaViolation:
        return
    assert parser.result == TypeAdapter(kind).validate_json(text)


def test_get_and_is_complete() -> None:
    parser = ModelParser(Trip)
    assert parser.get("city", "?") == "?"
    assert not parser.is_complete()
    parser.feed('{"city": "Linz", "stops": [{"name": "A"}, {"name": "B')
    assert parser.get("city") == "Linz"
    assert parser.get(("stops", 1, "name")) == "B"
    assert parser.get(("stops", 2, "name"), "none") == "none"
    assert parser.get(("stops", "x"), "none") == "none"
    assert parser.is_complete("city")
    assert not parser.is_complete("stops")
    assert parser.is_complete(("stops", 0))
    assert parser.is_complete(("stops", 0, "nights"))
    assert not parser.is_complete(("stops", 1))
    assert not parser.is_complete(("stops", 1, "name"))
    assert not parser.is_complete("day")
    parser.feed('"}]}')
    assert parser.is_complete()
    assert parser.is_complete("day")


def test_no_result_before_the_end() -> None:
    parser = ModelParser(Stop)
    with pytest.raises(IncompleteError):
        _ = parser.partial
    parser.feed('{"name": "A"')
    with pytest.raises(IncompleteError):
        _ = parser.result
    with pytest.raises(IncompleteError):
        parser.finish()


def test_the_value_stays_after_a_violation() -> None:
    parser = ModelParser(Trip)
    with pytest.raises(SchemaViolation):
        parser.feed('{"city": "Linz", "stops": [{"name": "A"}, {"nights": 0}]}')
    assert parser.partial.city == "Linz"
    assert parser.partial.stops[0] == Stop(name="A")
    assert parser.value == {"city": "Linz", "stops": [{"name": "A"}, {}]}


# Markers


class Step(BaseModel):
    title: str
    code: Annotated[str, WhenComplete()]


class Recipe(BaseModel):
    steps: list[Annotated[Step, NotBefore("title")]] = []
    words: Annotated[list[str], WhenComplete()] = []
    first: Annotated[Step, WhenComplete()] | None = None


def test_when_complete() -> None:
    assert [dict(state) for state in states(Step, '{"code": "ab", "title": "t"}')][:4] == [
        {},
        {"code": "ab"},
        {"code": "ab", "title": ""},
        {"code": "ab", "title": "t"},
    ]
    shown = [dict(state).get("words") for state in states(Recipe, '{"words": ["a", "b"]}')]
    assert shown[:2] == [None, ["a", "b"]]
    first = states(Recipe, '{"first": {"title": "t", "code": "c"}}')
    assert dict(first[0]) == {}
    assert first[1].first == Step(title="t", code="c")


def test_not_before_marker() -> None:
    steps = [
        state.steps for state in states(Recipe, '{"steps": [{"code": "c", "title": "t"}]}')[1:]
    ]
    assert steps[0] == []
    assert dict(steps[1][0]) == {"code": "c", "title": ""}
    assert repr(NotBefore("a", "b")) == "NotBefore('a', 'b')"
    assert NotBefore("a") == NotBefore("a") != NotBefore("b")


def test_markers_change_nothing_else() -> None:
    plain = {"steps": [{"title": "t", "code": "c"}], "words": ["w"]}
    assert Recipe.model_validate(plain).model_dump(exclude_none=True) == plain
    assert "streamparse" not in json.dumps(Recipe.model_json_schema())


# Fields that have not arrived


class Leg(BaseModel):
    to: str
    km: float = 1.5


class Tour(BaseModel):
    title: str
    legs: list[Leg] = Field(default_factory=list)
    guided: bool | None = None


def test_values_of_missing_fields() -> None:
    shown = {}
    for missing in get_args(Missing):
        parser = ModelParser(Tour, missing=missing)
        parser.feed('{"legs": [{"to": "Oslo", "km": 2}, {"to": "Ber')
        tour = parser.partial
        assert parser.fields_set == {"legs"}
        assert parser.is_complete(("legs", 0, "km"))
        for path in ("guided", "title", ("legs", 1, "km"), ("legs", 1)):
            assert not parser.is_complete(path)
        names = [(tour, "title"), (tour, "guided"), (tour.legs[1], "to"), (tour.legs[1], "km")]
        shown[missing] = [getattr(owner, name, "absent") for owner, name in names]
        parser.feed('gen"}], "title": "North"}')
        assert parser.partial is parser.result
        assert parser.result == Tour(
            title="North", legs=[Leg(to="Oslo", km=2), Leg(to="Bergen", km=1.5)]
        )
    assert shown == {
        "raise": ["absent", "absent", "Ber", "absent"],
        "default": ["absent", None, "Ber", 1.5],
        "none": [None, None, "Ber", None],
    }


def test_each_partial_has_new_defaults() -> None:
    parser = ModelParser(Tour, missing="default")
    parser.feed('{"title": "N')
    first = parser.partial
    first.legs.append(Leg(to="Bergen"))
    parser.feed("o")
    assert parser.partial.legs == []


def test_missing_members_of_typed_dicts() -> None:
    class Point(TypedDict):
        x: int
        y: int

    cases: list[tuple[Missing, Any]] = [("default", {"x": 1}), ("none", {"x": 1, "y": None})]
    for missing, expected in cases:
        parser = ModelParser(Point, missing=missing)
        parser.feed('{"x": 1, ')
        assert parser.partial == expected


def test_missing_rejects_other_values() -> None:
    with pytest.raises(ValueError, match="missing must be 'raise', 'default' or 'none'"):
        ModelParser(Tour, missing="never")  # type: ignore[call-overload]


# Functions


def test_keyword_arguments_as_a_type() -> None:
    def water(plant: str, *, litres: float = 1.0, **more: Any) -> None: ...

    kind = keywords_type(water, {"plant": "which one"})
    assert ModelParser[Any](kind).get("plant") is None
    schema = TypeAdapter(kind).json_schema()
    assert schema["required"] == ["plant"]
    assert schema["properties"]["plant"] == {
        "description": "which one",
        "title": "Plant",
        "type": "string",
    }
    assert schema["additionalProperties"] is True


def test_without_pydantic_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(ImportError, match=r"llm-streamparse\[pydantic\]"):
        ModelParser(int)
    with pytest.raises(ImportError, match=r"llm-streamparse\[pydantic\]"):
        keywords_type(print, {})


def test_a_model_from_damaged_json() -> None:
    parser = ModelParser(dict[str, list[int]], dialect="lenient")
    parser.feed("Here: {'a': [1, 2,], b: [")
    assert parser.partial == {"a": [1, 2], "b": []}
    parser.feed("3]}")
    parser.finish()
    assert parser.result == {"a": [1, 2], "b": [3]}
    codes = [repair.code for repair in parser.repairs]
    assert codes == ["leading_text", "single_quotes", "trailing_comma", "unquoted_key"]
    cut = ModelParser(dict[str, list[int]], dialect="lenient")
    cut.feed('{"a": [1, 2')
    cut.finish()
    assert (cut.truncated, cut.done) == (True, False)
    with pytest.raises(IncompleteError):
        _ = cut.result


def test_type_and_fields_of_a_parser() -> None:
    parser = ModelParser(Tour)
    assert repr(parser) == "ModelParser(Tour, done=False)"
    parser.feed('{"title": "N", "legs": [')
    assert repr(parser) == "ModelParser(Tour, done=False, fields_set=['legs', 'title'])"
    assert repr(ModelParser(list[int])) == "ModelParser(list[int], done=False)"


# Copies and pickles


def through_pickle(parser: ModelParser[Any]) -> ModelParser[Any]:
    twin: ModelParser[Any] = pickle.loads(pickle.dumps(parser))
    return twin


def shown(parser: ModelParser[Any]) -> Any:
    try:
        return repr(parser.partial)
    except IncompleteError:
        return None


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, through_pickle])
@given(st.data())
def test_a_copy_continues_independently(
    way: Callable[[ModelParser[Any]], ModelParser[Any]], data: st.DataObject
) -> None:
    text = '{"city": "Lindau", "days": 3}'
    place = data.draw(st.integers(0, len(text)))
    parser = ModelParser(Trip, missing="none")
    parser.feed(text[:place])
    before = shown(parser)
    twin = way(parser)
    assert shown(twin) == before
    twin.feed(text[place:])
    twin.finish()
    assert shown(parser) == before
    parser.feed(text[place:])
    assert twin.result == parser.result
