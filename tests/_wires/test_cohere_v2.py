"""Tests of the adapter of Cohere's v2 chat: events, ends, errors, bodies, the history."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.cohere_v2 import CohereV2
from streamparse.message import Citation, Reasoning, Text
from streamparse.message_events import ProviderEvent
from streamparse.message_parser import MessageParser
from tests._wires.changes import CHANGES, changed
from tests._wires.recordings import Recording, recordings, without
from tests.helpers import cut
from tests.messages import about_calls, answer, kinds, passed_on, run_parser, sse
from tests.messages import read as read_records

API: Final = "cohere-v2"
read = partial(read_records, api=API)
USAGE = {
    "billed_units": {"input_tokens": 3, "output_tokens": 9},
    "tokens": {"input_tokens": 71, "output_tokens": 12, "reasoning_tokens": 4},
    "cached_tokens": 64,
}

# Records

BLANK = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
START = {"id": "c-1", "type": "message-start", "delta": {"message": BLANK}}


def event(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    return {"type": kind, **place, **({"delta": {"message": message}} if message else {})}


def content(kind: str, text: str, index: int = 0) -> list[dict[str, Any]]:
    return [
        event("content-start", index, content={"type": kind, kind: ""}),
        *[event("content-delta", index, content={kind: piece}) for piece in cut(text, [3])],
        event("content-end", index),
    ]


def call(arguments: str, index: int = 0, name: str = "plant") -> list[dict[str, Any]]:
    function = {"name": name, "arguments": ""}
    whole = {"id": f"{name}_{index}", "type": "function", "function": function}
    return [
        event("tool-call-start", index, tool_calls=whole),
        *[
            event("tool-call-delta", index, tool_calls={"function": {"arguments": piece}})
            for piece in (cut(arguments, [4]) if arguments else [])
        ],
        event("tool-call-end", index),
    ]


def plan(text: str) -> list[dict[str, Any]]:
    return [event("tool-plan-delta", tool_plan=piece) for piece in cut(text, [5])]


def end(reason: str = "COMPLETE", **more: Any) -> dict[str, Any]:
    delta = {"finish_reason": reason, "usage": USAGE, **more}
    return {"type": "message-end", "delta": delta}


SOURCE = {"start": 0, "end": 4, "text": "Fern", "content_index": 0, "type": "TEXT_CONTENT"}
CITED = {**SOURCE, "sources": [{"type": "document", "id": "d:0", "document": {"id": "0"}}]}

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "text": [START, *content("text", "Ferns like shade."), end()],
    "thinking": [
        START,
        *content("thinking", "Sun or shade?"),
        *content("text", "Shade.", 1),
        end("STOP_SEQUENCE"),
    ],
    "calls": [
        START,
        *plan("I will plant two ferns."),
        *call('{"bed": 1}'),
        *call("", 1, "water"),
        end("TOOL_CALL"),
    ],
    "cited": [
        START,
        *content("text", "Ferns.")[:-1],
        event("citation-start", 0, citations=CITED),
        event("citation-end", 0),
        event("content-end", 0),
        end(),
    ],
    "cut": [START, *call('{"bed": 1}'), *call('{"bed": ', 1)[:-1], end("MAX_TOKENS")],
}

BODIES: dict[str, dict[str, Any]] = {
    "text": {"content": [{"type": "text", "text": "Ferns like shade."}]},
    "thinking": {
        "content": [
            {"type": "thinking", "thinking": "Sun or shade?"},
            {"type": "text", "text": "Shade."},
        ]
    },
    "calls": {
        "tool_plan": "I will plant two ferns.",
        "tool_calls": [
            {
                "id": "plant_0",
                "type": "function",
                "function": {"name": "plant", "arguments": '{"bed": 1}'},
            },
            {"id": "water_1", "type": "function", "function": {"name": "water", "arguments": ""}},
        ],
    },
    "cited": {"content": [{"type": "text", "text": "Ferns."}], "citations": [CITED]},
    "cut": {
        "tool_calls": [
            {
                "id": f"plant_{index}",
                "type": "function",
                "function": {"name": "plant", "arguments": arguments},
            }
            for index, arguments in enumerate(['{"bed": 1}', '{"bed": '])
        ],
    },
}


# Content


def test_a_text() -> None:
    message, events = read(SAMPLES["text"])
    assert kinds(events) == ["message_started", "text_delta", "usage_updated", "message_finished"]
    assert (message.id, message.text, message.status) == ("c-1", "Ferns like shade.", "complete")
    assert (message.finish_reason, message.raw_finish_reason) == ("stop", "COMPLETE")


def test_usage() -> None:
    usage = read(SAMPLES["text"])[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens) == (71, 64)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (12, 4, 83)
    billed = {"billed_units": {"input_tokens": 3.0, "output_tokens": 9}}
    usage = read([START, end(usage=billed)])[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.raw) == (3, 9, billed)


def test_thinking_and_text_are_blocks() -> None:
    message, _ = read(SAMPLES["thinking"])
    assert message.content == [Reasoning("Sun or shade?"), Text("Shade.")]
    assert message.raw_finish_reason == "STOP_SEQUENCE"


def test_blocks_are_identified_by_their_index() -> None:
    one, two = content("text", "aaaaaa"), content("text", "bbbbbb", 1)
    records = [START, one[0], two[0], one[1], two[1], one[2], two[2], end()]
    assert read(records)[0].content == [Text("aaaaaa"), Text("bbbbbb")]


def test_a_plan_is_reasoning() -> None:
    message, _ = read(SAMPLES["calls"])
    assert message.reasoning == "I will plant two ferns."
    assert message.content[0] == Reasoning(message.reasoning, {"field": "tool_plan"})


def test_calls_end_with_their_own_record() -> None:
    parser = MessageParser(API)
    ends = [
        (record["type"], seen.call.name, seen.call.arguments)
        for record in SAMPLES["calls"]
        for seen in about_calls(parser.feed(record))
        if seen.type == "tool_call_completed"
    ]
    assert ends == [("tool-call-end", "plant", {"bed": 1}), ("tool-call-end", "water", {})]
    assert parser.message.finish_reason == "tool_calls"


def test_citations() -> None:
    message, _ = read(SAMPLES["cited"])
    assert message.content == [Text("Ferns."), Citation(CITED)]


# The end of a message


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        ("COMPLETE", "stop", "complete"),
        ("STOP_SEQUENCE", "stop", "complete"),
        ("TOOL_CALL", "tool_calls", "complete"),
        ("MAX_TOKENS", "length", "truncated"),
        ("ERROR", "error", "failed"),
        ("TIMEOUT", "error", "failed"),
        ("SOMETHING_NEW", "other", "complete"),
    ],
)
def test_finish_reasons(raw: str, reason: str, status: str) -> None:
    message, _ = read([START, *content("text", "a"), end(raw)])
    assert (message.finish_reason, message.raw_finish_reason) == (reason, raw)
    assert message.status == status


def test_an_error_at_the_end() -> None:
    message, events = read([START, *content("text", "a"), end("ERROR", error="out of soil")])
    assert (message.status, message.raw_finish_reason) == ("failed", "ERROR")
    assert (str(message.error), events[-1].type) == ("out of soil", "message_failed")


def test_a_deep_error_at_the_end() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    message, _ = read([START, *content("text", "a"), end("ERROR", error=deep)])
    assert (message.status, str(message.error)) == ("failed", "[" * 5001 + "]" * 5001)


@pytest.mark.parametrize("before", [[], [START, *content("text", "a")]])
def test_an_error_without_a_type(before: list[Any]) -> None:
    message, _ = read([*before, {"id": "x", "message": "invalid request"}])
    assert (message.status, str(message.error)) == ("failed", "invalid request")


def test_calls_that_were_cut() -> None:
    whole, half = read(SAMPLES["cut"])[0].tool_calls
    assert (whole.status, whole.arguments) == ("complete", {"bed": 1})
    assert (half.status, half.arguments, half.partial) == ("truncated", None, {})


def test_broken_arguments_are_rejected() -> None:
    (found,) = read([START, *call('{"bed" 1}'), end("TOOL_CALL")])[0].tool_calls
    assert (found.status, found.raw_text) == ("rejected", '{"bed" 1}')
    (found,) = read([START, *call('{"bed": '), end("TOOL_CALL")])[0].tool_calls
    assert found.status == "rejected"


def test_cut_streams() -> None:
    """A message without its end record is truncated, wherever it was cut (law 7)."""
    for records in SAMPLES.values():
        for length in range(len(records)):
            message, _ = read(records[:length])
            assert message.status == "truncated"
            assert all(found.status != "in_progress" for found in message.tool_calls)


def test_done_alone_completes_nothing() -> None:
    parser, _, _ = run_parser([sse([START, *content("text", "a")])], API)
    assert (parser.message.status, parser.message.finish_reason) == ("truncated", None)


# Missing and additional members


def test_starts_and_indexes_may_be_missing() -> None:
    piece = {"function": {"name": "plant", "arguments": '{"bed": 1}'}}
    records = [
        event("content-delta", content={"text": "a"}),
        event("tool-call-delta", tool_calls=piece),
        event("tool-call-end"),
        end("TOOL_CALL"),
    ]
    message, _ = read(records)
    assert message.text == "a"
    assert [found.arguments for found in message.tool_calls] == [{"bed": 1}]


def test_arguments_may_be_an_object_or_in_the_start() -> None:
    function = {"name": "plant", "arguments": {"bed": 1}}
    start = event("tool-call-start", 0, tool_calls=[{"id": "a", "function": function}])
    (found,) = read([START, start, event("tool-call-end", 0), end()])[0].tool_calls
    assert (found.id, found.arguments) == ("a", {"bed": 1})


def test_unknown_members_and_records_are_passed_on() -> None:
    """What is not understood reaches the caller (law 8)."""
    records = [
        START,
        {"type": "debug", "prompt": "p"},
        {**event("content-delta", 0, content={"text": "a", "new1": 1}), "logprobs": {"text": "a"}},
        {"type": "content-delta", "index": 0, "delta": {"new2": 2}},
        event("content-delta", 0, new3=3),
        {"type": "gardening", "bed": 4},
        end(),
        {"type": "later"},
    ]
    assert passed_on(read(records)[1]) == [
        ("debug", records[1]),
        ("content.new1", 1),
        ("logprobs", {"text": "a"}),
        ("new2", 2),
        ("new3", 3),
        ("gardening", records[5]),
        ("later", records[7]),
    ]


def test_its_records_are_recognized() -> None:
    assert all(CohereV2.recognizes(record, "") for record in SAMPLES["calls"])
    assert not CohereV2.recognizes({"type": "message_start"}, "message_start")
    assert not CohereV2.recognizes({"model": "m", "message": {}, "done": False}, "")


# Bodies and chunkings


def body(name: str) -> dict[str, Any]:
    reason = SAMPLES[name][-1]["delta"]["finish_reason"]
    message = {"role": "assistant", **BODIES[name]}
    return {"id": "c-1", "finish_reason": reason, "message": message, "usage": USAGE}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_whole_body_gives_the_message_of_its_stream(name: str) -> None:
    for api in (API, "auto"):
        parser, _, error = run_parser([json.dumps(body(name))], api)
        assert error is None
        assert parser.message == read(SAMPLES[name])[0]


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


def test_history() -> None:
    (back,) = read(SAMPLES["calls"])[0].to_history()
    calls = BODIES["calls"]["tool_calls"]
    calls = [calls[0], {**calls[1], "function": {"name": "water", "arguments": "{}"}}]
    plan = BODIES["calls"]["tool_plan"]
    assert back == {"role": "assistant", "tool_plan": plan, "tool_calls": calls}
    for name in ("text", "thinking", "cited"):
        (back,) = read(SAMPLES[name])[0].to_history()
        assert back == {"role": "assistant", **BODIES[name]}


def test_history_of_a_cut_message() -> None:
    (back,) = read(SAMPLES["cut"])[0].to_history()
    assert [entry["id"] for entry in back["tool_calls"]] == ["plant_0"]
    assert read([START, *plan("Hm."), *call('{"bed')[:-1]])[0].to_history() == []


def assistant() -> Any:
    return pytest.importorskip("cohere").AssistantChatMessageV2


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_history_has_the_types_of_the_sdk(name: str) -> None:
    for back in read(SAMPLES[name])[0].to_history():
        assert assistant().model_validate(back).model_dump(exclude_none=True) == back


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_chunks_of_the_sdk_are_read(name: str) -> None:
    cohere = pytest.importorskip("cohere")
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(cohere.V2ChatStreamResponse)
    chunks = [adapter.validate_python(record) for record in SAMPLES[name]]
    assert without(read(chunks)[0].to_dict(), ["raw"]) == without(
        read(SAMPLES[name])[0].to_dict(), ["raw"]
    )


# Recordings


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> list[Recording]:
    return list(recordings(shared_data, API))


def test_history_of_every_recording_has_the_types_of_the_sdk(recorded: list[Recording]) -> None:
    for recording in recorded:
        (back,) = read(recording.records)[0].to_history()
        assert assistant().model_validate(back).model_dump(exclude_none=True) == back


def test_every_recording_as_a_body_gives_its_message(recorded: list[Recording]) -> None:
    """The SDK has no accumulator, so `accumulated` makes the documented body of a stream."""
    for recording in recorded:
        streamed, _ = read(recording.records)
        whole, _ = read([accumulated(recording.records)])
        assert whole == streamed, recording.name


def accumulated(records: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"content": [], "tool_calls": [], "tool_plan": "", "citations": []}
    for record in records:
        given = record.get("delta", {}).get("message", {})
        kind, index = record["type"], record.get("index")
        if kind == "content-start":
            message["content"].append(dict(given["content"]))
        elif kind == "content-delta":
            for name, text in given["content"].items():
                message["content"][index][name] += text
        elif kind == "tool-plan-delta":
            message["tool_plan"] += given["tool_plan"]
        elif kind == "tool-call-start":
            message["tool_calls"].append(json.loads(json.dumps(given["tool_calls"])))
        elif kind == "tool-call-delta":
            text = given["tool_calls"]["function"]["arguments"]
            message["tool_calls"][index]["function"]["arguments"] += text
        elif kind == "citation-start":
            message["citations"].append(given["citations"])
    return {"id": records[0]["id"], "message": message, **records[-1]["delta"]}


def test_members_of_the_wrong_type_are_passed_on() -> None:
    records = [
        START,
        event("content-delta", 0, content="So"),
        event("content-delta", 0, content=["odd"]),
        event("content-delta", 0, content={"text": {"odd": 1}}),
        event("content-delta", 0, tool_calls=3),
        {**event("content-delta", content={"text": "x"}), "index": 1 << 70},
    ]
    parser, events, _ = run_parser([sse(records)], API)
    assert parser.message.text == "Soodd"
    passed = [e.data for e in events if isinstance(e, ProviderEvent)]
    assert {"odd": 1} in passed


def test_calls_of_a_whole_body_other_than_objects() -> None:
    body = {"id": "c-1", "message": {**BLANK, "tool_calls": ["odd"]}, "finish_reason": "COMPLETE"}
    parser, events, _ = run_parser([json.dumps(body)], API)
    assert parser.message.tool_calls == []
    assert "odd" in [e.data for e in events if isinstance(e, ProviderEvent)]
