"""Tests of what a call reads: text, values, and final arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from streamparse._answers.calls import CUT, LIMIT, NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.tools import Tools
from streamparse._core.room import Room
from streamparse.aliases import CallKind
from streamparse.dialect import Dialect
from streamparse.errors import LimitError, SchemaViolation
from streamparse.limits import Limits
from streamparse.message import ToolCall
from streamparse.message_events import ProviderEvent, ToolCallDelta
from streamparse.protocols import Sink
from tests._answers.calling import HALF, WHOLE, Run
from tests.helpers import cut
from tests.messages import call_texts, kinds


def reader_of(name: str | None = "water", kind: CallKind = "function") -> CallReader:
    reader = CallReader(ToolCall(0, kind), 0, [], AnswerOptions())
    if name is not None:
        reader.set_name(name)
    return reader


def text_of(reader: CallReader) -> str:
    return call_texts(reader.out).get((0, 0), "")


@pytest.mark.parametrize(
    ("text", "taken"), [('{"a": 1} and', 8), ("{}", 2), ('{"a": x}', 6), ("[1, 2", 5)]
)
def test_take_stops_after_the_value(text: str, taken: int) -> None:
    reader = reader_of()
    assert reader.take(text) == taken
    assert text_of(reader) == reader.call.arguments_text == text[:taken]
    assert reader.listening == (taken != 6)


def test_text_after_an_invalid_character_is_kept() -> None:
    reader = reader_of()
    text = '{"a": x}'
    taken = reader.take(text)
    reader.feed(text[taken:])
    assert reader.call.arguments_text == text
    assert text_of(reader) == text[:taken]


@pytest.mark.parametrize(
    ("known", "final", "status", "codes"),
    [
        ('{"a": 1', '{"a": 1}', "complete", []),
        ('{"a": 1}', '{"a": 1}', "complete", []),
        (' {"a"', '{"a"', "rejected", ["truncated"]),
        ('{"a": 1}', '{"a":1}', "complete", ["replaced_arguments"]),
        ('{"a": 1}', '{"a": 2}', "rejected", ["replaced_arguments"]),
        ('{"a": 1}', "  ", "complete", []),
    ],
)
def test_the_final_arguments(known: str, final: str, status: str, codes: list[str]) -> None:
    reader = reader_of()
    reader.feed(known)
    reader.confirm(final)
    reader.close(NORMAL)
    assert (reader.call.status, [error.code for error in reader.call.errors]) == (status, codes)
    replaced = [event for event in reader.out if isinstance(event, ProviderEvent)]
    assert len(replaced) == (final == '{"a": 2}')


def test_final_arguments_before_the_name() -> None:
    reader = reader_of(None)
    reader.feed('{"a"')
    reader.confirm('{"a": 1}')
    reader.set_name("water")
    assert reader.call.partial == {"a": 1}


def test_other_final_arguments_after_the_end() -> None:
    reader = reader_of()
    reader.feed("{}")
    reader.end()
    reader.replace('{"a": 1}')
    assert (reader.call.status, reader.call.arguments) == ("complete", {})
    assert [error.code for error in reader.call.errors] == ["replaced_arguments"]
    assert kinds(reader.out)[-1] == "provider_event"


def test_held_text_counts_once_against_the_limit() -> None:
    """Text that waits for the name is not counted again when the call starts."""
    for pieces in (["[1, 2, 3]"], ["[1, 2", ", 3]"], [[1, 2, 3]]):
        room = Room(Limits())
        left = room.left
        reader = reader_of(None)
        reader.call._room = room
        for piece in pieces:
            if isinstance(piece, str):
                reader.feed(piece)
            else:
                reader.feed_value(piece)
        assert room.left < left
        reader.set_name("water")
        assert reader.call.partial == [1, 2, 3]
        assert left - room.left == len(reader.call.arguments_text)


def test_held_text_beyond_the_limit_of_the_message() -> None:
    reader = reader_of(None)
    reader.call._room = Room(Limits(content=5))
    with pytest.raises(LimitError):
        reader.feed("[1, 2, 3]")


def test_surrogate_halves_are_joined_in_arguments() -> None:
    reader = reader_of()
    for text in ('{"a": "\ud83d', '\ude00"}'):
        reader.feed(text)
    assert reader.call.partial == {"a": "😀"}
    assert text_of(reader) == '{"a": "😀"}'


def test_the_value_of_a_rejected_call_grows_from_values_too() -> None:
    from streamparse._answers.tools import Tools

    events: list[Any] = []
    tools = Tools([{"name": "water", "parameters": {"type": "object"}}])
    reader = CallReader(ToolCall(), 0, events, AnswerOptions(tools=tools))
    reader.set_name("fire")
    reader.feed_value({"a": 1})
    assert reader.call.partial == {"a": 1}
    assert kinds(events) == ["tool_call_started", "tool_call_rejected"]


@pytest.mark.parametrize("pieces", [["0 "], ["0", " "], ["0", " ", "\n"]])
def test_white_space_ends_a_number(pieces: list[str]) -> None:
    reader = reader_of()
    for piece in pieces:
        reader.feed(piece)
    reader.end()
    completed = [event.value for event in reader.out if event.type == "argument_completed"]
    assert completed == [0]


# A second value


def test_two_objects_in_a_row_are_rejected() -> None:
    run = Run('{"a": 1}', '{"a": 2}').close(NORMAL)
    assert (run.status, run.codes) == ("rejected", ["multiple_values"])
    assert run.call.errors[0].offset == 8
    assert run.call.partial == {"a": 1}
    assert run.call.arguments is None
    assert (run.emitted, run.call.raw_text) == ('{"a": 1}', '{"a": 1}{"a": 2}')
    assert run.call.arguments_text == '{"a": 1}{"a": 2}'


@pytest.mark.parametrize("second", ['{"a": 1}', "x", ",", "}", "1", '{"b": 1}'])
@pytest.mark.parametrize("sizes", [[], [1], [7], [9, 1]], ids=str)
def test_an_empty_object_before_the_arguments(second: str, sizes: Sequence[int]) -> None:
    run = Run(*cut("{}" + second, sizes)).close(NORMAL)
    assert (run.status, run.codes) == ("rejected", ["multiple_values"])
    assert (run.emitted, run.call.arguments_text) == ("{}", "{}" + second)


@pytest.mark.parametrize("sizes", [[], [1], [13], [5, 0, 2]], ids=str)
@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("between", ["", " ", "\n\n"])
def test_repeated_arguments_are_dropped_and_noted(
    sizes: Sequence[int], times: int, between: str
) -> None:
    """vLLM may send the whole arguments again with the finish reason."""
    text = between.join([WHOLE] * times)
    run = Run(*cut(text, sizes)).close(NORMAL)
    assert (run.status, run.codes) == ("complete", ["repeated_arguments"])
    assert run.call.arguments == {"litres": 3}
    assert run.call.arguments_text == WHOLE + between * (times - 1)
    assert run.emitted == run.call.arguments_text
    assert run.call.raw_text == text


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_a_cut_repetition(length: int) -> None:
    """The call is not complete: the cut text need not have been a repetition."""
    run = Run(WHOLE, WHOLE[:length])
    assert run.status == "in_progress"
    truncated = run.close(CUT)
    assert (truncated.status, truncated.codes) == ("truncated", ["repeated_arguments"])
    assert truncated.call.arguments_text == WHOLE
    assert truncated.call.raw_text == WHOLE + WHOLE[:length]
    assert Run(WHOLE, WHOLE[:length]).close(LIMIT, True).status == "truncated"
    assert Run(WHOLE, WHOLE[:length]).end().status == "in_progress"


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_a_repetition_that_a_normal_finish_ends(length: int) -> None:
    run = Run(WHOLE, WHOLE[:length]).close(NORMAL)
    assert (run.status, run.codes) == ("rejected", ["multiple_values"])
    assert run.call.arguments_text == WHOLE + WHOLE[:length]
    assert run.emitted == WHOLE


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
@pytest.mark.parametrize("sizes", [[], [1]], ids=str)
def test_text_that_begins_like_a_repetition(length: int, sizes: Sequence[int]) -> None:
    text = WHOLE + WHOLE[:length] + "?"
    run = Run(*cut(text, sizes), "!").close(NORMAL)
    assert (run.status, run.codes) == ("rejected", ["multiple_values"])
    assert run.call.errors[0].offset == len(WHOLE)
    assert run.call.arguments_text == run.call.raw_text == text + "!"
    assert run.emitted == WHOLE


def test_white_space_around_the_value_is_text() -> None:
    text = f"\n {WHOLE} \t\r\n"
    run = Run(*text).close(NORMAL)
    assert run.summary == ("complete", {"litres": 3}, text, text)
    assert run.codes == []


def test_white_space_after_the_value_takes_linear_time() -> None:
    """The value is not read again for every blank that a model repeats."""
    value = json.dumps({"text": "x" * 1_000_000})
    run = Run(value)
    for _ in range(100_000):  # copying the value for each would take minutes
        run.reader.feed("\n")
    assert run.close(NORMAL).status == "complete"
    assert len(run.call.arguments_text) == len(value) + 100_000


# Whole values


VALUES: list[Any] = [{"a": [1, {"b": None}], "c": "é\n"}, {}, [], None, 0, 1.5, True]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_whole_value(value: Any) -> None:
    run = Run()
    run.reader.feed_value(value)
    assert run.status == "in_progress"
    assert run.reader.whole
    run.close(NORMAL)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert run.summary == ("complete", value, text, text)
    assert isinstance(run.events[1], ToolCallDelta), "the text comes before its events"
    assert kinds(run.events)[-2:] == ["argument_completed", "tool_call_completed"]


def test_a_whole_value_is_repeated_as_a_value_or_as_text() -> None:
    value = {"a": 1}
    for again in (value, '{"a":1}'):
        run = Run(value, again).close(NORMAL)
        assert (run.status, run.codes) == ("complete", ["repeated_arguments"])
        assert run.summary == ("complete", value, '{"a":1}', '{"a":1}{"a":1}')


def test_another_value_after_a_whole_one() -> None:
    for first, second in (({}, {"a": 1}), ('{"b": 2}', {"a": 1}), ({"a": 1}, '{"a":2}')):
        run = Run(first, second).close(NORMAL)
        assert (run.status, run.codes) == ("rejected", ["multiple_values"])


def test_a_whole_value_in_the_middle_of_text() -> None:
    run = Run('{"a": ', {"b": 1}, "}").close(NORMAL)
    assert (run.status, run.call.arguments) == ("complete", {"a": {"b": 1}})


def test_text_after_a_whole_value() -> None:
    run = Run({"a": 1}, " \n", "x").close(NORMAL)
    assert (run.status, run.codes) == ("rejected", ["multiple_values"])
    assert run.call.arguments_text == '{"a":1} \nx'


def test_a_driver_emits_values_in_pieces() -> None:
    run = Run()
    for step in range(3):
        sink = run.reader.driver()
        if step == 0:
            sink.start_object(0)
            sink.start_key(0)
            sink.key_text("a", 0)
            sink.end_key(0)
            sink.start_string(0)
        sink.text("xyz"[step], 0)
        run.reader.emit()
    assert run.call.partial == {"a": "xyz"}
    assert run.call.arguments_text == '{"a":"xyz'
    assert not run.reader.whole
    run.close(NORMAL)
    assert (run.status, run.codes) == ("rejected", ["truncated"])
    assert run.call.errors[0].path == ("a",)
    assert kinds(run.events)[:3] == ["tool_call_started", "tool_call_delta", "argument_started"]


# Late deltas


def test_a_delta_after_the_end_is_kept_and_passed_on() -> None:
    run = Run(WHOLE).end().feed("more", "!")
    assert (run.status, run.codes) == ("complete", ["late_delta"])
    assert run.call.arguments == {"litres": 3}
    assert (run.call.arguments_text, run.call.raw_text) == (WHOLE, WHOLE + "more!")
    naming = {"index": 0, "id": None, "name": "water"}
    assert run.events[-2:] == [
        ProviderEvent("late_tool_call_delta", {**naming, "text": "more"}),
        ProviderEvent("late_tool_call_delta", {**naming, "text": "!"}),
    ]


def test_a_late_value_is_passed_on_as_text() -> None:
    run = Run(WHOLE).end().feed({"a": 1})
    assert run.codes == ["late_delta"]
    assert run.events[-1].data["text"] == '{"a":1}'


def test_late_text_of_a_truncated_call() -> None:
    run = Run(HALF).close(LIMIT).feed("0}")
    assert (run.status, run.call.raw_text) == ("truncated", HALF + "0}")
    assert isinstance(run.events[-1], ProviderEvent)


# Limits


@pytest.mark.parametrize(
    ("limits", "text", "offset", "code"),
    [
        (Limits(depth=2), '{"a": [[', 7, "depth"),
        (Limits(string=3), '{"a": "abcd', 10, "string_length"),
        (Limits(keys=1), '{"a": 1, "b', 9, "object_keys"),
        (Limits(items=1), "[1, 2", 4, "array_items"),
        (Limits(document=4), '{"a": 1', 4, "document_length"),
    ],
)
@pytest.mark.parametrize("sizes", [[], [1]], ids=str)
def test_limits_reject_the_call(
    limits: Limits, text: str, offset: int, code: str, sizes: Sequence[int]
) -> None:
    run = Run(*cut(text, sizes), limits=limits)
    assert (run.status, run.codes) == ("rejected", [code])
    assert run.call.errors[0].offset == offset
    assert run.emitted == text[:offset]


def test_an_error_inside_a_whole_value() -> None:
    """The deltas of a whole value too end before the character that is rejected."""

    class Rejecting(Sink):
        """A sink in front of the builder that raises at the first number."""

        def start_scalar(self, kind: str, offset: int) -> None:
            raise SchemaViolation("no numbers", code="truncated", offset=offset)

    run = Run()
    run.reader.driver().inner = Rejecting()
    run.reader.feed_value({"a": "b", "c": 3})
    assert run.status == "rejected"
    assert run.emitted == '{"a":"b","c":'
    assert run.call.errors[0].offset == 13


# The methods that wires and formats call


def test_whether_a_call_seems_complete() -> None:
    run = Run(HALF)
    assert not run.reader.seems_complete
    assert not run.reader.may_repeat("{")
    run.feed("}")
    assert run.reader.seems_complete
    assert run.reader.may_repeat(" \n")
    assert run.reader.may_repeat(WHOLE[:5])
    assert not run.reader.may_repeat('{"x')
    assert not run.feed("{").reader.seems_complete
    assert not Run('"{}"').reader.seems_complete, "JSON that was encoded twice"


def test_arguments_as_text_a_value_or_nothing() -> None:
    for given in ('{"a":1}', {"a": 1}):
        run = Run()
        run.reader.feed_arguments(None)
        assert not run.reader.received
        run.reader.feed_arguments(given)
        assert run.end().summary == ("complete", {"a": 1}, '{"a":1}', '{"a":1}')


@pytest.mark.parametrize("given", ["{}", {}])
def test_final_arguments_after_an_unfinished_name_reject_the_call(given: Any) -> None:
    tools = Tools([{"name": "water", "parameters": {}}])
    reader = CallReader(ToolCall(), 0, [], AnswerOptions(tools=tools))
    reader.set_name("wat")
    reader.feed_arguments(given)
    assert (reader.call.status, reader.call.partial) == ("rejected", {})
    assert [error.code for error in reader.call.errors] == ["unknown_tool"]


def test_other_arguments_after_an_unfinished_name_reject_the_call() -> None:
    tools = Tools([{"name": "water", "parameters": {}}])
    for step in ("take", "driver"):
        reader = CallReader(ToolCall(), 0, [], AnswerOptions(tools=tools))
        reader.set_name("wat")
        reader.take("{}") if step == "take" else reader.driver()
        assert reader.call.status == "rejected"


@pytest.mark.parametrize("tools", [None, Tools([{"name": "f", "parameters": {}}])])
def test_a_string_that_grows(tools: Tools | None) -> None:
    reader = CallReader(ToolCall(), 0, [], AnswerOptions(tools=tools))
    reader.set_name("f")
    sink = reader.driver()
    sink.start_object(0)
    sink.start_key(0)
    sink.key_text("a", 0)
    sink.end_key(0)
    sink.start_string(0)
    reader.emit()
    for text in ("x", 'y"', "\ud83d", "\ude00"):
        reader.grow_string(text)
    sink.end_string(0)
    sink.end(0)
    reader.emit()
    reader.end()
    assert (reader.call.status, reader.call.arguments) == ("complete", {"a": 'xy"😀'})
    assert text_of(reader) == reader.call.arguments_text == '{"a":"xy\\"😀"}'


def test_an_error_from_a_driver_rejects_the_call() -> None:
    reader = reader_of()
    sink = reader.driver()
    sink.start_array(0)
    reader.refuse(SchemaViolation("too odd", code="odd", offset=1))
    assert (reader.call.status, reader.call.partial) == ("rejected", [])
    assert text_of(reader) == "["


def test_lone_surrogates_may_be_replaced() -> None:
    reader = CallReader(ToolCall(), 0, [], AnswerOptions(surrogates="replace"))
    reader.set_name("f")
    reader.feed('{"a": "\ud83d')
    reader.feed('x"}')
    reader.end()
    assert reader.call.arguments == {"a": "\ufffdx"}


@pytest.mark.parametrize(
    ("text", "closed", "taken", "whole"),
    [("{a: [1, 2", True, 9, True), ("{a: 1}", True, 6, True), ("{a: 'x", False, 6, False)],
)
def test_the_end_of_a_lenient_value_in_raw_text(
    text: str, closed: bool, taken: int, whole: bool
) -> None:
    reader = CallReader(ToolCall(), 0, [], AnswerOptions(dialect=Dialect()), raw_text=True)
    reader.set_name("f")
    first = reader.take(text)
    assert first + reader.end_value(closed) == taken
    assert reader.whole == whole
    assert reader.end_value(closed) == 0 or not whole
    assert reader_of().end_value(True) == 0, "strict JSON ends by itself"
