"""Tests of the writer, which makes compact JSON text of sink calls."""

from __future__ import annotations

import json
import math
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.machine import Machine
from streamparse._core.writer import Writer, escaped
from tests.parts import DOCUMENTS, calls_of, cuttings, emit_value, play


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def written(value: object) -> str:
    writer = Writer()
    emit_value(value, writer)
    return writer.take()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ("", '""'),
        ({"a": 1, "b": [True, False, None]}, '{"a":1,"b":[true,false,null]}'),
        ([[], [[]], {}, {"": {}}], '[[],[[]],{},{"":{}}]'),
        ({"a": {"b": "c"}, "d": "e"}, '{"a":{"b":"c"},"d":"e"}'),
        (["x", "y"], '["x","y"]'),
        ('"\\\b\f\n\r\t', '"\\"\\\\\\b\\f\\n\\r\\t"'),
        ("\x00\x1f\x7f", '"\\u0000\\u001f\x7f"'),
        ("é/😀\u2028", '"é/😀\u2028"'),
        ({'"': 0}, '{"\\"":0}'),
        (-12.5, "-12.5"),
        (1e300, "1e+300"),
        (10**40, "1" + "0" * 40),
        (-0.0, "-0.0"),
    ],
)
def test_text(value: object, text: str) -> None:
    assert written(value) == text
    assert text == compact(value)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_any_value(value: Any) -> None:
    assert json.loads(written(value)) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_value_is_written_like_the_standard_library(value: Any) -> None:
    assert written(value) == compact(value)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_json_is_written_as_it_is_read(document: str) -> None:
    for fragments in cuttings(document):
        writer = Writer()
        machine = Machine(writer)
        pieces = []
        for fragment in fragments:
            machine.feed(fragment)
            pieces.append(writer.take())
        machine.finish()
        text = "".join([*pieces, writer.take()])
        assert json.loads(text) == json.loads(document)
        assert json.loads(text, object_pairs_hook=list) == json.loads(
            document, object_pairs_hook=list
        )
        assert text == compact(json.loads(document)) or "twice" in document


def test_pieces_grow_with_the_value() -> None:
    writer = Writer()
    machine = Machine(writer)
    pieces = []
    for fragment in ('{ "a', 'b" : ', '["x\\', "ny", '", tru', "e, 1", "2", "] ", "}"):
        machine.feed(fragment)
        pieces.append(writer.take())
    assert pieces == ['{"a', 'b":', '["x', "\\ny", '"', ",true", "", ",12]", "}"]
    assert writer.take() == ""


# Values that JSON cannot express


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (math.inf, "1e999"),
        (-math.inf, "-1e999"),
        (math.nan, "null"),
        (Decimal("1.50"), "1.50"),
        (Decimal("-1E+5"), "-1E+5"),
        (Decimal("1e-7"), "1E-7"),
        (Decimal("Infinity"), "1e999"),
        (Decimal("-Infinity"), "-1e999"),
        (Decimal("NaN"), "null"),
    ],
)
def test_numbers(number: object, text: str) -> None:
    assert written([number]) == f"[{text}]"
    json.loads(text, parse_constant=pytest.fail)


def test_infinities_are_read_back() -> None:
    assert json.loads(written([math.inf, -math.inf])) == [math.inf, -math.inf]


def test_a_number_with_a_repr_of_its_own() -> None:
    class Metres(float):
        def __repr__(self) -> str:
            return f"Metres({float(self)})"

    class Count(int):
        def __str__(self) -> str:
            return f"Count({int(self)})"

    assert written([Metres(1.5), Count(3)]) == json.dumps([1.5, 3], separators=(",", ":"))


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_lone_halves_are_escaped(code: int) -> None:
    half = chr(code)
    text = written({half: f"a{half}b"})
    assert text.isascii()
    assert json.loads(text) == {half: f"a{half}b"}


def test_halves_in_two_pieces() -> None:
    writer = Writer()
    play([("start_string", 0), ("text", "\ud83d", 1), ("text", "\ude00", 2)], writer)
    assert writer.take() == '"\\ud83d\\ude00'


# Forks


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_fork_at_every_call(document: str) -> None:
    calls = calls_of(document + " ")
    whole = Writer()
    play(calls, whole)
    text = whole.take()
    for at in range(len(calls) + 1):
        writer = Writer()
        play(calls[: at // 2], writer)
        before = writer.take()
        play(calls[at // 2 : at], writer)
        other = Writer()
        other.resume(pickle.loads(pickle.dumps(writer.state_now())))
        for twin in (writer.clone(), other, writer):
            play(calls[at:], twin)
            assert before + twin.take() == text


def test_a_saved_state_does_not_change() -> None:
    writer = Writer()
    play([("start_array", 0)], writer)
    state = writer.state_now()
    play([("start_array", 0), ("scalar", 1, 0)], writer)
    other = Writer()
    other.resume(state)
    play([("scalar", 2, 0), ("end", 0)], other)
    assert other.take() == "[2]"
    assert writer.take() == "[[1"


@given(st.text())
def test_escaped_text_is_the_json_of_the_text(text: str) -> None:
    assert escaped(text) == json.dumps(text, ensure_ascii=False)[1:-1]


def test_a_lone_surrogate_is_escaped_with_the_rest() -> None:
    assert escaped("\n\ud83d é") == "\\n\\ud83d é"
