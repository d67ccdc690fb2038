"""The real clients read every recording, whole and cut, and have our message in the end."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.clients import read, row
from tests.messages import run_parser
from tests.test_recordings import WIRES, Recording, recordings


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    for api in WIRES:
        for recording in recordings(folder, api):
            yield from told(recording.name, recording.units, api)
            yield from told(f"{recording.name}, cut", beginning(recording), api)


def beginning(recording: Recording) -> list[Any]:
    """Some of its records, at another place for each recording."""
    units = recording.units
    return units[: 1 + zlib.crc32(recording.name.encode()) % len(units)]


def told(name: str, units: list[Any], api: str) -> Iterator[dict[str, Any]]:
    parser, events, _ = run_parser(units, api)
    for message in parser.messages:
        yield row(f"{name}, choice {message.choice}", message, events)


def test_recordings(shared_data: Path) -> None:
    sent = list(rows(shared_data))
    found = read(sent)
    assert found.counts == {"ui": len(sent), "agui": len(sent)}
    shown = [json.dumps(one)[:3000] for one in found.differences[:5]]
    assert not found.differences, f"{len(found.differences)} differences:\n" + "\n".join(shown)
