"""Law 3, never take back.

A type never changes; numbers and literals appear complete or not at all; strings only grow;
arrays only append or change their last element; an object gains a member when its value begins;
what `ValueCompleted` reported never changes. A repeated key replaces the whole member.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from streamparse import JSONParser, StreamParseError, ValueCompleted, value_at
from tests.helpers import Path, Tokens, call, cut, is_encodable, run, run_relayed, same, tokens
from tests.model import read
from tests.strategies import (
    ANY_MANY_TEXTS,
    ANY_TEXTS,
    JSON_TEXTS,
    QUERIES,
    SIZES,
    UNIQUE_KEY_TEXTS,
    options,
)


def shown(parser: JSONParser) -> tuple[Tokens, Tokens, bool, bool, Path | None]:
    value = tokens(parser.value), tokens(parser.snapshot())
    return (*value, parser.started, parser.done, parser.open_path)


def check_each_prefix(text: str, chosen: dict[str, Any]) -> None:
    """Check that the parser shows what the model shows after each character."""
    parser = JSONParser(**chosen)
    for place in range(len(text) + 1):
        call(parser, text[place - 1 : place] if place else "")
        reading = read(text[:place], **chosen)
        value = tokens(reading.value)
        expected = (value, value, reading.started, reading.done, reading.open_path)
        assert shown(parser) == expected
        if reading.error is not None:
            return


@given(ANY_TEXTS, options())
def test_law_3_each_prefix_shows_its_value(text: str, chosen: dict[str, Any]) -> None:
    """Law 3: after each character exactly what the model finds in the prefix is visible."""
    check_each_prefix(text, chosen)


@given(ANY_MANY_TEXTS, options())
def test_law_3_each_prefix_of_many(text: str, chosen: dict[str, Any]) -> None:
    """Law 3 for documents one after the other."""
    check_each_prefix(text, chosen | {"many": True})


def grown(old: Any, new: Any, open_path: Path | None) -> bool:
    """Return whether `old`, in which the value at `open_path` was open, can have become `new`."""
    if open_path is None or type(old) is not type(new):
        return same(old, new)
    if isinstance(old, str):
        return bool(new.startswith(old))
    step = open_path[0] if open_path else None
    older = dict(enumerate(old)) if isinstance(old, list) else old
    newer = dict(enumerate(new)) if isinstance(new, list) else new
    return list(newer)[: len(older)] == list(older) and all(
        grown(part, newer[key], open_path[1:] if key == step else None)
        for key, part in older.items()
    )


@given(UNIQUE_KEY_TEXTS, SIZES)
def test_law_3_values_only_grow(text: str, sizes: Sequence[int]) -> None:
    """Law 3 without the model: each snapshot grows into the next one and into the final value."""
    parser = JSONParser()
    before: list[tuple[Any, Path | None]] = []
    for piece in cut(text, sizes):
        if parser.started:
            before.append((parser.snapshot(), parser.open_path))
        parser.feed(piece)
        now = parser.snapshot()
        assert all(grown(value, now, path) for value, path in before[-1:])
    parser.finish()
    assert all(grown(value, parser.value, path) for value, path in before)


@given(UNIQUE_KEY_TEXTS, SIZES)
def test_law_3_completed_values_stay(text: str, sizes: Sequence[int]) -> None:
    """Law 3: a completed value never changes again; it is the one in `value`."""
    parser = JSONParser()
    completed: list[tuple[ValueCompleted, Tokens]] = []
    for piece in [*cut(text, sizes), None]:
        events = parser.finish() if piece is None else parser.feed(piece)
        done = [event for event in events if isinstance(event, ValueCompleted)]
        completed += [(event, tokens(event.value)) for event in done]
    for event, then in completed:
        assert tokens(event.value) == then
        assert value_at(parser.value, event.path) is event.value


@given(JSON_TEXTS, SIZES)
def test_law_3_repeated_keys(text: str, sizes: Sequence[int]) -> None:
    """Law 3: a reported value stays as it was even if a repeated key replaces it."""
    parser = JSONParser()
    completed = []
    for piece in cut(text, sizes):
        done = [event for event in parser.feed(piece) if isinstance(event, ValueCompleted)]
        completed += [(event.value, tokens(event.value)) for event in done]
    assert all(tokens(value) == then for value, then in completed)


@given(ANY_TEXTS, SIZES, options(select=QUERIES))
def test_law_3_reading_changes_nothing(
    text: str, sizes: Sequence[int], chosen: dict[str, Any]
) -> None:
    """Reading `value` or taking a snapshot after each feed does not change the results."""
    for more in [{}, {"keep": "open"}] if "select" in chosen else [{}]:
        pieces, chosen = cut(text, sizes), chosen | more
        assert run_relayed(JSONParser(**chosen), pieces, looked_at) == run(pieces, **chosen)


def looked_at(parser: JSONParser) -> JSONParser:
    assert parser.value is parser.value
    assert tokens(parser.snapshot()) == tokens(parser.value)
    return parser


@given(ANY_TEXTS.filter(is_encodable), options())
def test_law_3_each_byte_shows_its_value(text: str, chosen: dict[str, Any]) -> None:
    """Law 3: the first bytes of a character change nothing that is visible."""
    parser = JSONParser(**chosen)
    for place, char in enumerate(text):
        before = tokens(parser.value)
        *first, last = cut(char.encode(), [1])
        for byte in first:
            assert parser.feed(byte) == []
            assert tokens(parser.value) == before
        try:
            parser.feed(last)
        except StreamParseError:
            return
        assert tokens(parser.value) == tokens(read(text[: place + 1], **chosen).value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("12", None),
        ("tru", None),
        ('"', ""),
        ('{"n":12', {}),
        ('{"n":-', {}),
        ('{"n":1.5e', {}),
        ('{"a":tru', {}),
        ('{"k', {}),
        ('{"k":', {}),
        ('{"k":"', {"k": ""}),
        ('{"k":{', {"k": {}}),
        ('{"k":[', {"k": []}),
        ('[1, "', [1, ""]),
        ("[1, 2", [1]),
        ('{"k":1,"k', {"k": 1}),
        ('{"k":1,"k":', {"k": 1}),
        ('{"k":1,"k":2', {"k": 1}),
        ('{"k":1,"k":[', {"k": []}),
        ('["a\\', ["a"]),
        ('["a\\u00e', ["a"]),
        ('["a\\ud83d', ["a"]),
        ('["a\\ud83d\\ude00', ["a\U0001f600"]),
    ],
)
def test_law_3_examples(text: str, value: object) -> None:
    """Law 3: no invented nulls, no partial keys, no guessed numbers (checked without the model)."""
    parser = JSONParser()
    parser.feed(text)
    assert same(parser.value, value)
    assert parser.started == (value is not None)
