"""Reads a source into a store, independently of the connection to the page.

Rule 1: The stream always gets a last record with the reason of its end, and the source is always
closed.
Rule 2: When all readers have abandoned the stream, the source is closed at once, even while it
waits.
Rule 3: The page receives parse errors in full. Other errors may contain confidential data, so they
are logged, and the page only learns that the stream failed.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final

from streamparse._drivers.reading import SyncReading
from streamparse._drivers.sources import aclose, close, interrupt, is_async
from streamparse.errors import StreamParseError
from streamparse.message import error_to_dict
from streamparse.web.records import END, StreamPosition, encoded, record
from streamparse.web.store import EventStore

__all__ = ["Pump", "close_source", "start_task"]

_LOG: Final = logging.getLogger("streamparse.web")
_NOTHING: Final = object()
_PATIENCE: Final = 0.2  # the seconds that a blocking source has to return by itself
_INTERRUPTERS: Final = ThreadPoolExecutor(4, thread_name_prefix="streamparse-interrupt")
# An event loop holds only weak references to its tasks, so this set keeps them alive.
_RUNNING: Final[set[asyncio.Task[None]]] = set()


def start_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run a coroutine in a task, and keep a reference to the task until it is done."""
    task = asyncio.get_running_loop().create_task(work)
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    return task


ENDED: Final[dict[str, Any]] = {"type": "stream_ended"}
STOPPED: Final[dict[str, Any]] = {"type": "stream_stopped"}


def failed(error: Exception) -> dict[str, Any]:
    """Return the record that reports an error to the page."""
    if isinstance(error, StreamParseError):
        return {"type": "stream_failed", "error": error_to_dict(error)}
    body = {"type": "Error", "code": "internal", "message": "the stream has failed"}
    return {"type": "stream_failed", "error": body}


class Pump:
    """Copies the items of a source into a store, which already holds the opening record.

    Args:
        source: An iterable, an async iterable, or a function or coroutine function that returns
            one.
        encode: Returns the text of an item, or None to leave it out.
        store: The store.
        stream: The name of the stream.
    """

    def __init__(
        self, source: Any, encode: Callable[[Any], str | None], store: EventStore, stream: str
    ) -> None:
        self._source = source
        self._encode = encode
        self._store = store
        self._stream = stream
        self._number = 1
        self._reading = True

    def start(self) -> None:
        """Run the pump in a task of its own."""
        start_task(self.run())

    async def run(self) -> None:
        """Copy items until the source ends or the stream is abandoned."""
        task = asyncio.current_task()
        assert task is not None

        def leave(watching: asyncio.Future[None]) -> None:
            """Stop reading, but do not interrupt the source while it is being closed."""
            if self._reading and not watching.cancelled():
                watching.exception()  # a store that fails counts as abandoned; mark it as retrieved
                task.cancel()

        watching = asyncio.ensure_future(self._store.abandoned(self._stream))
        watching.add_done_callback(leave)
        last = STOPPED
        try:
            with suppress(asyncio.CancelledError):
                last = await self._read()
        finally:
            self._reading = False
            watching.cancel()
            try:
                await self._store.append(self._stream, self._farewell(last), last=True)
            except Exception:
                _LOG.exception("the end of a stream to a page could not be stored")

    def _farewell(self, last: dict[str, Any]) -> bytes:
        """Return the last record, even if `encode` fails."""
        try:
            return record(self._encode(last), END)
        except Exception:
            _LOG.exception("the end of a stream to a page could not be encoded")
            return record(encoded(last), END)

    async def _read(self) -> dict[str, Any]:
        """Copy the whole source; return the data of the last record."""
        try:
            source = await _opened(self._source)
            try:
                items = aiter(source) if is_async(source) else _in_a_thread(source)
                try:
                    return await self._copy_items(items)
                finally:
                    await aclose(items)
            finally:
                await aclose(source)
        except StreamParseError as error:
            return failed(error)
        except Exception as error:
            _LOG.exception("a stream to a page has failed")
            return failed(error)

    async def _copy_items(self, items: AsyncIterator[Any]) -> dict[str, Any]:
        try:
            async for item in items:
                text = self._encode(item)
                if text is not None:
                    self._number += 1
                    position = StreamPosition(self._stream, self._number)
                    if not await self._store.append(self._stream, record(text, position)):
                        return STOPPED
            return ENDED
        finally:
            self._reading = False


async def _opened(source: Any) -> Any:
    made = source() if callable(source) else source
    return await made if inspect.isawaitable(made) else made


async def close_source(source: Any) -> None:
    """Close a source that will not be read."""
    if not callable(source):
        await aclose(source)


async def _in_a_thread(source: Any) -> AsyncIterator[Any]:
    """Yield the items of a blocking iterable, which is read and closed in its own thread."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="streamparse") as thread:
        making = loop.run_in_executor(thread, iter, source)
        try:
            iterator = await _done(making, source)
        except asyncio.CancelledError:
            if making.exception() is None:
                await loop.run_in_executor(thread, close, making.result())
            raise
        try:
            while True:
                item = await _done(loop.run_in_executor(thread, next, iterator, _NOTHING), source)
                if item is _NOTHING:
                    return
                yield item
        finally:
            await loop.run_in_executor(thread, close, iterator)


async def _done(step: asyncio.Future[Any], source: Any) -> Any:
    """Return the result of a step in a thread.

    If cancelled, wait for the step, because a thread cannot be stopped. A source that does not
    return by itself is closed by another thread, which ends a wait for a connection.
    """
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        try:
            await asyncio.wait((step,), timeout=_PATIENCE)
        finally:  # also if a server that stops cancels the task again
            if not step.done():
                end = (
                    source.interrupt
                    if isinstance(source, SyncReading)
                    else partial(interrupt, source)
                )
                asyncio.get_running_loop().run_in_executor(_INTERRUPTERS, end)
        await asyncio.wait((step,))
        step.exception()  # mark it as retrieved, so that asyncio does not log it
        raise
