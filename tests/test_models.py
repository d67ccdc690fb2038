"""Tests of streamparse.models: verdicts are pydantic's, as early as certain; typed partials."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import enum
import json
import pickle
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

pydantic = pytest.importorskip("pydantic")
typing_extensions = pytest.importorskip("typing_extensions")

from pydantic import (  # noqa: E402
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    TypeAdapter,
    field_validator,
    model_validator,
)

from streamparse import IncompleteError, JSONParser, SchemaViolation  # noqa: E402
from streamparse.errors import ERROR_CODES  # noqa: E402
from streamparse.model_judge import ModelJudge, code_of  # noqa: E402
from streamparse.models import (  # noqa: E402
    ModelParser,
    ModelValidator,
    NotBefore,
    WhenComplete,
)
from tests.helpers import cut  # noqa: E402
from tests.strategies import SIZES  # noqa: E402


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Stop(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    nights: int = Field(1, gt=0, le=30)


class Walk(BaseModel):
    kind: Literal["walk"]
    km: float


class Ride(BaseModel):
    kind: Literal["ride"]
    line: Annotated[str, Field(max_length=4)]
    km: str = ""


Leg = Annotated[Union[Walk, Ride], Field(discriminator="kind")]


class Trip(BaseModel):
    city: Annotated[str, Field(min_length=2, max_length=8)]
    stops: list[Stop] = Field(default=[], max_length=3)
    legs: list[Leg] = []
    colour: Colour = Colour.RED
    note: Optional[str] = None
    extra: Any = None
    day: datetime.date | None = None

    @model_validator(mode="after")
    def no_nowhere(self) -> Trip:
        if self.city == "Nowhere":
            raise ValueError("there is no such city")
        return self


class Tree(BaseModel):
    label: str
    branches: list[Tree] = []


class Renamed(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    first: int = Field(alias="firstValue")
    second: int = Field(0, validation_alias=AliasChoices("two", "zwei"))


class Nested(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: int = Field(validation_alias=AliasPath("data", 0))


class Before(BaseModel):
    n: int

    @model_validator(mode="before")
    @classmethod
    def from_a_number(cls, value: Any) -> Any:
        return {"n": value} if isinstance(value, int) else value


class Asking(BaseModel):
    low: int
    high: int

    @field_validator("high")
    @classmethod
    def ordered(cls, value: int, info: Any) -> int:
        if value < info.data["low"]:
            raise ValueError("high is below low")
        return value


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    n: int


class Secretive(BaseModel):
    n: int
    _doubled: int = PrivateAttr(0)

    def model_post_init(self, context: Any) -> None:
        self._doubled = 2 * self.n


class OwnInit(BaseModel):
    n: int

    def __init__(self, **data: Any) -> None:
        super().__init__(n=data.get("n", 0) + 1)


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Checked:
    n: int

    def __post_init__(self) -> None:
        if self.n == 13:
            raise ValueError("an unlucky number")


class Options(typing_extensions.TypedDict, total=False):
    depth: typing_extensions.Required[int]
    fast: bool


class Numbers(RootModel[list[int]]):
    pass


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    content: T


UNDECIDED = list[Union[Stop, Walk]]
TYPES: list[Any] = [
    UNDECIDED,
    int,
    float,
    bool,
    str,
    Decimal,
    datetime.date,
    Any,
    Colour,
    Level,
    Literal["a", "ab", 3, None],
    list[int],
    list[Union[int, str]],
    set[int],
    tuple[int, str],
    tuple[int, ...],
    dict[str, int],
    dict[Literal["a", "b"], int],
    dict[int, str],
    Optional[Stop],
    Stop,
    Leg,
    list[Leg],
    Union[Walk, Stop, list[int], str],
    Trip,
    Tree,
    Renamed,
    Nested,
    Before,
    list[Before],
    Asking,
    list[Asking],
    Open,
    list[Secretive],
    list[OwnInit],
    Point,
    list[Point],
    list[Checked],
    Options,
    Numbers,
    dict[str, Numbers],
    Box[int],
    Box[list[Box[str]]],
    Annotated[str, Field(pattern="^a+$")],
    Annotated[list[int], Field(min_length=2, max_length=3)],
    Annotated[int, BeforeValidator(lambda value: 7 if value == "seven" else value)],
    list[Annotated[str, AfterValidator(str.upper), Field(max_length=4)]],
    Annotated[list[int], AfterValidator(sorted)],
]
MODELS = {
    (id(kind), strict): ModelValidator(kind, strict=strict)
    for kind in TYPES
    for strict in (None, True, False)
}

WORDS = [
    *("city", "stops", "legs", "colour", "note", "extra", "day", "name", "nights", "kind", "km"),
    *("line", "walk", "ride", "red", "green", "label", "branches", "firstValue", "first", "two"),
    *("zwei", "second", "data", "inner", "n", "low", "high", "x", "y", "tags", "depth", "fast"),
    *(
        "content",
        "a",
        "ab",
        "b",
        "aaa",
        "1",
        "12",
        "-3.5",
        "true",
        "2024-02-29",
        "seven",
        "Nowhere",
    ),
    *("", "root", "Nowhere else", "é", "😀"),
]
SMALL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 14),
    st.sampled_from([0.0, 1.0, 1.5, -2.25, 1e300, 10**20]),
    st.sampled_from(WORDS),
)
ANY_JSON = st.recursive(
    SMALL,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
    ),
    max_leaves=12,
)


def _object(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects with most of these members, in any order, and now and then another."""
    items = [st.tuples(st.just(name), value) for name, value in members.items()]
    whole = st.tuples(*items).flatmap(st.permutations)
    dropped = st.integers(0, 4 * len(items))
    more = st.lists(st.tuples(st.sampled_from(WORDS), SMALL), max_size=1)
    return st.tuples(whole, dropped, more).map(
        lambda drawn: dict([*[p for i, p in enumerate(drawn[0]) if i != drawn[1]], *drawn[2]])
    )


