"""Tests of strings, numbers and literals, for any chunking."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    COMPILED,
    IncompleteError,
    JSONParser,
    JSONSyntaxError,
    Limits,
    StreamParseError,
)
from streamparse._core import machine
from streamparse._core.machine import Machine
from tests._core.machines import built, refusal
from tests.parts import (
    Recorder,
    cuttings,
    halvings,
)

# Long runs and many escapes have code of their own.


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
@pytest.mark.parametrize("padding", ["", "a run long enough for the quicker way through it " * 6])
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


def test_pairs_are_accepted() -> None:
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


# A long fragment is decoded at once, short ones piece by piece. The results must be the same.

PARTS = [
    *(
        "plain text ",
        "é",
        "\u4e2d",
        "\U0001f600",
        "\\n",
        '\\"',
        "\\\\",
        "\\u00e9",
        "\\ud83d\\ude00",
    ),
    *("\\ud83d", "\\ude00", "\ud83d", "\ude00", '"', '", "', '": "', "\\x", "\\u12", "\x01", "\n"),
]
RUNS = st.tuples(st.sampled_from(PARTS), st.sampled_from([1, 1, 2, 60, 700]))


def outcome(fragments: list[str], **options: Any) -> Any:
    """Return the value, the joined events and the place of the error."""
    parser = JSONParser(**options)
    events: list[Any] = []
    found = None
    try:
        for fragment in fragments:
            events += parser.feed(fragment)
        events += parser.finish()
    except StreamParseError as error:
        events += error.events
        place = (error.offset, error.line, error.column, error.excerpt, error.path)
        found = (error.code, str(error), place)
    seen: list[Any] = []
    for event in events:
        if seen and event.type == seen[-1][0] == "string_delta" and event.path == seen[-1][1]:
            seen[-1] = (event.type, event.path, seen[-1][2] + event.text)
        else:
            seen.append((event.type, event.path, getattr(event, "text", event)))
    return repr(parser.value), repr(seen), found


@given(
    st.lists(RUNS, min_size=1, max_size=6),
    st.sampled_from(['["', '{"k": "', '{"', '"']),
    st.sampled_from(["keep", "replace", "error"]),
    st.lists(st.integers(0, 4_000), max_size=2),
)
def test_long_fragments_give_the_results_of_short_ones(
    runs: list[tuple[str, int]], opening: str, surrogates: str, cuts: list[int]
) -> None:
    text = opening + "".join(part * times for part, times in runs) + '"]'
    places = [0, *sorted(min(place, len(text)) for place in cuts), len(text)]
    long = [text[start:stop] for start, stop in pairwise(places)]
    short = [text[at : at + 32] for at in range(0, len(text), 32)]
    assert outcome(long, surrogates=surrogates) == outcome(short, surrogates=surrogates)


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
def test_malformed_numbers_are_rejected_at_the_character(text: str, offset: int) -> None:
    for before, after in (("", " "), ("[", "]"), ('{"n": ', "}")):
        for fragments in cuttings(before + text + after):
            error = refusal(fragments)
            assert error.offset == len(before) + offset
            assert error.code == ("expected_value" if offset == 0 else "invalid_number")


@pytest.mark.parametrize("text", ["-", "1.", "1e", "1e-", "1E+"])
def test_a_truncated_number_is_incomplete(text: str) -> None:
    for fragments in cuttings(text):
        error = refusal(fragments)
        assert isinstance(error, IncompleteError)
        assert (error.code, error.offset) == ("truncated", len(text))


def test_the_callers_functions_convert_numbers() -> None:
    value = built(["[1.50, 2, 1e2, -3]"], parse_float=Decimal, parse_int=lambda text: f"int {text}")
    assert value == [Decimal("1.50"), "int 2", Decimal("1e2"), "int -3"]
    assert str(value[0]) == "1.50"


def test_an_exception_of_the_callers_function_is_an_error() -> None:
    def picky(text: str) -> object:
        raise LookupError(f"no {text}")

    for options, text in (({"parse_int": picky}, "[12]"), ({"parse_float": picky}, "[1.5]")):
        for fragments in cuttings(text):
            error = refusal(fragments, **options)
            assert isinstance(error, JSONSyntaxError)
            assert (error.code, error.offset) == ("number_rejected", len(text) - 1)
            assert isinstance(error.__cause__, LookupError)


def test_end_root_number() -> None:
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


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.from_regex(r"-?[0-9]{1,16}\.[0-9]{0,16}", fullmatch=True),
    st.floats(-1e6, 1e6).map(str),
    st.sampled_from(
        ["0", "-0", "00", "-", "-01", "1.5", "12e3", "8" * 19, "9" * 19, "-" + "9" * 18]
    ),
)


@given(
    st.lists(NUMBERS, max_size=4),
    st.sampled_from([",", ", ", "\n,", " ,"]),
    st.sampled_from([None, 18, 19]),
    st.sampled_from(["[%s]", '{"k": [%s]}', '[{"k": %s}]', "[%s}", "[%sx"]),
)
def test_numbers_that_end_in_the_fragment(
    numbers: list[str], comma: str, digits: int | None, shape: str
) -> None:
    text = shape % comma.join(numbers)
    limits = Limits() if digits is None else Limits(integer_digits=digits, number=digits)
    with pytest.MonkeyPatch.context() as patch:
        if not COMPILED:
            expected = outcome([text], limits=limits)
            # The compiled build has a loop for short numbers.
            patch.setattr(machine, "COMPILED", True)
        else:
            expected = outcome(list(text), limits=limits)
        assert outcome([text], limits=limits) == expected
