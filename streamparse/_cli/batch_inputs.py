"""The input files of `streamparse batch`: one row per line or per file, plain or compressed."""

from __future__ import annotations

import glob
import gzip
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

from streamparse._cli.streams import UNUSABLE, Complaint, name_of

__all__ = ["Chunk", "Source", "chunks", "expanded", "sources"]

_LINES: Final = (".jsonl", ".ndjson")
_MANY: Final = 1_000  # rows of a Parquet file that are read at once


class Source(NamedTuple):
    """A file to read: its name, size in bytes (0 if unknown) and modification time."""

    name: str
    size: int
    changed: float


class Chunk(NamedTuple):
    """Consecutive rows: the first row number, values with their ids, and bytes read so far."""

    first: int
    rows: list[tuple[Any, str | None]]
    read: int


def expanded(names: Iterable[str]) -> list[str]:
    """Return the files that the names and glob patterns match, in the order given.

    Raises:
        Complaint: A pattern matches nothing.
    """
    found: list[str] = []
    for name in names:
        if name != "-" and not os.path.exists(name) and glob.has_magic(name):
            matched = sorted(glob.glob(name, recursive=True))
            if not matched:
                raise Complaint(f"{name}: no file matches", UNUSABLE)
            found += matched
        else:
            found.append(name)
    return found


def sources(names: Iterable[str]) -> list[Source]:
    """Return the files with their sizes.

    Raises:
        Complaint: A file cannot be read.
    """
    found = []
    for name in names:
        if name == "-":
            found.append(Source(name, 0, 0.0))
            continue
        try:
            status = os.stat(name)
            with open(name, "rb"):
                pass
        except OSError as error:
            raise Complaint(f"{name}: {error.strerror}", UNUSABLE) from None
        found.append(Source(name, status.st_size, status.st_mtime))
    return found


def chunks(files: Iterable[Source], size: int, column: str, first: int = 0) -> Iterator[Chunk]:
    """Yield the rows of all files, `size` at a time.

    Args:
        files: The files.
        size: The number of rows in each chunk; the last chunk may have fewer.
        column: The column of a Parquet file.
        first: The number of the first row.
    """
    rows = _all_rows(files, column)
    while True:
        some = list(islice(rows, size))
        if not some:
            return
        yield Chunk(first, [(value, name) for value, name, _ in some], some[-1][2])
        first += len(some)


_Row = tuple[Any, "str | None", int]


def _all_rows(files: Iterable[Source], column: str) -> Iterator[_Row]:
    before = 0
    for source in files:
        try:
            for value, name, read in _rows(source, column):
                yield value, name, before + read
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Complaint(f"{name_of(source.name)}: {reason}", UNUSABLE) from error
        before += source.size


def _rows(source: Source, column: str) -> Iterator[_Row]:
    """Yield each row with its id and the number of bytes read from the file so far."""
    path = Path(source.name)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in (".gz", ".zst") else ""
    kind = suffixes[-1] if suffixes else ""
    if kind == ".parquet":
        yield from _of_parquet(source.name, column)
        return
    with _raw(source.name) as raw, _unpacked(raw, packed) as stream:
        if source.name == "-" or kind in _LINES:
            for line in stream:
                if line.strip():
                    yield _decoded(line.rstrip(b"\r\n")), None, _told(raw)
        else:
            yield stream.read(), path.name, source.size


def _decoded(line: bytes) -> Any:
    """Return the value of a line; if it is not JSON, the line, so that its row gets the error."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _raw(name: str) -> IO[bytes]:
    if name == "-":
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
    return open(name, "rb")


def _told(raw: IO[bytes]) -> int:
    return raw.tell() if raw.seekable() else 0


def _unpacked(raw: IO[bytes], packed: str) -> IO[bytes]:
    if packed == ".gz":
        return cast("IO[bytes]", gzip.open(raw))
    if packed == ".zst":
        pa = needed("pyarrow", "Zstandard files")
        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd"))
    return raw


def _of_parquet(name: str, column: str) -> Iterator[_Row]:
    parquet = needed("pyarrow.parquet", "Parquet files")
    with parquet.ParquetFile(name) as file:
        if column not in file.schema_arrow.names:
            raise Complaint(
                f"{name}: there is no column {column!r}; name it with --column", UNUSABLE
            )
        count, done = max(1, file.metadata.num_rows), 0
        total = os.path.getsize(name)
        for batch in file.iter_batches(_MANY, columns=[column]):
            for value in batch.column(0).to_pylist():
                done += 1
                yield value, None, total * done // count


def needed(module: str, what: str) -> Any:
    """Import and return a module that the extra `arrow` installs.

    Raises:
        ImportError: The module is not installed; the message names the extra.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        advice = 'pip install "llm-streamparse[arrow]"'
        raise ImportError(f"{what} need pyarrow: {advice}") from error
