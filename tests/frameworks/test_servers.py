"""Tests of programs that send an answer while it arrives, with FastAPI, Django and Flask."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from streamparse import MessageParser, SSEDecoder
from tests.frameworks.serving import EXAMPLES, load
from tests.web.serving import Server, until, whole_events

SAMPLE = "openai-responses.sse"
ANSWER = "/answer?question=What+ails+them%3F"


def expected_text() -> str:
    parser = MessageParser()
    parser.feed((EXAMPLES / SAMPLE).read_bytes())
    return parser.message.text


def check(events: list[Any]) -> None:
    assert events[0]["type"] == "message_started"
    assert events[-1]["type"] == "message_finished"
    assert "tool_call_completed" in [event["type"] for event in events]
    texts = [event["text"] for event in events if event["type"] == "text_delta"]
    assert "".join(texts) == expected_text()


def read_from(app: Any, provider: Any, path: str = ANSWER) -> tuple[list[Any], httpx.Response]:
    """Read the records of a page; the provider sends the end only after the first record."""
    provider.gate.clear()
    decoder, records = SSEDecoder(), []
    with (
        Server(app) as server,
        httpx.Client(trust_env=False, timeout=60) as client,
        client.stream("GET", server.url + path) as response,
    ):
        for data in response.iter_bytes():
            records += [json.loads(record.data) for record in decoder.feed(data)]
            provider.gate.set()
    return records, response


def leave(app: Any, provider: Any) -> None:
    """Read the first record and leave; the request to the provider must end."""
    provider.gate.clear()
    with Server(app) as server:
        with (
            httpx.Client(trust_env=False, timeout=60) as client,
            client.stream("GET", server.url + ANSWER) as response,
        ):
            next(response.iter_bytes())
        until(lambda: provider.left)


def test_fastapi_client_leaves(provide: Any, program: Any) -> None:
    pytest.importorskip("fastapi.sse", reason="needs FastAPI 0.135 or newer")
    pytest.importorskip("openai", reason="needs openai")
    provider = provide(SAMPLE)
    leave(program("fastapi_sse").app, provider)


def test_fastapi(provide: Any, program: Any) -> None:
    pytest.importorskip("fastapi.sse", reason="needs FastAPI 0.135 or newer")
    pytest.importorskip("openai", reason="needs openai")
    provider = provide(SAMPLE)
    records, response = read_from(program("fastapi_sse").app, provider)
    assert response.headers["content-type"].startswith("text/event-stream")
    check(whole_events(records))
    assert provider.requests[0]["input"] == "What ails them?"


@pytest.fixture(scope="module")
def django_app() -> Any:
    pytest.importorskip("django", reason="needs Django")
    pytest.importorskip("openai", reason="needs openai")
    return load("django_app")  # It stays loaded: a process can configure Django only once.


def test_django_async(provide: Any, django_app: Any) -> None:
    provider = provide(SAMPLE)
    records, response = read_from(django_app.application, provider)
    assert response.headers["content-type"] == "text/event-stream"
    check(records)


def test_django_client_leaves(provide: Any, django_app: Any) -> None:
    provider = provide(SAMPLE)
    leave(django_app.application, provider)


def test_django_async_client(provide: Any, django_app: Any) -> None:
    django = pytest.importorskip("django.test", reason="needs Django")

    async def body() -> str:
        response = await django.AsyncClient().get(ANSWER)
        return "".join([part.decode() async for part in response.streaming_content])

    provide(SAMPLE)
    check([json.loads(record.data) for record in SSEDecoder().feed(asyncio.run(body()))])


def test_django_sync_client(provide: Any, django_app: Any) -> None:
    django = pytest.importorskip("django.test", reason="needs Django")
    provider = provide(SAMPLE)
    provider.gate.clear()
    response = django.Client().get(f"/sync-{ANSWER[1:]}")
    parts = iter(response.streaming_content)
    first = next(parts)
    provider.gate.set()
    body = b"".join([first, *parts])
    check([json.loads(record.data) for record in SSEDecoder().feed(body)])


def test_flask(provide: Any, program: Any) -> None:
    pytest.importorskip("flask", reason="needs Flask")
    pytest.importorskip("openai", reason="needs openai")
    provider = provide(SAMPLE)
    provider.gate.clear()
    response = program("flask_app").app.test_client().get(ANSWER)
    parts = response.iter_encoded()
    first = next(parts)
    provider.gate.set()
    assert response.mimetype == "text/event-stream"
    body = b"".join([first, *parts])
    check([json.loads(record.data) for record in SSEDecoder().feed(body)])
    response.close()


def test_flask_client_leaves(provide: Any, program: Any) -> None:
    pytest.importorskip("flask", reason="needs Flask")
    pytest.importorskip("openai", reason="needs openai")
    provider = provide(SAMPLE)
    provider.gate.clear()
    response = program("flask_app").app.test_client().get(ANSWER)
    next(response.iter_encoded())
    response.close()
    until(lambda: provider.left)
