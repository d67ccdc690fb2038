"""Cohere `/v1/chat`, the API before `/v2/chat`.

Source: https://docs.cohere.com/v1/reference/chat-stream, the types of the cohere SDK, and recorded
streams (JSON Lines).

Quirks that are handled here:
- Calls have no ids. `tool-calls-chunk` has pieces of their arguments; `tool-calls-generation` has
  the whole calls, and ends them.
- `stream-end` repeats the whole response. What was streamed is not read again.
- Finish reasons of errors begin with `ERROR`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_index, list_of, number_of, text_of
from streamparse._wires.base import Wire, finish, note_rest, pass_on_rest
from streamparse.message import Citation, Message, Text, ToolCall, Usage

__all__ = ["CohereV1", "history"]

_RECORD: Final = frozenset(
    ("event_type", "is_finished", "generation_id", "text", "citations", "tool_calls")
) | frozenset(("tool_call_delta", "finish_reason", "response"))
_BODY: Final = frozenset(
    ("response_id", "generation_id", "text", "finish_reason", "meta", "chat_history")
) | frozenset(("citations", "tool_calls", "is_search_required"))
_REASONS: Final[dict[str, str]] = {
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content_filter",
    "ERROR": "error",
    "USER_CANCEL": "cancelled",
}


class CohereV1(Wire):
    """Reads the events of a stream, and whole bodies."""

    api: ClassVar[str] = "cohere-v1"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.calls: dict[int, CallReader] = {}
        self.citations: int = 0

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RECORD.union(_BODY, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if text_of(data.get("event_type")) in _HANDLERS:
            return "is_finished" in data or "generation_id" in data
        return isinstance(data.get("generation_id"), str) and isinstance(data.get("text"), str)

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return write_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        answer = self.response.first
        kind = text_of(data.get("event_type"))
        handler = _HANDLERS.get(kind)
        if handler is not None:
            answer.begin(data.get("generation_id"))
            handler(self, answer, data)
            pass_on_rest(answer, data, _RECORD)
            return True
        if not kind and isinstance(data.get("text"), str):
            answer.begin(data.get("generation_id"))
            self._whole(answer, data)
            self._finish(answer, data, data.get("finish_reason"))
            return True
        return False

    # Events.

    def _start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        pass

    def _text(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.text(text_of(data.get("text")))

    def _cite(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        for citation in list_of(data.get("citations")):
            self.citations += 1
            answer.add(Citation(citation))

    def _call_delta(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        answer.text(text_of(data.get("text")))
        delta = dict_of(data.get("tool_call_delta"))
        index = number_of(delta.get("index")) or 0
        if not delta or not is_index(index):
            return
        reader = self.calls.get(index)
        if reader is None:
            reader = self.calls[index] = answer.call(None, text_of(delta.get("name")) or None)
        elif text_of(delta.get("name")) and not reader.begun:
            reader.set_name(delta["name"])
        reader.feed(text_of(delta.get("parameters")))

    def _whole_calls(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        for index, call in enumerate(map(dict_of, list_of(data.get("tool_calls")))):
            reader = self.calls.get(index)
            if reader is None:
                reader = self.calls[index] = answer.call(None, text_of(call.get("name")) or None)
            if call.get("parameters") is not None and not reader.received:
                reader.feed_value(call["parameters"])
            reader.end()

    def _end(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        body = dict_of(data.get("response"))
        self._whole(answer, body)
        self._finish(answer, body, data.get("finish_reason") or body.get("finish_reason"))

    # The whole response.

    def _whole(self, answer: AnswerReader, body: dict[str, Any]) -> None:
        """Read what no event has brought."""
        if not answer.message.content:
            answer.text(text_of(body.get("text")))
        self._whole_calls(answer, body)
        for citation in list_of(body.get("citations"))[self.citations :]:
            answer.add(Citation(citation))
        note_rest(answer, body, _BODY)

    def _finish(self, answer: AnswerReader, body: dict[str, Any], reason: Any) -> None:
        answer.count(dict_of(body.get("meta")), _usage)
        finish(answer, reason, _REASONS)
        self.response.end()


def _usage(raw: dict[str, Any]) -> Usage:
    counts = dict_of(raw.get("tokens") or raw.get("billed_units"))
    return Usage(
        input_tokens=number_of(counts.get("input_tokens")),
        output_tokens=number_of(counts.get("output_tokens")),
        raw=raw,
    )


_HANDLERS: Final[dict[str, Callable[[CohereV1, AnswerReader, dict[str, Any]], None]]] = {
    "stream-start": CohereV1._start,
    "search-queries-generation": CohereV1._start,
    "search-results": CohereV1._start,
    "text-generation": CohereV1._text,
    "citation-generation": CohereV1._cite,
    "tool-calls-chunk": CohereV1._call_delta,
    "tool-calls-generation": CohereV1._whole_calls,
    "stream-end": CohereV1._end,
}


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return an entry of `chat_history`; calls that are not complete are left out."""
    text = "".join([part.text for part in message.content if isinstance(part, Text)])
    calls = [
        {"name": part.name, "parameters": part.arguments}
        for part in message.content
        if isinstance(part, ToolCall) and part.status == "complete"
    ]
    if not text and not calls:
        return []
    entry: dict[str, Any] = {"role": "CHATBOT", "message": text}
    return [{**entry, "tool_calls": calls} if calls else entry]


def write_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """Return an entry of `tool_results`."""
    output = {"error": value} if error else value
    outputs = [output if isinstance(output, dict) else {"result": output}]
    return {"call": {"name": call.name, "parameters": call.partial}, "outputs": outputs}
