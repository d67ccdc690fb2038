"""Reads an answer into Redis, record by record, and continues where a killed process stopped.

Arguments: the address of Redis, the address of the provider, the name of the stream.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from typing import Any

import httpx
from redis.asyncio import Redis

from streamparse import MessageParser
from streamparse.web import RedisStore, encoded
from streamparse.web.records import END, StreamPosition, record


async def stored_records(store: RedisStore, stream: str, number: int) -> int:
    """Return the number of the newest record that earlier processes have stored."""
    if number:
        while (batch := await store.read(stream, "process", number, 0)).data:
            number = batch.number
        await store.leave(stream, "process")
    return number


def opened(client: httpx.AsyncClient, url: str, token: dict[str, Any] | None) -> Any:
    if token is None:
        return client.stream("POST", url)
    return client.stream("GET", f"{url}?starting_after={token['sequence_number']}")


async def main(redis: str, provider: str, stream: str) -> None:
    store, client = RedisStore(redis, grace=60.0), Redis.from_url(redis)
    saved: Any = await client.get(f"state:{stream}")
    parser, number = pickle.loads(saved) if saved else (MessageParser("openai-responses"), 0)
    parser.reconnect()
    stored = await stored_records(store, stream, number)

    async def show(events: list[Any]) -> None:
        """Store the events that are not stored yet, then the state after them."""
        nonlocal number
        for event in events:
            number += 1
            if number > stored:
                await store.append(stream, record(encoded(event), StreamPosition(stream, number)))
        await client.set(f"state:{stream}", pickle.dumps((parser, number)), ex=60)

    async with (
        httpx.AsyncClient(trust_env=False) as http,
        opened(http, provider, parser.resume_token) as response,
    ):
        async for piece in response.aiter_bytes():
            await show(parser.feed(piece))
    await show(parser.finish())
    await store.append(stream, record(encoded({"type": "stream_ended"}), END), last=True)
    await store.aclose()
    await client.aclose()


asyncio.run(main(*sys.argv[1:]))
