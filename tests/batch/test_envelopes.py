"""Tests of the envelopes of batch files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from streamparse.batch import Enveloped, unwrap
from tests.strategies import ANY_TEXTS

BODY = {"id": "r-1", "choices": [{"index": 0, "message": {"content": "Hi."}}]}
ANSWERS = [
    ({"id": "b", "custom_id": "7", "response": {"status_code": 200, "body": BODY}}, "7", 200),
    ({"custom_id": "7", "response": {"body": BODY}, "error": None}, "7", None),
    ({"custom_id": "7", "result": {"type": "succeeded", "message": BODY}}, "7", None),
    ({"recordId": "7", "modelInput": {}, "modelOutput": BODY}, "7", None),
]


@pytest.mark.parametrize(("row", "identity", "status"), ANSWERS)
def test_answer(row: Any, identity: str | None, status: int | None) -> None:
    wanted = Enveloped(identity, [BODY], http_status=status)
    assert unwrap(row) == wanted
    assert unwrap(json.dumps(row)) == wanted
    assert unwrap(json.dumps(row).encode()) == wanted


GEMINI = {"candidates": [{"content": {"parts": [{"text": "Hi."}]}, "finishReason": "STOP"}]}


def test_answers_of_gemini() -> None:
    assert unwrap({"key": "7", "response": GEMINI}) == Enveloped("7", [GEMINI])
    row = {"status": "", "request": {"contents": []}, "response": GEMINI}
    assert unwrap(json.dumps(row)) == Enveloped(None, [GEMINI])
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert unwrap({"key": "7", "response": blocked}) == Enveloped("7", [blocked])


FAILURES = [
    (
        {"custom_id": "7", "response": None, "error": {"code": "late", "message": "Too late."}},
        "Too",
    ),
    ({"custom_id": "7", "result": {"type": "expired"}}, "expired"),
    (
        {
            "custom_id": "7",
            "result": {
                "type": "errored",
                "error": {"type": "error", "error": {"type": "bad", "message": "Bad tool."}},
            },
        },
        "Bad tool",
    ),
    ({"key": "7", "error": {"code": 3, "message": "No image."}}, "No image"),
    ({"recordId": "7", "modelInput": {}, "error": {"errorMessage": "Slow."}}, "Slow"),
]


@pytest.mark.parametrize(("row", "words"), FAILURES)
def test_failure(row: Any, words: str) -> None:
    found = unwrap(row)
    assert (found.id, found.body) == ("7", [])
    assert found.error is not None
    assert words in found.error.message


def test_outputs_of_vllm() -> None:
    row = {
        "request_id": "q-2",
        "outputs": [
            {"index": 0, "text": "One.", "finish_reason": "stop"},
            {"index": 1, "text": "Tw", "finish_reason": "length"},
        ],
    }
    found = unwrap(row)
    assert (found.id, found.is_text, len(found.body)) == ("q-2", True, 2)


@pytest.mark.parametrize(
    "answer",
    [
        {"key": "a", "response": "yes"},
        {"request": "a", "error": None},
        {"custom_id": 3, "response": "yes"},
        {"custom_id": 3, "result": "yes"},
        {"request_id": 3, "outputs": []},
    ],
)
def test_answers_that_look_like_envelopes(answer: dict[str, Any]) -> None:
    assert unwrap(answer) == Enveloped(None, [answer])


def test_lists_are_recorded_chunks() -> None:
    assert unwrap([BODY, BODY]).body == [BODY, BODY]
    assert unwrap([{"t": 0.1, "chunk": BODY}]).body == [BODY]


@pytest.mark.parametrize(
    "text",
    ["Hello.", "", "data: {}\n\n", '{"a": 1}\n{"b": 2}\n', "[1, 2]", "{", "[" * 100_000],
    ids=["text", "empty", "sse", "lines", "array", "broken", "deep"],
)
def test_other_texts_are_unchanged(text: str) -> None:
    assert unwrap(text) == Enveloped(None, [text])


@given(ANY_TEXTS)
def test_any_text(text: str) -> None:
    found = unwrap(text)
    assert found.error is not None or found.body
