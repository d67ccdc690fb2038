"""`stream`: reads the answer of a model from a response of an HTTP library or an SDK.

The views are those of `reading`, for the first answer (choice) of the response.
Rule: A view without events raises the error of its answer, so that an incomplete answer cannot be
mistaken for a complete one.
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

from streamparse._answers.metrics import Metrics
from streamparse._answers.tools import tools_of
from streamparse._core.sink import NOTHING, check_missing
from streamparse._drivers.fields import AsyncFields, Fields, WantedFields
from streamparse._drivers.reading import (
    AsyncReading,
    Batches,
    Partials,
    Reading,
    SyncReading,
    Throttle,
    View,
)
from streamparse._drivers.reconnect import AsyncConnections, Connections, Reconnect, connections
from streamparse._drivers.sources import is_async, named_file, readable, response_of
from streamparse.aliases import (
    API,
    CallsWhen,
    DialectName,
    Missing,
    Surrogates,
    TextUnit,
    ToolErrors,
)
from streamparse.dialect import Dialect
from streamparse.errors import IncompleteError, StreamParseError
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
from streamparse.paths import Path, Query
from streamparse.protocols import StreamTelemetry

if TYPE_CHECKING:
    from typing_extensions import TypedDict, Unpack

    from streamparse.formats.parser import TextReading
    from streamparse.formats.table import FormatLike

__all__ = ["AsyncStream", "Stream", "stream"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_OUTPUTS: Final = (OutputStarted, OutputDelta, OutputCompleted)


# Views.


class _Events(View[MessageParser]):
    """Emits the events. If the reading ends early, the answer becomes truncated."""

    @property
    def ended(self) -> bool:
        return self.parser.ended

    def set_error_status(self, status: int) -> None:
        # The parser names the status in all errors, including those in events.
        self.parser.http_status = status

    def stop(self) -> None:
        super().stop()
        self.parser.cut()


class _MessageBatches(_Events, Batches[MessageParser]):
    """Emits lists of events that arrived together."""


class _Answer(_Events):
    """Base class of the views of one answer; raises an error if the answer was cut or failed."""

    def convert(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        choice = self.parser.message.choice
        mine = [event for event in events if event.choice == choice]
        found = self.convert_own(mine)
        for event in mine:
            if self.failure is None:
                self.failure = self.error_for(event)
        return found

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        """Return what to emit for these events of the answer."""
        raise NotImplementedError

    def error_for(self, event: AnyMessageEvent) -> StreamParseError | None:
        """Return the error to raise after this event, or None."""
        if isinstance(event, (MessageFinished, MessageFailed)):
            return _failure_of(event.message)
        return None


class _Text(_Answer):
    """Emits the text."""

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return [event.text for event in events if isinstance(event, TextDelta)]


class _ToolCalls(_Answer):
    """Emits each call as it completes."""

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return [event.call for event in events if isinstance(event, ToolCallCompleted)]


class _WholeCalls(_Answer):
    """Emits each call when it completes, or earlier, when its JSON is whole."""

    def __init__(self, parser: MessageParser) -> None:
        super().__init__(parser)
        self.ready: list[ToolCall] = []
        self.emitted = 0  # the number of calls of `ready` that were emitted

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        ready = self.parser.ready_calls()
        if ready is not self.ready:  # an answer with a smaller index has become the first one
            self.ready, self.emitted = ready, 0
        found = ready[self.emitted :]
        self.emitted = len(ready)
        return found


def _calls_view(parser: MessageParser, when: CallsWhen) -> View[MessageParser]:
    if when not in ("complete", "whole"):
        raise ValueError(f"when must be 'complete' or 'whole', not {when!r}")
    return (_ToolCalls if when == "complete" else _WholeCalls)(parser)


class _Message(_Answer):
    """Emits the message at its end."""

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return ()

    def last(self) -> Iterable[Any]:
        return (self.parser.message,)


class _Output(_Answer):
    """Emits the structured output at its end."""

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        return ()

    def error_for(self, event: AnyMessageEvent) -> StreamParseError | None:
        if isinstance(event, OutputRejected):
            return event.error.copy_without_events()
        if isinstance(event, MessageFinished):
            return _failure_of(event.message) or _lack_of_output(event.message)
        return super().error_for(event)

    def last(self) -> Iterable[Any]:
        return (self.parser.message.output,)

    def typed(self, event: OutputCompleted) -> Any:
        """Return the completed value, as its type if the output has one."""
        reader = self.parser._output_reader()
        typed = NOTHING if reader is None else reader.at(event.path)
        return event.value if typed is NOTHING else typed

    def not_found(self, message: str) -> StreamParseError:
        """Return the error of an output without a field."""
        offset = len(self.parser.message.text)
        return StreamParseError(message, code="not_found", offset=offset)


class _OutputPartials(_Output, Partials[MessageParser]):
    """Emits snapshots of the output."""

    def __init__(self, parser: MessageParser, missing: Missing = "default") -> None:
        check_missing(missing)
        self.missing: Missing = missing
        super().__init__(parser)

    def open_path(self) -> Path | None:
        builder = self.parser.message._output_builder
        return None if builder is None else builder.open_path

    def snapshot(self) -> Any:
        reader = self.parser._output_reader()
        return None if reader is None else reader.shown(self.missing)

    def is_end(self, event: AnyMessageEvent) -> bool:
        return isinstance(event, OutputCompleted)

    def convert_own(self, events: list[AnyMessageEvent]) -> Iterable[Any]:
        outputs = [event for event in events if isinstance(event, _OUTPUTS)]
        if not outputs:
            return ()
        found = Partials.convert(self, outputs)
        if self._is_typed():
            # A part may be replaced by another object when it completes, to set its defaults.
            found = (self.snapshot(),)
        return [each for each in found if each is not NOTHING]

    def _is_typed(self) -> bool:
        reader = self.parser._output_reader()
        return reader is not None and reader.chain.factory is not None

    def last(self) -> Iterable[Any]:
        return ()


class _OutputItems(_Output):
    """Emits selected values of the output as they complete."""

    def __init__(self, parser: MessageParser, query: str | Query) -> None:
        super().__init__(parser)
        self.query = query if isinstance(query, Query) else Query.parse(query)

    def convert_own(self, events: list[AnyMessageEvent]) -> list[Any]:
        return [
            self.typed(event)
            for event in events
            if isinstance(event, OutputCompleted) and self.query.matches(event.path)
        ]

    def last(self) -> Iterable[Any]:
        return ()


class _OutputField(_OutputItems):
    """Emits the first selected value of the output, or raises an error."""

    def convert_own(self, events: list[AnyMessageEvent]) -> list[Any]:
        found = super().convert_own(events)
        self.over = bool(found)
        return found

    def error_for(self, event: AnyMessageEvent) -> StreamParseError | None:
        if isinstance(event, OutputCompleted) and not event.path and not self.over:
            return self.not_found(f"the output ended without {self.query}")
        return super().error_for(event)


class _OutputFields(_Output):
    """Emits lists of the fields that completed together, or raises an error."""

    def __init__(self, parser: MessageParser, wanted: WantedFields) -> None:
        super().__init__(parser)
        self.wanted = wanted

    def convert_own(self, events: list[AnyMessageEvent]) -> list[Any]:
        found = [
            (name, self.typed(event))
            for event in events
            if isinstance(event, OutputCompleted)
            for name in self.wanted.take(event.path)
        ]
        self.over = not self.wanted.missing
        return [found] if found else []

    def error_for(self, event: AnyMessageEvent) -> StreamParseError | None:
        if self.over:
            return None
        if isinstance(event, OutputCompleted) and not event.path:
            return self.not_found(self.wanted.not_found("output"))
        return super().error_for(event)

    def last(self) -> Iterable[Any]:
        return ()


def _failure_of(message: Message) -> StreamParseError | None:
    """Return the error of an incomplete message, or None."""
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
    """Return the error for an answer without output that calls tools or refuses, else None."""
    if message.finish_reason == "tool_calls":
        why = "the answer has no output: it calls tools"
    elif message.finish_reason == "refusal" or message.refusal:
        why = "the answer has no output: the model refused"
    else:
        return None
    return IncompleteError(why, code="empty", offset=len(message.text))


# Streams.


class _MessageViews(Reading[MessageParser]):
    """A mixin that creates the views of an answer."""

    _make: Callable[..., MessageParser]
    _output: Any
    _origin: Any  # the source

    def _connect(self, source: Any) -> None:
        self._origin = source
        if isinstance(source, (Connections, AsyncConnections)):
            source.parser = lambda: self.parser
            source.refused = self._set_error_status

    @property
    def message(self) -> Message:
        """The first answer, as far as it has arrived."""
        return self.parser.message

    @property
    def response(self) -> Any:
        """The HTTP response, with its status and headers: the source itself, or its `response`.

        None if the source has none, or is opened only when reading begins.
        """
        return response_of(self._origin)

    @property
    def resume_token(self) -> dict[str, Any] | None:
        """The position from which to resume the response; see `MessageParser.resume_token`."""
        return self.parser.resume_token

    @property
    def messages(self) -> list[Message]:
        """All answers, in the order of their choice indexes."""
        return self.parser.messages

    @property
    def metrics(self) -> Metrics | None:
        """Times and counts, if there is a clock."""
        return self.parser.metrics

    def _batches(self) -> View[MessageParser]:
        return _MessageBatches(self.parser)

    def _partials(self) -> View[MessageParser]:
        return _OutputPartials(self._reading_output())

    def _items(self, query: str | Query) -> View[MessageParser]:
        return _OutputItems(self._reading_output(), query)

    def _field(self, query: str | Query) -> View[MessageParser]:
        return _OutputField(self._reading_output(), query)

    def _fields(self, queries: tuple[str | Query, ...]) -> View[MessageParser]:
        wanted = WantedFields(queries)
        return _OutputFields(self._reading_output(), wanted)

    def _result(self) -> View[MessageParser]:
        return (_Message if self._output is None else _Output)(self.parser)

    def _reading_output(self) -> MessageParser:
        """Return a parser that reads the output, as JSON of any kind if none was requested."""
        if self._output is not None:
            return self.parser
        parser = self._make(output=object, telemetry=None)
        parser.record_for(self.parser)
        return parser


class Stream(_MessageViews, SyncReading[MessageParser, AnyMessageEvent], Generic[T_co]):
    """An answer read from an iterable; created by `stream`.

    The views are iteration (the events), `batches()`, `text()`, `tool_calls()`, `partials()`,
    `items()`, `field()`, `fields()` and `result()`. The first view consumes the stream; a second
    one raises `RuntimeError`. `message`, `messages` and `metrics` can be read at any time.

    `partials`, `items`, `field` and `fields` show the structured output. `result` returns it, or
    the `Message` if no `output` was requested. All views without events show the first answer only.
    If it is incomplete they raise an error after everything before it: `ProviderError`, or
    `IncompleteError` if a limit, a filter or the transport cut it. The views of the output also
    raise the error that rejected it (`SchemaViolation`, `JSONSyntaxError`), at once.

    The end of the reading (the end of the answer, the last fragment, an error, the end of the
    `with` block) closes the source by its `close()`, or that of its `response`. An answer in
    progress then becomes truncated. Exceptions of the source are passed on unchanged.

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
        throttle: Throttle,
        drain: bool = False,
    ) -> None:
        self._make, self._output = make, output
        super().__init__(source, _Events(make(output=output)), throttle, drain)
        self._connect(source)

    def text(self) -> Generator[str, None, None]:
        """Yield the text of the answer, delta by delta."""
        return self._run(_Text(self.parser))

    def tool_calls(self, *, when: CallsWhen = "complete") -> Generator[ToolCall, None, None]:
        """Yield each call as it completes; `message.tool_calls` has the incomplete ones too.

        APIs that mark the end of a call complete it there. Chat Completions does not: its calls
        complete at the finish reason, all together. There `"whole"` yields a call earlier, when
        its JSON is whole and the next call has begun. Such a call is not `confirmed` yet: its
        arguments are in `partial`, while `arguments` and `parsed` are None. Most of these calls
        complete later, unchanged. If the answer is cut, or other text of the call follows, the
        call is truncated or rejected instead, as its `status` shows, but its tool may have run
        already. Use it for tools that only read, or that can be repeated or undone.

        Args:
            when: `"complete"` or `"whole"`. The second yields the same calls in the same order, and
                also calls that do not complete later. No call is yielded twice.

        Yields:
            The calls.

        Raises:
            ValueError: `when` is another word.
        """
        return self._run(_calls_view(self.parser, when))

    @overload
    def partials(
        self: Stream[None], *, missing: Missing = "default"
    ) -> Generator[Any, None, None]: ...

    @overload
    def partials(self, *, missing: Missing = "default") -> Generator[T_co, None, None]: ...

    def partials(self, *, missing: Missing = "default") -> Generator[Any, None, None]:
        """Yield a snapshot of the output after each fragment that changed it.

        Args:
            missing: What an object of a type shows for a field that has not arrived. `"default"`:
                its declared default; a field without one raises `AttributeError` when it is read.
                `"raise"`: all of them raise. `"none"`: all of them are None.

        Yields:
            The snapshots.

        Raises:
            ValueError: `missing` is another word.
        """
        return self._run(_OutputPartials(self._reading_output(), missing))

    @overload
    def result(self: Stream[None]) -> Message: ...

    @overload
    def result(self) -> T_co: ...

    def result(self) -> Any:
        """Read everything; return the output, or the message if no output was requested."""
        return super().result()


