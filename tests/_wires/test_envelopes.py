"""Tests of envelopes: their contents, and records that only resemble an envelope."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from streamparse._wires.envelopes import opened
from streamparse.errors import WireError
from tests.blocks import STOP, begin, delta, start, stop, stopped
from tests.messages import answer, chunk, dumped, text_chunk

GEMINI = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "index": 0}]}


def encoded(record: Any) -> str:
    return base64.b64encode(json.dumps(record).encode()).decode()


@pytest.mark.parametrize(
    ("data", "event", "records"),
    [
        ({"bytes": encoded({"n": 1}), "p": "ab"}, "chunk", [({"n": 1}, "chunk")]),
        ({"chunk": {"bytes": b'{"n": 1}'}}, "", [({"n": 1}, "chunk")]),
        ({"response": GEMINI, "traceId": "t"}, "", [(GEMINI, "")]),
        ({"events": [{"type": "a"}, {"type": ""}]}, "", [({"type": "a"}, ""), ({"type": ""}, "")]),
        ({"events": [{"event_type": "a"}]}, "", [({"event_type": "a"}, "")]),
        ({"bytes": encoded({"response": GEMINI})}, "chunk", [(GEMINI, "")]),
        ({"events": [{"type": "a", "chunk": 1}]}, "x", [({"type": "a", "chunk": 1}, "x")]),
        ({"jsonrpc": "2.0", "id": 1, "result": {"n": 1}}, "", [({"n": 1}, "")]),
    ],
)  # fmt: skip
def test_opened(data: Any, event: str, records: Any) -> None:
    assert opened(data, event) == records


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": "response.completed", "response": {"candidates": []}},
        {"response": {"id": "r"}},
        {"response": "text"},
        {"events": []},
        {"events": [1]},
        {"events": [{"name": "x"}]},
        {"chunk": "text"},
        {"jsonrpc": "2.0", "id": 1, "result": "text"},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}},
        {"jsonrpc": "2.0", "method": "note", "params": {"n": 1}},
        {"bytes": 5},
        {"choices": [], "response": GEMINI},
    ],
    ids=repr,
)
def test_records_without_an_envelope(data: Any) -> None:
    assert opened(data, "") is None


def test_damaged_bytes() -> None:
    with pytest.raises(WireError) as caught:
        opened({"bytes": "%%"}, "chunk")
    assert caught.value.code == "invalid_record"


def test_envelopes_inside_one_another_are_opened_to_some_depth() -> None:
    data: Any = {"type": "a"}
    for _ in range(6):
        data = {"bytes": encoded(data)}
    found = opened(data, "chunk")
    assert found is not None
    assert "bytes" in found[0][0]


HELLO = [text_chunk("Hel"), text_chunk("lo"), chunk(finish="stop")]


def in_frame(record: Any) -> Any:
    return {"bytes": encoded(record), "p": "xy"}


def in_chunk(record: Any) -> Any:
    return {"chunk": {"bytes": json.dumps(record).encode()}}


@pytest.mark.parametrize("wrap", [in_frame, in_chunk])
@pytest.mark.parametrize("api", ["openai-chat", None])
def test_an_enveloped_stream_is_the_stream(wrap: Any, api: str | None) -> None:
    assert answer([wrap(record) for record in HELLO], api) == answer(HELLO, api)


def test_a_batch_of_events_is_the_events() -> None:
    events = [start(), begin(0, "text", text=""), delta(0, "text_delta", "Hi"), stop(0)]
    events += [stopped("end_turn"), STOP]
    batches = [{"events": events[:3]}, {"events": events[3:]}]
    for api in ("anthropic-messages", None):
        assert answer(batches, api) == answer(events, api)


def test_gemini_in_an_envelope() -> None:
    last = {"candidates": [{"content": {"parts": [{"text": "!"}]}, "finishReason": "STOP"}]}
    records = [GEMINI, last]
    body = "".join(f"data: {dumped({'response': record})}\n\n" for record in records)
    plain = "".join(f"data: {dumped(record)}\n\n" for record in records)
    for api in ("google-generate", None):
        assert answer([body.encode()], api) == answer([plain.encode()], api)
