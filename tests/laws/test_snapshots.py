"""Later feeds do not change a snapshot, and its complete parts are shared with the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from streamparse import JSONParser, ValueCompleted, value_at
from tests.helpers import Path, Tokens, calls, cut, tokens
from tests.strategies import ANY_MANY_TEXTS, ANY_TEXTS, QUERIES, SIZES, UNIQUE_KEY_TEXTS, options


def check_snapshots_stay(pieces: Sequence[str], chosen: dict[str, Any]) -> None:
    parser = JSONParser(**chosen)
    taken: list[tuple[object, Tokens]] = []
    for _ in calls(parser, pieces):
        snapshot = parser.snapshot()
        assert tokens(snapshot) == tokens(parser.value)
        taken.append((snapshot, tokens(snapshot)))
    assert all(tokens(snapshot) == then for snapshot, then in taken)


@given(ANY_TEXTS, SIZES, options(select=QUERIES))
def test_later_feeds_do_not_change_a_snapshot(
    text: str, sizes: Sequence[int], chosen: dict[str, Any]
) -> None:
    check_snapshots_stay(cut(text, sizes), chosen)
    if "select" in chosen:
        check_snapshots_stay(cut(text, sizes), chosen | {"keep": "open"})


@given(ANY_MANY_TEXTS, SIZES, options())
def test_later_feeds_do_not_change_a_snapshot_of_many(
    text: str, sizes: Sequence[int], chosen: dict[str, Any]
) -> None:
    check_snapshots_stay(cut(text, sizes), chosen | {"many": True})


@given(UNIQUE_KEY_TEXTS, SIZES)
def test_complete_parts_are_shared(text: str, sizes: Sequence[int]) -> None:
    """A snapshot holds the completed values themselves, and copies of the open containers."""
    parser = JSONParser()
    completed: dict[Path, object] = {}
    for piece in cut(text, sizes):
        for event in parser.feed(piece):
            if isinstance(event, ValueCompleted):
                completed[event.path] = event.value
        snapshot: Any = parser.snapshot()
        for path, value in completed.items():
            assert value_at(snapshot, path) is value
        for path in prefixes(parser.open_path):
            ours, theirs = value_at(snapshot, path), value_at(parser.value, path)
            assert ours is not theirs or isinstance(ours, str)


def prefixes(path: Path | None) -> list[Path]:
    return [] if path is None else [path[:length] for length in range(len(path) + 1)]


def test_a_snapshot_at_the_depth_limit() -> None:
    parser = JSONParser()
    parser.feed("[" * 1000)
    snapshot = parser.snapshot()
    then = tokens(snapshot)
    parser.feed("]" * 1000)
    assert parser.done
    assert tokens(snapshot) == then


@pytest.mark.parametrize("before", ["[[1, 2], ", '[[1, 2], {"a": ', '[[1, 2], "x'])
def test_a_snapshot_copies_the_open_containers_only(before: str) -> None:
    parser = JSONParser()
    parser.feed(before)
    first, second = parser.snapshot(), parser.snapshot()
    assert first == second
    assert first is not second
    assert first[0] is second[0]
