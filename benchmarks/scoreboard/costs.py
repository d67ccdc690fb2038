"""Cost per delta: the jobs, and their figures as ratios to `json.loads` of the same text.

A library and `json.loads` run alternately in one process, so that their ratio is reliable even on a
busy machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from benchmarks.scoreboard.libraries import Library

SIZES: Final = (1_000, 10_000, 100_000)
#: A run of partial JSON is stopped after this many seconds.
LIMIT: Final = 5.0
DOCUMENTS: Final = {"structure": "A list of records", "code string": "One long string"}


def jobs(library: Library, sizes: Sequence[int], seconds: float) -> list[tuple[str, str]]:
    return list(_jobs(library, sizes, seconds))


def _jobs(library: Library, sizes: Sequence[int], seconds: float) -> Iterator[tuple[str, str]]:
    for of in ("json", "openai-chat", "openai-responses", "anthropic-messages"):
        if of not in library.uses:
            continue
        for document in DOCUMENTS:
            for size in sizes if of == "json" else sizes[:2]:
                id = f"{of}/{document}/{size}"
                job = {"id": id, "task": "cost", "of": of, "document": document, "size": size}
                yield id, json.dumps(job | {"limit": LIMIT, "seconds": seconds})


def rows(answers: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures: microseconds per delta, and the ratio of the total to `json.loads`."""
    found = []
    for id, answer in answers.items():
        of, document, size = id.split("/")
        row: dict[str, Any] = {"of": of, "document": document, "size": int(size)}
        if "seconds" in answer:
            row["microseconds"] = round(answer["seconds"] / answer["deltas"] * 1e6, 3)
            if "base" in answer:
                row["ratio"] = round(answer["seconds"] / answer["base"], 2)
            if "stopped" in answer:
                row["stopped"] = round(answer["stopped"], 4)
        else:
            row["failed"] = answer.get("raised") or answer.get("died")
        found.append(row)
    return found
