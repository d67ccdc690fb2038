"""Answers for round trips: those of the recordings and of the examples, whole and cut."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from streamparse import Message, MessageParser
from tests.messages import run_parser
from tests.test_recordings import EVERY_CUT, WIRES, recordings

EXAMPLES = Path(__file__).parents[2] / "examples"


def answers_of_recordings(folder: Path) -> Iterator[tuple[str, MessageParser, list[Any]]]:
    """Yield the answers of each recording.

    A third of the recordings is also cut, each at another place.
    """
    for api in WIRES:
        for recording in recordings(folder, api):
            parser, events, _ = run_parser(recording.units, api)
            yield recording.name, parser, events
            seed = zlib.crc32(recording.name.encode())
            if EVERY_CUT or seed % 3 == 0:
                units = recording.units[: 1 + seed // 3 % len(recording.units)]
                parser, events, _ = run_parser(units, api)
                yield f"{recording.name}, cut", parser, events


def answers_of_examples() -> dict[str, list[tuple[MessageParser, list[Any]]]]:
    """Return the answers of each example, cut after each quarter of its bytes."""
    found: dict[str, list[tuple[MessageParser, list[Any]]]] = {}
    for path in sorted(EXAMPLES.iterdir()):
        if path.suffix in (".sse", ".bin", ".ndjson"):
            data = path.read_bytes()
            for quarter in range(1, 5):
                parser, events, _ = run_parser([data[: len(data) * quarter // 4]], "auto")
                found.setdefault(path.name, []).append((parser, events))
    return found


def sent_while_read(encoder: Any, pieces: Iterable[Any], api: Any) -> bytes:
    """Return the bytes that an encoder sends if it gets the events of each piece at once."""
    parser = MessageParser(api)
    sent: bytes = b"".join([encoder.to_sse(encoder.encode(parser.feed(piece))) for piece in pieces])
    end: bytes = encoder.to_sse(encoder.encode(parser.finish()) + encoder.finish())
    return sent + end


def fed_recordings(folder: Path) -> Iterator[tuple[str, str, list[Any], Message]]:
    """Yield a quarter of the recordings, to be fed record by record, with their first messages.

    Recordings whose provider replaced text are left out.
    """
    for api in WIRES:
        for recording in recordings(folder, api):
            if zlib.crc32(recording.name.encode()) % 4 and not EVERY_CUT:
                continue
            parser, events, error = run_parser(recording.units, api)
            if error is None and events and "replaced_" not in str([e.to_dict() for e in events]):
                choice = events[0].choice
                [message] = [one for one in parser.messages if one.choice == choice]
                yield recording.name, api, recording.units, message


def records_of(encoder: Any, pieces: Iterable[Any], api: Any) -> list[Any]:
    """Return the records of an encoder for the pieces, with adjacent deltas merged."""
    parser = MessageParser(api)
    records: list[Any] = []
    for piece in pieces:
        records += encoder.encode(parser.feed(piece))
    records += encoder.encode(parser.finish()) + encoder.finish()
    merged: list[Any] = []
    for record in records:
        holder, name = _text_in(record)
        text = holder.pop(name) if name else ""
        if name and merged and merged[-1][0] == record:
            merged[-1][1] += text
        else:
            merged.append([record, text])
    return merged


def _text_in(record: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the object with the text of a delta, and the name of the text or an empty string."""
    holder: Any = record.get("delta") or {}
    for choice in record.get("choices") or []:
        holder = choice["delta"]
        for call in holder.get("tool_calls") or []:
            holder = {} if "id" in call else call.get("function") or call.get("custom")
    names = [name for name in holder if isinstance(holder[name], str) and holder[name]]
    return holder, next((name for name in names if name not in ("role", "type")), "")
