"""Reading a source once, through a view: what all drivers share.

Rule 1: what a fragment comes to is decided in `View` and its kinds, which do no I/O. A reading
only fetches fragments, hands on what they come to, and closes the source.
Rule 2: a source is read once. Its first view consumes it; a second one is a `RuntimeError`.
Rule 3: nothing understood is lost. What a fragment completed before it failed is given first,
then the error is raised.
Rule 4: the source is closed, whatever ends the reading. Reading an answer ends with the answer:
some servers keep the connection open long after it. `drain` reads on to the end of the input.
Rule 5: with `every=` deltas are held back by a `Coalescer`. A reading says what time it is: the one
of an iterable when a fragment has come, because nothing can be done while it waits; the async one
also when something is due. Without it nothing is timed, and asyncio is not needed.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, Protocol, TypeVar

from streamparse._drivers.sources import aclose, async_pieces, close, pieces
from streamparse.coalesce import Coalescer
from streamparse.errors import StreamParseError, name_status
from streamparse.paths import Path, Query

if TYPE_CHECKING:
    import asyncio

__all__ = ["AsyncReading", "Pace", "Partials", "Reading", "SyncReading", "View"]


class _Parser(Protocol):
    def feed(self, fragment: Any, /) -> list[Any]: ...

    def finish(self) -> list[Any]: ...


P = TypeVar("P", bound=_Parser)
E = TypeVar("E")
S = TypeVar("S", bound="SyncReading[Any, Any]")
A = TypeVar("A", bound="AsyncReading[Any, Any]")


_END: Final = object()  # instead of a fragment: there are no more


# What fragments come to


class Pace:
    """How often events are wanted: `every` so many seconds of `clock`; None: as they come."""

    def __init__(
        self, every: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.every = every
        self.clock = clock
        self.coalescer("deltas")  # which refuses what is no pace

    def coalescer(self, hold: str) -> Coalescer | None:
        """A new one at this pace."""
        return None if self.every is None else Coalescer(self.every, hold=hold)


class View(Generic[P]):
    """The view of the events, and what it shares with the others.

    What `feed`, `wake` and `finish` return goes to the reader, up to the moment when `over` is set;
    then `failure` is raised, if there is one.
    """

    hold: ClassVar[str] = "deltas"  # what a `Coalescer` may hold back

    def __init__(self, parser: P) -> None:
        self.parser = parser
        self.over: bool = False  # nothing more is wanted
        self.failure: Exception | None = None
        self._status = 0  # the HTTP status, if it reports an error
        self._coalescer: Coalescer | None = None

    @property
    def ended(self) -> bool:
        """Whether the parser has everything it was made to read, before the end of the input."""
        return False

    def slow_down(self, pace: Pace) -> None:
        """Show events at this pace."""
        self._coalescer = pace.coalescer(self.hold)

    @property
    def due(self) -> float | None:
        """When `wake` would give something; None while nothing is held."""
        return None if self._coalescer is None else self._coalescer.due

    def feed(self, fragment: Any, now: float = 0.0) -> Iterable[Any]:
        """What this fragment gives; `now` is for those that hold something back."""
        try:
            events = self.parser.feed(fragment)
        except StreamParseError as error:
            events = self._fail(error)
        if self._coalescer is not None:
            events = self._coalescer.feed(events, now)
            if self.failure is not None:
                events += self._coalescer.flush()
        return self.show(events) if events else ()

    def refuse(self, status: int) -> None:
        """The response has this HTTP status, which reports an error."""
        self._status = status

    def wake(self, now: float) -> Iterable[Any]:
        """What is due without a fragment."""
        events = [] if self._coalescer is None else self._coalescer.feed((), now)
        return self.show(events) if events else ()

    def fail(self, error: Exception) -> Iterable[Any]:
        """The source failed: what is held comes before its error."""
        self.failure = error
        events = self._held()
        return self.show(events) if events else ()

    def finish(self) -> Iterable[Any]:
        """What the end of the input gives."""
        if self.over:
            return ()  # closed while the source was waited for
        held = self._held()
        try:
            events = self.parser.finish()
        except StreamParseError as error:
            return self.show(held + self._fail(error))
        shown = self.show(held + events)
        return shown if self.failure is not None else [*shown, *self.last()]

    def conclude(self) -> Iterable[Any]:
        """What is left to give where the reading stops at the end of the answer."""
        held = self._held()
        shown = self.show(held) if held else ()
        return shown if self.failure is not None else [*shown, *self.last()]

    def _held(self) -> list[Any]:
        return [] if self._coalescer is None else self._coalescer.flush()

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
        name_status(error, self._status)
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

    def __init__(self, view: View[P], pace: Pace | None = None, drain: bool = True) -> None:
        self._begun = False
        self._view = view
        self._status = 0  # the HTTP status of the response, if it reports an error
        self._pace = Pace() if pace is None else pace
        self._drain = drain

    def __repr__(self) -> str:
        """The parser, and so what has been read."""
        return f"{type(self).__name__}({self.parser!r})"

    @property
    def parser(self) -> P:
        """The parser behind the view. Read it again after a view has begun, which may change it."""
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

    def _result(self) -> View[P]:
        raise NotImplementedError

    def _is_ended(self, view: View[P]) -> bool:
        """Whether to stop here, with input that was not read yet."""
        return view.ended and not self._drain

    def _begin(self, view: View[P]) -> View[P]:
        if self._begun:
            raise RuntimeError("a stream is read once, and a view of this one has begun already")
        if self._view.over:
            raise RuntimeError("the stream is closed")
        self._begun = True
        self._view = view
        view.slow_down(self._pace)
        if self._status:
            view.refuse(self._status)
        return view

    def _refuse(self, status: int) -> None:
        """The source turned out to be a response with this HTTP status."""
        self._status = status
        if self._begun:
            self._view.refuse(status)


class SyncReading(Reading[P], Generic[P, E]):
    """Reads an iterable: the views, and a context manager that closes the source."""

    def __init__(
        self, source: Any, view: View[P], pace: Pace | None = None, drain: bool = True
    ) -> None:
        super().__init__(view, pace, drain)
        self._fragments = pieces(source, self._refuse)
        self._closers = ExitStack()
        self._closers.callback(close, source)
        if self._fragments is not source:
            self._closers.callback(close, self._fragments)

    def __iter__(self) -> Generator[E, None, None]:
        """The events, each as soon as its fragment has come."""
        return self._run(self._events())

    def batches(self) -> Generator[list[E], None, None]:
        """The events as lists: those of a fragment, or with `every` all since the last list."""
        return self._run(self._batches())

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
        last = view.finish
        try:
            for batch in self._fed(view):
                for shown in batch:
                    yield shown
                    if view.over:
                        return
                if view.over:
                    return
                if view.failure is not None:
                    raise view.failure
                if self._is_ended(view):
                    last = view.conclude
                    break
            for shown in last():
                yield shown
            if view.failure is not None:
                raise view.failure
        finally:
            self.close()

    def _fed(self, view: View[P]) -> Iterable[Iterable[Any]]:
        """What each fragment gives."""
        return map(view.feed, self._fragments) if self._pace.every is None else self._paced(view)

    def _paced(self, view: View[P]) -> Generator[Iterable[Any], None, None]:
        try:
            for fragment in self._fragments:
                yield view.feed(fragment, self._pace.clock())
        except Exception as error:
            yield view.fail(error)  # which is raised after what this gives


class AsyncReading(Reading[P], Generic[P, E]):
    """Reads an async iterable: the views of `SyncReading`, to be awaited."""

    def __init__(
        self, source: Any, view: View[P], pace: Pace | None = None, drain: bool = True
    ) -> None:
        from asyncio import Lock

        super().__init__(view, pace, drain)
        self._closing = Lock()
        self._fetcher: _Fetcher | None = None
        self._waiting = _Waiting()
        self._fragments = async_pieces(source, self._refuse)
        self._closers = AsyncExitStack()
        self._closers.push_async_callback(aclose, source)
        if self._fragments is not source:
            self._closers.push_async_callback(aclose, self._fragments)

    def __aiter__(self) -> AsyncGenerator[E, None]:
        """The events, each as soon as its fragment has come."""
        return self._run(self._events())

    def batches(self) -> AsyncGenerator[list[E], None]:
        """The events as lists: those of a fragment, or with `every` all since the last list."""
        return self._run(self._batches())

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
        """Stop reading and close the source; the view ends. Harmless when repeated.

        Also from another task than the one that reads.
        """
        self._view.stop()
        await self._waiting.end()
        async with self._closing:
            await self._closers.aclose()

    def __enter__(self) -> NoReturn:
        raise TypeError("the source is asynchronous: use 'async with' and 'async for'")

    def __exit__(self, *exception: object) -> None:
        """Never called; `with` looks for it before it calls `__enter__`."""

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
        read = self._read_next if self._pace.every is None else self._read_paced
        last = view.finish
        try:
            while (batch := await read(view)) is not None:
                for shown in batch:
                    yield shown
                    if view.over:
                        return
                if view.over:
                    return
                if view.failure is not None:
                    raise view.failure
                if self._is_ended(view):
                    last = view.conclude
                    break
            for shown in last():
                yield shown
            if view.failure is not None:
                raise view.failure
        finally:
            await self.aclose()

    async def _read_next(self, view: View[P]) -> Iterable[Any] | None:
        """What the next fragment gives; None if there is none."""
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

    async def _read_paced(self, view: View[P]) -> Iterable[Any] | None:
        """The same, or what is due before it comes."""
        if self._fetcher is None:
            self._fetcher = _Fetcher(self._fragments)
            self._closers.push_async_callback(self._fetcher.aclose)
        clock, due = self._pace.clock, view.due
        left = None if due is None else max(due - clock(), 0.0)
        try:
            arrived = await self._fetcher.wait(left)
            if view.over:
                return None  # closed meanwhile
            if not arrived:
                return view.wake(clock())
            fragment = self._fetcher.take()
            return None if fragment is _END else view.feed(fragment, clock())
        except Exception as error:
            return view.fail(error)
        except BaseException:  # cancelled; what had just arrived is known to the parser at least
            if self._fetcher.has_fragment():
                view.feed(self._fetcher.take())
            raise


class _Waiting:
    """The task that waits for the next fragment, if one does; another one may end that."""

    def __init__(self) -> None:
        import asyncio

        self._current_task = asyncio.current_task
        self._task: asyncio.Task[Any] | None = None
        self._ended: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """This task waits from now on."""
        try:
            self._task = self._current_task()
        except RuntimeError:  # another kind of event loop, whose tasks are not known here
            self._task = None

    async def end(self) -> None:
        """Let the waiting end as if there were nothing more."""
        import asyncio

        if self._task is None or self._task is asyncio.current_task():
            return
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
            self._task.cancel()
        await asyncio.shield(self._ended)

    def is_ended_by(self, error: BaseException) -> bool:
        """Did `end` bring this about, and nothing else?"""
        import asyncio

        if self._ended is None or not isinstance(error, asyncio.CancelledError):
            return False
        uncancel = getattr(self._task, "uncancel", None)  # from Python 3.11 on
        return uncancel is None or not uncancel()

    def over(self) -> None:
        """It does not wait any more."""
        self._task = None
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


class _Fetcher:
    """Waits for the next fragment in a task of its own, which a time-out does not disturb.

    One task for the whole source, which may care who reads it (context variables, cancel scopes).
    It reads on only when it is asked to.
    """

    def __init__(self, fragments: AsyncIterator[Any]) -> None:
        import asyncio

        self._fragments = fragments
        self._asked: asyncio.Queue[asyncio.Future[Any]] = asyncio.Queue()
        self._next: asyncio.Future[Any] | None = None
        self._closed = False
        self._task = asyncio.create_task(self._fetch())

    async def wait(self, seconds: float | None) -> bool:
        """Is the next fragment, or the end, there within this time?"""
        import asyncio

        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._asked.put_nowait(self._next)
        await asyncio.wait((self._next,), timeout=seconds)
        return self._next.done()

    def take(self) -> Any:
        """It, after it was waited for; raises what the source raised."""
        found, self._next = self._next, None
        return _END if found is None else found.result()

    def has_fragment(self) -> bool:
        """Has one arrived that was not taken?"""
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
            self._next.exception()  # which nobody asks for any more

    async def _fetch(self) -> None:
        while not self._closed:  # a source may swallow the cancellation, and give something
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


def _only(values: list[Any]) -> Any:
    """The one value that a view gave."""
    if not values:
        raise RuntimeError("the stream was closed while it was being read")
    return values[0]
