"""Checks that work and memory are proportional to the number of records of a stream.

The data is a stream as for `fuzz.messages`. One of its records is repeated, sometimes with other
indexes and ids. The checks measure the executed lines of the package (which are exact), processor
time and memory.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

from fuzz.checks import choices
from fuzz.messages import WIRES, few_frames, records_of, spoilt
from streamparse import COMPILED, MessageParser, StreamParseError
from streamparse._core.plain import weight_of
from tests.messages import run_parser
from tests.timing import lines_run, seconds

FEW, MANY = 30, 240

# The allowed bytes for each character that is fed, and those for the parser itself.
BYTES, ANYWAY = 1_500, 8 * 2**20

# The fields that identify a record.
INDEXES = frozenset(("index", "output_index", "content_index", "contentBlockIndex", "choice"))
NAMES = frozenset(("id", "item_id", "call_id", "toolUseId", "event_id", "tool_call_id"))


def check_growth(data: bytes) -> None:
    """Check that a late record costs no more than an early one, and that memory is bounded."""
    choose = choices(data)
    records = [record for record in spoilt(records_of(data), choose) if isinstance(record, dict)]
    if not records:
        return
    found, _, _ = run_parser(records, "auto")
    api = found.api or choose.choice(WIRES)
    place = choose.randrange(len(records))
    before, again = records[:place], records[place]
    varies = choose.random() < 0.7

    def stream(count: int) -> list[Any]:
        return before + [varied(again, at) if varies else again for at in range(count)]

    with few_frames():
        check_work(stream, api)
        check_memory(stream(MANY), api)


# Indexes and ids are near the root of a record; deeper values are not changed.
DEEPEST = 20


def varied(value: Any, number: int, depth: int = 0) -> Any:
    """Return the record with this number in place of every index, and after every id."""
    if depth > DEEPEST:
        return value
    if isinstance(value, list) and len(value) < 20:
        return [varied(item, number, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, inner in value.items():
        if key in INDEXES and isinstance(inner, int):
            made[key] = number
        elif key in NAMES and isinstance(inner, str):
            made[key] = f"{inner}{number}"
        elif key in ("arguments", "functionCall", "input"):
            made[key] = inner  # These may be deep.
        else:
            made[key] = varied(inner, number, depth + 1)
    return made


def check_work(stream: Callable[[int], list[Any]], api: str) -> None:
    few, many, more = stream(FEW), stream(MANY), stream(2 * MANY)
    if not COMPILED:
        first, second, third = (
            lines_run(partial(fed, records, api)) for records in (few, many, more)
        )
        # Differences, because both lengths include the records before, and perhaps an end.
        late, later = (second - first) / (MANY - FEW), (third - second) / MANY
        assert later <= 1.5 * late + 5, f"{late:.0f} lines a record, then {later:.0f}"
    for _ in range(4):  # Another process may disturb some of the rounds, but hardly all.
        took, longer = seconds(partial(fed, many, api)), seconds(partial(fed, more, api))
        if longer <= 4 * took + 0.05:
            return
    raise AssertionError(f"{took:.3f} s, and {longer:.3f} s for twice as many records")


def check_memory(records: list[Any], api: str) -> None:
    size = sum(weight_of(record) for record in records)
    tracemalloc.start()
    try:
        fed(records, api)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= BYTES * size + ANYWAY, f"{peak} bytes for {size} characters"


def fed(records: list[Any], api: Any) -> None:
    """Read the records like an application that reads the message after each of them."""
    parser = MessageParser(api)
    try:
        for record in records:
            parser.feed(record)
            message = parser.message
            _ = message.tool_calls, message.text, message.status
        parser.finish()
    except StreamParseError:
        pass
