"""`CompactEvents`: message events as small records, without what the page has already.

Rule 1: The text of an answer, and the arguments of a call, are sent once. Arguments and structured
output are sent as packed patches (`docs/patches.md`); a free-text call is sent as its text.
Rule 2: A record without `type` continues the record before it: its other members are the same.
Rule 3: `choice` is left out if it is 0, and a call is named by its index. What is null is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final, TypeAlias

from streamparse.frontends.patches import PatchPacker
from streamparse.message import Message, error_to_dict
from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    AudioDelta,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
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

_TEXTS: Final = (TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta)
_ARGUMENTS: Final = (ArgumentStarted, ArgumentDelta, ArgumentCompleted)
_OUTPUTS: Final = (OutputStarted, OutputDelta, OutputCompleted)
# Parts of a message whose content the events have brought.
_SENT: Final = ("text", "audio", "reasoning", "refusal", "tool_call")


class CompactEvents:
    """Encodes the events of one response, for one reader that receives all records in order.

    `MessageReader` in `streamparse/js/message.js` reads the records. `event_schema(compact=True)`
    returns their JSON Schema.

    >>> from streamparse import MessageParser
    >>> parser, compact = MessageParser("text"), CompactEvents()
    >>> [compact.encode(parser.feed(text)) for text in ("Hel", "lo")]
    [[{'type': 'message_started'}, {'type': 'text_delta', 'text': 'Hel'}], [{'text': 'lo'}]]
    >>> compact.encode(parser.finish())
    [{'type': 'message_finished', 'status': 'complete', 'finish_reason': 'stop'}]
    """

    def __init__(self) -> None:
        self._packers: dict[_Key, PatchPacker] = {}
        self._last: _Key | None = None

    def encode(self, events: Iterable[AnyMessageEvent]) -> list[Record]:
        """Encode events. Adjacent deltas of the same part are merged.

        Args:
            events: The next message events.

        Returns:
            The records, as plain data for JSON.
        """
        records: list[Record] = []
        for key, group in groupby(events, _key_of):
            same = list(group)
            first = same[0]
            if isinstance(first, (*_ARGUMENTS, *_OUTPUTS)):
                patch = self._packers.setdefault(key, PatchPacker()).pack(same)
                if patch:
                    records.append(self._growing(key, "patch", patch))
            elif isinstance(first, _TEXTS):
                # The arguments of other calls are sent as patches.
                if not isinstance(first, ToolCallDelta) or first.call.kind == "custom":
                    text = "".join([event.text for event in same])  # type: ignore[union-attr]
                    records.append(self._growing(key, "text", text))
            else:
                self.interrupt()
                records += [{**_head(key), **_fields(event)} for event in same]
        return records

    def interrupt(self) -> None:
        """Begin the next record with its type, because another record was sent in between."""
        self._last = None

    def _growing(self, key: _Key, member: str, content: Any) -> Record:
        last, self._last = self._last, key
        return {member: content} if key == last else {**_head(key), member: content}


def _key_of(event: AnyMessageEvent) -> _Key:
    if isinstance(event, _OUTPUTS):
        return "output", event.choice, -1
    call = getattr(event, "call", None)
    type = "arguments" if isinstance(event, _ARGUMENTS) else event.type
    return type, event.choice or 0, -1 if call is None else call.index


def _head(key: _Key) -> Record:
    type, choice, call = key
    head: Record = {"type": type}
    if choice:
        head["choice"] = choice
    if call >= 0:
        head["call"] = call
    return head


def _fields(event: AnyMessageEvent) -> Record:
    fields: Record = {}
    if isinstance(event, MessageStarted):
        fields = {"id": event.id, "model": event.model}
    elif isinstance(event, ToolCallStarted):
        fields = {"id": event.call.id, "name": event.call.name, "kind": event.call.kind}
    elif isinstance(event, UsageUpdated):
        fields = {"usage": _known(event.usage.to_dict() | {"raw": None})}
    elif isinstance(event, AudioDelta):
        fields = {"item": event.item, "size": event.size, "data": event.data}
    elif isinstance(event, ServerToolCompleted):
        fields = {"result": event.result.to_dict()}
    elif isinstance(event, ProviderEvent):
        return {"name": event.name, "data": event.data}
    elif isinstance(event, (MessageFinished, MessageFailed)):
        fields = _end_of(event.message)
    elif isinstance(event, (ToolCallRejected, OutputRejected)):
        fields = {"error": error_to_dict(event.error)}
    return _known(fields)


def _end_of(message: Message) -> Record:
    """Return what the events of the message have not brought."""
    return {
        "id": message.id,
        "model": message.model,
        "status": message.status,
        "finish_reason": message.finish_reason,
        "raw_finish_reason": message.raw_finish_reason,
        "parts": [part.to_dict() for part in message.content if part.type not in _SENT] or None,
        "error": None if message.error is None else error_to_dict(message.error),
    }


def _known(fields: Record) -> Record:
    return {name: value for name, value in fields.items() if value is not None}
