"""Tests of a gateway with the client of OpenAI, in front of a server that parses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.gateway.model_server import (
    ARGUMENTS,
    CALLS,
    TEXT,
    THOUGHT,
    TOOLS,
    USAGE,
    Play,
    Served,
    answer_in,
    chunk,
    served,
    sse,
    streamed,
    whole,
)
from tests.web.serving import until

openai = pytest.importorskip("openai", reason="openai is not installed (extra sdks)")

MESSAGES = [{"role": "user", "content": "Please water the roses."}]
JSON = {"content-type": "application/json"}


@contextmanager
def client(server: Served) -> Iterator[Any]:
    with httpx.Client(trust_env=False, timeout=60) as http:
        yield openai.OpenAI(base_url=server.url, api_key="key", max_retries=0, http_client=http)


def async_client(server: Served) -> Any:
    http = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None))
    return openai.AsyncOpenAI(
        base_url=server.url, api_key="key", max_retries=0, http_client=http, timeout=60
    )


def metrics(server: Served) -> str:
    return httpx.get(server.gateway.url + "/metrics", trust_env=False).text


class Answer:
    """The texts and calls that a client collects from chunks."""

    def __init__(self) -> None:
        self.text = self.reasoning = self.name = self.arguments = ""
        self.reason: str | None = None
        self.usage: Any = None
        self.deltas = 0  # the number of deltas of arguments

    def add(self, got: Any) -> None:
        self.usage = got.usage or self.usage
        for choice in got.choices:
            delta = choice.delta
            self.text += delta.content or ""
            self.reasoning += getattr(delta, "reasoning_content", None) or ""
            self.reason = choice.finish_reason or self.reason
            for call in delta.tool_calls or ():
                self.name += call.function.name or ""
                self.arguments += call.function.arguments or ""
                self.deltas += bool(call.function.arguments)

    def check(self) -> None:
        assert (self.text, self.reasoning) == (TEXT, THOUGHT)
        assert (self.name, json.loads(self.arguments)) == ("water", ARGUMENTS)
        assert self.reason == "tool_calls"
        assert self.usage.total_tokens == USAGE["total_tokens"]


def ask(server: Served, **more: Any) -> Answer:
    answer = Answer()
    options = {"model": "m", "messages": MESSAGES, "tools": TOOLS, "stream": True, **more}
    with client(server) as made, made.chat.completions.create(**options) as stream:
        for got in stream:
            answer.add(got)
    return answer


def ask_whole(server: Served, **more: Any) -> Any:
    with client(server) as made:
        return made.chat.completions.create(model="m", messages=MESSAGES, tools=TOOLS, **more)


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("format", CALLS)
def test_streams(format: str, named: bool) -> None:
    with served(Play(streamed(answer_in(format))), format=format if named else "auto") as server:
        answer = ask(server)
    answer.check()
    assert answer.deltas > 2
    assert server.last.json["tools"] == TOOLS
    assert server.last.header("authorization") == ["Bearer key"]


@pytest.mark.parametrize("format", CALLS)
def test_whole_answers(format: str) -> None:
    with served(Play([whole(answer_in(format))], headers=JSON)) as server:
        got = ask_whole(server)
    message = got.choices[0].message
    assert (message.content, message.reasoning_content) == (TEXT, THOUGHT)
    assert json.loads(message.tool_calls[0].function.arguments) == ARGUMENTS
    assert got.choices[0].finish_reason == "tool_calls"
    assert got.usage.total_tokens == USAGE["total_tokens"]


def test_async_client() -> None:
    def play(request: Any) -> Play:
        text = answer_in("hermes")
        return Play(streamed(text)) if request.get("stream") else Play([whole(text)], headers=JSON)

    async def run(server: Served) -> None:
        async with async_client(server) as made:
            create = made.chat.completions.create
            answer = Answer()
            async for got in await create(model="m", messages=MESSAGES, tools=TOOLS, stream=True):
                answer.add(got)
            answer.check()
            got = await create(model="m", messages=MESSAGES, tools=TOOLS)
            assert got.choices[0].finish_reason == "tool_calls"

    with served(play) as server:
        asyncio.run(run(server))


def test_accumulator_of_the_client() -> None:
    with (
        served(Play(streamed(answer_in("qwen3_coder")))) as server,
        client(server) as made,
        made.chat.completions.stream(model="m", messages=MESSAGES, tools=TOOLS) as stream,
    ):
        final = stream.get_final_completion()
    assert final.choices[0].message.content == TEXT
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == ARGUMENTS
    assert final.choices[0].finish_reason == "tool_calls"


def test_two_hundred_streams() -> None:
    play = Play(streamed(answer_in("hermes"), size=16), pause=0.01)

    async def one(made: Any) -> None:
        answer = Answer()
        async for got in await made.chat.completions.create(
            model="m", messages=MESSAGES, tools=TOOLS, stream=True
        ):
            answer.add(got)
        answer.check()

    async def run(server: Served) -> None:
        async with async_client(server) as made:
            await asyncio.gather(*[one(made) for _ in range(200)])

    with served(play) as server:
        asyncio.run(run(server))
        assert len(server.model.asked) == 200
        until(lambda: "streamparse_gateway_active_requests 0.0" in metrics(server))
        text = metrics(server)
    assert 'streamparse_gateway_tool_calls_total{status="complete"} 200.0' in text
    assert "streamparse_gateway_departures_total 0.0" in text


def test_calls_that_the_server_has_parsed() -> None:
    def call(arguments: str, **more: Any) -> dict[str, Any]:
        return {"tool_calls": [{"index": 0, "function": {"arguments": arguments}, **more}]}

    first = call("", id="call_9", type="function")
    first["tool_calls"][0]["function"]["name"] = "water"
    records = [chunk(first), chunk(call('{"bed": "roses", ')), chunk(call('"liters": 12}'))]
    pieces = [sse(each) for each in records]
    pieces.append(sse(chunk({}, finish_reason="tool_calls"), {**chunk(), "usage": USAGE}, "[DONE]"))
    with served(Play(pieces)) as server:
        answer = ask(server)
    assert (answer.name, json.loads(answer.arguments)) == ("water", ARGUMENTS)
    assert answer.reason == "tool_calls"


def test_without_tools_a_call_is_text() -> None:
    text = answer_in("hermes")
    for format in ("auto", "hermes"):
        with served(Play(streamed(text)), format=format) as server:
            answer = ask(server, tools=openai.NOT_GIVEN)
        assert answer.reasoning == THOUGHT
        assert answer.text == TEXT + CALLS["hermes"]
        assert answer.reason == "stop"
