"""Tests of server-sent events: the rules of the standard, any chunking, limits, the life cycle."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, Limits, ServerSentEvent, SSEDecoder, StreamParseError
from tests.growth import is_linear
from tests.helpers import Fragment, cut
from tests.parts import cuts_of, cuttings


def event(data: str, event: str = "message", id: str = "") -> ServerSentEvent:
    return ServerSentEvent(event, data, id)


def decoded(
    fragments: Iterable[str | bytes], unterminated: str = "discard", **bounds: int
) -> tuple[Any, ...]:
    """Return the events, the state after them, and the error that ended the stream."""
    decoder = SSEDecoder(unterminated, Limits(**bounds))
    events: list[ServerSentEvent] = []
    failure: tuple[Any, ...] | None = None
    try:
        for fragment in fragments:
            events += decoder.feed(fragment)
        events += decoder.finish()
    except StreamParseError as error:
        events += error.events
        place = (error.offset, error.line, error.column, error.excerpt)
        failure = (type(error), error.code, *place)
    return events, decoder._data_start, decoder.last_event_id, decoder.retry, failure


def events_of(stream: str | bytes, unterminated: str = "discard") -> list[ServerSentEvent]:
    """Return the events, checked to be the same for every cut of text and bytes."""
    found = decoded([stream], unterminated)
    streams: list[str | bytes] = (
        [stream] if isinstance(stream, bytes) else [stream, stream.encode()]
    )
    for one in streams:
        halves = [[one[:at], one[at:]] for at in range(len(one))]
        for fragments in [*cuts_of(one), *halves]:
            assert decoded(fragments, unterminated) == found
    assert found[-1] is None
    return list(found[0])


# The rules


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_end_in_three_ways(end: str) -> None:
    stream = end.join(["event: news", "data: one", "data: two", "", "data: three", "", ""])
    assert events_of(stream) == [event("one\ntwo", "news"), event("three")]


def test_line_ends_may_be_mixed() -> None:
    assert events_of("data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\n") == [
        event("a\nb\nc"),
        event("d"),
    ]


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("data: x", "x"),
        ("data:x", "x"),
        ("data:  x ", " x "),
        ("data:\tx", "\tx"),
        ("data", ""),
        ("data:", ""),
        ("data: ", ""),
        ("data: a: b", "a: b"),
        ("data:\x0b\x0c\x1c\x85\u2028", "\x0b\x0c\x1c\x85\u2028"),
        ("data: \0", "\0"),
        ("data: \ufeff", "\ufeff"),
    ],
)
def test_data(line: str, data: str) -> None:
    assert events_of(f"{line}\n\n") == [event(data)]


@pytest.mark.parametrize(
    "line", ["Data: x", " data: x", "data : x", "dat", "datas: x", ": data: x"]
)
def test_lines_that_are_not_fields(line: str) -> None:
    assert events_of(f"{line}\n\n") == []


def test_no_event_without_data() -> None:
    """A block without data gives no event, and its name is dropped."""
    assert events_of("event: ping\n\nid: 4\n\nretry: 5\n\n: hello\n\ndata: x\n\n") == [
        event("x", id="4")
    ]


def test_names() -> None:
    assert events_of("event: a\nevent: b\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\n") == [
        event("1", "b"),
        event("2"),
        event("3"),
    ]


def test_the_last_id_stays_in_force() -> None:
    stream = "id: 1\ndata: a\n\ndata: b\n\nid: 2\n\nid: bad\0\ndata: c\n\nid\ndata: d\n\n"
    assert events_of(stream) == [
        event("a", id="1"),
        event("b", id="1"),
        event("c", id="2"),
        event("d"),
    ]


def test_an_id_becomes_the_last_id_with_its_event() -> None:
    decoder = SSEDecoder()
    decoder.feed("id: 1\n\nid: 2\n")
    assert decoder.last_event_id == "1"
    decoder.feed("\n")
    assert decoder.last_event_id == "2"


@pytest.mark.parametrize("value", ["", "-1", "1.0", "1 ", "0x1", "١", "²", "1" * 21])
def test_invalid_retry(value: str) -> None:
    decoder = SSEDecoder()
    assert decoder.feed(f"retry: 7\nretry: {value}\ndata: x\n\n") == [
        ServerSentEvent("message", "x", "", 7)
    ]
    assert decoder.retry == 7


def test_an_event_has_the_retry_of_its_own_block() -> None:
    decoder = SSEDecoder()
    assert decoder.retry is None
    events = decoder.feed("retry: 100\ndata: x\n\ndata: y\n\n")
    assert [one.retry for one in events] == [100, None]
    decoder.feed("retry: 5\n")
    assert decoder.retry == 5
    assert decoder.feed("\ndata: z\n\n") == [event("z")]


def test_one_byte_order_mark() -> None:
    assert events_of("\ufeffdata: x\n\n\ufeffdata: y\n\n") == [event("x")]
    assert events_of("\ufeff\ufeffdata: x\n\ndata: y\n\n") == [event("y")]
    assert events_of(b"\xef\xbbdata: x\n\n") == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xff", "\ufffd"),
        (b"\xe2\x82", "\ufffd"),
        (b"\xe2\x82\xe2\x82\xac", "\ufffd€"),
        (b"\xf0\x9f\x98", "\ufffd"),
        (b"\xf0\x80\x80\x80", "\ufffd" * 4),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        (b"\xc0\xaf", "\ufffd" * 2),
        (b"\xf4\x90\x80\x80", "\ufffd" * 4),
        (b"\xf1\x80\x80\xe1\x80\xc2b", "\ufffd\ufffd\ufffdb"),
    ],
)
def test_invalid_utf8_is_replaced(data: bytes, text: str) -> None:
    """Replacement follows the Encoding Standard, also for a sequence that is cut."""
    assert events_of(b"data: <" + data + b">\n\n") == [event(f"<{text}>")]
    assert events_of(b"data: <" + data, "dispatch") == [event(f"<{text}")]


@pytest.mark.parametrize("tail", ["data: x\n", "data: x\r", "data: x\r\n", "data: x"])
def test_an_unterminated_event(tail: str) -> None:
    stream = "data: first\n\n" + tail
    assert events_of(stream) == [event("first")]
    assert events_of(stream, "dispatch") == [event("first"), event("x")]


@pytest.mark.parametrize("tail", ["", "\n", "id: 4", "event: x\n", ": comment", "dat"])
def test_nothing_to_dispatch(tail: str) -> None:
    assert events_of("data: x\n\n" + tail, "dispatch") == [event("x")]


def test_law_2_a_carriage_return_ends_the_line_at_once() -> None:
    """The line feed that may follow is not waited for (law 2)."""
    decoder = SSEDecoder()
    assert decoder.feed("data: x\r") == []
    assert decoder.feed("\r") == [event("x")]
    assert decoder.feed("\ndata: y\n") == []
    assert decoder.feed("\n") == [event("y")]


def test_positions() -> None:
    """The decoder knows the position at which the data of the last event begin."""
    decoder = SSEDecoder("dispatch")
    for event, place in (
        ("\ufeffid: 1\ndata: é\n\n", (13, 2, 7)),
        (": x\r\nevent: z\rdata:a\r\ndata: b\r\n\r\n", (35, 5, 15)),
        ("data\n\n", (53, 8, 5)),
    ):
        assert len(decoder.feed(event)) == 1
        assert decoder._data_start == place
    assert decoder.feed("data: 1") == []
    decoder.finish()
    assert decoder._data_start == (61, 10, 7)


# Any chunking

_LINES = st.one_of(
    st.sampled_from(["data: x", "data:", "data", "id: 1", "id:\0", "event: e", "retry: 5", ": c"]),
    st.sampled_from(["", "", "", "data: {}", "data: é😀\u2028", "\ufeff", "retry: x", " data: x"]),
    st.text(max_size=6),
)
_ENDS = st.sampled_from(["\n", "\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", ""])
STREAMS = st.lists(st.tuples(_LINES, _ENDS).map("".join), max_size=12).map("".join)
SIZES = st.lists(st.integers(0, 7), max_size=4)


def cuts(stream: Fragment, sizes: Sequence[int]) -> Iterable[list[Fragment]]:
    yield cut(stream, [1])
    yield cut(stream, sizes)


@given(STREAMS, SIZES, st.sampled_from(["discard", "dispatch"]), st.integers(0, 40))
def test_law_1_any_chunking(stream: str, sizes: list[int], unterminated: str, limit: int) -> None:
    """Events, state and errors do not depend on the chunking of text and bytes (law 1)."""
    for bounds in ({}, {"record": limit}):
        whole = decoded([stream], unterminated, **bounds)
        for pieces in cuts(stream, sizes):
            assert decoded(pieces, unterminated, **bounds) == whole
        data = stream.encode(errors="replace")
        if data.decode() == stream:
            for parts in cuts(data, sizes):
                assert decoded(parts, unterminated, **bounds) == whole


@given(st.binary(max_size=60) | STREAMS.map(lambda text: text.encode(errors="replace")), SIZES)
def test_law_1_any_bytes(data: bytes, sizes: list[int]) -> None:
    """Any bytes give events without an error, the same for any chunking (law 1)."""
    whole = decoded([data], "dispatch")
    for pieces in cuts(data, sizes):
        assert decoded(pieces, "dispatch") == whole
    assert decoded([data.decode(errors="replace")], "dispatch") == whole


def reference(stream: str) -> list[tuple[str, str, str]]:
    """Return the events of a whole stream by the algorithm of the standard."""
    lines = stream.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, data, name, last_id = [], "", "", ""
    for line in lines[:-1]:
        if not line:
            if data:
                events.append((name or "message", data[:-1], last_id))
            data = name = ""
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value[:1] == " " else value
        if field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


@given(STREAMS)
def test_the_algorithm_of_the_standard(stream: str) -> None:
    events = decoded([stream])[0]
    assert [(one.event, one.data, one.id) for one in events] == reference(stream)


# Work


def feed_each(pieces: Sequence[Any]) -> None:
    decoder = SSEDecoder()
    for piece in pieces:
        decoder.feed(piece)


@pytest.mark.parametrize(
    "stream",
    [
        lambda n: b"data: " + "😀".encode() * (n // 4) + b"\n\n",
        lambda n: "data: " + "😀" * n,
        lambda n: "data: 1\n" * (n // 8),
        lambda n: "data: 1\n\n" * (n // 9),
        lambda n: "data: 1\r\n\r\n" * (n // 11),
        lambda n: ":" + " comment" * (n // 8),
        lambda n: "\r" * n,
    ],
    ids=["bytes", "text", "lines", "events", "pairs", "comment", "blank"],
)
@pytest.mark.parametrize("size", [1, 50])
def test_law_6_linear(stream: Any, size: int) -> None:
    """Work per character is bounded, also for one very long record (law 6)."""
    is_linear(feed_each, stream, size)


def test_law_6_one_fragment_with_two_kinds_of_line_ends() -> None:
    """The search for a carriage return is not repeated after each line feed (law 6)."""
    is_linear(feed_each, lambda n: "data: 1\n" * (n // 8) + "\r", 10**9)


# Limits


def test_the_limit_of_a_record() -> None:
    """Everything up to the end of the blank line counts; the first character beyond raises."""
    fits = "data: 123\n\n"
    for stream in (fits * 3, fits.replace("\n", "\r\n")[:-1], f"\ufeff{fits}", "\n\n" + fits):
        limit = 12 if "\r" in stream else 11
        assert decoded([stream], record=limit)[-1] is None
    for text in (
        fits * 2 + "data: 1234\n\n",
        fits * 2 + "data: 12345\r",
        fits * 2 + ": 234567890a",
    ):
        for pieces in cuttings(text):
            found = decoded(pieces, record=11)
            assert found[0] == [event("123")] * 2
            at = 22 + 11
            assert found[-1][:3] == (LimitError, "record_length", at)
            assert found[-1][5] == text[22:at].rpartition("\n")[2][-40:]


def test_the_line_feed_after_a_record_is_not_counted() -> None:
    assert decoded(["data\r\r\ndata\r\r\n"], record=6)[-1] is None
    failure = decoded(["data\r\ndata\r\n"], record=5)[-1]
    assert failure[:5] == (LimitError, "record_length", 5, 1, 6)


def test_after_a_failure() -> None:
    decoder = SSEDecoder(limits=Limits(record=9))
    with pytest.raises(LimitError) as caught:
        decoder.feed("data: 1\n\ndata: 123456\n\ndata: 2\n\n")
    assert caught.value.events == [event("1")]
    assert "9 characters" in caught.value.message
    for fragment in ("\n", b"", None):
        with pytest.raises(LimitError) as again:
            decoder.finish() if fragment is None else decoder.feed(fragment)
        assert again.value is not caught.value
        assert (again.value.offset, again.value.events) == (caught.value.offset, [])


# Life cycle


def test_text_and_bytes_do_not_mix() -> None:
    for first, second in (("a", b"b"), (b"a", "b")):
        decoder = SSEDecoder()
        decoder.feed(first)
        with pytest.raises(TypeError, match="one or the other"):
            decoder.feed(second)
        assert decoder.feed(first) == []


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_kinds_of_bytes(kind: Any) -> None:
    assert SSEDecoder().feed(kind(b"data: x\n\n")) == [event("x")]


@pytest.mark.parametrize("wrong", [None, 1, ["data: x"]])
def test_other_types_are_rejected(wrong: Any) -> None:
    with pytest.raises(TypeError):
        SSEDecoder().feed(wrong)


def test_options() -> None:
    with pytest.raises(ValueError, match="unterminated"):
        SSEDecoder("drop")
    with pytest.raises(TypeError, match="Limits"):
        SSEDecoder(limits=10)  # type: ignore[arg-type]


def test_after_finish() -> None:
    decoder = SSEDecoder("dispatch")
    decoder.feed("data: x\nda")
    assert decoder.finish() == [event("x")]
    assert decoder.finish() == []
    assert decoder.feed("") == []
    with pytest.raises(StreamParseError) as caught:
        decoder.feed("x")
    place = (caught.value.offset, caught.value.line, caught.value.column)
    assert (caught.value.code, *place) == ("finished", 10, 2, 3)
    assert SSEDecoder().finish() == []


# The event


def test_the_event_as_data() -> None:
    one = ServerSentEvent("e", "d", "i", 3)
    assert one == ServerSentEvent("e", "d", "i", 3)
    assert ServerSentEvent() == ServerSentEvent("message", "", "", None)
    for other in (("f", "d", "i", 3), ("e", "f", "i", 3), ("e", "d", "f", 3), ("e", "d", "i", 4)):
        assert one != ServerSentEvent(*other)
    assert one != "e"
    assert repr(one) == "ServerSentEvent(event='e', data='d', id='i', retry=3)"
    assert one.to_dict() == {
        "type": "server_sent_event",
        "event": "e",
        "data": "d",
        "id": "i",
        "retry": 3,
    }
    match one:
        case ServerSentEvent("e", "d", "i", retry):
            assert retry == 3
        case _:
            pytest.fail("no match")


def test_the_event_pickles_and_copies() -> None:
    one = ServerSentEvent("e", "d", "i", 3)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(one, protocol)) == one
    assert copy.copy(one) == copy.deepcopy(one) == one
