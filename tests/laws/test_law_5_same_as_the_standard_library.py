"""Law 5, same as the standard library.

A strict document gives what `json.loads` gives (types, big integers up to the limit, repeated
keys), and what RFC 8259 forbids is rejected at the first offending character. There are four
documented differences: `NaN` and `Infinity` are rejected, bytes must be UTF-8, one leading BOM is
ignored, and adjacent surrogate halves are joined.

`helpers.loads` is `json.loads` with these differences. The events are also compared with those of
ijson in all its backends, because it reads incrementally too.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import ijson
import pytest
from hypothesis import assume, example, given

from streamparse import (
    JSONParser,
    JSONSyntaxError,
    LimitError,
    StreamParseError,
    ValueCompleted,
    ValueStarted,
    parse,
)
from tests.helpers import (
    cut,
    exact,
    is_encodable,
    loads,
    place_of,
    raw_loads,
    run,
    same,
    tokens,
)
from tests.model import completion
from tests.strategies import (
    ANY_BYTES,
    ANY_MANY_TEXTS,
    ANY_TEXTS,
    JSON_TEXTS,
    SIZES,
    STOP_TEXTS,
    UTF8_TEXTS,
)


def oracle(text: str) -> Any:
    """Return the tokens of the value that `json.loads` gives, None if it rejects the text."""
    try:
        return tokens(loads(text))
    except ValueError:
        return None


# Values


@given(JSON_TEXTS, SIZES)
def test_law_5_documents(text: str, sizes: Sequence[int]) -> None:
    """Law 5: every document is accepted, with the value that `json.loads` gives it."""
    outcome = run(cut(text, sizes))
    assert outcome.error is None
    assert outcome.value == tokens(loads(text))
    assert same(parse(text), loads(text))


@given(ANY_TEXTS, SIZES)
@example("[1,]", [1])
@example('"\x7f"', [1])
@example("[1\xa0]", [1])
@example("\ufeff\ufeff1", [1])
def test_law_5_accepts_and_refuses_the_same(text: str, sizes: Sequence[int]) -> None:
    """Law 5: both parsers accept the same texts with the same values, and reject the same texts."""
    outcome = run(cut(text, sizes))
    assert (None if outcome.error else outcome.value) == oracle(text)


@given(ANY_BYTES, SIZES)
def test_law_5_bytes(data: bytes, sizes: Sequence[int]) -> None:
    """Law 5: bytes that are UTF-8 give what their text gives, other bytes are rejected."""
    outcome = run(cut(data, sizes))
    try:
        expected = oracle(data.decode())
    except UnicodeDecodeError:
        expected = None
    assert (None if outcome.error else outcome.value) == expected


@given(ANY_MANY_TEXTS, SIZES)
def test_law_5_many(text: str, sizes: Sequence[int]) -> None:
    """Law 5: `many=True` gives the documents that `raw_decode` finds one by one.

    `raw_decode` would also read `1true` and `01` as two documents each; the parser rejects them.
    """
    outcome = run(cut(text, sizes), many=True)
    values, refused = one_by_one(text.removeprefix("\ufeff"))
    if outcome.error is None:
        assert not refused
        assert outcome.value == tokens(values)
    else:
        assert refused or outcome.error.code in ("invalid_number", "expected_value")


def one_by_one(text: str) -> tuple[list[Any], bool]:
    """Return the documents before the first rejected one, and whether one was rejected."""
    values: list[Any] = []
    rest = text.lstrip(" \t\n\r")
    while rest:
        try:
            value, end = raw_loads(rest, 0)
        except ValueError:
            return values, True
        values.append(value)
        rest = rest[end:].lstrip(" \t\n\r")
    return values, False


@given(STOP_TEXTS, SIZES)
def test_law_5_stop(text: str, sizes: Sequence[int]) -> None:
    """Law 5: `trailing="stop"` stops where `raw_decode` stops, and the remainder is exact.

    They differ for an incomplete fraction or exponent: `raw_decode` backs up to the integer
    before it, the parser raises.
    """
    outcome = run(cut(text, sizes), trailing="stop")
    start = len(text) - len(text.removeprefix("\ufeff").lstrip(" \t\n\r"))
    try:
        value, end = raw_loads(text, start)
    except ValueError:
        assert outcome.error is not None
        return
    if outcome.error is None:
        assert outcome.value == tokens(value)
        assert outcome.remainder == text[end:]
    else:
        assert type(value) in (int, float)
        assert text[end] in ".eE"


@given(STOP_TEXTS.filter(is_encodable), SIZES)
def test_law_5_stop_in_bytes(text: str, sizes: Sequence[int]) -> None:
    """Law 5: the remainder of bytes input is exact."""
    whole = run([text], trailing="stop")
    assert isinstance(whole.remainder, str)
    outcome = run(cut(text.encode(), sizes), trailing="stop")
    assert vars(outcome) == vars(whole) | {"remainder": whole.remainder.encode()}


# Errors


@given(ANY_TEXTS)
def test_law_5_the_first_offending_character_is_rejected(text: str) -> None:
    """Law 5: the text before the rejected character can be completed, with it it cannot."""
    parser = JSONParser()
    try:
        parser.feed(text)
    except JSONSyntaxError as error:
        possible, impossible = text[: error.offset], text[: error.offset + 1]
    else:
        possible, impossible = text, ""
    rest = completion(possible)
    assert rest is not None
    assert oracle(possible + rest) is not None
    assume(impossible)
    assert completion(impossible) is None
    assert oracle(impossible + rest) is None


@given(ANY_TEXTS, SIZES)
@example('[\n"a",\n' + " " * 50 + "]", [3])
def test_law_5_line_and_column_fit_the_offset(text: str, sizes: Sequence[int]) -> None:
    """The line, column and excerpt of an error are those of its offset."""
    error = run(cut(text, sizes)).error
    if error is not None:
        assert (error.line, error.column, error.excerpt) == place_of(error.offset, text)


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("NaN", "expected_value", 0),
        ("[Infinity]", "expected_value", 1),
        ("-Infinity", "invalid_number", 1),
        ("[nan]", "invalid_literal", 2),
        ("+1", "expected_value", 0),
        ("01", "invalid_number", 1),
        ("-01", "invalid_number", 2),
        ("1.", None, 2),
        ("[1.]", "invalid_number", 3),
        (".5", "expected_value", 0),
        ("1e+x", "invalid_number", 3),
        ("0x10", "invalid_number", 1),
        ("1_000", "invalid_number", 1),
        ("[\u0661]", "expected_value", 1),
        ("[1\u0661]", "invalid_number", 2),
        ("[1,]", "expected_value", 3),
        ('{"a":1,}', "expected_key", 7),
        ("{a:1}", "expected_key", 1),
        ("{'a':1}", "expected_key", 1),
        ('{"a" 1}', "expected_colon", 5),
        ('{"a"::1}', "expected_value", 5),
        ("[1 2]", "expected_comma", 3),
        ("[1}", "mismatched_bracket", 2),
        ("[}", "mismatched_bracket", 1),
        ("]", "expected_value", 0),
        ("[]]", "trailing_text", 2),
        ("1 2", "trailing_text", 2),
        ("// x\n1", "expected_value", 0),
        ('"\t"', "control_character", 1),
        ('"\x00"', "control_character", 1),
        (r'"\q"', "invalid_escape", 2),
        (r'"\u12g4"', "invalid_escape", 5),
        (r'"\u+123"', "invalid_escape", 3),
        ('"\\u\uff11234"', "invalid_escape", 3),
        ("[1\x0c]", "invalid_number", 2),
        ("[\x0b1]", "expected_value", 1),
        ("[ \n\x0c1]", "expected_value", 3),
        ("1 \x0c", "trailing_text", 2),
        ("[1,\xa02]", "expected_value", 3),
        ("[True]", "expected_value", 1),
        ("[trUe]", "invalid_literal", 3),
        ("nul", None, 3),
        ("[1]\x00", "trailing_text", 3),
    ],
)
def test_law_5_errors(text: str, code: str | None, offset: int) -> None:
    """Law 5: an error has the expected code and offset. A code of None means `truncated`."""
    error = run([text]).error
    assert error is not None
    assert (error.code, error.offset) == (code or "truncated", offset)
    assert oracle(text) is None


@pytest.mark.parametrize("sizes", [[], [1]], ids=str)
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("[]{}[]", None),
        ('"a""b"', None),
        ('12[3]4{}5"x"6', None),
        ('true[true]null{"a":null}false"x"true', None),
        ('"x"true[]null', None),
        ("1 2\n3", None),
        ("true null\tfalse", None),
        ("truefalse", 4),
        ("true1", 4),
        ("null-1", 4),
        ("1true", 1),
        ("12null", 2),
        ("01", 1),
        ("1-1", 1),
        ("[] true false[]false[]truetrue", 26),
    ],
)
def test_law_5_documents_without_separators(
    text: str, refused: int | None, sizes: list[int]
) -> None:
    """Law 5: documents need a separator only where it is unclear that there are two."""
    outcome = run(cut(text, sizes), many=True)
    assert (outcome.error and outcome.error.offset) == refused
    if refused is None:
        assert outcome.value == tokens(one_by_one(text)[0])


# Numbers


@pytest.mark.parametrize("sign", ["", "-"])
def test_law_5_integers_up_to_the_limit(sign: str) -> None:
    """Law 5: integers are exact up to the number of digits that Python itself allows."""
    longest = sign + "9" * 4300
    assert same(parse(f"[{longest}]"), json.loads(f"[{longest}]"))
    with pytest.raises(LimitError) as caught:
        parse(f"[{longest}9]")
    assert (caught.value.code, caught.value.offset) == ("integer_digits", len(longest) + 2)


@pytest.mark.parametrize("text", ["-0", "-0.0", "1e400", "-1e400", "1E-400", "9007199254740993"])
def test_law_5_numbers_at_the_edge(text: str) -> None:
    """Law 5: type, sign and overflow as in the standard library."""
    assert same(parse(text), json.loads(text))


# Documented differences


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-16"])
def test_law_5_bytes_are_utf_8_only(encoding: str) -> None:
    """Law 5: `json.loads` detects other encodings, this parser rejects them."""
    data = '{"a": "é"}'.encode(encoding)
    assert json.loads(data) == {"a": "é"}
    with pytest.raises(StreamParseError):
        parse(data)


def test_law_5_one_byte_order_mark() -> None:
    """Law 5: one byte order mark at the very beginning is ignored, in text and in bytes."""
    assert parse("\ufeff1") == parse(b"\xef\xbb\xbf1") == 1
    for text in ("\ufeff\ufeff1", " \ufeff1", "[\ufeff1]", "1\ufeff"):
        with pytest.raises(JSONSyntaxError):
            parse(text)


@pytest.mark.parametrize("high", ["\ud83d", "\\ud83d"])
@pytest.mark.parametrize("low", ["\ude00", "\\ude00"])
@pytest.mark.parametrize("sizes", [[], [1]], ids=str)
def test_law_5_halves_that_meet_are_joined(high: str, low: str, sizes: list[int]) -> None:
    """Law 5: halves of a pair are joined, escaped or not, in keys and values, in any fragments."""
    text = f'{{"{high}{low}": "{high}{high}{low}{low}"}}'
    assert run(cut(text, sizes)).value == tokens({"\U0001f600": "\ud83d\U0001f600\ude00"})


# ijson

IjsonEvent = tuple[str, str, tuple[str, object]]  # The prefix, the kind or "end", the scalar.


def available_backends() -> list[Any]:
    """Return the backends that this ijson was built with."""
    found = []
    for name in ijson.ALL_BACKENDS:
        with contextlib.suppress(ImportError):
            found.append(ijson.get_backend(name))
    return found


def ijson_events(backend: Any, text: str) -> list[IjsonEvent]:
    """Return the beginnings of containers and ends of values that ijson reports.

    Leading dots are removed: the backends disagree on them if a path begins with empty names.
    """
    kinds = {"start_map": "object", "start_array": "array"}
    found = []
    for prefix, event, value in backend.parse(text.removeprefix("\ufeff").encode()):
        if event != "map_key":
            number = float(value) if isinstance(value, Decimal) else value
            found.append((prefix.lstrip("."), kinds.get(event, "end"), exact(number)))
    return found


def our_events(text: str) -> list[IjsonEvent]:
    found: list[IjsonEvent] = []
    parser = JSONParser()
    for event in [*parser.feed(text), *parser.finish()]:
        steps = ("item" if isinstance(step, int) else step for step in event.path)
        prefix = ".".join(steps).lstrip(".")
        if isinstance(event, ValueStarted) and event.kind != "string":
            found.append((prefix, event.kind, exact(None)))
        elif isinstance(event, ValueCompleted):
            scalar = None if isinstance(event.value, (dict, list)) else event.value
            found.append((prefix, "end", exact(scalar)))
    return found


def without_lone_halves(text: str) -> bool:
    """Return whether no string has a lone surrogate, which backends of ijson mangle or reject."""
    return is_encodable("".join(f"{prefix}{value}" for prefix, _, (_, value) in our_events(text)))


@pytest.mark.parametrize("backend", available_backends(), ids=lambda backend: backend.backend_name)
@given(UTF8_TEXTS.filter(without_lone_halves))
def test_law_5_events_of_ijson(backend: Any, text: str) -> None:
    """Laws 4 and 5: the events have the values, paths and order of ijson's events."""
    assert our_events(text) == ijson_events(backend, text)
