"""Compact records say everything that the events say, once; `message.js` reads them in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamparse
from streamparse import AnyMessageEvent, Message, MessageParser, PatchApplier, event_schema
from streamparse._core.plain import json_text
from streamparse.frontends import CompactEvents
from tests.messages import chunk, text_chunk

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.sse"))
PAGE = Path(streamparse.__file__).parent / "js"
RUNNER = Path(__file__).parents[1] / "read_records.mjs"
TOOLS = [{"name": "get_forecast", "parameters": {"type": "object", "required": ["nothing"]}}]
OPTIONS: list[dict[str, Any]] = [{}, {"output": dict}, {"tools": TOOLS}]
TEXTS = {"text_delta": "text", "reasoning_delta": "reasoning", "refusal_delta": "refusal"}
ENDS = {f"tool_call_{end}": end for end in ("rejected", "truncated")}
ENDS["tool_call_completed"] = "complete"

Records = list[dict[str, Any]]
Messages = list[dict[str, Any]]


def read(batches: list[Records]) -> Messages:
    """What `message.js` does, in other words."""
    messages: dict[int, dict[str, Any]] = {}
    values: dict[Any, PatchApplier] = {}
    last: dict[str, Any] = {}
    for record in [record for batch in batches for record in batch]:
        last = record if "type" in record else {**last, **record}
        fields = dict(last)
        kind, choice, index = fields.pop("type"), fields.pop("choice", 0), fields.pop("call", None)
        message = messages.setdefault(choice, empty())
        call = None if index is None else called(message, index)
        if kind in TEXTS:
            message[TEXTS[kind]] += fields["text"]
        elif kind in ("arguments", "output"):
            value = values.setdefault((choice, index), PatchApplier())
            value.apply(fields["patch"])
            (message if call is None else call)[kind] = value.value
        elif kind == "output_rejected":
            message["outputError"] = fields["error"]
        elif kind.startswith(("message_", "usage_")):
            message.update(fields)
        elif call is not None and kind == "tool_call_delta":
            call["arguments"] = call.get("arguments", "") + fields["text"]
        elif call is not None:
            call.update(fields, **({"status": ENDS[kind]} if kind in ENDS else {}))
    return [messages[choice] for choice in sorted(messages)]


def empty() -> dict[str, Any]:
    return {"status": "in_progress", "text": "", "reasoning": "", "refusal": "", "calls": []}


def called(message: dict[str, Any], index: int) -> dict[str, Any]:
    if index == len(message["calls"]):
        message["calls"].append({"index": index, "status": "in_progress"})
    call = message["calls"][index]
    assert isinstance(call, dict)
    return call


def expected(message: Message) -> dict[str, Any]:
    """The message as the records show it."""
    whole = message.to_dict()
    found = {name: whole[name] for name in ("id", "model", "finish_reason", "raw_finish_reason")}
    found |= {"output": whole["partial_output"], "error": whole["error"]}
    if message.usage is not None:
        counts = message.usage.to_dict() | {"raw": None}
        found["usage"] = {name: count for name, count in counts.items() if count is not None}
    sent = ("text", "reasoning", "refusal", "tool_call")
    found["parts"] = [part for part in whole["content"] if part["type"] not in sent] or None
    found = {name: value for name, value in found.items() if value is not None}
    found |= {name: whole[name] for name in ("status", "text", "reasoning", "refusal")}
    calls = []
    for call in message.tool_calls:
        shown = {"index": call.index, "id": call.id, "name": call.name, "kind": call.kind}
        shown |= {"arguments": call.partial, "status": call.status}
        calls.append({name: value for name, value in shown.items() if value is not None})
    return {**found, "calls": calls}


def without_errors(message: dict[str, Any]) -> dict[str, Any]:
    """Without what is not compared: errors, and arguments after a rejection, which no event has."""
    message = {name: value for name, value in message.items() if name != "outputError"}
    calls = []
    for call in message["calls"]:
        left_out = ("error", "arguments") if call["status"] == "rejected" else ("error",)
        calls.append({name: value for name, value in call.items() if name not in left_out})
    return {**message, "calls": calls}


def batches_of(
    fragments: list[Any], one_by_one: bool = False, **options: Any
) -> tuple[list[Records], list[Message]]:
    parser, compact = MessageParser(**options), CompactEvents()
    batches: list[list[AnyMessageEvent]] = [parser.feed(fragment) for fragment in fragments]
    batches.append(parser.finish())
    if one_by_one:
        batches = [[event] for batch in batches for event in batch]
    records = [compact.encode(batch) for batch in batches]
    return json.loads(json_text(records)), parser.messages


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "".join(options) or "plain")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_records_of_a_stream_are_its_message(path: Path, options: dict[str, Any]) -> None:
    data = path.read_bytes()
    for size, one_by_one in ((1, True), (40, False), (len(data), False)):
        batches, messages = batches_of(pieces(data, size), one_by_one, **options)
        shown = [without_errors(message) for message in read(batches)]
        assert shown == [without_errors(expected(message)) for message in messages]


def test_the_records_are_valid() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the extra schema")
    judge = jsonschema.Draft202012Validator(event_schema(compact=True))
    judge.check_schema(event_schema(compact=True))
    for path in EXAMPLES:
        for options in OPTIONS:
            batches, _ = batches_of(pieces(path.read_bytes(), 40), **options)
            for record in [record for batch in batches for record in batch]:
                assert list(judge.iter_errors(record)) == []
    for wrong in ({"type": "text_delta"}, {"type": "water"}, {}, {"call": 0}):
        assert list(judge.iter_errors(wrong))


def size_of(fragments: list[Any]) -> int:
    batches, _ = batches_of(fragments, one_by_one=True, api="openai-chat")
    return sum(len(json_text(record)) for batch in batches for record in batch)


def deltas(text: str, size: int = 4) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def call_fragments(text: str, size: int = 4) -> list[Any]:
    head = {"index": 0, "id": "call_1", "function": {"name": "plant", "arguments": ""}}
    calls = [
        head,
        *({"index": 0, "function": {"arguments": delta}} for delta in deltas(text, size)),
    ]
    return [*({"choices": [{"delta": {"tool_calls": [c]}}]} for c in calls), chunk(finish="stop")]


def test_a_delta_of_four_characters_costs_little() -> None:
    """605 characters in deltas of four: at most 3 kB, where events as `to_dict()` take 20."""
    prose = "A fern likes shade. " * 30 + "Water"
    assert size_of([*map(text_chunk, deltas(prose)), chunk(finish="stop")]) <= 3_000
    note = json.dumps({"note": prose[:593]})
    assert len(note) == 605
    assert size_of(call_fragments(note)) <= 3_200
    beds = json.dumps({"beds": [{"plant": "fern", "litres": 3, "shade": True}] * 12})
    assert 540 <= len(beds) <= 605
    assert size_of(call_fragments(beds)) <= 3_000


def test_several_choices() -> None:
    fragments = [
        {"choices": [{"index": index, "delta": {"content": text}}]}
        for index, text in [(0, "a"), (1, "b"), (1, "c"), (0, "d")]
    ]
    batches, messages = batches_of([*fragments, chunk(finish="stop")], api="openai-chat")
    assert [message["text"] for message in read(batches)] == ["ad", "bc"]
    assert len(messages) == 2


def test_a_record_of_another_kind_in_between() -> None:
    parser, compact = MessageParser("text"), CompactEvents()
    compact.encode(parser.feed("a"))
    compact.interrupt()
    assert compact.encode(parser.feed("b")) == [{"type": "text_delta", "text": "b"}]


def test_a_call_of_free_text_is_sent_as_text() -> None:
    custom = {"type": "custom", "custom": {"name": "plant", "input": "fern"}, "index": 0, "id": "c"}
    batches, messages = batches_of(
        [{"choices": [{"delta": {"tool_calls": [custom]}}]}, chunk(finish="tool_calls")],
        api="openai-chat",
    )
    assert messages[0].tool_calls[0].kind == "custom"
    assert read(batches)[0]["calls"][0]["arguments"] == "fern"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\é', max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=9,
)


@given(st.dictionaries(st.text("abc", max_size=3), JSON), st.integers(1, 9))
def test_arguments_at_any_cut(value: dict[str, Any], size: int) -> None:
    text = json.dumps(value)
    batches, messages = batches_of(call_fragments(text, size), api="openai-chat")
    assert [without_errors(m) for m in read(batches)] == [
        without_errors(expected(m)) for m in messages
    ]


def test_the_page_reads_the_same() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    streams = [
        batches_of(pieces(path.read_bytes(), 40), **options)[0]
        for path in EXAMPLES
        for options in OPTIONS
    ]
    lines = "".join(f"{json.dumps(batches)}\n" for batches in streams)
    command = [node, str(RUNNER), str(PAGE)]
    told = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60)
    assert told.stderr == ""
    for batches, line in zip(streams, told.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        assert answer["messages"] == read(batches)
        assert len(answer["types"]) == sum(map(len, batches))
        assert None not in answer["types"]


def test_the_page_module_is_small() -> None:
    assert len((PAGE / "message.js").read_bytes()) <= 3_000
