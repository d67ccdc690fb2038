"""Cost per delta of parsing JSON while it arrives, compared with other libraries.

After each delta, every peer makes the calls that a user would make for a partial value, or at least
for events. It is compared with streamparse for the same result. A peer is only timed if its final
value is that of `json.loads` and if it is fast enough. Nothing is extrapolated.

    python -m benchmarks.bench_json [--quick] [--output FILE] [--json FILE] [--plot FILE]
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import peers as library
from benchmarks.corpus import DOCUMENTS, cut
from benchmarks.peers import OURS, Peer
from benchmarks.timing import OutOfTimeError, microseconds, pair, size_name, table, times, within

SIZES = (200, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    `delta` is the characters of a delta, `seconds` the time for each comparison, and `limit` the
    longest time of a peer for one document.
    """

    documents: Sequence[str] = tuple(DOCUMENTS)
    sizes: Sequence[int] = SIZES
    delta: int = 4
    seconds: float = 0.5
    limit: float = 10.0


QUICK = Settings(("structure", "code string"), SIZES[:2], seconds=0.02, limit=1.0)


@dataclass(frozen=True)
class Cell:
    """One peer with one document: seconds per delta, or a note that explains their absence."""

    document: str
    size: int
    characters: int
    peer: str
    approach: str
    cost: float | None = None
    ratio: float | None = None  # To streamparse in the same run; None for streamparse itself.
    note: str = ""


@dataclass(frozen=True)
class Case:
    """A document of one size, and its deltas."""

    document: str
    size: int
    text: str
    deltas: list[str]

    def cell(self, peer: Peer, cost: float | None = None, **more: Any) -> Cell:
        """Return the cell of this peer; `cost` is that of the whole document."""
        each = None if cost is None else cost / len(self.deltas)
        place = (self.document, self.size, len(self.text))
        return Cell(*place, peer.name, peer.approach, each, **more)


def measure(settings: Settings, peers: Sequence[Peer]) -> Iterator[list[Cell]]:
    """Yield the cells of one document after the other."""
    for document in settings.documents:
        hopeless: set[str] = set()
        cells: list[Cell] = []
        for size in settings.sizes:
            text = DOCUMENTS[document](size)
            case = Case(document, size, text, cut(text, settings.delta))
            cells += measure_case(case, peers, settings, hopeless)
        yield cells


def measure_case(
    case: Case, peers: Sequence[Peer], settings: Settings, hopeless: set[str]
) -> list[Cell]:
    """Measure every peer with one document, except those that were too slow on a smaller one."""
    lowest = own_costs(case, settings.seconds)
    theirs: list[Cell] = []
    for peer in peers:
        note = "not run" if peer.name in hopeless else fault(peer, case, settings.limit)
        if note.startswith(">"):
            hopeless.add(peer.name)
        theirs.append(case.cell(peer, note=note) if note else compare(peer, case, settings, lowest))
    return [*(case.cell(OURS[gives], cost) for gives, cost in lowest.items()), *theirs]


def own_costs(case: Case, seconds: float) -> dict[str, float]:
    """Time streamparse for each kind of result."""
    value, events = OURS["value"], OURS["events"]
    costs = pair(lambda: value.run(case.deltas), lambda: events.run(case.deltas), seconds)
    return dict(zip(("value", "events"), costs, strict=True))


def fault(peer: Peer, case: Case, limit: float) -> str:
    """Run a peer once, and return the reason why it cannot be timed, or an empty string."""
    try:
        value = peer.run(within(limit, case.deltas))
    except OutOfTimeError as stop:
        report(f"{peer.name}, {case.document}, {size_name(case.size)}: {stop}")
        return f"> {limit:g} s"
    except Exception as error:
        report(f"{peer.name}, {case.document}, {size_name(case.size)}: {error!r}")
        return "fails"
    return "" if not peer.builds or value == json.loads(case.text) else "wrong value"


def compare(peer: Peer, case: Case, settings: Settings, lowest: dict[str, float]) -> Cell:
    """Time a peer and streamparse for the same result; `lowest` keeps streamparse's best time."""
    gives = "events" if peer.gives == "events" else "value"
    ours, theirs = pair(
        lambda: OURS[gives].run(case.deltas), lambda: peer.run(case.deltas), settings.seconds
    )
    lowest[gives] = min(lowest[gives], ours)
    return case.cell(peer, theirs, ratio=theirs / ours)


