"""Tests with a llama.cpp server and a tiny random model.

It revealed a fault: the items of its `/v1/responses` have an `item_id` but no `output_index`, so
every text was doubled and every call had a second one without a name. The tests are skipped where
the packages of the extra `llamacpp` are missing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamparse import Message, MessageParser
from streamparse.gateway import gateway
from tests.web.serving import Server

pytest.importorskip("xllamacpp", reason="xllamacpp is not installed (extra llamacpp)")
pytest.importorskip("gguf", reason="gguf is not installed (extra llamacpp)")

SCHEMA = {
    "type": "object",
    "properties": {"n": {"enum": [1, 2, 3]}, "ok": {"type": "boolean"}},
    "required": ["n", "ok"],
    "additionalProperties": False,
}
GRAMMAR = "root ::= [a-z] [a-z ]{8,30}"
CALL = (
    r'root ::= "<tool_call>\n{\"name\": \"vote\", \"arguments\": {\"n\": " [1-3] "}}\n</tool_call>"'
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("model")
    command = [sys.executable, "-m", "tests.servers.llamacpp", str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=Path(__file__).parents[2],
        )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        address = ""
        for line in server.stdout:
            if line.startswith("http"):
                address = line.strip()
                break
        assert address, (folder / "log").read_text(errors="replace")[-2000:]
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as made:
            yield made
    finally:
        server.stdin.close()
        server.terminate()
        server.wait(20)
        server.stdout.close()


def messages(**more: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "stream": True,
        "messages": [{"role": "user", "content": "Say something."}],
        "max_tokens": 200,
        "stream_options": {"include_usage": True},
        **more,
    }


def inputs(**more: Any) -> dict[str, Any]:
    return {"model": "m", "input": "Say something.", "stream": True, **more}


def prompt(**more: Any) -> dict[str, Any]:
    return {"model": "m", "prompt": "Say something.", "stream": True, "max_tokens": 200, **more}


# API: (path, body of the request).
WIRES: dict[str, tuple[str, Any]] = {
    "openai-chat": ("/v1/chat/completions", messages),
    "openai-responses": ("/v1/responses", inputs),
    "anthropic-messages": ("/v1/messages", messages),
    "openai-completions": ("/v1/completions", prompt),
}


def read(data: bytes, size: int, **options: Any) -> Message:
    parser = MessageParser(**options)
    for start in range(0, len(data), size):
        parser.feed(data[start : start + size])
    parser.finish()
    return parser.message


def ask(client: httpx.Client, api: str, **more: Any) -> bytes:
    path, body = WIRES[api]
    response = client.post(path, json=body(**more))
    assert response.status_code == 200, response.text
    return response.content


def whole(data: bytes, api: str, **options: Any) -> Message:
    """Return the message of these bytes, checked to be the same for all cuts."""
    message = read(data, len(data), api=api, **options)
    for size in (1, 7):
        again = read(data, size, **options)
        assert again.to_dict() == message.to_dict()
    return message


@pytest.mark.parametrize("api", ["openai-chat", "openai-responses", "openai-completions"])
def test_text(client: httpx.Client, api: str) -> None:
    message = whole(ask(client, api, grammar=GRAMMAR, seed=3), api)
    assert message.status == "complete"
    assert 9 <= len(message.text) <= 31
    assert message.text.replace(" ", "").islower()
    assert message.usage is not None


@pytest.mark.parametrize("api", ["openai-chat", "openai-completions", "anthropic-messages"])
def test_an_answer_cut_by_the_limit_is_truncated(client: httpx.Client, api: str) -> None:
    message = whole(ask(client, api, max_tokens=12), api)
    assert (message.status, message.finish_reason) == ("truncated", "length")


def test_structured_output(client: httpx.Client) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "form", "schema": SCHEMA}}
    data = ask(client, "openai-chat", response_format=form)
    message = whole(data, "openai-chat", output=SCHEMA)
    assert message.output["n"] in (1, 2, 3)
    assert message.output == json.loads(message.text)


@pytest.mark.parametrize("api", ["openai-chat", "openai-responses", "openai-completions"])
def test_a_raw_text_call_on_a_wire(client: httpx.Client, api: str) -> None:
    """A server without a parser sends a call as text, which the format reads once."""
    message = whole(ask(client, api, grammar=CALL), api, format="hermes")
    assert [(call.name, call.status) for call in message.tool_calls] == [("vote", "complete")]
    assert message.tool_calls[0].arguments["n"] in (1, 2, 3)
    assert message.finish_reason == "tool_calls"


@pytest.mark.parametrize("api", ["openai-chat", "openai-completions"])
def test_a_raw_text_call_cut_by_the_limit(client: httpx.Client, api: str) -> None:
    message = whole(ask(client, api, grammar=CALL, max_tokens=40), api, format="hermes")
    assert message.status == "truncated"
    assert [(call.status, call.arguments) for call in message.tool_calls] == [("truncated", None)]


# A gateway in front of llama.cpp.

VOTE = {
    "type": "function",
    "function": {
        "name": "vote",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}},
    },
}
THOUGHT = 'root ::= "<think>" [a-z]{5,9} "</think>" [a-z]{5,9}'


class WithoutTools(httpx.AsyncHTTPTransport):
    """Removes the tools of a request, as llama.cpp does not allow them with a grammar."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        if content:
            body = json.loads(content)
            content = json.dumps({**body, "tools": []} if "tools" in body else body).encode()
            headers = {**request.headers, "content-length": str(len(content))}
            request = httpx.Request(
                request.method,
                request.url,
                headers=headers,
                content=content,
                extensions=request.extensions,
            )
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
def front(client: httpx.Client) -> Iterator[httpx.Client]:
    upstream = str(client.base_url)
    with (
        Server(gateway(upstream, transport=WithoutTools())) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=60) as made,
    ):
        yield made


