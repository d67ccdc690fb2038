"""Tests of binary event streams, with frames that the tests encode."""

from __future__ import annotations

import importlib.util
import pickle
import struct
import sys
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import IncompleteError, LimitError, Limits, StreamParseError, WireError
from streamparse._decoding.event_stream import EventStreamDecoder, EventStreamMessage
from tests.growth import is_linear
from tests.helpers import cut
from tests.parts import cuttings, halvings

needs_botocore = pytest.mark.skipif(
    importlib.util.find_spec("botocore") is None, reason="botocore is not installed"
)


def checksum(data: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(data))


def header(name: str, value: str | bytes | bool | int) -> bytes:
    """Return the bytes of a header with this name, type and value."""
    if isinstance(value, bool):
        written = b"\0" if value else b"\1"
    elif isinstance(value, int):
        written = struct.pack("!Bi", 4, value)
    else:
        kind, data = (6, value) if isinstance(value, bytes) else (7, value.encode())
        written = struct.pack("!BH", kind, len(data)) + data
    return struct.pack("!B", len(name)) + name.encode() + written


def framed(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + checksum(prelude) + headers + payload
    return body + checksum(body)


def frame(headers: dict[str, Any], payload: bytes) -> bytes:
    """Return the bytes of a message."""
    return framed(b"".join(header(name, value) for name, value in headers.items()), payload)


def decoded(fragments: Iterable[bytes], **bounds: int) -> tuple[Any, ...]:
    """Return the messages, their positions, and the error that ended the stream."""
    decoder = EventStreamDecoder(Limits(**bounds))
    messages: list[EventStreamMessage] = []
    places: list[int] = []
    failure: tuple[Any, ...] | None = None
    try:
        for fragment in fragments:
            messages += decoder.feed(fragment)
            places += decoder.places
        messages += decoder.finish()
    except StreamParseError as error:
        messages += error.events
        places += decoder.places
        failure = (type(error), error.code, error.offset, error.message)
    return messages, places, failure


def same_for_all_cuts(stream: bytes, **bounds: int) -> tuple[Any, ...]:
    whole = decoded([stream], **bounds)
    for fragments in [*cuttings(stream), *halvings(stream)]:
        assert decoded(fragments, **bounds) == whole
    return whole


FIRST = frame({":event-type": "a", "n": 7, "yes": True, "no": False, "raw": b"\0"}, b'{"x": 1}')
SECOND = frame({}, b"")


@needs_botocore
def test_messages() -> None:
    messages, places, failure = same_for_all_cuts(FIRST + SECOND + FIRST)
    first = EventStreamMessage(
        {":event-type": "a", "n": 7, "yes": True, "no": False, "raw": b"\0"}, b'{"x": 1}'
    )
    assert messages == [first, EventStreamMessage({}, b""), first]
    assert places == [0, len(FIRST), len(FIRST) + 16]
    assert failure is None


@needs_botocore
def test_law_2_a_message_comes_with_its_last_byte() -> None:
    """A message is returned for its last byte (law 2)."""
    decoder = EventStreamDecoder()
    counts = [len(decoder.feed(FIRST[at : at + 1])) for at in range(len(FIRST))]
    assert counts == [0] * (len(FIRST) - 1) + [1]
    assert decoder.pending == 0


@needs_botocore
def test_law_7_a_cut_frame() -> None:
    """A frame cut anywhere raises `IncompleteError` (law 7)."""
    for end in range(1, len(FIRST)):
        stream = SECOND + FIRST[:end]
        messages, _, failure = decoded([stream])
        assert len(messages) == 1
        assert failure[:3] == (IncompleteError, "truncated", len(stream))
    assert decoded([])[2] is None


@needs_botocore
@pytest.mark.parametrize("at", [0, 5, 9, 14, len(FIRST) - 9, len(FIRST) - 1])
def test_damage(at: int) -> None:
    """A checksum detects a change of any byte."""
    damaged = bytearray(FIRST)
    damaged[at] ^= 1
    messages, _, failure = same_for_all_cuts(SECOND + bytes(damaged) + SECOND)
    assert messages == [EventStreamMessage({}, b"")]
    assert failure[:3] == (WireError, "bad_frame", 16)


def lengths(total: int, headers: int) -> bytes:
    """Return a prelude with these lengths and a valid checksum."""
    prelude = struct.pack("!II", total, headers)
    return prelude + checksum(prelude)


@needs_botocore
@pytest.mark.parametrize(
    ("total", "headers"),
    [(0, 0), (15, 0), (12, 0), (20, 5), (2**31, 0), (2**28, 2**27), (16, 2**31)],
)
def test_impossible_lengths(total: int, headers: int) -> None:
    """Invalid lengths are detected with the prelude, before any payload is kept."""
    decoder = EventStreamDecoder()
    prelude = lengths(total, headers)
    decoder.feed(prelude[:-1])
    with pytest.raises(WireError) as caught:
        decoder.feed(prelude[-1:])
    assert caught.value.code == "bad_frame"


@needs_botocore
@pytest.mark.parametrize(
    "headers",
    [
        b"\1a\xff",  # unknown type
        b"\1a",  # no type
        b"\1\xff\0",  # a name that is not UTF-8
        b"\1a\0\1a\0",  # one name twice
        b"\1a\4\0",  # a cut value
    ],
)
def test_invalid_headers(headers: bytes) -> None:
    """The checksums are valid; botocore raises exceptions of various types for these headers."""
    failure = same_for_all_cuts(framed(headers, b""))[2]
    assert failure[:3] == (WireError, "bad_frame", 0)
    assert len(failure[3]) > len("a damaged frame: ")


@needs_botocore
def test_the_limit() -> None:
    size = len(FIRST)
    assert same_for_all_cuts(FIRST * 2, record=size)[2] is None
    messages, _, failure = same_for_all_cuts(SECOND + FIRST, record=size - 1)
    assert len(messages) == 1
    assert failure[:3] == (LimitError, "record_length", 16 + size - 1)


@needs_botocore
def test_after_a_failure() -> None:
    decoder = EventStreamDecoder()
    with pytest.raises(WireError) as caught:
        decoder.feed(SECOND + b"\xff" * 12)
    assert caught.value.events == [EventStreamMessage({}, b"")]
    for fragment in (b"x", b"", None):
        with pytest.raises(WireError) as again:
            decoder.finish() if fragment is None else decoder.feed(fragment)
        assert (again.value.offset, again.value.events) == (16, [])


@needs_botocore
def test_life_cycle() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(memoryview(SECOND)) == decoder.feed(bytearray(SECOND))
    assert decoder.finish() == decoder.finish() == []
    assert decoder.feed(b"") == []
    with pytest.raises(StreamParseError) as caught:
        decoder.feed(b"x")
    assert (caught.value.code, caught.value.offset) == ("finished", 32)
    for wrong in ("text", None, 3):
        with pytest.raises(TypeError):
            decoder.feed(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Limits"):
        EventStreamDecoder(3)  # type: ignore[arg-type]


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    with pytest.raises(ImportError, match=r"llm-streamparse\[bedrock\]"):
        EventStreamDecoder()


def test_the_message_as_data() -> None:
    one = EventStreamMessage({"a": "b"}, b"c")
    assert one == EventStreamMessage({"a": "b"}, b"c")
    assert one != EventStreamMessage({"a": "b"}, b"d")
    assert one != EventStreamMessage({}, b"c")
    assert one != b"c"
    assert repr(one) == "EventStreamMessage(headers={'a': 'b'}, payload=b'c')"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(one, protocol)) == one
    match one:
        case EventStreamMessage({"a": name}, b"c"):
            assert name == "b"
        case _:
            pytest.fail("no match")


@needs_botocore
@given(
    st.lists(st.sampled_from([FIRST, SECOND, frame({"é": "ü"}, b"\xff" * 30)]), max_size=4),
    st.binary(max_size=20),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_law_1_any_chunking(frames: list[bytes], tail: bytes, sizes: list[int]) -> None:
    """Messages, positions and errors do not depend on the chunking (law 1)."""
    stream = b"".join(frames) + tail
    whole = decoded([stream])
    assert decoded(cut(stream, sizes)) == decoded(cut(stream, [1])) == whole


def feed_each(pieces: Sequence[bytes]) -> None:
    decoder = EventStreamDecoder()
    for piece in pieces:
        decoder.feed(piece)


@needs_botocore
@pytest.mark.parametrize(
    "stream",
    [
        lambda n: frame({}, b"x" * n),
        lambda n: SECOND * (n // 16),
        lambda n: frame({}, b"x" * n)[:-1],
    ],
    ids=["one frame", "many frames", "a cut frame"],
)
def test_law_6_linear(stream: Any) -> None:
    """Work per byte is bounded; botocore's own buffer copies its content for each byte (law 6)."""
    is_linear(feed_each, stream)
