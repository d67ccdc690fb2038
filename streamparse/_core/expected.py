"""The values that a validator allows at a place, before the value begins."""

from __future__ import annotations

from typing import Final

# The kinds of JSON, as bits.
OBJECT: Final = 1
ARRAY: Final = 2
STRING: Final = 4
NUMBER: Final = 8
TRUE: Final = 16
FALSE: Final = 32
NULL: Final = 64
SCALARS: Final = NUMBER | TRUE | FALSE | NULL
ANY_KIND: Final = 127

KIND_BITS: Final[dict[str, int]] = {
    "object": OBJECT,
    "array": ARRAY,
    "string": STRING,
    "number": NUMBER,
    "true": TRUE,
    "false": FALSE,
    "null": NULL,
}


class Expected:
    """The kinds of value that are allowed at a place.

    Args:
        kinds: Bits of the kinds that are not certain to be rejected.
        words: The strings that are allowed; None allows any.
        items: The kinds that are allowed for the first item of an array.
    """

    __slots__ = ("items", "kinds", "words")

    def __init__(
        self, kinds: int = ANY_KIND, words: frozenset[str] | None = None, items: int = ANY_KIND
    ) -> None:
        self.kinds: int = kinds
        self.words: frozenset[str] | None = words
        self.items: int = items

    def both(self, other: Expected) -> Expected:
        """Return what both this one and the other allow."""
        words = self.words
        if words is None or other.words is None:
            words = other.words if words is None else words
        else:
            words = words & other.words
        return Expected(self.kinds & other.kinds, words, self.items & other.items)

    def either(self, other: Expected) -> Expected:
        """Return what this one or the other allows."""
        kinds, words, items = self.kinds | other.kinds, self.words, self.items | other.items
        if not self.kinds & STRING:
            words = other.words
        elif other.kinds & STRING:
            words = None if words is None or other.words is None else words | other.words
        if not self.kinds & ARRAY or not other.kinds & ARRAY:
            items = self.items if self.kinds & ARRAY else other.items
        return Expected(kinds, words, items)


ANYTHING: Final = Expected()