STOPS = _object(name=st.sampled_from(WORDS), nights=st.integers(-1, 31))
LEGS = _object(
    kind=st.sampled_from(["walk", "ride"]),
    km=st.sampled_from([1, "2", 1.5, "x"]),
    line=st.sampled_from(["U1", "S45", "U1234"]),
)
TRIPS = _object(
    city=st.sampled_from(["Linz", "Graz", "Nowhere", "X", "Innsbruck"]),
    stops=st.lists(STOPS, max_size=4),
    legs=st.lists(LEGS, max_size=2),
    colour=st.sampled_from(["red", "green", "greenish"]),
    note=st.sampled_from([None, "ok", 3]),
    extra=ANY_JSON,
    day=st.sampled_from([None, "2024-02-29", "2023-02-29", 0, 86400]),
)
TREES = st.recursive(
    _object(label=st.sampled_from(WORDS)),
    lambda inner: _object(label=st.sampled_from(WORDS), branches=st.lists(inner, max_size=2)),
    max_leaves=5,
)
VALUES = st.one_of(
    ANY_JSON,
    TRIPS,
    STOPS,
    LEGS,
    TREES,
    st.lists(STOPS, max_size=3),
    st.lists(LEGS, max_size=3),
    st.lists(_object(n=st.sampled_from([1, 13, "2", "x"])), max_size=3),
    st.lists(_object(low=st.integers(0, 3), high=st.integers(0, 3)), max_size=3),
    st.lists(_object(x=SMALL, y=SMALL, tags=st.lists(SMALL, max_size=2)), max_size=3),
    _object(firstValue=SMALL, two=SMALL),
    _object(first=SMALL, zwei=SMALL),
    _object(data=st.lists(SMALL, max_size=2)),
    _object(depth=SMALL, fast=SMALL),
    _object(content=st.lists(_object(content=SMALL), max_size=2)),
    st.lists(SMALL, max_size=4),
    st.lists(st.integers(), max_size=4),
)


