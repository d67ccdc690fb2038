"""Starts a server on a free port of this machine, and stops it."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

START = 30.0  # the seconds within which a server must answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Return whether a server answers at the URL, with any status."""
    try:
        build_opener(ProxyHandler({})).open(url, timeout=1).close()
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
    return True


@contextmanager
def running(command: list[str], port: int, ready: str) -> Iterator[str]:
    """Start the server, and yield its address once the path `ready` answers."""
    base = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            end = time.monotonic() + START
            while not answers(base + ready):
                if server.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    raise RuntimeError(f"no server: {log.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.05)
            yield base
        finally:
            server.terminate()
            server.wait(10)
