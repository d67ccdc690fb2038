"""Chunk objects of the providers' SDKs as plain data, without importing any SDK.

All of them (openai, anthropic, google-genai, mistralai, ollama) are pydantic models. They fill in
defaults that were not on the wire (`index=0` and `id="null"` in Mistral's calls), so only what was
set counts. The message is then that of the same bytes, but for what the SDKs keep to themselves:

- openai: `[DONE]`. A server that ends without a finish reason, by `[DONE]` alone, looks cut. The
  helper `chat.completions.stream()` drops chunks whose `object` is missing or another one.
- anthropic: pings. google-genai, ollama: fields they do not know, and the order of members.
- All: errors of the provider, which they raise as exceptions of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

__all__ = ["chunk_of"]


def chunk_of(chunk: Any) -> dict[str, Any] | None:
    """The chunk as a dict in the words of the wire; None for what only the SDK added.

    Raises `TypeError` for anything that is neither a dict nor such an object.
    """
    if isinstance(chunk, dict):
        return chunk
    if not hasattr(chunk, "model_dump"):
        raise TypeError(
            "a fragment is bytes, text, a decoded chunk (dict) or a chunk object of an SDK, "
            f"not {type(chunk).__name__}"
        )
    module = type(chunk).__module__
    for prefix, read in _READERS:
        if module.startswith(prefix):
            return read(chunk)
    return _plain(chunk)


def _plain(chunk: Any, exclude: Any = None) -> dict[str, Any]:
    # SDKs do not check what they read, and pydantic would warn of each value of another type.
    data = chunk.model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude=exclude, warnings=False
    )
    if not isinstance(data, dict):
        raise TypeError(f"{type(chunk).__name__}.model_dump() gives no dict")
    return data


# openai


def _openai_chat_event(event: Any) -> dict[str, Any] | None:
    """Of `chat.completions.stream()`: the raw chunk is in an event of its own."""
    return chunk_of(event.chunk) if event.type == "chunk" else None


# What `responses.stream()` adds to the events of the API.
_PARSED_RESPONSE: Final = {
    "output": {"__all__": {"parsed_arguments": True, "content": {"__all__": {"parsed"}}}}
}
_PARSED: Final = {"snapshot": True, "parsed": True, "response": _PARSED_RESPONSE}


def _openai_response_event(event: Any) -> dict[str, Any]:
    return _plain(event, _PARSED)


# anthropic


def _anthropic_event(event: Any) -> dict[str, Any] | None:
    """Of `messages.stream()`: at the end of a block it adds the block, of a message the message.

    Its other events (`text`, `input_json`, `thinking` …) say again what a raw event has said.
    """
    if event.type == "message_stop":
        return {"type": "message_stop"}
    if event.type == "content_block_stop":
        return {"type": "content_block_stop", "index": event.index}
    return None


# google-genai

_ADDED_BY_GENAI: Final = {"sdk_http_response", "parsed", "automatic_function_calling_history"}
_STANDARD_BASE64: Final = str.maketrans("-_", "+/")


def _google_chunk(chunk: Any) -> dict[str, Any]:
    """Bytes come back in pydantic's base64, which is that for addresses; the wire's is not."""
    data = _plain(chunk, _ADDED_BY_GENAI)
    for candidate in data.get("candidates") or ():
        for part in (candidate.get("content") or {}).get("parts") or ():
            _mend_base64(part, "thoughtSignature")
            _mend_base64(part.get("inlineData"), "data")
    return data


def _mend_base64(holder: Any, key: str) -> None:
    if isinstance(holder, dict) and isinstance(holder.get(key), str):
        holder[key] = holder[key].translate(_STANDARD_BASE64)


# mistralai


def _mistral_event(event: Any) -> dict[str, Any] | None:
    """A server-sent event: the chunk is its data."""
    inner = getattr(event, "data", None)
    return _plain(event) if inner is None else chunk_of(inner)


# By the beginning of the module's name; the first that fits.
_READERS: Final[tuple[tuple[str, Callable[[Any], dict[str, Any] | None]], ...]] = (
    ("openai.lib.streaming.chat.", _openai_chat_event),
    ("openai.lib.streaming.responses.", _openai_response_event),
    ("anthropic.lib.", _anthropic_event),
    ("google.genai.", _google_chunk),
    ("mistralai.client.models.completionevent", _mistral_event),
)
