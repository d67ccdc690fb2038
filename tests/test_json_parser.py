"""Tests of `streamparse.json_parser`: the public behaviour of `JSONParser`, and `parse`."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from streamparse import (
    IncompleteError,
    JSONParser,
    JSONSyntaxError,
    Limits,
    StringDelta,
    ValueCompleted,
    ValueStarted,
    json_parser,
    parse,
)
from tests.helpers import merge_deltas, tokens
from tests.parts import DOCUMENTS, both, chars, cuttings, failure, feed_all, halvings, read

# The life cycle of a parser


def test_the_dialect_can_be_given_by_its_place() -> None:
    assert parse("{a: 1,}", "lenient") == parse("{a: 1,}", dialect="lenient") == {"a": 1}


def test_a_new_parser() -> None:
    parser = JSONParser()
    assert parser.value is None
    assert parser.snapshot() is None
    assert parser.open_path is None
    assert (parser.started, parser.done, parser.truncated) == (False, False, False)
    assert (parser.prefix, parser.remainder) == ("", "")
    assert (parser.repairs, parser.violations) == ([], [])


# Each fragment, and then the value, the open path, `started` and `done`.
STEPS: list[tuple[str, object, tuple[Any, ...] | None, bool, bool]] = [
    (" \n", None, None, False, False),
    ("{", {}, (), True, False),
    ('"ti', {}, (), True, False),
    ('tle"', {}, (), True, False),
    (":", {}, (), True, False),
    ('"', {"title": ""}, ("title",), True, False),
    ("On", {"title": "On"}, ("title",), True, False),
    ("\\u00e", {"title": "On"}, ("title",), True, False),
    ("9", {"title": "Oné"}, ("title",), True, False),
    ('"', {"title": "Oné"}, (), True, False),
    (', "n": -1', {"title": "Oné"}, (), True, False),
    ("2.5", {"title": "Oné"}, (), True, False),
    (",", {"title": "Oné", "n": -12.5}, (), True, False),
    ('"l": [', {"title": "Oné", "n": -12.5, "l": []}, ("l",), True, False),
    ("tru", {"title": "Oné", "n": -12.5, "l": []}, ("l",), True, False),
    ("e", {"title": "Oné", "n": -12.5, "l": [True]}, ("l",), True, False),
    (", {", {"title": "Oné", "n": -12.5, "l": [True, {}]}, ("l", 1), True, False),
    ("}", {"title": "Oné", "n": -12.5, "l": [True, {}]}, ("l",), True, False),
    ("]", {"title": "Oné", "n": -12.5, "l": [True, {}]}, (), True, False),
    ("}", {"title": "Oné", "n": -12.5, "l": [True, {}]}, None, True, True),
    ("\n", {"title": "Oné", "n": -12.5, "l": [True, {}]}, None, True, True),
]


def test_the_state_after_each_step() -> None:
    parser = JSONParser()
    snapshots = []
    for fragment, value, open_path, started, done in STEPS:
        parser.feed(fragment)
        assert parser.value == value
        assert (parser.open_path, parser.started, parser.done) == (open_path, started, done)
        snapshots.append(parser.snapshot())
    assert parser.finish() == []
    assert snapshots == [step[1] for step in STEPS]


@pytest.mark.parametrize("text", ["1", "-2.5e3", "0"])
def test_a_root_number_is_done_by_the_next_character_or_the_end(text: str) -> None:
    parser = JSONParser()
    assert parser.feed(text) == []
    assert (parser.value, parser.started, parser.done) == (None, False, False)
    assert parser.feed("\n") == [ValueCompleted((), json.loads(text))]
    assert parser.done
    parser = JSONParser()
    parser.feed(text)
    assert parser.finish() == [ValueCompleted((), json.loads(text))]
    assert (parser.started, parser.done) == (True, True)


@pytest.mark.parametrize("text", ["true", "false", "null"])
def test_a_root_literal_is_done_by_its_last_letter(text: str) -> None:
    parser = JSONParser()
    assert feed_all(parser, chars(text[:-1])) == []
    assert not parser.done
    assert parser.feed(text[-1]) == [ValueCompleted((), json.loads(text))]
    assert parser.done


def test_a_root_string() -> None:
    parser = JSONParser()
    assert parser.feed('"') == [ValueStarted((), "string")]
    assert (parser.value, parser.open_path) == ("", ())
    assert parser.feed("a") == [StringDelta((), "a")]
    assert parser.feed('b"') == [StringDelta((), "b"), ValueCompleted((), "ab")]
    assert (parser.value, parser.open_path, parser.done) == ("ab", None, True)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_snapshots_do_not_change(document: str) -> None:
    for options in ({}, {"many": True}):
        parser = JSONParser(**options)  # type: ignore[arg-type]
        taken = []
        for char in chars(document):
            parser.feed(char)
            taken.append((parser.snapshot(), tokens(parser.value)))
        assert all(tokens(snapshot) == then for snapshot, then in taken)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_same_value_as_the_standard_library(document: str) -> None:
    for fragments in both(document):
        parser = JSONParser()
        read(parser, fragments)
        assert tokens(parser.value) == tokens(json.loads(document))


def test_strict_parsers_make_no_repairs() -> None:
    parser = JSONParser()
    parser.feed("[1")
    with pytest.raises(IncompleteError):
        parser.finish()
    assert (parser.truncated, parser.repairs, parser.prefix) == (False, [], "")


# Numbers


def test_big_integers() -> None:
    digits = "9" * 4300
    for fragments in cuttings(f"[{digits}, -{digits}]"):
        parser = JSONParser()
        read(parser, fragments)
        assert parser.value == [int(digits), -int(digits)]


def test_numbers_from_the_callers_functions() -> None:
    text = '[1.10, 2, -0, 1E2, {"n": 12345678901234567890.5}]'
    for fragments in both(text):
        parser = JSONParser(parse_float=Decimal, parse_int=Fraction)
        read(parser, fragments)
        assert [str(item) for item in parser.value[:4]] == ["1.10", "2", "0", "1E+2"]
        assert parser.value[1] == Fraction(2)
        assert parser.value[4] == {"n": Decimal("12345678901234567890.5")}


def test_the_callers_functions_get_the_text() -> None:
    texts: list[str] = []
    parser = JSONParser(parse_float=texts.append, parse_int=texts.append)
    read(parser, chars("[-0, 1.50, 1e+5, 1E5, 12]"))
    assert texts == ["-0", "1.50", "1e+5", "1E5", "12"]
    assert parser.value == [None] * 5


def test_a_number_may_become_a_container() -> None:
    """A container that `parse_int` returns is a scalar for the parser."""
    parser = JSONParser(parse_int=lambda text: [text])
    read(parser, ["[1, 2]"])
    assert parser.value == [["1"], ["2"]]
    assert parser.clone().value == [["1"], ["2"]]


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no bound")
def test_pythons_own_bound_on_digits() -> None:
    bound = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(700)
    try:
        error = failure(JSONParser(), [f"[{'7' * 701}]"])
    finally:
        sys.set_int_max_str_digits(bound)
    assert (error.code, error.offset) == ("number_rejected", 702)


# Surrogates

# The text, the result of "keep", that of "replace", and the offset of the error of "error".
HALVES: list[tuple[str, str, str, int | None]] = [
    ('"\\ud83d\\ude00"', "😀", "😀", None),
    ('"\ud83d\ude00"', "😀", "😀", None),
    ('"\\ud83d\ude00!"', "😀!", "😀!", None),
    ('"\ud83d\\ude00!"', "😀!", "😀!", None),
    ('"a\\ud83d"', "a\ud83d", "a\ufffd", 8),
    ('"\ud83da"', "\ud83da", "\ufffda", 2),
    ('"\\ud83d\ud83d\ude00"', "\ud83d😀", "\ufffd😀", 7),
    ('"\ude00\ud83d"', "\ude00\ud83d", "\ufffd\ufffd", 1),
    ('"\\ude00"', "\ude00", "\ufffd", 6),
    ('"\\ud83d\\u0041"', "\ud83dA", "\ufffdA", 12),
    ('"\\ud83d\\\\"', "\ud83d\\", "\ufffd\\", 8),
]


@pytest.mark.parametrize(("text", "kept", "replaced", "refused"), HALVES)
def test_halves_of_pairs(text: str, kept: str, replaced: str, refused: int | None) -> None:
    for fragments in [*cuttings(text), *halvings(text)]:
        for option, value in (("keep", kept), ("replace", replaced)):
            parser = JSONParser(surrogates=option)
            events = merge_deltas(read(parser, fragments))
            assert parser.value == value
            assert events[1] == StringDelta((), value)
        if refused is None:
            read(JSONParser(surrogates="error"), fragments)
        else:
            error = failure(JSONParser(surrogates="error"), fragments)
            assert (error.code, error.offset) == ("lone_surrogate", refused)


def test_halves_of_pairs_in_keys() -> None:
    text = '{"\\ud83d\ude00": 1, "\\ud83d": 2, "\ude00": {}}'
    for fragments in [*cuttings(text), *halvings(text)]:
        parser = JSONParser()
        read(parser, fragments)
        assert parser.value == dict(zip(("😀", "\ud83d", "\ude00"), (1, 2, {}), strict=True))


def test_a_raw_half_at_the_end_of_a_fragment_is_held_back() -> None:
    parser = JSONParser()
    assert parser.feed('["x\ud83d')[-1] == StringDelta((0,), "x")
    assert parser.value == ["x"]
    assert parser.feed("\ude00") == [StringDelta((0,), "😀")]
    assert parser.value == ["x😀"]


# One document after the other


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", []),
        (" \n\t", []),
        ('{"a":1}{"b":2}', [{"a": 1}, {"b": 2}]),
        ("1 2", [1, 2]),
        ("1\n2\r\n3", [1, 2, 3]),
        ("true false null", [True, False, None]),
        ("[1][2]", [[1], [2]]),
        ('"a""b"', ["a", "b"]),
        ('1"a"true[2]null{"b":3}4', [1, "a", True, [2], None, {"b": 3}, 4]),
        ('{"a":1}\n\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
    ],
)
def test_many(text: str, value: list[Any]) -> None:
    for fragments in [*both(text), *halvings(text)]:
        parser = JSONParser(many=True)
        events = read(parser, fragments)
        assert tokens(parser.value) == tokens(value)
        assert parser.done
        whole = [event for event in events if isinstance(event, ValueCompleted)]
        assert [event.value for event in whole if len(event.path) == 1] == value


@pytest.mark.parametrize("text", ["truefalse", "true1", "null-1", "1true", "1,2", "[1],[2]", "1]"])
def test_many_rejects_ambiguous_documents_and_separators(text: str) -> None:
    for fragments in cuttings(text):
        assert isinstance(failure(JSONParser(many=True), fragments), JSONSyntaxError)


def state(parser: JSONParser) -> tuple[Any, ...]:
    return parser.value, parser.open_path, parser.started, parser.done


def test_many_step_by_step() -> None:
    parser = JSONParser(many=True)
    assert state(parser) == ([], (), False, False)
    assert parser.feed("[1] ") == [
        ValueStarted((0,), "array"),
        ValueCompleted((0, 0), 1),
        ValueCompleted((0,), [1]),
    ]
    assert state(parser) == ([[1]], (), True, False)
    assert parser.feed('{"k": "x') == [
        ValueStarted((1,), "object"),
        ValueStarted((1, "k"), "string"),
        StringDelta((1, "k"), "x"),
    ]
    assert state(parser) == ([[1], {"k": "x"}], (1, "k"), True, False)
    assert parser.feed('"}2') == [ValueCompleted((1, "k"), "x"), ValueCompleted((1,), {"k": "x"})]
    assert state(parser) == ([[1], {"k": "x"}], (), True, False)
    assert parser.finish() == [ValueCompleted((2,), 2)]
    assert state(parser) == ([[1], {"k": "x"}, 2], None, True, True)


def test_many_cut_short() -> None:
    parser = JSONParser(many=True)
    parser.feed('[1] {"a": [2')
    with pytest.raises(IncompleteError):
        parser.finish()
    assert (parser.value, parser.done) == ([[1], {"a": []}], False)


# Only the first value


def test_stop_does_not_read_the_rest() -> None:
    parser = JSONParser(trailing="stop")
    assert parser.feed('{"tool": "f"}</tool') == [
        ValueStarted((), "object"),
        ValueStarted(("tool",), "string"),
        StringDelta(("tool",), "f"),
        ValueCompleted(("tool",), "f"),
        ValueCompleted((), {"tool": "f"}),
    ]
    assert parser.done
    assert parser.remainder == "</tool"
    assert parser.feed("_call>") == []
    assert parser.remainder == "</tool_call>"
    assert parser.finish() == []


def test_stop_with_a_number() -> None:
    parser = JSONParser(trailing="stop")
    assert parser.feed("1") == []
    assert parser.feed("2") == []
    assert parser.feed("</a>") == [ValueCompleted((), 12)]
    assert parser.remainder == "</a>"


def test_stop_needs_a_value() -> None:
    assert failure(JSONParser(trailing="stop"), [" "]).code == "empty"
    assert failure(JSONParser(trailing="stop"), ["[1"]).code == "truncated"
    assert failure(JSONParser(trailing="stop"), ["x"]).code == "expected_value"


# Selected nodes

ITEMS = '{"meta": {"n": 2}, "items": [{"id": 1, "t": "one"}, {"id": 2, "t": "two"}], "end": true}'


@pytest.mark.parametrize("keep", ["all", "open"])
def test_selected_items(keep: str) -> None:
    for fragments in both(ITEMS):
        parser = JSONParser(select="$.items[*]", keep=keep)
        assert read(parser, fragments) == [
            ValueStarted(("items", 0), "object"),
            ValueCompleted(("items", 0), {"id": 1, "t": "one"}),
            ValueStarted(("items", 1), "object"),
            ValueCompleted(("items", 1), {"id": 2, "t": "two"}),
        ]
        assert parser.value == ({} if keep == "open" else json.loads(ITEMS))


def test_kept_values_while_items_stream() -> None:
    parser = JSONParser(select="$.items[*].t", keep="open")
    parser.feed('{"meta": {"n": 2')
    assert parser.value == {"meta": {}}
    parser.feed('}, "items": [{"id": 1, "t": "on')
    assert parser.value == {"items": [{"t": "on"}]}
    assert parser.open_path == ("items", 0, "t")
    assert parser.feed('e", "u": "no')[-1] == ValueCompleted(("items", 0, "t"), "one")
    assert parser.value == {"items": [{}]}
    assert parser.open_path == ("items", 0, "u")
    assert parser.feed('"}, {"t": "t')[0] == ValueStarted(("items", 1, "t"), "string")
    assert parser.value == {"items": [{"t": "t"}]}
    assert parser.snapshot() == {"items": [{"t": "t"}]}


def size(value: Any) -> int:
    """Return the number of containers and scalars in a value."""
    inner = value.values() if isinstance(value, dict) else value
    return 1 + sum(map(size, inner)) if isinstance(value, (dict, list)) else 1


def test_memory_is_bounded_by_open_values() -> None:
    parser = JSONParser(select="$.rows[*].cells[*]", keep="open")
    parser.feed('{"rows": [')
    for row in range(200):
        parser.feed('{"cells": [')
        for cell in range(20):
            parser.feed(f'{{"at": [{row}, {cell}]}},')
            assert size(parser.value) <= 4
        parser.feed('"last"], "note": "n"},')
    assert parser.feed("0]}") == []
    parser.finish()
    assert parser.value == {}


def test_selected_documents_of_many() -> None:
    text = '{"a": 1} [2, "x"]\n"y" 3'
    for keep in ("all", "open"):
        for fragments in cuttings(text):
            parser = JSONParser(many=True, select="$[*]", keep=keep)
            events = merge_deltas(read(parser, fragments))
            completed = [event for event in events if isinstance(event, ValueCompleted)]
            assert completed == [
                ValueCompleted((0,), {"a": 1}),
                ValueCompleted((1,), [2, "x"]),
                ValueCompleted((2,), "y"),
                ValueCompleted((3,), 3),
            ]
            assert parser.value == ([] if keep == "open" else [{"a": 1}, [2, "x"], "y", 3])


def test_errors_have_a_position_if_values_are_dropped() -> None:
    for options in ({"keep": "all"}, {"keep": "open"}):
        parser = JSONParser(select="$.items[1].t", **options)  # type: ignore[arg-type]
        error = failure(parser, ['{"items": [{"t": "one"}, {"t": [1, ?'])
        assert error.path == ("items", 1, "t", 1)
        assert error.events == [ValueStarted(("items", 1, "t"), "array")]


# `parse`


@pytest.mark.parametrize("document", DOCUMENTS)
def test_parse(document: str) -> None:
    for text in (document, document.encode(), bytearray(document, "utf-8")):
        assert tokens(parse(text)) == tokens(json.loads(document))
    assert parse(memoryview(document.encode())) == json.loads(document)
    assert tokens(parse(document, partial=True)) in (tokens(json.loads(document)), tokens(None))


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("", None),
        (" ", None),
        ("{", {}),
        ('{"a', {}),
        ('{"a": 1', {}),
        ('{"a": 1,', {"a": 1}),
        ('{"a": tru', {}),
        ('{"a": "b', {"a": "b"}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": ["b", [', {"a": ["b", []]}),
        ("12", None),
        ("12 ", 12),
        ("true", True),
        ('"x', "x"),
        (b'["\xc3', [""]),
        (b'["\xc3\xa9', ["é"]),
    ],
)
def test_parse_partial(prefix: str | bytes, shown: object) -> None:
    assert parse(prefix, partial=True) == shown


def test_parse_rejects() -> None:
    for partial in (False, True):
        with pytest.raises(JSONSyntaxError) as caught:
            parse("[1, ?", partial=partial)
        assert (caught.value.code, caught.value.offset) == ("expected_value", 4)
        with pytest.raises(ValueError, match="dialect"):
            parse("[]", dialect="loose", partial=partial)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            parse(None, partial=partial)  # type: ignore[arg-type]
    for text, code in (("", "empty"), ("[1", "truncated"), ("1.", "truncated")):
        with pytest.raises(IncompleteError) as cut:
            parse(text)
        assert cut.value.code == code


def test_parse_has_the_default_limits() -> None:
    depth = Limits().depth
    parse("[" * depth + "]" * depth)
    with pytest.raises(ValueError, match="nested"):
        parse("[" * (depth + 1))


def test_the_module_exports_its_two_names() -> None:
    assert json_parser.JSONParser is JSONParser
    assert json_parser.parse is parse


# `repr`


def test_repr_shows_the_state() -> None:
    parser = JSONParser("lenient")
    assert repr(parser) == "JSONParser('lenient', done=False)"
    parser.feed('{"a": [1, 2')
    assert repr(parser) == "JSONParser('lenient', done=False, open_path=('a',))"
    parser.feed("]}")
    assert repr(parser) == "JSONParser('lenient', done=True)"
