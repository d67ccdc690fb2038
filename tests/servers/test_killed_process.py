"""Tests that another process continues an answer from Redis after its process was killed."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamparse import MessageParser, SSEDecoder
from streamparse.web import RedisStore, encoded, sse_response
from tests._drivers.test_reconnect import RECORDS, provider
from tests.web.redis_server import NAMES, RedisServer
from tests.web.serving import Server, until

pytest.importorskip("redis", reason="redis-py is not installed")

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("reading_process.py")


def unbroken() -> list[Any]:
    parser, texts = MessageParser("openai-responses"), []
    for record in RECORDS:
        texts += [encoded(event) for event in parser.feed(record)]
    texts += [encoded(event) for event in parser.finish()]
    return [json.loads(text) for text in texts]


class Page(threading.Thread):
    """Reads the stream like an `EventSource`, and collects its events in `events`."""

    def __init__(self, url: str, stream: str) -> None:
        super().__init__()
        self.url, self.last = url, f"{stream}-0"
        self.events: list[Any] = []
        self.ended = False

    def run(self) -> None:
        end = time.monotonic() + 60
        while not self.ended and time.monotonic() < end:
            headers = {"Last-Event-ID": self.last}
            with (
                httpx.Client(trust_env=False, timeout=60) as client,
                client.stream("GET", self.url, headers=headers) as response,
            ):
                decoder = SSEDecoder()
                for piece in response.iter_bytes():
                    for event in decoder.feed(piece):
                        self._take(event)

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.events) >= count, 30)

    def _take(self, event: Any) -> None:
        data = json.loads(event.data)
        self.ended = data["type"] == "stream_ended"
        if not data["type"].startswith("stream_"):
            self.last = event.id
            self.events.append(data)
        elif not self.ended:
            time.sleep(0.02)  # the process has not started the stream yet


@pytest.mark.parametrize("kills", [(3, 9), (1, 13)])
def test_another_process_continues(kills: tuple[int, ...]) -> None:
    names = [name for name in NAMES if shutil.which(name)]
    if not names:
        pytest.skip("neither redis-server nor valkey-server is installed")
    redis, stream = RedisServer(names[0]), secrets.token_hex(16)
    store: list[RedisStore] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not store:
            store.append(RedisStore(redis.url, grace=60.0))
        await sse_response(list, store=store[0])(scope, receive, send)

    processes: list[subprocess.Popen[bytes]] = []

    def start(url: str) -> None:
        command = [sys.executable, str(PROGRAM), redis.url, url, stream]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        processes.append(subprocess.Popen(command, env=environment))

    try:
        with provider(RECORDS) as server, Server(app) as web:
            server.pause = 0.05
            start(server.url)
            page = Page(web.url, stream)
            until(lambda: server.requests, 30)
            time.sleep(0.2)
            page.start()
            for count in kills:
                page.wait_for(count)
                processes[-1].kill()
                processes[-1].wait()
                start(server.url)
            page.join()
            assert processes[-1].wait() == 0
            assert web.loop is not None
            asyncio.run_coroutine_threadsafe(store[0].aclose(), web.loop).result()
    finally:
        for process in processes:
            process.kill()
            process.wait()
        redis.close()
    assert page.events == unbroken()
    assert 2 <= len(server.requests) <= 1 + len(kills)  # a process may be killed before its request
    assert [request.split()[0] for request in server.requests[1:]] == ["GET"] * (
        len(server.requests) - 1
    )
