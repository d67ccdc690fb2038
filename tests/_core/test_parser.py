"""Tests of `JSONParser`: options, kinds of input, the life cycle, errors and forks."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from streamparse import (
    JSONParser,
    JSONSyntaxError,
    Limits,
    Query,
    StreamParseError,
    ValueCompleted,
)
from tests.helpers import merge_deltas, tokens
from tests.parts import (
    DOCUMENTS,
    RecordingFactory,
    both,
    chars,
    failure,
    feed_all,
    halvings,
    read,
)

# Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dialect": "loose"}, "dialect must be 'strict'"),
        ({"dialect": ""}, "dialect must be"),
        ({"trailing": "ignore"}, "trailing must be 'error' or 'stop', not 'ignore'"),
        ({"keep": "none"}, "keep must be 'all' or 'open'"),
        ({"surrogates": "drop"}, "surrogates must be 'keep' or 'replace' or 'error'"),
        ({"many": True, "trailing": "stop"}, "trailing='stop' contradicts"),
        ({"keep": "open"}, "give select"),
        ({"select": "items[*]"}, "must begin with"),
        ({"select": ""}, "must begin with"),
        ({"select": "$[-1]"}, "negative index"),
        ({"select": "$[?@.a]"}, "filters are not supported"),
        ({"select": "$[0:2]"}, "slices are not supported"),
        ({"select": ["$.a", "$.b["]}, "never closed"),
    ],
)
def test_wrong_values(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        JSONParser(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"dialect": 5},
        {"dialect": None},
        {"trailing": None},
        {"trailing": b"stop"},
        {"keep": True},
        {"surrogates": 1},
        {"select": 5},
        {"select": [5]},
        {"select": b"$"},
        {"select": [None]},
        {"limits": 5},
        {"limits": {"depth": 3}},
        {"parse_float": "float"},
        {"parse_int": 3},
        {"parse_int": None},
        {"validator": 3},
        {"validator": {"type": "object"}},
    ],
    ids=repr,
)
def test_wrong_types(options: dict[str, Any]) -> None:
    # The compiled build may raise TypeError where the interpreted one raises ValueError.
    with pytest.raises((TypeError, ValueError)):
        JSONParser(**options)


def test_unknown_options() -> None:
    with pytest.raises(TypeError):
        JSONParser(depth=5)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        JSONParser("strict", True)  # type: ignore[call-arg]


def test_the_dialect_may_be_given_by_name() -> None:
    assert JSONParser(dialect="strict").feed("1 ") == [ValueCompleted((), 1)]


@pytest.mark.parametrize(
    "select",
    [
        "$.a",
        ["$.a"],
        ("$.a",),
        Query.parse("$.a"),
        [Query.parse("$.a")],
        ["$.a", Query.parse("$.a")],
        ["$.zz", "$['a', 'b']"],
    ],
    ids=repr,
)
@pytest.mark.parametrize("keep", ["all", "open"])
def test_ways_to_select(select: Any, keep: str) -> None:
    parser = JSONParser(select=select, keep=keep)
    assert read(parser, ['{"a": 1, "c": 2}']) == [ValueCompleted(("a",), 1)]


def test_nothing_selected() -> None:
    parser = JSONParser(select=[])
    assert read(parser, ['{"a": "b"}']) == []
    assert parser.value == {"a": "b"}


def test_the_callers_list_of_queries_is_not_kept() -> None:
    select = ["$.a"]
    parser = JSONParser(select=select)
    select.append("$.b")
    assert read(parser.clone(), ['{"b": 1}']) == []


# The end


def test_finish_gives_the_last_events_once() -> None:
    parser = JSONParser()
    assert parser.feed("12") == []
    assert parser.finish() == [ValueCompleted((), 12)]
    assert parser.finish() == []
    assert parser.finish() == []
    assert (parser.value, parser.done) == (12, True)


def test_feeding_after_the_end() -> None:
    for document in ("[1]", b"[1]"):
        for options in ({}, {"many": True}, {"trailing": "stop"}):
            parser = JSONParser(**options)
            parser.feed(document)
            parser.finish()
            for _ in range(2):
                with pytest.raises(StreamParseError) as caught:
                    parser.feed(document)
                assert caught.value.code == "finished"
            assert parser.finish() == []
            assert parser.done


def test_finish_at_once() -> None:
    assert failure(JSONParser(), []).code == "empty"
    parser = JSONParser(many=True)
    assert parser.finish() == []
    assert (parser.value, parser.done, parser.started) == ([], True, False)


def test_a_failed_finish_is_final() -> None:
    parser = JSONParser()
    parser.feed("[1")
    for _ in range(3):
        with pytest.raises(StreamParseError) as caught:
            parser.finish()
        assert caught.value.code == "truncated"
    with pytest.raises(StreamParseError) as caught:
        parser.feed("]")
    assert caught.value.code == "truncated"
    assert not parser.done


@pytest.mark.parametrize("many", [False, True])
def test_a_failed_parser_keeps_its_value(many: bool) -> None:
    text = '{"a": [1, {"b": "x\x00'
    for fragments in both(text):
        parser = JSONParser(many=many)
        failure(parser, fragments)
        value = {"a": [1, {"b": "x"}]}
        assert parser.value == ([value] if many else value)
        assert parser.snapshot() == parser.value
        assert parser.started
        assert not parser.done
        assert parser.open_path == ((0,) * many + ("a", 1, "b"))


def test_a_wrong_kind_of_input_after_an_error() -> None:
    parser = JSONParser()
    failure(parser, ["]"])
    with pytest.raises(JSONSyntaxError):
        parser.feed(b"x")


# Forks

OPTIONS: list[dict[str, Any]] = [
    {},
    {"many": True},
    {"trailing": "stop"},
    {"select": "$..a"},
    {"select": ["$.a[*]", "$.b"], "keep": "open"},
    {"select": (), "keep": "open"},
    {"many": True, "select": "$[*]", "keep": "open"},
    {"surrogates": "replace"},
    {"surrogates": "error"},
    {"parse_float": Decimal, "parse_int": Decimal},
    {"limits": Limits(keys=3, items=4, string=30, depth=4, document=200)},
    {"validator": RecordingFactory()},
    {"trailing": "stop", "select": "$.b", "keep": "open", "validator": RecordingFactory()},
]
FORKED = [
    '{"a": [1, -2.5e3, {"a": "x\\n\\ud83d\\ude00"}], "b": [1, null], "\\u00e9": "\ud83d\ude00é"} ',
    '["\\ud83d alone", {"a": 12}, [[]]]\n[2] "more"',
    "12.50 trailing",
    '\ufeff "text" x',
    '{"a": "b"',
]


def forks(parser: JSONParser) -> Iterator[JSONParser]:
    yield parser.clone()
    yield copy.copy(parser)
    yield copy.deepcopy(parser)
    yield pickle.loads(pickle.dumps(parser))


def rest_of(parser: JSONParser, fragments: list[Any]) -> tuple[Any, ...]:
    """Return all results of a parser from here to the end."""
    events: list[Any] = []
    try:
        for fragment in fragments:
            events += parser.feed(fragment)
        events += parser.finish()
        error = None
    except StreamParseError as failed:
        events += failed.events
        place = (failed.offset, failed.line, failed.column, failed.path, failed.excerpt)
        error = (failed.code, *place)
    return (events, error, *shown(parser))


def shown(parser: JSONParser) -> tuple[Any, ...]:
    state = (parser.started, parser.done, parser.open_path, parser.remainder)
    return tokens(parser.value), *state, parser.violations


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
@pytest.mark.parametrize("document", FORKED)
def test_a_fork_at_every_character(options: dict[str, Any], document: str) -> None:
    for first, second in halvings(document):
        parser = JSONParser(**options)
        try:
            parser.feed(first)
        except StreamParseError:
            break
        before = shown(parser)
        twins = list(forks(parser))
        assert [shown(twin) for twin in twins] == [before] * 4
        outcomes = [rest_of(twin, [second]) for twin in twins]
        assert shown(parser) == before, "a fork does not change the original"
        assert outcomes == [rest_of(parser, [second])] * 4


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
def test_a_fork_at_every_byte(options: dict[str, Any]) -> None:
    data = '{"a": [1, {"a": "é😀"}], "b": [true, "\\ud83d\\ude00"]}\n €rest'.encode()
    for first, second in halvings(data):
        parser = JSONParser(**options)
        try:
            parser.feed(first)
        except StreamParseError:
            break
        twins = list(forks(parser))
        outcomes = [rest_of(twin, chars(second)) for twin in twins]
        assert outcomes == [rest_of(parser, chars(second))] * 4


def test_a_fork_of_a_fork() -> None:
    parser = JSONParser()
    expected = read(JSONParser(), [DOCUMENTS[0]])
    events = []
    for char in chars(DOCUMENTS[0]):
        events += parser.feed(char)
        *_, parser = forks(parser)
    assert merge_deltas(events) == merge_deltas(expected)


def test_forks_of_a_new_parser() -> None:
    for twin in forks(JSONParser(many=True, parse_int=str)):
        read(twin, ["1 2"])
        assert twin.value == ["1", "2"]


def test_forks_of_a_finished_parser() -> None:
    parser = JSONParser(trailing="stop")
    read(parser, [b"[1] ", b"rest"])
    for twin in forks(parser):
        assert shown(twin) == shown(parser)
        assert twin.finish() == []
        with pytest.raises(StreamParseError, match="after finish"):
            twin.feed(b"x")


def test_forks_of_a_failed_parser() -> None:
    parser = JSONParser()
    error = failure(parser, ['[1, "a", ?'])
    for twin in forks(parser):
        assert twin.value == [1, "a"]
        for call in (lambda one=twin: one.feed("]"), twin.finish):
            with pytest.raises(JSONSyntaxError) as caught:
                call()
            assert str(caught.value) == str(error)
            assert caught.value.events == []


def test_forks_take_text_or_bytes_like_the_original() -> None:
    for first, other in (("[", b"]"), (b"[", "]")):
        parser = JSONParser()
        parser.feed(first)
        for twin in forks(parser):
            with pytest.raises(TypeError):
                twin.feed(other)


def test_a_clone_shares_complete_values() -> None:
    parser = JSONParser()
    parser.feed('[{"whole": [1]}, {"open": [')
    twin = parser.clone()
    assert twin.value[0] is parser.value[0]
    assert twin.value[1] is not parser.value[1]
    parser.feed("1")
    twin.feed("2]")
    parser.feed("]")
    assert (parser.value[1], twin.value[1]) == ({"open": [1]}, {"open": [2]})


@pytest.mark.parametrize("opener", ["[", '{"in": '])
@pytest.mark.parametrize("options", [{}, {"many": True}, {"select": "$..in", "keep": "open"}])
def test_forks_at_the_limit_of_depth(opener: str, options: dict[str, Any]) -> None:
    closer = "]" if opener == "[" else "}"
    parser = JSONParser(**options)
    parser.feed(opener * 1000)
    for twin in forks(parser):
        assert twin.open_path == parser.open_path
        twin.feed("0" + closer * 500)
        for last in forks(twin):
            read(last, [closer * 500])
            assert last.done
    for twin in forks(parser):
        assert failure(twin, [opener]).code == "depth"


def test_a_pickle_of_a_deep_value_that_is_complete() -> None:
    parser = JSONParser()
    feed_all(parser, ["[" * 1000 + "]" * 1000])
    for twin in forks(parser):
        assert twin.done
        assert tokens(twin.value) == tokens(parser.value)
