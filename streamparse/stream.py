"""JSON from an iterable of fragments, or from an async one.

Rule 1: what a fragment comes to is decided in `_View` and its kinds, which do no I/O. A stream
only fetches fragments, hands on what they come to, and closes the source.
Rule 2: a stream is read once. Its first view consumes it; a second one is a `RuntimeError`.
Rule 3: nothing understood is lost. What a fragment completed before it failed is given first,
then the error is raised.
Rule 4: the source is closed, whatever ends the reading.
"""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Generator,
    Iterable,
    Sequence,
)
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from types import TracebackType
from typing import Any, Final, TypeAlias

from streamparse._core.sink import ValidatorFactory
from streamparse.errors import StreamParseError
from streamparse.events import ValueCompleted, ValueEvent
from streamparse.json_parser import JSONParser
from streamparse.limits import Limits
from streamparse.paths import Path, Query

__all__ = ["AsyncJSONStream", "JSONStream", "aiter_json", "iter_json"]

Fragment: TypeAlias = str | bytes | bytearray | memoryview
_Select: TypeAlias = str | Query | Sequence[str | Query] | None

_DEFAULT_LIMITS: Final = Limits()


# What fragments come to


class _View:
    """The view of the events, and what it shares with the others.

    What `feed` and `finish` return goes to the reader, up to the moment when `over` is set; then
    `failure` is raised, if there is one.
    """

    def __init__(self, parser: JSONParser) -> None:
        self.parser = parser
        self.over = False  # nothing more is wanted
        self.failure: StreamParseError | None = None

    def feed(self, fragment: Fragment) -> Iterable[Any]:
        """What this fragment gives."""
        try:
            events = self.parser.feed(fragment)
        except StreamParseError as error:
            events = self._fail(error)
        return self.show(events) if events else ()

    def finish(self) -> Iterable[Any]:
        """What the end of the input gives."""
        if self.over:
            return ()  # closed while the source was waited for
        try:
            events = self.parser.finish()
        except StreamParseError as error:
            return self.show(self._fail(error))
        return [*self.show(events), *self.last()]

    def stop(self) -> None:
        """Nothing more is wanted."""
        self.over = True
        self.failure = None  # its traceback leads here: do not leave the cycle to the collector

    def show(self, events: list[ValueEvent]) -> Iterable[Any]:
        """What these events, which came together, give."""
        return events

    def last(self) -> Iterable[Any]:
        """What a complete document gives at its end."""
        return ()

    def _fail(self, error: StreamParseError) -> list[ValueEvent]:
        """Keep the error for later; its events, which come first and so are no longer its own."""
        self.failure = error
        events, error.events = error.events, []
        return events


class _Partials(_View):
    """Snapshots of the value."""

    def __init__(self, parser: JSONParser) -> None:
        super().__init__(parser)
        self.open: Path | None = parser.open_path

    def show(self, events: list[ValueEvent]) -> Iterable[Any]:
        changed = self._is_changed_by(events)
        self.open = self.parser.open_path
        return (self.parser.snapshot(),) if changed else ()

    def _is_changed_by(self, events: list[ValueEvent]) -> bool:
        """Did they bring more than the ends of values that were there before?"""
        for event in events:
            if not isinstance(event, ValueCompleted) or event.path != self.open:
                return True
            self.open = event.path[:-1]
        return False


class _Items(_View):
    """Selected values as they complete."""

    def show(self, events: list[ValueEvent]) -> list[Any]:
        return [event.value for event in events if isinstance(event, ValueCompleted)]


class _Field(_Items):
    """The first selected value that completes, or an error."""

    def __init__(self, parser: JSONParser, query: str | Query) -> None:
        super().__init__(parser)
        self.query = query

    def show(self, events: list[ValueEvent]) -> list[Any]:
        found = super().show(events)
        self.over = bool(found)
        return found

    def last(self) -> Iterable[Any]:
        if not self.over:
            self._miss()
        return ()

    def _miss(self) -> None:
        """Raise that the value did not come, with the place of the end."""
        try:
            self.parser.feed(" ")  # refused, because it is too late; the refusal has the place
        except StreamParseError as end:
            raise StreamParseError(
                f"the document ended without {self.query}",
                code="not_found",
                offset=end.offset,
                line=end.line,
                column=end.column,
                excerpt=end.excerpt,
            ) from None


class _Result(_View):
    """The whole value at the end."""

    def show(self, events: list[ValueEvent]) -> Iterable[Any]:
        return ()

    def last(self) -> Iterable[Any]:
        return (self.parser.value,)


# Streams


