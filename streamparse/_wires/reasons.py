"""The words in which servers say why an answer ended."""

from __future__ import annotations

from typing import Final

__all__ = ["reason_of"]

# The words in which servers and gateways say why an answer ended, whatever API they speak; ""
# means "not yet". Their origins: OpenAI, Azure (`tool_call`), Together (`eos`), Text Generation
# Inference (`eos_token`, `stop_sequence`), vLLM and SGLang (`abort`), Mistral (`model_length`),
# Zhipu (`sensitive`, `network_error`), DeepSeek (`insufficient_system_resource`), Titan
# (`FINISH`), DashScope (`"null"`), watsonx (`not_finished`), and gateways that pass on the words
# of Anthropic, Gemini, Cohere, Bedrock and the Responses API.
_COMMON: Final[dict[str, str]] = {
    "null": "",
    "none": "",
    "not_finished": "",
    "in_progress": "",
    "unspecified": "",
    "finish_reason_unspecified": "",
    "stop": "stop",
    "stopped": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "complete": "stop",
    "completed": "stop",
    "finish": "stop",
    "finished": "stop",
    "tool_call": "tool_calls",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "function_calls": "tool_calls",
    "length": "length",
    "max_length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "max_completion_tokens": "length",
    "max_new_tokens": "length",
    "model_length": "length",
    "token_limit": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "sensitive": "content_filter",
    "spii": "content_filter",
    "refusal": "refusal",
    "pause_turn": "paused",
    "error": "error",
    "failed": "error",
    "timeout": "error",
    "network_error": "error",
    "insufficient_system_resource": "error",
    "malformed_function_call": "error",
    "abort": "cancelled",
    "aborted": "cancelled",
    "cancel": "cancelled",
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "user_cancel": "cancelled",
}


def reason_of(word: str, own: dict[str, str]) -> str:
    """The finish reason that a word means: `own` are the words of the API, read exactly.

    Other words are looked up among those of all servers, in any case of letters. An unknown word is
    "other"; the result is "" for a word that says that the answer goes on.
    """
    reason = own.get(word)
    if reason is None:
        reason = _COMMON.get(word.lower(), "other") if word else ""
    return reason
