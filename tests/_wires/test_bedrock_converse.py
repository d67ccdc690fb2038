"""Tests of the adapter of Bedrock Converse: events, blocks, deviations, bodies, the history."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.bedrock_converse import BedrockConverse
from streamparse.errors import StreamParseError, WireError
from streamparse.message import Citation, Message, Reasoning, ServerToolResult, Text
from streamparse.message_events import MessageFinished
from streamparse.message_parser import MessageParser
from tests.blocks import chunk, frame
from tests.growth import is_linear
from tests.helpers import cut
from tests.messages import about_calls, answer, kinds, passed_on, results_of, run_parser

API: Final = "bedrock-converse"

Event = dict[str, Any]

START: Event = {"messageStart": {"role": "assistant"}}
USAGE = {"inputTokens": 11, "outputTokens": 5, "totalTokens": 16}
METADATA: Event = {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 40}}}


def begin(index: int, **start: Any) -> Event:
    return {"contentBlockStart": {"contentBlockIndex": index, "start": start}}


def delta(index: int, **inside: Any) -> Event:
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": inside}}


def stop(index: int) -> Event:
    return {"contentBlockStop": {"contentBlockIndex": index}}


def stopped(reason: str, **more: Any) -> Event:
    return {"messageStop": {"stopReason": reason, **more}}


def text_block(index: int, *pieces: str) -> list[Event]:
    return [*(delta(index, text=piece) for piece in pieces), stop(index)]


def tool(index: int, **more: Any) -> Event:
    return begin(index, toolUse={"toolUseId": f"tooluse_{index}", "name": "water", **more})


def call_block(index: int, *pieces: str, **more: Any) -> list[Event]:
    deltas = [delta(index, toolUse={"input": piece}) for piece in pieces]
    return [tool(index, **more), *deltas, stop(index)]


def thought(index: int, *pieces: str, signature: str | None = "c2ln") -> list[Event]:
    deltas = [delta(index, reasoningContent={"text": piece}) for piece in pieces]
    if signature is not None:
        deltas.append(delta(index, reasoningContent={"signature": signature}))
    return [*deltas, stop(index)]


def body(*content: Any, reason: str | None = "end_turn", **more: Any) -> Event:
    message = {"role": "assistant", "content": list(content)}
    rest = {"stopReason": reason, "usage": USAGE, "metrics": {"latencyMs": 40}}
    return {"output": {"message": message}, **rest, **more}


def framed(events: list[Event]) -> bytes:
    """Return the events as binary frames, each named by its header and padded in its body."""
    return b"".join(
        frame(name, {**inner, "p": "abcdef"}) for event in events for name, inner in event.items()
    )


def run(*events: Any, **options: Any) -> tuple[Message, list[Any]]:
    parser, found, error = run_parser(events, API, **options)
    assert error is None
    return parser.message, found


# The message


def test_text() -> None:
    message, events = run(
        START, *text_block(0, "Roses", " are red."), stopped("end_turn"), METADATA
    )
    assert message.content == [Text("Roses are red.")]
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert (message.raw_finish_reason, message.api) == ("end_turn", API)
    assert kinds(events) == [
        "message_started",
        "text_delta",
        "usage_updated",
        "provider_event",
        "message_finished",
    ]
    assert message.extra == {"metrics": {"latencyMs": 40}}


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        ("end_turn", "stop", "complete"),
        ("stop_sequence", "stop", "complete"),
        ("tool_use", "tool_calls", "complete"),
        ("max_tokens", "length", "truncated"),
        ("model_context_window_exceeded", "length", "truncated"),
        ("guardrail_intervened", "content_filter", "truncated"),
        ("content_filtered", "content_filter", "truncated"),
        ("malformed_model_output", "error", "failed"),
        ("malformed_tool_use", "error", "failed"),
        ("moonstruck", "other", "complete"),
    ],
)
def test_stop_reasons(raw: str, reason: str, status: str) -> None:
    for message in (
        run(START, *text_block(0, "Hm"), stopped(raw), METADATA)[0],
        run(body({"text": "Hm"}, reason=raw))[0],
    ):
        assert (message.finish_reason, message.raw_finish_reason) == (reason, raw)
        assert message.status == status


def test_the_message_ends_with_the_later_of_stop_and_metadata() -> None:
    parser = MessageParser(API)
    for event in (START, *text_block(0, "Ivy"), METADATA):
        parser.feed(event)
    assert kinds(parser.feed(stopped("end_turn"))) == ["message_finished"]
    parser = MessageParser(API)
    for event in (START, *text_block(0, "Ivy"), stopped("end_turn")):
        assert "message_finished" not in kinds(parser.feed(event))
    assert kinds(parser.feed(METADATA))[-1] == "message_finished"
    late: Event = {"metadata": {"usage": {}}}
    assert passed_on(parser.feed(late)) == [("record", late)]


def test_without_metadata_the_message_ends_with_the_input() -> None:
    message, events = run(START, *text_block(0, "Ivy"), stopped("end_turn"))
    assert isinstance(events[-1], MessageFinished)
    assert message.status == "complete"


def test_usage() -> None:
    counted = {
        "inputTokens": 11,
        "outputTokens": 5,
        "totalTokens": 26,
        "cacheReadInputTokens": 7,
        "cacheWriteInputTokens": 3,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 3}],
    }
    message, _ = run(START, stopped("end_turn"), {"metadata": {"usage": counted}})
    usage = message.usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens) == (21, 7, 3)
    assert (usage.output_tokens, usage.total_tokens, usage.raw) == (5, 26, counted)


def test_usage_of_nova() -> None:
    counted = {"inputTokens": 11, "outputTokens": 5, "cacheReadInputTokenCount": 2}
    message, _ = run(START, stopped("end_turn"), {"metadata": {"usage": counted}})
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.cached_tokens) == (13, 2)
    assert message.usage.total_tokens == 18


def test_fields_of_the_message_are_kept_in_extra() -> None:
    trace = {
        "guardrail": {"actionReason": "masked"},
        "promptRouter": {"invokedModelId": "amazon.nova-lite"},
    }
    extra = {"metrics": {"latencyMs": 1}, "trace": trace, "serviceTier": {"type": "flex"}}
    message, events = run(
        {"messageStart": {"role": "assistant", "novelty": 1}},
        stopped("end_turn", additionalModelResponseFields={"stop_sequence": "##"}),
        {"metadata": {"usage": USAGE, **extra}},
    )
    assert message.extra == {
        "novelty": 1,
        "additionalModelResponseFields": {"stop_sequence": "##"},
        **extra,
    }
    assert dict(passed_on(events)) == message.extra
    assert message.model == "amazon.nova-lite"


# Blocks


def test_reasoning() -> None:
    """Encrypted reasoning is base64 on the wire and bytes in the events of boto3."""
    opaque = base64.b64encode(b"opaque").decode()
    for given_as in (opaque, b"opaque"):
        message, _ = run(
            START,
            *thought(0, "Let me ", "see."),
            delta(1, reasoningContent={"redactedContent": given_as}),
            stop(1),
            *text_block(2, "Yes."),
            stopped("end_turn"),
            METADATA,
        )
        assert message.reasoning == "Let me see."
        assert message.content == [
            Reasoning("Let me see.", {"signature": "c2ln"}),
            Reasoning("", {"redactedContent": opaque}),
            Text("Yes."),
        ]
        assert message.to_history()[0]["content"] == [
            {"reasoningContent": {"reasoningText": {"text": "Let me see.", "signature": "c2ln"}}},
            {"reasoningContent": {"redactedContent": b"opaque"}},
            {"text": "Yes."},
        ]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_encrypted_reasoning_in_pieces(size: int, as_bytes: bool) -> None:
    whole = b"encrypted twice"
    pieces = [whole[place : place + size] for place in range(0, len(whole), size)]
    message, _ = run(
        START,
        *[
            delta(
                0,
                reasoningContent={
                    "redactedContent": piece if as_bytes else base64.b64encode(piece).decode()
                },
            )
            for piece in pieces
        ],
        stop(0),
        *text_block(1, "Yes."),
        stopped("end_turn"),
        METADATA,
    )
    redacted = {"reasoningContent": {"redactedContent": whole}}
    assert message.to_history()[0]["content"] == [redacted, {"text": "Yes."}]


def test_reasoning_without_a_signature_is_not_in_the_history() -> None:
    message, _ = run(START, *thought(0, "Hm.", signature=None), stopped("max_tokens"))
    assert message.reasoning == "Hm."
    assert message.to_history() == []


def test_citations() -> None:
    """A citation arrives before the text that it belongs to, and follows it in `content`."""
    citation = {"title": "Ferns", "location": {"documentPage": {"documentIndex": 0, "start": 1}}}
    message, _ = run(
        START,
        *text_block(0, "Ferns ", "like "),
        delta(1, citation=citation),
        *text_block(1, "shade", "."),
        *text_block(2, " So."),
        stopped("end_turn"),
        METADATA,
    )
    assert message.text == "Ferns like shade. So."
    assert message.content == [
        Text("Ferns like "),
        Text("shade.", {"citations": [citation]}),
        Citation(citation),
        Text(" So."),
    ]
    assert message.to_history()[0]["content"] == [
        {"text": "Ferns like "},
        {"citationsContent": {"content": [{"text": "shade."}], "citations": [citation]}},
        {"text": " So."},
    ]


def test_empty_starts_and_deltas() -> None:
    """Text blocks may start empty, and deltas may be empty (recorded)."""
    message, _ = run(
        START,
        begin(0),
        delta(0, text=""),
        stop(0),
        *thought(1, ""),
        begin(2),
        *text_block(2, "Ivy"),
        stopped("end_turn"),
    )
    assert message.content == [Reasoning("", {"signature": "c2ln"}), Text("Ivy")]


def test_calls() -> None:
    message, _ = run(
        START,
        *call_block(0, "", '{"plant": "f', 'ern"}', type="tool_use"),
        *call_block(1, ""),
        *call_block(2),
        stopped("tool_use"),
        METADATA,
    )
    assert [call.arguments for call in message.tool_calls] == [{"plant": "fern"}, {}, {}]
    assert [call.id for call in message.tool_calls] == ["tooluse_0", "tooluse_1", "tooluse_2"]
    assert {call.kind for call in message.tool_calls} == {"function"}
    call = {"toolUseId": "tooluse_0", "name": "water", "input": {"plant": "fern"}}
    assert message.to_history()[0]["content"][0] == {"toolUse": call}


def test_a_call_is_complete_at_its_stop() -> None:
    """A call is completed by its `contentBlockStop` (law 2)."""
    parser = MessageParser(API)
    found = [kinds(about_calls(parser.feed(event))) for event in (START, *call_block(0, "{}"))]
    assert found == [[], ["tool_call_started"], ["tool_call_delta"], ["tool_call_completed"]]


def test_input_as_an_object() -> None:
    message, _ = run(START, tool(0), delta(0, toolUse={"input": {"n": 1}}), stop(0))
    assert message.tool_calls[0].arguments == {"n": 1}


def test_broken_arguments() -> None:
    message, events = run(START, *call_block(0, '{"plant": fern}'), stopped("tool_use"), METADATA)
    assert kinds(about_calls(events)) == [
        "tool_call_started",
        "tool_call_delta",
        "tool_call_rejected",
    ]
    assert message.to_history() == []


@pytest.mark.parametrize(
    ("reason", "status"),
    [("max_tokens", "truncated"), ("tool_use", "rejected"), (None, "truncated")],
)
def test_unfinished_arguments(reason: str | None, status: str) -> None:
    """The stop reason decides the status of a call that ends inside its JSON (law 7)."""
    rest = [stopped(reason)] if reason else []
    message, _ = run(START, *call_block(0, '{"plant": "fe'), *rest)
    call = message.tool_calls[0]
    assert (call.status, call.arguments, call.partial) == (status, None, {"plant": "fe"})


def test_server_tools() -> None:
    result = {"toolUseId": "tooluse_0", "type": "nova_grounding_result", "status": "success"}
    message, events = run(
        START,
        *call_block(0, '{"query": "ferns"}', type="server_tool_use", name="nova_grounding"),
        begin(1, toolResult=result),
        delta(1, toolResult=[{"text": "Ferns"}]),
        delta(1, toolResult=[{"json": {"n": 1}}]),
        stop(1),
        *text_block(2, "Found."),
        stopped("end_turn"),
        METADATA,
    )
    (call,) = message.tool_calls
    assert (call.kind, message.finish_reason) == ("server", "stop")
    kept = {"type": "nova_grounding_result", "status": "success"}
    content = [{"text": "Ferns"}, {"json": {"n": 1}}]
    result_part = ServerToolResult("tooluse_0", "nova_grounding", content, kept)
    assert message.content[1] == result_part
    assert results_of(events) == [result_part]
    used = {"toolUseId": "tooluse_0", "name": "nova_grounding", "input": {"query": "ferns"}}
    assert message.to_history()[0]["content"] == [
        {"toolUse": {**used, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "tooluse_0", "content": content, **kept}},
        {"text": "Found."},
    ]


def test_results_of_calls_that_are_left_out() -> None:
    message, _ = run(
        START,
        *call_block(0, '{"query": ', type="server_tool_use"),
        begin(1, toolResult={"toolUseId": "tooluse_0"}),
        stop(1),
        stopped("max_tokens"),
    )
    assert message.to_history() == []


def test_images() -> None:
    """Images are passed on, and kept in base64 for the history."""
    first, second = begin(0, image={"format": "png"}), {"source": {"bytes": b"pixels"}}
    message, events = run(
        START, first, delta(0, image=second), stop(0), *text_block(1, "There."), stopped("end_turn")
    )
    assert passed_on(events) == [
        ("contentBlockStart", first["contentBlockStart"]),
        ("image", second),
    ]
    encoded = base64.b64encode(b"pixels").decode()
    image = {"format": "png", "source": {"bytes": encoded}}
    assert message.extra["content_blocks"] == [{"position": 0, "block": {"image": image}}]
    assert message.to_history()[0]["content"] == [
        {"image": {"format": "png", "source": {"bytes": b"pixels"}}},
        {"text": "There."},
    ]


def test_unknown_records_and_members_are_passed_on() -> None:
    """What is not understood reaches the caller (law 8)."""
    strange = begin(2, hologram={"depth": 3})
    message, events = run(
        START,
        {"novelEvent": {"a": 1}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Ivy"}, "size": 3}},
        delta(0, scent="sweet"),
        delta(1, toolUse={"input": "{}"}),
        delta(0, reasoningContent={"mood": "calm"}),
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": 5}},
        strange,
        delta(2, hologram=[1]),
        {**stopped("end_turn"), "later": 2},
        METADATA,
    )
    assert message.text == "Ivy"
    assert passed_on(events) == [
        ("record", {"novelEvent": {"a": 1}}),
        ("size", 3),
        ("scent", "sweet"),
        ("toolUse", {"input": "{}"}),
        ("mood", "calm"),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": 5}),
        ("contentBlockStart", strange["contentBlockStart"]),
        ("hologram", [1]),
        ("later", 2),
        ("metrics", {"latencyMs": 40}),
    ]
    assert message.to_history()[0]["content"] == [{"text": "Ivy"}]


def test_an_image_without_data_is_not_in_the_history() -> None:
    message, _ = run(START, begin(0, image={"format": "png"}), stop(0), stopped("end_turn"))
    assert message.extra["content_blocks"]
    assert message.to_history() == []


# Order


def test_interleaved_blocks() -> None:
    first, second = call_block(3, '{"a": ', "1}"), call_block(8, '{"b": ', "2}")
    mixed = [event for pair in zip(first, second, strict=True) for event in pair]
    message, _ = run(START, *mixed, stopped("tool_use"), METADATA)
    assert [call.arguments for call in message.tool_calls] == [{"a": 1}, {"b": 2}]


def test_an_index_used_again() -> None:
    message, _ = run(
        START,
        *call_block(0, '{"a": ')[:-1],
        *call_block(0, '{"b": 2}', toolUseId="tooluse_again"),
        stopped("tool_use"),
    )
    assert [call.status for call in message.tool_calls] == ["truncated", "complete"]


def test_a_start_that_is_repeated() -> None:
    events = call_block(0, '{"n": ', "1}")
    events.insert(2, events[0])
    message, _ = run(START, *events, stopped("tool_use"))
    assert [call.arguments for call in message.tool_calls] == [{"n": 1}]


def test_a_call_after_the_stop_reason() -> None:
    message, events = run(START, stopped("end_turn"), *call_block(0, "{}"))
    assert [call.arguments for call in message.tool_calls] == [{}]
    assert (message.status, message.finish_reason) == ("complete", "tool_calls")
    assert passed_on(events) == []


@pytest.mark.parametrize("kept", range(1, 9))
def test_cut_streams(kept: int) -> None:
    """A cut message is never complete (law 7), but `message_finished` is always emitted."""
    whole = [START, *text_block(0, "Ivy"), *call_block(1, '{"n": ', "1}"), stopped("tool_use")]
    message, events = run(*whole[:kept])
    assert isinstance(events[-1], MessageFinished)
    assert message.status == ("complete" if kept >= 8 else "truncated")
    for call in message.tool_calls:
        assert call.status == ("complete" if kept >= 7 else "truncated")


# Errors


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("name", ["throttlingException", "modelStreamErrorException"])
def test_exceptions(name: str, binary: bool) -> None:
    failure = {"message": "Too many requests.", "originalStatusCode": 429}
    pieces: list[Any] = [START, tool(0), {name: failure}]
    if binary:
        pytest.importorskip("botocore")
        pieces = [framed(pieces[:2]), frame(name, failure, "exception")]
    message, events = run(*pieces)
    assert events[-1].type == "message_failed"
    assert events[-1].error.message == f"{name}: Too many requests."
    assert message.tool_calls[0].status == "truncated"


def test_an_error_body() -> None:
    message, _ = run(json.dumps({"message": "The model does not exist."}))
    assert message.status == "failed"
    assert message.error is not None
    assert message.error.message == "The model does not exist."


# Nova by InvokeModel


def test_chunks() -> None:
    """InvokeModel sends each delta of text as a block of its own; adjacent texts are one part."""
    texts = [event for index in range(3) for event in text_block(index, f"{index} ")]
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 11}}
    events = [
        START,
        *texts,
        *call_block(3, '{"n": 1}'),
        *text_block(4, "End"),
        stopped("tool_use"),
        {**METADATA, **metrics},
    ]
    message, found = run(*(chunk(event) for event in events))
    assert [part.type for part in message.content] == ["text", "tool_call", "text"]
    assert message.text == "0 1 2 End"
    assert message.extra == {"metrics": {"latencyMs": 40}, **metrics}
    assert found[-1].type == "message_finished"
    shown = [{"chunk": {"bytes": json.dumps(event).encode()}} for event in events]
    assert answer(shown, None) == answer([chunk(event) for event in events], API)


def test_unknown_and_damaged_chunks() -> None:
    _, events = run(chunk(START), chunk({"odd": 1}))
    assert passed_on(events) == [("chunk", {"odd": 1})]
    _, _, error = run_parser([chunk(START), {"bytes": "e30"}], API)
    assert isinstance(error, WireError)


# Detection


@pytest.mark.parametrize(
    ("data", "event", "seen"),
    [
        (START, "", True),
        (METADATA, "", False),
        (METADATA["metadata"], "metadata", False),
        ({"role": "assistant"}, "messageStart", True),
        (START, "chunk", True),
        ({"type": "message_start"}, "chunk", False),
        (body({"text": "x"}), "", True),
        ({"output": []}, "", False),
        ({"output": {"message": {}}}, "", False),
        ({}, "", False),
    ],
)
def test_recognizes(data: Event, event: str, seen: bool) -> None:
    assert BedrockConverse.recognizes(data, event) is seen


# Whole bodies


def test_a_body_is_its_stream() -> None:
    citation = {"title": "Ferns"}
    result = {"toolUseId": "tooluse_3", "content": [{"text": "Ferns"}], "status": "success"}
    whole, events = run(
        body(
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
            {"reasoningContent": {"redactedContent": "b3BhcXVl"}},
            {"citationsContent": {"content": [{"text": "Shade."}], "citations": [citation]}},
            {"toolUse": {"toolUseId": "tooluse_3", "name": "water", "input": {"n": 1}}},
            {"toolResult": result},
            {"toolUse": {"toolUseId": "tooluse_5", "name": "water", "input": {}}},
            {"text": "So."},
            reason="tool_use",
            ResponseMetadata={"RequestId": "r-1"},
        )
    )
    streamed, _ = run(
        START,
        *thought(0, "Hm."),
        delta(1, reasoningContent={"redactedContent": "b3BhcXVl"}),
        stop(1),
        delta(2, citation=citation),
        *text_block(2, "Shade."),
        *call_block(3, '{"n":1}'),
        begin(4, toolResult={"toolUseId": "tooluse_3", "status": "success"}),
        delta(4, toolResult=[{"text": "Ferns"}]),
        stop(4),
        *call_block(5, ""),
        *text_block(6, "So."),
        stopped("tool_use"),
        METADATA,
    )
    assert whole == streamed
    assert events[-1].type == "message_finished"


def test_a_body_with_other_content() -> None:
    video = {"format": "mp4", "source": {"bytes": "cGl4ZWxz"}}
    message, events = run(body({"video": video}, "odd", {"text": "There."}))
    assert [name for name, _ in passed_on(events)] == ["contentBlockStart", "content", "metrics"]
    assert message.to_history()[0]["content"] == [
        {"video": {"format": "mp4", "source": {"bytes": b"pixels"}}},
        {"text": "There."},
    ]


def test_a_body_cut_in_its_last_call() -> None:
    """The last call of a body cut by the token limit is truncated: its input may be incomplete."""
    calls = [
        {"toolUse": {"toolUseId": f"t{n}", "name": "water", "input": {"n": n}}} for n in (1, 2)
    ]
    message, _ = run(body(*calls, reason="max_tokens"))
    assert [call.status for call in message.tool_calls] == ["complete", "truncated"]


# Laws

PIECES = st.lists(st.integers(1, 9), min_size=1, max_size=4)
JSON_TEXTS = ('{"plant": "fern", "litres": [1, 2.5]}', "{}", "", '{"a": fern}', '{"cut": [1')


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    events = [START]
    for index in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(("text", "thought", "call", "server", "cited", "other")))
        sizes = draw(PIECES)
        if kind == "thought":
            events += thought(index, *cut("Which flowers?", sizes))
        elif kind == "other":
            events += [begin(index, image={"format": "png"}), delta(index, image={}), stop(index)]
        elif kind == "text" or kind == "cited":
            if kind == "cited":
                events.append(delta(index, citation={"title": "Ferns"}))
            events += text_block(index, *cut("Roses are red é😀.", sizes))
        else:
            text = draw(st.sampled_from(JSON_TEXTS))
            kinds = {"type": "server_tool_use"} if kind == "server" else {}
            events += call_block(index, *cut(text, sizes), **kinds)
    events += [stopped(draw(st.sampled_from(("end_turn", "tool_use", "max_tokens")))), METADATA]
    return events[: draw(st.integers(1, len(events)))] if draw(st.booleans()) else events


@given(answers(), st.lists(st.integers(1, 200), min_size=1, max_size=4))
def test_any_chunking(events: list[Event], sizes: list[int]) -> None:
    """Frames in any pieces and the events of boto3 give the same result (law 1)."""
    pytest.importorskip("botocore")
    raw = framed(events)
    whole = answer([raw], API)
    assert answer(cut(raw, sizes), API) == whole
    assert answer(events, API) == whole
    assert answer([raw], None) == whole


@given(answers(), st.data())
def test_strange_values_raise_nothing(events: list[Event], data: st.DataObject) -> None:
    """Values of any type raise no exception but our own errors."""
    odd = st.sampled_from((None, 0, -1, 1.5, True, "", "x", [], [1], {}, {"text": "x"}))
    events = copy.deepcopy([*events, body({"text": "x"}, {"toolUse": {"input": {}}})])
    if data.draw(st.booleans()):
        events = events[-1:]
    for _ in range(data.draw(st.integers(1, 3))):
        record: Any = data.draw(st.sampled_from(events))
        while record:
            key = data.draw(st.sampled_from(sorted(record)))
            if not isinstance(record[key], dict) or data.draw(st.booleans()):
                record[key] = data.draw(odd)
                break
            record = record[key]
    parser = MessageParser(API)
    try:
        for event in events:
            parser.feed(event)
        parser.finish()
    except StreamParseError:
        return
    assert parser.message.to_dict()
    assert isinstance(parser.message.to_history(), list)


def test_linear() -> None:
    """Text and arguments in many small deltas take linear time (law 6)."""

    def feed(pieces: Any) -> None:
        parser = MessageParser(API)
        for piece in pieces:
            parser.feed(delta(0, text=piece))
        parser.feed(tool(1))
        parser.feed(delta(1, toolUse={"input": '{"a": "'}))
        for piece in pieces:
            parser.feed(delta(1, toolUse={"input": piece}))
        parser.finish()

    is_linear(feed, lambda size: "ivy " * (size // 16), 4)


# The service model of botocore, and recordings


@pytest.fixture(scope="module")
def validate() -> Any:
    """Return a function that fails if botocore rejects the messages of a request."""
    session = pytest.importorskip("botocore.session").get_session()
    validator = pytest.importorskip("botocore.validate").ParamValidator()
    model = session.get_service_model("bedrock-runtime")

    def check(messages: Any) -> None:
        for name in ("Converse", "ConverseStream"):
            shape = model.operation_model(name).input_shape
            report = validator.validate({"modelId": "m", "messages": messages}, shape)
            assert not report.has_errors(), report.generate_report()

    return check


@given(answers())
def test_histories_are_valid_requests(validate: Any, events: list[Event]) -> None:
    parser, _, _ = run_parser(events, API)
    validate(parser.message.to_history())


def test_recordings(shared_data: Path, validate: Any) -> None:
    """Histories of recorded answers are valid requests, and only known members are passed on."""
    found = 0
    expected = {"additionalModelResponseFields", "amazon-bedrock-invocationMetrics"}
    expected |= {"metrics", "trace"}
    for sidecar in sorted((shared_data / "streams" / "bedrock").glob("*.json")):
        row = json.loads(sidecar.read_text("utf-8"))
        if row.get("api") != API:
            continue
        found += 1
        raw = (sidecar.parent / row["file"]).read_bytes()
        if row["framing"] == "decoded-chunks":
            pieces: list[Any] = [json.loads(line) for line in raw.splitlines() if line.strip()]
        else:
            pieces = [raw]
        message, events = run(*pieces)
        validate(message.to_history())
        assert message.to_history(), row["file"]
        assert {name for name, _ in passed_on(events)} <= expected, row["file"]
    assert found
