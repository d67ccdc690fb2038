"""Tests of the transport: framing, records of every framing, failures, any chunking."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, StreamParseError, WireError
from streamparse._decoding.record import Record
from streamparse._decoding.transport import Transport
from tests._decoding.running import data_of, failure_of, read, records_of, run
from tests._decoding.test_event_stream import frame
from tests.growth import is_linear
from tests.helpers import cut, is_encodable, tokens
from tests.strategies import ANY_MANY_TEXTS, JSON_TEXTS, NODES

# Server-sent events


def test_events() -> None:
    stream = ': hi\n\nevent: start\ndata: {"a": [1.5, "é"]}\n\ndata:[]\n\ndata: [DONE]\n\n'
    assert records_of(stream) == [
        Record("start", {"a": [1.5, "é"]}, '{"a": [1.5, "é"]}'),
        Record("", [], "[]"),
        Record("", None, "[DONE]"),
    ]


@pytest.mark.parametrize("data", ["ping", "12", "null", '"x"', "x {}", "- []"])
def test_data_that_is_not_json_is_kept_as_text(data: str) -> None:
    stream = f"data: {data}\n\ndata: 1\n\n"
    assert records_of(stream) == [Record("", None, data), Record("", None, "1")]


@pytest.mark.parametrize("data", ["[DONE]", "  [DONE]\t", "\ndata: [DONE]\ndata:"])
def test_done(data: str) -> None:
    assert records_of(f"data:{data}\n\n") == [Record("", None, "[DONE]")]


@pytest.mark.parametrize(
    "block", ["data:", "data:  ", "event: ping", "id: 4", ": x", "data:\ndata"]
)
def test_blocks_without_data_give_no_record(block: str) -> None:
    assert data_of(f"{block}\n\ndata: {{}}\n\n") == [{}]


def test_data_in_several_lines() -> None:
    stream = 'data: {"a":\r\ndata: "b"\r\ndata: }\r\n\r\n'
    assert records_of(stream) == [Record("", {"a": "b"}, '{"a":\n"b"\n}')]


def test_white_space_around_data() -> None:
    assert records_of("data:  \t{} \n\n") == [Record("", {}, " \t{} ")]


def test_the_default_name_message_is_dropped() -> None:
    assert records_of("event: message\ndata: {}\n\n") == [Record("", {}, "{}")]


@pytest.mark.parametrize("tail", ["", "\n", "\r", "\r\n"])
def test_the_last_event_needs_no_blank_line(tail: str) -> None:
    assert records_of('data: {"a": 1}' + tail) == [Record("", {"a": 1}, '{"a": 1}')]


@pytest.mark.parametrize("data", ['{"a": ', "{", "[1", "[DO", '{"a": tr', "{}{"])
def test_law_7_a_cut_record_is_marked(data: str) -> None:
    """A record that the end of the input cuts is marked as cut (law 7)."""
    stream = "data: {}\n\nevent: x\ndata: " + data
    assert records_of(stream) == [Record("", {}, "{}"), Record("x", None, data, cut=True)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('{"a": ', "it ends before a value (at character 5"),
        ("[DONE", "expected a value or ']', not 'D' (at character 1"),
        ('{"a" 1}', "expected ':', not '1' (at character 5"),
        ("{}{}", "only white space may follow the value, not '{' (at character 2"),
        ('{"a": \ufffd}', "expected a value, not '\ufffd' (at character 6"),
    ],
)
def test_an_invalid_record(data: str, reason: str) -> None:
    records, failure, _ = read(f"data: {{}}\n\nid: 3\ndata:  {data}\n\ndata: []\n\n")
    assert records == [Record("", {}, "{}")]
    assert type(failure) is WireError
    assert (failure.code, failure.offset) == ("invalid_record", 22)
    assert (failure.line, failure.column) == (4, 7)
    assert reason in failure.message


def test_the_standard_library_s_numbers_are_accepted() -> None:
    assert data_of('data: {"a": NaN}\n\n')[0]["a"] != 0


def test_deep_records() -> None:
    """Deep records raise an error of a limit and never overflow the stack."""
    deep = "[" * 1000 + "]" * 1000
    (record,) = Transport().feed(f"data: {deep}\n\n")
    assert tokens(record.data) == [*"[" * 1000, *"]" * 1000]
    failure = failure_of(f"data: [{deep}]\n\n")
    assert (type(failure), failure.code, failure.offset) == (LimitError, "depth", 6)
    assert failure_of("data: [[]]", depth=1).code == "depth"
    assert data_of('data: {"a": "[[[["}\n\n') == [{"a": "[[[["}]
    assert records_of('data: {"a": "[[[["}\n\n', depth=1)[0].data == {"a": "[[[["}


def test_little_stack() -> None:
    def sink(levels: int) -> list[Record]:
        return (
            sink(levels - 1) if levels else Transport().feed(f"data: {'[' * 300 + ']' * 300}\n\n")
        )

    depth = len(inspect.stack())
    (record,) = sink(sys.getrecursionlimit() - depth - 60)
    assert len(tokens(record.data)) == 600


def test_big_integers() -> None:
    assert data_of(f"data: [{'9' * 4300}]\n\n") == [[int("9" * 4300)]]
    failure = failure_of(f"data: [{'9' * 4301}]\n\n")
    assert (type(failure), failure.code) == (LimitError, "integer_digits")


def test_the_limit_of_an_event() -> None:
    records, failure, _ = read("data: {}\n\ndata: [12]\n\n", record=10)
    assert records == [Record("", {}, "{}")]
    assert type(failure) is LimitError
    assert (failure.code, failure.offset) == ("record_length", 20)


def test_a_limit_passed_before_the_framing_was_known() -> None:
    assert failure_of("data", record=2).offset == 2
    assert failure_of("x", record=0).code == "not_a_stream"


def test_the_end_of_input_may_exceed_the_limit() -> None:
    """The end turns a cut character into U+FFFD, which exceeds the limit."""
    failure = failure_of(b"data: [\xe2\x82", record=7)
    assert (type(failure), failure.offset) == (LimitError, 7)


def test_the_first_error_is_the_failure() -> None:
    """A later error of the same fragment does not replace it."""
    assert failure_of("data: {\n\n: long comment", record=10).code == "invalid_record"


# Binary event streams


def named(kind: str, payload: bytes = b"{}") -> bytes:
    return frame({":message-type": "event", ":event-type": kind}, payload)


def test_binary_records() -> None:
    pytest.importorskip("botocore")
    stream = (
        named("messageStart", b'{"role": "assistant", "p": "abc"}')
        + named("chunk", b'{"bytes": "e30="}')
        + named("empty", b"")
        + named("plain", "né".encode())
    )
    assert records_of(stream) == [
        Record("messageStart", {"role": "assistant", "p": "abc"}, ""),
        Record("chunk", {"bytes": "e30="}, ""),
        Record("empty", None, ""),
        Record("plain", None, "né"),
    ]


def test_binary_exceptions() -> None:
    pytest.importorskip("botocore")
    exception = {":message-type": "exception", ":exception-type": "throttlingException"}
    error = {":message-type": "error", ":error-code": "500", ":error-message": "sorry"}
    assert records_of(frame(exception, b'{"message": "slow"}') + frame(error, b"")) == [
        Record("throttlingException", {"message": "slow"}, "", exception=True),
        Record("500", None, "sorry", exception=True),
    ]
    assert records_of(frame({}, b"{}")) == [Record("", {}, "")]


def test_law_7_a_cut_frame() -> None:
    """A frame cut anywhere gives a cut record (law 7)."""
    pytest.importorskip("botocore")
    stream = named("a") + named("b")
    whole = len(named("a"))
    for end in range(1, len(stream)):
        records = run([stream[:end]])[0]
        assert len(records) == (end >= whole) + (end % whole != 0)
        assert records[-1][3] is (end != whole)


def test_broken_binary_records() -> None:
    pytest.importorskip("botocore")
    first = named("a")
    records, failure, _ = read(first + named("b", b'{"c": ') + named("d"))
    assert records == [Record("a", {}, "")]
    assert (type(failure), failure and failure.code) == (WireError, "invalid_record")
    assert failure is not None
    assert failure.offset == len(first)
    damaged = first + named("b")[:-1] + b"x"
    records, failure, _ = read(damaged)
    assert records == [Record("a", {}, "")]
    assert failure is not None
    assert (failure.code, failure.offset) == ("bad_frame", len(first))


def test_the_limit_of_a_frame() -> None:
    pytest.importorskip("botocore")
    stream = named("a") + named("b", b'"' + b"x" * 200 + b'"')
    failure = failure_of(stream, record=100)
    assert (type(failure), failure.code) == (LimitError, "record_length")
    assert failure.offset == len(named("a")) + 100


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    transport = Transport()
    for piece in (b"\0", b"data: {}"):
        with pytest.raises(ImportError, match=r"llm-streamparse\[bedrock\]"):
            transport.feed(piece)
    with pytest.raises(TypeError, match="one or the other"):
        transport.feed("text")


# Recordings

FRAMINGS = {
    ".sse": "sse",
    ".ndjson": "json",
    ".jsonl": "json",
    ".jsonarray": "json",
    ".eventstream": "binary",
}


@pytest.mark.parametrize("suffix", FRAMINGS)
def test_recorded_streams(shared_data: Path, suffix: str) -> None:
    """Recorded streams are read without a failure, for any chunking."""
    found = sorted((shared_data / "streams").rglob(f"*{suffix}"))
    if suffix == ".eventstream":
        pytest.importorskip("botocore")
    assert found
    for path in found:
        body = path.read_bytes()
        whole = run([body])
        assert whole[1:] == (None, FRAMINGS[suffix]), path.name
        assert whole[0], path.name
        assert not any(cut_short for *_, cut_short, _ in whole[0]), path.name
        assert run(cut(body, [150, 1, 30])) == whole, path.name


# Life cycle


def test_after_a_failure() -> None:
    transport = Transport()
    assert transport.feed("data: {}\n\ndata: {\n\n") == [Record("", {}, "{}")]
    failure = transport.failure
    assert failure is not None
    assert failure.events == []
    assert transport.feed("data: {}\n\n") == []
    assert transport.finish() == []
    assert transport.failure is failure


@pytest.mark.parametrize("stream", ["", "data: {}", "{}", "[", " "])
def test_after_finish(stream: str) -> None:
    transport = Transport()
    transport.feed(stream)
    transport.finish()
    assert transport.finish() == []
    assert transport.feed("") == []
    with pytest.raises(StreamParseError) as caught:
        transport.feed("x")
    assert caught.value.code == "finished"


@pytest.mark.parametrize("start", ["\n", "data: {", "{", "x"])
def test_text_and_bytes_do_not_mix(start: str) -> None:
    for first, second in ((start, b"x"), (start.encode(), "x")):
        transport = Transport()
        transport.feed(first)
        assert transport.feed(second[:0]) == []
        with pytest.raises(TypeError, match="one or the other"):
            transport.feed(second)


def test_text_after_a_frame() -> None:
    pytest.importorskip("botocore")
    transport = Transport()
    transport.feed(b"\0")
    with pytest.raises(TypeError, match="one or the other"):
        transport.feed("x")


@pytest.mark.parametrize("wrong", [None, 1, ["{}"], {}])
@pytest.mark.parametrize("start", ["", "data: {", "{"])
def test_other_types_are_rejected(start: str, wrong: Any) -> None:
    transport = Transport()
    transport.feed(start)
    with pytest.raises(TypeError):
        transport.feed(wrong)
    with pytest.raises(TypeError, match="Limits"):
        Transport(limits=wrong)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_kinds_of_bytes(kind: Any) -> None:
    for stream in (b"data: {}", b"{}"):
        transport = Transport()
        transport.feed(kind(stream[:1]))
        transport.feed(kind(stream[1:]))
        assert len(transport.finish()) + (stream == b"{}") == 1


# Any chunking

SIZES = st.lists(st.integers(0, 9), max_size=4)
_DATA = st.sampled_from(
    ["{}", '{"a": "é😀"}', "[1, [2]]", "[DONE]", "ping", "", '{"a"', "{]", '{"a": 1}\ndata: {']
)
_BLOCKS = st.one_of(
    _DATA.map("data: {}".format),
    st.builds("event: {}\ndata:{}".format, st.sampled_from("ab"), _DATA),
    st.sampled_from([": hi", "id: 1", "retry: 1", "", "x", "\ufeff"]),
)
_EVENTS = st.lists(
    st.builds(
        str.__add__, _BLOCKS, st.sampled_from(["\n\n", "\n\n", "\r\n\r\n", "\r\r", "\n", ""])
    ),
    max_size=6,
).map("".join)
_TAILS = st.sampled_from(["", "", "", "}", "<html>", '{"a', "\ufeff", "data: {}", "[", "1"])
_ARRAYS = st.lists(NODES, max_size=4).map(
    lambda nodes: "[" + ",".join(node.text for node in nodes) + "]"
)
_JSON = st.builds(str.__add__, ANY_MANY_TEXTS | _ARRAYS | JSON_TEXTS, _TAILS)
STREAMS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "\ufeff", "\n", " "]),
    _EVENTS | _JSON,
    st.sampled_from(["", "", "\n"]),
)


def any_cut(stream: str | bytes, sizes: Sequence[int], **bounds: int) -> None:
    whole = run([stream], **bounds)
    for pieces in ([1], sizes):
        assert run(cut(stream, pieces), **bounds) == whole


@given(STREAMS, SIZES)
def test_law_1_any_chunking(stream: str, sizes: list[int]) -> None:
    """Records, failure and framing do not depend on the chunking of text and bytes (law 1)."""
    any_cut(stream, sizes)
    if is_encodable(stream):
        any_cut(stream.encode(), sizes)
        assert run([stream.encode()]) == run([stream])


@given(STREAMS, SIZES, st.integers(0, 60), st.integers(0, 3))
def test_law_1_with_limits(stream: str, sizes: list[int], record: int, depth: int) -> None:
    """The error of a limit does not depend on the chunking (law 1)."""
    any_cut(stream, sizes, record=record, depth=depth)


@given(st.binary(max_size=60) | STREAMS.map(lambda text: text.encode(errors="replace")), SIZES)
def test_law_1_any_bytes(stream: bytes, sizes: list[int]) -> None:
    """The result of any bytes does not depend on the chunking, and none raise (law 1)."""
    if stream[:1] != b"\0":
        any_cut(stream, sizes)


@given(
    st.lists(st.sampled_from([named("a"), named("b", b"[1]"), named("c", b"{")]), max_size=3),
    st.sampled_from([b"", b"", b"\0\0\0", b"\0" * 12, b"x" * 20]),
    SIZES,
    st.integers(0, 100),
)
def test_law_1_frames(frames: list[bytes], tail: bytes, sizes: list[int], record: int) -> None:
    """The records of a binary stream do not depend on the chunking (law 1)."""
    pytest.importorskip("botocore")
    stream = b"".join(frames) + tail
    any_cut(stream, sizes)
    any_cut(stream, sizes, record=record)


@given(_ARRAYS)
def test_law_5_an_array_gives_what_the_standard_library_gives(text: str) -> None:
    """The elements of an array are those of `json.loads` (law 5)."""
    if not is_encodable(text):
        return
    found = run([text])
    expected = json.loads(text)
    assert [record[1] for record in found[0]] == [tokens(value) for value in expected]


# Work


def feed_each(pieces: Sequence[Any]) -> None:
    transport = Transport()
    for piece in pieces:
        transport.feed(piece)


@pytest.mark.parametrize(
    "stream",
    [
        lambda n: 'data: {"a": 1}\n\n' * (n // 16),
        lambda n: 'data: {"a": "' + "😀" * n + '"}\n\n',
        lambda n: '{"a": 1}\n' * (n // 9),
        lambda n: "[" + '{"a": "b"},' * (n // 11),
        lambda n: ('{"a": "' + "é" * (n // 2)).encode(),
        lambda n: "\n" * n,
        lambda n: b"\n" * n,
        lambda n: "<" * min(n, 60_000),
    ],
    ids=["events", "event", "lines", "array", "object", "white text", "white bytes", "no stream"],
)
def test_law_6_linear(stream: Any) -> None:
    """Work per character is bounded (law 6)."""
    is_linear(feed_each, stream)


def test_law_6_one_frame() -> None:
    """Work per byte is bounded; botocore's own buffer copies its content for each byte (law 6)."""
    pytest.importorskip("botocore")
    is_linear(feed_each, lambda n: named("a", b"[" + b" " * n + b"]"))


def test_records_are_dropped() -> None:
    """Returned records are not kept, neither elements of an array nor objects."""
    for stream in ("[" + '{"a": "b"},' * 50, '{"a": "b"}\n' * 50):
        transport = Transport()
        assert len(transport.feed(stream)) == 50
        assert transport.feed(" ") == []
