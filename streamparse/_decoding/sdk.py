"""Converts chunk objects of the providers' SDKs to plain data, without importing any SDK.

The chunks of openai, anthropic, google-genai, mistralai, ollama and litellm are pydantic models.
They contain defaults that were not on the wire (`index=0` and `id="null"` in Mistral's calls), so
only fields that were set are read. The message then equals that of the same bytes, except for what
the SDKs drop:

- openai drops `[DONE]`, so the answer of a server that ends with `[DONE]` alone, without a finish
  reason, looks cut. The helper `chat.completions.stream()` drops chunks whose `object` is missing
  or has another value.
- anthropic drops pings. google-genai and ollama drop unknown fields and the order of members.
- litellm gives chunks of OpenAI's API, and langchain messages of its own: see `langchain`.
- All of them raise errors of the provider as their own exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, cast

from streamparse._decoding.langchain import message_chunk

__all__ = ["chunk_of"]


def chunk_of(chunk: Any) -> dict[str, Any] | None:
    """Return the chunk as it was on the wire, or None for an event that the SDK added.

    Args:
        chunk: A dict, or a chunk object of an SDK.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(chunk, dict):
        return chunk
    if hasattr(chunk, "DESCRIPTOR"):
        return _protocol_buffer(chunk)
    module = type(chunk).__module__
    for prefix, read in _READERS:
        if module.startswith(prefix):
            return read(chunk)
    if not hasattr(chunk, "model_dump"):
        raise TypeError(
            "a fragment is bytes, text, a decoded chunk (dict) or a chunk object of an SDK, "
            f"not {type(chunk).__name__}"
        )
    return _plain(chunk)


def _plain(chunk: Any, exclude: Any = None) -> dict[str, Any]:
    # SDKs do not validate what they read, so pydantic would warn about values of other types.
    data = chunk.model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude=exclude, warnings=False
    )
    if not isinstance(data, dict):
        raise TypeError(f"{type(chunk).__name__}.model_dump() does not return a dict")
    return data


def _protocol_buffer(chunk: Any) -> dict[str, Any]:
    """Convert a protocol buffer message, which the a2a SDK uses since version 1.0."""
    plain = import_module("google.protobuf.json_format").MessageToDict(chunk)
    return cast("dict[str, Any]", plain)


# openai


def _openai_chat_event(event: Any) -> dict[str, Any] | None:
    """Convert an event of `chat.completions.stream()`; one of its events has the raw chunk."""
    return chunk_of(event.chunk) if event.type == "chunk" else None


# `responses.stream()` adds these fields to the events of the API.
_PARSED_RESPONSE: Final = {
    "output": {"__all__": {"parsed_arguments": True, "content": {"__all__": {"parsed"}}}}
}
_PARSED: Final = {"snapshot": True, "parsed": True, "response": _PARSED_RESPONSE}


def _openai_response_event(event: Any) -> dict[str, Any]:
    return _plain(event, _PARSED)


# anthropic


def _anthropic_event(event: Any) -> dict[str, Any] | None:
    """Convert an event of `messages.stream()`.

    The helper adds the whole block or message to the event at its end. Its other events (`text`,
    `input_json`, `thinking` …) repeat the contents of raw events.
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
    """Convert a chunk; pydantic dumps bytes as URL-safe base64, the wire uses standard base64."""
    data = _plain(chunk, _ADDED_BY_GENAI)
    for candidate in data.get("candidates") or ():
        for part in (candidate.get("content") or {}).get("parts") or ():
            _fix_base64(part, "thoughtSignature")
            _fix_base64(part.get("inlineData"), "data")
    return data


def _fix_base64(holder: Any, key: str) -> None:
    if isinstance(holder, dict) and isinstance(holder.get(key), str):
        holder[key] = holder[key].translate(_STANDARD_BASE64)


# mistralai


def _mistral_event(event: Any) -> dict[str, Any] | None:
    """Convert a server-sent event, whose data is the chunk."""
    inner = getattr(event, "data", None)
    return _plain(event) if inner is None else chunk_of(inner)


# replicate


def _replicate_event(event: Any) -> dict[str, Any]:
    """Convert a server-sent event of the SDK, whose data is text."""
    return {"event": event.event.value, "data": event.data, "id": event.id}


# langchain


def _langchain_generation(generation: Any) -> dict[str, Any]:
    """Convert what the `_stream` of a chat model gives."""
    return message_chunk(generation.message)


# The converters by the beginning of the module's name; the first match counts.
_READERS: Final[tuple[tuple[str, Callable[[Any], dict[str, Any] | None]], ...]] = (
    ("openai.lib.streaming.chat.", _openai_chat_event),
    ("openai.lib.streaming.responses.", _openai_response_event),
    ("anthropic.lib.", _anthropic_event),
    ("google.genai.", _google_chunk),
    ("mistralai.client.models.completionevent", _mistral_event),
    ("replicate.stream", _replicate_event),
    ("langchain_core.messages.ai", message_chunk),
    ("langchain_core.outputs.chat_generation", _langchain_generation),
)
