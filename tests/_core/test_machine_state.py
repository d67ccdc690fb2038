"""Tests of the state of a machine: properties, forks and pickles."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest

from streamparse import JSONParser, LimitError, Limits, StreamParseError
from streamparse._core.builder import Builder
from streamparse._core.machine import EXCERPT, Machine, MachineOptions
from streamparse.protocols import Sink
from streamparse.schema import SchemaValidator
from tests._core.machines import calls
from tests.helpers import cut, run, run_relayed
from tests.parts import (
    DOCUMENTS,
    Recorder,
    cuttings,
    feed_each,
    halvings,
    ragged,
)

# Properties


def test_done() -> None:
    for text, done in (("[1", False), ("[1]", True), ("tru", False), ("true", True), ("1", False)):
        machine = Machine(Sink())
        machine.feed(text)
        assert machine.done is done


def test_a_machine_for_many_is_never_done() -> None:
    machine = Machine(Sink(), MachineOptions(many=True))
    machine.feed("[1] ")
    assert not machine.done


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("[", True),
        ("[1", True),
        ("[1,", True),
        ('["', True),
        ('["\\', True),
        ("[tr", True),
        ('{"a":', True),
        ('{"a":"x', True),
        ("{", False),
        ('{"', False),
        ('{"\\u1', False),
        ('{"a"', False),
        ('{"a":1,', False),
        ("[1 ", False),
        ("[]", False),
    ],
)
def test_is_a_value_expected(text: str, expected: bool) -> None:
    machine = Machine(Sink())
    machine.feed(text)
    assert machine.expects_item is expected


def test_text_before_a_place() -> None:
    for fragments in cuttings('["one", "two"'):
        machine = Machine(Sink())
        feed_each(machine, fragments)
        assert machine.text_before(6) == '["one"'
        assert machine.text_before(0) == ""


def test_text_before_a_place_is_bounded() -> None:
    document = "[" + '"0123456789", ' * 3000
    for fragments in ([document], ragged(document, 3)):
        machine = Machine(Sink())
        feed_each(machine, fragments)
        assert machine.text_before(len(document)) == document[-EXCERPT:]
        assert sum(map(len, machine.recent)) < len(document) + EXCERPT
    assert sum(map(len, machine.recent)) < 3 * 4096


# Forks


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("precise", [True, False])
def test_a_clone_continues_independently(document: str, precise: bool) -> None:
    for first, second in halvings(document):
        recorder = Recorder(precise)
        machine = Machine(recorder)
        machine.feed(first)
        other = recorder.clone()
        twin = machine.clone(other)
        with pytest.raises(StreamParseError):
            machine.feed("\x00")
        twin.feed(second)
        twin.finish()
        assert other.calls == calls([first, second], precise)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_state_is_plain_data(document: str) -> None:
    for first, second in halvings(document):
        before = Recorder(precise=True)
        machine = Machine(before)
        machine.feed(first)
        state = pickle.loads(pickle.dumps(machine.state_now()))
        after = Recorder(precise=True)
        other = Machine(after)
        other.resume(state)
        other.feed(second)
        other.finish()
        assert before.calls + after.calls == calls([first, second])
        assert machine.state_now() == state


def test_a_clone_has_the_options() -> None:
    options = MachineOptions(
        limits=Limits(string=3, items=2),
        surrogates="replace",
        parse_float=Decimal,
        parse_int=str,
        many=True,
    )
    machine = Machine(Builder(many=True), options)
    machine.feed('[1, "\\ud800')
    twin_builder = machine.sink.clone()
    assert isinstance(twin_builder, Builder)
    twin = machine.clone(twin_builder)
    twin.feed('"] 1.5 ')
    assert twin_builder.value == [["1", "\ufffd"], Decimal("1.5")]
    with pytest.raises(LimitError, match="more than 2 items"):
        machine.clone(Sink()).feed('", 2')
    with pytest.raises(LimitError, match="longer than 3"):
        twin.feed('"abcd')


def test_a_clone_stops_after_one_value() -> None:
    machine = Machine(Sink(), MachineOptions(stop=True))
    machine.feed("[1")
    assert machine.clone(Sink()).feed("] and more") == 1


def test_a_clone_inside_another_value_keeps_its_depth() -> None:
    machine = Machine(Sink(), MachineOptions(limits=Limits(depth=4)), depth=2)
    machine.feed("[")
    twin = machine.clone(Sink())
    twin.feed("[")
    with pytest.raises(LimitError):
        twin.feed("[")


def test_a_clone_at_the_limit_of_the_document() -> None:
    for at in range(6):
        machine = Machine(Sink(), MachineOptions(limits=Limits(document=5)))
        machine.feed("[1, 2]"[:at] if at < 6 else "[1, 2")
        with pytest.raises(LimitError) as caught:
            machine.clone(Sink()).feed("[1, 2]"[at:])
        assert caught.value.offset == 5


@pytest.mark.parametrize("dialect", ["strict", "lenient"])
@pytest.mark.parametrize("digits", [2, 60])
def test_a_clone_keeps_the_text_before_the_open_number(dialect: Any, digits: int) -> None:
    text = f'{{"the reason why it is refused": "{"x" * 60}", "n": {"7" * digits} }}'
    options = {"dialect": dialect, "validator": SchemaValidator({"properties": {"n": False}})}
    expected = run([text], **options)
    assert expected.error is not None
    for size in (1, 3):
        assert run_relayed(JSONParser(**options), cut(text, [size]), JSONParser.clone) == expected
