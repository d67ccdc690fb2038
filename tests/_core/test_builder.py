"""Tests of the values and events that a builder makes of sink calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import StringDelta, ValueCompleted, ValueStarted
from streamparse._core.builder import Builder
from streamparse._core.machine import Machine
from streamparse.message import ToolCall
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentReporter,
    ArgumentStarted,
)
from tests.parts import DOCUMENTS, calls_of, play


def after(text: str, many: bool = False) -> Builder:
    """Return a builder that has received the beginning of a document."""
    builder = Builder(many)
    play(calls_of(text, many), builder)
    return builder


def value_after(text: str) -> Any:
    return after(text).value


# Values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("{", {}),
        ('{"a', {}),
        ('{"a"', {}),
        ('{"a":', {}),
        ('{"a":"', {"a": ""}),
        ('{"a":"x', {"a": "x"}),
        ('{"a":"x",', {"a": "x"}),
        ('{"a":1', {}),
        ('{"a":1,', {"a": 1}),
        ('{"a":[', {"a": []}),
        ('{"a":[true', {"a": [True]}),
        ('{"a":[tru', {"a": []}),
        ('{"a":[["x', {"a": [["x"]]}),
        ('{"a":{"b":{}', {"a": {"b": {}}}),
        ('{"a":{"b":{}}}', {"a": {"b": {}}}),
        ('["', [""]),
        ('["a","b', ["a", "b"]),
        ("[null,", [None]),
        ("[{},{", [{}, {}]),
        ('"', ""),
        ('"ro', "ro"),
        ('"root"', "root"),
        ("false", False),
        ("12", None),
        ('{"a":1,"a":"', {"a": ""}),
        ('{"a":1,"a":[2', {"a": []}),
        ('{"a":"long","a":"s', {"a": "s"}),
    ],
)
def test_partial_values(text: str, value: object) -> None:
    assert value_after(text) == value
    assert after(text).snapshot() == value


@pytest.mark.parametrize("document", DOCUMENTS)
def test_whole_values(document: str) -> None:
    assert value_after(document + " ") == json.loads(document)


def test_a_repeated_key_keeps_its_place() -> None:
    assert list(value_after('{"a":1,"b":2,"a":3}')) == ["a", "b"]


def test_keys_in_pieces() -> None:
    builder = Builder()
    play([("start_object", 0), ("start_key", 1), ("key_text", "fir", 2)], builder)
    play([("key_text", "s", 5), ("key_text", "t", 6), ("end_key", 7), ("scalar", 1, 9)], builder)
    assert builder.value == {"first": 1}


def test_reading_in_between_changes_nothing() -> None:
    for document in DOCUMENTS:
        builder = Builder()
        for call in calls_of(document + " "):
            play([call], builder)
            assert builder.value == builder.value
        assert builder.value == json.loads(document)
        assert builder.take_events() == after(document + " ").take_events()


def test_the_value_is_updated_in_place() -> None:
    builder = Builder()
    machine = Machine(builder)
    machine.feed('{"list": ["a')
    root = builder.value
    inner = root["list"]
    machine.feed('b", "c')
    assert builder.value is root
    assert builder.value["list"] is inner
    assert inner == ["ab", "c"]


@pytest.mark.parametrize("holder", ['{"t":"', '["', '"', '[0,"'])
def test_a_string_that_is_read_after_every_piece(holder: str) -> None:
    builder = after(holder)
    for count, piece in enumerate(["a", "bc", "\U0001f600", "d"], start=1):
        builder.text(piece, 0)
        if count % 2:
            assert builder.innermost() == "abc\U0001f600d"[: (1, 3, 4, 5)[count - 1]]
            assert json.dumps(builder.value).count("a") == 1
    builder.end_string(0)
    assert json.dumps("abc\U0001f600d") in json.dumps(builder.value)


def test_a_string_that_is_read_before_its_first_piece() -> None:
    for holder, value in (('["', ["x"]), ('{"k":"', {"k": "x"}), ('"', "x")):
        builder = after(holder)
        assert builder.value != value
        play([("text", "x", 9), ("end_string", 10)], builder)
        assert builder.value == value


# Events


def test_events_wait_to_be_taken() -> None:
    builder = after('{"a":["x')
    assert builder.take_events() == [
        ValueStarted((), "object"),
        ValueStarted(("a",), "array"),
        ValueStarted(("a", 0), "string"),
        StringDelta(("a", 0), "x"),
    ]
    assert builder.take_events() == []
    play([("end_string", 8), ("end", 9), ("end", 10)], builder)
    assert builder.take_events() == [
        ValueCompleted(("a", 0), "x"),
        ValueCompleted(("a",), ["x"]),
        ValueCompleted((), {"a": ["x"]}),
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("1 ", ()),
        ("[0,1 ", (1,)),
        ('{"a":1 ', ("a",)),
        ('[[],[0,{"k":null ', (1, 1, "k")),
        ('{"":[1 ', ("", 0)),
        ('[["s"', (0, 0)),
        ('["s","t"', (1,)),
    ],
)
def test_path_of_the_last_event(text: str, path: tuple[Any, ...]) -> None:
    assert after(text).take_events()[-1].path == path


# One document after the other


def test_documents_are_collected_in_a_list() -> None:
    builder = Builder(many=True)
    assert builder.value == []
    assert builder.open_path == ()
    assert builder.next_path() == (0,)
    assert not builder.started
    play(calls_of('[1] "a" {"k": tr', many=True), builder)
    assert builder.started
    assert builder.value == [[1], "a", {}]
    assert builder.open_path == (2,)
    assert [event.path for event in builder.take_events()] == [
        (0,),
        (0, 0),
        (0,),
        (1,),
        (1,),
        (1,),
        (2,),
    ]


# Events of a call, repairs, copies


def test_a_reporter_makes_the_events() -> None:
    """With a reporter, the events of the same values are those of a call's arguments."""
    text = '{"a": [1, "bc", {}], "d": null}'
    plain = after(text)
    call = ToolCall(3)
    builder = Builder(False, ArgumentReporter(call, 2))
    play(calls_of(text, False), builder)
    assert builder.value == plain.value
    kinds = {
        ArgumentStarted: ValueStarted,
        ArgumentDelta: StringDelta,
        ArgumentCompleted: ValueCompleted,
    }
    assert [(kinds[type(event)], event.path) for event in builder.events] == [
        (type(event), event.path) for event in plain.events
    ]
    assert {(event.call is call, event.choice) for event in builder.events} == {(True, 2)}


