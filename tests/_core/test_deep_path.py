"""Tests of streamparse._core.deep_path: deep paths share their parents and become tuples."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, MessageParser, ValueCompleted
from streamparse._core.deep_path import (
    SHORT,
    DeepPath,
    ParentPath,
    extended,
    is_same_path,
    steps_of,
)
from streamparse.formats import FormatParser


@given(st.lists(st.one_of(st.integers(0, 9), st.text(max_size=2)), max_size=3 * SHORT))
def test_steps_are_kept(steps: list[int | str]) -> None:
    path: ParentPath = ()
    for step in steps:
        path = extended(path, step)
    assert steps_of(path) == tuple(steps)
    assert isinstance(path, DeepPath) == (len(steps) > SHORT)


@pytest.mark.parametrize("depth", [1, SHORT - 1, SHORT, SHORT + 1, 100])
def test_events_have_tuples(depth: int) -> None:
    text = '[{"k":' * depth + '"x"' + "}]" * depth
    events = JSONParser().feed(text)
    expected = (0, "k") * depth
    assert max((event.path for event in events), key=len) == expected
    for event in events:
        assert type(event.path) is tuple
        assert pickle.loads(pickle.dumps(event)) == copy.copy(event) == event
        assert event.to_dict()["path"] == list(event.path)
    found = [event for event in events if event.path == expected and event.type != "string_delta"]
    assert found[-1] == ValueCompleted(expected, "x")


@given(st.lists(st.integers(0, 1), max_size=2 * SHORT), st.integers(0, 1), st.integers(0, 1))
def test_equal_paths_of_one_container(steps: list[int], step: int, other: int) -> None:
    base: ParentPath = ()
    for each in steps:
        base = extended(base, each)
    assert is_same_path(extended(base, step), extended(base, other)) == (step == other)
    assert not is_same_path(base, extended(base, step))
    assert not is_same_path(extended(base, step), base)


@pytest.mark.parametrize("depth", [1, SHORT - 1, SHORT, SHORT + 1, 100])
def test_repairs_have_tuples(depth: int) -> None:
    parser = JSONParser("lenient")
    parser.feed("[" * depth + "\xa0,\xa01")
    assert len(parser.repairs) >= 3
    assert parser.repairs[-1].path == (0,) * depth
    for repair in parser.repairs:
        assert type(repair.path) is tuple
        assert pickle.loads(pickle.dumps(repair)) == copy.copy(repair) == repair
        assert hash(copy.deepcopy(repair)) == hash(repair)
        assert repair.to_dict()["path"] == list(repair.path)


@pytest.mark.parametrize("depth", [SHORT - 1, SHORT, SHORT + 1, 40])
def test_a_fork_continues_in_a_deep_value(depth: int) -> None:
    parser = JSONParser()
    parser.feed("[" * depth + '"a')
    for twin in (parser.clone(), pickle.loads(pickle.dumps(parser)), parser):
        assert twin.open_path == (0,) * depth
        events = twin.feed('b", 1, {"k": [2]}' + "]" * depth)
        assert [event.path for event in events[:3]] == [
            (0,) * depth,
            (0,) * depth,
            (*(0,) * (depth - 1), 1),
        ]
        assert events[-1].path == ()
        assert twin.done


def as_document(text: str) -> Any:
    return JSONParser().feed(text)


def as_argument(text: str) -> Any:
    function = {"name": "save", "arguments": '{"a": ' + text}
    delta = {"tool_calls": [{"index": 0, "id": "c", "function": function}]}
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
    return MessageParser("openai-chat").feed(chunk)


def as_format(text: str) -> Any:
    return FormatParser("hermes").feed('<tool_call>{"name": "save", "arguments": {"a": ' + text)


@pytest.mark.parametrize("feed", [as_document, as_argument, as_format])
@pytest.mark.parametrize("item", ["1,", "[],", '"x",', "{},"])
def test_memory_does_not_grow_with_depth(feed: Any, item: str) -> None:
    """The events of deep values take about the memory of those of flat values."""
    peaks = []
    for depth in (2, 800):
        text = "[" * depth + item * 2_000
        tracemalloc.start()
        events = feed(text)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(events) > 2_000
    assert peaks[1] < 3 * peaks[0] + 500_000
