"""Checks for mutated streams of all APIs, read as chunks and as bytes.

The data is a stream with one JSON value on each line. It is mutated so that its records stay JSON:
fields are removed, copied or replaced, and records are removed, repeated or moved. The mutations
are derived from the data, so that the file of a finding is enough to reproduce it.
"""

from __future__ import annotations

import inspect
import json
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fuzz.checks import choices, ragged
from streamparse._core.plain import json_text
from streamparse.errors import StreamParseError
from streamparse.limits import Limits
from streamparse.message_events import AnyMessageEvent
from streamparse.message_parser import APIS, MessageParser
from tests.cuts import Whole, check_cut
from tests.helpers import cut
from tests.messages import answer, run_parser

WIRES = [api for api in APIS if api != "text"]
MAX_LINES = 40

# A value of nearly the allowed depth of a record.
DEEP: Any = []
for _ in range(Limits().depth - 6):
    DEEP = [DEEP]

# The stack frames that are left for the package, as in a deeply nested application.
FRAMES = 200

# A separator that does not end an event, so that all data becomes one event.
SINGLE = b" \n"

# Replacements for the value of a field.
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**20,
    "",
    "null",
    "text",
    '{"a": 1}',
    '{"a": "half',
    "{",
    "}",
    "\ud83d",
    [],
    [None],
    ["text"],
    {},
    {"type": "text", "text": "x"},
    {"error": "busy"},
    DEEP,
)


def odd(choose: random.Random) -> Any:
    """Choose a replacement, and copy it because records may be mutated further."""
    return copied(choose.choice(ODD))


def copied(value: Any) -> Any:
    """Return a copy of plain data."""
    return value if value is DEEP else json.loads(json.dumps(value))


def records_of(data: bytes) -> list[Any]:
    """Return the lines as JSON values, or as text if they are not JSON."""
    found: list[Any] = []
    for line in data.split(b"\n")[:MAX_LINES]:
        text = line.decode(errors="replace").strip()
        try:
            found.append(json.loads(text))
        except (ValueError, RecursionError):
            if text:
                found.append(text)
    return found


def positions(record: Any) -> list[tuple[Any, Any]]:
    """Return the container and the key or index of every value inside the record."""
    found: list[tuple[Any, Any]] = []
    todo = [] if record is DEEP else [record]
    while todo:
        holder = todo.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)) and holder[key] is not DEEP:
                todo.append(holder[key])
    return found


def spoil_field(records: list[Any], choose: random.Random) -> None:
    """Replace a field of a record, remove it, or copy it from another record."""
    record = choose.choice(records)
    places = positions(record) if isinstance(record, (dict, list)) else []
    if not places:
        return
    holder, key = choose.choice(places)
    how = choose.randrange(6)
    value = holder[key]
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        name = choose.choice(["type", "id", "index", "error", "unknown", "message"])
        holder[name] = "deep" if _holds_deep(value) else copied(value)
    elif how == 2 and isinstance(value, str):
        place = choose.randrange(len(value) + 1)
        holder[key] = choose.choice([value[:place], value[place:], value * 2, value + "{}"])
    elif how == 3:
        other = choose.choice(records)
        others = positions(other) if isinstance(other, (dict, list)) else []
        if others:
            inside, name = choose.choice(others)
            holder[key] = DEEP if _holds_deep(inside[name]) else copied(inside[name])
    else:
        holder[key] = odd(choose)


def spoil_order(records: list[Any], choose: random.Random) -> None:
    """Drop, repeat, move or replace a record."""
    place = choose.randrange(len(records))
    how = choose.randrange(5)
    if how == 0:
        del records[place]
    elif how == 1:
        twin = "again" if _holds_deep(records[place]) else copied(records[place])
        records.insert(choose.randrange(len(records) + 1), twin)
    elif how == 2:
        records.insert(choose.randrange(len(records)), records.pop(place))
    elif how == 3:
        records.insert(place, odd(choose))
    else:
        del records[place:]