class AsyncStream(_MessageViews, AsyncReading[MessageParser, AnyMessageEvent], Generic[T_co]):
    """An answer read from an async iterable; created by `stream`.

    It has the views of `Stream`, for `async for`, `await field(...)` and `await result()`. The
    source is closed by its `aclose()`, or else by its `close()`, which may be a coroutine function.
    Use `async with`: otherwise the source of an abandoned view is closed only when the event loop
    finalizes it.
    """

    def __init__(
        self,
        source: Any,
        make: Callable[..., MessageParser],
        output: Any,
        throttle: Throttle,
        drain: bool = False,
    ) -> None:
        self._make, self._output = make, output
        super().__init__(source, _Events(make(output=output)), throttle, drain)
        self._connect(source)

    def text(self) -> AsyncGenerator[str, None]:
        """See `Stream.text`."""
        return self._run(_Text(self.parser))

    def tool_calls(self, *, when: CallsWhen = "complete") -> AsyncGenerator[ToolCall, None]:
        """See `Stream.tool_calls`."""
        return self._run(_calls_view(self.parser, when))

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

    class ReadingOptions(TypedDict, total=False):
        """The options of `stream` and `wrap` that do not differ between requests."""

        api: API | None
        format: FormatLike | TextReading | None
        tools_errors: ToolErrors
        coerce: bool
        dialect: DialectName | Dialect
        output_dialect: DialectName | Dialect
        surrogates: Surrogates
        limits: Limits | None
        clock: Callable[[], float] | None
        telemetry: StreamTelemetry | None
        every: float | None
        by: TextUnit | None
        drain: bool

    class StreamOptions(ReadingOptions, total=False):
        """The options of `stream`, except `output`, which determines the type of the stream."""

        tools: Any
        reconnect: Reconnect | None

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
        """The result of a view of an `EitherStream`."""

    class EitherFields(Fields, AsyncFields):  # type: ignore[misc]
        """The fields of an `EitherStream`."""

        def __getitem__(self, query: str | Query) -> Any: ...

        def result(self) -> Any: ...

    class EitherStream(Stream[T_co], AsyncStream[T_co]):  # type: ignore[misc]
        """The stream of an `EitherResponse`: for a type checker, it can be used either way."""

        def text(self) -> AnyGenerator[str]: ...

        def tool_calls(self, *, when: CallsWhen = "complete") -> AnyGenerator[ToolCall]: ...

        def batches(self) -> AnyGenerator[list[AnyMessageEvent]]: ...

        def partials(self, *, missing: Missing = "default") -> AnyGenerator[Any]: ...

        def items(self, query: str | Query) -> AnyGenerator[Any]: ...

        def field(self, query: str | Query) -> Any: ...

        def fields(self, *queries: str | Query) -> EitherFields: ...

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
    format: FormatLike | TextReading | None = None,
    tools: Any = None,
    tools_errors: ToolErrors = "raise",
    output: Any = None,
    coerce: bool = False,
    dialect: DialectName | Dialect = "strict",
    output_dialect: DialectName | Dialect = "lenient",
    surrogates: Surrogates = "keep",
    limits: Limits | None = None,
    clock: Callable[[], float] | None = None,
    telemetry: StreamTelemetry | None = None,
    every: float | None = None,
    by: TextUnit | None = None,
    drain: bool = False,
    reconnect: Reconnect | None = None,
) -> Stream[Any] | AsyncStream[Any]:
    """Read a response while it arrives.

    Reading ends, and the source is closed, when all answers have ended or the input has. Errors
    name an HTTP status of 400 or more. Options that are not listed are those of `MessageParser`.

    Args:
        source: An iterable or async iterable of bytes or text in fragments of any size, of dicts,
            or of chunk objects of an SDK; a stream of openai, anthropic, google-genai, mistralai,
            ollama, LiteLLM, LangChain or boto3; a response of httpx, aiohttp, requests or urllib3;
            a context manager or awaitable that gives one of these, which is entered or awaited when
            reading begins; a `Path`, or a `str` that names an existing file, unless `api="text"` or
            a `format` is given; one whole text, dict or response object.
        every: The seconds for which deltas are held and merged, as in `Coalescer`; `1/30` for a
            screen. Only deltas are delayed, except in `batches()`. An async stream emits held
            events on time, which needs asyncio; a synchronous one when a fragment arrives.
        by: `"word"`, `"line"` or `"sentence"`: emits the text in these units, as `Coalescer` does.
        clock: The clock of `every` and of the metrics, in seconds.
        drain: Whether to read to the end of the input, for records that follow the answer.
        reconnect: Opens the source again if its connection breaks. `source` must then be a function
            that returns a source. It is called immediately with None, and after a broken connection
            with `parser.resume_token`, or with None if the answer has not begun. No event is
            emitted twice. If the API cannot resume an answer, the answer is truncated immediately,
            with the reason as its error. See `docs/resume.md`.

    Returns:
        A `Stream`, or an `AsyncStream` if `source` is async.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type, or `source` cannot be read.

    >>> with stream(["Hel", "lo"], api="text") as answer:
    ...     print("".join(answer.text()), answer.message.status)
    Hello complete
    """
    make = partial(
        MessageParser,
        api,
        format=format,
        tools=None if tools is None else tools_of(tools, tools_errors, coerce),
        coerce=coerce,
        dialect=dialect,
        output_dialect=output_dialect,
        surrogates=surrogates,
        limits=limits,
        clock=clock,
        telemetry=telemetry,
    )
    if reconnect is None:
        source = _opened(source, is_text=api == "text" or format is not None)
    else:
        source = connections(source, reconnect)
    kind = AsyncStream[Any] if is_async(source) else Stream[Any]
    return kind(source, make, output, Throttle(every, clock or time.monotonic, by), drain)


def _opened(source: Any, is_text: bool) -> Any:
    """Open the file that `source` names, or return the iterable that a client returned."""
    if isinstance(source, str) and not is_text:
        source = named_file(source) or source
    return readable(source)
