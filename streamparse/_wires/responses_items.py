"""The items of the Responses API: how calls and results are written, what one says piece by piece.

Source: https://platform.openai.com/docs/api-reference/responses/object, the types of the openai
SDK, and recorded answers.

Which calls are whose: `function_call`, `custom_tool_call`, `computer_call`, `local_shell_call`,
`apply_patch_call`, a `shell_call` outside a container and a `tool_search_call` with `execution:
"client"` wait for the caller. The others are of kind `"server"`. An `mcp_approval_request` is a
server call that waits for a yes: the message is then `"paused"`, if it has no client calls.

Calls other than of functions have the members of their item that say what to do as arguments, by
their own names: `{"action": {...}}`, `{"operation": {...}}`, `{"queries": [...]}`, `{"code": "…"}`.
What they gave is a `ServerToolResult`; all else of an item is in `extra`.

Quirks:
- xAI: a web search comes with `name` and `arguments`; its search of X comes as a custom call that
  has already run, and nothing on the wire tells it from the caller's.
- `multi_tool_use.parallel` (seen as `parallel`) is one call whose arguments are several:
  `{"tool_uses": [{"recipient_name": "functions.f", "parameters": {...}}]}`. It stays one call,
  as the API has one id for it and wants one result.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader
from streamparse._core.plain import dict_of, list_of
from streamparse._core.transcriber import Transcriber, tell, tell_key
from streamparse.aliases import CallKind
from streamparse.errors import StreamParseError
from streamparse.message import GrowingText, Reasoning, ServerToolResult

__all__ = [
    "CALLS",
    "TEXT_KINDS",
    "Item",
    "Piece",
    "StreamedArgument",
    "in_order",
    "is_call",
    "rest_of",
    "result_member",
    "shape_of",
    "stem_of",
]

# Item type: the kind of its call, the name (where the item has none), the members that are its
# arguments, and the members that are its result, the first being what a good call gives.
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


# Kinds of text, in the order in which a whole item has them.
TEXT_KINDS: Final = (
    "summary_text",
    "reasoning_text",
    "output_text",
    "output_audio",
    "refusal",
)


class Piece:
    """One text of an item while it arrives."""

    __slots__ = ("final", "index", "kind", "part", "raw")

    init_types: ClassVar[tuple[Any, ...]] = (str, None, Reasoning, bool)

    def __init__(self, kind: str, index: int | None, part: GrowingText, is_read: bool) -> None:
        self.kind = kind
        self.index = index  # None: its events have none
        self.part = part
        # What came, where a format reads the text and puts it into parts of its own.
        self.raw: str | None = "" if is_read else None
        self.final: str | None = None  # the whole text, once the provider has sent it

    def text_so_far(self) -> str:
        """The text so far."""
        return self.part.text if self.raw is None else self.raw

    def grow_raw(self, text: str) -> None:
        """More of `raw`, in place."""
        if self.raw is not None:
            whole = self.raw
            self.raw = ""
            whole += text
            self.raw = whole


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

    init_types: ClassVar[tuple[Any, ...]] = (str, dict)

    def __init__(self, kind: str, data: dict[str, Any]) -> None:
        self.kind = kind
        self.data = data  # as it came last
        # Its names, see `responses_names`.
        self.number: int = 0  # its place among those that began
        self.index: int | None = None  # its place in the output
        self.names: set[str] = set()
        self.added: bool = False  # has the record of its beginning come?
        self.addressed: bool = False  # has an event named it?
        self.done: bool = False  # has the record of its end come?
        # Its texts, see `responses_texts`.
        self.pieces: dict[str, list[Piece]] = {}  # by kind
        self.places: dict[tuple[str, int], Piece] = {}  # by kind and index
        self.ended: dict[str, int] = {}  # by kind: so many of the first ones came whole
        self.size: int = 0  # characters of them all
        self.mixed: set[str] = set()  # kinds of which one text grew after a later one
        self.parts: list[GrowingText] = []  # in the order in which they began
        self.waiting: Reasoning | None = None  # the part that the first text will fill
        self.cited: dict[int, int] = {}  # citations so far, by content index
        self.passed_on: set[int] = set()  # parts that are not understood, by index
        # What else it may be.
        self.reader: CallReader | None = None
        self.confirmed: str | None = None  # the whole arguments, as they came last
        self.sealed: list[str] | None = None  # argument text that may be encrypted
        self.streamed: StreamedArgument | None = None
        self.result: ServerToolResult | None = None

    def text_so_far(self) -> str:
        """All text so far, in the order of a whole item."""
        pieces = [piece for kind in TEXT_KINDS for piece in self.pieces.get(kind, ())]
        return "".join([piece.text_so_far() for piece in pieces])


class StreamedArgument:
    """Writes arguments that have no JSON text, of which one string after the other grows.

    `where` is the place of the string: a member of the arguments, or of an object in them, or an
    item of a list in that object (the last name is then "").
    """

    __slots__ = ("closed", "depth", "index", "inside", "known", "pieces", "reader", "where")

    init_types: ClassVar[tuple[Any, ...]] = (CallReader, tuple)

    def __init__(self, reader: CallReader, where: tuple[str, ...]) -> None:
        self.reader = reader
        self.where = where
        self.depth: int = 0  # containers that are open
        self.index: int = -1  # of the open string in the list
        self.inside: bool = False  # is a string open?
        self.pieces: list[str] = []  # of the string that began last
        self.known: list[str] = []  # members of the inner object that were written
        self.closed: bool = False  # ended or refused: nothing more is written

    def grow(self, text: str, index: int, before: dict[str, Any]) -> None:
        """Write more of the string. `before`: the members known when the inner object begins."""
        self._write(text, index, before, False)

    def close(self, whole: str, index: int, before: dict[str, Any]) -> None:
        """End the string, which is `whole`."""
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
        """Emit what was not streamed of the whole item, and close all containers."""
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
        tell_key(where[0], sink)
        if len(where) == 1:
            return
        sink.start_object(0)
        self.depth = 2
        if where[-1]:
            said = {name: value for name, value in before.items() if value is not None}
            self._members(sink, said)
        tell_key(where[1], sink)
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
        """Emit the part of the whole string that was not streamed, then end it."""
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
                tell_key(name, sink)
                tell(value, sink)

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
    """The name of the tool that items of this type are about."""
    return kind.removesuffix("_output").removesuffix("_call")


def shape_of(kind: str) -> tuple[CallKind, str, tuple[str, ...], tuple[str, ...]]:
    """How calls of this type are written; those of a future type are the provider's."""
    return CALLS.get(kind, ("server", stem_of(kind), ("arguments",), ("output",)))


def result_member(kind: str) -> str | None:
    """Which member of an item that is a result holds what the tool gave."""
    if kind in ("tool_search_output", "mcp_list_tools"):
        return "tools"
    if kind == "program_output":
        return "result"
    return "output" if kind.endswith("_output") else None


def rest_of(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """What an item says besides what its part has in fields of its own."""
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
    """Members in the order in which a stream brings them: a patch last, commands first."""
    for name, inner, last in (("operation", "diff", True), ("action", "commands", False)):
        content = arguments.get(name)
        if kind in ("apply_patch_call", "shell_call") and isinstance(content, dict):
            first = {key: content[key] for key in content if (key == inner) != last}
            return {name: {**first, **content}}
    return arguments
