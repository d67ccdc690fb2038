"""`CompactEvents`: message events as small records, without what the page has already.

Rule 1: The text of an answer, and the arguments of a call, are sent once. Arguments and structured
output are sent as packed patches (`docs/patches.md`); those of a free-text call are a string.
Rule 2: A record without `type` continues the record before it: its other members are the same.
Rule 3: `choice` is left out if it is 0, and a call is named by its index. What is null is left out.
Rule 4: The last record has the order of the parts if it is not that of their first records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from streamparse.frontends.citations import sources_of
from streamparse.frontends.files import file_of, files_in
from streamparse.frontends.patches import PatchPacker
from streamparse.frontends.protocol import given
from streamparse.message import (
    Audio,
    Citation,
    Message,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
    error_to_dict,
)
from streamparse.message_events import (
    AnySessionEvent,
    ArgumentCompleted,
    AudioDelta,
    InputCompleted,
    InputDelta,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputCompleted,
    OutputRejected,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ServerToolCompleted,
    TextDelta,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    UsageUpdated,
)

__all__ = ["CompactEvents"]

Record: TypeAlias = dict[str, Any]
# The type of the record, the choice, and the index of the call (-1 for none).
_Key: TypeAlias = tuple[str, int, int]

_TEXTS: Final = (TextDelta, ReasoningDelta, RefusalDelta)
_VALUES: Final = ("arguments", "output")  # the types of records with patches
_DOCUMENTS: Final[dict[str, str]] = {
    **dict.fromkeys(("argument_started", "argument_delta", "argument_completed"), "arguments"),
    **dict.fromkeys(("output_started", "output_delta", "output_completed"), "output"),
}
_KINDS: Final = ("text", "reasoning", "refusal")
_REPLACED: Final = ("replaced_text", "replaced_reasoning", "replaced_refusal")


class CompactEvents:
    """Encodes the events of one response or session, for one reader that receives all records.

    `MessageReader` of the npm package, in `streamparse/js`, reads the records.
    `event_schema(compact=True)` returns their JSON Schema.

    Args:
        open_paths: Whether records of arguments and output have the member `open`: the path of the
            value that still grows, or null if all of the value is complete. Every value outside
            this path is complete.

    >>> from streamparse import MessageParser
    >>> parser, compact = MessageParser("text"), CompactEvents()
    >>> [compact.encode(parser.feed(text)) for text in ("Hel", "lo")]
    [[{'type': 'message_started'}, {'type': 'text_delta', 'text': 'Hel'}], [{'text': 'lo'}]]
    >>> compact.encode(parser.finish())
    [{'type': 'message_finished', 'status': 'complete', 'finish_reason': 'stop'}]
    """

    def __init__(self, *, open_paths: bool = False) -> None:
        self._open_paths = open_paths
        self._packers: dict[_Key, PatchPacker] = {}
        self._last: _Key | None = None
        self._ids: dict[tuple[int, int], str | None] = {}  # those sent, by choice and call
        self._sent: dict[int, _SentContent] = {}

    def encode(self, events: Iterable[AnySessionEvent]) -> list[Record]:
        """Encode events. Deltas of the same part are merged, as are those of the same value.

        Args:
            events: The next events of the message or session.

        Returns:
            The records, as plain data for JSON.
        """
        records: list[Record] = []
        for key, same in _groups(events):
            first = same[0]
            if key[0] in _VALUES:
                records += self._patches(key, same)
                continue
            sent = self._sent.get(key[1])
            if sent is None:
                sent = self._sent[key[1]] = _SentContent()
            records += self._nameless(key, sent)
            sent.note(key[0], first)
            if isinstance(first, _TEXTS):
                text = "".join([event.text for event in same])
                records.append(self._growing(key, first, {"text": text}))
            else:
                self.interrupt()
                records.append({**self._head(key, first), **self._fields(first)})
                if isinstance(first, ToolCallStarted) and first.call.kind == "custom":
                    place = ("arguments", key[1], key[2])
                    records.append(self._growing(place, first, {"patch": [[0, ""]]}))
        return records

    def interrupt(self) -> None:
        """Begin the next record with its type, because another record was sent in between."""
        self._last = None

    def _nameless(self, key: _Key, sent: _SentContent) -> list[Record]:
        """Begin the calls before this one that have no events, because they have no name yet."""
        started: list[Record] = []
        if key[2] < len(sent.calls):
            return started
        for index in range(len(sent.calls), key[2]):
            self.interrupt()
            sent.add_call(index)
            started.append({**_place("tool_call_started", key[1], index), "kind": "function"})
        return started

    def _patches(self, key: _Key, events: list[Any]) -> list[Record]:
        if isinstance(events[0], ToolCallDelta):
            patch: list[Any] = ["".join([event.text for event in events])]
        else:
            patch = self._packers.setdefault(key, PatchPacker()).pack(events)
        record: Record = {"patch": patch}
        if self._open_paths:
            record["open"] = _open_after(events[-1])
        return [self._growing(key, events[0], record)] if patch or self._open_paths else []

    def _growing(self, key: _Key, event: Any, content: Record) -> Record:
        if key == self._last and (key[2] < 0 or self._ids.get(key[1:]) == event.call.id):
            return content
        self._last = key
        return {**self._head(key, event), **content}

    def _head(self, key: _Key, event: Any) -> Record:
        head = _place(*key)
        if key[2] >= 0 and self._ids.get(key[1:]) != event.call.id:
            self._ids[key[1:]] = head["id"] = event.call.id
        return head

    def _fields(self, event: AnySessionEvent) -> Record:
        fields: Record = {}
        if isinstance(event, MessageStarted):
            fields = {"id": event.id, "model": event.model}
        elif isinstance(event, ToolCallStarted):
            fields = {"name": event.call.name, "kind": event.call.kind}
        elif isinstance(event, UsageUpdated):
            fields = {"usage": given(**event.usage.to_dict() | {"raw": None})}
        elif isinstance(event, AudioDelta):
            fields = {"item": event.item, "size": event.size, "data": event.data}
        elif isinstance(event, (InputDelta, InputCompleted)):
            fields = {"item": event.item, "text": event.text}
        elif isinstance(event, ServerToolCompleted):
            fields = {"result": event.result.to_dict()}
        elif isinstance(event, ProviderEvent):
            file = file_of(event.name, event.data)
            if file is not None:
                return {"part": {"type": "file", **file._asdict()}}
            return {"name": event.name, "data": event.data}
        elif isinstance(event, (MessageFinished, MessageFailed)):
            fields = _end_of(event.message, self._sent[event.choice])
        elif isinstance(event, (ToolCallRejected, OutputRejected)):
            fields = {"error": error_to_dict(event.error)}
        return given(**fields)


class _SentContent:
    """The parts of the content of a message that the reader has, in the order of their records."""

    __slots__ = ("calls", "kept", "parts", "replaced", "results")

    def __init__(self) -> None:
        #: The kinds of the parts; adjacent texts of the same kind are one part.
        self.parts: list[str] = []
        #: The places of the calls, by index, and of the results, by identity.
        self.calls: dict[int, int] = {}
        self.results: dict[int, int] = {}
        self.kept: list[ServerToolResult] = []  # as long as an object is kept, its id is its own
        self.replaced = False  # whether the provider's final text differs from its deltas

    def note(self, type: str, event: Any) -> None:
        """Note the part that the reader gets from the record of an event."""
        call = getattr(event, "call", None)
        if call is not None:
            self.add_call(call.index)
        elif isinstance(event, _TEXTS):
            kind = type.removesuffix("_delta")
            if self.parts[-1:] != [kind]:
                self.parts.append(kind)
        elif isinstance(event, ServerToolCompleted):
            self.kept.append(event.result)
            self.results[id(event.result)] = len(self.parts)
            self.parts.append("server_tool_result")
        elif type == "file":
            self.parts.append("file")
        elif isinstance(event, ProviderEvent):
            self.replaced = self.replaced or event.name in _REPLACED

    def add_call(self, index: int) -> None:
        """Add a call that has its first record."""
        if index not in self.calls:
            self.calls[index] = len(self.parts)
            self.parts.append("tool_call")

    def kind_at(self, item: Any) -> str | None:
        """Return the kind of the part at a place; None if the item is not a place."""
        return self.parts[item] if isinstance(item, int) else None


def _place(type: str, choice: int, call: int) -> Record:
    place: Record = {"type": type}
    if choice:
        place["choice"] = choice
    if call >= 0:
        place["call"] = call
    return place


def _groups(events: Iterable[AnySessionEvent]) -> list[tuple[_Key, list[Any]]]:
    """Return the events by record. All events of a value are where its first one is.

    An event of a value changes nothing else, and a page applies all records that arrive together
    before it shows them.
    """
    groups: list[tuple[_Key, list[Any]]] = []
    values: dict[_Key, list[Any]] = {}
    last: tuple[_Key, list[Any]] | None = None  # of other events
    for event in events:
        key = _key_of(event)
        if key[0] in _VALUES:
            if key not in values:
                values[key] = []
                groups.append((key, values[key]))
            values[key].append(event)
        elif isinstance(event, ToolCallDelta):
            pass  # the events of the arguments have its text
        elif last is not None and last[0] == key and isinstance(event, _TEXTS):
            last[1].append(event)
        else:
            last = key, [event]
            groups.append(last)
    return groups


def _key_of(event: AnySessionEvent) -> _Key:
    choice = getattr(event, "choice", 0) or 0
    call = getattr(event, "call", None)
    type = _DOCUMENTS.get(event.type, event.type)
    if isinstance(event, ToolCallDelta) and event.call.kind == "custom":
        type = "arguments"
    elif isinstance(event, ProviderEvent) and file_of(event.name, event.data):
        type = "file"
    return type, choice, -1 if call is None else call.index


def _open_after(event: Any) -> list[Any] | None:
    """Return the open path after an event of a value, or None if the value is complete."""
    if isinstance(event, ToolCallDelta):  # free text
        return []
    if not isinstance(event, (ArgumentCompleted, OutputCompleted)):
        return list(event.path)
    return list(event.path[:-1]) if event.path else None


def _end_of(message: Message, sent: _SentContent) -> Record:
    """Return what the events of the message have not brought."""
    return {
        "id": message.id,
        "model": message.model,
        "status": message.status,
        "finish_reason": message.finish_reason,
        "raw_finish_reason": message.raw_finish_reason,
        **({kind: getattr(message, kind) for kind in _KINDS} if sent.replaced else {}),
        "content": _content_of(message, sent),
        "output": True if message.output is not None else None,  # the patches have its value
        "error": None if message.error is None else error_to_dict(message.error),
    }


def _content_of(message: Message, sent: _SentContent) -> list[Any] | None:
    """Return the content, or None if the reader has all parts in their order.

    An item is a part, the index of a part that the reader has, or a piece of a text: its kind,
    start and end in UTF-16 units, which JavaScript counts.
    """
    content: list[Any] = []
    ends: dict[str, int] = {}
    files = iter([place for place, kind in enumerate(sent.parts) if kind == "file"])
    for part in message.content:
        if isinstance(part, (Text, Audio, Reasoning, Refusal)):
            _add_text(content, ends, "text" if isinstance(part, Audio) else part.type, part.text)
            content += [next(files, {}) for _ in files_in(part.extra)]
        elif isinstance(part, ToolCall):
            content.append(sent.calls.get(part.index, {}))
        elif id(part) in sent.results:
            content.append(sent.results[id(part)])
        elif isinstance(part, Citation):
            sources = [_named(source._asdict()) for source in sources_of(part.data)]
            content.append({**part.to_dict(), "sources": sources})
        else:
            content.append(part.to_dict())
    content = [item for item in content if item != {}]
    kinds = [item[0] if isinstance(item, list) else sent.kind_at(item) for item in content]
    there = [item for item in content if isinstance(item, int)]
    same = kinds == sent.parts and there == sorted(there) and not sent.replaced
    return None if same else content


def _add_text(content: list[Any], ends: dict[str, int], kind: str, text: str) -> None:
    start = ends.get(kind, 0)
    end = ends[kind] = start + len(text.encode("utf-16-le", "surrogatepass")) // 2
    if content and isinstance(content[-1], list) and content[-1][0] == kind:
        content[-1][2] = end
    elif text:
        content.append([kind, start, end])


def _named(fields: Record) -> Record:
    return {name: value for name, value in fields.items() if value}
