"""Tests of decoding UTF-8 in fragments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.text import Utf8Decoder, Utf8Replacer, as_bytes, ascii_text
from tests.parts import cuttings, halvings

SAMPLE = "plain é € 😀 \x00\x7f\u07ff\u0800\uffff\U00010000\U0010ffff\ufeff"


def decoded(fragments: list[bytes]) -> tuple[str, bytes, bytes]:
    """Return the text, the pending bytes and the invalid bytes."""
    decoder = Utf8Decoder()
    text = "".join(decoder.feed(fragment) for fragment in fragments)
    return text, decoder.pending, decoder.invalid


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 255, 256, 300, 600])
def test_ascii_text(length: int) -> None:
    data = bytes(number % 128 for number in range(length))
    assert ascii_text(data) == data.decode()
    for place in range(length):
        assert ascii_text(data[:place] + b"\x80" + data[place + 1 :]) is None


def test_a_new_decoder_holds_nothing() -> None:
    assert decoded([]) == ("", b"", b"")
    assert decoded([b""]) == ("", b"", b"")


def test_cuts_anywhere() -> None:
    data = SAMPLE.encode()
    for fragments in [*cuttings(data), *halvings(data)]:
        assert decoded(fragments) == (SAMPLE, b"", b"")


@given(st.text(), st.lists(st.integers(1, 5)))
def test_any_text(text: str, sizes: list[int]) -> None:
    data, fragments = text.encode(), []
    for size in sizes:
        fragments.append(data[:size])
        data = data[size:]
    assert decoded([*fragments, data]) == (text, b"", b"")


@pytest.mark.parametrize("char", ["é", "€", "😀", "\U0010ffff", "\u0800"])
def test_a_cut_character_is_pending(char: str) -> None:
    data = char.encode()
    for count in range(1, len(data)):
        for fragments in cuttings(b"ab" + data[:count]):
            assert decoded(fragments) == ("ab", data[:count], b"")
        assert decoded([b"ab" + data[:count], data[count:] + b"c"]) == (f"ab{char}c", b"", b"")


@pytest.mark.parametrize(
    "invalid",
    [
        b"\xff",
        b"\x80",
        b"\xbf\xbf",
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xc3(",
        b"\xe0\x80\x80",
        b"\xe2(\xa1",
        b"\xe2\x82(",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x80\x80\x80",
        b"\xf0\x9f\x98\xff",
        b"\xf4\x90\x80\x80",
        b"\xf5",
        b"\xfe\xff",
    ],
)
@pytest.mark.parametrize("before", ["", "ab", "é"])
def test_invalid_utf8_is_left_in_invalid(invalid: bytes, before: str) -> None:
    data = before.encode() + invalid + b"after"
    for fragments in [*cuttings(data), *halvings(data)]:
        assert decoded(fragments) == (before, b"", invalid + b"after")


def test_nothing_comes_after_the_first_invalid_byte() -> None:
    decoder = Utf8Decoder()
    assert decoder.feed(b"a\xffb") == "a"
    assert decoder.feed("é".encode()) == ""
    assert decoder.feed(b"c") == ""
    assert decoder.invalid == b"\xffb" + "é".encode() + b"c"


def test_a_cut_character_may_turn_out_to_be_invalid() -> None:
    decoder = Utf8Decoder()
    assert decoder.feed(b"a\xe2\x82") == "a"
    assert decoder.pending == b"\xe2\x82"
    assert decoder.feed(b"a") == ""
    assert decoder.pending == b""
    assert decoder.invalid == b"\xe2\x82a"


# Replacing invalid UTF-8


def replaced(fragments: list[bytes]) -> str:
    decoder = Utf8Replacer()
    text = "".join(decoder.feed(fragment) for fragment in fragments)
    return text + decoder.finish() + decoder.finish()


def test_valid_utf8_is_not_replaced() -> None:
    data = SAMPLE.encode()
    for fragments in [[], *cuttings(data), *halvings(data)]:
        assert replaced(fragments) == (SAMPLE if fragments else "")


@given(st.binary() | st.text().map(str.encode), st.lists(st.integers(1, 3)))
def test_replacing_is_the_same_for_every_cut(data: bytes, sizes: list[int]) -> None:
    whole, fragments, rest = data.decode(errors="replace"), [], data
    for size in sizes:
        fragments.append(rest[:size])
        rest = rest[size:]
    assert replaced([*fragments, rest]) == whole
    assert replaced([data[at : at + 1] for at in range(len(data))]) == whole


def test_a_cut_character_is_held_back_only_while_it_may_be_valid() -> None:
    decoder = Utf8Replacer()
    assert [decoder.feed(b"a\xf0"), decoder.feed(b"\x9f"), decoder.feed(b"(")] == [
        "a",
        "",
        "\ufffd(",
    ]


# Fragments


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind(kind: Any) -> None:
    assert as_bytes(kind(b"ab")) == b"ab"
    assert type(as_bytes(kind(b"ab"))) is bytes


@pytest.mark.parametrize("wrong", ["ab", None, 3, [97]])
def test_values_that_are_not_bytes(wrong: object) -> None:
    with pytest.raises(TypeError, match=f"not {type(wrong).__name__}$"):
        as_bytes(wrong)
