"""Tests of streamparse._core.lenient_state: the state of the machine and its repairs."""

from __future__ import annotations

import pickle

import pytest

from streamparse import Dialect, JSONParser, JSONSyntaxError, Repair, SchemaViolation
from streamparse._core.chain import Chain
from streamparse._core.lenient import LenientMachine
from streamparse._core.lenient_state import begins_token
from tests.helpers import AcceptingFactory

TEXT = (
    "Some prose: {'a': [1, 'it's', (2,), wörds and \"quotes\", Id(\"x\")], "
    '"b:c": /* d */ +1 e: "f\n'
)


def test_the_state_can_be_pickled_at_any_place() -> None:
    for place in range(len(TEXT)):
        chain = Chain()
        machine = LenientMachine(chain.head, Dialect())
        machine.feed(TEXT[:place])
        other = LenientMachine(Chain().head, Dialect())
        other.resume(pickle.loads(pickle.dumps(machine.state_now())))
        assert other.state_now() == machine.state_now()


def test_paths_of_repairs() -> None:
    """A repair has the path of the current or expected value, or else of its container."""
    parser = JSONParser("lenient")
    parser.feed("{'a': {b: [+1, 'x' 2,]}}")
    assert parser.repairs == [
        Repair("single_quotes", 1, ()),
        Repair("unquoted_key", 7, ("a",)),
        Repair("number", 11, ("a", "b", 0)),
        Repair("single_quotes", 15, ("a", "b", 1)),
        Repair("missing_comma", 19, ("a", "b")),
        Repair("trailing_comma", 20, ("a", "b")),
    ]


def test_repairs_with_a_validator_and_a_selection() -> None:
    plain = JSONParser("lenient")
    judged = JSONParser("lenient", validator=AcceptingFactory())
    dropping = JSONParser("lenient", select="$.a.b", keep="open")
    for parser in (plain, judged, dropping):
        parser.feed("x: {a: {b: [1,,2]}} y")
        parser.finish()
    assert plain.repairs == judged.repairs == dropping.repairs
    assert dropping.value in ({}, None)


def test_a_repair_that_is_not_allowed() -> None:
    parser = JSONParser(Dialect(trailing_commas=False))
    with pytest.raises(JSONSyntaxError) as caught:
        parser.feed("{a: [1,]}")
    assert (caught.value.code, caught.value.offset) == ("repair_refused", 6)
    assert caught.value.message.startswith("trailing_comma: a comma stood before")
    assert [repair.code for repair in parser.repairs] == ["unquoted_key"]


def test_a_value_of_another_kind_than_wanted() -> None:
    machine = LenientMachine(Chain().head, Dialect())
    machine.wanted = "object"
    with pytest.raises(SchemaViolation):
        machine.feed("[1, ")


def test_begins_token() -> None:
    assert all(map(begins_token, "aé1_-+.$/@日"))
    assert not any(map(begins_token, " ,:!?*&)]}\u200b"))
