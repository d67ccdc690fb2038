"""Tests of streamparse._core.lenient_quotes: which quotes open or end a string."""

from __future__ import annotations

import pytest

from streamparse import (
    Dialect,
    JSONParser,
    StringDelta,
    ValueCompleted,
)
from tests._core.machines import assert_repaired
from tests.helpers import run


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("['a', `b`, ´c´]", ["a", "b", "c"], "single_quotes single_quotes single_quotes"),
        ("[“a”, ‘b’, „c“, «d»]", ["a", "b", "c", "d"], " ".join(["smart_quotes"] * 4)),
        ('{""a"": """b "c" d"""}', {"a": 'b "c" d'}, " ".join(["doubled_quotes"] * 3)),
        ("['''a''', 'it\\'s']", ["a", "it's"], "single_quotes doubled_quotes single_quotes escape"),
        ('["a" + "b" +\n\'c\']', ["abc"], "concatenation concatenation"),
        (
            '{"a": "say, "b": not so", "c": 1}',
            {"a": 'say, "b": not so', "c": 1},
            "inner_quote " * 2,
        ),
        ('{"a": "use {"b": "c"}, then", "d": 1}', {"a": 'use {"b": "c"}, then', "d": 1}, "*"),
        ('{"a": "{"b": [1, "}"]}", "d": 1}', {"a": '{"b": [1, "}"]}', "d": 1}, "*"),
        ('{"a": "["b", "c"], or", "d": 1}', {"a": '["b", "c"], or', "d": 1}, "*"),
        ("[`it's '`, `b`]", ["it's '", "b"], "single_quotes inner_quote inner_quote single_quotes"),
        ('["a" /* + */ + // "b"\n "c"]', ["ac"], "concatenation"),
        ('{"a": "5" pipe", "b": 1}', {"a": '5" pipe', "b": 1}, "inner_quote ambiguous"),
    ],
)
def test_quotes(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


def test_only_an_undecided_quote_is_held_back() -> None:
    """Law 2: the text of a string is returned at once, and a quote when what follows decides it."""
    parser = JSONParser("lenient")
    assert parser.feed('{"a": "he said ')[-1] == StringDelta(("a",), "he said")
    assert parser.feed('"') == [StringDelta(("a",), " ")]
    assert parser.feed("hi") == []
    assert "".join(event.text for event in parser.feed('" and')) == '"hi'  # type: ignore[union-attr]
    assert parser.feed(" lef") == []
    assert parser.feed('t"') == [StringDelta(("a",), '"'), StringDelta(("a",), " and left")]
    assert parser.feed("}") == []
    assert parser.finish()[0] == ValueCompleted(("a",), 'he said "hi" and left')


def test_a_clean_string_ends_as_soon_as_it_may() -> None:
    parser = JSONParser("lenient")
    parser.feed('{"a": "b')
    assert parser.feed('",\n') == [ValueCompleted(("a",), "b")]
    assert parser.feed('"c": "d')[-1] == StringDelta(("c",), "d")
    assert parser.feed('"}')[0] == ValueCompleted(("c",), "d")


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('{"n”: 1}', {"n”": 1}, "missing_quote ambiguous"),
        ('{"n" Kim, age 3}', {"n": "Kim, age 3"}, "missing_colon unquoted_string"),
        ('{"k:l": 1, "m: n": 2}', {"k:l": 1, "m: n": 2}, ""),
        ('{"n"m": 1}', {'n"m': 1}, "inner_quote ambiguous ambiguous"),
        ('{\\"n\\": \\"x \\\\\\"y\\\\\\" z\\"}', {"n": 'x "y" z'}, "escaped_quotes escaped_quotes"),
        ("[r'a\\b', 'c']", ["a\\b", "c"], "wrapper single_quotes single_quotes"),
        ('{"n: 1, "m": 2}', {"n": 1, "m": 2}, "missing_quote"),
        ('{"\\ud800:n": 1}', {"\ud800:n": 1}, ""),
        ('"[5]"', "[5]", ""),
    ],
)
def test_quotes_of_keys_and_unusual_quotes(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


def test_a_backslash_that_escapes_no_quote() -> None:
    for text in ('{"n": \\x}', '{"n": \\'):
        for pieces in ([text], list(text)):
            error = run(pieces, dialect="lenient").error
            assert error is not None
            assert (error.code, error.offset) == ("expected_value", 6)


def test_a_dialect_without_inner_quotes_ends_the_string() -> None:
    text = '{"n": "x "y" z"}'
    dialect = Dialect(inner_quotes=False)
    found = run([text], dialect=dialect)
    assert found == run(list(text), dialect=dialect)
    assert found.error is not None
