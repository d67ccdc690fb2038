"""The verdicts are pydantic's, as early as they are certain."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, field_validator, model_validator

from streamparse import JSONParser, SchemaViolation
from streamparse.errors import ERROR_CODES, VIOLATION_CODES
from streamparse.models import ModelParser
from streamparse.models.validator import ModelValidator, code_of
from tests.helpers import cut
from tests.parts import cuttings
from tests.strategies import SIZES
from tests.typed import (
    MODELS,
    TYPES,
    UNDECIDED,
    VALUES,
    Asking,
    Checked,
    Leg,
    Stop,
    Tree,
    Trip,
    Walk,
    pydantic_says,
    we_say,
)


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
        assert error.code in {**ERROR_CODES, **VIOLATION_CODES}
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
    (Annotated[dict[str, int], Field(max_length=1)], '{"a": 1, "a": 2, "b"', "maxProperties", ()),
    (Annotated[dict[int, int], Field(max_length=1)], '{"1": 1, "2": 1}', "maxProperties", ()),
    (list[Checked], '[{"n": 13}', "value_error", (0,)),
    (list[Asking], '[{"low": 2, "high": 1}', "value_error", (0, "high")),
    (tuple[int, str], '[1, "a", 2', "maxItems", ()),
    (dict[Literal["ab"], int], '{"b', "additionalProperties", ()),
    (Walk | list[int], '"', "type", ()),
    (Walk | list[int], '[1, "x"', "format", (1,)),
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
        assert code_of(entry["type"]) in {**ERROR_CODES, **VIOLATION_CODES}


# Counted


class CountedPart:
    """A validator of pydantic's that writes down what it is asked."""

    def __init__(self, validator: Any, texts: list[str]) -> None:
        self.validator = validator
        self.texts = texts

    def validate_json(self, text: str, **options: Any) -> Any:
        self.texts.append(text)
        return self.validator.validate_json(text, **options)


class Counter:
    """Counts what pydantic is asked to validate for a parser, in characters."""

    def __init__(self, parser: ModelParser[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts: list[str] = []
        self.wholes: list[Any] = []
        plans = parser._model.plans
        for slot in plans.slots:
            slot.whole = CountedPart(plans.validator(slot), self.parts)
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
def test_every_part_is_judged_at_most_once(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """So many characters for the parts, at most those of the document; then the whole, once."""
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
            parser.get("anything")  # reading judges nothing
        assert counter.wholes == [value]
        assert counter.characters <= len(text)
        assert parser.result == TypeAdapter(kind).validate_python(value)
        monkeypatch.undo()


# Forks and pickles


@given(st.sampled_from([Trip, Tree, Leg, UNDECIDED]), VALUES, st.integers(0, 200))
def test_forks_and_pickles(kind: Any, value: Any, place: int) -> None:
    text = json.dumps(value)
    whole = we_say(kind, [text], None)
    parser = JSONParser(validator=MODELS[id(kind), None])
    twins = [parser]
    found: SchemaViolation | None = None
    try:
        parser.feed(text[:place])
        twins += [parser.clone(), copy.deepcopy(parser)]
        for twin in twins:
            twin.feed(text[place:])
            twin.finish()
    except SchemaViolation as error:
        found = error
    assert (found is None) == (whole[1] is None)
    if found is not None:
        assert whole[1] is not None
        assert (found.offset, found.code) == (whole[1].offset, whole[1].code)
        return
    assert whole[0] is not None
    for twin in twins:
        judge = twin._chain.validator
        assert judge is not None
        assert judge.parsed == whole[0].parsed


def test_pickle() -> None:
    parser = JSONParser(validator=ModelValidator(Trip))
    parser.feed('{"city": "Linz", "legs": [{"km": 1, "kind": "wa')
    twin = pickle.loads(pickle.dumps(parser))
    twin.feed('lk"}], "stops": [{"name": "A"}]}')
    assert twin._chain.validator.parsed.legs == [Walk(kind="walk", km=1)]
    parser.feed("lk")
    with pytest.raises(SchemaViolation):
        parser.feed("x")
    again = pickle.loads(pickle.dumps(ModelValidator(Trip, strict=True)))
    assert (again.type, again.strict) == (Trip, True)
    assert repr(again) == f"ModelValidator({Trip!r})"


# Coercion


class Bed(BaseModel):
    plot: str
    rows: list[int]
    unit: Literal["mm", "inch"] = "mm"


@pytest.mark.parametrize(
    ("kind", "text", "value", "paths"),
    [
        (
            Bed,
            r'{"plot": 4, "rows": "[1, 2]", "unit": "INCH"}',
            Bed(plot="4", rows=[1, 2], unit="inch"),
            ["plot", "rows", "unit"],
        ),
        (
            dict[str, Bed],
            r'{"a": "{\"plot\": \"x\", \"rows\": 3}"}',
            {"a": Bed(plot="x", rows=[3])},
            ["a", "rows"],
        ),
        (list[str] | None, '"[\\"a\\"]"', ["a"], []),
        (tuple[int, str], r'"[1, \"a\"]"', (1, "a"), []),
        (dict[str, int], '{"a": "12"}', {"a": 12}, None),  # pydantic takes it as it stands
        (int | str, '"12"', "12", None),
    ],
)
def test_coercion_where_pydantic_would_certainly_refuse(
    kind: Any, text: str, value: Any, paths: list[Any] | None
) -> None:
    for pieces in cuttings(text):
        parser: ModelParser[Any] = ModelParser(kind, coerce=True)
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.result == value
        assert [one.code for one in parser.repairs] == ["coerced"] * len(parser.repairs)
        found = [one.path[-1] for one in parser.repairs if one.path]
        assert found == (paths or [])
        assert bool(parser.repairs) is (paths is not None)


def test_a_validator_that_coerces_pickles_and_has_a_twin_that_does_not() -> None:
    validator = ModelValidator(Bed, coerce=True)
    assert pickle.loads(pickle.dumps(validator)).coerces
    assert not validator.coercing(False).coerces
    assert validator.coercing() is validator
