"""Pydantic types for tests of models, and documents that may match them.

This module needs pydantic, so import it after `pytest.importorskip("pydantic")`.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

import pydantic
import typing_extensions
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    StringConstraints,
    TypeAdapter,
    field_validator,
    model_validator,
)

from streamparse import JSONParser, SchemaViolation
from streamparse.models.validator import ModelValidator
from streamparse.models.walker import ModelWalker


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Stop(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    nights: int = Field(default=1, gt=0, le=30)


class Walk(BaseModel):
    kind: Literal["walk"]
    km: float


class Ride(BaseModel):
    kind: Literal["ride"]
    line: Annotated[str, Field(max_length=4)]
    km: str = ""


Leg = Annotated[Walk | Ride, Field(discriminator="kind")]


class Trip(BaseModel):
    city: Annotated[str, Field(min_length=2, max_length=8)]
    stops: list[Stop] = Field(default=[], max_length=3)
    legs: list[Leg] = []
    colour: Colour = Colour.RED
    note: str | None = None
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


Stripped = Annotated[str, StringConstraints(strip_whitespace=True)]
UNDECIDED = list[Stop | Walk]
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
    list[int | str],
    set[int],
    tuple[int, str],
    tuple[int, ...],
    dict[str, int],
    dict[Literal["a", "b"], int],
    dict[int, str],
    Stop | None,
    Stop,
    Leg,
    list[Leg],
    Walk | Stop | list[int] | str,
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
    Annotated[dict[str, Any], Field(max_length=1)],
    Annotated[dict[int, Any], Field(max_length=1)],
    Annotated[
        dict[Annotated[str, StringConstraints(strip_whitespace=True)], Any], Field(max_length=1)
    ],
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
    *("", "root", "Nowhere else", "é", "😀", " a", "01"),
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
    """Generate objects with most of these members in any order, and sometimes another member."""
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


def result_of_pydantic(kind: Any, text: str, strict: bool | None) -> tuple[bool, Any]:
    try:
        return True, TypeAdapter(kind).validate_json(text, strict=strict)
    except pydantic.ValidationError as error:
        return False, error
    except Exception as error:  # An exception of the code of a type.
        return False, error


def our_result(
    kind: Any, pieces: Sequence[Any], strict: bool | None
) -> tuple[ModelWalker | None, SchemaViolation | None, int]:
    """Return the validator, the violation, and the number of the piece that raised it."""
    parser = JSONParser(validator=MODELS[id(kind), strict])
    place = 0
    try:
        for place, piece in enumerate(pieces):  # noqa: B007
            parser.feed(piece)
        place = len(pieces)
        parser.finish()
    except SchemaViolation as error:
        return None, error, place
    judge = parser._chain.validator
    assert isinstance(judge, ModelWalker)
    return judge, None, len(pieces)
