"""Tests of streamparse.frontends.usage_totals."""

from __future__ import annotations

from streamparse import Usage
from streamparse.frontends.usage_totals import UsageTotals, usage_counts


def test_usage_counts() -> None:
    assert usage_counts(None) == {}
    assert usage_counts(Usage(input_tokens=3, output_tokens=0, cached_tokens=2)) == {
        "inputTokens": 3,
        "outputTokens": 0,
        "totalTokens": 3,
        "cachedInputTokens": 2,
    }


def test_the_last_usage_of_each_answer_counts() -> None:
    totals = UsageTotals()
    totals.update(Usage(output_tokens=1))
    totals.update(Usage(output_tokens=5))
    totals.end_answer("fern-1")
    totals.end_answer("fern-1")  # without usage
    totals.update(Usage(output_tokens=2, input_tokens=4))
    totals.end_answer(None)
    assert [model for model, _ in totals.entries] == ["fern-1", None]
    assert totals.total() == {"outputTokens": 7, "inputTokens": 4, "totalTokens": 6}
