"""Selection: `select` only filters the events, and `keep="open"` drops complete values.

The expected results come from a run without `select` and from `Query.matches`, which judges one
path at a time. That laws 1 and 2 hold for selections too is tested with those laws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given

from streamparse import JSONParser, Query
from tests.helpers import Path, call, calls, cut, described, run, tokens
from tests.model import read
from tests.strategies import ANY_MANY_TEXTS, ANY_TEXTS, QUERIES, SIZES, options


def is_selected(queries: Sequence[str], path: Path) -> bool:
    return any(Query.parse(query).matches(path) for query in queries)


def check_selection(pieces: Sequence[str], queries: list[str], chosen: dict[str, Any]) -> None:
    """Check that each call returns the filtered events of a run without selection."""
    for keep in ("all", "open"):
        plain, selecting = JSONParser(**chosen), JSONParser(select=queries, keep=keep, **chosen)
        for (events, error), (mine, my_error) in zip(
            calls(plain, pieces), calls(selecting, pieces), strict=True
        ):
            expected = [event for event in events if is_selected(queries, event.path)]
            assert described(mine) == described(expected)
            assert repr(my_error) == repr(error)


@given(ANY_TEXTS, SIZES, QUERIES, options())
def test_events_of_selected_nodes_only(
    text: str, sizes: Sequence[int], queries: list[str], chosen: dict[str, Any]
) -> None:
    check_selection(cut(text, sizes), queries, chosen)


@given(ANY_MANY_TEXTS, SIZES, QUERIES, options())
def test_events_of_selected_nodes_in_many(
    text: str, sizes: Sequence[int], queries: list[str], chosen: dict[str, Any]
) -> None:
    """With `many`, the root of the queries is the list of the documents."""
    check_selection(cut(text, sizes), queries, {"many": True, **chosen})


@given(ANY_TEXTS, SIZES, QUERIES, options())
def test_selection_changes_events_only(
    text: str, sizes: Sequence[int], queries: list[str], chosen: dict[str, Any]
) -> None:
    selecting = vars(run(cut(text, sizes), select=queries, **chosen))
    assert selecting | {"events": []} == vars(run([text], **chosen)) | {"events": []}


def thinned(value: Any, open_path: Path, queries: Sequence[str], path: Path = ()) -> Any:
    """Return the open parts of a partial value, with the whole content of open selected nodes."""
    if is_selected(queries, path) or not isinstance(value, (dict, list)):
        return value
    kept: Any = type(value)()
    if not open_path:
        return kept
    step = open_path[0]
    inner = thinned(value[step], open_path[1:], queries, (*path, step))
    if isinstance(inner, str) and not is_selected(queries, (*path, step)):
        return kept  # An open string that is not selected is not kept.
    if isinstance(kept, dict):
        kept[step] = inner
    else:
        kept.append(inner)
    return kept


def check_dropping(text: str, queries: list[str], chosen: dict[str, Any]) -> None:
    """Check that an incomplete `value` holds only its open parts and the selected ones."""
    parser = JSONParser(select=queries, keep="open", **chosen)
    for place, char in enumerate(text):
        if call(parser, char)[1] is not None:
            return
        full = read(text[: place + 1], **chosen)
        assert parser.open_path == full.open_path
        assert (parser.started, parser.done) == (full.started, full.done)
        if full.open_path is None or not isinstance(full.value, (dict, list)):
            continue
        expected = thinned(full.value, full.open_path, queries)
        assert tokens(parser.value) == tokens(parser.snapshot()) == tokens(expected)


@given(ANY_TEXTS, QUERIES, options())
def test_only_open_and_selected_values_are_kept(
    text: str, queries: list[str], chosen: dict[str, Any]
) -> None:
    check_dropping(text, queries, chosen)


@given(ANY_MANY_TEXTS, QUERIES, options())
def test_only_open_and_selected_values_of_many_are_kept(
    text: str, queries: list[str], chosen: dict[str, Any]
) -> None:
    # The query `$` is left out: the list of documents has no events and is not kept for it.
    check_dropping(text, [query for query in queries if query != "$"], {"many": True, **chosen})
