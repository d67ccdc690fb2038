"""Tests of JSON Lines: values, blank lines, errors with their line, any chunking."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    IncompleteError,
    JSONLinesDecoder,
    JSONSyntaxError,
    LimitError,
    Limits,
    StreamParseError,
)
from tests.growth import is_linear
from tests.helpers import cut, is_encodable, tokens
from tests.parts import cuts_of, halvings
from tests.strategies import NODES


def decoded(fragments: Iterable[str | bytes], **bounds: Any) -> tuple[Any, ...]:
    """Return the values as data that compares strictly, and the error that ended the stream."""
    decoder = JSONLinesDecoder(Limits(**bounds))
    values: list[Any] = []
    failure: tuple[Any, ...] | None = None
    try:
        for fragment in fragments:
            values += decoder.feed(fragment)
        values += decoder.finish()
    except StreamParseError as error:
        values += error.events
        place = (error.offset, error.line, error.column, error.path, error.excerpt)
        failure = (type(error), error.code, *place, error.message)
    return [tokens(value) for value in values], failure


def same_for_all_cuts(stream: str, **bounds: Any) -> tuple[Any, ...]:
    whole = decoded([stream], **bounds)
    for fragments in [*cuts_of(stream), *halvings(stream)]:
        assert decoded(fragments, **bounds) == whole
    if is_encodable(stream):
        for data in [*cuts_of(stream.encode()), *halvings(stream.encode())]:
            assert decoded(data, **bounds) == whole
    return whole


def values_of(stream: str, **bounds: Any) -> list[Any]:
    found, failure = same_for_all_cuts(stream, **bounds)
    assert failure is None
    decoder = JSONLinesDecoder(Limits(**bounds))
    values = decoder.feed(stream) + decoder.finish()
    assert found == [tokens(value) for value in values]
    return values


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\n \t\r\n", " \n"])
def test_lines(end: str) -> None:
    lines = ['{"a": [1, "é"]}', "[]", "-2.5", "12", '"x"', "true", "null"]
    expected = [{"a": [1, "é"]}, [], -2.5, 12, "x", True, None]
    assert values_of(end.join(lines)) == expected
    assert values_of(end + end.join(lines) + end) == expected


@pytest.mark.parametrize("stream", ["", "\n", " \r\n\n", "\ufeff", "\ufeff\n", "\ufeff \n\n"])
def test_streams_without_values(stream: str) -> None:
    assert values_of(stream) == []


def test_one_byte_order_mark() -> None:
    assert values_of("\ufeff1\n2") == [1, 2]
    failure = same_for_all_cuts("1\n\ufeff2\n3")[1]
    assert failure[:5] == (JSONSyntaxError, "expected_value", 2, 2, 1)


def test_law_2_a_value_comes_with_its_line_end() -> None:
    """A value is returned for its line feed, which shows that the line has no more text (law 2)."""
    decoder = JSONLinesDecoder()
    stream = '[1]\n2\n{"a": 3}\n'
    assert [decoder.feed(char) for char in stream if char == "\n" or decoder.feed(char)] == [
        [[1]],
        [2],
        [{"a": 3}],
    ]


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("[1", "unfinished_line", 3),
        ('"a', "unfinished_line", 3),
        ("tru", "unfinished_line", 4),
        ("-", "unfinished_line", 2),
        ('{"a":', "unfinished_line", 6),
        ("[1,]", "expected_value", 4),
        ("{}{}", "trailing_text", 3),
        ("1 2", "trailing_text", 3),
        ("nul,", "invalid_literal", 4),
        ('{"a": NaN}', "expected_value", 7),
        ('"\t"', "control_character", 2),
        ("x", "expected_value", 1),
        (f"[{'9' * 4301}]", "integer_digits", 4303),
        ("[" * 1001, "depth", 1001),
    ],
)
def test_an_invalid_line(line: str, code: str, column: int) -> None:
    """The error has the place in the line; the values before it are returned."""
    stream = f'{{"é": 1}}\n\n{line}\n{{}}\n'
    for fragments in cuts_of(stream):
        values, failure = decoded(fragments)
        assert values == [tokens({"é": 1})]
        assert failure[:5] == (failure[0], code, 10 + column - 1, 3, column)
        assert failure[6] == line[: column - 1][-40:]
        assert issubclass(
            failure[0], LimitError if "_digits" in code or code == "depth" else JSONSyntaxError
        )


@pytest.mark.parametrize("tail", ["[1", '"a', "tru", "-", '{"a":', '"\\u00'])
def test_law_7_a_cut_line(tail: str) -> None:
    """Input that ends inside a value raises `IncompleteError` (law 7)."""
    values, failure = same_for_all_cuts("1\n" + tail)
    assert values == [tokens(1)]
    offset = 2 + len(tail)
    assert failure[:5] == (IncompleteError, "truncated", offset, 2, len(tail) + 1)


def test_bytes_that_are_not_utf8() -> None:
    for fragments in cuts_of(b'1\n["\xff"]\n2\n'):
        values, failure = decoded(fragments)
        assert values == [tokens(1)]
        assert failure[:5] == (JSONSyntaxError, "invalid_utf8", 4, 2, 3)
    assert decoded([b"1\n\xe2\x82"])[1][:5] == (IncompleteError, "truncated", 2, 2, 1)


def test_the_path_of_an_error_is_that_inside_the_line() -> None:
    assert same_for_all_cuts('1\n{"a": [0, x')[1][5] == ("a", 1)


def test_the_limit_of_a_line() -> None:
    assert values_of("[1, 2]\n[3, 4]\r\n", record=7) == [[1, 2], [3, 4]]
    assert values_of("[1, 2]\n[3, 4]", record=6) == [[1, 2], [3, 4]]
    for line in ("[1, 23]", "[1, 2] ", '"12345"'):
        values, failure = same_for_all_cuts(f"0\n{line}\n1", record=6)
        assert values == [tokens(0)]
        assert failure[:5] == (LimitError, "record_length", 8, 2, 7)
    assert same_for_all_cuts("[1 2345678]", record=6)[1][1] == "expected_comma"


@pytest.mark.parametrize(
    ("line", "bounds", "code"),
    [
        ("[[1]]", {"depth": 1}, "depth"),
        ('["abc"]', {"string": 2}, "string_length"),
        ("[123]", {"number": 2}, "number_length"),
        ("[123]", {"integer_digits": 2}, "integer_digits"),
        ("[1, 2]", {"document": 5}, "document_length"),
        ('{"a":1,"b":2}', {"keys": 1}, "object_keys"),
        ("[1,2]", {"items": 1}, "array_items"),
    ],
)
def test_the_limits_of_json(line: str, bounds: dict[str, int], code: str) -> None:
    failure = same_for_all_cuts(f"0\n{line}\n", **bounds)[1]
    assert failure[:2] == (LimitError, code)


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    assert values_of('["[[[[", {}]\n', depth=2) == [["[[[[", {}]]


def test_deep_lines() -> None:
    deep = "[" * 1000 + "]" * 1000
    decoder = JSONLinesDecoder()
    (value,) = decoder.feed(deep + "\n")
    assert tokens(value) == [*"[" * 1000, *"]" * 1000]


def test_adjacent_surrogate_halves_are_joined() -> None:
    """`JSONParser` joins them too; `json.loads` does not join an escaped and a raw half."""
    assert values_of('"\\ud83d\ude00"\n') == ["\U0001f600"]


# Life cycle


def test_after_a_failure() -> None:
    decoder = JSONLinesDecoder()
    with pytest.raises(JSONSyntaxError) as caught:
        decoder.feed("1\n2\nx\n3\n")
    assert caught.value.events == [1, 2]
    for fragment in ("4\n", b"", None):
        with pytest.raises(JSONSyntaxError) as again:
            decoder.finish() if fragment is None else decoder.feed(fragment)
        assert again.value is not caught.value
        assert (again.value.offset, again.value.line, again.value.events) == (4, 3, [])


def test_after_finish() -> None:
    decoder = JSONLinesDecoder()
    decoder.feed("1\n23")
    assert decoder.finish() == [23]
    assert decoder.finish() == []
    assert decoder.feed("") == []
    with pytest.raises(StreamParseError) as caught:
        decoder.feed("x")
    place = (caught.value.offset, caught.value.line, caught.value.column)
    assert (caught.value.code, *place) == ("finished", 4, 2, 3)


def test_arguments() -> None:
    for first, second in (("1", b"1"), (b"1", "1")):
        decoder = JSONLinesDecoder()
        decoder.feed(first)
        with pytest.raises(TypeError, match="one or the other"):
            decoder.feed(second)
    for kind in (bytes, bytearray, memoryview):
        assert JSONLinesDecoder().feed(kind(b"[]\n")) == [[]]
    for wrong in (None, 1, ["1"]):
        with pytest.raises(TypeError):
            JSONLinesDecoder().feed(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Limits"):
        JSONLinesDecoder(3)  # type: ignore[arg-type]


# Any chunking

_ONE_LINE = NODES.map(lambda node: node.text.replace("\n", " ").replace("\r", " "))
_LINES = st.one_of(
    _ONE_LINE,
    _ONE_LINE,
    st.sampled_from(["", "  ", "\ufeff", "[1", '"a', "NaN", "1 2", '"\\ud83d\ude00"', "tru", "-"]),
    st.text(max_size=4),
)
STREAMS = st.lists(st.tuples(_LINES, st.sampled_from(["\n", "\r\n"])).map("".join), max_size=5).map(
    "".join
)
SIZES = st.lists(st.integers(0, 9), max_size=4)
_BOUNDS = st.fixed_dictionaries(
    {},
    optional={
        "record": st.integers(0, 20),
        "depth": st.integers(0, 3),
        "string": st.integers(0, 6),
        "number": st.integers(0, 6),
        "integer_digits": st.integers(0, 6),
        "document": st.integers(0, 20),
        "keys": st.integers(0, 2),
        "items": st.integers(0, 2),
    },
)


@given(STREAMS | STREAMS.map(str.rstrip), SIZES, _BOUNDS)
def test_law_1_any_chunking(stream: str, sizes: list[int], bounds: dict[str, int]) -> None:
    """Lines in pieces, which another parser reads, give the same result (law 1)."""
    whole = decoded([stream], **bounds)
    assert decoded(cut(stream, [1]), **bounds) == whole
    assert decoded(cut(stream, sizes), **bounds) == whole
    if is_encodable(stream):
        assert decoded([stream.encode()], **bounds) == whole
        assert decoded(cut(stream.encode(), [1]), **bounds) == whole
        assert decoded(cut(stream.encode(), sizes), **bounds) == whole


@given(st.binary(max_size=40), SIZES)
def test_law_1_any_bytes(data: bytes, sizes: list[int]) -> None:
    """Any bytes give values or one of our errors, the same for any chunking (law 1)."""
    whole = decoded([data])
    assert decoded(cut(data, [1])) == decoded(cut(data, sizes)) == whole


@given(st.lists(_ONE_LINE, max_size=5))
def test_law_5_each_line_as_the_standard_library_reads_it(lines: list[str]) -> None:
    """Each value is that of `json.loads` (law 5)."""
    stream = "\n".join(lines)
    if is_encodable(stream):
        assert decoded([stream]) == ([tokens(json.loads(line)) for line in lines], None)


# Work


def feed_each(pieces: Sequence[Any]) -> None:
    decoder = JSONLinesDecoder()
    for piece in pieces:
        decoder.feed(piece)


@pytest.mark.parametrize(
    "stream",
    [
        lambda n: '{"a": 1}\n' * (n // 9),
        lambda n: '["' + "😀" * n + '"]\n',
        lambda n: b'["' + "😀".encode() * (n // 4) + b'"]\n',
        lambda n: "\n" * n,
    ],
    ids=["lines", "line", "bytes", "blank"],
)
@pytest.mark.parametrize("size", [1, 50])
def test_law_6_linear(stream: Any, size: int) -> None:
    """Work per character is bounded (law 6)."""
    is_linear(feed_each, stream, size)
