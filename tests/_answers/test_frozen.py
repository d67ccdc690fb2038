"""Tests of `freeze` and `thaw`: parsers as plain data, with every reference, at any depth."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from array import array
from collections.abc import Callable
from dataclasses import is_dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamparse
from streamparse._answers.frozen import blank_of, freeze, thaw
from streamparse._core.lenient_strings import Quote
from streamparse._core.sink import NOTHING
from streamparse.formats import FormatParser
from streamparse.formats.registry import FORMATS, names
from streamparse.limits import Limits
from streamparse.message_parser import MessageParser
from tests.scenes import CHAT, SCENES

# The pickle of a format is large, and there are many formats.
FEW = settings(max_examples=max(settings().max_examples // 10, 2))

# Plain data and objects


def test_plain_data() -> None:
    shared: list[Any] = [1, "a", None]
    value = {"a": shared, "b": (shared, {2}), "c": bytearray(b"x"), "d": {"e": shared}}
    value["f"] = array("q", [1, -1])
    made = thaw(freeze(value))
    assert made == value
    assert made["a"] is made["b"][0] is made["d"]["e"]
    assert made["a"] is not shared
    assert made["c"] is not value["c"]
    assert made["f"] is not value["f"]


def test_cycles() -> None:
    loop: list[Any] = [1]
    loop.append({"in": loop})
    made = thaw(freeze(loop))
    assert made[1]["in"] is made


def test_deep_values() -> None:
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    made = thaw(pickle.loads(pickle.dumps(freeze(deep))))
    depth = 0
    while made:
        made, depth = made[0], depth + 1
    assert depth == 50_000


PARTS = tuple(
    f"streamparse.{name}"
    for name in ("_answers", "_core", "_decoding", "_wires", "formats", "message")
)
# Modules that convert formats; parsers hold no objects of their classes.
MAKERS = ("streamparse.formats.response_templates", "streamparse.formats.structural_tags")


def classes() -> list[type]:
    """Return the classes whose objects parsers hold."""
    found: list[type] = []
    for info in pkgutil.walk_packages(streamparse.__path__, "streamparse."):
        if info.name.startswith(PARTS) and info.name not in MAKERS:
            members = vars(importlib.import_module(info.name)).values()
            own = [one for one in members if getattr(one, "__module__", "") == info.name]
            found += [one for one in own if isinstance(one, type)]
    return found


def requires_arguments(kind: type) -> bool:
    try:
        parameters = inspect.signature(kind).parameters.values()
    except ValueError:  # a compiled class whose defaults are not literals
        return False
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return any(one.default is one.empty and one.kind not in several for one in parameters)


def has_other_pickles(kind: type) -> bool:
    reduces = any("__reduce__" in vars(one) for one in kind.__mro__[:-1])
    return reduces or is_dataclass(kind) or issubclass(kind, BaseException)


def test_every_class_can_be_created_without_arguments() -> None:
    for kind in classes():
        if hasattr(kind, "_init_types"):
            assert type(blank_of(kind)) is kind
        elif not has_other_pickles(kind) and kind is not Quote:  # no parser holds a Quote
            assert not requires_arguments(kind), kind


def test_the_sentinel_nothing_stays_the_same_object() -> None:
    assert thaw(freeze([NOTHING]))[0] is NOTHING
    assert pickle.loads(pickle.dumps(NOTHING)) is NOTHING
    assert copy.deepcopy(NOTHING) is NOTHING


# Parsers


def run(parser: Any, fragments: list[Any]) -> tuple[list[Any], Any]:
    """Return the events of each fragment and of the end, and the message."""
    batches = [parser.feed(copy.deepcopy(fragment)) for fragment in fragments]
    batches.append(parser.finish())
    for batch in batches:
        for event in batch:
            if hasattr(event, "call"):
                assert event.call is parser.message.tool_calls[event.call.index]
    return [[event.to_dict() for event in batch] for batch in batches], parser.message.to_dict()


def through_pickle(parser: Any) -> Any:
    return pickle.loads(pickle.dumps(parser))


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("way", [through_pickle, copy.copy, copy.deepcopy])
@given(st.data())
def test_a_copy_of_a_parser_continues(
    scene: str, way: Callable[[Any], Any], data: st.DataObject
) -> None:
    """A copy made at any time gives the same rest, and shares nothing with the original."""
    if scene == "frames":
        pytest.importorskip("botocore")
    check_copy(*SCENES[scene], way, data)


@pytest.mark.parametrize("name", names())
@FEW
@given(st.data())
def test_a_copy_of_a_parser_of_any_format_continues(name: str, data: st.DataObject) -> None:
    text = FORMATS[name].example
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted), label="cuts")
    fragments = [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]
    check_copy(lambda: FormatParser(name), fragments, through_pickle, data)


def check_copy(
    make: Callable[[], Any], fragments: list[Any], way: Callable[[Any], Any], data: st.DataObject
) -> None:
    place = data.draw(
        st.integers(0, len(fragments)), label="the fragment before which it is copied"
    )
    first = make()
    for fragment in fragments[:place]:
        first.feed(copy.deepcopy(fragment))
    second = way(first)
    assert type(second) is type(first)
    before = first.message.to_dict()
    rest = run(second, fragments[place:])
    assert first.message.to_dict() == before
    assert run(first, fragments[place:]) == rest
    whole = run(make(), fragments)
    assert (whole[0][place:], whole[1]) == rest


def test_a_call_that_was_open_is_not_complete_in_the_copy() -> None:
    parser = MessageParser("openai-chat")
    for one in CHAT[:5]:
        parser.feed(one)
    twin = through_pickle(parser)
    assert twin.message.tool_calls[0].status == "in_progress"
    twin.finish()
    assert twin.message.tool_calls[0].status == "truncated"
    assert twin.message.status == "truncated"


def test_a_failure_and_an_end_are_kept() -> None:
    parser = MessageParser("openai-chat")
    parser.finish()
    assert copy.copy(parser).finish() == []
    broken = MessageParser("openai-chat", limits=Limits(record=9))
    with pytest.raises(ValueError, match="longer"):
        broken.feed("data: " + "x" * 20)
    with pytest.raises(ValueError, match="longer"):
        through_pickle(broken).feed("x")
