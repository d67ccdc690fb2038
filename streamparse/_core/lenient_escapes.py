"""Escapes in the lenient dialect, including those that JSON does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streamparse._core.grammar import (
    ESCAPED,
    HEX_DIGITS,
)
from streamparse._core.lenient_quotes import LenientQuotes
from streamparse._core.lenient_strings import undecided

if TYPE_CHECKING:
    from mypy_extensions import i64

_SIMPLE_ESCAPES: Final[dict[str, str]] = {"v": "\v", "\n": "", "\u2028": "", "\u2029": ""}
_QUOTES: Final = "'`´“”„‘’«»"


class LenientEscapes(LenientQuotes):
    """Reads escapes in strings."""

    __slots__ = ()

    def _odd_escape(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read the escape at `pos`, if all of it has arrived."""
        if self.quote == "\\":
            return self._twice_escaped(text, pos, end, final)
        if self.raw:
            return self._raw_backslash(text, pos, end, final)
        if pos + 1 == end:
            return end if final else undecided(pos)  # a cut escape is dropped
        char = text[pos + 1]
        offset = self.offset + pos + 1
        if char == "u":
            return self._unicode_escape(text, pos, pos + 2, end, final)
        plain = ESCAPED.get(char)
        if plain is not None:
            self.fresh = False
            self._unit(ord(plain), offset)
            return pos + 2
        if char == "x":
            return self._hexadecimal_escape(text, pos, end, final)
        if char == "\r":
            if pos + 2 == end and not final:
                return undecided(pos)
            self._mend("escape", offset - 1, not self.in_key)
            return pos + (3 if text[pos + 2 : pos + 3] == "\n" else 2)
        if char == "0":
            if pos + 2 == end and not final:
                return undecided(pos)
            kept = "\\0" if text[pos + 2 : pos + 3].isdigit() else "\0"
        elif char in _QUOTES:
            kept = char
        else:
            kept = _SIMPLE_ESCAPES.get(char, "\\")
        self._mend("escape", offset - 1, not self.in_key)
        if kept:
            self._text(kept, offset - 1)
        # The backslash of an unknown escape is text, and so is what follows it.
        return pos + (1 if kept == "\\" else 2)

    def _raw_backslash(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read a backslash of a raw string, which is text."""
        width: i64 = 1
        if self.raw == "r":
            if pos + 1 == end and not final:
                return undecided(pos)
            width = 2 if text[pos + 1 : pos + 2] in ("\\", '"', "'") else 1
        self._text(text[pos : pos + width], self.offset + pos)
        return pos + width

    def _unicode_escape(self, text: str, pos: i64, first: i64, end: i64, final: bool) -> i64:
        """Read four hexadecimal digits at `first`; without them the backslash is text."""
        digits = text[first : first + 4]
        size: i64 = len(digits)
        valid = all(digit in HEX_DIGITS for digit in digits)
        if valid and size == 4:
            self.fresh = False
            self._unit(int(digits, 16), self.offset + first + 3)
            return first + 4
        if valid and not final:
            return undecided(pos)
        if valid:
            return end  # cut by the end of the input, and dropped
        self._mend("escape", self.offset + pos, not self.in_key)
        self._text("\\", self.offset + pos)
        return pos + 1

    def _hexadecimal_escape(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        digits = text[pos + 2 : pos + 4]
        valid = all(digit in HEX_DIGITS for digit in digits)
        if valid and len(digits) < 2:
            return end if final else undecided(pos)
        self._mend("escape", self.offset + pos, not self.in_key)
        if valid:
            self.fresh = False
            self._unit(int(digits, 16), self.offset + pos + 3)
            return pos + 4
        self._text("\\", self.offset + pos)
        return pos + 1

    def _twice_escaped(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        r"""Read a backslash in a string whose quotes are `\"`: an escaped escape."""
        if pos + 1 == end:
            return end if final else undecided(pos)
        char = text[pos + 1]
        if char == '"':
            return self._quote(text, pos, pos + 2, end, final)
        place = pos + 1
        if char == "\\":
            place = pos + 2
            if place < end and text[place] == "\\":
                place += 1
            if place == end:
                return end if final else undecided(pos)
            char = text[place]
        if char == "u":
            return self._unicode_escape(text, pos, place + 1, end, final)
        plain = ESCAPED.get(char)
        if plain is None:
            self._text("\\", self.offset + pos)
            return place
        self._text(plain, self.offset + place)
        return place + 1
