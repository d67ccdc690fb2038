"""OpenAI's text completions, the API before chat, and compatible servers.

Source: https://platform.openai.com/docs/api-reference/completions, and recorded streams of OpenAI
and vLLM. The model continues the prompt: there are no tools, no roles and no conversation, so
nothing goes back in a next turn.

Quirks that are handled here:
- Chunks and whole bodies have the same shape. The finish reason may come with the last text, after
  it, or twice (gpt-3.5-turbo-instruct).
- Usage comes in a chunk without choices, or beside the last choice.
- vLLM adds `stop_reason`, the stop string or token that ended the answer.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._core.plain import is_something, list_of, text_of
from streamparse._wires.base import Wire, finish, note_rest, pass_on_rest
from streamparse._wires.usage import openai_usage

__all__ = ["OpenAICompletions"]

_IGNORED: Final = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "error", "obfuscation")
)
_NOTED: Final = frozenset(("stop_reason", "content_filter_results"))
_CHOICE: Final = frozenset(("index", "text", "finish_reason")) | _NOTED


class OpenAICompletions(Wire):
    """Reads `text_completion` records, and whole bodies of the same shape."""

    api: ClassVar[str] = "openai-completions"

    @classmethod
    def words(cls) -> frozenset[str]:
        return _IGNORED | _CHOICE

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        choices = list_of(data.get("choices"))
        if text_of(data.get("object")) == "text_completion":
            return isinstance(data.get("choices"), list)
        # Servers of the chat API may have `text` beside each delta.
        return any(
            isinstance(choice, dict)
            and isinstance(choice.get("text"), str)
            and "delta" not in choice
            and "message" not in choice
            for choice in choices
        )

    def done(self) -> None:
        self.response.done()

    def record(self, data: dict[str, Any], event: str) -> bool:
        choices = data.get("choices")
        usage = data.get("usage")
        if not isinstance(choices, list) and not isinstance(usage, dict):
            return False
        for choice in list_of(choices):
            if isinstance(choice, dict):
                self._choice(choice, data)
            else:
                self.response.first.pass_on("choices", choice)
        first = self.response.first
        first.count(usage, openai_usage)
        note_rest(first, data, _IGNORED)
        if data.get("error"):
            self.fail(data)
        return True

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self.response.first.count(data.get("usage"), openai_usage)

    def _choice(self, choice: dict[str, Any], data: dict[str, Any]) -> None:
        answer = self.answer_of("choices", choice)
        if answer is None:
            return
        answer.begin(data.get("id"), data.get("model"))
        answer.text(text_of(choice.get("text")))
        for name in ("stop_reason", "content_filter_results"):
            if is_something(choice.get(name)):
                answer.note(name, choice[name])
        pass_on_rest(answer, choice, _CHOICE)
        finish(answer, choice.get("finish_reason"), {})
