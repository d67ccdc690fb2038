"""Tests of the assembler: values at paths become a document with its events and its text."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamparse import LimitError, Limits, ValueCompleted
from streamparse._core.builder import Builder
from streamparse._core.transcriber import Transcriber
from streamparse._wires.assemble import GAP, Assembler, parse_place
from streamparse.paths import Path, normalized_path
from tests.growth import is_linear
from tests.helpers import cut, described, run

Piece: TypeAlias = tuple[str, Path, Any]

NAMES = st.sampled_from(["a", "b", "", "c d", "é", "0"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1, 1)
STRINGS = st.text(st.sampled_from('xy"\\\n€😀'), max_size=6)
DOCUMENTS = st.recursive(
    SCALARS | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
PATHS = st.lists(st.sampled_from(["a", "b", 0, 1, 2]), max_size=4).map(tuple)


class Run:
    """An assembler with its builder. `put` returns the misplaced pieces."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.builder = Builder()
        self.sink = Transcriber(self.builder)
        self.assembler = Assembler(self.sink, self.builder, limits or Limits())
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def put(self, pieces: Sequence[Piece]) -> list[Piece]:
        return [piece for piece in pieces if not self._one(*piece)]

    def _one(self, kind: str, path: Path, value: Any) -> bool:
        placed = True
        if kind == "set":
            placed = self.assembler.set(path, value)
        elif kind == "append":
            placed = self.assembler.append(path, value)
        elif kind == "complete":
            self.assembler.complete(path)
        else:
            placed = self.assembler.container(path, kind == "array")
        self.texts.append(self.sink.take())
        return placed

    def close(self) -> Any:
        self.assembler.close()
        self.texts.append(self.sink.take())
        return self.builder.value


def pieces_of(value: Any, pick: random.Random, path: Path = ()) -> list[Piece]:
    """Return pieces that make `value`, in one of the ways in which a provider may send them."""
    if isinstance(value, str):
        sizes = [pick.randrange(1, 4) for _ in value]
        found: list[Piece] = [("append", path, part) for part in cut(value, sizes or [1])]
        found = found or [("append", path, "")]
        return found + [("complete", path, None)] * pick.randrange(2)
    if not isinstance(value, (dict, list)):
        return [("set", path, value)]
    kind = "object" if isinstance(value, dict) else "array"
    if not value or pick.random() < 0.1:
        return [("set", path, value)] if pick.random() < 0.5 or value else [(kind, path, None)]
    steps = list(value) if isinstance(value, dict) else range(len(value))
    found = []
    for step in steps:
        found += pieces_of(value[step], pick, (*path, step))
    return found + [(kind, path, None)] * pick.randrange(2)


@given(DOCUMENTS, st.integers(0, 2**32))
def test_pieces_of_a_document_give_the_document(document: Any, seed: int) -> None:
    """Value, text and events are those of the document, for any pieces (laws 1 and 4)."""
    attempt = Run()
    assert attempt.put(pieces_of(document, random.Random(seed))) == []
    assert attempt.close() == document
    assert json.loads(attempt.text) == document
    assert described(attempt.builder.events) == run([attempt.text]).events


def test_a_value_elsewhere_completes_open_values() -> None:
    attempt = Run()
    open_paths = []
    for piece in (("append", ("a", "b"), "x"), ("set", ("a", "c", 0), 1), ("set", ("d",), None)):
        attempt.put([piece])
        open_paths.append(attempt.builder.open_path)
    assert open_paths == [("a", "b"), ("a", "c"), ()]
    completed = [
        event.path for event in attempt.builder.events if isinstance(event, ValueCompleted)
    ]
    assert completed == [("a", "b"), ("a", "c", 0), ("a", "c"), ("a",), ("d",)]
    assert attempt.text == '{"a":{"b":"x","c":[1]},"d":null'


def test_a_string_is_shown_as_it_grows() -> None:
    """A string is in the value and the text as far as it has arrived (law 2)."""
    attempt = Run()
    attempt.put([("append", ("a",), "Bos")])
    assert attempt.builder.value == {"a": "Bos"}
    assert attempt.text == '{"a":"Bos'
    attempt.put([("append", ("a",), "ton"), ("complete", ("a",), None)])
    assert attempt.text == '{"a":"Boston"'


