"""Reading a source once, through a view: what all drivers share.

Rule 1: what a fragment comes to is decided in `View` and its kinds, which do no I/O. A reading
only fetches fragments, hands on what they come to, and closes the source.
Rule 2: a source is read once. Its first view consumes it; a second one is a `RuntimeError`.
Rule 3: nothing understood is lost. What a fragment completed before it failed is given first,
then the error is raised.
Rule 4: the source is closed, whatever ends the reading.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from streamparse.errors import StreamParseError
from streamparse.paths import Path, Query
from streamparse.sources import aclose, async_pieces, close, pieces

__all__ = ["AsyncReading", "Partials", "Reading", "SyncReading", "View"]


class _Parser(Protocol):
    def feed(self, fragment: Any, /) -> list[Any]: ...

    def finish(self) -> list[Any]: ...


P = TypeVar("P", bound=_Parser)
E = TypeVar("E")
S = TypeVar("S", bound="SyncReading[Any, Any]")
A = TypeVar("A", bound="AsyncReading[Any, Any]")


# What fragments come to


class View(Generic[P]):
    """The view of the events, and what it shares with the others.

    What `feed` and `finish` return goes to the reader, up to the moment when `over` is set; then
    `failure` is raised, if there is one.
    """

    def __init__(self, parser: P) -> None:
        self.parser = parser
        self.over = False  # nothing more is wanted
        self.failure: StreamParseError | None = None

    def feed(self, fragment: Any) -> Iterable[Any]:
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
        shown = self.show(events)
        return shown if self.failure is not None else [*shown, *self.last()]

    def stop(self) -> None:
        """Nothing more is wanted."""
        self.over = True
        self.failure = None  # its traceback leads here: do not leave the cycle to the collector

    def show(self, events: list[Any]) -> Iterable[Any]:
        """What these events, which came together, give."""
        return events

    def last(self) -> Iterable[Any]:
        """What a complete document gives at its end."""
        return ()

    def _fail(self, error: StreamParseError) -> list[Any]:
        """Keep the error for later; its events, which come first and so are no longer its own."""
        self.failure = error
        events, error.events = error.events, []
        return events


class Partials(View[P]):
    """Snapshots of a value, when its events brought something new."""

    def __init__(self, parser: P) -> None:
        super().__init__(parser)
        self.open: Path | None = self.open_path()

    def open_path(self) -> Path | None:
        """The path of the innermost open container or string."""
        raise NotImplementedError

    def snapshot(self) -> Any:
        """The value so far, for good."""
        raise NotImplementedError

    def is_end(self, event: Any) -> bool:
        """Does this event say that a value is whole?"""
        raise NotImplementedError

    def show(self, events: list[Any]) -> Iterable[Any]:
        changed = self._is_changed_by(events)
        self.open = self.open_path()
        return (self.snapshot(),) if changed else ()

    def _is_changed_by(self, events: list[Any]) -> bool:
        """Did they bring more than the ends of values that were there before?"""
        for event in events:
            if not self.is_end(event) or event.path != self.open:
                return True
            self.open = event.path[:-1]
        return False


# Fetching and closing


class Reading(Generic[P]):
    """A source and its one view; everything but fetching and closing.

    The hooks that begin with an underscore make the views.
    """

    def __init__(self, view: View[P]) -> None:
        self._begun = False
        self._view = view

    @property
    def parser(self) -> P:
        """The parser behind the view. Read it again after a view has begun, which may change it."""
        return self._view.parser

    def _events(self) -> View[P]:
        return self._view

    def _partials(self) -> View[P]:
        raise NotImplementedError

    def _items(self, query: str | Query) -> View[P]:
        raise NotImplementedError

    def _field(self, query: str | Query) -> View[P]:
        raise NotImplementedError

    def _result(self) -> View[P]:
        raise NotImplementedError

    def _begin(self, view: View[P]) -> View[P]:
        if self._begun:
            raise RuntimeError("a stream is read once, and a view of this one has begun already")
        if self._view.over:
            raise RuntimeError("the stream is closed")
        self._begun = True
        self._view = view
        return view


class SyncReading(Reading[P], Generic[P, E]):
    """Reads an iterable: the views, and a context manager that closes the source."""

    def __init__(self, source: Any, view: View[P]) -> None:
        super().__init__(view)
        self._fragments = pieces(source)
        self._closers = ExitStack()
        self._closers.callback(close, source)
        if self._fragments is not source:
            self._closers.callback(close, self._fragments)

    def __iter__(self) -> Generator[E, None, None]:
        """The events, each as soon as its fragment has come."""
        return self._run(self._events())

    def partials(self) -> Generator[Any, None, None]:
        """A snapshot of the value after each fragment that changed it."""
        return self._run(self._partials())

    def items(self, query: str | Query) -> Generator[Any, None, None]:
        """The values that `query` selects, each as it completes; `ValueError` for a bad query."""
        return self._run(self._items(query))

    def field(self, query: str | Query) -> Any:
        """The first value that `query` selects, as soon as it is complete; closes the source.

        What follows the value is not read, so it is not known to be sound. Raises
        `StreamParseError` with the code `"not_found"` if the document ends without the value,
        and `ValueError` for a bad query.
        """
        return _only(list(self._run(self._field(query))))

    def result(self) -> Any:
        """The whole, once everything has been read."""
        return _only(list(self._run(self._result())))

    def close(self) -> None:
        """Stop reading and close the source; the view ends. Harmless when repeated."""
        self._view.stop()
        self._closers.close()

    def __enter__(self: S) -> S:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, view: View[P]) -> Generator[Any, None, None]:
        return self._read(self._begin(view))

    def _read(self, view: View[P]) -> Generator[Any, None, None]:
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


class AsyncReading(Reading[P], Generic[P, E]):
    """Reads an async iterable: the views of `SyncReading`, to be awaited."""

    def __init__(self, source: Any, view: View[P]) -> None:
        super().__init__(view)
        self._fragments = async_pieces(source)
        self._closers = AsyncExitStack()
        self._closers.push_async_callback(aclose, source)
        if self._fragments is not source:
            self._closers.push_async_callback(aclose, self._fragments)

    def __aiter__(self) -> AsyncGenerator[E, None]:
        """The events, each as soon as its fragment has come."""
        return self._run(self._events())

    def partials(self) -> AsyncGenerator[Any, None]:
        """A snapshot of the value after each fragment that changed it."""
        return self._run(self._partials())

    def items(self, query: str | Query) -> AsyncGenerator[Any, None]:
        """The values that `query` selects, each as it completes; `ValueError` for a bad query."""
        return self._run(self._items(query))

    async def field(self, query: str | Query) -> Any:
        """See `SyncReading.field`."""
        return _only([found async for found in self._run(self._field(query))])

    async def result(self) -> Any:
        """The whole, once everything has been read."""
        return _only([value async for value in self._run(self._result())])

    async def aclose(self) -> None:
        """Stop reading and close the source; the view ends. Harmless when repeated."""
        self._view.stop()
        await self._closers.aclose()

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _run(self, view: View[P]) -> AsyncGenerator[Any, None]:
        return self._read(self._begin(view))

    async def _read(self, view: View[P]) -> AsyncGenerator[Any, None]:
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


def _only(values: list[Any]) -> Any:
    """The one value that a view gave."""
    if not values:
        raise RuntimeError("the stream was closed while it was being read")
    return values[0]
