"""OpenAI Responses: the events and bodies that clients of `/v1/responses` read.

Protocol: https://platform.openai.com/docs/api-reference/responses-streaming, and the models and the
accumulator of the package `openai` (3.57.0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from streamparse._core.plain import json_text, text_of
from streamparse.encoders.response import Problem, change_in, token_counts
from streamparse.encoders.response_items import CallItem, TextItem, own_type, result_item
from streamparse.encoders.response_texts import ResponseTexts
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import (
    GrowingText,
    Message,
    Reasoning,
    Refusal,
    ServerToolResult,
    ToolCall,
    Usage,
)

__all__ = ["OpenAIResponses", "cut_reason"]

_ID: Final = "resp_0"
# The members of a response that a client may expect and an answer does not have.
_DEFAULTS: Final[dict[str, Any]] = {
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
}


class OpenAIResponses(ResponseTexts):
    """Encodes message events as the events of one response.

    Each text is an item of the type `message`, each reasoning one of the type `reasoning`, with
    `encrypted_content` if the answer comes from this API; so do calls of OpenAI's own tools, which
    come whole. A call that is not complete has no `response.output_item.done`, and the status
    `"incomplete"` in the end.

    An answer that a limit or a filter cut ends with `response.incomplete`, and so does one that was
    cancelled, with the status `"cancelled"`. One that failed or ended early, or that has a rejected
    call, ends with `response.failed`.

    Args:
        id: The id of the response. The default is the id of the provider's message.
        created: The time of the response, in seconds since 1970.
        model: The name of the model. The default is the name that the provider sends.
        echo: Members that the response repeats from the request, such as `tools`.
        choice: The index of the answer to encode; by default the first one that begins.
        error_text: Maps an exception to the text of the error. The default is the message of a
            `StreamParseError`, and a neutral sentence for any other exception.

    >>> from streamparse import MessageParser
    >>> parser, encoder = MessageParser("text"), OpenAIResponses()
    >>> [event["type"] for event in encoder.encode(parser.feed("Hi"))][2:]
    ['response.output_item.added', 'response.content_part.added', 'response.output_text.delta']
    >>> (encoder.encode(parser.finish()) + encoder.finish())[-1]["response"]["status"]
    'completed'
    """

    def __init__(
        self,
        *,
        id: str | None = None,
        created: int = 0,
        model: str | None = None,
        echo: Mapping[str, Any] | None = None,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
    ) -> None:
        super().__init__(choice=choice, error_text=error_text)
        self._options: dict[str, Any] = {"id": id, "created": created, "model": model, "echo": echo}
        self._response_id = id or ""
        self._call_items: dict[str, CallItem] = {}

    def body(self, message: Message) -> Record:
        """Return the body of a response that is not streamed.

        Args:
            message: The finished message.

        Returns:
            A response, with the status `"failed"` and an `error` if the message has no successful
            end.
        """
        replay = type(self)(**self._options, error_text=self._error_text)
        replay._replay(message)
        response: Record = replay._out[-1]["response"]
        return response

    # The response.

    def _response(self, status: str, output: list[Record], **members: Any) -> Record:
        options = self._options
        head = {"id": self._response_id, "object": "response"}
        named = {"created_at": options["created"], "status": status}
        model = options["model"] or self._model or ""
        echo = dict(options["echo"] or {})
        return {**head, **named, "model": model, **_DEFAULTS, **echo, "output": output, **members}

    def _id_base(self) -> str:
        return self._identity or "call"

    def _start_stream(self) -> None:
        self._response_id = self._response_id or self._identity or _ID
        for state in ("created", "in_progress"):
            self._write(f"response.{state}", response=self._response("in_progress", []))

    def _end_answer(self, message: Message) -> None:
        super()._end_answer(message)
        self._close_item("completed" if message.status == "complete" else "incomplete")
        for item in self._call_items.values():  # that waited for a result
            if item.call.complete:
                self._end_call(item)
        self._cite(message)

    def _end(self) -> None:
        self._close_item("incomplete")
        problem = self._problem()
        message = self._message
        usage = None if message is None or message.usage is None else _usage(message.usage)
        members: Record = {"usage": usage}
        state, status = "completed", "completed"
        cut = None if message is None else cut_reason(message)
        if problem is not None and problem.code == "cancelled":
            state, status = "incomplete", "cancelled"
        elif problem is not None:
            state = status = "failed"
            members["error"] = _error(problem)
        elif cut is not None:
            state = status = "incomplete"
            members["incomplete_details"] = {"reason": cut}
        output = [self._final(item) for item in self._items]
        self._write(f"response.{state}", response=self._response(status, output, **members))

    def _final(self, item: TextItem | CallItem | Record) -> Record:
        if isinstance(item, dict):
            return item
        return item.record("completed" if item.done else "incomplete")

    def _replay(self, message: Message) -> None:
        """Write a finished message as if it were streamed."""
        self._live = message
        self._identity, self._model = message.id, message.model
        self._begin()
        for part in message.content:
            if isinstance(part, ToolCall):
                self._end_part()
                self._replay_call(self._calls.add(part, self._id_base()))
            elif isinstance(part, ServerToolResult):
                self._end_part()
                self._server_result(part)
            elif isinstance(part, GrowingText) and part.text:
                kind = "reasoning" if isinstance(part, Reasoning) else "text"
                self._grow_part("refusal" if isinstance(part, Refusal) else kind, part.text)
        self._end_answer(message)
        self._end()
        self._join()

    def _replay_call(self, call: ShownCall) -> None:
        self._start_call(call)
        custom, complete = call.call.kind == "custom", call.call.status == "complete"
        text = call.call.arguments_text if custom or not complete else None
        self._grow_call(call, json_text(call.call.arguments) if text is None else text)
        call.open, call.complete = False, complete
        if complete:
            self._complete_call(call)

    # Calls.

    def _start_call(self, call: ShownCall) -> None:
        self._begin_call(call)
        self._close_item()
        if call.is_server and not own_type(call.call):
            return
        self._sent_names[call.id] = call.name
        identity = text_of(call.call.extra.get("id")) or f"fc_{call.id}"
        item = CallItem(call, len(self._items), self._new_id(identity))
        self._items.append(item)
        self._call_items[call.id] = item
        self._write_item("added", item.index, item.record("in_progress"))

    def _grow_call(self, call: ShownCall, text: str) -> None:
        item = self._call_items.get(call.id)
        if item is None or item.is_own or not text:
            return
        item.pieces.append(text)
        if not self._extend((call.id,), text):
            record = self._record(
                f"{_stem(item)}.delta", item_id=item.id, output_index=item.index, delta=""
            )
            self._grow_record((call.id,), record, record, "delta", text)

    def _complete_call(self, call: ShownCall) -> None:
        item = self._call_items.get(call.id)
        if item is None or item.waits:
            return
        if not item.is_own:
            if not self._is_as_sent(call, None):
                return
            if change_in(call.call):  # the whole arguments replace those of the deltas
                item.pieces = [json_text(call.call.arguments)]
            whole = {"name": call.name} if item.member == "arguments" else {}
            whole[item.member] = "".join(item.pieces)
            self._write(f"{_stem(item)}.done", item_id=item.id, output_index=item.index, **whole)
        self._end_call(item)

    def _end_call(self, item: CallItem) -> None:
        if not item.done:
            item.done = True
            self._write_item("done", item.index, item.record("completed"))

    def _must_wait(self, part: ServerToolResult) -> bool:
        return result_item(part) is None and super()._must_wait(part)

    def _server_result(self, part: ServerToolResult) -> None:
        whole = result_item(part)
        call = self._calls.of_result(part)
        item = None if call is None else self._call_items.get(call.id)
        if whole is not None:
            self._close_item()
            self._write_whole(whole)
        elif item is not None and item.waits and item.call.complete:
            item.result = part
            self._end_call(item)


def _stem(item: CallItem) -> str:
    """Return what the types of the events of the arguments begin with."""
    if item.member == "input":
        return "response.custom_tool_call_input"
    return "response.function_call_arguments"


def cut_reason(message: Message) -> str | None:
    """Return why the response is incomplete, or None if it is complete."""
    reason = message.finish_reason
    if reason == "content_filter" or (reason == "refusal" and not message.refusal):
        return "content_filter"
    waits = any(own_type(call) == "mcp_approval_request" for call in message.tool_calls)
    if reason == "length" or (reason == "paused" and not waits):
        return "max_output_tokens"
    return None


def _usage(usage: Usage) -> Record:
    """Return a usage record. The API requires all counts; unknown ones are 0."""
    given, output, total = token_counts(usage)
    taken = {
        "cached_tokens": usage.cached_tokens or 0,
        "cache_write_tokens": usage.cache_write_tokens or 0,
    }
    thought = {"reasoning_tokens": usage.reasoning_tokens or 0}
    counts: Record = {"input_tokens": given, "input_tokens_details": taken}
    counts.update(output_tokens=output, output_tokens_details=thought, total_tokens=total)
    return counts


def _error(problem: Problem) -> Record:
    return {"code": "server_error", "message": problem.text}
