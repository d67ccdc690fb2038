"""Tests of streamparse._core.growing: `append` works like `+=`, in linear time."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, MessageParser
from streamparse._core.growing import GrowingString

STEPS = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.builds(lambda size: "ab" * size, st.integers(0, 1500)),
        st.sampled_from(["read", "take", "since"]).map(lambda name: (name,)),
    )
)


@given(st.text(max_size=3), STEPS, st.integers(0, 10))
def test_it_is_like_a_string(first: str, steps: list[Any], back: int) -> None:
    growing, plain = GrowingString(first), first
    for step in steps:
        if isinstance(step, str):
            growing.append(step)
            plain += step
        elif step == ("take",):
            assert growing.take() == plain
            plain = ""
        elif step == ("read",):
            assert growing.value == plain
        else:
            start = max(len(plain) - back, 0)
            assert growing.since(start, len(plain) - 1) == plain[start : len(plain) - 1]
        assert len(growing) == len(plain)
    assert growing.value == plain


def test_it_needs_little_memory() -> None:
    """The list of pieces stays short, because pieces are joined in time."""
    growing = GrowingString()
    longest = 0
    for _ in range(100_000):
        growing.append("abcd")
        longest = max(longest, len(growing._tail or ()))
    assert longest <= 100_000 // 8


def trace(frame: Any, event: str, argument: Any) -> Any:
    return trace


def seconds(parser: Any, delta: Any) -> float:
    best = 1e9
    for _ in range(5):
        before = time.thread_time()
        old = sys.gettrace()
        sys.settrace(trace)
        for _ in range(100):
            parser.feed(delta)
        sys.settrace(old)
        best = min(best, time.thread_time() - before)
    return best


def document(dialect: str, size: int) -> tuple[Any, Any]:
    parser = JSONParser(dialect)
    parser.feed('{"a": "' + "word " * size)
    return parser, "word "


def key(size: int) -> tuple[Any, Any]:
    parser = JSONParser()
    parser.feed('{"' + "word " * size)
    return parser, "word "


def chunk(delta: dict[str, Any]) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


def message(key: str, size: int) -> tuple[Any, Any]:
    parser = MessageParser("openai-chat")
    parser.feed(chunk({key: "word " * size}))
    return parser, chunk({key: "word "})


def call(size: int) -> tuple[Any, Any]:
    def delta(text: str, **more: Any) -> dict[str, Any]:
        function = {"arguments": text, **more}
        return chunk({"tool_calls": [{"index": 0, "id": "c", "function": function}]})

    parser = MessageParser("openai-chat")
    parser.feed(delta('{"a": "' + "word " * size, name="save"))
    return parser, delta("word ")


@pytest.mark.parametrize(
    "made",
    [
        lambda size: document("strict", size),
        lambda size: document("lenient", size),
        key,
        lambda size: message("content", size),
        lambda size: message("reasoning_content", size),
        call,
    ],
    ids=["document", "lenient document", "key", "text", "reasoning", "arguments"],
)
def test_deltas_cost_the_same_under_a_tracer(made: Any) -> None:
    """Law 6: long strings stay linear under a debugger or a coverage measurement."""
    short, long = made(10_000), made(1_000_000)
    assert seconds(*long) < 4 * seconds(*short)


def in_pieces(pieces: list[str]) -> GrowingString:
    """Return a string whose last pieces are not joined yet."""
    growing = GrowingString("abc")
    for piece in pieces:
        growing.append(piece)
    return growing


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (7, 9, "hi"),  # The last piece.
        (5, 8, "fgh"),  # Begins in the piece before.
        (3, 6, "def"),  # Begins with the first piece.
        (1, 5, "bcde"),  # Begins before the pieces.
        (0, 9, "abcdefghi"),
        (9, 9, ""),
    ],
)
def test_a_range_of_joined_text_and_pieces(start: int, stop: int, expected: str) -> None:
    growing = in_pieces(["de", "fg", "hi"])
    assert growing.since(start, stop) == expected
    assert growing.value == "abcdefghi"


def test_taking_empties_also_the_pieces() -> None:
    growing = in_pieces(["de", "fg"])
    assert growing.take() == "abcdefg"
    assert (growing.value, len(growing)) == ("", 0)
    growing.append("x")
    assert (growing.take(), growing.take()) == ("x", "")


@pytest.mark.parametrize("first", ["", "a"])
def test_many_short_pieces_are_joined_before_the_text_is_read(first: str) -> None:
    growing = GrowingString(first)
    for _ in range(2000):
        growing.append("word ")
    assert len(growing.whole) > 8000
    assert len(growing) == len(first) + 10_000
    assert growing.value == first + "word " * 2000


def test_the_first_piece_becomes_the_text() -> None:
    growing = GrowingString()
    growing.direct = 0
    growing.append("ab")
    growing.append("cd")
    assert growing.whole == ""
    assert growing.value == "abcd"
