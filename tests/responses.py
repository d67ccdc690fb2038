"""Records and items of OpenAI's Responses API, for tests.

This module does not import hypothesis.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from streamparse.message import ToolCall
from tests.helpers import cut
from tests.messages import read as read_records

API: Final = "openai-responses"
read = partial(read_records, api=API)

USAGE = {
    "input_tokens": 40,
    "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 4},
    "output_tokens": 12,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 52,
}


def response(status: str = "in_progress", output: Any = (), **more: Any) -> dict[str, Any]:
    whole = {"id": "resp_1", "object": "response", "model": "m-5", "status": status}
    return {**whole, "output": list(output), "usage": None, "error": None, **more}


def event(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **members}


def at(kind: str, index: int, **members: Any) -> dict[str, Any]:
    """Return an event of the item at `index`."""
    return event(kind, output_index=index, item_id=f"it_{index}", **members)


def added(index: int, item: dict[str, Any]) -> dict[str, Any]:
    return event("output_item.added", output_index=index, item=item)


def done(index: int, item: dict[str, Any]) -> dict[str, Any]:
    return event("output_item.done", output_index=index, item=item)


CREATED = event("created", response=response())


def completed(output: Any = (), **more: Any) -> dict[str, Any]:
    return event("completed", response=response("completed", output, usage=USAGE, **more))


def incomplete(reason: str | None = "max_output_tokens", output: Any = ()) -> dict[str, Any]:
    details = None if reason is None else {"reason": reason}
    return event("incomplete", response=response("incomplete", output, incomplete_details=details))


def message_item(text: str, index: int = 0, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}] if text else []
    item = {"type": "message", "id": f"msg_{index}", "role": "assistant", "status": "completed"}
    return {**item, "content": content, **more}


def call_item(arguments: Any, index: int = 0, **more: Any) -> dict[str, Any]:
    item = {"type": "function_call", "id": f"fc_{index}", "call_id": f"call_{index}"}
    return {**item, "name": "plant", "arguments": arguments, "status": "completed", **more}


def custom_item(text: str, index: int = 0, **more: Any) -> dict[str, Any]:
    item = {"type": "custom_tool_call", "id": f"ctc_{index}", "call_id": f"call_{index}"}
    return {**item, "name": "sketch", "input": text, "status": "completed", **more}


def opened(item: dict[str, Any], **blank: Any) -> dict[str, Any]:
    """Return the item at its start: in progress, with these members empty."""
    return {**item, "status": "in_progress", **blank}


def text_events(text: str, index: int = 0, size: int = 4, **more: Any) -> list[dict[str, Any]]:
    """Return the events of a message with one text."""
    item = message_item(text, index, **more)
    blank = {"type": "output_text", "text": "", "annotations": []}
    return [
        added(index, opened(item, content=[])),
        at("content_part.added", index, content_index=0, part=blank),
        *[
            at("output_text.delta", index, content_index=0, delta=piece)
            for piece in cut(text, [size])
        ],
        at("output_text.done", index, content_index=0, text=text),
        at("content_part.done", index, content_index=0, part=item["content"][0]),
        done(index, item),
    ]


def call_events(arguments: str, index: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Return the events of a function call."""
    item = call_item(arguments, index, **more)
    pieces = cut(arguments, [5])
    return [
        added(index, opened(item, arguments="")),
        *[at("function_call_arguments.delta", index, delta=piece) for piece in pieces],
        at("function_call_arguments.done", index, arguments=arguments),
        done(index, item),
    ]


def custom_events(text: str, index: int = 0) -> list[dict[str, Any]]:
    item = custom_item(text, index)
    return [
        added(index, opened(item, input="")),
        *[at("custom_tool_call_input.delta", index, delta=piece) for piece in cut(text, [3])],
        at("custom_tool_call_input.done", index, input=text),
        done(index, item),
    ]


