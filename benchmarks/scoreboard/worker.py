"""Reads the jobs of one library from standard input, and writes its answer to each as a line.

    python -m benchmarks.scoreboard.worker LIBRARY

The first line has the versions of the packages, or the reason why the library cannot be imported.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module, metadata
from typing import Any, Final, TextIO

from benchmarks import timing
from benchmarks.bodies import BODIES, network
from benchmarks.corpus import DOCUMENTS, cut
from benchmarks.scoreboard.libraries import LIBRARIES, Library

Reader = Callable[..., Any]

#: A measurement lasts at least this many seconds.
_ENOUGH: Final = 0.02
#: A run that takes longer than this many seconds is not repeated.
_LONG: Final = 1.0


class Shown:
    """Records the partial values of a reader as JSON text, because readers change them later."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def __call__(self, value: object) -> None:
        text = json.dumps(value, default=_plain)
        if not self.values or self.values[-1] != text:
            self.values.append(text)


def says_something(value: Any) -> bool:
    """Return whether a partial value has more than empty objects and nulls."""
    if isinstance(value, dict):
        return any(map(says_something, value.values()))
    return value is not None


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump() if dump else str(value)


def message(reader: Reader, job: dict[str, Any]) -> dict[str, Any]:
    pieces = [piece.encode("latin-1") for piece in job["pieces"]]
    found: dict[str, Any] = reader(pieces)
    return found


def raw_text(reader: Reader, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = reader(job["pieces"], job["style"])
    return found


def typed(reader: Reader, job: dict[str, Any]) -> dict[str, Any]:
    """Run a reader of typed values; `taken` is the number of pieces that it has read."""
    given = job["call_pieces" if getattr(reader, "reads_calls", False) else "pieces"]
    taken, shown = [0], Shown()
    first: list[int] = []

    def pieces() -> Any:
        for piece in given:
            taken[0] += 1
            yield piece.encode("latin-1")

    def show(value: object) -> None:
        shown(value)
        if not first and says_something(json.loads(shown.values[-1])):
            first.append(taken[0])

    found: dict[str, Any]
    try:
        found = {"value": json.loads(json.dumps(reader(pieces(), show), default=_plain))}
    except Exception as error:
        found = {"raised": _named(error)}
    places = {"taken": taken[0], "first": first[0] if first else None, "of": len(given)}
    return {**found, **places, "shown": shown.values}


def partial_json(reader: Reader, job: dict[str, Any]) -> dict[str, Any]:
    measure = job.get("measure")
    shown = Shown() if measure is None else _ignore
    value = reader(job["pieces"], shown)
    if measure == "deep":
        return {"value": depth(value)}
    if measure == "string":
        return {"value": len(value["text"])}
    return {"value": value, "shown": getattr(shown, "values", [])}


def _ignore(value: object) -> None:
    pass


def depth(value: Any) -> int:
    """Return the depth of nested arrays without recursion."""
    levels = 0
    while isinstance(value, list):
        levels += 1
        value = value[0] if value else None
    return levels


def repair(reader: Reader, job: dict[str, Any]) -> dict[str, Any]:
    return {"value": reader(job["pieces"])}


def cost(readers: dict[str, Reader], job: dict[str, Any]) -> dict[str, Any]:
    """Time a reader and `json.loads` alternately. A run that is stopped gives a lower bound."""
    reader, limit = readers[job["of"]], job["limit"]
    text = DOCUMENTS[job["document"]](job["size"])
    if job["of"] == "json":
        deltas = cut(text)
        count = len(deltas)
        run = partial(reader, deltas, _ignore)
        base: Callable[[], object] = partial(json.loads, text)
        first = partial(reader, timing.within(limit, deltas), _ignore)
    else:
        body = BODIES[job["of"]](text, 4)
        records = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: {")]
        count = len(records)
        run = first = partial(reader, network(body))
        base = partial(_decode, records)
    start = time.process_time()
    try:
        first()
    except timing.OutOfTimeError as error:
        share = max(error.share, 1e-4)
        spent = (time.process_time() - start) / share
        return {"seconds": spent, "stopped": share, "deltas": count}
    spent, floor = time.process_time() - start, _processor_time(base)
    deadline = time.perf_counter() + job["seconds"]
    while time.perf_counter() < deadline and spent < _LONG:
        spent, floor = min(spent, _processor_time(run)), min(floor, _processor_time(base))
    return {"seconds": spent, "base": floor, "deltas": count}


def _processor_time(work: Callable[[], object]) -> float:
    """Return the processor time of one run in seconds, from enough runs to measure it.

    Real time would include other processes, which interrupt a long run more often than a short one.
    """
    runs, start = 0, time.process_time()
    while (spent := time.process_time() - start) < _ENOUGH:
        work()
        runs += 1
    return spent / runs


def _decode(records: list[bytes]) -> None:
    for record in records:
        json.loads(record)


_TASKS: dict[str, Callable[[Reader, dict[str, Any]], dict[str, Any]]] = {
    "openai-chat": message,
    "openai-responses": message,
    "anthropic-messages": message,
    "raw-text": raw_text,
    "typed": typed,
    "json": partial_json,
    "repair": repair,
}


def answer(readers: dict[str, Reader], job: dict[str, Any]) -> dict[str, Any]:
    try:
        if job["task"] == "cost":
            seen = cost(readers, job)
        else:
            seen = _TASKS[job["task"]](readers[job["task"]], job)
        return {"id": job["id"], **seen}
    except Exception as error:
        return {"id": job["id"], "raised": _named(error)}


def _named(error: BaseException) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:200].rstrip(": ")


def header(library: Library) -> dict[str, Any]:
    versions = {name: metadata.version(name) for name in library.packages if _installed(name)}
    return {"versions": versions, "python": platform.python_version()}


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def serve(name: str, source: TextIO, target: TextIO) -> None:
    library = LIBRARIES[name]
    try:
        module = import_module(f"benchmarks.scoreboard.readers.{library.module}")
        readers = module.readers(name)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), file=target, flush=True)
        return
    print(json.dumps(header(library) | getattr(module, "HEADER", {})), file=target, flush=True)
    for line in source:
        print(json.dumps(answer(readers, json.loads(line))), file=target, flush=True)


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    # Some libraries print, but standard output is for the answers.
    target = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.argv[1], sys.stdin, target)


if __name__ == "__main__":
    main()
