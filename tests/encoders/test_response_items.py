"""Tests of streamparse.encoders.response_items: the final form of items."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import ServerToolResult, Text, ToolCall
from streamparse.encoders.response_items import (
    CallItem,
    TextItem,
    annotations_of,
    own_type,
    result_item,
)
from streamparse.frontends.shown_calls import ShownCall
from streamparse.json_parser import parse

WEB = {"type": "url_citation", "url": "https://a", "title": "", "start_index": 0, "end_index": 0}


def own(kind: str, arguments: Any, **extra: Any) -> CallItem:
    call = ToolCall(kind="server")
    call.extra = {"type": kind, **extra}
    call._settled = parse(arguments)
    call.status = "complete"
    return CallItem(ShownCall(call, "c"), 0, "item")


@pytest.mark.parametrize(
    ("item", "members"),
    [
        (own("web_search_call", '{"action": {"q": 1}}'), {"action": {"q": 1}}),
        (own("web_search_call", '{"query": 1}'), {"arguments": '{"query":1}'}),
        (own("mcp_call", '{"a": 1}', server_label="s"), {"arguments": '{"a":1}'}),
        (own("tool_search_call", '{"a": 1}'), {"arguments": {"a": 1}}),
        (own("code_interpreter_call", '{"code": "1"}', status="failed"), {"code": "1"}),
    ],
)
def test_calls_of_own_tools(item: CallItem, members: dict[str, Any]) -> None:
    record = item.record("completed")
    assert record.items() >= members.items()
    failed = item.call.call.extra.get("status") == "failed"
    assert record["status"] == ("failed" if failed else "completed")


def test_results_in_calls() -> None:
    item = own("mcp_call", "{}")
    assert item.waits
    item.result = ServerToolResult("c", "f", "no", {"is_error": True})
    assert item.record("completed")["error"] == "no"
    item.result = ServerToolResult("c", "f", "yes")
    assert item.record("completed")["output"] == "yes"


def test_results_with_an_item() -> None:
    part = ServerToolResult("c", "tool_search", [1], {"type": "tool_search_output", "id": "x"})
    assert result_item(part) == {"type": "tool_search_output", "id": "x", "tools": [1]}
    assert result_item(ServerToolResult("c", "f", [1])) is None


def test_types_of_other_apis_are_not_own() -> None:
    call = ToolCall()
    assert own_type(call) == ""
    call.extra = {"type": "function_call"}
    assert own_type(call) == ""


@pytest.mark.parametrize(
    ("citation", "found"),
    [
        ({"type": "url_citation", "url": "https://a"}, [WEB]),
        ({"type": "url_citation", "url_citation": {"url": "https://a"}}, [WEB]),
        ({"type": "file_path", "file_id": "f"}, [{"type": "file_path", "file_id": "f"}]),
        ({"groundingChunks": [{"web": {"uri": "https://a"}}, {"maps": {}}]}, [WEB]),
        ({"type": "char_location"}, []),
        (None, []),
    ],
)
def test_annotations(citation: Any, found: list[Any]) -> None:
    assert annotations_of(citation) == found


def test_a_message_keeps_its_phase() -> None:
    item = TextItem("message", 0, "m", "m")
    content = item.add("output_text", Text("a", {"phase": "commentary", "status": "completed"}))
    content.pieces.append("a")
    record = item.record("completed")
    assert record["phase"] == "commentary"
    assert record["content"] == [
        {"type": "output_text", "text": "a", "annotations": [], "logprobs": []}
    ]
    assert item.record("in_progress")["content"] == []
