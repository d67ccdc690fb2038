"""Tests of the adapter of Google's Interactions API: steps, statuses, errors, bodies, history."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.google_interactions import GoogleInteractions
from streamparse.message import (
    Audio,
    Citation,
    Reasoning,
    ServerToolResult,
    Text,
    ToolCall,
)
from streamparse.message_events import AudioDelta
from streamparse.message_parser import MessageParser
from tests._wires.changes import CHANGES, changed
from tests._wires.recordings import Recording, recordings, without
from tests.helpers import cut
from tests.messages import about_calls, answer, kinds, passed_on, results_of, run_parser, sse
from tests.messages import read as read_records

API: Final = "google-interactions"
read = partial(read_records, api=API)
USAGE = {
    "total_input_tokens": 20,
    "total_cached_tokens": 8,
    "total_output_tokens": 9,
    "total_thought_tokens": 6,
    "total_tool_use_tokens": 3,
    "total_tokens": 38,
}


# Records


def interaction(status: str = "in_progress", **more: Any) -> dict[str, Any]:
    return {"id": "v1_a", "object": "interaction", "model": "gem-1", "status": status, **more}


def event(kind: str, **members: Any) -> dict[str, Any]:
    return {"event_type": kind, **members}


START = [
    event("interaction.created", interaction=interaction()),
    event("interaction.status_update", interaction_id="v1_a", status="in_progress"),
]


def end(status: str = "completed", **more: Any) -> dict[str, Any]:
    whole = interaction(status, usage=USAGE, **more)
    return event("interaction.completed", interaction=whole)


def streamed(index: int, step: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        event("step.start", index=index, step=step),
        *[event("step.delta", index=index, delta=delta) for delta in deltas],
        event("step.stop", index=index),
    ]


def output(text: str, index: int = 0) -> list[dict[str, Any]]:
    deltas = [{"type": "text", "text": piece} for piece in cut(text, [4])]
    return streamed(index, {"type": "model_output"}, *deltas)


def thought(summary: str, index: int = 0, signature: str = "c2ln") -> list[dict[str, Any]]:
    pieces = cut(summary, [5]) if summary else []
    deltas: list[dict[str, Any]] = [
        {"type": "thought_summary", "content": {"type": "text", "text": piece}} for piece in pieces
    ]
    deltas.append({"type": "thought_signature", "signature": signature})
    return streamed(index, {"type": "thought"}, *deltas)


def call(arguments: str, index: int = 0, name: str = "plant") -> list[dict[str, Any]]:
    step = {"type": "function_call", "id": f"f{index}", "name": name, "arguments": {}}
    deltas = [
        {"type": "arguments_delta", "arguments": piece}
        for piece in (cut(arguments, [4]) if arguments else [])
    ]
    return streamed(index, {**step, "signature": ""}, *deltas)


QUERIES = {"queries": ["ferns", "shade"]}
FOUND = [{"title": "Ferns", "url": "https://example.org"}]
NOTE = {"type": "url_citation", "url": "https://example.org", "start_index": 0, "end_index": 5}
PICTURE = {"type": "image", "mime_type": "image/png", "data": "aGk="}

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "text": [*START, *output("Ferns like shade."), end()],
    "thought": [*START, *thought("Sun or shade?"), *output("Shade.", 1), end()],
    "signature": [*START, *thought(""), *output("Shade.", 1), end()],
    "calls": [
        *START,
        *thought(""),
        *call('{"bed": 1}', 1),
        *call("", 2, "water"),
        end("requires_action"),
    ],
    "search": [
        *START,
        *streamed(
            0,
            {"type": "google_search_call", "id": "s1", "signature": ""},
            {"type": "google_search_call", "arguments": QUERIES, "signature": "cw=="},
        ),
        *streamed(
            1,
            {"type": "google_search_result", "call_id": "s1"},
            {"type": "google_search_result", "result": FOUND, "is_error": False},
        ),
        *streamed(
            2,
            {"type": "model_output"},
            {"type": "text", "text": "Ferns."},
            {"type": "text_annotation_delta", "annotations": [NOTE]},
        ),
        end(),
    ],
    "picture": [
        *START,
        *streamed(
            0,
            {"type": "model_output"},
            {"type": "text", "text": "Look: "},
            PICTURE,
            {"type": "text", "text": "a fern"},
        ),
        end(),
    ],
    "cut": [*START, *output("Ferns li"), end("incomplete")],
}

STEPS: dict[str, list[dict[str, Any]]] = {
    "text": [
        {"type": "model_output", "content": [{"type": "text", "text": "Ferns like shade."}]},
    ],
    "thought": [
        {
            "type": "thought",
            "signature": "c2ln",
            "summary": [{"type": "text", "text": "Sun or shade?"}],
        },
        {"type": "model_output", "content": [{"type": "text", "text": "Shade."}]},
    ],
    "signature": [
        {"type": "thought", "signature": "c2ln"},
        {"type": "model_output", "content": [{"type": "text", "text": "Shade."}]},
    ],
    "calls": [
        {"type": "thought", "signature": "c2ln"},
        {"type": "function_call", "id": "f1", "name": "plant", "arguments": {"bed": 1}},
        {"type": "function_call", "id": "f2", "name": "water", "arguments": {}},
    ],
    "search": [
        {"type": "google_search_call", "id": "s1", "arguments": QUERIES, "signature": "cw=="},
        {"type": "google_search_result", "call_id": "s1", "result": FOUND, "is_error": False},
        {
            "type": "model_output",
            "content": [{"type": "text", "text": "Ferns.", "annotations": [NOTE]}],
        },
    ],
    "picture": [
        {
            "type": "model_output",
            "content": [
                {"type": "text", "text": "Look: "},
                PICTURE,
                {"type": "text", "text": "a fern"},
            ],
        },
    ],
    "cut": [{"type": "model_output", "content": [{"type": "text", "text": "Ferns li"}]}],
}


# Content


def test_a_text() -> None:
    message, events = read(SAMPLES["text"])
    assert kinds(events) == ["message_started", "text_delta", "usage_updated", "message_finished"]
    assert (message.id, message.model, message.text) == ("v1_a", "gem-1", "Ferns like shade.")
    assert (message.finish_reason, message.raw_finish_reason) == ("stop", "completed")
    assert message.status == "complete"


def test_usage() -> None:
    usage = read(SAMPLES["text"])[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens) == (23, 8)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (15, 6, 38)


def test_usage_while_it_streams() -> None:
    text = event("step.delta", index=0, delta={"type": "text", "text": "a"})
    parser = MessageParser(API)
    parser.feed({**text, "metadata": {"total_usage": {"total_output_tokens": 1}}})
    assert parser.message.usage is not None
    assert parser.message.usage.output_tokens == 1
    parser.feed(event("step.stop", index=0, usage={"total_output_tokens": 2}))
    assert parser.message.usage.output_tokens == 2


def test_thoughts() -> None:
    message, _ = read(SAMPLES["thought"])
    assert message.content == [Reasoning("Sun or shade?", {"signature": "c2ln"}), Text("Shade.")]
    message, _ = read(SAMPLES["signature"])
    assert message.content == [Reasoning("", {"signature": "c2ln"}), Text("Shade.")]


def test_calls_end_with_their_step() -> None:
    parser = MessageParser(API)
    ends = [
        (record["event_type"], seen.call.name, seen.call.arguments)
        for record in SAMPLES["calls"]
        for seen in about_calls(parser.feed(record))
        if seen.type == "tool_call_completed"
    ]
    assert ends == [("step.stop", "plant", {"bed": 1}), ("step.stop", "water", {})]
    message = parser.message
    assert [found.id for found in message.tool_calls] == ["f1", "f2"]
    assert (message.finish_reason, message.raw_finish_reason) == ("tool_calls", "requires_action")


def test_arguments_of_the_start_without_a_delta() -> None:
    step = {"type": "function_call", "id": "f", "name": "plant", "arguments": {"bed": 1}}
    message, _ = read([*START, *streamed(0, step), end("requires_action")])
    assert message.tool_calls[0].arguments == {"bed": 1}
    delta = {"type": "arguments_delta", "arguments": '{"bed": 2}'}
    message, _ = read([*START, *streamed(0, step, delta), end("requires_action")])
    assert message.tool_calls[0].arguments == {"bed": 2}


def test_names_and_arguments_after_the_start() -> None:
    named = {"type": "arguments_delta", "id": "f", "name": "plant"}
    given = {"type": "function_call", "arguments": {"bed": 1}}
    step = {"type": "function_call"}
    message, _ = read([*START, *streamed(0, step, named, given, named), end("requires_action")])
    (found,) = message.tool_calls
    assert (found.id, found.name, found.arguments) == ("f", "plant", {"bed": 1})


def test_broken_arguments_are_rejected() -> None:
    (found,) = read([*START, *call('{"bed" 1}'), end("requires_action")])[0].tool_calls
    assert found.status == "rejected"


def test_calls_of_the_provider() -> None:
    message, events = read(SAMPLES["search"])
    ran, result, text, source = message.content
    assert isinstance(ran, ToolCall)
    assert (ran.kind, ran.name, ran.id, ran.status) == ("server", "google_search", "s1", "complete")
    assert (ran.arguments, ran.extra["signature"]) == (QUERIES, "cw==")
    assert isinstance(result, ServerToolResult)
    assert (result.call_id, result.name, result.content) == ("s1", "google_search", FOUND)
    assert results_of(events) == [result]
    assert (text, source) == (Text("Ferns."), Citation(NOTE))
    assert message.finish_reason == "stop"


def test_calls_of_mcp_servers_have_the_name_of_the_tool() -> None:
    step = {"type": "mcp_server_tool_call", "id": "m", "name": "dig", "server_name": "garden"}
    result = {"type": "mcp_server_tool_result", "call_id": "m", "name": "dig", "result": "done"}
    records = [*START, *streamed(0, {**step, "arguments": {}}), *streamed(1, result), end()]
    message, _ = read(records)
    (ran,) = message.tool_calls
    assert (ran.kind, ran.name, ran.arguments) == ("server", "dig", {})
    assert message.to_history() == [{**step, "arguments": {}}, result]


def test_results_in_several_deltas() -> None:
    one, two = ({"type": "file_search_result", "result": [{"text": text}]} for text in "ab")
    step = {"type": "file_search_result", "call_id": "f"}
    (part,) = read([*START, *streamed(0, step, one, two), end()])[0].content
    assert isinstance(part, ServerToolResult)
    assert part.content == [{"text": "a"}, {"text": "b"}]
    texts = [{"type": "code_execution_result", "result": text} for text in "ab"]
    step = {"type": "code_execution_result", "call_id": "c"}
    message, events = read([*START, *streamed(0, step, *texts), end()])
    (part,) = message.content
    assert isinstance(part, ServerToolResult)
    assert part.content == "ab"
    assert results_of(events) == [part]
    other = {"type": "code_execution_result", "result": {"exit": 0}}
    (part,) = read([*START, *streamed(0, step, texts[0], other), end()])[0].content
    assert isinstance(part, ServerToolResult)
    assert part.content == {"exit": 0}
    records = streamed(0, step, *texts)[:-1]
    assert results_of(read([*START, *records])[1]) == []  # without its end a result is not complete


def test_images_are_passed_on_and_keep_their_place() -> None:
    message, events = read(SAMPLES["picture"])
    assert message.content == [Text("Look: "), Text("", PICTURE), Text("a fern")]
    assert passed_on(events) == [("image", PICTURE)]


def test_audio_is_counted_and_passed_on() -> None:
    sound = {"type": "audio", "data": "aGk=", "mime_type": "audio/wav"}
    message, events = read([*START, *streamed(0, {"type": "model_output"}, sound), end()])
    assert [event for event in events if event.type == "audio_delta"] == [
        AudioDelta(None, 2, "aGk=")
    ]
    (part,) = message.content
    assert isinstance(part, Audio)
    assert (part.transcript, part.format, part.size) == ("", "audio/wav", 2)


def test_steps_whose_start_was_missed() -> None:
    """A stream may be resumed in the middle of a step."""
    for name in ("text", "thought", "calls"):
        records = [record for record in SAMPLES[name] if record["event_type"] != "step.start"]
        message, _ = read(records)
        whole, _ = read(SAMPLES[name])
        assert (message.text, message.reasoning) == (whole.text, whole.reasoning)
    assert message.tool_calls[0].status == "rejected"  # no record gave its name


def test_the_previous_revision_of_the_api() -> None:
    records = [
        event("interaction.start", interaction=interaction()),
        event("content.start", index=0, content={"type": "thought"}),
        event("content.delta", index=0, delta={"type": "thought_signature", "signature": "cw=="}),
        event("content.stop", index=0),
        event("content.start", index=1, content={"type": "text"}),
        event("content.delta", index=1, delta={"type": "text", "text": "Ok"}),
        event("content.stop", index=1),
        event("content.start", index=2, content={"type": "function_call"}),
        event(
            "content.delta",
            index=2,
            delta={"type": "function_call", "id": "f", "name": "plant", "arguments": {"bed": 1}},
        ),
        event("content.stop", index=2),
        event("interaction.complete", interaction=interaction("requires_action")),
    ]
    message, _ = read(records)
    assert message.content[:2] == [Reasoning("", {"signature": "cw=="}), Text("Ok")]
    assert message.tool_calls[0].arguments == {"bed": 1}
    assert message.status == "complete"


# The end of a message


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        ("completed", "stop", "complete"),
        ("requires_action", "tool_calls", "complete"),
        ("requires_continuation", "paused", "complete"),
        ("incomplete", "length", "truncated"),
        ("budget_exceeded", "length", "truncated"),
        ("failed", "error", "failed"),
        ("newest", "other", "complete"),
        ("cancelled", "cancelled", "truncated"),
        ("idle", "stop", "complete"),
    ],
)
def test_statuses(raw: str, reason: str | None, status: str) -> None:
    message, _ = read([*START, *output("a"), end(raw)])
    assert (message.finish_reason, message.raw_finish_reason) == (reason, raw)
    assert message.status == status


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("completed", "completed", "stop"),
        ("completed", "idle", "stop"),
        ("cancelled", None, "cancelled"),
    ],
)
def test_an_end_without_an_interaction(kind: str, status: str | None, reason: str) -> None:
    """The last record of a live session has no `interaction`."""
    last = event(f"interaction.{kind}", usage=USAGE)
    if status is not None:
        last["status"] = status
    message, _ = read([*START, *output("Ferns."), last])
    assert (message.text, message.finish_reason) == ("Ferns.", reason)
    assert message.status == ("truncated" if kind == "cancelled" else "complete")
    assert message.usage is not None


def test_done_alone_completes_nothing() -> None:
    for records in ([*START, *output("Ferns.")], [*START, *call('{"bed": 1}')]):
        assert read([sse(records, done=True)])[0].status == "truncated"
    idle = event("interaction.status_update", status="idle")
    assert read([sse([*START, *output("Ferns."), idle], done=True)])[0].status == "complete"


def test_an_interaction_that_continues_in_another() -> None:
    records = [*START, *output("Ferns "), end("requires_continuation")]
    message, _ = read(records)
    assert (message.status, message.finish_reason) == ("complete", "paused")
    message, _ = read([*records, *START, *output("like shade."), end()])
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert message.text == "Ferns like shade."


def test_final_texts_replace_streamed_texts() -> None:
    whole = [
        {"type": "thought", "summary": [{"type": "text", "text": "Hm?"}], "signature": "c2ln"},
        {"type": "model_output", "content": [{"type": "text", "text": "Moss."}]},
    ]
    message, events = read([*START, *thought("Hm."), *output("Ferns.", 1), end(steps=whole)])
    assert (message.reasoning, message.text) == ("Hm?", "Moss.")
    assert [name for name, _ in passed_on(events)] == ["replaced_reasoning", "replaced_text"]
    assert message.to_history() == whole


def test_final_texts_of_other_steps_replace_no_texts() -> None:
    """Steps are matched by their order, if their number is the same."""
    moss = {"type": "model_output", "content": [{"type": "text", "text": "Moss."}]}
    empty = {"type": "thought", "signature": "c2ln"}
    message, events = read([*START, *output("Ferns."), end(steps=[empty, moss, moss])])
    assert (message.text, passed_on(events)) == ("Ferns.", [])


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [(0, "stop", "complete"), (1, "cancelled", "truncated"), (13, "error", "failed")],
)
def test_a_status_with_a_code(code: int, reason: str, status: str) -> None:
    """Live sessions send the status of gRPC."""
    last = event("interaction.completed", status={"code": code, "message": "no seeds"})
    message, _ = read([*START, *output("Ferns."), last])
    assert (message.finish_reason, message.status) == (reason, status)
    assert ("no seeds" in str(message.error)) == (status == "failed")


def test_repeated_events_are_skipped() -> None:
    records = [*START, *output("Ferns."), *call('{"bed": 1}', 1), end()]
    numbered = [{**record, "event_id": f"e{place}"} for place, record in enumerate(records)]
    plain, _ = read(numbered)
    for size in range(3, len(records)):
        parser = MessageParser("google-interactions")
        for record in [*numbered[:size], *numbered[1:]]:
            parser.feed(record)
        parser.finish()
        assert parser.message == plain
        assert parser.replayed == size - 1


@pytest.mark.parametrize("identity", ["e", "", 7])
def test_no_event_is_skipped_if_all_have_one_id(identity: Any) -> None:
    deltas = [{"type": "text", "text": "ha"}] * 3
    records = [*START, *streamed(0, {"type": "model_output"}, *deltas), end()]
    assert read([{**record, "event_id": identity} for record in records])[0].text == "hahaha"


def test_a_failed_interaction_has_its_error() -> None:
    error = {"code": "internal", "message": "out of soil"}
    message, _ = read([*START, *output("a"), end("failed", error=error)])
    assert (message.status, message.raw_finish_reason) == ("failed", "failed")
    assert str(message.error) == "internal: out of soil"


@pytest.mark.parametrize("before", [[], [*START, *output("a")]])
@pytest.mark.parametrize("api", [API, "auto"])
def test_an_error_event(before: list[Any], api: str) -> None:
    record = event("error", error={"code": "quota", "message": "slow down"})
    parser, events, error = run_parser([sse([*before, record], done=False)], api)
    assert error is None
    assert (parser.message.status, str(parser.message.error)) == ("failed", "quota: slow down")
    assert events[-1].type == "message_failed"


def test_cut_streams() -> None:
    """A message without its end record is truncated, wherever it was cut (law 7)."""
    for records in SAMPLES.values():
        for length in range(len(records)):
            message, _ = read(records[:length])
            assert message.status == "truncated"
            assert all(found.status != "in_progress" for found in message.tool_calls)


def test_a_cut_call() -> None:
    (found,) = read([*START, *call('{"bed": 1, "fe')[:-1], end("incomplete")])[0].tool_calls
    assert (found.status, found.arguments, found.partial) == ("truncated", None, {"bed": 1})


# What is passed on


def test_unknown_members_and_records_are_passed_on() -> None:
    records = [
        event("interaction.created", interaction=interaction(new1=1)),
        *streamed(0, {"type": "user_input", "content": []}),
        *streamed(1, {"type": "gardening"}, {"type": "digging", "depth": 2}),
        *streamed(2, {"type": "model_output", "new2": 2}, {"type": "text", "text": "a", "new3": 3}),
        {"event_type": "gardening.done", "new4": 4},
        {**end("completed", service_tier="flex"), "new5": 5},
    ]
    message, events = read(records)
    assert passed_on(events) == [
        ("new1", 1),
        ("step", {"type": "user_input", "content": []}),
        ("step", {"type": "gardening"}),
        ("delta", {"type": "digging", "depth": 2}),
        ("new2", 2),
        ("new3", 3),
        ("record", records[-2]),
        ("new5", 5),
        ("service_tier", "flex"),
    ]
    assert message.extra == {"new1": 1, "new5": 5, "service_tier": "flex"}


def test_the_last_event_id_is_kept() -> None:
    records = [{**record, "event_id": f"e{place}"} for place, record in enumerate(SAMPLES["text"])]
    message, events = read(records[:4])
    assert message.extra == {"event_id": "e3"}
    assert passed_on(events) == []


def test_its_records_are_recognized() -> None:
    assert all(GoogleInteractions.recognizes(record, "") for record in SAMPLES["calls"])
    assert GoogleInteractions.recognizes(interaction("completed"), "")
    assert not GoogleInteractions.recognizes({"type": "error"}, "error")


def test_members_that_are_not_objects_are_passed_on() -> None:
    records = [
        event("step.start", index=0, step="fern"),
        event("step.delta", index=0, delta=3),
        *streamed(1, {"type": "model_output", "content": ["moss", {"type": "text", "text": "a"}]}),
        *streamed(2, {"type": "thought", "summary": [{"type": "text"}, {"type": "graph"}, "Hm"]}),
    ]
    message, events = read([*START, *records, end()])
    assert passed_on(events) == [
        ("step", "fern"),
        ("delta", 3),
        ("content", "moss"),
        ("thought_summary", {"type": "graph"}),
    ]
    assert (message.text, message.reasoning) == ("a", "Hm")


def test_another_stream_on_the_connection_is_passed_on() -> None:
    """A session sends the events of several turns, each with its `interaction_id`."""
    other = event("interaction.completed", interaction_id="v1_b", stream_id="b")
    first = [{**record, "stream_id": "a"} for record in [*START, *output("Ferns.")]]
    message, events = read([*first, other, {**end(), "stream_id": "a"}])
    assert (message.text, message.status) == ("Ferns.", "complete")
    assert passed_on(events) == [("stream_id", "a"), ("interaction.completed", other)]


# Bodies and chunkings


def body(name: str) -> dict[str, Any]:
    status = SAMPLES[name][-1]["interaction"]["status"]
    return interaction(status, usage=USAGE, steps=STEPS[name])


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_whole_body_gives_the_message_of_its_stream(name: str) -> None:
    expected, _ = read(SAMPLES[name])
    for api in (API, "auto"):
        parser, _, _ = run_parser([json.dumps(body(name))], api)
        assert without(parser.message.to_dict(), TEXTS) == without(expected.to_dict(), TEXTS)
    # The last event of a stream may be the only one with the interaction.
    record = event("interaction.completed", interaction=body(name))
    assert without(read([record])[0].to_dict(), TEXTS) == without(expected.to_dict(), TEXTS)


TEXTS = ("arguments_text", "raw_text")  # arguments of a body are values, not text


@given(name=st.sampled_from(sorted(SAMPLES)), sizes=st.lists(st.integers(1, 60), min_size=1))
def test_any_chunking(name: str, sizes: list[int]) -> None:
    """The result does not depend on the chunking (law 1)."""
    data = sse(SAMPLES[name])
    expected = answer([data], API)
    assert answer(cut(data, sizes), API) == expected
    assert answer(cut(data, sizes), "auto") == expected


@given(name=st.sampled_from(sorted(SAMPLES)), changes=CHANGES)
def test_changed_records_raise_nothing(name: str, changes: list[tuple[int, Any]]) -> None:
    for records in (SAMPLES[name], [body(name)]):
        parser, _, error = run_parser(changed(records, changes), API)
        assert error is None
        parser.message.to_history()


# History


def test_the_history_has_files_and_no_sources_without_text() -> None:
    """A source belongs to the text before it."""
    cite = {"type": "text_annotation_delta", "annotations": [NOTE]}
    sound = {"type": "audio", "data": "aGk=", "mime_type": "audio/wav"}
    empty = {"type": "text", "text": ""}
    deltas: list[dict[str, Any]] = [cite, empty, PICTURE, cite, sound]
    message, _ = read([*START, *streamed(0, {"type": "model_output"}, *deltas), end()])
    assert [type(part) for part in message.content] == [Citation, Text, Citation, Audio]
    assert message.to_history() == [{"type": "model_output", "content": [PICTURE]}]
    alone, _ = read([*START, *thought("", signature=""), *streamed(1, {}, cite), end()])
    assert alone.to_history() == []


@pytest.mark.parametrize("before", ["", "Hm."])
def test_the_history_has_calls_of_the_text(before: str) -> None:
    written = 'Yes. <tool_call>\n{"name": "plant", "arguments": {"bed": 1}}\n</tool_call>'
    steps = [*(thought(before) if before else ()), *output(written, 1)]
    whole = [{"type": "model_output", "content": [{"type": "text", "text": "Moss."}]}]
    parser = MessageParser(API, format="hermes")
    for record in [*START, *steps, end(steps=whole)]:
        parser.feed(record)
    parser.finish()
    assert parser.message.text == "Yes. "  # the format has read it, so the final text is not used
    back = {"type": "function_call", "id": "call_0", "name": "plant", "arguments": {"bed": 1}}
    assert parser.message.to_history()[-1] == back


def test_the_history_has_calls_without_arguments() -> None:
    bare = {"type": "file_search_call", "id": "s1"}
    given = {**bare, "id": "s2", "arguments": QUERIES}
    message, _ = read([*START, *streamed(0, bare), *streamed(1, given), end()])
    assert message.to_history() == [bare, given]


def test_results_of_calls() -> None:
    message, _ = read(SAMPLES["calls"])
    first, second = message.tool_calls
    about = {"type": "function_result", "call_id": "f1", "name": "plant"}
    assert message.tool_result(first, {"ok": 1}) == {**about, "result": {"ok": 1}}
    assert message.tool_result(first, [1]) == {**about, "result": "[1]"}
    failed = message.tool_result(second, "no water", error=True)
    assert failed == {
        "type": "function_result",
        "call_id": "f2",
        "name": "water",
        "result": "no water",
        "is_error": True,
    }


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_history_is_the_steps(name: str) -> None:
    assert read(SAMPLES[name])[0].to_history() == STEPS[name]


def test_history_of_a_cut_message() -> None:
    assert read([*START, *thought("Hm."), *call('{"bed', 1)[:-1]])[0].to_history() == []


def step_type() -> Any:
    interactions = pytest.importorskip("google.genai.interactions")
    pydantic = pytest.importorskip("pydantic")
    # The types of the SDK allow open files, for which pydantic has no schema.
    config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    return pydantic.TypeAdapter(interactions.StepParam, config=config)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_history_has_the_types_of_the_sdk(name: str) -> None:
    for step in read(SAMPLES[name])[0].to_history():
        step_type().validate_python(step)


# The SDK requires arguments in the start of a search, where the API sends none.
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"search"}))
def test_chunks_of_the_sdk_are_read(name: str) -> None:
    interactions = pytest.importorskip("google.genai.interactions")
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(interactions.InteractionSSEEvent)
    chunks = [adapter.validate_python(record) for record in SAMPLES[name]]
    left_out = ["raw", "extra"]  # the SDK encodes the JSON again, and has other members
    assert without(read(chunks)[0].to_dict(), left_out) == without(
        read(SAMPLES[name])[0].to_dict(), left_out
    )


# Recordings


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> list[Recording]:
    return list(recordings(shared_data, API))


def test_history_of_every_recording_has_the_types_of_the_sdk(recorded: list[Recording]) -> None:
    adapter = step_type()
    for recording in recorded:
        steps = read(recording.records)[0].to_history()
        assert steps
        for step in steps:
            adapter.validate_python(step)


def test_the_history_of_every_recording_as_a_body_gives_its_message(
    recorded: list[Recording],
) -> None:
    """The last records of the recordings have no `steps`, so the body gets those of the history."""
    for recording in recorded:
        streamed_, _ = read(recording.records)
        last = recording.records[-1]["interaction"]
        whole, _ = read([{**last, "steps": streamed_.to_history()}])
        assert without(whole.to_dict(), TEXTS) == without(streamed_.to_dict(), TEXTS)
