"""Tests of the error for records of an unknown API."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import MessageParser, SessionParser
from streamparse._wires.detection import SESSION_WIRES, WIRES, wire_of
from streamparse.errors import StreamParseError, WireError


def read(parser: Any, fragment: Any) -> None:
    parser.feed(fragment)
    parser.finish()


def message_for(record: dict[str, Any], parser: Any = MessageParser) -> str:
    with pytest.raises(WireError) as caught:
        read(parser(), record)
    assert caught.value.code == "unknown_api"
    return caught.value.message


@pytest.mark.parametrize(
    ("record", "api"),
    [
        ({"choice": [{"delta": {"content": "Hi", "reasoning_content": ""}}]}, "openai-chat"),
        ({"output": {"finishReason": "STOP", "safetyRatings": []}}, "google-generate"),
        ({"kind": "output", "contentBlockIndex": 0, "stopReason": "x"}, "bedrock-converse"),
        ({"model": "m", "created_at": "x", "done_reason": "stop"}, "ollama-chat"),
        ({"completionReason": "FINISH", "inputTextTokenCount": 2}, "bedrock-invoke-titan"),
        ({"tool_use_id": "t", "content_list": []}, "snowflake-cortex"),
    ],
)
def test_the_nearest_api_is_named(record: Any, api: str) -> None:
    assert f"most like {api}: choose one with api=" in message_for(record)


def test_records_with_nothing_in_common_get_no_suggestion() -> None:
    expected = "the first records show no known API: choose one with api="
    assert message_for({"hello": {"world": [1]}}) == expected
    assert message_for({"id": 1}) == expected
    assert message_for({"result": {"completionReason": 1}}) == expected
    assert message_for({"hello": 1}, SessionParser) == expected


@pytest.mark.parametrize(
    "record",
    [
        {"id": "m", "object": "thread.message.delta", "delta": {"content": []}},
        {"id": "r", "object": "thread.run", "status": "queued"},
    ],
)
def test_the_assistants_api_was_shut_down(record: Any) -> None:
    assert "Assistants API" in message_for(record)
    with pytest.raises(StreamParseError, match="shut down"):
        read(MessageParser(), 'event: thread.run.step.delta\ndata: {"id": "s"}\n\n')


def test_records_of_the_other_parser() -> None:
    created = {"type": "session.created", "event_id": "e", "session": {}}
    assert message_for(created) == "the first records are of openai-realtime: use SessionParser"
    assert (
        message_for({"setupComplete": {}})
        == "the first records are of google-live: use SessionParser"
    )
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    assert (
        message_for(chunk, SessionParser)
        == "the first records are of openai-chat: use MessageParser"
    )


def test_all_apis_declare_words() -> None:
    for api in (*WIRES, *SESSION_WIRES):
        assert wire_of(api).words() or api in ("replicate-text", "bedrock-invoke-anthropic")
