"""Tests of streamparse._wires.vercel_ui: streams of other servers, and the next turn.

`test_front_ends.py` tests that the streams of our own encoder are read back.
"""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import (
    Citation,
    Message,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCallCompleted,
)
from streamparse._wires.vercel_ui import VercelUI, same_numbers
from tests.messages import run_parser, sse

START = {"type": "start", "messageId": "msg-1"}
FINISH = {"type": "finish", "finishReason": "stop"}


def text(content: str, identity: str = "1", **more: Any) -> list[dict[str, Any]]:
    return [
        {"type": "text-start", "id": identity},
        {"type": "text-delta", "id": identity, "delta": content},
        {"type": "text-end", "id": identity, **more},
    ]


def call(
    deltas: str, value: Any, identity: str = "c1", name: str = "tide", **more: Any
) -> list[dict[str, Any]]:
    about = {"toolCallId": identity, "toolName": name, **more}
    pieces = [deltas[start : start + 3] for start in range(0, len(deltas), 3)]
    return [
        {"type": "tool-input-start", **about},
        *(
            {"type": "tool-input-delta", "toolCallId": identity, "inputTextDelta": p}
            for p in pieces
        ),
        {"type": "tool-input-available", **about, "input": value},
    ]


def output(value: Any, identity: str = "c1", **more: Any) -> dict[str, Any]:
    return {"type": "tool-output-available", "toolCallId": identity, "output": value, **more}


def read(*records: Any, done: bool = True) -> tuple[Message, list[Any]]:
    parser, events, error = run_parser([sse(list(records), done=done)], "auto")
    assert error is None
    assert parser.message.api == "vercel-ui"
    return parser.message, events


def test_steps_with_a_tool_that_the_server_runs() -> None:
    message, events = read(
        START,
        {"type": "start-step"},
        {"type": "reasoning-start", "id": "r", "providerMetadata": {"x": {"signature": "s"}}},
        {"type": "reasoning-delta", "id": "r", "delta": "Hm."},
        {"type": "reasoning-end", "id": "r"},
        *call('{"port": "Brest"}', {"port": "Brest"}),
        output(None, preliminary=True),
        output({"metres": 6.2}),
        {"type": "finish-step"},
        {"type": "start-step"},
        *text("6.2 metres."),
        {"type": "finish-step"},
        {**FINISH, "messageMetadata": {"usage": {"inputTokens": 3, "outputTokens": 2}, "a": 1}},
    )
    assert (message.id, message.text, message.reasoning) == ("msg-1", "6.2 metres.", "Hm.")
    assert (message.status, message.finish_reason) == ("complete", "stop")
    (found,) = message.tool_calls
    assert (found.kind, found.arguments) == ("server", {"port": "Brest"})
    assert [event.call for event in events if isinstance(event, ToolCallCompleted)] == [found]
    assert message.content[2] == ServerToolResult("c1", "tide", {"metres": 6.2})
    assert message.usage is not None
    assert message.usage.total_tokens == 5
    assert message.extra == {"messageMetadata": {"a": 1}}
    named = [event.name for event in events if event.type == "provider_event"]
    assert named == ["tool-output-available", "messageMetadata"]
    assert message.to_history() == [
        {
            "id": "msg-1",
            "role": "assistant",
            "parts": [
                {
                    "type": "reasoning",
                    "text": "Hm.",
                    "state": "done",
                    "providerMetadata": {"x": {"signature": "s"}},
                },
                {
                    "type": "tool-tide",
                    "toolCallId": "c1",
                    "state": "output-available",
                    "output": {"metres": 6.2},
                    "input": {"port": "Brest"},
                },
                {"type": "text", "text": "6.2 metres.", "state": "done"},
            ],
        }
    ]


def test_calls_for_the_client() -> None:
    records = [*call("", {"a": 1}, "c1"), *call("{}", {}, "c2", providerExecuted=True)]
    message, _ = read(START, *records, {"type": "finish", "finishReason": "tool-calls"})
    client, server = message.tool_calls
    assert (client.kind, client.arguments, server.kind) == ("function", {"a": 1}, "server")
    assert message.finish_reason == "tool_calls"
    (turn,) = message.to_history()
    states = [(part["state"], part.get("providerExecuted")) for part in turn["parts"]]
    assert states == [("input-available", None), ("input-available", True)]


