"""The output items of the Responses API while they are written."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from streamparse._core.plain import dict_of, json_text, text_of
from streamparse._wires.responses_items import CALLS, result_member
from streamparse.frontends.citations import sources_of
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import Part, Reasoning, ServerToolResult, ToolCall

__all__ = [
    "CONTENTS",
    "CallItem",
    "Content",
    "Names",
    "TextItem",
    "annotations_of",
    "is_shown",
    "own_type",
    "result_item",
]

_ANNOTATIONS: Final = ("url_citation", "file_citation", "container_file_citation", "file_path")
# Calls whose item has the name and the arguments. The Interactions API has such a type too.
_COMMON: Final = ("function_call", "custom_tool_call")
# The members of reasoning and messages that clients send back.
_KEPT: Final = ("encrypted_content", "phase")


class Names(NamedTuple):
    """The names of the records of one kind of text."""

    events: str  # the beginning of their types
    part: str  # the beginning of the types of the records of the whole part
    place: str  # the member with the index of the part
    member: str  # the member of the part with the text


CONTENTS: Final = {
    "output_text": Names("response.output_text", "response.content_part", "content_index", "text"),
    "refusal": Names("response.refusal", "response.content_part", "content_index", "refusal"),
    "reasoning_text": Names(
        "response.reasoning_text", "response.content_part", "content_index", "text"
    ),
    "summary_text": Names(
        "response.reasoning_summary_text",
        "response.reasoning_summary_part",
        "summary_index",
        "text",
    ),
}


class Content:
    """A text of an item: its kind, its place among those of its kind, and what was written."""

    __slots__ = ("annotations", "index", "kind", "logprobs", "part", "pieces", "seen")

    def __init__(self, kind: str, index: int, part: Part | None) -> None:
        self.kind: str = kind
        self.index: int = index
        self.part: Part | None = part
        self.pieces: list[str] = []
        self.logprobs: list[Any] = []
        self.annotations: list[Any] = []
        self.seen: int = 0  # the citations of the text, with those that have no annotation

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    def record(self, text: str) -> Record:
        """Return the part with this text."""
        record: Record = {"type": self.kind, CONTENTS[self.kind].member: text}
        if self.kind == "output_text":
            record.update(annotations=list(self.annotations), logprobs=list(self.logprobs))
        return record


class TextItem:
    """A message or reasoning."""

    __slots__ = ("contents", "done", "extra", "id", "index", "kind", "source")

    def __init__(self, kind: str, index: int, identity: str, source: str) -> None:
        self.kind: str = kind
        self.index: int = index
        self.id: str = identity
        self.source: str = source  # the provider's id of the item, "" without one
        self.contents: list[Content] = []
        self.extra: Record = {}  # of the part, if there is no text
        self.done: bool = False

    def add(self, kind: str, part: Part | None) -> Content:
        """Begin another text."""
        place = len([content for content in self.contents if content.kind == kind])
        content = Content(kind, place, part)
        self.contents.append(content)
        return content

    def record(self, status: str) -> Record:
        """Return the item as it is now."""
        item: Record = {"id": self.id, "type": self.kind, "status": status}
        if self.kind == "message":
            item["role"] = "assistant"
        parts = [content.part for content in self.contents if content.part is not None]
        for extra in [self.extra, *[part.extra for part in parts]]:
            item = {**{name: extra[name] for name in _KEPT if name in extra}, **item}
        written: dict[str, list[Record]] = {"content": []}
        if self.kind == "reasoning":
            written["summary"] = []
        for content in self.contents if status != "in_progress" else ():
            name = "summary" if content.kind == "summary_text" else "content"
            written[name].append(content.record(content.text))
        if self.kind == "reasoning" and not written["content"]:
            del written["content"]
        return {**item, **written}


class CallItem:
    """A call. One of OpenAI's own tools has the arguments in members of its item."""

    __slots__ = ("call", "done", "id", "index", "pieces", "result")

    def __init__(self, call: ShownCall, index: int, identity: str) -> None:
        self.call: ShownCall = call
        self.index: int = index
        self.id: str = identity
        self.pieces: list[str] = []  # of the arguments
        self.result: ServerToolResult | None = None
        self.done: bool = False

    @property
    def is_own(self) -> bool:
        """Whether the tool is one of OpenAI's own."""
        return own_type(self.call.call) != ""

    @property
    def member(self) -> str:
        """The member of a function or free-text call with its arguments."""
        return "input" if self.call.call.kind == "custom" else "arguments"

    @property
    def waits(self) -> bool:
        """Whether the item will have a result."""
        return self.is_own and bool(CALLS[own_type(self.call.call)][3])

    def record(self, status: str) -> Record:
        """Return the item as it is now."""
        call = self.call.call
        if self.is_own:
            return self._own(call, status)
        kind = "custom_tool_call" if call.kind == "custom" else "function_call"
        item: Record = {"id": self.id, "type": kind, "status": status, "call_id": self.call.id}
        return {**item, "name": self.call.name, self.member: "".join(self.pieces)}

    def _own(self, call: ToolCall, status: str) -> Record:
        kind = own_type(call)
        if status == "completed" and call.extra.get("status") == "failed":
            status = "failed"
        item: Record = {**call.extra, "id": self.id, "type": kind, "status": status}
        if call.status != "complete":
            return item
        _, _, members, results = CALLS[kind]
        arguments = call.arguments
        if isinstance(arguments, dict) and arguments.keys() <= set(members) - {"arguments"}:
            item.update(arguments)
        else:
            is_text = kind != "tool_search_call"
            item["arguments"] = json_text(arguments) if is_text else arguments
        if self.result is not None:
            failed = self.result.extra.get("is_error") is True
            item[results[-1] if failed else results[0]] = self.result.content
        return item


def annotations_of(citation: Any) -> list[Record]:
    """Return the annotations for the web pages and files of OpenAI that a citation names."""
    data = dict_of(citation)
    found = [data]
    if data.get("type") not in _ANNOTATIONS or "url_citation" in data:
        sources = sources_of(dict_of(data.get("url_citation")) or data)
        named = [(source.url, source.title) for source in sources if source.url]
        found = [{"type": "url_citation", "url": url, "title": title} for url, title in named]
    place = {"title": "", "start_index": 0, "end_index": 0}
    return [{**place, **each} if each["type"] == "url_citation" else each for each in found]


def own_type(call: ToolCall) -> str:
    """Return the type of the item of one of OpenAI's own tools, or ""."""
    kind = text_of(call.extra.get("type"))
    return kind if kind in CALLS and kind not in _COMMON else ""


def result_item(part: ServerToolResult) -> Record | None:
    """Return the item of a result, if the API has one for it."""
    kind = text_of(part.extra.get("type"))
    member = result_member(kind)
    if not kind.endswith(("_output", "mcp_list_tools")) or member is None:
        return None
    return {**part.extra, member: part.content}


def is_shown(part: Reasoning) -> bool:
    """Return whether reasoning without text has an item, which clients send back."""
    return bool(part.extra.get("encrypted_content")) or (
        bool(part.extra.get("id")) and not part.extra.keys() & {"signature", "data"}
    )
