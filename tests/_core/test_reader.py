"""Tests of the input of a parser: text, bytes, and the remainder after the value."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from streamparse import (
    IncompleteError,
    JSONParser,
    JSONSyntaxError,
    ValueCompleted,
)
from streamparse.schema import SchemaValidator
from tests.helpers import merge_deltas
from tests.parts import (
    DOCUMENTS,
    both,
    cuttings,
    failure,
    halvings,
    read,
)

# Kinds of input


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_kinds_of_bytes(document: str, kind: Callable[[bytes], Any]) -> None:
    expected = read(JSONParser(), [document])
    for fragments in cuttings(document.encode()):
        parser = JSONParser()
        events = read(parser, [kind(fragment) for fragment in fragments])
        assert merge_deltas(events) == merge_deltas(expected)
        assert parser.done


def test_bytes_may_change_their_kind() -> None:
    parser = JSONParser()
    for fragment in (b'["', bytearray(b"\xc3"), memoryview(b'\xa9"'), b"]"):
        parser.feed(fragment)
    assert parser.value == ["é"]


def test_a_bytearray_may_change_afterwards() -> None:
    parser = JSONParser(trailing="stop")
    fragment = bytearray(b'["abc"] rest')
    parser.feed(fragment)
    fragment[:] = b"x" * len(fragment)
    assert parser.value == ["abc"]
    assert parser.remainder == b" rest"


def test_a_memoryview_that_is_not_contiguous() -> None:
    parser = JSONParser()
    parser.feed(memoryview(b"[_1_,_2_]_")[::2])
    parser.feed(memoryview(b"\n")[::-1])
    assert parser.value == [1, 2]


def test_a_memoryview_of_something_else_than_bytes() -> None:
    parser = JSONParser()
    parser.feed(memoryview(array("H", b"[1, 23, 4]")))
    assert parser.value == [1, 23, 4]
    parser = JSONParser()
    parser.feed(memoryview(b"[[1, 2],").cast("B", (2, 4)))
    assert parser.value == [[1, 2]]


@pytest.mark.parametrize("wrong", [None, 5, 1.5, ["[", "]"], {"a": 1}, array("B", b"[]"), object()])
def test_wrong_kinds_of_input(wrong: Any) -> None:
    for before in ("", "[", b"["):
        parser = JSONParser()
        parser.feed(before)
        with pytest.raises(TypeError, match=type(wrong).__name__):
            parser.feed(wrong)


def test_a_wrong_kind_of_input_does_no_harm() -> None:
    parser = JSONParser()
    parser.feed("[1")
    with pytest.raises(TypeError):
        parser.feed(None)  # type: ignore[arg-type]
    parser.feed("2]")
    parser.finish()
    assert parser.value == [12]


@pytest.mark.parametrize(
    ("first", "other", "last"),
    [("[", b"1", "2]"), (b"[", "1", b"2]"), (bytearray(b"["), "1", memoryview(b"2]"))],
)
@pytest.mark.parametrize("trailing", ["error", "stop"])
def test_text_and_bytes_do_not_mix(first: Any, other: Any, last: Any, trailing: str) -> None:
    parser = JSONParser(trailing=trailing)
    parser.feed(first)
    for _ in range(2):
        with pytest.raises(TypeError, match="one or the other"):
            parser.feed(other)
    parser.feed(last)
    assert parser.value == [2]


def test_text_and_bytes_do_not_mix_after_the_value() -> None:
    parser = JSONParser(trailing="stop")
    parser.feed("[] and")
    with pytest.raises(TypeError):
        parser.feed(b" more")
    parser.feed(" more")
    assert parser.remainder == " and more"


def test_empty_fragments_change_nothing() -> None:
    parser = JSONParser()
    for empty in ("", b"", bytearray(), memoryview(b"")):
        assert parser.feed(empty) == []
    parser.feed("[1")
    for empty in ("", b"", bytearray(), memoryview(b"")):
        assert parser.feed(empty) == [], "an empty fragment may be text or bytes"
    parser.feed("]")
    parser.finish()
    assert parser.feed("") == []
    assert parser.feed(b"") == []


@pytest.mark.parametrize("document", ["[1]", '"x"', "1", ' {"a": 2}'])
def test_one_leading_byte_order_mark_is_ignored(document: str) -> None:
    text = "\ufeff" + document
    plain = JSONParser()
    read(plain, [document])
    for fragments in [*both(text), *halvings(text), *halvings(text.encode())]:
        parser = JSONParser()
        read(parser, fragments)
        assert parser.value == plain.value
        assert parser.done


@pytest.mark.parametrize("text", ["\ufeff\ufeff1", " \ufeff1", "1\ufeff", "[\ufeff1]"])
def test_any_other_byte_order_mark_is_refused(text: str) -> None:
    for fragments in [*both(text), *halvings(text.encode())]:
        assert isinstance(failure(JSONParser(), fragments), JSONSyntaxError)


def test_a_byte_order_mark_alone_is_empty() -> None:
    for fragments in both("\ufeff"):
        assert failure(JSONParser(), fragments).code == "empty"


def test_a_byte_order_mark_inside_a_string_stays() -> None:
    parser = JSONParser()
    read(parser, ['["\ufeff"]'])
    assert parser.value == ["\ufeff"]


@pytest.mark.parametrize(
    "data", [b"\xff\xfe[\x00]\x00", b"[\x00", b"\x00[", "[1]".encode("utf-16")]
)
def test_other_encodings_are_refused(data: bytes) -> None:
    for fragments in cuttings(data):
        assert isinstance(failure(JSONParser(), fragments), JSONSyntaxError)


# The remainder after the value

RESTS = [
    ("[1]", "", [1]),
    ("[1]", " [2] ", [1]),
    ("{}", "}", {}),
    ('"a"', '"b"', "a"),
    ("true", "false", True),
    ("null", "\x00\n", None),
    ("12", " 3", 12),
    ("12", "abc", 12),
    ("0", "1", 0),
    ("1.5", ".5", 1.5),
    ("1e5", "e", 1e5),
    ("-7", "-7", -7),
    (" []", " ", []),
    ("[[]]", "</tool_call> é😀\ufeff", [[]]),
    ("5", "é", 5),
]


@pytest.mark.parametrize(("document", "rest", "value"), RESTS)
def test_the_remainder_is_exact(document: str, rest: str, value: object) -> None:
    text = document + rest
    for fragments in [*cuttings(text), *halvings(text)]:
        parser = JSONParser(trailing="stop")
        read(parser, fragments)
        assert parser.value == value
        assert parser.remainder == rest
        assert parser.done
    for pieces in [*cuttings(text.encode()), *halvings(text.encode())]:
        parser = JSONParser(trailing="stop")
        read(parser, pieces)
        assert parser.value == value
        assert parser.remainder == rest.encode()


@pytest.mark.parametrize("document", ["[1]", '"é"', "12", "true"])
@pytest.mark.parametrize(
    "rest",
    [b"\xff", b"\xffabc", b" \xc3(", b"\xe2\x82", b"\xc3", b"\xed\xa0\x80", b"text \xf0\x9f\x98"],
)
def test_the_remainder_need_not_be_utf8(document: str, rest: bytes) -> None:
    data = document.encode() + rest
    for fragments in [*cuttings(data), *halvings(data)]:
        parser = JSONParser(trailing="stop")
        read(parser, fragments)
        assert parser.remainder == rest
        assert parser.done


def test_a_number_that_is_not_whole_does_not_stop() -> None:
    for data in (b"1.\xff", b"-\xff", b"1e\xff"):
        for fragments in cuttings(data):
            error = failure(JSONParser(trailing="stop"), fragments)
            assert (error.code, error.offset) == ("invalid_utf8", len(data) - 1)
    for text in ("1.x", "-x"):
        assert failure(JSONParser(trailing="stop"), [text]).code == "invalid_number"


def test_invalid_bytes_inside_the_value_are_an_error() -> None:
    for fragments in cuttings(b'["a\xff"] rest'):
        assert failure(JSONParser(trailing="stop"), fragments).code == "invalid_utf8"


def test_a_value_cut_before_the_end_of_a_character() -> None:
    for fragments in cuttings(b'["\xc3'):
        parser = JSONParser(trailing="stop")
        assert failure(parser, fragments).code == "truncated"


def test_done_comes_with_the_end_of_the_value() -> None:
    parser = JSONParser(trailing="stop")
    parser.feed(b"[1")
    assert not parser.done
    assert parser.feed(b"] x") == [ValueCompleted((0,), 1), ValueCompleted((), [1])]
    assert parser.done
    assert parser.remainder == b" x"
    assert parser.feed(b"[2") == []
    assert parser.remainder == b" x[2"
    assert parser.finish() == []
    assert parser.remainder == b" x[2"


@pytest.mark.parametrize("options", [{}, {"many": True}, {"trailing": "stop"}])
def test_without_stop_there_is_no_remainder(options: dict[str, Any]) -> None:
    parser = JSONParser(**options)
    assert parser.remainder == ""
    parser.feed(" [1] ")
    assert parser.remainder == (" " if options.get("trailing") else "")
    parser = JSONParser(**options)
    parser.feed(b"[1")
    assert parser.remainder == b""


# Places of violations that are collected


SCHEMA = {"items": {"properties": {"n": {"type": "integer"}}, "required": ["n"]}}


@pytest.mark.parametrize("dialect", ["strict", "lenient"])
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_the_places_of_all_violations(dialect: str, size: int) -> None:
    """Each violation has the line, column and excerpt of its character, for any chunking."""
    text = '[\n {"n": "x"},\n\n {"n": 1}, {"n": true}, {}\n]'
    parser = JSONParser(dialect, validator=SchemaValidator(SCHEMA, collect=True))
    for start in range(0, len(text), size):
        parser.feed(text[start : start + size])
    parser.finish()
    places = [(error.line, error.column, error.path) for error in parser.violations]
    assert places == [(2, 8, (0, "n")), (4, 18, (2, "n")), (4, 26, (3,))]
    for error in parser.violations:
        assert text[: error.offset].endswith(error.excerpt[-10:])


def test_a_violation_at_the_end_of_the_input() -> None:
    parser = JSONParser(validator=SchemaValidator({"maximum": 9, "type": "integer"}, collect=True))
    parser.feed("\n12")
    parser.finish()
    [error] = parser.violations
    assert (error.line, error.offset) == (2, error.offset)
    assert "\n1".endswith(error.excerpt[-2:]) or error.excerpt.endswith("12")


def test_a_word_is_rejected_at_its_first_character() -> None:
    parser = JSONParser(
        "lenient", validator=SchemaValidator({"items": {"type": "integer"}}, collect=True)
    )
    for char in "[1, tr":
        parser.feed(char)
    for char in "ue, x]":
        parser.feed(char)
    parser.finish()
    assert [(error.offset, error.column) for error in parser.violations] == [(4, 5), (10, 11)]


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_copy_continues_inside_a_character(cut: int) -> None:
    whole = '["é😀"]'.encode()
    parser = JSONParser()
    parser.feed(whole[:cut])
    for twin in (pickle.loads(pickle.dumps(parser)), parser.clone()):
        twin.feed(whole[cut:])
        assert twin.value == ["é😀"]


def test_the_input_may_not_end_inside_a_character() -> None:
    parser = JSONParser()
    parser.feed('["é'.encode()[:-1])
    with pytest.raises(IncompleteError) as caught:
        parser.finish()
    assert (caught.value.code, caught.value.offset) == ("truncated", 2)
