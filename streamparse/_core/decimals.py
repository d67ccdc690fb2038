"""Decimal numbers of up to 19 digits, read and converted without a detour through text.

`float` computes with integers of any length if a number has more than 15 digits. The product of the
digits and a power of ten suffices for nearly all of them if it has more bits than a float, and it
shows whether it does: both ends of the interval of its error are rounded to the same float (A. Ziv,
"Fast evaluation of elementary mathematical functions with correctly rounded last bit", 1991).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64

#: The exponent of an integer.
WHOLE: Final = 1 << 20
# Whether an operation is rounded once; 32-bit processors may round twice.
_ROUNDS_ONCE: Final = sys.maxsize > 2**32
# The powers of ten that are floats.
_POWERS: Final[tuple[float, ...]] = tuple(float(10**power) for power in range(23))
# All integers up to this one are floats.
_ALL_FLOATS: Final = 1 << 53
# The powers of ten from -`_LARGEST` to `_LARGEST` are sums of three floats: two of 21 bits, whose
# products with 32 bits are exact, and the rest.
_LARGEST: Final = 40
_BITS: Final = 21
_SHIFT: Final = 256
# More than the error of the product, relative to it.
_ERROR: Final = 2.0**-66


def _summands(power: int) -> tuple[float, float, float]:
    rest = 10**power << _SHIFT if power >= 0 else (1 << _SHIFT) // 10**-power
    parts: list[float] = []
    for _ in range(2):
        low = max(rest.bit_length() - _BITS, 0)
        parts.append(float(rest >> low << low) * 2.0**-_SHIFT)
        rest &= (1 << low) - 1
    return parts[0], parts[1], float(rest) * 2.0**-_SHIFT


_SUMS: Final = [_summands(power) for power in range(-_LARGEST, _LARGEST + 1)]
_FIRST: Final = tuple([parts[0] for parts in _SUMS])
_SECOND: Final = tuple([parts[1] for parts in _SUMS])
_THIRD: Final = tuple([parts[2] for parts in _SUMS])


def short_decimal(text: str, pos: i64, end: i64) -> tuple[i64, i64, i64]:
    """Read the number at `pos` (RFC 8259, section 6, without a sign).

    Returns:
        The digits as an integer, the exponent of ten (`WHOLE` for an integer) and the position
        after the number. The position is -1 if the number has more than 19 digits, breaks the
        grammar or may go on after `end`.
    """
    first: i64 = ord(text[pos]) if pos < end else 0
    longest: i64 = 19 if first < 57 else 18  # so that the digits are less than 2 ** 63
    digits: i64 = 0
    size: i64 = 0
    point: i64 = -1
    char: i64 = 0
    at = pos
    while at < end:
        char = ord(text[at])
        if 48 <= char <= 57:
            if size == longest:
                return 0, 0, -1
            digits = digits * 10 + char - 48
            size += 1
        elif char == 46 and point < 0:
            point = at
        else:
            break
        at += 1
    before = at - pos if point < 0 else point - pos
    if at == end or not before or (first == 48 and before > 1) or point == at - 1:
        return 0, 0, -1
    exponent = before - size
    if char == 101 or char == 69:
        at += 1
        sign: i64 = ord(text[at]) if at < end else 0
        if sign == 43 or sign == 45:
            at += 1
        start = at
        stop = at + 4 if end > at + 4 else end
        power: i64 = 0
        while at < stop:
            char = ord(text[at])
            if not 48 <= char <= 57:
                break
            power = power * 10 + char - 48
            at += 1
        if at == start or at == stop:
            return 0, 0, -1
        exponent += -power if sign == 45 else power
    elif point < 0:
        exponent = WHOLE
    return digits, exponent, at


def nearest(digits: i64, exponent: i64) -> float:
    """Return the float that is nearest to `digits` * 10 ** `exponent`, or -1 if that is not sure.

    The products that matter are exact, so nothing changes on a processor that adds to a product
    before it rounds.

    >>> nearest(12345678901234567, -10)
    1234567.8901234567
    """
    if not _ROUNDS_ONCE or not -_LARGEST <= exponent <= _LARGEST:
        return -1.0
    if digits < _ALL_FLOATS:
        if not -22 <= exponent <= 22:
            return -1.0
        # Both operands are exact, so the result is rounded once.
        if exponent < 0:
            return float(digits) / _POWERS[-exponent]
        return float(digits) * _POWERS[exponent]
    at = exponent + _LARGEST
    first, second = _FIRST[at], _SECOND[at]
    high, low = float(digits >> 32) * 2.0**32, float(digits & 0xFFFFFFFF)
    # The sum of six products, with the largest first.
    most = high * first
    more = low * first + high * second
    total = most + more
    rest = more - (total - most) + (low * second + (high + low) * _THIRD[at])
    error = total * _ERROR
    below = total + (rest - error)
    return below if below == total + (rest + error) else -1.0


def float_of(numeral: str) -> float:
    """Return `float(numeral)` for a number of JSON; interpreted, `float` is faster.

    >>> float_of("-12345678.901234567")
    -12345678.901234567
    """
    negative = numeral[0] == "-"
    start: i64 = 1 if negative else 0
    digits, exponent, stop = short_decimal(numeral + " ", start, len(numeral) + 1)
    value = nearest(digits, exponent) if stop > 0 else -1.0
    if value < 0.0:
        return float(numeral)
    return -value if negative else value
