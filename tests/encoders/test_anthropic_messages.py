"""Tests of streamparse.encoders.anthropic_messages: the SDK and our parser read the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from streamparse import Audio, Message, Reasoning, Refusal, ServerToolResult, Text, ToolCall
from streamparse.encoders import AnthropicMessages
from tests.encoders import clients, views
from tests.encoders.sources import (
    answers_of_examples,
    answers_of_recordings,
    fed_recordings,
    records_of,
    sent_while_read,
)
from tests.helpers import cut
from tests.messages import call_chunk, chunk, run_parser
from tests.strategies import SIZES
from tests.streams import SCRIPTS, Script, as_bytes, steps


def stream_of(events: list[Any], choice: int = 0, batch: int = 1) -> bytes:
    encoder = AnthropicMessages(choice=choice)
    sent = b""
    for start in range(0, len(events), batch):
        sent += encoder.to_sse(encoder.encode(events[start : start + batch]))
    return sent + encoder.to_sse(encoder.finish())


def blocks(message: Message) -> list[Any]:
    """Return the parts that must survive, in their order."""
    found: list[Any] = []
    for part in message.content:
        if isinstance(part, (Text, Audio, Refusal)) and part.text:
            cited = [
                c for c in part.extra.get("citations") or [] if "_location" in c.get("type", "")
            ]
            found.append(["text", part.text, cited])
        elif isinstance(part, Reasoning):
            signature = part.extra.get("signature") or ""
            if part.text or signature:
                found.append(["thinking", part.text, signature])
            elif part.extra.get("data"):
                found.append(["redacted_thinking", part.extra["data"]])
        elif isinstance(part, ToolCall):
            found += call_blocks(part)
        elif isinstance(part, ServerToolResult) and is_own(part):
            found.append([part.extra["type"], part.call_id, part.content])
    return found


def is_own(part: ServerToolResult) -> bool:
    return (part.extra.get("type") or "").endswith("_tool_result")


def call_blocks(call: ToolCall) -> list[Any]:
    kind = "tool_use"
    if call.kind == "server":
        kind = call.extra.get("type") or ""
        if not kind.endswith("_tool_use"):
            return []
    if call.status != "complete":
        return [[kind, call.name or "unknown"]]
    custom = call.kind == "custom"
    value = {"input": call.arguments} if custom else call.arguments
    return [[kind, call.name or "unknown", value]]


def of_sdk(block: dict[str, Any], complete: bool) -> list[Any]:
    """Return a block of the SDK in the form of `blocks`."""
    kind = block["type"]
    if kind == "text":
        return ["text", block["text"], block.get("citations") or []]
    if kind == "thinking":
        return ["thinking", block["thinking"], block.get("signature") or ""]
    if kind == "redacted_thinking":
        return [kind, block["data"]]
    if kind.endswith("_tool_use") or kind == "tool_use":
        return [kind, block["name"], *([block["input"]] if complete else [])]
    return [kind, block["tool_use_id"], block["content"]]


def expected_finish(message: Message) -> str | None:
    if views.problem(message, AnthropicMessages()) is not None:
        return "error"
    reason = message.finish_reason
    if reason == "content_filter":
        return "refusal"
    if reason == "other":
        calls = [call for call in views.client_calls(message) if call.status == "complete"]
        return "tool_calls" if calls else "stop"
    return reason


def check_counts(message: Message, found: dict[str, int]) -> None:
    counts = views.counts(message.usage)
    total = counts.pop("total_tokens", None)
    if total == counts.get("input_tokens", 0) + counts.get("output_tokens", 0):
        counts["total_tokens"] = total
    cached = counts.get("cached_tokens", 0) + counts.get("cache_write_tokens", 0)
    if cached > counts.get("input_tokens", 0):
        return  # the counts of the provider contradict each other
    assert {name: found.get(name) for name in counts} == counts


def check(message: Message, events: list[Any], batch: int = 1) -> None:
    """Check that a message survives, except for what is in `LOSSES`."""
    sent = stream_of(events, message.choice, batch)
    parser, back, error = run_parser([sent], "anthropic-messages")
    assert error is None
    found = parser.message
    problem = views.problem(message, AnthropicMessages())
    written, read = views.texts(events, message.choice), views.texts(back, 0)
    replaced = written["text"] != message.text
    assert read["text"] == merged_text(message, events)
    assert read["reasoning"] == written["reasoning"]
    if not replaced:
        assert blocks(found) == blocks(message)
    assert found.finish_reason == expected_finish(message)
    if problem is None:
        assert found.status == ("truncated" if message.finish_reason == "length" else "complete")
        check_counts(message, views.counts(found.usage))
    else:
        assert found.error is not None
        assert found.error.message == f"api_error: {problem}"
    check_sdk(message, sent, problem, replaced)
    if not replaced:
        check_body(message, problem)


def merged_text(message: Message, events: list[Any]) -> str:
    """Return text and refusals in the order of their deltas."""
    own = [event for event in events if event.choice == message.choice]
    return "".join([e.text for e in own if e.type in ("text_delta", "refusal_delta")])


def check_sdk(message: Message, sent: bytes, problem: str | None, replaced: bool) -> None:
    if clients.missing("anthropic"):
        return
    beta = any(call.kind == "server" for call in message.tool_calls)
    read = clients.anthropic_stream(sent, beta)
    assert read["error"] == problem
    if replaced:
        return
    expected = blocks(message)
    found = [of_sdk(block, True) for block in read.get("blocks", [])]
    assert [one[: len(two)] for one, two in zip(found, expected, strict=True)] == expected


def check_body(message: Message, problem: str | None) -> None:
    body = AnthropicMessages().body(message)
    if problem is not None:
        assert body["error"]["message"] == problem
        return
    parser, _, error = run_parser([body], "anthropic-messages")
    assert error is None
    found = parser.message
    # In a body the arguments of such a call are an empty object.
    complete = [
        [*block[:2], {}] if block[2:] == [None] else block
        for block in blocks(message)
        if len(block) > 2 or block[0] == "redacted_thinking"
    ]
    assert [
        block for block in blocks(found) if len(block) > 2 or block[0] == "redacted_thinking"
    ] == complete
    assert found.finish_reason == expected_finish(message)
    check_counts(message, views.counts(found.usage))
    if not clients.missing("anthropic"):
        read = clients.anthropic_body(json.dumps(body))
        ours = [of_sdk(block, True) for block in body["content"]]
        assert [of_sdk(block, True) for block in read["blocks"]] == ours


# Round trips


def test_recordings(shared_data: Path) -> None:
    for name, parser, events in answers_of_recordings(shared_data):
        for message in parser.messages:
            with clients.explained(name):
                check(message, events, 1 + len(events) % 5)


def test_recordings_record_by_record(shared_data: Path) -> None:
    """Fed like this, the message is never ahead of the events."""
    for name, api, units, message in fed_recordings(shared_data):
        sent = sent_while_read(AnthropicMessages(choice=message.choice), units, api)
        parser, _, error = run_parser([sent], "anthropic-messages")
        assert error is None
        with clients.explained(name):
            assert blocks(parser.message) == blocks(message)


@pytest.mark.parametrize("name", sorted(answers_of_examples()))
def test_examples(name: str) -> None:
    for parser, events in answers_of_examples()[name]:
        check(parser.message, events)


@given(script=SCRIPTS, sizes=SIZES)
def test_law_1_scripts(script: Script, sizes: Any) -> None:
    """The result for a client does not depend on the cuts of the provider's stream (law 1)."""
    parser, events, error = run_parser([as_bytes(script, steps(script))])
    assert error is None
    assume(views.start_in_order(events))
    for message in parser.messages:
        check(message, events, 1 + len(sizes))
    stream = as_bytes(script, steps(script))
    found = sent_while_read(AnthropicMessages(), cut(stream, sizes), "openai-chat")
    again, _, error = run_parser([found], "anthropic-messages")
    assert error is None
    assert blocks(again.message) == blocks(parser.message)


