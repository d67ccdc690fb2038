"""Search for literals in text that arrives in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Final

__all__ = ["UNDECIDED", "Markers", "contains_any", "first_characters"]

#: The result if the text ends inside what may become a literal.
UNDECIDED: Final = "\0"

_NEVER: Final = re.compile(r"(?!)")


class Markers:
    """A set of literals, the longest first; without state, so all parsers of a format share it.

    >>> tags = Markers(["<a>", "<b>"])
    >>> tags.find("x <a> y", 0, False), tags.find("x <a", 0, False), tags.find("x <a", 0, True)
    ((2, '<a>'), (2, ''), (4, ''))
    """

    __slots__ = ("firsts", "longest", "only", "pattern", "prefixes", "starts", "words")

    _init_types: ClassVar[tuple[Any, ...]] = (tuple,)

    def __init__(self, words: Iterable[str]) -> None:
        self.words: list[str] = sorted({word for word in words if word}, key=len, reverse=True)
        found = "|".join(map(_exact, self.words))
        self.pattern: re.Pattern[str] = re.compile(found) if found else _NEVER
        first = {word[0] for word in self.words}
        self.firsts: list[str] = sorted(first)  # the first characters of the literals
        self.starts: re.Pattern[str] = (
            re.compile("|".join(map(re.escape, first))) if first else _NEVER
        )
        self.only: str = first.pop() if len(first) == 1 else ""  # their only first character
        self.prefixes: set[str] = {word[:end] for word in self.words for end in range(1, len(word))}
        self.prefixes.update(word for word in self.words if _is_run(word))
        self.longest: int = max((len(word) for word in self.words), default=0)

    def find(self, text: str, pos: int, final: bool) -> tuple[int, str]:
        """Return the place of the first literal from `pos` on, and the literal.

        If there is none, the literal is `""` and the place is that of undecided text, which may
        become one, or the end of the text. If `final`, nothing follows the text.
        """
        if self.only:
            first = text.find(self.only, pos)
            if first < 0:
                return len(text), ""
            pos = first
        elif not contains_any(text, self.firsts):
            return len(text), ""
        found = self.pattern.search(text, pos)
        if found is not None:
            place, word = found.start(), found.group()
            if final or len(text) - place > self.longest:
                return place, word
            # Text that begins before the literal, or with it, may become a longer literal.
            before = self.undecided(text, pos)
            return (place, word) if before > place else (before, "")
        return (len(text) if final else self.undecided(text, pos)), ""

    def may_begin_in(self, text: str) -> bool:
        """Return whether a literal may begin in the text."""
        return contains_any(text, self.firsts)

    def at(self, text: str, pos: int, final: bool) -> str:
        """Return the literal at `pos`, `""` if there is none, or `UNDECIDED`."""
        found = self.pattern.match(text, pos)
        if found is not None:
            word = found.group()
            return word if final or not self._goes_on(text, pos) else UNDECIDED
        if final or not self.words:
            return ""
        return UNDECIDED if pos == len(text) or self._goes_on(text, pos) else ""

    def _goes_on(self, text: str, pos: int) -> bool:
        """Return whether the text from `pos` on may become a literal, or a longer one."""
        return len(text) - pos <= self.longest and text[pos:] in self.prefixes

    def undecided(self, text: str, pos: int) -> int:
        """Return where text that may become a literal begins, or the length of the text."""
        end = len(text)
        found = self.starts.search(text, max(pos, end - self.longest))
        while found is not None:
            place = found.start()
            if text[place:] in self.prefixes:
                return place
            found = self.starts.search(text, place + 1)
        return end


def first_characters(*sets: Markers) -> list[str]:
    """Return the first characters of the literals of some sets.

    Args:
        sets: The sets of literals.

    Returns:
        Each character once.

    >>> first_characters(Markers(["<a>", "]]>"]), Markers(["</b>"]))
    ['<', ']']
    """
    return sorted({word[0] for markers in sets for word in markers.words})


def contains_any(text: str, characters: list[str]) -> bool:
    """Return whether the text contains one of a few characters.

    For a short text this is much faster than a regular expression.
    """
    return any(char in text for char in characters)


def _exact(word: str) -> str:
    """Return the pattern of a literal; a run of one character matches at the end of a run only."""
    return re.escape(word) + (f"(?!{re.escape(word[0])})" if _is_run(word) else "")


def _is_run(word: str) -> bool:
    return len(word) > 1 and word == word[0] * len(word)