@pytest.mark.parametrize(
    ("deltas", "value", "status"),
    [
        ('{"a": 1.0, "b": 12345678901234567890}', {"a": 1, "b": 12345678901234567000}, "complete"),
        ('{"a": 1%s}' % ("0" * 400), {"a": 1e308 * 10}, "complete"),
        (
            '{"a": 1}',
            {"a": 1, "unit": "C"},
            "rejected",
        ),  # with a default of the schema
        ('{"a": 1}', {"a": True}, "rejected"),
        ('{"a": 1', {"a": 1}, "rejected"),
        ('{"a": 1}', {"a": 2}, "rejected"),
    ],
)
def test_the_final_input(deltas: str, value: Any, status: str) -> None:
    message, _ = read(START, *call(deltas, value), FINISH)
    (found,) = message.tool_calls
    assert found.status == status
    assert [error.code for error in found.errors] == (
        ["replaced_arguments"] if status == "rejected" else []
    )


def test_input_that_the_server_rejects() -> None:
    about = {"toolCallId": "c1", "toolName": "tide", "errorText": "no such tool"}
    message, _ = read(
        START,
        {"type": "tool-input-error", **about, "input": {"a": 1}},
        {"type": "tool-output-error", "toolCallId": "c1", "errorText": "no such tool"},
        FINISH,
    )
    (found,) = message.tool_calls
    assert (found.status, found.partial) == ("rejected", {"a": 1})
    assert [error.message for error in found.errors] == ["no such tool"]
    result = ServerToolResult("c1", "tide", "no such tool", {"is_error": True})
    assert message.content[1] == result
    assert message.to_history() == []


def test_free_text() -> None:
    message, _ = read(START, *call("a + b", "a + b", inputEncoding="text"), FINISH)
    (found,) = message.tool_calls
    assert (found.kind, found.status, found.arguments) == ("custom", "complete", "a + b")


def test_failed_results_are_in_the_history() -> None:
    failed = {"type": "tool-output-error", "toolCallId": "c1", "errorText": "busy"}
    message, _ = read(START, *call("{}", {}), failed, FINISH)
    part = message.to_history()[0]["parts"][0]
    assert (part["state"], part["errorText"]) == ("output-error", "busy")


def test_texts_that_overlap() -> None:
    one, two = text("AB", "1"), text("xy", "2")
    message, _ = read(START, one[0], two[0], one[1], two[1], two[2], one[2], FINISH)
    assert [part.text for part in message.content if isinstance(part, Text)] == ["AB", "xy"]


def test_sources_and_files() -> None:
    source = {"sourceId": "s1", "url": "https://example.org", "title": "Tides"}
    file = {"url": "data:image/png;base64,AAAA", "mediaType": "image/png"}
    message, events = read(
        START,
        *text("Low.", citations=[{"type": "url", "url": "https://example.org/2"}]),
        {"type": "source-url", **source},
        {"type": "file", **file},
        {"type": "data-weather", "id": "w", "data": {"sun": True}},
        {"type": "tool-approval-request", "approvalId": "a", "toolCallId": "c"},
        FINISH,
    )
    cited = [part.data for part in message.content if isinstance(part, Citation)]
    assert cited == [{"type": "url", "url": "https://example.org/2"}, source]
    assert message.content[-1] == Text("", {"file": file})
    named = [event.name for event in events if event.type == "provider_event"]
    assert named == ["file", "data-weather", "tool-approval-request"]
    assert message.to_history()[0]["parts"][1] == {"type": "file", **file}


# The end


def test_done_without_a_finish_record() -> None:
    """If a server writes no `finish` record, `[DONE]` ends the message normally."""
    message, _ = read(*text("Hi"))
    assert (message.status, message.finish_reason) == ("complete", "stop")
    message, _ = read(*text("Hi"), done=False)
    assert (message.status, message.finish_reason) == ("truncated", None)


def test_records_after_a_finish() -> None:
    message, _ = read(START, *text("A"), FINISH, *text("B", "2"), done=False)
    assert (message.status, message.text) == ("complete", "AB")


def test_abort() -> None:
    message, _ = read(START, *call("{}", {})[:-1], {"type": "abort", "reason": "stopped"})
    assert (message.status, message.finish_reason) == ("truncated", "cancelled")
    assert message.tool_calls[0].status == "truncated"
    assert message.extra == {"reason": "stopped"}
    message, _ = read(START, *text("So"), {"type": "abort"}, done=False)
    assert (message.finish_reason, message.extra) == ("cancelled", {})


