"""Tests with `llmock` (PyPI, MIT), which ends streams early or breaks records, on request.

It is the only server that ends the connection normally in the middle of an answer, which must not
be read as a whole answer.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamparse import WireError, stream
from tests.servers.processes import free_port, running

pytest.importorskip("llmock", reason="llmock is not installed (extra servers)")

TEXT = "Once more with feeling, and then it is over."


def command(port: int) -> list[str]:
    beside = Path(sys.executable).with_name("llmock")
    program = str(beside) if beside.is_file() else shutil.which("llmock")
    assert program is not None
    return [program, "serve", "--host", "127.0.0.1", "--port", str(port)]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    port = free_port()
    with running(command(port), port, "/_llmock/requests") as address:
        yield address


def messages(**more: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "stream": True,
        "messages": [{"role": "user", "content": "Tell me."}],
        **more,
    }


GOOGLE = "/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
# API: (path, body of the request).
WIRES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai-chat": ("/v1/chat/completions", messages()),
    "openai-responses": ("/v1/responses", {"model": "m", "input": "Tell me.", "stream": True}),
    "anthropic-messages": ("/anthropic/v1/messages", messages(max_tokens=100)),
    "google-generate": (GOOGLE, {"contents": [{"role": "user", "parts": [{"text": "Tell me."}]}]}),
    "cohere-v2": ("/cohere/v2/chat", messages()),
}


@pytest.fixture
def client(base: str) -> Iterator[httpx.Client]:
    headers = {"authorization": "Bearer none", "x-api-key": "none", "x-goog-api-key": "none"}
    headers["anthropic-version"] = "2023-06-01"
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as made:
        made.post("/_llmock/reset")
        yield made


def plan(client: httpx.Client, *behaviors: dict[str, Any]) -> None:
    reply = {"type": "reply", "text": TEXT}
    client.post("/_llmock/scenario", json={"behaviors": [reply, *behaviors]}).raise_for_status()


def fault(kind: str) -> dict[str, Any]:
    return {"type": "stream_fault", "kind": kind, "after_chunks": 3}


@pytest.mark.parametrize("api", WIRES)
def test_a_whole_answer(client: httpx.Client, api: str) -> None:
    plan(client)
    path, body = WIRES[api]
    with client.stream("POST", path, json=body) as response:
        answer = stream(response)
        assert "".join(answer.text()) == TEXT
    assert (answer.message.status, answer.parser.api) == ("complete", api)


@pytest.mark.parametrize("api", WIRES)
def test_an_early_end_is_truncated(client: httpx.Client, api: str) -> None:
    plan(client, fault("truncate"))
    path, body = WIRES[api]
    with client.stream("POST", path, json=body) as response:
        answer = stream(response)
        list(answer)
    message = answer.message
    assert message.status == "truncated"
    assert message.finish_reason is None
    assert TEXT.startswith(message.text)


@pytest.mark.parametrize("api", WIRES)
def test_a_broken_record_loses_nothing_before_it(client: httpx.Client, api: str) -> None:
    plan(client, fault("malformed"))
    path, body = WIRES[api]
    with client.stream("POST", path, json=body) as response:
        answer = stream(response)
        with pytest.raises(WireError) as caught:
            list(answer)
    assert caught.value.code == "invalid_record"
    assert answer.message.status == "truncated"
    assert TEXT.startswith(answer.message.text)


@pytest.mark.parametrize("api", WIRES)
def test_a_broken_connection(client: httpx.Client, api: str) -> None:
    plan(client, fault("disconnect"))
    path, body = WIRES[api]
    with client.stream("POST", path, json=body) as response:
        answer = stream(response)
        with pytest.raises(httpx.HTTPError):
            list(answer)
    assert answer.message.status == "truncated"
