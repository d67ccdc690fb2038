"""Tests of the adapter of Ollama: lines, whole calls, ends, errors, the history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.ollama_chat import OllamaChat
from streamparse.message import Reasoning, Text
from streamparse.message_events import ProviderEvent
from streamparse.message_parser import MessageParser
from tests._wires.changes import CHANGES, changed
from tests._wires.recordings import Recording, recordings, without
from tests.helpers import cut
from tests.messages import about_calls, answer, kinds, run_parser
from tests.messages import read as read_records

API: Final = "ollama-chat"
read = partial(read_records, api=API)
COUNTS = {"total_duration": 900, "prompt_eval_count": 31, "eval_count": 12, "eval_duration": 400}


# Records


def line(content: str = "", **message: Any) -> dict[str, Any]:
    entry = {"role": "assistant", "content": content, **message}
    return {"model": "m:7b", "created_at": "2026-01-01T00:00:00Z", "message": entry, "done": False}


def call(name: str = "plant", arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {**more, "function": {"name": name, "arguments": arguments}}


def end(reason: str | None = "stop", content: str = "") -> dict[str, Any]:
    why = {} if reason is None else {"done_reason": reason}
    return {**line(content), "done": True, **why, **COUNTS}


SAMPLES: dict[str, list[dict[str, Any]]] = {
    "text": [line("Ferns "), line("like shade."), end()],
    "thinking": [line(thinking="Sun or "), line(thinking="shade?"), line("Shade."), end()],
    "calls": [
        line(tool_calls=[call(arguments={"bed": 1}), call("water", {}, id="c-2")]),
        line(tool_calls=[call(arguments={"bed": 2, "ferns": ["a", None]})]),
        end(),
    ],
    "cut": [line("Ferns li"), end("length")],
}


def lines(records: Iterable[Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def passed_on(events: Iterable[Any]) -> list[tuple[str, Any]]:
    found = [(event.name, event.data) for event in events if isinstance(event, ProviderEvent)]
    return [(name, data) for name, data in found if name != "created_at"]


# Content


def test_a_text() -> None:
    message, events = read(SAMPLES["text"])
    assert kinds(events) == [
        "message_started",
        "provider_event",
        "text_delta",
        "usage_updated",
        "message_finished",
    ]
    assert (message.model, message.text, message.status) == (
        "m:7b",
        "Ferns like shade.",
        "complete",
    )
    assert (message.finish_reason, message.raw_finish_reason) == ("stop", "stop")
    assert message.extra == {"created_at": "2026-01-01T00:00:00Z"}


def test_usage() -> None:
    usage = read(SAMPLES["text"])[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (31, 12, 43)
    assert usage.raw == COUNTS


def test_thinking() -> None:
    message, _ = read(SAMPLES["thinking"])
    assert message.content == [Reasoning("Sun or shade?"), Text("Shade.")]


def test_calls_are_complete_at_once() -> None:
    parser = MessageParser(API)
    kept = [event.type for event in about_calls(parser.feed(SAMPLES["calls"][0]))]
    assert kept == [
        *["tool_call_started", "tool_call_delta", "tool_call_completed"],
        *["tool_call_started", "tool_call_delta", "tool_call_completed"],
    ]
    message, _ = read(SAMPLES["calls"])
    assert [found.id for found in message.tool_calls] == [None, "c-2", None]
    assert [found.arguments for found in message.tool_calls] == [
        {"bed": 1},
        {},
        {"bed": 2, "ferns": ["a", None]},
    ]
    assert message.tool_calls[2].arguments_text == '{"bed":2,"ferns":["a",null]}'
    assert (message.finish_reason, message.raw_finish_reason) == ("tool_calls", "stop")


def test_calls_with_one_index_are_different_calls() -> None:
    """Servers sent `"index": 0` for every call until 2026."""
    entry = call(arguments={"bed": 1})
    entry["function"]["index"] = 0
    message, events = read([line(tool_calls=[entry]), line(tool_calls=[entry]), end()])
    assert [found.status for found in message.tool_calls] == ["complete", "complete"]
    assert passed_on(events) == []


@pytest.mark.parametrize("arguments", [None, {}, "", "{}"])
def test_a_call_without_arguments(arguments: Any) -> None:
    (found,) = read([line(tool_calls=[call(arguments=arguments)]), end()])[0].tool_calls
    assert (found.arguments, found.status) == ({}, "complete")


def test_arguments_may_be_text() -> None:
    broken = call(arguments='{"bed" 1}')
    (found, bad) = read([line(tool_calls=[call(arguments='{"bed": 1}'), broken]), end()])[
        0
    ].tool_calls
    assert found.arguments == {"bed": 1}
    assert bad.status == "rejected"


def test_generate() -> None:
    """`/api/generate` sends `response` instead of `message`."""
    start = {"model": "m:7b", "done": False}
    records = [{**start, "response": "", "thinking": "Hm."}, {**start, "response": "Shade."}]
    message, _ = read([*records, {**start, "response": "", "done": True, "done_reason": "stop"}])
    assert message.content == [Reasoning("Hm."), Text("Shade.")]
    assert message.status == "complete"
    assert OllamaChat.recognizes(records[1], "")


# The end of a message


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        ("stop", "stop", "complete"),
        ("length", "length", "truncated"),
        ("load", "paused", "complete"),
        ("unload", "paused", "complete"),
        (None, "stop", "complete"),
        ("new", "other", "complete"),
    ],
)
def test_finish_reasons(raw: str | None, reason: str, status: str) -> None:
    message, _ = read([line("a"), end(raw)])
    assert (message.finish_reason, message.raw_finish_reason) == (reason, raw)
    assert message.status == status


def test_cut_streams() -> None:
    """A message without `done` is truncated (law 7)."""
    for records in SAMPLES.values():
        for length in range(len(records)):
            message, _ = read(records[:length])
            assert message.status == "truncated"


@pytest.mark.parametrize("before", [[], SAMPLES["text"][:1], SAMPLES["calls"][:1]])
@pytest.mark.parametrize("api", [API, "auto"])
def test_an_error(before: list[Any], api: str) -> None:
    data = lines([*before, {"error": "llama runner died"}])
    parser, events, error = run_parser([data], api)
    assert error is None
    assert (parser.message.status, str(parser.message.error)) == ("failed", "llama runner died")
    assert events[-1].type == "message_failed"


# Additional members


def test_unknown_members_and_records_are_passed_on() -> None:
    """What is not understood reaches the caller (law 8)."""
    entry = {**call(arguments={}), "new1": 1}
    entry["function"]["new2"] = 2
    records = [
        {**line("a", images=["aGk="], tool_calls=[entry, 7]), "logprobs": [0], "remote_host": "h"},
        {**line(), "remote_host": "h", "logprobs": [1]},
        {"new3": 3},
        end(),
        {"later": 4},
    ]
    assert passed_on(read(records)[1]) == [
        ("tool_calls.new1", 1),
        ("function.new2", 2),
        ("tool_calls", 7),
        ("images", ["aGk="]),
        ("logprobs", [0]),
        ("remote_host", "h"),
        ("logprobs", [1]),
        ("record", {"new3": 3}),
        ("record", {"later": 4}),
    ]


def test_its_records_are_recognized() -> None:
    assert all(OllamaChat.recognizes(record, "") for record in SAMPLES["calls"])
    assert not OllamaChat.recognizes({"message": {}, "finish_reason": "COMPLETE"}, "")
    assert not OllamaChat.recognizes({"done": True}, "")


# Bodies and chunkings


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_whole_body_gives_the_message_of_its_stream(name: str) -> None:
    messages = [record["message"] for record in SAMPLES[name]]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(part["content"] for part in messages),
        "thinking": "".join(part.get("thinking", "") for part in messages),
        "tool_calls": [entry for part in messages for entry in part.get("tool_calls", [])],
    }
    body = {**SAMPLES[name][-1], "message": message}
    for api in (API, "auto"):
        parser, _, _ = run_parser([json.dumps(body)], api)
        assert parser.message == read(SAMPLES[name])[0]


@given(name=st.sampled_from(sorted(SAMPLES)), sizes=st.lists(st.integers(1, 60), min_size=1))
def test_any_chunking(name: str, sizes: list[int]) -> None:
    """The result does not depend on the chunking (law 1)."""
    data = lines(SAMPLES[name])
    expected = answer([data], API)
    assert answer(cut(data, sizes), API) == expected
    assert answer(cut(data, sizes), "auto") == expected


@given(name=st.sampled_from(sorted(SAMPLES)), changes=CHANGES)
def test_changed_records_raise_nothing(name: str, changes: list[tuple[int, Any]]) -> None:
    parser, _, error = run_parser(changed(SAMPLES[name], changes), API)
    assert error is None
    parser.message.to_history()


# History


def test_history() -> None:
    (back,) = read(SAMPLES["calls"])[0].to_history()
    calls = [entry for record in SAMPLES["calls"][:2] for entry in record["message"]["tool_calls"]]
    assert back == {"role": "assistant", "content": "", "tool_calls": calls}
    (back,) = read(SAMPLES["thinking"])[0].to_history()
    assert back == {"role": "assistant", "content": "Shade.", "thinking": "Sun or shade?"}
    assert read([line(thinking="Hm")])[0].to_history() == []


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_history_has_the_types_of_the_sdk(name: str) -> None:
    ollama = pytest.importorskip("ollama")
    for back in read(SAMPLES[name])[0].to_history():
        ollama.Message.model_validate(back)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_chunks_of_the_sdk_are_read(name: str) -> None:
    ollama = pytest.importorskip("ollama")
    chunks = [ollama.ChatResponse.model_validate(record) for record in SAMPLES[name]]
    # The SDK drops the ids of calls.
    assert without(read(chunks)[0].to_dict(), ["id"]) == without(
        read(SAMPLES[name])[0].to_dict(), ["id"]
    )


# Recordings


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> list[Recording]:
    return list(recordings(shared_data, API))


def test_history_of_every_recording_has_the_types_of_the_sdk(recorded: list[Recording]) -> None:
    ollama = pytest.importorskip("ollama")
    for recording in recorded:
        (back,) = read(recording.records)[0].to_history()
        ollama.Message.model_validate(back)


def test_every_recording_as_a_body_gives_its_message(recorded: list[Recording]) -> None:
    """The SDK has no accumulator, so the test joins the texts and collects the calls."""
    for recording in recorded:
        messages = [record["message"] for record in recording.records]
        message: dict[str, Any] = {
            "content": "".join(part.get("content", "") for part in messages),
            "thinking": "".join(part.get("thinking", "") for part in messages),
            "tool_calls": [call for part in messages for call in part.get("tool_calls", [])],
        }
        body = {**recording.records[-1], "message": message}
        whole = without(read([body])[0].to_dict(), ["extra"])
        assert whole == without(read(recording.records)[0].to_dict(), ["extra"]), recording.name
