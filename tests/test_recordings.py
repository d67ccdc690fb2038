"""Tests with recorded streams of providers, cut at many places, and bodies of HTTP errors.

The recordings are not in the repository; without them these tests are skipped. Each recording is
read whole, and then cut at a few places after and inside records. STREAMPARSE_CUTS=all cuts it
after every record, and small recordings at every byte.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from streamparse import Coalescer
from streamparse.errors import WireError
from streamparse.frontends.patches import PatchApplier, PatchPacker, to_patches
from streamparse.message import ServerToolResult
from streamparse.message_events import MessageFailed
from streamparse.message_parser import APIS, MessageParser
from tests.cuts import Whole, check_calls_stay, check_cut
from tests.helpers import same
from tests.messages import dumped, results_of, run_parser

WIRES = [api for api in APIS if api not in ("text", "auto")]
EVERY_CUT = os.environ.get("STREAMPARSE_CUTS") == "all"
SMALL = 6_000  # Bytes.
FEW = 5  # The number of cuts of each kind.

# A message may only be complete after a record of its API that matches.
SIGNALS = {
    "openai-chat": rb'"finish_reason"\s*:\s*"|\[DONE\]',
    "openai-completions": rb'"finish_reason"\s*:\s*"|\[DONE\]',
    "openai-responses": rb"response\.completed|\[DONE\]",
    "anthropic-messages": rb"message_stop|\"stop_reason\"\s*:\s*\"",
    "google-generate": rb'"finishReason"\s*:\s*["1-9]',  # Vertex sends numbers.
    "google-interactions": rb'interaction\.complete|"status"\s*:\s*"(completed|requires_action)',
    "bedrock-converse": rb"messageStop|\"stopReason\"",
    "cohere-v2": rb"message-end",
    "ollama-chat": rb'"done"\s*:\s*true',
}


@dataclass(frozen=True)
class Recording:
    name: str
    units: list[Any]  # Records as bytes, or decoded chunks.

    def source(self, count: int) -> bytes:
        """Return the first records as bytes."""
        units = self.units[:count]
        return b"".join(
            unit if isinstance(unit, bytes) else dumped(unit).encode() for unit in units
        )


_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")


def units_of(data: bytes, framing: str) -> list[Any]:
    if framing in ("decoded-chunks", "websocket-messages"):
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    if framing == "aws-eventstream":
        return list(_frames(data))
    if framing == "sse":
        ends = [match.end() for match in _BLANK_LINE.finditer(data)]
    else:  # Lines of JSON, or of an array.
        ends = [match.end() for match in re.finditer(rb"\n", data)]
    places = [0, *[end for end in ends if end < len(data)], len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def _frames(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = start + int.from_bytes(data[start : start + 4], "big")
        yield data[start:end]
        start = end


def recordings(folder: Path, api: str) -> Iterator[Recording]:
    overrides = folder / "streams_overrides.json"
    skipped = json.loads(overrides.read_text(encoding="utf-8")) if overrides.exists() else {}
    for sidecar in sorted((folder / "streams").glob("*/*.json")):
        row = json.loads(sidecar.read_text(encoding="utf-8"))
        if NAMES.get((sidecar.parent.name, row.get("api")), row.get("api")) != api:
            continue
        name, body = f"{sidecar.parent.name}/{sidecar.stem}", sidecar.parent / row["file"]
        if body.exists() and body != sidecar and not skipped.get(name, {}).get("skip"):
            yield Recording(name, units_of(body.read_bytes(), row["framing"]))


def check(recording: Recording, whole: Whole, api: str, count: int, inside: int) -> None:
    """Check the stream that ends after `count` records and `inside` bytes of the next one."""
    pieces = recording.units[:count]
    if inside:
        pieces = [*pieces, recording.units[count][:inside]]
    parser, _, error = run_parser(pieces, api)
    source = b"".join(pieces) if isinstance(pieces[0], bytes) else recording.source(count)
    # With less than the name of a field, the stream is not recognised.
    begun = len(source.strip())
    assert error is None or (begun < 6 and error.code == "not_a_stream"), source[-80:]
    if any(message.status == "complete" for message in parser.messages) and not _hidden(source):
        assert api not in SIGNALS or re.search(SIGNALS[api], source)
    check_cut(
        parser, whole, count + bool(inside)
    )  # A record may be complete without its blank line.
    check_calls_stay(parser, whole.parser)


def _hidden(source: bytes) -> bool:
    """Return whether the content of the records is encoded (Bedrock's `chunk` messages)."""
    return b'"bytes":"' in source


def places(recording: Recording) -> Iterator[tuple[int, int]]:
    """Yield places to cut at: a number of records, and of bytes of the next one."""
    units = recording.units
    small = len(recording.source(len(units))) < SMALL and isinstance(units[0], bytes)
    if EVERY_CUT:
        for count in range(len(units)):
            yield from [(count, 0)] if count else []
            if small:
                yield from ((count, inside) for inside in range(1, len(units[count])))
        return
    seed = zlib.crc32(recording.name.encode())
    for step in range(FEW):
        seed = seed * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        count = (seed >> 8) % len(units)
        if step == 0:
            count = len(units) - 1 - count % 3 if len(units) > 3 else count  # Near the end.
        if count:
            yield count, 0
        if isinstance(units[count], bytes) and len(units[count]) > 1:
            yield count, 1 + seed % (len(units[count]) - 1)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Make failures name their recording."""
    try:
        yield
    except Exception as error:
        pytest.fail(f"{what}: {error!r}")


# The names of some APIs in the data, by provider.
NAMES = {
    ("a2a", "jsonrpc"): "a2a",
    ("ollama", "ollama-generate"): "ollama-chat",
    ("bedrock", "bedrock-invoke"): "bedrock-invoke-titan",
}

# Streams of these APIs have no end but that of the input, so truncation cannot be detected.
WITHOUT_END = ("writer-completions",)


@pytest.mark.parametrize("api", [api for api in WIRES if api not in WITHOUT_END])
def test_cut_recordings(shared_data: Path, api: str) -> None:
    """Law 7: a truncated stream, and a call that the whole does not complete, is never complete."""
    found = 0
    for recording in recordings(shared_data, api):
        found += 1
        whole = Whole(recording.units, api)
        for count, inside in places(recording):
            with explained(f"{recording.name}, cut after {count} records and {inside} bytes"):
                check(recording, whole, api, count, inside)
    if not found:
        pytest.skip(f"no recordings of {api}")


@pytest.mark.parametrize("api", WIRES)
def test_patches_of_recordings(shared_data: Path, api: str) -> None:
    """The patches of a call's events rebuild its arguments, also after coalescing."""
    calls = 0
    for recording in recordings(shared_data, api):
        with explained(recording.name):
            calls += check_patches(recording, api)
    if not calls:
        pytest.skip(f"no recordings of {api} with calls")


@pytest.mark.parametrize("api", WIRES)
def test_results_of_recordings(shared_data: Path, api: str) -> None:
    """Each tool result of the provider in a complete message has one event."""
    found = 0
    for recording in recordings(shared_data, api):
        parser, events, _ = run_parser(recording.units, api)
        for message in parser.messages:
            if message.status == "complete":
                own = [event for event in events if getattr(event, "choice", 0) == message.choice]
                reported = results_of(own)
                parts = [part for part in message.content if isinstance(part, ServerToolResult)]
                parts = [part for part in parts if part.content is not None or part in reported]
                assert reported == parts, recording.name
                found += len(reported)
    if not found:
        pytest.skip(f"no recordings of {api} with results")


def check_patches(recording: Recording, api: Any) -> int:
    """Check the patches of a recording, and return its number of calls."""
    parser, coalescer = MessageParser(api), Coalescer(3, hold="all")
    made: dict[int, tuple[PatchApplier, PatchApplier, PatchPacker]] = {}
    for now, unit in enumerate([*recording.units, None]):
        events = parser.finish() if unit is None else parser.feed(unit)
        held = coalescer.feed(events, now) + (coalescer.flush() if unit is None else [])
        for call in (call for message in parser.messages for call in message.tool_calls):
            one = PatchApplier(), PatchApplier(), PatchPacker(call)
            plain, packed, packer = made.setdefault(id(call), one)
            plain.apply(to_patches(held, of=call))
            packed.apply(packer.pack(events))
    calls = [call for message in parser.messages for call in message.tool_calls]
    for call in calls:
        if call.kind != "custom" and call.status == "complete" and call.arguments_text:
            plain, packed, _ = made[id(call)]
            assert same(plain.value, call.arguments)
            assert same(packed.value, call.arguments)
    return len(calls)


def error_bodies(folder: Path) -> list[dict[str, Any]]:
    path = folder / "http_errors.jsonl"
    if not path.exists():
        pytest.skip("the test data has no HTTP errors")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


@pytest.mark.parametrize("api", ["auto", *WIRES])
def test_http_errors(shared_data: Path, api: str) -> None:
    """A body with an error is a failed message; a body that is not JSON is not a stream."""
    rows = error_bodies(shared_data)
    assert rows
    for row in rows:
        body = row["body"]
        for pieces in ([body], [body.encode()], list(body)):
            parser, events, error = run_parser(pieces, api)
            if not body.strip():
                assert parser.message.status == "truncated", row["id"]
            elif is_json(body) or body.startswith(("data:", "event:")):
                assert error is None, row["id"]
                assert isinstance(events[-1], MessageFailed), row["id"]
                assert parser.message.status == "failed"
                assert str(events[-1].error), row["id"]
            else:
                assert isinstance(error, WireError), row["id"]
                assert error.excerpt in body
