"""A provider with recorded answers for the programs of `examples/frameworks`."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import runpy
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = EXAMPLES / "frameworks"
PATIENCE = 30.0  # The seconds after which a test fails if nothing of the answer was read.


class Provider:
    """Answers each request with the next recording; its second half waits for `gate`."""

    def __init__(self, *recordings: str | bytes) -> None:
        self.recordings = [
            (EXAMPLES / each).read_bytes() if isinstance(each, str) else each for each in recordings
        ]
        self.requests: list[Any] = []
        self.url = ""
        self.left = 0  # The number of requests whose client left before the end.
        self.gate = threading.Event()
        self.gate.set()
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> StreamingResponse:
        self.requests.append(await request.json())
        recording = self.recordings.pop(0)
        kind = "application/json" if recording.startswith(b"{") else "text/event-stream"
        return StreamingResponse(self._pieces(recording), media_type=kind)

    async def _pieces(self, recording: bytes) -> AsyncIterator[bytes]:
        half = len(recording) // 2
        yield recording[:half]
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        try:
            while not self.gate.is_set():
                assert loop.time() < end, "nothing was read before the end of the answer"
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.left += 1
            raise
        yield recording[half:]


def run(program: str, *arguments: str) -> str:
    """Run a program and return its output.

    It runs in this process, because frameworks are slow to import.
    """
    printed = io.StringIO()
    with (
        mock.patch.object(sys, "argv", [program, *arguments]),
        contextlib.redirect_stdout(printed),
    ):
        runpy.run_path(str(PROGRAMS / program), run_name="__main__")
    return printed.getvalue()


def load(name: str) -> ModuleType:
    """Import a program as a module. The caller removes it from `sys.modules`."""
    spec = importlib.util.spec_from_file_location(name, PROGRAMS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
