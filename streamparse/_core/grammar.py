"""The tokens of RFC 8259: tables, regular expressions and single steps, without state."""

from __future__ import annotations

import re
from codecs import utf_32_le_encode
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64

COMPILED: Final = not __file__.endswith(".py")

# The states of the grammar of a number (RFC 8259, section 6).
START: Final = 0
MINUS: Final = 1
ZERO: Final = 2
INTEGER: Final = 3
POINT: Final = 4
FRACTION: Final = 5
EXPONENT: Final = 6
EXPONENT_SIGN: Final = 7
EXPONENT_DIGITS: Final = 8
# Whether a number may end in each state.
MAY_END: Final[tuple[bool, ...]] = (False, False, True, True, False, True, False, False, True)

# The length from which a regular expression is faster than a compiled loop.
LONG_RUN: Final = 128
# The end of a run inside a string. Surrogates end it, because they are joined or checked.
STOP: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
# The length of the rest of a fragment from which `decoded` is faster than loops, and the length of
# the text that it copies at a time. Memory for longer copies may come from the system each time.
LONG_TEXT: Final = 512
_WINDOW: Final = 32_768
# A complete escape of one character by its code.
UNIT: Final = re.compile(
    r"""\\u(?:(?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}
    |[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2})""",
    re.VERBOSE,
)
# The rest of a number, by its state. The last group that matched determines the new state.
_EXPONENT: Final = "([eE])([-+])?([0-9]+)?"
_FRACTION: Final = rf"([0-9]+)(?:{_EXPONENT})?"
_ZERO: Final = rf"(?:(\.)(?:{_FRACTION})?|{_EXPONENT})?"
_MINUS: Final = rf"(?:(?:(0)|([1-9][0-9]*)){_ZERO})?"
NUMBER_REST: Final = tuple(
    re.compile(rest)
    for rest in (
        "(-)?" + _MINUS,
        _MINUS,
        _ZERO,
        "([0-9]+)?" + _ZERO,
        f"(?:{_FRACTION})?",
        f"([0-9]+)?(?:{_EXPONENT})?",
        "([-+])?([0-9]+)?",
        "([0-9]+)?",
        "([0-9]+)?",
    )
)
# The new state by the number of that group; the first is the old state.
_AT_EXPONENT: Final = (EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS)
_AT_ZERO: Final = (POINT, FRACTION, *_AT_EXPONENT, *_AT_EXPONENT)
STANDS: Final = (
    (START, MINUS, ZERO, INTEGER, *_AT_ZERO),
    (MINUS, ZERO, INTEGER, *_AT_ZERO),
    (ZERO, *_AT_ZERO),
    (INTEGER, INTEGER, *_AT_ZERO),
    (POINT, FRACTION, *_AT_EXPONENT),
    (FRACTION, FRACTION, *_AT_EXPONENT),
    _AT_EXPONENT,
    (EXPONENT_SIGN, EXPONENT_DIGITS),
    (EXPONENT_DIGITS, EXPONENT_DIGITS),
)
SPACE: Final = re.compile("[ \t\n\r]*")
HEX_DIGITS: Final = "0123456789abcdefABCDEF"
ESCAPED: Final[dict[str, str]] = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
WORDS: Final[dict[str, str]] = {"t": "true", "f": "false", "n": "null"}
LITERALS: Final[dict[str, object]] = {"true": True, "false": False, "null": None}
# The characters that may follow a number.
AFTER_NUMBER: Final = ' \t\n\r,]}:[{"'


def run_end(text: str, pos: i64, end: i64) -> i64:
    """Return the end of the run of plain characters at `pos`; compiled, `grammar.c` has it."""
    found = STOP.search(text, pos, end)
    return end if found is None else found.start()


def decoded(text: str, pos: i64, end: i64) -> tuple[str, int] | None:
    """Decode the string that is open at `pos`, as far as is quick.

    Returns:
        The decoded text and the position after it, which is that of the closing quote, a position
        between two characters, or `end`. None if the text has an error or half a surrogate pair,
        or if nothing could be decoded.
    """
    stop = pos + _WINDOW if end - pos > _WINDOW else end
    # The first quote, unless it is escaped: then the last one. To copy the rest of a fragment for
    # each of its strings would take too long.
    last: i64 = text.find('"', pos, stop)
    if last > pos and text[last - 1] == "\\":
        last = text.rfind('"', end - 64 if end - pos > 64 else pos, end)
        if last < 0:
            last = text.rfind('"', pos, stop)
    if last == pos or (last > pos and text[last - 1] != "\\"):  # the string surely ends
        found = _scanned(text, pos)
        if found is not None:
            return found
    tail = stop
    while tail > pos and text[tail - 1] == "\\":
        tail -= 1
    stop -= (stop - tail) & 1
    for _ in range(3):
        if stop <= pos:
            break
        found = _scanned(text[pos:stop] + '"', 0)
        if found is not None:
            return found[0], pos + found[1]
        # An escape or a pair may be incomplete.
        stop = text.rfind("\\u", stop - 12 if stop - pos > 12 else pos, stop)
    return None


def _scanned(text: str, pos: i64) -> tuple[str, int] | None:
    """Return what `decoded` returns for a string with an end; None for an error or a surrogate."""
    try:
        got, after = scanstring(text, pos)
        if not got.isascii():
            utf_32_le_encode(got)  # the quickest search for surrogates
    except ValueError:
        return None
    return got, after - 1


def space_end(text: str, pos: i64, end: i64) -> i64:
    """Return the end of the white space at `pos`."""
    if COMPILED:
        near = pos + LONG_RUN if end - pos > LONG_RUN else end
        while pos < near:
            char: i64 = ord(text[pos])
            if char != 32 and char != 10 and char != 13 and char != 9:
                return pos
            pos += 1
        if pos == end:
            return end
    found = SPACE.match(text, pos)
    return pos if found is None else found.end()


def number_step(grammar: i64, char: i64) -> i64:
    """Return the state of a number after `char`, or -1 where it cannot follow."""
    if 48 <= char <= 57:
        if grammar == INTEGER or grammar == FRACTION or grammar == EXPONENT_DIGITS:
            return grammar
        if grammar <= MINUS:
            return ZERO if char == 48 else INTEGER
        if grammar == POINT:
            return FRACTION
        return -1 if grammar == ZERO else EXPONENT_DIGITS
    if char == 46:
        return POINT if grammar == ZERO or grammar == INTEGER else -1
    if char == 101 or char == 69:
        whole = grammar == ZERO or grammar == INTEGER or grammar == FRACTION
        return EXPONENT if whole else -1
    if char == 45 and grammar == START:
        return MINUS
    if (char == 45 or char == 43) and grammar == EXPONENT:
        return EXPONENT_SIGN
    return -1
