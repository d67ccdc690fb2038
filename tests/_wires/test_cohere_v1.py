"""Tests of Cohere's API before `/v2/chat`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import Citation, MessageParser
from streamparse.message import Message
from tests.helpers import cut

START = {"event_type": "stream-start", "is_finished": False, "generation_id": "g-1"}
META = {"tokens": {"input_tokens": 4, "output_tokens": 9}, "api_version": {"version": "1"}}
CITATION = {"start": 0, "end": 3, "text": "Two", "document_ids": ["d-1"]}


def text(piece: str) -> dict[str, Any]:
    return {"event_type": "text-generation", "is_finished": False, "text": piece}


def call_delta(index: int, **delta: Any) -> dict[str, Any]:
    return {"event_type": "tool-calls-chunk", "tool_call_delta": {"index": index, **delta}}


def end(reason: str = "COMPLETE", **body: Any) -> dict[str, Any]:
    response = {"response_id": "r-1", "generation_id": "g-1", "meta": META, **body}
    return {
        "event_type": "stream-end",
        "is_finished": True,
        "finish_reason": reason,
        "response": response,
    }


ANSWER = [
    START,
    text("Two "),
    text("cups."),
    {"event_type": "citation-generation", "is_finished": False, "citations": [CITATION]},
    end(text="Two cups.", citations=[CITATION]),
]
CALLS = [
    START,
    call_delta(0, name="look"),
    call_delta(0, parameters='{"a"'),
    call_delta(0, parameters=": 1}"),
    call_delta(1, name="book"),
    call_delta(1, parameters="{}"),
    {
        "event_type": "tool-calls-generation",
        "tool_calls": [
            {"name": "look", "parameters": {"a": 1}},
            {"name": "book", "parameters": {}},
        ],
    },
    end(text=""),
]


def read(records: list[Any], size: int = 0, api: Any = "auto") -> tuple[Message, MessageParser]:
    source = "".join([json.dumps(record) + "\n" for record in records])
    parser = MessageParser(api)
    for piece in cut(source, [size]) if size else [source]:
        parser.feed(piece)
    parser.finish()
    return parser.message, parser


def test_an_answer() -> None:
    message, parser = read(ANSWER)
    assert (parser.api, message.id) == ("cohere-v1", "g-1")
    assert (message.text, message.status, message.finish_reason) == (
        "Two cups.",
        "complete",
        "stop",
    )
    assert message.content[1:] == [Citation(CITATION)]
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (4, 9)


def test_calls() -> None:
    message, _ = read(CALLS)
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    assert calls == [("look", {"a": 1}), ("book", {})]
    assert message.finish_reason == "tool_calls"


@pytest.mark.parametrize("records", [ANSWER, CALLS])
@given(size=st.integers(1, 60))
def test_any_chunking(records: list[Any], size: int) -> None:
    assert read(records, size, "cohere-v1")[0] == read(records, api="cohere-v1")[0]


@pytest.mark.parametrize("records", [ANSWER, CALLS])
def test_a_cut_stream_is_never_complete(records: list[Any]) -> None:
    for place in range(1, len(records)):
        message, _ = read(records[:place], api="cohere-v1")
        assert message.status == "truncated"
        for call in message.tool_calls:
            assert (call.status == "complete") == (place > 6)


def test_a_whole_body() -> None:
    body = end(text="Two cups.", citations=[CITATION])["response"]
    message, _ = read([{**body, "finish_reason": "COMPLETE"}])
    streamed, _ = read(ANSWER)
    assert message == streamed


def test_the_end_adds_text_and_calls_that_were_not_streamed() -> None:
    calls = [{"name": "look", "parameters": {"a": 1}}]
    message, _ = read([START, end(text="Wait.", tool_calls=calls)])
    assert message.text == "Wait."
    assert [call.arguments for call in message.tool_calls] == [{"a": 1}]


@pytest.mark.parametrize(
    ("word", "reason", "status"),
    [
        ("MAX_TOKENS", "length", "truncated"),
        ("ERROR_LIMIT", "length", "truncated"),
        ("ERROR_TOXIC", "content_filter", "truncated"),
        ("ERROR", "error", "failed"),
        ("USER_CANCEL", "cancelled", "truncated"),
    ],
)
def test_finish_reasons(word: str, reason: str, status: str) -> None:
    message, _ = read([*ANSWER[:-1], end(word)])
    assert (message.finish_reason, message.status) == (reason, status)


def test_other_events_are_passed_on() -> None:
    parser = MessageParser("cohere-v1")
    parser.feed(START)
    found = parser.feed({"event_type": "search-results", "documents": [{"id": "d-1"}]})
    assert [(event.name, event.data) for event in found if event.type == "provider_event"] == [
        ("documents", [{"id": "d-1"}])
    ]


def test_history() -> None:
    assert read(ANSWER)[0].to_history() == [{"role": "CHATBOT", "message": "Two cups."}]
    (entry,) = read(CALLS)[0].to_history()
    assert entry["tool_calls"][0] == {"name": "look", "parameters": {"a": 1}}
    assert read([START])[0].to_history() == []


def test_results_of_calls() -> None:
    message, _ = read(CALLS)
    call = message.tool_calls[0]
    assert message.tool_result(call, {"n": 2}) == {
        "call": {"name": "look", "parameters": {"a": 1}},
        "outputs": [{"n": 2}],
    }
