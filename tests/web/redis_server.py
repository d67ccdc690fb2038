"""A Redis or Valkey server with a socket in a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

NAMES = ("redis-server", "valkey-server")


class RedisServer:
    """A server process; with `keeps`, its records survive a restart."""

    def __init__(self, program: str, keeps: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="redis"))
        self._socket = self._folder / "s"
        self.url = f"unix://{self._socket}"
        keep = ["--appendonly", "yes", "--appendfsync", "always"] if keeps else []
        self._command = [program, "--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        self._command += ["--dir", str(self._folder), *keep]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not self._socket.exists():
            if time.monotonic() > end:
                pytest.fail("the server does not start")
            time.sleep(0.01)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def servers() -> list[Any]:
    """Return a parameter for each server, with a reason to skip if it is not installed."""
    return [
        pytest.param(
            name,
            marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"no {name} is installed"),
        )
        for name in NAMES
    ]
