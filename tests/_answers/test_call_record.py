"""Tests of a call's record: its states, its id, its entry into the message, its events."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.call_record import (
    CLOSED,
    HELD,
    NAMING,
    READING,
    REJECTED,
    SILENT,
    CallRecord,
)
from streamparse._answers.calls import CUT, LIMIT, NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.tools import Tools
from streamparse._core.room import Room
from streamparse.aliases import CallKind
from streamparse.errors import LimitError, WireError
from streamparse.limits import Limits
from streamparse.message import ToolCall
from streamparse.message_events import ToolCallRejected
from tests._answers.calling import Run
from tests.messages import kinds

TOOLS = Tools([{"name": "water", "parameters": {"properties": {"n": {"type": "integer"}}}}])

# Rows of (steps, state), for the states that the docstring of `call_record` describes. A step is a
# name (`name=`), the signal "end", a way to close the call, or text.
STATES: list[tuple[tuple[Any, ...], int]] = [
    ((), HELD),
    (("{",), HELD),
    (("name=water",), READING),
    (("name=water", "{}"), READING),
    (("name=wat",), NAMING),
    (("name=wat", "name=water"), READING),
    (("name=wat", "{"), SILENT),
    (("name=wat", "end"), SILENT),
    (("name=wat", CUT), CLOSED),
    (("name=fire",), SILENT),
    (("{", "name=fire"), SILENT),
    (("name=fire", "x"), REJECTED),
    (("name=water", '{"n": "'), SILENT),
    (("name=water", '{"n": "', '"}'), SILENT),
    (("name=water", '{"n": "', "}", NORMAL), SILENT),
    (("name=water", '{"n": "', '"]'), REJECTED),
    (("name=water", "x"), REJECTED),
    (("name=water", "{}{"), READING),
    (("name=water", "{}{a"), REJECTED),
    (("name=water", "{}", "end"), CLOSED),
    (("name=water", "{}", NORMAL), CLOSED),
    (("name=water", "{", NORMAL), REJECTED),
    (("name=water", "{", CUT), CLOSED),
    (("{}", NORMAL), REJECTED),
]


@pytest.mark.parametrize(("steps", "state"), STATES, ids=repr)
def test_states(steps: tuple[Any, ...], state: int) -> None:
    events: list[Any] = []
    call = ToolCall()
    reader = CallReader(call, 0, events, AnswerOptions(tools=TOOLS))
    for step in steps:
        if isinstance(step, int):
            reader.close(step)
        elif step.startswith("name="):
            reader.set_name(step[5:])
        elif step == "end":
            reader.end()
        else:
            reader.feed(step)
    assert reader.state == state
    assert reader.begun == (state != HELD) == bool(events)
    assert reader.open == (call.status == "in_progress")
    assert reader.listening == (state in (HELD, NAMING, READING, SILENT))
    assert (call.status == "rejected") == (state in (SILENT, REJECTED))
    assert len([kind for kind in kinds(events) if kind == "tool_call_rejected"]) == (
        state in (SILENT, REJECTED)
    )


def record(**options: Any) -> CallRecord:
    return CallRecord(ToolCall(), 0, [], AnswerOptions(Limits(**options)))


def test_the_first_id_name_or_text_adds_the_call_to_the_message() -> None:
    first = record(tool_calls=1)
    calls: list[Any] = []
    content: list[Any] = []
    first.enter_by(calls, content, Room(Limits()))
    assert (calls, content) == ([], [])
    first.set_id("a")
    first.set_id("a")
    assert (calls, content) == ([first], [first.call])
    second = record(tool_calls=1)
    second.enter_by(calls, content, Room(Limits()))
    with pytest.raises(LimitError, match="more than 1 tool calls"):
        second.set_id("b")
    assert content == [first.call]


def test_an_anomaly_is_noted_once() -> None:
    noting = record()
    for message in ("one", "two"):
        noting.note_anomaly("late_delta", message)
    assert [str(error.message) for error in noting.call.errors] == ["one"]
    assert noting.out == []


def test_an_error_that_the_caller_found() -> None:
    events: list[Any] = []
    reader = CallReader(ToolCall(), 0, events, AnswerOptions())
    reader.set_name("water")
    reader.feed('{"a"')
    reader.refuse(WireError("no", code="x", offset=4))
    assert isinstance(events[-1], ToolCallRejected)
    assert reader.state == REJECTED


# The name


def test_a_call_without_a_name_is_held_back() -> None:
    run = Run('{"a": ', "1}", name=None)
    assert run.events == []
    assert run.reader.received
    run.reader.set_name("water")
    assert kinds(run.events)[:2] == ["tool_call_started", "tool_call_delta"]
    assert run.events[0].call.name == "water"
    assert run.close(NORMAL).summary == ("complete", {"a": 1}, '{"a": 1}', '{"a": 1}')


def test_a_value_is_held_back_for_the_name_too() -> None:
    run = Run({"a": 1}, name=None)
    assert run.events == []
    run.reader.set_name("water")
    assert run.end().call.arguments == {"a": 1}


@pytest.mark.parametrize(
    ("how", "status", "codes"),
    [(NORMAL, "rejected", ["missing_name"]), (LIMIT, "truncated", []), (CUT, "truncated", [])],
)
def test_a_call_that_never_gets_a_name(how: int, status: str, codes: list[str]) -> None:
    run = Run('{"a": 1}', name=None).close(how)
    assert (run.status, run.codes) == (status, codes)
    assert run.call.name is None
    assert run.call.partial == {"a": 1}
    assert run.emitted == '{"a": 1}', "the arguments are emitted without a name"


def test_names_are_set_once_and_may_grow() -> None:
    run = Run(name="wat")
    run.reader.set_name("water")
    run.reader.set_name("water")
    assert (run.call.name, run.codes) == ("water", [])
    run.reader.set_name("fire")
    run.reader.set_name("earth")
    assert (run.call.name, run.codes) == ("water", ["changed_name"])
    assert kinds(run.events) == ["tool_call_started"]


def test_the_first_id_is_kept() -> None:
    run = Run("{")
    for identity in ("a", "a", "b", "c"):
        run.reader.set_id(identity)
    assert (run.call.id, run.codes) == ("a", ["changed_id"])
    assert run.call.errors[0].offset == 1


@pytest.mark.parametrize("text", ['{"n": 1}', ""])
def test_a_complete_call_keeps_only_its_value(text: str) -> None:
    options = AnswerOptions()
    readers = [CallReader(ToolCall(place), 0, [], options) for place in range(2)]
    for reader in readers:
        reader.set_name("water")
        reader.feed(text)
        assert reader.call._builder is not None
        was_whole = reader.whole
        reader.end()
        assert reader.whole is was_whole
        assert reader.call._builder is None
    assert readers[0].chain is readers[1].chain, "they need none"
    late = readers[0].driver()
    late.start_object(0)
    readers[0].refuse(WireError("late", code="late"))
    readers[1].refuse(WireError("late", code="late"))
    for reader in readers:
        reader.feed_value({"m": 2})
        assert reader.call.status == "complete"
        assert reader.call.arguments == ({"n": 1} if text else {})
    assert readers[1].chain.value is None


@pytest.mark.parametrize(("kind", "raw_text"), [("custom", False), ("function", True)])
def test_a_call_that_may_have_repairs_or_free_text_keeps_its_builder(
    kind: CallKind, raw_text: bool
) -> None:
    reader = CallReader(ToolCall(0, kind), 0, [], AnswerOptions(), raw_text)
    reader.set_name("water")
    reader.feed("{}")
    reader.end()
    assert (reader.call.status, reader.call._builder is None) == ("complete", False)
