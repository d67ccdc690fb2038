"""Checks of whole values, with the same results as the reference library."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

from streamparse.schema.nodes import NumberRules


def number_fault(rules: NumberRules, value: Any) -> str:
    """Return the first keyword that a number violates, or `""`."""
    if rules.whole and not (isinstance(value, int) or (rules.whole_floats and value.is_integer())):
        return "type"
    if rules.minimum is not None and value < rules.minimum:
        return "minimum"
    if rules.maximum is not None and value > rules.maximum:
        return "maximum"
    if rules.above is not None and value <= rules.above:
        return "exclusiveMinimum"
    if rules.below is not None and value >= rules.below:
        return "exclusiveMaximum"
    if rules.step is not None and not _is_multiple(value, rules.step):
        return "multipleOf"
    return ""


def _is_multiple(value: Any, step: Any) -> bool:
    try:
        if not isinstance(step, float):
            return not value % step
        quotient = value / step
        return bool(int(quotient) == quotient)
    except OverflowError:  # the quotient is beyond the range of floats
        if any(isinstance(one, float) and math.isinf(one) for one in (value, step)):
            return False
        return (Fraction(value) / Fraction(step)).denominator == 1
    except ValueError:
        return False


def equal(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal: `1` equals `1.0`, but `0` differs from `false`."""
    waiting = [(one, other)]
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            if len(one) != len(other):
                return False
            for key, value in one.items():
                if key not in other:
                    return False
                waiting.append((value, other[key]))
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif isinstance(one, bool) or isinstance(other, bool) or one != other:
            return False  # two equal booleans are one object
    return True


def unique(items: list[Any]) -> bool:
    """Return whether all items differ, by the algorithm of the library.

    The library sorts the items if it can and compares neighbors. Python orders `[1]` and `[true]`
    as equal although they differ, so equal items need not become neighbors.
    """
    try:
        sortable: list[Any] = [_Boolean(one) if isinstance(one, bool) else one for one in items]
        ordered = sorted(sortable)
    except (NotImplementedError, TypeError, RecursionError):
        return _unique_slowly(items)
    return not any(equal(one, other) for one, other in pairwise(ordered))


class _Boolean:
    """A boolean that cannot be compared, so that sorting raises `TypeError` as in the library."""

    def __init__(self, value: bool) -> None:
        self.value = value


def _unique_slowly(items: list[Any]) -> bool:
    """Return the same result as comparing all pairs, in linear time for all common items."""
    seen = Seen()
    return all(seen.add(item) for item in items)


class Seen:
    """The items of an array so far."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        #: Numbers, booleans and null, each as the text that `_key` returns.
        self.scalars: set[str] = set()
        self.containers: dict[Any, list[Any]] = {}
        #: Numbers of other types, from the caller's `parse_float`; they are compared one by one.
        self.others: list[Any] = []
        #: Whether a container held a boolean. If so, only `unique` can decide at the end whether
        #: the library finds two equal containers.
        self.booleans: bool = False

    def repeats(self, item: Any) -> bool:
        """Add an item; return whether it certainly equals an earlier one."""
        new = self.add(item)
        return not new and not (self.booleans and isinstance(item, (dict, list)))

    def add(self, item: Any) -> bool:
        """Add an item; return whether it is new."""
        if isinstance(item, str):
            return _new(self.texts, item)
        alike = self.others
        if isinstance(item, (dict, list)):
            shape = _shape(item)
            self.booleans = self.booleans or ("True",) in shape or ("False",) in shape
            alike = self.containers.setdefault(shape, [])
        else:
            key = _key(item)
            if key:
                return _new(self.scalars, key)
        if any(equal(item, other) for other in alike):
            return False
        alike.append(item)
        return True


def _new(known: set[str], item: str) -> bool:
    size = len(known)
    known.add(item)
    return len(known) > size


def _key(scalar: Any) -> str:
    """Return the same text for equal scalars, or `""` for a number of an unknown type.

    Numbers are not hashed themselves: their hashes are predictable, so a hostile document could
    consist of numbers that all collide.
    """
    if isinstance(scalar, bool) or scalar is None:
        return repr(scalar)
    given = scalar  # in compiled code, `scalar` below is a copy of the number
    if isinstance(scalar, float):
        if math.isnan(scalar):
            return f"nan {id(given)}"  # NaN equals only the same object
        if not scalar.is_integer():
            return scalar.hex()
        scalar = int(scalar)
    return hex(scalar) if isinstance(scalar, int) else _decimal_key(scalar)


def _decimal_key(number: Any) -> str:
    """Return the key of a `Decimal`, which may equal an `int` or `float`; `""` for other types."""
    parts = getattr(number, "as_tuple", None)
    if parts is None or not number.is_finite():
        return ""
    if not number:
        return hex(0)
    sign, digits, _ = parts()
    significant = "".join(map(str, digits)).strip("0")
    size = number.adjusted()
    if abs(size) <= 400:  # a number beyond that equals no float and would be long to write out
        if size + 1 >= len(significant):
            return hex(int(number))
        nearest = float(number)
        if nearest == number:
            return nearest.hex()
    return f"{sign} {significant} {size}"


def _shape(item: Any) -> Any:
    """Return a hashable value that is the same for equal containers."""
    parts: list[Any] = []
    waiting: list[Any] = [item]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            parts.append(("{", len(value)))
            for key in sorted(value):
                parts.append(key)
                waiting.append(value[key])
        elif isinstance(value, list):
            parts.append(("[", len(value)))
            waiting += value
        elif isinstance(value, str):
            parts.append(value)
        else:  # the tuple distinguishes a scalar from a string
            parts.append((_key(value),))
    return tuple(parts)


__all__ = ["Seen", "equal", "number_fault", "unique"]
