"""Tests of the input files: rows of plain and compressed files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from streamparse._cli.batch_inputs import chunks, expanded, needed, sources
from streamparse._cli.streams import Complaint

LINES = b'{"a": 1}\n\n{"b": 2}\r\n{"c": 3}'
ROWS: list[Any] = [{"a": 1}, {"b": 2}, {"c": 3}]


def read(*names: Path, size: int = 2) -> list[tuple[int, list[object]]]:
    files = sources(map(str, names))
    return [(one.first, [value for value, _ in one.rows]) for one in chunks(files, size, "body")]


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_lines(tmp_path: Path, size: int) -> None:
    plain = tmp_path / "one.jsonl"
    plain.write_bytes(LINES)
    packed = tmp_path / "two.ndjson.gz"
    packed.write_bytes(gzip.compress(LINES))
    found = read(plain, packed, size=size)
    assert [value for _, values in found for value in values] == ROWS * 2
    assert [first for first, _ in found] == list(range(0, 6, size))


def test_lines_that_are_not_json_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(b'"data: x"\n{broken\n' + b"[" * 100_000 + b"\n\xff\n")
    [(_, values)] = read(path, size=9)
    assert values == ["data: x", b"{broken", b"[" * 100_000, b"\xff"]


def test_zstandard_and_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    packed = tmp_path / "one.jsonl.zst"
    packed.write_bytes(pa.compress(LINES, "zstd", asbytes=True))
    table = tmp_path / "two.parquet"
    parquet.write_table(pa.table({"body": ["x", None]}), table)
    assert [value for _, values in read(packed, table) for value in values] == [*ROWS, "x", None]
    with pytest.raises(Complaint, match="no column 'other'"):
        list(chunks(sources([str(table)]), 2, "other"))


def test_rows_of_whole_files_have_their_name(tmp_path: Path) -> None:
    for name in ("a.sse", "b.sse"):
        (tmp_path / name).write_bytes(b"data: 1\n\ndata: 2\n\n")
    files = sources(expanded([str(tmp_path / "*.sse")]))
    [chunk] = chunks(files, 9, "body", first=4)
    assert chunk.first == 4
    assert [name for _, name in chunk.rows] == ["a.sse", "b.sse"]
    assert chunk.read == 36


def test_error_messages(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="no file matches"):
        expanded([str(tmp_path / "*.none")])
    with pytest.raises(Complaint, match="No such file"):
        sources([str(tmp_path / "none.jsonl")])
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(LINES)[:-9])
    with pytest.raises(Complaint, match=r"broken\.jsonl\.gz"):
        read(broken)
    with pytest.raises(ImportError, match=r"streamparse\[arrow\]"):
        needed("streamparse.none", "Such files")
