from __future__ import annotations

from typing import Any

import pytest

from streamparse import LimitError, Limits, WireError
from streamparse._answers.texts import TextWriter
from streamparse._core.room import Room
from streamparse.message import Message, Reasoning, Text

HIGH, LOW = chr(0xD83D), chr(0xDE00)


def writer(surrogates: str = "keep", content: int = 1_000) -> tuple[TextWriter, list[Any]]:
    out: list[Any] = []
    return TextWriter(Message(), out, Room(Limits(content=content)), surrogates), out


def test_text_grows_until_a_part_of_another_type() -> None:
    texts, out = writer()
    for text, kind in (("a", Text), ("b", Text), ("c", Reasoning), ("d", Text)):
        texts.grow(text, None, kind)
    assert [part.to_dict().get("text") for part in texts.message.content] == ["ab", "c", "d"]
    assert [event.type for event in out] == ["text_delta"] * 2 + ["reasoning_delta", "text_delta"]
    assert texts.message.text == "abd"


@pytest.mark.parametrize("surrogates", ["keep", "replace", "error"])
def test_halves_join_across_deltas(surrogates: str) -> None:
    texts, out = writer(surrogates)
    texts.grow("a" + HIGH, None, Text)
    assert texts.message.text == "a"
    texts.grow(LOW + "b", None, Text)
    assert texts.message.text == "a😀b"
    assert [event.text for event in out] == ["a", "😀b"]


def test_lone_halves() -> None:
    texts, _ = writer("keep")
    texts.grow(HIGH, None, Text)
    texts.release_halves()
    assert texts.message.text == HIGH
    texts, _ = writer("replace")
    texts.grow(HIGH + "b", None, Text)
    assert texts.message.text == "�b"
    texts, _ = writer("error")
    with pytest.raises(WireError) as caught:
        texts.grow("a" + HIGH + "b", None, Text)
    assert (caught.value.code, caught.value.offset) == ("lone_surrogate", 1)
    assert texts.message.text == "a"


def test_a_half_moves_to_the_next_part() -> None:
    texts, _ = writer()
    first, second = Text(), Text()
    texts.grow("a" + HIGH, first, Text)
    texts.grow(LOW, second, Text)
    assert (first.text, second.text) == ("a", "😀")


def test_text_that_fits_is_kept() -> None:
    texts, out = writer(content=4)
    with pytest.raises(LimitError):
        texts.grow("abcdef", None, Text)
    assert texts.message.text == "abcd"
    assert [event.text for event in out] == ["abcd"]
