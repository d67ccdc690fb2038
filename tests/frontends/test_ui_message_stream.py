"""Tests of streamparse.frontends.ui_message_stream: the chunks of the protocol."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import AnyMessageEvent, MessageParser, OutputRejected, ProviderError, ProviderEvent
from streamparse.errors import SchemaViolation, StreamParseError
from streamparse.frontends import UIMessageStream
from streamparse.message import Citation, Message, ServerToolResult, ToolCall
from streamparse.message_events import (
    MessageFailed,
    MessageFinished,
    MessageStarted,
    RefusalDelta,
    ServerToolCompleted,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallStarted,
)
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk
from tests.responses import added, at, completed, done, incomplete

STOP = chunk({}, "stop")
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
PARTS = [{"type": "start"}, {"type": "start-step"}]


def chat(*records: Any, **options: Any) -> list[Any]:
    """Return the chunks for these records of an OpenAI chat stream."""
    _, events, _ = run_parser([sse(records)], **options)
    ui = UIMessageStream()
    return ui.encode(events) + ui.finish()


def kinds(chunks: list[Any]) -> list[str]:
    return [written["type"] for written in chunks]


def only(chunks: list[Any], kind: str) -> list[Any]:
    return [written for written in chunks if written["type"] == kind]


def server_call() -> ToolCall:
    call = ToolCall(0, "server")
    call.id, call.name, call.status, call._settled = "s1", "search", "complete", {"q": "tide"}
    return call


def ended(call: ToolCall, *parts: Any, **about: Any) -> list[Any]:
    """Return the chunks for a message with this call and these other parts."""
    message = Message()
    message.content = [call, *parts]
    message.status, message.finish_reason = "complete", "stop"
    events: list[AnyMessageEvent] = [ToolCallStarted(call), ToolCallCompleted(call)]
    results = [part for part in parts if isinstance(part, ServerToolResult)]
    events += [ServerToolCompleted(result) for result in results]
    events.append(MessageFinished(message))
    ui = UIMessageStream(message_id="m")
    return ui.encode(events) + ui.finish()


# Text


def test_text_and_reasoning() -> None:
    written = chat(
        chunk({"reasoning_content": "Hm."}),
        text_chunk("Lo"),
        text_chunk("w."),
        STOP,
        {"usage": USAGE},
    )
    assert written == [
        *PARTS,
        {"type": "reasoning-start", "id": "1"},
        {"type": "reasoning-delta", "id": "1", "delta": "Hm."},
        {"type": "reasoning-end", "id": "1"},
        {"type": "text-start", "id": "2"},
        {"type": "text-delta", "id": "2", "delta": "Low."},
        {"type": "text-end", "id": "2"},
        {"type": "finish-step"},
        {
            "type": "finish",
            "finishReason": "stop",
            "messageMetadata": {
                "finishReason": "stop",
                "rawFinishReason": "stop",
                "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
            },
        },
    ]


def test_a_refusal_is_marked_text() -> None:
    written = UIMessageStream().encode([TextDelta("Well, "), RefusalDelta("no.")])
    assert written[4:] == [
        {"type": "text-end", "id": "1"},
        {
            "type": "text-start",
            "id": "2",
            "providerMetadata": {"streamparse": {"refusal": True}},
        },
        {"type": "text-delta", "id": "2", "delta": "no."},
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content-filter"),
        ("tool_calls", "tool-calls"),
        ("surprise", "other"),
    ],
)
def test_finish_reasons(reason: str, expected: str) -> None:
    end = chat(text_chunk("x"), chunk({}, reason))[-1]
    assert end["finishReason"] == expected
    assert end["messageMetadata"]["rawFinishReason"] == reason


def test_message_id_and_model() -> None:
    ui = UIMessageStream(message_id="m-1")
    assert ui.encode([MessageStarted("p-1", "small")]) == [
        {"type": "start", "messageId": "m-1"},
        {"type": "start-step"},
    ]
    assert ui.finish()[-1]["messageMetadata"]["model"] == "small"


# Calls


def test_a_call() -> None:
    written = chat(
        text_chunk("So:"),
        call_chunk("", id="c1", name="f"),
        call_chunk('{"a":'),
        call_chunk(" 1}"),
        chunk({}, "tool_calls"),
    )
    assert written[5:-2] == [
        {"type": "tool-input-start", "toolCallId": "c1", "toolName": "f"},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": '{"a":1}'},
        {"type": "tool-input-available", "toolCallId": "c1", "toolName": "f", "input": {"a": 1}},
    ]


def test_a_call_without_arguments() -> None:
    [available] = only(chat(call_chunk("", id="c", name="f"), STOP), "tool-input-available")
    assert available["input"] == {}


def test_null_arguments() -> None:
    [available] = only(chat(call_chunk("null", id="c", name="f"), STOP), "tool-input-available")
    assert available["input"] is None


def test_dynamic_tools() -> None:
    _, events, _ = run_parser([sse([call_chunk("{}", id="c", name="f"), STOP])])
    ui = UIMessageStream(dynamic_tools=True)
    written = ui.encode(events) + ui.tool_output(events[-1].message.tool_calls[0], 1)
    reported = [each for each in written if "toolCallId" in each and "inputTextDelta" not in each]
    assert kinds(reported) == ["tool-input-start", "tool-input-available", "tool-output-available"]
    assert all(each["dynamic"] for each in reported)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_a_truncated_call(finish: str) -> None:
    written = chat(call_chunk('{"a": 1', id="c", name="f"), chunk({}, finish))
    assert only(written, "tool-input-available") == []
    assert only(written, "tool-input-error") == [
        {
            "type": "tool-input-error",
            "toolCallId": "c",
            "toolName": "f",
            "input": '{"a": 1',
            "errorText": "the call was cut off before its end",
            "providerMetadata": {"streamparse": {"status": "truncated", "code": "truncated"}},
        }
    ]
    assert only(written, "error") == []


def test_a_rejected_call() -> None:
    """The error has the text up to the invalid character; later text is not sent."""
    written = chat(call_chunk('{"a": tru3, "b"', id="c", name="f"), call_chunk(": 1}"), STOP)
    [error] = only(written, "tool-input-error")
    assert error["input"] == '{"a": tru'
    assert error["errorText"]
    assert only(written, "tool-input-available") == []
    assert [each["inputTextDelta"] for each in only(written, "tool-input-delta")] == ["{"]


def test_an_unknown_tool() -> None:
    tools = [{"name": "g", "parameters": {"type": "object"}}]
    written = chat(call_chunk('{"a": 1}', id="c", name="f"), STOP, tools=tools)
    [error] = only(written, "tool-input-error")
    assert error["input"] == ""
    assert only(written, "tool-input-available") == only(written, "tool-input-delta") == []


def test_a_free_text_call() -> None:
    item = {"id": "it_0", "type": "custom_tool_call", "call_id": "c", "name": "sql", "input": ""}
    records = [
        added(0, item),
        at("custom_tool_call_input.delta", 0, delta='select "1'),
        at("custom_tool_call_input.delta", 0, delta='"'),
        done(0, {**item, "input": 'select "1"', "status": "completed"}),
        completed(),
    ]
    _, events, _ = run_parser(records, "openai-responses")
    written = UIMessageStream().encode(events)
    assert only(written, "tool-input-start")[0]["inputEncoding"] == "text"
    assert only(written, "tool-input-available")[0]["input"] == 'select "1"'


def test_a_cut_free_text_call() -> None:
    item = {"id": "it_0", "type": "custom_tool_call", "call_id": "c", "name": "sql", "input": ""}
    records = [added(0, item), at("custom_tool_call_input.delta", 0, delta="sel"), incomplete()]
    _, events, _ = run_parser(records, "openai-responses")
    [error] = only(UIMessageStream().encode(events), "tool-input-error")
    assert error["input"] == "sel"


# Results of tools


def test_results_of_the_provider() -> None:
    call = server_call()
    written = ended(call, ServerToolResult("s1", "search", [{"title": "Tides"}]))
    naming = {"toolCallId": "s1", "providerExecuted": True}
    assert written[2:5] == [
        {"type": "tool-input-start", **naming, "toolName": "search"},
        {"type": "tool-input-available", **naming, "toolName": "search", "input": {"q": "tide"}},
        {"type": "tool-output-available", **naming, "output": [{"title": "Tides"}]},
    ]


@pytest.mark.parametrize(
    ("content", "extra", "text"),
    [
        ("no network", {"is_error": True}, "no network"),
        ([{"text": "no"}], {"status": "error"}, '[{"text":"no"}]'),
        (
            {"type": "web_search_tool_result_error", "error_code": "busy"},
            {},
            '{"type":"web_search_tool_result_error","error_code":"busy"}',
        ),
    ],
)
def test_failed_tools_of_the_provider(content: Any, extra: Any, text: str) -> None:
    written = ended(server_call(), ServerToolResult("s1", "search", content, extra))
    assert [each["errorText"] for each in only(written, "tool-output-error")] == [text]
    assert only(written, "tool-output-available") == []


def test_a_result_without_an_id_belongs_to_the_call_of_its_tool() -> None:
    call = server_call()
    call.id = None
    written = ended(call, ServerToolResult(None, "search", 7), ServerToolResult(None, "search", 8))
    [result] = only(written, "tool-output-available")
    assert (result["toolCallId"], result["output"]) == ("m-call-1", 7)
    assert [each["data"] for each in only(written, "data-server-tool-result")] == [
        {"callId": None, "name": "search", "content": 8}
    ]


def test_a_result_without_a_call() -> None:
    written = ended(server_call(), ServerToolResult("gone", "list", [1]))
    assert only(written, "tool-output-available") == []
    assert only(written, "data-server-tool-result") == [
        {
            "type": "data-server-tool-result",
            "data": {"callId": "gone", "name": "list", "content": [1]},
        }
    ]


def test_a_second_result_of_a_call() -> None:
    written = ended(server_call(), *[ServerToolResult("s1", "search", at) for at in range(2)])
    assert [each["output"] for each in only(written, "tool-output-available")] == [0]
    assert [each["data"]["content"] for each in only(written, "data-server-tool-result")] == [1]


def test_server_that_runs_the_tools() -> None:
    """Two answers are two steps of one message, with the results of the tools between them."""
    ui = UIMessageStream()
    parser, events, _ = run_parser(
        [
            sse(
                [
                    call_chunk('{"a": 1}', index=0, id="c0", name="f"),
                    call_chunk("{}", index=1, id="c1", name="g"),
                    chunk({}, "tool_calls"),
                    {"usage": USAGE},
                ]
            )
        ]
    )
    ui.encode(events)
    f, g = parser.message.tool_calls
    written = ui.tool_output(f, {"b": 2}) + ui.tool_error(g, "no such thing")
    _, events, _ = run_parser([sse([text_chunk("Two."), STOP, {"usage": USAGE}])])
    written += ui.encode(events) + ui.finish()
    assert written[:4] == [
        {"type": "tool-output-available", "toolCallId": "c0", "output": {"b": 2}},
        {"type": "tool-output-error", "toolCallId": "c1", "errorText": "no such thing"},
        {"type": "finish-step"},
        {"type": "start-step"},
    ]
    assert kinds(written).count("start") == 0
    assert written[-1]["messageMetadata"]["usage"] == {
        "inputTokens": 6,
        "outputTokens": 4,
        "totalTokens": 10,
    }


# Sources and files


def test_sources() -> None:
    page = {"type": "url_citation", "url": "https://example.org", "title": "Tides"}
    paper = {"type": "file_citation", "filename": "tides.pdf"}
    written = ended(server_call(), Citation(page), Citation(paper))
    assert written[4:6] == [
        {
            "type": "source-url",
            "sourceId": "m-source-1",
            "url": "https://example.org",
            "title": "Tides",
            "providerMetadata": {"streamparse": {"citation": page}},
        },
        {
            "type": "source-document",
            "sourceId": "m-source-2",
            "mediaType": "application/pdf",
            "title": "tides.pdf",
            "filename": "tides.pdf",
            "providerMetadata": {"streamparse": {"citation": paper}},
        },
    ]


def test_files() -> None:
    written = UIMessageStream().encode(
        [
            TextDelta("Look:"),
            ProviderEvent("inlineData", {"mimeType": "image/png", "data": "aGk="}),
            ProviderEvent("fileData", {"mimeType": "text/csv", "fileUri": "gs://b/t.csv"}),
            ProviderEvent("inlineData", {"mimeType": "image/png"}),
        ]
    )
    assert written[4:] == [
        {"type": "text-end", "id": "1"},
        {"type": "file", "url": "data:image/png;base64,aGk=", "mediaType": "image/png"},
        {"type": "file", "url": "gs://b/t.csv", "mediaType": "text/csv"},
    ]


def test_provider_events_are_transient() -> None:
    written = UIMessageStream(provider_events=True).encode([ProviderEvent("mood", {"a": 1})])
    assert written == [
        {"type": "start"},
        {
            "type": "data-provider-event",
            "data": {"name": "mood", "data": {"a": 1}},
            "transient": True,
        },
    ]


# Failures


def test_an_error_of_the_provider() -> None:
    written = chat(text_chunk("So"), {"error": {"message": "too busy", "type": "overloaded"}})
    assert kinds(written)[4:] == ["text-end", "message-metadata", "error", "finish-step", "finish"]
    assert "too busy" in written[6]["errorText"]
    assert written[-1]["finishReason"] == "error"


def test_a_cut_answer() -> None:
    parser, ui = MessageParser("openai-chat"), UIMessageStream()
    written = ui.encode(parser.feed(text_chunk("So"))) + ui.encode(parser.cut()) + ui.finish()
    assert [each["errorText"] for each in only(written, "error")] == [
        "the answer was cut off before its end"
    ]
    assert written[-1]["finishReason"] == "error"


def test_an_answer_without_an_end() -> None:
    """If the source raised, open parts are closed and one error is sent."""
    parser, ui = MessageParser("openai-chat"), UIMessageStream()
    written = ui.encode(parser.feed(text_chunk("So")))
    written += ui.encode(parser.feed(call_chunk('{"a', id="c", name="f")))
    written += ui.finish(ConnectionError("reset"))
    assert kinds(written)[7:] == [
        "tool-input-error",
        "message-metadata",
        "error",
        "finish-step",
        "finish",
    ]


def test_only_the_first_error_is_sent() -> None:
    message = Message()
    message.status, message.finish_reason = "failed", "error"
    error = ProviderError("too busy", data=None)
    ui = UIMessageStream()
    written = ui.encode([MessageFailed(message, error)]) + ui.finish(ConnectionError("reset"))
    assert [each["errorText"] for each in only(written, "error")] == ["too busy"]


def test_a_stream_without_events() -> None:
    assert kinds(UIMessageStream().finish()) == [
        "start",
        "start-step",
        "message-metadata",
        "error",
        "finish-step",
        "finish",
    ]


def test_abort() -> None:
    ui = UIMessageStream()
    call = ToolCall()
    call.id, call.name = "c", "f"
    call._grow('{"a')
    written = ui.encode([TextDelta("So"), ToolCallStarted(call), ToolCallDelta(call, '{"a')])
    written += ui.abort("stopped")
    assert kinds(written)[-2:] == ["tool-input-error", "abort"]
    assert written[-1] == {"type": "abort", "reason": "stopped"}
    assert ui.finish() == []


def test_a_rejected_output() -> None:
    error = SchemaViolation("not one of these", code="enum", path=("unit",), offset=4)
    written = UIMessageStream().encode([OutputRejected(error)])
    assert written[1:] == [
        {
            "type": "data-output-rejected",
            "data": {
                "errorText": "not one of these",
                "code": "enum",
                "path": ["unit"],
                "offset": 4,
            },
        }
    ]


# Server-sent events


def test_server_sent_events() -> None:
    ui = UIMessageStream()
    assert ui.to_sse(ui.encode([TextDelta("é")])).endswith(
        'data: {"type":"text-delta","id":"1","delta":"é"}\n\n'.encode()
    )
    assert ui.to_sse(ui.finish()).endswith(b"\n\ndata: [DONE]\n\n")
    assert UIMessageStream.headers["x-vercel-ai-ui-message-stream"] == "v1"
    stopped = UIMessageStream()
    assert stopped.to_sse(stopped.abort()).endswith(b'{"type":"abort"}\n\ndata: [DONE]\n\n')


def called() -> tuple[UIMessageStream, list[Any]]:
    """Return an encoder after a whole call with the id "c", and its chunks."""
    _, events, _ = run_parser([call_chunk("{}", id="c", name="f"), chunk({}, "tool_calls")])
    ui = UIMessageStream()
    return ui, ui.encode(events)


def test_approvals_and_results_of_a_call() -> None:
    """The server may refer to the call by its id."""
    ui, _ = called()
    assert ui.request_approval("c", reason="it costs")[-1] == {
        "type": "tool-approval-request",
        "approvalId": "c-approval",
        "toolCallId": "c",
        "reason": "it costs",
    }
    assert ui.answer_approval("c-approval", True)[-1] == {
        "type": "tool-approval-response",
        "approvalId": "c-approval",
        "approved": True,
    }
    [half] = ui.tool_output("c", [1], preliminary=True)
    assert (half["output"], half["preliminary"]) == ([1], True)
    [whole] = ui.tool_output("c", [1, 2])
    assert (whole["type"], whole["output"]) == ("tool-output-available", [1, 2])
    ui, _ = called()
    assert ui.tool_denied("c", "no")[-1] == {"type": "tool-output-denied", "toolCallId": "c"}
    ui, _ = called()
    assert ui.tool_error("c", ValueError("no"))[-1]["type"] == "tool-output-error"


def test_data_and_custom_parts_of_the_application() -> None:
    ui = UIMessageStream()
    assert ui.data("weather", {"t": 3}, id="w", transient=True)[-1] == {
        "type": "data-weather",
        "data": {"t": 3},
        "id": "w",
        "transient": True,
    }
    assert ui.custom("garden.moss", {"p": {"x": 1}})[-1] == {
        "type": "custom",
        "kind": "garden.moss",
        "providerMetadata": {"p": {"x": 1}},
    }
    ui.finish()
    with pytest.raises(StreamParseError):
        ui.custom("garden.moss")


def test_files_of_the_reasoning_and_partial_images() -> None:
    value = {"url": "data:image/png;base64,AA==", "mediaType": "image/png"}
    ui = UIMessageStream()
    written = ui.encode([ProviderEvent("reasoning-file", value)])
    assert written[-1] == {"type": "reasoning-file", **value}
    image = {"partial_image_b64": "AA==", "item_id": "i", "partial_image_index": 1}
    [shown] = ui.encode([ProviderEvent("response.image_generation_call.partial_image", image)])
    assert (shown["type"], shown["id"]) == ("data-partial-image", "i")


def test_a_discarded_answer() -> None:
    ui = UIMessageStream()
    ui.encode([TextDelta("So")])
    assert "reset-step" in kinds(ui.reset())
    assert ui.reset() == []
    written = ui.encode([MessageStarted("m-2", None), TextDelta("Then")])
    assert [record["delta"] for record in written if "delta" in record] == ["Then"]
