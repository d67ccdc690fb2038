"""Tests of selection: the nodes of `Query.matches`, and values that keep only open parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import Path, Query, StringDelta, ValueCompleted, ValueStarted
from streamparse._core.builder import Builder
from streamparse._core.machine import Machine, MachineOptions
from streamparse._core.selector import SelectingBuilder, Selector
from tests.helpers import merge_deltas
from tests.parts import DOCUMENTS, Call, calls_of, chars, cuttings, play

DOCUMENT = json.dumps(
    {
        "title": "list",
        "items": [
            {"id": 1, "tags": ["x", "y"], "deep": {"id": "inner", "tags": []}},
            {"id": 2, "0": "digit", "deep": {"deep": {"deep": {"id": [0, [1]]}}}},
            [[["one"], "two"], {}],
            "text",
        ],
        "id": None,
        "": {"": 5},
        "more": [True, [False, {"id": 7}], "tail"],
    }
)

QUERIES = [
    "$",
    "$.items",
    "$.items[*]",
    "$.items[0]",
    "$.items[1, 3]",
    "$.items[*].id",
    "$.items[*]['id', 'deep']",
    "$.items[0]['id', 'tags'][*]",
    "$.*",
    "$[*][*]",
    "$..id",
    "$..[0]",
    "$..*",
    "$..deep",
    "$..deep..deep",
    "$..deep.id",
    "$..deep..id",
    "$.items..tags[*]",
    "$.items[*]..*",
    "$['']['']",
    "$..['0']",
    "$..[0, 'id', *]",
    "$.nothing.here",
    "$[0]",
    "$.items[9]",
]


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, member in value.items():
            yield from paths_of(member, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths_of(item, (*path, index))


def walked(selector: Selector, path: Path) -> bool:
    """Return whether the node at `path` is selected, step by step from the root."""
    selected, live = selector.selects_root, selector.start
    for step in path:
        if isinstance(step, str):
            selected, live = selector.step_name(live, step)
        else:
            selected, live = selector.step_index(live, step)
    return selected


def wanted(queries: list[Query]) -> Callable[[Path], bool]:
    return lambda path: any(query.matches(path) for query in queries)


def parsed(*texts: str) -> list[Query]:
    return [Query.parse(text) for text in texts]


def ran(builder: Builder, fragments: list[str], many: bool = False) -> list[Any]:
    """Return the events of these fragments."""
    machine = Machine(builder, MachineOptions(many=many))
    for fragment in fragments:
        machine.feed(fragment)
    machine.finish()
    return builder.take_events()


def chosen(document: str, queries: list[Query], many: bool = False) -> list[Any]:
    """Return the events that the queries select from all events."""
    every = merge_deltas(ran(Builder(many), [document], many))
    return [event for event in every if wanted(queries)(event.path)]


# Selectors


@pytest.mark.parametrize("text", QUERIES)
def test_one_query_selects_its_matches(text: str) -> None:
    query = Query.parse(text)
    selector = Selector([query])
    for path in paths_of(json.loads(DOCUMENT)):
        assert walked(selector, path) is query.matches(path)


@pytest.mark.parametrize("second", range(len(QUERIES)))
def test_several_queries_select_all_their_matches(second: int) -> None:
    queries = parsed(QUERIES[second - 1], QUERIES[second], QUERIES[second - 7])
    selector = Selector(queries)
    for path in paths_of(json.loads(DOCUMENT)):
        assert walked(selector, path) is wanted(queries)(path)


STEPS = st.sampled_from(["a", "b", "", "0", 0, 1, 2])
SELECTORS = st.sampled_from(["'a'", "'b'", "''", "'0'", "0", "1", "*", "'a', 1", "'b', 'a', 0"])
SEGMENTS = st.tuples(st.sampled_from(["", ".."]), SELECTORS).map(lambda two: f"{two[0]}[{two[1]}]")
TEXTS = st.lists(SEGMENTS, max_size=4).map(lambda segments: "$" + "".join(segments))


@given(st.lists(TEXTS, max_size=3), st.lists(STEPS, max_size=6).map(tuple))
def test_any_queries_select_their_matches(texts: list[str], path: Path) -> None:
    queries = parsed(*texts)
    assert walked(Selector(queries), path) is wanted(queries)(path)


def test_no_queries_select_nothing() -> None:
    selector = Selector([])
    assert not any(walked(selector, path) for path in paths_of(json.loads(DOCUMENT)))


def test_a_selector_can_be_used_repeatedly() -> None:
    selector = Selector(parsed("$..a[0]"))
    for _ in range(3):
        assert walked(selector, ("b", "a", 0))
        assert not walked(selector, ("b", "a", 1))
        assert not walked(selector, ("b", "c", 0))


# Events


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("drop", [False, True])
def test_events_of_the_selected_nodes_only(text: str, drop: bool) -> None:
    queries = parsed(text)
    expected = chosen(DOCUMENT, queries)
    for fragments in cuttings(DOCUMENT):
        builder = SelectingBuilder(Selector(queries), drop)
        assert merge_deltas(ran(builder, fragments)) == expected


@given(st.lists(TEXTS, max_size=3), st.sampled_from(DOCUMENTS), st.booleans())
def test_events_of_any_queries(texts: list[str], document: str, drop: bool) -> None:
    queries = parsed(*texts)
    found = ran(SelectingBuilder(Selector(queries), drop), [document])
    assert merge_deltas(found) == chosen(document, queries)


def test_a_node_inside_a_selected_one_has_no_events() -> None:
    builder = SelectingBuilder(Selector(parsed("$.a")))
    assert ran(builder, ['{"a": [1, "x"], "b": [2]}']) == [
        ValueStarted(("a",), "array"),
        ValueCompleted(("a",), [1, "x"]),
    ]


def test_a_selected_node_inside_a_selected_one_has_events() -> None:
    builder = SelectingBuilder(Selector(parsed("$.a", "$.a[1]")), drop=True)
    assert ran(builder, ['{"a": [1, "x"], "b": "y"}']) == [
        ValueStarted(("a",), "array"),
        ValueStarted(("a", 1), "string"),
        StringDelta(("a", 1), "x"),
        ValueCompleted(("a", 1), "x"),
        ValueCompleted(("a",), [1, "x"]),
    ]


def test_a_repeated_key_is_selected_each_time() -> None:
    for drop in (False, True):
        builder = SelectingBuilder(Selector(parsed("$.a")), drop)
        found = ran(builder, ['{"a": 1, "b": 2, "a": [3]}'])
        assert found == [
            ValueCompleted(("a",), 1),
            ValueStarted(("a",), "array"),
            ValueCompleted(("a",), [3]),
        ]


@pytest.mark.parametrize("root", ["1", "null", '"text"', "[1]", "{}"])
@pytest.mark.parametrize("drop", [False, True])
def test_a_selected_root(root: str, drop: bool) -> None:
    for fragments in cuttings(root + " "):
        builder = SelectingBuilder(Selector(parsed("$")), drop)
        assert merge_deltas(ran(builder, fragments)) == chosen(root, parsed("$"))
        assert builder.started


def test_documents_one_after_the_other() -> None:
    queries = parsed("$[*]", "$[1].a")
    for drop in (False, True):
        for fragments in cuttings('[1] {"a": "x"} 3'):
            builder = SelectingBuilder(Selector(queries), drop, many=True)
            found = merge_deltas(ran(builder, fragments, many=True))
            assert found == chosen('[1] {"a": "x"} 3', queries, many=True)
            assert builder.started
            assert builder.value == ([] if drop else [[1], {"a": "x"}, 3])


# Values


@pytest.mark.parametrize("text", QUERIES)
def test_the_value_is_whole_without_drop(text: str) -> None:
    for fragments in cuttings(DOCUMENT):
        builder = SelectingBuilder(Selector(parsed(text)))
        ran(builder, fragments)
        assert builder.value == json.loads(DOCUMENT)


ABSENT: Any = object()


def pruned(value: Any, open_path: Path, selects: Callable[[Path], bool], path: Path = ()) -> Any:
    """Return what remains of a partial value if only open selected nodes keep their content."""
    if selects(path):
        return value
    if path == open_path:
        return ABSENT if isinstance(value, str) else type(value)()
    step = open_path[len(path)]
    inner = pruned(value[step], open_path, selects, (*path, step))
    if inner is ABSENT:
        return type(value)()
    return {step: inner} if isinstance(value, dict) else [inner]


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("read", ["always", "seldom"])
def test_only_open_values_are_kept(text: str, read: str) -> None:
    selects = wanted(parsed(text))
    whole = Builder()
    builder = SelectingBuilder(Selector(parsed(text)), drop=True)
    one, other = Machine(whole), Machine(builder)
    for at, char in enumerate(chars(DOCUMENT)[:-1]):
        one.feed(char)
        other.feed(char)
        assert builder.open_path == whole.open_path
        assert builder.next_path() == whole.next_path()
        if whole.open_path is not None and (read == "always" or at % 7 == 0):
            expected = pruned(whole.value, whole.open_path, selects)
            assert builder.value == expected
            assert builder.snapshot() == expected


@pytest.mark.parametrize("text", ["$.items[*]", "$..id", "$.nothing", "$.items[*].tags[0]"])
def test_memory_does_not_grow_with_the_document(text: str) -> None:
    builder = SelectingBuilder(Selector(parsed(text)), drop=True)
    machine = Machine(builder)
    machine.feed('{"items": [')
    for number in range(500):
        machine.feed(f'{{"id": {number}, "tags": ["t", "u"], "s": "long text"}}, "x", [1, 2], ')
        builder.take_events()
        assert builder.value == {"items": []}
        assert builder.next_path() == ("items", 3 * number + 3)


def test_arrays_hold_only_open_items_and_paths_keep_their_indexes() -> None:
    builder = SelectingBuilder(Selector(parsed("$[*].name")), drop=True)
    machine = Machine(builder)
    machine.feed('[0, {"name": "a"}, {"name": "b"}, {"age": 9, "name": "c')
    assert builder.value == [{"name": "c"}]
    assert builder.open_path == (3, "name")
    assert [event.path for event in builder.take_events()][-2:] == [(3, "name"), (3, "name")]


@pytest.mark.parametrize("root", ["1", "null", '"text"', '"te\\nxt"'])
def test_a_scalar_or_string_root_is_dropped(root: str) -> None:
    left = []
    for fragments in cuttings(root + " "):
        for read in (False, True):
            builder = SelectingBuilder(Selector(parsed("$")), drop=True)
            machine = Machine(builder)
            for fragment in fragments:
                machine.feed(fragment)
                if read:
                    builder.snapshot()
            left.append(builder.value)
    assert left == [None] * len(left)


def test_a_requested_value_is_kept_while_it_is_open() -> None:
    builder = SelectingBuilder(Selector([]), drop=True)
    before, keep, after = calls_of('{"a": [1, {"b":'), calls_of('["x", {"y": "z'), ("text", "!", 0)
    play(before, builder)
    builder.keep_next()
    play(keep, builder)
    assert builder.value == {"a": [{"b": ["x", {"y": "z"}]}]}
    play([after, ("end_string", 0), ("end", 0)], builder)
    assert builder.innermost() == ["x", {"y": "z!"}]
    play([("end", 0)], builder)
    assert builder.value == {"a": [{}]}
    assert builder.take_events() == []


def test_a_requested_string_is_kept_while_it_is_open() -> None:
    builder = SelectingBuilder(Selector([]), drop=True)
    play(calls_of('{"a":'), builder)
    builder.keep_next()
    play([("start_string", 5), ("text", "x", 6)], builder)
    assert builder.innermost() == "x"
    play([("end_string", 7)], builder)
    assert builder.value == {}
    play(calls_of('{"b": "not asked for'), builder)
    assert builder.innermost() == ""


def test_a_request_ends_when_a_scalar_arrives() -> None:
    builder = SelectingBuilder(Selector([]), drop=True)
    play(calls_of("["), builder)
    builder.keep_next()
    play([("scalar", 1, 1), *calls_of("[2, 3")], builder)
    assert builder.value == [[]]


# Forks


def events_of(builder: Builder, calls: list[Call]) -> list[Any]:
    play(calls, builder)
    return builder.take_events()


@pytest.mark.parametrize("text", ["$", "$.items[*]", "$..id", "$.items[*].tags[*]", "$..deep"])
@pytest.mark.parametrize("drop", [False, True])
def test_a_fork_at_every_call(text: str, drop: bool) -> None:
    calls = calls_of(DOCUMENT)
    whole = SelectingBuilder(Selector(parsed(text)), drop)
    expected = events_of(whole, calls)
    for at in range(len(calls) + 1):
        builder = SelectingBuilder(Selector(parsed(text)), drop)
        first = events_of(builder, calls[:at])
        other = SelectingBuilder(Selector(parsed(text)), drop)
        other.resume(builder.state_now())
        before = repr(builder.value)
        for twin in (builder.clone(), other):
            assert repr(twin.value) == before
            assert first + events_of(twin, calls[at:]) == expected
            assert twin.value == whole.value
        assert repr(builder.value) == before


@pytest.mark.parametrize("asked", ["[1, [2]]", '{"a": [2]}', '"text"'])
def test_a_request_is_for_one_value_only(asked: str) -> None:
    builder = SelectingBuilder(Selector([]), drop=True)
    play(calls_of("["), builder)
    builder.keep_next()
    play([*calls_of(asked), *calls_of('[3, {"b": 4}, "x"')], builder)
    assert builder.value == [[]]


def test_a_fork_keeps_the_request_of_a_validator() -> None:
    builder = SelectingBuilder(Selector([]), drop=True)
    play(calls_of("["), builder)
    builder.keep_next()
    twin = builder.clone()
    play(calls_of("[1, 2"), twin)
    play([("scalar", 2, 0)], twin)
    assert twin.value == [[1, 2]]
