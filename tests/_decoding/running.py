"""Runs of a transport for tests: its results, compared for all ways to cut the stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamparse import Limits, StreamParseError
from streamparse._decoding.record import Record
from streamparse._decoding.transport import Transport
from tests.helpers import is_encodable, tokens
from tests.parts import cuts_of


def plain(record: Record) -> tuple[Any, ...]:
    """Return a record as plain data that compares strictly and without recursion."""
    return record.event, tokens(record.data), record.text, record.cut, record.exception


def described(failure: StreamParseError | None) -> tuple[Any, ...] | None:
    if failure is None:
        return None
    place = (failure.offset, failure.line, failure.column)
    return type(failure), failure.code, *place, failure.excerpt, failure.message


def run(fragments: Iterable[str | bytes], **bounds: int) -> tuple[Any, ...]:
    """Return the records, the failure and the framing of a run as data that compares strictly."""
    transport = Transport(limits=Limits(**bounds))
    records: list[Record] = []
    for fragment in fragments:
        records += transport.feed(fragment)
    records += transport.finish()
    return [plain(one) for one in records], described(transport.failure), transport.framing


def read(stream: str | bytes, **bounds: int) -> tuple[list[Record], StreamParseError | None, str]:
    """Return records, failure and framing.

    They are checked to be the same for every cut, of text and of bytes.
    """
    transport = Transport(limits=Limits(**bounds))
    records = transport.feed(stream) + transport.finish()
    shown = ([plain(one) for one in records], described(transport.failure), transport.framing)
    streams: list[str | bytes] = [stream]
    if isinstance(stream, str) and is_encodable(stream):
        streams.append(stream.encode())
    for one in streams:
        halves = [[one[:at], one[at:]] for at in range(min(len(one), 300))]
        for fragments in [*cuts_of(one), *halves]:
            assert run(fragments, **bounds) == shown
    return records, transport.failure, transport.framing


def records_of(stream: str | bytes, **bounds: int) -> list[Record]:
    records, failure, _ = read(stream, **bounds)
    assert failure is None
    return records


def data_of(stream: str | bytes) -> list[Any]:
    return [record.data for record in records_of(stream)]


def failure_of(stream: str | bytes, **bounds: int) -> StreamParseError:
    failure = read(stream, **bounds)[1]
    assert failure is not None
    return failure
