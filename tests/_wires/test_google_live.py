"""Tests of one turn of a Gemini Live session."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Audio, Message, SessionParser
from tests.sessions import Frame, Plan, Said, live, sound_of

WORDS = Plan("", [Said(["Mind ", "the step."])])


def read(frames: list[Frame]) -> tuple[Message, list[Any]]:
    parser = SessionParser("google-live")
    events = [event for frame in frames for event in parser.feed(frame)]
    return parser.messages[0], events + parser.finish()


def turn(*parts: Frame) -> Frame:
    return {"serverContent": {"modelTurn": {"parts": list(parts)}}}


END = {"serverContent": {"turnComplete": True}}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (None, ("complete", "stop")),
        ("TURN_COMPLETE_REASON_UNSPECIFIED", ("complete", "stop")),
        ("GENERATED_AUDIO_SAFETY", ("truncated", "content_filter")),
        ("IMAGE_PROHIBITED_INPUT_CONTENT", ("truncated", "content_filter")),
        ("BLOCKLIST", ("truncated", "content_filter")),
        ("MALFORMED_FUNCTION_CALL", ("failed", "error")),
        ("RESPONSE_REJECTED", ("failed", "error")),
    ],
)
def test_how_a_turn_ended(reason: str | None, expected: Any) -> None:
    content: Frame = {"turnComplete": True, "turnCompleteReason": reason}
    message, _ = read([*live(WORDS)[:-1], {"serverContent": content}])
    assert (message.status, message.finish_reason) == expected


def test_generation_complete_does_not_end_the_turn() -> None:
    frames = live(WORDS)
    done = {"serverContent": {"generationComplete": True}}
    message, events = read([frames[0], done, *frames[1:]])
    assert message.text == WORDS.text
    assert ("generationComplete", 0) in [
        (event.name, event.choice) for event in events if event.type == "provider_event"
    ]


def test_thoughts_are_reasoning() -> None:
    message, _ = read([turn({"text": "Hm.", "thought": True}), turn({"text": "Yes."}), END])
    assert (message.reasoning, message.text) == ("Hm.", "Yes.")


def test_the_transcript_and_the_audio_are_one_part() -> None:
    sound = {"mimeType": "audio/pcm;rate=24000", "data": sound_of("x" * 7)}
    transcript = {"serverContent": {"outputTranscription": {"text": "Oh."}}}
    spoken = turn({"inlineData": sound})
    for frames in ([spoken, transcript], [transcript, spoken]):
        message, _ = read([*frames, END])
        (part,) = message.content
        assert isinstance(part, Audio)
        assert (part.transcript, part.size, part.format) == ("Oh.", 7, "audio/pcm;rate=24000")


@pytest.mark.parametrize("name", ["responseTokenCount", "candidatesTokenCount"])
def test_usage(name: str) -> None:
    usage = {"promptTokenCount": 4, name: 3, "thoughtsTokenCount": 2, "totalTokenCount": 9}
    message, _ = read([*live(WORDS)[:-1], {**END, "usageMetadata": usage}])
    assert message.usage is not None
    assert (message.usage.output_tokens, message.usage.total_tokens) == (5, 9)


def test_several_members_in_one_message() -> None:
    call = {"id": "c1", "name": "look", "args": {"a": 1}}
    frame = {**turn({"text": "So: "}), "toolCall": {"functionCalls": [call]}}
    frame["serverContent"]["turnComplete"] = True
    message, _ = read([frame])
    assert (message.text, message.status) == ("So: ", "complete")
    assert message.tool_calls[0].arguments == {"a": 1}


def test_invalid_parts_are_passed_on() -> None:
    frame = turn({"text": "Yes."})
    frame["serverContent"]["modelTurn"]["parts"].append("what")
    _, events = read([frame, END])
    assert ("parts", "what") in [
        (event.name, event.data) for event in events if event.type == "provider_event"
    ]


def test_results_of_calls_are_messages_of_their_own() -> None:
    call = {"id": "c-1", "name": "book", "args": {}}
    message, _ = read([{"toolCall": {"functionCalls": [call, {**call, "id": "c-2"}]}}, END])
    first, second = message.tool_results([(each, each.id) for each in message.tool_calls])
    response = {"id": "c-1", "name": "book", "response": {"output": "c-1"}}
    assert first == {"toolResponse": {"functionResponses": [response]}}
    assert second["toolResponse"]["functionResponses"][0]["id"] == "c-2"
    types = pytest.importorskip("google.genai.types", reason="needs google-genai")
    taken = types.LiveClientToolResponse.model_validate(first["toolResponse"])
    assert taken.function_responses[0].response == {"output": "c-1"}