def pydantic_says(kind: Any, text: str, strict: bool | None) -> tuple[bool, Any]:
    try:
        return True, TypeAdapter(kind).validate_json(text, strict=strict)
    except pydantic.ValidationError as error:
        return False, error
    except Exception as error:  # what a type's own code raised
        return False, error


def we_say(
    kind: Any, pieces: Sequence[Any], strict: bool | None
) -> tuple[ModelJudge | None, SchemaViolation | None, int]:
    """The judge, the violation, and in which piece it came."""
    parser = JSONParser(validator=MODELS[id(kind), strict])
    for place, piece in enumerate([*pieces, None]):
        try:
            parser.finish() if piece is None else parser.feed(piece)
        except SchemaViolation as error:
            return None, error, place
    judge = parser._chain.judge
    assert isinstance(judge, ModelJudge)
    return judge, None, len(pieces)


@given(st.sampled_from(TYPES), VALUES, SIZES, st.sampled_from([None, True, False]))
def test_the_verdict_is_that_of_pydantic(
    kind: Any, value: Any, sizes: list[int], strict: bool | None
) -> None:
    """Law 9, and law 1: the same for any chunking, and the same object."""
    text = json.dumps(value, ensure_ascii=False)
    fine, expected = pydantic_says(kind, text, strict)
    judge, error, _ = we_say(kind, [text], strict)
    assert (error is None) == fine, (error, expected)
    if judge is not None:
        assert judge.parsed == expected
        assert type(judge.parsed) is type(expected)
    other, other_error, _ = we_say(kind, cut(text, sizes), strict)
    if error is not None:
        assert other_error is not None
        assert (other_error.code, other_error.offset, other_error.path, other_error.message) == (
            error.code,
            error.offset,
            error.path,
            error.message,
        )
        assert error.code in ERROR_CODES
    else:
        assert other is not None
        assert other.parsed == expected


@given(st.sampled_from(TYPES), VALUES, st.data())
def test_what_is_refused_early_nothing_could_mend(kind: Any, value: Any, data: Any) -> None:
    """Law 9: other ends of the document, from another one, are refused just the same."""
    text = json.dumps(value)
    _, error, _ = we_say(kind, [text], None)
    if error is None:
        return
    prefix = text[: error.offset + 1]
    other = json.dumps(data.draw(VALUES))
    place = data.draw(st.integers(0, len(other)))
    for ending in (other[place:], '"}', '"}]}', "}", "]", "]}", '": 1}'):
        whole = prefix + ending
        try:
            loaded = json.loads(whole)
        except ValueError:
            continue
        if json.dumps(loaded) and not _repeats(whole):
            assert not pydantic_says(kind, whole, None)[0], whole


def _repeats(text: str) -> bool:
    found = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(pairs) != len(dict(pairs)))
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    return any(found)


# How early

EARLY = [
    # (type, text up to the refused character, code, path)
    (Trip, "[", "type", ()),
    (Trip, '{"city": 1', "type", ("city",)),
    (Trip, '{"city": "Innsbruck', "maxLength", ("city",)),
    (Trip, '{"city": "X"', "minLength", ("city",)),
    (Trip, '{"colour": "gra', "enum", ("colour",)),
    (Trip, '{"colour": "re"', "enum", ("colour",)),
    (Trip, '{"colour": n', "type", ("colour",)),
    (Trip, '{"stops": [{"nan', "additionalProperties", ("stops", 0)),
    (Trip, '{"stops": [{"nam"', "additionalProperties", ("stops", 0)),
    (Trip, '{"stops": [{"nights": 31,', "maximum", ("stops", 0, "nights")),
    (Trip, '{"stops": [{"nights": 2}', "required", ("stops", 0)),
    (Trip, '{"legs": [{"kind": "walt', "enum", ("legs", 0, "kind")),
    (Trip, '{"legs": [{"km": "x", "kind": "w', "format", ("legs", 0, "km")),
    (Trip, '{"day": "2023-02-29"', "format", ("day",)),
    (Trip, '{"note": "x"}', "required", ()),
    (Trip, '{"city": "Nowhere"}', "value_error", ()),
    (Annotated[list[int], Field(max_length=2)], "[1, 2, 3", "maxItems", ()),
    (Annotated[list[int], Field(min_length=2)], "[1]", "minItems", ()),
    (list[Checked], '[{"n": 13}', "value_error", (0,)),
    (list[Asking], '[{"low": 2, "high": 1}', "value_error", (0, "high")),
    (tuple[int, str], '[1, "a", 2', "maxItems", ()),
    (dict[Literal["ab"], int], '{"b', "additionalProperties", ()),
    (Union[Walk, list[int]], '"', "type", ()),
    (Union[Walk, list[int]], '[1, "x"', "format", (1,)),
]


