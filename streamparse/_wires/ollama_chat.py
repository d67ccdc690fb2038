"""Ollama `/api/chat`, and `/api/generate`, whose text is `response`.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md, the types of the ollama SDK, and
recorded streams.

Quirks that are handled here:
- JSON Lines without server-sent events; a body without streaming is the last line alone.
- Calls come whole, their arguments as an object, over one or several lines; `index` was always 0
  until 2026, and only newer servers send ids. A call that a limit cut is dropped by the server.
- An error is a line `{"error": "…"}` after a status of 200.
- `done_reason` is missing in old servers; `load` and `unload` answer a request without a prompt.
- Every line has its own `created_at`; the first one is kept.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.reasons import reason_of
from streamparse.message import Message, ToolCall, Usage

__all__ = ["OllamaChat", "history"]

REASONS: Final[dict[str, str]] = {
    "stop": "stop",
    "length": "length",
    "load": "paused",
    "unload": "paused",
}

_RECORD: Final = frozenset(
    ("model", "created_at", "message", "response", "thinking", "done", "done_reason", "error")
)
# What is understood in a message, if it is of one of these types.
_MESSAGE: Final[dict[str, tuple[type, ...]]] = {
    "role": (str,),
    "content": (str,),
    "thinking": (str,),
    "tool_calls": (list,),
}
_REPEATED: Final = ("remote_host", "remote_model")
_COUNTED: Final = ("_count", "_duration")


class OllamaChat(Wire):
    """One line of a stream, or the whole answer in one."""

    api: ClassVar[str] = "ollama-chat"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if not isinstance(data.get("done"), bool):
            return False
        return isinstance(data.get("message"), dict) or isinstance(data.get("response"), str)

    def history(self) -> Any:
        return history

    def record(self, data: dict[str, Any], event: str) -> bool:
        error = data.get("error")
        done = data.get("done") is True
        answers = isinstance(data.get("message"), dict) or isinstance(data.get("response"), str)
        if not error and not done and not answers:
            return False
        answer = self.response.first
        answer.begin(None, data.get("model"))
        if data.get("created_at") and "created_at" not in answer.noted:
            answer.note("created_at", data["created_at"])
        message = data.get("message")
        if isinstance(message, dict):
            self._message(answer, message)
        elif is_something(message):
            answer.pass_on("message", message)
        answer.reasoning(text_of(data.get("thinking")))
        answer.text(text_of(data.get("response")))
        for key in data:
            if key not in _RECORD and not key.endswith(_COUNTED) and is_something(data[key]):
                if key in _REPEATED:
                    answer.note(key, data[key])
                else:
                    answer.pass_on(key, data[key])
        if error:
            failure = provider_error(data)
            assert failure is not None
            self.response.fail(failure)
        elif done:
            self._done(answer, data)
        return True

    def _message(self, answer: AnswerReader, message: dict[str, Any]) -> None:
        answer.reasoning(text_of(message.get("thinking")))
        answer.text(text_of(message.get("content")))
        for call in list_of(message.get("tool_calls")):
            if isinstance(call, dict):
                self._call(answer, call)
            else:
                answer.pass_on("tool_calls", call)
        for key in message:
            if not isinstance(message[key], _MESSAGE.get(key, ())) and is_something(message[key]):
                answer.pass_on(key, message[key])

    def _call(self, answer: AnswerReader, call: dict[str, Any]) -> None:
        """A whole call; nothing else is sent of it, so it ends here."""
        function = dict_of(call.get("function"))
        reader = answer.call(text_of(call.get("id")) or None, text_of(function.get("name")) or None)
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            reader.feed(arguments)
        elif arguments is not None:
            reader.feed_value(arguments)
        reader.end()
        for key in call:
            if key not in ("id", "type", "function") and is_something(call[key]):
                answer.pass_on(f"tool_calls.{key}", call[key])
        for key in function:
            if key not in ("index", "name", "arguments") and is_something(function[key]):
                answer.pass_on(f"function.{key}", function[key])

    def _done(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        raw = {key: data[key] for key in data if key.endswith(_COUNTED)}
        if raw:
            answer.count(raw, _usage)
        word = text_of(data.get("done_reason"))
        answer.finish(reason_of(word, REASONS) or "stop", word or None)
        self.response.end()


def _usage(raw: dict[str, Any]) -> Usage:
    """Counts of tokens, and durations in nanoseconds."""
    return Usage(
        input_tokens=number_of(raw.get("prompt_eval_count")),
        output_tokens=number_of(raw.get("eval_count")),
        raw=raw,
    )


def history(message: Message) -> list[dict[str, Any]]:
    """One assistant message: text, thinking, and the complete calls with their objects.

    Calls that are not complete are left out: they would wait for a result.
    """
    calls = [_call_back(call) for call in message.tool_calls if call.status == "complete"]
    if not calls and not message.text:
        return []
    back: dict[str, Any] = {"role": "assistant", "content": message.text}
    if message.reasoning:
        back["thinking"] = message.reasoning
    if calls:
        back["tool_calls"] = calls
    return [back]


def _call_back(call: ToolCall) -> dict[str, Any]:
    named = {} if call.id is None else {"id": call.id}
    return {**named, "function": {"name": call.name, "arguments": call.arguments}}
