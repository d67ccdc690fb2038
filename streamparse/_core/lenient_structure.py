"""Containers in the lenient dialect: colons, commas and brackets out of place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_prose as prose
from streamparse._core import lenient_scalars as scalars
from streamparse._core import lenient_strings as strings
from streamparse._core.lenient_keys import LenientKeys
from streamparse._core.lenient_state import JUNK, begins_token
from streamparse._core.lenient_strings import CLOSING, LOOK, blank_end, key_at, undecided
from streamparse._core.machine_state import AFTER, COLON, FIRST_ITEM, FIRST_KEY, KEY, VALUE

if TYPE_CHECKING:
    from mypy_extensions import i64

_OTHER_SPACE: Final = strings.OTHER_SPACE


class LenientStructure(LenientKeys):
    """Reads the structure of containers."""

    __slots__ = ()

    def _structure(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read a character that JSON does not allow between the values of a container."""
        char = text[pos]
        offset = self.offset + pos
        state = self.state
        if char in "}])":
            if char == self.closers[-1] and self._may_close():
                self._leave(offset)
                return pos + 1
            return self._odd_closer(text, pos, end, final)
        if (char == "{" or char == "[") and state <= FIRST_ITEM:
            self._enter("}" if char == "{" else "]", offset)
            return pos + 1
        if char == "-" and state != AFTER and state != COLON:
            result = self._dashes(text, pos, end, final)
            if result != pos:
                return result
        if state <= FIRST_ITEM and (char == "-" or "0" <= char <= "9" or char in "tfn"):
            stop = scalars.plain_end(text, pos, end)
            if stop == end or stop - pos > self.number_limit or text[stop] not in ",]}\n":
                return self._start_token(text, pos, end, final)
            token = text[pos:stop]
            kind = scalars.strict_kind(token)
            if kind == scalars.WORDS:
                return self._start_token(text, pos, end, final)
            if self.counting:
                self._count(offset)
            self._strict_scalar(token, kind, offset, self.offset + stop)
            return stop
        if char in _OTHER_SPACE:
            self._mend("white_space", offset)
            return pos + 1
        if char == "," or char == ";" or char in strings.WIDE_COMMAS:
            return self._odd_comma(char, pos)
        result = self._skipped(text, pos, end, final)
        if result != pos or not self.depth:
            return result
        if state == COLON:
            return self._odd_colon(text, pos, end, final)
        if state == AFTER:
            return self._missing_comma(text, pos, end, final)
        if state == KEY or state == FIRST_KEY:
            return self._odd_key(text, pos, end, final)
        return self._odd_value(text, pos, end, final)

    def _skipped(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return the position after a comment, dots, an escaped line end or a fence at `pos`."""
        char = text[pos]
        offset = self.offset + pos
        if char == "/" or char == "<":
            return self._comment(text, pos, end, final)
        if char == "#":
            return self._start_comment(pos, 1, "\n")
        if char == "…" or char == ".":
            if char == "." and pos + 3 > end and not final and "...".startswith(text[pos:]):
                return undecided(pos)
            if char == "…" or text.startswith("...", pos):
                self._mend("ellipsis", offset, False)
                return self._dots(text, pos + (1 if char == "…" else 3))
        elif char == "\\":
            if pos + 1 == end and not final:
                return undecided(pos)
            if text[pos + 1 : pos + 2] in ("n", "r", "t"):
                self._mend("white_space", offset)
                self.escaped = True
                return pos + 2
        elif char == "`" or char == "~":
            if pos + 3 > end and not final and (char * 3).startswith(text[pos:]):
                return undecided(pos)
            if text.startswith(char * 3, pos):
                return self._inner_fence(text, pos, end, final)
        elif self.fence and char == self.fence[0]:  # three quotes
            if pos + 3 > end and not final and self.fence.startswith(text[pos:]):
                return undecided(pos)
            if text.startswith(self.fence, pos):
                return self._inner_fence(text, pos, end, final)
        return pos

    def _dashes(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Begin a comment of SQL, Ada or Lua (`-- line`, `--[[ block ]]`).

        Return `pos` if there is none. After a value, a dash begins a remark; see `_remark`.
        """
        if end - pos < 4 and not final and "--[[".startswith(text[pos:end]):
            return undecided(pos)
        if text.startswith("--[[", pos):
            return self._start_comment(pos, 4, "]]")
        if text.startswith("--", pos) and text[pos + 2 : pos + 3] in (" ", "\t", "\n", "\r", ""):
            return self._start_comment(pos, 2, "\n")
        return pos

    def _dots(self, text: str, pos: i64) -> i64:
        """Skip dots in place of values; a comma after them is optional."""
        if self.state == VALUE and self.in_array:
            self.state = AFTER
            self.comma_at = -1
        elif self.state == FIRST_ITEM or self.state == FIRST_KEY or self.state == KEY:
            self.state = AFTER
        elif self.state != AFTER:
            self._refuse(".", self.offset + pos - 1)
        return pos

    def _inner_fence(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Close what is open at a fence inside the value."""
        offset = self.offset + pos
        expected = self.fence and text[pos] == self.fence[0]
        if not expected and (self.fence or self.state != AFTER):
            if self.state != FIRST_KEY or self.depth > 1:
                self._refuse(text[pos], offset)
            place = prose.fence_at(text, pos, end, final)
            if place == 0:
                return undecided(pos)
            self._mend("fence", offset, False)
            self.fence = text[pos] * 3
            return place
        if self.state == COLON or (self.state == VALUE and not self.in_array):
            self._refuse(text[pos], offset)
        self._drop_comma(offset)
        self._mend("missing_closer", offset, False)
        while self.depth:
            self._leave(offset)
        return pos

    def _drop_comma(self, offset: i64) -> None:
        """Record a trailing comma, as the container is about to be closed."""
        if self.state == KEY or (self.state == VALUE and self.in_array):
            self._mend("trailing_comma", self.comma_at if self.comma_at >= 0 else offset, False)
            self.state = AFTER
        elif self.state == VALUE or self.state == COLON:
            self._refuse(self.closers[-1], offset)

    def _odd_closer(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read a closing bracket after a comma, of the wrong kind, or without an opening one."""
        char = text[pos]
        offset = self.offset + pos
        if char == self.closers[-1]:
            self._drop_comma(offset)
            self._leave(offset)
            return pos + 1
        if char == ")" and self.wrapped and self.state == AFTER:
            self.wrapped -= 1
            return pos + 1
        result = self._which_closer(text, pos, end, final)
        if result < 0:
            return undecided(pos)
        if result == 0:
            self._mend("extra_closer", offset, False)
            return pos + 1
        self._drop_comma(offset)
        if result == 1:
            self._mend("mismatched_closer", offset, False)
            self._leave(offset)
            return pos + 1
        self._mend("missing_closer", offset, False)
        while self.closers[-1] != char:
            self._leave(offset)
        self._leave(offset)
        return pos + 1

    def _which_closer(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return what the bracket closes: 1 the innermost container, 2 one around it, 0 none.

        -1 if undecided.
        """
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
        size = len(self.closers)
        match = size - 1
        while match >= 0 and self.closers[match] != text[pos]:
            match -= 1
        if match >= 0:
            result = _fits(self.closers[match - 1] if match else "", text, pos + 1, limit, more)
            if result < 0:
                return -1
            if result:
                behind = blank_end(text, pos + 1, limit)
                comma = match < size - 1 and behind < limit and text[behind] == ","
                # The same text has decided before, so the result is not -1.
                if comma and _fits(self.closers[size - 2], text, pos + 1, limit, more):
                    self._doubt(self.offset + pos, False)  # it may close only the inner one
                return 2
        result = _fits(self.closers[size - 2] if size > 1 else "", text, pos + 1, limit, more)
        if result:
            return -1 if result < 0 else 1
        result = _fits(self.closers[size - 1], text, pos + 1, limit, more)
        if result:
            return result if result < 0 else 0
        self._doubt(self.offset + pos, False)
        return 2 if match >= 0 else 1

    def _odd_comma(self, char: str, pos: i64) -> i64:
        offset = self.offset + pos
        state = self.state
        if state == AFTER:  # the character is a semicolon
            self._mend("separator", offset, False)
            self.state = VALUE if self.in_array else KEY
        elif char == ";" or state == COLON or (state == VALUE and not self.in_array):
            self._refuse(char, offset)
        else:
            self._mend("extra_comma", offset, False)
        self.comma_at = offset
        return pos + 1

    def _odd_colon(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read something else in the place of a colon."""
        char = text[pos]
        offset = self.offset + pos
        if char == "=" or char == strings.WIDE_COLON:
            if pos + 1 == end and not final:
                return undecided(pos)
            self._mend("separator", offset, False)
            self.state = VALUE
            return pos + (2 if text[pos + 1 : pos + 2] == ">" else 1)
        if char in "{[(" or char in CLOSING or begins_token(char):
            self._mend("missing_colon", offset, False)
            if char.isalpha() and not self._key_was_quoted(offset):
                self._doubt(offset, False)  # it may be a comment or a list of words
            self.state = VALUE
            return self._odd_value(text, pos, end, final) if char not in "{[" else pos
        self._refuse(char, offset)

    def _missing_comma(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read what follows a value without a comma: a value, a key, or other text."""
        result = self._remark(text, pos, end, final)
        if result != pos or self.state == JUNK:
            return result
        char = text[pos]
        offset = self.offset + pos
        if self.in_array:
            if char in "{[(" or char in CLOSING or begins_token(char):
                self._mend("missing_comma", offset, False)
                self.state = VALUE
                return pos
            return self._junk(text, pos)
        if char in CLOSING:
            self._mend("missing_comma", offset, False)
            self.state = KEY
            return pos
        if char == "{" and len(self.closers) > 1 and self.closers[-2] != "}":
            self._mend("missing_closer", offset, False)
            self._leave(offset)
            return pos
        if not begins_token(char):
            return self._junk(text, pos)
        limit = pos + LOOK if pos + LOOK < end else end
        result = key_at(text, pos, limit, end < pos + LOOK and not final)
        if result < 0:
            return undecided(pos)
        if not result:
            return self._junk(text, pos)
        self._mend("missing_comma", offset, False)
        self.state = KEY
        return pos

    def _junk(self, text: str, pos: i64) -> i64:
        """Skip text after a value, up to the next character of the container."""
        if text[pos] in ":{[":
            self._refuse(text[pos], self.offset + pos)
        self._mend("unexpected_text", self.offset + pos, False)
        self.state = JUNK
        return pos

    def _remark(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Skip a stray quote or a remark after a value; return `pos` if there is none."""
        char = text[pos]
        limit = pos + LOOK if pos + LOOK < end else end
        more = end < pos + LOOK and not final
        result: i64 = 0
        if char == '"' or char == "'":
            result = strings.stray_quote(text, pos, limit, more, self.in_array)
            if result > 0:
                self._mend("missing_quote", self.offset + pos, False)
                self._doubt(self.offset + pos, False)
                return pos + 1
        elif char in "-\u2013\u2014":
            if pos + 1 == limit:
                result = -1 if more else 1
            elif text[pos + 1] == " ":
                result = 1
        elif char == "(":
            result = strings.remark_end(text, pos, limit, more, self.in_array)
            if result > 0:
                self._mend("unexpected_text", self.offset + pos, False)
                return result
        if not result and (char == "(" or (self.in_array and char.isalpha())):
            result = strings.only_words(text, pos, end, final)
        if result < 0:
            return undecided(pos)
        return self._junk(text, pos) if result else pos


def _fits(container: str, text: str, pos: i64, limit: i64, more: bool) -> i64:
    """Return whether the text at `pos` may follow a value: 1 yes, 0 no, -1 undecided.

    Args:
        container: The closer of the container of the value, or "" for the root.
        text: The text.
        pos: A position in it.
        limit: The end of the lookahead.
        more: Whether more text may follow there.
    """
    place = blank_end(text, pos, limit)
    if place == limit:
        return -1 if more else 1
    char = text[place]
    if char in "]})":
        return 1 if char == container else 0
    if char == ",":
        if not container:
            return 0
        behind = blank_end(text, place + 1, limit)
        if behind == limit:
            return -1 if more else 1
        result = key_at(text, behind, limit, more)
        if result < 0:
            return result
        return result if container == "}" else 1 - result
    if container == "}":
        return key_at(text, place, limit, more)
    if char in CLOSING:  # a key follows neither an item nor the document
        result = key_at(text, place, limit, more)
        return result if result < 0 else 1 - result
    return 1
