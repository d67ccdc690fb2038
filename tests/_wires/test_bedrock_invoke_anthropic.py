"""Tests of Claude through InvokeModel: events of Anthropic inside chunks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.bedrock_invoke_anthropic import BedrockInvokeAnthropic
from streamparse.errors import WireError
from tests._wires.recordings import recordings, validated
from tests.blocks import STOP, Event, begin, body, chunk, delta, frame, start, stop, stopped
from tests.helpers import cut
from tests.messages import answer, run_parser

API: Final = "bedrock-invoke-anthropic"
METRICS = {"inputTokenCount": 12, "outputTokenCount": 20, "invocationLatency": 300}
EVENTS = [
    start(),
    begin(0, "text", text=""),
    delta(0, "text_delta", "Ferns."),
    stop(0),
    begin(1, "tool_use", id="toolu_1", name="water", input={}),
    delta(1, "input_json_delta", '{"plant": '),
    delta(1, "input_json_delta", '"fern"}'),
    stop(1),
    stopped("tool_use"),
    {**STOP, "amazon-bedrock-invocationMetrics": METRICS},
]


def test_chunks() -> None:
    parser, events, _ = run_parser([chunk(event) for event in EVENTS], API)
    message = parser.message
    assert message.text == "Ferns."
    assert [call.arguments for call in message.tool_calls] == [{"plant": "fern"}]
    assert (message.status, message.finish_reason) == ("complete", "tool_calls")
    assert message.extra == {"amazon-bedrock-invocationMetrics": METRICS}
    assert events[-1].type == "message_finished"
    assert message.to_history()[0]["content"][0] == {"type": "text", "text": "Ferns."}


def test_shapes_of_chunks() -> None:
    """A chunk may have base64 (the wire), bytes (boto3), or its JSON decoded by the caller."""
    expected = answer([chunk(event) for event in EVENTS], API)
    shown = [{"chunk": {"bytes": json.dumps(event).encode()}} for event in EVENTS]
    assert answer(shown, API) == expected
    assert answer(EVENTS, API) == expected
    assert answer(shown, None) == expected


@given(st.lists(st.integers(1, 200), min_size=1, max_size=4))
def test_any_chunking(sizes: list[int]) -> None:
    """Frames in any pieces give the same result, and the API is detected (law 1)."""
    pytest.importorskip("botocore")
    raw = b"".join(frame("chunk", chunk(event)) for event in EVENTS)
    expected = answer([chunk(event) for event in EVENTS], API)
    assert answer(cut(raw, sizes), API) == expected
    assert answer(cut(raw, sizes), None) == expected


@pytest.mark.parametrize("end", ["binary", "boto3"])
def test_exceptions(end: str) -> None:
    failure = {"message": "Too many requests."}
    pieces: list[Any]
    if end == "binary":
        pytest.importorskip("botocore")
        pieces = [frame("chunk", chunk(event)) for event in EVENTS[:6]]
        pieces.append(frame("throttlingException", failure, "exception"))
    else:
        pieces = [*(chunk(event) for event in EVENTS[:6]), {"throttlingException": failure}]
    parser, events, error = run_parser(pieces, API)
    assert error is None
    assert events[-1].type == "message_failed"
    assert events[-1].error.message == "throttlingException: Too many requests."
    assert parser.message.tool_calls[0].status == "truncated"


def test_errors_inside_chunks() -> None:
    wrong = {"type": "error", "error": {"type": "api_error", "message": "gone"}}
    _, events, _ = run_parser([chunk(EVENTS[0]), chunk(wrong)], API)
    assert events[-1].error.message == "api_error: gone"


def test_damaged_chunks() -> None:
    parser, _, error = run_parser([chunk(EVENTS[0]), {"bytes": "e30"}], API)
    assert isinstance(error, WireError)
    assert error.code == "invalid_record"
    assert parser.message.status == "truncated"


def test_unknown_records_are_passed_on() -> None:
    """What is not understood reaches the caller (law 8)."""
    records: list[Event] = [{"type": "message_mood", "mood": 1}, {"odd": 2}]
    pieces = [chunk(EVENTS[0]), *(chunk(record) for record in records), {"other": 3}]
    _, events, _ = run_parser(pieces, API)
    found = [(event.name, event.data) for event in events if event.type == "provider_event"]
    assert found == [("message_mood", records[0]), ("chunk", records[1]), ("record", {"other": 3})]


def test_a_whole_body() -> None:
    parser, _, _ = run_parser([json.dumps(body({"type": "text", "text": "Ivy"})).encode()], API)
    assert (parser.message.text, parser.message.status) == ("Ivy", "complete")


@pytest.mark.parametrize(
    ("data", "event", "seen"),
    [
        (start(), "chunk", True),
        ({"type": "message_stop"}, "chunk", True),
        ({"messageStart": {}}, "chunk", False),
        ({"type": 5}, "chunk", False),
        (start(), "", False),
    ],
)
def test_recognizes(data: Any, event: str, seen: bool) -> None:
    assert BedrockInvokeAnthropic.recognizes(data, event) is seen


def test_recordings(shared_data: Path) -> None:
    """Histories of recorded answers have the types of the SDK."""
    pytest.importorskip("botocore")
    pydantic = pytest.importorskip("pydantic")
    types = pytest.importorskip("anthropic.types")
    adapter = pydantic.TypeAdapter(types.MessageParam)
    for recording in recordings(shared_data, API):
        parser, _, error = run_parser(recording.records, API)
        assert error is None, recording.name
        for back in parser.message.to_history():
            validated(adapter, back)
        assert parser.message.raw_finish_reason == recording.row["assembled"]["finish"]
