"""Tests of jobs: chunks of any size and order, stopping and resuming."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamparse._cli import batch_job
from streamparse._cli.batch_inputs import Chunk, Source, chunks, sources
from streamparse._cli.batch_job import Counts, Job
from streamparse._cli.streams import Complaint

BODY = {
    "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi."}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2},
}


@pytest.fixture
def files(tmp_path: Path) -> list[Source]:
    lines = [json.dumps({"custom_id": str(n), "response": {"body": BODY}}) for n in range(10)]
    lines[4] = "{broken"
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return sources([str(path)])


def finish(job: Job, files: list[Source], size: int, processes: int = 1) -> Counts:
    parts = list(job.parts(chunks(files, size, "body"), processes))
    job.join(parts)
    total = Counts()
    for part in parts:
        total.add(part.counts)
    return total


def ids(target: Path) -> list[Any]:
    return [json.loads(line)["id"] for line in target.read_text(encoding="utf-8").splitlines()]


WANTED = [*"0123", None, *"56789"]


@pytest.mark.parametrize(("size", "processes"), [(1, 1), (3, 1), (99, 1), (2, 2)])
def test_every_row_in_order(tmp_path: Path, files: list[Source], size: int, processes: int) -> None:
    job = Job(tmp_path / "out.jsonl", files, {}, size, "body")
    job.prepare(restart=False)
    total = finish(job, files, size, processes)
    assert ids(tmp_path / "out.jsonl") == WANTED
    assert (total.rows, total.status) == (10, {"complete": 9, "failed": 1})
    assert (total.input_tokens, total.output_tokens) == (27, 18)
    assert not job.folder.exists()


def test_parquet(tmp_path: Path, files: list[Source]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    job = Job(tmp_path / "out.parquet", files, {}, 3, "body")
    job.prepare(restart=False)
    finish(job, files, 3)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table["id"].to_pylist() == WANTED
    assert table["row"].to_pylist() == list(range(10))


def test_a_stopped_job_is_resumed(
    tmp_path: Path, files: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.jsonl"
    job = Job(target, files, {}, 2, "body")
    job.prepare(restart=False)
    done = job.parts(chunks(files, 2, "body"), 1)
    first = [next(done), next(done)]
    (job.folder / "000000000004.jsonl.new").write_text("half")
    parsed: list[int] = []
    original = batch_job._parsed

    def counted(chunk: Chunk, path: Path, options: dict[str, Any]) -> batch_job.Part:
        parsed.append(chunk.first)
        return original(chunk, path, options)

    monkeypatch.setattr(batch_job, "_parsed", counted)
    again = Job(target, files, {}, 2, "body")
    again.prepare(restart=False)
    total = finish(again, files, 2)
    assert parsed == [4, 6, 8]
    assert [part.counts.rows for part in first] == [2, 2]
    assert (ids(target), total.rows) == (WANTED, 10)


@pytest.mark.parametrize("change", ["options", "input", "restart"])
def test_parts_of_another_job_are_not_used(
    tmp_path: Path, files: list[Source], change: str
) -> None:
    target = tmp_path / "out.jsonl"
    job = Job(target, files, {}, 5, "body")
    job.prepare(restart=False)
    next(job.parts(chunks(files, 5, "body"), 1))
    assert len(list(job.folder.glob("*.jsonl"))) == 1
    options = {"api": "text"} if change == "options" else {}
    other = [files[0]._replace(size=1)] if change == "input" else files
    Job(target, other, options, 5, "body").prepare(restart=change == "restart")
    assert list(job.folder.glob("*.jsonl")) == []


def test_counts_survive_as_json() -> None:
    counts = Counts()
    error = {"code": "type"}
    call = {"name": "find", "status": "rejected", "errors": [error]}
    usage = {"input_tokens": 1, "output_tokens": None}
    row = {"status": "complete", "finish_reason": "stop", "error": None}
    counts.take({**row, "calls": [call], "usage": usage})
    assert counts.errors == {"type": 1}
    again = Counts.from_dict(json.loads(json.dumps(counts.to_dict())))
    assert vars(again) == vars(counts)


def test_unknown_kind_of_output(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match=r"\.parquet or \.jsonl"):
        Job(tmp_path / "out.csv", [], {}, 1, "body")
