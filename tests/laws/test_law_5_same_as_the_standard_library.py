"""Law 5, same as the standard library.

A strict document gives what `json.loads` gives (types, big integers up to the limit, repeated
keys), and what RFC 8259 forbids is refused at the first offending character. Differences, all
documented: `NaN` and `Infinity` are refused, bytes are UTF-8 only, one leading BOM is ignored,
surrogate halves that meet are joined.

`helpers.loads` is `json.loads` with these differences. A second oracle is ijson, in all its
backends, which reads incrementally as well.
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
    """Return the tokens of `json.loads`; None if it refuses the text."""
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
    """Law 5: what one refuses the other refuses."""
    outcome = run(cut(text, sizes))
    assert (None if outcome.error else outcome.value) == oracle(text)


@given(ANY_BYTES, SIZES)
def test_law_5_bytes(data: bytes, sizes: Sequence[int]) -> None:
    """Law 5: bytes are UTF-8 and nothing else, and otherwise as good as text."""
    outcome = run(cut(data, sizes))
    try:
        expected = oracle(data.decode())
    except UnicodeDecodeError:
        expected = None
    assert (None if outcome.error else outcome.value) == expected


@given(ANY_MANY_TEXTS, SIZES)
def test_law_5_many(text: str, sizes: Sequence[int]) -> None:
    """Law 5: documents one after the other are what the decoder finds one by one.

    The decoder would also read `1true` as two documents and `01` as two; those are refused.
    """
    outcome = run(cut(text, sizes), many=True)
    values, refused = one_by_one(text.removeprefix("\ufeff"))
    if outcome.error is None:
        assert not refused
        assert outcome.value == tokens(values)
    else:
        assert refused or outcome.error.code in ("invalid_number", "expected_value")


def one_by_one(text: str) -> tuple[list[Any], bool]:
    """The documents up to the first that the decoder refuses, and whether there is one."""
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
    """Law 5: `trailing="stop"` stops where the decoder stops, and the remainder is exact.

    But a number that has begun its fraction or exponent must go on: the decoder goes back.
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
    """Law 5: the remainder of bytes is exact as well."""
    whole = run([text], trailing="stop")
    assert isinstance(whole.remainder, str)
    outcome = run(cut(text.encode(), sizes), trailing="stop")
    assert vars(outcome) == vars(whole) | {"remainder": whole.remainder.encode()}


# Refusals


@given(ANY_TEXTS)
def test_law_5_refused_at_the_first_offending_character(text: str) -> None:
    """Law 5: up to the refused character a document was possible, with it none is."""
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
def test_law_5_says_where(text: str, sizes: Sequence[int]) -> None:
    """Line, column and excerpt of a refusal belong to its offset."""
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
def test_law_5_refusals(text: str, code: str | None, offset: int) -> None:
    """Law 5: the place and the code of an error; `None` means an early end."""
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
def test_law_5_documents_glued_together(text: str, refused: int | None, sizes: list[int]) -> None:
    """Law 5: nothing need separate documents, but where it is doubtful that there are two."""
    outcome = run(cut(text, sizes), many=True)
    assert (outcome.error and outcome.error.offset) == refused
    if refused is None:
        assert outcome.value == tokens(one_by_one(text)[0])


# Numbers


@pytest.mark.parametrize("sign", ["", "-"])
def test_law_5_integers_up_to_the_limit(sign: str) -> None:
    """Law 5: exact up to the number of digits that Python itself allows."""
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
    """Law 5: `json.loads` guesses other encodings, this parser does not."""
    data = '{"a": "é"}'.encode(encoding)
    assert json.loads(data) == {"a": "é"}
    with pytest.raises(StreamParseError):
        parse(data)


def test_law_5_one_byte_order_mark() -> None:
    """Law 5: one at the very beginning is ignored, in text and in bytes."""
    assert parse("\ufeff1") == parse(b"\xef\xbb\xbf1") == 1
    for text in ("\ufeff\ufeff1", " \ufeff1", "[\ufeff1]", "1\ufeff"):
        with pytest.raises(JSONSyntaxError):
            parse(text)


@pytest.mark.parametrize("high", ["\ud83d", "\\ud83d"])
@pytest.mark.parametrize("low", ["\ude00", "\\ude00"])
@pytest.mark.parametrize("sizes", [[], [1]], ids=str)
def test_law_5_halves_that_meet_are_joined(high: str, low: str, sizes: list[int]) -> None:
    """Law 5: however they are spelled, in values and keys, in one fragment or two."""
    text = f'{{"{high}{low}": "{high}{high}{low}{low}"}}'
    assert run(cut(text, sizes)).value == tokens({"\U0001f600": "\ud83d\U0001f600\ude00"})


# ijson

IjsonEvent = tuple[str, str, tuple[str, object]]  # prefix, what begins or ends, scalar


def available_backends() -> list[Any]:
    """Those that this ijson was built with."""
    found = []
    for name in ijson.ALL_BACKENDS:
        with contextlib.suppress(ImportError):
            found.append(ijson.get_backend(name))
    return found


def ijson_events(backend: Any, text: str) -> list[IjsonEvent]:
    """Beginnings of containers and ends of values.

    Backends do not agree on the dots before a path that begins with empty names.
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
    """One backend of ijson mangles escaped lone halves, another refuses them."""
    return is_encodable("".join(f"{prefix}{value}" for prefix, _, (_, value) in our_events(text)))


@pytest.mark.parametrize("backend", available_backends(), ids=lambda backend: backend.backend_name)
@given(UTF8_TEXTS.filter(without_lone_halves))
def test_law_5_events_of_ijson(backend: Any, text: str) -> None:
    """Law 5 and law 4: the same values at the same paths in the same order as ijson's events."""
    assert our_events(text) == ijson_events(backend, text)
