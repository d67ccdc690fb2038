"""Reads connections that have a method `receive` and cannot be iterated over.

- httpx-ws: `receive()` returns one event of a WebSocket; a message may consist of several.
- google-genai: `receive()` of a live session yields the messages of one turn.

The libraries raise an exception when a connection is closed. After a normal closure (codes 1000 and
1001 of RFC 6455) the iteration ends; an exception with another code is passed on.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final

__all__ = ["async_messages", "messages"]

_NORMAL: Final = (1000, 1001)


def messages(connection: Any) -> Generator[Any, None, None]:
    """Yield the messages of a connection, until it is closed."""
    parts: list[Any] = []
    while True:
        try:
            event = connection.receive()
        except Exception as error:
            if _is_normal(error):
                return
            raise
        if _is_whole(event, parts):
            yield _taken(parts)


async def async_messages(connection: Any) -> AsyncGenerator[Any, None]:
    """Yield the messages of an asynchronous connection, until it is closed."""
    turns = inspect.isasyncgenfunction(connection.receive)
    received = _of_turns(connection) if turns else _of_events(connection)
    try:
        async for message in received:
            yield message
    except Exception as error:
        if not _is_normal(error):
            raise
    finally:
        await received.aclose()


async def _of_turns(connection: Any) -> AsyncGenerator[Any, None]:
    received = True
    while received:
        received = False
        async for message in connection.receive():
            received = True
            yield message


async def _of_events(connection: Any) -> AsyncGenerator[Any, None]:
    parts: list[Any] = []
    while True:
        if _is_whole(await connection.receive(), parts):
            yield _taken(parts)


def _is_whole(event: Any, parts: list[Any]) -> bool:
    """Take the data of an event; return whether a message ends with it."""
    data = getattr(event, "data", event)
    if not isinstance(data, (str, bytes, bytearray)):
        return False
    parts.append(data)
    return bool(getattr(event, "message_finished", True))


def _taken(parts: list[Any]) -> Any:
    message = parts[0] if len(parts) == 1 else parts[0][:0].join(parts)
    parts.clear()
    return message


def _is_normal(error: Exception) -> bool:
    """Return whether an exception reports that the connection was closed normally."""
    received = getattr(error, "rcvd", None)  # websockets
    code = getattr(error if received is None else received, "code", None)
    return isinstance(code, int) and code in _NORMAL
