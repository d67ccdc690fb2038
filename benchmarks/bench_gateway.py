"""The delay and the processor time that a gateway adds to each chunk of a stream.

    python -m benchmarks.bench_gateway [--streams N...] [--chunks N]

A server in one process writes the current time into each chunk. A client in this process reads the
stream directly, and through a gateway in a third process. The delay of a chunk is the time between
writing and reading it. `streams` streams run at the same time. "forwarded" is a stream that the
gateway passes on without parsing it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import uvicorn

from streamparse import Limits, MessageParser
from streamparse.gateway import gateway
from streamparse.gateway.chat_answers import ChatStream
from streamparse.gateway.chat_chunks import Chunks

PAUSE: Final = 0.05  # The seconds between the chunks of a stream.
TOOLS: Final = [
    {
        "type": "function",
        "function": {
            "name": "write",
            "parameters": {
                "type": "object",
                "properties": {"text": {"type": "string"}},
                "required": ["text"],
            },
        },
    }
]
BODY: Final = {"model": "m", "messages": [], "tools": TOOLS, "stream": True}
#: For each kind of stream the text before and after the measured chunks.
KINDS: Final = {
    "text": ("", ""),
    "call (hermes)": (
        '<tool_call>\n{"name": "write", "arguments": {"text": "',
        '"}}\n</tool_call>',
    ),
    "forwarded": ("", ""),
}


def chunk(text: str, **more: Any) -> bytes:
    """Return a chunk as a server-sent event."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None, **more}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**head, 'choices': [choice], 't': time.monotonic()})}\n\n".encode()


def pieces(kind: str, count: int) -> Iterator[bytes]:
    """Yield a stream with this number of short deltas."""
    before, after = KINDS[kind]
    if before:
        yield chunk(before)
    for number in range(count):
        yield chunk(f"{number % 1000:03d} ")
    if after:
        yield chunk(after)
    yield chunk("", finish_reason="stop")
    yield b"data: [DONE]\n\n"


async def model(scope: Any, receive: Any, send: Any) -> None:
    """Serve streams; the query gives their kind and length."""
    if scope["type"] != "http":
        return
    await receive()
    kind, _, count = scope["query_string"].decode().partition("-")
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for piece in pieces(list(KINDS)[int(kind)], int(count)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(PAUSE)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _serve(make: Callable[..., Any], arguments: tuple[Any, ...], listening: Any) -> None:
    config = uvicorn.Config(make(*arguments), log_level="error", ws="none")
    uvicorn.Server(config).run(sockets=[listening])


def _model() -> Any:
    return model


@contextmanager
def served(make: Callable[..., Any], *arguments: Any) -> Iterator[str]:
    """Serve an application in another process, and yield its URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listening:
        process = multiprocessing.Process(
            target=_serve, args=(make, arguments, listening), daemon=True
        )
        process.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.terminate()
            process.join()


async def _delays(url: str, kind: str, streams: int, count: int) -> list[float]:
    """Return the delays of all chunks, in seconds."""
    limits = httpx.Limits(max_connections=None)
    found: list[float] = []

    async def one(client: httpx.AsyncClient) -> None:
        path = "responses" if kind == "forwarded" else "chat/completions"
        target = f"{url}/v1/{path}?{list(KINDS).index(kind)}-{count}"
        async with client.stream("POST", target, json=BODY) as response:
            async for line in response.aiter_lines():
                now = time.monotonic()
                if line.startswith("data: {"):
                    sent = json.loads(line[6:]).get("t")
                    if sent is not None:
                        found.append(now - sent)

    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
        await asyncio.gather(*[one(client) for _ in range(streams)])
    return found


def rewriting(kind: str, count: int) -> float:
    """Return the microseconds for rewriting a chunk, without a connection."""
    data = list(pieces(kind, count))
    best = float("inf")
    for _ in range(5):
        parser = MessageParser("openai-chat", format="auto", tools=TOOLS)
        stream = ChatStream(parser, Limits(), Chunks(), stop=False, hold=False)
        begun = time.process_time()
        for piece in data:
            stream.feed(piece)
        best = min(best, time.process_time() - begun)
    return best / len(data) * 1e6


def processor_time(front: str) -> float:
    """Return the seconds of processor time that the gateway has used, or 0 if it is unknown."""
    text = httpx.get(front + "/metrics", trust_env=False).text
    found = re.search(r"^process_cpu_seconds_total (\S+)", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def compare(upstream: str, front: str, kind: str, streams: int, count: int) -> None:
    """Print the delays of one kind of stream."""
    shown = [f"{kind:15}", f"{streams:8}"]
    medians = []
    for url in (upstream, front):
        before = processor_time(front)
        found = sorted(asyncio.run(_delays(url, kind, streams, count)))
        medians.append(statistics.median(found) * 1000)
        shown += [f"{medians[-1]:10.2f}", f"{found[int(len(found) * 0.99)] * 1000:9.2f}"]
    used = (processor_time(front) - before) / len(found) * 1e6
    print(*shown, f"{medians[1] - medians[0]:8.2f}", f"{used:10.0f}", sep="", flush=True)


def report(streams: list[int], count: int) -> None:
    """Print the table."""
    print(f"{'':23}{'direct, ms':>19}{'gateway, ms':>19}{'added':>8}{'CPU, µs':>10}")
    print(f"{'':15}{'streams':>8}" + f"{'median':>10}{'p99':>9}" * 2 + f"{'ms':>8}{'a chunk':>10}")
    with served(_model) as upstream, served(gateway, upstream) as front:
        for url in (upstream + "/?0-0", front + "/metrics"):
            httpx.get(url, trust_env=False, timeout=30)  # Waits until the server has started.
        asyncio.run(_delays(front, "text", 1, 1))  # Imports what the first request needs.
        for kind in KINDS:
            for number in streams:
                compare(upstream, front, kind, number, count)
    for kind in list(KINDS)[:2]:
        used = rewriting(kind, count * 20)
        print(f"rewriting a chunk of {kind}: {used:.1f} µs of processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, nargs="*", default=[1, 10, 50])
    parser.add_argument("--chunks", type=int, default=100)
    options = parser.parse_args()
    report(options.streams, options.chunks)


if __name__ == "__main__":
    main()
