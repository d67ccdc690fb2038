"""Tests of streamparse._core.lenient: the main loop of the machine and the end of the input."""

from __future__ import annotations

import pytest

from streamparse import IncompleteError, JSONParser, JSONSyntaxError, LimitError, Limits
from streamparse._core.lenient import LenientMachine
from streamparse.dialect import Dialect
from tests._core.machines import assert_repaired
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


def test_bytes_that_are_truncated_or_invalid() -> None:
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
    """The limit applies to each document, however many a fragment holds."""
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


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('["n" - so it is, "m"]', ["n", "m"], "unexpected_text"),
        ("word", "word", "unquoted_string"),
        ("{-- x\n'n': 1}", {"n": 1}, "comment single_quotes"),
        (
            "{n: one two, m: 3}",
            {"n": "one two", "m": 3},
            "unquoted_key unquoted_string unquoted_key",
        ),
        ("[1,\n\n 2]", [1, 2], ""),
    ],
)
def test_states_of_the_loop(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


def machine_at(text: str, dialect: Dialect | None = None) -> tuple[LenientMachine, Recorder]:
    sink = Recorder(False)
    machine = LenientMachine(sink, dialect or Dialect())
    machine.feed(text)
    return machine, sink


@pytest.mark.parametrize(
    ("text", "offset"),
    [('{"n": 12', 6), ("[1, ", 2), ('{"n": 1, ', 7), ("[1", 0), ('["ab', 4), ("[1,2", 3)],
)
def test_the_first_offset_of_a_later_error(text: str, offset: int) -> None:
    """The first offset that a later error can have is that of an undecided word or comma."""
    assert machine_at(text)[0].decided == offset


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('["a', True),
        ('["a"', False),
        ('["a",', False),
        ("['it'", False),
        ("['it's", True),
        ("[1", False),
    ],
)
def test_ends_in_string(text: str, inside: bool) -> None:
    machine, _ = machine_at(text)
    assert machine.ends_in_string() is inside
    assert machine.ends_in_string() is inside, "asking again gives the same answer"


def test_close_ends_open_containers() -> None:
    machine, sink = machine_at("{n: [1, {'m': 'x'")
    machine.close()
    assert [call[0] for call in sink.calls][-4:] == ["repair", "end", "end", "end"]
    assert machine.done
    machine.close()
    assert machine.done


def test_close_needs_a_value_for_each_key() -> None:
    machine, _ = machine_at("{n: 1, m:")
    with pytest.raises(JSONSyntaxError):
        machine.close()
    machine, _ = machine_at("[1 /* open")
    with pytest.raises(IncompleteError):
        machine.close()


def test_the_end_at_the_root_closes_nothing() -> None:
    machine, _ = machine_at("[1, 2")
    machine.end_at_root()
    assert not machine.done
    machine, _ = machine_at("word")
    machine.end_at_root()
    assert machine.done
    with pytest.raises(IncompleteError):
        machine_at("- -")[0].end_at_root()


def test_a_dialect_that_refuses_truncation() -> None:
    machine, _ = machine_at('{"n": [1', Dialect(truncation=False))
    with pytest.raises(IncompleteError) as caught:
        machine.finish()
    assert (caught.value.code, caught.value.offset) == ("truncated", 8)
