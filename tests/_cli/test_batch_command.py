"""Tests of `streamparse batch`: output, exit status, and resuming after a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamparse._cli.batch_command import ignore, progress, summarize
from streamparse._cli.batch_job import Counts, Part
from tests._cli.running import COMMAND, ENVIRONMENT, EXAMPLES, Runner, run

BODY = {
    "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi."}}],
}


def written(target: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def lines(path: Path, count: int) -> Path:
    row = json.dumps({"response": {"body": BODY}, "custom_id": "x"})
    path.write_text(f"{row}\n" * count, encoding="utf-8")
    return path


def test_files_of_one_answer_each(command: Runner, tmp_path: Path) -> None:
    target, page = tmp_path / "out.jsonl", tmp_path / "report.html"
    given = [str(EXAMPLES / "*chat.sse"), str(EXAMPLES / "anthropic-messages.sse")]
    arguments = ["-o", str(target), "--jobs", "1", "--html", str(page)]
    assert command.bare("batch", *given, *arguments) == 0
    rows = written(target)
    assert [row["id"] for row in rows] == ["openai-chat.sse", "anthropic-messages.sse"]
    assert {row["status"] for row in rows} == {"complete"}
    assert b"2 rows, 2 answers" in command.err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_failures_have_a_status(command: Runner, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"custom_id": "1", "result": {"type": "expired"}}\n', encoding="utf-8")
    target = tmp_path / "out.jsonl"
    assert command.bare("batch", str(source), "-o", str(target), "--jobs", "1") == 1
    assert [row["status"] for row in written(target)] == ["failed"]


def test_wrong_usage(command: Runner, tmp_path: Path) -> None:
    source = str(lines(tmp_path / "in.jsonl", 1))
    assert command.bare("batch", source) == 2
    assert command.bare("batch", source, "-o", str(tmp_path / "out.csv")) == 2
    assert command.bare("batch", source, "-o", "out.jsonl", "--format", "herms") == 2
    assert command.bare("batch", str(tmp_path / "none.jsonl"), "-o", "out.jsonl") == 2


def test_standard_input_and_processes(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    source = lines(tmp_path / "in.jsonl", 40)
    options = ["--jobs", "2", "--rows", "7"]
    done = run("batch", "-", "-o", str(target), *options, given=source.read_bytes())
    assert done.returncode == 0, done.stderr.decode()
    assert [row["row"] for row in written(target)] == list(range(40))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_is_resumed(tmp_path: Path) -> None:
    source, target = lines(tmp_path / "in.jsonl", 3_000), tmp_path / "out.jsonl"
    command = [*COMMAND, "batch", str(source), "-o", str(target), "--jobs", "1", "--rows", "20"]
    parts = tmp_path / "out.jsonl.parts"
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL) as child:
        until = time.monotonic() + 30
        while len(list(parts.glob("*.json"))) < 4 and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    before = {path.name: path.stat().st_mtime_ns for path in parts.glob("*.jsonl")}
    assert before
    assert not target.exists()
    done = run(*command[len(COMMAND) :])
    assert done.returncode == 0, done.stderr.decode()
    assert [row["row"] for row in written(target)] == list(range(3_000))
    assert not parts.exists()


@pytest.mark.parametrize("kind", ["--tools", "--output-schema"])
def test_tools_and_schemas_are_checked_before_a_file_is_written(
    command: Runner, tmp_path: Path, kind: str
) -> None:
    given, target = lines(tmp_path / "in.jsonl", 1), tmp_path / "out.jsonl"
    bad = tmp_path / "bad.json"
    bad.write_text('[{"name": 5}]' if kind == "--tools" else '{"type": "odd"}')
    assert command.bare("batch", str(given), "-o", str(target), kind, str(bad)) == 2
    assert not target.exists()


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a progress bar on a terminal, and none without rich."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    part = Part.__new__(Part)
    part.counts, part.read = Counts(), 7
    with progress(10) as show:
        assert show is not ignore
        show(part)
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with progress(10) as show:
        assert show is ignore


def test_a_process_without_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    summarize(Counts(), 1.0)
