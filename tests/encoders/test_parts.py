"""Tests of streamparse.encoders.parts: which part a delta belongs to."""

from __future__ import annotations

from streamparse import Message, Reasoning, Text
from streamparse.encoders.parts import LiveParts


def grown(*parts: Text | Reasoning) -> tuple[Message, LiveParts]:
    message = Message()
    message.content.extend(parts)
    return message, LiveParts(message)


def test_a_delta_of_two_parts() -> None:
    one, two = Text("ab"), Text("cd")
    _, live = grown(one, Reasoning("x"), two)
    assert list(live.split("text", "abc")) == [(one, "ab"), (two, "c")]
    assert list(live.split("text", "d")) == [(two, "d")]


def test_parts_that_grow_in_turn() -> None:
    one, two = Text("a"), Text("b")
    message, live = grown(one, two)
    assert list(live.split("text", "ab")) == [(one, "a"), (two, "b")]
    message._grow(one, "c")
    assert list(live.split("text", "c")) == [(one, "c")]


def test_parts_that_have_grown_in_turn() -> None:
    one, two = Text("ac"), Text("b")
    _, live = grown(one, two)
    assert [list(live.split("text", text)) for text in "abc"] == [
        [(one, "a")],
        [(two, "b")],
        [(one, "c")],
    ]


def test_text_that_was_replaced() -> None:
    _, live = grown(Text("other"))
    assert list(live.split("text", "text")) == [(None, "text")]
    assert list(LiveParts(None).split("text", "a")) == [(None, "a")]


def test_parts_that_were_passed() -> None:
    one, two, three = Text("a"), Reasoning(), Text("b")
    message, live = grown(one, two, three)
    assert list(live.passed(one)) == []
    assert list(live.passed(three)) == [two]
    assert list(live.passed(one)) == []
    message.content.append(two)
    assert list(live.passed(None)) == [two]
    assert list(live.passed(None)) == []
