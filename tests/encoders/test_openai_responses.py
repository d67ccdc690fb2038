"""Tests of streamparse.encoders.openai_responses: the SDK and our parser read the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from streamparse import Audio, Message, Reasoning, Refusal, Text, ToolCall
from streamparse.encoders import OpenAIResponses
from streamparse.encoders.openai_responses import cut_reason
from streamparse.encoders.response_items import is_shown, own_type
from tests.encoders import clients, views
from tests.encoders.sources import (
    answers_of_examples,
    answers_of_recordings,
    fed_recordings,
    sent_while_read,
)
from tests.helpers import cut
from tests.messages import call_chunk, chunk, results_of, run_parser
from tests.strategies import SIZES
from tests.streams import SCRIPTS, Script, as_bytes, steps


def stream_of(events: list[Any], choice: int = 0, batch: int = 1) -> bytes:
    encoder = OpenAIResponses(choice=choice)
    sent = b""
    for start in range(0, len(events), batch):
        sent += encoder.to_sse(encoder.encode(events[start : start + batch]))
    return sent + encoder.to_sse(encoder.finish())


def parts(message: Message) -> list[Any]:
    """Return the parts that must survive, in their order."""
    found: list[Any] = []
    for part in message.content:
        if isinstance(part, (Text, Audio)) and part.text:
            found.append(["text", part.text])
        elif isinstance(part, Refusal) and part.text:
            found.append(["refusal", part.text])
        elif isinstance(part, Reasoning):
            if part.text or is_shown(part) or part.extra.get("type") == "compaction":
                found.append(["reasoning", part.text, part.extra.get("encrypted_content")])
        elif isinstance(part, ToolCall) and (part.kind != "server" or own_type(part)):
            complete = part.status == "complete"
            head = [part.kind, part.name or "unknown", complete]
            found.append([*head, part.arguments] if complete else head)
    return found


def expected_finish(message: Message) -> str | None:
    problem = OpenAIResponses()._problem_in(message)
    if problem is not None:
        return "cancelled" if problem.code == "cancelled" else "error"
    reason = {"max_output_tokens": "length"}.get(cut_reason(message) or "", cut_reason(message))
    if reason or message.finish_reason in ("paused", "refusal"):
        return reason or message.finish_reason
    if message.refusal:
        return "refusal"
    return "tool_calls" if views.client_calls(message) else "stop"


def check_counts(message: Message, found: dict[str, int]) -> None:
    counts = views.counts(message.usage)
    assert {name: found.get(name) for name in counts} == counts


def check(message: Message, events: list[Any], batch: int = 1) -> None:
    """Check that a message survives, except for the parts in `LOSSES`."""
    sent = stream_of(events, message.choice, batch)
    parser, back, error = run_parser([sent], "openai-responses")
    assert error is None
    found = parser.message
    written = views.texts(events, message.choice)
    assert views.texts(back, 0) == written
    replaced = any(written[name] != getattr(message, name) for name in written)
    if not replaced:
        assert parts(found) == parts(message)
        assert views.urls(found) == (views.urls(message) if message.text else [])
        results = [result.content for result in results_of(events) if is_ours(message, result)]
        assert [result.content for result in results_of(back)] == results
    check_end(message, found)
    check_sdk(message, sent, replaced)
    if not replaced:
        check_body(message)


def is_ours(message: Message, result: Any) -> bool:
    calls = [call for call in message.tool_calls if call.id == result.call_id and own_type(call)]
    kind = result.extra.get("type") or ""
    return bool(calls) or kind.endswith("_output") or kind == "mcp_list_tools"


def check_end(message: Message, found: Message) -> None:
    problem = views.problem(message, OpenAIResponses())
    reason = expected_finish(message)
    assert found.finish_reason == reason
    if reason == "error":
        assert found.error is not None
        assert found.error.message == f"server_error: {problem}"
    else:
        check_counts(message, views.counts(found.usage))
        cut = reason in ("length", "content_filter", "cancelled")
        assert found.status == ("truncated" if cut else "complete")


def check_sdk(message: Message, sent: bytes, replaced: bool) -> None:
    if clients.missing("openai"):
        return
    read = clients.responses_stream(sent)
    check_response(message, read, replaced)
    for (index, place), text in read["texts"].items():
        item = read["output"][index]
        if place < 0:
            assert item["arguments"] == text
        else:
            assert item["content"][place]["text"] == text


def check_response(message: Message, read: dict[str, Any], replaced: bool) -> None:
    problem = views.problem(message, OpenAIResponses())
    reason = expected_finish(message)
    assert read["error"] == (problem if reason == "error" else None)
    status = {"error": "failed", "cancelled": "cancelled"}
    cut = "incomplete" if cut_reason(message) else "completed"
    assert read["status"] == status.get(reason or "", cut)
    if replaced:
        return
    contents = [part for item in read["output"] for part in item.get("content") or []]
    texts = [part for part in contents if part["type"] == "output_text"]
    assert [part["text"] for part in texts] == [
        part.text for part in message.content if isinstance(part, (Text, Audio)) and part.text
    ]
    calls = [item for item in read["output"] if item["type"] == "function_call"]
    ours = [call for call in message.tool_calls if call.kind == "function" and not own_type(call)]
    assert [call["name"] for call in calls] == [call.name or "unknown" for call in ours]
    for call, found in zip(ours, calls, strict=True):
        assert found["status"] == ("completed" if call.status == "complete" else "incomplete")
        if call.status == "complete":
            assert json.loads(found["arguments"]) == call.arguments


def check_body(message: Message) -> None:
    body = OpenAIResponses().body(message)
    parser, _, error = run_parser([body], "openai-responses")
    assert error is None
    found = parser.message
    assert parts(found) == parts(message)
    check_end(message, found)
    if not clients.missing("openai"):
        check_response(message, clients.responses_body(body), False)


# Round trips


# The models of the SDK lack members that the API sends for its own tools.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_recordings(shared_data: Path) -> None:
    for name, parser, events in answers_of_recordings(shared_data):
        for message in parser.messages:
            with clients.explained(name):
                check(message, events, 1 + len(events) % 5)


def test_recordings_record_by_record(shared_data: Path) -> None:
    """Fed like this, the message is never ahead of the events."""
    for name, api, units, message in fed_recordings(shared_data):
        sent = sent_while_read(OpenAIResponses(choice=message.choice), units, api)
        parser, _, error = run_parser([sent], "openai-responses")
        assert error is None
        with clients.explained(name):
            assert parts(parser.message) == parts(message)


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
    found = sent_while_read(OpenAIResponses(), cut(stream, sizes), "openai-chat")
    again, _, error = run_parser([found], "openai-responses")
    assert error is None
    assert parts(again.message) == parts(parser.message)


# Records


def reasoning_item(number: int, **members: Any) -> list[dict[str, Any]]:
    item = {"type": "reasoning", "id": f"rs_{number}", "summary": [], **members}
    return [
        {"type": "response.output_item.added", "output_index": number, "item": item},
        {"type": "response.output_item.done", "output_index": number, "item": item},
    ]


THOUGHTS = [{"type": "summary_text", "text": text} for text in ("a", "b")]
ENCRYPTED = [
    {"type": "response.created", "response": {"id": "resp_1", "object": "response"}},
    *reasoning_item(0, summary=THOUGHTS, encrypted_content="E"),
    *reasoning_item(1, encrypted_content="F"),
    *reasoning_item(2, summary=THOUGHTS[:1]),
    {"type": "response.completed", "response": {"id": "resp_1", "status": "completed"}},
]


@pytest.mark.parametrize("size", [1, 3, len(ENCRYPTED)])
def test_encrypted_reasoning_survives(size: int) -> None:
    starts = range(0, len(ENCRYPTED), size)
    pieces = ["".join([json.dumps(one) for one in ENCRYPTED[at : at + size]]) for at in starts]
    sent = sent_while_read(OpenAIResponses(), pieces, "openai-responses")
    parser, _, _ = run_parser([sent], "openai-responses")
    assert [history["id"] for history in items(parser.message)] == ["rs_0", "rs_1", "rs_2"]
    assert parts(parser.message) == [
        ["reasoning", "a", "E"],
        ["reasoning", "b", None],
        ["reasoning", "", "F"],
        ["reasoning", "a", None],
    ]


def items(message: Message) -> list[dict[str, Any]]:
    """Return the extra fields of the first part of each item."""
    found: list[dict[str, Any]] = []
    for part in message.content:
        if not found or found[-1]["id"] != part.extra["id"]:
            found.append(part.extra)
    return found


def encoded(pieces: list[Any], **options: Any) -> list[Any]:
    _, events, _ = run_parser(pieces)
    encoder = OpenAIResponses(**options)
    return encoder.encode(events) + encoder.finish()


def test_records_are_numbered() -> None:
    records = encoded(
        [chunk({"content": "a"}), call_chunk("{}", id="c", name="f"), chunk({}, "stop")]
    )
    assert [record["sequence_number"] for record in records] == list(range(len(records)))
    assert OpenAIResponses.to_sse(records).startswith(b"event: response.created\ndata: {")


def test_the_response_repeats_the_request() -> None:
    tools = [{"type": "function", "name": "f", "parameters": {}}]
    records = encoded([chunk({}, "stop")], id="r", created=5, model="m", echo={"tools": tools})
    for record in records:
        response = record["response"]
        assert (response["id"], response["created_at"], response["model"]) == ("r", 5, "m")
        assert response["tools"] == tools


def test_log_probabilities() -> None:
    probabilities = [{"token": "a", "logprob": -1.0, "top_logprobs": []}]
    piece = chunk({"content": "a"})
    piece["choices"][0]["logprobs"] = {"content": probabilities}
    records = encoded([piece, piece, chunk({}, "stop")])
    found = [record["logprobs"] for record in records if "output_text.delta" in record["type"]]
    assert [each for logprobs in found for each in logprobs] == probabilities * 2
    [done] = [record for record in records if "output_text.done" in record["type"]]
    assert done["logprobs"] == probabilities * 2


def test_a_free_text_call() -> None:
    entry = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": 'ls "a"'}}
    records = encoded([chunk({"tool_calls": [entry]}), chunk({}, "tool_calls")])
    kinds = [record["type"].removeprefix("response.custom_tool_call_input.") for record in records]
    assert kinds[3:5] == ["delta", "done"]
    [item] = records[-1]["response"]["output"]
    assert (item["type"], item["call_id"], item["input"]) == ("custom_tool_call", "c", 'ls "a"')


@pytest.mark.parametrize(
    ("reason", "kind", "status"),
    [
        ("length", "response.incomplete", "incomplete"),
        ("content_filter", "response.incomplete", "incomplete"),
        ("cancelled", "response.incomplete", "cancelled"),
        ("error", "response.failed", "failed"),
        (None, "response.failed", "failed"),
    ],
)
def test_a_cut_call(reason: Any, kind: str, status: str) -> None:
    ended = [chunk({}, reason)] if reason else []
    records = encoded([call_chunk('{"a": 1}', id="c", name="f"), *ended])
    assert all("done" not in record["type"] for record in records)
    assert records[-1]["type"] == kind
    response = records[-1]["response"]
    assert response["status"] == status
    assert response["output"][0]["status"] == "incomplete"


def test_the_end_without_a_beginning() -> None:
    kinds = [record["type"] for record in OpenAIResponses().finish()]
    assert kinds == ["response.created", "response.in_progress", "response.failed"]
    last = OpenAIResponses().abort()[-1]
    assert last["response"]["status"] == "cancelled"


def test_late_citations() -> None:
    pages = [{"type": "url_citation", "url_citation": {"url": f"https://{n}"}} for n in "ab"]
    pieces = [chunk({"content": "x"}), chunk({"annotations": pages}), chunk({}, "stop")]
    content = encoded(pieces)[-1]["response"]["output"][0]["content"][0]
    assert [one["url"] for one in content["annotations"]] == ["https://a", "https://b"]
    parser, _, _ = run_parser(pieces)
    body = OpenAIResponses().body(parser.message)
    assert body["output"][0]["content"][0]["annotations"] == content["annotations"]


def test_an_approval_is_a_normal_end() -> None:
    item = {"type": "mcp_approval_request", "id": "a", "name": "echo", "arguments": "{}"}
    pieces = [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
    ]
    parser, events, _ = run_parser(pieces, "openai-responses")
    assert parser.message.finish_reason == "paused"
    check(parser.message, events)