def test_errors() -> None:
    message, _ = read({"type": "error", "errorText": "overloaded"})
    assert message.status == "failed"
    message, _ = read(
        START,
        *text("So"),
        {"type": "error", "errorText": "overloaded"},
        {
            "type": "finish",
            "finishReason": "error",
            "messageMetadata": {"usage": {"inputTokens": 3}},
        },
    )
    assert (message.status, message.text) == ("failed", "So")
    assert message.error is not None
    assert message.error.message == "overloaded"
    assert message.usage is not None
    assert message.usage.input_tokens == 3


def test_a_step_that_is_reset() -> None:
    message, _ = read(START, *call('{"a": 1}', {})[:-1], {"type": "reset-step"}, FINISH)
    assert message.tool_calls[0].status == "truncated"


def test_reasons() -> None:
    for word, reason in [("content-filter", "content_filter"), ("length", "length")]:
        message, _ = read(START, *text("A"), {"type": "finish", "finishReason": word})
        assert (message.finish_reason, message.raw_finish_reason) == (reason, word)
    message, _ = read(START, *text("A"), {"type": "finish"})
    assert (message.finish_reason, message.raw_finish_reason) == ("stop", "finish")


def test_deltas_without_a_start() -> None:
    message, _ = read(
        {"type": "reasoning-delta", "id": "r", "delta": "Hm"},
        {"type": "text-delta", "id": "t", "delta": "Hi"},
        {"type": "unknown-part", "a": 1},
        FINISH,
    )
    assert [type(part) for part in message.content] == [Reasoning, Text]


def test_numbers_are_compared_as_javascript_does() -> None:
    large = 10**400
    assert same_numbers({"a": [large, 1, 2**53]}, {"a": [large + 1, 1.0, 2**53 + 1]})
    assert not same_numbers([large], [-large])
    assert not same_numbers([1], [2])


def test_refusals_and_custom_parts() -> None:
    ours = {"providerMetadata": {"streamparse": {"refusal": True}}}
    refused = text("No.")
    refused[0] = {**refused[0], **ours}
    custom = {"type": "custom", "kind": "garden.moss", "id": "x"}
    message, events = read(START, *refused, custom, FINISH)
    assert isinstance(message.content[0], Refusal)
    assert "custom" in [event.name for event in events if event.type == "provider_event"]


@pytest.mark.parametrize("approved", [True, False, None])
def test_calls_that_a_user_must_approve(approved: bool | None) -> None:
    request = {"type": "tool-approval-request", "approvalId": "a1", "toolCallId": "c1"}
    records = [*call('{"port": "x"}', {"port": "x"}), request]
    if approved is not None:
        records.append(
            {
                "type": "tool-approval-response",
                "approvalId": "a1",
                "approved": approved,
                "reason": "so",
            }
        )
    if approved is False:
        records.append({"type": "tool-output-denied", "toolCallId": "c1"})
    message, _ = read(START, *records, FINISH)
    [one] = message.tool_calls
    assert one.extra["approval"]["id"] == "a1"
    assert one.extra["approval"].get("approved") is approved
    [back] = [part for part in message.to_history()[0]["parts"] if part["type"] == "tool-tide"]
    states = {True: "approval-responded", False: "output-denied", None: "approval-requested"}
    assert back["state"] == states[approved]
    assert back["approval"]["id"] == "a1"


def test_a_denied_call_without_a_request_for_approval() -> None:
    message, _ = read(
        START, *call("{}", {}), {"type": "tool-output-denied", "toolCallId": "c1"}, FINISH
    )
    [result] = [part for part in message.content if isinstance(part, ServerToolResult)]
    assert (result.content, result.extra["denied"]) == ("the call was denied", True)


def test_dynamic_tools_and_metadata_are_in_the_history() -> None:
    more: dict[str, Any] = {"dynamic": True, "providerMetadata": {"p": {"x": 1}}}
    message, _ = read(START, *call("{}", {}, **more), FINISH)
    [part] = [one for one in message.to_history()[0]["parts"] if "toolCallId" in one]
    assert (part["type"], part["toolName"]) == ("dynamic-tool", "tide")
    assert part["callProviderMetadata"] == {"p": {"x": 1}}


def test_an_input_that_is_not_a_container() -> None:
    message, _ = read(START, *call('"x"', "x"), FINISH)
    [one] = message.tool_calls
    assert one.partial == "x"


def test_a_cut_that_is_reported_as_an_error() -> None:
    """`UIMessageStream` ends a truncated answer with `error`, as the protocol has no other way."""
    cut = {"type": "message-metadata", "messageMetadata": {"status": "truncated"}}
    error = {"type": "error", "errorText": "the connection broke"}
    message, _ = read(START, *call('{"a": 1}', {})[:-1], cut, error, done=False)
    assert (message.status, message.error) == ("truncated", None)
    assert message.tool_calls[0].status == "truncated"


