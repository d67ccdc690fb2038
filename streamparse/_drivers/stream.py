"""`stream`: the answer of a model from whatever an HTTP library or an SDK gives.

Views are those of `reading`; what they look at is the first answer (choice) of the response.
Rule: a view that shows no events ends with an error where the answer did: a reader that sees only
text must not take half an answer for a whole one.
"""

from __future__ import annotations

import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeAlias, TypeVar, overload

from streamparse._answers.tools import Toolbox
from streamparse._core.sink import NOTHING, check_missing
from streamparse._drivers.reading import AsyncReading, Pace, Partials, Reading, SyncReading, View
from streamparse._drivers.sources import is_async, named_file, readable
from streamparse.aliases import (
    API,
    DialectName,
    Missing,
    Surrogates,
    ToolErrors,
)
from streamparse.dialect import Dialect
from streamparse.errors import IncompleteError, StreamParseError
from streamparse.formats.parser import TextReading
from streamparse.formats.table import Format
from streamparse.limits import Limits
from streamparse.message import Message, ToolCall
from streamparse.message_events import (
    AnyMessageEvent,
    MessageFailed,
    MessageFinished,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
    TextDelta,
    ToolCallCompleted,
)
from streamparse.message_parser import MessageParser
from streamparse.metrics import Metrics
from streamparse.paths import Path, Query

if TYPE_CHECKING:
    from typing_extensions import TypedDict, Unpack

