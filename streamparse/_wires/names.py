"""The names of APIs that callers may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streamparse._core.shown import no_such_name

__all__ = ["api_named"]

# A provider with several APIs is mapped to "auto", because the first record shows the API.
_ALIASES: Final[dict[str, str]] = {
    "openai": "auto",
    "azure": "auto",
    "bedrock": "auto",
    "aws": "auto",
    "google": "auto",
    "gemini": "auto",
    "vertex": "auto",
    "vllm": "auto",
    "litellm": "auto",
    "sglang": "auto",
    "llama.cpp": "auto",
    "openrouter": "openai-chat",
    "groq": "openai-chat",
    "mistral": "openai-chat",
    "deepseek": "openai-chat",
    "together": "openai-chat",
    "chat": "openai-chat",
    "chat-completions": "openai-chat",
    "completions": "openai-completions",
    "responses": "openai-responses",
    "anthropic": "anthropic-messages",
    "claude": "anthropic-messages",
    "messages": "anthropic-messages",
    "converse": "bedrock-converse",
    "invoke": "bedrock-invoke-anthropic",
    "generate-content": "google-generate",
    "interactions": "google-interactions",
    "ui-message-stream": "vercel-ui",
    "usechat": "vercel-ui",
    "agui": "ag-ui",
    "cohere": "cohere-v2",
    "ollama": "ollama-chat",
    "snowflake": "auto",
    "replicate": "replicate-text",
}


def api_named(name: str | None, names: Sequence[str]) -> str:
    """Return the API that `name` is an alias of, or `"auto"` for None.

    Raises:
        ValueError: It is not an alias of any of `names`.

    >>> api_named("anthropic", ["anthropic-messages", "auto"])
    'anthropic-messages'
    """
    if name is None:
        return "auto"
    if not isinstance(name, str):
        raise ValueError(f"api must be a name, not {name!r}")
    if name in names:
        return name
    plain = name.strip().lower().replace("_", "-")
    found = plain if plain in names else _ALIASES.get(plain, "")
    if found in names:
        return found
    raise ValueError(no_such_name("api", name, names, "streamparse.aliases.API"))
