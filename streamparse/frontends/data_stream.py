"""The data stream protocol of assistant-ui, which sends arguments while they arrive.

Source: `DataStreamDecoder` of the package `assistant-stream` (0.3.57); it extends the data stream
protocol of the AI SDK 4. A record is a line: a code, a colon and JSON. assistant-ui reads the UI
message stream too, but shows the arguments of a call only when they are complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from streamparse._core.plain import json_text
from streamparse.frontends.citations import Source
from streamparse.frontends.front_end import FrontEnd
from streamparse.frontends.patches import to_patches
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall
from streamparse.frontends.ui_message_stream import FINISH_REASONS
from streamparse.message import ServerToolResult
from streamparse.message_events import OutputCompleted, OutputDelta, OutputStarted
from streamparse.paths import parse_json_pointer

__all__ = ["DataStream"]

_TEXT, _REASONING, _DATA, _ERROR, _ANNOTATIONS = "0", "g", "2", "3", "8"
_CALL, _RESULT, _CALL_START, _CALL_DELTA = "9", "a", "b", "c"
_FINISH, _STEP_FINISH, _STEP_START, _SOURCE, _FILE = "d", "e", "f", "h", "k"


class DataStream(FrontEnd):
    """Encodes message events as the records of an assistant-ui data stream.

    `encode` returns records `{"type": code, "value": …}`; `to_sse` writes them as lines. The
    arguments of a free-text call are the member `input` of an object. A call that was rejected or
    truncated has a result that is an error. A refusal is text.

    Args:
        message_id: The id of the assistant's message; by default that of the provider.
        choice: See `Encoder`.
        error_text: See `Encoder`.
        provider_events: See `Encoder`.
        output_state: Where the state of the thread shows the structured output, as a JSON Pointer;
            `""` is the whole state. The output is sent while it grows.

    Raises:
        ValueError: `output_state` is not a JSON Pointer.

    >>> from streamparse import MessageParser
    >>> parser, data = MessageParser("text"), DataStream(message_id="m")
    >>> data.to_sse(data.encode(parser.feed("Hi")))
    b'f:{"messageId":"m"}\\n0:"Hi"\\n'
    """

    headers: ClassVar[dict[str, str]] = {
        **FrontEnd.headers,
        "content-type": "text/plain; charset=utf-8",
        "x-vercel-ai-data-stream": "v1",
    }

    def __init__(
        self,
        *,
        message_id: str | None = None,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
        output_state: str | None = None,
    ) -> None:
        super().__init__(
            choice=choice,
            error_text=error_text,
            provider_events=provider_events,
            signatures=False,  # the client ignores them
        )
        self._message_id = message_id
        self._in_step = False
        self._sources = 0
        self._state_path = None if output_state is None else parse_json_pointer(output_state)
        self._outputs: list[Any] = []  # events of the output that are not sent yet

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        return f"{record['type']}:{json_text(record['value'])}\n".encode()

    def _id_base(self) -> str:
        return self._message_id or self._identity or "message"

    def _write(self, code: str, value: Any) -> None:
        self._out.append({"type": code, "value": value})

    def _take(self) -> list[Record]:
        self._flush_output()
        return [_shaped(record) for record in super()._take()]

    # Answers.

    def _start_stream(self) -> None:
        """Write nothing: the first step starts the stream."""

    def _begin_answer(self) -> None:
        super()._begin_answer()
        self._end_step()
        self._write(_STEP_START, {"messageId": self._id_base()})
        self._in_step = True

    def _finishing(self) -> dict[str, Any]:
        reason = (
            None if self._failure is not None else self._message and self._message.finish_reason
        )
        total = self._usage.total()
        counts = {name: total.get(name, 0) for name in ("inputTokens", "outputTokens")}
        return {"finishReason": FINISH_REASONS.get(reason or "error", "other"), "usage": counts}

    def _end_step(self) -> None:
        if self._in_step:
            self._in_step = False
            self._write(_STEP_FINISH, {**self._finishing(), "isContinued": False})

    def _end(self) -> None:
        self._flush_output()
        if self._failure is not None:
            self._write(_ERROR, self._text_of(self._failure))
        self._end_step()
        self._write(_FINISH, self._finishing())

    def _end_aborted(self, reason: str | None) -> None:
        self._flush_output()
        aborted = {**self._finishing(), "finishReason": "other"}
        if self._in_step:
            self._write(_STEP_FINISH, {**aborted, "isContinued": False})
        self._write(_FINISH, aborted)

    def _reset(self, calls: list[ShownCall]) -> None:
        for call in calls:
            self._result(call, "the answer was discarded", True)
        self._write(_ANNOTATIONS, [{"type": "answer-reset"}])

    # Text.

    def _more(self, kind: str, text: str) -> None:
        self._add(_REASONING if kind == "reasoning" else _TEXT, "of", "", "text", text)

    # Calls.

    def _start_call(self, call: ShownCall) -> None:
        self._write(_CALL_START, {"toolCallId": call.id, "toolName": call.name})
        if call.call.kind == "custom":
            self._arguments(call, '{"input":"')

    def _grow_call(self, call: ShownCall, text: str) -> None:
        self._arguments(call, json.dumps(text)[1:-1] if call.call.kind == "custom" else text)

    def _arguments(self, call: ShownCall, text: str) -> None:
        self._add(_CALL_DELTA, "of", call.id, "text", text)

    def _complete_call(self, call: ShownCall) -> None:
        arguments = call.call.arguments
        if call.call.kind == "custom":
            self._arguments(call, '"}')
            arguments = {"input": arguments}
        whole = arguments if isinstance(arguments, dict) else {}
        self._write(_CALL, {"toolCallId": call.id, "toolName": call.name, "args": whole})

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        self._result(call, text, True)

    def _result(self, call: ShownCall, output: Any, failed: bool) -> None:
        error = {"isError": True} if failed else {}
        self._write(_RESULT, {"toolCallId": call.id, "result": output, **error})

    def _preliminary(self, call: ShownCall, output: Any) -> None:
        self._write(_RESULT, {"toolCallId": call.id, "result": output, "isPreliminary": True})

    def _denied(self, call: ShownCall, reason: str | None) -> None:
        self._result(call, {"error": reason or "the call was denied"}, True)

    def _request(self, call: ShownCall, identity: str, reason: str | None) -> None:
        asked = {} if reason is None else {"prompt": reason, "requestReason": reason}
        self._approve(call, {"id": identity, **asked})

    def _respond(
        self, identity: str, call: ShownCall | None, approved: bool, reason: str | None
    ) -> None:
        if call is not None:
            why = {} if reason is None else {"reason": reason}
            self._approve(call, {"id": identity, "approved": approved, **why})

    def _approve(self, call: ShownCall, approval: dict[str, Any]) -> None:
        self._write("aui-tool-call-approval", {"toolCallId": call.id, "approval": approval})

    def _stray_result(self, part: ServerToolResult) -> None:
        value = {"callId": part.call_id, "name": part.name, "content": part.content}
        self._write(_DATA, [{"name": "server-tool-result", "data": value}])

    # The rest.

    def _write_data(self, name: str, value: Any, identity: str | None, transient: bool) -> None:
        if transient:
            self._write(_DATA, [{"name": name, "data": value}])
        else:
            self._write("aui-data", {"name": name, "data": value})

    def _grow_output(self, event: OutputStarted | OutputDelta | OutputCompleted) -> None:
        if self._state_path is not None:
            self._outputs.append(event)

    def _flush_output(self) -> None:
        """Write the changes of the output as operations on the state."""
        if not self._outputs or self._state_path is None:
            return
        base = [str(step) for step in self._state_path]
        operations: list[dict[str, Any]] = []
        for one in to_patches(self._outputs):
            path = base + [str(step) for step in parse_json_pointer(one["path"])]
            kind = "append-text" if one["op"] == "append" else "set"
            operations.append({"type": kind, "path": path, "value": one["value"]})
        self._outputs = []
        if operations:
            self._write("aui-state", operations)

    def _source(self, source: Source, citation: Any, index: int) -> None:
        self._sources += 1
        about = {"id": f"{self._id_base()}-source-{self._sources}"}
        title = {"title": source.title} if source.title else {}
        if source.url:
            self._write(_SOURCE, {"sourceType": "url", **about, "url": source.url, **title})
            return
        named = {"filename": source.filename} if source.filename else {}
        kind = {"sourceType": "document", "mediaType": source.media_type}
        self._write(_SOURCE, {**kind, **about, **title, **named})

    def _file(self, url: str, media_type: str) -> None:
        self._write(_FILE, {"data": url, "mimeType": media_type})

    def _partial_image(self, image: dict[str, Any]) -> None:
        self._write(_DATA, [{"name": "partial-image", "data": image}])

    def _provider(self, name: str, data: Any) -> None:
        self._write(_DATA, [{"name": "provider-event", "data": {"name": name, "data": data}}])

    def _reject_output(self, about: dict[str, Any]) -> None:
        self._write(_DATA, [{"name": "output-rejected", "data": about}])


def _shaped(record: Record) -> Record:
    """Return a record with its value; the deltas, which were joined, have a text."""
    if "value" in record:
        return record
    text = record["text"]
    if record["type"] != _CALL_DELTA:
        return {"type": record["type"], "value": text}
    value = {"toolCallId": record["of"], "argsTextDelta": text}
    return {"type": _CALL_DELTA, "value": value}
