"""Tests of the literals of Python and Gemma, fed in pieces."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from streamparse import Limits
from tests.formats.reading import calls_of, message_of, only
from tests.helpers import same


def value(text: str) -> Any:
    """Return the value of `x=text`."""
    ((_, arguments),) = calls_of("pythonic", f"[f(x={text})]")
    return arguments["x"]


def refusal(text: str) -> str:
    """Return the code with which the call is rejected."""
    call = only(message_of("pythonic", text))
    assert call.status == "rejected"
    return str(call.errors[-1].code)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-12",
        "+7",
        "1_000",
        "0x1F",
        "0b101",
        "0o17",
        "2.5",
        ".5",
        "5.",
        "-1e-3",
        "True",
        "None",
        "''",
        '""',
        "'a'",
        '"a\\tb\\x41\\u00e9\\U0001F600\\101\\0"',
        '"it\'s"',
        "'say \\'hi\\''",
        "'a\\\nb'",
        "'''a 'b' c'''",
        '"""a\nb"""',
        "[]",
        "[1, [2, []], ]",
        "()",
        "(1, 2)",
        "{}",
        "{'a': 1, 'b': {'c': [None]}}",
        "{'a' : 1 , }",
    ],
)
def test_literals_of_python(text: str) -> None:
    expected = ast.literal_eval(text)
    assert same(value(text), list(expected) if isinstance(expected, tuple) else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),  # models mix in the words of JSON
        ("null", None),
        ("{1, 2, 3}", [1, 2, 3]),  # sets become arrays
        ("{'a'}", ["a"]),
        ("{[1], {}}", [[1], {}]),
        ("{{'a': 1}}", [{"a": 1}]),
        ("{1: 'a', True: 2}", {"1": "a", "True": 2}),
        ("'a\nb'", "a\nb"),  # a raw newline
        ("'it's'", "it's"),  # a quote after which the call cannot continue
        ("'a' b'", "a' b"),
        (r"'C:\dir \z'", r"C:\dir \z"),  # not an escape
        (r"'\ud83d\ude00'", "😀"),
        (r"'\u12'", r"\u12"),
        ("'a])}'", "a])}"),
    ],
)
def test_deviations_from_python(text: str, expected: Any) -> None:
    assert same(value(text), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[f(x=1 2)]", "expected_comma"),
        ("[f(x=, y=1)]", "expected_value"),
        ("[f(x=1; y=2)]", "invalid_literal"),
        ("[f(x=[1)]", "expected_comma"),
        ("[f(x=1, 'y'=2)]", "expected_key"),
        ("[f(x=other)]", "invalid_literal"),
        ("[f(x={'a': 1, 2})]", "expected_colon"),
        ("[f(x=1, y)]", "expected_colon"),
        ("[f(x=))]", "expected_value"),
        ("[f(x=[)])]", "mismatched_bracket"),
    ],
)
def test_invalid_literals(text: str, expected: str) -> None:
    assert refusal(text) == expected


def test_calls_with_positional_arguments_are_text() -> None:
    """Calls have named arguments, so text like this is part of the answer."""
    message = message_of("pythonic", "[f('a')] is how it is called")
    assert message.tool_calls == []
    assert message.text == "[f('a')] is how it is called"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:1", {"a": 1}),
        ('a:<|"|>x<|"|>', {"a": "x"}),
        ('a:<|"|><|"|>', {"a": ""}),
        ('a:<|"|>"}{,\\n<|<|"|>', {"a": '"}{,\\n<|'}),
        ("a:-1.5,b:true,c:null", {"a": -1.5, "b": True, "c": None}),
        ('a:[1,<|"|>x<|"|>,{b:[]}]', {"a": [1, "x", {"b": []}]}),
        ("a:{}", {"a": {}}),
        ('a:{<|"|>b c<|"|>:1}', {"a": {"b c": 1}}),
        ("a:word,b:two words", {"a": "word", "b": "two words"}),
        ('a:no opening<|"|>,b:1', {"a": "no opening", "b": 1}),
        ("a:108.25", {"a": 108.25}),
    ],
)
def test_gemma(text: str, expected: dict[str, Any]) -> None:
    assert calls_of("gemma4", f"<|tool_call>call:f{{{text}}}<tool_call|>") == [("f", expected)]


def test_limits_are_kept() -> None:
    deep = "[f(x=" + "[" * 20 + "]" * 20 + ")]"
    call = only(message_of("pythonic", deep, limits=Limits(depth=10)))
    assert (call.status, call.errors[-1].code) == ("rejected", "depth")
    long = "[f(x='" + "a" * 50 + "')]"
    call = only(message_of("pythonic", long, limits=Limits(string=20)))
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")


def test_numbers_with_too_many_digits_are_rejected() -> None:
    assert refusal(f"[f(x={'9' * 5000})]") == "invalid_literal"


@pytest.mark.parametrize("digits", [4300, 10_000])
@pytest.mark.parametrize("word", ["9" * 5000, "0x" + "9" * 4290, "0b" + "1" * 20_000])
def test_integers_beyond_the_limit_of_python_are_rejected(word: str, digits: int) -> None:
    call = only(message_of("pythonic", f"[f(a={word})]", limits=Limits(integer_digits=digits)))
    assert (call.status, call.errors[-1].code) == ("rejected", "invalid_literal")