def test_gateway_streams_a_call(front: httpx.Client) -> None:
    data = ask(front, "openai-chat", grammar=CALL, tools=[VOTE])
    message = whole(data, "openai-chat")
    assert [(call.name, call.status) for call in message.tool_calls] == [("vote", "complete")]
    assert message.tool_calls[0].arguments["n"] in (1, 2, 3)
    assert (message.finish_reason, message.text) == ("tool_calls", "")
    assert message.usage is not None
    assert b'"timings"' in data  # a member of llama.cpp only
    body = front.post(
        "/v1/chat/completions", json=messages(grammar=CALL, tools=[VOTE], stream=False)
    ).json()
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "vote"


def test_gateway_reports_a_call_that_was_cut(front: httpx.Client) -> None:
    message = whole(
        ask(front, "openai-chat", grammar=CALL, tools=[VOTE], max_tokens=40), "openai-chat"
    )
    assert (message.status, message.finish_reason) == ("truncated", "length")
    assert [call.status for call in message.tool_calls] != ["complete"]


def test_gateway_streams_reasoning(front: httpx.Client) -> None:
    more = {"grammar": THOUGHT, "reasoning_format": "none"}
    message = whole(ask(front, "openai-chat", **more), "openai-chat")
    assert message.reasoning.isalpha()
    assert message.text.isalpha()
    assert message.status == "complete"


def test_gateway_passes_the_rest(client: httpx.Client, front: httpx.Client) -> None:
    for path in ("/v1/models", "/health", "/props", "/nowhere"):
        theirs, ours = client.get(path), front.get(path)
        assert ours.status_code == theirs.status_code
        assert ours.headers["content-type"] == theirs.headers["content-type"]
        if path != "/v1/models":  # its content has the time
            assert ours.content == theirs.content
    refused = front.post("/v1/chat/completions", json={"messages": 5})
    assert (
        refused.status_code == client.post("/v1/chat/completions", json={"messages": 5}).status_code
    )
    assert ask(front, "openai-completions", grammar=GRAMMAR)
