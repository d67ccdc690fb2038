"""Quotes in the lenient dialect: which open a string, which end it, which are text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_strings as strings
from streamparse._core.lenient_state import LenientState
from streamparse._core.lenient_strings import CLOSING, LOOK, blank_end, undecided
from streamparse._core.machine_state import DOCUMENT, STRING

if TYPE_CHECKING:
    from mypy_extensions import i64

_QUOTES: Final = "'`´“”„‘’«»"


class LenientQuotes(LenientState):
    """Opens strings, and decides what a quote in a string is."""

    __slots__ = ()

    def _start_quoted(self, quote: str, offset: i64) -> None:
        if self.counting:
            self._count(offset)
        if self.state <= DOCUMENT:
            self.sink.start_string(offset)
            self.in_key = False
        else:
            self.sink.start_key(offset)
            self.in_key = True
        self.length = 0
        if quote != self.quote:
            self._take_quote(quote)
        self.kept = 0
        self.odd = self.tripled = self.colons = self.inner = False
        self.nested = 0
        if self.raw and self.raw_at != offset:
            self.raw = ""
        self.fresh = True
        self.state = STRING

    def _open_odd_quote(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Open a string with another quote than `"`."""
        char = text[pos]
        if char == "\\":
            if pos + 1 == end and not final:
                return undecided(pos)
            if text[pos + 1 : pos + 2] != '"':
                self._refuse(char, self.offset + pos)
        if char != '"':
            self._mend(strings.OPENING_CODES[char], self.offset + pos, self.state <= DOCUMENT)
        self._start_quoted(char, self.offset + pos)
        self.escaped = self.escaped or char == "\\"
        return pos + (2 if char == "\\" else 1)

    def _quote_before(self, pos: i64) -> bool:
        """Whether there is a quote of any kind right before `pos`."""
        before = self.text_before(self.offset + pos)[-1:]
        return before == '"' or before in _QUOTES

    def _key_was_quoted(self, offset: i64) -> bool:
        """Whether the last character before `offset` that is not a blank is a quote."""
        before = self.text_before(offset).rstrip()[-1:]
        return before == '"' or (before != "" and before in _QUOTES)

    def _quote(self, text: str, pos: i64, behind: i64, end: i64, final: bool) -> i64:
        """Read a quote at `pos` that may end the string; the text after it begins at `behind`."""
        offset = self.offset + pos
        if self.tripled:
            return self._triple_quote(text, pos, end, final)
        result = self._classify_quote(text, behind, end, final)
        if result == strings.UNDECIDED:
            return undecided(pos)
        item = not self.in_key
        if result == strings.ENDS:
            if self.kept % 2:
                self._doubt(offset, item)  # a quotation in the string has not ended
            self._end_quoted(offset)
            return behind
        if result == strings.INNER or result == strings.APOSTROPHE:
            self._mend("inner_quote", offset, item)
            if self.in_key:
                self._doubt(offset, False)
            self.kept += result == strings.INNER
            self._text('"' if self.quote == "\\" else text[pos], offset)
            return behind
        if result == strings.JOINED:
            self._mend("concatenation", offset, item)
            place = strings.joint_end(text, behind, end)
            self._take_quote(text[place])
            self.kept = 0
            self.fresh = False
            return place + 1
        self._mend("doubled_quotes", offset, item)
        if result == strings.ENDS_DOUBLED:
            self._end_quoted(offset + 1)
            return behind + 1
        if result == strings.TRIPLED:
            self.tripled = True
            return behind + 1
        return behind

    def _classify_quote(self, text: str, behind: i64, end: i64, final: bool) -> i64:
        if not self.depth and not self.in_key:
            role = strings.ROOT_OF_MANY if self.many else strings.ROOT
        else:
            role = strings.KEY if self.in_key else strings.ITEM if self.in_array else strings.MEMBER
            near = behind
            if near < end and text[near] <= " ":
                near = blank_end(text, behind, end)
            if near == end:
                if not final and near - behind < LOOK:
                    return strings.UNDECIDED
            elif not self.kept and near - behind < LOOK:  # the commonest case
                char = text[near]
                if char == ":" if self.in_key else char == self.closers[-1]:
                    return strings.ENDS
                if char == "," and not self.in_key:
                    near += 1
                    if near < end and text[near] == " ":
                        near += 1
                    if near == end and not final:
                        return strings.UNDECIDED
                    if near < end and text[near] in "\"'\n":
                        return strings.ENDS
        if self.seen and not final and end - behind < LOOK:  # only words have followed so far
            stops = strings.WORD_STOPS[CLOSING[self.quote]]
            if stops.search(text, behind + self.seen) is None:
                return strings.UNDECIDED
        quote = strings.Quote(
            role,
            CLOSING[self.quote],
            self.closers[-1] if self.closers else "",
            self.depth,
            kept=self.kept,
            fresh=self.fresh,
            wrapped=self.wrapped > 0,
            fenced=bool(self.fence),
        )
        result = strings.classify(text, behind, end, final, quote)
        self.seen = 0
        if result == strings.AMONG_WORDS:
            self.seen = end - behind
            return strings.UNDECIDED
        if result == strings.INNER and "inner_quote" not in self.codes:
            return strings.ENDS
        return result

    def _certain_end(self, text: str, behind: i64, end: i64) -> i64:
        """Decide in the most common cases whether the quote before `behind` ends the string.

        The result is 1 if it does, -1 if more text must decide, and 0 if `_quote` must decide.
        """
        if self.kept or self.tripled or not self.depth:
            return 0
        if behind == end:
            return -1
        char: i64 = ord(text[behind])
        if self.in_key:
            return 1 if char == 58 else 0
        if char == 44:
            behind += 1
            if behind < end and ord(text[behind]) == 32:
                behind += 1
            if behind == end:
                return -1
            char = ord(text[behind])
            return 1 if char == 34 or char == 10 or char == 39 else 0
        return 1 if (char == 93 or char == 125) and text[behind] == self.closers[-1] else 0

    def _triple_quote(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        if pos + 4 > end and not final and (self.quote * 4).startswith(text[pos:]):
            return undecided(pos)
        # The first of four quotes in a row is text.
        if text.startswith(self.quote * 3, pos) and text[pos + 3 : pos + 4] != self.quote:
            self._end_quoted(self.offset + pos + 2)
            return pos + 3
        self._text(text[pos], self.offset + pos)
        return pos + 1

    def _end_quoted(self, offset: i64) -> None:
        if self.high:
            self._lone(offset)
        self._close_string(offset)

    def _colon_in_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        result = strings.colon_ends(text, pos, end, final, CLOSING[self.quote])
        if result < 0:
            return undecided(pos)
        if result:
            self._mend("missing_quote", self.offset + pos, False)
            if self._quote_before(pos):
                self._doubt(self.offset + pos, False)
            self._end_quoted(self.offset + pos)
            return pos
        self.colons = True
        self._text(":", self.offset + pos)
        return pos + 1

    def _text(self, text: str, offset: i64) -> None:
        """Pass on characters of a string that are not a plain run."""
        if self.high:
            self._lone(offset)
        self.fresh = False
        self._pass(text, offset)