# Output.


def heading(settings: Settings, versions: dict[str, str]) -> str:
    found = ", ".join(f"{package} {version}" for package, version in versions.items())
    return (
        f"Build of streamparse: **{library.build()}**. {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}. "
        f"Peers: {found or 'none'}.\n\n"
        f"µs per delta of {settings.delta} characters, with a fresh parser for "
        "each document, the smallest of several runs; in brackets how many times what streamparse "
        "took in turn with it, giving the same: the value after every delta, or its events for "
        "ijson, which builds nothing (and is not checked). `json.loads` shows nothing before the "
        "end. Growth: cost per delta of the largest document measured, over that of the smallest. "
        f"> {settings.limit:g} s: stopped; larger ones are not run. Wrong value: not that of "
        "`json.loads`, so not timed."
    )


def document_table(cells: Sequence[Cell]) -> str:
    """Return the Markdown table of one document: a row for each peer, a column for each size."""
    sizes = sorted({cell.size for cell in cells})
    rows = [_row([cell for cell in cells if cell.peer == name]) for name in _names(cells)]
    head = [cells[0].document, *(size_name(size) for size in sizes), "growth"]
    return table(head, rows)


def _names(cells: Iterable[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.peer for cell in cells))


def _row(cells: Sequence[Cell]) -> list[str]:
    return [cells[0].peer, *map(_entry, cells), _growth(cells)]


def _entry(cell: Cell) -> str:
    if cell.cost is None:
        return cell.note
    if cell.ratio is None:
        return microseconds(cell.cost)
    return f"{microseconds(cell.cost)} ({times(cell.ratio)})"


def _growth(cells: Sequence[Cell]) -> str:
    costs = [(cell.cost, cell.size) for cell in cells if cell.cost is not None]
    if len(costs) < 2:
        return ""
    (first, _), (last, size) = costs[0], costs[-1]
    reached = "" if size == cells[-1].size else f" to {size_name(size)}"
    return f"{times(last / first)}{reached}"


def report(line: str) -> None:
    """Print a line that is not part of the result."""
    print(line, file=sys.stderr, flush=True)


def raw(settings: Settings, versions: dict[str, str], cells: Iterable[Cell]) -> dict[str, Any]:
    return {
        "build": library.build(),
        "python": platform.python_version(),
        "delta": settings.delta,
        "versions": versions,
        "cells": [asdict(cell) for cell in cells],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options().parse_args(arguments)
    if options.plot:
        # Fail before the measurements, which take minutes.
        from benchmarks.plot import require

        require()
    settings = _settings(options)
    peers = library.load(options.peers, report)
    versions = library.versions(peers)
    parts, cells = [heading(settings, versions)], list[Cell]()
    print(parts[0], flush=True)
    for found in measure(settings, peers):
        cells += found
        parts.append(document_table(found))
        print(f"\n{parts[-1]}", flush=True)
    _write(options, "\n\n".join(parts), raw(settings, versions, cells))


def _write(options: argparse.Namespace, text: str, figures: dict[str, Any]) -> None:
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        from benchmarks.plot import draw

        draw([figures], options.plot)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="small documents and short runs: does it work?")
    add("--documents", nargs="+", choices=DOCUMENTS, metavar="NAME", help=", ".join(DOCUMENTS))
    add("--sizes", nargs="+", type=int, metavar="N", help="in characters")
    add("--delta", type=int, metavar="N", help="characters in a delta (4)")
    add("--peers", nargs="*", choices=library.NAMES, default=library.NAMES, metavar="NAME")
    add("--seconds", type=float, metavar="N", help="for each comparison (0.5)")
    add("--limit", type=float, metavar="N", help="seconds a peer may take for a document (10)")
    add("--output", type=Path, metavar="FILE", help="write the tables as Markdown")
    add("--json", type=Path, metavar="FILE", help="write the raw figures, which plot can draw")
    add("--plot", type=Path, metavar="FILE", help="draw the figures: .svg or .png")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    """Return the default or quick settings, overridden by the given options."""
    base = asdict(QUICK if options.quick else Settings())
    given = {name: getattr(options, name) for name in base if getattr(options, name) is not None}
    return Settings(**{**base, **given})


if __name__ == "__main__":
    main()
