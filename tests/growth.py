"""Law 6 for any parser: a late character of a stream costs no more than an early one.

There are two measurements, as in `tests/laws/test_law_6_linear.py`. The count of executed lines is
exact. The time also covers copies and compiled code, but only a large ratio is significant.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

from streamparse import COMPILED
from tests.helpers import cut
from tests.laws.test_law_6_linear import lines_run

Stream: TypeAlias = Callable[[int], str | bytes]
Feed: TypeAlias = Callable[[Sequence[Any]], object]


def is_linear(feed: Feed, stream: Stream, size: int = 1) -> None:
    """Assert that `feed` does work proportional to n for `stream(n)` in pieces of `size`."""
    if not COMPILED:
        few, many = cut(stream(400), [size]), cut(stream(16 * 400), [size])
        at_first = lines_run(lambda: feed(few)) / sum(map(len, few))
        later = lines_run(lambda: feed(many)) / sum(map(len, many))
        assert 0 < later <= 1.1 * at_first + 0.01
    if sys.gettrace() is not None:
        return  # times that a tracer adds to say nothing
    few, many = cut(stream(20_000), [size]), cut(stream(16 * 20_000), [size])
    at_first = later = float("inf")
    for _ in range(5):  # only a machine that is busy all the time fails all of them
        at_first = min(at_first, *(_seconds(feed, few) for _ in range(3)))
        later = min(later, _seconds(feed, many))
        if later <= 4 * at_first:
            return
    pytest.fail(f"a character costs {later / at_first:.1f} times as much in a longer stream")


def _seconds(feed: Feed, pieces: Sequence[Any]) -> float:
    gc.freeze()  # exclude all other objects of this process from garbage collection
    try:
        start = time.process_time()
        feed(pieces)
        return (time.process_time() - start) / sum(map(len, pieces))
    finally:
        gc.unfreeze()
