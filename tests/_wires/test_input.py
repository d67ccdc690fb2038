"""Tests of the input of a response: kinds of input, plain text, a format without an API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse._decoding.transport import Transport
from streamparse.errors import LimitError, ProviderError, StreamParseError
from streamparse.limits import Limits
from streamparse.message_events import TextDelta
from streamparse.message_parser import MessageParser
from tests.blocks import STOP, begin, delta, start, stop, stopped
from tests.helpers import cut
from tests.messages import answer, chunk, dumped, kinds, read, run_parser, sse, text_chunk

HELLO = [text_chunk("Hel"), text_chunk("lo"), chunk(finish="stop")]
HELLO_TYPES = ["message_started", "text_delta", "message_finished"]


# Kinds of input


def as_text() -> str:
    return sse(HELLO).decode()


@pytest.mark.parametrize(
    "pieces",
    [
        [as_text()],
        [as_text().encode()],
        [bytearray(as_text().encode())],
        [memoryview(as_text().encode())],
        list(as_text()),
        cut(as_text().encode(), [1]),
        ["\n".join(json.dumps(record) for record in HELLO)],
        ["".join(json.dumps(record) for record in HELLO)],
        [json.dumps(HELLO)],
        HELLO,
    ],
    ids=lambda pieces: f"{type(pieces[0]).__name__} {len(pieces)}",
)
@pytest.mark.parametrize("api", ["openai-chat", "auto", None])
def test_kinds_of_input(pieces: list[Any], api: str | None) -> None:
    message, events = read(pieces, api=api)
    assert (message.text, message.status) == ("Hello", "complete")
    assert kinds(events) == HELLO_TYPES


def test_sdk_objects_are_chunks() -> None:
    class Chunk:
        """Resembles a model of pydantic."""

        def __init__(self, data: Any) -> None:
            self.data = data

        def model_dump(self, **options: Any) -> Any:
            assert options["exclude_unset"], "defaults of the SDK are not data"
            return self.data

    message, _ = read([Chunk(record) for record in HELLO])
    assert message.text == "Hello"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("data: 1\n\n", b"data: 2\n\n"),
        (b"data: 1\n\n", "data: 2\n\n"),
        (b"data: 1\n\n", HELLO[0]),
        (HELLO[0], "data: 1\n\n"),
    ],
)
def test_kinds_cannot_be_mixed(first: Any, second: Any) -> None:
    parser = MessageParser("openai-chat")
    parser.feed(first)
    with pytest.raises(TypeError, match="this parser was fed"):
        parser.feed(second)
    parser.feed(first)
    parser.finish()


@pytest.mark.parametrize("wrong", [None, 5, ["data"], object()])
def test_other_types_are_rejected_and_change_nothing(wrong: Any) -> None:
    parser = MessageParser("openai-chat")
    with pytest.raises(TypeError, match="a fragment is"):
        parser.feed(wrong)
    assert kinds([*parser.feed(sse(HELLO)), *parser.finish()]) == HELLO_TYPES


def test_the_text_api_rejects_chunks() -> None:
    with pytest.raises(TypeError, match="takes text or bytes"):
        MessageParser("text").feed(HELLO[0])


# Plain text


def test_plain_text() -> None:
    message, events = read(["Bon", "jour"], api="text")
    assert (message.text, message.status, message.finish_reason) == ("Bonjour", "complete", "stop")
    assert events[1:3] == [TextDelta("Bon"), TextDelta("jour")]


@pytest.mark.parametrize("sizes", [[1], [2], [3], [1, 4]], ids=str)
def test_bytes_cut_inside_characters(sizes: list[int]) -> None:
    text = "é😀 – ok"
    message, events = read(cut(text.encode(), sizes), api="text")
    assert (message.text, message.status) == (text, "complete")
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


def test_bytes_that_end_inside_a_character() -> None:
    message, _ = read(["é".encode() + "😀".encode()[:2]], api="text")
    assert (message.text, message.status) == ("é\ufffd", "truncated")


def test_bytes_that_are_not_utf_8() -> None:
    message, _ = read([b"a\xff", b"b\xc3", b"("], api="text")
    assert (message.text, message.status) == ("a\ufffdb\ufffd(", "complete")


# A format without an API


CALL = '<tool_call>{"name": "pick", "arguments": {"kg": 3}}</tool_call>'
WIRED = [text_chunk("Here. "), *(text_chunk(char) for char in CALL), chunk(finish="stop")]
CLAUDE = [
    start(),
    begin(0, "text", text=""),
    delta(0, "text_delta", "Here. "),
    delta(0, "text_delta", CALL),
    stop(0),
    stopped("end_turn"),
    STOP,
]


@pytest.mark.parametrize(
    ("data", "api"),
    [
        (sse(WIRED), "openai-chat"),
        (b": wait\n\n" + sse(WIRED), "openai-chat"),
        (sse(WIRED, end="\n"), "openai-chat"),
        ("\n".join(map(dumped, WIRED)).encode(), "openai-chat"),
        (dumped([*WIRED]).encode(), "openai-chat"),
        (sse(CLAUDE, done=False), "anthropic-messages"),
        (f"Here. {CALL}".encode(), "text"),
    ],
)
def test_a_format_alone_detects_the_api(data: bytes, api: str) -> None:
    for pieces in ([data], [data.decode()], list(data.decode()), cut(data, [7])):
        parser, events, error = run_parser(pieces, None, format="hermes")
        assert error is None
        assert parser.api == api
        message = parser.message
        assert (message.text.strip(), message.status) == ("Here.", "complete")
        assert [call.arguments for call in message.tool_calls] == [{"kg": 3}]
        assert kinds(events)[0] == "message_started"
    if api != "text":
        records = CLAUDE if api == "anthropic-messages" else WIRED
        assert run_parser(records, None, format="hermes")[0].message.to_dict() == (
            run_parser(records, api, format="hermes")[0].message.to_dict()
        )


@pytest.mark.parametrize(
    "text",
    [
        "The answer.",
        "data: three crates of pears.",
        "data: 4\n\nevent: none\n",
        "event: party\nWe meet at eight.\n\n",
        "id: 5",
        ":) Hello",
        '{"id": "x", "list": [1]}',
        '{"id": "x", "li',
        "[1, 2]",
        '[{"a": 1}, {"b": 2}]',
        "",
        " \n",
        "da",
        "\ufeffHi",
        "{broken",
        '{"id" 5}',
    ],
)
def test_a_format_alone_leaves_plain_text_as_it_is(text: str) -> None:
    expected = answer([text], "text", format="hermes")
    for pieces in ([text], list(text), cut(text.encode(), [1, 3])):
        assert answer(pieces, None, format="hermes") == expected


def test_plain_text_is_not_held_back_for_the_format() -> None:
    parser = MessageParser(format="hermes")
    assert kinds(parser.feed("The ")) == ["message_started", "text_delta"]
    parser = MessageParser(format="llama3_json")
    parser.feed('{"name": "pick", "parameters": {"kg": 3')
    assert parser.message.tool_calls[0].name == "pick"


@pytest.mark.parametrize(
    "data", ['data: {"id": "x", "choi', 'data: {"error": {"message": "no"}}\n\n']
)
def test_a_format_alone_does_not_read_a_cut_stream_as_text(data: str) -> None:
    message, _ = read([data], format="hermes")
    assert (message.text, message.status) == ("", "failed" if "error" in data else "truncated")


def test_a_format_alone_reads_error_bodies() -> None:
    message, _ = read(['{"error": {"message": "no such model"}}'], format="hermes")
    assert message.status == "failed"


# Records that the caller has decoded


def test_records_give_the_same_as_their_bytes() -> None:
    piece = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]}
    data = f"data: {json.dumps(piece)}\n\ndata: {json.dumps(piece)}\n\ndata: [DONE]\n\n"
    parser, transport = MessageParser("openai-chat"), Transport()
    events = [event for record in transport.feed(data) for event in parser.feed(record)]
    message, expected = read([data], api="openai-chat")
    assert parser.message.to_dict() == message.to_dict()
    assert [event.type for event in events] == [event.type for event in expected]
    with pytest.raises(TypeError, match="this parser was fed chunks"):
        parser.feed("data: 5")


# Errors and the end of the input


@pytest.mark.parametrize("text", ["", "Hel"])
def test_an_error_status_is_an_error_of_the_provider(text: str) -> None:
    parser = MessageParser("openai-chat")
    parser.http_status = 503
    parser.feed(sse([text_chunk(text)] if text else [], done=False))
    parser.finish()
    assert isinstance(parser.message.error, ProviderError)
    assert (parser.message.text, parser.message.status) == (text, "failed")


@pytest.mark.parametrize("fragment", [as_text(), as_text().encode(), HELLO[0]])
def test_only_an_empty_fragment_is_allowed_after_the_end(fragment: Any) -> None:
    parser = MessageParser("openai-chat")
    parser.feed(as_text())
    parser.finish()
    for empty in ("", b"", memoryview(b"")):
        assert parser.feed(empty) == []
    with pytest.raises(StreamParseError) as caught:
        parser.feed(fragment)
    assert caught.value.code == "finished"
    assert parser.message.text == "Hello"


@pytest.mark.parametrize("options", [{"api": "openai-chat"}, {"api": "auto"}, {"format": "hermes"}])
def test_records_before_one_that_is_too_long_are_read(options: Any) -> None:
    parser = MessageParser(**options, limits=Limits(record=200))
    long = f"data: {dumped({'text': 'x' * 300})}\n\n"
    with pytest.raises(LimitError) as caught:
        parser.feed(sse(HELLO[:2], done=False).decode() + long)
    assert caught.value.code == "record_length"
    assert parser.message.text == "Hello"


def test_a_record_without_an_end_is_too_long_too() -> None:
    pieces = [sse(HELLO[:2], done=False), b"data: " + b"x" * 300]
    parser, _, error = run_parser(pieces, limits=Limits(record=200))
    assert isinstance(error, LimitError)
    assert parser.message.text == "Hello"


# A new connection


@pytest.mark.parametrize("api", ["openai-chat", "auto"])
def test_an_incomplete_record_is_dropped_by_a_new_connection(api: Any) -> None:
    parser = MessageParser(api)
    parser.feed(sse(HELLO[:1], done=False) + sse(HELLO[1:2], done=False)[:30])
    parser.reconnect()
    parser.feed(sse(HELLO[1:]))
    parser.finish()
    assert (parser.message.text, parser.message.status) == ("Hello", "complete")


@pytest.mark.parametrize("options", [{"api": "auto"}, {"format": "hermes"}])
def test_a_new_connection_before_the_answer_began(options: Any) -> None:
    parser = MessageParser(**options)
    assert parser.feed('data: {"id": "x", "choi') == []
    parser.reconnect()
    parser.feed(as_text())
    parser.finish()
    assert (parser.message.text, parser.message.status) == ("Hello", "complete")


def test_a_new_connection_changes_nothing_for_chunks_and_text() -> None:
    chunks, text = MessageParser("openai-chat"), MessageParser("text")
    for parser, pieces in ((chunks, HELLO), (text, ["Hel", "lo"])):
        parser.feed(pieces[0])
        parser.reconnect()
        for piece in pieces[1:]:
            parser.feed(piece)
        parser.finish()
        assert (parser.message.text, parser.message.status) == ("Hello", "complete")


# Large fragments


@pytest.mark.parametrize("as_view", [False, True])
def test_a_large_fragment_reads_as_small_ones(as_view: bool) -> None:
    records = [*(text_chunk(f"word {number}, ") for number in range(200)), HELLO[-1]]
    data = sse(records)
    assert len(data) > 3 * 4096
    message, _ = read([memoryview(data) if as_view else data], api="openai-chat")
    expected, _ = read(cut(data, [100]), api="openai-chat")
    assert message.to_dict() == expected.to_dict()


def test_the_items_of_a_memoryview_may_be_larger_than_a_byte() -> None:
    data = as_text().encode()
    data += b" " * (-len(data) % 4)
    message, _ = read([memoryview(data).cast("I")], api="openai-chat")
    assert (message.text, message.status) == ("Hello", "complete")
