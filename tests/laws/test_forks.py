"""Forks: `clone`, `copy` and `pickle` in mid-stream give an independent parser in the same state.

The state may be taken at any character and at any depth.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, Limits, StreamParseError
from tests.helpers import (
    Outcome,
    call,
    cut,
    described,
    failure,
    pickled,
    run,
    run_on,
    run_relayed,
    tokens,
)
from tests.strategies import (
    ANY_BYTES,
    ANY_MANY_TEXTS,
    ANY_TEXTS,
    PLACES,
    QUERIES,
    SIZES,
    STOP_TEXTS,
    options,
)


def pickled_by_every_protocol(parser: JSONParser) -> JSONParser:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        parser = pickle.loads(pickle.dumps(parser, protocol))
    return parser


FORKS: list[Callable[[JSONParser], JSONParser]] = [
    JSONParser.clone,
    copy.copy,
    copy.deepcopy,
    pickled,
    pickled_by_every_protocol,
]
each_fork = pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.__name__)

ANY_OPTIONS = st.one_of(
    options(),
    options(select=QUERIES),
    st.builds(
        lambda queries, chosen: {"select": queries, "keep": "open", **chosen}, QUERIES, options()
    ),
)


def visible(parser: JSONParser) -> dict[str, Any]:
    """Return everything that can be read from a parser."""
    return {
        "value": tokens(parser.value),
        "snapshot": tokens(parser.snapshot()),
        "open_path": parser.open_path,
        "started": parser.started,
        "done": parser.done,
        "remainder": parser.remainder,
        "texts": (parser.prefix, parser.repairs, parser.truncated, parser.violations),
    }


def check_relay(
    pieces: Sequence[str | bytes], fork: Callable[[JSONParser], JSONParser], **chosen: Any
) -> None:
    relayed = run_relayed(JSONParser(**chosen), pieces, fork)
    assert relayed == run(pieces, **chosen)


@each_fork
@given(st.one_of(ANY_TEXTS, ANY_BYTES), SIZES, ANY_OPTIONS)
def test_a_fork_between_all_fragments_changes_nothing(
    fork: Callable[[JSONParser], JSONParser],
    data: str | bytes,
    sizes: Sequence[int],
    chosen: dict[str, Any],
) -> None:
    check_relay(cut(data, sizes), fork, **chosen)


@given(ANY_MANY_TEXTS, SIZES, ANY_OPTIONS, st.sampled_from(FORKS))
def test_a_fork_of_many(
    text: str,
    sizes: Sequence[int],
    chosen: dict[str, Any],
    fork: Callable[[JSONParser], JSONParser],
) -> None:
    check_relay(cut(text, sizes), fork, many=True, **chosen)


@given(st.one_of(STOP_TEXTS, ANY_BYTES), SIZES, options(select=QUERIES), st.sampled_from(FORKS))
def test_a_fork_before_and_after_the_stop(
    data: str | bytes,
    sizes: Sequence[int],
    chosen: dict[str, Any],
    fork: Callable[[JSONParser], JSONParser],
) -> None:
    check_relay(cut(data, sizes), fork, trailing="stop", **chosen)


@each_fork
@given(ANY_TEXTS, PLACES, ANY_TEXTS, ANY_OPTIONS)
def test_forks_diverge(
    fork: Callable[[JSONParser], JSONParser],
    text: str,
    place: int,
    other: str,
    chosen: dict[str, Any],
) -> None:
    """Input that one fork receives does not affect the others."""
    place %= len(text) + 1
    before, after = text[:place], text[place:]
    parser = JSONParser(**chosen)
    if call(parser, before)[1] is not None:
        return
    expected = [ended(before, rest, chosen) for rest in (after, other)]
    twin, third = fork(parser), fork(parser)
    assert [run_on(parser, [after]), run_on(twin, [other])] == expected
    assert run_on(third, [after]) == expected[0]


def ended(before: str, rest: str, chosen: dict[str, Any]) -> Outcome:
    """Return the results for `rest` of a parser that got `before` and was never forked."""
    parser = JSONParser(**chosen)
    parser.feed(before)
    return run_on(parser, [rest])


# Beginnings of documents that end inside each kind of token and container.
KINDS_OF_PLACES = (
    "",
    "\ufeff",
    " \n",
    '{"',
    '{"k\\u00',
    '{"k\\ud83d',
    '{"k"',
    '{"k":',
    '{"k": 1',
    '{"k": 1,',
    '{"k": 1, "k": "x',
    '["a", "b',
    '["a\\',
    '["a\\u12',
    '["\\ud83d',
    '["\ud83d',
    "[-1.5e",
    "[fal",
    "[1]",
    "[1] ",
    "12",
    '"x',
    '"x"',
)


@pytest.mark.parametrize(
    "fork", [*FORKS, pickled_by_every_protocol], ids=lambda fork: fork.__name__
)
@pytest.mark.parametrize("text", KINDS_OF_PLACES)
def test_a_fork_at_each_kind_of_place(fork: Callable[[JSONParser], JSONParser], text: str) -> None:
    """The parser and its fork give the same results, whether or not `value` was read before."""
    for read in (False, True):
        for rest in ("", "0", '"', 'e"]', "\\ude00", ",", "]", "}", ' "x'):
            parser = JSONParser()
            parser.feed(text)
            assert not read or parser.value is parser.value
            twin = fork(parser)
            assert run_on(twin, [rest]) == run_on(parser, [rest])


@each_fork
@pytest.mark.parametrize("unit", ["x", r"\n", r"\ud83d\ude00", "\U0001f600"])
def test_a_fork_keeps_the_length_of_the_open_string(
    fork: Callable[[JSONParser], JSONParser], unit: str
) -> None:
    """The fork applies the limit exactly, even if it was still far away at the time of the fork."""
    text = '["' + unit * 9_000
    for place in (2, 10, 5_000):
        parser = JSONParser(limits=Limits(string=9_000))
        parser.feed(text[:place])
        twin = fork(parser)
        twin.feed(text[place:])
        error = call(twin, "y")[1]
        assert error is not None
        assert (error.code, error.offset) == ("string_length", len(text))


# Depth


def openings(depth: int) -> Iterator[tuple[str, str]]:
    yield "[" * depth, "]" * depth
    yield '{"a":' * (depth - 1) + "{", "}" * depth
    yield '[{"":' * (depth // 2), '"x"' + "}]" * (depth // 2)


@each_fork
@pytest.mark.parametrize("many", [False, True])
def test_a_fork_at_the_depth_limit(fork: Callable[[JSONParser], JSONParser], many: bool) -> None:
    """A parser can be forked with a thousand open containers, and again when all are closed."""
    for opening, closing in openings(1000):
        parser = JSONParser(many=many)
        parser.feed(opening)
        twin = fork(parser)
        assert visible(twin) == visible(parser)
        assert len(twin.feed(closing[:-1])) == len(parser.feed(closing[:-1]))
        assert described(twin.feed(closing[-1:])) == described(parser.feed(closing[-1:]))
        assert visible(twin) == visible(fork(parser))


def test_events_and_errors_pickle_at_the_depth_limit() -> None:
    """An error for a value of a thousand levels can be pickled together with its events."""
    parser = JSONParser()
    parser.feed("[" * 1000 + "]" * 999)
    with pytest.raises(StreamParseError) as caught:
        parser.feed("]]")
    error = pickle.loads(pickle.dumps(caught.value))
    assert failure(error) == failure(caught.value)
    assert described(error.events) == described(caught.value.events)
    assert len(error.events) == 1
