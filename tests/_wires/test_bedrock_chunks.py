"""Tests of what Bedrock's wires share: the payload of a chunk, exceptions."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from streamparse._wires.bedrock_chunks import exception_of, payload_of
from streamparse.errors import WireError


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


DEEP = "[" * 950 + "]" * 950


@pytest.mark.parametrize(
    ("data", "event", "payload"),
    [
        ({"bytes": encoded('{"a": 1}'), "p": "ab"}, "chunk", {"a": 1}),
        ({"bytes": encoded('{"a": 1}'), "later": 2}, "chunk", {"a": 1}),
        ({"bytes": encoded('{"a": 1}')}, "", {"a": 1}),
        ({"chunk": {"bytes": b'{"a": 1}'}}, "", {"a": 1}),
        ({"chunk": {"bytes": encoded('{"a": "\u00e9"}')}}, "", {"a": "\u00e9"}),
        ({"bytes": encoded('{"a": 1}'), "later": 2}, "", None),
        ({"chunk": "text"}, "", None),
        ({"bytes": 5}, "chunk", None),
        ({"p": "ab"}, "chunk", None),
        ({}, "", None),
        ({"type": "ping"}, "", None),
    ],
)
def test_payload(data: dict[str, Any], event: str, payload: Any) -> None:
    assert payload_of(data, event) == payload


def test_a_payload_deeper_than_the_standard_library_reads() -> None:
    payload = payload_of({"bytes": encoded(f'{{"a": {DEEP}}}')}, "chunk")
    assert payload is not None
    value, depth = payload["a"], 1
    while value:
        value, depth = value[0], depth + 1
    assert depth == 950


@pytest.mark.parametrize(
    "raw", ["%%%", "\u00e9", "abc", encoded("{"), encoded("[1]"), encoded(b"\xff{}"), encoded("")]
)
def test_a_damaged_chunk(raw: str) -> None:
    with pytest.raises(WireError) as caught:
        payload_of({"bytes": raw}, "chunk")
    assert caught.value.code == "invalid_record"


def test_exceptions() -> None:
    error = exception_of({"throttlingException": {"message": "Slow down."}})
    assert error is not None
    assert error.message == "throttlingException: Slow down."
    assert exception_of({"throttlingException": "text"}) is None
    assert exception_of({"messageStart": {"role": "assistant"}}) is None
