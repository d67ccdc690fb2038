"""Cohere `/v2/chat`.

Source: https://docs.cohere.com/v2/reference/chat-stream, the types of the cohere SDK, and recorded
streams.

Quirks that are handled here:
- Content and calls are numbered apart from each other, both from 0.
- A call is an object under `tool_calls`, not a list, in the events; it is a list in whole bodies.
- A call without arguments starts and ends without any delta.
- `tool_plan`, what the model is about to do with its tools, is reasoning, and goes back under its
  own name.
- Errors are `{"message": …}` without a type, or the `error` of `message-end`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import (
    dict_of,
    is_index,
    is_something,
    list_of,
    number_of,
    shown,
    text_of,
)
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.reasons import reason_of
from streamparse.errors import ProviderError
from streamparse.message import Citation, GrowingText, Message, Reasoning, Text, ToolCall, Usage

__all__ = ["CohereV2", "history"]

REASONS: Final[dict[str, str]] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "TOOL_CALL": "tool_calls",
    "MAX_TOKENS": "length",
    "ERROR": "error",
    "TIMEOUT": "error",
}

_TYPES: Final = frozenset(
    (
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "citation-end",
        "message-end",
    )
)
_RECORD: Final = frozenset(("type", "index", "id", "delta"))
_MESSAGE: Final = frozenset(("role", "content", "tool_plan", "tool_calls", "citations"))
_BODY: Final = frozenset(("id", "message", "finish_reason", "usage"))


class CohereV2(Wire):
    """The typed events of a stream, and whole bodies."""

    api: ClassVar[str] = "cohere-v2"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        # A block is found by its index and by what it holds.
        self.blocks: dict[tuple[int, str], GrowingText] = {}
        self.calls: dict[int, CallReader] = {}
        self.plan: Reasoning | None = None

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return text_of(data.get("type")) in _TYPES or _is_body(data)

    def history(self) -> Any:
        return history

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        answer = self.response.first
        if kind not in _TYPES:
            return self._other(answer, data, kind)
        index = number_of(data.get("index"))
        if index is not None and not is_index(index):
            return False
        delta = dict_of(data.get("delta"))
        if kind == "message-start":
            answer.begin(data.get("id"))
        message = delta.get("message")
        if isinstance(message, dict):
            self._message(answer, message, index, kind)
        elif kind == "tool-call-end":
            reader = self.calls.get(index or 0)
            if reader is not None:
                reader.end()
        for key in data:
            known = key in _RECORD and (key != "delta" or isinstance(data[key], dict))
            if not known and is_something(data[key]):
                answer.pass_on(key, data[key])
        if kind == "message-end":
            self._finish(answer, delta)
            self.response.end()
        else:
            for key in delta:
                if key != "message" and is_something(delta[key]):
                    answer.pass_on(key, delta[key])
        return True

    def _other(self, answer: AnswerReader, data: dict[str, Any], kind: str) -> bool:
        """Whole bodies, and errors."""
        if _is_body(data):
            answer.begin(data.get("id"))
            self._message(answer, dict_of(data.get("message")), None, "")
            for reader in self.calls.values():
                reader.end()
            for key in data:
                if key not in _BODY and is_something(data[key]):
                    answer.pass_on(key, data[key])
            self._finish(answer, data)
            self.response.end()
            return True
        if not kind and isinstance(data.get("message"), str):
            failure = provider_error(data, "error")
            assert failure is not None
            self.response.fail(failure)
            return True
        return False

    def count_late(self, data: dict[str, Any], event: str) -> None:
        usage = dict_of(data.get("delta")).get("usage")
        if isinstance(usage, dict):
            self.response.first.count(usage, _usage)

    def _finish(self, answer: AnswerReader, end: dict[str, Any]) -> None:
        usage = end.get("usage")
        if isinstance(usage, dict):
            answer.count(usage, _usage)
        raw = text_of(end.get("finish_reason"))
        reason = reason_of(raw, REASONS)
        if reason:
            answer.finish(reason, raw)
        if end.get("error"):
            answer.fail(ProviderError(shown(end["error"]), data=end))

    # What a message holds: all of it in a body, one thing in an event.

    def _message(
        self, answer: AnswerReader, message: dict[str, Any], index: int | None, kind: str
    ) -> None:
        plan = text_of(message.get("tool_plan"))
        if plan:
            self._plan(answer, plan)
        for place, block in enumerate(_several(message.get("content"))):
            self._content(answer, place if index is None else index, block)
        for place, call in enumerate(_several(message.get("tool_calls"))):
            if isinstance(call, dict):
                self._call(answer, place if index is None else index, call, kind)
            else:
                answer.pass_on("tool_calls", call)
        for citation in _several(message.get("citations")):
            answer.add(Citation(citation))
        for key in message:
            if key not in _MESSAGE and is_something(message[key]):
                answer.pass_on(key, message[key])

    def _plan(self, answer: AnswerReader, text: str) -> None:
        if self.plan is None:
            self.plan = Reasoning("", {"field": "tool_plan"})
            answer.add(self.plan)
        answer.reasoning(text, self.plan)

    def _content(self, answer: AnswerReader, index: int, block: Any) -> None:
        """Some of a block; the block is there once it has any text."""
        if isinstance(block, str):
            block = {"type": "text", "text": block}
        if not isinstance(block, dict):
            answer.pass_on("content", block)
            return
        for key in block:
            if key in ("text", "thinking") and isinstance(block[key], str):
                if block[key]:
                    self._grow(answer, index, key, block[key])
            elif key != "type" and is_something(block[key]):
                answer.pass_on(f"content.{key}", block[key])

    def _grow(self, answer: AnswerReader, index: int, kind: str, text: str) -> None:
        part = self.blocks.get((index, kind))
        if part is None:
            part = self.blocks[(index, kind)] = Text() if kind == "text" else Reasoning()
            answer.add(part)
        if isinstance(part, Text):
            answer.text(text, part)
        elif isinstance(part, Reasoning):
            answer.reasoning(text, part)

    def _call(self, answer: AnswerReader, index: int, call: dict[str, Any], kind: str) -> None:
        function = dict_of(call.get("function"))
        identity = text_of(call.get("id")) or None
        name = text_of(function.get("name")) or None
        reader = self.calls.get(index) if kind == "tool-call-delta" else None
        if reader is None:
            reader = self.calls[index] = answer.call(identity, name)
        elif name is not None:
            reader.set_name(name)
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            reader.feed(arguments)
        elif arguments is not None:
            reader.feed_value(arguments)
        for key in call:
            if key not in ("id", "type", "function") and is_something(call[key]):
                answer.room.put(reader.call.extra, key, call[key])


def _is_body(data: dict[str, Any]) -> bool:
    return "finish_reason" in data and isinstance(data.get("message"), dict)


def _several(value: Any) -> list[Any]:
    """A list in a body, an object in an event, a text in neither but understood."""
    if isinstance(value, (dict, str)):
        return [value] if value else []
    return list_of(value)


def _usage(raw: dict[str, Any]) -> Usage:
    """`tokens` is what was used, `billed_units` what is paid for."""
    tokens = dict_of(raw.get("tokens"))
    billed = dict_of(raw.get("billed_units"))
    return Usage(
        input_tokens=_whole(tokens.get("input_tokens"), billed.get("input_tokens")),
        cached_tokens=_whole(raw.get("cached_tokens")),
        output_tokens=_whole(tokens.get("output_tokens"), billed.get("output_tokens")),
        reasoning_tokens=_whole(tokens.get("reasoning_tokens")),
        raw=raw,
    )


def _whole(*values: Any) -> int | None:
    """The first number; the SDK has them as floats."""
    for value in values:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1:
            return int(value)
    return None


def history(message: Message) -> list[dict[str, Any]]:
    """One assistant message: its plan, complete calls, thinking and text, citations.

    Calls that are not complete are left out: the API refuses a call without a result.
    """
    content: list[dict[str, Any]] = []
    plan = ""
    for part in message.content:
        if isinstance(part, Text) and part.text:
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Reasoning) and part.extra.get("field") == "tool_plan":
            plan += part.text
        elif isinstance(part, Reasoning) and part.text:
            content.append({"type": "thinking", "thinking": part.text})
    calls = [_call_back(call) for call in message.tool_calls if call.status == "complete"]
    if not calls and not content:
        return []
    back: dict[str, Any] = {"role": "assistant"}
    if plan:
        back["tool_plan"] = plan
    if calls:
        back["tool_calls"] = calls
    if content:
        back["content"] = content
    citations = [part.data for part in message.content if isinstance(part, Citation)]
    if citations:
        back["citations"] = citations
    return [back]


def _call_back(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments_text.strip() or "{}"}
    identity = call.id or f"call_{call.index}"
    return {"id": identity, "type": "function", "function": function, **call.extra}
