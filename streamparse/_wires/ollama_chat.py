"""Ollama `/api/chat`, and `/api/generate`, which has its text in `response`.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md, the types of the ollama SDK, and
recorded streams.

Quirks that are handled here:
- The stream is JSON Lines without server-sent events. A body without streaming is the last line.
- Each call comes whole, with its arguments as an object. `index` was always 0 until 2026, and only
  newer servers send ids. The server drops a call that a limit cut.
- An error is a line `{"error": "…"}` after a status of 200.
- Old servers send no `done_reason`. `load` and `unload` answer a request without a prompt.
- Every line has its own `created_at`; the first one is kept.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._decoding.templates import Repeat
from streamparse._wires.base import Wire, pass_on_rest, result_text
from streamparse._wires.reasons import reason_of
from streamparse._wires.repeats import ReasoningRepeat, TextRepeat
from streamparse.message import Message, Reasoning, ToolCall, Usage

__all__ = ["OllamaChat", "history", "tool_result"]

_REASONS: Final[dict[str, str]] = {"load": "paused", "unload": "paused"}

_RECORD: Final = frozenset(
    ("model", "created_at", "message", "response", "thinking", "done", "done_reason", "error")
)
# The members of a message that are understood, if they are of these types.
_MESSAGE: Final[dict[str, type]] = {
    "role": str,
    "content": str,
    "thinking": str,
    "tool_calls": list,
}
# The members of a usual line, of which `created_at` differs in each line.
_LINE: Final = frozenset(("model", "created_at", "message", "done"))
_PADDING: Final[tuple[str, ...]] = ("created_at",)
_CALL: Final = frozenset(("id", "type", "function"))
_FUNCTION: Final = frozenset(("index", "name", "arguments"))
_REPEATED: Final = ("remote_host", "remote_model")
_COUNTED: Final = ("_count", "_duration")


class OllamaChat(Wire):
    """Reads the lines of a stream, one of which may be the whole answer."""

    api: ClassVar[str] = "ollama-chat"

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RECORD

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if not isinstance(data.get("done"), bool):
            return False
        return isinstance(data.get("message"), dict) or isinstance(data.get("response"), str)

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        error = data.get("error")
        done = data.get("done") is True
        answers = isinstance(data.get("message"), dict) or isinstance(data.get("response"), str)
        if not error and not done and not answers:
            return False
        answer = self.response.first
        answer.begin(None, data.get("model"))
        if data.get("created_at") and not answer.has_noted("created_at"):
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
            self.fail(data)
        elif done:
            self._done(answer, data)
        return True

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        message, answer = data.get("message"), self.response.first
        if not isinstance(message, dict) or not _LINE.issuperset(data) or data.get("done"):
            return None
        if message.get("tool_calls") or not _MESSAGE.keys() >= message.keys():
            return None
        if "created_at" in data and not answer.has_noted("created_at"):
            return None
        content, thinking = message.get("content"), message.get("thinking")
        if isinstance(content, str) and content and not thinking:
            return TextRepeat(answer, None, ["message", "content"], _PADDING)
        last = answer.message.content[-1] if answer.message.content else None
        if not isinstance(thinking, str) or not thinking or content:
            return None
        if not isinstance(last, Reasoning):
            return None
        repeat = ReasoningRepeat(answer, last, ["message", "thinking"], _PADDING)
        repeat.growing = True
        return repeat

    def _message(self, answer: AnswerReader, message: dict[str, Any]) -> None:
        answer.reasoning(text_of(message.get("thinking")))
        answer.text(text_of(message.get("content")))
        for call in list_of(message.get("tool_calls")):
            if isinstance(call, dict):
                self._call(answer, call)
            else:
                answer.pass_on("tool_calls", call)
        for key, value in message.items():
            if not isinstance(value, _MESSAGE.get(key, ())) and is_something(value):
                answer.pass_on(key, value)

    def _call(self, answer: AnswerReader, call: dict[str, Any]) -> None:
        """Read a call, which is always whole."""
        function = dict_of(call.get("function"))
        reader = answer.call(text_of(call.get("id")) or None, text_of(function.get("name")) or None)
        reader.feed_arguments(function.get("arguments"))
        reader.end()
        pass_on_rest(answer, call, _CALL, "tool_calls.")
        pass_on_rest(answer, function, _FUNCTION, "function.")

    def _done(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        raw = {key: data[key] for key in data if key.endswith(_COUNTED)}
        if raw:
            answer.count(raw, _usage)
        word = text_of(data.get("done_reason"))
        answer.finish(reason_of(word, _REASONS) or "stop", word or None)
        self.response.end()


def _usage(raw: dict[str, Any]) -> Usage:
    """Return the usage; `raw` also has durations in nanoseconds."""
    return Usage(
        input_tokens=number_of(raw.get("prompt_eval_count")),
        output_tokens=number_of(raw.get("eval_count")),
        raw=raw,
    )


def history(message: Message) -> list[dict[str, Any]]:
    """Return one assistant message: text, thinking, and the complete calls.

    Calls that are not complete are left out, because they would wait for a result.
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


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A message of the role "tool". The server matches it with its call by the tool's name."""
    return {"role": "tool", "tool_name": call.name, "content": result_text(value, error)}


def _call_back(call: ToolCall) -> dict[str, Any]:
    named = {} if call.id is None else {"id": call.id}
    return {**named, "function": {"name": call.name, "arguments": call.arguments}}
