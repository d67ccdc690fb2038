"""Tests of streamparse.frontends.ag_ui: the events of the protocol."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import AnyMessageEvent, MessageParser, OutputRejected, ProviderEvent
from streamparse.errors import SchemaViolation
from streamparse.frontends import AGUIEvents
from streamparse.message import Citation, Message, ServerToolResult, ToolCall
from streamparse.message_events import (
    MessageFinished,
    ReasoningDelta,
    RefusalDelta,
    ServerToolCompleted,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallStarted,
)
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk

STOP = chunk({}, "stop")
RUN = {"threadId": "t", "runId": "r"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chat(*records: Any, **options: Any) -> list[Any]:
    """Return the events of the protocol for these records of an OpenAI chat stream."""
    _, events, _ = run_parser([sse(records)], **options)
    run = AGUIEvents("t", "r")
    return run.encode(events) + run.finish()


def kinds(events: list[Any]) -> list[str]:
    return [written["type"] for written in events]


def only(events: list[Any], kind: str) -> list[Any]:
    return [written for written in events if written["type"] == kind]


def arguments(events: list[Any]) -> str:
    return "".join(written["delta"] for written in only(events, "TOOL_CALL_ARGS"))


def ended(call: ToolCall, *parts: Any) -> list[Any]:
    """Return the events of the protocol for a message with this call and these other parts."""
    message = Message()
    message.content = [call, *parts]
    message.status, message.finish_reason = "complete", "stop"
    events: list[AnyMessageEvent] = [ToolCallStarted(call), ToolCallCompleted(call)]
    results = [part for part in parts if isinstance(part, ServerToolResult)]
    events += [ServerToolCompleted(result) for result in results]
    events.append(MessageFinished(message))
    run = AGUIEvents("t", "r")
    return run.encode(events) + run.finish()


def server_call() -> ToolCall:
    call = ToolCall(0, "server")
    call.id, call.name, call.status, call._settled = "s1", "search", "complete", {}
    return call


# Text


def test_text_and_reasoning() -> None:
    written = chat(
        chunk({"reasoning_content": "Hm."}),
        text_chunk("Low."),
        {**STOP, "model": "m", "usage": USAGE},
    )
    assert written == [
        {"type": "RUN_STARTED", **RUN},
        {"type": "REASONING_START", "messageId": "r-1"},
        {"type": "REASONING_MESSAGE_START", "messageId": "r-1", "role": "reasoning"},
        {"type": "REASONING_MESSAGE_CONTENT", "messageId": "r-1", "delta": "Hm."},
        {"type": "REASONING_MESSAGE_END", "messageId": "r-1"},
        {"type": "REASONING_END", "messageId": "r-1"},
        {"type": "TEXT_MESSAGE_START", "messageId": "r-2", "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "r-2", "delta": "Low."},
        {"type": "TEXT_MESSAGE_END", "messageId": "r-2"},
        {
            "type": "RUN_FINISHED",
            **RUN,
            "usage": [{"model": "m", "inputTokens": 3, "outputTokens": 2, "totalTokens": 5}],
            "metadata": {"finishReason": "stop", "rawFinishReason": "stop"},
        },
    ]


def test_a_refusal_is_a_marked_message() -> None:
    written = AGUIEvents("t", "r").encode([TextDelta("Well, "), RefusalDelta("no.")])
    assert only(written, "TEXT_MESSAGE_START")[1] == {
        "type": "TEXT_MESSAGE_START",
        "messageId": "r-2",
        "role": "assistant",
        "metadata": {"refusal": True},
    }


# Calls


def test_calls_belong_to_the_message_before_them() -> None:
    written = chat(
        text_chunk("So:"),
        call_chunk('{"a":', index=0, id="c0", name="f"),
        call_chunk(" 1}", index=0),
        call_chunk("{}", index=1, id="c1", name="g"),
        chunk({}, "tool_calls"),
    )
    assert written[4:-1] == [
        {
            "type": "TOOL_CALL_START",
            "toolCallId": "c0",
            "toolCallName": "f",
            "parentMessageId": "r-1",
        },
        {"type": "TOOL_CALL_ARGS", "toolCallId": "c0", "delta": '{"a":1}'},
        {
            "type": "TOOL_CALL_START",
            "toolCallId": "c1",
            "toolCallName": "g",
            "parentMessageId": "r-1",
        },
        {"type": "TOOL_CALL_ARGS", "toolCallId": "c1", "delta": "{}"},
        {"type": "TOOL_CALL_END", "toolCallId": "c0"},
        {"type": "TOOL_CALL_END", "toolCallId": "c1"},
    ]
    assert written[-1]["outcome"] == {"type": "success", "pendingToolCallIds": ["c0", "c1"]}


def test_messages_are_in_order() -> None:
    """Text after a call is a new message, and so is a call after reasoning."""
    calls = [ToolCall(at) for at in range(3)]
    for call in calls:
        call.id, call.name = f"c{call.index}", "f"
    written = AGUIEvents("t", "r").encode(
        [
            ToolCallStarted(calls[0]),
            TextDelta("x"),
            ToolCallStarted(calls[1]),
            ReasoningDelta("y"),
            ToolCallStarted(calls[2]),
        ]
    )
    parents = [each["parentMessageId"] for each in only(written, "TOOL_CALL_START")]
    texts = [each["messageId"] for each in only(written, "TEXT_MESSAGE_START")]
    assert parents == ["r-1", "r-2", "r-4"]
    assert texts == ["r-2"]


@pytest.mark.parametrize("text", ["", " ", "{}"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    assert arguments(chat(call_chunk(text, id="c", name="f"), STOP)) == "{}"


def test_repaired_arguments_are_json() -> None:
    """`JSON.parse` must read the arguments that a lenient dialect has repaired."""
    record = call_chunk("{a: 'x', b: [1, 2,],}", id="c", name="f")
    written = chat(record, STOP, dialect="lenient")
    assert arguments(written) == '{"a":"x","b":[1,2]}'
    assert written[-1]["outcome"] == {"type": "success", "pendingToolCallIds": ["c"]}


def test_free_text_is_a_json_string() -> None:
    call = ToolCall(0, "custom")
    call.id, call.name = "c", "sql"
    run = AGUIEvents("t", "r")
    written = run.encode([ToolCallStarted(call)])
    for piece in ('select "', "ä\n", '"'):
        call._grow(piece)
        written += run.encode([ToolCallDelta(call, piece)])
    call.status = "complete"
    written += run.encode([ToolCallCompleted(call)])
    assert json.loads(arguments(written)) == 'select "ä\n"'


def test_a_name_that_changes_after_the_start() -> None:
    """The call is started again, as the client keeps the first name otherwise."""
    call = ToolCall(0)
    call.id, call.name, call.status, call._settled = "c", "get", "complete", {}
    run = AGUIEvents("t", "r")
    run.encode([ToolCallStarted(call)])
    call.name = "get_tide"
    written = run.encode([ToolCallCompleted(call)])
    assert kinds(written) == ["TOOL_CALL_END", "TOOL_CALL_START", "TOOL_CALL_END"]
    assert written[1]["toolCallName"] == "get_tide"


def test_a_rejected_call_never_ends() -> None:
    written = chat(call_chunk('{"a": tru3}', id="c", name="f"), STOP)
    assert only(written, "TOOL_CALL_END") == []
    [custom] = only(written, "CUSTOM")
    assert custom["name"] == "tool_call_rejected"
    assert custom["value"]["toolCallId"] == "c"
    assert custom["value"]["code"] == "invalid_literal"
    assert written[-1]["type"] == "RUN_ERROR"
    assert written[-1]["code"] == "incomplete_call"


def test_a_truncated_call_never_ends() -> None:
    written = chat(call_chunk('{"a": 1', id="c", name="f"), chunk({}, "length"))
    assert only(written, "TOOL_CALL_END") == []
    assert [each["name"] for each in only(written, "CUSTOM")] == ["tool_call_truncated"]
    assert written[-1] == {
        "type": "RUN_ERROR",
        "message": "the answer was cut: length",
        "code": "length",
        "metadata": {"finishReason": "length", "rawFinishReason": "length"},
    }


def test_a_second_result_does_not_end_a_call_again() -> None:
    run = AGUIEvents("t", "r")
    parser, events, _ = run_parser([sse([call_chunk("{", id="c", name="f"), chunk({}, "length")])])
    run.encode(events)
    [call] = parser.message.tool_calls
    written = run.tool_error(call, "cut") + run.tool_denied(call)
    assert kinds(written).count("TOOL_CALL_RESULT") == 2
    assert kinds(written).count("TOOL_CALL_END") == 1


def test_server_that_runs_the_tools() -> None:
    """The server may answer a rejected call too; then the run continues and can succeed."""
    run = AGUIEvents("t", "r")
    records = [
        call_chunk('{"a": 1}', index=0, id="c0", name="f"),
        call_chunk('{"a": tru3}', index=1, id="c1", name="f"),
        chunk({}, "tool_calls"),
    ]
    parser, events, _ = run_parser([sse(records)])
    run.encode(events)
    good, bad = parser.message.tool_calls
    written = run.tool_output(good, {"b": 2}) + run.tool_error(bad, "no JSON")
    _, events, _ = run_parser([sse([text_chunk("Two."), STOP])])
    written += run.encode(events) + run.finish()
    assert written[:3] == [
        {
            "type": "TOOL_CALL_RESULT",
            "messageId": "r-2",
            "toolCallId": "c0",
            "content": '{"b":2}',
            "role": "tool",
        },
        {
            "type": "TOOL_CALL_RESULT",
            "messageId": "r-3",
            "toolCallId": "c1",
            "content": "no JSON",
            "role": "tool",
            "metadata": {"error": True},
        },
        {"type": "TOOL_CALL_END", "toolCallId": "c1"},
    ]
    assert written[-1]["type"] == "RUN_FINISHED"
    assert "outcome" not in written[-1]
    assert only(written, "RUN_STARTED") == []


# Tools of the provider


def test_results_of_the_provider() -> None:
    written = ended(server_call(), ServerToolResult("s1", "search", "low"))
    assert [each["content"] for each in only(written, "TOOL_CALL_RESULT")] == ["low"]
    assert "outcome" not in written[-1]  # the client has no call to run


def test_a_call_of_the_provider_without_a_result() -> None:
    """An empty result is sent; otherwise the client would run the call."""
    written = ended(server_call())
    assert [each["content"] for each in only(written, "TOOL_CALL_RESULT")] == [""]
    assert "outcome" not in written[-1]


def test_a_result_without_a_call() -> None:
    written = ended(server_call(), ServerToolResult("gone", "list", [1]))
    assert only(written, "CUSTOM") == [
        {
            "type": "CUSTOM",
            "name": "server_tool_result",
            "value": {"callId": "gone", "name": "list", "content": [1]},
        }
    ]


# Data for which the protocol has no event


def test_sources_files_and_provider_events() -> None:
    page = {"type": "url_citation", "url": "https://example.org", "title": "Tides"}
    written = ended(server_call(), Citation(page))
    assert only(written, "CUSTOM")[0] == {
        "type": "CUSTOM",
        "name": "source",
        "value": {"url": "https://example.org", "title": "Tides", "citation": page},
    }
    written = AGUIEvents("t", "r", provider_events=True).encode(
        [
            ProviderEvent("mood", None),
            ProviderEvent("inlineData", {"mimeType": "image/png", "data": "aGk="}),
        ]
    )
    assert written == [
        {"type": "RUN_STARTED", **RUN},
        {"type": "RAW", "event": None, "source": "mood"},
        {
            "type": "CUSTOM",
            "name": "file",
            "value": {"url": "data:image/png;base64,aGk=", "mediaType": "image/png"},
        },
    ]


def test_a_rejected_output() -> None:
    error = SchemaViolation("not one of these", code="enum", path=("unit",), offset=4)
    [custom] = only(AGUIEvents("t", "r").encode([OutputRejected(error)]), "CUSTOM")
    assert custom["name"] == "output_rejected"
    assert custom["value"]["path"] == ["unit"]


# The end


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_cut_text_is_an_error(reason: str) -> None:
    written = chat(text_chunk("So"), chunk({}, reason))
    assert kinds(written)[-2:] == ["TEXT_MESSAGE_END", "RUN_ERROR"]
    assert written[-1]["code"] == reason


def test_an_error_of_the_provider() -> None:
    written = chat(text_chunk("So"), {"error": {"message": "too busy", "type": "overloaded"}})
    assert kinds(written)[-2:] == ["TEXT_MESSAGE_END", "RUN_ERROR"]
    assert written[-1]["code"] == "provider_error"
    assert "too busy" in written[-1]["message"]


def test_an_answer_without_an_end() -> None:
    parser, run = MessageParser("openai-chat"), AGUIEvents("t", "r")
    written = run.encode(parser.feed(text_chunk("So"))) + run.finish(ConnectionError("reset"))
    assert kinds(written)[-2:] == ["TEXT_MESSAGE_END", "RUN_ERROR"]
    assert written[-1] == {
        "type": "RUN_ERROR",
        "message": "an error broke off the answer",
        "code": "error",
    }
    assert kinds(AGUIEvents("t", "r").finish()) == ["RUN_STARTED", "RUN_ERROR"]


def test_a_failed_answer_may_be_requested_again() -> None:
    run = AGUIEvents("t", "r")
    for records in ([{"error": {"message": "busy"}}], [text_chunk("So"), STOP]):
        _, events, _ = run_parser([sse(records)])
        run.encode(events)
    assert kinds(run.finish()) == ["RUN_FINISHED"]


def test_abort() -> None:
    run = AGUIEvents("t", "r")
    run.encode([TextDelta("So")])
    assert run.abort() == [
        {"type": "TEXT_MESSAGE_END", "messageId": "r-1"},
        {"type": "RUN_FINISHED", **RUN, "outcome": {"type": "cancelled"}},
    ]
    assert run.finish() == []


def test_abort_in_a_call() -> None:
    """The call is cut first, as a run does not finish while a call is open."""
    run = AGUIEvents("t", "r")
    run.encode(MessageParser("openai-chat").feed(call_chunk('{"a', id="c", name="f")))
    written = run.abort("stopped")
    assert kinds(written) == ["CUSTOM", "RUN_ERROR"]
    assert written[-1] == {"type": "RUN_ERROR", "message": "stopped", "code": "cancelled"}


def test_server_sent_events() -> None:
    """The stream has no end record, as the client reads each record as JSON."""
    run = AGUIEvents("t", "r")
    body = run.to_sse(run.encode([TextDelta("x")])) + run.to_sse(run.finish())
    records = body.decode().split("\n\n")
    assert records.pop() == ""
    assert all(json.loads(record.removeprefix("data: "))["type"] for record in records)
