"""Tests of `streamparse.events`: the public names, and the events of a parser."""

from __future__ import annotations

import json
from typing import get_args

import pytest

import streamparse
from streamparse import JSONParser, StringDelta, ValueCompleted, ValueStarted, events
from tests.helpers import merge_deltas, replay
from tests.parts import DOCUMENTS, cuttings, read


def test_value_event_is_any_of_the_three() -> None:
    assert set(get_args(events.ValueEvent)) == {ValueStarted, StringDelta, ValueCompleted}
    assert streamparse.ValueEvent is events.ValueEvent


def test_events_of_a_document() -> None:
    parser = JSONParser()
    assert parser.feed('{"who": ["Ad') == [
        ValueStarted((), "object"),
        ValueStarted(("who",), "array"),
        ValueStarted(("who", 0), "string"),
        StringDelta(("who", 0), "Ad"),
    ]
    assert parser.feed('a", 1') == [
        StringDelta(("who", 0), "a"),
        ValueCompleted(("who", 0), "Ada"),
    ]
    assert parser.feed("2, true]") == [
        ValueCompleted(("who", 1), 12),
        ValueCompleted(("who", 2), True),
        ValueCompleted(("who",), ["Ada", 12, True]),
    ]
    assert parser.feed("}") == [ValueCompleted((), {"who": ["Ada", 12, True]})]
    assert parser.finish() == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_same_events_for_every_cut(document: str) -> None:
    expected = merge_deltas(read(JSONParser(), [document]))
    for fragments in cuttings(document):
        assert merge_deltas(read(JSONParser(), fragments)) == expected
    for pieces in cuttings(document.encode()):
        assert merge_deltas(read(JSONParser(), pieces)) == expected


@pytest.mark.parametrize("document", DOCUMENTS)
def test_events_rebuild_the_value(document: str) -> None:
    for fragments in cuttings(document):
        assert replay(read(JSONParser(), fragments)) == json.loads(document)


def test_the_value_of_an_event_is_the_one_inside_the_parser() -> None:
    parser = JSONParser()
    match parser.feed('[{"a": 1}, ')[-1]:
        case ValueCompleted((0,), value):
            assert value is parser.value[0]
        case other:
            pytest.fail(f"not {other}")


def test_a_repeated_key_completes_twice() -> None:
    found = read(JSONParser(), ['{"a": 1, "a": "x"}'])
    assert [event for event in found if event.path == ("a",)] == [
        ValueCompleted(("a",), 1),
        ValueStarted(("a",), "string"),
        StringDelta(("a",), "x"),
        ValueCompleted(("a",), "x"),
    ]
