"""`RedisStore`: keeps the records of streams in Redis or Valkey, for several processes.

A stream has four keys. Their names share a hash tag, so Redis Cluster stores them in one slot:

- `log`: a Redis stream with the records. The id of record 17 is `0-17`, so a repeated command
  cannot store a record twice. Field `d` is the record; `b` is the number of bytes up to its end.
- `st`: a hash with the state: the writer and its lease, counts, and how the stream ended.
- `rd`: the readers, with the times at which their leases expire.
- `rp`: the readers, with the numbers of their last records.

Rule 1: Every operation is one script, which Redis runs atomically. Scripts are idempotent, because
a client repeats a command whose reply was lost.
Rule 2: No connection blocks in Redis. Each process has one subscription, whose messages wake its
waiting readers and writers. Messages may be lost, so each waiter also checks when a lease may have
expired.
Rule 3: Each process renews the leases of its writers and readers. A writer whose lease has expired
is lost; a reader whose lease has expired has left.
Rule 4: The writer that appended last owns a stream. For an earlier writer `append` returns False,
as for an abandoned stream, so another process can continue a stream.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from streamparse.protocols import Batch, ExpiredError, WriterLostError
from streamparse.web.store import at_once

__all__ = ["RedisStore"]

_CONNECTIONS: Final = 16  # the maximum number of concurrent commands
_TRIES: Final = 9  # attempts of a command while Redis is unreachable: about six seconds
_PAUSE: Final = 1.0  # the longest pause between attempts, in seconds
_PASSING: Final = ("ConnectionError", "TimeoutError", "BusyLoadingError")  # of redis and valkey

_COMMON: Final = """
local log, st, rd, rp = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function keep(ttl)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
end
local function entry(number)
  local found = redis.call('XRANGE', log, '0-' .. number, '0-' .. number)[1]
  return found and found[2]
end
local function remove_lost_readers()
  local lost = redis.call('ZRANGEBYSCORE', rd, '-inf', now)
  for _, reader in ipairs(lost) do
    redis.call('ZREM', rd, reader)
    redis.call('ZREM', rp, reader)
  end
  if #lost > 0 and redis.call('ZCARD', rd) == 0 then redis.call('HSET', st, 'away', now) end
end
local function trimmed(first, dropped, bytes, read, capacity)
  local kept = first
  while bytes - dropped > tonumber(capacity) and first <= read do
    local oldest = entry(first)
    if not oldest then break end
    dropped, first = tonumber(oldest[4]), first + 1
  end
  if first > kept then
    redis.call('XTRIM', log, 'MINID', '=', '0-' .. first)
    redis.call('HSET', st, 'first', first, 'dropped', dropped)
  end
end
local function abandon(channel)
  redis.call('HSET', st, 'gone', 1)
  redis.call('PUBLISH', channel, 'g')
end
"""

# Arguments: writer, number (0: the first of this writer), record, last, lease, ttl, capacity,
# channel. Returns: number (0: another writer, or ended), gone, bytes that were read, bytes in all.
_APPEND: Final = """
local s = redis.call('HMGET', st, 'owner', 'n', 'w', 'ended', 'gone', 'read', 'readb',
  'first', 'dropped')
local number, n, w = tonumber(ARGV[2]), tonumber(s[2] or 0), tonumber(s[3] or 0)
local gone, readb = tonumber(s[5] or 0), tonumber(s[7] or 0)
if number == 0 then
  number = s[1] == ARGV[1] and n or n + 1
elseif s[1] ~= ARGV[1] then
  return {0, 1, 0, 0}
end
if number <= n then
  local stored = entry(number)
  if stored and stored[2] == ARGV[3] then return {number, gone, readb, w} end
  number = n + 1  -- the caller was cancelled while it stored another record
