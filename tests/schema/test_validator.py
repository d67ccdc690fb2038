"""Tests of streamparse.schema.validator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamparse import JSONParser, JSONSyntaxError, SchemaViolation, StringDelta
from streamparse.errors import ERROR_CODES, VIOLATION_CODES
from streamparse.schema import SchemaValidator
from tests.helpers import merge_deltas
from tests.parts import both, cuts_of, cuttings, failure
from tests.schema.schemas import violation_of

UNIT: dict[str, Any] = {
    "properties": {"unit": {"enum": ["celsius", "kelvin"]}, "days": {"type": "integer"}}
}


def test_the_value_before_the_violation_is_kept() -> None:
    for fragments in both('{"unit": "celcius"}'):
        parser = JSONParser(validator=SchemaValidator(UNIT))
        error = failure(parser, fragments)
        assert (error.offset, error.path) == (13, ("unit",))
        assert parser.value == {"unit": "cel"}


def test_events_before_the_violation_are_complete() -> None:
    parser = JSONParser(validator=SchemaValidator(UNIT))
    error = failure(parser, ['{"unit": "celcius"}'])
    assert merge_deltas(error.events)[-1] == StringDelta(("unit",), "cel")


def test_collect_continues_after_a_violation() -> None:
    text = '{"unit": "celcius", "days": "3", "unit": "kelvin", "days": 1.5}'
    for fragments in cuttings(text):
        parser = JSONParser(validator=SchemaValidator(UNIT, collect=True))
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
        assert [(one.code, one.path, one.offset) for one in parser.violations] == [
            ("enum", ("unit",), 13),
            ("type", ("days",), 28),
            ("type", ("days",), 62),
        ]
        assert parser.value == {"unit": "kelvin", "days": 1.5}


def test_collected_violations_have_the_same_positions_as_raised_ones() -> None:
    text = '\ufeff{"a": 1,\n\n "unit": "celcius", "days":\t"3",\r\n"unit": "x",\n "days": 1.5\n}'
    parser = JSONParser(validator=SchemaValidator(UNIT))
    first = failure(parser, [text])
    for fragments in cuts_of(text):
        parser = JSONParser(validator=SchemaValidator(UNIT, collect=True))
        for fragment in fragments:
            parser.feed(fragment)
        places = [(one.line, one.column) for one in parser.violations]
        assert places == [(3, 14), (3, 29), (4, 10), (5, 13)]
        assert all(text[: one.offset].endswith(one.excerpt) for one in parser.violations)
        assert str(parser.violations[0]) == str(first)


def test_the_position_of_a_root_number_is_its_end() -> None:
    for fragments in cuttings("\n 12"):
        parser = JSONParser(validator=SchemaValidator({"maximum": 3}, collect=True))
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
        (violation,) = parser.violations
        assert (violation.line, violation.column, violation.excerpt) == (2, 4, "\n 12")


def test_collected_violations_have_positions_before_a_syntax_error() -> None:
    for fragments in cuttings('{"unit":\n"x"]'):
        parser = JSONParser(validator=SchemaValidator(UNIT, collect=True))
        assert isinstance(failure(parser, fragments), JSONSyntaxError)
        assert [(one.line, one.column) for one in parser.violations] == [(2, 2)]


def test_collect_reports_each_violation_once() -> None:
    schema = {
        "additionalProperties": False,
        "propertyNames": {"maxLength": 2, "pattern": "^a"},
        "required": ["a", "b"],
        "properties": {"a": {"maxLength": 1, "const": "x", "pattern": "^x$"}},
    }
    parser = JSONParser(validator=SchemaValidator(schema, collect=True))
    parser.feed('{"a": "yyyy", "xxxx": 1}')
    codes = [one.code for one in parser.violations]
    assert codes.count("additionalProperties") == 1
    assert sorted(set(codes)) == sorted(
        ["const", "pattern", "maxLength", "additionalProperties", "required"]
    )
    assert len([one for one in parser.violations if one.path == ("a",)]) == 3


def test_each_document_of_a_stream_is_validated() -> None:
    parser = JSONParser(many=True, validator=SchemaValidator(UNIT, collect=True))
    parser.feed('{"unit": "kelvin"} {"unit": "rankine"}\n{"days": null}')
    parser.finish()
    assert [one.code for one in parser.violations] == ["enum", "type"]


def test_values_that_a_schema_needs_whole_are_kept() -> None:
    schema = {
        "items": {
            "properties": {
                "tags": {"uniqueItems": True},
                "code": {"pattern": "b$"},
                "point": {"enum": [[1, 2], {"x": 1}]},
            }
        }
    }
    for text, code in (
        ('[{"tags": [[1], [2]], "code": "ab", "point": [1, 2]}]', None),
        ('[{"tags": [[1], [1]]}]', "uniqueItems"),
        ('[{"code": "abc"}]', "pattern"),
        ('[{"point": [1, 3]}]', "enum"),
    ):
        parser = JSONParser(
            validator=SchemaValidator(schema, collect=True), select="$.none", keep="open"
        )
        parser.feed(text)
        parser.finish()
        assert [one.code for one in parser.violations] == ([code] if code else [])


def test_the_schema_is_copied() -> None:
    schema: dict[str, Any] = {"type": "string"}
    validator = SchemaValidator(schema)
    schema["type"] = "number"
    failure(JSONParser(validator=validator), ["1"])


def test_one_validator_serves_many_parsers_at_once() -> None:
    validator = SchemaValidator({"items": UNIT, "uniqueItems": True})
    good, typo, twice = '[{"unit": "kelvin"}, {}]', '[{"unit": "celcius"}]', "[{}, 1.5, 1, {}]"
    parsers = [JSONParser(validator=validator) for _ in range(3)]
    for place in range(13):  # The parsers take turns, one character each.
        for parser, text in zip(parsers, (good, typo, twice), strict=True):
            parser.feed(text[place])
    parsers[0].feed(good[13:])
    assert parsers[0].done
    for parser, text, code in ((parsers[1], typo, "enum"), (parsers[2], twice, "uniqueItems")):
        error = failure(parser, [text[13:]])
        assert (error.code, error.offset) == (violation_of(validator, [text]) or ())[:2]
        assert error.code == code


@pytest.mark.parametrize("schema", [None, [], "object"])
def test_a_schema_of_the_wrong_type(schema: Any) -> None:
    with pytest.raises(TypeError, match="schema"):
        SchemaValidator(schema)


def test_an_unknown_draft() -> None:
    with pytest.raises(ValueError, match="draft7"):
        SchemaValidator({}, draft="draft8")


def test_numbers_from_parse_float() -> None:
    from decimal import Decimal

    validator = SchemaValidator({"items": {"type": "number", "maximum": 2}})
    for text, fine in (("[1.5, 2]", True), ("[2.5]", False)):
        parser = JSONParser(validator=validator, parse_float=Decimal)
        if fine:
            parser.feed(text)
        else:
            assert isinstance(failure(parser, [text]), SchemaViolation)


def test_codes_are_documented_and_distinct() -> None:
    assert all(meaning and not meaning.endswith(".") for meaning in VIOLATION_CODES.values())
    assert not VIOLATION_CODES.keys() & ERROR_CODES.keys()


def test_the_message() -> None:
    assert repr(SchemaValidator({"type": "null"})) == "SchemaValidator({'type': 'null'})"


def nested(levels: int, around: Callable[[Any], Any]) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = around(schema)
    return schema


CHAIN = {str(number): {"$ref": f"#/$defs/{number + 1}"} for number in range(2000)}


@pytest.mark.parametrize(
    "schema",
    [
        nested(150, lambda inner: {"anyOf": [inner]}),
        nested(2000, lambda inner: {"properties": {"a": inner}}),
        {"const": nested(2000, lambda inner: [inner])},
        {"pattern": f"^{'(' * 3000}a{')' * 3000}"},
        {"$ref": "#/$defs/0", "$defs": {**CHAIN, "2000": {}}},
    ],
    ids=["anyOf", "properties", "const", "pattern", "$ref"],
)
def test_a_schema_that_is_too_deep_is_a_bad_schema(schema: Any) -> None:
    with pytest.raises(ValueError, match="too deeply"):
        SchemaValidator(schema)


def test_a_schema_that_contains_itself_is_a_bad_schema() -> None:
    schema: dict[str, Any] = {}
    schema["anyOf"] = [{}, {"not": schema}]
    with pytest.raises(ValueError, match="contains itself"):
        SchemaValidator(schema)
    part = {"minimum": 1}
    twice = SchemaValidator({"items": part, "contains": part, "anyOf": [part, part]})
    assert violation_of(twice, ["[1]"]) is None
