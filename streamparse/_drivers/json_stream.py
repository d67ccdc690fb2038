"""`iter_json` and `aiter_json`: read JSON from an iterable or async iterable of fragments."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from streamparse._core.sink import ValidatorFactory
from streamparse._drivers.fields import WantedFields
from streamparse._drivers.reading import (
    AsyncReading,
    Batches,
    Partials,
    Reading,
    SyncReading,
    Throttle,
    View,
)
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
    """Emits snapshots of the value."""

    def open_path(self) -> Path | None:
        return self.parser.open_path

    def snapshot(self) -> Any:
        return self.parser.snapshot()

    def is_end(self, event: ValueEvent) -> bool:
        return isinstance(event, ValueCompleted)


class _Items(View[JSONParser]):
    """Emits selected values as they complete."""

    def convert(self, events: list[ValueEvent]) -> list[Any]:
        return [event.value for event in events if isinstance(event, ValueCompleted)]


class _Field(_Items):
    """Emits the first selected value that completes, or raises an error."""

    def __init__(self, parser: JSONParser, query: str | Query) -> None:
        super().__init__(parser)
        self.query = query

    def convert(self, events: list[ValueEvent]) -> list[Any]:
        found = super().convert(events)
        self.over = bool(found)
        return found

    def last(self) -> Iterable[Any]:
        if not self.over:
            raise _not_found(self.parser, f"the document ended without {self.query}") from None
        return ()


class _Fields(View[JSONParser]):
    """Emits lists of the fields that completed together, or raises an error."""

    def __init__(self, parser: JSONParser, wanted: WantedFields) -> None:
        super().__init__(parser)
        self.wanted = wanted

    def convert(self, events: list[ValueEvent]) -> list[Any]:
        found = [
            (name, event.value)
            for event in events
            if isinstance(event, ValueCompleted)
            for name in self.wanted.take(event.path)
        ]
        self.over = not self.wanted.missing
        return [found] if found else []

    def last(self) -> Iterable[Any]:
        if not self.over:
            raise _not_found(self.parser, self.wanted.not_found("document")) from None
        return ()


def _not_found(parser: JSONParser, message: str) -> StreamParseError:
    """Return the error of a missing value, with the position of the end."""
    try:
        parser.feed(" ")  # raises because the input has ended; the error has the position
    except StreamParseError as end:
        place = (end.offset, end.line, end.column, end.excerpt)
    offset, line, column, excerpt = place
    return StreamParseError(
        message, code="not_found", offset=offset, line=line, column=column, excerpt=excerpt
    )


class _Result(View[JSONParser]):
    """Emits the whole value at the end."""

    def convert(self, events: list[ValueEvent]) -> Iterable[Any]:
        return ()

    def last(self) -> Iterable[Any]:
        return (self.parser.value,)


class _ValueViews(Reading[JSONParser]):
    """A mixin that creates the views of a JSON stream and their parsers."""

    _make: Callable[..., JSONParser]
    _select: _Select
    _keep: str

    def _batches(self) -> View[JSONParser]:
        return Batches(self.parser)

    def _partials(self) -> View[JSONParser]:
        self._require_whole("partials()")
        return _Partials(self._make())

    def _result(self) -> View[JSONParser]:
        self._require_whole("result()")
        return _Result(self._make(select=()))  # this view needs no events

    def _items(self, query: str | Query) -> View[JSONParser]:
        return _Items(self._selecting("items()", query))

    def _field(self, query: str | Query) -> View[JSONParser]:
        return _Field(self._selecting("field()", query), query)

    def _fields(self, queries: tuple[str | Query, ...]) -> View[JSONParser]:
        wanted = WantedFields(queries)
        return _Fields(self._selecting("fields()", tuple(wanted.queries.values())), wanted)

    def _require_whole(self, view: str) -> None:
        if self._keep != "all":
            raise ValueError(f"{view} shows the whole value: keep={self._keep!r} contradicts it")

    def _selecting(self, view: str, query: _Select) -> JSONParser:
        if self._select is not None or self._keep != "all":
            raise ValueError(f"{view} selects by its query: give the stream no select and no keep")
        return self._make(select=query, keep="open")


class JSONStream(_ValueViews, SyncReading[JSONParser, ValueEvent]):
    """A document, or several with `many`, read from an iterable; created by `iter_json`.

    The views are iteration, `batches()`, `partials()`, `items()`, `field()`, `fields()` and
    `result()`. The first view consumes the stream; a second one raises `RuntimeError`.

    `partials` and `result` show the whole value even if `select` restricts the events; with
    `keep="open"` they raise `ValueError`. `items`, `field` and `fields` select by their own queries
    and keep only the selected values in memory; with `select` or `keep` they raise `ValueError`.

    The end of the reading (the last fragment, an error of the parser or the source, the end of the
    `with` block) closes the source if it has a `close()`. Without `with`, the source is closed when
    a view that has started is closed or garbage-collected.

    Views raise the errors of `JSONParser` after they have emitted everything before the error; the
    `events` of the error are then empty. Exceptions of the source are passed on unchanged.

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
        throttle: Throttle,
    ) -> None:
        self._make, self._select, self._keep = make, select, keep
        super().__init__(source, View(make(select=select, keep=keep)), throttle)


class AsyncJSONStream(_ValueViews, AsyncReading[JSONParser, ValueEvent]):
    """A document, or several with `many`, read from an async iterable; created by `aiter_json`.

    It has the views of `JSONStream`, for `async for`, `await field(...)` and `await result()`. The
    source is closed by its `aclose()`, or else by its `close()`, which may be a coroutine function.
    Use `async with`: otherwise the source of an abandoned view is closed only when the event loop
    finalizes it.

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
        throttle: Throttle,
    ) -> None:
        self._make, self._select, self._keep = make, select, keep
        super().__init__(source, View(make(select=select, keep=keep)), throttle)


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
    """Read JSON from an iterable of fragments.

    The options that are not listed are those of `JSONParser`.

    With `trailing="stop"` the source is still read to its end, into `parser.remainder`; to read no
    further, leave the stream once `parser.done` is true.

    Args:
        source: An iterable of fragments of any size: text, or bytes in UTF-8. A single `str` or
            `bytes` is one fragment.
        every: The seconds for which deltas are held and merged, as in `Coalescer`. Only deltas are
            delayed, except in `batches()`. Held events are emitted when a fragment arrives, at the
            end, or before an error.
        clock: The clock of `every`, in seconds.

    Returns:
        The stream, which reads nothing before a view begins.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type, or `source` is not iterable.

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
    return JSONStream(source, make, select, keep, Throttle(every, clock))


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
    """Read JSON from an async iterable of fragments.

    The options are those of `iter_json`. With `every`, held events are emitted on time even if no
    fragment arrives; this needs asyncio.

    Returns:
        An `AsyncJSONStream`.

    Raises:
        ValueError: See `iter_json`.
        TypeError: See `iter_json`.

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
    return AsyncJSONStream(source, make, select, keep, Throttle(every, clock))
