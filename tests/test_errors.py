"""Tests of the errors: their classes, codes, places and pickles."""

from __future__ import annotations

import ast
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamparse
from streamparse import (
    ERROR_CODES,
    VIOLATION_CODES,
    Dialect,
    FormatError,
    IncompleteError,
    JSONParser,
    JSONSyntaxError,
    LimitError,
    Limits,
    ProviderError,
    SchemaViolation,
    StreamParseError,
    StringDelta,
    ValueCompleted,
    ValueStarted,
    WireError,
)
from streamparse.errors import ToolError, interrupted, name_status
from tests.helpers import merge_deltas
from tests.parts import RecordingFactory, both, chars, cuts_of, cuttings, failure, halvings

SOURCES = Path(streamparse.__file__).parent
KINDS: list[type[StreamParseError]] = [
    FormatError,
    IncompleteError,
    JSONSyntaxError,
    LimitError,
    ProviderError,
    SchemaViolation,
    StreamParseError,
    WireError,
]


# Classes


@pytest.mark.parametrize("kind", KINDS)
def test_base_classes(kind: type[StreamParseError]) -> None:
    assert issubclass(kind, StreamParseError)
    assert issubclass(kind, ValueError)
    if kind is not StreamParseError:
        assert kind.__bases__ == (StreamParseError,)


def test_there_are_no_other_classes() -> None:
    assert set(StreamParseError.__subclasses__()) == set(KINDS) - {StreamParseError}


def test_fields() -> None:
    error = LimitError(
        "too much",
        code="depth",
        offset=7,
        line=2,
        column=3,
        path=("a", 0),
        excerpt="[[",
        events=(ValueCompleted((), 1),),
    )
    assert (error.message, error.code, error.offset) == ("too much", "depth", 7)
    assert (error.line, error.column, error.path) == (2, 3, ("a", 0))
    assert (error.excerpt, error.events) == ("[[", [ValueCompleted((), 1)])
    assert error.args == ("too much",)


def test_defaults_of_the_fields() -> None:
    error = WireError("what is this?", code="empty")
    assert (error.offset, error.line, error.column) == (0, 1, 1)
    assert (error.path, error.excerpt, error.events) == ((), "", [])


def test_the_code_must_be_given() -> None:
    with pytest.raises(TypeError):
        JSONSyntaxError("no code")  # type: ignore[call-arg]


def test_fields_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        JSONSyntaxError("no", "code")  # type: ignore[call-arg]


def test_str_names_the_position() -> None:
    error = JSONSyntaxError("oh no", code="empty", offset=12, line=2, column=5)
    assert str(error) == "oh no: line 2, column 5 (offset 12)"
    error.excerpt = '"a'
    assert str(error) == "oh no: line 2, column 5 (offset 12), after '\"a'"


def test_repr_names_the_code() -> None:
    error = IncompleteError("oh no", code="truncated", offset=12)
    assert repr(error) == "IncompleteError('oh no', code='truncated', offset=12)"


def test_a_copy_without_events() -> None:
    error = LimitError("m", code="depth", offset=3, path=("a",), events=[StringDelta((), "x")])
    again = error.copy_without_events()
    assert type(again) is LimitError
    assert again is not error
    assert (again.message, again.code, again.offset, again.path) == ("m", "depth", 3, ("a",))
    assert again.events == []
    assert error.events == [StringDelta((), "x")]


# Pickles and copies


def fields(error: StreamParseError) -> tuple[Any, ...]:
    place = (error.offset, error.line, error.column, error.path, error.excerpt)
    return type(error), error.message, error.code, *place, error.events, str(error), repr(error)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_pickle(kind: type[StreamParseError], protocol: int) -> None:
    events = [ValueStarted((), "array"), StringDelta((0,), "x"), ValueCompleted((0,), ["x", {}])]
    error = kind(
        "m", code="depth", offset=9, line=2, column=3, path=("k", 4), excerpt="e", events=events
    )
    again = pickle.loads(pickle.dumps(error, protocol))
    assert fields(again) == fields(error)
    assert again.args == error.args


