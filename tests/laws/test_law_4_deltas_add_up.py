"""Law 4, deltas add up.

The deltas of a string concatenate to its final value; `ValueCompleted` comes once for every value,
in document order, children first; replaying the events rebuilds the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given

from streamparse import (
    JSONParser,
    StringDelta,
    ValueCompleted,
    ValueEvent,
    ValueStarted,
    value_at,
)
from tests.helpers import Path, calls, cut, loads, replay, same
from tests.strategies import JSON_TEXTS, MANY_TEXTS, NODES, SIZES, Array, Node, Object, String

Mark = tuple[str, Path]


def marks_of(node: Node, path: Path = ()) -> Iterator[Mark]:
    """Yield where the values of the tree begin and end, in document order."""
    if isinstance(node, Object):
        yield "object", path
        for key, value in node.members:
            yield from marks_of(value, (*path, loads(key.text)))
    elif isinstance(node, Array):
        yield "array", path
        for index, item in enumerate(node.items):
            yield from marks_of(item, (*path, index))
    elif isinstance(node, String):
        yield "string", path
    yield "end", path


def marks(events: Sequence[ValueEvent]) -> Iterator[Mark]:
    for event in events:
        if isinstance(event, ValueStarted):
            yield event.kind, event.path
        elif isinstance(event, ValueCompleted):
            yield "end", event.path


def all_events(parser: JSONParser, pieces: Sequence[str]) -> list[ValueEvent]:
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.finish()


@given(NODES, SIZES)
def test_law_4_every_value_once_in_order_children_first(node: Node, sizes: Sequence[int]) -> None:
    """Law 4: the events begin and end each value once, in the order of the document."""
    events = all_events(JSONParser(), cut(node.text, sizes))
    assert list(marks(events)) == list(marks_of(node))


@given(JSON_TEXTS, SIZES)
def test_law_4_deltas_concatenate(text: str, sizes: Sequence[int]) -> None:
    """Law 4: the deltas of a string concatenate to its text, and none is empty."""
    parts: dict[Path, str] = {}
    for event in all_events(JSONParser(), cut(text, sizes)):
        if isinstance(event, ValueStarted) and event.kind == "string":
            parts[event.path] = ""
        elif isinstance(event, StringDelta):
            assert event.text
            parts[event.path] += event.text
        elif isinstance(event, ValueCompleted) and isinstance(event.value, str):
            assert parts.pop(event.path) == event.value
    assert parts == {}


@given(JSON_TEXTS, SIZES)
def test_law_4_replay_rebuilds_the_value(text: str, sizes: Sequence[int]) -> None:
    """Law 4: the events alone rebuild the current value at any time."""
    parser = JSONParser()
    events: list[ValueEvent] = []
    for piece in cut(text, sizes):
        events += parser.feed(piece)
        assert same(replay(events), parser.value)
    events += parser.finish()
    assert same(replay(events), parser.value)
    assert same(replay(events), loads(text))


@given(MANY_TEXTS, SIZES)
def test_law_4_replay_rebuilds_many(text: str, sizes: Sequence[int]) -> None:
    """Law 4 for documents one after the other; the list of them has no events."""
    parser = JSONParser(many=True)
    # An error is possible: `1` and `2` without a separator would be read as one number.
    events = [event for new, _ in calls(parser, cut(text, sizes)) for event in new]
    assert same(replay(events, root=[]), parser.value)


@given(JSON_TEXTS)
def test_law_4_completed_values_are_whole(text: str) -> None:
    """Law 4: a completed value equals what the events so far rebuild, also with repeated keys."""
    parser = JSONParser()
    events: list[ValueEvent] = []
    for char in [*text, None]:
        new = parser.finish() if char is None else parser.feed(char)
        events += new
        for event in new:
            if isinstance(event, ValueCompleted):
                assert same(value_at(replay(events), event.path), event.value)
