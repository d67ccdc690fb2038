"""The job of `streamparse batch`: parses chunks of rows in several processes.

Each chunk becomes one part in a folder next to the output file, with its counts. A part is written
under a temporary name and then renamed, so a part that exists is complete. A job that was killed
can therefore resume: it skips the chunks whose parts exist. At the end the parts are joined in
order and the folder is removed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from streamparse._cli.batch_inputs import Chunk, Source, needed
from streamparse._cli.streams import UNUSABLE, Complaint
from streamparse.batch.rows import RowParser

__all__ = ["Counts", "Job", "Part"]

_AHEAD: Final = 2  # chunks queued for each process; the limit bounds memory
_COPIED: Final = 1 << 20  # bytes copied at a time


class Counts:
    """The counts of some rows for a summary. Counts of several parts can be added."""

    def __init__(self) -> None:
        self.rows = 0
        self.answers = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.status: Counter[str] = Counter()
        self.finish: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def take(self, row: dict[str, Any]) -> None:
        """Count one answer."""
        self.answers += 1
        self.status[row["status"]] += 1
        if row["finish_reason"]:
            self.finish[row["finish_reason"]] += 1
        if row["error"] is not None:
            self.errors[row["error"]["code"]] += 1
        for call in row["calls"]:
            self.calls[f"{call['name']} {call['status']}"] += 1
            self.errors.update(error["code"] for error in call["errors"])
        usage = row["usage"] or {}
        self.input_tokens += usage.get("input_tokens") or 0
        self.output_tokens += usage.get("output_tokens") or 0

    def add(self, other: Counts) -> None:
        """Add the counts of another part."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, Counter):
                mine.update(value)
            else:
                setattr(self, name, mine + value)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Counts:
        """Return the counts that `to_dict` described."""
        counts = cls()
        for name, value in data.items():
            setattr(counts, name, Counter(value) if isinstance(value, dict) else value)
        return counts


class Part:
    """A part of the output: its file, the bytes of input up to its end, and its counts."""

    def __init__(self, path: Path, read: int, counts: Counts) -> None:
        self.path = path
        self.read = read
        self.counts = counts


class Job:
    """Parses input files into one output file.

    Args:
        target: The output file, `.parquet` or `.jsonl`.
        files: The input files.
        options: The options of `MessageParser`.
        size: The number of rows in a chunk.
        column: The column to read from Parquet files.

    Raises:
        Complaint: The file name extension of the output is not supported.
    """

    def __init__(
        self, target: Path, files: list[Source], options: dict[str, Any], size: int, column: str
    ) -> None:
        self.suffix = target.suffix.lower()
        if self.suffix not in (".parquet", ".jsonl"):
            raise Complaint(f"{target}: the output must be a .parquet or .jsonl file", UNUSABLE)
        if self.suffix == ".parquet":
            needed("pyarrow.parquet", "Parquet files")
        self.target = target
        self.folder = target.with_name(f"{target.name}.parts")
        self._options = options
        plan = {"files": files, "options": options, "size": size, "column": column}
        self._plan = json.dumps(plan, default=str)

    def prepare(self, restart: bool) -> None:
        """Create the folder of the parts; remove parts of other options or other input.

        Raises:
            Complaint: The folder cannot be written.
        """
        plan = self.folder / "plan.json"
        try:
            old = plan.read_text(encoding="utf-8") if plan.exists() else None
            if restart or old != self._plan:
                shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            plan.write_text(self._plan, encoding="utf-8")
        except OSError as error:
            raise Complaint(f"{self.folder}: {error.strerror}", UNUSABLE) from None

    def parts(self, chunks: Iterable[Chunk], processes: int) -> Iterator[Part]:
        """Yield the parts as they are completed, including those of an earlier run."""
        todo = self._left(chunks)
        if processes <= 1:
            for found in todo:
                yield found if isinstance(found, Part) else self._done(found)
            return
        # Each process gets a new interpreter: forking a process that has threads can deadlock.
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            yield from self._parallel(todo, pool, processes * _AHEAD)

    def join(self, parts: Iterable[Part]) -> None:
        """Join the parts into the output file, and remove them."""
        beside = self.target.with_name(f"{self.target.name}.new")
        paths = [part.path for part in sorted(parts, key=lambda part: part.path.name)]
        (_join_parquet if self.suffix == ".parquet" else _join_lines)(paths, beside)
        os.replace(beside, self.target)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _left(self, chunks: Iterable[Chunk]) -> Iterator[Part | Chunk]:
        for chunk in chunks:
            path = self._path(chunk)
            counts = path.with_suffix(".json")
            if path.exists() and counts.exists():
                known = json.loads(counts.read_text(encoding="utf-8"))
                yield Part(path, chunk.read, Counts.from_dict(known))
            else:
                yield chunk

    def _parallel(
        self, todo: Iterator[Part | Chunk], pool: ProcessPoolExecutor, most: int
    ) -> Iterator[Part]:
        running: set[Future[Part]] = set()
        for found in todo:
            if isinstance(found, Part):
                yield found
                continue
            running.add(pool.submit(_parsed, *self._work(found)))
            if len(running) >= most:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    yield each.result()
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()

    def _done(self, chunk: Chunk) -> Part:
        return _parsed(*self._work(chunk))

    def _work(self, chunk: Chunk) -> tuple[Chunk, Path, dict[str, Any]]:
        return chunk, self._path(chunk), self._options

    def _path(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.first:012}{self.suffix}"


_PARSERS: Final[dict[str, RowParser]] = {}  # so that each process compiles the tools once


def _parsed(chunk: Chunk, path: Path, options: dict[str, Any]) -> Part:
    """Parse a chunk and write its part; runs in a worker process."""
    key = json.dumps(options, default=str)
    parser = _PARSERS.get(key)
    if parser is None:
        parser = _PARSERS[key] = RowParser(**options)
    counts, rows = Counts(), []
    counts.rows = len(chunk.rows)
    for place, (value, name) in enumerate(chunk.rows):
        for row in parser.rows(value, chunk.first + place, name):
            counts.take(row)
            rows.append(row)
    _whole(path, _as_parquet if path.suffix == ".parquet" else _as_lines, rows)
    _whole(path.with_suffix(".json"), _as_counts, counts)
    return Part(path, chunk.read, counts)


def _whole(path: Path, write: Callable[[Path, Any], None], what: Any) -> None:
    """Write a file under a temporary name and rename it, so that a file that exists is complete."""
    beside = path.with_name(f"{path.name}.new")
    write(beside, what)
    os.replace(beside, path)


def _as_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow.parquet as parquet

    from streamparse.batch.columns import SCHEMA, batch_of

    with parquet.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        writer.write_batch(batch_of(rows))


def _as_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")


def _as_counts(path: Path, counts: Counts) -> None:
    path.write_text(json.dumps(counts.to_dict()), encoding="utf-8")


def _join_parquet(paths: list[Path], target: Path) -> None:
    import pyarrow.parquet as parquet

    from streamparse.batch.columns import SCHEMA

    with parquet.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        for path in paths:
            writer.write_table(parquet.read_table(path, schema=SCHEMA))


def _join_lines(paths: list[Path], target: Path) -> None:
    with open(target, "wb") as output:
        for path in paths:
            with open(path, "rb") as part:
                shutil.copyfileobj(part, output, _COPIED)