def _holds_deep(value: Any) -> bool:
    return any(holder[key] is DEEP for holder, key in positions([value]))


def spoilt(records: list[Any], choose: random.Random) -> list[Any]:
    for _ in range(choose.choice([0, 1, 1, 2, 4, 8])):
        if not records:
            break
        choose.choice([spoil_field, spoil_field, spoil_order])(records, choose)
    return records


def framed(records: Sequence[Any], choose: random.Random) -> list[bytes]:
    """Encode the records as server-sent events, with names if the wire has them, or as lines."""
    texts = [record if isinstance(record, str) else _text(record) for record in records]
    if choose.random() < 0.2:
        return [f"{text}\n".encode(errors="replace") for text in texts]
    named = choose.random() < 0.5
    end = choose.choice(["\n\n", "\r\n\r\n", "\r\r", SINGLE.decode()])
    events = []
    for record, text in zip(records, texts, strict=True):
        name = record.get("type") if named and isinstance(record, dict) else None
        line = f"event: {name}\n" if isinstance(name, str) else ""
        events.append(f"{line}data: {text}{end}".encode(errors="replace"))
    return events


def _text(record: Any) -> str:
    return json_text(record)


@contextmanager
def few_frames() -> Iterator[None]:
    """Leave only a few stack frames, as in a deeply nested application."""
    before, used = sys.getrecursionlimit(), len(inspect.stack(0))
    sys.setrecursionlimit(used + FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def check_messages(data: bytes) -> None:
    """Check laws 1 and 7 for a mutated stream, which only raises `StreamParseError`."""
    choose = choices(data)
    records = spoilt(records_of(data), choose)
    with few_frames():
        check_records(records, choose)


def check_records(records: list[Any], choose: random.Random) -> None:
    """Check the records as decoded chunks and as bytes."""
    found, _, _ = run_parser([record for record in records if isinstance(record, dict)], "auto")
    wires = [found.api, found.api, "auto"] if found.api else ["auto"]
    api = choose.choice([*wires, choose.choice(WIRES)])
    check_chunks([record for record in records if isinstance(record, dict)], api, choose)
    check_bytes(framed(records, choose), api, choose)


def check_chunks(records: list[Any], api: str, choose: random.Random) -> None:
    """Check the records as decoded chunks; an unexpected exception is not caught."""
    parser, events, error = run_parser(records, api)
    check_reading(parser, events)
    if error is None and records:
        check_law_7(records, api, choose)


def check_reading(parser: MessageParser, events: list[AnyMessageEvent]) -> None:
    """Check that the result can be printed, compared, written as JSON and used as history."""
    for event in events:
        assert repr(event)
        assert event == event
        json_text(event.to_dict())
    for message in parser.messages:
        assert repr(message)
        for part in message.content:
            assert repr(part)
        json_text(message.to_dict())
        if parser.api is not None:
            assert isinstance(json_text(message.to_history()), str)


def check_bytes(units: list[bytes], api: str, choose: random.Random) -> None:
    whole = b"".join(units)
    expected = answer([whole], api)
    assert answer(ragged(whole, choose), api) == expected
    assert answer(cut(whole, [choose.choice([1, 50])]), api) == expected
    # If all data is one event, a truncated event is a different stream.
    if expected.error is None and units and not units[0].endswith(SINGLE):
        check_law_7(units, api, choose)


def check_law_7(units: list[Any], api: str, choose: random.Random) -> None:
    whole = Whole(units, api)
    for _ in range(3):
        count = choose.randrange(len(units))
        pieces, seen = units[:count], count
        if isinstance(units[count], bytes):
            pieces = [*pieces, units[count][: choose.randrange(len(units[count]))]]
            seen += 1  # A record may be complete without its blank line.
        parser, _, error = run_parser(pieces, api)
        assert error is None or isinstance(error, StreamParseError)
        check_cut(parser, whole, seen)
