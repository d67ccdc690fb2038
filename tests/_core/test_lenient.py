"""Tests of streamparse._core.lenient: the machine as a whole, its loop and its end."""

from __future__ import annotations

import pytest

from streamparse import IncompleteError, JSONParser, JSONSyntaxError, LimitError, Limits
from streamparse._core.lenient import LenientMachine
from streamparse.dialect import Dialect
from tests.helpers import cut, run
from tests.parts import Recorder


def test_calls_of_the_sink() -> None:
    sink = Recorder(True)
    machine = LenientMachine(sink, Dialect())
    machine.feed("{a: 'b', c: [+1")
    machine.feed("]}")
    machine.finish()
    names = [call[0] for call in sink.calls]
    assert " ".join(names) == (
        "start_object repair start_key key_text end_key repair start_string text end_string "
        "repair start_key key_text end_key start_array repair start_scalar scalar end end"
    )
    assert machine.done


def test_four_outcomes() -> None:
    complete, repaired, truncated, malformed = (
        run([text], dialect="lenient") for text in ("[1]", "[1,]", "[1, ", "{'a'}")
    )
    assert (complete.done, complete.repairs, complete.error) == (True, [], None)
    assert (repaired.done, repaired.truncated, len(repaired.repairs)) == (True, False, 1)
    assert (truncated.done, truncated.truncated, truncated.error) == (False, True, None)
    assert (malformed.done, malformed.truncated) == (False, False)
    assert malformed.error is not None


def test_a_clone_keeps_its_options() -> None:
    parser = JSONParser(Dialect(comments=False), many=True, limits=Limits(depth=2))
    parser.feed("[[1], ")
    twin = parser.clone()
    with pytest.raises(LimitError):
        twin.feed("[[")
    with pytest.raises(JSONSyntaxError):
        parser.feed("/* no */")


def test_finish_twice_and_feed_after_it() -> None:
    parser = JSONParser("lenient")
    parser.feed("[1, 'x")
    assert parser.finish() == []
    assert parser.finish() == []
    assert [repair.code for repair in parser.repairs] == ["single_quotes", "truncated"]
    with pytest.raises(ValueError, match=r"feed\(\) was called after finish"):
        parser.feed("]")


def test_bytes_that_are_cut_or_no_text() -> None:
    parser = JSONParser("lenient")
    parser.feed(b"['\xc3")
    with pytest.raises(IncompleteError):
        parser.finish()
    parser = JSONParser("lenient")
    with pytest.raises(JSONSyntaxError) as caught:
        parser.feed(b"['a\xff']")
    assert (caught.value.code, caught.value.offset) == ("invalid_utf8", 3)


@pytest.mark.parametrize("size", [0, 1, 5, 8, 12])
def test_the_limit_of_a_document(size: int) -> None:
    text = "x: {'a': 1} y"
    whole = run([text], dialect="lenient", limits=Limits(document=size))
    assert whole == run(list(text), dialect="lenient", limits=Limits(document=size))
    assert whole.error is not None
    assert (whole.error.code, whole.error.offset) == ("document_length", size)


@pytest.mark.parametrize("size", [3, 4, 5, 60, 160])
def test_the_limit_of_a_document_among_many(size: int) -> None:
    """However many documents a fragment holds, each has the limit of its own."""
    for text in ("[1]\n" * 40, "[1]\n" * 20 + "[1, 2]\n" * 20):
        limits = Limits(document=size)
        whole = run([text], dialect="lenient", limits=limits, many=True)
        assert whole == run(list(text), dialect="lenient", limits=limits, many=True)
        assert whole == run(cut(text, [7]), dialect="lenient", limits=limits, many=True)
        assert (whole.error is None) == (size > 5 or (size > 3 and "2" not in text))


def test_lines_and_columns() -> None:
    parser = JSONParser("lenient")
    for char in "Here\nit is:\n{'a': 'b\nc',\n 'd': ":
        parser.feed(char)
    with pytest.raises(JSONSyntaxError) as caught:
        parser.feed("!}")
    assert (caught.value.line, caught.value.column) == (5, 7)
    assert caught.value.excerpt.endswith("\n 'd': ")