class _Stream:
    """The options of a stream and its one view; everything but fetching and closing."""

    def __init__(self, make: Callable[..., JSONParser], select: _Select, keep: str) -> None:
        self._make = make
        self._select = select
        self._keep = keep
        self._begun = False
        self._view = _View(make(select=select, keep=keep))

    @property
    def parser(self) -> JSONParser:
        """The parser behind the view, for `value`, `open_path`, `done`, `remainder` and so on.

        Read it again after a view has begun: some views have a parser of their own.
        """
        return self._view.parser

    def _events(self) -> _View:
        return self._begin(self._view)

    def _partials(self) -> _View:
        self._need_the_whole("partials()")
        return self._begin(_Partials(self._make()))

    def _result(self) -> _View:
        self._need_the_whole("result()")
        return self._begin(_Result(self._make(select=())))  # nobody asks for events

    def _items(self, query: str | Query) -> _View:
        return self._begin(_Items(self._selecting("items()", query)))

    def _field(self, query: str | Query) -> _View:
        return self._begin(_Field(self._selecting("field()", query), query))

    def _need_the_whole(self, view: str) -> None:
        if self._keep != "all":
            raise ValueError(f"{view} shows the whole value: keep={self._keep!r} contradicts it")

    def _selecting(self, view: str, query: str | Query) -> JSONParser:
        if self._select is not None or self._keep != "all":
            raise ValueError(f"{view} selects by its query: give the stream no select and no keep")
        return self._make(select=query, keep="open")

    def _begin(self, view: _View) -> _View:
        if self._begun:
            raise RuntimeError("a stream is read once, and a view of this one has begun already")
        if self._view.over:
            raise RuntimeError("the stream is closed")
        self._begun = True
        self._view = view
        return view


class JSONStream(_Stream):
    """A document (`many`: several) read from an iterable of fragments; made by `iter_json`.

    There are five views: iteration, `partials()`, `items()`, `field()`, `result()`. Calling one
    begins it, it consumes the stream, and there can be no second one: `RuntimeError`.

    Whatever ends the reading (the last fragment, an error of the parser or of the source, leaving
    the `with` block) closes the source, if it has a `close()`. Without `with`, the source is
    closed when a view that has given something is closed or dropped.

    Views raise what `JSONParser` raises, once everything understood before it has been given; the
    error's `events` are then empty. Exceptions of the source pass unchanged.
    """

    def __init__(
        self,
        source: Iterable[Fragment],
        make: Callable[..., JSONParser],
        select: _Select,
        keep: str,
    ) -> None:
        super().__init__(make, select, keep)
        if isinstance(source, (str, bytes, bytearray, memoryview)):
            source = (source,)
        self._fragments = iter(source)
        self._closers = ExitStack()
        self._closers.callback(_close, source)
        if self._fragments is not source:
            self._closers.callback(_close, self._fragments)

    def __iter__(self) -> Generator[ValueEvent, None, None]:
        """The events, each as soon as its fragment has come."""
        return self._run(self._events())

    def partials(self) -> Generator[Any, None, None]:
        """A snapshot of the value after each fragment that changed it.

        Raises `ValueError` if the stream was given `keep="open"`. The caller's `select` only
        concerns events, and so has no effect here.

        >>> list(iter_json(['{"city": "Par', 'is"', "}"]).partials())
        [{'city': 'Par'}, {'city': 'Paris'}]
        """
        return self._run(self._partials())

    def items(self, query: str | Query) -> Generator[Any, None, None]:
        """The values that `query` selects, each as it completes; memory is bounded by the largest.

        Raises `ValueError` if the stream was given `select` or `keep`, or for a bad query.

        >>> list(iter_json(['{"items": [{"n": 1}, {"n"', ": 2}]}"]).items("$.items[*]"))
        [{'n': 1}, {'n': 2}]
        """
        return self._run(self._items(query))

    def field(self, query: str | Query) -> Any:
        """The first value that `query` selects, as soon as it is complete; closes the source.

        What follows the value is not read, so it is not known to be well-formed. Raises
        `StreamParseError` with the code `"not_found"` if the document ends without the value,
        and `ValueError` as `items` does.

        >>> iter_json(['{"city": "Paris", "days', '": 3}']).field("$.city")
        'Paris'
        """
        return _only(list(self._run(self._field(query))))

    def result(self) -> Any:
        """The value, once everything has been read.

        Raises `ValueError` if the stream was given `keep="open"`.

        >>> iter_json(['{"city": "Par', 'is"}']).result()
        {'city': 'Paris'}
        """
        return _only(list(self._run(self._result())))

    def close(self) -> None:
        """Stop reading and close the source; the view ends. Harmless when repeated."""
        self._view.stop()
        self._closers.close()

    def __enter__(self) -> JSONStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, view: _View) -> Generator[Any, None, None]:
        try:
            for fragment in self._fragments:
                for shown in view.feed(fragment):
                    yield shown
                    if view.over:
                        return
                if view.over:
                    return
                if view.failure is not None:
                    raise view.failure
            for shown in view.finish():
                yield shown
            if view.failure is not None:
                raise view.failure
        finally:
            self.close()


