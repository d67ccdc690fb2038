from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._wires.responses_calls import Calls, cut_calls
from streamparse._wires.responses_items import Item
from streamparse.limits import Limits
from streamparse.message import ServerToolResult, ToolCall
from tests.responses import CREATED, SAMPLES, completed, items_of, read

NAMED = {"type": "function_call", "call_id": "call_1", "name": "prune"}


def begun(data: dict[str, Any]) -> tuple[Calls, Item]:
    calls = Calls(ResponseReader(AnswerOptions()))
    item = Item(data["type"], data)
    calls.begin(item)
    return calls, item


def call_of(item: Item) -> ToolCall:
    assert item.reader is not None
    return item.reader.call


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (NAMED, "function", "prune"),
        ({"type": "shell_call"}, "function", "shell"),
        ({"type": "shell_call", "environment": {"type": "container_auto"}}, "server", "shell"),
        ({"type": "tool_search_call"}, "server", "tool_search"),
        ({"type": "tool_search_call", "execution": "client"}, "function", "tool_search"),
        ({"type": "orchard_call"}, "server", "orchard"),
    ],
)
def test_who_runs_a_call(data: dict[str, Any], kind: str, name: str) -> None:
    _, item = begun(data)
    assert (call_of(item).kind, call_of(item).name) == (kind, name)


@pytest.mark.parametrize(
    ("whole", "text", "anomalies"),
    [
        ('{"row": 3}', '{"row": 3}', ["replaced_arguments"]),
        (None, "c2VhbGVk", []),
    ],
)
def test_encrypted_text_is_held(whole: str | None, text: str, anomalies: list[str]) -> None:
    calls, item = begun(NAMED)
    assert item.reader is not None
    for piece in ("c2Vh", "bGVk"):
        calls.first_text(item, item.reader, piece, False)
    assert call_of(item).raw_text == ""
    if whole is not None:
        calls.text_done(item, item.reader, {"arguments": whole}, False)
    calls.settle()
    assert call_of(item).raw_text == text
    codes = [error.code for error in call_of(item).errors]
    assert [code for code in codes if code == "replaced_arguments"] == anomalies


def test_free_text_is_never_held() -> None:
    calls, item = begun({**NAMED, "type": "custom_tool_call"})
    assert item.reader is not None
    calls.first_text(item, item.reader, "cut", True)
    assert call_of(item).arguments_text == "cut"


def test_the_end_adds_the_result() -> None:
    data = {"type": "mcp_call", "id": "mcp_1", "name": "weigh", "arguments": "{}", "error": "busy"}
    calls, item = begun(data)
    assert item.reader is not None
    item.done = True
    calls.whole_item(item, item.reader, data)
    calls.end(item, item.reader)
    assert call_of(item).status == "complete"
    assert item.result == ServerToolResult("mcp_1", "weigh", "busy", {"is_error": True})


def test_cut_calls() -> None:
    _, item = begun({**NAMED, "status": "incomplete"})
    _, whole = begun({**NAMED, "status": "completed"})
    assert cut_calls([whole, item])
    assert call_of(item).status == "truncated"
    assert call_of(whole).status == "in_progress"
    assert not cut_calls([item])


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"cut"}))
def test_calls_of_the_events_and_of_the_final_items(name: str) -> None:
    """The final items alone give the same calls and results as all events."""
    streamed, _ = read(SAMPLES[name])
    whole, _ = read([CREATED, completed(items_of(SAMPLES[name]))])
    assert [call.to_dict() | {"raw_text": ""} for call in streamed.tool_calls] == [
        call.to_dict() | {"raw_text": ""} for call in whole.tool_calls
    ]


def test_text_beyond_the_limit_is_not_held_back() -> None:
    """More text than `Limits.string` is read even if it may be encrypted."""
    calls = Calls(ResponseReader(AnswerOptions(Limits(string=8))))
    item = Item("function_call", NAMED)
    calls.begin(item)
    assert item.reader is not None
    for piece in ("c2Vh", "bGVk", "c2Vh"):
        calls.first_text(item, item.reader, piece, False)
    assert call_of(item).raw_text == "c2VhbGVkc2Vh"


def test_repeated_final_arguments() -> None:
    calls, item = begun(NAMED)
    assert item.reader is not None
    for _ in range(2):
        calls.text_done(item, item.reader, {"arguments": '{"row": 3}', "name": "prune"}, False)
    assert (call_of(item).status, call_of(item).arguments) == ("complete", {"row": 3})
    assert call_of(item).errors == []


def test_arguments_that_are_a_value() -> None:
    calls, item = begun(NAMED)
    assert item.reader is not None
    for _ in range(2):
        calls.text_done(item, item.reader, {"arguments": {"row": 3}}, False)
    assert (call_of(item).status, call_of(item).arguments) == ("complete", {"row": 3})
