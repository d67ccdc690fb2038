"""The examples run, and show what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import streamparse

EXAMPLES = Path(__file__).parents[1] / "examples"
TRIP = EXAMPLES / "trip.json"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(streamparse.__file__).parents[1]),
    "PYTHONUTF8": "1",
}


def output(*command: str, folder: Path) -> str:
    """What a program prints, run from elsewhere; it may neither fail nor complain."""
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, cwd=folder, env=ENVIRONMENT, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_trip_shows_what_matters() -> None:
    text = TRIP.read_text(encoding="utf-8")
    assert 2000 < len(text) < 3000
    assert not text.isascii()
    assert {"\\n", "\\t", '\\"', "\\\\", "\\u", "\\ud83d"} <= {
        piece for size in (2, 6) for start in range(len(text)) if (piece := text[start:][:size])
    }
    assert streamparse.parse(text) == json.loads(text)


def test_partial_json(tmp_path: Path) -> None:
    lines = output(str(EXAMPLES / "partial_json.py"), folder=tmp_path).splitlines()
    assert lines[0] == "    6  {}"
    assert '   24  {"title": "Three days"}' in lines
    assert " 1782  $['budget']['total'] = 59.4" in lines
    assert lines[-1].startswith(f"{len(TRIP.read_text(encoding='utf-8')):5}  $ = ")


def test_partial_json_of_another_file(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('"ciao"', encoding="utf-8")
    assert (
        output(str(EXAMPLES / "partial_json.py"), str(other), folder=tmp_path) == '    6  "ciao"\n'
    )


@pytest.mark.parametrize("arguments", [[], ["--partial"], ["--select", "$.days[*]"]])
def test_command_line_on_the_example(arguments: list[str], tmp_path: Path) -> None:
    text = output("-m", "streamparse", "json", str(TRIP), *arguments, folder=tmp_path)
    assert [json.loads(line) for line in text.splitlines()]
