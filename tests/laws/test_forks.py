"""Forks: `clone`, `copy` and `pickle` in mid-stream give an independent parser in the same state.

At any place, at any depth, in both builds.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, StreamParseError, ValueEvent
from tests.helpers import Outcome, cut, described, failure, outcome, run_on, tokens
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


def pickled(parser: JSONParser) -> JSONParser:
    twin = pickle.loads(pickle.dumps(parser))
    assert isinstance(twin, JSONParser)
    return twin


def pickled_by_every_protocol(parser: JSONParser) -> JSONParser:
    for protocol in range(pickle.HIGHEST_PROTOCOL):
        parser = pickle.loads(pickle.dumps(parser, protocol))
    return parser


FORKS: list[Callable[[JSONParser], JSONParser]] = [
    JSONParser.clone,
    copy.copy,
    copy.deepcopy,
    pickled,
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
    """Everything that can be read from a parser."""
    return {
        "value": tokens(parser.value),
        "snapshot": tokens(parser.snapshot()),
        "open_path": parser.open_path,
        "started": parser.started,
        "done": parser.done,
        "remainder": parser.remainder,
        "texts": (parser.prefix, parser.repairs, parser.truncated, parser.violations),
    }


def relayed(
    parser: JSONParser,
    pieces: Sequence[str | bytes],
    fork: Callable[[JSONParser], JSONParser],
) -> Outcome:
    """A run in which each fragment is fed to a fork of the parser that got the one before."""
    events: list[ValueEvent] = []
    error = None
    try:
        for piece in pieces:
            parser = fork(parser)
            events += parser.feed(piece)
        parser = fork(parser)
        events += parser.finish()
    except StreamParseError as failed:
        events += failed.events
        error = failure(failed)
    twin = fork(parser)
    assert visible(twin) == visible(parser)
    return outcome(twin, events, error)


@each_fork
@given(st.one_of(ANY_TEXTS, ANY_BYTES), SIZES, ANY_OPTIONS)
def test_a_fork_between_all_fragments_changes_nothing(
    fork: Callable[[JSONParser], JSONParser],
    data: str | bytes,
    sizes: Sequence[int],
    chosen: dict[str, Any],
) -> None:
    pieces: Sequence[str | bytes] = cut(data, sizes)
    assert relayed(JSONParser(**chosen), pieces, fork) == run_on(JSONParser(**chosen), pieces)


@given(ANY_MANY_TEXTS, SIZES, ANY_OPTIONS, st.sampled_from(FORKS))
def test_a_fork_of_many(
    text: str,
    sizes: Sequence[int],
    chosen: dict[str, Any],
    fork: Callable[[JSONParser], JSONParser],
) -> None:
    pieces = cut(text, sizes)
    parsers = [JSONParser(many=True, **chosen) for _ in range(2)]
    assert relayed(parsers[0], pieces, fork) == run_on(parsers[1], pieces)


@given(
    st.one_of(STOP_TEXTS, ANY_BYTES), SIZES, options(select=QUERIES), st.sampled_from(FORKS)
)
def test_a_fork_before_and_after_the_stop(
    data: str | bytes,
    sizes: Sequence[int],
    chosen: dict[str, Any],
    fork: Callable[[JSONParser], JSONParser],
) -> None:
    pieces: Sequence[str | bytes] = cut(data, sizes)
    parsers = [JSONParser(trailing="stop", **chosen) for _ in range(2)]
    assert relayed(parsers[0], pieces, fork) == run_on(parsers[1], pieces)


@each_fork
@given(ANY_TEXTS, PLACES, ANY_TEXTS, ANY_OPTIONS)
def test_forks_diverge(
    fork: Callable[[JSONParser], JSONParser],
    text: str,
    place: int,
    other: str,
    chosen: dict[str, Any],
) -> None:
    """What one is fed the other does not see, whichever goes first."""
    place %= len(text) + 1
    before, after = text[:place], text[place:]
    for order in (0, 1):
        try:
            parser, events = started(before, chosen)
        except StreamParseError:
            return
        twin = fork(parser)
        runs = [(parser, after), (twin, other)]
        found = [continued(one, events, rest) for one, rest in runs[:: 1 - 2 * order]]
        expected = [
            continued(started(before, chosen)[0], events, rest)
            for _, rest in runs[:: 1 - 2 * order]
        ]
        assert found == expected


def started(text: str, chosen: dict[str, Any]) -> tuple[JSONParser, list[ValueEvent]]:
    parser = JSONParser(**chosen)
    return parser, parser.feed(text)


def continued(parser: JSONParser, before: list[ValueEvent], text: str) -> Any:
    """The events of one more fragment and what is visible then."""
    try:
        events = parser.feed(text)
    except StreamParseError as error:
        events = error.events
    return described([*before, *events]), visible(parser)


# Places that a document is likely to be cut at, each inside something else.
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


@pytest.mark.parametrize("fork", [*FORKS, pickled_by_every_protocol], ids=lambda fork: fork.__name__)
@pytest.mark.parametrize("text", KINDS_OF_PLACES)
def test_a_fork_at_each_kind_of_place(fork: Callable[[JSONParser], JSONParser], text: str) -> None:
    """Both go on from there, with `value` read before or not."""
    for read in (False, True):
        for rest in ("", "0", '"', 'e"]', "\\ude00", ",", "]", "}", ' "x'):
            parser = JSONParser()
            parser.feed(text)
            assert not read or parser.value is parser.value
            twin = fork(parser)
            assert run_on(twin, [rest]) == run_on(parser, [rest])


# Depth


def openings(depth: int) -> Iterator[tuple[str, str]]:
    yield "[" * depth, "]" * depth
    yield '{"a":' * (depth - 1) + "{", "}" * depth
    yield '[{"":' * (depth // 2), '"x"' + "}]" * (depth // 2)


@each_fork
@pytest.mark.parametrize("many", [False, True])
def test_a_fork_at_the_depth_limit(fork: Callable[[JSONParser], JSONParser], many: bool) -> None:
    """A thousand open containers are no trouble; the whole value is then completed and forked."""
    for opening, closing in openings(1000):
        parser = JSONParser(many=many)
        parser.feed(opening)
        twin = fork(parser)
        assert visible(twin) == visible(parser)
        assert len(twin.feed(closing[:-1])) == len(parser.feed(closing[:-1]))
        assert described(twin.feed(closing[-1:])) == described(parser.feed(closing[-1:]))
        assert visible(twin) == visible(fork(parser))


def test_events_and_errors_pickle_at_the_depth_limit() -> None:
    """What a call returned can be sent elsewhere too."""
    parser = JSONParser()
    parser.feed("[" * 1000 + "]" * 999)
    with pytest.raises(StreamParseError) as caught:
        parser.feed("]]")
    error = pickle.loads(pickle.dumps(caught.value))
    assert failure(error) == failure(caught.value)
    assert described(error.events) == described(caught.value.events)
    assert len(error.events) == 1
