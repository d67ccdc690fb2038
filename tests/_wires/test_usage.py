from __future__ import annotations

from typing import Any

import pytest

from streamparse._wires.usage import input_with_cache, openai_usage, sum_of


@pytest.mark.parametrize("prompt", ["prompt", "input"])
def test_names_of_chat_and_of_responses(prompt: str) -> None:
    answer = "completion" if prompt == "prompt" else "output"
    raw = {
        f"{prompt}_tokens": 9,
        f"{prompt}_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        f"{answer}_tokens": 5,
        f"{answer}_tokens_details": {"reasoning_tokens": 3},
    }
    usage = openai_usage(raw)
    assert (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens) == (9, 4, 2)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (5, 3, 14)
    assert usage.raw is raw


def test_counts_outside_of_details() -> None:
    usage = openai_usage({"prompt_cache_hit_tokens": 6, "reasoning_tokens": 2, "total_tokens": 9})
    assert (usage.cached_tokens, usage.reasoning_tokens, usage.total_tokens) == (6, 2, 9)
    assert usage.input_tokens is usage.output_tokens is None


@pytest.mark.parametrize(
    ("counts", "total"),
    [((None, "3"), None), ((2, None), 2), ((2, 5), 7), ((0, 0), 0), ((True, 4), 4)],
)
def test_sums(counts: tuple[Any, Any], total: int | None) -> None:
    assert sum_of(*counts) == total


@pytest.mark.parametrize(
    ("counts", "total"), [((None, 4, 1), None), ((3, None, None), 3), ((3, 4, 1), 8)]
)
def test_input_with_cache(counts: tuple[int | None, ...], total: int | None) -> None:
    assert input_with_cache(*counts) == total
