"""Tests of streamparse._core.lenient_quoted: missing quotes, limits and truncated strings."""

from __future__ import annotations

from contextlib import suppress

import pytest

from streamparse import Dialect, JSONParser, JSONSyntaxError, Limits, parse
from streamparse._core.lenient_strings import LOOK
from tests._core.machines import assert_repaired
from tests.helpers import run


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('["a\n\tb\n"]', ["a\n\tb\n"], "control_character"),
        ('{"a:b": 1, "c: d": 2}', {"a:b": 1, "c: d": 2}, ""),
        ('{"a:"b"}', {"a": "b"}, "missing_quote"),
        ('{"a": 1, "b: true}', {"a": 1, "b": True}, "missing_quote"),
        ('{"a: [1]}', {"a": [1]}, "missing_quote"),
        ('{"x: \\"y\\" z": 1}', {'x: "y" z': 1}, ""),
        ('{"a, b: \\"": 1}', {'a, b: "': 1}, ""),
        ('{"a": "sea, "b": 1}', {"a": "sea", "b": 1}, "missing_quote"),
        ('{"a": "sea , "b": [1]}', {"a": "sea", "b": [1]}, "missing_quote"),
        ('{"a": "sea,\n  "b": null\n}', {"a": "sea", "b": None}, "missing_quote"),
        ('{"a": {"b": "sea}, "c": 1}', {"a": {"b": "sea"}, "c": 1}, "missing_quote"),
        ('[{"a": "sea}, {"a": 1}]', [{"a": "sea"}, {"a": 1}], "missing_quote"),
        ('{"a": "so {x}, "b": 1}', {"a": "so {x}", "b": 1}, "missing_quote"),
        ('{"a": "sea\n "b": 1}', {"a": "sea", "b": 1}, "missing_quote ambiguous missing_comma"),
        (r'{"a": "C:\dir\", "b": 1}', {"a": 'C:\\dir"', "b": 1}, "escape missing_quote ambiguous"),
        ('{"a": "sea”, "b": 1}', {"a": "sea”", "b": 1}, "missing_quote ambiguous"),
        ('{"a”: 1}', {"a”": 1}, "missing_quote ambiguous"),
        ('["sea, "air"]', ["sea", "air"], "missing_quote ambiguous"),
        ('{"a": ["sea], "b": 1}', {"a": ["sea"], "b": 1}, "missing_quote ambiguous"),
        ('{"a": "sea\n}\n\nBye', {"a": "sea"}, "missing_quote ambiguous trailing_text"),
        ('{"a": "x {", ":": 1}', {"a": "x {", ":": 1}, ""),
        ('{"a": "x,", ":": 1}', {"a": "x,", ":": 1}, ""),
    ],
)
def test_strings(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "b', {"a": "b"}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": "b\\u00', {"a": "b"}),
        ('{"a": "b\\ud83d', {"a": "b"}),
        ('{"a": "b", "c', {"a": "b"}),
        ('{"a": "b", "c"', {"a": "b"}),
        ('{"a": "b", "c":', {"a": "b"}),
        ('{"a": "b", c', {"a": "b"}),
    ],
)
def test_truncated_strings_and_keys(text: str, value: object) -> None:
    outcome = run(list(text), dialect="lenient")
    assert outcome == run([text], dialect="lenient")
    assert parse(text, dialect="lenient") == value
    assert outcome.truncated


def test_limits_of_strings() -> None:
    for text in ("['abcdef']", "[abcdef]", "{abcdef: 1}", r'["\q\q\q"]'):
        outcome = run(list(text), dialect="lenient", limits=Limits(string=5))
        assert outcome.error is not None
        assert outcome.error.code == "string_length"
        assert outcome == run([text], dialect="lenient", limits=Limits(string=5))


def test_closing_brackets_end_a_string_without_its_quote() -> None:
    parser = JSONParser("lenient")
    parser.feed('{"a": [{"b": "sea}]}')
    parser.finish()
    assert parser.value == {"a": [{"b": "sea"}]}
    assert (parser.done, parser.truncated) == (False, True)


def test_a_comma_in_a_string_is_held_back() -> None:
    parser = JSONParser("lenient")
    parser.feed('{"a": "sea, ')
    assert parser.value == {"a": "sea"}
    parser.feed("a")
    assert parser.value == {"a": "sea, a"}


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        (
            '{"n": "{"m": [1, "}"]}", "k": 1}',
            {"n": '{"m": [1, "}"]}', "k": 1},
            "inner_quote inner_quote inner_quote inner_quote",
        ),
        ('{"n": "one\ntwo\n"}', {"n": "one\ntwo\n"}, "control_character"),
        ("{'n': '\\ud83dx'}", {"n": "\ud83dx"}, "single_quotes single_quotes"),
        ('{"n": "x\ud83d", "m": 1}', {"n": "x\ud83d", "m": 1}, ""),
        ('{"n": "x' + " " * 200 + '"}', {"n": "x" + " " * 200}, ""),
    ],
)
def test_the_content_of_strings(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('{"n": "x, {"m": 1}", "k": 1}', {"n": 'x, {"m": 1}', "k": 1}, "inner_quote inner_quote"),
        (
            '{"n": "{"m": "a\\tb"}", "k": 1}',
            {"n": '{"m": "a\tb"}', "k": 1},
            "inner_quote inner_quote inner_quote inner_quote",
        ),
        (
            '{"n": "{"m":\n 1}", "k": 1}',
            {"n": '{"m":\n 1}', "k": 1},
            "inner_quote inner_quote control_character",
        ),
        # Because of the later quote, the bracket is text.
        (
            '{"n": "sea}\n and "air" so"}',
            {"n": 'sea}\n and "air" so'},
            "control_character inner_quote inner_quote",
        ),
        # More brackets than the look-ahead are text.
        ('{"n": "x' + "}," * LOOK + '", "m": 1}', {"n": "x" + "}," * LOOK, "m": 1}, ""),
    ],
)
def test_brackets_and_quotes_that_are_text(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize(
    ("text", "dialect", "code"),
    [
        ('{"n": "x {"m": 1}", "k": 1}', Dialect(inner_quotes=False), "inner_quote"),
        ('{"n": "sea, "m": 1}', Dialect(missing_quotes=False), "missing_quote"),
    ],
)
def test_repairs_of_quotes_that_the_dialect_forbids(text: str, dialect: Dialect, code: str) -> None:
    """A dialect without the repair reads the text in another way, for any chunking."""
    assert code in repairs_of([text], Dialect())
    assert code in repairs_of(list(text), Dialect())
    whole = run([text], dialect=dialect)
    assert whole == run(list(text), dialect=dialect)
    assert code not in repairs_of([text], dialect)


def repairs_of(pieces: list[str], dialect: Dialect) -> set[str]:
    parser = JSONParser(dialect)
    with suppress(JSONSyntaxError):
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
    return {repair.code for repair in parser.repairs}
