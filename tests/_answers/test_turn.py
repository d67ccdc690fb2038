"""Tests of one answer: what is said of it becomes content, events and a status."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.turn import Turn, Turns
from streamparse._wires.base import no_history
from streamparse.aliases import CallKind
from streamparse.errors import LimitError, ProviderError, WireError
from streamparse.limits import Limits
from streamparse.message import Citation, Reasoning, Text, Usage
from streamparse.message_events import (
    MessageFailed,
    MessageFinished,
    MessageStarted,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    UsageUpdated,
)
from tests.messages import kinds


def a_turn(limits: Limits | None = None) -> Turn:
    return Turn(0, [], limits or Limits())


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


# The whole


def test_it_begins_once() -> None:
    turn = a_turn()
    turn.begin("m-1", "tiny")
    turn.begin("m-2", "larger")
    turn.begin("", None)
    turn.begin(5, {"odd": 1})
    assert turn.out == [MessageStarted("m-1", "tiny")]
    assert (turn.message.id, turn.message.model) == ("m-1", "larger")


def test_blank_ids_are_none() -> None:
    """Azure's first chunk has them."""
    turn = a_turn()
    turn.begin("", "")
    turn.begin("m-1", "tiny")
    assert turn.out == [MessageStarted(None, None)]
    assert (turn.message.id, turn.message.model) == ("m-1", "tiny")


def test_usage_is_said_when_it_changes() -> None:
    turn = a_turn()
    for count in (1, 1, 2):
        turn.usage(Usage(count))
    assert turn.out == [UsageUpdated(Usage(1)), UsageUpdated(Usage(2))]
    assert turn.message.usage == Usage(2)


def test_notes_are_said_when_they_change() -> None:
    turn = a_turn()
    for value in ("a", "a", "b", "a", None, None):
        turn.note("tier", value)
    assert [event.data for event in turn.out] == ["a", "b", "a", None]
    assert turn.message.extra == {"tier": None}


def test_passing_on_keeps_nothing() -> None:
    turn = a_turn()
    for _ in range(2):
        turn.pass_on("ping", {"a": 1})
    assert turn.out == [ProviderEvent("ping", {"a": 1})] * 2
    assert turn.message.extra == {}


# Content


def test_text_of_a_kind_grows_in_one_part() -> None:
    turn = a_turn()
    turn.text("a")
    turn.text("")
    turn.text("b")
    turn.reasoning("c")
    turn.reasoning("d")
    turn.text("e")
    turn.refusal("f")
    turn.refusal("g")
    message = turn.message
    assert [(part.type, part.to_dict()["text"]) for part in message.content] == [
        ("text", "ab"),
        ("reasoning", "cd"),
        ("text", "e"),
        ("refusal", "fg"),
    ]
    assert (message.text, message.reasoning, message.refusal) == ("abe", "cd", "fg")
    assert turn.out[1:3] == [TextDelta("a"), TextDelta("b")]
    assert ReasoningDelta("d") in turn.out
    assert RefusalDelta("g") in turn.out


def test_text_in_a_part_of_its_own() -> None:
    """Wires with blocks say which one grows."""
    turn = a_turn()
    first, second = Text(), Text()
    turn.add(first)
    turn.add(second)
    turn.text("a", first)
    turn.text("b", second)
    turn.text("c", first)
    assert (first.text, second.text) == ("ac", "b")
    assert turn.message.text == "abc", "the plain concatenation of the deltas"


def test_growing_parts() -> None:
    turn = a_turn()
    text = turn.growing_text()
    assert turn.growing_text() is text
    reasoning = turn.growing_reasoning()
    assert isinstance(reasoning, Reasoning)
    assert turn.growing_text() is not text
    assert types(turn.out) == ["message_started"]


def test_a_part_between_texts_parts_them() -> None:
    turn = a_turn()
    turn.text("a")
    turn.add(Citation("source"))
    turn.text("b")
    assert [part.type for part in turn.message.content] == ["text", "citation", "text"]


@pytest.mark.parametrize("say", ["text", "reasoning", "refusal"])
def test_long_texts_grow_in_linear_time(say: str) -> None:
    """A copy for each delta would take minutes."""
    turn = a_turn()
    getattr(turn, say)("x" * 3_000_000)
    for _ in range(50_000):
        getattr(turn, say)("y")
        turn.out.clear()
    assert len(getattr(turn.message, say)) == 3_050_000


def test_calls_are_numbered() -> None:
    turn = a_turn()
    first = turn.call("a", "f")
    second = turn.call("b", None, "custom")
    assert (first.call.index, first.call.id, first.call.name) == (0, "a", "f")
    assert (second.call.index, second.call.kind, second.call.id) == (1, "custom", "b")
    assert turn.message.tool_calls == [first.call, second.call]
    assert types(turn.out) == ["message_started", "tool_call_started"]


def test_the_number_of_calls_is_limited() -> None:
    turn = a_turn(Limits(tool_calls=2))
    turn.call("a", "f")
    turn.call("b", "f")
    with pytest.raises(LimitError) as caught:
        turn.call("c", "f")
    assert caught.value.code == "tool_calls"


