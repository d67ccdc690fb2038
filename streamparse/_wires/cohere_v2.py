"""Cohere `/v2/chat`.

Source: https://docs.cohere.com/v2/reference/chat-stream, the types of the cohere SDK, and recorded
streams.

Quirks that are handled here:
- Content and calls are numbered separately, both from 0.
- `tool_calls` is one call in the events, and a list in whole bodies.
- A call without arguments starts and ends without any delta.
- `tool_plan`, what the model is about to do with its tools, is reasoning. It goes back under its
  own name.
- Errors are `{"message": …}` without a type, or the `error` of `message-end`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_index, list_of, number_of, shown, text_of
from streamparse._decoding.templates import Repeat
from streamparse._wires.base import Wire, finish, keep_rest, pass_on_rest, tool_message
from streamparse._wires.repeats import CallRepeat, repeat_of_part
from streamparse.errors import ProviderError
from streamparse.message import Citation, GrowingText, Message, Reasoning, Text, ToolCall, Usage

__all__ = ["CohereV2", "history"]

_RECORD: Final = frozenset(("type", "index", "id", "delta"))
_DELTA: Final = frozenset(("message",))
_MESSAGE: Final = frozenset(("role", "content", "tool_plan", "tool_calls", "citations"))
_CONTENT: Final = frozenset(("type", "text", "thinking"))
_CALL: Final = frozenset(("id", "type", "function"))
# Where the delta is in the usual events.
_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "content-delta": ("message", "content"),
    "tool-call-delta": ("message", "tool_calls", "function"),
}
_BODY: Final = frozenset(("id", "message", "finish_reason", "usage"))


class CohereV2(Wire):
    """Reads the typed events of a stream, and whole bodies."""

    api: ClassVar[str] = "cohere-v2"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        # Content by its index and kind: text and thinking may have the same index.
        self.blocks: dict[tuple[int, str], GrowingText] = {}
        self.calls: dict[int, CallReader] = {}
        self.plan: Reasoning | None = None

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RECORD.union(_MESSAGE, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return text_of(data.get("type")) in _HANDLERS or _is_body(data)

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_message

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        handler = _HANDLERS.get(kind)
        if handler is None:
            return self._other(self.response.first, data, kind)
        index = number_of(data.get("index"))
        if index is not None and not is_index(index):
            return False
        handler(self, self.response.first, data, index)
        return True

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        index, delta = data.get("index"), data.get("delta")
        if len(data) != 3 or type(index) is not int or not isinstance(delta, dict):
            return None
        path: list[Any] = ["delta"]
        for key in _PATHS.get(text_of(data.get("type")), ()):
            if not isinstance(delta, dict) or len(delta) != 1 or key not in delta:
                return None
            path.append(key)
            delta = delta[key]
        if not isinstance(delta, dict) or len(delta) != 1 or len(path) == 1:
            return None
        [(name, text)] = delta.items()
        path.append(name)
        if not isinstance(text, str):
            return None
        if path[2] == "tool_calls":
            reader = self.calls.get(index) if name == "arguments" else None
            return None if reader is None else CallRepeat(reader, None, path)
        part = self.blocks.get((index, name))
        return None if part is None else repeat_of_part(self.response.first, part, path)

    # Events.

    def _message_start(self, answer: AnswerReader, data: dict[str, Any], index: int | None) -> None:
        answer.begin(data.get("id"))
        self._content_event(answer, data, index)

    def _content_event(self, answer: AnswerReader, data: dict[str, Any], index: int | None) -> None:
        """Read an event that has a part of the message."""
        delta = dict_of(data.get("delta"))
        self._message(answer, dict_of(delta.get("message")), index, text_of(data.get("type")))
        _pass_on(answer, data)
        pass_on_rest(answer, delta, _DELTA)

    def _call_end(self, answer: AnswerReader, data: dict[str, Any], index: int | None) -> None:
        reader = self.calls.get(index or 0)
        if reader is not None:
            reader.end()
        self._content_event(answer, data, index)

    def _message_end(self, answer: AnswerReader, data: dict[str, Any], index: int | None) -> None:
        delta = dict_of(data.get("delta"))
        self._message(answer, dict_of(delta.get("message")), index, "message-end")
        _pass_on(answer, data)
        self._finish(answer, delta)
        self.response.end()

    def _other(self, answer: AnswerReader, data: dict[str, Any], kind: str) -> bool:
        """Read a whole body or an error; return False for anything else."""
        if _is_body(data):
            answer.begin(data.get("id"))
            self._message(answer, dict_of(data.get("message")), None, "")
            for reader in self.calls.values():
                reader.end()
            pass_on_rest(answer, data, _BODY)
            self._finish(answer, data)
            self.response.end()
            return True
        if not kind and isinstance(data.get("message"), str):
            self.fail(data)
            return True
        return False

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self.response.first.count(dict_of(data.get("delta")).get("usage"), _usage)

    def _finish(self, answer: AnswerReader, end: dict[str, Any]) -> None:
        answer.count(end.get("usage"), _usage)
        finish(answer, end.get("finish_reason"), {})
        if end.get("error"):
            answer.fail(ProviderError(shown(end["error"]), data=end))

    # The message: all of it in a body, one thing in an event.

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
        pass_on_rest(answer, message, _MESSAGE)

    def _plan(self, answer: AnswerReader, text: str) -> None:
        if self.plan is None:
            self.plan = Reasoning("", {"field": "tool_plan"})
            answer.add(self.plan)
        answer.reasoning(text, self.plan)

    def _content(self, answer: AnswerReader, index: int, block: Any) -> None:
        """Read more of a block, which becomes a part once it has text."""
        if isinstance(block, str):
            block = {"type": "text", "text": block}
        if not isinstance(block, dict):
            answer.pass_on("content", block)
            return
        for key in ("text", "thinking"):
            text = block.get(key)
            if isinstance(text, str):
                self._grow(answer, index, key, text)
            elif text:
                answer.pass_on(f"content.{key}", text)
        pass_on_rest(answer, block, _CONTENT, "content.")

    def _grow(self, answer: AnswerReader, index: int, kind: str, text: str) -> None:
        if not text:
            return
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
        reader.feed_arguments(function.get("arguments"))
        keep_rest(answer.room, reader.call.extra, call, _CALL)


# The method that reads each type of event.
_HANDLERS: Final[
    dict[str, Callable[[CohereV2, AnswerReader, dict[str, Any], int | None], None]]
] = {
    "message-start": CohereV2._message_start,
    "content-start": CohereV2._content_event,
    "content-delta": CohereV2._content_event,
    "content-end": CohereV2._content_event,
    "tool-plan-delta": CohereV2._content_event,
    "tool-call-start": CohereV2._content_event,
    "tool-call-delta": CohereV2._content_event,
    "tool-call-end": CohereV2._call_end,
    "citation-start": CohereV2._content_event,
    "citation-end": CohereV2._content_event,
    "message-end": CohereV2._message_end,
}


def _is_body(data: dict[str, Any]) -> bool:
    return "finish_reason" in data and isinstance(data.get("message"), dict)


def _pass_on(answer: AnswerReader, data: dict[str, Any]) -> None:
    is_object = isinstance(data.get("delta"), dict)
    pass_on_rest(answer, data, _RECORD if is_object else _RECORD - {"delta"})


def _several(value: Any) -> list[Any]:
    """Return what is a list in a body, one object in an event, and perhaps a text."""
    if isinstance(value, (dict, str)):
        return [value] if value else []
    return list_of(value)


def _usage(raw: dict[str, Any]) -> Usage:
    """Return the usage: `tokens` are those used, `billed_units` those paid for."""
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
    """Return the first whole number; the SDK makes floats of them."""
    for value in values:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1:
            return int(value)
    return None


def history(message: Message) -> list[dict[str, Any]]:
    """Return one assistant message: its plan, complete calls, thinking and text, citations.

    Calls that are not complete are left out, because the API refuses a call without a result.
    """
    content: list[dict[str, Any]] = []
    plan: list[str] = []
    for part in message.content:
        if isinstance(part, Text) and part.text:
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Reasoning) and part.extra.get("field") == "tool_plan":
            plan.append(part.text)
        elif isinstance(part, Reasoning) and part.text:
            content.append({"type": "thinking", "thinking": part.text})
    calls = [_call_back(call) for call in message.tool_calls if call.status == "complete"]
    if not calls and not content:
        return []
    back: dict[str, Any] = {"role": "assistant"}
    if plan:
        back["tool_plan"] = "".join(plan)
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
