"""Snowflake Cortex `inference:complete`, its own chat API.

Source: https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api, and the adapters
of LiteLLM and langchain-snowflake. The OpenAI-compatible and Anthropic-compatible endpoints of
Cortex are read as `openai-chat` and `anthropic-messages`.

Quirks that are handled here:
- Records look like chunks of OpenAI's chat API, but a delta has a type, and its text occurs up to
  three times: in `content`, in `text` and in `content_list`.
- A call begins with a delta that has its id and name. Deltas without an id continue it.
- No record marks the end of an answer, but its usage is sent last. At the end of the input, an
  answer is complete if it has usage and no incomplete call.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_something, list_of, text_of
from streamparse._wires.base import Wire, finish, is_typed, note_rest, pass_on_rest, result_text
from streamparse._wires.usage import openai_usage
from streamparse.message import Message, ToolCall

__all__ = ["SnowflakeCortex", "history"]

_RECORD: Final = frozenset(("id", "model", "created", "choices", "usage", "error", "object"))
_CHOICE: Final = frozenset(("index", "delta", "message", "finish_reason"))
_DELTA: Final = frozenset(
    ("type", "role", "content", "content_list", "text", "tool_use_id", "name", "input")
)
_ENTRIES: Final = ("", "text", "tool_use", "reasoning")


class SnowflakeCortex(Wire):
    """Reads the records of a stream, and whole bodies."""

    api: ClassVar[str] = "snowflake-cortex"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        # For each choice: its calls by id, and the call that deltas without an id continue.
        self.calls: dict[int, dict[str, CallReader]] = {}
        self.last: dict[int, CallReader] = {}

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RECORD | _CHOICE | _DELTA

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return any([is_typed(dict_of(choice)) for choice in list_of(data.get("choices"))])

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return write_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        choices = data.get("choices")
        if "error_code" in data or (data.get("error") and choices is None):
            self.fail(data)
            return True
        if not isinstance(choices, list):
            return False
        whole = False
        for choice in choices:
            whole = self._choice(dict_of(choice), data) or whole
        first = self.response.first
        first.count(data.get("usage"), openai_usage)
        note_rest(first, data, _RECORD)
        if data.get("error"):
            self.fail(data)
        elif whole:
            self.response.finish("stop")
            self.response.end()
        return True

    def _choice(self, choice: dict[str, Any], data: dict[str, Any]) -> bool:
        """Read one choice; return whether it has a whole message."""
        answer = self.answer_of("choices", choice)
        if answer is None:
            return False
        answer.begin(data.get("id"), data.get("model"))
        message = choice.get("message")
        whole = isinstance(message, dict)
        if whole:
            self._message(answer, dict_of(message))
        else:
            self._delta(answer, dict_of(choice.get("delta")))
        pass_on_rest(answer, choice, _CHOICE)
        finish(answer, choice.get("finish_reason"), {})
        return whole

    def _delta(self, answer: AnswerReader, delta: dict[str, Any]) -> None:
        kind = text_of(delta.get("type"))
        if kind == "tool_use" or is_something(delta.get("tool_use_id")):
            self._call(answer, delta)
        elif kind == "reasoning":
            answer.reasoning(_text_in(delta))
        else:
            answer.text(_text_in(delta))
        for entry in list_of(delta.get("content_list")):
            if text_of(dict_of(entry).get("type")) not in _ENTRIES:
                answer.pass_on("content_list", entry)
        pass_on_rest(answer, delta, _DELTA)

    def _call(self, answer: AnswerReader, delta: dict[str, Any]) -> None:
        calls = self.calls.setdefault(answer.choice, {})
        identity = text_of(delta.get("tool_use_id"))
        reader = calls.get(identity) if identity else self.last.get(answer.choice)
        if reader is None:
            reader = answer.call(identity or None, text_of(delta.get("name")) or None)
            calls[identity or f"{len(calls)}"] = reader
        self.last[answer.choice] = reader
        reader.feed_arguments(delta.get("input"))

    def _message(self, answer: AnswerReader, message: dict[str, Any]) -> None:
        entries = list_of(message.get("content_list"))
        if not entries:
            answer.text(_text_in(message))
        for entry in map(dict_of, entries):
            use = entry.get("tool_use")
            self._delta(answer, {**entry, **dict_of(use), "tool_use": None})
        for reader in self.calls.get(answer.choice, {}).values():
            reader.end()
        pass_on_rest(answer, message, _DELTA)

    def end(self) -> None:
        usage = self.response.first.message.usage is not None
        if usage and all([self._is_whole(answer) for answer in self.response.all]):
            self.end_normally()
        else:
            self.response.end_input()

    def _is_whole(self, answer: AnswerReader) -> bool:
        calls = list(self.calls.get(answer.choice, {}).values())
        return all([reader.whole or not reader.received for reader in calls])


def _text_in(delta: dict[str, Any]) -> str:
    """Return the text of a delta, which occurs in up to three members."""
    for name in ("content", "text"):
        text = text_of(delta.get(name))
        if text:
            return text
    entries = list_of(delta.get("content_list"))
    return "".join([text_of(dict_of(entry).get("text")) for entry in entries])


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return one assistant message. Calls that are not complete are left out."""
    uses = [
        {
            "type": "tool_use",
            "tool_use": {"tool_use_id": call.id, "name": call.name, "input": call.arguments},
        }
        for call in message.tool_calls
        if call.status == "complete"
    ]
    if not uses and not message.text:
        return []
    back: dict[str, Any] = {"role": "assistant", "content": message.text}
    if uses:
        said = [{"type": "text", "text": message.text}] if message.text else []
        back["content_list"] = [*said, *uses]
    return [back]


def write_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """Return a message with the result of a call."""
    text = result_text(value, error)
    result = {
        "tool_use_id": call.id,
        "name": call.name,
        "content": [{"type": "text", "text": text}],
    }
    content = [{"type": "tool_results", "tool_results": result}]
    return {"role": "user", "content": text, "content_list": content}
