"""Tests of `SessionReader`, which reads the answers of a session."""

from __future__ import annotations

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._sessions.reader import SessionReader
from streamparse._wires.openai_responses import OpenAIResponses
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits
from streamparse.message_events import InputCompleted, InputDelta, ProviderEvent
from tests.sessions import Plan, Said, laned

PLAN = Plan("r1", [Said(["Yes."])])


def test_answers_are_numbered_in_their_order() -> None:
    session = SessionReader(AnswerOptions())
    answers = [session.begin(OpenAIResponses) for _ in range(3)]
    for answer in reversed(answers):
        for record in laned(PLAN):
            session.read(answer, record, record["type"])
    assert [answer.message.choice for answer in answers] == [0, 1, 2]
    assert [event.choice for event in session.take() if event.type == "text_delta"] == [2, 1, 0]
    assert session.take() == []


def test_open_answers_are_those_without_an_end() -> None:
    session = SessionReader(AnswerOptions())
    first, second = session.begin(OpenAIResponses), session.begin(OpenAIResponses)
    assert session.open() == [first, second]
    for record in laned(PLAN):
        session.read(first, record, record["type"])
    assert session.open() == [second]
    session.end_input()
    assert session.open() == []
    assert second.message.status == "truncated"


def test_a_record_after_the_end_is_passed_on() -> None:
    session = SessionReader(AnswerOptions())
    session.begin(OpenAIResponses)
    answer = session.begin(OpenAIResponses)
    for record in laned(PLAN):
        session.read(answer, record, record["type"])
    session.take()
    late = {"type": "response.output_text.delta", "delta": "more"}
    session.read(answer, late, late["type"])
    assert session.take() == [ProviderEvent("response.output_text.delta", late, 1)]
    assert answer.message.text == "Yes."


def test_repeated_records_are_counted() -> None:
    session = SessionReader(AnswerOptions())
    answer = session.begin(OpenAIResponses)
    for record in (*laned(PLAN)[:6], *laned(PLAN)[3:]):
        session.read(answer, record, record["type"])
    assert (session.replayed, answer.message.text) == (3, "Yes.")


def test_input_of_the_user() -> None:
    session = SessionReader(AnswerOptions())
    session.input_delta("u1", "He")
    session.input_delta("u1", "")
    session.input_completed("u1", "Hello")
    assert session.take() == [InputDelta("u1", "He"), InputCompleted("u1", "Hello")]


def test_the_limit_of_answers() -> None:
    session = SessionReader(AnswerOptions(Limits(choices=2)))
    session.begin(OpenAIResponses)
    session.begin(OpenAIResponses)
    with pytest.raises(LimitError, match="more than 2 answers"):
        session.begin(OpenAIResponses)


def test_a_message_without_an_answer_is_passed_on() -> None:
    session = SessionReader(AnswerOptions())
    session.pass_on("pong", {"n": 1})
    assert session.take() == [ProviderEvent("pong", {"n": 1}, None)]


@pytest.mark.parametrize("error", [None, StreamParseError("the line is down", code="down")])
def test_a_broken_connection_truncates_open_answers(error: StreamParseError | None) -> None:
    session = SessionReader(AnswerOptions())
    first, second = session.begin(OpenAIResponses), session.begin(OpenAIResponses)
    for record in laned(PLAN):
        session.read(first, record, record["type"])
    session.end_broken(error)
    session.end_broken(error)
    second.end_broken(None)
    assert session.open() == []
    assert (first.message.status, second.message.error is None) == ("complete", error is None)
    assert second.message.status in ("truncated", "error")


def test_an_abandoned_session_has_no_more_events() -> None:
    session = SessionReader(AnswerOptions())
    answer = session.begin(OpenAIResponses)
    for record in laned(PLAN)[:4]:
        session.read(answer, record, record["type"])
    session.abandon()
    assert session.take() == []
    assert answer.message.status == "truncated"
