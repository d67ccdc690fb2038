"""Reading a stream into a store, apart from the connection of the page.

Rule 1: whatever happens, the stream gets a last record, which says how it ended, and the source is
closed.
Rule 2: a source whose readers have abandoned it is closed at once, in the middle of its waiting.
Rule 3: errors of parsing are told in full. Others may hold what is not for the page: the log has
them, the page learns that there was one.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from streamparse._drivers.sources import aclose, close, is_async
from streamparse.errors import StreamParseError
from streamparse.message import error_to_dict
from streamparse.web.records import END, Place, encoded, record
from streamparse.web.store import EventStore

__all__ = ["Pump", "close_source"]

_LOG: Final = logging.getLogger("streamparse.web")
_NOTHING: Final = object()
# An event loop has weak references to its tasks only.
_RUNNING: Final[set[asyncio.Task[None]]] = set()

ENDED: Final[dict[str, Any]] = {"type": "stream_ended"}
STOPPED: Final[dict[str, Any]] = {"type": "stream_stopped"}


def failed(error: Exception) -> dict[str, Any]:
    """What the page learns of an error."""
    if isinstance(error, StreamParseError):
        return {"type": "stream_failed", "error": error_to_dict(error)}
    told = {"type": "Error", "code": "internal", "message": "the stream has failed"}
    return {"type": "stream_failed", "error": told}


class Pump:
    """Puts what `source` gives into `store`, where its opening stands already.

    `source` is an iterable, an async one, or a function that makes one and may be a coroutine
    function. `encode` gives the text of an item, None for what is left out.
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
        """Run beside the caller."""
        task = asyncio.get_running_loop().create_task(self.run())
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)

    async def run(self) -> None:
        """Until the source ends or the stream is abandoned."""
        task = asyncio.current_task()
        assert task is not None

        def leave(watching: asyncio.Future[None]) -> None:
            """Stop reading, but do not disturb the source while it is being closed."""
            if self._reading and not watching.cancelled():
                watching.exception()  # of a store: the stream is as good as abandoned
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
            await self._store.append(self._stream, self._farewell(last), last=True)

    def _farewell(self, last: dict[str, Any]) -> bytes:
        """The last record, which has to come whatever `encode` makes of it."""
        try:
            return record(self._encode(last), END)
        except Exception:
            _LOG.exception("the end of a stream to a page could not be encoded")
            return record(encoded(last), END)

    async def _read(self) -> dict[str, Any]:
        """How it ended."""
        try:
            source = await _made(self._source)
            try:
                items = aiter(source) if is_async(source) else _in_a_thread(source)
                try:
                    return await self._take(items)
                finally:
                    await aclose(items)
            finally:
                await aclose(source)
        except StreamParseError as error:
            return failed(error)
        except Exception as error:
            _LOG.exception("a stream to a page has failed")
            return failed(error)

    async def _take(self, items: AsyncIterator[Any]) -> dict[str, Any]:
        try:
            async for item in items:
                text = self._encode(item)
                if text is not None:
                    self._number += 1
                    place = Place(self._stream, self._number)
                    if not await self._store.append(self._stream, record(text, place)):
                        return STOPPED
            return ENDED
        finally:
            self._reading = False


async def _made(source: Any) -> Any:
    made = source() if callable(source) else source
    return await made if inspect.isawaitable(made) else made


async def close_source(source: Any) -> None:
    """Close a source that is not going to be read."""
    if not callable(source):
        await aclose(source)


async def _in_a_thread(source: Any) -> AsyncIterator[Any]:
    """The items of an iterable that blocks; it is used and closed in a thread of its own."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="streamparse") as thread:
        making = loop.run_in_executor(thread, iter, source)
        try:
            iterator = await _done(making)
        except asyncio.CancelledError:
            if making.exception() is None:
                await loop.run_in_executor(thread, close, making.result())
            raise
        try:
            while True:
                item = await _done(loop.run_in_executor(thread, next, iterator, _NOTHING))
                if item is _NOTHING:
                    return
                yield item
        finally:
            await loop.run_in_executor(thread, close, iterator)


async def _done(step: asyncio.Future[Any]) -> Any:
    """The result of what a thread does; a thread cannot be stopped, so it is waited for."""
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        await asyncio.wait((step,))
        step.exception()  # which nobody wants to know any more
        raise
