"""The words of servers for the reason why an answer ended."""

from __future__ import annotations

from typing import Final

__all__ = ["reason_of"]

# The words of servers and gateways by what they mean, whatever API they use, in lower case. ""
# means that more follows. Their origins: OpenAI, Azure (`tool_call`), Together (`eos`), Text
# Generation Inference (`eos_token`, `stop_sequence`), vLLM and SGLang (`abort`), Mistral
# (`model_length`), Zhipu (`sensitive`, `network_error`), DeepSeek (`insufficient_system_resource`),
# Titan (`FINISH`), DashScope (`"null"`), watsonx (`not_finished`), Anthropic (`pause_turn`),
# Bedrock (`malformed_model_output`), Gemini (`continuation`), Cohere, and gateways that pass on the
# words of others.
_WORDS: Final[dict[str, str]] = {
    "": "null none not_finished in_progress unspecified finish_reason_unspecified",
    "stop": "stop stopped stop_sequence eos eos_token end_turn complete completed finish finished",
    "tool_calls": "tool_call tool_calls tool_use function_call function_calls",
    "length": "length max_length max_tokens max_output_tokens max_completion_tokens max_new_tokens"
    " model_length token_limit model_context_window_exceeded",
    "content_filter": "content_filter content_filtered guardrail_intervened safety recitation"
    " blocklist prohibited_content sensitive spii language model_armor escalation"
    " pup_limited_disabled image_safety image_prohibited_content image_recitation image_other",
    "refusal": "refusal",
    "paused": "pause_turn compaction continuation",
    "error": "error failed timeout network_error insufficient_system_resource"
    " malformed_function_call unexpected_tool_call too_many_tool_calls malformed_response"
    " missing_thought_signature malformed_model_output malformed_tool_use",
    "cancelled": "abort aborted cancel canceled cancelled user_cancel",
}
_COMMON: Final[dict[str, str]] = {
    word: reason for reason, words in _WORDS.items() for word in words.split()
}


def reason_of(word: str, own: dict[str, str]) -> str:
    """Return the finish reason that a word means; "" if it means that the answer continues.

    Args:
        word: The word of the server.
        own: Words that mean something else in this API, or nothing elsewhere. Their case counts;
            that of other words does not. An unknown word is "other".
    """
    reason = own.get(word)
    if reason is None:
        reason = _COMMON.get(word.lower(), "other") if word else ""
    return reason