@given(script=SCRIPTS, sizes=SIZES)
def test_law_1_records(script: Script, sizes: Any) -> None:
    """With adjacent deltas merged, the records do not depend on the cuts (law 1)."""
    stream = as_bytes(script, steps(script))
    found = records_of(AnthropicMessages(choice=0), cut(stream, sizes), "openai-chat")
    assert found == records_of(AnthropicMessages(choice=0), [stream], "openai-chat")


# Records

THINKING = [
    {"type": "message_start", "message": {"id": "m", "model": "claude", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "thinking_delta", "thinking": "a"},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "signature_delta", "signature": "S"},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "redacted_thinking", "data": "R"},
    },
    {"type": "content_block_stop", "index": 1},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "thinking", "thinking": "b", "signature": "T"},
    },
    {"type": "content_block_stop", "index": 2},
    {
        "type": "content_block_start",
        "index": 3,
        "content_block": {"type": "thinking", "thinking": "", "signature": "U"},
    },
    {"type": "content_block_stop", "index": 3},
    {"type": "message_delta", "delta": {"stop_reason": "stop_sequence"}},
    {"type": "message_stop"},
]


@pytest.mark.parametrize("size", [1, 2, len(THINKING)])
def test_thinking_keeps_its_signatures(size: int) -> None:
    parts = [THINKING[start : start + size] for start in range(0, len(THINKING), size)]
    pieces = ["".join([json.dumps(record) for record in part]) for part in parts]
    sent = sent_while_read(AnthropicMessages(), pieces, "anthropic-messages")
    parser, _, _ = run_parser([sent], "anthropic-messages")
    assert blocks(parser.message) == [
        ["thinking", "a", "S"],
        ["redacted_thinking", "R"],
        ["thinking", "b", "T"],
        ["thinking", "", "U"],
    ]
    assert parser.message.raw_finish_reason == "stop_sequence"


def encoded(pieces: list[Any], **options: Any) -> list[Any]:
    _, events, _ = run_parser(pieces)
    encoder = AnthropicMessages(**options)
    return encoder.encode(events) + encoder.finish()


