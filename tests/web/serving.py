"""A real server in a thread, and a client that reads records like a web page."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from streamparse import SSEDecoder

TIMEOUT = 30.0  # Seconds, for work that usually takes a tenth of a second.


class Server:
    """Serves an application with uvicorn on a free port."""

    def __init__(self, app: Any, patience: int = 5) -> None:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        host, port = self._listening.getsockname()
        self.address = (host, port)
        self.url = f"http://{host}:{port}"
        config = uvicorn.Config(
            app, log_level="error", ws="none", timeout_graceful_shutdown=patience
        )
        self._server = uvicorn.Server(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Server:
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()

    def _run(self) -> None:
        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._listening])

        asyncio.run(serve())


class Breaking:
    """An application whose connections at `path` break after a number of messages."""

    def __init__(self, app: Any, path: str, messages: int) -> None:
        self._app = app
        self._path = path
        self._messages = messages

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        left = self._messages

        async def sending(message: Any) -> None:
            nonlocal left
            left -= scope.get("path") == self._path
            if left < 0:
                raise OSError("broken")
            await send(message)

        await self._app(scope, receive, sending)


def until(condition: Callable[[], object], timeout: float = TIMEOUT) -> None:
    """Wait until the condition is true; fail after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            pytest.fail("the condition did not become true")
        time.sleep(0.005)


@dataclass
class Upstream:
    """An async source that counts how often it was opened, read and closed."""

    items: list[Any]
    pause: float = 0.0
    error: Exception | None = None
    endless: bool = False
    given: int = 0
    closed: int = 0
    opened: int = 0
    waiting: list[Any] = field(default_factory=list)

    def __call__(self) -> AsyncIterator[Any]:
        self.opened += 1
        return self.read()

    async def read(self) -> AsyncIterator[Any]:
        try:
            for item in self.items:
                await asyncio.sleep(self.pause)
                self.given += 1
                yield item
            if self.error is not None:
                raise self.error
            if self.endless:
                await asyncio.Event().wait()
        finally:
            self.closed += 1


@dataclass
class Received:
    """What a client received from one connection."""

    ids: list[str] = field(default_factory=list)
    data: list[Any] = field(default_factory=list)
    comments: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    last_id: str = ""


@contextmanager
def connected(url: str, last_id: str = "", **options: Any) -> Iterator[httpx.Response]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with (
        httpx.Client(timeout=TIMEOUT, trust_env=False) as client,
        client.stream("GET", url, headers=headers, **options) as response,
    ):
        yield response


def whole_events(records: list[Any]) -> list[Any]:
    """Expand compact records, which omit what the record before has; see `CompactEvents`."""
    events: list[Any] = []
    for record in records:
        events.append(record if "type" in record else {**events[-1], **record})
    return events


def get(url: str, last_id: str = "", stop_after: int | None = None) -> Received:
    """Read a response to its end, or until it has this number of records."""
    got = Received(last_id=last_id)
    with connected(url, last_id) as response:
        got.status, got.headers = response.status_code, dict(response.headers)
        decoder = SSEDecoder()
        for data in response.iter_bytes():
            got.comments += data.count(b":\n\n")
            for record in decoder.feed(data):
                got.ids.append(record.id)
                got.data.append(json.loads(record.data))
                if stop_after is not None and len(got.data) >= stop_after:
                    got.last_id = got.ids[-1]
                    return got
            got.last_id = decoder.last_event_id or got.last_id
    return got
