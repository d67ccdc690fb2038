"""Tests of subtrees: Hermes-style arguments to a chain of their own, with their source text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import SchemaViolation, StringDelta, ValueCompleted
from streamparse._core.chain import Chain
from streamparse._core.machine import Machine
from streamparse._core.sink import Sink
from streamparse._core.subtree import Subtree
from tests.helpers import merge_deltas
from tests.parts import (
    Call,
    Judging,
    Recorder,
    calls_of,
    chars,
    cuttings,
    feed_each,
    halvings,
    joined,
    play,
)

ARGUMENTS = [
    '{"city": "Z\\u00fcrich", "days": [1, 2, {"deep": {}}]}',
    "[]",
    "{ }",
    '[1, "a", [true]]',
    '"plain text, with \\"quotes\\" and } ] in it"',
    '""',
    "-12.50e1",
    "0",
    "true",
    "false",
    "null",
]
SHAPES = [
    '{{"name": "f", "arguments": {}}}',
    '{{"arguments": {}, "name": "f"}}',
    '{{"arguments":{},"name":"f"}}',
    ' {{ "id" : [1, {{"arguments": 0}}] , "arguments" :\n {} \n, "name": "f" }} ',
    '{{"\\u0061rguments": {} , "name": {{"arguments": "no"}}}}',
]


class HermesCall:
    """One call: the arguments in a chain and as text, everything else in another chain."""

    def __init__(self, path: tuple[Any, ...] = ("arguments",)) -> None:
        self.arguments = Chain()
        self.rest = Chain()
        self.subtree = Subtree(path, self.arguments.head, self.rest.head)
        self.machine = Machine(self.subtree)
        self.text = ""
        self.place = 0

    def feed(self, fragment: str) -> None:
        self.machine.feed(fragment)
        self.text += self.subtree.source(fragment, self.place)
        self.place += len(fragment)

    def clone(self) -> HermesCall:
        twin = HermesCall()
        twin.subtree = self.subtree.clone()
        twin.machine = self.machine.clone(twin.subtree)
        twin.text, twin.place = self.text, self.place
        return twin

    @property
    def shown(self) -> tuple[Any, ...]:
        """What both sides have, by their sinks, which a clone has made anew."""
        inner, rest = self.subtree.inner, self.subtree.rest
        return getattr(inner, "value", None), getattr(rest, "value", None), self.text


def fed(fragments: list[str], path: tuple[Any, ...] = ("arguments",)) -> HermesCall:
    call = HermesCall(path)
    for fragment in fragments:
        call.feed(fragment)
    call.machine.finish()
    return call


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_arguments_of_any_kind_in_any_order(arguments: str, shape: str) -> None:
    document = shape.format(arguments)
    whole = json.loads(document)
    value = whole.pop("arguments")
    for fragments in [*cuttings(document), *halvings(document)]:
        call = fed(fragments)
        assert call.arguments.value == value
        assert call.rest.value == whole
        assert call.text == arguments
        assert document[call.subtree.start : call.subtree.stop] == arguments
        assert call.subtree.occurrences == 1


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_source_text_comes_with_the_arguments(arguments: str) -> None:
    call = HermesCall()
    before = '{"name": "f", "arguments": '
    for char in chars(before):
        call.feed(char)
    assert call.text == ""
    for count, char in enumerate(chars(arguments), start=1):
        call.feed(char)
        assert call.text == arguments[:count]
    for char in chars(' , "more": 1}'):
        call.feed(char)
        assert call.text == arguments


def test_arguments_reach_their_chain_as_they_arrive() -> None:
    call = HermesCall()
    call.feed('{"name": "f", "arguments": {"city": "Par')
    assert call.arguments.value == {"city": "Par"}
    assert call.arguments.open_path == ("city",)
    assert call.rest.open_path == ()
    call.feed("is")
    assert call.arguments.take_events()[-2:] == [
        StringDelta(("city",), "Par"),
        StringDelta(("city",), "is"),
    ]
    assert call.subtree.inside
    call.feed('"}, "id": "x')
    assert not call.subtree.inside
    assert call.arguments.open_path is None
    assert call.rest.value == {"name": "f", "id": "x"}


def test_events_are_the_same_for_every_cut() -> None:
    document = SHAPES[0].format(ARGUMENTS[0])
    chains = [fed(fragments).arguments for fragments in cuttings(document)]
    found = [merge_deltas(chain.take_events()) for chain in chains]
    assert found[0][-1] == ValueCompleted((), json.loads(ARGUMENTS[0]))
    assert found == [found[0]] * len(found)


def test_the_rest_hears_of_the_key_but_not_of_the_value() -> None:
    rest, inner = Recorder(precise=True), Recorder(precise=True)
    Machine(Subtree(("a",), inner, rest)).feed('{"a": [1, {"b": "x"}], "c": 2}')
    assert rest.calls == [
        ("start_object", 0),
        ("start_key", 1),
        ("key_text", "a", 2),
        ("end_key", 3),
        ("start_key", 23),
        ("key_text", "c", 24),
        ("end_key", 25),
        ("start_scalar", "number", 28),
        ("scalar", 2, 29),
        ("end", 29),
    ]
    assert inner.calls[0] == ("start_array", 6)
    assert inner.calls[-1] == ("end", 20)
    assert len(inner.calls) == len(calls_of('[1, {"b": "x"}]'))


def test_repairs_go_to_whoever_is_listening() -> None:
    rest, inner = Recorder(), Recorder()
    subtree = Subtree(("a",), inner, rest)
    play([("start_object", 0), ("repair", "one", 0, True), *calls_of('{"a":')[1:]], subtree)
    play([("start_array", 5), ("repair", "two", 6, False)], subtree)
    assert rest.calls[1] == ("repair", "one", 0, True)
    assert inner.calls == [("start_array", 5), ("repair", "two", 6, False)]


@pytest.mark.parametrize("other", ["null", "[1]", '{"arguments": {}}', '"text"'])
def test_a_repeated_key(other: str) -> None:
    document = f'{{"arguments": {{"a": 1}}, "name": "f", "arguments": {other}, "id": 7}}'
    for fragments in [*cuttings(document), *halvings(document)]:
        call = fed(fragments)
        assert call.subtree.occurrences == 2
        assert call.arguments.value == {"a": 1}
        assert call.text == '{"a": 1}'
        assert call.rest.value == {"name": "f", "id": 7}


def test_no_arguments_at_all() -> None:
    for fragments in cuttings('{"name": "f", "args": {"arguments": 1}}'):
        call = fed(fragments)
        assert not call.arguments.started
        assert call.text == ""
        assert (call.subtree.start, call.subtree.stop) == (-1, -1)
        assert call.subtree.occurrences == 0


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ((), '{"a": [10, {"b": "x"}, []], "0": {"b": null}}'),
        (("a",), '[10, {"b": "x"}, []]'),
        (("a", 0), "10"),
        (("a", 1), '{"b": "x"}'),
        (("a", 1, "b"), '"x"'),
        (("a", 2), "[]"),
        (("0",), '{"b": null}'),
        (("0", "b"), "null"),
        ((0,), ""),
        (("a", "0"), ""),
        (("a", 3), ""),
        (("a", 0, 0), ""),
    ],
)
def test_any_node(path: tuple[Any, ...], source: str) -> None:
    document = ' {"a": [10, {"b": "x"}, []], "0": {"b": null}}\n'
    for fragments in cuttings(document):
        call = fed(fragments, path)
        assert call.text == source
        assert call.arguments.value == (json.loads(source) if source else None)


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_whole_document(arguments: str) -> None:
    for fragments in cuttings(arguments):
        call = fed(fragments, ())
        assert call.text == arguments
        assert call.arguments.value == json.loads(arguments)
        assert not call.rest.started


def test_a_root_number_ends_with_the_input() -> None:
    for fragments in cuttings(" 12"):
        call = fed(fragments, ())
        assert (call.subtree.start, call.subtree.stop) == (1, 3)
        assert call.text == "12"


def test_an_empty_fragment_has_no_source() -> None:
    call = HermesCall()
    for fragment in ('{"arguments"', "", ": [", "", "]", "", "}", ""):
        call.feed(fragment)
    assert call.text == "[]"


# Judged arguments


def test_runs_are_precise_when_either_side_asks_for_it() -> None:
    plain, picky = Recorder(), Recorder(precise=True)
    assert not Subtree((), plain, plain).precise
    assert Subtree((), picky, plain).precise
    assert Subtree((), plain, picky).precise


def test_judged_arguments_have_places_of_the_whole() -> None:
    document = '{"name": "f", "arguments": {"city": "Paris"}}'
    bound = document.index("ris")
    for fragments in cuttings(document):
        chain = Chain(validator=Judging(bound))
        machine = Machine(Subtree(("arguments",), chain.head, Sink()))
        with pytest.raises(SchemaViolation) as caught:
            feed_each(machine, fragments)
        assert caught.value.offset == bound
        assert chain.value == {"city": "Pa"}


# Lists of calls


class Calls(Sink):
    """The items of a list of calls: watches for the next one when an item ends."""

    def __init__(self) -> None:
        super().__init__()
        self.chains = [Chain()]
        self.sources = [""]
        self.fragment, self.place, self.depth = "", 0, 0
        self.subtree = Subtree((0, "arguments"), self.chains[0].head, self)
        self.machine = Machine(self.subtree)

    def feed(self, fragment: str) -> None:
        self.fragment = fragment
        self.machine.feed(fragment)
        self.take_source()
        self.place += len(fragment)

    def take_source(self) -> None:
        self.sources[-1] += self.subtree.source(self.fragment, self.place)

    def start_object(self, offset: int) -> None:
        self.depth += 1

    def end(self, offset: int) -> None:
        self.depth -= 1
        if not self.depth:
            self.take_source()
            self.chains.append(Chain())
            self.sources.append("")
            self.subtree.watch((len(self.chains) - 1, "arguments"), self.chains[-1].head)


def test_one_call_after_the_other() -> None:
    document = (
        '[{"name": "f", "arguments": {"a": [1, 2]}}, {"arguments": 12, "name": "g"},'
        ' {"name": "none"}, {"arguments": "\\n", "arguments": 0}]'
    )
    for fragments in [*cuttings(document), *halvings(document)]:
        calls = Calls()
        for fragment in fragments:
            calls.feed(fragment)
        assert [chain.value for chain in calls.chains[:4]] == [{"a": [1, 2]}, 12, None, "\n"]
        assert calls.sources[:4] == ['{"a": [1, 2]}', "12", "", '"\\n"']


# Forks


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fork_at_every_character(shape: str) -> None:
    document = shape.format(ARGUMENTS[0])
    whole = fed([document]).shown
    for first, second in halvings(document):
        call = HermesCall()
        call.feed(first)
        before = call.shown
        twin = call.clone()
        assert twin.shown == before
        twin.feed(second)
        assert twin.shown == whole
        assert call.shown == before
        call.feed(second)
        assert call.shown == whole


def test_a_fork_inside_a_repeated_value() -> None:
    document = '{"arguments": 1, "arguments": [2, {"x": "y"}], "name": "f"}'
    for first, second in halvings(document):
        call = HermesCall()
        call.feed(first)
        twin = call.clone()
        twin.feed(second)
        assert twin.shown == (1, {"name": "f"}, "1")
        assert twin.subtree.occurrences == 2


def test_a_fork_tells_its_own_sinks() -> None:
    inner, rest = Recorder(), Recorder()
    heard: list[Call] = calls_of('{"a": [1, 2]}')
    for at in range(len(heard)):
        subtree = Subtree(("a",), inner.clone(), rest.clone())
        play(heard[:at], subtree)
        twin = subtree.clone()
        play(heard[at:], twin)
        assert isinstance(twin.inner, Recorder)
        assert isinstance(twin.rest, Recorder)
        assert joined(twin.rest.calls + twin.inner.calls) == joined(
            [call for call in heard if not 6 <= call[-1] <= 11]
            + [call for call in heard if 6 <= call[-1] <= 11]
        )
