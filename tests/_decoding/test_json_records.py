"""Tests of the records of a stream of JSON, read through a transport."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, WireError
from streamparse._decoding.record import Record, SourceRecord
from streamparse._decoding.transport import Transport
from tests._decoding.running import data_of, described, failure_of, read, records_of


@pytest.mark.parametrize("between", ["\n", "", " ", "\r\n\r\n"])
def test_adjacent_objects(between: str) -> None:
    stream = between.join(['{"a": 1}', "{}", '{"b": {"c": ["d", {}, null, -2.5]}}'])
    assert records_of(stream) == [
        Record("", {"a": 1}, ""),
        Record("", {}, ""),
        Record("", {"b": {"c": ["d", {}, None, -2.5]}}, ""),
    ]


def test_elements_of_an_array() -> None:
    stream = '[{"a": [1]},\n{}\n, [2, [3]], "x", 4, true, null, ""]\n'
    assert data_of(stream) == [{"a": [1]}, {}, [2, [3]], "x", 4, True, None, ""]
    assert records_of("[null]") == [Record("", None, "null")]
    assert data_of("[]{}[[]]\n[5]6 7") == [{}, [], 5, 6, 7]


def test_law_2_a_record_comes_with_its_last_character() -> None:
    """An element does not wait for the array, nor an object for the end of its line (law 2)."""
    for stream, ends in (('[{"a": 1}, "b", 2,', (9, 14, 18)), ('{"a": {}}\n{"b"', (9,))):
        transport = Transport()
        found = [at for at, char in enumerate(stream, 1) if transport.feed(char)]
        assert tuple(found) == ends


LINES = st.lists(
    st.sampled_from(
        [
            *('{"a": "text", "b": [1, 2.5]}', '{"a": "\\u00e9\\n"}', '{"a": {"b": null}}', "{}"),
            *('{"a": trut}', '{"a": -}', '{"a":[1,]}', '{"a": Infinity}'),
            *('{"a": tru}', '{"a" 1}', '{"a": "\\x"}', '{"a": "\t"}', "{} {", '{"a": NaN}', "{"),
        ]
    ),
    max_size=5,
)


@given(LINES, st.integers(1, 40))
def test_records_and_errors_of_lines_are_not_late(lines: list[str], size: int) -> None:
    """Lines after a space, which are decoded differently, give the same at the same time."""
    text = "".join([line + "\n" for line in lines])
    plain, spaced = Transport(), Transport()
    before = "\n"
    for at in range(0, len(text), size):
        piece = text[at : at + size]
        lead = " " if before.endswith("\n") else ""
        before = piece
        expected = spaced.feed(lead + piece.replace("\n", "\n ").removesuffix(" "))
        assert [one.data for one in plain.feed(piece)] == [one.data for one in expected]
        assert (plain.failure is None) == (spaced.failure is None)
        if plain.failure is not None:
            return
    assert len(plain.finish()) == len(spaced.finish())


def test_a_line_in_two_pieces_is_decoded_as_a_whole() -> None:
    """`json.loads` decodes a line in two pieces, as it is faster than our own parser."""
    line = '{"a": ["text", -2, true], "b": {"c": null, "d": false}}'
    for at in range(1, len(line)):
        transport = Transport()
        assert transport.feed(line[:at]) == []
        (record,) = transport.feed(line[at:] + "\n")
        assert isinstance(record, SourceRecord), line[:at]
        assert record.data == json.loads(line)


def test_a_repeated_key_as_the_standard_library_has_it() -> None:
    stream = '{"a": {"b": 1}, "c": 2, "a": [3]}'
    assert [*records_of(stream)[0].data.items()] == [*json.loads(stream).items()]


@pytest.mark.parametrize("tail", ['{"a"', '{"a": "b', "[", "[{},", "[1", '{"a": tru', '["\\u00'])
def test_law_7_cut_json(tail: str) -> None:
    """A record or an array cut anywhere is a cut record with its text (laws 7 and 8)."""
    records = records_of('{"x": 1}\n' + tail)
    assert records[0] == Record("", {"x": 1}, "")
    assert records[-1] == Record("", None, "" if tail == "[{}," else tail, cut=True)
    assert [record.cut for record in records[1:-1]] == [False] * (len(records) - 2)


def test_law_7_cut_inside_a_character() -> None:
    """A character that the end of the input cuts makes a cut record (law 7)."""
    assert records_of(b'{"a": "\xe2\x82') == [Record("", None, '{"a": "', cut=True)]
    assert records_of(b"{}\xe2\x82") == [Record("", {}, ""), Record("", None, "", cut=True)]


@pytest.mark.parametrize(
    ("tail", "offset", "line", "column"),
    [
        ("<html>", 9, 2, 1),
        ('{"b": \n}', 16, 3, 1),
        ("[1 2]", 12, 2, 4),
        ("]", 9, 2, 1),
        ('"\n"', 10, 2, 2),
        ("data: {}", 9, 2, 1),
    ],
)
def test_broken_json(tail: str, offset: int, line: int, column: int) -> None:
    stream = '{"a": 1}\n' + tail
    records, failure, _ = read(stream)
    assert records[0] == Record("", {"a": 1}, "")
    assert type(failure) is WireError
    assert (failure.code, failure.offset) == ("invalid_record", offset)
    assert (failure.line, failure.column) == (line, column)
    assert failure.excerpt == stream[:offset]


def test_json_that_is_not_utf8() -> None:
    records, failure, _ = read(b'{"a": 1}\n{"\xff": 1}')
    assert records == [Record("", {"a": 1}, "")]
    assert isinstance(failure, WireError)
    assert (failure.code, failure.offset, failure.line) == ("invalid_record", 11, 2)


def test_the_limit_of_a_record_of_json() -> None:
    """It bounds one object or element, not the stream or the array around them."""
    for stream in (
        '{"a": "bc"}\n' * 9,
        "[" + '{"a": "b"},' * 9 + "{}]",
        "[" + "1234567890," * 9 + "1]",
    ):
        assert len(records_of(stream, record=12)) >= 9
    for stream, offset in (
        ('{"a": 1}\n{"a": "bc"}', 18),
        ('[{"a": 1},{"a": "bc"}]', 19),
        ("[1,2,          3]", 14),
        ("[true,[        ]]", 15),
    ):
        failure = failure_of(stream, record=10)
        assert (type(failure), failure.code, failure.offset) == (
            LimitError,
            "record_length",
            offset,
        )


@pytest.mark.parametrize(
    ("stream", "bounds", "code"),
    [
        ("[" * 1001, {}, "depth"),
        ('{"a": "bcd"}', {"string": 2}, "string_length"),
        ("[12345", {"number": 4}, "number_length"),
        ("[]12345", {"integer_digits": 4}, "integer_digits"),
        ('{"a":1, "b"', {"keys": 1}, "object_keys"),
    ],
)
def test_the_limits_of_json(stream: str, bounds: dict[str, int], code: str) -> None:
    failure = failure_of(stream, **bounds)
    assert (type(failure), failure.code) == (LimitError, code)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-20, 20) | st.text('ab"\\,:{ \u00e9\n', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab:", max_size=2), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.text("ab", max_size=2), values, min_size=1), st.data())
def test_a_line_that_is_cut_is_refused_as_early_as_its_characters(
    value: dict[str, object], data: st.DataObject
) -> None:
    line = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    beginning = line[: data.draw(st.integers(1, len(line)), label="cut")]
    if data.draw(st.booleans(), label="changed"):
        place = data.draw(st.integers(1, len(beginning)))
        beginning = beginning[:place] + data.draw(st.sampled_from('"\\,:{}[]x\t')) + line[place:]
    whole, single = Transport(), Transport()
    whole.feed(beginning)
    for char in beginning:
        if single.failure is None:
            single.feed(char)
    assert described(whole.failure) == described(single.failure)
