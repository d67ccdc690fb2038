"""Tests of the transcriber, which writes JSON text during sink calls and uses its offsets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.builder import Builder
from streamparse._core.machine import Machine
from streamparse._core.transcriber import Transcriber, build_value, emit_value
from streamparse.protocols import Sink
from tests.helpers import same, tokens
from tests.parts import Call, Recorder

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@given(VALUES)
def test_calls_are_written_as_json_and_passed_on(value: Any) -> None:
    builder = Builder()
    sink = Transcriber(builder)
    emit_value(value, sink)
    assert sink.take() == compact(value)
    assert sink.take() == ""
    assert same(builder.value, value)


def both_calls(value: object) -> tuple[list[Call], list[Call]]:
    """Return the sink calls for the value, and those of a machine that reads its text."""
    received = Recorder(precise=True)
    sink = Transcriber(received)
    emit_value(value, sink)
    read = Recorder(precise=True)
    machine = Machine(read)
    machine.feed(sink.take())
    machine.finish()
    return characters(received.calls), characters(read.calls)


def characters(calls: list[Call]) -> list[Call]:
    """Split every run of text into characters, so that chunking does not matter."""
    found: list[Call] = []
    for call in calls:
        if call[0] in ("text", "key_text"):
            name, text, offset = call
            found += [(name, char, offset + place) for place, char in enumerate(text)]
        else:
            found.append(call)
    return found


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "",
        12,
        -0.5,
        True,
        None,
        [1, "two", [3.5], {"four": None}, False],
        {"a": {"b": ["c", "d"]}, "": "e", "f": 0},
        {"quote\n": 'a "b" \\ \x00 é'},
        {"\\": "\t"},
    ],
    ids=repr,
)
def test_offsets_are_those_of_the_text(value: object) -> None:
    """The offsets of the calls are those of the written text."""
    received, read = both_calls(value)
    assert received == read


@given(VALUES)
def test_offsets_of_any_value(value: object) -> None:
    received, read = both_calls(value)
    assert tokens([list(call) for call in received]) == tokens([list(call) for call in read])


def test_an_imprecise_sink_gets_its_text_in_one_run() -> None:
    received = Recorder()
    emit_value({"a\n": 'b"c'}, Transcriber(received))
    assert [call[1] for call in received.calls if call[0] in ("text", "key_text")] == ["a\n", 'b"c']


def test_take_after_each_step() -> None:
    """`take` returns the text since the last `take`, and offsets still count from the start."""
    received = Recorder(precise=True)
    sink = Transcriber(received)
    steps = []
    sink.start_object(0)
    steps.append(sink.take())
    sink.start_key(0)
    sink.key_text("a", 0)
    sink.end_key(0)
    steps.append(sink.take())
    sink.start_string(0)
    sink.text("b\n", 0)
    steps.append(sink.take())
    sink.text("c", 0)
    sink.end_string(0)
    sink.end(0)
    steps.append(sink.take())
    assert steps == ["{", '"a":', '"b\\n', 'c"}']
    assert characters(received.calls) == both_calls({"a": "b\nc"})[1]


def test_emit_value_converts_other_objects() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    sink = Transcriber(Sink())
    emit_value({1: (True, Odd()), None: "x"}, sink)
    assert sink.take() == '{"1":[true,"odd"],"None":"x"}'


def test_emit_value_does_not_recurse() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    sink = Transcriber(Sink())
    emit_value(deep, sink)
    assert sink.take() == "[" * 50_000 + '"x"' + "]" * 50_000


@given(st.lists(st.text(min_size=1), max_size=8), st.booleans())
def test_grow_does_the_same_as_text_and_take(pieces: list[str], precise: bool) -> None:
    fast, slow = Recorder(), Recorder()
    fast.precise = slow.precise = precise
    quick, plain = Transcriber(fast), Transcriber(slow)
    for sink in (quick, plain):
        sink.start_string(0)
        sink.take()
    for piece in pieces:
        grown = quick.grow(piece)
        if not grown:
            quick.text(piece, 0)
            grown = quick.take()
        plain.text(piece, 0)
        assert grown == plain.take()
    quick.end_string(0)
    plain.end_string(0)
    assert quick.take() == plain.take()
    assert fast.calls == slow.calls


TEXTS = st.text() | st.text('a"\\\n\x01é🙂\ud83d\ude00', max_size=4)
ANYTHING = st.recursive(
    LEAVES | TEXTS | st.floats() | st.integers(10**4_300, 10**4_302) | st.binary(max_size=2),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(TEXTS | LEAVES, inner),
    max_leaves=20,
)


def nested(value: Any, depth: int) -> Any:
    for level in range(depth):
        value = {"a": value, "b": level} if level % 3 else [level, value]
    return value


@given(st.builds(nested, ANYTHING, st.integers(0, 30)), ANYTHING)
def test_building_does_the_same_as_emitting(value: Any, other: Any) -> None:
    expected, found = Builder(), Builder()
    sink = Transcriber(expected)
    pieces: list[str] = []
    for one in (value, other):  # The second value replaces the first.
        emit_value(one, sink)
        sink.writer.first = True
        build_value(one, found, pieces)
    assert "".join(pieces) == sink.take()
    assert found.events == expected.events
    assert same(found.value, expected.value)
    assert found.path == expected.path
    assert found.open_path == expected.open_path
