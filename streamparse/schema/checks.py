"""Verdicts on whole values, equal to those of the reference library."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

from streamparse.schema.nodes import NumberRules


def number_fault(rules: NumberRules, value: Any) -> str:
    """The keyword that a number breaks; empty when it breaks none."""
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
    except OverflowError:  # beyond floating point
        if any(isinstance(one, float) and math.isinf(one) for one in (value, step)):
            return False
        return (Fraction(value) / Fraction(step)).denominator == 1
    except ValueError:
        return False


def equal(one: Any, other: Any) -> bool:
    """Equality of JSON values: `1` is `1.0`, but neither `0` nor `1` is a boolean."""
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
    """Are all items different? As the library finds out, oddities included.

    It sorts where it can, and then takes `[1]` and `[true]` for equal in order, not in value.
    """
    try:
        sortable: list[Any] = [_Boolean(one) if isinstance(one, bool) else one for one in items]
        ordered = sorted(sortable)
    except (NotImplementedError, TypeError, RecursionError):
        return _unique_slowly(items)
    return not any(equal(one, other) for one, other in pairwise(ordered))


class _Boolean:
    """What cannot be sorted."""

    def __init__(self, value: bool) -> None:
        self.value = value


def _unique_slowly(items: list[Any]) -> bool:
    """By hashes: the same verdict as comparing all pairs, in linear time where it matters."""
    seen = Seen()
    return all(seen.add(item) for item in items)


class Seen:
    """The items of an array so far."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        #: Numbers, booleans and null, each as a text: see `_key`.
        self.scalars: set[str] = set()
        self.containers: dict[Any, list[Any]] = {}
        #: What `parse_float` made of numbers, if no decimals: compared one by one.
        self.others: list[Any] = []
        #: Was one inside of a container? Then only the library's way of sorting tells, at the
        #: end, whether it finds two equal ones (see `unique`).
        self.booleans: bool = False

    def repeats(self, item: Any) -> bool:
        """Is this item certain to be one too many?"""
        new = self.add(item)
        return not new and not (self.booleans and isinstance(item, (dict, list)))

    def add(self, item: Any) -> bool:
        """Is this one new?"""
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
    """The same text for scalars that are equal; empty for what `parse_float` made of a number.

    Numbers are never hashed themselves: their hashes are no secret, and a document could be made
    of numbers that all hash alike.
    """
    if isinstance(scalar, bool) or scalar is None:
        return repr(scalar)
    if isinstance(scalar, float):
        if math.isnan(scalar):
            return f"nan {id(scalar)}"  # equal to itself only
        if not scalar.is_integer():
            return scalar.hex()
        scalar = int(scalar)
    return hex(scalar) if isinstance(scalar, int) else _decimal_key(scalar)


def _decimal_key(number: Any) -> str:
    """The same for a `Decimal`, which may be equal to an `int` or a `float`; empty for the rest."""
    parts = getattr(number, "as_tuple", None)
    if parts is None or not number.is_finite():
        return ""
    if not number:
        return hex(0)
    sign, digits, _ = parts()
    significant = "".join(map(str, digits)).strip("0")
    size = number.adjusted()
    if abs(size) <= 400:  # beyond these a number is not written out: it is none of a float's
        if size + 1 >= len(significant):
            return hex(int(number))
        nearest = float(number)
        if nearest == number:
            return nearest.hex()
    return f"{sign} {significant} {size}"


def _shape(item: Any) -> Any:
    """The same for containers that are equal."""
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
        else:  # in a tuple, so that it is not taken for a text
            parts.append((_key(value),))
    return tuple(parts)


__all__ = ["Seen", "equal", "number_fault", "unique"]
