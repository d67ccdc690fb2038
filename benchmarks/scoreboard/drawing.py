"""Charts as SVG text, drawn with the colours of the page (`currentColor` and its variables)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

#: The size of a chart in its own units; it is scaled to the width of the page.
WIDTH: Final = 412
HEIGHT: Final = 330
_LEFT: Final = 46
_RIGHT: Final = 168
_TOP: Final = 12
_BOTTOM: Final = 40
_LINE: Final = 14


@dataclass
class Line:
    """A library in a chart.

    Attributes:
        name: The name at the end of its line.
        style: The class of its line.
        points: Characters and microseconds per delta.
        bounds: The number of points at the end that are lower bounds; the line to them is dashed.
    """

    name: str
    style: str
    points: list[tuple[int, float]]
    bounds: int = 0


def chart(lines: Sequence[Line], title: str) -> str:
    """Draw lines with logarithmic axes; each has its name at its end."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    low, high = floor(log10(min(ys))), ceil(log10(max(ys)))
    start, end = log10(min(xs)), log10(max(xs))
    width, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - start) / ((end - start) or 1)
        up = (log10(y) - low) / ((high - low) or 1)
        return _LEFT + across * width, _TOP + (1 - up) * height

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for power in range(low, high + 1):
        _, y = place(xs[0], 10.0**power)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_LEFT + width}"/>')
        parts.append(f'<text class="axis" x="{_LEFT - 6}" y="{y + 4:.1f}">{10.0**power:,g}</text>')
    for size in sorted(set(xs)):
        at, _ = place(size, 10.0**low)
        parts.append(
            f'<text class="axis middle" x="{at:.1f}" y="{HEIGHT - 22}">{size // 1000} kB</text>'
        )
    parts.append(
        f'<text class="axis middle" x="{_LEFT + width / 2}" y="{HEIGHT - 5}">'
        "size of the document</text>"
    )
    ends = [(line, place(*line.points[-1])) for line in lines]
    for line, (x, y), label in zip(lines, (end for _, end in ends), _labels(ends), strict=True):
        places = ["{:.1f} {:.1f}".format(*place(*point)) for point in line.points]
        sure = len(places) - line.bounds
        solid = "L".join(places[:sure] or places[:1])
        parts.append(f'<path class="line {line.style}" d="M{solid}"/>')
        if line.bounds:
            dashed = "L".join(places[max(sure - 1, 0) :])
            parts.append(f'<path class="line bound {line.style}" d="M{dashed}"/>')
        parts.append(f'<path class="lead" d="M{x:.1f} {y:.1f}L{_LEFT + width + 12} {label:.1f}"/>')
        parts.append(
            f'<text class="label {line.style}" x="{_LEFT + width + 15}" y="{label + 4:.1f}">'
            f"{escape(line.name)}</text>"
        )
    return "".join([*parts, "</svg>"])


def _labels(ends: Sequence[tuple[Line, tuple[float, float]]]) -> list[float]:
    """Return heights of the names at which they do not overlap."""
    order = sorted(range(len(ends)), key=lambda number: ends[number][1][1])
    heights = [0.0] * len(ends)
    last = 0.0
    for number in order:
        last = max(ends[number][1][1], last + _LINE)
        heights[number] = last
    below = HEIGHT - 8.0
    for number in reversed(order):
        heights[number] = min(heights[number], below)
        below = heights[number] - _LINE
    return heights
