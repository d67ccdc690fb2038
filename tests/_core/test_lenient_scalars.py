"""Tests of streamparse._core.lenient_scalars: numbers, literals and words."""

from __future__ import annotations

import math

import pytest

from streamparse._core.lenient_scalars import (
    CONSTANT,
    FLOAT,
    INTEGER,
    SPECIAL,
    SPECIALS,
    WORDS,
    cut_literal,
    is_strict,
    kind_of,
    plain_end,
    plain_number,
    strict_kind,
)


@pytest.mark.parametrize(
    ("token", "plain"),
    [
        ("0", "0"),
        ("-12", "-12"),
        ("+1", "1"),
        ("007", "7"),
        ("-000", "-0"),
        ("1_000", "1000"),
        ("0x1F", "31"),
        ("-0Xff", "-255"),
    ],
)
def test_integers(token: str, plain: str) -> None:
    assert kind_of(token) == INTEGER
    assert plain_number(token, INTEGER) == plain


@pytest.mark.parametrize(
    ("token", "value"),
    [
        (".5", 0.5),
        ("5.", 5.0),
        ("-.5", -0.5),
        ("1e", 1.0),
        ("2e+", 2.0),
        ("1.5E-3", 0.0015),
        ("00.25", 0.25),
        ("1_0.5_0", 10.5),
        ("5.e3", 5000.0),
    ],
)
def test_floats(token: str, value: float) -> None:
    assert kind_of(token) == FLOAT
    assert float(plain_number(token, FLOAT)) == value


@pytest.mark.parametrize(
    "token",
    ["", "-", "+", ".", "e5", "-e5", "0x", "1.2.3", "1-2", "1a", "--1", "_1", "٣", "1e5.0", "tRue"],
)
def test_words(token: str) -> None:
    assert kind_of(token) == WORDS


def test_literals() -> None:
    assert all(kind_of(token) == CONSTANT for token in ("true", "True", "None", "undefined"))
    assert all(kind_of(token) == SPECIAL for token in SPECIALS)
    assert math.isnan(float(SPECIALS["nan"]))


def test_is_strict() -> None:
    assert all(map(is_strict, ("true", "null", "-0", "1.5e+10", "0.0")))
    assert not any(map(is_strict, ("True", "01", "+1", ".5", "5.", "NaN", "1_0")))


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("t", "true"),
        ("fal", "false"),
        ("n", "null"),
        ("Tr", "True"),
        ("Non", "None"),
        ("Na", "NaN"),
        ("undef", "undefined"),
        ("-Inf", "-Infinity"),
        ("N", ""),  # May become None or NaN.
        ("T", ""),
        ("truth", ""),
        ("-", ""),
        ("x", ""),
    ],
)
def test_a_truncated_literal_with_one_completion(cut: str, whole: str) -> None:
    assert cut_literal(cut) == whole


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("true", CONSTANT),
        ("null", CONSTANT),
        ("-12", INTEGER),
        ("1.5e3", FLOAT),
        ("0", INTEGER),
        ("01", WORDS),
        ("1.", WORDS),
        ("+1", WORDS),
        ("True", WORDS),
    ],
)
def test_the_kind_of_a_token_of_json(token: str, kind: int) -> None:
    assert strict_kind(token) == kind


def test_the_end_of_plain_characters() -> None:
    assert plain_end("[a_1.-+b c", 1, 10) == 8
    assert plain_end(" 1", 0, 2) == 0
