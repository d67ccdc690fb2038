"""Classifies a run of characters without quotes: a number, a literal, or words.

Rule: the functions have no state, and they are called for complete tokens only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core.grammar import COMPILED, MAY_END, START, number_step
from streamparse._core.grammar import INTEGER as WHOLE

if TYPE_CHECKING:
    from mypy_extensions import i64

# The kinds of a token.
WORDS: Final = 0
INTEGER: Final = 1
FLOAT: Final = 2
CONSTANT: Final = 3
SPECIAL: Final = 4

STRICT_NUMBER: Final = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:(\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+))?"
)
_LOOSE_NUMBER: Final = re.compile(
    r"([-+]?)(?:(0[xX][0-9A-Fa-f]+)|(?=\.?[0-9])([0-9][0-9_]*)?(\.[0-9_]*)?([eE][-+]?[0-9]*)?)"
)
_PLAIN: Final = re.compile(r"[0-9A-Za-z_.+\-]*")

# The literals, and what they are in JSON.
CONSTANTS: Final[dict[str, str]] = {
    "true": "true",
    "True": "true",
    "TRUE": "true",
    "false": "false",
    "False": "false",
    "FALSE": "false",
    "null": "null",
    "Null": "null",
    "NULL": "null",
    "None": "null",
    "none": "null",
    "undefined": "null",
}
SPECIALS: Final[dict[str, str]] = {
    "NaN": "NaN",
    "nan": "NaN",
    "+NaN": "NaN",
    "-NaN": "NaN",
    "Infinity": "Infinity",
    "+Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "inf": "Infinity",
    "+inf": "Infinity",
    "-inf": "-Infinity",
}
# A cut literal is the first of these that begins with it, so `n` is null.
_CUT: Final = ("true", "false", "null", "undefined", "True", "False", "None", "NaN", "Infinity")


def plain_end(text: str, pos: i64, end: i64) -> i64:
    """Return the end of the run of ASCII letters, digits and `_.+-` at `pos`."""
    if COMPILED:
        while pos < end:
            char: i64 = ord(text[pos])
            named = 48 <= char <= 57 or 97 <= char <= 122 or 65 <= char <= 90 or char == 95
            if not named and char != 46 and char != 45 and char != 43:
                break
            pos += 1
        return pos
    found = _PLAIN.match(text, pos)
    return pos if found is None else found.end()


def strict_kind(token: str) -> int:
    """Return the kind of a complete token if it is valid JSON, else `WORDS`."""
    if token == "true" or token == "false" or token == "null":
        return CONSTANT
    if COMPILED:
        grammar: i64 = START
        for char in token:
            grammar = number_step(grammar, ord(char))
            if grammar < 0:
                return WORDS
        if not MAY_END[grammar]:
            return WORDS
        return INTEGER if grammar <= WHOLE else FLOAT
    strict = STRICT_NUMBER.fullmatch(token)
    return WORDS if strict is None else INTEGER if strict.group(1) is None else FLOAT


def kind_of(token: str) -> int:
    """Return the kind of a complete token."""
    if token in CONSTANTS:
        return CONSTANT
    if token in SPECIALS:
        return SPECIAL
    strict = STRICT_NUMBER.fullmatch(token)
    if strict is not None:
        return INTEGER if strict.group(1) is None else FLOAT
    loose = _LOOSE_NUMBER.fullmatch(token)
    if loose is None:
        return WORDS
    _, _, _, point, exponent = loose.groups()
    return INTEGER if point is None and exponent is None else FLOAT


def is_strict(token: str) -> bool:
    """Whether a number or literal is valid JSON."""
    return token in ("true", "false", "null") or STRICT_NUMBER.fullmatch(token) is not None


def plain_number(token: str, whole: int) -> str:
    """Return the text of a lenient number as Python reads it: decimal, without separators."""
    found = _LOOSE_NUMBER.fullmatch(token)
    assert found is not None
    sign, hexadecimal, digits, point, exponent = found.groups()
    sign = "-" if sign == "-" else ""
    if hexadecimal is not None:
        return sign + str(int(hexadecimal, 16))
    integer = (digits or "").replace("_", "").lstrip("0") or "0"
    if whole == INTEGER:
        return str(sign + integer)
    fraction = (point or "").replace("_", "")
    if len(fraction) < 2:
        fraction = ".0"
    power = exponent if exponent is not None and exponent[-1].isdigit() else ""
    return f"{sign}{integer}{fraction}{power}"


def cut_literal(token: str) -> str:
    """Return the literal that a cut one begins, or "" if there is none."""
    if len(token) == 1 and token in "NTFuI":
        return ""  # too short to be certain
    for literal in _CUT:
        if literal.startswith(token):
            return literal
    if token[:1] in ("-", "+") and len(token) > 1 and "Infinity".startswith(token[1:]):
        return token[0] + "Infinity"
    return ""
