"""Law 6 for any parser: a late character of a stream costs no more than an early one.

There are two measurements, as in `tests/laws/test_law_6_linear.py`. The count of executed lines is
exact. The time also covers copies and compiled code, but only a large ratio is significant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

from streamparse import COMPILED
from tests.helpers import cut
from tests.timing import lines_run, seconds

Stream: TypeAlias = Callable[[int], str | bytes]
Feed: TypeAlias = Callable[[Sequence[Any]], object]


def is_linear(feed: Feed, stream: Stream, size: int = 1) -> None:
    """Assert that `feed` does work proportional to n for `stream(n)` in pieces of `size`."""
    if not COMPILED:
        few, many = cut(stream(400), [size]), cut(stream(16 * 400), [size])
        at_first = lines_run(lambda: feed(few)) / size_of(few)
        later = lines_run(lambda: feed(many)) / size_of(many)
        assert 0 < later <= 1.1 * at_first + 0.01
    few, many = cut(stream(20_000), [size]), cut(stream(16 * 20_000), [size])
    at_first = later = float("inf")
    for _ in range(5):  # Another process may disturb some of the rounds, but hardly all.
        at_first = min(at_first, *(seconds(lambda: feed(few)) / size_of(few) for _ in range(3)))
        later = min(later, seconds(lambda: feed(many)) / size_of(many))
        if later <= 4 * at_first:
            return
    pytest.fail(f"a character costs {later / at_first:.1f} times as much in a longer stream")


def size_of(pieces: Sequence[Any]) -> int:
    return sum(map(len, pieces))
