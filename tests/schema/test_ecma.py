"""Tests of streamparse.schema.ecma: patterns of ECMA-262 translated for `re`."""

from __future__ import annotations

import json
import re

import pytest

from streamparse.schema import SchemaValidator
from streamparse.schema.ecma import translated
from streamparse.schema.escapes import original, python_pattern
from tests.schema.schemas import violation_of


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^(?<hour>\d\d):(?<minute>\d\d)$", "12:30", "1230"),
        (r"^(?<quote>['\"]).*\k<quote>$", "'a'", "'a\""),
        (r"^(?<$x>a)(?<ö>b)\k<ö>$", "abb", "aba"),
        (r"^(?:(?<a>x)|(?<a>y))\k<a>$", "yy", "yx"),  # A name in two alternatives.
        (r"^\k<a>(?<a>x)$", "x", "xx"),  # The group has no text yet.
        (r"^(?<a>x\k<a>)$", "x", "xx"),  # The group is still open.
        (r"^(?:(?<a>x)|b)c\k<a>$", "bc", "xc"),  # The group did not match.
        (r"^(\2)(b)$", "b", "bb"),
        (r"^\u{1F600}\u{61}$", "😀a", "😀"),
        (r"^(?<f>[\uD83D\uDE00-\uD83D\uDE4F])$", "😁", "a"),
        (r"^\cJ\cj$", "\n\n", "J"),
        (r"^[\cI]$", "\t", "I"),
        (r"^[\w-.]+$", "a-b.c", "a b"),
        (r"^[.-\w]+$", "a-b.c", "a/b"),
        (r"^[\d-\s]+$", "1 - 2", "a"),
        (r"^[^]$", "\n", ""),
        (r"^(?<a>[^\]])[[\]-]$", "a[", "]["),
        (r"^\e\y[\m]$", "eym", "ey"),
        (r"^(?<a>\p{L})\p{Nd}$", "é7", "77"),
    ],
)
def test_patterns_of_ecma_262(pattern: str, fits: str, fails: str) -> None:
    with pytest.raises(re.error):
        re.compile(pattern)
    assert original(python_pattern(pattern)) == pattern
    assert re.search(python_pattern(pattern), fits)
    assert not re.search(python_pattern(pattern), fails)
    validator = SchemaValidator({"pattern": pattern})
    assert violation_of(validator, [json.dumps(fits)]) is None
    found = violation_of(validator, [json.dumps(fails)])
    assert found is not None
    assert found[0] == "pattern"


def test_an_empty_set_matches_nothing() -> None:
    assert not re.search(translated("a[]"), "a")


@pytest.mark.parametrize("pattern", [r"^a\u0041[\w.-]$", r"(?P<a>b)(?P=a)", "(?i:a)", r"\bx\B"])
def test_patterns_that_re_accepts_are_unchanged(pattern: str) -> None:
    assert python_pattern(pattern) is pattern


@pytest.mark.parametrize("pattern", ["(", r"(?<n>", r"\u{110000}", r"(?<n>a)\2", "a\\", "[a"])
def test_an_invalid_pattern_is_rejected(pattern: str) -> None:
    with pytest.raises(ValueError, match="regex"):
        SchemaValidator({"pattern": pattern})


def test_by_pattern() -> None:
    schema = {"patternProperties": {"^(?<n>a)$": {"type": "null"}}, "additionalProperties": False}
    validator = SchemaValidator(schema)
    assert violation_of(validator, ['{"a": null}']) is None
    codes = [violation_of(validator, [text]) for text in ('{"a": 1}', '{"b": 1}')]
    assert [code and code[0] for code in codes] == ["type", "additionalProperties"]
    assert codes[0] is not None
    assert codes[0][3] == ("patternProperties", "^(?<n>a)$", "type")
