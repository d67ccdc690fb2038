"""The growth of the cost of a feed with the size of the document, and the cost of a snapshot.

It tests two claims: a feed costs the same at 1 MB as at 2 kB, for every document and with `value`
read after every feed; and the cost of a snapshot only depends on the open values.

    python -m benchmarks.bench_growth [--quick]
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import peers
from benchmarks.corpus import DOCUMENTS, cut
from benchmarks.timing import microseconds, pair, size_name, table, times
from streamparse import JSONParser

SMALL = 2_000
LARGE = 1_000_000
DOCUMENTS_MEASURED = ("structure", "code string", "prose")
OPEN_ITEMS = (10, 100, 1_000, 10_000, 100_000)


def growth_rows(large: int, seconds: float) -> Iterator[list[str]]:
    for document in DOCUMENTS_MEASURED:
        for gives, peer in peers.OURS.items():
            yield [f"{document}, {gives}", *growth(document, peer, large, seconds)]


def growth(document: str, peer: peers.Peer, large: int, seconds: float) -> list[str]:
    """Return the cost of a feed in the small and the large document, and their ratio."""
    make = DOCUMENTS[document]
    few, many = cut(make(SMALL)), cut(make(large))
    low, high = pair(lambda: peer.run(few), lambda: peer.run(many), seconds)
    before, after = low / len(few), high / len(many)
    return [microseconds(before), microseconds(after), times(after / before)]


def snapshot_rows(counts: Sequence[int], seconds: float) -> Iterator[list[str]]:
    for items in counts:
        yield [f"{items:,}", *map(microseconds, snapshot_costs(items, seconds))]


def snapshot_costs(items: int, seconds: float) -> Iterator[float]:
    """Return the cost of snapshots, and of a deep copy of the first value.

    The first snapshot has `items` items in the open array, the second in a complete array.
    """
    inside, outside = _fed(_items(items)), _fed(f"[{_items(items)}], [0")
    assert inside.snapshot() == inside.value
    assert outside.snapshot() == outside.value
    yield from pair(inside.snapshot, outside.snapshot, seconds)
    yield pair(lambda: copy.deepcopy(inside.value), inside.snapshot, seconds, least=1)[0]


def _items(items: int) -> str:
    return ", ".join(json.dumps({"id": number, "tags": ["a", "b"]}) for number in range(items))


def _fed(text: str) -> Any:
    """Return a parser inside the array that begins with this text."""
    parser = JSONParser()
    parser.feed(f"[{text}, ")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small document and short runs")
    quick = parser.parse_args(arguments).quick
    large, seconds = (20_000, 0.01) if quick else (LARGE, 1.0)
    print(f"Build of streamparse: **{peers.build()}**.\n")
    print("µs per feed of 4 characters, by what is read after it, and growth.\n")
    head = ["document", size_name(SMALL), size_name(large), "growth"]
    print(table(head, growth_rows(large, seconds)), flush=True)
    print(
        "\nµs for `snapshot()` when n items are in the open array, or in a complete one beside it;"
    )
    print("for contrast a deep copy.\n")
    counts = OPEN_ITEMS[:2] if quick else OPEN_ITEMS
    head = ["items", "open", "complete", "deep copy"]
    print(table(head, snapshot_rows(counts, seconds)))


if __name__ == "__main__":
    main()
