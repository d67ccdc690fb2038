"""Tests of streamparse.frontends.live_parts: how late deltas find their parts."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from streamparse import Message, Part, Reasoning, Text, ToolCall
from streamparse.frontends.live_parts import LiveParts
from tests.helpers import cut
from tests.strategies import SIZES

KINDS = {"text": Text, "reasoning": Reasoning}
PARTS = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.text("ab", max_size=5)), max_size=8)


@given(PARTS, SIZES, st.booleans())
def test_deltas_find_their_parts(
    parts: list[tuple[str, str]], sizes: Sequence[int], late: bool
) -> None:
    """Each delta is given its part, at once or after the whole message was read."""
    message = Message()
    live = LiveParts(message)
    deltas: list[tuple[str, str]] = []
    found: list[tuple[Part | None, str]] = []
    for kind, text in parts:
        part = KINDS[kind]()
        message.content.append(part)
        for piece in cut(text, sizes):
            message._grow(part, piece)
            deltas.append((kind, piece))
            if not late and piece:
                found += live.split(kind, piece)
    if late:
        joined: list[tuple[str, str]] = []  # deltas of adjacent parts may have been merged
        for kind, piece in deltas:
            if joined and joined[-1][0] == kind:
                joined[-1] = (kind, joined[-1][1] + piece)
            else:
                joined.append((kind, piece))
        for kind, piece in joined:
            found += live.split(kind, piece)
    texts = [(part, "".join(t for one, t in found if one is part)) for part in message.content]
    assert texts == [
        (part, part.text) for part in message.content if isinstance(part, (Text, Reasoning))
    ]
    assert live.passed(None) == message.content
    assert live.passed(None) == []


def test_parts_before_a_part() -> None:
    first, call, second = Reasoning("", {"data": "1"}), ToolCall(0), Reasoning("", {"data": "2"})
    message = Message()
    message.content += [first, call, second]
    live = LiveParts(message)
    assert live.passed(ToolCall(0)) == []  # a copy of the call is unknown
    assert live.passed(call) == [first]
    assert live.passed(call) == []
    assert live.passed(None) == [call, second]


def test_the_parts_of_one_item_are_one() -> None:
    one, two = Reasoning("a", {"id": "rs"}), Reasoning("b", {"id": "rs"})
    message = Message()
    message.content += [one, two]
    assert [part for part, _ in LiveParts(message).split("reasoning", "ab")] == [one, one]


def test_text_without_a_part() -> None:
    assert list(LiveParts(Message()).split("text", "a")) == [(None, "a")]
