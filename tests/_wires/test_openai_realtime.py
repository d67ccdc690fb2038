"""Tests of one answer of an OpenAI Realtime session."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import AudioDelta, Message, SessionParser
from streamparse._wires.openai_realtime import OpenAIRealtime
from tests.sessions import Called, Frame, Plan, Said, realtime

SPOKEN = Plan("r1", [Said(["Turn ", "left."], spoken=True), Called("c1", "look", ["{}"])])


def read(frames: list[Frame]) -> tuple[Message, list[Any]]:
    parser = SessionParser("openai-realtime")
    events = [event for frame in frames for event in parser.feed(frame)]
    events += parser.finish()
    return parser.messages[0], events


def done(**fields: Any) -> list[Frame]:
    frames = realtime(SPOKEN)
    frames[-1]["response"].update(fields)
    return frames


def test_beta_names_are_the_same_answer() -> None:
    message, events = read(realtime(SPOKEN, beta=True))
    expected, expected_events = read(realtime(SPOKEN))
    assert message.to_dict() == expected.to_dict()
    kinds = [event.type for event in events if event.type != "provider_event"]
    assert kinds == [event.type for event in expected_events if event.type != "provider_event"]


@pytest.mark.parametrize(
    ("status", "details", "expected"),
    [
        ("completed", None, ("complete", "tool_calls")),
        ("completed", "unimplemented", ("complete", "tool_calls")),
        ("cancelled", {"reason": "client_cancelled"}, ("truncated", "cancelled")),
        ("incomplete", {"reason": "max_output_tokens"}, ("truncated", "length")),
        ("incomplete", {"reason": "content_filter"}, ("truncated", "content_filter")),
        ("failed", {"error": {"code": "x", "message": "y"}}, ("failed", "error")),
        ("failed", None, ("failed", "error")),
        ("in_progress", None, ("truncated", None)),
    ],
)
def test_how_an_answer_ended(status: str, details: Any, expected: Any) -> None:
    message, _ = read(done(status=status, status_details=details))
    assert (message.status, message.finish_reason) == expected
    assert message.tool_calls[0].status == "complete"


def test_usage_beside_the_response() -> None:
    frames = done(usage={})
    details = {"cached_tokens": 2}
    frames[-1]["usage"] = {"input_tokens": 7, "output_tokens": 3, "input_token_details": details}
    message, _ = read(frames)
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.cached_tokens) == (7, 2)


def test_argument_deltas_without_an_index() -> None:
    calls = [Called(f"c{number}", "look", [f'{{"n": {number}}}']) for number in (1, 2)]
    frames = realtime(Plan("r1", list(calls)))
    for frame in frames:
        if frame["type"].endswith("arguments.delta"):
            del frame["output_index"]
    message, _ = read(frames)
    assert [call.arguments for call in message.tool_calls] == [{"n": 1}, {"n": 2}]


def test_the_transcript_of_audio_is_not_replaced() -> None:
    frames = realtime(Plan("r1", [Said(["forty-", "two"], spoken=True)]))
    for frame in frames:
        if frame["type"] == "response.output_audio_transcript.done":
            frame["transcript"] = "42"
    message, events = read(frames)
    assert message.text == "forty-two"
    assert [event.name for event in events if event.type == "provider_event"][1:] == [
        "replaced_text"
    ]


def test_audio_before_its_transcript_is_in_the_same_part() -> None:
    message, events = read(realtime(SPOKEN))
    assert [part.type for part in message.content] == ["audio", "tool_call"]
    assert sum(event.size for event in events if isinstance(event, AudioDelta)) == 10


def test_an_answer_without_deltas() -> None:
    frames = realtime(SPOKEN)
    message, _ = read([frames[0], frames[-1]])
    assert message.text == SPOKEN.text
    assert message.tool_calls[0].arguments == {}


@pytest.mark.parametrize(
    ("record", "known"),
    [
        ({"type": "response.created", "event_id": "e", "response": {}}, True),
        ({"type": "session.created", "event_id": "e"}, True),
        ({"type": "response.done", "response": {"object": "realtime.response"}}, True),
        ({"type": "response.created", "response": {"object": "response"}}, False),
        ({"type": "ping"}, False),
    ],
)
def test_recognizes(record: dict[str, Any], known: bool) -> None:
    assert OpenAIRealtime.recognizes(record, "") is known


def test_an_unknown_status_is_a_normal_end() -> None:
    message, _ = read(done(status="odd"))
    assert message.status == "complete"