# The end

STATUS = [
    ("stop", "complete"),
    ("tool_calls", "complete"),
    ("refusal", "complete"),
    ("paused", "complete"),
    ("other", "complete"),
    ("length", "truncated"),
    ("content_filter", "truncated"),
    ("cancelled", "truncated"),
    ("error", "failed"),
]


@pytest.mark.parametrize(("reason", "status"), STATUS)
def test_status_after_a_finish_reason(reason: str, status: str) -> None:
    turn = a_turn()
    turn.text("x")
    turn.finish(reason, "word")
    assert turn.message.status == "in_progress", "usage may still follow"
    turn.usage(Usage(1))
    turn.end()
    turn.end()
    message = turn.message
    assert (message.status, message.finish_reason) == (status, reason)
    assert message.raw_finish_reason == "word"
    last = "message_failed" if status == "failed" else "message_finished"
    assert types(turn.out) == ["message_started", "text_delta", "usage_updated", last]
    assert (message.error is not None) == (status == "failed")


def test_the_first_finish_reason_holds() -> None:
    """OpenRouter sends it twice."""
    turn = a_turn()
    turn.finish("length", "length")
    turn.finish("stop", "stop")
    turn.end()
    turn.finish("stop", "stop")
    assert (turn.message.finish_reason, turn.message.status) == ("length", "truncated")


def test_no_finish_reason_is_no_success() -> None:
    turn = a_turn()
    turn.text("x")
    call = turn.call("a", "f")
    call.feed("{}")
    turn.end()
    message = turn.message
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert call.call.status == "truncated"
    assert turn.out[-1] == MessageFinished(message)


@pytest.mark.parametrize(
    ("reason", "statuses"),
    [
        ("stop", ["complete", "complete", "rejected"]),
        ("length", ["complete", "truncated", "truncated"]),
        ("content_filter", ["truncated", "truncated", "truncated"]),
        ("cancelled", ["truncated", "truncated", "truncated"]),
        ("error", ["truncated", "truncated", "truncated"]),
    ],
)
def test_calls_are_settled_by_the_finish_reason(reason: str, statuses: list[str]) -> None:
    turn = a_turn()
    for text in ('{"a": 1}', "", '{"a'):
        turn.call("a", "f").feed(text)
    turn.finish(reason)
    turn.end()
    assert [call.status for call in turn.message.tool_calls] == statuses


def test_whole_calls_complete_at_the_reason_and_the_others_wait() -> None:
    turn = a_turn()
    for text in ('{"a": 1}', "", '{"a'):
        turn.call("a", "f").feed(text)
    turn.finish("stop")
    statuses = [call.status for call in turn.message.tool_calls]
    assert statuses == ["complete", "in_progress", "in_progress"]


def test_nothing_completes_a_call_of_raw_text_but_its_own_end() -> None:
    turn = a_turn()
    turn.call(None, "f", raw_text=True).feed('{"a": 1}')
    turn.finish("stop", "stop")
    turn.end()
    message = turn.message
    assert (message.status, message.finish_reason) == ("truncated", "stop")
    assert [call.status for call in message.tool_calls] == ["truncated"]


@pytest.mark.parametrize("bare", [True, False])
def test_a_bare_done_completes_no_call_without_arguments(bare: bool) -> None:
    turns = Turns(Limits())
    turn = turns.at(0)
    turn.text("a")
    turn.call("a", "f")
    if not bare:
        turn.finish("stop")
    turns.done()
    assert turn.message.tool_calls[0].status == ("truncated" if bare else "complete")
    assert turn.message.status == ("truncated" if bare else "complete")


@pytest.mark.parametrize(("text", "status"), [("a", "complete"), ("", "truncated")])
def test_a_bare_done_is_a_normal_finish_if_there_is_content(text: str, status: str) -> None:
    turns = Turns(Limits())
    turns.at(0).text(text)
    turns.done()
    assert turns.at(0).message.status == status


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("", "", "complete"),
        ("{", "", "rejected"),
        ("{", "}", "complete"),
        ("", "{", "truncated"),
        ("{", '"a', "truncated"),
    ],
)
def test_the_end_of_input_cuts_what_came_after_the_reason(
    before: str, after: str, status: str
) -> None:
    turns = Turns(Limits())
    call = turns.at(0).call("a", "f")
    call.feed(before)
    turns.finish("stop")
    call.feed(after)
    turns.end_input()
    assert call.call.status == status


