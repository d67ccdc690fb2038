"""Plays a recording to the page at a chosen speed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from streamparse._demo.samples import Recording
from streamparse._drivers.session import session
from streamparse._drivers.stream import stream
from streamparse.errors import StreamParseError
from streamparse.limits import Limits
from streamparse.message_events import (
    AnySessionEvent,
    AudioDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
)
from streamparse.message_parser import MessageParser
from streamparse.session_parser import SessionParser

__all__ = ["bytes_a_second", "player"]

_FRAME: Final = 1 / 30  # seconds between updates, enough for a screen
_LARGEST_STEP: Final = 8 * 1024  # bytes fed at once, whose events are in memory together
# The largest answer for the page. Each event has a path, so deep values need the most memory.
_LIMITS: Final = Limits(depth=64, content=4 * 1024 * 1024)
_TEXTS: Final = (TextDelta, ReasoningDelta, RefusalDelta)


def player(recording: Recording, speed: float, size: int) -> Callable[[], AsyncIterator[list[Any]]]:
    """Return a source for `sse_response`: a record about the recording, then its events.

    It reads the recording in pieces of `size` bytes, at `speed` bytes a second (0 for no delay).
    """

    async def play() -> AsyncIterator[list[Any]]:
        structured = recording.output is not None
        yield [{"type": "recording", "structured": structured, "session": recording.session}]
        source = _paced(_pieces(recording, size if speed else min(size, _LARGEST_STEP)), speed)
        if recording.session:
            async with session(source, tools=recording.tools, limits=_LIMITS, every=_FRAME) as talk:
                async for batch in talk.batches():
                    yield [_without_sound(event) for event in batch]
            return
        answer = stream(
            source,
            format=recording.format,
            tools=recording.tools,
            output=recording.output,
            dialect=recording.dialect,
            limits=_LIMITS,
            every=_FRAME,
        )
        async with answer:
            async for events in answer.batches():
                yield events

    return play


def _pieces(recording: Recording, size: int) -> list[bytes]:
    """Split a recording into pieces; those of a session are its messages."""
    data = recording.data
    if recording.session:
        return [line for line in data.splitlines(keepends=True) if line.strip()]
    return [data[start : start + size] for start in range(0, len(data), size)]


async def _paced(pieces: list[bytes], speed: float) -> AsyncIterator[bytes]:
    began = time.monotonic()
    start = 0
    for piece in pieces:
        # Each piece has a time counted from the start, so that delays do not add up.
        due = began + start / speed - time.monotonic() if speed else 0.0
        await asyncio.sleep(max(due, 0.0))
        yield piece
        start += len(piece)


def bytes_a_second(recording: Recording, speed: float) -> float:
    """Return the bytes a second that show `speed` characters of the answer a second."""
    parser: MessageParser | SessionParser
    parser = SessionParser(limits=_LIMITS) if recording.session else MessageParser(limits=_LIMITS)
    shown = 0
    try:
        for piece in _pieces(recording, _LARGEST_STEP):
            shown += _shown(parser.feed(piece))
        shown += _shown(parser.finish())
    except StreamParseError as error:
        shown += _shown(error.events)
    return speed * len(recording.data) / shown if shown else speed


def _without_sound(event: AnySessionEvent) -> AnySessionEvent:
    """Return an event without the sound, which the page does not play."""
    if isinstance(event, AudioDelta):
        return AudioDelta(event.item, event.size, "", event.choice)
    return event


def _shown(events: Sequence[AnySessionEvent]) -> int:
    """Return the number of characters of the answer in these events."""
    return sum(len(e.text) for e in events if isinstance(e, (*_TEXTS, ToolCallDelta)))
