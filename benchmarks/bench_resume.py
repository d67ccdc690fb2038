"""Hundreds of concurrent streams through `RedisStore`, with dropped readers and killed writers.

Writers and readers run in separate processes and share a Redis server that the benchmark starts. A
third of the readers are dropped twice at random positions, and reconnect with their last number;
some of the writers are killed. Each reader must receive each record once and in order, and then the
end of the stream, or `WriterLostError` after at least all records that were confirmed as stored.
For comparison, the same streams run in one process with `MemoryStore`, where none is killed.

    python -m benchmarks.bench_resume [--streams 500] [--seconds 60] [--pause 0.5]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from streamparse.web import MemoryStore, RedisStore, WriterLostError

SIZE = 120  # The bytes of a record, about those of one event.
READERS = 2  # The number of processes that read.


def record_of(number: int) -> bytes:
    return b"%-*d" % (SIZE, number)


async def write(store: Any, stream: int, options: Any, confirmed: Any) -> None:
    """Append records until the time is over. The counts `confirmed` are in shared memory."""
    rhythm = random.Random(stream)
    end = time.time() + options.seconds
    number = 0
    while True:
        number += 1
        last = time.time() >= end
        if not await store.append(f"s{stream}", record_of(number), last=last):
            raise RuntimeError(f"stream {stream} is not wanted any more")
        confirmed[stream] = number
        if last:
            return
        await asyncio.sleep(options.pause * rhythm.uniform(0.5, 1.5))


async def read(store: Any, stream: int, options: Any, counts: Any, ends: Any) -> None:
    """Read a stream to its end. Every third reader is dropped twice."""
    chance = random.Random(-stream)
    drops = (
        [chance.uniform(0.1, 0.9) * options.seconds for _ in range(2)] if stream % 3 == 0 else []
    )
    begun = time.monotonic()
    number, visit = 0, 0
    reader = "0"
    while True:
        left = min(drops, default=10**9) - (time.monotonic() - begun)
        try:
            reading = store.read(f"s{stream}", reader, number, 15)
            batch = await asyncio.wait_for(reading, max(left, 0.001))
        except asyncio.TimeoutError:
            drops.remove(min(drops))
            await store.leave(f"s{stream}", reader)
            await asyncio.sleep(chance.uniform(0, 1))
            visit += 1
            reader = str(visit)
            continue
        except WriterLostError:
            ends[stream] = 2
            break
        except LookupError:
            if number:
                raise
            await asyncio.sleep(0.05)  # The writer has not begun yet.
            continue
        for at in range(0, len(batch.data), SIZE):
            number += 1
            if batch.data[at : at + SIZE] != record_of(number):
                ends[stream] = 3
                return
        counts[stream] = number
        if batch.ended:
            ends[stream] = 1
            break
    await store.leave(f"s{stream}", reader)


def process(role: str, url: str, streams: list[int], options: Any, shared: Any, spent: Any) -> None:
    """Run all writers or readers of one process."""

    async def main() -> None:
        store = RedisStore(url, lease=options.lease)
        if role == "write":
            await asyncio.gather(*(write(store, each, options, shared[0]) for each in streams))
        else:
            await asyncio.gather(*(read(store, each, options, *shared[1:]) for each in streams))
        await store.aclose()

    asyncio.run(main())
    used = resource.getrusage(resource.RUSAGE_SELF)
    with spent.get_lock():
        spent[0] += used.ru_utime + used.ru_stime
        spent[1] = max(spent[1], used.ru_maxrss / 1024)


def judge(shared: Any, killed: set[int]) -> tuple[int, int]:
    """Return the number of events, and the number of streams with a fault."""
    confirmed, counts, ends = shared
    faults = 0
    for stream, count in enumerate(counts):
        lost = stream in killed
        whole = count >= confirmed[stream] if lost else count == confirmed[stream]
        if not whole or ends[stream] != (2 if lost else 1):
            faults += 1
    return sum(counts), faults


def through_redis(options: Any) -> None:
    """Run the processes, kill some of the writers, and print the figures."""
    context = multiprocessing.get_context("spawn")
    shared = tuple(context.Array("i", options.streams, lock=False) for _ in range(3))
    spent = context.Array("d", 2)
    folder = tempfile.mkdtemp(prefix="redis")
    socket = Path(folder) / "s"
    command = [options.program, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    server = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)
    while not socket.exists():
        time.sleep(0.01)
    url = f"unix://{socket}"

    def start(role: str, place: int, places: int) -> Any:
        streams = list(range(place, options.streams, places))
        arguments = (role, url, streams, options, shared, spent)
        started = context.Process(target=process, args=arguments)
        started.start()
        return started

    try:
        readers = [start("read", place, READERS) for place in range(READERS)]
        writers = [start("write", place, options.writers) for place in range(options.writers)]
        killed: set[int] = set()
        while not all(shared[0]):  # Until every stream has begun.
            time.sleep(0.1)
        for place in range(options.kill):
            time.sleep(options.seconds / (options.kill + 1))
            writers[place].kill()
            killed.update(range(place, options.streams, options.writers))
        for each in [*writers, *readers]:
            each.join()
        used = subprocess.run(
            [options.cli, "-s", str(socket), "info"], capture_output=True, text=True, check=True
        ).stdout
        info = dict(line.split(":", 1) for line in used.splitlines() if ":" in line)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    events, faults = judge(shared, killed)
    redis = float(info["used_cpu_sys"]) + float(info["used_cpu_user"])
    print(f"RedisStore: {options.streams} streams, {events} events, {faults} streams with a fault")
    print(f"  {options.kill} writing processes killed, with {len(killed)} streams")
    print(
        f"  {events / spent[0]:.0f} events per CPU second of Python, without the killed processes"
    )
    print(f"  {events / redis:.0f} events per CPU second of the server")
    peak = int(info["used_memory_peak"]) / 2**20
    print(f"  largest process {spent[1]:.0f} MiB, server {peak:.1f} MiB at its peak")


def in_memory(options: Any) -> None:
    """Run the same streams in this process."""
    shared: tuple[list[int], ...] = tuple([0] * options.streams for _ in range(3))
    before = resource.getrusage(resource.RUSAGE_SELF)

    async def main() -> None:
        store = MemoryStore()
        every = range(options.streams)
        await asyncio.gather(
            *(write(store, each, options, shared[0]) for each in every),
            *(read(store, each, options, *shared[1:]) for each in every),
        )

    asyncio.run(main())
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    events, faults = judge(shared, set())
    print(f"MemoryStore: {options.streams} streams, {events} events, {faults} streams with a fault")
    print(f"  {events / spent:.0f} events per CPU second, process {used.ru_maxrss / 1024:.0f} MiB")


def main(arguments: list[str] | None = None) -> None:
    """Run both measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between events")
    parser.add_argument("--writers", type=int, default=8, help="writing processes")
    parser.add_argument("--kill", type=int, default=2, help="writing processes to kill")
    parser.add_argument("--lease", type=float, default=10)
    parser.add_argument("--program", default="redis-server", help="or valkey-server")
    parser.add_argument("--cli", default="redis-cli", help="or valkey-cli")
    options = parser.parse_args(arguments)
    in_memory(options)
    if shutil.which(options.program) is None:
        print(f"RedisStore: left out, {options.program} is not installed")
    else:
        through_redis(options)


if __name__ == "__main__":
    main()
