"""Tests of a response: its answers, and what concerns all of them."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.answer import AnswerReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._answers.texts import TextReader
from streamparse._wires.base import no_history
from streamparse.errors import ProviderError, WireError
from streamparse.limits import Limits
from streamparse.message_events import (
    MessageFinished,
    TextDelta,
)
from tests.messages import kinds


def new_answer(limits: Limits | None = None) -> AnswerReader:
    return AnswerReader(0, [], AnswerOptions(limits))


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


def response_of(*choices: int) -> ResponseReader:
    response = ResponseReader(AnswerOptions())
    for choice in choices:
        response.at(choice).text(f"text {choice}")
    return response


def test_choice_0_exists_from_the_start() -> None:
    response = ResponseReader(AnswerOptions())
    assert [answer.choice for answer in response.all] == [0]
    assert response.first is response.at(0)
    assert not response.ended
    response.end()
    assert response.ended
    assert types(response.take()) == ["message_started", "message_finished"]
    assert response.take() == []


@pytest.mark.parametrize(
    ("choices", "shown"), [((1,), [1]), ((2, 1), [1, 2]), ((1, 0), [0, 1]), ((0, 2), [0, 2])]
)
def test_a_choice_without_records_is_not_in_the_messages(
    choices: tuple[int, ...], shown: list[int]
) -> None:
    response = response_of(*choices)
    assert [answer.choice for answer in response.all] == shown
    assert response.first.choice == shown[0]
    assert not response.ended
    response.end()
    assert response.ended
    ends = [event.choice for event in response.take() if isinstance(event, MessageFinished)]
    assert ends == shown


def test_all_end_at_the_terminal_record() -> None:
    response = response_of(0, 1)
    response.at(0).finish("stop")
    response.at(0).end()
    assert not response.ended
    response.finish("length", "max")
    response.end()
    assert [answer.message.finish_reason for answer in response.all] == ["stop", "length"]
    assert response.ended


def test_an_error_of_the_response_fails_open_answers() -> None:
    response = response_of(0, 1)
    response.at(0).finish("stop")
    response.at(0).end()
    response.fail(ProviderError("overloaded"))
    assert [answer.message.status for answer in response.all] == ["complete", "failed"]
    assert response.ended


def test_an_error_of_the_transport_is_kept_in_open_answers() -> None:
    response = response_of(0, 1)
    response.at(0).finish("stop")
    response.at(0).end()
    response.fail_transport(WireError("broken", code="invalid_record"))
    response.end()
    assert [answer.message.status for answer in response.all] == ["complete", "truncated"]
    assert response.at(0).message.error is None
    error = response.at(1).message.error
    assert error is not None
    assert error.code == "invalid_record"


def test_events_of_all_choices_are_in_one_list() -> None:
    response = response_of(0, 1, 0)
    texts = [
        (event.choice, event.text) for event in response.take() if isinstance(event, TextDelta)
    ]
    assert texts == [(0, "text 0"), (1, "text 1"), (0, "text 0")]
    response.at(1).text("more")
    assert response.take() == [TextDelta("more", 1)]


def test_serving_an_api() -> None:
    response = response_of(0)
    response.serve("mine", no_history)
    assert [response.at(choice).message.api for choice in (0, 5)] == ["mine", "mine"]
    assert response.at(5).message.to_history() == []
    assert kinds(response.take())[0] == "message_started"


def test_done_ends_answers_with_content_normally() -> None:
    response = response_of(0, 1)
    response.at(1).finish("length")
    response.at(2)
    response.done()
    answers = [response.at(choice).message for choice in (0, 1)]
    assert [(one.status, one.finish_reason) for one in answers] == [
        ("complete", "stop"),
        ("truncated", "length"),
    ]
    assert response.ended


def test_the_end_of_input_truncates_answers_without_a_finish_reason() -> None:
    response = response_of(0, 1)
    response.at(0).finish("stop")
    response.end_input()
    assert [answer.message.status for answer in response.all] == ["complete", "truncated"]


def test_lone_surrogates_are_dropped_when_the_stream_breaks() -> None:
    response = ResponseReader(AnswerOptions(surrogates="error"))
    response.at(0).text("a\ud83d")
    response.fail_transport(WireError("broken", code="invalid_record"))
    response.end()
    assert response.at(0).message.text == "a"
    assert response.at(0).message.status == "truncated"


def test_lost_records_truncate_every_answer() -> None:
    response = response_of(0, 1)
    response.lose({"after": 3, "before": 5})
    response.lose({"after": 3, "before": 5})
    for answer in response.all:
        answer.finish("stop")
    response.end()
    assert [answer.message.status for answer in response.all] == ["truncated"] * 2
    events = [event for event in response.take() if event.type == "provider_event"]
    assert [(event.name, event.data) for event in events] == [
        ("gap", {"after": 3, "before": 5})
    ] * 2


def test_an_abandoned_response_has_no_more_events() -> None:
    response = response_of(0, 1)
    call = response.at(1).call("c", "f")
    call.feed('{"a": ')
    response.abandon()
    assert response.take() == []
    assert [answer.message.status for answer in response.all] == ["truncated"] * 2
    assert call.call.status == "truncated"
    empty = ResponseReader(AnswerOptions())
    empty.abandon()
    assert [answer.message.status for answer in empty.all] == ["truncated"]


def test_a_broken_end_raises_nothing() -> None:
    response = response_of(0, 1)
    response.end_broken()
    assert [answer.message.status for answer in response.all] == ["truncated"] * 2
    assert types(response.take())[-2:] == ["message_finished"] * 2


def test_options_reach_every_answer() -> None:
    options = AnswerOptions(output="object", text_reader=lambda _: TextReader())
    response = ResponseReader(options)
    for choice in (0, 2):
        answer = response.at(choice)
        assert answer.texts.reader is not None
        assert answer.texts.output is not None
