"""Tests of the content of one answer and its events."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.answer import AnswerReader
from streamparse._answers.options import AnswerOptions
from streamparse.errors import LimitError
from streamparse.limits import Limits
from streamparse.message import Citation, Reasoning, ServerToolResult, Text, Usage
from streamparse.message_events import (
    MessageStarted,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    UsageUpdated,
)


def new_answer(limits: Limits | None = None) -> AnswerReader:
    return AnswerReader(0, [], AnswerOptions(limits))


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


# The message


def test_the_message_starts_once() -> None:
    answer = new_answer()
    answer.begin("m-1", "tiny")
    answer.begin("m-2", "larger")
    answer.begin("", None)
    answer.begin(5, {"odd": 1})
    assert answer.out == [MessageStarted("m-1", "tiny")]
    assert (answer.message.id, answer.message.model) == ("m-1", "larger")


def test_blank_ids_are_none() -> None:
    """Azure's first chunk has a blank id and model."""
    answer = new_answer()
    answer.begin("", "")
    answer.begin("m-1", "tiny")
    assert answer.out == [MessageStarted(None, None)]
    assert (answer.message.id, answer.message.model) == ("m-1", "tiny")


def test_usage_is_emitted_when_it_changes() -> None:
    answer = new_answer()
    for count in (1, 1, 2):
        answer.usage(Usage(count))
    assert answer.out == [UsageUpdated(Usage(1)), UsageUpdated(Usage(2))]
    assert answer.message.usage == Usage(2)


def test_notes_are_emitted_when_they_change() -> None:
    answer = new_answer()
    for value in ("a", "a", "b", "a", None, None):
        answer.note("tier", value)
    assert [event.data for event in answer.out] == ["a", "b", "a", None]
    assert answer.message.extra == {"tier": None}


def test_data_that_is_passed_on_is_not_kept() -> None:
    answer = new_answer()
    for _ in range(2):
        answer.pass_on("ping", {"a": 1})
    assert answer.out == [ProviderEvent("ping", {"a": 1})] * 2
    assert answer.message.extra == {}


# Content


def test_text_of_a_kind_grows_in_one_part() -> None:
    answer = new_answer()
    answer.text("a")
    answer.text("")
    answer.text("b")
    answer.reasoning("c")
    answer.reasoning("d")
    answer.text("e")
    answer.refusal("f")
    answer.refusal("g")
    message = answer.message
    assert [(part.type, part.to_dict()["text"]) for part in message.content] == [
        ("text", "ab"),
        ("reasoning", "cd"),
        ("text", "e"),
        ("refusal", "fg"),
    ]
    assert (message.text, message.reasoning, message.refusal) == ("abe", "cd", "fg")
    assert answer.out[1:3] == [TextDelta("a"), TextDelta("b")]
    assert ReasoningDelta("d") in answer.out
    assert RefusalDelta("g") in answer.out


def test_text_in_a_part_of_its_own() -> None:
    """A wire with blocks states the part that the text belongs to."""
    answer = new_answer()
    first, second = Text(), Text()
    answer.add(first)
    answer.add(second)
    answer.text("a", first)
    answer.text("b", second)
    answer.text("c", first)
    assert (first.text, second.text) == ("ac", "b")
    assert answer.message.text == "abc", "the text joins the deltas in their order"


def test_growing_parts() -> None:
    answer = new_answer()
    text = answer.growing_text()
    assert answer.growing_text() is text
    reasoning = answer.growing_reasoning()
    assert isinstance(reasoning, Reasoning)
    assert answer.growing_text() is not text
    assert types(answer.out) == ["message_started"]


def test_a_part_between_texts_separates_them() -> None:
    answer = new_answer()
    answer.text("a")
    answer.add(Citation("source"))
    answer.text("b")
    assert [part.type for part in answer.message.content] == ["text", "citation", "text"]


@pytest.mark.parametrize("say", ["text", "reasoning", "refusal"])
def test_long_texts_grow_in_linear_time(say: str) -> None:
    """Copying the text for each delta would take minutes."""
    answer = new_answer()
    getattr(answer, say)("x" * 3_000_000)
    for _ in range(50_000):
        getattr(answer, say)("y")
        answer.out.clear()
    assert len(getattr(answer.message, say)) == 3_050_000


def test_calls_are_numbered() -> None:
    answer = new_answer()
    first = answer.call("a", "f")
    second = answer.call("b", None, "custom")
    assert (first.call.index, first.call.id, first.call.name) == (0, "a", "f")
    assert (second.call.index, second.call.kind, second.call.id) == (1, "custom", "b")
    assert answer.message.tool_calls == [first.call, second.call]
    assert types(answer.out) == ["message_started", "tool_call_started"]


def test_the_number_of_calls_is_limited() -> None:
    answer = new_answer(Limits(tool_calls=2))
    answer.call("a", "f")
    answer.call("b", "f")
    with pytest.raises(LimitError) as caught:
        answer.call("c", "f")
    assert caught.value.code == "tool_calls"


def test_audio_and_its_transcript() -> None:
    answer = new_answer()
    answer.spoken("one")
    answer.audio("AAEC", format="wav")
    answer.spoken(" two")
    [part] = answer.message.content
    assert (part.to_dict()["text"], part.to_dict()["size"]) == ("one two", 3)


def test_results_of_server_tools() -> None:
    answer = new_answer()
    answer.add_result(ServerToolResult("c1", "search", [1]))
    assert types(answer.out) == ["message_started", "server_tool_completed"]
    with pytest.raises(LimitError):
        new_answer(Limits(name=3)).add_result(ServerToolResult("c1", "search", [1]))


def test_usage_records_complete_or_add_up() -> None:
    def counted(raw: dict[str, Any]) -> Usage:
        return Usage(output_tokens=raw.get("out"), input_tokens=raw.get("in"), raw=raw)

    answer = new_answer()
    first: list[Any] = [{"in": 3}, "odd", {"out": 2}]
    for raw in first:
        answer.count(raw, counted)
    assert answer.message.usage is not None
    assert (answer.message.usage.input_tokens, answer.message.usage.output_tokens) == (3, 2)
    answer = new_answer()
    second: list[Any] = [{"out": 3}, None, {"out": 2}]
    for raw in second:
        answer.add_usage(raw, counted)
    assert answer.message.usage is not None
    assert answer.message.usage.output_tokens == 5
