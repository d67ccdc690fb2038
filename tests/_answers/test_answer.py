"""Tests of one answer: its content, its events and its status."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.answer import AnswerReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._answers.texts import TextReader
from streamparse.aliases import CallKind
from streamparse.errors import LimitError, ProviderError
from streamparse.limits import Limits
from streamparse.message import Usage
from streamparse.message_events import MessageFailed, MessageFinished


def new_answer(limits: Limits | None = None) -> AnswerReader:
    return AnswerReader(0, [], AnswerOptions(limits))


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


# The end of the answer

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
    answer = new_answer()
    answer.text("x")
    answer.finish(reason, "word")
    assert answer.message.status == "in_progress", "usage may still follow"
    answer.usage(Usage(1))
    answer.end()
    answer.end()
    message = answer.message
    assert (message.status, message.finish_reason) == (status, reason)
    assert message.raw_finish_reason == "word"
    last = "message_failed" if status == "failed" else "message_finished"
    assert types(answer.out) == ["message_started", "text_delta", "usage_updated", last]
    assert (message.error is not None) == (status == "failed")


def test_the_first_finish_reason_counts() -> None:
    """OpenRouter sends two finish reasons."""
    answer = new_answer()
    answer.finish("length", "length")
    answer.finish("stop", "stop")
    answer.end()
    answer.finish("stop", "stop")
    assert (answer.message.finish_reason, answer.message.status) == ("length", "truncated")


def test_an_answer_without_a_finish_reason_is_truncated() -> None:
    answer = new_answer()
    answer.text("x")
    call = answer.call("a", "f")
    call.feed("{}")
    answer.end()
    message = answer.message
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert call.call.status == "truncated"
    assert answer.out[-1] == MessageFinished(message)


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
    answer = new_answer()
    for text in ('{"a": 1}', "", '{"a'):
        answer.call("a", "f").feed(text)
    answer.finish(reason)
    answer.end()
    assert [call.status for call in answer.message.tool_calls] == statuses


def test_the_finish_reason_completes_whole_calls_only() -> None:
    answer = new_answer()
    for text in ('{"a": 1}', "", '{"a'):
        answer.call("a", "f").feed(text)
    answer.finish("stop")
    statuses = [call.status for call in answer.message.tool_calls]
    assert statuses == ["complete", "in_progress", "in_progress"]


def test_only_its_own_end_completes_a_call_in_raw_text() -> None:
    answer = new_answer()
    answer.call(None, "f", raw_text=True).feed('{"a": 1}')
    answer.finish("stop", "stop")
    answer.end()
    message = answer.message
    assert (message.status, message.finish_reason) == ("truncated", "stop")
    assert [call.status for call in message.tool_calls] == ["truncated"]


@pytest.mark.parametrize("bare", [True, False])
def test_a_bare_done_completes_no_call_without_arguments(bare: bool) -> None:
    response = ResponseReader(AnswerOptions())
    answer = response.at(0)
    answer.text("a")
    answer.call("a", "f")
    if not bare:
        answer.finish("stop")
    response.done()
    assert answer.message.tool_calls[0].status == ("truncated" if bare else "complete")
    assert answer.message.status == ("truncated" if bare else "complete")


@pytest.mark.parametrize(("text", "status"), [("a", "complete"), ("", "truncated")])
def test_a_bare_done_is_a_normal_finish_if_there_is_content(text: str, status: str) -> None:
    response = ResponseReader(AnswerOptions())
    response.at(0).text(text)
    response.done()
    assert response.at(0).message.status == status


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
def test_arguments_after_the_finish_reason_are_cut(before: str, after: str, status: str) -> None:
    response = ResponseReader(AnswerOptions())
    call = response.at(0).call("a", "f")
    call.feed(before)
    response.finish("stop")
    call.feed(after)
    response.end_input()
    assert call.call.status == status


def test_a_call_without_id_name_or_arguments_is_left_out() -> None:
    answer = new_answer()
    call = answer.call()
    call.feed(" ")
    call.end()
    assert answer.message.content == []
    call.feed("{")
    assert answer.message.content == [call.call]
    answer.finish("stop")
    answer.end()
    assert answer.message.finish_reason == "stop"
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
    """Gemini, Ollama, vLLM and others send "stop"."""
    answer = new_answer()
    answer.call("a", "f", kind).feed(text)
    answer.finish("stop", "stop")
    assert (answer.message.finish_reason, answer.message.raw_finish_reason) == (reason, "stop")


@pytest.mark.parametrize(
    ("reason", "call", "status"),
    [("stop", "complete", "complete"), ("error", "truncated", "failed")],
)
def test_a_call_that_begins_after_the_finish_reason(reason: str, call: str, status: str) -> None:
    """A late call is validated at the end, like any other."""
    answer = new_answer()
    answer.finish(reason)
    answer.call("a", "f").feed("{}")
    answer.end()
    assert answer.message.tool_calls[0].status == call
    assert answer.message.status == status


def test_a_call_after_the_finish_reason_may_end_itself() -> None:
    answer = new_answer()
    answer.finish("stop", "STOP")
    call = answer.call("a", "f")
    call.feed("{}")
    call.end()
    answer.end()
    assert (answer.message.status, answer.message.finish_reason) == ("complete", "tool_calls")


@pytest.mark.parametrize("finished", [False, True])
def test_an_error_fails_the_message(finished: bool) -> None:
    answer = new_answer()
    answer.call("a", "f").feed('{"a": 1}')
    if finished:
        answer.finish("stop", "stop")
    error = ProviderError("overloaded")
    answer.fail(error)
    answer.fail(ProviderError("again"))
    answer.end()
    answer.fail(ProviderError("late"))
    message = answer.message
    assert (message.status, message.finish_reason, message.error) == ("failed", "error", error)
    assert answer.out[-1] == MessageFailed(message, error)
    assert message.tool_calls[0].status == ("complete" if finished else "truncated")


# Text that a format reads, audio, results, lost records


class Echo(TextReader):
    """A reader of raw text that emits the text unchanged."""

    def __init__(self, answer: AnswerReader) -> None:
        self.answer = answer

    def feed(self, text: str) -> None:
        self.answer.plain_text(text)

    def finish(self, normal: bool) -> bool:
        return normal


def test_a_format_reads_the_text() -> None:
    answer = new_answer()
    answer.texts.reader = Echo(answer)
    answer.text("")
    answer.text("a\ud83d")
    assert answer.message.text == "a"
    answer.text("\ude00")
    assert answer.finish_text(True)
    assert answer.finish_text(False), "the reader is gone after the end of the text"
    answer.finish("stop")
    answer.end()
    assert (answer.message.text, answer.message.status) == ("a😀", "complete")


def test_half_a_character_at_the_end_is_read_by_the_format() -> None:
    answer = new_answer()
    answer.texts.reader = Echo(answer)
    answer.text("\ud83d")
    assert answer.out == []
    answer.end()
    assert answer.message.text == "\ud83d"


def test_lost_records_truncate_open_calls() -> None:
    answer = new_answer()
    call = answer.call("c1", "f")
    call.feed('{"a": ')
    for _ in range(2):
        answer.lose({"after": 1, "before": 3})
    answer.finish("tool_calls")
    answer.end()
    assert (call.call.status, answer.message.status) == ("truncated", "truncated")
    assert answer.message.extra == {"gap": {"after": 1, "before": 3}}
    assert types(answer.out).count("provider_event") == 1


@pytest.mark.parametrize("closing", ["end", "lose"])
def test_a_document_in_the_text(closing: str) -> None:
    response = ResponseReader(AnswerOptions(output="object"))
    answer = response.first
    answer.text('{"a": "x')
    if closing == "lose":
        answer.lose({"after": 1, "before": 3})
    answer.text('"}')
    answer.finish("stop")
    response.end()
    assert answer.message.output == ({"a": "x"} if closing == "end" else None)
    assert answer.message.status == ("complete" if closing == "end" else "truncated")


def test_too_many_choices() -> None:
    response = ResponseReader(AnswerOptions(Limits(choices=2)))
    for choice in (4, 1):
        response.at(choice).text("a")
    with pytest.raises(LimitError) as caught:
        response.at(2).text("a")
    assert caught.value.code == "choices"
