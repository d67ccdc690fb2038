"""Tests of the state of a builder: properties, snapshots, forks and pickles."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from streamparse import JSONParser
from streamparse._core.builder import Builder
from streamparse._core.machine import Machine, MachineOptions
from tests.helpers import merge_deltas
from tests.parts import DOCUMENTS, Call, calls_of, chars, play


def after(text: str, many: bool = False) -> Builder:
    """Return a builder that has received the beginning of a document."""
    builder = Builder(many)
    play(calls_of(text, many), builder)
    return builder


# Properties


@pytest.mark.parametrize(
    ("text", "open_path", "next_path"),
    [
        ("", None, ()),
        ("12", None, ()),
        ("12 ", None, ()),
        ('"a', (), ()),
        ('"a"', None, ()),
        ("[", (), (0,)),
        ("[1", (), (0,)),
        ("[1,", (), (1,)),
        ('["a', (0,), (0,)),
        ('["a"', (), (1,)),
        ('["a",["b', (1, 0), (1, 0)),
        ("[[", (0,), (0, 0)),
        ("[[]", (), (1,)),
        ('{"a":', (), ("a",)),
        ('{"a":"x', ("a",), ("a",)),
        ('{"a":{"b":[', ("a", "b"), ("a", "b", 0)),
        ("[]", None, ()),
    ],
)
def test_places(text: str, open_path: tuple[Any, ...] | None, next_path: tuple[Any, ...]) -> None:
    builder = after(text)
    assert builder.open_path == open_path
    assert builder.next_path() == next_path


@pytest.mark.parametrize(
    ("text", "innermost"),
    [
        ("", None),
        ("[", []),
        ('["a', "a"),
        ('["a"', ["a"]),
        ('{"k":[1 ', [1]),
        ('{"k":[1 ]', {"k": [1]}),
        ("[]", None),
    ],
)
def test_innermost(text: str, innermost: object) -> None:
    assert after(text).innermost() == innermost


def test_started() -> None:
    for text, started in (("", False), ("[", True), ('"', True), ("1", False), ("1 ", True)):
        assert after(text).started is started


def test_keep_next_changes_nothing() -> None:
    builder = Builder()
    builder.keep_next()
    play(calls_of('[1, "x"]'), builder)
    assert builder.value == [1, "x"]


@pytest.mark.parametrize(
    ("text", "started"),
    [("", False), (" 1", False), ("1 ", True), ("[", True), ('"', True), ("{} ", True)],
)
def test_started_with_many(text: str, started: bool) -> None:
    assert after(text, many=True).started is started


# Snapshots


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, '{"a":"x","a":["y"],"a":"z"}', '["a",["b",["c"]]]']
)
@pytest.mark.parametrize("many", [False, True])
def test_snapshots_do_not_change(document: str, many: bool) -> None:
    builder = Builder(many)
    machine = Machine(builder, MachineOptions(many=many))
    taken: list[tuple[Any, str]] = []
    for char in chars(document + " "):
        machine.feed(char)
        taken.append((builder.snapshot(), repr(builder.value)))
    assert builder.value == ([json.loads(document)] if many else json.loads(document))
    assert all(repr(snapshot) == then for snapshot, then in taken)


def test_snapshots_share_complete_values_and_copy_open_ones() -> None:
    builder = after('{"whole": [1, {"x": 2}], "open": [[3], [4, "s')
    value, snapshot = builder.value, builder.snapshot()
    assert snapshot == value
    assert snapshot is not value
    assert snapshot["whole"] is value["whole"]
    assert snapshot["open"] is not value["open"]
    assert snapshot["open"][0] is value["open"][0]
    assert snapshot["open"][1] is not value["open"][1]


def test_a_complete_value_is_its_own_snapshot() -> None:
    builder = after("[[1]]")
    assert builder.snapshot() is builder.value


# Forks


@pytest.mark.parametrize("document", [*DOCUMENTS, '["a",["b",["c",{"d":"e"}]]]', '"root string"'])
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("read", [False, True])
def test_a_fork_at_every_call(document: str, many: bool, read: bool) -> None:
    calls = calls_of(document + " ", many)
    whole = after(document + " ", many)
    events = merge_deltas(whole.take_events())
    for at in range(len(calls) + 1):
        builder = Builder(many)
        play(calls[:at], builder)
        first = builder.take_events()
        if read:
            assert builder.value is not builder
        for twin in (builder.clone(), resumed(builder.state_now(), many)):
            check_continues(twin, builder, calls[at:])
            assert twin.value == whole.value
            assert merge_deltas(first + twin.take_events()) == events


def resumed(state: tuple[Any, ...], many: bool) -> Builder:
    builder = Builder(many)
    builder.resume(pickle.loads(pickle.dumps(state)))
    return builder


def check_continues(twin: Builder, builder: Builder, rest: list[Call]) -> None:
    """Check that the twin has the builder's state and continues without changing the builder."""
    assert twin.value == builder.value
    assert twin.open_path == builder.open_path
    assert twin.next_path() == builder.next_path()
    assert twin.innermost() == builder.innermost()
    assert twin.started == builder.started
    before = repr(builder.value)
    play(rest, twin)
    assert repr(builder.value) == before


def test_both_sides_of_a_fork_continue() -> None:
    builder = after('{"a": ["one')
    twin = builder.clone()
    play([("text", " left", 0), ("end_string", 0)], builder)
    play([("text", " right", 0)], twin)
    assert builder.value == {"a": ["one left"]}
    assert twin.value == {"a": ["one right"]}
    play([("scalar", 1, 0), ("end", 0)], builder)
    assert twin.value == {"a": ["one right"]}


def test_a_fork_shares_complete_values() -> None:
    builder = after('[[1, 2], {"k": "')
    twin = builder.clone()
    assert twin.value[0] is builder.value[0]
    assert twin.value[1] is not builder.value[1]


def test_a_fork_has_no_events_yet() -> None:
    builder = after("[1 ")
    assert builder.clone().take_events() == []
    assert len(builder.take_events()) == 2


@pytest.mark.parametrize("opener", ["[", '{"in":'])
def test_forks_and_pickles_at_any_depth(opener: str) -> None:
    depth = 3000
    builder = Builder()
    calls = {"[": [("start_array", 0)]}.get(
        opener, [("start_object", 0), ("start_key", 0), ("key_text", "in", 0), ("end_key", 0)]
    )
    for _ in range(depth):
        play(calls, builder)
    state = copy.deepcopy(builder.state_now())
    for twin in (builder.clone(), resumed(state, False)):
        assert twin.open_path is not None
        assert len(twin.open_path) == depth - 1
        play([("scalar", "core", 0)] + [("end", 0)] * depth, twin)
        assert twin.open_path is None
        assert twin.take_events()[-1].path == ()


def test_repairs_of_one_place_share_its_path() -> None:
    """Repairs at one place share one path object, because a deep path takes much memory."""
    parser = JSONParser("lenient")
    parser.feed("[[\xa0\xa0 1,\xa0, {'a': \xa0\xa0")
    paths = [repair.path for repair in parser.repairs if repair.code == "white_space"]
    assert paths == [(0, 0), (0, 0), (0, 1), (0, 1, "a"), (0, 1, "a")]
    assert paths[0] is paths[1]
    assert paths[3] is paths[4]
    parser.feed("1}, {'a': \xa0 1")
    assert parser.repairs[-1].path == (0, 2, "a")


def test_repairs_of_many_documents() -> None:
    parser = JSONParser("lenient", many=True)
    parser.feed("[\xa01] [\xa01]")
    assert [repair.path for repair in parser.repairs] == [(0, 0), (1, 0)]
