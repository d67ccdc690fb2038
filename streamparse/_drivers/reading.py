"""Base classes of the streams: they read a source once, through one view.

Rule 1: `View` and its subclasses decide what to emit for a fragment, and do no I/O. A reading
fetches fragments, passes on the results and closes the source.
Rule 2: A source is read once. The first view consumes it; a second one raises `RuntimeError`.
Rule 3: Nothing understood is lost. The results before an error are emitted first, then the error is
raised.
Rule 4: The source is always closed. The reading of an answer ends with the answer, because some
servers keep the connection open long after it. `drain` reads to the end of the input.
Rule 5: With `every=` a `Coalescer` holds deltas back. A synchronous reading passes the time when a
fragment arrives, because it cannot act while it waits; an asynchronous one also when events are
due. Without `every=` no clock is read, and asyncio is not needed.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, Protocol, TypeVar

from streamparse._drivers.coalescer import Coalescer
from streamparse._drivers.fields import AsyncFields, Fields
from streamparse._drivers.sources import aclose, async_pieces, close, interrupt, pieces
from streamparse.aliases import TextUnit
from streamparse.errors import StreamParseError, name_status
from streamparse.paths import Path, Query

if TYPE_CHECKING:
    import asyncio

__all__ = ["AsyncReading", "Batches", "Throttle", "Partials", "Reading", "SyncReading", "View"]


class _Parser(Protocol):
    def feed(self, fragment: Any, /) -> list[Any]: ...

    def finish(self) -> list[Any]: ...


P = TypeVar("P", bound=_Parser)
E = TypeVar("E")
S = TypeVar("S", bound="SyncReading[Any, Any]")
A = TypeVar("A", bound="AsyncReading[Any, Any]")


_END: Final = object()  # marks the end of the fragments


# Views.


class Throttle:
    """The shortest time between emissions, in seconds of `clock`; None for no delay."""

    def __init__(
        self,
        every: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        by: TextUnit | None = None,
    ) -> None:
        if by is not None and every is None:
            raise ValueError("by= needs every=, the longest time to hold a text")
        self.every = every
        self.clock = clock
        self._by = by
        self.coalescer("deltas")  # raises if an option is invalid

    def coalescer(self, hold: str) -> Coalescer | None:
        """Return a new coalescer, or None if there is no delay."""
        if self.every is None:
            return None
        return Coalescer(self.every, hold=hold if self._by is None else "deltas", by=self._by)


class View(Generic[P]):
    """The view of the events, and the base class of the other views.

    The results of `feed`, `wake` and `finish` are emitted until `over` is set; then `failure` is
    raised, if it is set.
    """

    hold: ClassVar[str] = "deltas"  # the `hold` of the `Coalescer`

    def __init__(self, parser: P) -> None:
        self.parser = parser
        self.over: bool = False  # whether the view has ended
        self.failure: Exception | None = None
        self._status = 0  # the HTTP status, if it reports an error
        self._coalescer: Coalescer | None = None

    @property
    def ended(self) -> bool:
        """Whether the parser needs no more input."""
        return False

    def set_throttle(self, throttle: Throttle) -> None:
        """Delay events as `throttle` requires."""
        self._coalescer = throttle.coalescer(self.hold)

    @property
    def due(self) -> float | None:
        """The time at which to call `wake`; None if nothing is held."""
        return None if self._coalescer is None else self._coalescer.due

    def feed(self, fragment: Any, now: float = 0.0) -> Iterable[Any]:
        """Parse a fragment at the time `now`; return what to emit."""
        try:
            events = self.parser.feed(fragment)
        except StreamParseError as error:
            events = self._fail(error)
        if self._coalescer is not None:
            events = self._coalescer.feed(events, now)
            if self.failure is not None:
                events += self._coalescer.flush()
        return self.convert(events) if events else ()

    def set_error_status(self, status: int) -> None:
        """Set the HTTP status of a response that reports an error."""
        self._status = status

    def wake(self, now: float) -> Iterable[Any]:
        """Return the held results that are due."""
        events = [] if self._coalescer is None else self._coalescer.feed((), now)
        return self.convert(events) if events else ()

    def fail(self, error: Exception) -> Iterable[Any]:
        """Record an error of the source; return the held results, which precede it."""
        self.failure = error
        events = self._held()
        return self.convert(events) if events else ()

    def finish(self) -> Iterable[Any]:
        """End the input; return what to emit."""
        if self.over:
            return ()  # it was closed during the wait for the source
        held = self._held()
        try:
            events = self.parser.finish()
        except StreamParseError as error:
            return self.convert(held + self._fail(error))
        found = self.convert(held + events)
        return found if self.failure is not None else [*found, *self.last()]

    def finish_early(self) -> Iterable[Any]:
        """Return the last results if reading stops at the end of the answer."""
        held = self._held()
        found = self.convert(held) if held else ()
        return found if self.failure is not None else [*found, *self.last()]

    def _held(self) -> list[Any]:
        return [] if self._coalescer is None else self._coalescer.flush()

    def stop(self) -> None:
        """End the view."""
        self.over = True
        self.failure = None  # its traceback refers to this view; break the reference cycle

    def convert(self, events: list[Any]) -> Iterable[Any]:
        """Return what to emit for these events, which arrived together."""
        return events

    def last(self) -> Iterable[Any]:
        """Return what to emit at the end of a complete document."""
        return ()

    def _fail(self, error: StreamParseError) -> list[Any]:
        """Keep the error for later; return its events, which are emitted first."""
        name_status(error, self._status)
        self.failure = error
        events, error.events = error.events, []
        return events


class Batches(View[P]):
    """Emits lists of events that arrived together."""

    hold = "all"

    def convert(self, events: list[Any]) -> list[list[Any]]:
        return [events] if events else []


class Partials(View[P]):
    """Emits a snapshot of a value after events that changed it."""

    def __init__(self, parser: P) -> None:
        super().__init__(parser)
        self.open: Path | None = self.open_path()

    def open_path(self) -> Path | None:
        """Return the path of the innermost open container or string."""
        raise NotImplementedError

    def snapshot(self) -> Any:
        """Return a copy of the value so far."""
        raise NotImplementedError

    def is_end(self, event: Any) -> bool:
        """Return whether this event ends a value."""
        raise NotImplementedError

    def convert(self, events: list[Any]) -> Iterable[Any]:
        changed = self._is_changed_by(events)
        self.open = self.open_path()
        return (self.snapshot(),) if changed else ()

    def _is_changed_by(self, events: list[Any]) -> bool:
        """Return whether the events do more than end values that were already visible."""
        for event in events:
            if not self.is_end(event) or event.path != self.open:
                return True
            self.open = event.path[:-1]
        return False


# Fetching and closing.


class Reading(Generic[P]):
    """A source and its view, without fetching and closing.

    Subclasses create the views in the methods that begin with an underscore.
    """

    def __init__(self, view: View[P], throttle: Throttle | None = None, drain: bool = True) -> None:
        self._begun = False
        self._view = view
        self._status = 0  # the HTTP status of the response, if it reports an error
        self._throttle = Throttle() if throttle is None else throttle
        self._drain = drain

    def __repr__(self) -> str:
        """Return the class and the parser, which shows the progress."""
        return f"{type(self).__name__}({self.parser!r})"

    @property
    def parser(self) -> P:
        """The parser of the view. A view that begins may replace it."""
        return self._view.parser

    def _events(self) -> View[P]:
        return self._view

    def _batches(self) -> View[P]:
        raise NotImplementedError

    def _partials(self) -> View[P]:
        raise NotImplementedError

    def _items(self, query: str | Query) -> View[P]:
        raise NotImplementedError

    def _field(self, query: str | Query) -> View[P]:
        raise NotImplementedError

    def _fields(self, queries: tuple[str | Query, ...]) -> View[P]:
        raise NotImplementedError

    def _result(self) -> View[P]:
        raise NotImplementedError

    def _is_ended(self, view: View[P]) -> bool:
        """Return whether to stop here, before the end of the input."""
        return view.ended and not self._drain

    def _begin(self, view: View[P]) -> View[P]:
        if self._begun:
            raise RuntimeError("a stream is read once, and the reading of this one has begun")
        if self._view.over:
            raise RuntimeError("the stream is closed")
        self._begun = True
        self._view = view
        view.set_throttle(self._throttle)
        if self._status:
            view.set_error_status(self._status)
        return view

    def _set_error_status(self, status: int, headers: Any) -> None:
        """Set the HTTP status of the source, a response that reports an error."""
        self._status = status
        if self._begun:
            self._view.set_error_status(status)


class SyncReading(Reading[P], Generic[P, E]):
    """Reads an iterable. It has the views, and is a context manager that closes the source."""

    def __init__(
        self, source: Any, view: View[P], throttle: Throttle | None = None, drain: bool = True
    ) -> None:
        super().__init__(view, throttle, drain)
        self._source = source
        self._fragments = pieces(source, self._set_error_status)
        self._closers = ExitStack()
        self._closers.callback(close, source)
        if self._fragments is not source:
            self._closers.callback(close, self._fragments)

    def __iter__(self) -> Generator[E, None, None]:
        """Yield each event as soon as its fragment arrives."""
        return self._run(self._events())

    def batches(self) -> Generator[list[E], None, None]:
        """Yield lists of events: those of one fragment, or with `every` all since the last list."""
        return self._run(self._batches())

    def partials(self) -> Generator[Any, None, None]:
        """Yield a snapshot of the value after each fragment that changed it."""
        return self._run(self._partials())

    def items(self, query: str | Query) -> Generator[Any, None, None]:
        """Yield the values that `query` selects, each as soon as it is complete.

        Raises:
            ValueError: The query is invalid.
        """
        return self._run(self._items(query))

    def field(self, query: str | Query) -> Any:
        """Return the first value that `query` selects, and close the source.

        The input after the value is not read, so errors in it are not detected.

        Raises:
            StreamParseError: The document ends without the value (code `"not_found"`).
            ValueError: The query is invalid.
        """
        return _single(list(self._run(self._field(query))))

    def fields(self, *queries: str | Query) -> Fields:
        """Return several fields, each available as soon as it is complete.

        When all of them are, the source is closed. See `Fields`.

        Args:
            queries: Each selects the first value that it matches.

        Returns:
            The fields: iterate over them, or read one by `fields[query]`.

        Raises:
            ValueError: A query is invalid, or there is none.
        """
        return Fields(queries, self._run(self._fields(queries)))

    def result(self) -> Any:
        """Read everything; return the whole value."""
        return _single(list(self._run(self._result())))

    def close(self) -> None:
        """Stop reading and close the source; the view ends. Repeated calls are harmless."""
        self._view.stop()
        self._closers.close()

    def interrupt(self) -> None:
        """Close the source while another thread waits for it; this ends the wait if possible."""
        interrupt(self._source)

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
        last = view.finish
        try:
            for batch in self._fed(view):
                for found in batch:
                    yield found
                    if view.over:
                        return
                if view.over:
                    return
                if view.failure is not None:
                    raise view.failure
                if self._is_ended(view):
                    last = view.finish_early
                    break
            for found in last():
                yield found
            if view.failure is not None:
                raise view.failure
        finally:
            self.close()

    def _fed(self, view: View[P]) -> Iterable[Iterable[Any]]:
        """Return an iterable of the results of each fragment."""
        return (
            map(view.feed, self._fragments)
            if self._throttle.every is None
            else self._throttled(view)
        )

    def _throttled(self, view: View[P]) -> Generator[Iterable[Any], None, None]:
        try:
            for fragment in self._fragments:
                yield view.feed(fragment, self._throttle.clock())
        except Exception as error:
            yield view.fail(error)  # the caller raises the error after these results


class AsyncReading(Reading[P], Generic[P, E]):
    """Reads an async iterable. It has the views of `SyncReading` as coroutines and generators."""

    def __init__(
        self, source: Any, view: View[P], throttle: Throttle | None = None, drain: bool = True
    ) -> None:
        from asyncio import Lock

        super().__init__(view, throttle, drain)
        self._closing = Lock()
        self._fetcher: _Fetcher | None = None
        self._waiting = _Waiting()
        self._fragments = async_pieces(source, self._set_error_status)
        self._closers = AsyncExitStack()
        self._closers.push_async_callback(aclose, source)
        if self._fragments is not source:
            self._closers.push_async_callback(aclose, self._fragments)

    def __aiter__(self) -> AsyncGenerator[E, None]:
        """Yield each event as soon as its fragment arrives."""
        return self._run(self._events())

    def batches(self) -> AsyncGenerator[list[E], None]:
        """Yield lists of events: those of one fragment, or with `every` all since the last list."""
        return self._run(self._batches())

    def partials(self) -> AsyncGenerator[Any, None]:
        """Yield a snapshot of the value after each fragment that changed it."""
        return self._run(self._partials())

    def items(self, query: str | Query) -> AsyncGenerator[Any, None]:
        """Yield the values that `query` selects, each as soon as it is complete.

        Raises:
            ValueError: The query is invalid.
        """
        return self._run(self._items(query))

    async def field(self, query: str | Query) -> Any:
        """See `SyncReading.field`."""
        return _single([found async for found in self._run(self._field(query))])

    def fields(self, *queries: str | Query) -> AsyncFields:
        """See `SyncReading.fields`."""
        return AsyncFields(queries, self._run(self._fields(queries)))

    async def result(self) -> Any:
        """Read everything; return the whole value."""
        return _single([value async for value in self._run(self._result())])

    async def aclose(self) -> None:
        """Stop reading and close the source; the view ends. Repeated calls are harmless.

        Any task may call it, not only the one that reads. Without asyncio (as with trio) another
        task cannot close a generator that is being read: cancel the task that reads instead.
        """
        self._view.stop()
        await self._waiting.end()
        try:
            async with self._closing:
                await self._closers.aclose()
        except RuntimeError as error:
            if not self._waiting.is_foreign:
                raise
            # A generator that is being read cannot be closed.
            needs = "aclose() from another task needs asyncio; cancel the task that reads instead"
            raise RuntimeError(needs) from error

    def __enter__(self) -> NoReturn:
        raise TypeError("the source is asynchronous: use 'async with' and 'async for'")

    def __exit__(self, *exception: object) -> None:
        """Do nothing. `with` looks this method up before it calls `__enter__`, which raises."""

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
        read = self._read_next if self._throttle.every is None else self._read_throttled
        last = view.finish
        try:
            if self._throttle.every is not None:
                _check_asyncio()
            while (batch := await read(view)) is not None:
                for found in batch:
                    yield found
                    if view.over:
                        return
                if view.over:
                    return
                if view.failure is not None:
                    raise view.failure
                if self._is_ended(view):
                    last = view.finish_early
                    break
            for found in last():
                yield found
            if view.failure is not None:
                raise view.failure
        finally:
            await self.aclose()

    async def _read_next(self, view: View[P]) -> Iterable[Any] | None:
        """Return the results of the next fragment, or None at the end."""
        waiting = self._waiting
        waiting.begin()
        try:
            fragment = await anext(self._fragments)
        except StopAsyncIteration:
            return None
        except BaseException as error:
            if waiting.is_ended_by(error):
                return None
            raise
        finally:
            waiting.over()
        return view.feed(fragment)

    async def _read_throttled(self, view: View[P]) -> Iterable[Any] | None:
        """Return the results of the next fragment, or the results that are due before it."""
        if self._fetcher is None:
            self._fetcher = _Fetcher(self._fragments)
            self._closers.push_async_callback(self._fetcher.aclose)
        clock, due = self._throttle.clock, view.due
        left = None if due is None else max(due - clock(), 0.0)
        try:
            arrived = await self._fetcher.wait(left)
            if view.over:
                return None  # it was closed during the wait
            if not arrived:
                return view.wake(clock())
            fragment = self._fetcher.take()
            return None if fragment is _END else view.feed(fragment, clock())
        except Exception as error:
            return view.fail(error)
        except BaseException:  # cancelled; the parser still gets a fragment that has just arrived
            if self._fetcher.has_fragment():
                view.feed(self._fetcher.take())
            raise


class _Waiting:
    """The task that waits for the next fragment; another task can end the wait."""

    def __init__(self) -> None:
        import asyncio

        self._current_task = asyncio.current_task
        self._task: asyncio.Task[Any] | None = None
        self.is_foreign = False  # whether a task of another library waits
        self._ended: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Record that the current task waits."""
        try:
            self._task = self._current_task()
        except RuntimeError:  # not an asyncio event loop
            self._task = None
            self.is_foreign = True

    async def end(self) -> None:
        """End the wait as if the source had ended."""
        import asyncio

        if self._task is None or self._task is asyncio.current_task():
            return
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
            self._task.cancel()
        await asyncio.shield(self._ended)

    def is_ended_by(self, error: BaseException) -> bool:
        """Return whether only `end` caused this error."""
        import asyncio

        if self._ended is None or not isinstance(error, asyncio.CancelledError):
            return False
        uncancel = getattr(self._task, "uncancel", None)  # from Python 3.11 on
        return uncancel is None or not uncancel()

    def over(self) -> None:
        """Record that the wait has ended."""
        self._task = None
        self.is_foreign = False
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


