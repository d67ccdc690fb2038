"""Tests of how messages of Gemini Live are routed to turns."""

from __future__ import annotations

from typing import Any

from streamparse import InputCompleted, InputDelta, SessionParser
from tests.sessions import Called, Frame, Plan, Said, live, passed_on

WORDS = Plan("", [Said(["The gate ", "is open."])])
CALL = Plan("", [Called("c1", "look", ['{"a": 1}'])])


def read(frames: list[Frame]) -> tuple[SessionParser, list[Any]]:
    parser = SessionParser("google-live")
    events = [event for frame in frames for event in parser.feed(frame)]
    return parser, events + parser.finish()


def content(**fields: Any) -> Frame:
    return {"serverContent": fields}


def test_messages_about_the_session_belong_to_no_answer() -> None:
    beside: list[Frame] = [{"setupComplete": {}}, {"goAway": {"timeLeft": "9s"}}, {"other": 1}]
    frames = live(WORDS)
    _, events = read([beside[0], frames[0], beside[1], *frames[1:], beside[2]])
    names = [name for name, choice in passed_on(events) if choice is None]
    assert names == ["setupComplete", "goAway", "other"]


def test_input_of_the_user_starts_no_turn() -> None:
    pieces = [content(inputTranscription={"text": text}) for text in ("Is it", " open?")]
    done = content(inputTranscription={"finished": True})
    parser, events = read([*pieces, done])
    assert parser.messages == []
    assert events == [
        InputDelta(None, "Is it"),
        InputDelta(None, " open?"),
        InputCompleted(None, "Is it open?"),
    ]


def test_a_call_is_complete_at_once() -> None:
    parser = SessionParser("google-live")
    events = parser.feed(live(CALL)[0])
    assert [event.type for event in events][-1] == "tool_call_completed"
    assert parser.open == parser.messages


def test_a_call_and_text_after_it_are_one_turn() -> None:
    parser, _ = read([live(CALL)[0], *live(WORDS)])
    (message,) = parser.messages
    assert (message.text, len(message.tool_calls)) == (WORDS.text, 1)


def test_interrupted() -> None:
    frames = live(Plan("", WORDS.items, "cancelled"))
    parser, _ = read([*frames, *live(WORDS)])
    ends = [(message.status, message.finish_reason) for message in parser.messages]
    assert ends == [("truncated", "cancelled"), ("complete", "stop")]


def test_interrupted_after_the_end() -> None:
    parser, events = read([*live(WORDS), content(interrupted=True)])
    assert [message.status for message in parser.messages] == ["complete"]
    assert passed_on(events) == [("interrupted", 0)]


def test_usage_after_the_end() -> None:
    late = {"usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 11}}
    parser, _ = read([*live(WORDS), late])
    assert parser.messages[0].usage is not None
    assert parser.messages[0].usage.total_tokens == 11


def test_cancelled_calls() -> None:
    cancelled = {"toolCallCancellation": {"ids": ["c1", "unknown"]}}
    for frames in ([live(CALL)[0], cancelled], [*live(CALL), cancelled]):
        parser, events = read(frames)
        (message,) = parser.messages
        assert message.tool_calls[0].status == "complete"
        assert message.extra["cancelled_calls"] == ["c1"]
        assert ("toolCallCancellation", 0) in passed_on(events)


def test_cancelled_calls_that_are_unknown() -> None:
    _, events = read([{"toolCallCancellation": {"ids": ["x"]}}])
    assert passed_on(events) == [("toolCallCancellation", None)]


def test_an_error_fails_the_open_turn() -> None:
    error = {"error": {"code": 500, "message": "no"}}
    parser, _ = read([*live(WORDS)[:1], error])
    assert parser.messages[0].status == "failed"
    _, events = read([error])
    assert passed_on(events) == [("error", None)]
