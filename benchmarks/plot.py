"""Draws the raw figures of `bench_json`: the cost per delta against the size of the document.

    python -m benchmarks.plot FIGURES.json [OTHER-BUILD.json] docs/benchmark.svg

From a second file only the line of streamparse is drawn, so that one picture shows both builds.
matplotlib is required.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any, Final

from benchmarks.peers import OURS

Figures = dict[str, Any]

PANELS: Final = {"structure": "A list of records", "code string": "One long string"}

# The palette of Okabe and Ito, for colour-blind readers; every line also has its name at its end.
# The colour shows how a library works, which determines the shape of its line.
COLORS: Final = {
    "ours": "#0072b2",
    "continues": "#009e73",
    "re-parses": "#d55e00",
    "floor": "#666666",
}
APPROACHES: Final = {
    "continues": "goes on from where it was",
    "re-parses": "parses all that has arrived, again",
    "floor": "nothing before the end",
}

# The height of a line of text and the width of a letter, in decades of the axes.
_LABEL_GAP: Final = 0.24
_LETTER: Final = 0.07

# Text stays text, and names are not random, so that the file is small and reproducible.
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "streamparse",
    "font.size": 8.5,
}


@dataclass
class Line:
    """One library in one panel: points of (characters, µs per delta)."""

    name: str
    approach: str
    points: list[tuple[int, float]]
    dashed: bool = False
    label_at: float = 0.0

    def __post_init__(self) -> None:
        self.label_at = self.points[-1][1]


def require() -> None:
    """Exit with a clear message if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        hint = "drawing needs matplotlib: pip install 'llm-streamparse[bench]'"
        raise SystemExit(hint) from None


def draw(figures: Sequence[Figures], target: Path) -> None:
    require()
    import matplotlib

    matplotlib.use("agg")  # Draws to a file.
    matplotlib.rcParams.update(_STYLE)
    from matplotlib import pyplot

    picture, axes = pyplot.subplots(1, len(PANELS), figsize=(10, 4.6), sharey=True, squeeze=False)
    for axis, (document, title) in zip(axes[0], PANELS.items(), strict=True):
        lines = list(panel_lines(figures, document))
        spread_labels(lines)
        _draw_panel(axis, lines, title)
    axes[0][0].set_ylabel(f"µs per delta of {figures[0]['delta']} characters")
    _explain_colors(picture)
    picture.subplots_adjust(left=0.07, right=0.82, top=0.83, bottom=0.12, wspace=0.6)
    metadata = {"Date": None} if target.suffix == ".svg" else None
    picture.savefig(target, dpi=110, metadata=metadata, facecolor="white")
    pyplot.close(picture)


def panel_lines(figures: Sequence[Figures], document: str) -> Iterator[Line]:
    """Return the lines of one document; streamparse has one for each build."""
    for number, run in enumerate(figures):
        cells = [cell for cell in run["cells"] if cell["document"] == document]
        for name in dict.fromkeys(cell["peer"] for cell in cells):
            line = _line([cell for cell in cells if cell["peer"] == name], run["build"])
            if line and (number == 0 or line.approach == "ours"):
                yield line


def _line(cells: Sequence[dict[str, Any]], build: str) -> Line | None:
    name, approach = cells[0]["peer"], cells[0]["approach"]
    points = [(cell["characters"], cell["cost"] * 1e6) for cell in cells if cell["cost"]]
    if not points or name == OURS["events"].name:  # The line with values would hide it.
        return None
    if approach == "ours":
        return Line(f"streamparse, {build}", approach, points, dashed=build != "compiled")
    return Line(name, approach, points)


def spread_labels(lines: Sequence[Line]) -> None:
    """Move overlapping names apart, from the lowest up."""
    placed: list[Line] = []
    for line in sorted(lines, key=lambda line: line.points[-1][1]):
        for below in placed:
            if _meet(line, below) and log10(line.label_at / below.label_at) < _LABEL_GAP:
                line.label_at = below.label_at * 10**_LABEL_GAP
        placed.append(line)


def _meet(one: Line, other: Line) -> bool:
    """Return whether the name that begins further left reaches the other one."""
    left, right = sorted((one, other), key=lambda line: line.points[-1][0])
    return log10(right.points[-1][0] / left.points[-1][0]) < len(left.name) * _LETTER


def _draw_panel(axis: Any, lines: Sequence[Line], title: str) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    axis.set(xscale="log", yscale="log", xlabel="characters in the document")
    axis.set_title(title, loc="left", weight="bold")
    axis.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    for side in (axis.xaxis, axis.yaxis):
        side.set_minor_locator(NullLocator())
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    for line in lines:
        _draw_line(axis, line)


def _draw_line(axis: Any, line: Line) -> None:
    ours = line.approach == "ours"
    color, order = COLORS[line.approach], 3 if ours else 2
    dash = "--" if line.dashed or line.approach == "floor" else "-"
    style = {"color": color, "linestyle": dash, "linewidth": 2.4 if ours else 1.3, "zorder": order}
    axis.plot(*zip(*line.points, strict=True), marker="o", markersize=3, **style)
    weight = "bold" if ours else "normal"
    place = (line.points[-1][0] * 1.25, line.label_at)  # It may be beyond the axis.
    axis.text(*place, line.name, va="center", color=color, weight=weight, zorder=4)


def _explain_colors(picture: Any) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=COLORS[approach], linewidth=2, label=text)
        for approach, text in APPROACHES.items()
    ]
    picture.legend(handles=handles, loc="upper left", ncols=len(handles), frameon=False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("figures", nargs="+", type=Path, help="files that bench_json --json wrote")
    parser.add_argument("target", type=Path, help="the picture: .svg or .png")
    options = parser.parse_args(arguments)
    draw([json.loads(path.read_text(encoding="utf-8")) for path in options.figures], options.target)


if __name__ == "__main__":
    main()
