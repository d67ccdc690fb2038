"""`MemoryStore`: keeps the records of streams in memory until they are read.

A stream has one writer and any number of readers, usually one: the connection of the page. Records
are numbered from 1, and a reader passes the number of the last record that it has.

Rule 1: The writer waits while the most advanced reader has too much left to read. A slow reader
thus slows its provider down and does not fill the memory.
Rule 2: Unread records are never dropped while there is a reader. Records that were read are kept
for a reader that reconnects, as far as there is room.
Rule 3: A stream whose readers have left and do not return in time is abandoned.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from streamparse.protocols import Batch, EventStore, ExpiredError, WriterLostError

__all__ = ["Batch", "EventStore", "ExpiredError", "MemoryStore", "WriterLostError", "at_once"]

_AT_ONCE: Final = (8192, 65536)  # bounds of `at_once`


def at_once(capacity: int) -> int:
    """Return the maximum number of bytes of one `read`; a single larger record is returned alone.

    Records are kept until the reader has received them, so a small store returns few at once.
    """
    least, most = _AT_ONCE
    return min(max(capacity, least), most)


class _Log:
    """The records of one stream."""

    def __init__(self) -> None:
        # Each record by its number, with the number of bytes up to its end.
        self.records: dict[int, tuple[bytes, int]] = {}
        self.first = 1  # the number of the oldest record that is kept
        self.number = 0  # the number of the newest record
        self.written = 0  # bytes written so far
        self.dropped = 0  # bytes dropped so far
        self.readers: dict[str, int] = {}  # the last record of each reader
        self.awaited = True  # whether the first reader has neither arrived nor left
        self.read = 0  # the last record of the most advanced reader
        self.ended = False
        self.arrived = asyncio.Event()
        self.room = asyncio.Event()
        self.gone = asyncio.Event()
        self.timer: asyncio.TimerHandle | None = None

    @property
    def kept(self) -> int:
        """The bytes that are kept."""
        return self.written - self.dropped

    @property
    def unread(self) -> int:
        """The bytes that no reader has yet."""
        read = self.records.get(self.read)
        return self.written - (self.dropped if read is None else read[1])

    def add(self, record: bytes) -> None:
        self.number += 1
        self.written += len(record)
        self.records[self.number] = (record, self.written)
        self.arrived.set()

    def after(self, number: int, most: int) -> Batch:
        """Return the records after `number`; raise `ExpiredError` if they are not kept."""
        if not self.first - 1 <= number <= self.number:
            raise ExpiredError(number)
        records: list[bytes] = []
        size = 0
        while number < self.number:
            record = self.records[number + 1][0]
            if records and size + len(record) > most:
                break
            number += 1
            size += len(record)
            records.append(record)
        return Batch(b"".join(records), number, self.ended and number == self.number)

    def drop_read(self, capacity: int) -> None:
        """Drop records that were read, oldest first, until at most `capacity` bytes are kept."""
        while self.kept > capacity and self.first <= self.read:
            self.dropped = self.records.pop(self.first)[1]
            self.first += 1

    def has_come(self, reader: str, number: int) -> None:
        """Record that this reader is connected and has everything up to `number`."""
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
    """An `EventStore` in the memory of this process; create one for an application.

    A stream takes at most `capacity` + `ahead` bytes and two records. A store must be used in one
    event loop.

    Args:
        capacity: The bytes of an active stream to keep for a reader that reconnects.
        ahead: The bytes that may wait for a reader before the writer waits.
        grace: The seconds after which a stream without readers is abandoned.
        keep: The seconds for which an ended stream is kept after its readers have left (`ttl` of
            `RedisStore`).
        ended: The bytes of all such streams together; the oldest are dropped first.

    Raises:
        ValueError: An argument is negative.
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
            raise ValueError("sizes and times must be 0 or more")
        self._capacity = capacity
        self._ahead = ahead
        self._grace = grace
        self._keep = keep
        self._ended_capacity = ended
        self._logs: dict[str, _Log] = {}
        self._ended: OrderedDict[str, int] = (
            OrderedDict()
        )  # streams without readers, with their bytes
        self._ended_size = 0

    @property
    def streams(self) -> int:
        """The number of streams that are kept."""
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
        if log.ended:
            return False
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
        most = at_once(self._capacity)
        batch = log.after(after, most)
        log.has_come(reader, after)
        log.drop_read(self._capacity)
        self._revive(stream)
        if batch.data or batch.ended or wait <= 0:
            return batch
        log.arrived.clear()
        timer = asyncio.get_running_loop().call_later(wait, log.arrived.set)
        try:
            await log.arrived.wait()
        finally:
            timer.cancel()
        return log.after(after, most)

    async def leave(self, stream: str, reader: str) -> None:
        """See `EventStore`."""
        log = self._logs.get(stream)
        if log is None:
            return
        log.awaited = False
        came = log.readers.pop(reader, None) is not None
        if log.readers or (log.timer is not None and not came):
            return  # a reader that never got a record does not restart the timer
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

    async def aclose(self) -> None:
        """Abandon all streams and delete their records."""
        for stream in list(self._logs):
            self._abandon(stream)
            self._forget(stream)

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
        """Keep an ended stream without readers for a while."""
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
