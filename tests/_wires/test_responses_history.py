"""Tests of the history of the Responses API: which items a message gives, and their form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamparse._wires.responses_history import tool_result
from streamparse.message import Reasoning, ToolCall
from tests._wires.recordings import Recording, recordings, validated
from tests.responses import (
    API,
    CREATED,
    FILE,
    PAGE,
    SAMPLES,
    added,
    at,
    call_events,
    cited,
    completed,
    custom_events,
    done,
    incomplete,
    items_of,
    read,
    reasoning_events,
    shell_events,
    stream,
    text_events,
)


def input_items() -> Any:
    pytest.importorskip("openai")
    pydantic = pytest.importorskip("pydantic")
    from openai.types.responses import ResponseInputItemParam

    return pydantic.TypeAdapter(ResponseInputItemParam)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"weather_call"}))
def test_history_has_the_types_of_the_sdk(name: str) -> None:
    adapter = input_items()
    for item in read(SAMPLES[name])[0].to_history():
        validated(adapter, item)


def test_history_is_the_output() -> None:
    records = stream(
        reasoning_events(["Shade?", "Yes."]),
        text_events("So:", 1, phase="commentary"),
        call_events('{"bed": 1}', 2, namespace="garden"),
        custom_events("M 0 0", 3),
    )
    assert read(records)[0].to_history() == items_of(records)


def test_reasoning_is_left_out_with_the_item_after_it() -> None:
    cut_call = call_events('{"bed', 1)[:-1]
    message, _ = read([CREATED, *reasoning_events(["Hm."]), *cut_call, incomplete()])
    assert message.to_history() == []
    message, _ = read([CREATED, *reasoning_events(["Hm."]), incomplete()])
    assert message.to_history() == []


def test_a_result_is_left_out_with_its_call() -> None:
    item = {"type": "shell_call_output", "id": "o_1", "call_id": "call_0", "output": []}
    message, _ = read(
        [CREATED, *shell_events(["ls"])[:-1], added(1, item), done(1, item), incomplete()]
    )
    assert message.to_history() == []


def test_cut_text_is_incomplete_in_the_history() -> None:
    adapter = input_items()
    message, _ = read([CREATED, *text_events("Ferns like")[:-3]])
    (item,) = message.to_history()
    assert (item["status"], item["content"][0]["text"]) == ("incomplete", "Ferns like")
    validated(adapter, item)


def test_messages_without_ids_have_the_short_form() -> None:
    adapter = input_items()
    records = [at("output_text.delta", 0, content_index=0, delta="Ok")]
    (item,) = read([CREATED, *records, completed()])[0].to_history()
    assert item == {"role": "assistant", "content": "Ok"}
    validated(adapter, item)


def test_the_history_has_only_pages_as_sources() -> None:
    page, feed = {"type": "url", "url": "https://example.org"}, {"type": "api", "name": "weather"}
    action = {"type": "search", "query": "fern", "sources": [feed, page]}
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}
    message, _ = read(stream([done(0, item)], text_events("Ok", 1)))
    assert message.tool_calls[0].arguments == {"action": action}
    assert message.to_history()[0]["action"]["sources"] == [page]
    assert action["sources"] == [feed, page]


def test_the_history_has_citations_in_their_text() -> None:
    # xAI sends this form; the API requires more members.
    bare = {"type": "url_citation", "url": "https://example.org"}
    message, _ = read(stream(cited([PAGE, bare, FILE], True)))
    assert message.to_history()[0]["content"][0]["annotations"] == [PAGE, FILE]


def test_compaction_is_in_the_history() -> None:
    item = {"type": "compaction", "id": "cmp_1", "encrypted_content": "early"}
    final = {**item, "encrypted_content": "late"}
    message, _ = read(stream([added(0, item), done(0, final)], text_events("Ok", 1)))
    assert message.content[0] == Reasoning("", final)
    assert message.to_history()[0] == final


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> list[Recording]:
    return list(recordings(shared_data, API))


def test_history_of_every_recording_has_the_types_of_the_sdk(recorded: list[Recording]) -> None:
    adapter = input_items()
    for recording in recorded:
        back = read(recording.records)[0].to_history()
        assert rejections(adapter, back) == [], recording.name


def rejections(adapter: Any, items: list[dict[str, Any]]) -> list[str]:
    """Return the reasons for which the types of the SDK reject these items."""
    return [wrong for item in items for wrong in [complaint(adapter, item)] if wrong]


def complaint(adapter: Any, item: dict[str, Any]) -> str:
    try:
        validated(adapter, item)
    except ValueError as error:
        return f"{item.get('type')}: {error}"
    return ""


def test_a_result_belongs_to_the_call_that_has_one() -> None:
    """Two calls of different types may have the same id."""
    search = {
        "type": "mcp_call",
        "id": "same",
        "name": "look_up",
        "arguments": "{}",
        "output": "a plant",
        "status": "completed",
    }
    call = {"type": "function_call", "call_id": "same", "name": "plant", "arguments": "{}"}
    late = {"type": "mcp_call", "id": "same", "name": "look_up", "arguments": "{}", "output": "x"}
    message, _ = read([completed([search, call, late])])
    assert [item["type"] for item in message.to_history()] == [
        "mcp_call",
        "function_call",
        "mcp_call",
    ]
    json.dumps(message.to_history())


@pytest.mark.parametrize(
    ("kind", "value", "error", "expected"),
    [
        ("", {"n": 1}, False, {"type": "function_call_output", "output": '{"n":1}'}),
        ("", "no", True, {"type": "function_call_output", "output": '{"error":"no"}'}),
        ("custom_tool_call", "x", False, {"type": "custom_tool_call_output", "output": "x"}),
        (
            "shell_call",
            [{"stdout": "x"}],
            False,
            {"type": "shell_call_output", "output": [{"stdout": "x"}]},
        ),
        (
            "apply_patch_call",
            "ok",
            False,
            {"type": "apply_patch_call_output", "status": "completed", "output": "ok"},
        ),
        (
            "apply_patch_call",
            "no",
            True,
            {"type": "apply_patch_call_output", "status": "failed", "output": "no"},
        ),
        ("tool_search_call", [], False, {"type": "tool_search_output", "tools": []}),
    ],
)
def test_results_of_calls(kind: str, value: Any, error: bool, expected: dict[str, Any]) -> None:
    call = ToolCall(3)
    if kind:
        call.extra["type"] = kind
    assert tool_result(call, value, error) == {"call_id": "call_3", **expected}
    call.id = "c1"
    assert tool_result(call, value, error) == {"call_id": "c1", **expected}


def test_the_result_of_a_local_shell_has_the_id_of_its_call() -> None:
    call = ToolCall(0)
    call.id, call.extra["type"] = "ls_1", "local_shell_call"
    assert tool_result(call, "x", False) == {
        "type": "local_shell_call_output",
        "id": "ls_1",
        "output": "x",
    }


def test_the_result_of_a_free_text_call() -> None:
    assert tool_result(ToolCall(0, "custom"), "x", False)["type"] == "custom_tool_call_output"


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"weather_call", "cut", "failed"}))
def test_history_of_every_sample(name: str) -> None:
    """The history is the output, except for members that the API rejects as input."""
    back = read(SAMPLES[name])[0].to_history()
    sent = items_of(SAMPLES[name])
    assert [item["type"] for item in back if "type" in item] == [item["type"] for item in sent]
    assert [item.get("id") for item in back] == [item.get("id") for item in sent]
