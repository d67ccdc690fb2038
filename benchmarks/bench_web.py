"""Many simultaneous pages: `sse_response` with uvicorn, on one core.

A provider inside the server process sends chunks of OpenAI's API. The text of each chunk is the
time at which it was sent; the client subtracts it from the time of arrival. For comparison, the
same bytes are passed through unchanged (`StreamingResponse`), which shows the cost of the server.

Each server runs in its own process, on one core where the system allows it. The clients run in this
process.

    python -m benchmarks.bench_web [--streams N] [--rate N] [--seconds N]

"at pace": every stream sends `--rate` chunks a second; "flat out": as many as possible.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import multiprocessing
import os
import random
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from benchmarks.bench_memory import peak
from benchmarks.timing import table
from streamparse import stream
from streamparse.web import MemoryStore, sse_response

SIDES: Final = ("streamparse", "passed through")
# A time in the text of a record, which may contain the texts of several events.
_TIME: Final = re.compile(rb'(\d{10,}) (?=[\d"])')
_START: Final = 0.5  # The seconds within which all streams begin.


# The server


async def provider(count: int, rate: float) -> AsyncIterator[bytes]:
    """Yield `count` chunks, `rate` of them a second, or as many as possible if it is 0."""
    begun = time.monotonic() + random.random() * _START
    for number in range(count):
        wait = begun + number / rate - time.monotonic() if rate else 0.0
        await asyncio.sleep(max(wait, 0.0))
        yield chunk({"content": f"{time.monotonic_ns()} "})
    yield chunk({}, "stop") + b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    record = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1779180000,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(record, separators=(',', ':'))}\n\n".encode()


def application(side: str) -> Starlette:
    store = MemoryStore()

    async def answer(request: Request) -> Response:
        count, rate = int(request.query_params["count"]), float(request.query_params["rate"])
        if side != SIDES[0]:
            return StreamingResponse(provider(count, rate), media_type="text/event-stream")
        return sse_response(lambda: stream(provider(count, rate), api="openai-chat"), store=store)

    async def figures(request: Request) -> Response:
        return JSONResponse({"cpu": time.process_time(), "memory": peak()})

    return Starlette(routes=[Route("/answer", answer), Route("/figures", figures)])


def serve(side: str, pipe: Connection) -> None:
    """Run the server in this process, and send its port through the pipe."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        pipe.send(listening.getsockname()[1])
        config = uvicorn.Config(application(side), log_level="error", ws="none", lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])


# The clients


@dataclass
class Result:
    """The figures of one run."""

    events: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # The processor time of the server in seconds.
    memory: float = 0.0  # The increase of its peak memory in MB.
    delays: list[float] = field(default_factory=list)  # In seconds.

    def delay(self, share: float) -> float:
        """Return the delay that this share of the events does not exceed."""
        delays = sorted(self.delays)
        return delays[min(len(delays) - 1, math.floor(share * len(delays)))]


async def read(port: int, path: str, result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    rest = b""
    while data := await reader.read(65536):
        now = time.monotonic_ns()
        whole, _, rest = (rest + data).rpartition(b"\n\n")
        sent = [int(each) for each in _TIME.findall(whole)]
        result.events += len(sent)
        result.delays += [(now - each) / 1e9 for each in sent]
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def figures(port: int) -> dict[str, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /figures HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    body = (await reader.read()).partition(b"\r\n\r\n")[2]
    writer.close()
    found: dict[str, float] = json.loads(body)
    return found


async def run(port: int, streams: int, count: int, rate: float) -> Result:
    result = Result()
    before = await figures(port)
    began = time.monotonic()
    path = f"/answer?count={count}&rate={rate}"
    await asyncio.gather(*(read(port, path, result) for _ in range(streams)))
    result.seconds = time.monotonic() - began
    after = await figures(port)
    result.cpu = after["cpu"] - before["cpu"]
    result.memory = after["memory"] - before["memory"]
    return result


def measure(side: str, streams: int, count: int, rate: float) -> Result:
    """Measure one run with its own server."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(side, there), daemon=True)
    server.start()
    try:
        port = here.recv()
        asyncio.run(run(port, 2, 2, 0))  # Loads all modules.
        return asyncio.run(run(port, streams, count, rate))
    finally:
        server.terminate()
        server.join()


def report(streams: int, rate: float, seconds: float) -> str:
    head = ["", "events/s", "p50", "p95", "p99", "CPU", "events/CPU s", "memory"]
    rows = []
    for side in SIDES:
        for name, its_rate in (("at pace", rate), ("flat out", 0.0)):
            count = max(1, round(rate * seconds))
            result = measure(side, streams, count, its_rate)
            assert result.events == streams * count, "events were lost"
            delays = [f"{result.delay(share) * 1000:.1f} ms" for share in (0.5, 0.95, 0.99)]
            rows.append(
                [
                    f"{side}, {name}",
                    f"{result.events / result.seconds:,.0f}",
                    *(delays if its_rate else ["", "", ""]),
                    f"{result.cpu / result.seconds:.0%}",
                    f"{result.events / result.cpu:,.0f}",
                    f"{result.memory:.1f} MB",
                ]
            )
    return table(head, rows)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rate", type=float, default=25.0, help="chunks a second, of each stream")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args(argv)
    print(f"{options.streams} streams at once, {options.rate:g} chunks a second each", end="")
    print(f" for {options.seconds:g} s; Python {sys.version.partition(' ')[0]}\n")
    print(report(options.streams, options.rate, options.seconds))


if __name__ == "__main__":
    main()
