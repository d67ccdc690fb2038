"""Where the records of an answer wait for its reader: the interface, and the store in memory.

A stream has one writer and any number of readers, mostly one: the connection of the page, or the
one with which it came back. Numbers of records count from 1; a reader says which is the last it
has.

Rule 1: the writer waits when the reader that is furthest has too much before it. So a slow reader
slows down its provider and does not fill the memory.
Rule 2: what a reader may still ask for is not dropped before that reader is gone. What has been
read is kept, as far as there is room, for the one that comes back.
Rule 3: whoever is gone and does not come back in time has abandoned the stream.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from streamparse.protocols import Batch, EventStore, ExpiredError

__all__ = ["Batch", "EventStore", "ExpiredError", "MemoryStore"]

_AT_ONCE: Final = 65536  # bytes: what one `read` gives, or one record if that is more


class _Log:
    """The records of one stream."""

    def __init__(self) -> None:
        # By number: a record, and the bytes of the stream up to its end.
        self.records: dict[int, tuple[bytes, int]] = {}
        self.first = 1  # the oldest that is kept
        self.number = 0  # the newest
        self.written = 0  # bytes
        self.dropped = 0  # bytes
        self.readers: dict[str, int] = {}  # the last record each has
        self.awaited = True  # the first of them has neither come nor left
        self.read = 0  # the last record of the reader that is furthest
        self.ended = False
        self.arrived = asyncio.Event()
        self.room = asyncio.Event()
        self.gone = asyncio.Event()
        self.timer: asyncio.TimerHandle | None = None

    @property
    def kept(self) -> int:
        """Bytes."""
        return self.written - self.dropped

    @property
    def unread(self) -> int:
        """Bytes that no reader has yet."""
        read = self.records.get(self.read)
        return self.written - (self.dropped if read is None else read[1])

    def add(self, record: bytes) -> None:
        self.number += 1
        self.written += len(record)
        self.records[self.number] = (record, self.written)
        self.arrived.set()

    def after(self, number: int) -> Batch:
        """What follows; `ExpiredError`."""
        if not self.first - 1 <= number <= self.number:
            raise ExpiredError(number)
        records: list[bytes] = []
        size = 0
        while number < self.number:
            record = self.records[number + 1][0]
            if records and size + len(record) > _AT_ONCE:
                break
            number += 1
            size += len(record)
            records.append(record)
        return Batch(b"".join(records), number, self.ended and number == self.number)

    def drop_read(self, capacity: int) -> None:
        """Drop what has been read, the oldest first, until no more is kept than `capacity`."""
        while self.kept > capacity and self.first <= self.read:
            self.dropped = self.records.pop(self.first)[1]
            self.first += 1

    def has_come(self, reader: str, number: int) -> None:
        """This reader is there and has everything up to `number`."""
        self.cancel_timer()
        self.awaited = False
        self.readers[reader] = number
        self.read = max(self.readers.values())
        self.room.set()

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class MemoryStore:
    """An `EventStore` in the memory of this process; make one for an application.

    - `capacity`: bytes that are kept of a stream that is being read, for a reader that comes back.
    - `ahead`: bytes that may wait for the reader before the writer has to.
    - `grace`: seconds for which a stream without readers goes on, until it is abandoned.
    - `keep`: seconds for which a stream that has ended is kept once its readers are gone.
    - `ended`: bytes of such streams; the oldest go first.

    A stream takes `capacity` + `ahead` and two records at most. For use in one event loop.
    """

    def __init__(
        self,
        *,
        capacity: int = 262_144,
        ahead: int = 65_536,
        grace: float = 15.0,
        keep: float = 60.0,
        ended: int = 67_108_864,
    ) -> None:
        if min(capacity, ahead, grace, keep, ended) < 0:
            raise ValueError("sizes and times are numbers from 0 on")
        self._capacity = capacity
        self._ahead = ahead
        self._grace = grace
        self._keep = keep
        self._ended_capacity = ended
        self._logs: dict[str, _Log] = {}
        self._ended: OrderedDict[str, int] = OrderedDict()  # streams without readers, their bytes
        self._ended_size = 0

    @property
    def streams(self) -> int:
        """How many are kept."""
        return len(self._logs)

    @property
    def size(self) -> int:
        """The bytes of all records that are kept."""
        return sum(log.kept for log in self._logs.values())

    async def append(self, stream: str, record: bytes, *, last: bool = False) -> bool:
        """See `EventStore`."""
        log = self._logs.get(stream)
        if log is None:
            log = self._logs[stream] = _Log()
        while log.unread and log.unread + len(record) > self._ahead:
            if last or log.gone.is_set():
                break
            log.room.clear()
            await log.room.wait()
        log.ended = last
        log.add(record)
        log.drop_read(self._capacity)
        if last and not log.readers and not log.awaited:
            self._retire(stream, log)
        return not log.gone.is_set()

    async def read(self, stream: str, reader: str, after: int, wait: float) -> Batch:
        """See `EventStore`."""
        log = self._logs.get(stream)
        if log is None:
            raise ExpiredError(stream)
        batch = log.after(after)
        log.has_come(reader, after)
        self._revive(stream)
        if batch.data or batch.ended or wait <= 0:
            return batch
        log.arrived.clear()
        timer = asyncio.get_running_loop().call_later(wait, log.arrived.set)
        try:
            await log.arrived.wait()
        finally:
            timer.cancel()
        return log.after(after)

    async def leave(self, stream: str, reader: str) -> None:
        """See `EventStore`."""
        log = self._logs.get(stream)
        if log is None:
            return
        log.awaited = False
        came = log.readers.pop(reader, None) is not None
        if log.readers or (log.timer is not None and not came):
            return  # who asked in vain does not prolong anything
        if log.ended:
            self._retire(stream, log)
        else:
            self._later(log, self._grace, stream, self._abandon)

    async def stop(self, stream: str) -> None:
        """See `EventStore`."""
        log = self._logs.get(stream)
        if log is not None and not log.ended:
            self._abandon(stream)

    async def abandoned(self, stream: str) -> None:
        """See `EventStore`."""
        log = self._logs.get(stream)
        if log is not None:
            await log.gone.wait()

    def _later(self, log: _Log, seconds: float, stream: str, what: Callable[[str], None]) -> None:
        log.cancel_timer()
        if seconds > 0:
            log.timer = asyncio.get_running_loop().call_later(seconds, what, stream)
        else:
            what(stream)

    def _abandon(self, stream: str) -> None:
        log = self._logs[stream]
        log.cancel_timer()
        log.gone.set()
        log.room.set()

    def _retire(self, stream: str, log: _Log) -> None:
        """It has ended, and nobody reads it just now."""
        self._revive(stream)
        self._ended[stream] = log.kept
        self._ended_size += log.kept
        self._later(log, self._keep, stream, self._forget)
        while self._ended_size > self._ended_capacity:
            self._forget(next(iter(self._ended)))

    def _revive(self, stream: str) -> None:
        self._ended_size -= self._ended.pop(stream, 0)

    def _forget(self, stream: str) -> None:
        self._revive(stream)
        log = self._logs.pop(stream)
        log.cancel_timer()
