"""The bytes and the time for sending a growing value to a reader.

A document arrives in deltas of four characters. After each delta, or in the last columns after
several deltas, either the whole value or a patch is sent: packed, or plain (JSON Patch with
`append`). The figures are the bytes sent for each byte of the document, and the µs per delta for
creating and applying the patch, in addition to parsing.

    python -m benchmarks.bench_patches [--quick]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from benchmarks.corpus import DOCUMENTS, cut
from benchmarks.timing import microseconds, pair, size_name, table, times
from streamparse import JSONParser, PatchApplier, PatchPacker, to_patches

SIZE: Final = 100_000
SEVERAL: Final = (1, 4, 50)  # The number of deltas for each patch.
_SAMPLES: Final = 200  # The number of deltas at which the whole value is measured.

Batches = list[list[Any]]


def written(value: Any) -> int:
    """Return the number of bytes of a line of compact JSON."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()) + 1


def batches(pieces: Iterable[str], several: int = 1) -> Batches:
    """Return the events of the document in batches of several deltas."""
    parser = JSONParser()
    found: Batches = []
    for number, piece in enumerate(pieces):
        if number % several == 0:
            found.append([])
        found[-1] += parser.feed(piece)
    return found


def packed(events: Batches) -> list[Any]:
    packer = PatchPacker()
    return [patch for patch in map(packer.pack, events) if patch]


def plain(events: Batches) -> list[Any]:
    return [patch for patch in map(to_patches, events) if patch]


def sent_again(pieces: list[str]) -> float:
    """Estimate from samples how many bytes are sent if the whole value follows every delta."""
    parser, step = JSONParser(), max(len(pieces) // _SAMPLES, 1)
    total = 0
    for number, piece in enumerate(pieces):
        parser.feed(piece)
        if number % step == step // 2:
            total += written(parser.value) * step
    return total


def byte_rows(size: int) -> Iterator[list[str]]:
    for name, make in DOCUMENTS.items():
        text = make(size)
        pieces, whole = cut(text), len(text.encode())
        row = [times(sent_again(pieces) / whole)]
        for way in (packed, plain):
            for several in SEVERAL:
                total = sum(map(written, way(batches(pieces, several))))
                row.append(f"{total / whole:.2f}")
        yield [name, *row]


def time_rows(size: int, seconds: float) -> Iterator[list[str]]:
    for name in ("structure", "code string", "prose"):
        pieces = cut(DOCUMENTS[name](size))
        events = batches(pieces)
        making = pair(lambda: packed(events), lambda: plain(events), seconds)  # noqa: B023
        ways = packed(events), plain(events)
        applying = pair(_applying(ways[0]), _applying(ways[1]), seconds)
        figures = (microseconds(took / len(pieces)) for took in (*making, *applying))
        yield [name, *figures]


def _applying(patches: list[Any]) -> Callable[[], object]:
    def work() -> None:
        applier = PatchApplier()
        for patch in patches:
            applier.apply(patch)

    return work


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Bytes and cost of patches.")
    parser.add_argument("--quick", action="store_true", help="a small document, for a look")
    quick = parser.parse_args(arguments).quick
    size, seconds = (SIZE // 20, 0.0) if quick else (SIZE, 1.0)
    head = [f"{each} at a time" for each in SEVERAL]
    columns = [f"{way}, {each}" for way in ("packed", "plain") for each in head]
    print(f"Bytes sent for each byte of {size_name(size)}, in deltas of 4 characters:\n")
    print(table(["", "value again", *columns], byte_rows(size)))
    print("\nµs for each delta:\n")
    print(
        table(["", "pack", "to_patches", "apply packed", "apply plain"], time_rows(size, seconds))
    )


if __name__ == "__main__":
    main()
