"""Memory with `select` and `keep="open"`, compared with keeping everything.

The document is generated in fragments and is never complete in memory. Each measurement runs in its
own process. The figure is the increase of the peak memory of the process as reported by the
system, which includes the memory of C code.

    python -m benchmarks.bench_memory [--megabytes N]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import peers
from benchmarks.corpus import record_stream
from benchmarks.timing import apart, clock, table
from streamparse import JSONParser, ValueCompleted

MEGABYTE: Final = 1_000_000
SHARES: Final = (0.01, 0.1, 0.5, 1.0)  # Memory is measured after these parts of the document.
FRAGMENT: Final = 4_096
_CONTRAST: Final = 10  # The document that is kept is smaller by this factor.


@dataclass(frozen=True)
class Result:
    megabytes: float
    seconds: float
    items: int
    raised: list[float]  # The increase in MB after each of SHARES.


def peak() -> float:
    """Return the peak memory of this process, in MB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return _peak_by_resource()
    # In a new process, the figure of `resource` would begin at the peak of its parent.
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / MEGABYTE if found else _peak_by_resource()


def _peak_by_resource() -> float:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def measure(megabytes: float, keep: str) -> Result:
    """Parse a document in this process."""
    size = int(megabytes * MEGABYTE)
    fragments = record_stream(size, FRAGMENT)
    parser = JSONParser(select="$.items[*]", keep=keep)
    fed, items, marks, raised = 0, 0, [share * size for share in SHARES], list[float]()
    parser.feed(next(fragments))  # Loads code and tables.
    before, start = peak(), clock()
    for fragment in fragments:
        items += sum(isinstance(event, ValueCompleted) for event in parser.feed(fragment))
        fed += len(fragment)
        while marks and fed >= marks[0]:
            del marks[0]
            raised.append(peak() - before)
    parser.finish()
    seconds = clock() - start
    return Result(fed / MEGABYTE, seconds, items, [*raised, *[peak() - before] * len(marks)])


def rows(megabytes: float) -> Iterator[list[str]]:
    for keep, size in (("open", megabytes), ("all", megabytes / _CONTRAST)):
        result = apart(measure, size, keep)
        speed = result.megabytes / result.seconds
        yield [
            f'keep="{keep}"',
            f"{result.megabytes:,.1f} MB",
            f"{result.items:,}",
            *(f"{raised:.1f} MB" for raised in result.raised),
            f"{speed:.1f}",
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=200, help="size of the document (200)")
    options = parser.parse_args(arguments)
    print(f"Build of streamparse: **{peers.build()}**. Fragments of {FRAGMENT:,} characters.\n")
    print("By how much the highest memory use has risen after a share of the document.\n")
    head = ["$.items[*]", "document", "items", *(f"{share:.0%}" for share in SHARES), "MB/s"]
    print(table(head, rows(options.megabytes)))


if __name__ == "__main__":
    main()
