"""Tests of the items of the Responses API: who runs a call, streamed arguments, results."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from streamparse.message import ServerToolResult
from tests._wires.recordings import without
from tests.messages import data_named, results_of
from tests.responses import (
    CREATED,
    SERVER,
    added,
    at,
    call_events,
    code_events,
    done,
    incomplete,
    only_call,
    opened,
    patch_events,
    read,
    shell_events,
    stream,
    text_events,
)

# Calls of tools that are not functions


@pytest.mark.parametrize(("item", "name", "arguments", "result"), SERVER)
def test_calls_that_the_provider_runs(
    item: dict[str, Any], name: str, arguments: Any, result: Any
) -> None:
    item = {**item, "id": "srv_1", "status": "completed"}
    early = {
        key: value for key, value in item.items() if key not in ("result", "outputs", "output")
    }
    message, _ = read(stream([added(0, opened(early)), done(0, item)], text_events("Ok", 1)))
    call = message.tool_calls[0]
    assert (call.kind, call.name, call.status) == ("server", name, "complete")
    assert (call.arguments, call.errors) == (arguments, [])
    assert message.finish_reason == "stop"
    results = [part for part in message.content if isinstance(part, ServerToolResult)]
    assert [part.content for part in results] == ([] if result is None else [result])
    assert [(part.call_id, part.name) for part in results] in ([], [(call.id, name)])
    back = message.to_history()[0]
    assert {key: back[key] for key in item if item[key] is not None} == {
        key: value for key, value in item.items() if value is not None
    }


CLIENT: list[tuple[dict[str, Any], str, str]] = [
    (
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}}},
        "local_shell",
        "action",
    ),
    ({"type": "shell_call", "action": {"commands": ["ls", "pwd"]}}, "shell", "action"),
    (
        {
            "type": "shell_call",
            "action": {"commands": ["ls"]},
            "environment": {"type": "local"},
        },
        "shell",
        "action",
    ),
    (
        {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a.txt"}},
        "apply_patch",
        "operation",
    ),
    (
        {
            "type": "computer_call",
            "action": {"type": "click", "button": "left", "x": 1, "y": 2},
            "pending_safety_checks": [],
        },
        "computer",
        "action",
    ),
    (
        {"type": "computer_call", "actions": [{"type": "wait"}], "pending_safety_checks": []},
        "computer",
        "actions",
    ),
]


@pytest.mark.parametrize(("item", "name", "member"), CLIENT)
def test_calls_that_the_caller_runs(item: dict[str, Any], name: str, member: str) -> None:
    item = {**item, "id": "x_1", "call_id": "call_9", "status": "completed"}
    message, _ = read(stream([added(0, opened(item)), done(0, item)]))
    call = message.tool_calls[0]
    assert (call.kind, call.name, call.id) == ("function", name, "call_9")
    assert call.arguments == {member: item[member]}
    assert message.finish_reason == "tool_calls"
    assert message.to_history() == [item]


def test_a_failed_mcp_call() -> None:
    item: dict[str, Any] = {"type": "mcp_call", "id": "mcp_1", "name": "look_up"}
    item |= {"server_label": "books"}
    item |= {"arguments": "{}", "error": {"type": "http_error", "code": 404}, "status": "failed"}
    records = [
        added(0, opened(item, error=None)),
        at("mcp_call.in_progress", 0),
        at("mcp_call_arguments.delta", 0, delta="{}"),
        at("mcp_call_arguments.done", 0, arguments="{}"),
        at("mcp_call.failed", 0),
        done(0, item),
    ]
    message, events = read(stream(records))
    assert message.tool_calls[0].status == "complete"
    result = message.content[1]
    assert isinstance(result, ServerToolResult)
    assert (result.content, result.extra) == (item["error"], {"is_error": True})
    assert len(data_named(events, "response.mcp_call.failed")) == 1
    assert message.to_history()[0]["error"] == item["error"]


def test_a_search_of_xai() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "call_id": "", "name": "browse_page"}
    item |= {"arguments": '{"url": "https://example.org"}', "status": "completed"}
    message, _ = read(stream([added(0, item), done(0, item)], text_events("Ok", 1)))
    call = message.tool_calls[0]
    assert (call.id, call.name, call.kind) == ("ws_1", "browse_page", "server")
    assert call.arguments == {"url": "https://example.org"}
    assert [one["type"] for one in message.to_history()] == ["message"]


def test_a_request_for_approval_pauses() -> None:
    item = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "erase", "server_label": "disk"}
    item["arguments"] = '{"all": true}'
    message, _ = read(stream([added(0, item), done(0, item)]))
    call = message.tool_calls[0]
    assert (call.name, call.arguments, call.kind) == ("erase", {"all": True}, "server")
    assert (message.finish_reason, message.status) == ("paused", "complete")
    assert message.to_history() == [item]


def test_results_that_are_items() -> None:
    items: list[dict[str, Any]] = [
        {"type": "program_output", "id": "po_1", "call_id": "call_p", "result": "7"},
        {
            "type": "shell_call_output",
            "id": "so_1",
            "call_id": "call_s",
            "output": [{"stdout": "x"}],
        },
        {
            "type": "tool_search_output",
            "id": "ts_1",
            "execution": "server",
            "tools": [{"name": "a"}],
        },
        {"type": "mcp_list_tools", "id": "ml_1", "server_label": "books", "tools": []},
    ]
    records = [added(place, {**item, "output": []}) for place, item in enumerate(items)]
    records += [done(place, item) for place, item in enumerate(items)]
    message, events = read(stream(records))
    results = [part for part in message.content if isinstance(part, ServerToolResult)]
    assert results_of(events) == results
    assert [(part.name, part.call_id) for part in results] == [
        ("program", "call_p"),
        ("shell", "call_s"),
        ("tool_search", None),
        ("mcp_list_tools", None),
    ]
    assert [part.content for part in results] == ["7", [{"stdout": "x"}], [{"name": "a"}], []]
    assert without(message.to_history(), ["output"]) == without(items, ["output"])


def test_items_of_several_agents() -> None:
    """Calls of agents are calls of the server; messages between agents are passed on."""
    call = {
        "type": "multi_agent_call",
        "id": "ma_1",
        "call_id": "call_1",
        "action": "spawn_agent",
        "arguments": '{"task": "dig"}',
        "agent": {"agent_name": "root"},
    }
    output = {"type": "multi_agent_call_output", "id": "mo_1", "call_id": "call_1", "output": "ok"}
    letter = {
        "type": "agent_message",
        "id": "am_1",
        "author": "root",
        "recipient": "digger",
        "content": [{"type": "encrypted_content", "encrypted_content": "e=="}],
    }
    items: list[dict[str, Any]] = [call, output, letter]
    records = [
        record for at, item in enumerate(items) for record in (added(at, item), done(at, item))
    ]
    message, events = read(stream(records))
    (found,) = message.tool_calls
    assert (found.kind, found.status, found.arguments) == ("server", "complete", {"task": "dig"})
    assert [(part.call_id, part.content) for part in results_of(events)] == [("call_1", "ok")]
    assert data_named(events, "agent_message") == [letter]
    assert message.text == ""
    assert message.to_history() == items


def test_an_item_of_an_unknown_type() -> None:
    item = {"type": "dream", "id": "dr_1", "images": 3}
    message, events = read(stream([added(0, item), done(0, item)], text_events("Ok", 1)))
    assert data_named(events, "dream") == [item]
    assert message.content[0] == ServerToolResult(None, "dream", None, item)
    assert results_of(events) == []  # an unknown item may not be the result of a tool
    assert message.to_history()[0] == item


def test_a_call_that_wraps_parallel_calls_stays_one_call() -> None:
    uses = [{"recipient_name": "functions.plant", "parameters": {"bed": bed}} for bed in (1, 2)]
    arguments = json.dumps({"tool_uses": uses})
    call = only_call(stream(call_events(arguments, name="parallel")))
    assert (call.name, call.arguments) == ("parallel", {"tool_uses": uses})


# Arguments that are streamed without JSON text

GROWING: list[tuple[list[dict[str, Any]], Any, str]] = [
    (code_events('print("a\\n")\n'), {"code": 'print("a\\n")\n'}, '{"code":"'),
    (
        patch_events('+"moss"\n-fern\n'),
        {"operation": {"type": "update_file", "path": "fern.md", "diff": '+"moss"\n-fern\n'}},
        '{"operation":{"type":"update_file","path":"fern.md","diff":"',
    ),
    (
        shell_events(["ls -a", "pwd"]),
        {"action": {"commands": ["ls -a", "pwd"], "max_output_length": 100, "timeout_ms": None}},
        '{"action":{"commands":["',
    ),
]


@pytest.mark.parametrize(("records", "arguments", "start"), GROWING)
def test_growing_arguments(records: list[Any], arguments: Any, start: str) -> None:
    message, events = read(stream(records))
    call = message.tool_calls[0]
    assert (call.status, call.arguments, call.errors) == ("complete", arguments, [])
    assert call.arguments_text.startswith(start)
    assert json.loads(call.arguments_text) == arguments
    texts = [one.text for one in events if one.type == "tool_call_delta"]
    assert "".join(texts) == call.arguments_text
    assert len(texts) > 4


@pytest.mark.parametrize(("records", "arguments", "start"), GROWING)
def test_growing_arguments_without_their_events(
    records: list[Any], arguments: Any, start: str
) -> None:
    for kept in ([records[0], records[-1]], [records[-1]]):
        call = only_call(stream(kept))
        assert (call.status, call.arguments) == ("complete", arguments)
        assert call.arguments_text.startswith(start)


@pytest.mark.parametrize(("records", "arguments", "start"), GROWING)
def test_growing_arguments_that_lose_a_delta(
    records: list[Any], arguments: Any, start: str
) -> None:
    places = [place for place, one in enumerate(records) if one["type"].endswith("delta")]
    ends = [
        place
        for place, one in enumerate(records)
        if one["type"].endswith(("code.done", "diff.done", "command.done"))
    ]
    without_last = [one for place, one in enumerate(records) if place != places[-1]]
    assert only_call(stream(without_last)).arguments == arguments
    without_ends = [one for place, one in enumerate(records) if place not in ends]
    assert only_call(stream(without_ends)).arguments == arguments
    without_first = [one for place, one in enumerate(records) if place != places[0]]
    assert only_call(stream(without_first)).status == "rejected"


@pytest.mark.parametrize(("records", "arguments", "start"), GROWING)
def test_growing_arguments_that_are_cut(records: list[Any], arguments: Any, start: str) -> None:
    """A cut call is truncated (law 7), and its partial arguments can be read."""
    for stop in range(1, len(records)):
        message, _ = read([CREATED, *records[:stop]])
        call = message.tool_calls[0]
        assert (call.status, call.arguments) == ("truncated", None)
        json.dumps(call.partial)
    final = copy.deepcopy(records[-1])
    final["item"]["status"] = "incomplete"
    message, _ = read([CREATED, *records[:-1], final, incomplete()])
    assert message.tool_calls[0].status == "truncated"


def test_where_a_patch_grows() -> None:
    _, events = read(stream(patch_events("+a\n+b\n")))
    paths = {one.path for one in events if one.type == "argument_delta"}
    assert ("operation", "diff") in paths