def test_errors_copy() -> None:
    error = failure(JSONParser(), ['[1, "a", ]'])
    for again in (copy.copy(error), copy.deepcopy(error)):
        assert fields(again) == fields(error)
        assert again is not error


def test_errors_pickle_with_deep_events() -> None:
    error = failure(JSONParser(), ["[" * 1000 + "]" * 1000 + "!"])
    again = pickle.loads(pickle.dumps(error))
    assert len(again.events) == len(error.events) == 2000
    assert again.events[-1].path == ()


def test_errors_pickle_with_notes() -> None:
    error = JSONSyntaxError("m", code="empty", offset=3)
    vars(error)["__notes__"] = ["as `add_note` would leave it"]
    again = pickle.loads(pickle.dumps(error))
    assert fields(again) == fields(error)
    assert fields(copy.copy(error)) == fields(error)
    assert error.copy_without_events().offset == 3


# Every code


def refuse(text: str) -> int:
    raise ZeroDivisionError(f"no {text} today")


# For each code the options and the shortest input that raises it, perhaps in `finish`.
SMALLEST: dict[str, tuple[dict[str, Any], str | bytes]] = {
    "expected_value": ({}, "]"),
    "expected_key": ({}, "{,"),
    "expected_colon": ({}, '{""}'),
    "expected_comma": ({}, "[[]["),
    "mismatched_bracket": ({}, "[}"),
    "invalid_number": ({}, "--"),
    "invalid_literal": ({}, "nn"),
    "invalid_escape": ({}, '"\\ '),
    "control_character": ({}, '"\t'),
    "lone_surrogate": ({"surrogates": "error"}, '"\udfff'),
    "invalid_utf8": ({}, b"\xff"),
    "trailing_text": ({}, '"""'),
    "number_rejected": ({"parse_int": refuse}, "1"),
    "repair_refused": ({"dialect": Dialect(comments=False)}, "#"),
    "too_many_repairs": ({"dialect": Dialect(max_repairs=0)}, "#"),
    "empty": ({}, ""),
    "truncated": ({}, "["),
    "depth": ({"limits": Limits(depth=0)}, "["),
    "string_length": ({"limits": Limits(string=0)}, '"a'),
    "number_length": ({"limits": Limits(number=0)}, "1"),
    "integer_digits": ({"limits": Limits(integer_digits=0)}, "1"),
    "document_length": ({"limits": Limits(document=0)}, " "),
    "object_keys": ({"limits": Limits(keys=0)}, '{"'),
    "array_items": ({"limits": Limits(items=0)}, "[["),
}
# Codes that are tested elsewhere.
ELSEWHERE = {"content", "finished", "interrupted", "name", "parts", "wrong_type"}


def test_the_codes_are_documented_and_read_only() -> None:
    assert all(code.replace("_", "").isalnum() and code.islower() for code in ERROR_CODES)
    assert all(meaning and not meaning.endswith(".") for meaning in ERROR_CODES.values())
    with pytest.raises(TypeError):
        ERROR_CODES["new"] = "meaning"  # type: ignore[index]


def test_every_code_of_json_has_an_input() -> None:
    # Codes of violations belong to validators, although `coercion.py` raises one.
    used_by_json = {code for code, _ in codes_in(SOURCES / "_core")} - VIOLATION_CODES.keys()
    assert used_by_json <= SMALLEST.keys() | ELSEWHERE
    assert SMALLEST.keys() <= ERROR_CODES.keys()


@pytest.mark.parametrize("code", SMALLEST)
def test_every_code_is_reachable(code: str) -> None:
    options, document = SMALLEST[code]
    for fragments in cuts_of(document):
        error = failure(JSONParser(**options), fragments)
        assert error.code == code
        assert error.message


