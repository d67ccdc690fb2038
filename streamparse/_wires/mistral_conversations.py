"""Mistral `/v1/conversations` and agents.

Source: https://docs.mistral.ai/api (conversations) and the types of the mistralai SDK.

Quirks that are handled here:
- Content is a text or a chunk: text, thinking, references to files and tools.
- `tool_call_id` distinguishes the calls. They have no end of their own: the answer's end completes
  them.
- Tools that the provider runs are `tool.execution.*` events; `info` is what they gave.
- There is no finish reason: `conversation.response.done` is a normal end.
- After a hand-off, another agent continues the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, json_text, text_of
from streamparse._wires.base import Wire, pass_on_rest, result_text
from streamparse._wires.usage import openai_usage
from streamparse.message import Message, Reasoning, ServerToolResult, Text, ToolCall

__all__ = ["MistralConversations", "history"]

_COMMON: Final = frozenset(("type", "created_at", "id", "output_index", "content_index"))
_OUTPUT: Final = _COMMON | frozenset(("content", "model", "role"))
_CALL: Final = _COMMON | frozenset(("name", "tool_call_id", "arguments"))
_EXECUTION: Final = _COMMON | frozenset(("name", "arguments", "info"))
_STATE: Final = _COMMON | frozenset(("conversation_id", "usage", "message", "code"))


class MistralConversations(Wire):
    """Reads the typed events of a conversation."""

    api: ClassVar[str] = "mistral-conversations"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.calls: dict[str, CallReader] = {}

    @classmethod
    def words(cls) -> frozenset[str]:
        return _OUTPUT.union(_CALL, _STATE, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return text_of(data.get("type")) in _HANDLERS

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return write_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        if not text_of(data.get("type")):
            data = {**data, "type": event}
        handler = _HANDLERS.get(data["type"])
        if handler is None:
            return False
        answer = self.response.first
        answer.begin(data.get("conversation_id"), data.get("model"))
        handler(self, answer, data)
        return True

    def _started(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        pass_on_rest(answer, data, _STATE)

    def _output(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        content = data.get("content")
        for chunk in content if isinstance(content, list) else [content]:
            self._chunk(answer, chunk)
        pass_on_rest(answer, data, _OUTPUT)

    def _chunk(self, answer: AnswerReader, chunk: Any) -> None:
        if isinstance(chunk, str):
            answer.text(chunk)
            return
        data = dict_of(chunk)
        kind = text_of(data.get("type"))
        if kind == "text":
            answer.text(text_of(data.get("text")))
        elif kind == "thinking":
            thoughts = data.get("thinking")
            for part in thoughts if isinstance(thoughts, list) else [{"text": thoughts}]:
                answer.reasoning(text_of(dict_of(part).get("text")))
        elif chunk is not None:
            answer.pass_on(kind or "content", chunk)

    def _call_delta(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("tool_call_id"))
        reader = self.calls.get(identity)
        if reader is None:
            name = text_of(data.get("name")) or None
            reader = self.calls[identity] = answer.call(identity or None, name)
        reader.feed_arguments(data.get("arguments"))
        pass_on_rest(answer, data, _CALL)

    def _execution(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        identity = text_of(data.get("id"))
        reader = self.calls.get(identity)
        if reader is None:
            name = text_of(data.get("name")) or None
            reader = self.calls[identity] = answer.call(identity or None, name, "server")
        reader.feed_arguments(data.get("arguments"))
        if text_of(data.get("type")).endswith(".done"):
            reader.end()
            name = reader.call.name
            answer.add_result(ServerToolResult(identity or None, name, data.get("info")))
        pass_on_rest(answer, data, _EXECUTION)

    def _handoff(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.pass_on(text_of(data.get("type")), data)

    def _done(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.count(data.get("usage"), openai_usage)
        answer.finish("stop", "conversation.response.done")
        pass_on_rest(answer, data, _STATE)
        self.response.end()

    def _error(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self.fail({"error": {"message": data.get("message"), "code": data.get("code")}})


_HANDLERS: Final[
    dict[str, Callable[[MistralConversations, AnswerReader, dict[str, Any]], None]]
] = {
    "conversation.response.started": MistralConversations._started,
    "conversation.response.done": MistralConversations._done,
    "conversation.response.error": MistralConversations._error,
    "message.output.delta": MistralConversations._output,
    "function.call.delta": MistralConversations._call_delta,
    "tool.execution.started": MistralConversations._execution,
    "tool.execution.delta": MistralConversations._execution,
    "tool.execution.done": MistralConversations._execution,
    "agent.handoff.started": MistralConversations._handoff,
    "agent.handoff.done": MistralConversations._handoff,
}


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return entries for `inputs`, for callers who keep the conversation themselves.

    If the server keeps it, send `message.id` as the conversation and only the new entries instead.
    """
    entries: list[dict[str, Any]] = []
    content: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, Text) and part.text:
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Reasoning) and part.text:
            thoughts = [{"type": "text", "text": part.text}]
            content.append({"type": "thinking", "thinking": thoughts})
        elif isinstance(part, ToolCall) and part.kind == "function" and part.status == "complete":
            call = {"tool_call_id": part.id, "name": part.name}
            arguments = part.arguments_text or json_text(part.arguments)
            entries.append({"type": "function.call", **call, "arguments": arguments})
    if content:
        entries.insert(0, {"type": "message.output", "role": "assistant", "content": content})
    return entries


def write_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """Return an entry with the result of a call."""
    result = result_text(value, error)
    return {"type": "function.result", "tool_call_id": call.id, "result": result}
