"""Tests of streamparse._wires.front_ends; its wires read the streams of our encoders back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    Citation,
    Message,
    MessageFinished,
    MessageStarted,
    ProviderError,
    ProviderEvent,
    ServerToolCompleted,
    ServerToolResult,
    Text,
    TextDelta,
)
from streamparse._answers.answer import AnswerReader
from streamparse._answers.options import AnswerOptions
from streamparse._wires.front_ends import front_end_usage, reject, run_by, stray_result
from streamparse.limits import Limits
from tests.clients import written
from tests.cuts import Whole, check_cut
from tests.messages import call_chunk, chunk, run_parser, sse
from tests.round_trips import ENCODERS, check_round_trip, encoded, expected_of, read_back
from tests.streams import SCRIPTS, Script, as_bytes, steps
from tests.test_recordings import WIRES, explained, recordings

EXAMPLES = Path(__file__).parents[2] / "examples"
BOTH = pytest.mark.parametrize("api", ENCODERS)


@BOTH
@given(script=SCRIPTS.filter(lambda script: script.quirk != "late_name"), part=st.integers(1, 4))
def test_scripts_are_read_back(api: str, script: Script, part: int) -> None:
    data = as_bytes(script, steps(script))
    parser, events, _ = run_parser([data[: len(data) * part // 4]], "openai-chat")
    for message in parser.messages:
        if message.error is not None and message.status != "failed":
            continue  # a front end reports a transport error as a failed answer
        check_round_trip(api, message, events)


@BOTH
def test_examples_are_read_back(api: str) -> None:
    for path in sorted(EXAMPLES.iterdir()):
        if path.suffix in (".sse", ".bin", ".ndjson"):
            data = path.read_bytes()
            for part in range(1, 9):
                parser, events, _ = run_parser([data[: len(data) * part // 8]], "auto")
                with explained(f"{path.name}, {part} eighths"):
                    check_round_trip(api, parser.message, events)


@BOTH
def test_recordings_are_read_back(shared_data: Path, api: str) -> None:
    found = 0
    for wire in WIRES:
        for recording in recordings(shared_data, wire):
            parser, events, error = run_parser(recording.units, wire)
            if error is None:
                for message in parser.messages:
                    found += 1
                    with explained(recording.name):
                        check_round_trip(api, message, events)
    assert found


@BOTH
def test_rejected_calls_are_read_back(api: str) -> None:
    tools = [{"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}}}]
    calls = enumerate(['{"a": tru3}', '{"a": "x"}', '{"a": 1}'])
    records = [call_chunk(text, index=at, id=f"c{at}", name="f") for at, text in calls]
    records += [call_chunk("{}", index=3, id="c3", name="g"), chunk({}, "tool_calls")]
    parser, events, _ = run_parser([sse(records)], tools=tools)
    statuses = [call.status for call in parser.message.tool_calls]
    assert statuses == ["rejected", "rejected", "complete", "rejected"]
    check_round_trip(api, parser.message, events)


@BOTH
def test_sources_files_and_results_are_read_back(api: str) -> None:
    """A citation with two sources stays one; a result without a call stays a result."""
    message = Message()
    sources = {"sources": [{"document": {"url": f"https://example.org/{n}"}} for n in range(2)]}
    stray = ServerToolResult("gone", "list", "low")
    message.content = [Text("Hi"), Citation(sources), Citation(sources), stray]
    message.status, message.finish_reason = "complete", "stop"
    events: list[Any] = [MessageStarted(None, None), TextDelta("Hi"), ServerToolCompleted(stray)]
    events.append(MessageFinished(message))
    parser, back, _ = run_parser([encoded(api, message, events)], "auto")
    found = read_back(parser.message, back, api)
    assert found == expected_of(message, events, api)
    assert found["citations"] == [sources, sources]
    again = parser.message
    check_round_trip(api, again, back)


@BOTH
def test_unfinished_images_are_read_back(api: str) -> None:
    kind = "response.image_generation_call.partial_image"
    image = {"item_id": "ig_1", "output_format": "webp", "partial_image_index": 1}
    shown = {
        "id": "ig_1",
        "url": "data:image/webp;base64,AAAA",
        "mediaType": "image/webp",
        "index": 1,
    }
    events: list[Any] = [ProviderEvent(kind, {**image, "partial_image_b64": "AAAA"})]
    for _ in range(2):  # encoding the result gives the same records again
        _, back, _ = run_parser([encoded(api, Message(), events)], "auto")
        images = [event for event in back if getattr(event, "name", "") == "partial_image"]
        assert images == [ProviderEvent("partial_image", shown)]
        events = images


@BOTH
@given(size=st.integers(1, 50), lines=st.booleans())
def test_any_chunking_and_framing(api: str, size: int, lines: bool) -> None:
    records = [call_chunk('{"a": "é"}', id="c", name="f"), chunk({"content": "x"}, "tool_calls")]
    parser, events, _ = run_parser([sse(records)])
    data = encoded(api, parser.message, events)
    if lines:
        data = data.replace(b"data: [DONE]\n\n", b"").replace(b"data: ", b"")
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    check_round_trip(api, parser.message, events, pieces)


@BOTH
def test_cut_streams_are_not_complete(api: str) -> None:
    records = [chunk({"reasoning_content": "Hm"}), chunk({"content": "So. "})]
    records += [call_chunk('{"a": [1, "b"]}', id="c", name="f"), chunk({}, "tool_calls")]
    parser, events, _ = run_parser([sse(records)])
    data = encoded(api, parser.message, events)
    units = [unit + b"\n\n" for unit in data.split(b"\n\n") if unit]
    whole = Whole(units, api)
    for count in range(1, len(units)):
        for inside in range(len(units[count])):
            pieces = [*units[:count], units[count][:inside]] if inside else units[:count]
            cut, _, error = run_parser(pieces, api)
            assert error is None
            ended = b'"finish"' in b"".join(pieces) or b"RUN_FINISHED" in b"".join(pieces)
            assert ended or cut.message.status == "truncated"
            check_cut(cut, whole, count + bool(inside))


# Streams that the packages `ai` and `@ag-ui` write


def test_other_streams_are_read_as_their_clients_read_them() -> None:
    rows = written()
    assert {row["protocol"] for row in rows} == set(ENCODERS)
    for row in rows:
        parser, _, error = run_parser([row["body"].encode()], "auto")
        message = parser.message
        with explained(f"{row['protocol']}, {row['name']}"):
            assert error is None
            assert message.api == row["protocol"]
            shown = message.error.message.removeprefix("busy: ") if message.error else None
            assert row["errors"] == ([] if shown is None else [shown])
            assert message.status == STATUSES.get(row["name"], "complete")
            if row["protocol"] == "ag-ui":
                assert message.to_history() == row["message"]
            else:
                check_ui_message(message, row["message"])


STATUSES = {"an error": "failed", "a limit": "truncated", "cancelled": "truncated"}


def check_ui_message(message: Message, theirs: dict[str, Any]) -> None:
    parts = [dict(part) for part in theirs["parts"]]
    rejected = [call for call in message.tool_calls if call.status == "rejected"]
    refused = [part for part in parts if part.get("input") and isinstance(part["input"], str)]
    assert [(call.id, call.errors[-1].message) for call in rejected] == [
        (part["toolCallId"], part["errorText"]) for part in refused
    ]
    kinds = ("text", "reasoning", "file", "tool-")
    kept = [part for part in parts if part["type"].startswith(kinds) and part not in refused]
    for part in kept:
        if part["type"] == "reasoning":
            del part["id"]
    (turn,) = message.to_history()
    assert turn["parts"] == kept
    sources = [part for part in parts if part["type"] == "source-url"]
    cited = [part.data for part in message.content if isinstance(part, Citation)]
    assert [{"type": "source-url", **source} for source in cited] == sources
    usage = theirs.get("metadata", {}).get("usage")
    if usage is not None:
        assert message.usage is not None
        assert message.usage.total_tokens == usage["totalTokens"]
        assert message.usage.reasoning_tokens == usage["outputTokenDetails"]["reasoningTokens"]
        assert message.model == "mock"


# The helpers


def test_usage_is_added_up() -> None:
    one = front_end_usage({"inputTokens": 3, "outputTokens": 2, "cachedInputTokens": None})
    assert (one.input_tokens, one.output_tokens, one.total_tokens) == (3, 2, 5)
    entries = [{"inputTokens": 3, "totalTokens": 5}, {"inputTokens": 4}, "x"]
    both = front_end_usage({"answers": entries})
    assert (both.input_tokens, both.total_tokens, both.cached_tokens) == (7, 5, None)


def an_answer() -> AnswerReader:
    return AnswerReader(0, [], AnswerOptions(Limits()))


def test_calls_that_the_server_rejected() -> None:
    answer = an_answer()
    rejected, unknown, cut = [answer.call(f"c{at}", "f") for at in range(3)]
    reject(rejected, "no", {"code": "unknown_tool"})
    reject(unknown, "", {"code": "anything"})
    reject(cut, "cut", {"status": "truncated", "code": "truncated"})
    assert [reader.call.status for reader in answer.calls.readers] == [
        "rejected",
        "rejected",
        "truncated",
    ]
    (error,) = rejected.call.errors
    assert isinstance(error, ProviderError)
    assert (error.message, error.code) == ("no", "unknown_tool")
    assert unknown.call.errors[0].code == "provider_error"


def test_results() -> None:
    answer = an_answer()
    function, custom = answer.call("c0", "f"), answer.call("c1", "g", "custom")
    run_by(function)
    run_by(custom)
    assert (function.call.kind, custom.call.kind) == ("server", "custom")
    stray_result(answer, {"callId": 3, "name": "f", "content": [1]})
    assert answer.message.content[-1] == ServerToolResult(None, "f", [1])