@pytest.mark.parametrize(("kind", "text", "code", "path"), EARLY, ids=[row[1] for row in EARLY])
def test_refused_at_the_character(kind: Any, text: str, code: str, path: Any) -> None:
    parser = JSONParser(validator=ModelValidator(kind))
    parser.feed(text[:-1])
    with pytest.raises(SchemaViolation) as caught:
        parser.feed(text[-1])
    assert (caught.value.code, caught.value.path) == (code, path)
    assert caught.value.offset == len(text) - 1


def test_lax_and_strict() -> None:
    """In lax mode the text "12" is an int; strict it is none, at its first character."""
    JSONParser(validator=ModelValidator(list[int])).feed('["12", true, 1.0]')
    strict = JSONParser(validator=ModelValidator(list[int], strict=True))
    with pytest.raises(SchemaViolation) as caught:
        strict.feed('["')
    assert (caught.value.code, caught.value.offset, caught.value.path) == ("type", 1, (0,))


def test_a_value_that_is_too_deep_for_pydantic_is_refused() -> None:
    for depth in (150, 400, 990):
        text = "[" * depth + "]" * depth
        fine, _ = pydantic_says(Any, text, None)
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


def test_whatever_a_validator_raises_is_a_violation() -> None:
    def trip(value: Any) -> Any:
        raise ZeroDivisionError("oops")

    parser = JSONParser(validator=ModelValidator(list[Annotated[int, AfterValidator(trip)]]))
    with pytest.raises(SchemaViolation) as caught:
        parser.feed("[1, ")
    assert (caught.value.code, caught.value.path) == ("value_error", (0,))
    assert "ZeroDivisionError: oops" in caught.value.message


@pytest.mark.parametrize("kind", [type("Odd", (), {}), 3])
def test_what_pydantic_does_not_know_is_a_type_error(kind: Any) -> None:
    with pytest.raises(TypeError, match="pydantic cannot validate"):
        ModelValidator(kind)


def test_codes() -> None:
    """Every error type that pydantic has becomes a code of the closed set."""
    from pydantic_core._pydantic_core import list_all_errors

    for entry in list_all_errors():
        assert code_of(entry["type"]) in ERROR_CODES


# Counted


