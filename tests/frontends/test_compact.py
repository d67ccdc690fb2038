"""Tests of compact records, from which the npm package builds the same message as Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamparse
from streamparse import (
    AnySessionEvent,
    Audio,
    Citation,
    InputCompleted,
    InputDelta,
    Message,
    MessageParser,
    Reasoning,
    Refusal,
    Text,
    TextDelta,
    ToolCall,
    event_schema,
)
from streamparse._core.plain import json_text
from streamparse.frontends import CompactEvents
from streamparse.frontends.citations import sources_of
from streamparse.frontends.files import files_in
from tests.messages import call_chunk, chunk, text_chunk
from tests.streams import SCRIPTS, Script, as_bytes, steps
from tests.test_recordings import WIRES, recordings

ROOT = Path(__file__).parents[2]
STREAMS = sorted(
    path for path in (ROOT / "examples").iterdir() if path.suffix in (".sse", ".bin", ".ndjson")
)
PAGE = Path(streamparse.__file__).parent / "js"
RUNNER = Path(__file__).parents[1] / "read_records.mjs"
TOOLS = [{"name": "get_forecast", "parameters": {"type": "object", "required": ["nothing"]}}]
OPTIONS: list[dict[str, Any]] = [{}, {"output": dict}, {"tools": TOOLS}]
Records = list[dict[str, Any]]
Messages = list[dict[str, Any]]


class Reader:
    """`MessageReader` in a Node process, which reads and writes lines of JSON."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(
            [program, str(RUNNER), str(PAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def read(self, batches: list[Records]) -> tuple[list[Messages], list[str]]:
        """Return the messages after each batch, and the types of the events."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(batches) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["states"], answer["types"]

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    process = Reader(program)
    yield process
    process.close()


def expected(message: Message) -> dict[str, Any]:
    """Return the message of the page: `to_dict()` without the data that records do not have."""
    whole = message.to_dict()
    names = ("id", "model", "finish_reason", "raw_finish_reason", "error", "partial_output")
    found = {name: whole[name] for name in (*names, "output")}
    if message.usage is not None:
        counts = message.usage.to_dict() | {"raw": None}
        found["usage"] = {name: count for name, count in counts.items() if count is not None}
    found = {name: value for name, value in found.items() if value is not None}
    found |= {name: whole[name] for name in ("status", "text", "reasoning", "refusal")}
    return {
        **found,
        "tool_calls": [call_of(call) for call in message.tool_calls],
        "content": content_of(message),
    }


def call_of(call: ToolCall) -> dict[str, Any]:
    names = ("id", "name", "kind", "arguments", "partial")
    shown = {name: value for name, value in call.to_dict().items() if name in names}
    known = {name: value for name, value in shown.items() if value is not None}
    return {"type": "tool_call", "index": call.index, "status": call.status, **known}


def content_of(message: Message) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, (Text, Audio, Reasoning, Refusal)):
            kind = "text" if isinstance(part, Audio) else part.type
            if content and content[-1]["type"] == kind:
                content[-1]["text"] += part.text
            elif part.text:
                content.append({"type": kind, "text": part.text})
            content += [{"type": "file", **file._asdict()} for file in files_in(part.extra)]
        elif isinstance(part, ToolCall):
            content.append(call_of(part))
        elif isinstance(part, Citation):
            sources = [source._asdict() for source in sources_of(part.data)]
            named = [{name: value for name, value in s.items() if value} for s in sources]
            content.append({**part.to_dict(), "sources": named})
        else:
            content.append(part.to_dict())
    return content


def compared(message: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a message that is compared, with all numbers as floats.

    Left out are errors, null members, and arguments after a rejection, which have no events.
    """
    message = json.loads(json.dumps(message), parse_int=float)

    def call(shown: dict[str, Any]) -> dict[str, Any]:
        left_out = ("partial", "error") if shown["status"] == "rejected" else ("error",)
        known = {name: value for name, value in shown.items() if value is not None}
        return {name: value for name, value in known.items() if name not in left_out}

    calls = [call(shown) for shown in message["tool_calls"]]
    content = [call(part) if part["type"] == "tool_call" else part for part in message["content"]]
    rest = {name: value for name, value in message.items() if name != "output_error"}
    return {**rest, "tool_calls": calls, "content": content}


def so_far(message: dict[str, Any], known: int) -> dict[str, Any]:
    """Return the data that is compared before the end; the last record completes the rest.

    The page has the first `known` calls. A call may wait for its id until its next record.
    """
    later = ("id", "model", "content", "finish_reason", "raw_finish_reason", "error")
    rest = {name: value for name, value in message.items() if name not in later}
    calls = message["tool_calls"][:known]
    # A call has no events before its name.
    named = [{**call, "id": None} if "name" in call else None for call in calls]
    return {**rest, "tool_calls": named}


@dataclass
class Run:
    batches: list[Records]
    states: list[Messages]  # after each batch

    def check(self, reader: Reader) -> Messages:
        """Check that the page has the same messages after every batch; return the last ones."""
        shown, types = reader.read(self.batches)
        assert None not in types
        for page, whole in zip(shown, self.states, strict=True):
            assert len(page) <= len(whole)
            for mine, its in zip(page, whole, strict=False):
                check(mine, its)
        assert len(shown[-1]) == len(self.states[-1])
        return shown[-1]


def check(page: dict[str, Any], message: dict[str, Any]) -> None:
    page, message = compared(page), compared(message)
    if message["status"] != "in_progress" and page["status"] != "in_progress":
        assert page == message
        return
    known = len(page["tool_calls"])
    assert so_far(page, known) == so_far(message, known)
    assert not [call for call in message["tool_calls"][known:] if "name" in call]
    for kind in ("text", "reasoning", "refusal"):
        parts = [part["text"] for part in page["content"] if part["type"] == kind]
        assert "".join(parts) == page[kind]


def run_of(fragments: Sequence[Any], one_by_one: bool = False, **options: Any) -> Run:
    """Encode the events of all fragments, in some sixty batches."""
    parser, compact = MessageParser(**options), CompactEvents()
    run = Run([], [])
    records: Records = []
    stride = max(1, len(fragments) // 60)
    for number in range(len(fragments) + 1):
        last = number == len(fragments)
        events = parser.finish() if last else parser.feed(fragments[number])
        for batch in [[event] for event in events] if one_by_one else [events]:
            records += compact.encode(batch)
        if last or number % stride == 0:
            run.batches.append(json.loads(json_text(records)))
            run.states.append(json.loads(json_text([expected(each) for each in parser.messages])))
            records = []
    return run


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "".join(options) or "plain")
@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_the_page_has_the_message(path: Path, options: dict[str, Any], reader: Reader) -> None:
    data = path.read_bytes()
    for size, one_by_one in ((1, True), (40, False), (len(data), False)):
        run_of(pieces(data, size), one_by_one, **options).check(reader)


def test_recordings(shared_data: Path, reader: Reader) -> None:
    """Each recording is read whole and cut."""
    for api in WIRES:
        for recording in recordings(shared_data, api):
            run_of(recording.units, api=api).check(reader)
            count = 1 + zlib.crc32(recording.name.encode()) % len(recording.units)
            run_of(recording.units[:count], api=api).check(reader)


@given(script=SCRIPTS, size=st.integers(1, 90))
def test_generated_streams(script: Script, size: int, reader: Reader) -> None:
    run_of(pieces(as_bytes(script, steps(script)), size), api="openai-chat").check(reader)


def test_the_records_are_valid() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the extra schema")
    judge = jsonschema.Draft202012Validator(event_schema(compact=True))
    judge.check_schema(event_schema(compact=True))
    for path in STREAMS:
        for options in OPTIONS:
            run = run_of(pieces(path.read_bytes(), 40), **options)
            for record in [record for batch in run.batches for record in batch]:
                assert list(judge.iter_errors(record)) == []
    for wrong in ({"type": "text_delta"}, {"type": "water"}, {}, {"call": 0}):
        assert list(judge.iter_errors(wrong))


def size_of(fragments: list[Any]) -> int:
    parser, compact = MessageParser("openai-chat"), CompactEvents()
    events = [event for fragment in fragments for event in parser.feed(fragment)]
    records = [compact.encode([event]) for event in events + parser.finish()]
    return sum(len(json_text(record)) for batch in records for record in batch)


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
    """605 characters in deltas of four take at most 3 kB; events as `to_dict()` take 20 kB."""
    prose = "A fern likes shade. " * 30 + "Water"
    assert size_of([*map(text_chunk, deltas(prose)), chunk(finish="stop")]) <= 3_000
    note = json.dumps({"note": prose[:593]})
    assert len(note) == 605
    assert size_of(call_fragments(note)) <= 3_200
    beds = json.dumps({"beds": [{"plant": "fern", "litres": 3, "shade": True}] * 12})
    assert 540 <= len(beds) <= 605
    assert size_of(call_fragments(beds)) <= 3_000


def test_several_choices(reader: Reader) -> None:
    fragments = [
        {"choices": [{"index": index, "delta": {"content": text}}]}
        for index, text in [(0, "a"), (1, "b"), (1, "c"), (0, "d")]
    ]
    shown = run_of([*fragments, chunk(finish="stop")], api="openai-chat").check(reader)
    assert [message["text"] for message in shown] == ["ad", "bc"]


def test_a_delta_after_another_record() -> None:
    parser, compact = MessageParser("text"), CompactEvents()
    compact.encode(parser.feed("a"))
    compact.interrupt()
    assert compact.encode(parser.feed("b")) == [{"type": "text_delta", "text": "b"}]


def test_a_call_of_free_text_is_sent_as_text(reader: Reader) -> None:
    custom = {"type": "custom", "custom": {"name": "plant", "input": "fern"}, "index": 0, "id": "c"}
    fragments = [{"choices": [{"delta": {"tool_calls": [custom]}}]}, chunk(finish="tool_calls")]
    [message] = run_of(fragments, api="openai-chat").check(reader)
    [call] = message["tool_calls"]
    assert (call["kind"], call["arguments"]) == ("custom", "fern")


def test_a_late_id(reader: Reader) -> None:
    fragments = [
        call_chunk("{", name="plant"),
        call_chunk('"a": 1', id="c7"),
        call_chunk("}"),
        chunk(finish="tool_calls"),
    ]
    run = run_of(fragments, api="openai-chat")
    [message] = run.check(reader)
    assert [call["id"] for call in message["tool_calls"]] == ["c7"]
    assert [record.get("id") for records in run.batches for record in records].count("c7") == 1


def test_parts_in_their_places(reader: Reader) -> None:
    """Files and sources are between the right texts, though JavaScript counts UTF-16 units."""
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    cited = {"groundingSupports": [{"segment": {"text": "🌱 a"}, "groundingChunkIndices": [0]}]}
    cited["groundingChunks"] = [{"web": {"uri": "https://x.example", "title": "X"}}]
    candidates = [
        {"content": {"parts": [{"text": "🌱 a"}]}},
        {"content": {"parts": [picture]}},
        {"content": {"parts": [{"text": "🌱"}]}, "groundingMetadata": cited},
        {"content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"},
    ]
    fragments = [{"candidates": [candidate]} for candidate in candidates]
    [message] = run_of(fragments, api="google-generate").check(reader)
    text, file, more, source, end = message["content"]
    assert (text["text"], more["text"], end["text"]) == ("🌱 a", "🌱", "b")
    url = "data:image/png;base64,aGk="
    assert file == {"type": "file", "url": url, "media_type": "image/png"}
    assert source["sources"] == [{"url": "https://x.example", "title": "X"}]


def test_a_text_that_the_provider_replaces(reader: Reader) -> None:
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    fragments = [
        {"type": "response.output_text.delta", **place, "delta": "One ang"},
        {"type": "response.output_text.done", **place, "text": "One angel"},
        {"type": "response.output_text.done", **place, "text": "No angel"},
        {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
    ]
    [message] = run_of(fragments, api="openai-responses").check(reader)
    assert message["text"] == "No angel"
    assert message["content"] == [{"type": "text", "text": "No angel"}]


def test_a_session_has_records_of_the_user(reader: Reader) -> None:
    compact = CompactEvents()
    events: list[AnySessionEvent] = [InputDelta("u", "Go"), InputCompleted("u", "Good day")]
    events.append(TextDelta("Yes", 1))
    records = compact.encode(events)
    assert records == [
        {"type": "input_delta", "item": "u", "text": "Go"},
        {"type": "input_completed", "item": "u", "text": "Good day"},
        {"type": "text_delta", "choice": 1, "text": "Yes"},
    ]
    [messages], types = reader.read([records])
    assert types == ["input_delta", "input_completed", "text_delta"]
    assert messages[1]["text"] == "Yes"


def test_open_paths_show_which_values_are_incomplete() -> None:
    pieces = ['{"a": [1, "x', 'y"', ', {"b": "', '"}', "]", "}"]
    parser = MessageParser("text", output=object, output_dialect="strict")
    compact = CompactEvents(open_paths=True)
    batches = [compact.encode(parser.feed(piece)) for piece in pieces]
    paths = [[record["open"] for record in batch if "open" in record][-1] for batch in batches]
    assert paths == [["a", 1], ["a"], ["a", 2, "b"], ["a"], [], None]


def test_the_end_of_the_stream_ends_open_answers(reader: Reader) -> None:
    records: Records = [
        {"type": "text_delta", "text": "So"},
        {"type": "tool_call_started", "call": 0, "kind": "function"},
        {"type": "tool_call_started", "call": 1, "name": "plant", "kind": "function"},
        {"type": "arguments", "call": 1, "patch": [[0, {"a": "b"}]]},
        {"type": "message_finished", "choice": 1, "status": "complete"},
    ]
    for end in ("stream_ended", "stream_failed", "stream_stopped"):
        states, _ = reader.read([records, [{"type": end, "error": {}}]])
        for messages, status in zip(states, ("in_progress", "truncated"), strict=True):
            first, second = messages
            assert (first["status"], second["status"]) == (status, "complete")
            assert [call["status"] for call in first["tool_calls"]] == [status, status]
            assert [call.get("arguments") for call in first["tool_calls"]] == [None, None]


def test_records_of_the_application_are_passed_on(reader: Reader) -> None:
    own: list[Any] = [3, "text", None, {"type": "tool_result", "call": 5, "text": "x"}, {"n": 1}]
    states, types = reader.read([[{"type": "text_delta", "text": "a"}], own])
    assert [message["text"] for message in states[-1]] == ["a"]
    assert states[-1][0]["tool_calls"] == []
    assert types == ["text_delta", None, None, None, "tool_result", None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\é', max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=9,
)


@given(st.dictionaries(st.text("abc", max_size=3), JSON), st.integers(1, 9))
def test_arguments_at_any_cut(reader: Reader, value: dict[str, Any], size: int) -> None:
    run_of(call_fragments(json.dumps(value), size), api="openai-chat").check(reader)


def test_a_call_that_never_gets_a_name(reader: Reader) -> None:
    """It has no events before its rejection, so the record of the next call starts it too."""
    fragments = [
        text_chunk("So"),
        call_chunk("{}", index=0, id="c0"),
        call_chunk('{"a": 1}', index=2, id="c2", name="plant"),
        chunk(finish="tool_calls"),
    ]
    run = run_of(fragments, api="openai-chat")
    [message] = run.check(reader)
    assert [call["status"] for call in message["tool_calls"]] == ["rejected", "complete"]
    records = [record for batch in run.batches for record in batch]
    started = [record for record in records if record.get("type") == "tool_call_started"]
    first, second, again = started  # the event of its rejection starts it again, with its id
    assert first == {"type": "tool_call_started", "call": 0, "kind": "function"}
    assert (second["call"], second["name"]) == (1, "plant")
    assert again == {**first, "id": "c0"}


def step(index: int, step: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"event_type": "step.start", "index": index, "step": step},
        *({"event_type": "step.delta", "index": index, "delta": delta} for delta in deltas),
        {"event_type": "step.stop", "index": index},
    ]


def test_results_of_server_tools(reader: Reader) -> None:
    """A cut result has no record of its own, and is sent with the last record."""
    search = step(0, {"type": "google_search_call", "id": "s", "arguments": {"q": "x"}})
    found = {"type": "google_search_result", "call_id": "s", "result": [{"title": "Ferns"}]}
    text = step(2, {"type": "model_output"}, {"type": "text", "text": "So"})
    end = {"event_type": "interaction.completed", "status": "completed"}
    for records in ([*search, *step(1, found), *text, end], [*search, *step(1, found)[:1]]):
        run = run_of(records, api="google-interactions")
        [message] = run.check(reader)
        kinds = [part["type"] for part in message["content"]]
        assert kinds == ["tool_call", "server_tool_result", "text"][: len(kinds)]
        assert message["content"][1]["content"] == [{"title": "Ferns"}]
        types = [record.get("type") for batch in run.batches for record in batch]
        assert types.count("server_tool_completed") == (end in records)


def test_audio_is_sent_as_it_arrives(reader: Reader) -> None:
    sounds = [{"type": "audio", "data": data} for data in ("AAEC", "AAE=")]
    end = {"event_type": "interaction.completed", "status": "completed"}
    run = run_of([*step(0, {"type": "model_output"}, *sounds), end], api="google-interactions")
    run.check(reader)
    records = [record for batch in run.batches for record in batch if "size" in record]
    assert records == [
        {"type": "audio_delta", "data": "AAEC", "size": 3},
        {"type": "audio_delta", "data": "AAE=", "size": 2},
    ]


def test_open_paths_of_free_text() -> None:
    custom = {"type": "custom", "custom": {"name": "plant", "input": "fern"}, "index": 0, "id": "c"}
    parser, compact = MessageParser("openai-chat"), CompactEvents(open_paths=True)
    records = compact.encode(parser.feed({"choices": [{"delta": {"tool_calls": [custom]}}]}))
    assert [(record["patch"], record["open"]) for record in records if "open" in record] == [
        (["fern"], [])
    ]


def test_parts_without_text_are_left_out(reader: Reader) -> None:
    """The reader creates a part for its first delta, so it has no empty parts."""
    parts = [{"type": "text", "text": ""}, {"type": "text", "text": "b"}]
    fragments = [
        *step(0, {"type": "thought"}, {"type": "thought_signature", "signature": "s"}),
        *step(1, {"type": "model_output"}, *parts),
        {"event_type": "interaction.completed", "status": "completed"},
    ]
    run = run_of(fragments, api="google-interactions")
    [message] = run.check(reader)
    assert message["content"] == [{"type": "text", "text": "b"}]
    [end] = [record for batch in run.batches for record in batch if "status" in record]
    assert "content" not in end
