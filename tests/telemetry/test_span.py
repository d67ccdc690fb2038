"""Tests of the attributes of a span."""

from __future__ import annotations

import json

from streamparse import Citation, Message, MessageParser, ServerToolResult, Text, Usage
from streamparse.errors import ProviderError
from streamparse.telemetry.span import (
    clean,
    error_type,
    of_messages,
    of_usage,
    output_messages,
)


def test_lone_surrogates_are_replaced() -> None:
    assert clean("a\ud800b") == "a?b"


def test_unknown_counts_are_left_out() -> None:
    found = of_usage(Usage(input_tokens=5, output_tokens=1, reasoning_tokens=None))
    assert found == {"input_tokens": 5, "output_tokens": 1}
    assert of_usage(Usage()) == {}


def test_errors_have_a_code() -> None:
    assert error_type(ProviderError("no", code="overloaded")) == "overloaded"
    assert error_type(ValueError()) == "ValueError"


def test_messages() -> None:
    parser = MessageParser(api="text")
    parser.feed("Hello")
    parser.finish()
    found = of_messages(parser.messages)
    assert found == {"finish_reasons": ["stop"], "status": ["complete"]}
    assert of_messages([]) == {}


def test_content_of_a_truncated_call() -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "find", "arguments": '{"q": "ro'}}
    parser = MessageParser(api="openai-chat")
    parser.feed(
        {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm.", "content": "So:"}}]}
    )
    parser.feed({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
    parser.finish()
    [row] = json.loads(output_messages(parser.messages))
    assert row["role"] == "assistant"
    assert row["finish_reason"] == "truncated"
    assert row["parts"] == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "text", "content": "So:"},
        {"type": "tool_call", "id": "c1", "name": "find", "arguments": '{"q": "ro'},
    ]


def test_results_of_the_provider_s_tools() -> None:
    message = Message()
    result = ServerToolResult("c1", "search", [{"title": "Moss"}])
    for part in (result, Citation({"url": "https://example.org"}), Text("So.")):
        message.content.append(part)
    [row] = json.loads(output_messages([message]))
    assert row["parts"] == [
        {"type": "server_tool_call_response", "id": "c1", "response": [{"title": "Moss"}]},
        {"type": "text", "content": "So."},
    ]