@pytest.mark.parametrize(
    ("pieces", "value", "misplaced"),
    [
        # A value in a container that is complete.
        ([(("a", "x"), 1), (("b",), 2), (("a", "y"), 3)], {"a": {"x": 1, "y": 3}, "b": 2}, 1),
        ([(("a", 0), 1), (("b",), 2), (("a", 1), 3)], {"a": [1, 3], "b": 2}, 1),
        # A second value at one path.
        ([(("a",), 1), (("a",), 2)], {"a": 2}, 1),
        ([(("a", 0), 1), (("a", 0), 2), (("a", 1), 3)], {"a": [2, 3]}, 1),
        ([((), 1), ((), 2)], 2, 1),
        # A value beyond the next index; the array is complete from then on.
        ([(("a", 1), 1)], {"a": [None, 1]}, 1),
        ([(("a", 0), 1), (("a", 2), 2), (("a", 1), 3)], {"a": [1, 3, 2]}, 2),
        ([(("a", GAP + 1), 1), (("a", 0), 0)], {"a": [0]}, 2),
        # A path through a value of another type.
        ([(("a",), 1), (("a", "b"), 2)], {"a": {"b": 2}}, 1),
        ([(("a", "b"), 1), (("a", 0), 2)], {"a": [2]}, 1),
        ([(("a",), 1), ((0,), 2), (("b",), 3)], {"b": 3}, 2),
        ([(("a", "b", 0), 1), (("a",), 2), (("c",), 3)], {"a": 2, "c": 3}, 1),
    ],
)
def test_misplaced_values_are_reported_and_set(
    pieces: list[tuple[Path, Any]], value: Any, misplaced: int
) -> None:
    attempt = Run()
    misplaced_pieces = attempt.put([("set", path, what) for path, what in pieces])
    assert len(misplaced_pieces) == misplaced
    assert attempt.close() == value