class _Fetcher:
    """Waits for the next fragment in a task of its own, which a time-out does not cancel.

    One task reads the whole source, because a source may depend on its task (context variables,
    cancel scopes). The task reads a fragment only on request.
    """

    def __init__(self, fragments: AsyncIterator[Any]) -> None:
        import asyncio

        self._fragments = fragments
        self._asked: asyncio.Queue[asyncio.Future[Any]] = asyncio.Queue()
        self._next: asyncio.Future[Any] | None = None
        self._closed = False
        self._task = asyncio.create_task(self._fetch())

    async def wait(self, seconds: float | None) -> bool:
        """Wait for the next fragment or the end; return whether it arrived in time."""
        import asyncio

        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._asked.put_nowait(self._next)
        await asyncio.wait((self._next,), timeout=seconds)
        return self._next.done()

    def take(self) -> Any:
        """Return the fragment after `wait`, or raise the exception of the source."""
        found, self._next = self._next, None
        return _END if found is None else found.result()

    def has_fragment(self) -> bool:
        """Return whether a fragment has arrived that was not taken."""
        found = self._next
        if found is None or not found.done() or found.cancelled() or found.exception():
            return False
        return found.result() is not _END

    async def aclose(self) -> None:
        """Stop reading."""
        import asyncio

        self._closed = True
        self._task.cancel()
        await asyncio.wait((self._task,))
        if self._next is not None and not self._next.cancel() and not self._next.cancelled():
            self._next.exception()  # mark it as retrieved, so that asyncio does not log it

    async def _fetch(self) -> None:
        while not self._closed:  # a source may suppress the cancellation and return a fragment
            asked = await self._asked.get()
            try:
                asked.set_result(await anext(self._fragments))
            except StopAsyncIteration:
                asked.set_result(_END)
            except Exception as error:
                asked.set_exception(error)
            except BaseException:
                asked.cancel()
                raise


def _check_asyncio() -> None:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError("every= needs asyncio, and this is another event loop") from None


def _single(values: list[Any]) -> Any:
    """Return the only value of a view."""
    if not values:
        raise RuntimeError("the stream was closed while it was being read")
    return values[0]
