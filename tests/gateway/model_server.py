"""A model server that parses nothing: it answers with given streams and records its requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamparse.gateway import gateway
from tests.web.serving import Server, until

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "water",
            "description": "Water the plants.",
            "parameters": {
                "type": "object",
                "properties": {"bed": {"type": "string"}, "liters": {"type": "integer"}},
                "required": ["bed", "liters"],
                "additionalProperties": False,
            },
        },
    }
]
ARGUMENTS = {"bed": "roses", "liters": 12}
# The same answer in the formats of several models: reasoning, a text and a call.
CALLS = {
    "hermes": '<tool_call>\n{"name": "water", "arguments": {"bed": "roses", "liters": 12}}\n'
    "</tool_call>",
    "qwen3_coder": "<tool_call>\n<function=water>\n<parameter=bed>\nroses\n</parameter>\n"
    "<parameter=liters>\n12\n</parameter>\n</function>\n</tool_call>",
    "deepseek_v3": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>water\n"
    '```json\n{"bed": "roses", "liters": 12}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "deepseek_v31": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>water<｜tool▁sep｜>"
    '{"bed": "roses", "liters": 12}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
}
THOUGHT, TEXT = "The roses are dry.", "I water them. "


def answer_in(format: str) -> str:
    return f"<think>{THOUGHT}</think>{TEXT}{CALLS[format]}"


def chunk(delta: dict[str, Any] | None = None, **choice: Any) -> dict[str, Any]:
    head = {"id": "chat-1", "object": "chat.completion.chunk", "created": 7, "model": "m"}
    choices = [] if delta is None else [{"index": 0, "delta": delta, **choice}]
    return {**head, "choices": choices}


USAGE = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}


def sse(*records: Any) -> bytes:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in records]
    return b"".join(f"data: {text}\n\n".encode() for text in texts)


def cut(text: str, size: int = 3) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def streamed(text: str, reason: str | None = "stop", size: int = 3) -> list[bytes]:
    """Return the body of a stream, in pieces."""
    pieces = [sse(chunk({"role": "assistant", "content": ""}))]
    pieces += [sse(chunk({"content": piece})) for piece in cut(text, size)]
    if reason is not None:
        pieces.append(sse(chunk({}, finish_reason=reason)))
        pieces.append(sse({**chunk(), "usage": USAGE}, "[DONE]"))
    return pieces


def whole(text: str, reason: str = "stop") -> bytes:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}]
    body = {**chunk(), "object": "chat.completion", "choices": choices, "usage": USAGE}
    return json.dumps(body).encode()


@dataclass
class Play:
    """The answer of the server to one request.

    Attributes:
        pieces: The body.
        delay: The seconds before the header fields.
        pause: The seconds before each piece.
        cut: Whether the connection closes after the pieces, before the response has ended.
        hang: Whether the server sends nothing after the pieces and keeps the connection open.
        endless: Whether the last piece is repeated without an end.
    """

    pieces: list[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    delay: float = 0.0
    pause: float = 0.0
    cut: bool = False
    hang: bool = False
    endless: bool = False


@dataclass
class Asked:
    """A request to the server, and how much of its answer was sent."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    sent: int = 0
    left: bool = False
    done: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.headers if key == name.encode()]


class ModelServer:
    """An ASGI application that answers as given by `plays`.

    Args:
        plays: The answers to chat completions, in order; the last one repeats. A function returns
            the answer for the body of the request.
    """

    def __init__(self, *plays: Play | Callable[[Any], Play]) -> None:
        self.plays = list(plays)
        self.asked: list[Asked] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        target = scope["raw_path"] + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        asked = Asked(scope["method"], target, scope["headers"])
        self.asked.append(asked)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                asked.left = True
                return
            asked.body += message.get("body", b"")
            more = message.get("more_body", False)
        play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
        playing = asyncio.ensure_future(
            self._play(play if isinstance(play, Play) else play(asked.json), asked, send)
        )
        leaving = asyncio.ensure_future(receive())
        await asyncio.wait((playing, leaving), return_when=asyncio.FIRST_COMPLETED)
        asked.left = not playing.done()
        playing.cancel()
        leaving.cancel()

    async def _play(self, play: Play, asked: Asked, send: Any) -> None:
        headers = [(name.encode(), value.encode()) for name, value in play.headers.items()]
        await asyncio.sleep(play.delay)
        await send({"type": "http.response.start", "status": play.status, "headers": headers})
        pieces: Iterator[bytes] = iter(play.pieces)
        for piece in pieces:
            await asyncio.sleep(play.pause)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            asked.sent += 1
        while play.endless:
            await send({"type": "http.response.body", "body": play.pieces[-1], "more_body": True})
            asked.sent += 1
            await asyncio.sleep(0)
        if play.hang:
            await asyncio.Event().wait()
        if not play.cut:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        asked.done = True


@dataclass
class Served:
    """A model server, and a gateway that forwards to it."""

    model: ModelServer
    upstream: Server
    gateway: Server

    @property
    def url(self) -> str:
        return self.gateway.url + "/v1"

    @property
    def last(self) -> Asked:
        return self.model.asked[-1]

    def upstream_is_closed(self) -> None:
        until(lambda: self.last.left, 10)


@contextmanager
def served(*plays: Play | Callable[[Any], Play], **options: Any) -> Iterator[Served]:
    model = ModelServer(*plays)
    with Server(model) as upstream, Server(gateway(upstream.url, **options)) as front:
        yield Served(model, upstream, front)
