"""A local server for the real SDKs that keeps their requests and sends given answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests._decoding.test_sdk import (
    ANTHROPIC,
    ASK,
    GOOGLE,
    MISTRAL,
    OLLAMA,
    OPENAI_CHAT,
    block,
    chat,
    gemini,
    ollama,
    openai_responses,
    piece,
    sse,
    stop,
)


@dataclass
class Provider:
    """An application that answers with `body`; if it is `endless`, the answer never ends."""

    url: str = ""
    body: bytes = b""
    kind: str = "text/event-stream"
    status: int = 200
    endless: bool = False
    requests: list[Any] = field(default_factory=list)
    closed: int = 0  # The number of endless answers whose connection the client closed.

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        self.requests.append(json.loads(await request.body()))
        headers = {"x-request-id": "req-7", "content-type": self.kind}
        if self.endless:
            return StreamingResponse(self.pieces(), headers=headers)
        return Response(self.body, status_code=self.status, headers=headers)

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            yield self.body
            await asyncio.Event().wait()
        finally:
            self.closed += 1


class Shared:
    """An application for one server that passes its requests to the current provider."""

    url: str = ""

    def __init__(self) -> None:
        self.current = Provider()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.current.app(scope, receive, send)


# The clients and their streaming calls.


@dataclass(frozen=True)
class API:
    """One call of an SDK, and the answers of its provider.

    Attributes:
        name: The API, as in `streamparse.aliases.API`.
        client: Returns a client for a URL; the second argument asks for an asynchronous one.
        path: The method of the synchronous and of the asynchronous client.
        arguments: The required arguments.
        calls: An answer that calls the tool `look_up`.
        text: Returns an answer with this text.
        kind: The content type of an answer.
    """

    name: str
    sdk: str
    client: Callable[[str, bool], Any]
    path: tuple[str, str]
    arguments: dict[str, Any]
    calls: bytes
    text: Callable[[str], bytes]
    streams: dict[str, Any]
    kind: str = "text/event-stream"

    def method(self, client: Any, asynchronous: bool = False) -> Any:
        for name in self.path[asynchronous].split("."):
            client = getattr(client, name)
        return client

    @asynccontextmanager
    async def open(self, client: Any) -> AsyncIterator[None]:
        """Close an asynchronous client at the end."""
        async with client.aio if self.sdk == "google" else client:
            yield
        if self.sdk == "google":  # It does not close an HTTP client that it was given.
            await client._api_client._async_httpx_client.aclose()

    def __str__(self) -> str:
        return f"{self.sdk}-{self.path[0]}"


def openai_client(url: str, asynchronous: bool) -> Any:
    openai = pytest.importorskip("openai")
    kind = openai.AsyncOpenAI if asynchronous else openai.OpenAI
    return kind(api_key="none", base_url=f"{url}/v1", max_retries=0)


def anthropic_client(url: str, asynchronous: bool) -> Any:
    anthropic = pytest.importorskip("anthropic")
    kind = anthropic.AsyncAnthropic if asynchronous else anthropic.Anthropic
    return kind(api_key="none", base_url=url, max_retries=0)


def google_client(url: str, asynchronous: bool) -> Any:
    genai = pytest.importorskip("google.genai")
    httpx = pytest.importorskip("httpx")
    # Without a client, the SDK uses aiohttp if it is installed, which leads to warnings.
    options = {"base_url": url, "httpx_async_client": httpx.AsyncClient()}
    return genai.Client(api_key="none", http_options=options)


def mistral_client(url: str, asynchronous: bool) -> Any:
    return pytest.importorskip("mistralai.client").Mistral(api_key="none", server_url=url)


def ollama_client(url: str, asynchronous: bool) -> Any:
    module = pytest.importorskip("ollama")
    return (module.AsyncClient if asynchronous else module.Client)(host=url)


def chat_text(text: str) -> bytes:
    return sse([chat({"content": text}), chat({}, "stop")])


def responses_text(text: str) -> bytes:
    whole = {"type": "output_text", "annotations": [], "text": text}
    records: list[Any] = []
    for record in openai_responses():
        if record.get("output_index") == 1:
            continue
        shown = json.dumps(record).replace('"Fer"', json.dumps(text)).replace('"ns."', '""')
        changed = json.loads(shown.replace('"Ferns."', json.dumps(text)))
        if record["type"] == "response.completed":
            item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
            changed["response"]["output"] = [{**item, "content": [whole]}]
        records.append({**changed, "sequence_number": len(records)})
    return sse(records, named=True, done=False)


def anthropic_text(text: str) -> bytes:
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    records = [
        ANTHROPIC[0],
        block(0, "text", text=""),
        piece(0, "text_delta", text=text),
        stop(0),
        {**end, "usage": {"output_tokens": 22}},
        {"type": "message_stop"},
    ]
    return sse(records, named=True, done=False)


def google_text(text: str) -> bytes:
    return sse([gemini({"text": text}, finish="STOP")], done=False)


def lines(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def ollama_text(text: str) -> bytes:
    return lines([ollama({"content": text}), ollama({"content": ""}, done_reason="stop")])


_CHAT: dict[str, Any] = {"model": "m", "messages": ASK}
_STREAM = {"stream": True}
_MESSAGES_BODY = sse(ANTHROPIC, named=True, done=False)
CHAT = API(
    "openai-chat",
    "openai",
    openai_client,
    ("chat.completions.create",) * 2,
    _CHAT,
    sse(OPENAI_CHAT),
    chat_text,
    _STREAM,
)
RESPONSES = API(
    "openai-responses",
    "openai",
    openai_client,
    ("responses.create",) * 2,
    {"model": "m", "input": "x"},
    sse(openai_responses(), named=True, done=False),
    responses_text,
    _STREAM,
)
MESSAGES, BETA_MESSAGES = (
    API(
        "anthropic-messages",
        "anthropic",
        anthropic_client,
        (path,) * 2,
        {**_CHAT, "max_tokens": 9},
        _MESSAGES_BODY,
        anthropic_text,
        _STREAM,
    )
    for path in ("messages.create", "beta.messages.create")
)
GENERATE = API(
    "google-generate",
    "google",
    google_client,
    ("models.generate_content_stream", "aio.models.generate_content_stream"),
    {"model": "m", "contents": "x"},
    sse(GOOGLE, done=False),
    google_text,
    {},
)
MISTRAL_CHAT = API(
    "openai-chat",
    "mistralai",
    mistral_client,
    ("chat.stream", "chat.stream_async"),
    _CHAT,
    sse([*MISTRAL[:2], chat(MISTRAL[2]["choices"][0]["delta"], "tool_calls")]),
    chat_text,
    {},
)
OLLAMA_CHAT = API(
    "ollama-chat",
    "ollama",
    ollama_client,
    ("chat", "chat"),
    _CHAT,
    lines(OLLAMA),
    ollama_text,
    _STREAM,
    "application/x-ndjson",
)
EACH_API = [CHAT, RESPONSES, MESSAGES, BETA_MESSAGES, GENERATE, MISTRAL_CHAT, OLLAMA_CHAT]