@pytest.mark.parametrize("code", SMALLEST)
def test_the_input_could_not_be_smaller(code: str) -> None:
    options, document = SMALLEST[code]
    if document:
        assert failure_code(JSONParser(**options), document[:-1]) != code


def failure_code(parser: JSONParser, fragment: str | bytes) -> str:
    try:
        parser.feed(fragment)
        parser.finish()
    except StreamParseError as error:
        return error.code
    return "none"


def test_finished() -> None:
    parser = JSONParser()
    parser.feed("[1]\n")
    parser.finish()
    for fragment in ("x", " "):
        with pytest.raises(StreamParseError) as caught:
            parser.feed(fragment)
        error = caught.value
        assert type(error) is StreamParseError
        assert (error.code, error.offset, error.line, error.column) == ("finished", 4, 2, 1)
        assert (error.path, error.excerpt, error.events) == ((), "[1]\n", [])
    assert parser.value == [1]


@pytest.mark.parametrize("code", SMALLEST)
def test_the_class_of_each_code(code: str) -> None:
    options, document = SMALLEST[code]
    codes = list(SMALLEST)
    kind: type[StreamParseError] = LimitError
    if codes.index(code) < codes.index("empty"):
        kind = JSONSyntaxError
    elif codes.index(code) < codes.index("depth"):
        kind = IncompleteError
    assert type(failure(JSONParser(**options), [document])) is kind


