"""Characters that arrive in two halves.

JSON escapes a character beyond U+FFFF as two UTF-16 code units (RFC 8259, section 7). A server
that cuts its text by code units sends the halves of such a character in two records, and Python
keeps the halves apart even when it puts the texts together.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["CHOICES", "Halves", "check_surrogates", "ends_in_half", "joined", "lone", "replaced"]

#: What the option `surrogates` may be.
CHOICES: Final = ("keep", "replace", "error")

_HALF: Final = re.compile(r"[\ud800-\udfff]")
_PAIR: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")


def check_surrogates(choice: str) -> None:
    """Raise `ValueError` for an option `surrogates` that there is not."""
    if choice not in CHOICES:
        raise ValueError(f"surrogates must be 'keep' or 'replace' or 'error', not {choice!r}")


def joined(text: str) -> str:
    """`text` with the halves that meet in it joined.

    >>> joined("\\ud83d" + "\\ude00!") == "😀!"
    True
    """
    return text if text.isascii() else _PAIR.sub(_character, text)


def ends_in_half(text: str) -> bool:
    """Does `text` end with a first half, whose second half may follow?"""
    return bool(text) and 0xD800 <= ord(text[-1]) <= 0xDBFF


def lone(text: str) -> int:
    """The position of the first half in text that was `joined`, or -1."""
    found = None if text.isascii() else _HALF.search(text)
    return -1 if found is None else found.start()


def replaced(text: str) -> str:
    """`text`, which was `joined`, with U+FFFD for each half that is left."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


class Halves:
    """Joins the halves of characters across the deltas of one text.

    >>> halves = Halves()
    >>> halves.take("Hi \\ud83d"), halves.take("\\ude00!") == "😀!"
    ('Hi ', True)
    """

    __slots__ = ("half", "passed")

    def __init__(self) -> None:
        #: How many characters have gone out.
        self.passed: int = 0
        #: A first half whose second half may come with the next delta.
        self.half: str = ""

    def take(self, text: str) -> str:
        """The text that can go out: all of it, except a first half at its end."""
        if self.half or not text.isascii():
            text = joined(self.half + text)
            self.half = ""
            if ends_in_half(text):
                self.half = text[-1]
                text = text[:-1]
        self.passed += len(text)
        return text

    def rest(self) -> str:
        """The half that is left when no second half can come."""
        half = self.half
        self.half = ""
        self.passed += len(half)
        return half


def _character(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le")
