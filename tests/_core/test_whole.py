"""Tests of containers that are decoded at once: values and errors are the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, Limits, StreamParseError
from streamparse._core.whole import WINDOW, containers

TOKENS = st.sampled_from(
    [
        *(
            "1",
            "-0",
            "2.50",
            "1e3",
            "1E400",
            "true",
            "null",
            '"x"',
            '"\\n\\u00e9"',
            '"\u4e2d"',
            '""',
        ),
        *("12345678901234567890", '"\\ud83d\\ude00"', '{"a": 1, "b": [], "a": 2}', "[[], {}]"),
    ]
)
ODD = st.sampled_from(
    [
        *(
            "NaN",
            "-Infinity",
            "01",
            "1.",
            '"\\ud83d"',
            '"\ud83d\\ude00"',
            "tru",
            '"\x01"',
            '"\\x"',
            "-",
        ),
        *("[1,]", '{"a":1,}', '{"a" 1}', "{a:1}", "\ufeff1", "", "[1}", "9" * 5_000),
    ]
)


def containers_of(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    comma = st.sampled_from([",", ", ", "\n,\n "])
    items = st.lists(inner, max_size=5)
    arrays = st.builds(lambda sep, found: f"[{sep.join(found)}]", comma, items)
    members = items.map(lambda found: [f'"{place}": {item}' for place, item in enumerate(found)])
    objects = st.builds(lambda sep, found: "{" + sep.join(found) + "}", comma, members)
    return arrays | objects


DOCUMENTS = st.recursive(st.one_of(TOKENS, TOKENS, TOKENS, ODD), containers_of, max_leaves=20)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "surrogates": st.sampled_from(["keep", "replace", "error"]),
        "trailing": st.just("stop"),
        "limits": st.sampled_from(
            [Limits(depth=2), Limits(depth=5), Limits(items=3), Limits(document=600)]
        ),
    },
)


def outcome(fragments: list[str], **options: Any) -> Any:
    parser = JSONParser(**options)
    error: Any = None
    try:
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
    except StreamParseError as raised:
        place = (raised.offset, raised.line, raised.column, raised.excerpt, raised.path)
        error = (raised.code, str(raised), place)
    return repr(parser.value), parser.open_path, parser.done, parser.remainder, error


@given(DOCUMENTS, st.integers(1, 60), st.lists(st.integers(0, 3_000), max_size=2), OPTIONS)
def test_a_long_fragment_gives_the_results_with_events(
    document: str, times: int, cuts: list[int], options: dict[str, Any]
) -> None:
    text = "[\n" + ", ".join([document] * times) + "]"
    places = [0, *sorted(min(place, len(text)) for place in cuts), len(text)]
    pieces = [text[start:stop] for start, stop in pairwise(places)]
    assert outcome(pieces, events=False, **options) == outcome(pieces, **options)


@pytest.mark.parametrize(
    ("text", "siblings", "found", "end"),
    [
        ("[1], [2],[3] ,[4]", True, [[1], [2], [3], [4]], 17),
        ("[1], [2] ], [3]", True, [[1], [2]], 9),
        ('{"a": {}}, {"a": {}, "b"', True, [{"a": {}}], 9),
        ("[1], [2]", False, [[1]], 3),
        ("[1], 2, [3], 4", True, [[1], 2, [3]], 11),
        ('[1], {"a": 1}, 2, {"b": [', True, [[1]], 3),
        ("[1], [2", True, [[1]], 3),
        ("[1],", True, [[1]], 3),
        ('{"a": {"b": 1}}}', True, [{"a": {"b": 1}}], 15),
        ("[1", True, [], 0),
        ("[NaN]", True, [], 0),
        ('["\ud83d"]', True, [], 0),
        ("[[[[[1]]]]]", True, [], 0),
    ],
)
def test_containers(text: str, siblings: bool, found: list[Any], end: int) -> None:
    assert containers(text, 4, "keep", siblings) == (found, end)


def test_a_window_is_within_the_default_limits() -> None:
    limits = Limits()
    assert min(limits.string, limits.number, limits.integer_digits) >= WINDOW


def test_the_functions_of_the_caller_convert_every_number() -> None:
    text = "[" + ", ".join(["[1, 2.5]"] * 100) + "]"
    parser = JSONParser(events=False, parse_int=str, parse_float=str)
    parser.feed(text)
    assert parser.value == [["1", "2.5"]] * 100