def test_gaps_are_bounded_for_the_whole_call() -> None:
    """The limit of a gap holds for all gaps of a call together."""
    attempt = Run()
    attempt.put([("set", ("a", at * GAP // 2), at) for at in range(1, 40)])
    assert len(attempt.close()["a"]) <= GAP + 40


def test_a_string_continues_after_another_value() -> None:
    attempt = Run()
    pieces: list[Piece] = [("append", (name,), text) for name, text in ("ax", "by", "ax", "by")]
    assert len(attempt.put(pieces)) == 2
    assert attempt.close() == {"a": "xx", "b": "yy"}


def test_a_string_that_had_ended_is_replaced() -> None:
    attempt = Run()
    again: list[Piece] = [("append", ("a",), "new"), ("append", ("a",), "er")]
    misplaced_pieces = attempt.put([("append", ("a",), "old"), ("complete", ("a",), None), *again])
    assert misplaced_pieces == again
    assert attempt.close() == {"a": "newer"}


def test_a_second_end_changes_nothing() -> None:
    attempt = Run()
    end: list[Piece] = [("append", ("a",), ""), ("complete", ("a",), None)]
    assert attempt.put([("append", ("a",), "x"), *end, *end]) == []
    tags: list[Piece] = [("array", ("t",), None)]
    assert attempt.put([("set", ("t", 0), 1), *tags, *tags]) == []
    assert attempt.close() == {"a": "x", "t": [1]}


def test_a_container_without_a_value_is_empty_or_ends() -> None:
    attempt = Run()
    assert attempt.put([("array", ("t",), None), ("object", ("o",), None)]) == []
    assert attempt.text == '{"t":[],"o":{}'
    assert attempt.put([("set", ("x", "y", 0), 1), ("object", ("x",), None)]) == []
    assert attempt.builder.open_path == ()
    assert attempt.put([("append", ("s",), "x"), ("object", ("s",), None)]) == []
    assert attempt.put([("array", ("o",), None)]) == [("array", ("o",), None)]
    assert attempt.put([("array", ("x", "z"), None)]) == [("array", ("x", "z"), None)]
    assert attempt.close() == {"t": [], "o": {}, "x": {"y": [1], "z": []}, "s": "x"}


def test_the_next_item_has_a_path() -> None:
    attempt = Run()
    assert attempt.assembler.next_path(("t",)) == ("t", 0)
    attempt.put([("append", ("t", 0), "x")])
    assert attempt.assembler.next_path(("t",)) == ("t", 0)
    attempt.put([("complete", ("t", 0), None)])
    assert attempt.assembler.next_path(("t",)) == ("t", 1)


def expected_after(root: Any, path: Path, value: Any) -> Any:
    """Return a copy of `root` with `value` at `path`, other values on the way replaced."""
    if not path:
        return value
    step = path[0]
    if isinstance(step, str):
        members = dict(root) if isinstance(root, dict) else {}
        members[step] = expected_after(members.get(step), path[1:], value)
        return members
    items = list(root) if isinstance(root, list) else []
    items += [None] * (step + 1 - len(items))
    items[step] = expected_after(items[step], path[1:], value)
    return items


@example([((0,), None), ((0, 0), None), ((2,), None), ((0, 1), None)])
@given(st.lists(st.tuples(PATHS, SCALARS), min_size=1, max_size=12))
def test_values_at_any_paths_are_set(
    pieces: list[tuple[Path, Any]],
) -> None:
    """Values are set, and those reported as complete never change (law 3)."""
    attempt = Run()
    expected: Any = None
    reported: list[tuple[Any, Any]] = []
    for path, value in pieces:
        attempt.put([("set", path, value)])
        expected = expected_after(expected, path, value)
        assert attempt.builder.value == expected
        events = attempt.builder.take_events()
        values = [event.value for event in events if isinstance(event, ValueCompleted)]
        reported += [(value, copy.deepcopy(value)) for value in values]
    assert attempt.close() == expected
    assert all(value == was for value, was in reported)
    json.loads(attempt.text)


MIXED = st.one_of(
    st.tuples(st.just("set"), PATHS, SCALARS),
    st.tuples(st.sampled_from(["append"]), PATHS, STRINGS),
    st.tuples(st.sampled_from(["complete", "array", "object"]), PATHS, st.none()),
)


@given(st.lists(MIXED, max_size=15))
def test_any_pieces_give_valid_json(pieces: list[Piece]) -> None:
    """The text is valid JSON for any pieces, and equals the value if none was misplaced."""
    attempt = Run()
    misplaced = attempt.put(pieces)
    value = attempt.close()
    if attempt.text:
        written = json.loads(attempt.text)
        if not misplaced:
            assert written == value
    else:
        assert value is None


@pytest.mark.parametrize(
    ("piece", "limits", "code"),
    [
        (("set", ("a", 0, "b"), 1), Limits(depth=2), "depth"),
        (("append", ("a",), "12345"), Limits(string=4), "string_length"),
        (("set", (0,), 1), Limits(items=0), "array_items"),
        (("set", ("a",), 1), Limits(keys=0), "object_keys"),
    ],
)
def test_limits(piece: Piece, limits: Limits, code: str) -> None:
    attempt = Run(limits)
    with pytest.raises(LimitError) as caught:
        attempt.put([piece])
    assert caught.value.code == code
    assert caught.value.offset == len(attempt.sink.take())


def test_work_is_linear() -> None:
    """Work is linear, also for two strings whose pieces alternate and are misplaced (law 6)."""

    def one_string(pieces: Sequence[str]) -> None:
        attempt = Run()
        attempt.put([("append", ("a", 0), piece) for piece in pieces])

    def two_strings(pieces: Sequence[str]) -> None:
        attempt = Run()
        for place, piece in enumerate(pieces):
            attempt.put([("append", ("ab"[place % 2],), piece)])

    def items(pieces: Sequence[str]) -> None:
        attempt = Run()
        attempt.put([("set", ("a", place), piece) for place, piece in enumerate(pieces)])

    for feed in (one_string, two_strings, items):
        is_linear(feed, lambda size: "x" * size, 20)


@given(PATHS)
def test_normalized_paths_are_read(path: Path) -> None:
    assert parse_place(normalized_path(path)) == (path, False)
    assert parse_place(normalized_path(path) + "[]") == (path, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("$", ((), False)),
        ("$.a.b[0].c", (("a", "b", 0, "c"), False)),
        ("$['a b'][\"c\"]", (("a b", "c"), False)),
        ("$['']", (("",), False)),
        # Names without the brackets that RFC 9535 requires for them.
        ("$.content-type", (("content-type",), False)),
        ("$.2nd[0][]", (("2nd", 0), True)),
        ("$.a-b['c'][\"d\"]", (("a-b", "c", "d"), False)),
        ("a", None),
        ("$.a[].b", None),
        ("$.a[*]", None),
        ("$..a", None),
        ("$[-1]", None),
        ("$['a','b']", None),
        ("", None),
        ("$x", None),
    ],
)
def test_parse_place(text: str, place: tuple[Path, bool] | None) -> None:
    assert parse_place(text) == place
