"""Tests of streamparse.encoders.parts: which part a delta belongs to."""

from __future__ import annotations

from streamparse import Citation, Message, Part, Reasoning, Text
from streamparse.encoders.parts import BlockParts


def grown(*parts: Part) -> BlockParts:
    message = Message()
    message.content.extend(parts)
    return BlockParts(message)


def test_parts_of_one_item_stay_apart() -> None:
    one, two = Reasoning("ab", {"id": "rs"}), Reasoning("cd", {"id": "rs"})
    live = grown(one, Text("x"), two)
    assert list(live.split("reasoning", "abc")) == [(one, "ab"), (two, "c")]
    assert list(live.split("reasoning", "d")) == [(two, "d")]


def test_without_the_message() -> None:
    assert list(BlockParts(None).split("text", "a")) == [(None, "a")]
    assert BlockParts(None).passed(None) == []


def test_citations() -> None:
    text = Text("a")
    live = grown(Citation(0), text, Citation(1), Citation(2), Text("b"), Citation(3))
    assert live.citations_after(text) == [1, 2]
    assert live.citations_after(None) == []