def test_a_call_without_any_evidence_is_no_call() -> None:
    turn = a_turn()
    call = turn.call()
    call.feed(" ")
    call.end()
    assert turn.message.content == []
    call.feed("{")
    assert turn.message.content == [call.call]
    turn.finish("stop")
    turn.end()
    assert turn.message.finish_reason == "stop"
    assert [error.code for error in call.call.errors] == ["missing_name"]


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("function", "{}", "tool_calls"),
        ("custom", "go", "tool_calls"),
        ("server", "{}", "stop"),
        ("function", "{oops", "tool_calls"),
    ],
)
def test_stop_with_client_calls_is_tool_calls(kind: CallKind, text: str, reason: str) -> None:
    """Gemini, Ollama, vLLM and others say "stop"."""
    turn = a_turn()
    turn.call("a", "f", kind).feed(text)
    turn.finish("stop", "stop")
    assert (turn.message.finish_reason, turn.message.raw_finish_reason) == (reason, "stop")


@pytest.mark.parametrize(
    ("reason", "call", "status"),
    [("stop", "complete", "complete"), ("error", "truncated", "failed")],
)
def test_a_call_that_begins_after_the_finish_reason(reason: str, call: str, status: str) -> None:
    """It is judged at the end, like any other."""
    turn = a_turn()
    turn.finish(reason)
    turn.call("a", "f").feed("{}")
    turn.end()
    assert turn.message.tool_calls[0].status == call
    assert turn.message.status == status


def test_a_call_after_the_finish_reason_may_have_an_end_of_its_own() -> None:
    turn = a_turn()
    turn.finish("stop", "STOP")
    call = turn.call("a", "f")
    call.feed("{}")
    call.end()
    turn.end()
    assert (turn.message.status, turn.message.finish_reason) == ("complete", "tool_calls")


@pytest.mark.parametrize("finished", [False, True])
def test_an_error_fails_the_message(finished: bool) -> None:
    turn = a_turn()
    turn.call("a", "f").feed('{"a": 1}')
    if finished:
        turn.finish("stop", "stop")
    error = ProviderError("overloaded")
    turn.fail(error)
    turn.fail(ProviderError("again"))
    turn.end()
    turn.fail(ProviderError("late"))
    message = turn.message
    assert (message.status, message.finish_reason, message.error) == ("failed", "error", error)
    assert turn.out[-1] == MessageFailed(message, error)
    assert message.tool_calls[0].status == ("complete" if finished else "truncated")


# All of them


def turns_with(*choices: int) -> Turns:
    turns = Turns(Limits())
    for choice in choices:
        turns.at(choice).text(f"text {choice}")
    return turns


def test_choice_0_is_there_from_the_start() -> None:
    turns = Turns(Limits())
    assert [turn.choice for turn in turns.all] == [0]
    assert turns.first is turns.at(0)
    assert not turns.ended
    turns.end()
    assert turns.ended
    assert types(turns.take()) == ["message_started", "message_finished"]
    assert turns.take() == []


@pytest.mark.parametrize(
    ("choices", "shown"), [((1,), [1]), ((2, 1), [1, 2]), ((1, 0), [0, 1]), ((0, 2), [0, 2])]
)
def test_a_choice_that_never_began_is_not_shown(choices: tuple[int, ...], shown: list[int]) -> None:
    turns = turns_with(*choices)
    assert [turn.choice for turn in turns.all] == shown
    assert turns.first.choice == shown[0]
    assert not turns.ended
    turns.end()
    assert turns.ended
    ends = [event.choice for event in turns.take() if isinstance(event, MessageFinished)]
    assert ends == shown


def test_all_end_at_the_terminal_record() -> None:
    turns = turns_with(0, 1)
    turns.at(0).finish("stop")
    turns.at(0).end()
    assert not turns.ended
    turns.finish("length", "max")
    turns.end()
    assert [turn.message.finish_reason for turn in turns.all] == ["stop", "length"]
    assert turns.ended


def test_an_error_of_the_response_fails_those_that_have_not_ended() -> None:
    turns = turns_with(0, 1)
    turns.at(0).finish("stop")
    turns.at(0).end()
    turns.fail(ProviderError("overloaded"))
    assert [turn.message.status for turn in turns.all] == ["complete", "failed"]
    assert turns.ended


def test_an_error_of_the_transport_is_kept_with_what_it_cut() -> None:
    turns = turns_with(0, 1)
    turns.at(0).finish("stop")
    turns.at(0).end()
    turns.fail_transport(WireError("broken", code="invalid_record"))
    turns.end()
    assert [turn.message.status for turn in turns.all] == ["complete", "truncated"]
    assert turns.at(0).message.error is None
    error = turns.at(1).message.error
    assert error is not None
    assert error.code == "invalid_record"


def test_events_of_all_choices_come_in_one_list() -> None:
    turns = turns_with(0, 1, 0)
    texts = [(event.choice, event.text) for event in turns.take() if isinstance(event, TextDelta)]
    assert texts == [(0, "text 0"), (1, "text 1"), (0, "text 0")]
    turns.at(1).text("more")
    assert turns.take() == [TextDelta("more", 1)]


def test_serving_an_api() -> None:
    turns = turns_with(0)
    turns.serve("mine", no_history)
    assert [turns.at(choice).message.api for choice in (0, 5)] == ["mine", "mine"]
    assert turns.at(5).message.to_history() == []
    assert kinds(turns.take())[0] == "message_started"
