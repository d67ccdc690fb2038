"""Plays a recording to the page at a chosen speed, validated and without repetitions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from streamparse._demo.samples import Recording
from streamparse._drivers.session import session
from streamparse._drivers.stream import stream
from streamparse.errors import StreamParseError
from streamparse.frontends.patches import PatchPacker
from streamparse.limits import Limits
from streamparse.message import error_to_dict
from streamparse.message_events import (
    AnySessionEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    AudioDelta,
    InputCompleted,
    InputDelta,
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
from streamparse.session_parser import SessionParser

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
        news = News(structured=recording.output is not None, session=recording.session)
        source = _paced(_pieces(recording, size if speed else min(size, _LARGEST_STEP)), speed)
        if recording.session:
            async with session(source, tools=recording.tools, limits=_LIMITS, every=_FRAME) as talk:
                async for batch in talk.batches():
                    records = news.of(batch)
                    if records:
                        yield records
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
                records = news.of(events)
                if records:
                    yield records

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


def _shown(events: Sequence[AnySessionEvent]) -> int:
    """Return the number of characters of the answer in these events."""
    return sum(len(e.text) for e in events if isinstance(e, (*_TEXTS, ToolCallDelta)))


class News:
    """Converts events to records for the page.

    Values are sent as packed patches with the open path; every value outside this path is complete.
    """

    def __init__(self, structured: bool = False, session: bool = False) -> None:
        self._structured = structured
        self._session = session
        self._packers: dict[tuple[int, int | None], PatchPacker] = {}

    def of(self, events: Sequence[AnySessionEvent]) -> list[dict[str, Any]]:
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

    def _plainly(self, event: AnySessionEvent) -> list[dict[str, Any]]:
        if isinstance(event, MessageStarted):
            head: dict[str, Any] = {"type": event.type, "choice": event.choice}
            about = {"structured": self._structured, "session": self._session}
            return [{**head, "model": event.model, **about}]
        return _records_of(event)


def _document_of(event: AnySessionEvent) -> tuple[int, int | None] | None:
    """Return the choice and the call of the value; the call is None for the structured output."""
    if isinstance(event, _ARGUMENTS):
        return event.choice, event.call.index
    return (event.choice, None) if isinstance(event, _OUTPUTS) else None


def _open_after(event: Any) -> list[Any] | None:
    """Return the open path after this event, or None if the value is complete."""
    if not isinstance(event, (ArgumentCompleted, OutputCompleted)):
        return list(event.path)
    return list(event.path[:-1]) if event.path else None


def _records_of(event: AnySessionEvent) -> list[dict[str, Any]]:
    if isinstance(event, (InputDelta, InputCompleted)):
        return [{"type": event.type, "item": event.item, "text": event.text}]
    head: dict[str, Any] = {"type": event.type, "choice": event.choice}
    if isinstance(event, _TEXTS):
        return [{**head, "text": event.text}]
    if isinstance(event, AudioDelta):
        return [{**head, "size": event.size}]
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
