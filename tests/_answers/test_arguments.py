"""Tests of the sources of arguments: what each of them reads, emits and rejects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._answers.arguments import (
    OTHER,
    REPEATED,
    SPACE,
    ArgumentSource,
    FramedText,
    FreeText,
    LenientText,
    Repetition,
    StrictText,
    Values,
    finite,
    json_text_of,
    locate_in_text,
    parse_or_nothing,
    taken_before,
)
from streamparse._core.chain import Chain
from streamparse._core.transcriber import emit_value
from streamparse.dialect import Dialect
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    SchemaViolation,
    StreamParseError,
    WireError,
)
from streamparse.limits import Limits
from streamparse.message import ToolCall
from streamparse.message_events import ArgumentCompleted, ArgumentReporter
from streamparse.schema import SchemaValidator
from tests.helpers import cut
from tests.strategies import SIZES

WHOLE = '{"to": "Oslo", "days": 3}'


def new(kind: Callable[..., Any], *options: Any, schema: Any = None) -> Any:
    """Return a source of this kind with its own chain."""
    validator = None if schema is None else SchemaValidator(schema)
    chain = Chain(validator=validator, reporter=ArgumentReporter(ToolCall(), 0), continues=True)
    events: list[Any] = []
    chain.builder.events = events
    return kind(chain, events, *options)


def strict(schema: Any = None) -> Any:
    return new(StrictText, Limits(), schema=schema)


def lenient(schema: Any = None) -> Any:
    return new(LenientText, Limits(), "keep", Dialect(), schema=schema)


# Text


@given(SIZES)
def test_strict_text_in_any_pieces(sizes: Sequence[int]) -> None:
    source = strict()
    for piece in cut(WHOLE, sizes):
        assert not source.whole
        taken, delta, _, error = source.take(piece)
        assert (taken, delta, error) == (piece, piece, None)
    assert source.whole
    assert source.chain.value == {"to": "Oslo", "days": 3}
    assert source.events[-1].value == {"to": "Oslo", "days": 3}


def test_strict_text_ends_with_the_value() -> None:
    source = strict()
    assert source.take("[1] [2]")[:2] == ("[1]", "[1]")
    assert source.take(" [2]")[:2] == ("", "")


def test_strict_text_before_an_invalid_character() -> None:
    source = strict()
    source.take('{"a"')
    taken, delta, _, error = source.take(": x, 1")
    assert (taken, delta) == (": ", ": ")
    assert isinstance(error, JSONSyntaxError)
    assert (error.offset, error.column, error.path) == (6, 7, ("a",))
    assert source.broken


@pytest.mark.parametrize("kind", [strict, lenient])
def test_a_violation_of_the_schema_does_not_break_the_source(kind: Callable[..., Any]) -> None:
    source = kind({"properties": {"a": {"type": "string"}}})
    taken, delta, events, error = source.take('{"a": 1, "b"')
    assert taken == '{"a": 1, "b"'
    assert delta == '{"a": '
    assert error is source.chain.rejection
    assert not any(isinstance(event, ArgumentCompleted) for event in events)
    source.take(": 2}")
    assert source.chain.value == {"a": 1, "b": 2}
    assert not source.broken


def test_the_end_completes_a_number() -> None:
    source = strict()
    source.take("12")
    assert not source.whole
    source.finish()
    assert source.whole
    assert source.events[-1].value == 12


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("[1]", [1]), ('"x"', "x"), ("'x'", "x"), ("word", "word")]
)
def test_the_end_decides_lenient_text(text: str, value: object) -> None:
    source = lenient()
    source.take(text)
    assert not source.whole
    assert source.finish()[3] is None
    assert source.whole
    assert source.events[-1].value == value
    assert source.rest() == ""


@pytest.mark.parametrize(
    ("text", "code"), [('{"a": 1', "truncated"), ("tru", "truncated"), ("no value", "empty")]
)
def test_the_end_completes_no_cut_value(text: str, code: str) -> None:
    source = lenient()
    source.take(text)
    assert source.finish()[3] is None
    assert not source.whole
    error = source.unfinished(len(text))
    assert isinstance(error, IncompleteError)
    assert error.code == code


@pytest.mark.parametrize("kind", [strict, lenient])
def test_no_text_is_an_empty_object(kind: Callable[..., Any]) -> None:
    source = kind()
    source.add_empty_object(0)
    assert source.chain.value == {}
    assert len(source.events) == 2


@pytest.mark.parametrize("kind", [strict, lenient])
def test_the_error_of_an_early_end(kind: Callable[..., Any]) -> None:
    source = kind()
    source.take('{"a": [1, ')
    error = source.unfinished(10)
    assert isinstance(error, IncompleteError)
    assert (error.code, error.offset) == ("truncated", 10)


@given(
    st.sampled_from(["{'a': tru, b: \"x\"}", "{a: nowhere, 'b': 12}", WHOLE, "[1, 2,] x"]), SIZES
)
def test_lenient_deltas_are_the_text(text: str, sizes: Sequence[int]) -> None:
    """The deltas and the rest add up to the text, which is read to its end."""
    source = lenient()
    deltas = ""
    for piece in filter(None, cut(text, sizes)):  # a call never passes empty text to its source
        taken, delta, _, _ = source.take(piece)
        assert taken == piece
        deltas += delta
    assert deltas + source.rest() == text


@given(SIZES)
def test_lenient_deltas_end_before_a_rejected_word(sizes: Sequence[int]) -> None:
    """A word is rejected at its start, which may be in an earlier piece."""
    text = "{'a': nowhere}"
    source = lenient({"properties": {"a": {"type": "integer"}}})
    deltas = ""
    error: StreamParseError | None = None
    for piece in cut(text, sizes):
        if error is None:
            _, delta, _, error = source.take(piece)
            deltas += delta
    assert error is not None
    assert deltas == text[: error.offset]


# Values


def test_values_are_collected_with_their_text() -> None:
    source = new(Values)
    assert not source.whole
    emit_value({"a": "x"}, source.sink)
    text, delta, events, error = source.collect()
    assert (text, delta, error) == ('{"a":"x"}', '{"a":"x"}', None)
    assert len(events) == 5
    assert source.whole
    assert source.collect()[0] == ""
    assert source.take("more")[:2] == ("", "")


def test_an_error_ends_the_text_of_values() -> None:
    source = new(Values)
    source.sink.start_object(0)
    source.collect()
    source.sink.start_key(0)
    source.sink.key_text("abc", 0)
    error = WireError("no", code="x", offset=3)
    text, delta, _, found = source.refuse(error)
    assert (text, delta, found) == ('"abc', '"a', error)
    assert source.broken
    assert source.unfinished(5).offset == 5


# Free text


def test_free_text_is_read_unchanged() -> None:
    source = new(FreeText)
    assert source.take('{"')[:2] == ('{"', '{"')
    assert source.take("\ud83d")[1] == "\ud83d"
    assert not source.whole
    assert source.finish()[3] is None


def test_free_text_rejects_lone_surrogates() -> None:
    source = new(FreeText, "error")
    source.take("ab")
    taken, delta, _, error = source.take("c\ud83dd")
    assert (taken, delta) == ("c\ud83dd", "c")
    assert (error.code, error.offset) == ("lone_surrogate", 3)


def test_methods_of_the_base_source() -> None:
    source = ArgumentSource(Chain(), [])
    with pytest.raises(NotImplementedError):
        source.take("")
    with pytest.raises(NotImplementedError):
        _ = source.whole
    assert source.collect() == source.finish() == ("", "", [], None)
    assert source.rest() == ""


# Repetitions


def repetition(text: str) -> Repetition:
    call = ToolCall()
    call._grow(text)
    return Repetition(call)


def test_runs_after_the_value() -> None:
    after = repetition(" [1, 2] ")
    assert after.next_run(" \n[") == (SPACE, 2)
    assert after.next_run("[1,") == (REPEATED, 3)
    assert not after.ended()
    assert after.may_go_on(" 2", True)
    assert not after.may_go_on("2", True)
    assert after.next_run(" 2]x") == (REPEATED, 3)
    assert after.ended()
    assert after.next_run("x") == (OTHER, 1)
    assert after.may_go_on("[1", True)
    assert not after.may_go_on("[1", False)
    assert after.may_go_on("\n", False)


def test_text_that_is_not_a_repetition() -> None:
    after = repetition("[1, 2]")
    after.next_run("[1")
    assert after.next_run("3") == (OTHER, 1)
    assert after.give_up() == "[1"
    assert after.matched == 0


# Helpers


def test_text_before_an_error() -> None:
    error = WireError("no", code="x", offset=5)
    assert [taken_before(error, start, 4) for start in (0, 3, 7)] == [4, 2, 0]
    locate_in_text(error, "ab\ncd\ne")
    assert (error.line, error.column, error.excerpt) == (2, 3, "ab\ncd")


def test_values_and_text() -> None:
    assert json_text_of({"a": [1, None]}) == '{"a":[1,null]}'
    assert parse_or_nothing("[1]", Limits()) == (True, [1])
    assert parse_or_nothing("[1", Limits()) == (False, None)


# Lenient arguments inside raw text


def framed(schema: Any = None) -> Any:
    return new(FramedText, Limits(), "keep", Dialect(), schema=schema)


@pytest.mark.parametrize("sizes", [[], [1], [3, 1]])
def test_framed_text_stops_after_its_value(sizes: Sequence[int]) -> None:
    source, taken, rest = framed(), "", "{a: [1, 'x']} and so on"
    for piece in cut(rest, sizes):
        if not source.whole:
            taken += source.take(source.machine.undecided + piece)[0]
    assert taken == "{a: [1, 'x']}"
    assert source.chain.builder.value == {"a": [1, "x"]}
    assert source.take("more")[:2] == ("", "")


@pytest.mark.parametrize(("closed", "whole", "code"), [(True, True, None), (False, False, None)])
def test_the_end_of_framed_text(closed: bool, whole: bool, code: str | None) -> None:
    source = framed()
    taken = source.take("{a: [1, 2")[0]
    produced = source.end(closed)
    assert taken + produced[0] == "{a: [1, 2"
    assert (source.whole, produced[3]) == (whole, code)


def test_framed_text_that_cannot_be_closed() -> None:
    source = framed()
    source.take("{a: 1, b:")
    assert source.end(True)[3] is not None


def test_framed_text_before_an_invalid_character() -> None:
    source = framed()
    taken, _, _, error = source.take("{a: 1, : 2}")
    assert error is not None
    assert taken == "{a: 1, "


@pytest.mark.parametrize("text", ["1e999", "-1e999"])
def test_numbers_beyond_every_float(text: str) -> None:
    with pytest.raises(ValueError, match="outside the range"):
        finite(text)
    assert finite("1.5") == 1.5


def test_values_grow_strings_in_place() -> None:
    source = new(Values, "keep")
    source.sink.start_string(0)
    source.collect()
    assert source.grow_string("ab")[0] == "ab"
    assert source.write('c"') == 'c\\"'
    assert source.grow_string("\ud83d")[0] == ""
    source.sink.end_string(0)
    assert source.collect()[0].endswith('"')


def test_an_error_of_the_caller_is_the_error_of_the_text() -> None:
    error = SchemaViolation("too odd", code="odd", offset=0)
    assert strict().refuse(error)[3] is error


def test_a_validator_rejects_an_empty_object() -> None:
    source = strict({"type": "array"})
    assert source.add_empty_object(0)[3].code == "type"


def test_a_lenient_word_is_rejected_at_the_end() -> None:
    source = lenient({"type": "object"})
    source.take("nothing")
    assert source.finish()[3].code == "type"
