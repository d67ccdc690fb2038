"""AG-UI: the events that `@ag-ui/client` and the front ends on it read.

Protocol: https://docs.ag-ui.com/concepts/events and the schema of `@ag-ui/core` (1.0.0). What the
protocol has no event for is sent as `CUSTOM`; the provider's own records are sent as `RAW`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from streamparse._core.plain import json_text
from streamparse.errors import StreamParseError
from streamparse.frontends.citations import Source
from streamparse.frontends.encoder import cut_status
from streamparse.frontends.protocol import given
from streamparse.frontends.runs import RunEncoder
from streamparse.frontends.shown_calls import ShownCall
from streamparse.frontends.signatures import encrypted_value
from streamparse.frontends.usage_totals import usage_counts
from streamparse.message import Message, ServerToolResult, Usage

__all__ = ["AGUIEvents"]


class AGUIEvents(RunEncoder):
    """Encodes message events as the AG-UI events of one run.

    Text that follows a call or reasoning starts a new message, which keeps the order. A call
    belongs to the message before it. The arguments of a free-text call are a JSON string.

    `TOOL_CALL_END` means that the arguments are complete. A call that was rejected or truncated
    gets a `CUSTOM` event instead (`tool_call_rejected`, `tool_call_truncated`). Unless the server
    answers that call with `tool_error`, the run ends with `RUN_ERROR`. So does a run whose answer
    failed or was cut, by a limit or a filter too. A run that succeeds names the calls that the
    client has to run.

    Args:
        thread_id: The thread of the request (`RunAgentInput`).
        run_id: The run of the request. The ids of messages, and of calls without an id, are derived
            from it.
        choice: See `FrontEnd`.
        error_text: See `FrontEnd`.
        provider_events: See `FrontEnd`.
        signatures: See `FrontEnd`.
        one_call_at_a_time: Whether a call ends before the next one begins, for front ends that
            require it. The records of the next call, and of all that follows, then wait.
        output_state: Where the state of the run shows the structured output, as a JSON Pointer;
            `""` is the whole state. The output is sent as `STATE_DELTA` while it grows.

    Raises:
        ValueError: `output_state` is not a JSON Pointer.

    >>> from streamparse import MessageParser
    >>> parser, run = MessageParser("text"), AGUIEvents("thread", "run")
    >>> [event["type"] for event in run.encode(parser.feed("Hi"))]
    ['RUN_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT']
    >>> [event["type"] for event in run.encode(parser.finish()) + run.finish()]
    ['TEXT_MESSAGE_END', 'RUN_FINISHED']
    """

    def __init__(
        self,
        thread_id: str,
        run_id: str,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
        signatures: bool = True,
        one_call_at_a_time: bool = False,
        output_state: str | None = None,
    ) -> None:
        super().__init__(
            run_id,
            choice=choice,
            error_text=error_text,
            provider_events=provider_events,
            signatures=signatures,
            one_call_at_a_time=one_call_at_a_time,
            output_state=output_state,
        )
        self._run = {"threadId": thread_id, "runId": run_id}
        self._messages = 0
        self._part_id = ""  # the id of the open message
        self._parent: str | None = None  # the id of the message that calls belong to
        self._all_calls: list[ShownCall] = []
        self._sent_names: dict[str, str] = {}
        self._answer_messages: list[str] = []  # the ids of the messages of the last answer

    def _id_base(self) -> str:
        return self._run_id

    def _new_id(self) -> str:
        self._messages += 1
        identity = f"{self._run_id}-{self._messages}"
        self._answer_messages.append(identity)
        return identity

    # Answers.

    def _start_stream(self) -> None:
        self._write("RUN_STARTED", **self._run)

    def _begin_answer(self) -> None:
        super()._begin_answer()
        self._parent = None
        self._answer_messages = []

    def _reset(self, calls: list[ShownCall]) -> None:
        about = {"messageIds": self._answer_messages, "toolCallIds": [call.id for call in calls]}
        for call in calls:
            call.open = False
            self._result(call, "the answer was discarded", True)
            call.answered = True
        self._answer_messages = []
        self._custom("answer_reset", about)

    def _end(self) -> None:
        self._flush_output()
        failure = self._what_failed()
        if failure is not None:
            self._write("RUN_ERROR", **failure, **self._summary())
            return
        pending = [call.id for call in self._all_calls if not (call.answered or call.is_server)]
        for call in self._all_calls:
            if call.is_server and not call.answered:
                # Without a result the client would try to run it.
                self._close_unanswered(call)
        outcome: dict[str, Any] | None = None
        if self._interrupts:
            outcome = {"type": "interrupt", "interrupts": list(self._interrupts.values())}
        elif pending:
            outcome = {"type": "success", "pendingToolCallIds": pending}
        self._end_steps()
        self._write("RUN_FINISHED", **self._run, outcome=outcome, **self._summary())

    def _summary(self) -> dict[str, Any]:
        """Return the token counts of the run and how its last answer ended."""
        return {"usage": _counts(self._usage.entries), "metadata": _reasons(self._message)}

    def _end_aborted(self, reason: str | None) -> None:
        self._flush_output()
        if self._unanswered_cut() is None:
            self._end_steps()
            self._write("RUN_FINISHED", **self._run, outcome={"type": "cancelled"})
        else:  # a run with open calls may not finish
            text = "the run was cancelled" if reason is None else reason
            error = {"message": text, "code": "cancelled"}
            self._write("RUN_ERROR", **error)

    def _what_failed(self) -> dict[str, str] | None:
        """Return the message and code of a run that did not succeed."""
        failure = self._failure
        if failure is not None:
            code = failure.code if isinstance(failure, StreamParseError) else "error"
            return {"message": self._text_of(failure), "code": code}
        message = self._message
        if message is not None and message.status != "complete":
            reason = message.finish_reason or "truncated"
            if reason in ("length", "content_filter", "cancelled"):
                return {"message": f"the answer was cut: {reason}", "code": reason}
        cut = self._unanswered_cut()
        if cut is None:
            return None
        return {"message": f"the call of {cut.name} is not complete", "code": "incomplete_call"}

    def _unanswered_cut(self) -> ShownCall | None:
        """Return a call that is neither complete nor answered by the server."""
        cut = (call for call in self._all_calls if not (call.complete or call.answered))
        return next(cut, None)

    # Text.

    def _start_part(self, kind: str) -> None:
        self._part_id = self._new_id()
        if kind == "reasoning":
            self._parent = None
            self._write("REASONING_START", messageId=self._part_id)
            self._write("REASONING_MESSAGE_START", messageId=self._part_id, role="reasoning")
            return
        self._parent = self._part_id
        refusal = {"refusal": True} if kind == "refusal" else None
        self._write(
            "TEXT_MESSAGE_START", messageId=self._part_id, role="assistant", metadata=refusal
        )

    def _more(self, kind: str, text: str) -> None:
        self._add(f"{_message(kind)}_CONTENT", "messageId", self._part_id, "delta", text)

    def _stop_part(self, kind: str) -> None:
        self._write(f"{_message(kind)}_END", messageId=self._part_id)
        if kind == "reasoning":
            self._write("REASONING_END", messageId=self._part_id)
        if self._shown is not None:
            self._sign("message", self._part_id, self._shown.extra)

    def _sign(self, subtype: str, entity: str, extra: dict[str, Any]) -> None:
        value = encrypted_value(self._api, extra) if self._signatures else None
        if value is not None:
            self._write(
                "REASONING_ENCRYPTED_VALUE", subtype=subtype, entityId=entity, encryptedValue=value
            )

    # Calls.

    def _start_call(self, call: ShownCall) -> None:
        self._pass(call.call)
        if self._parent is None:
            self._parent = self._new_id()
        self._all_calls.append(call)
        self._open_call(call)
        if call.call.kind == "custom":
            self._arguments(call, '"')

    def _open_call(self, call: ShownCall) -> None:
        self._sent_names[call.id] = call.name
        kind = call.call.kind
        self._write(
            "TOOL_CALL_START",
            toolCallId=call.id,
            toolCallName=call.name,
            parentMessageId=self._parent,
            metadata=None if kind == "function" else {"streamparse": {"kind": kind}},
        )

    def _grow_call(self, call: ShownCall, text: str) -> None:
        self._arguments(call, json.dumps(text)[1:-1] if call.call.kind == "custom" else text)

    def _arguments(self, call: ShownCall, text: str) -> None:
        self._add("TOOL_CALL_ARGS", "toolCallId", call.id, "delta", text)

    def _complete_call(self, call: ShownCall) -> None:
        if call.call.kind == "custom":
            self._arguments(call, '"')
        self._write("TOOL_CALL_END", toolCallId=call.id)
        if call.name != self._sent_names[call.id]:
            # The name grew after the start was sent. A second start renames a call that is closed.
            self._open_call(call)
            self._write("TOOL_CALL_END", toolCallId=call.id)
        self._sign("tool-call", call.id, call.call.extra)

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        about = {"toolCallId": call.id, "toolCallName": call.name, "errorText": text, "code": code}
        rejected = call.call.status == "rejected"
        self._custom("tool_call_rejected" if rejected else "tool_call_truncated", about)

    def _result(self, call: ShownCall, output: Any, failed: bool) -> None:
        self._answered_by(call, output, {"error": True} if failed else None)

    def _denied(self, call: ShownCall, reason: str | None) -> None:
        self._interrupts.pop(f"{call.id}-approval", None)
        about = {"error": True, "streamparse": {"denied": True}}
        self._answered_by(call, reason or "the call was denied", about)

    def _answered_by(self, call: ShownCall, output: Any, metadata: dict[str, Any] | None) -> None:
        self._write_result(call, output if isinstance(output, str) else json_text(output), metadata)
        if not (call.open or call.complete) and self._sent_names.pop(call.id, ""):
            # A client runs no call that has a result, and a run may not finish with an open call.
            self._write("TOOL_CALL_END", toolCallId=call.id)

    def _close_unanswered(self, call: ShownCall) -> None:
        call.answered = True
        self._write_result(call, "", {"streamparse": {"unknown": True}})

    def _write_result(self, call: ShownCall, text: str, metadata: dict[str, Any] | None) -> None:
        self._write(
            "TOOL_CALL_RESULT",
            messageId=self._new_id(),
            toolCallId=call.id,
            content=text,
            role="tool",
            metadata=metadata,
        )

    def _stray_result(self, part: ServerToolResult) -> None:
        value = {"callId": part.call_id, "name": part.name, "content": part.content}
        self._custom("server_tool_result", value)

    # The rest.

    def _source(self, source: Source, citation: Any, index: int) -> None:
        named = {
            "url": source.url,
            "title": source.title,
            "filename": source.filename,
            "mediaType": source.media_type,
        }
        given: dict[str, Any] = {name: value for name, value in named.items() if value}
        if index:
            given["index"] = index
        self._custom("source", {**given, "citation": citation})

    def _file(self, url: str, media_type: str) -> None:
        self._custom("file", {"url": url, "mediaType": media_type})

    def _reasoning_file(self, url: str, media_type: str) -> None:
        self._custom("reasoning-file", {"url": url, "mediaType": media_type})

    def _partial_image(self, image: dict[str, Any]) -> None:
        self._custom("partial_image", image)

    def _provider(self, name: str, data: Any) -> None:
        self._start()
        self._out.append({"type": "RAW", "event": data, "source": name})

    def _reject_output(self, about: dict[str, Any]) -> None:
        self._custom("output_rejected", about)


def _message(kind: str) -> str:
    return "REASONING_MESSAGE" if kind == "reasoning" else "TEXT_MESSAGE"


def _reasons(message: Message | None) -> dict[str, Any] | None:
    if message is None:
        return None
    reasons = given(
        finishReason=message.finish_reason,
        rawFinishReason=message.raw_finish_reason,
        status=cut_status(message),
    )
    return reasons or None


def _counts(entries: Iterable[tuple[str | None, Usage]]) -> list[dict[str, Any]] | None:
    """Return the token counts of each answer, with its model."""
    found = []
    for model, usage in entries:
        counts = usage_counts(usage)
        if counts:
            found.append(counts if model is None else {"model": model, **counts})
    return found or None
