"""Tests of how messages of OpenAI Realtime are routed to answers."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import InputCompleted, InputDelta, SessionParser
from streamparse._sessions.realtime import Realtime
from tests.sessions import Called, Frame, Plan, Said, laned, passed_on, realtime

WORDS = Plan("r1", [Said(["Left, ", "then right."])])
MORE = Plan("r2", [Said(["Again."])])


def read(frames: list[Frame]) -> tuple[SessionParser, list[Any]]:
    parser = SessionParser("openai-realtime")
    events = [event for frame in frames for event in parser.feed(frame)]
    return parser, events + parser.finish()


def event(kind: str, **fields: Any) -> Frame:
    return {"type": kind, "event_id": "e-1", **fields}


@pytest.mark.parametrize(
    ("frame", "known"),
    [
        (event("session.created", session={}), True),
        (event("response.created", response={}), True),
        (event("error", error={"message": "no"}), True),
        ({"type": "session.updated"}, True),
        (
            {
                "type": "response.created",
                "response": {"object": "realtime.response"},
            },
            True,
        ),
        (laned(WORDS)[0], False),
        ({"type": "message_start"}, False),
        ({"event_type": "interaction.created", "event_id": "1"}, False),
    ],
)
def test_recognizes(frame: Frame, known: bool) -> None:
    assert Realtime.recognizes(frame) == known


@pytest.mark.parametrize("place", range(len(realtime(WORDS)) + 1))
def test_an_error_about_a_request_fails_no_answer(place: int) -> None:
    frames = realtime(WORDS)
    refused = event("error", error={"type": "invalid_request_error", "event_id": "client-1"})
    parser, events = read([*frames[:place], refused, *frames[place:]])
    assert parser.messages[0].status == "complete"
    assert parser.messages[0].error is None
    assert ("error", None) in passed_on(events)


def test_records_about_the_session() -> None:
    names = ["session.created", "rate_limits.updated", "input_audio_buffer.committed", "ping"]
    frames = realtime(WORDS)
    beside = [event(name, item_id="user-1") for name in names]
    _, events = read([beside[0], *frames[:4], beside[1], *frames[4:], *beside[2:]])
    assert [row for row in passed_on(events) if row[0] in names] == [(name, None) for name in names]


def test_items_of_answers_and_of_the_user() -> None:
    user = event("conversation.item.added", item={"id": "u-1", "role": "user"})
    _, events = read([user, *realtime(WORDS), event("conversation.item.done", item={"id": "r1-0"})])
    assert passed_on(events) == [
        ("conversation.item.added", None),
        ("conversation.item.added", 0),
        ("conversation.item.done", 0),
    ]


def test_input_of_the_user_starts_no_answer() -> None:
    stem = "conversation.item.input_audio_transcription"
    frames = realtime(WORDS)
    more = [
        event(f"{stem}.delta", item_id="u-1", delta="Where"),
        event(f"{stem}.delta", item_id="u-1", delta=" to?"),
        event(f"{stem}.completed", item_id="u-1", transcript="Where to?", usage={"seconds": 1}),
    ]
    parser, events = read([*frames[:2], *more, *frames[2:], event(f"{stem}.failed", item_id="u-2")])
    inputs = [one for one in events if isinstance(one, (InputDelta, InputCompleted))]
    assert inputs == [
        InputDelta("u-1", "Where"),
        InputDelta("u-1", " to?"),
        InputCompleted("u-1", "Where to?"),
    ]
    assert parser.messages[0].usage is not None
    assert parser.messages[0].usage.total_tokens == 5
    assert (f"{stem}.failed", None) in passed_on(events)


def test_a_second_session_truncates_the_answers_of_the_first() -> None:
    opened = event("session.created", session={})
    parser, _ = read([opened, *realtime(WORDS)[:5], opened, *realtime(MORE)])
    assert [message.status for message in parser.messages] == ["truncated", "complete"]


def test_records_after_the_end_go_to_their_answer() -> None:
    late = event("response.output_text.delta", response_id="r1", item_id="r1-0", delta="?")
    buffer = event("output_audio_buffer.stopped", response_id="r1")
    parser, events = read([*realtime(WORDS), *realtime(MORE), late, buffer])
    assert [message.text for message in parser.messages] == [WORDS.text, MORE.text]
    assert passed_on(events)[-2:] == [
        ("response.output_text.delta", 0),
        ("output_audio_buffer.stopped", 0),
    ]


def test_a_record_of_an_unknown_answer_starts_none() -> None:
    late = event("response.output_text.delta", response_id="elsewhere", delta="?")
    parser, events = read([late, *realtime(WORDS), late])
    assert [message.text for message in parser.messages] == [WORDS.text]
    assert passed_on(events).count(("response.output_text.delta", None)) == 2


def test_records_without_the_id_of_their_answer() -> None:
    """States of a server tool have an item id; other records belong to the newest open answer."""
    frames = realtime(Plan("r1", [Called("c1", "look", ["{}"])]))
    by_item = event("response.mcp_call.in_progress", item_id="r1-0")
    by_nothing = event("response.heartbeat")
    _, events = read([*frames[:3], *realtime(MORE)[:1], by_item, by_nothing, *frames[3:]])
    rows = passed_on(events)
    assert ("response.mcp_call.in_progress", 0) in rows
    assert ("response.heartbeat", 1) in rows
    assert ("response.heartbeat", None) in passed_on(read([by_nothing])[1])
