"""Recorded streams of providers as decoded records, and validation by the types of an SDK."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamparse._decoding.transport import Transport


@dataclass(frozen=True)
class Recording:
    """A recorded stream: its name, its decoded records, and its description (`row`)."""

    name: str
    records: list[dict[str, Any]]
    row: dict[str, Any]


def recordings(data: Path, api: str) -> Iterator[Recording]:
    """Yield the recorded streams of a wire API; skip the test if there are none."""
    found = False
    corrections = data / "streams_overrides.json"
    overrides = json.loads(corrections.read_text("utf-8")) if corrections.exists() else {}
    for sidecar in sorted((data / "streams").glob("*/*.json")):
        text = sidecar.read_text("utf-8")
        row = json.loads(text)
        if row.get("api") != api or not row.get("assembled"):
            continue
        name = f"{sidecar.parent.name}/{sidecar.stem}"
        row |= overrides.get(name, {})
        body = sidecar.parent / row["file"]
        if body.exists() and not row.get("skip"):
            found = True
            yield Recording(name, decoded(body.read_bytes()), row)
    if not found:
        pytest.skip(f"the test data has no recordings of {api}")


def decoded(raw: bytes) -> list[dict[str, Any]]:
    transport = Transport()
    records = transport.feed(raw) + transport.finish()
    return [record.data for record in records if isinstance(record.data, dict)]


def validated(adapter: Any, value: Any) -> Any:
    """Return `value` as validated by the adapter; raise if it does not have its type.

    Pydantic validates the items of an `Iterable` only during iteration, so all are iterated here.
    """
    return exhausted(adapter.validate_python(value))


def exhausted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: exhausted(member) for key, member in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [exhausted(item) for item in value]
    return value


def without(value: Any, names: Iterable[str]) -> Any:
    """Return plain data without the members of these names, at any depth."""
    if isinstance(value, dict):
        return {key: without(value[key], names) for key in value if key not in names}
    if isinstance(value, list):
        return [without(item, names) for item in value]
    return value
