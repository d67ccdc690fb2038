"""Usage records that several APIs write alike."""

from __future__ import annotations

from typing import Any

from streamparse._core.plain import dict_of, number_of
from streamparse.message import Usage

__all__ = ["input_with_cache", "openai_usage", "sum_of"]


def openai_usage(raw: dict[str, Any]) -> Usage:
    """Return the usage in a record of OpenAI's APIs; Responses has names of its own.

    DeepSeek has `prompt_cache_hit_tokens`, and Perplexity `reasoning_tokens` outside of details.
    """
    # The names of the realtime API have no "s".
    taken, given = raw.get("input_token_details"), raw.get("output_token_details")
    taken = dict_of(raw.get("prompt_tokens_details") or raw.get("input_tokens_details") or taken)
    given = raw.get("output_tokens_details") or given
    given = dict_of(raw.get("completion_tokens_details") or given)
    return Usage(
        input_tokens=number_of(raw.get("prompt_tokens"), raw.get("input_tokens")),
        cached_tokens=number_of(taken.get("cached_tokens"), raw.get("prompt_cache_hit_tokens")),
        cache_write_tokens=number_of(taken.get("cache_write_tokens")),
        output_tokens=number_of(raw.get("completion_tokens"), raw.get("output_tokens")),
        reasoning_tokens=number_of(given.get("reasoning_tokens"), raw.get("reasoning_tokens")),
        total_tokens=number_of(raw.get("total_tokens")),
        raw=raw,
    )


def sum_of(count: Any, other: Any) -> int | None:
    """Return the sum of the counts that are there, or None without any."""
    one, two = number_of(count), number_of(other)
    if one is None or two is None:
        return two if one is None else one
    return one + two


def input_with_cache(fresh: int | None, read: int | None, written: int | None) -> int | None:
    """Return all tokens of the input, where the record counts those of the cache apart."""
    return None if fresh is None else fresh + (read or 0) + (written or 0)
