"""Tests of lanes: Responses over a WebSocket, and live Interactions."""

from __future__ import annotations

from typing import Any

from streamparse import SessionParser
from tests.sessions import Called, Frame, Plan, Said, interaction, laned, passed_on

WORDS = Plan("r1", [Said(["Up ", "the hill."])])
MORE = Plan("r2", [Said(["Down again."])])


def read(api: Any, frames: list[Frame]) -> tuple[SessionParser, list[Any]]:
    parser = SessionParser(api)
    events = [event for frame in frames for event in parser.feed(frame)]
    return parser, events + parser.finish()


def statuses(parser: SessionParser) -> list[tuple[str, str | None]]:
    return [(message.status, message.finish_reason) for message in parser.messages]


def test_the_next_answer_of_a_lane_truncates_an_open_one() -> None:
    parser, _ = read("openai-responses", [*laned(WORDS, "a")[:5], *laned(MORE, "a")])
    assert statuses(parser) == [("truncated", None), ("complete", "stop")]


def test_numbers_that_restart_are_not_a_replay() -> None:
    parser, _ = read("openai-responses", [*laned(WORDS, "a"), *laned(MORE, "a")])
    assert parser.replayed == 0
    assert [message.text for message in parser.messages] == [WORDS.text, MORE.text]


def test_a_repeated_start_belongs_to_the_same_answer() -> None:
    frames = laned(WORDS, "a")
    parser, _ = read("openai-responses", [*frames[:5], *frames])
    assert [message.text for message in parser.messages] == [WORDS.text]
    assert parser.replayed == 5


def test_a_rejected_request_fails_no_answer() -> None:
    refused = {"type": "error", "status": 429, "error": {"code": "busy"}}
    frames = laned(WORDS)
    for place in range(len(frames) + 1):
        parser, events = read("openai-responses", [*frames[:place], refused, *frames[place:]])
        assert statuses(parser) == [("complete", "stop")]
        assert ("error", None) in passed_on(events)


def test_an_error_of_an_answer_fails_that_one() -> None:
    error = {"type": "error", "sequence_number": 4, "stream_id": "a", "code": "busy"}
    parser, _ = read("openai-responses", [*laned(WORDS, "a")[:4], *laned(MORE, "b"), error])
    assert statuses(parser) == [("failed", "error"), ("complete", "stop")]


def test_an_answer_without_its_start() -> None:
    parser, _ = read("openai-responses", laned(WORDS, "a")[1:])
    assert [message.text for message in parser.messages] == [WORDS.text]


def test_records_about_a_request_begin_no_answer() -> None:
    steer = {"type": "response.steer.failed", "error": {"code": "response_not_found"}}
    parser, events = read("openai-responses", [steer])
    assert (parser.messages, passed_on(events)) == ([], [("response.steer.failed", None)])


def test_a_steered_answer_is_paused_and_another_one_follows() -> None:
    steered = laned(WORDS, "a")
    steered[-1] = {
        **steered[-1],
        "type": "response.incomplete",
        "response": {
            "id": "r1",
            "status": "incomplete",
            "output": [],
            "incomplete_details": {"reason": "steered"},
        },
    }
    parser, _ = read("openai-responses", [*steered, *laned(MORE, "a")])
    assert [reason for _, reason in statuses(parser)] == ["paused", "stop"]


def test_a_whole_response_is_an_answer() -> None:
    body = laned(WORDS)[-1]["response"] | {"status": "completed", "output": []}
    parser, _ = read("openai-responses", [body])
    assert statuses(parser) == [("complete", "stop")]


def test_continuations_of_an_interaction_are_answers() -> None:
    first = interaction(WORDS)
    first[-1] = {"event_type": "interaction.completed", "status": "requires_continuation"}
    parser, _ = read("google-interactions", [*first, *interaction(MORE)])
    assert [reason for _, reason in statuses(parser)] == ["paused", "stop"]
    assert [message.text for message in parser.messages] == [WORDS.text, MORE.text]


def test_a_new_connection_to_an_open_interaction() -> None:
    again = {"event_type": "interaction.connected", "interaction_id": "r1"}
    frames = interaction(WORDS)
    parser, _ = read("google-interactions", [*frames[:3], again, *frames[3:]])
    assert [message.text for message in parser.messages] == [WORDS.text]


def test_codes_of_a_live_interaction() -> None:
    for code, expected in ((0, "complete"), (1, "truncated"), (13, "failed")):
        frames = interaction(WORDS)
        status = {"code": code, "message": "so it is"}
        frames[-1] = {"event_type": "interaction.completed", "status": status}
        parser, _ = read("google-interactions", frames)
        assert parser.messages[0].status == expected


def test_events_before_any_interaction() -> None:
    beside = {"event_type": "reconnection_required"}
    parser, events = read("google-interactions", [beside])
    assert (parser.messages, passed_on(events)) == ([], [("reconnection_required", None)])


def test_an_interaction_without_its_start() -> None:
    plan = Plan("r1", [Called("c1", "look", ['{"a": 1}'])])
    parser, _ = read("google-interactions", interaction(plan)[1:])
    assert parser.messages[0].tool_calls[0].arguments == {"a": 1}
