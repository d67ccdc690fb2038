"""Tests of streamparse._wires.ag_ui: runs of other servers, and the next turn.

`test_front_ends.py` tests that the streams of our own encoder are read back.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import (
    Citation,
    Message,
    MessageParser,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
)
from tests.messages import run_parser, sse

RUN = {"threadId": "t-1", "runId": "r-1"}
START = {"type": "RUN_STARTED", **RUN}
END = {"type": "RUN_FINISHED", **RUN}


def text(content: str, identity: str = "m-1", role: str = "assistant") -> list[dict[str, Any]]:
    return [
        {"type": "TEXT_MESSAGE_START", "messageId": identity, "role": role},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": identity, "delta": content},
        {"type": "TEXT_MESSAGE_END", "messageId": identity},
    ]


def call(arguments: str, identity: str = "c-1", size: int = 3, **more: Any) -> list[dict[str, Any]]:
    about = {"toolCallId": identity}
    pieces = [arguments[start : start + size] for start in range(0, len(arguments), size)]
    return [
        {"type": "TOOL_CALL_START", **about, "toolCallName": "tide", **more},
        *({"type": "TOOL_CALL_ARGS", **about, "delta": piece} for piece in pieces),
        {"type": "TOOL_CALL_END", **about},
    ]


def read(*records: Any) -> tuple[Message, list[Any]]:
    parser, events, error = run_parser([sse(list(records), done=False)], "auto")
    assert error is None
    assert parser.message.api == "ag-ui"
    return parser.message, events


def test_a_run() -> None:
    message, events = read(
        START,
        {"type": "STEP_STARTED", "stepName": "think"},
        {"type": "REASONING_START", "messageId": "m-0"},
        {"type": "REASONING_MESSAGE_START", "messageId": "m-0", "role": "reasoning"},
        {"type": "REASONING_MESSAGE_CONTENT", "messageId": "m-0", "delta": "Hm."},
        {"type": "REASONING_MESSAGE_END", "messageId": "m-0"},
        {"type": "REASONING_END", "messageId": "m-0"},
        {
            "type": "REASONING_ENCRYPTED_VALUE",
            "subtype": "message",
            "entityId": "m-0",
            "encryptedValue": "e=",
        },
        *call('{"port": "Brest"}', parentMessageId="m-1"),
        {"type": "TOOL_CALL_RESULT", "messageId": "m-2", "toolCallId": "c-1", "content": "6.2"},
        {"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}},
        *text("6.2 metres.", "m-3"),
        {**END, "result": 7, "usage": [{"model": "tiny", "inputTokens": 3}, {"outputTokens": 2}]},
    )
    assert (message.id, message.text, message.reasoning) == ("r-1", "6.2 metres.", "Hm.")
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert message.raw_finish_reason == "RUN_FINISHED"
    (found,) = message.tool_calls
    assert (found.kind, found.arguments) == ("server", {"port": "Brest"})
    assert message.content[2] == ServerToolResult("c-1", "tide", "6.2", {"messageId": "m-2"})
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (3, 2)
    assert message.extra == {"threadId": "t-1", "result": 7}
    named = [event.name for event in events if event.type == "provider_event"]
    assert named == ["threadId", "STEP_STARTED", "STATE_SNAPSHOT", "result"]
    function = {"name": "tide", "arguments": '{"port": "Brest"}'}
    assert message.to_history() == [
        {"id": "m-0", "role": "reasoning", "content": "Hm.", "encryptedValue": "e="},
        {
            "id": "m-1",
            "role": "assistant",
            "toolCalls": [{"id": "c-1", "type": "function", "function": function}],
        },
        {"id": "m-2", "role": "tool", "toolCallId": "c-1", "content": "6.2"},
        {"id": "m-3", "role": "assistant", "content": "6.2 metres."},
    ]


def test_calls_for_the_client() -> None:
    message, _ = read(START, *text("Let me see."), *call("{}"), END)
    assert message.finish_reason == "tool_calls"
    (turn,) = message.to_history()
    assert (turn["id"], turn["content"], len(turn["toolCalls"])) == ("m-1", "Let me see.", 1)
    (found,) = message.tool_calls
    result = {"id": "c-1-result", "role": "tool", "toolCallId": "c-1", "content": '{"m":6.2}'}
    assert message.tool_result(found, {"m": 6.2}) == result


def test_chunks() -> None:
    """Chunks end when a record of another message or call follows; other events end nothing."""

    def chunk(kind: str, **fields: Any) -> dict[str, Any]:
        return {"type": f"{kind}_CHUNK", **fields}

    records = [
        chunk("REASONING_MESSAGE", messageId="m-0", delta="Hm."),
        chunk("TEXT_MESSAGE", messageId="m-1", delta="Le"),
        chunk("TEXT_MESSAGE", delta="t me see."),
        chunk("TOOL_CALL", toolCallId="c-1", toolCallName="tide", delta='{"a": '),
        {"type": "RAW", "event": {}},
        chunk("TOOL_CALL", delta="1}"),
        chunk("TOOL_CALL", toolCallId="c-2", toolCallName="moon", delta="{}"),
    ]
    message, _ = read(START, *records, END)
    assert (message.text, message.reasoning) == ("Let me see.", "Hm.")
    calls = [(found.name, found.arguments) for found in message.tool_calls]
    assert calls == [("tide", {"a": 1}), ("moon", {})]
    message, _ = read(START, *records)
    assert [found.status for found in message.tool_calls] == ["complete", "truncated"]
    message, _ = read(START, *records, {"type": "RUN_ERROR", "message": "no"})
    assert [found.status for found in message.tool_calls] == ["complete", "truncated"]


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        ({"type": "success", "pendingToolCallIds": []}, "complete", "stop"),
        ({"type": "cancelled"}, "truncated", "cancelled"),
        ({"type": "interrupt", "interrupts": [{"id": "i"}]}, "complete", "paused"),
    ],
)
def test_outcomes(outcome: dict[str, Any], status: str, reason: str) -> None:
    message, _ = read(START, *text("So"), {**END, "outcome": outcome})
    assert (message.status, message.finish_reason) == (status, reason)


def test_errors() -> None:
    error = {"type": "RUN_ERROR", "message": "overloaded", "code": "529"}
    message, _ = read(START, *text("So"), error)
    assert message.error is not None
    assert (message.status, message.error.message) == ("failed", "529: overloaded")
    message, _ = read(START, *text("So"), {"type": "RUN_ERROR", "message": "cut", "code": "length"})
    assert (message.status, message.finish_reason) == ("truncated", "length")
    message, _ = read(error)
    assert message.status == "failed"


def test_a_cut_run() -> None:
    message, _ = read(START, *text("So")[:2], *call("{}")[:-1])
    assert (message.status, message.tool_calls[0].status) == ("truncated", "truncated")


def test_text_of_other_roles_and_sub_agents_is_passed_on() -> None:
    theirs = [{**record, "subagentRunId": "s-1"} for record in text("Mine.", "m-9")]
    message, events = read(START, *text("Hi", "m-8", "user"), *theirs, *text("Ours."), END)
    assert message.text == "Ours."
    passed = [event.name for event in events if event.type == "provider_event"]
    kinds = ["START", "CONTENT"]
    assert passed == ["threadId", *(f"TEXT_MESSAGE_{kind}" for kind in kinds)] + [
        f"TEXT_MESSAGE_{kind}" for kind in (*kinds, "END")
    ]


def test_names_of_earlier_versions() -> None:
    message, _ = read(
        START,
        {"type": "THINKING_START"},
        {"type": "THINKING_TEXT_MESSAGE_START"},
        {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "Hm."},
        {"type": "THINKING_TEXT_MESSAGE_END"},
        {"type": "THINKING_END"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "Hi"},
        END,
    )
    assert [type(part) for part in message.content] == [Reasoning, Text]


def test_a_second_run_is_passed_on() -> None:
    second = {"type": "RUN_STARTED", "threadId": "t-1", "runId": "r-2"}
    message, events = read(START, *text("One."), END, second, *text("Two.", "m-5"), END)
    assert message.text == "One."
    assert [event.name for event in events if event.type == "provider_event"][-1] == "RUN_FINISHED"


def test_history_numbers_parts_without_ids() -> None:
    message, _ = read(START, *call("{}"), *text("Hi"), END)
    del message.content[1].extra["messageId"]
    assert [entry["id"] for entry in message.to_history()] == ["r-1-0", "r-1-1"]


def test_custom_events_and_stray_ends() -> None:
    message, events = read(
        START,
        {"type": "CUSTOM", "name": "tool_call_rejected", "value": {"toolCallId": "gone"}},
        {"type": "CUSTOM", "name": "weather", "value": 3},
        {"type": "CUSTOM", "value": 4},
        {"type": "TOOL_CALL_END", "toolCallId": "gone"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": "c-9", "delta": "{}"},
        {"type": "REASONING_ENCRYPTED_VALUE", "entityId": "gone", "encryptedValue": "e"},
        {"type": "NEW_EVENT"},
        END,
    )
    assert [event.name for event in events if event.type == "provider_event"][1:] == [
        "tool_call_rejected",
        "weather",
        "CUSTOM",
        "TOOL_CALL_END",
        "REASONING_ENCRYPTED_VALUE",
        "NEW_EVENT",
    ]
    assert message.tool_calls[0].status == "rejected"  # no record gave its name


def test_events_of_the_transport() -> None:
    """The name of a server-sent event replaces a missing `type`."""
    parser = MessageParser("auto")
    for record in (START, *text("Hi"), END):
        kind = record["type"]
        parser.feed(f"event: {kind}\ndata: {json.dumps({**record, 'type': None})}\n\n")
    parser.finish()
    assert (parser.message.text, parser.message.status) == ("Hi", "complete")


def test_what_our_encoder_marks_in_metadata() -> None:
    """Metadata of our encoder marks calls of the provider, failed results and denied calls."""
    refused = [
        {"type": "TEXT_MESSAGE_START", "messageId": "m-2", "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m-2", "delta": "No."},
    ]
    server = call('{"q": 1}', "c-2", metadata={"streamparse": {"kind": "server"}})
    result = {
        "type": "TOOL_CALL_RESULT",
        "messageId": "m-3",
        "toolCallId": "c-2",
        "content": "no",
        "metadata": {"error": True, "streamparse": {"denied": True}},
    }
    unknown = {**result, "toolCallId": "c-9", "metadata": {"streamparse": {"unknown": True}}}
    message, _ = read(START, *refused, *server, result, unknown, END)
    assert message.text == "No."
    assert [(one.kind, one.status) for one in message.tool_calls] == [("server", "complete")]
    results = [part for part in message.content if isinstance(part, ServerToolResult)]
    assert [(one.call_id, one.extra["is_error"], one.extra["denied"]) for one in results] == [
        ("c-2", True, True)
    ]


def test_events_of_another_agent_in_the_run_are_passed_on() -> None:
    inner = {**text("inner", "m-7")[1], "subagentRunId": "r-2"}
    message, events = read(START, inner, *text("outer"), END)
    assert message.text == "outer"
    assert inner in [event.data for event in events if event.type == "provider_event"]
    _, events = read(START, {**inner, "type": "ODD"}, *text("outer"), END)
    assert events[-1].type == "message_finished"


def test_a_second_start_of_a_message_or_call_is_ignored() -> None:
    start = {"type": "REASONING_MESSAGE_START", "messageId": "m-1", "role": "reasoning"}
    more = {"type": "REASONING_MESSAGE_CONTENT", "messageId": "m-1", "delta": "a"}
    begin = call("{}")[0]
    message, _ = read(START, start, more, start, more, begin, *call("{}"), END)
    assert message.reasoning == "aa"
    assert [(one.id, one.name) for one in message.tool_calls] == [("c-1", "tide")]


def test_files_that_belong_to_the_reasoning_and_the_text() -> None:
    def file(name: str) -> dict[str, Any]:
        value = {"url": "data:image/png;base64,AA==", "mediaType": "image/png"}
        return {"type": "CUSTOM", "name": name, "value": value}

    message, events = read(START, file("reasoning-file"), *text("a"), END)
    assert isinstance(message.content[0], Reasoning)
    assert "reasoning-file" in [e.name for e in events if e.type == "provider_event"]


def test_chunks_named_by_the_transport() -> None:
    chunk = {"messageId": "m-1", "role": "assistant", "delta": "Hi"}
    body = f"event: TEXT_MESSAGE_CHUNK\ndata: {json.dumps(chunk)}\n\n"
    parser, _, error = run_parser([sse([START], done=False), body.encode()], "auto")
    assert error is None
    assert parser.message.text == "Hi"


def test_chunks_of_other_roles_are_passed_on_once() -> None:
    def chunk(**fields: Any) -> dict[str, Any]:
        return {"type": "TEXT_MESSAGE_CHUNK", **fields}

    theirs = [chunk(messageId="u", role="user", delta="x"), chunk(messageId="u", delta="y")]
    empty = chunk(messageId="v", role="user")
    message, events = read(START, *theirs, empty, chunk(messageId="m", delta="Hi"), END)
    assert message.text == "Hi"
    passed = [event.data for event in events if event.type == "provider_event"]
    assert passed == ["t-1", *theirs, empty]


MARKED: dict[str, Any] = {"metadata": {"streamparse": {"kind": "custom"}}}


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        ('"a\\nb" ', "complete", "a\nb"),
        (' \n"ab"', "complete", "ab"),
        ("", "complete", ""),
        ('{"a": "xy"}', "complete", '{"a": "xy"}'),  # the mark is wrong: the text is not quoted
        ("a + b", "complete", "a + b"),
        ('"ab', "rejected", "ab"),
        ('"ab\\', "rejected", "ab"),
        ('"a" b', "rejected", "a"),
    ],
)
def test_free_text(arguments: str, status: str, text: str) -> None:
    """Our encoder writes free text as a JSON string, and marks the call as custom."""
    whole = call(arguments, **MARKED)
    for records in (whole, whole[:-1]):
        message, _ = read(START, *records, END)
        (found,) = message.tool_calls
        assert (found.status, found.partial) == (status, text)
    message, _ = read(START, *whole[:-1])
    assert message.tool_calls[0].status == ("rejected" if arguments == '"a" b' else "truncated")
    message, _ = read(START, *call(arguments, size=99, **MARKED), END)
    assert (message.tool_calls[0].status, message.tool_calls[0].partial) == (status, text)


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize(
    ("end", "status"),
    [
        (END, "rejected"),
        ({**END, "metadata": {"finishReason": "length"}}, "truncated"),
        ({**END, "outcome": {"type": "cancelled"}}, "truncated"),
        ({"type": "RUN_ERROR", "code": "content_filter"}, "truncated"),
        ({"type": "RUN_ERROR", "code": "truncated"}, "truncated"),
    ],
)
def test_free_text_that_was_cut(ended: bool, end: dict[str, Any], status: str) -> None:
    """The end of the run decides about a string that is not whole, as about other JSON."""
    whole = call('"ab', **MARKED)
    later = call("{}", "c-2")
    message, _ = read(START, *(whole if ended else whole[:-1]), *later, end)
    cut, other = message.tool_calls
    assert (cut.status, cut.partial, other.status) == (status, "ab", "complete")


@pytest.mark.parametrize("word", ["null", "not_finished"])
def test_a_finish_reason_that_means_nothing_at_the_end_of_a_run(word: str) -> None:
    message, _ = read(START, *text("Hi"), {**END, "metadata": {"finishReason": word}})
    assert (message.finish_reason, message.raw_finish_reason) == ("stop", "RUN_FINISHED")


def test_free_text_in_chunks() -> None:
    start = {"type": "TOOL_CALL_CHUNK", "toolCallId": "c-1", "toolCallName": "note", **MARKED}
    more = {"type": "TOOL_CALL_CHUNK", "delta": 'i"'}
    ends = [
        ([more], "complete", "Hi"),
        ([], "rejected", "H"),
        ([{**more, "delta": ""}], "rejected", "H"),
    ]
    for records, status, text in ends:
        message, _ = read(START, {**start, "delta": '"H'}, *records, END)
        (found,) = message.tool_calls
        assert (found.kind, found.status, found.partial) == ("custom", status, text)


def test_a_marked_refusal() -> None:
    refused = text("No.")
    refused[0]["metadata"] = {"refusal": True}
    message, _ = read(START, *refused, END)
    assert [type(part) for part in message.content] == [Refusal]
    assert message.refusal == "No."
    assert message.to_history()[0]["content"] == "No."


def test_encrypted_values_of_calls_are_in_the_history() -> None:
    signed = {
        "type": "REASONING_ENCRYPTED_VALUE",
        "subtype": "tool-call",
        "entityId": "c-1",
        "encryptedValue": "e=",
    }
    message, _ = read(START, *call("{}"), signed, END)
    assert message.tool_calls[0].extra["encryptedValue"] == "e="
    ((turn,),) = [message.to_history()]
    assert turn["toolCalls"][0]["encryptedValue"] == "e="


@pytest.mark.parametrize(
    ("metadata", "status", "reason", "raw"),
    [
        ({}, "complete", "stop", "RUN_FINISHED"),
        ({"finishReason": "length", "rawFinishReason": "max"}, "truncated", "length", "max"),
        ({"finishReason": "new_word", "rawFinishReason": "new"}, "complete", "other", "new"),
    ],
)
def test_the_finish_reason_in_metadata(
    metadata: dict[str, str], status: str, reason: str, raw: str
) -> None:
    message, _ = read(START, *text("So"), {**END, "metadata": metadata})
    assert (message.status, message.finish_reason) == (status, reason)
    assert message.raw_finish_reason == raw


@pytest.mark.parametrize("code", ["truncated", "incomplete_call"])
def test_an_answer_that_was_cut_before_it_was_encoded(code: str) -> None:
    error = {"type": "RUN_ERROR", "message": "cut", "code": code}
    message, _ = read(START, *text("So"), *call('{"a": 1}')[:-1], error)
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert message.tool_calls[0].status == "truncated"


def test_custom_events_of_our_encoder() -> None:
    def custom(event: str, **value: Any) -> dict[str, Any]:
        return {"type": "CUSTOM", "name": event, "value": value}

    cited = {"url": "https://example.org/a"}
    why = "no such port"
    message, events = read(
        START,
        *call('{"port": "x"}')[:-1],
        custom("tool_call_rejected", toolCallId="c-1", errorText=why, code="unknown_tool"),
        *call('{"port": ', "c-2")[:-1],
        custom("tool_call_truncated", toolCallId="c-2", errorText="cut", code="truncated"),
        custom("server_tool_result", callId="gone", name="list", content="low"),
        custom("server_tool_result", callId="gone"),
        custom("source", citation=cited),
        custom("source", citation=cited, index=1),
        custom("source", url="x"),
        {"type": "RAW", "source": "garden", "event": {"a": 1}},
        END,
    )
    rejected, cut = message.tool_calls
    assert (rejected.status, rejected.errors[0].message) == ("rejected", why)
    assert (cut.status, cut.partial) == ("truncated", {})
    assert message.content[2:] == [ServerToolResult("gone", "list", "low"), Citation(cited)]
    passed = [(event.name, event.data) for event in events if event.type == "provider_event"][1:]
    assert passed == [
        ("server_tool_result", {"callId": "gone"}),
        ("source", {"url": "x"}),
        ("garden", {"a": 1}),
    ]


def test_a_result_without_a_call() -> None:
    """It is in the history, unlike cut calls."""
    result = {"type": "TOOL_CALL_RESULT", "messageId": "m-2", "toolCallId": "gone", "content": "3"}
    nobody = {"type": "TOOL_CALL_RESULT", "content": "4"}
    message, _ = read(START, result, nobody, *call("{")[:-1])
    assert [type(part) for part in message.content[1:]] == [ServerToolResult, ToolCall]
    assert message.content[:1] == [ServerToolResult("gone", None, "3", {"messageId": "m-2"})]
    (turn,) = message.to_history()
    assert turn == {"id": "m-2", "role": "tool", "toolCallId": "gone", "content": "3"}
