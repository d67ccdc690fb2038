"""Tests of how streams and bodies are rewritten, without I/O and for any cuts."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import Limits, MessageParser
from streamparse.gateway.chat_answers import ChatBody, ChatStream
from streamparse.gateway.chat_chunks import Chunks
from streamparse.gateway.upstream import RefusedError
from tests.gateway.model_server import (
    ARGUMENTS,
    CALLS,
    TEXT,
    THOUGHT,
    TOOLS,
    answer_in,
    chunk,
    sse,
    streamed,
    whole,
)

BROKEN = RefusedError(502, "upstream_error", "upstream_broken", "the connection broke")


def stream(stop: bool = False, hold: bool = False, limits: Limits | None = None) -> ChatStream:
    limits = limits or Limits()
    parser = MessageParser("openai-chat", format="auto", tools=TOOLS, limits=limits)
    return ChatStream(parser, limits, Chunks(), stop=stop, hold=hold)


def rewritten(pieces: list[bytes], failure: RefusedError | None = None, **options: Any) -> bytes:
    made = stream(**options)
    written = b"".join([made.feed(piece) for piece in pieces])
    return written + made.finish(failure) + made.ending


def parsed(data: bytes) -> Any:
    parser = MessageParser("openai-chat")
    parser.feed(data)
    parser.finish()
    return parser.message


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("format", CALLS)
@given(places=st.lists(st.integers(0, 6000), max_size=6))
def test_cuts_of_the_bytes_do_not_matter(format: str, hold: bool, places: list[int]) -> None:
    data = b"".join(streamed(answer_in(format)))
    cuts = sorted({0, len(data), *[place for place in places if place < len(data)]})
    pieces = [data[start:end] for start, end in pairwise(cuts)]
    message = parsed(rewritten(pieces, hold=hold))
    assert (message.text, message.reasoning, message.status) == (TEXT, THOUGHT, "complete")
    assert [call.arguments for call in message.tool_calls] == [ARGUMENTS]
    assert message.finish_reason == "tool_calls"
    assert message.usage.total_tokens == 14


@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("format", CALLS)
@given(place=st.integers(0, 6000), broken=st.booleans())
def test_a_cut_stream_has_no_complete_call(
    format: str, stop: bool, place: int, broken: bool
) -> None:
    data = b"".join(streamed(answer_in(format)))
    finish = data.index(b'"finish_reason"')
    place = min(place, data.rindex(b"data: ", 0, finish))
    written = rewritten([data[:place]], BROKEN if broken else None, stop=stop)
    message = parsed(written)
    assert message.status in ("failed", "truncated")
    assert [call for call in message.tool_calls if call.status == "complete"] == []
    assert b"[DONE]" not in written
    assert b'"error"' in written


@given(size=st.integers(1, 40), format=st.sampled_from(sorted(CALLS)))
def test_arguments_are_streamed(size: int, format: str) -> None:
    """The value of a string is written before its call has ended."""
    text = answer_in(format)
    end = text.rindex("roses") + 4
    made = stream()
    pieces = streamed(text[:end], reason=None, size=size)
    written = b"".join([made.feed(piece) for piece in pieces])
    [call] = parsed(written).tool_calls
    assert (call.name, call.partial["bed"][:3]) == ("water", "ros")


def test_records_other_than_chunks_are_forwarded() -> None:
    event = b'event: ping\ndata: {"type": "ping"}\n\n'
    written = rewritten([event, *streamed("Hello")])
    assert event in written
    assert parsed(written).text == "Hello"


def test_binary_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    frames = b"\0\0\0\x50" + b"x" * 80
    assert b'"error"' in rewritten([frames])
    assert body(frames).content == frames


def test_a_record_beyond_the_limits() -> None:
    written = rewritten([sse(chunk({"content": "x" * 500}))], limits=Limits(record=100))
    assert b'"record_length"' in written
    assert b"[DONE]" not in written


def test_an_answer_beyond_the_limits_keeps_earlier_chunks() -> None:
    pieces = streamed("Hello, you there!", size=5)
    written = rewritten(pieces, limits=Limits(content=12))
    assert parsed(written).text == "Hello, you t"
    assert b'"content"' in written
    assert b"[DONE]" not in written


def test_with_stop_nothing_is_read_after_a_rejection() -> None:
    text = CALLS["hermes"].replace("12", '"many"') + " and more"
    made = stream(stop=True)
    for piece in streamed(text):
        made.feed(piece)
    assert made.over
    assert made.calls.statuses == ["rejected"]
    assert b" and more" not in made.ending
    assert b"invalid_tool_call" in made.ending
    assert made.feed(b"data: 5\n\n") == b""
    assert made.finish() == b""


def test_choices() -> None:
    records = [chunk({"content": "a"})]
    records[0]["choices"].append({"index": 1, "delta": {"content": CALLS["hermes"]}})
    end = chunk({}, finish_reason="stop")
    end["choices"].append({"index": 1, "delta": {}, "finish_reason": "stop"})
    parser = MessageParser("openai-chat")
    parser.feed(rewritten([sse(*records, end, "[DONE]")]))
    parser.finish()
    first, second = parser.messages
    assert (first.text, first.finish_reason) == ("a", "stop")
    assert second.finish_reason == "tool_calls"
    assert second.tool_calls[0].arguments == ARGUMENTS


def body(content: bytes) -> ChatBody:
    return ChatBody(content, MessageParser("openai-chat", format="auto", tools=TOOLS), Limits())


def test_a_stream_in_place_of_a_body_is_an_error() -> None:
    chunks = [whole(TEXT), whole(answer_in("hermes"))]
    made = body(b"".join([b"data: " + chunk + b"\n\n" for chunk in chunks]))
    assert made.refusal is not None
    assert (made.refusal.status, made.refusal.code) == (502, "upstream_broken")


@pytest.mark.parametrize("format", CALLS)
def test_bodies(format: str) -> None:
    made = body(whole(answer_in(format)))
    assert made.refusal is None
    assert made.calls.statuses == ["complete"]
    message = parsed(made.content)
    assert (message.text, message.reasoning) == (TEXT, THOUGHT)
    assert message.tool_calls[0].arguments == ARGUMENTS
    assert made.text == answer_in(format)


def test_a_cut_call_in_a_body() -> None:
    cut = whole(answer_in("hermes")[:-30], "length")
    choice = json.loads(body(cut).content)["choices"][0]
    assert choice["finish_reason"] == "length"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"x", b'{"choices": {}}', b'{"choices": [], "a": 1} {"choices": []}']
)
def test_other_bodies_pass(content: bytes) -> None:
    made = body(content)
    assert (made.content, made.refusal) == (content, None)