def test_records_for_parts_and_calls_without_a_start() -> None:
    denied = {"type": "tool-output-denied", "toolCallId": "c7"}
    end = {"type": "text-end", "id": "t9", "citations": [{"url": "https://example.org"}]}
    error = {"type": "tool-output-error", "toolCallId": "c9", "errorText": "busy"}
    message, _ = read(START, end, output([1], "c8"), error, denied, FINISH)
    assert message.content == [
        Citation({"url": "https://example.org"}),
        ServerToolResult("c8", None, [1]),
        ServerToolResult("c9", None, "busy", {"is_error": True}),
        ServerToolResult("c7", None, "the call was denied", {"is_error": True, "denied": True}),
    ]
    assert message.to_history() == []


def test_input_that_the_server_rejects_after_its_deltas() -> None:
    about = {"toolCallId": "c1", "toolName": "tide", "errorText": "bad port"}
    error = {"type": "tool-input-error", **about, "input": {"a": 2}}
    message, _ = read(START, *call('{"a": 1}', {})[:-1], error, FINISH)
    (found,) = message.tool_calls
    assert (found.status, found.partial) == ("rejected", {"a": 1})
    assert [error.message for error in found.errors] == ["bad port"]


def test_a_name_that_arrives_late() -> None:
    late = {"type": "tool-input-available", "toolCallId": "c1", "toolName": "tide", "input": {}}
    delta = {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": "{}"}
    message, _ = read(START, delta, late, FINISH)
    assert [(one.name, one.status) for one in message.tool_calls] == [("tide", "complete")]


def test_records_that_only_our_encoder_sends() -> None:
    """Citations with several sources, results without calls, images, and provider events."""

    def source(url: str, index: int) -> dict[str, Any]:
        ours = {"citation": {"sources": ["a", "b"]}, **({"index": index} if index else {})}
        return {
            "type": "source-url",
            "sourceId": url,
            "url": url,
            "providerMetadata": {"streamparse": ours},
        }

    image = {"id": "i", "url": "data:image/png;base64,AA==", "index": 0}
    stray = {"callId": "gone", "name": "list", "content": "low"}
    message, events = read(
        START,
        source("https://example.org/a", 0),
        source("https://example.org/b", 1),
        {"type": "data-server-tool-result", "data": stray},
        {"type": "data-server-tool-result", "data": "not ours"},
        {"type": "data-partial-image", "data": image},
        {"type": "data-provider-event", "data": {"name": "ping", "data": 3}},
        FINISH,
    )
    assert message.content == [
        Citation({"sources": ["a", "b"]}),
        ServerToolResult("gone", "list", "low"),
    ]
    passed = [(one.name, one.data) for one in events if one.type == "provider_event"]
    assert [name for name, _ in passed] == ["data-server-tool-result", "partial_image", "ping"]
    assert (passed[1][1], passed[2][1]) == (image, 3)


def test_files_of_the_reasoning_are_in_the_history() -> None:
    file = {"url": "data:image/png;base64,AA==", "mediaType": "image/png"}
    empty = [{"type": "text-start", "id": "e"}, {"type": "text-end", "id": "e"}]
    message, _ = read(START, {"type": "reasoning-file", **file}, *empty, FINISH)
    assert message.content[0] == Reasoning("", {"file": file})
    assert message.to_history()[0]["parts"] == [{"type": "reasoning-file", **file}]


@pytest.mark.parametrize(
    ("record", "known"),
    [
        ({"type": "custom", "kind": "garden.moss"}, True),
        ({"type": "custom", "kind": "moss"}, False),
        ({"type": "error", "errorText": "no"}, True),
        ({"type": "error", "error": {"message": "no"}}, False),
        ({"type": "start", "messageId": "m"}, True),
        ({"type": "start", "message": {}}, False),
        ({"type": "text-start", "id": "1"}, True),
        ({"type": "file", "url": "x"}, False),
    ],
)
def test_records_that_show_the_protocol(record: dict[str, Any], known: bool) -> None:
    assert VercelUI.recognizes(record, "") is known


def test_numbers_beyond_floats_keep_their_sign() -> None:
    large = 10**400
    assert same_numbers([large, -large], [float("inf"), float("-inf")])
    assert not same_numbers([1, True], [1])
    assert not same_numbers(["1"], [1])