def test_events_have_their_names() -> None:
    records = encoded([chunk({"content": "a"}), chunk({}, "stop")], id="x", model="m")
    assert records[0]["message"]["id"] == "x"
    assert records[0]["message"]["model"] == "m"
    sent = AnthropicMessages.to_sse(records[-1:])
    assert sent == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def test_a_free_text_call_is_an_object() -> None:
    entry = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": 'ls "a"'}}
    records = encoded([chunk({"tool_calls": [entry]}), chunk({}, "tool_calls")])
    [start] = [one for one in records if one["type"] == "content_block_start"]
    assert start["content_block"] == {"type": "tool_use", "id": "c", "name": "sh", "input": {}}
    texts = [one["delta"].get("partial_json", "") for one in records if "delta" in one]
    assert json.loads("".join(texts)) == {"input": 'ls "a"'}


@pytest.mark.parametrize("reason", ["tool_calls", "content_filter", None])
def test_a_cut_call_has_no_end(reason: str | None) -> None:
    call = call_chunk('{"a": 1', id="c", name="f")
    records = encoded([call, *([chunk({}, reason)] if reason else [])])
    kinds = [record["type"] for record in records]
    assert "content_block_stop" not in kinds
    assert kinds[-1] == "error"


def test_a_call_that_a_limit_cut() -> None:
    call = call_chunk('{"a": 1}', id="c", name="f")
    records = encoded([call, chunk({}, "length")])
    kinds = [record["type"] for record in records]
    assert "content_block_stop" not in kinds
    assert records[-2]["delta"]["stop_reason"] == "max_tokens"
    parser, _, _ = run_parser([call, chunk({}, "length")])
    body = AnthropicMessages().body(parser.message)
    assert body["content"] == [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]
    again, _, _ = run_parser([body], "anthropic-messages")
    assert [call.status for call in again.message.tool_calls] == ["truncated"]


def test_a_refusal_is_text() -> None:
    records = encoded([chunk({"refusal": "No."}), chunk({}, "stop")])
    deltas = [record["delta"] for record in records if "delta" in record]
    assert deltas[0] == {"type": "text_delta", "text": "No."}
    assert deltas[-1]["stop_reason"] == "refusal"


def test_the_end_without_a_beginning() -> None:
    kinds = [record["type"] for record in AnthropicMessages().finish()]
    assert kinds == ["message_start", "error"]
    assert AnthropicMessages().abort()[-1]["error"]["message"] == "the answer was cancelled"


# Tools that Anthropic runs


def block(index: int, **block: Any) -> list[dict[str, Any]]:
    start = {"type": "content_block_start", "index": index, "content_block": block}
    return [start, {"type": "content_block_stop", "index": index}]


PAGE = {
    "type": "web_search_result_location",
    "url": "https://a",
    "title": "A",
    "cited_text": "a",
    "encrypted_index": "i",
}
FOUND = {"type": "web_search_result", "url": "https://a", "title": "A", "encrypted_content": "e"}
SEARCH = [
    {"type": "message_start", "message": {"id": "m", "model": "claude", "content": []}},
    *block(0, type="server_tool_use", id="s", name="web_search", input={"query": "x"}),
    *block(1, type="web_search_tool_result", tool_use_id="s", content=[FOUND]),
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "text", "text": "found"},
    },
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "citations_delta", "citation": PAGE},
    },
    {"type": "content_block_stop", "index": 2},
    *block(3, type="tool_use", id="c", name="f", input={}, caller={"type": "direct"}),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use"},
        "usage": {
            "input_tokens": 5,
            "cache_read_input_tokens": 3,
            "cache_creation_input_tokens": 2,
            "output_tokens": 7,
            "output_tokens_details": {"thinking_tokens": 1},
        },
    },
    {"type": "message_stop"},
]


@pytest.mark.parametrize("size", [1, len(SEARCH)])
def test_tools_and_citations_of_the_api_survive(size: int) -> None:
    parts = [SEARCH[start : start + size] for start in range(0, len(SEARCH), size)]
    pieces = ["".join([json.dumps(record) for record in part]) for part in parts]
    sent = sent_while_read(AnthropicMessages(), pieces, "anthropic-messages")
    parser, _, _ = run_parser([sent], "anthropic-messages")
    message, _, _ = run_parser(SEARCH, "anthropic-messages")
    check(message.message, run_parser(SEARCH, "anthropic-messages")[1])
    assert (
        blocks(parser.message)
        == blocks(message.message)
        == [
            ["server_tool_use", "web_search", {"query": "x"}],
            ["web_search_tool_result", "s", [FOUND]],
            ["text", "found", [PAGE]],
            ["tool_use", "f", {}],
        ]
    )
    assert parser.message.tool_calls[1].extra == {"caller": {"type": "direct"}}
    assert views.counts(parser.message.usage) == views.counts(message.message.usage)


def test_tools_of_other_apis_are_left_out() -> None:
    item = {"type": "web_search_call", "id": "w", "action": {"type": "search", "query": "x"}}
    pieces = [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
    ]
    parser, events, _ = run_parser(pieces, "openai-responses")
    assert blocks(parser.message) == []
    check(parser.message, events)
    assert AnthropicMessages().body(parser.message)["content"] == []
