"""Times two functions alternately, so that their ratio is reliable even on a busy machine.

The smallest time of each counts. Other load on the machine affects both, and can only make a time
longer.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, TypeVar

R = TypeVar("R")

Work = Callable[[], object]

# Processor time is not used, because some systems count it in ticks: the smallest time of many
# short runs would be too small.
clock: Final = time.perf_counter

# A turn lasts at least this many seconds and this share of the slowest run, so that the fast side
# has enough runs.
_TURN: Final = 0.01
_SHARE: Final = 0.05


class OutOfTimeError(Exception):
    """Raised by `within` after `share` of the deltas."""

    def __init__(self, share: float) -> None:
        super().__init__(f"stopped after {share:.0%} of the document")
        self.share = share


def within(seconds: float, deltas: list[str]) -> Iterator[str]:
    """Yield the deltas until the time is over, so that a slow run is stopped."""
    deadline = clock() + seconds
    for number, delta in enumerate(deltas):
        if clock() > deadline:
            raise OutOfTimeError(number / len(deltas))
        yield delta


def pair(one: Work, other: Work, seconds: float, least: int = 3) -> tuple[float, float]:
    """Return the smallest time of each, from at least `least` turns within at least `seconds`."""
    lowest, slowest, response = [float("inf")] * 2, 0.0, 0
    deadline = clock() + seconds
    while response < least or clock() < deadline:
        for side, work in enumerate((one, other)):
            took = _answer(work, max(_TURN, slowest * _SHARE))
            lowest[side], slowest = min(lowest[side], *took), max(slowest, *took)
        response += 1
    return lowest[0], lowest[1]


def _answer(work: Work, seconds: float) -> tuple[float, float]:
    """Return the fastest and the slowest run within the given seconds."""
    quickest, slowest, deadline = float("inf"), 0.0, clock() + seconds
    while slowest == 0.0 or clock() < deadline:
        start = clock()
        work()
        took = clock() - start
        quickest, slowest = min(quickest, took), max(slowest, took)
    return quickest, slowest


def apart(measure: Callable[..., R], *arguments: Any) -> R:
    """Return the result of a call in a new process, which starts without loaded code and data."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, *arguments).result()


def microseconds(seconds: float) -> str:
    """Format a number with three significant digits."""
    value = seconds * 1e6
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times(ratio: float) -> str:
    """Format a ratio with two digits and the sign."""
    digits = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"
    return f"\N{MULTIPLICATION SIGN}{digits}"


def size_name(size: int) -> str:
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= factor:
            return f"{size / factor:g} {unit}"
    return f"{size} B"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table: the first column is text, the others are figures."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines.insert(1, rule)
    return "\n".join(f"| {' | '.join(_aligned(line, widths))} |" for line in lines)


def _aligned(line: list[str], widths: list[int]) -> list[str]:
    figures = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
    return [line[0].ljust(widths[0]), *figures]
