"""Splits a text that arrives in pieces into words, lines or sentences.

Rule 1: The units do not depend on the pieces. Whether a unit ends at a position depends on the
last characters of that unit before it, at most `_CONTEXT`, and on the one after it.
Rule 2: A unit includes the white space after it: a word one character, a line its line feed, a
sentence all up to the next line. White space is not a word or a sentence of its own.
Rule 3: The cost of a piece does not depend on the length of the unit.

- A word ends at white space, and between two characters of Chinese or Japanese, which is written
  without spaces. Marks and closing punctuation stay with the character before them.
- A sentence ends at `.`, `!`, `?` or `…` before white space, at the stops of Chinese and Japanese,
  and at the end of a line. A full stop after an abbreviation, an initial or the number of a list
  item, or before a small letter, ends no sentence.
"""

from __future__ import annotations

import re
from typing import Final

from streamparse.aliases import TextUnit

__all__ = ["UnitSplitter"]

_CONTEXT: Final = {"word": 10, "line": 0, "sentence": 40}

# Characters of Chinese and Japanese that may begin a word. Small kana and marks are not among them.
_CJK: Final = (
    "\u3042\u3044\u3046\u3048\u304a-\u3062\u3064-\u3082\u3084\u3086\u3088-\u308d\u308f-\u3094"
    "\u30a2\u30a4\u30a6\u30a8\u30aa-\u30c2\u30c4-\u30e2\u30e4\u30e6\u30e8-\u30ed\u30ef-\u30f4"
    "\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66\uff71-\uff9d"
    "\U00020000-\U0003ffff"
)
_CLOSING: Final = (
    ".,;:!?%)\\]}'\""
    "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff05\uff09\uff3d\uff5d\u300d\u300f"
    "\u3011\u3009\u300b\u3015\u3017\uff61\uff63\uff64\u2019\u201d\u00bb\u2026"
    "\u0300-\u036f\u200d\u3005\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u3095"
    "\u3096\u3099-\u309e\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6"
    "\u30fb-\u30fe\ufe00-\ufe0f\uff67-\uff70\uff9e\uff9f\U000e0100-\U000e01ef"
)
_CJK_OPENING: Final = "\u300c\u300e\u3010\u3008\u300a\u3014\u3016\uff08\uff3b\uff5b\uff62"
_OPENING: Final = "(\\[{'\"\u2018\u201c\u00ab" + _CJK_OPENING
_CJK_STOPS: Final = "\u3002\uff01\uff1f\uff61"
_QUOTES: Final = (
    ")\\]}'\"*_\u300d\u300f\u3011\u3009\u300b\u3015\u3017\uff09\uff3d\uff5d\uff63\u2019\u201d\u00bb"
)

# Each pattern ends where a unit ends; the character that decides is its last or the one after it.
_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    "word": re.compile(
        rf"\S\s|[{_CJK}][{_CLOSING}]{{0,8}}(?=[^\s{_CLOSING}])"
        rf"|[^\s{_CJK}{_OPENING}](?=[{_CJK}{_CJK_OPENING}])"
    ),
    "line": re.compile(r"\n"),
    "sentence": re.compile(
        r"\S[^\S\n]{0,8}\n"
        rf"|[{_CJK_STOPS}][{_CJK_STOPS}{_QUOTES}]{{0,8}}[^\S\n]{{0,8}}(?=[^\s{_CJK_STOPS}{_QUOTES}])"
        rf"|(?P<stop>[.!?\u2026])[.!?\u2026]{{0,4}}[{_QUOTES}]{{0,4}}[^\S\n]{{1,8}}(?=\S)"
    ),
}
_ABBREVIATIONS: Final = frozenset(
    (
        *("approx", "bzw", "ca", "capt", "cf", "col", "dept", "dr", "eds", "eq", "evtl", "fig"),
        *("figs", "ggf", "hon", "hr", "jr", "kap", "lt", "mr", "mrs", "ms", "mt", "nr", "nos"),
        *("pp", "prof", "rev", "sgt", "sr", "st", "str", "usw", "vgl", "viz", "vol", "vs"),
    )
)
_TOKEN: Final = re.compile(r"[\w.]*\Z")


class UnitSplitter:
    """Splits a text into units.

    Args:
        by: `"word"`, `"line"` or `"sentence"`.

    >>> splitter = UnitSplitter("sentence")
    >>> splitter.feed("Dr. Who is in. The T"), splitter.rest()
    (['Dr. Who is in. '], 'The T')
    """

    def __init__(self, by: TextUnit) -> None:
        if by not in _PATTERNS:
            raise ValueError(f"by must be 'word', 'line' or 'sentence', not {by!r}")
        self._pattern = _PATTERNS[by]
        self._context = _CONTEXT[by]
        self._pieces: list[str] = []  # the unit so far
        self._tail = ""  # the last characters of the unit so far

    @property
    def is_empty(self) -> bool:
        """Whether no text is held."""
        return not self._pieces

    def feed(self, text: str) -> list[str]:
        """Add text; return the units that end in it."""
        units: list[str] = []
        known = len(self._tail)
        seen = self._tail + text
        start = known  # the beginning of the text that is in no unit yet
        found = self._pattern.search(seen)
        while found is not None:
            end = found.end()
            # Earlier calls have decided on the ends whose deciding character they had.
            is_new = end > known or (end == known and bool(text))
            if is_new and not _continues(found, start if units else 0):
                self._pieces.append(seen[start:end])
                units.append("".join(self._pieces))
                self._pieces = []
                start = end
            found = self._pattern.search(seen, end)
        if start < len(seen):
            self._pieces.append(seen[start:])
        begin = start if units else 0
        self._tail = seen[max(begin, len(seen) - self._context) :]
        return units

    def rest(self) -> str:
        """Return the text that is held, and begin a new unit."""
        text = "".join(self._pieces)
        self._pieces = []
        self._tail = ""
        return text


def _continues(found: re.Match[str], begin: int) -> bool:
    """Return whether a sentence continues after an apparent end.

    Args:
        found: The match.
        begin: The place in its string where the sentence begins, as far as it is known.
    """
    if found.lastgroup != "stop":
        return False
    text, place = found.string, found.start()
    if text[found.end()].islower():
        return True
    if text[place] != ".":
        return False
    before = text[max(begin, place - 16) : place]
    token_found = _TOKEN.search(before)
    token = token_found.group() if token_found is not None else ""
    if not token or len(token) == len(before) == 16:
        return False
    is_initial = len(token.rpartition(".")[2]) == 1 and token[-1].isalpha()
    is_number = token.isdigit() and not before[: -len(token)].strip()
    return is_initial or is_number or token.lower() in _ABBREVIATIONS
