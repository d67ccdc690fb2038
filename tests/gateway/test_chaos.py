"""Tests of many simultaneous streams with faults of the upstream, slow readers and lost clients."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import httpx
import pytest

from streamparse import MessageParser
from tests.gateway.model_server import ARGUMENTS, CALLS, Play, Served, answer_in, served, streamed
from tests.gateway.test_chat import BODY
from tests.web.serving import until

WAYS = ("read", "read", "leave", "slow")


def play(request: Any) -> Play:
    """Return the answer for the seed in the request."""
    dice = random.Random(request["seed"])
    pieces = streamed(answer_in(dice.choice(sorted(CALLS))), size=dice.randint(1, 40))
    place = dice.randrange(len(pieces) - 2)
    pause = dice.choice((0.0, 0.002))
    broken = bytes(pieces[place][: dice.randint(1, 20)])
    match dice.randrange(6):
        case 0:
            return Play([*pieces[:place], broken], pause=pause, cut=True)
        case 1:
            return Play(pieces[:place], pause=pause, hang=True)
        case 2:
            return Play([b'{"error": {"message": "busy"}}'], status=dice.choice((429, 500)))
        case 3:
            return Play([*pieces[:place], broken], pause=pause)
        case _:
            return Play(pieces, pause=pause)


async def one(client: httpx.AsyncClient, url: str, seed: int) -> str:
    """Read an answer in a random way, and return how it ended."""
    dice = random.Random(-seed)
    way, left = dice.choice(WAYS), dice.randint(1, 6)
    parser = MessageParser("openai-chat")
    ended = False
    async with client.stream(
        "POST", url + "/chat/completions", json={**BODY, "seed": seed}
    ) as response:
        if response.status_code != 200:
            assert await response.aread() == b'{"error": {"message": "busy"}}'
            return "refused"
        async for data in response.aiter_raw():
            parser.feed(data)
            ended = ended or b"[DONE]" in data
            left -= 1
            if way == "leave" and left == 0:
                return "left"
            if way == "slow":
                await asyncio.sleep(0.005)
    parser.finish()
    message = parser.message
    complete = [call.arguments for call in message.tool_calls if call.status == "complete"]
    if ended:
        assert (message.status, complete) == ("complete", [ARGUMENTS])
        return "complete"
    assert (message.status, complete) == ("failed", [])
    return "failed"


@pytest.mark.parametrize("options", [{}, {"reject": True}, {"retry": 1}])
def test_chaos(options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    async def run(server: Served) -> list[str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
            return await asyncio.gather(*[one(client, server.url, seed) for seed in range(1, 121)])

    with caplog.at_level(logging.WARNING), served(play, timeout=5.0, **options) as server:
        found = asyncio.run(run(server))
        until(lambda: "active_requests 0.0" in numbers(server))
        until(lambda: all(asked.done or asked.left for asked in server.model.asked))
    assert set(found) == {"refused", "left", "complete", "failed"}
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("streamparse")]
    assert ours == []


def numbers(server: Served) -> str:
    return httpx.get(server.gateway.url + "/metrics", trust_env=False).text
