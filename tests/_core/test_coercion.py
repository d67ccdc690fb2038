"""Tests of streamparse._core.coercion: values are converted to what their schema expects."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

pytest.importorskip("jsonschema")

from jsonschema import Draft202012Validator

from streamparse import JSONParser, MessageParser, StreamParseError
from streamparse.limits import Limits
from streamparse.schema import SchemaValidator
from tests.growth import is_linear
from tests.helpers import merge_deltas
from tests.parts import chars, cuttings
from tests.schema.schemas import REFERRING, SCHEMAS, VALUES, valid

Outcome = tuple[Any, Any, list[Any], list[Any]]


def read(
    validator: Any, pieces: list[str], at: int = -1, fork: Any = None, **options: Any
) -> Outcome:
    """Return the error, the value, the repairs and the events."""
    parser = JSONParser(validator=validator, **options)
    events: list[Any] = []
    error: Any = None
    try:
        for number, piece in enumerate(pieces):
            if number == at:
                parser = fork(parser)
            events += parser.feed(piece)
        events += parser.finish()
    except StreamParseError as failed:
        events += failed.events
        error = (type(failed).__name__, failed.code, failed.offset, failed.path, failed.message)
    value = parser.snapshot() if parser.started else None
    return error, value, [one.to_dict() for one in parser.repairs], merge_deltas(events)


def of(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these members and no others."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def array(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


INTEGER, NUMBER, TEXT, NULL = ({"type": kind} for kind in ("integer", "number", "string", "null"))
UNIT = {"enum": ["mm", "inch", "yard"]}
ROW = of(plot=TEXT, beds=array(INTEGER))

# The schema of the member `v`, its JSON, the resulting value, and the paths of coerced values.
READ: list[tuple[Any, str, Any, list[Any]]] = [
    # JSON in a string.
    (array(INTEGER), r'"[7, 8]"', [7, 8], [()]),
    (array(INTEGER), r'"\t[7,\n8] "', [7, 8], [()]),
    (array(TEXT), r'"[\"x\\n\", \"\\ud83d\\ude00\"]"', ["x\n", "😀"], [()]),
    (array(TEXT), r'"[ ]"', [], [()]),
    (ROW, r'"{\"plot\": \"A\", \"beds\": \"[1]\"}"', {"plot": "A", "beds": [1]}, [(), ("beds",)]),
    (array(ROW), r'"[{\"plot\": 4}]"', [{"plot": "4"}], [(), (0, "plot")]),
    ({"anyOf": [array(INTEGER), NULL]}, r'"[1]"', [1], [()]),
    ({"anyOf": [{"const": "all"}, array(INTEGER)]}, r'"[1]"', [1], [()]),
    ({"anyOf": [{"const": "[all]"}, array(INTEGER)]}, r'"[1]"', [1], [()]),
    ({"anyOf": [{"const": "[all]"}, array(INTEGER)]}, r'"[ALL]"', "[all]", [()]),
    # Literals.
    (INTEGER, '"-12"', -12, [()]),
    (INTEGER, '" 12\\n"', 12, [()]),
    (NUMBER, '"1e3"', 1000.0, [()]),
    ({"type": ["boolean", "null"]}, '"null"', None, [()]),
    ({"anyOf": [{"enum": ["auto"]}, INTEGER]}, '"5"', 5, [()]),
    ({"anyOf": [{"enum": ["auto"]}, INTEGER]}, '"AUTO"', "auto", [()]),
    ({"const": 4}, '"4"', 4, [()]),
    # Numbers as text.
    (TEXT, "1.50", "1.50", [()]),
    (TEXT, "-0.0e+1", "-0.0e+1", [()]),
    ({"type": ["string", "null"]}, "12", "12", [()]),
    ({"enum": ["1", "2"]}, "2", "2", [()]),
    # One value for an array.
    (array(TEXT), '"moss"', ["moss"], [()]),
    (array(TEXT), '"[draft] moss"', ["[draft] moss"], [()]),
    (array(TEXT), '"{moss}"', ["{moss}"], [()]),
    (array(INTEGER), "5", [5], [()]),
    (array({"type": "boolean"}), "true", [True], [()]),
    (array(ROW), '{"plot": "B", "beds": 3}', [{"plot": "B", "beds": [3]}], [(), (0, "beds")]),
    (array(UNIT), '"INCH"', ["inch"], [(), (0,)]),
    (array(TEXT), '"["', ["["], [()]),
    (array(TEXT), '"[x"', ["[x"], [()]),
    (array(TEXT), '"[ "', ["[ "], [()]),
    (array({"enum": ["[", "[all]"]}), '"["', ["["], [()]),
    (array({"enum": ["[", "[all]"]}), '"[ALL]"', ["[all]"], [(), (0,)]),
    # Words.
    (UNIT, '"Inch"', "inch", [()]),
    (array(UNIT), '["MM", "mm"]', ["mm", "mm"], [(0,)]),
]
# The schema and JSON of rejected values, with the code.
REFUSED: list[tuple[Any, str, str]] = [
    (array(INTEGER), '"[1, 2"', "type"),
    (array(INTEGER), '"[1] and more"', "type"),
    (array(INTEGER), '"1, 2"', "type"),
    (array(INTEGER), '"[\\"x\\"]"', "type"),
    (array(INTEGER), '""', "type"),
    (array(TEXT), '""', "type"),
    (array(TEXT), '" "', "type"),
    (array(INTEGER), "null", "type"),
    (array(TEXT), "true", "type"),
    (array(array(INTEGER)), "[1, 2]", "type"),
    (array(TEXT, minItems=2), '"moss"', "minItems"),
    (ROW, '"[1]"', "type"),
    (ROW, '"\\"{}\\""', "type"),
    (ROW, r'"{\"bed\": 1}"', "additionalProperties"),
    (INTEGER, '"12.5"', "type"),
    (INTEGER, '"12 beds"', "type"),
    (INTEGER, '"0x1F"', "type"),
    (INTEGER, '"1e999"', "type"),
    (INTEGER, "[12]", "type"),
    ({"type": "boolean"}, '"yes"', "type"),
    ({**INTEGER, "maximum": 10}, '"12"', "maximum"),
    (TEXT, "true", "type"),
    (TEXT, "null", "type"),
    ({**TEXT, "maxLength": 2}, "123", "maxLength"),
    ({"anyOf": [TEXT, array(NUMBER)]}, "1", "anyOf"),
    (UNIT, '"in"', "enum"),
    (UNIT, '"ell"', "enum"),
    ({"enum": ["a", "A", "b"]}, '"a "', "enum"),
    ({"enum": ["ab", "AB"]}, '"Ab"', "enum"),
]


@pytest.mark.parametrize(("schema", "text", "value", "paths"), READ)
def test_values_are_coerced(schema: Any, text: str, value: Any, paths: list[Any]) -> None:
    validator = SchemaValidator(of(v=schema, w=True), coerce=True)
    whole = f'{{"v": {text}, "w": "[1]"}}'
    outcomes = [read(validator, pieces) for pieces in cuttings(whole)]
    error, found, repairs, _ = outcomes[0]
    assert error is None
    assert json.dumps(found) == json.dumps({"v": value, "w": "[1]"})
    assert [(one["code"], one["path"]) for one in repairs] == [
        ("coerced", ["v", *path]) for path in paths
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    root = read(SchemaValidator(schema, coerce=True), chars(text))
    assert root[:2] == (None, value)


@pytest.mark.parametrize(("schema", "text", "code"), REFUSED)
def test_refused(schema: Any, text: str, code: str) -> None:
    validator = SchemaValidator(of(v=schema), coerce=True)
    outcomes = [read(validator, pieces) for pieces in cuttings(f'{{"v": {text}}}')]
    assert outcomes[0][0] is not None
    assert outcomes[0][0][:2] == ("SchemaViolation", code)
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_without_the_option_nothing_is_coerced() -> None:
    for schema, text, _, _ in READ:
        assert read(SchemaValidator(schema), [text])[0] is not None


def test_the_value_grows_while_it_arrives() -> None:
    parser = JSONParser(validator=SchemaValidator(of(v=array(ROW)), coerce=True))
    seen = []
    for piece in (r'{"v": "[', r"{\"plo", r"t\": \"A", r"sh\", \"beds\": [1, 2"):
        parser.feed(piece)
        seen.append(parser.snapshot()["v"])
    assert seen == [
        [],
        [{}],
        [{"plot": "A"}],
        [{"plot": "Ash", "beds": [1]}],
    ]


FORKS: list[Callable[[JSONParser], JSONParser]] = [
    lambda parser: parser.clone(),
    lambda parser: pickle.loads(pickle.dumps(parser)),
    copy.deepcopy,
]


@pytest.mark.parametrize("fork", FORKS)
def test_a_fork_at_any_character_gives_the_same_results(fork: Any) -> None:
    validator = SchemaValidator(of(v=array(ROW), u=UNIT, n=NUMBER, t=array(TEXT)), coerce=True)
    inner = json.dumps([{"plot": 1.5, "beds": '[3, "4"]'}])
    text = f'{{"v": {json.dumps(inner)}, "u": "YARD", "n": "12", "t": "oak"}}'
    whole = read(validator, [text])
    assert whole[0] is None
    for at in range(len(text)):
        assert read(validator, chars(text), at, fork) == whole


def damaged(value: Any, dice: random.Random) -> Any:
    """Return the value with random mistakes of models: values in strings, capitals, no array."""
    if isinstance(value, dict):
        value = {key: damaged(inner, dice) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [damaged(inner, dice) for inner in value]
    if dice.random() < 0.3:
        if isinstance(value, str):
            return value.upper()
        return json.dumps(value, ensure_ascii=dice.random() < 0.5)
    if isinstance(value, list) and len(value) == 1 and dice.random() < 0.3:
        return value[0]
    return value


@given(SCHEMAS | REFERRING, VALUES, st.integers(0, 10**6))
def test_the_coerced_value_is_valid(schema: Any, value: Any, seed: int) -> None:
    """A valid value is never changed, and a value that is accepted after coercion is valid."""
    dice = random.Random(seed)
    value = damaged(value, dice)
    try:
        plain, validator = SchemaValidator(schema), SchemaValidator(schema, coerce=True)
    except ValueError:
        assume(False)
    text = json.dumps(value)
    whole = read(validator, [text])
    assert read(validator, chars(text)) == whole
    if read(plain, [text])[0] is None:
        assert whole == read(plain, [text])
    if whole[0] is None:
        assert valid(schema, whole[1]) is not False


TYPED = st.recursive(
    st.sampled_from(
        [
            ({"type": "integer"}, st.integers()),
            ({"type": "boolean"}, st.booleans()),
            ({"type": "null"}, st.none()),
            ({"type": ["integer", "boolean", "null"]}, st.none() | st.booleans() | st.integers()),
            (UNIT, st.sampled_from(UNIT["enum"])),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: (array(one[0]), st.lists(one[1], max_size=3))),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda several: (
                of(**{f"m{at}": one[0] for at, one in enumerate(several)}),
                st.fixed_dictionaries({f"m{at}": one[1] for at, one in enumerate(several)}),
            )
        ),
        inner.map(lambda one: ({"anyOf": [one[0], {"type": "null"}]}, one[1] | st.none())),
        inner.map(lambda one: ({"allOf": [one[0], {"minItems": 0}]}, one[1])),
        inner.map(
            lambda one: (
                {"type": "object", "additionalProperties": one[0]},
                st.dictionaries(st.sampled_from("abc"), one[1], max_size=2),
            )
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda several: (
                {"type": "array", "prefixItems": [one[0] for one in several], "items": False},
                st.tuples(*(one[1] for one in several)).map(list),
            )
        ),
        inner.map(
            lambda one: (
                {"oneOf": [{**of(v=one[0]), "required": ["v"]}, {"type": "boolean"}]},
                st.fixed_dictionaries({"v": one[1]}) | st.booleans(),
            )
        ),
    ),
    max_leaves=6,
)


def stringified(value: Any, dice: random.Random) -> Any:
    """Return the value with random parts as JSON in strings, and words in capitals."""
    if isinstance(value, dict):
        value = {key: stringified(inner, dice) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [stringified(inner, dice) for inner in value]
    elif isinstance(value, str):
        return value.upper() if dice.random() < 0.5 else value
    return json.dumps(value) if dice.random() < 0.4 else value


@given(TYPED.flatmap(lambda one: st.tuples(st.just(one[0]), one[1])), st.integers(0, 10**6))
def test_values_written_as_strings_are_restored(given_: tuple[Any, Any], seed: int) -> None:
    schema, value = given_
    assert Draft202012Validator(schema).is_valid(value)
    text = json.dumps(stringified(value, random.Random(seed)))
    validator = SchemaValidator(schema, coerce=True)
    for pieces in cuttings(text):
        error, found, repairs, _ = read(validator, pieces)
        assert error is None
        assert json.dumps(found) == json.dumps(value)
        assert read(SchemaValidator(schema), [json.dumps(found)])[0] is None
        assert bool(repairs) is (text != json.dumps(value))


def test_conditions_do_not_coerce() -> None:
    """A schema under `not` or `if`, or an alternative that need not match, coerces nothing."""
    for schema in (
        {"not": of(v=TEXT)},
        {"if": {"properties": {"v": TEXT}}, "then": True},
        {"anyOf": [{"properties": {"v": TEXT}}, {"properties": {"w": TEXT}, "maxProperties": 9}]},
    ):
        outcome = read(SchemaValidator(schema, coerce=True), ['{"v": 5, "w": "x"}'])
        assert outcome[:3] == (None, {"v": 5, "w": "x"}, [])


def test_an_alternative_of_the_container_coerces_a_member() -> None:
    schema = {"oneOf": [{**of(v=array(INTEGER)), "required": ["v"]}, of(v=NULL, w=TEXT)]}
    outcome = read(SchemaValidator(schema, coerce=True), ['{"v": "[1]"}'])
    assert outcome[:2] == (None, {"v": [1]})


def test_every_document_of_several_is_coerced() -> None:
    validator = SchemaValidator(array(INTEGER), coerce=True)
    assert read(validator, chars('"[1]" 2 [3]'), many=True)[:2] == (None, [[1], [2], [3]])


def test_with_collect_later_members_are_still_read() -> None:
    validator = SchemaValidator(of(v=array(INTEGER), w=INTEGER), coerce=True, collect=True)
    for pieces in cuttings(
        '{"v": "[1, {\\"a',
    ):
        parser = JSONParser(validator=validator)
        for piece in pieces:
            parser.feed(piece)
        for piece in ('b x", "w": ', '"2"}'):
            parser.feed(piece)
        parser.finish()
        assert parser.value["w"] == 2
        assert [(one.code, one.path) for one in parser.violations][-1] == ("type", ("v",))


@pytest.mark.parametrize(
    ("schema", "text", "value", "errors"),
    [
        (array(TEXT), r'"[\"moss"', ["moss"], [("type", 14, ("v",))]),
        (array(TEXT), r'"[\"a\n\"]"', ["a"], [("type", 12, ("v",))]),
        (array(UNIT), r'"[\"Y"', ["Y"], [("type", 11, ("v",)), ("enum", 10, ("v", 0))]),
        (of(x=array(INTEGER)), r'"{\"x\": \"[1, 2"', {"x": [1]}, [("type", 22, ("v",))]),
        (of(x=TEXT), r'"{\"x"', {}, [("type", 11, ("v",))]),
    ],
)
def test_a_string_with_incomplete_json(
    schema: Any, text: str, value: Any, errors: list[Any]
) -> None:
    """Incomplete JSON in a string is a violation, and the next member is still read."""
    validator = SchemaValidator(of(v=schema, w=INTEGER), coerce=True, collect=True)
    for pieces in cuttings(f'{{"v": {text}, "w": "2"}}'):
        parser = JSONParser(validator=validator)
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == {"v": value, "w": 2}
        assert [(one.code, one.offset, one.path) for one in parser.violations] == errors


def test_offsets_inside_strings_are_those_in_the_document() -> None:
    """The offset of a violation counts escapes in the string, and in strings inside it."""
    inner = json.dumps({"k\u00e9\n": json.dumps(["\u00e9\U0001f600\t", 1, "!"])})
    text = json.dumps(inner)
    schema = {"type": "object", "additionalProperties": array({"enum": ["\u00e9\U0001f600\t", 1]})}
    validator = SchemaValidator(schema, coerce=True)
    for pieces in cuttings(text):
        error = read(validator, pieces)[0]
        assert error[1:4] == ("enum", text.index("!"), ("k\u00e9\n", 2))


def test_depth_counts_from_the_document() -> None:
    validator = SchemaValidator(of(v=array(True)), coerce=True)
    text = '{"v": "[[[]]]"}'
    assert read(validator, [text], limits=Limits(depth=4))[0] is None
    assert read(validator, [text], limits=Limits(depth=3))[0][:3] == ("LimitError", "depth", 9)


def test_later_members_of_a_rejected_call_are_read() -> None:
    tool = {"name": "f", "parameters": of(v=array(INTEGER), w=TEXT)}
    parser = MessageParser("openai-chat", tools=[tool], coerce=True)
    arguments = '{"v": "[1, x]", "w": "y"}'
    call: dict[str, Any] = {"index": 0, "id": "c", "type": "function"}
    for piece in chars(arguments):
        entry = {**call, "function": {"name": "f", "arguments": piece}}
        parser.feed({"choices": [{"index": 0, "delta": {"tool_calls": [entry]}}]})
    parser.feed({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    parser.finish()
    [made] = parser.message.tool_calls
    assert (made.status, made.errors[0].offset, made.errors[0].path) == ("rejected", 11, ("v",))
    assert made.partial == {"v": [1], "w": "y"}
    assert made.arguments_text == arguments


def test_work_is_linear() -> None:
    validator = SchemaValidator(of(v=array(UNIT), w=array(TEXT)), coerce=True)

    def feed(pieces: Any) -> None:
        parser = JSONParser(validator=validator)
        for piece in pieces:
            parser.feed(piece)
        parser.finish()

    def stream(size: int) -> str:
        words = json.dumps(["YARD"] * (size // 16))
        return f'{{"v": {json.dumps(words)}, "w": "{"x" * (size // 2)}"}}'

    is_linear(feed, stream)
    is_linear(feed, lambda size: f'{{"v": "{" " * size}[]"}}')


TRUNCATED = [
    "{",
    '{"',
    '{"ab',
    '{"ab,',
    '{"ab"',
    '{"ab":',
    '{"ab":"x',
    '{"ab":"x"',
    '{"ab":"x",',
    '{"ab":"x"}',
]


@pytest.mark.parametrize("inner", TRUNCATED)
def test_the_path_of_truncated_json_in_a_string(inner: str) -> None:
    """The repair has the path of the value in the string, for any chunking."""
    schema = {"type": "object", "additionalProperties": {"type": "string"}}

    def paths(fragments: list[str]) -> list[Any]:
        validator = SchemaValidator(schema, coerce=True)
        parser = JSONParser("lenient", validator=validator)
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
        return [repair.path for repair in parser.repairs if repair.code == "truncated"]

    text = json.dumps(inner)[:-1]
    expected = paths([inner]) or [()]
    for fragments in ([text], list(text), [text[:-1], text[-1]]):
        assert paths(fragments) == expected


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"items": {"type": "integer"}}, '["12e", "1e2", "-"]', ["12e", 100, "-"]),
        ({"items": {"type": "number"}}, '["1e2", "-5", "0"]', [100.0, -5, 0]),
        ({"type": "array", "items": {"type": "integer"}}, '"[1, 2]"', [1, 2]),
        ({"type": "array", "items": {"type": "string"}}, '"one"', ["one"]),
        ({"type": "object"}, '"{\\"a\\": [1]}"', {"a": [1]}),
        ({"type": "boolean"}, '"true"', True),
    ],
)
@pytest.mark.parametrize("dialect", ["strict", "lenient"])
def test_texts_that_are_read_as_values(dialect: str, schema: Any, text: str, value: Any) -> None:
    for pieces in ([text], list(text)):
        parser = JSONParser(dialect, validator=SchemaValidator(schema, coerce=True, collect=True))
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == value
        assert [error.path for error in parser.violations] == (
            [(0,), (2,)] if "12e" in text else []
        )


@pytest.mark.parametrize(
    "text", ['{"a": "[1, 2', '{"a": "1', '{"a": 1', '{"a": "tr', '{"a": "[\\"x']
)
def test_a_truncated_coerced_value(text: str) -> None:
    schema = {"properties": {"a": {"type": ["array", "integer", "boolean"]}}}
    for pieces in ([text], list(text)):
        parser = JSONParser("lenient", validator=SchemaValidator(schema, coerce=True, collect=True))
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.truncated


def test_a_truncated_number_stays_a_number() -> None:
    validator = SchemaValidator(of(a=TEXT, b=TEXT), coerce=True)
    for pieces in cuttings('{"a": 12, "b": 3'):
        parser = JSONParser("lenient", validator=validator)
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == {"a": "12", "b": 3}