end
if s[4] then return {0, 1, 0, 0} end
w = w + #ARGV[3]
redis.call('XADD', log, '0-' .. number, 'd', ARGV[3], 'b', w)
redis.call('HSET', st, 'owner', ARGV[1], 'n', number, 'w', w, 'until', now + ARGV[5])
trimmed(tonumber(s[8] or 1), tonumber(s[9] or 0), w, tonumber(s[6] or 0), ARGV[7])
if ARGV[4] == '1' then redis.call('HSET', st, 'ended', 1) end
if number == 1 or ARGV[4] == '1' then keep(ARGV[6]) end
redis.call('PUBLISH', ARGV[8], 'd')
return {number, gone, readb, w}
"""

# Arguments: reader, after, lease, ttl, most bytes, capacity, channel. Returns: number, or -1 for
# expired; ended; the milliseconds until the lease of the writer ends, records.
_READ: Final = """
local s = redis.call('HMGET', st, 'n', 'ended', 'first', 'dropped', 'until', 'read', 'w')
local after, n, first = tonumber(ARGV[2]), tonumber(s[1] or -1), tonumber(s[3] or 1)
if after < first - 1 or after > n then return {-1} end
remove_lost_readers()
redis.call('ZADD', rd, now + ARGV[3], ARGV[1])
redis.call('ZADD', rp, after, ARGV[1])
redis.call('HSET', st, 'away', 0)
local read = tonumber(redis.call('ZREVRANGE', rp, 0, 0, 'WITHSCORES')[2])
if read ~= tonumber(s[6] or 0) then
  local newest = read >= first and entry(read)
  local readb = newest and newest[4] or s[4] or 0
  redis.call('HSET', st, 'read', read, 'readb', readb)
  redis.call('PUBLISH', ARGV[7], 'r' .. readb)
