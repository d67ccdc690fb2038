"""Chunk objects of the providers' SDKs as plain data, without importing any SDK.

All of them (openai, anthropic, google-genai, mistralai, ollama, cohere) are pydantic models. They
fill in defaults that were not on the wire (`index=0` in Mistral's), so only what was set counts.
"""

from __future__ import annotations

from typing import Any

__all__ = ["chunk_of"]


def chunk_of(chunk: Any) -> dict[str, Any] | None:
    """The chunk as a dict in the words of the wire; None for what only the SDK added.

    Raises `TypeError` for anything that is neither a dict nor such an object.
    """
    if isinstance(chunk, dict):
        return chunk
    dump = getattr(chunk, "model_dump", None)
    if dump is None:
        raise TypeError(
            "a fragment is bytes, text, a decoded chunk (dict) or a chunk object of an SDK, "
            f"not {type(chunk).__name__}"
        )
    data = dump(mode="json", by_alias=True, exclude_unset=True)
    if not isinstance(data, dict):
        raise TypeError(f"{type(chunk).__name__}.model_dump() gives no dict")
    return data
