"""Tests of Mistral's conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, ServerToolResult
from streamparse.message import Message
from tests.helpers import cut
from tests.messages import results_of, run_parser

START = {"type": "conversation.response.started", "conversation_id": "conv-1"}
USAGE = {"prompt_tokens": 4, "completion_tokens": 9, "total_tokens": 13, "connector_tokens": 2}
DONE = {"type": "conversation.response.done", "usage": USAGE}


def output(content: Any, index: int = 0) -> dict[str, Any]:
    at = {"id": "msg-1", "output_index": index, "content_index": 0, "role": "assistant"}
    return {"type": "message.output.delta", **at, "model": "tiny", "content": content}


def call(identity: str, arguments: str, name: str = "look") -> dict[str, Any]:
    at = {"id": "fc-1", "output_index": 1, "tool_call_id": identity, "name": name}
    return {"type": "function.call.delta", **at, "arguments": arguments}


def execution(verb: str, **fields: Any) -> dict[str, Any]:
    at = {"type": f"tool.execution.{verb}", "id": "tool-1", "output_index": 0, "name": "web_search"}
    return {**at, **fields}


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
ANSWER = [
    START,
    output(THOUGHT),
    output("It is "),
    output({"type": "text", "text": "open."}),
    DONE,
]
CALLS = [START, call("c1", '{"a"'), call("c2", "{}", "book"), call("c1", ": 1}"), DONE]
SEARCH = [
    START,
    execution("started", arguments='{"q":'),
    execution("delta", arguments=' "ferry"}'),
    execution("done", info={"hits": 3}),
    output("At nine."),
    DONE,
]


def read(records: list[Any], size: int = 0, api: Any = "auto") -> tuple[Message, MessageParser]:
    events = [f"event: {record['type']}\ndata: {json.dumps(record)}\n\n" for record in records]
    parser = MessageParser(api)
    for piece in cut("".join(events), [size]) if size else ["".join(events)]:
        parser.feed(piece)
    parser.finish()
    return parser.message, parser


def test_an_answer() -> None:
    message, parser = read(ANSWER)
    assert (parser.api, message.id, message.model) == ("mistral-conversations", "conv-1", "tiny")
    assert (message.text, message.reasoning) == ("It is open.", "Hm.")
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert message.usage is not None
    assert message.usage.total_tokens == 13


def test_calls_are_identified_by_their_id() -> None:
    message, _ = read(CALLS)
    calls = [(found.id, found.name, found.arguments) for found in message.tool_calls]
    assert calls == [("c1", "look", {"a": 1}), ("c2", "book", {})]
    assert message.finish_reason == "tool_calls"


def test_tools_of_the_provider() -> None:
    message, _ = read(SEARCH)
    (found,) = message.tool_calls
    assert (found.kind, found.arguments) == ("server", {"q": "ferry"})
    _, events, _ = run_parser(SEARCH, "mistral-conversations")
    assert results_of(events) == [message.content[1]]
    assert message.content[1] == ServerToolResult("tool-1", "web_search", {"hits": 3})
    assert message.finish_reason == "stop"


@pytest.mark.parametrize("records", [ANSWER, CALLS, SEARCH])
@given(size=st.integers(1, 60))
def test_any_chunking(records: list[Any], size: int) -> None:
    api = "mistral-conversations"
    assert read(records, size, api)[0] == read(records, api=api)[0]


@pytest.mark.parametrize("records", [ANSWER, CALLS, SEARCH])
def test_a_cut_stream_is_never_complete(records: list[Any]) -> None:
    for place in range(1, len(records)):
        message, _ = read(records[:place], api="mistral-conversations")
        assert message.status == "truncated"
        for found in message.tool_calls:
            assert found.kind == "server" or found.status == "truncated"


def test_types_that_only_the_event_name_has() -> None:
    parser = MessageParser("mistral-conversations")
    for record in SEARCH:
        data = {name: value for name, value in record.items() if name != "type"}
        parser.feed(f"event: {record['type']}\ndata: {json.dumps(data)}\n\n")
    parser.finish()
    assert parser.message.to_dict() == read(SEARCH)[0].to_dict()


def test_an_error() -> None:
    error = {"type": "conversation.response.error", "message": "too busy", "code": 3000}
    message, _ = read([*ANSWER[:2], error])
    assert message.status == "failed"
    assert "too busy" in str(message.error)


def test_records_without_a_message_event_are_passed_on() -> None:
    handoff = {"type": "agent.handoff.started", "previous_agent_name": "a"}
    file = {"type": "tool_file", "file_id": "f-1"}
    parser = MessageParser("mistral-conversations")
    events = [
        event for record in (START, handoff, output([file]), DONE) for event in parser.feed(record)
    ]
    passed = [(event.name, event.data) for event in events if event.type == "provider_event"]
    assert passed == [("agent.handoff.started", handoff), ("tool_file", file)]


def test_history() -> None:
    (entry,) = read(ANSWER)[0].to_history()
    assert entry["content"][1:] == [{"type": "text", "text": "It is open."}]
    assert [entry["type"] for entry in read(CALLS)[0].to_history()] == ["function.call"] * 2
    assert read([START])[0].to_history() == []


def test_results_of_calls() -> None:
    message, _ = read(CALLS)
    assert message.tool_result(message.tool_calls[0], "fine") == {
        "type": "function.result",
        "tool_call_id": "c1",
        "result": "fine",
    }