def reasoning_events(texts: list[str], index: int = 0) -> list[dict[str, Any]]:
    summary = [{"type": "summary_text", "text": text} for text in texts]
    item = {"type": "reasoning", "id": f"rs_{index}", "summary": summary, "encrypted_content": "ZZ"}
    records = [added(index, {**item, "summary": [], "encrypted_content": "Z"})]
    for place, text in enumerate(texts):
        where = {"summary_index": place}
        blank = {"type": "summary_text", "text": ""}
        records.append(at("reasoning_summary_part.added", index, **where, part=blank))
        kind = "reasoning_summary_text.delta"
        records += [at(kind, index, **where, delta=piece) for piece in cut(text, [6])]
        records.append(at("reasoning_summary_text.done", index, **where, text=text))
        records.append(at("reasoning_summary_part.done", index, **where, part=summary[place]))
    return [*records, done(index, item)]


def items_of(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the final items of a stream in order."""
    return [one["item"] for one in records if one["type"] == "response.output_item.done"]


def stream(*parts: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """Return a whole stream of these events, with the final response."""
    records = [record for part in parts for record in part]
    return [CREATED, *records, completed(items_of(records), **more)]


def only_call(records: Iterable[Any]) -> ToolCall:
    calls = read(records)[0].tool_calls
    assert len(calls) == 1
    return calls[0]


def codes(call: ToolCall) -> list[str]:
    return [error.code for error in call.errors]


PAGE = {
    "type": "url_citation",
    "url": "https://example.org/fern",
    "title": "Ferns",
    "start_index": 0,
    "end_index": 5,
}

FILE = {"type": "file_citation", "file_id": "file_1", "filename": "moss.txt", "index": 3}


def cited(annotations: list[Any], events: bool) -> list[dict[str, Any]]:
    records = text_events("Ferns are old.")
    part = {"type": "output_text", "text": "Ferns are old.", "annotations": annotations}
    records[-2]["part"] = part
    records[-1]["item"]["content"] = [part]
    if events:
        records[-3:-3] = [
            at(
                "output_text.annotation.added",
                0,
                content_index=0,
                annotation_index=place,
                annotation=one,
            )
            for place, one in enumerate(annotations)
        ]
    return records


def raw_reasoning(text: str) -> list[dict[str, Any]]:
    content = [{"type": "reasoning_text", "text": text}]
    item = {"type": "reasoning", "id": "rs_0", "summary": [], "content": content}
    return [
        added(0, {**item, "content": []}),
        at("content_part.added", 0, content_index=0, part={"type": "reasoning_text", "text": ""}),
        *[at("reasoning_text.delta", 0, content_index=0, delta=piece) for piece in cut(text, [3])],
        at("reasoning_text.done", 0, content_index=0, text=text),
        at("content_part.done", 0, content_index=0, part=content[0]),
        done(0, item),
    ]


FAILED = {"code": "rate_limit_exceeded", "message": "Too many ferns."}

SERVER: list[tuple[dict[str, Any], str, Any, Any]] = [
    (
        {"type": "web_search_call", "action": {"type": "search", "query": "fern"}},
        "web_search",
        {"action": {"type": "search", "query": "fern"}},
        None,
    ),
    (
        {
            "type": "file_search_call",
            "queries": ["fern"],
            "results": [{"file_id": "f", "text": "x"}],
        },
        "file_search",
        {"queries": ["fern"]},
        [{"file_id": "f", "text": "x"}],
    ),
    (
        {
            "type": "code_interpreter_call",
            "code": "2 + 2",
            "container_id": "cntr_1",
            "outputs": [{"type": "logs", "logs": "4"}],
        },
        "code_interpreter",
        {"code": "2 + 2"},
        [{"type": "logs", "logs": "4"}],
    ),
    (
        {"type": "image_generation_call", "result": "aWNv", "revised_prompt": "a fern"},
        "image_generation",
        {"revised_prompt": "a fern"},
        "aWNv",
    ),
    (
        {
            "type": "mcp_call",
            "name": "look_up",
            "server_label": "books",
            "arguments": '{"word": "fern"}',
            "output": "a plant",
            "error": None,
        },
        "look_up",
        {"word": "fern"},
        "a plant",
    ),
    (
        {"type": "tool_search_call", "execution": "server", "arguments": {"paths": ["plant"]}},
        "tool_search",
        {"paths": ["plant"]},
        None,
    ),
    (
        {"type": "program", "call_id": "call_p", "code": "plant()", "fingerprint": "FP"},
        "program",
        {"code": "plant()"},
        None,
    ),
    (
        {
            "type": "shell_call",
            "call_id": "call_s",
            "action": {"commands": ["ls"], "timeout_ms": None},
            "environment": {"type": "container_reference", "container_id": "cntr_1"},
        },
        "shell",
        {"action": {"commands": ["ls"], "timeout_ms": None}},
        None,
    ),
    ({"type": "weather_call", "arguments": {"city": "Oslo"}}, "weather", {"city": "Oslo"}, None),
]


def code_events(code: str) -> list[dict[str, Any]]:
    item: dict[str, Any] = {"type": "code_interpreter_call", "id": "ci_0", "code": code}
    item["container_id"] = "c"
    item |= {"outputs": None, "status": "completed"}
    return [
        added(0, opened(item, code="")),
        at("code_interpreter_call.in_progress", 0),
        *[at("code_interpreter_call_code.delta", 0, delta=piece) for piece in cut(code, [3])],
        at("code_interpreter_call_code.done", 0, code=code),
        at("code_interpreter_call.interpreting", 0),
        at("code_interpreter_call.completed", 0),
        done(0, item),
    ]


def patch_events(diff: str) -> list[dict[str, Any]]:
    operation = {"type": "update_file", "diff": diff, "path": "fern.md"}
    item = {"type": "apply_patch_call", "id": "apc_0", "call_id": "call_0", "operation": operation}
    return [
        added(0, opened(item, operation={**operation, "diff": ""})),
        *[at("apply_patch_call_operation_diff.delta", 0, delta=piece) for piece in cut(diff, [4])],
        at("apply_patch_call_operation_diff.done", 0, diff=diff),
        done(0, {**item, "status": "completed"}),
    ]


def shell_events(commands: list[str]) -> list[dict[str, Any]]:
    action = {"commands": commands, "max_output_length": 100, "timeout_ms": None}
    item = {"type": "shell_call", "id": "sh_0", "call_id": "call_0", "action": action}
    records = [added(0, opened(item, action={**action, "commands": []}))]
    for place, command in enumerate(commands):
        where = {"output_index": 0, "command_index": place}
        records.append(event("shell_call_command.added", **where, command=""))
        kind = "shell_call_command.delta"
        records += [event(kind, **where, delta=piece) for piece in cut(command, [2])]
        records.append(event("shell_call_command.done", **where, command=command))
    return [*records, done(0, {**item, "status": "completed"})]


SAMPLES: dict[str, list[dict[str, Any]]] = {
    "text": stream(text_events("Ferns like shade, as “moss” does.")),
    "citations": stream(cited([PAGE, FILE], True)),
    "reasoning and call": stream(
        reasoning_events(["Shade?", "Yes."]), call_events('{"bed": [1, {"a": "é"}]}', 1)
    ),
    "raw reasoning": stream(raw_reasoning("Roots."), text_events("Roots.", 1)),
    "two calls": stream(call_events('{"bed": 1}', 0), call_events("", 1)),
    "free text": stream(custom_events('a "b"')),
    "code": stream(code_events("1 + 1"), text_events("2", 1)),
    "patch": stream(patch_events("+a\n")),
    "shell": stream(shell_events(["ls", "pwd"])),
    **{
        item["type"]: stream([added(0, opened(full)), done(0, full)], text_events("Ok", 1))
        for item, _, _, _ in SERVER
        for full in [{**item, "id": "srv_1", "status": "completed"}]
    },
}
SAMPLES["cut"] = [
    CREATED,
    *call_events('{"bed"')[:-1],
    incomplete(output=[call_item('{"bed"', status="incomplete")]),
]
SAMPLES["failed"] = [CREATED, event("failed", response=response("failed", error=FAILED))]
