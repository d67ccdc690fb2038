"""Tests of members of chunks that are not parsed, which are kept."""

from __future__ import annotations

from typing import Any

from streamparse.gateway.chat_chunks import Chunks, dressed_body
from tests.gateway.model_server import USAGE, chunk

LOGPROBS = {"content": [{"token": "a", "logprob": -0.5}]}


def encoded(delta: dict[str, Any], index: int = 0, reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": reason}]}


def test_members_of_a_chunk() -> None:
    data = {**chunk({"content": "a", "x_delta": 1}, logprobs=LOGPROBS), "x_vendor": {"t": 1}}
    role, text = Chunks().dress(data, [encoded({"role": "assistant"}), encoded({"content": "a"})])
    assert role["x_vendor"] == {"t": 1}
    assert "x_vendor" not in text
    assert (role["id"], text["id"], text["model"]) == ("chat-1", "chat-1", "m")
    choice = text["choices"][0]
    assert choice["logprobs"] == LOGPROBS
    assert choice["delta"] == {"content": "a", "x_delta": 1}


def test_members_without_a_parsed_choice() -> None:
    chunks = Chunks()
    only = {**chunk({"content": "<tool"}, logprobs=LOGPROBS), "x_vendor": 5}
    [carried] = chunks.dress(only, [])
    assert carried["choices"] == [
        {"index": 0, "delta": {}, "finish_reason": None, "logprobs": LOGPROBS}
    ]
    quiet = {**chunk({"content": "_call"}, logprobs=None), "usage": None, "x_vendor": 6}
    assert chunks.dress(quiet, []) == []
    [late] = chunks.dress(chunk({"content": ">"}), [encoded({"content": "x"})])
    assert (late["x_vendor"], late["usage"]) == (6, None)


def test_the_end() -> None:
    chunks = Chunks()
    end = {**chunk({}, finish_reason="stop", stop_reason=7, logprobs=None), "x_time": 3}
    assert chunks.dress(end, []) == []
    usage = {**chunk(), "usage": USAGE}
    assert chunks.dress(usage, []) == []
    last, after = chunks.close([encoded({}, reason="tool_calls")])
    choice = last["choices"][0]
    assert (choice["finish_reason"], choice["stop_reason"]) == ("tool_calls", 7)
    assert last["x_time"] == 3
    assert after == usage


def test_a_chunk_without_choices_before_the_end_passes() -> None:
    data = {**chunk(), "prompt_filter_results": [1]}
    assert Chunks().dress(data, []) == [data]


def test_choices_of_a_chunk() -> None:
    data = {**chunk({"content": "a"}, a=1)}
    data["choices"].append({"index": 1, "delta": {"content": "b"}, "b": 2})
    parts = [encoded({"content": "a"}), encoded({"content": "b"}, index=1)]
    first, second = Chunks().dress(data, parts)
    assert first["choices"][0]["a"] == 1
    assert second["choices"][0]["b"] == 2


def test_all_requests_of_one_answer_have_one_id_and_one_role() -> None:
    chunks = Chunks()
    chunks.dress(chunk({}), [encoded({"role": "assistant"})])
    other = {**chunk({}), "id": "chat-2"}
    assert chunks.dress(other, [encoded({"role": "assistant"})]) == []
    [again] = chunks.dress(other, [encoded({"content": "a"})])
    assert again["id"] == "chat-1"


def test_reasoning_stays_in_its_member() -> None:
    data = chunk({"reasoning": "why"})
    [written] = Chunks().dress(data, [encoded({"reasoning_content": "why"})])
    assert written["choices"][0]["delta"] == {"reasoning": "why"}


def test_a_body() -> None:
    message = {"role": "assistant", "content": "<x>", "x_more": 1}
    choice = {"index": 0, "message": message, "logprobs": LOGPROBS, "finish_reason": "stop"}
    data = {**chunk(), "usage": USAGE, "x_vendor": 5, "choices": [choice]}
    given = {"role": "assistant", "content": None, "refusal": None, "tool_calls": [1]}
    parsed = {"index": 0, "message": given, "logprobs": None, "finish_reason": "tool_calls"}
    body = dressed_body(data, {"choices": [parsed]})
    assert body == {
        **data,
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [1],
                    "x_more": 1,
                },
                "logprobs": LOGPROBS,
            }
        ],
    }
