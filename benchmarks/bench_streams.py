"""The cost of a process that reads thousands of streams at once, on one core.

All streams are open at the same time, and get one record each in turn, as from many connections.
The records differ by API, but the answer is the same: one document, in deltas of four characters.
Each reader runs in its own process, on one core if the system allows it: streamparse, `json.loads`
of every record (the least that any reader does), and for OpenAI's API the accumulator of the
`openai` SDK, with fewer streams because it is slow. All streams share one list of records, so the
memory is that of the readers.

    python -m benchmarks.bench_streams [--streams N] [--quick]
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from benchmarks import peers
from benchmarks.bench_memory import MEGABYTE, peak
from benchmarks.bodies import BODIES
from benchmarks.corpus import DOCUMENTS
from benchmarks.timing import apart, table, times
from streamparse import MessageParser

Feed = Callable[[bytes], object]

APIS: Final = ("openai-chat", "anthropic-messages", "google-generate")
STREAMS: Final = 4_000
SIZE: Final = 1_000  # The characters of the answer.
_FEWER: Final = 20  # The factor by which the SDK reads fewer streams.
READERS: Final = ("streamparse", "json.loads", "openai")


@dataclass(frozen=True)
class Cost:
    """What a process used for its streams, which have `records` records together."""

    streams: int
    records: int
    seconds: float  # Processor time.
    megabytes: float


def records_of(api: str, size: int) -> list[bytes]:
    """Return the body as one piece for each record."""
    body = BODIES[api](DOCUMENTS["structure"](size), 4)
    return [record + b"\n\n" for record in body.split(b"\n\n") if record]


def streamparse_reader(api: Any) -> Feed:
    return MessageParser(api=api).feed


def json_reader(api: str) -> Feed:
    """Return a function that decodes the JSON of each record and keeps nothing."""

    def feed(record: bytes) -> None:
        data = record.partition(b"data: ")[2]
        if not data.startswith(b"[DONE]"):
            json.loads(data)

    return feed


def openai_reader(api: str) -> Feed:
    """Return the accumulator behind `client.chat.completions.stream()`."""
    chat: Any = import_module("openai.lib.streaming.chat")
    types: Any = import_module("openai.types.chat")
    state = chat.ChatCompletionStreamState()

    def feed(record: bytes) -> None:
        data = record.partition(b"data: ")[2]
        if not data.startswith(b"[DONE]"):
            # The client also builds its chunks without validation.
            state.handle_chunk(types.ChatCompletionChunk.construct(**json.loads(data)))

    return feed


MAKERS: Final[dict[str, Callable[[str], Feed]]] = {
    "streamparse": streamparse_reader,
    "json.loads": json_reader,
    "openai": openai_reader,
}


def measure(reader: str, api: str, streams: int, size: int) -> Cost:
    """Read all streams in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    records, make = records_of(api, size), MAKERS[reader]
    first = make(api)
    for record in records:  # Loads code and tables.
        first(record)
    gc.collect()
    before, start = peak(), time.process_time()
    feeds = [make(api) for _ in range(streams)]
    for record in records:
        for feed in feeds:
            feed(record)
    seconds = time.process_time() - start
    return Cost(streams, streams * len(records), seconds, peak() - before)


def readers_of(api: str) -> tuple[str, ...]:
    theirs = api == "openai-chat" and importlib.util.find_spec("openai") is not None
    return READERS if theirs else READERS[:2]


def rows(streams: int, size: int) -> Iterator[list[str]]:
    for api in APIS:
        ours = 0.0
        for reader in readers_of(api):
            count = max(1, streams // _FEWER) if reader == "openai" else streams
            cost = apart(measure, reader, api, count, size)
            each = cost.seconds / cost.records
            ours = ours or each
            yield [
                f"{api}, {reader}",
                f"{cost.streams:,}",
                f"{each * 1e6:.3g}",
                times(each / ours),
                f"{1 / each:,.0f}",
                f"{cost.seconds:.1f}",
                f"{cost.megabytes:.0f} MB",
                f"{cost.megabytes * MEGABYTE / 1_000 / cost.streams:.1f} kB",
            ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"at once ({STREAMS:,})")
    parser.add_argument("--quick", action="store_true", help="few streams of a short answer")
    options = parser.parse_args(arguments)
    streams, size = (20, 100) if options.quick else (options.streams, SIZE)
    print(f"Build of streamparse: **{peers.build()}**. One record of each stream in turn.\n")
    costs = ["µs a record", "ratio", "records a second", "CPU s", "memory", "a stream"]
    print(table(["reader", "streams", *costs], rows(streams, size)), flush=True)


if __name__ == "__main__":
    main()
