"""The token counts of the answers of a stream, under the names that both protocols use."""

from __future__ import annotations

from typing import Final

from streamparse._answers.usage import sum_of_usages
from streamparse.message import Usage

__all__ = ["UsageTotals", "usage_counts"]

_COUNTS: Final = (
    ("inputTokens", "input_tokens"),
    ("outputTokens", "output_tokens"),
    ("totalTokens", "total_tokens"),
    ("reasoningTokens", "reasoning_tokens"),
    ("cachedInputTokens", "cached_tokens"),
    ("cacheWriteInputTokens", "cache_write_tokens"),
)


def usage_counts(usage: Usage | None) -> dict[str, int]:
    """Return the token counts under the names that both protocols use."""
    if usage is None:
        return {}
    counts = {name: getattr(usage, ours) for name, ours in _COUNTS}
    return {name: count for name, count in counts.items() if count is not None}


class UsageTotals:
    """The usage of each answer of a stream.

    Attributes:
        entries: The usage of each answer that has ended, with its model.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[str | None, Usage]] = []
        self._current: Usage | None = None

    def update(self, usage: Usage | None) -> None:
        """Set the usage of the current answer so far."""
        self._current = usage

    def end_answer(self, model: str | None) -> None:
        """Add the current answer to the entries."""
        if self._current is not None:
            self.entries.append((model, self._current))
            self._current = None

    def total(self) -> dict[str, int]:
        """Return the tokens of all answers together."""
        return usage_counts(sum_of_usages([usage for _, usage in self.entries]))
