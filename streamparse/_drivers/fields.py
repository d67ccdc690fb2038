"""`fields()`: several fields of one document, each available as soon as it is complete.

The document is read on demand, by whoever waits for a field that has not arrived yet. So there is
no background task, and waiting cannot block forever: the end of the document raises an error for
each field that it lacks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator
from typing import Any, Final, TypeAlias

from streamparse.paths import Path, Query

__all__ = ["AsyncFields", "Fields"]

_Found: TypeAlias = list[tuple[str, Any]]  # fields that completed together, by their queries


class WantedFields:
    """The queries of a view, of which some have not selected a value yet.

    Raises:
        ValueError: There is no query, or one is invalid.
    """

    def __init__(self, queries: Iterable[str | Query]) -> None:
        self.queries: Final = {
            str(query): query if isinstance(query, Query) else Query.parse(query)
            for query in queries
        }
        if not self.queries:
            raise ValueError("fields() needs at least one query")
        self.missing: Final = dict(self.queries)

    def take(self, path: Path) -> list[str]:
        """Return the queries for which the value at `path` is the first."""
        found = [name for name, query in self.missing.items() if query.matches(path)]
        for name in found:
            del self.missing[name]
        return found

    def not_found(self, what: str) -> str:
        """Return the message of the error for the missing fields."""
        return f"the {what} ended without {', '.join(self.missing)}"


class _Fields:
    """The fields that have arrived, and the error that ended the reading."""

    def __init__(self, queries: Iterable[str | Query]) -> None:
        self._names = [str(query) for query in queries]
        self._values: dict[str, Any] = {}
        self._found: _Found = []  # in the order of arrival
        self._failure: BaseException | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._values)} of {len(self._names)} fields)"

    def _name(self, query: str | Query) -> str:
        name = str(query)
        if name not in self._names:
            raise KeyError(f"{name!r} is not one of the fields {', '.join(self._names)}")
        return name

    @property
    def _whole(self) -> bool:
        return self._values.keys() >= set(self._names)

    def _check(self) -> None:
        """Raise the error that ended the reading."""
        if self._failure is not None:
            raise self._failure

    def _take(self, found: _Found) -> None:
        self._found += found
        self._values.update(found)

    def _fail(self, error: BaseException) -> None:
        """Keep the error for all who wait for a field."""
        is_end = isinstance(error, (StopIteration, StopAsyncIteration, GeneratorExit))
        stopped = is_end or not isinstance(error, Exception)  # closed or cancelled
        closed = RuntimeError("the stream was closed while it was being read")
        self._failure = closed if stopped else error


class Fields(_Fields):
    """Several fields of a document, returned by `fields()` of a synchronous stream.

    Iteration yields `(query, value)` in the order in which the fields complete. `fields[query]`
    returns one value, and `result()` all of them in the order of the queries. Each reads only as
    far as necessary; values that have arrived are kept and can be read again.

    A document that ends without a field raises `StreamParseError` (code `"not_found"`) for it, and
    errors in the document are raised for all fields that have not arrived.

    >>> from streamparse import iter_json
    >>> fields = iter_json(['{"days": 3, "city', '": "Paris", "to": 1}']).fields("$.city", "$.days")
    >>> fields["$.city"]
    'Paris'
    >>> list(fields)
    [('$.days', 3), ('$.city', 'Paris')]
    >>> fields.result()
    ('Paris', 3)
    """

    def __init__(
        self, queries: Iterable[str | Query], batches: Generator[_Found, None, None]
    ) -> None:
        super().__init__(queries)
        self._batches = batches

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        place = 0
        while True:
            while place < len(self._found):
                yield self._found[place]
                place += 1
            if self._whole:
                return
            self._read()

    def __getitem__(self, query: str | Query) -> Any:
        name = self._name(query)
        while name not in self._values:
            self._read()
        return self._values[name]

    def result(self) -> tuple[Any, ...]:
        """Return all values, in the order of the queries.

        Raises:
            StreamParseError: The document ends without one of them (code `"not_found"`), or is
                invalid.
        """
        return tuple(self[name] for name in self._names)

    def _read(self) -> None:
        self._check()
        try:
            self._take(next(self._batches))
            if self._whole:
                self._batches.close()
        except BaseException as error:
            self._fail(error)
            if isinstance(error, StopIteration):
                self._check()
            raise


class AsyncFields(_Fields):
    """Several fields of a document, returned by `fields()` of an asynchronous stream.

    It has the methods of `Fields`: `async for query, value in fields`, `await fields[query]` and
    `await fields.result()`, or shorter `await fields`. Several tasks may wait for different fields
    at once. Cancelling a task that waits closes the stream.

    >>> import asyncio
    >>> from streamparse import aiter_json
    >>> async def source():
    ...     yield '{"days": 3, "city'
    ...     yield '": "Paris"}'
    >>> async def main():
    ...     fields = aiter_json(source()).fields("$.city", "$.days")
    ...     return await asyncio.gather(fields["$.city"], fields["$.days"])
    >>> asyncio.run(main())
    ['Paris', 3]
    """

    def __init__(
        self, queries: Iterable[str | Query], batches: AsyncGenerator[_Found, None]
    ) -> None:
        from asyncio import Lock

        super().__init__(queries)
        self._batches = batches
        self._reading = Lock()  # held by the task that reads

    async def __aiter__(self) -> AsyncIterator[tuple[str, Any]]:
        place = 0
        while True:
            while place < len(self._found):
                yield self._found[place]
                place += 1
            if self._whole:
                return
            async with self._reading:
                if place == len(self._found):
                    await self._read()

    async def __getitem__(self, query: str | Query) -> Any:
        name = self._name(query)
        while name not in self._values:
            async with self._reading:
                if name not in self._values:  # another task may have read it
                    await self._read()
        return self._values[name]

    def __await__(self) -> Generator[Any, None, tuple[Any, ...]]:
        return self.result().__await__()

    async def result(self) -> tuple[Any, ...]:
        """See `Fields.result`."""
        return tuple([await self[name] for name in self._names])

    async def _read(self) -> None:
        self._check()
        try:
            self._take(await anext(self._batches))
            if self._whole:
                await self._batches.aclose()
        except BaseException as error:
            self._fail(error)
            if isinstance(error, StopAsyncIteration):
                self._check()
            raise
