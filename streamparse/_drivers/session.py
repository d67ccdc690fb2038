"""`session`: reads the answers of a session from a connection.

Rule 1: A view ends with the connection, not with an answer, and closes the connection.
Rule 2: An answer that was truncated or has failed raises no error: the session continues.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from typing import TYPE_CHECKING, Any, overload

from streamparse._answers.metrics import Metrics
from streamparse._drivers.reading import AsyncReading, Batches, Reading, SyncReading, Throttle, View
from streamparse._drivers.sources import is_async, readable
from streamparse.message import Message, ToolCall
from streamparse.message_events import (
    AnySessionEvent,
    MessageFailed,
    MessageFinished,
    ToolCallCompleted,
)
from streamparse.session_parser import SessionParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import TypedDict, Unpack

    from streamparse.aliases import DialectName, SessionAPI, Surrogates, ToolErrors
    from streamparse.dialect import Dialect
    from streamparse.limits import Limits
    from streamparse.protocols import StreamTelemetry

    class SessionOptions(TypedDict, total=False):
        """The options of `session`."""

        api: SessionAPI
        tools: Any
        tools_errors: ToolErrors
        output: Any
        coerce: bool
        dialect: DialectName | Dialect
        output_dialect: DialectName | Dialect
        surrogates: Surrogates
        limits: Limits | None
        clock: Callable[[], float] | None
        telemetry: StreamTelemetry | None
        every: float | None


__all__ = ["AsyncSession", "Session", "session"]

# Views.


class _Events(View[SessionParser]):
    """Emits the events. If the reading ends early, open answers become truncated."""

    def stop(self) -> None:
        super().stop()
        self.parser.cut()


class _SessionBatches(_Events, Batches[SessionParser]):
    """Emits lists of events that arrived together."""


class _Answers(_Events):
    """Emits each message as it ends."""

    def convert(self, events: list[AnySessionEvent]) -> list[Message]:
        ends = (MessageFinished, MessageFailed)
        return [event.message for event in events if isinstance(event, ends)]


class _ToolCalls(_Events):
    """Emits each call as it completes."""

    def convert(self, events: list[AnySessionEvent]) -> list[ToolCall]:
        return [event.call for event in events if isinstance(event, ToolCallCompleted)]


# Sessions.


class _SessionViews(Reading[SessionParser]):
    """A mixin with the members that both classes of sessions have."""

    @property
    def messages(self) -> list[Message]:
        """All answers, in the order in which they began."""
        return self.parser.messages

    @property
    def open(self) -> list[Message]:
        """The answers in progress."""
        return self.parser.open

    @property
    def message(self) -> Message | None:
        """The newest answer; None before the first one has begun."""
        return self.parser.message

    @property
    def metrics(self) -> Metrics | None:
        """Times and counts of the whole session, if there is a clock."""
        return self.parser.metrics

    def _batches(self) -> View[SessionParser]:
        return _SessionBatches(self.parser)


class Session(_SessionViews, SyncReading[SessionParser, AnySessionEvent]):
    """A session read from an iterable of messages; created by `session`.

    The views are iteration (the events), `batches()`, `answers()` and `tool_calls()`. The first
    view consumes the session; a second one raises `RuntimeError`. `messages`, `open`, `message`
    and `metrics` can be read at any time.

    A view ends with the connection. When it is left early, it closes the connection, and answers
    in progress become truncated. Exceptions of the connection are passed on unchanged.

    >>> turn = {"serverContent": {"modelTurn": {"parts": [{"text": "Hello."}]}}}
    >>> end = {"serverContent": {"turnComplete": True}}
    >>> [message.text for message in session([turn, end, turn, end]).answers()]
    ['Hello.', 'Hello.']
    """

    def answers(self) -> Generator[Message, None, None]:
        """Yield each message as it ends, whatever its status."""
        return self._run(_Answers(self.parser))

    def tool_calls(self) -> Generator[ToolCall, None, None]:
        """Yield each call of any answer as it completes."""
        return self._run(_ToolCalls(self.parser))


class AsyncSession(_SessionViews, AsyncReading[SessionParser, AnySessionEvent]):
    """A session read from an async iterable of messages; created by `session`.

    It has the views of `Session`, for `async for`. Use `async with`: otherwise the connection of an
    abandoned view is closed only when the event loop finalizes it.
    """

    def answers(self) -> AsyncGenerator[Message, None]:
        """See `Session.answers`."""
        return self._run(_Answers(self.parser))

    def tool_calls(self) -> AsyncGenerator[ToolCall, None]:
        """See `Session.tool_calls`."""
        return self._run(_ToolCalls(self.parser))


@overload
def session(source: Iterable[Any], **options: Unpack[SessionOptions]) -> Session: ...


@overload
def session(source: AsyncIterable[Any], **options: Unpack[SessionOptions]) -> AsyncSession: ...


@overload
def session(source: Any, **options: Unpack[SessionOptions]) -> Any: ...


def session(source: Any, *, every: float | None = None, **options: Any) -> Session | AsyncSession:
    """Read the answers of a session while they arrive.

    The source can be any of these:

    - An iterable or async iterable of messages: text, bytes, decoded messages (dicts), events of
      an SDK, or `WSMessage` objects of aiohttp.
    - A connection of websockets, aiohttp or httpx-ws.
    - A connection of an SDK: `client.realtime.connect(...)` or `client.responses.connect(...)` of
      openai, `client.aio.live.connect(...)` of google-genai.
    - A context manager or an awaitable that gives one of these. It is entered or awaited when
      reading begins, and left or closed when reading ends.

    The options that are not listed are those of `SessionParser`.

    Args:
        source: The connection or messages to read; see above.
        every: The shortest time between emissions, in seconds; deltas in between are merged. None
            for no delay.

    Returns:
        A `Session`, or an `AsyncSession` if the source is asynchronous.

    Raises:
        TypeError: The source cannot be read.
        ValueError: An option is invalid.
    """
    source = readable(source)
    throttle = Throttle(every, options.get("clock") or time.monotonic)
    view = _Events(SessionParser(**options))
    kind = AsyncSession if is_async(source) else Session
    return kind(source, view, throttle)