class Counter:
    """Counts what pydantic is asked to validate, in characters."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts: list[str] = []
        self.wholes: list[Any] = []
        part, whole = ModelValidator.part, ModelValidator.whole

        def counted_part(model: ModelValidator, slot: Any, value: Any) -> Any:
            if type(value) is not slot.trivial:
                self.parts.append(json.dumps(value))
            return part(model, slot, value)

        def counted_whole(model: ModelValidator, value: Any) -> Any:
            self.wholes.append(value)
            return whole(model, value)

        monkeypatch.setattr(ModelValidator, "part", counted_part)
        monkeypatch.setattr(ModelValidator, "whole", counted_whole)

    @property
    def characters(self) -> int:
        return sum(map(len, self.parts))


def tree(depth: int) -> dict[str, Any]:
    branches = [tree(depth - 1), tree(depth - 1)] if depth else []
    return {"label": "x" * 5, "branches": branches}


class Meeting(BaseModel):
    at: datetime.datetime
    inner: Optional[Meeting] = None

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
def test_every_part_is_judged_at_most_once(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """So many characters for the parts, at most those of the document; then the whole, once."""
    deep: dict[str, Any] = {"at": "2024-01-01T00:00:00"}
    odd: dict[str, Any] = {"n": 1}
    for number in range(60):
        deep = {"at": "2024-01-01T00:00:00", "inner": deep}
        odd = {"n": number, "inner": [odd]}
    legs = [{"km": 1, "kind": "walk"}, {"kind": "ride", "line": "U1"}] * 20
    for kind, value in [
        (Tree, tree(6)),
        (Meeting, deep),
        (list[Odd], [odd, odd]),
        (list[Leg], legs),
        (list[Union[Stop, Walk, dict[str, Any]]], [{"name": "x", "nights": 2}] * 30),
        (list[Stop], [{"name": "x", "nights": 2}] * 30),
    ]:
        text = json.dumps(value)
        counter = Counter(monkeypatch)
        parser = ModelParser[Any](kind)
        for start in range(0, len(text), step):
            parser.feed(text[start : start + step])
            parser.get("anything")  # reading judges nothing
        assert counter.wholes == [value]
        assert counter.characters <= len(text)
        assert parser.result == TypeAdapter(kind).validate_python(value)
        monkeypatch.undo()


# Typed partial objects


def states(kind: Any, text: str) -> list[Any]:
    """What a reader sees after every character."""
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
    assert parser.partial.stops[1] == Stop(name="B"), "complete, it has its defaults"
    assert not hasattr(parser.partial, "day"), "half a date is none"
    parser.feed('02-29", "legs": [{"km": 3')
    assert parser.partial.day == datetime.date(2024, 2, 29)
    assert [repr(leg) for leg in parser.partial.legs] == ["Walk()"], "only a Walk has such a km"
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
    assert parser.partial is first, "nothing came since"
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


def test_what_is_not_decided_is_not_shown() -> None:
    assert states(Colour, '"red"') == [Colour.RED]
    assert states(Union[Walk, Stop], '{"name": "A"}') == [Stop(name="A")], "either, to the end"
    assert repr(states(Union[Walk, Stop], '{"kind": "walk", "km": 1}')[0]) == "Walk()"
    assert states(list[Union[int, str]], '["1", 2]') == [[], ["1"], ["1", 2]]
    assert states(Before, "5") == []
    parser = ModelParser(Before)
    parser.feed('{"n": "5", ')
    assert parser.partial.n == "5", "as it came: only the whole can be judged"
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
    """Law 3 for typed values: what is complete stays, and the last one is the result."""
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


def test_what_was_understood_stays_after_a_violation() -> None:
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


def test_not_before() -> None:
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


# Forks and pickles


@given(st.sampled_from([Trip, Tree, Leg, UNDECIDED]), VALUES, st.integers(0, 200))
def test_forks_and_pickles(kind: Any, value: Any, place: int) -> None:
    text = json.dumps(value)
    whole = we_say(kind, [text], None)
    parser = JSONParser(validator=MODELS[id(kind), None])
    twins = [parser]
    try:
        parser.feed(text[:place])
        twins += [parser.clone(), copy.deepcopy(parser)]
        for twin in twins:
            twin.feed(text[place:])
            twin.finish()
    except SchemaViolation as error:
        assert whole[1] is not None
        assert (error.offset, error.code) == (whole[1].offset, whole[1].code)
        return
    assert whole[0] is not None
    for twin in twins:
        judge = twin._chain.judge
        assert judge is not None
        assert judge.parsed == whole[0].parsed


def test_pickle() -> None:
    parser = JSONParser(validator=ModelValidator(Trip))
    parser.feed('{"city": "Linz", "legs": [{"km": 1, "kind": "wa')
    twin = pickle.loads(pickle.dumps(parser))
    twin.feed('lk"}], "stops": [{"name": "A"}]}')
    assert twin._chain.judge.parsed.legs == [Walk(kind="walk", km=1)]
    parser.feed("lk")
    with pytest.raises(SchemaViolation):
        parser.feed("x")
    again = pickle.loads(pickle.dumps(ModelValidator(Trip, strict=True)))
    assert (again.type, again.strict) == (Trip, True)
    assert repr(again) == f"ModelValidator({Trip!r})"
