"""Runs the command line in this process, or in another one if a test needs pipes or signals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import streamparse
from streamparse import _cli

EXAMPLES = Path(__file__).parents[2] / "examples"
TRIP = EXAMPLES / "trip.json"
COMMAND = [sys.executable, "-m", "streamparse"]
# The process imports the build that is tested, and UTF-8 must not depend on the locale.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(streamparse.__file__).parents[1]),
    "PYTHONIOENCODING": "ascii",
}
TIMEOUT = 60  # Seconds, for work that usually takes a tenth of a second.


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], input=given, capture_output=True, env=ENVIRONMENT, timeout=TIMEOUT
    )


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process with three pipes, and kill it if it hangs."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT) as child:
        watchdog = threading.Timer(TIMEOUT, child.kill)
        watchdog.start()
        try:
            yield child
        finally:
            watchdog.cancel()
            child.kill()


class Runner:
    """Runs the command line in this process; `out` and `err` are the output of the last run."""

    def __init__(self, capture: pytest.CaptureFixture[bytes], folder: Path) -> None:
        self.capture = capture
        self.folder = folder
        self.out = self.err = b""

    def __call__(self, *arguments: str, given: bytes | str) -> int:
        """Run a command with a file of the content `given`, whose name follows the command."""
        file = self.folder / "input.json"
        file.write_bytes(given if isinstance(given, bytes) else given.encode())
        return self.bare(arguments[0], str(file), *arguments[1:])

    def bare(self, *arguments: str) -> int:
        try:
            return _cli.main(arguments)
        except SystemExit as left:
            return int(left.code or 0)
        finally:
            self.out, self.err = self.capture.readouterr()

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The only line on standard error, with `FILE` for the name of the file."""
        lines = self.err.decode().splitlines()
        assert len(lines) == 1
        return lines[0].replace(str(self.folder / "input.json"), "FILE")
