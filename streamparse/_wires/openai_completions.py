"""OpenAI's text completions, which came before chat, and the servers that still speak them.

Source: https://platform.openai.com/docs/api-reference/completions, and recorded streams of OpenAI
and vLLM. The prompt is continued: there are no tools, no roles and no conversation, so nothing
goes back in a next turn.

Quirks that are handled here:
- Chunks and whole bodies have one shape; the finish reason may come with the last text, or after
  it with none, or twice (gpt-3.5-turbo-instruct).
- Usage comes in a chunk without choices, or beside the last one.
- vLLM says beside a finish `stop_reason`, the stop string or token that was met.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.reasons import reason_of
from streamparse.message import Usage

__all__ = ["OpenAICompletions"]

_IGNORED: Final = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "error", "obfuscation")
)


class OpenAICompletions(Wire):
    """`text_completion` records, and whole bodies of the same shape."""

    api: ClassVar[str] = "openai-completions"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        choices = list_of(data.get("choices"))
        if text_of(data.get("object")) == "text_completion":
            return isinstance(data.get("choices"), list)
        # Servers of the chat API have a text beside each delta.
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
        error = data.get("error")
        if not isinstance(choices, list) and not isinstance(usage, dict):
            return False
        for choice in list_of(choices):
            if isinstance(choice, dict):
                self._choice(choice, data)
        if isinstance(usage, dict):
            self.response.first.count(usage, _usage)
        for name in data:
            if name not in _IGNORED and is_something(data[name]):
                self.response.first.note(name, data[name])
        if error:
            failure = provider_error(data)
            assert failure is not None
            self.response.fail(failure)
        return True

    def count_late(self, data: dict[str, Any], event: str) -> None:
        if isinstance(data.get("usage"), dict):
            self.response.first.count(data["usage"], _usage)

    def _choice(self, choice: dict[str, Any], data: dict[str, Any]) -> None:
        answer = self.turn_of("choices", choice)
        if answer is None:
            return
        answer.begin(data.get("id"), data.get("model"))
        answer.text(text_of(choice.get("text")))
        self._rest(answer, choice)
        raw = text_of(choice.get("finish_reason"))
        reason = reason_of(raw, {})
        if reason:
            answer.finish(reason, raw)

    def _rest(self, answer: AnswerReader, choice: dict[str, Any]) -> None:
        for name in choice:
            if name in ("index", "text", "finish_reason") or not is_something(choice[name]):
                continue
            if name in ("stop_reason", "content_filter_results"):
                answer.note(name, choice[name])
            else:
                answer.pass_on(name, choice[name])


def _usage(raw: dict[str, Any]) -> Usage:
    cached = dict_of(raw.get("prompt_tokens_details"))
    details = dict_of(raw.get("completion_tokens_details"))
    return Usage(
        input_tokens=number_of(raw.get("prompt_tokens")),
        cached_tokens=number_of(cached.get("cached_tokens")),
        output_tokens=number_of(raw.get("completion_tokens")),
        reasoning_tokens=number_of(details.get("reasoning_tokens")),
        total_tokens=number_of(raw.get("total_tokens")),
        raw=raw,
    )
