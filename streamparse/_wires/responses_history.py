"""A message of the Responses API as input items of the next turn.

Source: https://platform.openai.com/docs/api-reference/responses/create, and the types of the
openai SDK, which have the members of an item that the API takes back.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.plain import dict_of, list_of, text_of
from streamparse._wires.base import result_text
from streamparse._wires.responses_items import CALLS, result_member, shape_of
from streamparse.message import (
    Audio,
    Citation,
    GrowingText,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
)

__all__ = ["history", "tool_result"]

# The annotations that the API takes back, with the members that they need.
_ANNOTATIONS: Final[dict[str, tuple[str, ...]]] = {
    "url_citation": ("url", "title", "start_index", "end_index"),
    "file_citation": ("file_id", "filename", "index"),
    "container_file_citation": ("container_id", "file_id", "filename", "start_index", "end_index"),
    "file_path": ("file_id", "index"),
}


def history(message: Message) -> list[dict[str, Any]]:
    """Return the output items as input items, without calls that are not complete.

    Item ids, phases, namespaces and encrypted content go back unchanged. Reasoning goes back only
    with the item after it, because the API refuses a reasoning item that nothing follows. A search
    in the shape of xAI is left out, because the API does not have it.
    """
    writer = _HistoryWriter()
    for part in message.content:
        writer.add(part)
    return writer.items


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """An input item with the output of a call: text, or data for the API's own kinds of tools.

    Those are screenshots of a computer, outputs of a shell, and tools that were found.
    """
    identity = call.id or f"call_{call.index}"
    kind = text_of(call.extra.get("type"))
    if not kind:
        kind = "custom_tool_call" if call.kind == "custom" else "function_call"
    item = {"type": f"{kind}_output", "call_id": identity}
    if kind == "local_shell_call":
        return {"type": item["type"], "id": identity, "output": result_text(value, error)}
    if kind == "apply_patch_call":
        status = "failed" if error else "completed"
        return {**item, "status": status, "output": result_text(value, False)}
    if kind == "tool_search_call":
        return {"type": "tool_search_output", "call_id": identity, "tools": value}
    if kind in ("function_call", "custom_tool_call"):
        value = result_text(value, error)
    return {**item, "output": value}


class _HistoryWriter:
    """Converts content parts to input items."""

    __slots__ = ("calls", "items", "left_out", "open", "thoughts")

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.thoughts: list[dict[str, Any]] = []  # they wait for the next item
        self.calls: dict[Any, dict[str, Any]] = {}  # the calls whose item has the result, by id
        self.left_out: set[Any] = set()  # the ids of calls
        self.open: dict[str, Any] | None = None  # the message that the next part may belong to

    def add(self, part: Part) -> None:
        if isinstance(part, (Text, Audio, Refusal)):
            self._write(part)
            return
        if isinstance(part, Citation):
            self._cite(part.data)
            return
        self.open = None
        if isinstance(part, Reasoning):
            self._think(part)
        elif isinstance(part, ToolCall):
            self._call(part)
        elif isinstance(part, ServerToolResult):
            self._result(part)

    def _keep(self, item: dict[str, Any]) -> None:
        self.items += self.thoughts
        self.thoughts = []
        self.items.append(item)

    def _write(self, part: GrowingText) -> None:
        if not part.text:
            return
        identity = part.extra.get("id")
        item = self.open
        if item is None or item.get("id") != identity:
            item = {**part.extra, "role": "assistant", "content": []}
            if identity is None:
                item["content"] = ""
            else:
                item["type"] = "message"
                item["status"] = _ended(part.extra.get("status"))
            self.open = item
            self._keep(item)
        if identity is None:
            # Without an id the API takes only the short form of a message, whose content is text.
            item["content"] += part.text
        elif isinstance(part, Refusal):
            item["content"].append({"type": "refusal", "refusal": part.text})
        else:
            text = {"type": "output_text", "text": part.text, "annotations": []}
            item["content"].append(text)

    def _cite(self, data: Any) -> None:
        wanted = _ANNOTATIONS.get(text_of(dict_of(data).get("type")))
        content = [] if self.open is None else list_of(self.open["content"])
        if wanted and content and all(data.get(name) is not None for name in wanted):
            content[-1].setdefault("annotations", []).append(data)

    def _think(self, part: Reasoning) -> None:
        extra = part.extra
        if extra.get("type") == "compaction":
            self._keep(dict(extra))
            return
        if not extra.get("id"):
            return
        own = ("summary_index", "content_index")
        frame = {name: value for name, value in extra.items() if name not in own}
        last = self.thoughts[-1] if self.thoughts else {}
        if last.get("id") != extra["id"]:
            last = {**frame, "type": "reasoning", "summary": []}
            self.thoughts.append(last)
        if "summary_index" in extra:
            last["summary"].append({"type": "summary_text", "text": part.text})
        elif "content_index" in extra:
            text = {"type": "reasoning_text", "text": part.text}
            last.setdefault("content", []).append(text)

    def _call(self, call: ToolCall) -> None:
        item = _call_back(call) if call.status == "complete" else None
        if item is None:
            self.thoughts = []
            self.left_out.add(call.id)
        else:
            self._keep(item)
            if shape_of(text_of(item.get("type")))[3]:
                self.calls[call.id] = item

    def _result(self, part: ServerToolResult) -> None:
        kind = text_of(part.extra.get("type"))
        call = self.calls.get(part.call_id)
        if kind:
            if part.call_id is None or part.call_id not in self.left_out:
                member = result_member(kind)
                content = {} if member is None else {member: part.content}
                self._keep({**part.extra, **content})
        elif call is not None and not part.extra.get("is_error"):
            results = shape_of(call["type"])[3]
            call[results[0]] = part.content


def _ended(status: Any) -> str:
    """Return the status of a message item, which cannot go back as "in_progress"."""
    return "completed" if status in ("completed", None) else "incomplete"


def _call_back(call: ToolCall) -> dict[str, Any] | None:
    """Return the item of a complete call, or None if the API has no such item."""
    kind = text_of(call.extra.get("type"))
    if not kind:
        member = "input" if call.kind == "custom" else "arguments"
        text = call.arguments_text if call.kind == "custom" else call.arguments_text or "{}"
        own = {"type": f"{call.kind}_call", "call_id": call.id or f"call_{call.index}"}
        if call.kind == "custom":
            own["type"] = "custom_tool_call"
        return {**call.extra, **own, "name": call.name, member: text}
    item = dict(call.extra)
    if kind not in CALLS:
        return item
    _, _, names, results = CALLS[kind]
    arguments = dict_of(call.arguments)
    if kind == "web_search_call":
        arguments = _search_back(arguments)
        if not arguments:
            return None
    for name in results[:1]:
        item[name] = None
    if kind == "tool_search_call":
        item["arguments"] = call.arguments
    elif names == ("arguments",):
        item["arguments"] = call.arguments_text or "{}"
    else:
        item.update(arguments)
    if kind == "code_interpreter_call":
        item.setdefault("code", None)
    return item


def _search_back(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the action of a search, without the sources that the API does not know."""
    action = dict(dict_of(arguments.get("action")))
    if not action:
        return {}
    if "sources" in action:
        sources = list_of(action["sources"])
        action["sources"] = [one for one in sources if dict_of(one).get("type") == "url"]
    return {"action": action}
