"""Surrogate pairs whose halves arrive in different texts.

JSON escapes a character beyond U+FFFF as two UTF-16 code units (RFC 8259, section 7). A server that
cuts its text by code units sends the halves in two records, and Python does not join them when the
texts are joined.
"""

from __future__ import annotations

import re
from typing import Final

from streamparse._core._marks import mypyc_attr

__all__ = ["CHOICES", "Halves", "check_surrogates", "ends_in_half", "joined", "lone", "replaced"]

#: The values of the option `surrogates`.
CHOICES: Final = ("keep", "replace", "error")

_HALF: Final = re.compile(r"[\ud800-\udfff]")
_PAIR: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")


def check_surrogates(choice: str) -> None:
    """Check the option `surrogates`.

    Raises:
        ValueError: It has another value.
    """
    if choice not in CHOICES:
        raise ValueError(f"surrogates must be 'keep' or 'replace' or 'error', not {choice!r}")


def joined(text: str) -> str:
    """Return `text` with the pairs in it joined to characters.

    >>> joined("\\ud83d" + "\\ude00!") == "😀!"
    True
    """
    return text if text.isascii() else _PAIR.sub(_character, text)


def ends_in_half(text: str) -> bool:
    """Whether `text` ends with a high surrogate, which a low surrogate may follow."""
    return bool(text) and 0xD800 <= ord(text[-1]) <= 0xDBFF


def lone(text: str) -> int:
    """Return the position of the first surrogate in text that was `joined`, or -1."""
    found = None if text.isascii() else _HALF.search(text)
    return -1 if found is None else found.start()


def replaced(text: str) -> str:
    """Return text that was `joined`, with U+FFFD for each lone surrogate."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


@mypyc_attr(acyclic=True)
class Halves:
    """Joins surrogate pairs across the deltas of one text.

    >>> halves = Halves()
    >>> halves.take("Hi \\ud83d"), halves.take("\\ude00!") == "😀!"
    ('Hi ', True)
    """

    __slots__ = ("half", "passed")

    def __init__(self) -> None:
        #: The number of characters that were returned.
        self.passed: int = 0
        #: A high surrogate that waits for its low surrogate.
        self.half: str = ""

    def take(self, text: str) -> str:
        """Return the text without a high surrogate at its end, which is held."""
        if self.half or not text.isascii():
            text = joined(self.half + text)
            self.half = ""
            if ends_in_half(text):
                self.half = text[-1]
                text = text[:-1]
        self.passed += len(text)
        return text

    def rest(self) -> str:
        """Return the held surrogate at the end of the text."""
        half = self.half
        self.half = ""
        self.passed += len(half)
        return half


def _character(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le")
