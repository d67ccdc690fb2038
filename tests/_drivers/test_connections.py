"""Tests of connections whose only method is `receive`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest

from streamparse._drivers.connections import async_messages, messages
from streamparse._drivers.sources import is_async


class ClosedError(Exception):
    def __init__(self, code: int, received: bool = False) -> None:
        if received:
            self.rcvd = SimpleNamespace(code=code)
        else:
            self.code = code


class Socket:
    """A connection that returns events and then raises an error."""

    def __init__(self, events: list[Any], error: Exception) -> None:
        self.events = [*events, error]

    def receive(self) -> Any:
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event


class AsyncSocket(Socket):
    async def receive(self) -> Any:
        return super().receive()


class Turns:
    """A connection whose `receive` yields the messages of one turn."""

    def __init__(self, turns: list[list[Any]], error: Exception | None) -> None:
        self.turns = turns
        self.error = error

    async def receive(self) -> AsyncGenerator[Any, None]:
        if not self.turns:
            if self.error is not None:
                raise self.error
            return
        for message in self.turns.pop(0):
            yield message


EVENTS = [
    SimpleNamespace(data="whole", message_finished=True),
    SimpleNamespace(data="in ", message_finished=False),
    SimpleNamespace(data="two", message_finished=True),
    SimpleNamespace(payload=b"ping"),
    SimpleNamespace(data=b"bytes"),
    "text",
]
MESSAGES = ["whole", "in two", b"bytes", "text"]


async def collected(socket: Any) -> list[Any]:
    return [message async for message in async_messages(socket)]


@pytest.mark.parametrize("received", [True, False])
@pytest.mark.parametrize("code", [1000, 1001])
def test_messages_until_the_connection_is_closed(code: int, received: bool) -> None:
    assert list(messages(Socket(EVENTS, ClosedError(code, received)))) == MESSAGES
    socket = AsyncSocket(EVENTS, ClosedError(code, received))
    assert asyncio.run(collected(socket)) == MESSAGES


@pytest.mark.parametrize("error", [ClosedError(1006), ClosedError(1011, True), OSError("gone")])
def test_another_error_is_passed_on(error: Exception) -> None:
    with pytest.raises(type(error)):
        list(messages(Socket(EVENTS, error)))
    with pytest.raises(type(error)):
        asyncio.run(collected(AsyncSocket(EVENTS, error)))
    with pytest.raises(type(error)):
        asyncio.run(collected(Turns([["a"]], error)))


def test_messages_of_several_turns() -> None:
    assert asyncio.run(collected(Turns([["a", "b"], ["c"]], None))) == ["a", "b", "c"]
    closed = ClosedError(1000)
    assert asyncio.run(collected(Turns([["a", "b"], ["c"]], closed))) == ["a", "b", "c"]


def test_is_async() -> None:
    error = ClosedError(1000)
    assert not is_async(Socket([], error))
    assert is_async(AsyncSocket([], error))
    assert is_async(Turns([], None))