class AsyncJSONStream(_Stream):
    """A document (`many`: several) read from an async iterable; made by `aiter_json`.

    The views of `JSONStream`, with `async for`, `await field(...)` and `await result()`. The
    source is closed by its `aclose()`, or else its `close()`, which may be a coroutine function.
    Use `async with`: without it, a view that is dropped closes the source when the event loop
    comes to it.

    >>> import asyncio
    >>> async def source():
    ...     yield '{"items": [1, '
    ...     yield "2]}"
    >>> async def main():
    ...     async with aiter_json(source()) as stream:
    ...         return [item async for item in stream.items("$.items[*]")]
    >>> asyncio.run(main())
    [1, 2]
    """

    def __init__(
        self,
        source: AsyncIterable[Fragment],
        make: Callable[..., JSONParser],
        select: _Select,
        keep: str,
    ) -> None:
        super().__init__(make, select, keep)
        self._fragments = aiter(source)
        self._closers = AsyncExitStack()
        self._closers.push_async_callback(_aclose, source)
        if self._fragments is not source:
            self._closers.push_async_callback(_aclose, self._fragments)

    def __aiter__(self) -> AsyncGenerator[ValueEvent, None]:
        """The events, each as soon as its fragment has come."""
        return self._run(self._events())

    def partials(self) -> AsyncGenerator[Any, None]:
        """See `JSONStream.partials`."""
        return self._run(self._partials())

    def items(self, query: str | Query) -> AsyncGenerator[Any, None]:
        """See `JSONStream.items`."""
        return self._run(self._items(query))

    async def field(self, query: str | Query) -> Any:
        """See `JSONStream.field`."""
        return _only([found async for found in self._run(self._field(query))])

    async def result(self) -> Any:
        """See `JSONStream.result`."""
        return _only([value async for value in self._run(self._result())])

    async def aclose(self) -> None:
        """Stop reading and close the source; the view ends. Harmless when repeated."""
        self._view.stop()
        await self._closers.aclose()

    async def __aenter__(self) -> AsyncJSONStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _run(self, view: _View) -> AsyncGenerator[Any, None]:
        try:
            async for fragment in self._fragments:
                for shown in view.feed(fragment):
                    yield shown
                    if view.over:
                        return
                if view.over:
                    return
                if view.failure is not None:
                    raise view.failure
            for shown in view.finish():
                yield shown
            if view.failure is not None:
                raise view.failure
        finally:
            await self.aclose()


def _close(thing: object) -> None:
    close = getattr(thing, "close", None)
    if callable(close):
        close()


async def _aclose(thing: object) -> None:
    close = getattr(thing, "aclose", None) or getattr(thing, "close", None)
    if callable(close):
        closing = close()
        if inspect.isawaitable(closing):
            await closing


def _only(values: list[Any]) -> Any:
    """The one value that a view gave."""
    if not values:
        raise RuntimeError("the stream was closed while it was being read")
    return values[0]


def iter_json(
    source: Iterable[Fragment],
    dialect: str = "strict",
    *,
    many: bool = False,
    trailing: str = "error",
    select: _Select = None,
    keep: str = "all",
    surrogates: str = "keep",
    limits: Limits = _DEFAULT_LIMITS,
    parse_float: Callable[[str], Any] = float,
    parse_int: Callable[[str], Any] = int,
    validator: ValidatorFactory | None = None,
) -> JSONStream:
    """Read JSON from `source`, an iterable of fragments (text, or bytes of UTF-8) cut anywhere.

    The options are those of `JSONParser`. A source that is itself one `str` or `bytes` is one
    fragment. With `trailing="stop"` the source is still read to its end, into
    `parser.remainder`; leave the stream once `parser.done` to read no further.

    Raises `ValueError` and `TypeError` for bad options, and `TypeError` for what is no iterable.

    >>> with iter_json(['{"n": 1', "}"]) as stream:
    ...     for event in stream:
    ...         print(event)
    ValueStarted(path=(), kind='object')
    ValueCompleted(path=('n',), value=1)
    ValueCompleted(path=(), value={'n': 1})
    """
    make = partial(
        JSONParser,
        dialect,
        many=many,
        trailing=trailing,
        surrogates=surrogates,
        limits=limits,
        parse_float=parse_float,
        parse_int=parse_int,
        validator=validator,
    )
    return JSONStream(source, make, select, keep)


def aiter_json(
    source: AsyncIterable[Fragment],
    dialect: str = "strict",
    *,
    many: bool = False,
    trailing: str = "error",
    select: _Select = None,
    keep: str = "all",
    surrogates: str = "keep",
    limits: Limits = _DEFAULT_LIMITS,
    parse_float: Callable[[str], Any] = float,
    parse_int: Callable[[str], Any] = int,
    validator: ValidatorFactory | None = None,
) -> AsyncJSONStream:
    """`iter_json` for an async iterable of fragments.

    >>> import asyncio
    >>> async def source():
    ...     yield '{"city": "Par'
    ...     yield 'is"}'
    >>> asyncio.run(aiter_json(source()).result())
    {'city': 'Paris'}
    """
    make = partial(
        JSONParser,
        dialect,
        many=many,
        trailing=trailing,
        surrogates=surrogates,
        limits=limits,
        parse_float=parse_float,
        parse_int=parse_int,
        validator=validator,
    )
    return AsyncJSONStream(source, make, select, keep)
