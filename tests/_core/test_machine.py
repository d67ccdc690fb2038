"""Tests of the JSON machine: its sink calls, offsets, errors and limits, for any chunking."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import IncompleteError, JSONSyntaxError, LimitError, Limits
from streamparse._core.builder import Builder
from streamparse._core.machine import Machine, MachineOptions
from streamparse.protocols import Sink
from tests._core.machines import built, calls, refusal
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

# Sink calls


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
def test_imprecise_calls_have_the_same_text(document: str) -> None:
    def without_places(heard: list[Call]) -> list[Call]:
        return [call[:-1] if call[0] in ("text", "key_text") else call for call in joined(heard)]

    expected = without_places(calls([document]))
    for fragments in [*cuttings(document), *halvings(document)]:
        assert without_places(calls(fragments, precise=False)) == expected


@pytest.mark.parametrize("document", DOCUMENTS)
def test_precise_text_has_the_offset_of_each_character(document: str) -> None:
    for fragments in cuttings(document):
        for name, text, offset in (call for call in calls(fragments) if len(call) == 3):
            if name in ("text", "key_text") and document[offset : offset + len(text)] != text:
                assert len(text) == 1, "an escape is a separate run"
                assert document[offset] in '"\\/bfnrt0123456789abcdefABCDEF'


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if "\\" not in one])
def test_imprecise_text_without_escapes_has_its_offset(document: str) -> None:
    for fragments in cuttings(document):
        for name, text, offset in (call for call in calls(fragments, False) if len(call) == 3):
            if name in ("text", "key_text"):
                assert document[offset : offset + len(text)] == text


def test_imprecise_text_joins_runs_and_escapes() -> None:
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


def test_the_first_character_gives_the_kind() -> None:
    for text, kind in (("-", "number"), ("t", "true"), ("f", "false"), ("n", "null")):
        recorder = Recorder()
        Machine(recorder).feed(text)
        assert recorder.calls == [("start_scalar", kind, 0)]


# Errors and their places

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
def test_errors(text: str, code: str, offset: int) -> None:
    for fragments in [*cuttings(text), *halvings(text), [text + "and more"], [text + " \\n" * 99]]:
        for precise in (True, False):
            error = refusal(fragments, precise=precise)
            assert isinstance(error, JSONSyntaxError)
            assert (error.code, error.offset) == (code, offset)


@pytest.mark.parametrize(("text", "code", "offset"), REFUSED)
def test_errors_with_limits_of_members_and_items(text: str, code: str, offset: int) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments, limits=Limits(keys=2, items=2))
        assert (error.code, error.offset) == (code, offset)


@pytest.mark.parametrize(
    ("text", "code"), [('{"a""', "expected_colon"), ('["a""', "expected_comma")]
)
def test_an_unexpected_quote_does_not_count_as_a_member(text: str, code: str) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments, limits=Limits(keys=1, items=1))
        assert (error.code, error.offset) == (code, 4)


@pytest.mark.parametrize(("text", "code", "offset"), REFUSED)
def test_the_text_before_the_error_is_accepted(text: str, code: str, offset: int) -> None:
    Machine(Sink()).feed(text[:offset])


def test_the_text_before_a_rejected_character_is_passed_on() -> None:
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
    """The limit is exact, although the length is only counted near it."""
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
def test_errors_among_many(text: str, code: str, offset: int) -> None:
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
def test_stop_returns_how_much_was_taken(text: str, taken: int, value: object) -> None:
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


# Lines


def test_lines_are_counted() -> None:
    for fragments in cuttings('[1,\n\n  "a",\r\n \n2'):
        machine = Machine(Sink())
        feed_each(machine, fragments)
        assert (machine.line, machine.line_start) == (5, 15)


# Empty fragments


def test_empty_fragments_change_nothing() -> None:
    fragments = [part for char in chars(DOCUMENTS[0]) for part in ("", char, "")]
    assert calls(fragments) == calls(chars(DOCUMENTS[0]))
