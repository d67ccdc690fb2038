"""Tests of records: as plain data, as JSON, and with errors placed in the stream."""

from __future__ import annotations

import pytest

from streamparse import JSONSyntaxError, LimitError, Limits, WireError
from streamparse._decoding.record import Record, RecordDecoder, at_record, decode_json, failure_of


def test_the_record_as_data() -> None:
    one = Record("e", [1], "t", True, True)
    assert one == Record("e", [1], "t", True, True)
    assert one != ("e", [1], "t", True, True)
    for other in (
        Record("f", [1], "t", True, True),
        Record("e", [2], "t", True, True),
        Record("e", [1], "u", True, True),
        Record("e", [1], "t", False, True),
        Record("e", [1], "t", True, False),
        Record("e", [1], "t", True, True, "7"),
        Record("e", [1], "t", True, True, bare=True),
    ):
        assert one != other
    assert repr(one) == "Record(event='e', data=[1], text='t', cut=True, exception=True)"
    named = Record("", None, "t", id="7", bare=True)
    assert repr(named).endswith("cut=False, exception=False, id='7', bare=True)")


def test_json() -> None:
    assert decode_json('{"a": [1, NaN]}', Limits()) is not None
    assert decode_json('{"a": [1]}', Limits()) == {"a": [1]}
    value = decode_json("[" * 900 + "]" * 900, Limits())
    for _ in range(899):
        [value] = value
    with pytest.raises(JSONSyntaxError) as caught:
        decode_json('{"a" 1}', Limits())
    assert caught.value.offset == 5
    with pytest.raises(LimitError) as limited:
        decode_json("[[[1]]]", Limits(depth=2))
    assert limited.value.code == "depth"


def test_an_error_inside_a_record_has_its_position() -> None:
    error = at_record(JSONSyntaxError("expected ':'", code="expected_colon", offset=5), (40, 3, 7))
    assert isinstance(error, WireError)
    assert (error.code, error.offset, error.line, error.column) == ("invalid_record", 40, 3, 7)
    assert "expected ':' (at character 5 of its JSON)" in error.message


def test_limit_errors_stay_limit_errors() -> None:
    for code, found in (("document_length", "record_length"), ("depth", "depth")):
        error = failure_of(LimitError("too much", code=code), "too much", (1, 2, 3), "x")
        assert isinstance(error, LimitError)
        assert (error.code, error.offset, error.line, error.column) == (found, 1, 2, 3)


def test_the_base_class_is_abstract() -> None:
    decoder = RecordDecoder()
    assert decoder.failure is None
    with pytest.raises(NotImplementedError):
        decoder.feed("x")
    with pytest.raises(NotImplementedError):
        decoder.finish()
