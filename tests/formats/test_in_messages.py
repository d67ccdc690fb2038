"""Tests of formats in `MessageParser`: for plain text, with a wire API, and with `stream`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamparse import IncompleteError, MessageParser, stream
from streamparse.formats import TextReading, names
from tests.formats.checks import check_answer, run
from tests.formats.reading import only, tool
from tests.formats.render import make_answer
from tests.helpers import cut
from tests.messages import answer, call_chunk, chunk, merged, run_parser, sse, text_chunk
from tests.strategies import SIZES

CALL = '<tool_call>{"name": "f", "arguments": {"a": "é😀"}}</tool_call>'
NAMES = st.sampled_from(names())
SOME = settings(max_examples=max(settings().max_examples // 3, 5))
CHOICES = st.randoms(use_true_random=False)


def wire(text: str, sizes: Sequence[int], finish: str = "stop") -> bytes:
    """Return a stream of OpenAI chat whose server passes the text of the model on unchanged."""
    return sse([*map(text_chunk, cut(text, sizes)), chunk(finish=finish)])


# Plain text


@SOME
@given(NAMES, CHOICES, SIZES)
def test_law_1_bytes_cut_inside_characters(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Bytes, text and `FormatParser` give the same result."""
    made = make_answer(name, choose)
    reading = TextReading(name, **made.options)
    options: dict[str, Any] = {"format": reading, "tools": made.tools or None}
    whole = answer([made.text], None, **options)
    assert answer(cut(made.text.encode(), sizes), None, **options) == whole
    assert answer(cut(made.text.encode(), [1]), "text", **options) == whole
    alone = run(name, [made.text], tools=made.tools or None, **made.options)
    assert merged(alone.events) == whole.events


def test_text_that_ends_inside_a_character() -> None:
    """The message is truncated."""
    parser = MessageParser(format="hermes")
    parser.feed(b"Gr\xc3")
    parser.finish()
    assert (parser.message.text, parser.message.status) == ("Gr\ufffd", "truncated")


def test_a_stream_that_breaks_off() -> None:
    parser = MessageParser(format="hermes")
    parser.feed('<tool_call>{"name": "f", "arguments": {}')
    parser.cut()
    assert only(parser.message).status == "truncated"
    assert parser.message.status == "truncated"


# With a wire API


@SOME
@given(NAMES, CHOICES, SIZES, SIZES)
def test_law_1_on_top_of_a_wire(
    name: str, choose: random.Random, deltas: Sequence[int], sizes: Sequence[int]
) -> None:
    """The result depends neither on the deltas of the server nor on the cuts of the stream."""
    made = make_answer(name, choose)
    options: dict[str, Any] = {
        "format": TextReading(name, **made.options),
        "tools": made.tools or None,
    }
    parser, _, error = run_parser([wire(made.text, [])], "openai-chat", **options)
    assert error is None
    check_answer(parser.message, made)
    whole = answer([wire(made.text, [])], **options)
    assert answer(cut(wire(made.text, deltas), sizes), **options) == whole


def on_wire(records: list[Any], format: str = "hermes", **options: Any) -> Any:
    parser, _, error = run_parser([sse(records)], "openai-chat", format=format, **options)
    assert error is None
    return parser.message


def test_reasoning_of_the_wire_is_joined_with_that_of_the_text() -> None:
    records = [
        chunk({"reasoning_content": "a"}),
        text_chunk("<think>b</think>c"),
        chunk(finish="stop"),
    ]
    message = on_wire(records)
    assert (message.reasoning, message.text) == ("ab", "c")


def test_calls_that_the_server_has_parsed() -> None:
    """They are in the message beside the calls of the text."""
    records = [
        text_chunk(CALL),
        call_chunk('{"b": 1}', id="c1", name="g"),
        chunk(finish="tool_calls"),
    ]
    message = on_wire(records)
    assert [(call.name, call.status) for call in message.tool_calls] == [
        ("f", "complete"),
        ("g", "complete"),
    ]
    assert message.finish_reason == "tool_calls"


def test_a_normal_finish_with_calls_is_tool_calls() -> None:
    message = on_wire([text_chunk(CALL), chunk(finish="stop")])
    assert (message.finish_reason, message.raw_finish_reason) == ("tool_calls", "stop")
    assert only(message).arguments == {"a": "é😀"}


@pytest.mark.parametrize(
    ("text", "finish", "status", "message_status"),
    [
        (CALL, "length", "complete", "truncated"),
        (CALL.removesuffix("</tool_call>"), "stop", "complete", "complete"),
        (CALL[:40], "length", "truncated", "truncated"),
        (CALL[:40], "stop", "truncated", "truncated"),
    ],
)
def test_a_finish_reason_does_not_complete_a_call(
    text: str, finish: str, status: str, message_status: str
) -> None:
    """Whole calls are complete; open ones are truncated by any finish reason."""
    message = on_wire([text_chunk(text), chunk(finish=finish)])
    assert (only(message).status, message.status) == (status, message_status)


def test_a_wire_without_an_end() -> None:
    parser, _, error = run_parser(
        [sse([text_chunk(CALL[:40])], done=False)], "openai-chat", format="hermes"
    )
    assert error is None
    assert only(parser.message).status == parser.message.status == "truncated"


def test_each_choice_is_read_for_itself() -> None:
    records = [
        text_chunk(CALL[:20], choice=0),
        text_chunk("Hello", choice=1),
        text_chunk(CALL[20:], choice=0),
        chunk(finish="stop", choice=0),
        chunk(finish="stop", choice=1),
    ]
    parser, _, error = run_parser([sse(records)], "openai-chat", format="hermes")
    assert error is None
    first, second = parser.messages
    assert only(first).status == "complete"
    assert (second.text, second.tool_calls) == ("Hello", [])


def test_tools_validate_calls_in_text() -> None:
    message = on_wire([text_chunk(CALL), chunk(finish="stop")], tools=[tool("f", a="integer")])
    assert only(message).status == "rejected"
    message = on_wire([text_chunk(CALL), chunk(finish="stop")], tools=[tool("g")])
    assert only(message).status == "rejected"


def test_an_output_with_a_format() -> None:
    """The document is the text without its reasoning."""
    text = '<think>{"no": 1}</think>{"a": 1}'
    parser = MessageParser(format="hermes", output=dict)
    parser.feed(text)
    parser.finish()
    assert parser.message.output == {"a": 1}


def test_auto_on_a_wire() -> None:
    message = on_wire([text_chunk(CALL), chunk(finish="stop")], format="auto")
    assert only(message).name == "f"


# Views


def test_views() -> None:
    pieces = cut(f"<think>hm</think>Sure. {CALL}{CALL}", [5])
    assert "".join(stream(pieces, format="hermes").text()) == "Sure. "
    calls = stream(pieces, format="hermes").tool_calls()
    assert [call.arguments for call in calls] == [{"a": "é😀"}] * 2
    message = stream(pieces, format="hermes").result()
    assert (message.reasoning, len(message.tool_calls)) == ("hm", 2)
    with pytest.raises(IncompleteError):
        stream([CALL[:40]], format="hermes").result()


# Wrong options


def test_wrong_options() -> None:
    with pytest.raises(ValueError, match="no format is named"):
        MessageParser(format="nope")
    with pytest.raises(TypeError, match="not int"):
        MessageParser(format=3)  # type: ignore[arg-type]
    assert MessageParser("openai-chat", format="hermes").api == "openai-chat"
