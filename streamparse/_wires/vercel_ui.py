"""The UI message stream of the Vercel AI SDK (version 1), which `frontends.UIMessageStream` writes.

Source: the schema of its records and the reader of the package `ai` 7.0.173 (5 and 6 send the same
records), https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol.

Quirks that are handled here:
- Text and reasoning parts are identified by `id`, calls by `toolCallId`. Several steps, each the
  answer of a model, become one message.
- `tool-input-available` ends a call and has its whole input. The SDK may have changed the input by
  the schema of the tool. Then the call is rejected, because deltas cannot be revoked.
- A call with an output was run by the server, even if no earlier record shows this.
- `finish` may be missing, and need not be the last record, because servers merge streams. `[DONE]`
  is a normal end.
- An output with `preliminary` is followed by another output, and is passed on.
- The approval of a call is passed on and kept in its `extra`. A call that was denied was answered
  by the server; its result has `denied`.
- `UIMessageStream` writes what the protocol cannot express into `providerMetadata.streamparse`, the
  metadata of the message, and `data-*` parts. These are read too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.flat import flatten
from streamparse._core.plain import dict_of, is_something, json_text, list_of, shown, text_of
from streamparse._wires.base import Wire, keep_rest, pass_on_rest
from streamparse._wires.blocks import name_of_call
from streamparse._wires.front_ends import KEPT_FILE, front_end_usage, reject, run_by, stray_result
from streamparse._wires.reasons import reason_of
from streamparse.aliases import CallKind
from streamparse.errors import ProviderError
from streamparse.message import (
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

__all__ = ["VercelUI", "history", "same_numbers"]

_REASONS: Final[dict[str, str]] = {
    "content-filter": "content_filter",
    "tool-calls": "tool_calls",
    "interrupted": "cancelled",
    "paused": "paused",
}
_METADATA: Final = frozenset(("model", "finishReason", "rawFinishReason", "usage", "status"))
_ID: Final = "toolCallId"
# The members of an approval that is asked for or answered, and their names in a UI message.
_REQUEST: Final = {
    "reason": "requestReason",
    "isAutomatic": "isAutomatic",
    "signature": "signature",
}
_RESPONSE: Final = {"approved": "approved", "reason": "reason"}
# The members of each record that are understood.
_PART: Final = frozenset(("type", "id", "delta", "citations", "providerMetadata"))
_INPUT: Final = frozenset(
    ("type", _ID, "toolName", "inputEncoding", "input", "errorText")
) | frozenset(("providerMetadata", "inputTextDelta"))
_OUTPUT: Final = frozenset(("type", _ID, "output", "errorText", "providerExecuted", "dynamic"))
_STREAM: Final = frozenset(("type", "messageId", "messageMetadata", "finishReason"))


class VercelUI(Wire):
    """Reads the records of a stream."""

    api: ClassVar[str] = "vercel-ui"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.parts: dict[str, GrowingText] = {}  # by the kind of part and its id
        self.calls: dict[str, CallReader] = {}
        self.approvals: dict[str, str] = {}  # the ids of the calls, by that of the approval
        self.metadata: dict[str, Any] = {}

    @classmethod
    def words(cls) -> frozenset[str]:
        return _PART.union(_INPUT, _OUTPUT, _STREAM, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        if kind == "error":
            return isinstance(data.get("errorText"), str)
        if kind in ("start", "finish"):
            return all([name in _STREAM for name in data])
        if kind == "custom":
            return "." in text_of(data.get("kind"))
        return kind in _HANDLERS and kind not in ("file", "abort")

    def history(self) -> Any:
        return history

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        answer = self.response.first
        handler = _HANDLERS.get(kind)
        if handler is not None:
            answer.begin()
            handler(self, answer, data)
        elif kind.startswith("data-"):
            answer.begin()
            self._data(answer, kind, data)
        else:
            return False
        return True

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self._read_metadata(self.response.first, data)

    def done(self) -> None:
        self.response.done()

    # The message.

    def _start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.begin(data.get("messageId"))
        self._read_metadata(answer, data)
        pass_on_rest(answer, data, _STREAM)

    def _read_metadata(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        metadata = dict_of(data.get("messageMetadata"))
        if not metadata:
            return
        answer.room.replace(self.metadata, metadata)
        self.metadata.update(metadata)
        answer.begin(None, metadata.get("model"))
        answer.count(metadata.get("usage"), front_end_usage)
        rest = {name: value for name, value in metadata.items() if name not in _METADATA}
        if rest:
            answer.note("messageMetadata", rest)

    def _finish(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._read_metadata(answer, data)
        word = text_of(data.get("finishReason"))
        ours = text_of(self.metadata.get("finishReason"))
        # The model ended normally, but one of its calls was cut.
        answer.cut_call = self.metadata.get("status") == "truncated"
        raw = self.metadata.get("rawFinishReason") if ours else word or "finish"
        answer.finish(reason_of(ours or word, _REASONS) or "stop", raw)
        pass_on_rest(answer, data, _STREAM)

    def _abort(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        if is_something(data.get("reason")):
            answer.note("reason", data["reason"])
        answer.finish("cancelled", "abort")
        self.response.end()

    def _error(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        if self.metadata.get("status") == "truncated":
            self.response.end()
        else:
            text = text_of(data.get("errorText")) or "the server reported an error"
            self.response.fail(ProviderError(text, data=data))

    def _step(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        """Ignore the start or the end of a step."""

    def _reset(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        """Cut the open calls of a step that begins again."""
        for reader in self.calls.values():
            reader.close(CUT)
        answer.pass_on("reset-step", data)

    # Text.

    def _part_start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type")).partition("-")[0]
        part: GrowingText = Reasoning() if kind == "reasoning" else Text()
        if _ours(data).get("refusal") is True:
            part = Refusal()
        self.parts[_key(kind, data)] = part
        answer.add(part)
        self._describe(answer, part, data)

    def _part_delta(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type")).partition("-")[0]
        part = self.parts.get(_key(kind, data))
        text = text_of(data.get("delta"))
        if isinstance(part, Refusal):
            answer.refusal(text, part)
        elif kind == "reasoning":
            answer.reasoning(text, part if isinstance(part, Reasoning) else None)
        else:
            answer.text(text, part if isinstance(part, Text) else None)
        if part is not None:
            self._describe(answer, part, data)

    def _part_end(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type")).partition("-")[0]
        part = self.parts.pop(_key(kind, data), None)
        if part is not None:
            self._describe(answer, part, data)
        for citation in list_of(data.get("citations")):
            answer.add(Citation(citation))

    def _describe(self, answer: AnswerReader, part: Part, data: dict[str, Any]) -> None:
        """Keep the provider's metadata of a part; the next turn needs it."""
        metadata = dict_of(data.get("providerMetadata"))
        kept = {name: value for name, value in metadata.items() if name != "streamparse"}
        if kept:
            answer.room.put(part.extra, "providerMetadata", kept)
        known = _PART if isinstance(part, GrowingText) else _INPUT
        keep_rest(answer.room, part.extra, data, known)

    # Calls.

    def _call(self, answer: AnswerReader, data: dict[str, Any]) -> CallReader:
        """Return the reader of the call of a record; a new one if the call is unknown."""
        identity, name = text_of(data.get(_ID)), text_of(data.get("toolName"))
        reader = self.calls.get(identity)
        if reader is None:
            kind: CallKind = "function"
            if data.get("providerExecuted") is True:
                kind = "server"
            elif data.get("inputEncoding") == "text":
                kind = "custom"
            reader = self.calls[identity] = answer.call(identity or None, name or None, kind)
        elif name:
            reader.set_name(name)
        self._describe(answer, reader.call, data)
        return reader

    def _input_start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._call(answer, data)

    def _input_delta(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._call(answer, data).feed(text_of(data.get("inputTextDelta")))

    def _input_available(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        reader, value = self._call(answer, data), data.get("input")
        if reader.call.kind == "custom":
            reader.confirm(text_of(value))
        elif not reader.received:
            reader.feed_value({} if value is None else value)
        elif reader.open and not _agrees(reader, value):
            reader.replace(json_text(value))
        reader.end()

    def _input_error(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        reader, value = self._call(answer, data), data.get("input")
        if not reader.received and is_something(value):
            reader.feed_arguments(value)
        reject(reader, text_of(data.get("errorText")), _ours(data))

    def _approval(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        """Keep the request or the answer of an approval with its call, and pass it on."""
        identity = text_of(data.get("approvalId"))
        if _ID in data:
            self.approvals[identity] = text_of(data[_ID])
        reader = self.calls.get(self.approvals.get(identity, ""))
        if reader is not None:
            known = dict_of(reader.call.extra.get("approval"))
            names = _REQUEST if _ID in data else _RESPONSE
            about = {ours: data[name] for name, ours in names.items() if name in data}
            answer.room.put(reader.call.extra, "approval", {**known, "id": identity, **about})
        answer.pass_on(text_of(data.get("type")), data)

    def _output_denied(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get(_ID)) or None
        reader = self.calls.get(identity or "")
        approval: dict[str, Any] = {}
        if reader is not None:
            run_by(reader)
            approval = dict_of(reader.call.extra.get("approval"))
        why = text_of(approval.get("reason")) or "the call was denied"
        result = ServerToolResult(identity, name_of_call(answer, identity), why)
        result.extra.update({"is_error": True, "denied": True})
        answer.add_result(result)

    def _output(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        if data.get("preliminary") is True:
            answer.pass_on("tool-output-available", data)
            return
        identity = text_of(data.get(_ID)) or None
        reader = self.calls.get(identity or "")
        if reader is not None:
            run_by(reader)
        result = ServerToolResult(identity, name_of_call(answer, identity), data.get("output"))
        if "errorText" in data:
            result.content = data["errorText"]
            result.extra["is_error"] = True
        keep_rest(answer.room, result.extra, data, _OUTPUT)
        answer.add_result(result)

    # The rest.

    def _source(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        ours = _ours(data)
        if "citation" not in ours:
            source = {name: value for name, value in data.items() if name != "type"}
            answer.add(Citation(source))
        elif not ours.get("index"):  # the others name further sources of the same citation
            answer.add(Citation(ours["citation"]))

    def _file(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type"))
        content = {name: value for name, value in data.items() if name != "type"}
        extra = {KEPT_FILE: content}
        answer.add(Text("", extra) if kind == KEPT_FILE else Reasoning("", extra))
        answer.pass_on(kind, content)

    def _passed_on(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.pass_on(text_of(data.get("type")), data)

    def _data(self, answer: AnswerReader, kind: str, data: dict[str, Any]) -> None:
        content = dict_of(data.get("data"))
        if kind == "data-server-tool-result" and "content" in content:
            stray_result(answer, content)
        elif kind == "data-partial-image" and text_of(content.get("url")):
            answer.pass_on("partial_image", content)
        elif kind == "data-provider-event" and text_of(content.get("name")):
            answer.pass_on(content["name"], content.get("data"))
        else:
            answer.pass_on(kind, data)


def _key(kind: str, data: dict[str, Any]) -> str:
    return f"{kind} {shown(data.get('id'))}"


def _ours(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data that `UIMessageStream` added to a record."""
    return dict_of(dict_of(data.get("providerMetadata")).get("streamparse"))


def _agrees(reader: CallReader, value: Any) -> bool:
    """Return whether the whole input equals the deltas, which may end inside a number."""
    if not isinstance(value, (dict, list)):
        return True
    return reader.whole and same_numbers(value, reader.call.partial)


def same_numbers(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JavaScript, whose numbers are all floats."""
    shape, leaves = flatten(one)
    other_shape, other_leaves = flatten(other)
    if shape != other_shape:
        return False
    for leaf, against in zip(leaves, other_leaves, strict=True):
        if _is_number(leaf) and _is_number(against):
            if leaf != against and _float_of(leaf) != _float_of(against):
                return False
        elif type(leaf) is not type(against) or leaf != against:
            return False
    return True


def _float_of(value: object) -> float:
    """Convert a number to a float as JavaScript does; infinity if it is too large."""
    assert isinstance(value, (int, float))
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_HANDLERS: Final[dict[str, Callable[[VercelUI, AnswerReader, dict[str, Any]], None]]] = {
    "start": VercelUI._start,
    "message-metadata": VercelUI._start,
    "finish": VercelUI._finish,
    "abort": VercelUI._abort,
    "error": VercelUI._error,
    "start-step": VercelUI._step,
    "finish-step": VercelUI._step,
    "reset-step": VercelUI._reset,
    "text-start": VercelUI._part_start,
    "text-delta": VercelUI._part_delta,
    "text-end": VercelUI._part_end,
    "reasoning-start": VercelUI._part_start,
    "reasoning-delta": VercelUI._part_delta,
    "reasoning-end": VercelUI._part_end,
    "tool-input-start": VercelUI._input_start,
    "tool-input-delta": VercelUI._input_delta,
    "tool-input-available": VercelUI._input_available,
    "tool-input-error": VercelUI._input_error,
    "tool-output-available": VercelUI._output,
    "tool-output-error": VercelUI._output,
    "tool-output-denied": VercelUI._output_denied,
    "tool-approval-request": VercelUI._approval,
    "tool-approval-response": VercelUI._approval,
    "steering-message": VercelUI._passed_on,
    "custom": VercelUI._passed_on,
    "reasoning-file": VercelUI._file,
    "source-url": VercelUI._source,
    "source-document": VercelUI._source,
    "file": VercelUI._file,
}


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return one UI message, for `convertToModelMessages` or `useChat`."""
    results: dict[str | None, ServerToolResult] = {}
    for part in message.content:
        if isinstance(part, ServerToolResult):
            results[part.call_id] = part
    parts: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, (Text, Refusal, Reasoning)):
            parts += _text_part(part)
        elif isinstance(part, ToolCall) and part.status == "complete":
            parts.append(_tool_part(part, results.get(part.id)))
    return [{"id": message.id or "message", "role": "assistant", "parts": parts}] if parts else []


def _text_part(part: GrowingText) -> list[dict[str, Any]]:
    file = part.extra.get(KEPT_FILE)
    if file:
        return [{"type": "reasoning-file" if isinstance(part, Reasoning) else "file", **file}]
    if not part.text and not part.extra:
        return []
    kind = "reasoning" if isinstance(part, Reasoning) else "text"
    metadata = part.extra.get("providerMetadata")
    more = {"providerMetadata": metadata} if metadata else {}
    return [{"type": kind, "text": part.text, "state": "done", **more}]


def _tool_part(call: ToolCall, result: ServerToolResult | None) -> dict[str, Any]:
    part: dict[str, Any] = {"type": f"tool-{call.name}", _ID: call.id or f"call-{call.index}"}
    if call.extra.get("dynamic"):
        part.update({"type": "dynamic-tool", "toolName": call.name})
    metadata = call.extra.get("providerMetadata")
    if metadata:
        part["callProviderMetadata"] = metadata
    if call.extra.get("providerExecuted"):
        part["providerExecuted"] = True
    approval = dict_of(call.extra.get("approval"))
    if approval:
        part["approval"] = approval
    if result is None:
        state = "input-available"
        if approval:
            state = "approval-responded" if "approved" in approval else "approval-requested"
        return {**part, "state": state, "input": call.arguments}
    if result.extra.get("denied"):
        denied = {"id": f"{part[_ID]}-approval", **approval, "approved": False}
        return {**part, "state": "output-denied", "input": call.arguments, "approval": denied}
    if result.extra.get("is_error"):
        failed = {"state": "output-error", "errorText": result.content}
        return {**part, **failed, "input": call.arguments}
    done = {"state": "output-available", "output": result.content}
    return {**part, **done, "input": call.arguments}