def codes_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the codes in the source files of a folder, each with its place."""
    for source in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code in codes_of_call(node):
                    yield code, f"{source.name}:{node.lineno}"
            elif isinstance(node, ast.Assign):
                for code in codes_of_assignment(node):
                    yield code, f"{source.name}:{node.lineno}"
            elif isinstance(node, ast.arguments):
                for code in codes_of_parameters(node):
                    yield code, f"{source.name}"


def codes_of_call(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            yield str(keyword.value.value)
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in ("_reject", "note_anomaly") and isinstance(call.args[0], ast.Constant):
        yield str(call.args[0].value)


def codes_of_parameters(parameters: ast.arguments) -> Iterator[str]:
    """Yield the code of a default such as `code: str = "…"`."""
    for parameter, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
        if parameter.arg == "code" and isinstance(default, ast.Constant):
            yield str(default.value)


def codes_of_assignment(assignment: ast.Assign) -> Iterator[str]:
    """Yield the code of `code = "…"`, or of `message, code = f"…", "…"`."""
    target, value = assignment.targets[0], assignment.value
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    values = value.elts if isinstance(value, ast.Tuple) else [value]
    for name, one in zip(names, values, strict=False):
        is_code = isinstance(name, ast.Name) and name.id == "code"
        if is_code and isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def test_every_code_in_the_sources_is_documented() -> None:
    written = list(codes_in(SOURCES))
    assert len(written) >= 20
    documented = ERROR_CODES.keys() | VIOLATION_CODES.keys()
    assert [place for code, place in written if code not in documented] == []


def test_every_documented_code_is_in_the_sources() -> None:
    assert ERROR_CODES.keys() <= {code for code, _ in codes_in(SOURCES)}


# Exact places

# The input, code, offset, line, column, path and excerpt.
PLACES: list[tuple[str, str, int, int, int, tuple[Any, ...], str]] = [
    ("", "empty", 0, 1, 1, (), ""),
    (" \n\t", "empty", 3, 2, 2, (), " \n\t"),
    ("x", "expected_value", 0, 1, 1, (), ""),
    ("\n\n  x", "expected_value", 4, 3, 3, (), "\n\n  "),
    ("[1,\n 2,\n ]", "expected_value", 9, 3, 2, (2,), "[1,\n 2,\n "),
    ("[1,\r\n 2 3", "expected_comma", 8, 2, 4, (), "[1,\r\n 2 "),
    ("[\r\r\n\rx", "expected_value", 5, 2, 2, (0,), "[\r\r\n\r"),
    ('{"a": tru,', "invalid_literal", 9, 1, 10, ("a",), '{"a": tru'),
    ('{"a": [0, -]', "invalid_number", 11, 1, 12, ("a", 1), '{"a": [0, -'),
    ('{"a": 1, b', "expected_key", 9, 1, 10, (), '{"a": 1, '),
    ('{"a": {"b": 1,}', "expected_key", 14, 1, 15, ("a",), '{"a": {"b": 1,'),
    ('{"a": {"b" 1', "expected_colon", 11, 1, 12, ("a",), '{"a": {"b" '),
    ('[[{"k": "v\\q', "invalid_escape", 11, 1, 12, (0, 0, "k"), '[[{"k": "v\\'),
    ('[[{"k\\q', "invalid_escape", 6, 1, 7, (0, 0), '[[{"k\\'),
    ('["a", "b\n', "control_character", 8, 1, 9, (1,), '["a", "b'),
    ('{"a": 1, "b\n', "control_character", 11, 1, 12, (), '{"a": 1, "b'),
    ('{"a": [1}', "mismatched_bracket", 8, 1, 9, ("a",), '{"a": [1'),
    ("[]\n\n;", "trailing_text", 4, 3, 1, (), "[]\n\n"),
    ("[1, 2", "truncated", 5, 1, 6, (1,), "[1, 2"),
    ('{"a": {"b', "truncated", 9, 1, 10, ("a",), '{"a": {"b'),
    ('{"a": {"b":', "truncated", 11, 1, 12, ("a", "b"), '{"a": {"b":'),
    ('{"a": ["b', "truncated", 9, 1, 10, ("a", 0), '{"a": ["b'),
    ('["é😀", ?', "expected_value", 7, 1, 8, (1,), '["é😀", '),
    ("\ufeff\n?", "expected_value", 2, 2, 1, (), "\ufeff\n"),
    ('["' + "x" * 100 + '" 1', "expected_comma", 104, 1, 105, (), "x" * 38 + '" '),
    ("[\n" * 60 + "?", "expected_value", 120, 61, 1, (0,) * 60, "[\n" * 20),
    ('{"d": [1], "d": {"x": ?', "expected_value", 22, 1, 23, ("d", "x"), '{"d": [1], "d": {"x": '),
]


@pytest.mark.parametrize("row", PLACES, ids=lambda row: row[0][:20])
def test_exact_positions(row: tuple[Any, ...]) -> None:
    text, code, offset, line, column, path, excerpt = row
    for fragments in [*both(text), *halvings(text)]:
        error = failure(JSONParser(), fragments)
        assert (error.code, error.offset, error.path) == (code, offset, path)
        assert (error.line, error.column) == (line, column)
        assert error.excerpt == excerpt


@pytest.mark.parametrize("row", PLACES, ids=lambda row: row[0][:20])
def test_the_position_does_not_depend_on_later_text(row: tuple[Any, ...]) -> None:
    text, code = row[:2]
    if code not in ("empty", "truncated"):
        one = failure(JSONParser(), [text])
        for fragments in cuttings(text + ' and "more]}'):
            assert fields(failure(JSONParser(), fragments))[1:8] == fields(one)[1:8]


MANY_PLACES: list[tuple[str, str, int, tuple[Any, ...]]] = [
    ("[1] ]", "expected_value", 4, (1,)),
    ("1 2 x", "expected_value", 4, (2,)),
    ("truefalse", "expected_value", 4, (1,)),
    ('[1]\n{"a": [2, x', "expected_value", 14, (1, "a", 1)),
    ('[1] {"a" 2', "expected_colon", 9, (1,)),
    ("[1] [", "truncated", 5, (1, 0)),
    ("[1] 2 -", "truncated", 7, (2,)),
    ('"a" "b', "truncated", 6, (1,)),
]


@pytest.mark.parametrize(("text", "code", "offset", "path"), MANY_PLACES)
def test_exact_positions_in_one_of_many(
    text: str, code: str, offset: int, path: tuple[Any, ...]
) -> None:
    for fragments in [*cuttings(text), *halvings(text)]:
        error = failure(JSONParser(many=True), fragments)
        assert (error.code, error.offset, error.path) == (code, offset, path)


def test_the_excerpt_is_at_most_40_characters_after_any_amount_of_text() -> None:
    text = "[" + '"some text", ' * 2000 + "?"
    for fragments in cuttings(text):
        error = failure(JSONParser(), fragments)
        assert error.excerpt == text[-41:-1]
        assert error.offset == len(text) - 1


def test_offsets_count_characters_not_bytes() -> None:
    text = '["ä€😀", ]'
    for fragments in [*cuttings(text.encode()), *halvings(text.encode())]:
        error = failure(JSONParser(), fragments)
        assert (error.offset, error.column, error.excerpt) == (8, 9, '["ä€😀", ')


@pytest.mark.parametrize(
    ("data", "code", "offset", "path"),
    [
        (b"\xff", "invalid_utf8", 0, ()),
        (b'["\xc3(', "invalid_utf8", 2, (0,)),
        (b'{"\xc3\xa4": "\xed\xa0\x80"}', "invalid_utf8", 7, ("ä",)),
        (b"[1, \x80", "invalid_utf8", 4, (1,)),
        (b"[x\xff", "expected_value", 1, (0,)),
        (b'["\xc3', "truncated", 2, (0,)),
        (b"\xe2", "truncated", 0, ()),
    ],
)
def test_exact_positions_in_bytes(
    data: bytes, code: str, offset: int, path: tuple[Any, ...]
) -> None:
    for fragments in [*cuttings(data), *halvings(data)]:
        error = failure(JSONParser(), fragments)
        assert (error.code, error.offset, error.path) == (code, offset, path)


def test_the_message_names_the_byte() -> None:
    assert "0xff" in failure(JSONParser(), [b"[\xff"]).message


# Messages name the unexpected text and the alternatives


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1 2", ["','", "']'", "'2'"]),
        ('{"a": 1 2', ["','", "'}'", "'2'"]),
        ("{1", ["key", "'}'", "'1'"]),
        ('{"a": 1, 2', ["key", "'2'"]),
        ('{"a" 1', ["':'", "'1'"]),
        ("[1}", ["']'", "'}'"]),
        ("[,", ["value", "']'", "','"]),
        ("?", ["value", "'?'"]),
        ("nil", ["'null'", "'ni'"]),
        ("1.x", ["'x'", "'1.'"]),
        ('"\\x', ["escape", "'x'"]),
        ('"\\u00g', ["hexadecimal", "'g'"]),
        ('"\t', ["'\\t'", "escaped"]),
        ("1 x", ["white space", "'x'"]),
    ],
)
def test_messages(text: str, words: list[str]) -> None:
    error = failure(JSONParser(), [text])
    assert [word for word in words if word not in error.message] == []
    assert error.message in str(error)


# The attributes of an error


def test_an_error_has_the_events_of_its_call() -> None:
    text = '{"a": [1, "x?'
    everything = merge_deltas(JSONParser().feed(text))
    for fragments in cuttings(text + "\n"):
        parser = JSONParser()
        events = []
        for fragment in fragments[:-1]:
            events += parser.feed(fragment)
        with pytest.raises(JSONSyntaxError) as caught:
            parser.feed(fragments[-1])
        assert merge_deltas(events + caught.value.events) == everything
        assert parser.value == {"a": [1, "x?"]}


def test_an_error_of_finish_has_its_events() -> None:
    parser = JSONParser(parse_int=refuse)
    assert parser.feed("1") == []
    with pytest.raises(JSONSyntaxError) as caught:
        parser.finish()
    assert caught.value.events == []


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("parse_int", "[0e0, 12, 3]"),
        ("parse_int", '{"a": 12}'),
        ("parse_int", "12"),
        ("parse_float", "[0, 1.5, 3.5]"),
        ("parse_float", '{"a": 1.5 }'),
        ("parse_float", "1.5\n"),
    ],
)
def test_a_rejected_number_has_a_reason(option: str, text: str) -> None:
    number = "12" if option == "parse_int" else "1.5"
    for fragments in cuttings(text):
        error = failure(JSONParser(**{option: refuse}), fragments)  # type: ignore[arg-type]
        assert isinstance(error, JSONSyntaxError)
        assert (error.code, error.offset) == ("number_rejected", text.index(number) + len(number))
        assert isinstance(error.__cause__, ZeroDivisionError)
        assert f"no {number} today" in error.message
        assert error.excerpt.endswith(number)


def test_an_error_of_this_package_from_parse_float_is_a_rejection_too() -> None:
    def nested(text: str) -> object:
        return JSONParser().feed(f"[{text}}}")

    error = failure(JSONParser(parse_float=nested), ["[1.5]"])
    assert error.code == "number_rejected"
    assert isinstance(error.__cause__, JSONSyntaxError)


def test_only_exceptions_are_rejections() -> None:
    def interrupted(text: str) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        JSONParser(parse_int=interrupted).feed("[1]")


def test_a_violation_has_a_position_like_any_other_error() -> None:
    for fragments in cuttings('{"a":\n "bc"}'):
        error = failure(JSONParser(validator=RecordingFactory(bound=9)), fragments)
        assert isinstance(error, SchemaViolation)
        assert (error.offset, error.line, error.column) == (9, 2, 4)
        assert error.excerpt == '{"a":\n "b'


def test_later_calls_raise_the_same_again() -> None:
    parser = JSONParser()
    first = failure(parser, chars('["a", ?'))
    for fragment in ("x", None, "", None):
        with pytest.raises(JSONSyntaxError) as caught:
            _ = parser.finish() if fragment is None else parser.feed(fragment)
        assert caught.value is not first
        assert fields(caught.value) == fields(first.copy_without_events())


# Violations of a JSON Schema


def test_a_violation_keeps_its_fields() -> None:
    error = SchemaViolation(
        "m", code="enum", offset=3, path=("a",), schema_path=("enum",), closest="b"
    )
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), error.copy_without_events()):
        assert isinstance(again, SchemaViolation)
        assert fields(again) == fields(error)
        assert (again.schema_path, again.closest) == (("enum",), "b")
    plain = SchemaViolation("m", code="wrong_type")
    assert (plain.schema_path, plain.closest) == ((), None)


def test_the_codes_of_violations_are_keywords() -> None:
    assert not VIOLATION_CODES.keys() & ERROR_CODES.keys()
    with pytest.raises(TypeError):
        VIOLATION_CODES["new"] = "meaning"  # type: ignore[index]


def test_the_status_of_a_response_is_named_once() -> None:
    error = ProviderError("the model is overloaded")
    name_status(error, 0)
    assert error.message == "the model is overloaded"
    for _ in range(2):
        name_status(error, 529)
    assert error.message == str(error) == "HTTP status 529: the model is overloaded"


def test_errors_of_tools_name_the_tool_and_the_cause() -> None:
    cause = KeyError("port")
    error = ToolError("find_tide", cause)
    assert str(error) == "the tool 'find_tide' raised KeyError: 'port'"
    assert error.__cause__ is cause
    assert str(ToolError("find_tide")) == "the tool 'find_tide' raised"
    twin = pickle.loads(pickle.dumps(error))
    assert (twin.name, str(twin)) == ("find_tide", str(error))


def test_the_error_after_an_interrupt() -> None:
    assert interrupted().code == "interrupted"