__all__ = ["AsyncStream", "Stream", "stream"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_OUTPUTS: Final = (OutputStarted, OutputDelta, OutputCompleted)


# What fragments come to


class _Events(View[MessageParser]):
    """The events. Whatever ends the reading too early cuts the answer: it is not in progress."""

    @property
    def ended(self) -> bool:
        return self.parser.ended

    def refuse(self, status: int) -> None:
        # Not kept in the view: the parser names the status in all errors, those of events too.
        self.parser.http_status = status

    def stop(self) -> None:
        super().stop()
        self.parser.cut()


class _Batches(_Events):
    """The events that came together."""

    hold = "all"

    def show(self, events: list[AnyMessageEvent]) -> list[list[AnyMessageEvent]]:
        return [events] if events else []


class _Answer(_Events):
    """What is shown of one answer; the error at its end, if it was cut or failed."""

    def show(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        choice = self.parser.message.choice
        mine = [event for event in events if event.choice == choice]
        shown = self.show_mine(mine)
        for event in mine:
            if self.failure is None:
                self.failure = self.verdict(event)
        return shown

    def show_mine(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        """What these events of the answer give."""
        raise NotImplementedError

    def verdict(self, event: AnyMessageEvent) -> StreamParseError | None:
        """The error that this event means to the reader, if it means one."""
        if isinstance(event, (MessageFinished, MessageFailed)):
            return _failure_of(event.message)
        return None


class _Text(_Answer):
    """The text."""

    def show_mine(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return [event.text for event in events if isinstance(event, TextDelta)]


class _ToolCalls(_Answer):
    """Each call as it completes."""

    def show_mine(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return [event.call for event in events if isinstance(event, ToolCallCompleted)]


class _Message(_Answer):
    """The message at its end."""

    def show_mine(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return ()

    def last(self) -> Iterable[Any]:
        return (self.parser.message,)


class _Output(_Answer):
    """What looks at the structured output: the output itself, at its end."""

    def show_mine(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return ()

    def verdict(self, event: AnyMessageEvent) -> StreamParseError | None:
        if isinstance(event, OutputRejected):
            return event.error.copy_without_events()
        if isinstance(event, MessageFinished):
            return _failure_of(event.message) or _lack_of_output(event.message)
        return super().verdict(event)

    def last(self) -> Iterable[Any]:
        return (self.parser.message.output,)


class _OutputPartials(_Output, Partials[MessageParser]):
    """Snapshots of the output."""

    def __init__(self, parser: MessageParser, missing: Missing = "default") -> None:
        check_missing(missing)
        self.missing: Missing = missing
        super().__init__(parser)

    def open_path(self) -> Path | None:
        builder = self.parser.message.output_builder
        return None if builder is None else builder.open_path

    def snapshot(self) -> Any:
        reader = self.parser.output_reader()
        return None if reader is None else reader.shown(self.missing)

    def is_end(self, event: AnyMessageEvent) -> bool:
        return isinstance(event, OutputCompleted)

    def show_mine(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        outputs = [event for event in events if isinstance(event, _OUTPUTS)]
        if not outputs:
            return ()
        shown = Partials.show(self, outputs)
        if self._is_typed():
            # A part that is complete may have become another object: it has its defaults now.
            shown = (self.snapshot(),)
        return [each for each in shown if each is not NOTHING]

    def _is_typed(self) -> bool:
        reader = self.parser.output_reader()
        return reader is not None and reader.chain.validator is not None

    def last(self) -> Iterable[Any]:
        return ()


class _OutputItems(_Output):
    """Selected values of the output as they complete."""

    def __init__(self, parser: MessageParser, query: str | Query) -> None:
        super().__init__(parser)
        self.query = query if isinstance(query, Query) else Query.parse(query)

    def show_mine(self, events: list[AnyMessageEvent]) -> list[Any]:
        return [
            self._typed(event)
            for event in events
            if isinstance(event, OutputCompleted) and self.query.matches(event.path)
        ]

    def _typed(self, event: OutputCompleted) -> Any:
        """The value as the type it was asked for, where a type says so."""
        reader = self.parser.output_reader()
        typed = NOTHING if reader is None else reader.at(event.path)
        return event.value if typed is NOTHING else typed

    def last(self) -> Iterable[Any]:
        return ()


class _OutputField(_OutputItems):
    """The first selected value of the output, or an error."""

    def show_mine(self, events: list[AnyMessageEvent]) -> list[Any]:
        found = super().show_mine(events)
        self.over = bool(found)
        return found

    def verdict(self, event: AnyMessageEvent) -> StreamParseError | None:
        if isinstance(event, OutputCompleted) and not event.path and not self.over:
            offset = len(self.parser.message.text)
            message = f"the output ended without {self.query}"
            return StreamParseError(message, code="not_found", offset=offset)
        return super().verdict(event)


def _failure_of(message: Message) -> StreamParseError | None:
    """Why the message is no whole answer, if it is none."""
    if message.status == "complete":
        return None
    if message.error is not None:
        return message.error.copy_without_events()
    reason = message.finish_reason
    why = "the input ended before the answer did"
    if reason is not None:
        why = f"the answer was cut: finish reason {reason!r}"
    return IncompleteError(why, code="truncated", offset=len(message.text))


def _lack_of_output(message: Message) -> StreamParseError | None:
    """Return why an answer that calls tools or refuses has no output; None for other answers."""
    if message.finish_reason == "tool_calls":
        why = "the answer has no output: it calls tools"
    elif message.finish_reason == "refusal" or message.refusal:
        why = "the answer has no output: the model refused"
    else:
        return None
    return IncompleteError(why, code="empty", offset=len(message.text))


# Streams


class _Options(Reading[MessageParser]):
    """The views of an answer. A mixin: the reading beside it gets the source."""

    _make: Callable[..., MessageParser]
    _output: Any

    @property
    def message(self) -> Message:
        """The first answer, from the start, as far as it has come."""
        return self.parser.message

    @property
    def messages(self) -> list[Message]:
        """All answers, in the order of their choice indexes."""
        return self.parser.messages

    @property
    def metrics(self) -> Metrics | None:
        """Times and counts, if there is a clock."""
        return self.parser.metrics

    def _batches(self) -> View[MessageParser]:
        return _Batches(self.parser)

    def _partials(self) -> View[MessageParser]:
        return _OutputPartials(self._reading_output())

    def _items(self, query: str | Query) -> View[MessageParser]:
        return _OutputItems(self._reading_output(), query)

    def _field(self, query: str | Query) -> View[MessageParser]:
        return _OutputField(self._reading_output(), query)

    def _result(self) -> View[MessageParser]:
        return (_Message if self._output is None else _Output)(self.parser)

    def _reading_output(self) -> MessageParser:
        """These views look at the output: where none was asked for, JSON of any kind is."""
        return self.parser if self._output is not None else self._make(output=object)


class Stream(_Options, SyncReading[MessageParser, AnyMessageEvent], Generic[T_co]):
    """An answer read from an iterable; made by `stream`.

    Views: iteration (the events), `batches()`, `text()`, `tool_calls()`, `partials()`, `items()`,
    `field()`, `result()`. Calling one begins it, it consumes the stream, and there can be no second
    one: `RuntimeError`. `message`, `messages` and `metrics` can be read at any time.

    `partials`, `items` and `field` look at the structured output; `result` gives it, or the
    `Message` where no `output` was asked for. All views but the iteration over events look at the
    first answer only and raise where it is no whole one, once everything before has been given:
    `ProviderError`, `IncompleteError` (cut by a limit, a filter, the transport); those that look
    at the output raise what refused it too (`SchemaViolation`, `JSONSyntaxError`), at once.

    Whatever ends the reading (the end of the answer, the last fragment, an error, leaving the
    `with` block) closes the source by its `close()`, or that of its `response`. An answer that was
    still in progress is then truncated. Exceptions of the source pass unchanged.

    >>> parts = ['{"city": "Par', 'is", "days": 3}']
    >>> with stream(parts, api="text") as answer:
    ...     print(answer.field("$.city"))
    Paris
    >>> stream(parts, api="text", output=dict).result()
    {'city': 'Paris', 'days': 3}
    """

    def __init__(
        self,
        source: Any,
        make: Callable[..., MessageParser],
        output: Any,
        pace: Pace,
        drain: bool = False,
    ) -> None:
        self._make, self._output = make, output
        super().__init__(source, _Events(make(output=output)), pace, drain)

    def text(self) -> Generator[str, None, None]:
        """The text of the answer, delta by delta."""
        return self._run(_Text(self.parser))

    def tool_calls(self) -> Generator[ToolCall, None, None]:
        """Each complete call, as it completes; `message.tool_calls` has the others too."""
        return self._run(_ToolCalls(self.parser))

    @overload
    def partials(
        self: Stream[None], *, missing: Missing = "default"
    ) -> Generator[Any, None, None]: ...

    @overload
    def partials(self, *, missing: Missing = "default") -> Generator[T_co, None, None]: ...

    def partials(self, *, missing: Missing = "default") -> Generator[Any, None, None]:
        """A snapshot of the output after each fragment that changed it.

        Args:
            missing: What an object of a type shows for a field that has not arrived. `"default"`:
                its declared default; a field without one raises `AttributeError` when it is read.
                `"raise"`: all of them raise. `"none"`: all of them are None.

        Raises:
            ValueError: `missing` is another word.
        """
        return self._run(_OutputPartials(self._reading_output(), missing))

    @overload
    def result(self: Stream[None]) -> Message: ...

    @overload
    def result(self) -> T_co: ...

    def result(self) -> Any:
        """The output, or the message if no output was asked for, once everything was read."""
        return super().result()


class AsyncStream(_Options, AsyncReading[MessageParser, AnyMessageEvent], Generic[T_co]):
    """An answer read from an async iterable; made by `stream`.

    The views of `Stream`, with `async for`, `await field(...)` and `await result()`. The source is
    closed by its `aclose()`, or else its `close()`, which may be a coroutine function. Use `async
    with`: without it, a view that is dropped closes the source when the event loop comes to it.
    """

    def __init__(
        self,
        source: Any,
        make: Callable[..., MessageParser],
        output: Any,
        pace: Pace,
        drain: bool = False,
    ) -> None:
        self._make, self._output = make, output
        super().__init__(source, _Events(make(output=output)), pace, drain)

    def text(self) -> AsyncGenerator[str, None]:
        """See `Stream.text`."""
        return self._run(_Text(self.parser))

    def tool_calls(self) -> AsyncGenerator[ToolCall, None]:
        """See `Stream.tool_calls`."""
        return self._run(_ToolCalls(self.parser))

    @overload
    def partials(
        self: AsyncStream[None], *, missing: Missing = "default"
    ) -> AsyncGenerator[Any, None]: ...

    @overload
    def partials(self, *, missing: Missing = "default") -> AsyncGenerator[T_co, None]: ...

    def partials(self, *, missing: Missing = "default") -> AsyncGenerator[Any, None]:
        """See `Stream.partials`."""
        return self._run(_OutputPartials(self._reading_output(), missing))

    @overload
    async def result(self: AsyncStream[None]) -> Message: ...

    @overload
    async def result(self) -> T_co: ...

    async def result(self) -> Any:
        """See `Stream.result`."""
        return await super().result()


if TYPE_CHECKING:

    class StreamOptions(TypedDict, total=False):
        """The options of `stream` but `output`, on which the type of the stream depends."""

        api: API | None
        format: str | Format | TextReading | None
        tools: Any
        tools_errors: ToolErrors
        coerce: bool
        dialect: DialectName | Dialect
        output_dialect: DialectName | Dialect
        surrogates: Surrogates
        limits: Limits | None
        clock: Callable[[], float] | None
        every: float | None
        drain: bool

    class BytesResponse(Protocol):
        """A response that is read by `for`, such as the raw responses of SDKs."""

        def iter_bytes(self) -> Iterator[bytes]: ...

    class AsyncBytesResponse(Protocol):
        """A response that is read by `async for`, such as the raw responses of async SDKs."""

        def iter_bytes(self) -> AsyncIterator[bytes]: ...

    class EitherResponse(Protocol):
        """A response of httpx: whether it is read by `for` or `async for` depends on its client."""

        def iter_bytes(self) -> Iterator[bytes]: ...

        def aiter_bytes(self) -> AsyncIterator[bytes]: ...

    class _Content(Protocol):
        def iter_any(self) -> AsyncIterator[bytes]: ...

    class AiohttpResponse(Protocol):
        """A response of aiohttp."""

        @property
        def content(self) -> _Content: ...

    SyncSource: TypeAlias = Iterable[Any] | BytesResponse
    AsyncSource: TypeAlias = AsyncIterable[Any] | AsyncBytesResponse | AiohttpResponse

    class AnyGenerator(Generator[T_co, None, None], AsyncGenerator[T_co, None]):
        """What a view of an `EitherStream` gives."""

    class EitherStream(Stream[T_co], AsyncStream[T_co]):  # type: ignore[misc]
        """The stream of an `EitherResponse`: for a type checker, it can be used either way."""

        def text(self) -> AnyGenerator[str]: ...

        def tool_calls(self) -> AnyGenerator[ToolCall]: ...

        def batches(self) -> AnyGenerator[list[AnyMessageEvent]]: ...

        def partials(self, *, missing: Missing = "default") -> AnyGenerator[Any]: ...

        def items(self, query: str | Query) -> AnyGenerator[Any]: ...

        def field(self, query: str | Query) -> Any: ...

        def result(self) -> Any: ...


@overload
def stream(
    source: EitherResponse, *, output: None = None, **options: Unpack[StreamOptions]
) -> EitherStream[None]: ...


@overload
def stream(
    source: EitherResponse, *, output: type[T], **options: Unpack[StreamOptions]
) -> EitherStream[T]: ...


@overload
def stream(
    source: EitherResponse, *, output: Any, **options: Unpack[StreamOptions]
) -> EitherStream[Any]: ...


@overload
def stream(
    source: SyncSource, *, output: None = None, **options: Unpack[StreamOptions]
) -> Stream[None]: ...


@overload
def stream(
    source: SyncSource, *, output: type[T], **options: Unpack[StreamOptions]
) -> Stream[T]: ...


@overload
def stream(source: SyncSource, *, output: Any, **options: Unpack[StreamOptions]) -> Stream[Any]: ...


@overload
def stream(
    source: AsyncSource,
    *,
    output: None = None,
    **options: Unpack[StreamOptions],
) -> AsyncStream[None]: ...


@overload
def stream(
    source: AsyncSource,
    *,
    output: type[T],
    **options: Unpack[StreamOptions],
) -> AsyncStream[T]: ...


@overload
def stream(
    source: AsyncSource,
    *,
    output: Any,
    **options: Unpack[StreamOptions],
) -> AsyncStream[Any]: ...


@overload
def stream(source: Any, *, output: Any = None, **options: Unpack[StreamOptions]) -> Any: ...


def stream(
    source: Any,
    *,
    api: API | None = None,
    format: str | Format | TextReading | None = None,
    tools: Any = None,
    tools_errors: ToolErrors = "raise",
    output: Any = None,
    coerce: bool = False,
    dialect: DialectName | Dialect = "strict",
    output_dialect: DialectName | Dialect = "lenient",
    surrogates: Surrogates = "keep",
    limits: Limits | None = None,
    clock: Callable[[], float] | None = None,
    every: float | None = None,
    drain: bool = False,
) -> Stream[Any] | AsyncStream[Any]:
    """Read an answer while it arrives: a `Stream`, or an `AsyncStream` where `source` is async.

    `source` is an iterable, or async iterable, of bytes or text cut anywhere, of decoded chunks
    (dicts) or of an SDK's chunk objects; a stream object of an SDK (openai, anthropic,
    google-genai, mistralai, ollama, LiteLLM); a response of httpx, aiohttp, requests or urllib3; or
    what a call of boto3 returns (`converse_stream`, `invoke_model_with_response_stream`). One
    text, one dict or one whole response object of an SDK is a source of one piece.

    A context manager (`client.messages.stream(...)`, `httpx.stream(...)`) is entered and an
    awaitable awaited when reading begins, and left or closed when it ends. A `Path` is opened. So
    is a `str` that names an existing file, unless `api="text"` or a `format` says that text is
    what a model wrote. An HTTP status of 400 or more is named in every error.

    The options are those of `MessageParser`, and `every`, the seconds between two looks of somebody
    who need not see every delta (a screen: `1/30`): deltas of one thing are merged, as a
    `Coalescer` does it by `clock`; nothing else is delayed, but for `batches()`. An async stream
    lets out what is held on time, which needs asyncio; the other one when a fragment has come, at
    the end, or before an error, because nothing can be done while its source is waited for.

    Every view ends, and closes the source, when each answer of the response has ended: at `[DONE]`,
    `message_stop`, `response.completed` and so on, or at the end of the input where the API has no
    such record. `drain=True` reads on to the end of the input, for whoever wants the records that
    follow.

    Raises `ValueError` and `TypeError` for bad options, and `TypeError` for what cannot be read.

    >>> with stream(["Hel", "lo"], api="text") as answer:
    ...     print("".join(answer.text()), answer.message.status)
    Hello complete
    """
    tools = None if tools is None else Toolbox(tools, tools_errors, coerce)
    make = partial(
        MessageParser,
        api,
        format=format,
        tools=tools,
        coerce=coerce,
        dialect=dialect,
        output_dialect=output_dialect,
        surrogates=surrogates,
        limits=limits,
        clock=clock,
    )
    if isinstance(source, str) and api != "text" and format is None:
        source = named_file(source) or source
    source = readable(source)
    pace = Pace(every, clock or time.monotonic)
    if is_async(source):
        return AsyncStream(source, make, output, pace, drain)
    return Stream(source, make, output, pace, drain)
