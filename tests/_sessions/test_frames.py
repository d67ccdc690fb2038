"""Tests of `records_of`, which reads the records of a message from a client."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from streamparse._sessions.frames import records_of
from streamparse.errors import LimitError
from streamparse.limits import Limits

RECORD = {"type": "ping", "n": [1, "é"]}
TEXT = json.dumps(RECORD, ensure_ascii=False)


@pytest.mark.parametrize(
    "message",
    [
        RECORD,
        TEXT,
        TEXT.encode(),
        memoryview(TEXT.encode()),
        f"\n {TEXT}\r\n",
        {"events": [RECORD]},
        json.dumps({"events": [RECORD]}),
        SimpleNamespace(type=1, data=TEXT),
        SimpleNamespace(type=2, data=TEXT.encode()),
    ],
)
def test_one_record(message: Any) -> None:
    assert records_of(message, Limits()) == [RECORD]


@pytest.mark.parametrize("kind", [0, 8, 9, 10, 258])
def test_control_frames_have_no_records(kind: int) -> None:
    assert records_of(SimpleNamespace(type=kind, data=b"x"), Limits()) == []


@pytest.mark.parametrize("text", ["nope", "{", "[1]", '{"a": 1} {"b": 2}', "7"])
def test_text_other_than_an_object_is_returned_unchanged(text: str) -> None:
    assert records_of(text, Limits()) == [text]


def test_a_batch_of_any_values() -> None:
    assert records_of({"events": [1, RECORD, None]}, Limits()) == [1, RECORD, None]


def test_a_record_with_events_and_more_is_a_record() -> None:
    record = {"type": "batch", "events": [RECORD]}
    assert records_of(record, Limits()) == [record]


def test_limits() -> None:
    for text, limits in (('{"a": [[[[]]]]}', Limits(depth=3)), ('{"a": 1}', Limits(record=5))):
        with pytest.raises(LimitError):
            records_of(text, limits)


def test_bytes_that_are_not_utf8() -> None:
    assert records_of(b'{"a": "\xff"}', Limits()) == [{"a": "\ufffd"}]
