"""AG-UI, the protocol of agents and front ends, which `frontends.AGUIEvents` writes.

Source: https://docs.ag-ui.com/concepts/events, the schema of `@ag-ui/core` and the client of
`@ag-ui/client` 1.0.0.

Quirks that are handled here:
- Text and reasoning parts are identified by `messageId`, calls by `toolCallId`. All messages of a
  run become one `Message`.
- A chunk event (`TEXT_MESSAGE_CHUNK`, …) begins a message or call, or continues the previous one.
  As in the client, the next event of another kind ends it, except for kinds that do not belong to
  the messages of the run. An error does not end a call.
- A call with a result was run by the agent.
- There is no finish reason: `RUN_FINISHED` is a normal end. `RUN_ERROR` is the end of a run that
  failed or was cut.
- Events of a sub-agent (`subagentRunId`) and text of other roles are passed on.
- The event names of 0.x, `THINKING_…`, are also read. Their text has no id.
- `AGUIEvents` writes into `metadata` and `CUSTOM` events what the protocol cannot express. These
  are read too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.events import StringDelta
from streamparse._core.parser import JSONParser
from streamparse._core.plain import dict_of, is_something, json_text, list_of, text_of
from streamparse._wires.base import Wire, keep_rest, note_rest, result_text
from streamparse._wires.blocks import name_of_call
from streamparse._wires.front_ends import KEPT_FILE, front_end_usage, reject, run_by, stray_result
from streamparse._wires.reasons import reason_of
from streamparse.aliases import CallKind
from streamparse.errors import ERROR_CODES, ProviderError, StreamParseError
from streamparse.message import (
    Citation,
    GrowingText,
    Message,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
)

__all__ = ["AGUI", "history", "tool_result"]

_OWN: Final[dict[str, str]] = {"paused": "paused"}
# The codes of `RUN_ERROR` with which `AGUIEvents` ends an answer that did not fail.
_CUTS: Final = frozenset(("length", "content_filter", "cancelled", "incomplete_call", "truncated"))
# The finish reasons that cut an answer; None if there is none.
_CUT_REASONS: Final = frozenset((None, "length", "content_filter", "cancelled", "error"))

_EVENT: Final = frozenset(("type", "timestamp", "rawEvent", "metadata"))
_RUN: Final = _EVENT | frozenset(("runId", "input", "outcome", "usage", "protocolVersion"))
_TEXT: Final = _EVENT | frozenset(("delta", "role"))
_CALL: Final = _EVENT | frozenset(("toolCallId", "toolCallName", "delta"))
_RESULT: Final = _EVENT | frozenset(("toolCallId", "content", "role"))


class AGUI(Wire):
    """Reads the events of a run."""

    api: ClassVar[str] = "ag-ui"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.parts: dict[str, GrowingText] = {}  # by the id of the message
        self.calls: dict[str, CallReader] = {}
        self.quoted: dict[str, JSONParser] = {}  # of calls whose arguments are a JSON string
        self.others: set[str] = set()  # the ids of messages with other roles
        self.chunked: str = ""  # the kind of the open chunks
        self.chunk_id: str = ""

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RUN.union(_TEXT, _CALL, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return (text_of(data.get("type")) or event) in _TYPES

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        if not kind:
            kind, data = event, {**data, "type": event}
        answer = self.response.first
        if data.get("subagentRunId") is not None:
            if kind not in _TYPES:
                return False
            answer.pass_on(kind, data)
            return True
        if kind in _ENDS_CHUNKS:
            self._end_chunks()
        handler = _HANDLERS.get(kind)
        if handler is not None:
            answer.begin()
            handler(self, answer, data)
        elif kind in _TYPES:
            answer.pass_on(kind, data)
        else:
            return False
        return True

    # The run.

    def _started(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.begin(data.get("runId"))
        note_rest(answer, data, _RUN)

    def _count(self, answer: AnswerReader, data: dict[str, Any]) -> dict[str, Any]:
        """Read the usage; return the metadata."""
        entries = list_of(data.get("usage"))
        if entries:
            answer.count({"answers": entries}, front_end_usage)
            answer.begin(None, dict_of(entries[-1]).get("model"))
        return dict_of(data.get("metadata"))

    def _finished(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        metadata = self._count(answer, data)
        outcome = dict_of(data.get("outcome"))
        kind = text_of(outcome.get("type"))
        if kind == "cancelled":
            answer.finish("cancelled", kind)
        elif kind == "interrupt":
            answer.note("outcome", outcome)
            answer.finish("paused", kind)
        else:
            self._finish_by(answer, metadata, "stop", "RUN_FINISHED")
        if is_something(data.get("result")):
            answer.note("result", data["result"])
        self._end(answer)

    def _finish_by(
        self, answer: AnswerReader, metadata: dict[str, Any], reason: str, raw: str
    ) -> None:
        """Apply the finish reason in the metadata, by default `reason`."""
        answer.cut_call = metadata.get("status") == "truncated"
        given = reason_of(text_of(metadata.get("finishReason")), _OWN)
        if given:
            answer.finish(given, metadata.get("rawFinishReason"))
        elif reason:
            answer.finish(reason, raw)

    def _end(self, answer: AnswerReader) -> None:
        """End the run. Free text whose JSON string is not whole was cut, or is rejected."""
        for identity, quoted in self.quoted.items():
            reader = self.calls[identity]
            if not quoted.started or quoted.done or not reader.open:
                continue
            if answer.message.finish_reason in _CUT_REASONS:
                reader.close(CUT)
                continue
            try:
                quoted.finish()
            except StreamParseError as error:
                reader.reject(error)
        self.response.end()

    def _failed(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        metadata = self._count(answer, data)
        code = text_of(data.get("code"))
        if code not in _CUTS:
            message = text_of(data.get("message")) or "the run failed"
            # The codes of our errors add nothing to their messages.
            words = message if not code or code in ERROR_CODES else f"{code}: {message}"
            self.response.fail(ProviderError(words, data=data))
            return
        reason = "" if code in ("truncated", "incomplete_call") else code
        self._finish_by(answer, metadata, reason, code)
        self._end(answer)

    # Text.

    def _text_start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("messageId"))
        if text_of(data.get("role")) not in ("", "assistant"):
            self.others.add(identity)
            if data.get("type") != "TEXT_MESSAGE_CHUNK" or not text_of(data.get("delta")):
                answer.pass_on(text_of(data.get("type")), data)  # `_text` passes on other chunks
            return
        refusal = dict_of(data.get("metadata")).get("refusal") is True
        self._begin_part(answer, Refusal() if refusal else Text(), data)

    def _reasoning_start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._begin_part(answer, Reasoning(), data)

    def _begin_part(self, answer: AnswerReader, part: GrowingText, data: dict[str, Any]) -> None:
        identity = text_of(data.get("messageId"))
        known = self.parts.get(identity)
        if known is not None and type(known) is type(part):
            return  # the same message continues
        self.parts[identity] = part
        answer.add(part)
        keep_rest(answer.room, part.extra, data, _TEXT)

    def _text(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("messageId"))
        if identity in self.others:
            answer.pass_on(text_of(data.get("type")), data)
            return
        part, delta = self.parts.get(identity), text_of(data.get("delta"))
        if isinstance(part, Refusal):
            answer.refusal(delta, part)
        else:
            answer.text(delta, part if isinstance(part, Text) else None)

    def _reasoning(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        part = self.parts.get(text_of(data.get("messageId")))
        answer.reasoning(text_of(data.get("delta")), part if isinstance(part, Reasoning) else None)

    def _nothing(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        """Ignore the end of a text, and the start and end of reasoning."""

    def _encrypted(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        """Keep encrypted content with its part; the next turn needs it."""
        identity = text_of(data.get("entityId"))
        part = self.parts.get(identity)
        reader = self.calls.get(identity)
        if data.get("subtype") == "tool-call" and reader is not None:
            answer.room.put(reader.call.extra, "encryptedValue", data.get("encryptedValue"))
        elif part is not None:
            answer.room.put(part.extra, "encryptedValue", data.get("encryptedValue"))
        else:
            answer.pass_on("REASONING_ENCRYPTED_VALUE", data)

    # Calls.

    def _call_start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("toolCallId"))
        name = text_of(data.get("toolCallName"))
        reader = self.calls.get(identity)
        if reader is not None:
            reader.set_name(name or reader.call.name or "")
            return
        word = dict_of(dict_of(data.get("metadata")).get("streamparse")).get("kind")
        kind: CallKind = "function"
        if word == "custom":
            kind = "custom"
            self.quoted[identity] = JSONParser(limits=answer.limits)
        elif word == "server":
            kind = "server"
        reader = self.calls[identity] = answer.call(identity or None, name or None, kind)
        keep_rest(answer.room, reader.call.extra, data, _CALL)

    def _call_arguments(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("toolCallId"))
        if identity not in self.calls:
            self._call_start(answer, data)
        reader, delta = self.calls[identity], text_of(data.get("delta"))
        quoted = self.quoted.get(identity)
        if quoted is not None and not quoted.started and delta.lstrip()[:1] not in ("", '"'):
            del self.quoted[identity]  # another server set the mark: the text is not quoted
            quoted = None
        if quoted is None:
            reader.feed(delta)
            return
        rejection: StreamParseError | None = None
        try:
            events = quoted.feed(delta)
        except StreamParseError as error:
            rejection, events = error, error.events
        for event in events:
            if isinstance(event, StringDelta):
                reader.feed(event.text)
        if rejection is not None:
            del self.quoted[identity]
            reader.reject(rejection)

    def _call_end(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("toolCallId"))
        if identity in self.calls:
            self._end_call(identity)
        else:
            answer.pass_on("TOOL_CALL_END", data)

    def _end_call(self, identity: str) -> None:
        """End a call. If its JSON string is not whole, the end of the run decides."""
        quoted = self.quoted.get(identity)
        if quoted is None or quoted.done or not quoted.started:
            self.quoted.pop(identity, None)
            self.calls[identity].end()

    def _call_result(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        metadata = dict_of(data.get("metadata"))
        if dict_of(metadata.get("streamparse")).get("unknown") is True:
            return  # the result of a call that the provider ran and did not send
        identity = text_of(data.get("toolCallId")) or None
        reader = self.calls.get(identity or "")
        if reader is not None:
            run_by(reader)
        result = ServerToolResult(identity, name_of_call(answer, identity), data.get("content"))
        if metadata.get("error") or data.get("error"):
            result.extra["is_error"] = True
        if dict_of(metadata.get("streamparse")).get("denied") is True:
            result.extra["denied"] = True
        keep_rest(answer.room, result.extra, data, _RESULT)
        answer.add_result(result)

    # Chunks.

    def _chunk(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type"))
        name = "toolCallId" if kind == "TOOL_CALL_CHUNK" else "messageId"
        identity = text_of(data.get(name))
        if kind != self.chunked or (identity and identity != self.chunk_id):
            self._end_chunks()
            self.chunked, self.chunk_id = kind, identity
            _BEGINNINGS[kind](self, answer, data)
        if text_of(data.get("delta")):
            more = _CONTINUATIONS[kind]
            more(self, answer, {**data, name: self.chunk_id})

    def _end_chunks(self) -> None:
        """End the open chunks. A call in chunks has no end event."""
        if self.chunked == "TOOL_CALL_CHUNK":
            self._end_call(self.chunk_id)
        self.chunked = self.chunk_id = ""

    # The rest.

    def _custom(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        name, value = text_of(data.get("name")), data.get("value")
        content = dict_of(value)
        reader = self.calls.get(text_of(content.get("toolCallId")))
        if name in ("tool_call_rejected", "tool_call_truncated") and reader is not None:
            about = {"status": name.rpartition("_")[2], "code": content.get("code")}
            reject(reader, text_of(content.get("errorText")), about)
        elif name == "server_tool_result" and "content" in content:
            stray_result(answer, content)
        elif name == "source" and "citation" in content:
            if not content.get("index"):  # the others name further sources of the same citation
                answer.add(Citation(content["citation"]))
        elif name in (KEPT_FILE, "reasoning-file") and text_of(content.get("url")):
            extra = {KEPT_FILE: content}
            answer.add(Text("", extra) if name == KEPT_FILE else Reasoning("", extra))
            answer.pass_on(name, content)
        else:
            answer.pass_on(name or "CUSTOM", value if name else data)

    def _raw(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.pass_on(text_of(data.get("source")) or "RAW", data.get("event"))


_HANDLERS: Final[dict[str, Callable[[AGUI, AnswerReader, dict[str, Any]], None]]] = {
    "RUN_STARTED": AGUI._started,
    "RUN_FINISHED": AGUI._finished,
    "RUN_ERROR": AGUI._failed,
    "TEXT_MESSAGE_START": AGUI._text_start,
    "TEXT_MESSAGE_CONTENT": AGUI._text,
    "TEXT_MESSAGE_END": AGUI._nothing,
    "TEXT_MESSAGE_CHUNK": AGUI._chunk,
    "REASONING_START": AGUI._nothing,
    "REASONING_MESSAGE_START": AGUI._reasoning_start,
    "REASONING_MESSAGE_CONTENT": AGUI._reasoning,
    "REASONING_MESSAGE_END": AGUI._nothing,
    "REASONING_MESSAGE_CHUNK": AGUI._chunk,
    "REASONING_END": AGUI._nothing,
    "REASONING_ENCRYPTED_VALUE": AGUI._encrypted,
    "THINKING_START": AGUI._nothing,
    "THINKING_TEXT_MESSAGE_START": AGUI._nothing,
    "THINKING_TEXT_MESSAGE_CONTENT": AGUI._reasoning,
    "THINKING_TEXT_MESSAGE_END": AGUI._nothing,
    "THINKING_END": AGUI._nothing,
    "TOOL_CALL_START": AGUI._call_start,
    "TOOL_CALL_ARGS": AGUI._call_arguments,
    "TOOL_CALL_END": AGUI._call_end,
    "TOOL_CALL_CHUNK": AGUI._chunk,
    "TOOL_CALL_RESULT": AGUI._call_result,
    "CUSTOM": AGUI._custom,
    "RAW": AGUI._raw,
}
_BEGINNINGS: Final[dict[str, Callable[[AGUI, AnswerReader, dict[str, Any]], None]]] = {
    "TEXT_MESSAGE_CHUNK": AGUI._text_start,
    "REASONING_MESSAGE_CHUNK": AGUI._reasoning_start,
    "TOOL_CALL_CHUNK": AGUI._call_start,
}
_CONTINUATIONS: Final[dict[str, Callable[[AGUI, AnswerReader, dict[str, Any]], None]]] = {
    "TEXT_MESSAGE_CHUNK": AGUI._text,
    "REASONING_MESSAGE_CHUNK": AGUI._reasoning,
    "TOOL_CALL_CHUNK": AGUI._call_arguments,
}
_GENERAL: Final = frozenset(("CUSTOM", "RAW"))  # their names alone do not show the API
_BESIDE: Final = frozenset(
    ("STATE_SNAPSHOT", "STATE_DELTA", "MESSAGES_SNAPSHOT", "ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA")
) | frozenset(
    ("STEP_STARTED", "STEP_FINISHED", "SUBAGENT_STARTED", "SUBAGENT_FINISHED", "SUBAGENT_ERROR")
)
_TYPES: Final = (frozenset(_HANDLERS) | _BESIDE) - _GENERAL
# An error does not end a call, because a call that it interrupts is not complete.
_ENDS_CHUNKS: Final = (
    frozenset(_HANDLERS)
    | frozenset(("STATE_SNAPSHOT", "STATE_DELTA", "MESSAGES_SNAPSHOT"))
    | frozenset(("STEP_STARTED", "STEP_FINISHED"))
) - frozenset(_BEGINNINGS).union(("RAW", "RUN_ERROR", "REASONING_ENCRYPTED_VALUE"))


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return the messages of a run, for the `messages` of the next one."""
    entries: list[dict[str, Any]] = []
    base = message.id or "message"
    for part in message.content:
        entry: dict[str, Any] | None = None
        signed = "encryptedValue" in part.extra
        if isinstance(part, (Text, Refusal, Reasoning)) and (part.text or signed):
            role = "reasoning" if isinstance(part, Reasoning) else "assistant"
            entry = {"role": role, "content": part.text}
        elif isinstance(part, ServerToolResult) and part.call_id:
            content = result_text(part.content, False)
            entry = {"role": "tool", "toolCallId": part.call_id, "content": content}
        elif isinstance(part, ToolCall) and part.status == "complete":
            _add_call(entries, part, base)
        if entry is not None:
            identity = part.extra.get("messageId") or f"{base}-{len(entries)}"
            value = part.extra.get("encryptedValue")
            more = {} if value is None else {"encryptedValue": value}
            entries.append({"id": identity, **entry, **more})
    return entries


def _add_call(entries: list[dict[str, Any]], call: ToolCall, base: str) -> None:
    """Add a call to the preceding assistant message, or to a new one."""
    if not entries or entries[-1]["role"] != "assistant":
        parent = call.extra.get("parentMessageId") or f"{base}-{len(entries)}"
        entries.append({"id": parent, "role": "assistant"})
    is_json = call.kind != "custom" and call.arguments_text and not call.repairs
    arguments = call.arguments_text if is_json else json_text(call.arguments)
    function = {"name": call.name, "arguments": arguments}
    entry = {"id": call.id or f"call-{call.index}", "type": "function", "function": function}
    value = call.extra.get("encryptedValue")
    if value is not None:
        entry["encryptedValue"] = value
    entries[-1].setdefault("toolCalls", []).append(entry)


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """Return the message with the result of a call."""
    identity = call.id or f"call-{call.index}"
    result = {"id": f"{identity}-result", "role": "tool", "toolCallId": identity}
    content = result_text(value, False)
    return {**result, "content": content, **({"error": content} if error else {})}
