"""Tests of `RowParser`: the fields of a message, and the rows of failures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from streamparse.batch import RowParser
from tests.strategies import ANY_TEXTS

CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": "rope"}'}}
BODY = {
    "id": "r-1",
    "object": "chat.completion",
    "model": "small",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {"role": "assistant", "content": "So.", "tool_calls": [CALL]},
        },
        {"index": 1, "finish_reason": "length", "message": {"role": "assistant", "content": "Cut"}},
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}


def test_two_choices() -> None:
    first, second = RowParser().rows({"custom_id": "q", "response": {"body": BODY}}, 5)
    assert (first["row"], first["id"], first["choice"], second["choice"]) == (5, "q", 0, 1)
    assert (first["api"], first["model"], first["status"]) == ("openai-chat", "small", "complete")
    assert (second["status"], second["finish_reason"]) == ("truncated", "length")
    assert first["text"] == "So."
    assert first["usage"]["output_tokens"] == 4
    (call,) = first["calls"]
    assert (call["name"], call["status"], json.loads(call["arguments"])) == (
        "find",
        "complete",
        {"q": "rope"},
    )


def test_text_of_a_model_is_not_an_envelope() -> None:
    text = '{"custom_id": "7", "result": {"type": "expired"}}'
    [row] = RowParser(api="text").rows(text)
    assert (row["status"], row["text"]) == ("complete", text)


def test_status_of_the_response() -> None:
    error = {"error": {"message": "Slow down.", "type": "rate_limit"}}
    [row] = RowParser().rows({"custom_id": 3, "response": {"status_code": 429, "body": error}})
    assert (row["id"], row["status"]) == ("3", "failed")
    assert "Slow down." in row["error"]["message"]


def test_text_with_a_format_and_its_limit() -> None:
    text = '<tool_call>\n{"name": "find", "arguments": {"q": "rope"}}\n</tool_call>'
    parser = RowParser(format="hermes")
    outputs = [{"index": 0, "text": text, "finish_reason": "stop"}]
    [row] = parser.rows({"request_id": "1", "outputs": outputs})
    assert [call["name"] for call in row["calls"]] == ["find"]
    outputs = [{"index": 0, "text": text[:40], "finish_reason": "length"}]
    [row] = parser.rows({"request_id": "1", "outputs": outputs})
    assert row["status"] == "truncated"
    assert [call["arguments"] for call in row["calls"]] == [None]


def test_failures_are_rows() -> None:
    parser = RowParser()
    [empty] = parser.rows(None, 2, "x")
    assert (empty["row"], empty["id"], empty["error"]["code"]) == (2, "x", "empty")
    [unknown] = parser.rows({"shape": "unknown"})
    assert (unknown["status"], unknown["error"]["type"]) == ("failed", "WireError")
    [odd] = parser.rows(object())
    assert (odd["status"], odd["error"]["code"]) == ("failed", "internal")
    [cancelled] = parser.rows({"custom_id": "1", "result": {"type": "canceled"}})
    assert cancelled["error"]["type"] == "ProviderError"


def test_repairs_and_rejections() -> None:
    tool = {
        "name": "find",
        "parameters": {"type": "object", "properties": {"q": {"type": "integer"}}},
    }
    [row, _] = RowParser(tools=[tool]).rows(BODY)
    (call,) = row["calls"]
    assert (call["status"], call["errors"][0]["path"]) == ("rejected", "$['q']")
    [row] = RowParser(api="text", output=object).rows("{a: 1}")
    assert json.loads(row["output"]) == {"a": 1}
    assert [repair["call"] for repair in row["repairs"]] == [None] * len(row["repairs"]) != []


@pytest.mark.parametrize("options", [{"api": "none"}, {"limits": 3}])
def test_options_are_checked_once(options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        RowParser(**options)


def is_same_text(one: str, two: str) -> bool:
    """Return whether two texts are equal once the halves of surrogate pairs are joined."""
    return one.encode("utf-16", "surrogatepass") == two.encode("utf-16", "surrogatepass")


@given(ANY_TEXTS)
def test_any_text_is_a_row(text: str) -> None:
    rows = RowParser().rows(text)
    assert rows
    assert all(row["status"] in ("complete", "truncated", "failed") for row in rows)
    [row] = RowParser(api="text").rows(text)
    assert row["error"] or is_same_text(row["text"] or "", text)
