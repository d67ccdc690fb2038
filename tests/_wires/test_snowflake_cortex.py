"""Tests of Snowflake Cortex."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser
from streamparse.message import Message
from tests.helpers import cut

USAGE = {"prompt_tokens": 4, "completion_tokens": 9, "total_tokens": 13}


def record(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "r1", "model": "tiny", "choices": [{"delta": delta}], **more}


def text(piece: str) -> dict[str, Any]:
    entries = [{"type": "text", "text": piece}]
    return record({"type": "text", "content": piece, "content_list": entries, "text": piece})


def begin(identity: str, name: str) -> dict[str, Any]:
    entry = {"tool_use_id": identity, "name": name}
    return record({"type": "tool_use", **entry, "content_list": [entry], "text": ""})


def more(piece: str) -> dict[str, Any]:
    return record({"type": "tool_use", "input": piece, "content_list": [{}], "text": ""})


END = record({"type": "text", "content": ""}, usage=USAGE)
ANSWER = [record({"type": "reasoning", "text": "Hm."}), text("It is "), text("open."), END]
CALLS = [
    text("Wait."),
    begin("t1", "look"),
    more('{"a"'),
    more(": 1}"),
    begin("t2", "book"),
    END,
]


def read(records: list[Any], size: int = 0, api: Any = "auto") -> tuple[Message, MessageParser]:
    source = "".join([f"data: {json.dumps(one)}\n\n" for one in records])
    parser = MessageParser(api)
    for piece in cut(source, [size]) if size else [source]:
        parser.feed(piece)
    parser.finish()
    return parser.message, parser


def test_an_answer() -> None:
    message, parser = read(ANSWER)
    assert (parser.api, message.id, message.model) == ("snowflake-cortex", "r1", "tiny")
    assert (message.text, message.reasoning) == ("It is open.", "Hm.")
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert message.usage is not None
    assert message.usage.total_tokens == 13


def test_calls() -> None:
    message, _ = read(CALLS)
    calls = [(found.id, found.name, found.arguments) for found in message.tool_calls]
    assert calls == [("t1", "look", {"a": 1}), ("t2", "book", {})]
    assert (message.text, message.finish_reason) == ("Wait.", "tool_calls")


def test_the_shape_of_deltas_is_detected() -> None:
    bare = [record({"type": "text", "content": "Hi"}), *CALLS[1:]]
    message, parser = read(bare)
    assert (parser.api, message.text, len(message.tool_calls)) == ("snowflake-cortex", "Hi", 2)
    chat = {"role": "assistant", "content": "Hi", "tool_calls": None, "type": "text"}
    assert read([record(chat)])[1].api == "openai-chat"


@pytest.mark.parametrize("records", [ANSWER, CALLS])
@given(size=st.integers(1, 60))
def test_any_chunking(records: list[Any], size: int) -> None:
    assert read(records, size)[0] == read(records)[0]


@pytest.mark.parametrize("records", [ANSWER, CALLS])
def test_a_cut_stream_is_never_complete(records: list[Any]) -> None:
    for place in range(1, len(records)):
        message, _ = read(records[:place], api="snowflake-cortex")
        assert message.status == "truncated"
        assert all([found.status == "truncated" for found in message.tool_calls])


def test_an_incomplete_call_is_truncated_even_with_usage() -> None:
    message, _ = read(
        [begin("t1", "look"), record({"type": "tool_use", "input": "{"}, usage=USAGE)]
    )
    assert (message.status, message.tool_calls[0].status) == ("truncated", "truncated")


def test_a_finish_reason_is_used() -> None:
    message, _ = read([text("It"), {"choices": [{"delta": {}, "finish_reason": "length"}]}])
    assert (message.status, message.finish_reason) == ("truncated", "length")


def test_a_whole_body() -> None:
    use = {"tool_use_id": "t1", "name": "look", "input": {"a": 1}}
    entries = [{"type": "text", "text": "Wait."}, {"type": "tool_use", "tool_use": use}]
    body = {"choices": [{"message": {"content": "Wait.", "content_list": entries}}], "usage": USAGE}
    message, parser = read([body])
    (found,) = message.tool_calls
    assert (parser.api, message.text, message.status) == ("snowflake-cortex", "Wait.", "complete")
    assert (found.id, found.arguments, found.status) == ("t1", {"a": 1}, "complete")
    plain = {"choices": [{"message": {"content": "Hi", "type": "text"}}]}
    message, _ = read([plain])
    assert (message.text, message.status) == ("Hi", "complete")


def test_an_error() -> None:
    error = {"message": "too busy", "request_id": "q", "error_code": "390112"}
    message, _ = read([ANSWER[1], error])
    assert (message.status, message.text) == ("failed", "It is ")
    assert "too busy" in str(message.error)


def test_fields_without_a_message_event_are_passed_on() -> None:
    parser = MessageParser("snowflake-cortex")
    image = {"type": "image", "url": "x"}
    events = parser.feed(record({"type": "text", "content_list": [image], "score": 2}))
    events += parser.feed({"choices": [1], "usage": USAGE})
    passed = [(event.name, event.data) for event in events if event.type == "provider_event"]
    assert passed == [("content_list", image), ("score", 2)]
    assert parser.feed({"note": 1})[0].type == "provider_event"


def test_history() -> None:
    (history,) = read(ANSWER)[0].to_history()
    assert history == {"role": "assistant", "content": "It is open."}
    message, _ = read(CALLS)
    (history,) = message.to_history()
    assert [entry["type"] for entry in history["content_list"]] == ["text", "tool_use", "tool_use"]
    assert history["content_list"][1]["tool_use"]["input"] == {"a": 1}
    assert read([END])[0].to_history() == []


def test_results_of_calls() -> None:
    message, _ = read(CALLS)
    result = message.tool_result(message.tool_calls[0], {"n": 1})
    assert (result["role"], result["content"]) == ("user", '{"n":1}')
    (entry,) = result["content_list"]
    assert entry["tool_results"]["tool_use_id"] == "t1"
