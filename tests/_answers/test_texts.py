from __future__ import annotations

from typing import Any

import pytest

from streamparse import LimitError, Limits, WireError
from streamparse._answers.texts import TextReader, TextWriter
from streamparse._core.room import Room
from streamparse.message import Audio, Message, Reasoning, Refusal, Text

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


def test_refusals_and_audio_are_texts_of_their_own() -> None:
    texts, out = writer()
    texts.grow("no", None, Refusal)
    texts.grow("one", None, Audio)
    texts.grow_audio("AAEC", None, "item", "wav")
    texts.grow_audio("AAE=", None, None, None)
    assert [event.type for event in out] == ["refusal_delta", "text_delta", *["audio_delta"] * 2]
    refusal, audio = texts.message.content
    assert isinstance(refusal, Refusal)
    assert isinstance(audio, Audio)
    assert (refusal.text, audio.text, audio.size, audio.format) == ("no", "one", 5, "wav")


class Shout(TextReader):
    """A reader of text that emits it in capitals."""

    def __init__(self, texts: TextWriter) -> None:
        self.texts = texts
        self.read = ""

    def feed(self, text: str) -> None:
        self.read += text
        self.texts.grow(text.upper(), None, Text)

    def finish(self, normal: bool) -> bool:
        self.texts.grow("!" if normal else "?", None, Text)
        return normal


@pytest.mark.parametrize("surrogates", ["keep", "replace", "error"])
def test_a_reader_of_text(surrogates: str) -> None:
    texts, _ = writer(surrogates, content=6)
    reader = Shout(texts)
    texts.reader = reader
    texts.read("abc")
    assert texts.message.text == "ABC", "text from the reader is not counted again"
    with pytest.raises(LimitError):
        texts.read("defgh")
    assert reader.read == "abcdef"
    assert texts.end_reader(True) is True
    assert texts.message.text == "ABCDEF!"
    assert texts.reader is None


@pytest.mark.parametrize(("surrogates", "read"), [("keep", f"a{HIGH}b"), ("replace", "a�b")])
def test_lone_halves_before_a_reader(surrogates: str, read: str) -> None:
    texts, _ = writer(surrogates)
    reader = Shout(texts)
    texts.reader = reader
    texts.read(f"a{HIGH}b")
    assert reader.read == read
    assert texts.end_reader(False) is False


def test_a_lone_half_that_is_rejected_before_a_reader() -> None:
    texts, _ = writer("error")
    reader = Shout(texts)
    texts.reader = reader
    with pytest.raises(WireError) as caught:
        texts.read(f"a{HIGH}b")
    assert caught.value.code == "lone_surrogate"
    assert reader.read == "a"


def test_the_limit_of_content_keeps_what_fits() -> None:
    texts, out = writer(content=3)
    with pytest.raises(LimitError) as caught:
        texts.grow("abcd", None, Text)
    assert caught.value.code == "content"
    assert texts.message.text == "abc"
    assert [event.text for event in out] == ["abc"]


def test_a_half_that_the_wire_repeats_is_dropped() -> None:
    texts, _ = writer()
    part = Text()
    texts.grow("a" + HIGH, part, Text)
    texts.drop_half(part)
    texts.drop_half(part)
    texts.grow("😀", part, Text)
    assert part.text == "a😀"


def test_equal_parts_wait_for_their_own_halves() -> None:
    texts, _ = writer()
    first, second = Text(), Text()
    for part in (first, second):
        texts.grow(HIGH, part, Text)
    texts.drop_half(second)
    texts.grow("😀", second, Text)
    texts.grow(LOW, first, Text)
    assert (first.text, second.text, texts.waiting) == ("😀", "😀", [])


@pytest.mark.parametrize("surrogates", ["keep", "error"])
def test_halves_are_forgotten_if_they_would_raise(surrogates: str) -> None:
    texts, _ = writer(surrogates)
    texts.grow("a" + HIGH, None, Text)
    texts.forget_halves()
    texts.release_halves()
    assert texts.message.text == ("a" if surrogates == "error" else "a" + HIGH)
