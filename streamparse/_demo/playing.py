"""Plays a recording to the page at a chosen speed, validated and without repetitions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from streamparse._demo.samples import Recording
from streamparse._drivers.stream import stream
from streamparse.errors import StreamParseError
from streamparse.frontends.patches import PatchPacker
from streamparse.limits import Limits
from streamparse.message import error_to_dict
from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
)
from streamparse.message_parser import MessageParser

__all__ = ["News", "bytes_a_second", "player"]

_FRAME: Final = 1 / 30  # seconds between updates, enough for a screen
_LARGEST_STEP: Final = 8 * 1024  # bytes fed at once, whose events are in memory together
# The largest answer for the page. Each event has a path, so deep values need the most memory.
_LIMITS: Final = Limits(depth=64, content=4 * 1024 * 1024)
_TEXTS: Final = (TextDelta, ReasoningDelta, RefusalDelta)
_ARGUMENTS: Final = (ArgumentStarted, ArgumentDelta, ArgumentCompleted)
_OUTPUTS: Final = (OutputStarted, OutputDelta, OutputCompleted)
_ENDS: Final = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)


def player(
    recording: Recording, speed: float, size: int
) -> Callable[[], AsyncIterator[list[dict[str, Any]]]]:
    """Return a source for `sse_response`.

    It reads the recording in pieces of `size` bytes, at `speed` bytes a second (0 for no delay).
    """

    async def play() -> AsyncIterator[list[dict[str, Any]]]:
        news = News(structured=recording.output is not None)
        source = _pieces(recording.data, speed, size)
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
                records = news.of(events)
                if records:
                    yield records

    return play


async def _pieces(data: bytes, speed: float, size: int) -> AsyncIterator[bytes]:
    began = time.monotonic()
    if not speed:
        size = min(size, _LARGEST_STEP)
    for start in range(0, len(data), size):
        # Each piece has a time counted from the start, so that delays do not add up.
        due = began + start / speed - time.monotonic() if speed else 0.0
        await asyncio.sleep(max(due, 0.0))
        yield data[start : start + size]


def bytes_a_second(data: bytes, speed: float) -> float:
    """Return the bytes a second that show `speed` characters of the answer a second."""
    parser = MessageParser(limits=_LIMITS)
    shown = 0
    try:
        for start in range(0, len(data), _LARGEST_STEP):
            shown += _shown(parser.feed(data[start : start + _LARGEST_STEP]))
        shown += _shown(parser.finish())
    except StreamParseError as error:
        shown += _shown(error.events)
    return speed * len(data) / shown if shown else speed


def _shown(events: list[AnyMessageEvent]) -> int:
    """Return the number of characters of the answer in these events."""
    return sum(len(e.text) for e in events if isinstance(e, (*_TEXTS, ToolCallDelta)))


class News:
    """Converts events to records for the page.

    Values are sent as packed patches with the open path; every value outside this path is complete.
    """

    def __init__(self, structured: bool = False) -> None:
        self._structured = structured
        self._packers: dict[tuple[int, int | None], PatchPacker] = {}

    def of(self, events: list[AnyMessageEvent]) -> list[dict[str, Any]]:
        """Return the records; the patch of a value is at the position of its first change."""
        records: list[dict[str, Any]] = []
        values: dict[tuple[int, int | None], list[Any]] = {}
        places: dict[tuple[int, int | None], dict[str, Any]] = {}
        for event in events:
            key = _document_of(event)
            if key is None:
                records += self._plainly(event)
                continue
            if key not in values:
                values[key] = []
                places[key] = {"type": "value", "choice": key[0], "call": key[1]}
                records.append(places[key])
            values[key].append(event)
        for key, its in values.items():
            packer = self._packers.setdefault(key, PatchPacker())
            places[key].update(patch=packer.pack(its), open=_open_after(its[-1]))
        return records

    def _plainly(self, event: AnyMessageEvent) -> list[dict[str, Any]]:
        if isinstance(event, MessageStarted):
            head: dict[str, Any] = {"type": event.type, "choice": event.choice}
            return [{**head, "model": event.model, "structured": self._structured}]
        return _records_of(event)


def _document_of(event: AnyMessageEvent) -> tuple[int, int | None] | None:
    """Return the choice and the call of the value; the call is None for the structured output."""
    if isinstance(event, _ARGUMENTS):
        return event.choice, event.call.index
    return (event.choice, None) if isinstance(event, _OUTPUTS) else None


def _open_after(event: Any) -> list[Any] | None:
    """Return the open path after this event, or None if the value is complete."""
    if not isinstance(event, (ArgumentCompleted, OutputCompleted)):
        return list(event.path)
    return list(event.path[:-1]) if event.path else None


def _records_of(event: AnyMessageEvent) -> list[dict[str, Any]]:
    head: dict[str, Any] = {"type": event.type, "choice": event.choice}
    if isinstance(event, _TEXTS):
        return [{**head, "text": event.text}]
    if isinstance(event, ToolCallStarted):
        return [{**head, "call": event.call.index, "name": event.call.name}]
    if isinstance(event, _ENDS):
        record = {**head, "call": event.call.index}
        if isinstance(event, ToolCallRejected):
            record["error"] = error_to_dict(event.error)
        return [record]
    if isinstance(event, OutputRejected):
        return [{**head, "error": error_to_dict(event.error)}]
    if isinstance(event, (MessageFinished, MessageFailed)):
        message = event.message
        record = {**head, "status": message.status, "finish_reason": message.finish_reason}
        record["api"] = message.api
        record["error"] = None if message.error is None else error_to_dict(message.error)
        return [record]
    return []
