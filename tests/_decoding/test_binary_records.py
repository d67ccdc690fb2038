"""Tests of records of binary streams; `test_transport.py` tests them inside a transport."""

from __future__ import annotations

import pytest

from streamparse._decoding.binary_records import BinaryRecords
from streamparse._decoding.record import Record
from streamparse.errors import WireError
from streamparse.limits import Limits
from tests.blocks import frame

pytest.importorskip("botocore")


def test_a_message_is_a_record() -> None:
    decoder = BinaryRecords(Limits())
    assert decoder.feed(frame("chunk", {"n": 1})) == [Record("chunk", {"n": 1}, "")]
    assert decoder.finish() == []


def test_a_cut_message_is_a_record_marked_as_cut() -> None:
    decoder = BinaryRecords(Limits())
    assert decoder.feed(frame("chunk", {"n": 1})[:-3]) == []
    assert decoder.finish() == [Record("", None, "", True)]


def test_messages_before_a_damaged_one_are_returned() -> None:
    decoder = BinaryRecords(Limits())
    damaged = bytearray(frame("chunk", {"n": 2}))
    damaged[-1] ^= 1
    records = decoder.feed(frame("chunk", {"n": 1}) + bytes(damaged))
    assert [record.data for record in records] == [{"n": 1}]
    assert isinstance(decoder.failure, WireError)
    assert decoder.failure.code == "bad_frame"


def test_text_is_rejected() -> None:
    with pytest.raises(TypeError, match="bytes"):
        BinaryRecords(Limits()).feed("text")
