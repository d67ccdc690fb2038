"""The items of the Responses API: the shapes of calls and results, and items while they arrive.

Source: https://platform.openai.com/docs/api-reference/responses/object, the types of the openai
SDK, and recorded answers.

The caller runs `function_call`, `custom_tool_call`, `computer_call`, `local_shell_call`,
`apply_patch_call`, a `shell_call` outside a container and a `tool_search_call` with `execution:
"client"`. The other calls are of kind `"server"`. An `mcp_approval_request` is a server call that
waits for approval: the message is then `"paused"`, unless it has calls for the caller.

The arguments of a call that is not of a function are members of its item, by their own names:
`{"action": {...}}`, `{"operation": {...}}`, `{"queries": [...]}`, `{"code": "…"}`. Its result is a
`ServerToolResult`; the other members of the item are in `extra`.

Quirks:
- xAI: a web search has `name` and `arguments`. A search of X comes as a custom call that has
  already run, and looks like one for the caller.
- `multi_tool_use.parallel` (seen as `parallel`) is one call with the arguments of several:
  `{"tool_uses": [{"recipient_name": "functions.f", "parameters": {...}}]}`. It stays one call,
  because the API has one id for it and requires one result.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader
from streamparse._core.growing import GrowingString
from streamparse._core.plain import dict_of, list_of
from streamparse._core.transcriber import Transcriber, emit_key, emit_value
from streamparse.aliases import CallKind
from streamparse.errors import StreamParseError
from streamparse.message import GrowingText, Reasoning, ServerToolResult

__all__ = [
    "CALLS",
    "TEXT_KINDS",
    "Item",
    "Piece",
    "StreamedArgument",
    "arguments_in",
    "in_order",
    "is_call",
    "is_cut",
    "rest_of",
    "result_member",
    "shape_of",
    "stem_of",
]

# By the type of an item: the kind of its call, its name (if the item has none), the members with
# its arguments, and the members with its result, that of a successful call first.
CALLS: Final[dict[str, tuple[CallKind, str, tuple[str, ...], tuple[str, ...]]]] = {
    "function_call": ("function", "", ("arguments",), ()),
    "custom_tool_call": ("custom", "", ("input",), ()),
    "computer_call": ("function", "computer", ("action", "actions"), ()),
    "local_shell_call": ("function", "local_shell", ("action",), ()),
    "shell_call": ("function", "shell", ("action",), ()),
    "apply_patch_call": ("function", "apply_patch", ("operation",), ()),
    "tool_search_call": ("server", "tool_search", ("arguments",), ()),
    "mcp_call": ("server", "", ("arguments",), ("output", "error")),
    "mcp_approval_request": ("server", "", ("arguments",), ()),
    "web_search_call": ("server", "web_search", ("action",), ()),
    "file_search_call": ("server", "file_search", ("queries",), ("results",)),
    "code_interpreter_call": ("server", "code_interpreter", ("code",), ("outputs",)),
    "image_generation_call": (
        "server",
        "image_generation",
        ("prompt", "revised_prompt"),
        ("result",),
    ),
    "program": ("server", "program", ("code",), ()),
}

# The kinds of text, in their order in a whole item.
TEXT_KINDS: Final = ("summary_text", "reasoning_text", "output_text", "output_audio", "refusal")


class Piece:
    """One text of an item while it arrives."""

    __slots__ = ("final", "index", "kind", "part", "raw")

    _init_types: ClassVar[tuple[Any, ...]] = (str, None, Reasoning, bool)

    def __init__(self, kind: str, index: int | None, part: GrowingText, is_read: bool) -> None:
        self.kind = kind
        self.index = index  # None if its events have none
        self.part = part
        # The text so far, if a format reads it and puts it into parts of its own.
        self.raw: GrowingString | None = GrowingString() if is_read else None
        self.final: str | None = None  # the whole text, once the provider has sent it

    def text_so_far(self) -> str:
        """Return the text so far."""
        return self.part.text if self.raw is None else self.raw.value

    def set_text(self, whole: str) -> None:
        """Take the text from a record that has the whole of it."""
        self.final = whole
        if self.raw is None:
            self.part.text = whole
        else:
            self.raw = GrowingString(whole)  # the format has read the deltas


class Item:
    """One output item while it arrives."""

    __slots__ = (
        "added",
        "addressed",
        "cited",
        "confirmed",
        "data",
        "done",
        "ended",
        "index",
        "kind",
        "mixed",
        "names",
        "number",
        "parts",
        "passed_on",
        "pieces",
        "places",
        "reader",
        "result",
        "sealed",
        "size",
        "streamed",
        "waiting",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (str, dict)

    def __init__(self, kind: str, data: dict[str, Any]) -> None:
        self.kind = kind
        self.data = data  # as in the last record that has it
        # The names; see `responses_names`.
        self.number: int = 0  # the place among the items that began
        self.index: int | None = None  # the place in the output
        self.names: set[str] = set()
        self.added: bool = False  # whether the record of the beginning has arrived
        self.addressed: bool = False  # whether an event named the item
        self.done: bool = False  # whether the record of the end has arrived
        # The texts; see `responses_texts`.
        self.pieces: dict[str, list[Piece]] = {}  # by kind
        self.places: dict[tuple[str, int], Piece] = {}  # by kind and index
        self.ended: dict[str, int] = {}  # by kind: how many of the first texts are final
        self.size: int = 0  # the characters of all texts
        self.mixed: tuple[str, ...] = ()  # the kinds of which a text grew after a later one
        self.parts: list[GrowingText] = []  # in the order in which they began
        self.waiting: Reasoning | None = None  # the part for the first text
        self.cited: dict[int, int] | None = None  # the number of citations, by content index
        # The parts that are not understood, by index.
        self.passed_on: set[int] | None = None
        # The call or result.
        self.reader: CallReader | None = None
        self.confirmed: str | None = None  # the last whole arguments
        self.sealed: list[str] | None = None  # argument text that may be encrypted
        self.streamed: StreamedArgument | None = None
        self.result: ServerToolResult | None = None

    def mix(self, kind: str) -> None:
        """Record that a text of this kind grew after a later one."""
        if kind not in self.mixed:
            self.mixed = (*self.mixed, kind)

    def cited_at(self, index: int) -> int:
        """Return the number of citations of the text at this index."""
        return 0 if self.cited is None else self.cited.get(index, 0)

    def text_so_far(self) -> str:
        """Return all text so far, in the order of a whole item."""
        pieces = [piece for kind in TEXT_KINDS for piece in self.pieces.get(kind, ())]
        return "".join([piece.text_so_far() for piece in pieces])


class StreamedArgument:
    """Writes arguments that are not JSON text in the stream: their strings grow one by one.

    `where` is the place of the string: a member of the arguments, or of an object in them, or an
    item of a list in that object (the last name is then "").
    """

    __slots__ = ("closed", "depth", "index", "inside", "known", "pieces", "reader", "where")

    _init_types: ClassVar[tuple[Any, ...]] = (CallReader, tuple)

    def __init__(self, reader: CallReader, where: tuple[str, ...]) -> None:
        self.reader = reader
        self.where = where
        self.depth: int = 0  # the number of open containers
        self.index: int = -1  # of the open string in the list
        self.inside: bool = False  # whether a string is open
        self.pieces: list[str] = []  # of the last string
        self.known: list[str] = []  # the members of the inner object that were written
        self.closed: bool = False  # after the end or a refusal nothing more is written

    def grow(self, text: str, index: int, before: dict[str, Any]) -> None:
        """Write more of the string. `before`: the members known when the inner object begins."""
        self._write(text, index, before, False)

    def close(self, whole: str, index: int, before: dict[str, Any]) -> None:
        """End the string, whose text is `whole`."""
        if not self.depth or index >= self.index:
            self._write(whole, index, before, True)

    def _write(self, text: str, index: int, before: dict[str, Any], last: bool) -> None:
        reader = self.reader
        if self.closed or not reader.listening:
            return
        sink = reader.driver()
        try:
            if not self.depth:
                self._begin(sink, before)
            if last:
                self._confirm(sink, text, index)
            else:
                self._string(sink, text, index)
        except StreamParseError as error:
            self.closed = True
            reader.refuse(error)
        else:
            reader.emit()

    def finish(self, members: dict[str, Any]) -> None:
        """Write the members that were not streamed, and close all containers."""
        reader = self.reader
        if self.closed or not reader.listening:
            return
        self.closed = True
        sink = reader.driver()
        try:
            self._finish(sink, members)
        except StreamParseError as error:
            reader.refuse(error)
        else:
            reader.emit()

    def _begin(self, sink: Transcriber, before: dict[str, Any]) -> None:
        where = self.where
        sink.start_object(0)
        self.depth = 1
        emit_key(where[0], sink)
        if len(where) == 1:
            return
        sink.start_object(0)
        self.depth = 2
        if where[-1]:
            known = {name: value for name, value in before.items() if value is not None}
            self._members(sink, known)
        emit_key(where[1], sink)
        self.known.append(where[1])
        if not where[-1]:
            sink.start_array(0)
            self.depth = 3

    def _string(self, sink: Transcriber, text: str, index: int) -> None:
        if index > self.index:
            if self.inside:
                sink.end_string(0)
            sink.start_string(0)
            self.inside = True
            self.index = index
            self.pieces = []
        if text and self.inside and index == self.index:
            sink.text(text, 0)
            self.pieces.append(text)

    def _confirm(self, sink: Transcriber, text: str, index: int) -> None:
        """Write the part of the whole string that was not streamed, then end the string."""
        known = "".join(self.pieces) if index == self.index else ""
        if text.startswith(known) and (self.inside or index > self.index):
            self._string(sink, text[len(known) :], index)
        elif text != known:
            self.reader.replace(text)
        if self.inside:
            sink.end_string(0)
            self.inside = False

    def _members(self, sink: Transcriber, members: dict[str, Any]) -> None:
        for name, value in members.items():
            if name not in self.known and name != self.where[1]:
                self.known.append(name)
                emit_key(name, sink)
                emit_value(value, sink)

    def _finish(self, sink: Transcriber, members: dict[str, Any]) -> None:
        where = self.where
        inner = members
        if len(where) > 1:
            inner = dict_of(members.get(where[0]))
        whole = inner.get(where[-1] or where[1])
        strings = [whole] if where[-1] else list_of(whole)
        for index, text in enumerate(strings):
            if isinstance(text, str) and index >= self.index:
                self._confirm(sink, text, index)
        if self.inside:
            sink.end_string(0)
        if self.depth == 3:
            sink.end(0)
        if self.depth >= 2:
            self._members(sink, inner)
            sink.end(0)
        sink.end(0)


def is_call(kind: str) -> bool:
    return kind in CALLS or kind.endswith("_call")


def stem_of(kind: str) -> str:
    """Return the name of the tool that items of this type are about."""
    return kind.removesuffix("_output").removesuffix("_call")


def shape_of(kind: str) -> tuple[CallKind, str, tuple[str, ...], tuple[str, ...]]:
    """Return the entry of `CALLS` for a type. The provider runs calls of an unknown type."""
    return CALLS.get(kind, ("server", stem_of(kind), ("arguments",), ("output",)))


def is_cut(data: dict[str, Any]) -> bool:
    """Return whether an item was cut, by its own status."""
    return data.get("status") == "incomplete"


def arguments_in(kind: str, data: dict[str, Any]) -> Any:
    """Return the arguments of a whole item."""
    return data.get("input" if kind == "custom_tool_call" else "arguments")


def result_member(kind: str) -> str | None:
    """Return the member with the result, in an item that is the result of a tool."""
    if kind in ("tool_search_output", "mcp_list_tools"):
        return "tools"
    if kind == "program_output":
        return "result"
    return "output" if kind.endswith("_output") else None


def rest_of(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an item that its part does not have as attributes."""
    left: tuple[str, ...] = ()
    if kind == "message":
        left = ("type", "role", "content")
    elif kind == "reasoning":
        left = ("type", "summary", "content")
    elif kind in ("function_call", "custom_tool_call"):
        left = ("type", "call_id", "name", "arguments", "input")
    elif kind in CALLS:
        _, _, arguments, results = CALLS[kind]
        left = (*arguments, *results[:1])
    elif not is_call(kind):
        left = (result_member(kind) or "",)
    return {name: data[name] for name in data if name not in left and data[name] is not None}


def in_order(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the members in their order in a stream: a patch last, commands first."""
    for name, inner, last in (("operation", "diff", True), ("action", "commands", False)):
        content = arguments.get(name)
        if kind in ("apply_patch_call", "shell_call") and isinstance(content, dict):
            first = {key: content[key] for key in content if (key == inner) != last}
            return {name: {**first, **content}}
    return arguments
