"""JSON from an iterable of fragments, or from an async one: the views of `JSONParser`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from streamparse._core.sink import ValidatorFactory
from streamparse._drivers.reading import AsyncReading, Pace, Partials, Reading, SyncReading, View
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError
from streamparse.events import ValueCompleted, ValueEvent
from streamparse.json_parser import JSONParser
from streamparse.limits import Limits
from streamparse.paths import Path, Query

__all__ = ["AsyncJSONStream", "JSONStream", "aiter_json", "iter_json"]

Fragment: TypeAlias = str | bytes | bytearray | memoryview
_Select: TypeAlias = str | Query | Sequence[str | Query] | None

_DEFAULT_LIMITS: Final = Limits()


class _Partials(Partials[JSONParser]):
    """Snapshots of the value."""

    def open_path(self) -> Path | None:
        return self.parser.open_path

    def snapshot(self) -> Any:
        return self.parser.snapshot()

    def is_end(self, event: ValueEvent) -> bool:
        return isinstance(event, ValueCompleted)


class _Batches(View[JSONParser]):
    """The events that came together."""

    hold = "all"

    def show(self, events: list[ValueEvent]) -> list[list[ValueEvent]]:
        return [events] if events else []


class _Items(View[JSONParser]):
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


class _Result(View[JSONParser]):
    """The whole value at the end."""

    def show(self, events: list[ValueEvent]) -> Iterable[Any]:
        return ()

    def last(self) -> Iterable[Any]:
        return (self.parser.value,)


class _Options(Reading[JSONParser]):
    """How a stream makes the parsers of its views.

    A mixin: the reading beside it gets the source.
    """

    _make: Callable[..., JSONParser]
    _select: _Select
    _keep: str

    def _batches(self) -> View[JSONParser]:
        return _Batches(self.parser)

    def _partials(self) -> View[JSONParser]:
        self._need_the_whole("partials()")
        return _Partials(self._make())

    def _result(self) -> View[JSONParser]:
        self._need_the_whole("result()")
        return _Result(self._make(select=()))  # nobody asks for events

    def _items(self, query: str | Query) -> View[JSONParser]:
        return _Items(self._selecting("items()", query))

    def _field(self, query: str | Query) -> View[JSONParser]:
        return _Field(self._selecting("field()", query), query)

    def _need_the_whole(self, view: str) -> None:
        if self._keep != "all":
            raise ValueError(f"{view} shows the whole value: keep={self._keep!r} contradicts it")

    def _selecting(self, view: str, query: str | Query) -> JSONParser:
        if self._select is not None or self._keep != "all":
            raise ValueError(f"{view} selects by its query: give the stream no select and no keep")
        return self._make(select=query, keep="open")


class JSONStream(_Options, SyncReading[JSONParser, ValueEvent]):
    """A document (`many`: several) read from an iterable of fragments; made by `iter_json`.

    There are six views: iteration, `batches()`, `partials()`, `items()`, `field()`, `result()`.
    Calling one begins it, it consumes the stream, and there can be no second one: `RuntimeError`.

    `partials` and `result` show the whole value, whatever `select` says of events, and are a
    `ValueError` with `keep="open"`. `items` and `field` select by their own query, hold no more
    than the largest selected value, and are a `ValueError` with `select` or `keep`.

    Whatever ends the reading (the last fragment, an error of the parser or of the source, leaving
    the `with` block) closes the source, if it has a `close()`. Without `with`, the source is
    closed when a view that has given something is closed or dropped.

    Views raise what `JSONParser` raises, once everything understood before it has been given; the
    error's `events` are then empty. Exceptions of the source pass unchanged.

    `parser` has `value`, `open_path`, `done`, `remainder` and so on.

    >>> list(iter_json(['{"city": "Par', 'is"', "}"]).partials())
    [{'city': 'Par'}, {'city': 'Paris'}]
    >>> list(iter_json(['{"items": [{"n": 1}, {"n"', ": 2}]}"]).items("$.items[*]"))
    [{'n': 1}, {'n': 2}]
    >>> iter_json(['{"city": "Paris", "days', '": 3}']).field("$.city")
    'Paris'
    >>> iter_json(['{"city": "Par', 'is"}']).result()
    {'city': 'Paris'}
    """

    def __init__(
        self,
        source: Iterable[Fragment],
        make: Callable[..., JSONParser],
        select: _Select,
        keep: str,
        pace: Pace,
    ) -> None:
        self._make, self._select, self._keep = make, select, keep
        super().__init__(source, View(make(select=select, keep=keep)), pace)


class AsyncJSONStream(_Options, AsyncReading[JSONParser, ValueEvent]):
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
        pace: Pace,
    ) -> None:
        self._make, self._select, self._keep = make, select, keep
        super().__init__(source, View(make(select=select, keep=keep)), pace)


def iter_json(
    source: Iterable[Fragment],
    dialect: str | Dialect = "strict",
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
    every: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> JSONStream:
    """Read JSON from `source`, an iterable of fragments (text, or bytes of UTF-8) cut anywhere.

    The options are those of `JSONParser`, and `every`, the seconds between two looks of somebody
    who need not see every delta: adjacent ones are merged, as a `Coalescer` does it by `clock`;
    nothing else is delayed, but for `batches()`. What is held goes out when a fragment has come, at
    the end, or before an error: nothing can be done while the source is waited for.

    A source that is itself one `str` or `bytes` is one
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
    return JSONStream(source, make, select, keep, Pace(every, clock))


def aiter_json(
    source: AsyncIterable[Fragment],
    dialect: str | Dialect = "strict",
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
    every: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncJSONStream:
    """`iter_json` for an async iterable of fragments.

    With `every`, what is held goes out on time, whether fragments come or not: this needs asyncio.

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
    return AsyncJSONStream(source, make, select, keep, Pace(every, clock))