end
if redis.call('PTTL', rd) < 0 or s[2] then keep(ARGV[4]) end
local number, size, records = after, 0, {}
while number < n do
  local page = redis.call('XRANGE', log, '0-' .. (number + 1), '+', 'COUNT', 32)
  if not page[1] or page[1][1] ~= '0-' .. (number + 1) then return {-1} end
  for _, found in ipairs(page) do
    local record = found[2][2]
    if size > 0 and size + #record > tonumber(ARGV[5]) then n = number break end
    records[#records + 1] = record
    number, size = number + 1, size + #record
  end
end
trimmed(first, tonumber(s[4] or 0), tonumber(s[7]), read, ARGV[6])
local ended = s[2] and number == tonumber(s[1])
return {number, ended and 1 or 0, tonumber(s[5]) - now, records}
"""

# Arguments: writer or '', lease, ttl, grace, channel, readers. Returns: whether the stream exists
# and is owned by the writer, gone, bytes that were read.
_RENEW: Final = """
local s = redis.call('HMGET', st, 'owner', 'gone', 'ended', 'readb')
if not s[1] or (ARGV[1] ~= '' and s[1] ~= ARGV[1]) then return {0, 1, 0} end
if ARGV[1] ~= '' then redis.call('HSET', st, 'until', now + ARGV[2]) end
for at = 6, #ARGV do redis.call('ZADD', rd, 'XX', now + ARGV[2], ARGV[at]) end
remove_lost_readers()
keep(ARGV[3])
local away = tonumber(redis.call('HGET', st, 'away') or 0)
if not s[2] and not s[3] and away > 0 and now - away >= tonumber(ARGV[4]) then
  abandon(ARGV[5])
  s[2] = 1
end
return {1, tonumber(s[2] or 0), tonumber(s[4] or 0)}
"""

# Arguments: reader, ttl, grace, channel.
_LEAVE: Final = """
local s = redis.call('HMGET', st, 'owner', 'gone', 'ended', 'away')
if not s[1] then return 0 end
local came = redis.call('ZREM', rd, ARGV[1]) == 1
redis.call('ZREM', rp, ARGV[1])
remove_lost_readers()
if s[3] then keep(ARGV[2]) end
if redis.call('ZCARD', rd) > 0 then return 0 end
if came or tonumber(s[4] or 0) == 0 then redis.call('HSET', st, 'away', now) end
if not s[3] and not s[2] then
  if tonumber(ARGV[3]) <= 0 then abandon(ARGV[4]) else redis.call('PUBLISH', ARGV[4], 'l') end
end
return 1
"""

# Arguments: channel.
_STOP: Final = """
local s = redis.call('HMGET', st, 'owner', 'ended')
if s[1] and not s[2] then abandon(ARGV[1]) end
return 1
"""

# Arguments: writer, channel.
_RELEASE: Final = """
local s = redis.call('HMGET', st, 'owner', 'ended')
if s[1] == ARGV[1] and not s[2] then
  redis.call('HSET', st, 'until', 0)
  redis.call('PUBLISH', ARGV[2], 'd')
end
return 1
"""


class _Writer:
    """The state that this process keeps of a stream that it writes."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self.number = 0  # the number of the newest record
        self.written = 0  # bytes written
        self.read = 0  # bytes that a reader has received
        self.gone = asyncio.Event()
        self.room = asyncio.Event()

    def set_state(self, gone: int, read: int) -> None:
        self.read = max(self.read, read) if read <= self.written else self.read
        if gone:
            self.gone.set()
        self.room.set()

    def has_room_for(self, size: int, ahead: int) -> bool:
        unread = self.written - self.read
        return unread <= 0 or unread + size <= ahead


class _Local:
    """A stream that this process writes or reads."""

    def __init__(self) -> None:
        self.writer: _Writer | None = None
        self.readers: set[str] = set()
        self.watchers = 0  # calls of `abandoned` for the stream of another process
        self.changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(self) -> None:
        """Wake all tasks that wait for a change."""
        changed, self.changed = self.changed, asyncio.get_running_loop().create_future()
        changed.set_result(None)

    @property
    def is_used(self) -> bool:
        return bool(self.readers) or self.writer is not None or self.watchers > 0


class RedisStore:
    """An `EventStore` in Redis (from 6.2 on) or Valkey, shared by the processes of an application.

    A client may reconnect to any process. If the process that writes a stream dies, its readers
    receive all stored records, and then `WriterLostError`. If Redis loses a stream, its writer
    stops and its readers get `ExpiredError`.

    The memory of a stream is bounded as in `MemoryStore`; the number of ended streams is bounded
    only by `ttl`. All keys expire, so the `maxmemory-policy` may be `volatile-ttl`. A store must be
    used in one event loop. Call `aclose()` when the application ends.

    Args:
        url_or_client: A URL such as `redis://localhost:6379/0`, which needs the extra `redis`, or
            an asynchronous client of redis-py or valkey-py. The store does not close a client.
        prefix: The prefix of the names of all keys and channels.
        capacity: The number of bytes of an active stream to keep for a reader that reconnects.
        ahead: The number of unread bytes at which the writer waits.
        grace: The seconds after which a stream without readers is abandoned.
        ttl: The seconds for which a stream is kept after it has ended, its last reader has left, or
            its writer has died (`keep` of `MemoryStore`).
        lease: The seconds after which a process that does not renew its leases counts as dead. It
            must be longer than any pause of the event loop.

    Raises:
        ValueError: A size or time is negative, or `lease` is not above 0.
        ImportError: redis-py is not installed.
    """

    def __init__(
        self,
        url_or_client: Any,
        *,
        prefix: str = "streamparse:",
        capacity: int = 262_144,
        ahead: int = 65_536,
        grace: float = 15.0,
        ttl: float = 60.0,
        lease: float = 10.0,
    ) -> None:
        if not (min(capacity, ahead, grace, ttl) >= 0 and 0 < lease < math.inf):
            raise ValueError("sizes and times must be 0 or more, and the lease above 0")
        self._owned = isinstance(url_or_client, str)
        self._client: Any = _connected(url_or_client) if self._owned else url_or_client
        self._prefix = prefix
        self._capacity = capacity
        self._ahead = ahead
        self._grace = grace
        self._lease = lease
        self._lease_ms = max(1, round(lease * 1000))
        # Keys must outlive the leases, so that readers learn that the writer is lost.
        self._ttl_ms = round(min(max(ttl, 3 * lease), 1e9) * 1000)
        self._grace_ms = min(grace * 1000, 1e12)
        self._scripts = {
            text: self._client.register_script(_COMMON + text)
            for text in (_APPEND, _READ, _RENEW, _LEAVE, _STOP, _RELEASE)
        }
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._streams: dict[str, _Local] = {}
        self._pubsub: Any = None
        self._subscribing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._checks: set[asyncio.Task[None]] = set()

    async def append(self, stream: str, record: bytes, *, last: bool = False) -> bool:
        """See `EventStore`."""
        local = await self._local(stream)
        writer = local.writer
        if writer is None:
            writer = local.writer = _Writer()
        while not (last or writer.gone.is_set() or writer.has_room_for(len(record), self._ahead)):
            writer.room.clear()
            await self._renew(stream)
            if not writer.room.is_set() or not writer.has_room_for(len(record), self._ahead):
                writer.room.clear()
                await _wait(writer.room, self._lease)
        number, gone, read, written = await self._run(
            _APPEND, stream, writer.token, writer.number and writer.number + 1, record,
            int(last), self._lease_ms, self._ttl_ms, self._capacity, self._channel(stream),
        )  # fmt: skip
        if number:
            writer.number, writer.written = number, written
        writer.set_state(gone, read)
        wanted = not writer.gone.is_set()
        if last or not number:
            local.writer = None
            local.wake()
            await self._forget(stream, local)
        return wanted

    async def read(self, stream: str, reader: str, after: int, wait: float) -> Batch:
        """See `EventStore`."""
        if after < 0:
            raise ExpiredError(stream)
        local = await self._local(stream)
        local.readers.add(reader)
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while True:
            changed = local.changed  # taken before the script runs, so that no change is missed
            found = await self._run(
                _READ, stream, reader, after, self._lease_ms, self._ttl_ms,
                at_once(self._capacity), self._capacity, self._channel(stream),
            )  # fmt: skip
            if found[0] < 0:
                await self._left(stream, reader)
                raise ExpiredError(stream)
            number, ended, lease, records = found
            left = until - loop.time()
            if records or ended:
                return Batch(b"".join(map(_bytes, records)), number, bool(ended))
            if lease <= 0:
                raise WriterLostError(stream)
            if left <= 0:
                return Batch(b"", number, False)
            await asyncio.wait((changed,), timeout=min(left, lease / 1000 + 0.01))

    async def leave(self, stream: str, reader: str) -> None:
        """See `EventStore`."""
        await self._left(stream, reader)
        await self._run(_LEAVE, stream, reader, self._ttl_ms, self._grace_ms, self._channel(stream))

    async def stop(self, stream: str) -> None:
        """See `EventStore`."""
        await self._run(_STOP, stream, self._channel(stream))

    async def abandoned(self, stream: str) -> None:
        """See `EventStore`."""
        local = await self._local(stream)
        local.watchers += 1
        writer = local.writer
        try:
            if writer is not None:
                await writer.gone.wait()
            while writer is None:
                changed = local.changed
                _, gone, _ = await self._renew(stream)
                if gone:
                    return
                await asyncio.wait((changed,), timeout=self._lease)
        finally:
            local.watchers -= 1
            await self._forget(stream, local)

    async def aclose(self) -> None:
        """Stop the background tasks. The writers of unfinished streams count as lost."""
        for timer in self._timers:
            timer.cancel()
        tasks = [*self._tasks, *self._checks]
        self._tasks = []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        streams, self._streams = self._streams, {}
        with suppress(Exception):  # Redis may be unreachable; the leases expire anyway
            for stream, local in streams.items():
                if local.writer is not None:
                    local.writer.gone.set()
                    await self._run_once(
                        _RELEASE, stream, local.writer.token, self._channel(stream)
                    )
                for reader in local.readers:
                    arguments = (reader, self._ttl_ms, self._grace_ms, self._channel(stream))
                    await self._run_once(_LEAVE, stream, *arguments)
        with suppress(Exception):
            if self._pubsub is not None:
                await _closed(self._pubsub)
            if self._owned:
                await _closed(self._client)

    # Scripts

    def _channel(self, stream: str) -> str:
        return f"{self._prefix}{{{stream}}}"

    async def _run_once(self, script: str, stream: str, *arguments: Any) -> Any:
        keys = [f"{self._channel(stream)}:{name}" for name in ("log", "st", "rd", "rp")]
        async with self._slots:
            return await self._scripts[script](keys=keys, args=arguments)

    async def _run(self, script: str, stream: str, *arguments: Any) -> Any:
        """Run a script, and retry while Redis is unreachable."""
        for attempt in range(1, _TRIES):
            try:
                return await self._run_once(script, stream, *arguments)
            except Exception as error:
                if not _is_passing(error):
                    raise
            await asyncio.sleep(min(0.02 * 2**attempt, _PAUSE))
        return await self._run_once(script, stream, *arguments)

    async def _renew(self, stream: str) -> Any:
        """Renew the leases of a stream; return whether it exists, gone, and the bytes read."""
        local = self._streams.get(stream)
        writer = None if local is None else local.writer
        token = "" if writer is None or not writer.number else writer.token
        readers: Iterable[str] = () if local is None else tuple(local.readers)
        state = await self._run(
            _RENEW, stream, token, self._lease_ms, self._ttl_ms, self._grace_ms,
            self._channel(stream), *readers,
        )  # fmt: skip
        if writer is not None and token:
            writer.set_state(state[1], state[2])
        return state

    # The streams of this process

    async def _local(self, stream: str) -> _Local:
        local = self._streams.get(stream)
        if local is None:
            local = self._streams[stream] = _Local()
            await self._subscribe(stream)
        return local

    async def _left(self, stream: str, reader: str) -> None:
        local = self._streams.get(stream)
        if local is not None:
            local.readers.discard(reader)
            await self._forget(stream, local)

    async def _forget(self, stream: str, local: _Local) -> None:
        if not local.is_used and self._streams.get(stream) is local:
            del self._streams[stream]
            with suppress(Exception):  # the messages of a forgotten stream are ignored
                await self._pubsub.unsubscribe(self._channel(stream))

    # Background tasks

    async def _subscribe(self, stream: str) -> None:
        async with self._subscribing:
            if self._pubsub is None:
                self._pubsub = self._client.pubsub()
                # This subscription keeps the connection open while there are no streams.
                with suppress(Exception):
                    await self._pubsub.subscribe(f"{self._prefix}alive")
            if not self._tasks:
                work = (self._listen(), self._keep_leases())
                self._tasks = [asyncio.ensure_future(each) for each in work]
            with suppress(Exception):  # `_listen` subscribes again
                await self._pubsub.subscribe(self._channel(stream))

    async def _listen(self) -> None:
        """Receive messages, and reconnect whenever the connection breaks."""
        while True:
            try:
                message = await self._pubsub.get_message(timeout=5.0)
                if message is not None:
                    self._take(message)
            except Exception:  # noqa: PERF203
                await asyncio.sleep(0.1)
                with suppress(Exception):
                    async with self._subscribing:
                        await _closed(self._pubsub)
                        self._pubsub = self._client.pubsub()
                        channels = map(self._channel, list(self._streams))
                        await self._pubsub.subscribe(f"{self._prefix}alive", *channels)

    def _take(self, message: dict[str, Any]) -> None:
        channel = _bytes(message["channel"]).decode()
        stream = channel[len(self._prefix) + 1 : -1]
        local = self._streams.get(stream)
        if local is None:
            return
        # Messages sent before the subscription was confirmed are lost, so it wakes waiters too.
        data = _bytes(message["data"]) if message["type"] == "message" else b"d"
        writer = local.writer
        if data[:1] == b"r":
            if writer is not None:
                writer.set_state(0, int(data[1:]))
        elif data == b"l":
            self._check_later(stream)
        else:
            if data == b"g" and writer is not None:
                writer.set_state(1, 0)
            local.wake()

    def _check_later(self, stream: str) -> None:
        """Check after `grace` seconds whether a reader has returned."""

        def check() -> None:
            self._timers.discard(timer)
            task = asyncio.ensure_future(self._check(stream))
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._grace + 0.005, check)
        self._timers.add(timer)

    async def _check(self, stream: str) -> None:
        if stream in self._streams:
            with suppress(Exception):  # `_keep_leases` checks again
                await self._renew(stream)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            await asyncio.gather(*map(self._check, list(self._streams)))


def _connected(url: str) -> Any:
    try:
        client = import_module("redis.asyncio")
        retry = import_module("redis.asyncio.retry").Retry
        no_backoff = import_module("redis.backoff").NoBackoff
    except ImportError as error:
        needs = "a RedisStore needs redis-py: pip install 'llm-streamparse[redis]'"
        raise ImportError(needs, name=error.name) from error
    # The store retries commands itself, so the client must not.
    return client.Redis.from_url(
        url, socket_timeout=10, socket_connect_timeout=5, retry=retry(no_backoff(), 0)
    )


def _is_passing(error: Exception) -> bool:
    """Return whether to retry: the connection is broken, or Redis is still loading its data."""
    if isinstance(error, OSError):
        return True
    return any(kind.__name__ in _PASSING for kind in type(error).__mro__)


def _bytes(data: Any) -> bytes:
    """Return a reply as bytes; a client with `decode_responses=True` returns text."""
    return data.encode() if isinstance(data, str) else bytes(data)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


async def _closed(thing: Any) -> None:
    await getattr(thing, "aclose", thing.close)()
