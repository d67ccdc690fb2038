"""Tests of the JSON machine: what it says, where, and what it refuses, for any cut."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from streamparse import IncompleteError, JSONSyntaxError, LimitError, Limits, StreamParseError
from streamparse._core.builder import Builder
from streamparse._core.machine import EXCERPT, Machine, MachineOptions
from streamparse.protocols import Sink
from tests.parts import (
    DOCUMENTS,
    Call,
    Recorder,
    chars,
    cuttings,
    feed_each,
    halvings,
    joined,
    ragged,
)


def made(sink: Sink, *, depth: int = 0, offset: int = 0, **options: Any) -> Machine:
    return Machine(sink, MachineOptions(**options), depth=depth, offset=offset)


def calls(fragments: Iterable[str], precise: bool = True, **options: Any) -> list[Call]:
    """What a machine says about these fragments and the end of the input."""
    recorder = Recorder(precise)
    machine = made(recorder, **options)
    feed_each(machine, fragments)
    machine.finish()
    return recorder.calls


def built(fragments: Iterable[str], **options: Any) -> Any:
    builder = Builder(options.get("many", False))
    machine = made(builder, **options)
    feed_each(machine, fragments)
    machine.finish()
    return builder.value


def refusal(fragments: Iterable[str], **options: Any) -> StreamParseError:
    with pytest.raises(StreamParseError) as caught:
        calls(fragments, **options)
    return caught.value


# What it says


def test_calls_of_a_document() -> None:
    assert calls(['{"a": [1, "x\\n", true]}']) == [
        ("start_object", 0),
        ("start_key", 1),
        ("key_text", "a", 2),
        ("end_key", 3),
        ("start_array", 6),
        ("start_scalar", "number", 7),
        ("scalar", 1, 8),
        ("start_string", 10),
        ("text", "x", 11),
        ("text", "\n", 13),
        ("end_string", 14),
        ("start_scalar", "true", 17),
        ("scalar", True, 20),
        ("end", 21),
        ("end", 22),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", [("start_object", 0), ("end", 1)]),
        (" []", [("start_array", 1), ("end", 2)]),
        ('""', [("start_string", 0), ("end_string", 1)]),
        ("null", [("start_scalar", "null", 0), ("scalar", None, 3)]),
        ("false", [("start_scalar", "false", 0), ("scalar", False, 4)]),
        ("12", [("start_scalar", "number", 0), ("scalar", 12, 2)]),
        ("12 ", [("start_scalar", "number", 0), ("scalar", 12, 2)]),
        ("\ufeff1", [("start_scalar", "number", 1), ("scalar", 1, 2)]),
    ],
)
def test_calls_of_a_root(text: str, expected: list[Call]) -> None:
    for fragments in cuttings(text):
        assert calls(fragments) == expected


def test_an_empty_key_has_no_text() -> None:
    heard = calls(['{"": ""}'])
    assert heard[:3] == [("start_object", 0), ("start_key", 1), ("end_key", 2)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_precise_calls_do_not_depend_on_the_cut(document: str) -> None:
    expected = joined(calls([document]))
    for fragments in [*cuttings(document), *halvings(document)]:
        assert joined(calls(fragments)) == expected


@pytest.mark.parametrize("document", DOCUMENTS)
def test_careless_calls_say_the_same(document: str) -> None:
    def without_places(heard: list[Call]) -> list[Call]:
        return [call[:-1] if call[0] in ("text", "key_text") else call for call in joined(heard)]

    expected = without_places(calls([document]))
    for fragments in [*cuttings(document), *halvings(document)]:
        assert without_places(calls(fragments, precise=False)) == expected


@pytest.mark.parametrize("document", DOCUMENTS)
def test_precise_text_says_where_each_character_is(document: str) -> None:
    for fragments in cuttings(document):
        for name, text, offset in (call for call in calls(fragments) if len(call) == 3):
            if name in ("text", "key_text") and document[offset : offset + len(text)] != text:
                assert len(text) == 1, "an escape is a run of its own"
                assert document[offset] in '"\\/bfnrt0123456789abcdefABCDEF'


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if "\\" not in one])
def test_careless_text_without_escapes_says_where_it_begins(document: str) -> None:
    for fragments in cuttings(document):
        for name, text, offset in (call for call in calls(fragments, False) if len(call) == 3):
            if name in ("text", "key_text"):
                assert document[offset : offset + len(text)] == text


def test_careless_text_joins_runs_and_escapes() -> None:
    heard = calls(['"one \\n two \\t three"'], precise=False)
    assert heard[1] == ("text", "one \n two \t three", 1)


def test_text_is_never_empty() -> None:
    for document in DOCUMENTS:
        for precise in (True, False):
            for fragments in cuttings(document):
                heard = calls(fragments, precise=precise)
                assert all(call[1] for call in heard if call[0] == "text")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_same_value_as_the_standard_library(document: str) -> None:
    expected = json.loads(document)
    for fragments in [*cuttings(document), *halvings(document)]:
        assert built(fragments) == expected


def test_kind_is_said_with_the_first_character() -> None:
    for text, kind in (("-", "number"), ("t", "true"), ("f", "false"), ("n", "null")):
        recorder = Recorder()
        Machine(recorder).feed(text)
        assert recorder.calls == [("start_scalar", kind, 0)]


# Long runs and many escapes go other ways through the code


@pytest.mark.parametrize("size", [*range(30, 36), *range(62, 68), *range(126, 132), 5000])
@pytest.mark.parametrize("end", ['"', '\\n"', '\\u00e9"', 'é"', '\ud800"'])
def test_runs_of_any_length(size: int, end: str) -> None:
    document = '"' + "x" * size + end
    expected = json.loads(document)
    for fragments in (*cuttings(document), [document[: size + 1], document[size + 1 :]]):
        assert built(fragments) == expected


@pytest.mark.parametrize("unit", ["\\n", "\\u20ac", "\\ud83d\\ude00", "\\u20ac ", "\\\\n", '\\"-'])
@pytest.mark.parametrize("count", [1, 3, 20, 600, 1300])
def test_escapes_in_any_number(unit: str, count: int) -> None:
    document = '["' + unit * count + '"]'
    expected = json.loads(document)
    for fragments in cuttings(document):
        assert built(fragments) == expected


def test_long_keys_with_escapes() -> None:
    document = json.dumps({"key \n ü " * 40: {"\t" * 50: None}})
    for fragments in cuttings(document):
        assert built(fragments) == json.loads(document)


# Surrogates

HALVES = [
    ('"\\ud83d\\ude00"', "\U0001f600"),
    ('"\ud83d\ude00"', "\U0001f600"),
    ('"\\ud83d\ude00"', "\U0001f600"),
    ('"\ud83d\\ude00"', "\U0001f600"),
    ('"\\uD83D\\uDE00\\uDE00"', "\U0001f600\ude00"),
    ('"\\ud83d\\ud83d\\ude00"', "\ud83d\U0001f600"),
    ('"\\ud83d x"', "\ud83d x"),
    ('"\ud83dx"', "\ud83dx"),
    ('"\\ud83d\\n"', "\ud83d\n"),
    ('"\\ud83d\\u0041"', "\ud83dA"),
    ('"\\ude00"', "\ude00"),
    ('"\ude00\ud83d"', "\ude00\ud83d"),
    ('"\\ud83d"', "\ud83d"),
    ('"\\udbff\\udfff\\ud800\\udc00"', "\U0010ffff\U00010000"),
]


@pytest.mark.parametrize(("text", "expected"), HALVES)
@pytest.mark.parametrize("padding", ["", "a run long enough for the quicker way through it " * 5])
def test_halves_that_meet_are_joined(text: str, expected: str, padding: str) -> None:
    document = '"' + padding + text[1:-1] + padding + '"'
    for fragments in [*cuttings(document), *halvings(document)]:
        assert built(fragments) == padding + expected + padding
        assert built(['{"k":', *fragments, "}"]) == {"k": padding + expected + padding}


@pytest.mark.parametrize(("text", "kept"), HALVES)
def test_lone_halves_are_replaced(text: str, kept: str) -> None:
    expected = kept.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for fragments in [*cuttings(text), *halvings(text)]:
        assert built(fragments, surrogates="replace") == expected
        key = ["{", *fragments, ":0}"]
        assert built(key, surrogates="replace") == {expected: 0}


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ('"\\ud83d x"', 7),
        ('"\ud83dx"', 2),
        ('"\\ud83d\\n"', 8),
        ('"\\ud83d\\u0041"', 12),
        ('"\\ud83d"', 7),
        ('"\\ude00"', 6),
        ('"ab\ude00"', 3),
        ('{"\\ud83d":', 8),
    ],
)
def test_lone_halves_are_refused(text: str, offset: int) -> None:
    for fragments in [*cuttings(text), *halvings(text)]:
        error = refusal(fragments, surrogates="error")
        assert (error.code, error.offset) == ("lone_surrogate", offset)


def test_pairs_are_no_lone_halves() -> None:
    for fragments in halvings('"\\ud83d\\ude00 \ud83d\ude00"'):
        assert built(fragments, surrogates="error") == "\U0001f600 \U0001f600"


def test_half_a_pair_is_held_back() -> None:
    recorder = Recorder()
    machine = Machine(recorder)
    machine.feed('"\\ud83d')
    assert recorder.calls == [("start_string", 0)]
    machine.feed("\\ude0")
    assert recorder.calls == [("start_string", 0)]
    machine.feed("0")
    assert recorder.calls[1:] == [("text", "\U0001f600", 12)]


# Numbers


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-0", "7", "-12", "10", "9007199254740993"),
        *("1.5", "-0.25", "1.0", "0e0", "0E-1", "1e5", "1E+5", "12.50e-03", "1e400", "-1e400"),
    ],
)
def test_numbers(text: str) -> None:
    expected = json.loads(text)
    for shape in ("{}", "[{}]", "[{},0]", '{{"n":{}}}', "[{} ]", "[{}\n]"):
        wrapped = shape.format(text)
        for fragments in cuttings(wrapped):
            value = built(fragments)
            assert value == json.loads(wrapped)
            assert repr(value) == repr(json.loads(wrapped))
    assert type(built([text])) is type(expected)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("-]", 1),
        ("-a", 1),
        ("--", 1),
        ("+1", 0),
        ("01", 1),
        ("-01", 2),
        ("00", 1),
        ("1.]", 2),
        ("1.e", 2),
        ("1..", 2),
        ("1.5.", 3),
        (".5", 0),
        ("1e]", 2),
        ("1e+]", 3),
        ("1e+-", 3),
        ("1e5.", 3),
        ("1e5e", 3),
        ("1-", 1),
        ("1+", 1),
        ("1_0", 1),
        ("1a", 1),
        ("1\u0661", 1),
        ("0x1", 1),
        ("1e\u0661", 2),
        ("-\u0661", 1),
        ("1\x00", 1),
        ("1\xa0", 1),
    ],
)
def test_malformed_numbers_are_refused_at_the_character(text: str, offset: int) -> None:
    for before, after in (("", " "), ("[", "]"), ('{"n": ', "}")):
        for fragments in cuttings(before + text + after):
            error = refusal(fragments)
            assert error.offset == len(before) + offset
            assert error.code == ("expected_value" if offset == 0 else "invalid_number")


@pytest.mark.parametrize("text", ["-", "1.", "1e", "1e-", "1E+"])
def test_a_number_cut_short_is_incomplete(text: str) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments)
        assert isinstance(error, IncompleteError)
        assert (error.code, error.offset) == ("truncated", len(text))


def test_numbers_go_through_the_callers_functions() -> None:
    value = built(["[1.50, 2, 1e2, -3]"], parse_float=Decimal, parse_int=lambda text: f"int {text}")
    assert value == [Decimal("1.50"), "int 2", Decimal("1e2"), "int -3"]
    assert str(value[0]) == "1.50"


def test_an_exception_of_the_callers_function_is_a_refusal() -> None:
    def picky(text: str) -> object:
        raise LookupError(f"no {text}")

    for options, text in (({"parse_int": picky}, "[12]"), ({"parse_float": picky}, "[1.5]")):
        for fragments in cuttings(text):
            error = refusal(fragments, **options)
            assert isinstance(error, JSONSyntaxError)
            assert (error.code, error.offset) == ("number_rejected", len(text) - 1)
            assert isinstance(error.__cause__, LookupError)


def test_the_end_of_a_root_number_can_be_said() -> None:
    recorder = Recorder()
    machine = Machine(recorder)
    machine.feed("12")
    assert not machine.done
    machine.end_root_number()
    assert machine.done
    assert recorder.calls[-1] == ("scalar", 12, 2)


@pytest.mark.parametrize("text", ["", "1.", "[1", "[", '"1', "tru", "{"])
def test_only_a_whole_root_number_can_be_ended(text: str) -> None:
    recorder = Recorder()
    machine = Machine(recorder)
    machine.feed(text)
    before = list(recorder.calls)
    machine.end_root_number()
    assert recorder.calls == before
    assert not machine.done


# What it refuses, and where

REFUSED = [
    ("]", "expected_value", 0),
    ("}", "expected_value", 0),
    (",", "expected_value", 0),
    (":", "expected_value", 0),
    ("x", "expected_value", 0),
    ("'", "expected_value", 0),
    ("\x00", "expected_value", 0),
    ("\x0b", "expected_value", 0),
    ("\xa0", "expected_value", 0),
    (" \ufeff1", "expected_value", 1),
    ("\ufeff\ufeff1", "expected_value", 1),
    ("[,", "expected_value", 1),
    ("[:", "expected_value", 1),
    ("[\ufeff", "expected_value", 1),
    ("[1,]", "expected_value", 3),
    ("[1,,", "expected_value", 3),
    ("[1,}", "expected_value", 3),
    ('{"a":}', "expected_value", 5),
    ('{"a":,', "expected_value", 5),
    ('{"a"::', "expected_value", 5),
    ("[NaN", "expected_value", 1),
    ("Infinity", "expected_value", 0),
    ("-Infinity", "invalid_number", 1),
    ("[}", "mismatched_bracket", 1),
    ("{]", "mismatched_bracket", 1),
    ("[1}", "mismatched_bracket", 2),
    ('{"a":1]', "mismatched_bracket", 6),
    ("[[]}", "mismatched_bracket", 3),
    ("[{}}", "mismatched_bracket", 3),
    ("{,", "expected_key", 1),
    ("{1", "expected_key", 1),
    ("{a", "expected_key", 1),
    ("{'", "expected_key", 1),
    ("{:", "expected_key", 1),
    ("{[", "expected_key", 1),
    ('{"a":1,}', "expected_key", 7),
    ('{"a":1,,', "expected_key", 7),
    ('{"a":1,]', "expected_key", 7),
    ('{"a"}', "expected_colon", 4),
    ('{"a" "', "expected_colon", 5),
    ('{"a" 1', "expected_colon", 5),
    ('{"a",', "expected_colon", 4),
    ("[1 2", "expected_comma", 3),
    ("[1:", "expected_comma", 2),
    ('[1"', "expected_comma", 2),
    ('["a""', "expected_comma", 4),
    ("[1{", "expected_comma", 2),
    ("[[][", "expected_comma", 3),
    ("[truefalse", "expected_comma", 5),
    ('{"a":1 "', "expected_comma", 7),
    ('{"a":1:', "expected_comma", 6),
    ("[null\x00", "expected_comma", 5),
    ("tru]", "invalid_literal", 3),
    ("tRue", "invalid_literal", 1),
    ("nul ", "invalid_literal", 3),
    ("[fals,", "invalid_literal", 5),
    ("no", "invalid_literal", 1),
    ('"\\x', "invalid_escape", 2),
    ('"\\\n', "invalid_escape", 2),
    ('"\\U', "invalid_escape", 2),
    ('"\\u12g', "invalid_escape", 5),
    ('"\\u"', "invalid_escape", 3),
    ('"\\u123"', "invalid_escape", 6),
    ('"\\u\uff11', "invalid_escape", 3),
    ('"\\ud83d\\x', "invalid_escape", 8),
    ('{"\\x', "invalid_escape", 3),
    ('"a run, then an escape that is none: \\n\\q', "invalid_escape", 40),
    ('"\n', "control_character", 1),
    ('"\x00', "control_character", 1),
    ('"\x1f', "control_character", 1),
    ('"ab\t', "control_character", 3),
    ('{"a\r', "control_character", 3),
    ('"\\ud83d\n', "control_character", 7),
    ('"a run, then an escape and a line feed: \\n\n', "control_character", 42),
    ("1 2", "trailing_text", 2),
    ("1]", "trailing_text", 1),
    ('1"', "trailing_text", 1),
    ("[],", "trailing_text", 2),
    ("{}}", "trailing_text", 2),
    ("[]]", "trailing_text", 2),
    ('""x', "trailing_text", 2),
    ("truex", "trailing_text", 4),
    ("true\ufeff", "trailing_text", 4),
    ("[] \x0b", "trailing_text", 3),
]


@pytest.mark.parametrize(("text", "code", "offset"), REFUSED)
def test_refusals(text: str, code: str, offset: int) -> None:
    for fragments in [*cuttings(text), *halvings(text), [text + "and more"], [text + " \\n" * 99]]:
        for precise in (True, False):
            error = refusal(fragments, precise=precise)
            assert isinstance(error, JSONSyntaxError)
            assert (error.code, error.offset) == (code, offset)


@pytest.mark.parametrize(("text", "code", "offset"), REFUSED)
def test_refusals_where_members_and_items_are_counted(text: str, code: str, offset: int) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments, limits=Limits(keys=2, items=2))
        assert (error.code, error.offset) == (code, offset)


@pytest.mark.parametrize(
    ("text", "code"), [('{"a""', "expected_colon"), ('["a""', "expected_comma")]
)
def test_a_quote_that_cannot_come_is_not_counted(text: str, code: str) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments, limits=Limits(keys=1, items=1))
        assert (error.code, error.offset) == (code, 4)


@pytest.mark.parametrize(("text", "code", "offset"), REFUSED)
def test_nothing_is_refused_too_early(text: str, code: str, offset: int) -> None:
    Machine(Sink()).feed(text[:offset])


def test_the_text_before_a_refused_character_is_passed_on() -> None:
    for precise in (True, False):
        for fragments in cuttings('"ab\\n\n'):
            recorder = Recorder(precise)
            machine = Machine(recorder)
            with pytest.raises(JSONSyntaxError):
                feed_each(machine, fragments)
            assert [call[:2] for call in joined(recorder.calls)[1:]] == [("text", "ab\n")]


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("", "empty", "no value"),
        (" \n", "empty", "no value"),
        ("\ufeff", "empty", "no value"),
        ('"a', "truncated", "inside a string"),
        ('{"a', "truncated", "inside a string"),
        ('"\\', "truncated", "inside an escape"),
        ('"\\u12', "truncated", "inside an escape"),
        ('"\\ud83d', "truncated", "inside a string"),
        ("-", "truncated", "inside a number"),
        ("[1", "truncated", "inside a number"),
        ("tr", "truncated", "inside a literal"),
        ('{"a":', "truncated", "before a value"),
        ("[1,", "truncated", "before a value"),
        ("[", "truncated", "before an item"),
        ("{", "truncated", "before a key or"),
        ('{"a":1,', "truncated", "before a key"),
        ('{"a"', "truncated", "before ':'"),
        ("[1 ", "truncated", "before ','"),
        ('{"a":{}', "truncated", "before ','"),
    ],
)
def test_an_early_end(text: str, code: str, where: str) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments)
        assert isinstance(error, IncompleteError)
        assert (error.code, error.offset) == (code, len(text))
        assert where in error.message


# Limits


@pytest.mark.parametrize(
    ("limits", "allowed", "refused", "code", "offset"),
    [
        ({"depth": 0}, "1", "[", "depth", 0),
        ({"depth": 2}, '[{"a":1}]', '[{"a":[', "depth", 6),
        ({"depth": 2}, "[[],[],{}]", "[[],[{", "depth", 5),
        ({"string": 0}, '""', '"x', "string_length", 1),
        ({"string": 2}, '["ab","cd"]', '["abc', "string_length", 4),
        ({"string": 2}, '{"ab":"cd"}', '{"abc', "string_length", 4),
        ({"string": 2}, '"a\\n"', '"a\\nb', "string_length", 4),
        ({"string": 2}, '"\\u00e9\\t"', '"\\u00e9\\t\\b', "string_length", 10),
        ({"string": 1}, '"\\ud83d\\ude00"', '"\\ud83d\\ude00x', "string_length", 13),
        ({"string": 1}, '"\ud83d\ude00"', '"x\ud83d\ude00', "string_length", 3),
        ({"number": 3}, "[-12,1e5]", "[-123", "number_length", 4),
        ({"number": 3}, "1.5", "1.50", "number_length", 3),
        ({"number": 0}, "true", "1", "number_length", 0),
        ({"integer_digits": 3}, "[-123,1.2345,1e2345]", "[1234,", "integer_digits", 5),
        ({"integer_digits": 3}, "999 ", "-1000 ", "integer_digits", 5),
        ({"document": 3}, "[1]", "[12]", "document_length", 3),
        ({"document": 3}, " 1 ", "  []", "document_length", 3),
        ({"document": 0}, None, " ", "document_length", 0),
        ({"keys": 0}, "{}", '{"', "object_keys", 1),
        ({"keys": 1}, '[{"a":{"b":1}},{"a":0}]', '{"a":{"b":[],"', "object_keys", 13),
        ({"keys": 1}, '{"a":[1,2]}', '{"a":1,"a"', "object_keys", 7),
        ({"items": 0}, "[]", "[1", "array_items", 1),
        ({"items": 0}, '{"a":1,"b":"","c":{}}', "[t", "array_items", 1),
        ({"items": 1}, '[["x"]]', '[["x"],"', "array_items", 7),
        ({"items": 2}, "[[],{}]", "[1,2,[", "array_items", 5),
        ({"items": 2}, "[1,2]", "[[],[],{", "array_items", 7),
        ({"items": 2}, "[1 , 2 ]", "[1,2,-", "array_items", 5),
        ({"items": 2, "keys": 2}, '{"a":[1,2],"b":[]}', '[{"a":1,"b":[],"', "object_keys", 15),
    ],
)
def test_limits(
    limits: dict[str, int], allowed: str | None, refused: str, code: str, offset: int
) -> None:
    bounds = Limits(**limits)
    for fragments in cuttings(allowed) if allowed is not None else []:
        assert built(fragments, limits=bounds) == built(fragments)
    for fragments in [*cuttings(refused), [refused + '1"]']]:
        for precise in (True, False):
            error = refusal(fragments, limits=bounds, precise=precise)
            assert isinstance(error, LimitError)
            assert (error.code, error.offset) == (code, offset)


@pytest.mark.parametrize("size", [4095, 4096, 4097, 8192, 8193, 20_000])
def test_the_limit_of_a_long_string(size: int) -> None:
    document = '["' + "s" * (size + 1)
    limits = Limits(string=size)
    for fragments in cuttings(document):
        recorder = Recorder()
        machine = Machine(recorder, MachineOptions(limits=limits))
        with pytest.raises(LimitError) as caught:
            feed_each(machine, fragments)
        assert (caught.value.code, caught.value.offset) == ("string_length", size + 2)
        assert sum(len(call[1]) for call in recorder.calls if call[0] == "text") == size
    for fragments in cuttings(document[:-1] + '"]'):
        assert built(fragments, limits=limits) == ["s" * size]


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        ("ab\\n", 3),
        ("\\t\\u00e9", 2),
        ("\\ud83d\\ude00", 1),
        ("x\ud83d\ude00", 2),
        ("\ud83d ", 2),
        ("\\ud83dy", 2),
        ("\\udc00\\\\", 2),
    ],
)
@pytest.mark.parametrize("place", ["value", "key"])
def test_the_limit_of_a_long_string_of_escapes(unit: str, size: int, place: str) -> None:
    """The length of a string is only counted near the limit: it must be known there."""
    before = '["short \\n one", {"k": "v", "' if place == "key" else '["k\\u00e9y", [], "'
    count = 10_000 // size
    document = before + unit * count + "!"
    bounds = Limits(string=count * size)
    for fragments in ([document], ragged(document, 1)):
        error = refusal(fragments, precise=False, limits=bounds)
        assert (error.code, error.offset) == ("string_length", len(document) - 1)
    for fragments in ([document[:-1]], ragged(document[:-1], 1)):
        assert refusal(fragments, precise=False, limits=bounds).code == "truncated"
    for at in (len(document) // 9, len(document) // 2, len(document) - 9, len(document) - 2):
        machine = Machine(Sink(), MachineOptions(limits=bounds))
        feed_each(machine, ragged(document[:at], 4))
        with pytest.raises(LimitError) as caught:
            machine.clone(Sink()).feed(document[at:])
        assert caught.value.offset == len(document) - 1


@pytest.mark.parametrize("size", [4096, 4097, 9000, 20_000])
def test_the_limit_of_a_long_document(size: int) -> None:
    document = json.dumps(list(range(8000)))[:size]
    for fragments in cuttings(document + ","):
        error = refusal(fragments, limits=Limits(document=size))
        assert (error.code, error.offset) == ("document_length", size)
    for fragments in cuttings(document):
        error = refusal(fragments, limits=Limits(document=size))
        assert error.code == "truncated"


def test_the_limit_of_a_string_after_many_small_ones() -> None:
    document = "[" + '"s",' * 5000 + '"' + "s" * 101
    for fragments in cuttings(document):
        error = refusal(fragments, limits=Limits(string=100))
        assert (error.code, error.offset) == ("string_length", len(document) - 1)


def test_white_space_around_the_value_counts() -> None:
    for fragments in cuttings("[1]   "):
        error = refusal(fragments, limits=Limits(document=3))
        assert (error.code, error.offset) == ("document_length", 3)


def test_the_character_that_ends_a_number_belongs_to_the_next_document() -> None:
    for fragments in cuttings("123[2]"):
        assert built(fragments, many=True, limits=Limits(document=3)) == [123, [2]]


@pytest.mark.parametrize("text", ["1234", "-12.", "12e5", "1.5e", "truefalse", '"ab"'])
@pytest.mark.parametrize("options", [{"many": True}, {"stop": True}, {}])
def test_nothing_else_ends_at_the_limit_of_the_document(text: str, options: Any) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments, limits=Limits(document=3), **options)
        assert (error.code, error.offset) == ("document_length", 3)


def test_limits_of_each_document() -> None:
    limits = Limits(document=5, keys=1, items=2, depth=1)
    for fragments in cuttings("[1,2][3,4]\n[5] [6]"):
        assert built(fragments, many=True, limits=limits) == [[1, 2], [3, 4], [5], [6]]
    for fragments in cuttings("[1,2][3,45]"):
        error = refusal(fragments, many=True, limits=limits)
        assert (error.code, error.offset) == ("document_length", 10)


# One value after the other


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n", []),
        ("\ufeff", []),
        ("1", [1]),
        ("1 2", [1, 2]),
        ("1\n2\n", [1, 2]),
        ("[1][2]", [[1], [2]]),
        ('{"a":1}{"b":2}', [{"a": 1}, {"b": 2}]),
        ('"a""b"', ["a", "b"]),
        ("true false", [True, False]),
        ("null\r\nnull", [None, None]),
        ('1"a"2[3]4{}', [1, "a", 2, [3], 4, {}]),
        ('"a"true"b"', ["a", True, "b"]),
        ("[]true[]", [[], True, []]),
        ("true[1]", [True, [1]]),
        ('null{"a":1}', [None, {"a": 1}]),
        ('true"a"1', [True, "a", 1]),
        ("true[] false", [True, [], False]),
        ('{"a":true}1', [{"a": True}, 1]),
        ("[true]true", [[True], True]),
    ],
)
def test_many(text: str, expected: list[Any]) -> None:
    for fragments in [*cuttings(text), *halvings(text)]:
        assert built(fragments, many=True) == expected


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("truefalse", "expected_value", 4),
        ("true1", "expected_value", 4),
        ("true-", "expected_value", 4),
        ("nullnull", "expected_value", 4),
        ("[true]falsenull", "expected_value", 11),
        ("1true", "invalid_number", 1),
        ("1-2", "invalid_number", 1),
        ("01", "invalid_number", 1),
        ("1,2", "expected_value", 1),
        ("[],[]", "expected_value", 2),
        ("[]]", "expected_value", 2),
        ("1 \ufeff2", "expected_value", 2),
        ("1 [", "truncated", 3),
        ('1 "', "truncated", 3),
        ("1 -", "truncated", 3),
    ],
)
def test_many_refuses(text: str, code: str, offset: int) -> None:
    for fragments in [*cuttings(text), *halvings(text)]:
        error = refusal(fragments, many=True)
        assert (error.code, error.offset) == (code, offset)


# One value inside something else


@pytest.mark.parametrize(
    ("text", "taken", "value"),
    [
        ("[1] and so on", 3, [1]),
        ("{}{}", 2, {}),
        ('"a"b', 3, "a"),
        ("truely", 4, True),
        (" [] ", 3, []),
        ("12,", 2, 12),
        ("12abc", 2, 12),
        ("12 3", 2, 12),
        ("01", 1, 0),
        ("1-2", 1, 1),
        ("1.5.5", 3, 1.5),
        ("1e5e", 3, 1e5),
        ('"x"</tool>', 3, "x"),
        ("[[]]]", 4, [[]]),
    ],
)
def test_stop_says_how_much_was_taken(text: str, taken: int, value: object) -> None:
    for fragments in [*cuttings(text), *halvings(text)]:
        builder = Builder()
        machine = Machine(builder, MachineOptions(stop=True))
        assert sum(machine.feed(fragment) for fragment in fragments) == taken
        assert machine.done
        assert builder.value == value


@pytest.mark.parametrize("text", ["1.x", "-x", "1ex", "[1x", "[01", "tru", "["])
def test_stop_does_not_excuse_a_malformed_value(text: str) -> None:
    for fragments in cuttings(text):
        assert refusal(fragments, stop=True).offset == len(text) - (text[-1] in "x1")


def test_without_stop_everything_is_taken() -> None:
    machine = Machine(Sink())
    assert [machine.feed(part) for part in ("[1", "", ", 2", "] \n")] == [2, 0, 3, 3]


def test_stop_within_the_limit_of_the_document() -> None:
    for fragments in cuttings("[1] and a tail that is much longer"):
        machine = Machine(Sink(), MachineOptions(stop=True, limits=Limits(document=3)))
        assert sum(machine.feed(fragment) for fragment in fragments) == 3


def test_stop_at_the_limit_of_the_document_after_a_number() -> None:
    for fragments in cuttings("123 tail"):
        machine = Machine(Sink(), MachineOptions(stop=True, limits=Limits(document=3)))
        assert sum(machine.feed(fragment) for fragment in fragments) == 3
        assert machine.done


def test_places_count_from_the_start_of_the_stream() -> None:
    recorder = Recorder(precise=True)
    machine = Machine(recorder, MachineOptions(stop=True), offset=100)
    machine.feed('{"a')
    machine.feed('": 5}')
    assert recorder.calls == [
        ("start_object", 100),
        ("start_key", 101),
        ("key_text", "a", 102),
        ("end_key", 103),
        ("start_scalar", "number", 106),
        ("scalar", 5, 107),
        ("end", 107),
    ]
    assert refusal(["[1,]"], offset=100).offset == 103


def test_no_byte_order_mark_in_the_middle_of_a_stream() -> None:
    error = refusal(["\ufeff1"], offset=7)
    assert (error.code, error.offset) == ("expected_value", 7)


def test_limits_inside_another_value() -> None:
    limits = Limits(depth=3, document=4)
    assert built(["[2]"], depth=2, limits=limits) == [2]
    assert refusal(["[[2"], depth=2, limits=limits).offset == 1
    assert refusal(["[234]"], offset=50, limits=limits).offset == 54


# Questions about the state


def test_done() -> None:
    for text, done in (("[1", False), ("[1]", True), ("tru", False), ("true", True), ("1", False)):
        machine = Machine(Sink())
        machine.feed(text)
        assert machine.done is done


def test_a_machine_for_many_is_never_done() -> None:
    machine = Machine(Sink(), MachineOptions(many=True))
    machine.feed("[1] ")
    assert not machine.done


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("[", True),
        ("[1", True),
        ("[1,", True),
        ('["', True),
        ('["\\', True),
        ("[tr", True),
        ('{"a":', True),
        ('{"a":"x', True),
        ("{", False),
        ('{"', False),
        ('{"\\u1', False),
        ('{"a"', False),
        ('{"a":1,', False),
        ("[1 ", False),
        ("[]", False),
    ],
)
def test_is_a_value_expected(text: str, expected: bool) -> None:
    machine = Machine(Sink())
    machine.feed(text)
    assert machine.expects_item is expected


def test_text_before_a_place() -> None:
    for fragments in cuttings('["one", "two"'):
        machine = Machine(Sink())
        feed_each(machine, fragments)
        assert machine.text_before(6) == '["one"'
        assert machine.text_before(0) == ""


def test_text_before_a_place_is_bounded_however_much_has_passed() -> None:
    document = "[" + '"0123456789", ' * 3000
    for fragments in ([document], ragged(document, 3)):
        machine = Machine(Sink())
        feed_each(machine, fragments)
        assert machine.text_before(len(document)) == document[-EXCERPT:]
        assert sum(map(len, machine.recent)) < len(document) + EXCERPT
    assert sum(map(len, machine.recent)) < 3 * 4096


def test_lines_are_counted() -> None:
    for fragments in cuttings('[1,\n\n  "a",\r\n \n2'):
        machine = Machine(Sink())
        feed_each(machine, fragments)
        assert (machine.line, machine.line_start) == (5, 15)


# Forks


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("precise", [True, False])
def test_a_clone_goes_on_alone(document: str, precise: bool) -> None:
    for first, second in halvings(document):
        recorder = Recorder(precise)
        machine = Machine(recorder)
        machine.feed(first)
        other = recorder.clone()
        twin = machine.clone(other)
        with pytest.raises(StreamParseError):
            machine.feed("\x00")
        twin.feed(second)
        twin.finish()
        assert other.calls == calls([first, second], precise)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_state_is_plain_data(document: str) -> None:
    for first, second in halvings(document):
        before = Recorder(precise=True)
        machine = Machine(before)
        machine.feed(first)
        state = pickle.loads(pickle.dumps(machine.state_now()))
        after = Recorder(precise=True)
        other = Machine(after)
        other.resume(state)
        other.feed(second)
        other.finish()
        assert before.calls + after.calls == calls([first, second])
        assert machine.state_now() == state


def test_a_clone_has_the_options() -> None:
    options = MachineOptions(
        limits=Limits(string=3, items=2),
        surrogates="replace",
        parse_float=Decimal,
        parse_int=str,
        many=True,
    )
    machine = Machine(Builder(many=True), options)
    machine.feed('[1, "\\ud800')
    twin_builder = machine.sink.clone()
    assert isinstance(twin_builder, Builder)
    twin = machine.clone(twin_builder)
    twin.feed('"] 1.5 ')
    assert twin_builder.value == [["1", "\ufffd"], Decimal("1.5")]
    with pytest.raises(LimitError, match="more than 2 items"):
        machine.clone(Sink()).feed('", 2')
    with pytest.raises(LimitError, match="longer than 3"):
        twin.feed('"abcd')


def test_a_clone_stops_after_one_value() -> None:
    machine = Machine(Sink(), MachineOptions(stop=True))
    machine.feed("[1")
    assert machine.clone(Sink()).feed("] and more") == 1


def test_a_clone_inside_another_value_keeps_its_depth() -> None:
    machine = Machine(Sink(), MachineOptions(limits=Limits(depth=4)), depth=2)
    machine.feed("[")
    twin = machine.clone(Sink())
    twin.feed("[")
    with pytest.raises(LimitError):
        twin.feed("[")


def test_a_clone_at_the_limit_of_the_document() -> None:
    for at in range(6):
        machine = Machine(Sink(), MachineOptions(limits=Limits(document=5)))
        machine.feed("[1, 2]"[:at] if at < 6 else "[1, 2")
        with pytest.raises(LimitError) as caught:
            machine.clone(Sink()).feed("[1, 2]"[at:])
        assert caught.value.offset == 5


# Machine and cut


def test_empty_fragments_change_nothing() -> None:
    fragments = [part for char in chars(DOCUMENTS[0]) for part in ("", char, "")]
    assert calls(fragments) == calls(chars(DOCUMENTS[0]))
