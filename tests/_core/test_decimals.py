"""Tests of streamparse._core.decimals against `float` and the standard library."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser
from streamparse._core.decimals import WHOLE, float_of, nearest, short_decimal
from tests.parts import halvings

NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
DIGITS = st.text("0123456789", min_size=1, max_size=25)
NUMERALS = st.builds(
    "{}{}{}".format,
    DIGITS.map(lambda digits: digits.lstrip("0") or "0"),
    st.just("") | DIGITS.map(".{}".format),
    st.just("")
    | st.builds(
        "{}{}{}".format, st.sampled_from("eE"), st.sampled_from(("", "+", "-")), st.integers(0, 400)
    ),
)


@given(st.integers(0, 2**63 - 1) | st.integers(10**15, 10**17), st.integers(-45, 45))
def test_the_nearest_float(digits: int, exponent: int) -> None:
    assert nearest(digits, exponent) in (-1.0, float(f"{digits}e{exponent}"))


@given(st.floats(1e-20, 1e30), st.integers(-1, 1))
def test_the_nearest_float_to_midpoints(value: float, more: int) -> None:
    middle = (Fraction(value) + Fraction(math.nextafter(value, math.inf))) / 2
    exponent = math.floor(math.log10(value)) - 17
    digits = int(middle / Fraction(10) ** exponent) + more
    assert nearest(digits, exponent) in (-1.0, float(f"{digits}e{exponent}"))


@given(st.floats(1e-20, 1e30))
def test_floats_that_python_writes(value: float) -> None:
    digits, exponent, stop = short_decimal(f"{value!r},", 0, 99)
    if stop >= 0:
        assert nearest(digits, exponent) in (-1.0, value)


@given(NUMERALS, st.sampled_from(["", "-"]))
def test_floats_of_numerals(numeral: str, sign: str) -> None:
    assert repr(float_of(sign + numeral)) == repr(float(sign + numeral))


@pytest.mark.parametrize(
    ("digits", "exponent", "value"),
    [
        (0, 0, 0.0),
        (5, -1, 0.5),
        (30000000000000004, -17, 0.30000000000000004),
        (2**53 - 1, 22, 9007199254740991e22),
        (12345678901234567, 6, 1.2345678901234567e22),
        (9007199254740993, 0, -1.0),  # Halfway between two floats.
        (9007199254740992, 0, 9007199254740992.0),
        (1, 23, -1.0),
        (2**62, 41, -1.0),
    ],
)
def test_some_floats(digits: int, exponent: int, value: float) -> None:
    assert nearest(digits, exponent) == value


def test_nearest_decides_nearly_all_numbers() -> None:
    unsure = sum(nearest(10**16 + 997 * number, -number % 40) < 0 for number in range(10_000))
    assert unsure < 20


@given(NUMERALS, st.sampled_from([",", "]", "}", "\n", " ", "x", '"']), st.text())
def test_short_decimals(numeral: str, after: str, rest: str) -> None:
    text = f"[{numeral}{after}{rest}"
    digits, exponent, stop = short_decimal(text, 1, len(text))
    count = len(re.sub("[eE].*|[.]", "", numeral))
    if count > 18:
        assert count == 19 or stop < 0
    if stop >= 0:
        assert text[1:stop] == numeral
        if exponent == WHOLE:
            assert digits == int(numeral)
        else:
            assert Fraction(digits) * Fraction(10) ** exponent == Fraction(numeral)


@given(st.text("0123456789.eE+-", max_size=12))
def test_text_that_is_no_number(text: str) -> None:
    _, _, stop = short_decimal(text + ",", 0, len(text) + 1)
    found = NUMBER.fullmatch(text)
    if found is None:
        assert stop < 0 or not NUMBER.fullmatch(text[:stop]) or text[stop] in ".eE+-"
    elif len(found[3] or "") < 5:
        assert stop == len(text)


@pytest.mark.parametrize(
    "text", ["", "1", "12.5", "1e5", "1.", "1e", "1e+", "01,", "1.,", "1e,", ".5,", "-1,"]
)
def test_incomplete_or_invalid_numbers(text: str) -> None:
    assert short_decimal(text, 0, len(text)) == (0, 0, -1)


@given(st.lists(NUMERALS, max_size=5), st.booleans())
def test_a_parser_gives_the_floats_of_the_standard_library(
    given: list[str], negative: bool
) -> None:
    text = "[" + ",".join("-" * negative + numeral for numeral in given) + "]"
    expected = repr(json.loads(text))
    for fragments in halvings(text):
        parser = JSONParser()
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
        assert repr(parser.value) == expected