def test_a_string_of_many_deltas() -> None:
    builder = after('["')
    for _ in range(3000):
        builder.text("xy", 0)
    builder.end_string(0)
    assert builder.value == ["xy" * 3000]
    assert len([event for event in builder.events if isinstance(event, StringDelta)]) == 3000


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": ', {"a": 12}), ("[1, ", [1, 12]), ("", 12), ('{"a": [', {"a": [12]})],
)
def test_a_truncated_scalar_has_no_event(text: str, value: Any) -> None:
    builder = after(text)
    events = len(builder.events)
    builder.cut_scalar(12)
    assert builder.value == value
    assert len(builder.events) == events


def test_repairs_have_the_path_of_a_container_or_its_item() -> None:
    builder = after('{"a": [1, "b')
    builder.repair("one", 3, False)
    builder.repair("two", 4, True)
    builder.end_string(0)
    builder.repair("three", 5, True)
    assert [(repair.code, repair.offset, repair.path) for repair in builder.repairs] == [
        ("one", 3, ("a",)),
        ("two", 4, ("a", 1)),
        ("three", 5, ("a", 2)),
    ]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_a_clone_continues(text: str) -> None:
    calls = calls_of(text, False)
    for place in range(0, len(calls), 3):
        builder = Builder()
        play(calls[:place], builder)
        twin = builder.clone()
        play(calls[place:], twin)
        assert twin.value == after(text).value
