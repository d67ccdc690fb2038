"""Keys in the lenient dialect: without quotes, with other quotes, or missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_strings as strings
from streamparse._core.lenient_around import LenientAround
from streamparse._core.lenient_state import begins_token
from streamparse._core.lenient_strings import CLOSING, LOOK, blank_end, key_at, undecided
from streamparse._core.machine_state import AFTER, COLON, FIRST_KEY, KEY, VALUE

if TYPE_CHECKING:
    from mypy_extensions import i64

_PLAIN_KEY: Final = re.compile(r"[\w$]+(?=[ ]?:)")
_BARE_KEY: Final = re.compile(r"[^\s\u200b\u2060\ufeff:,{}\[\]\"'“”‘’`()#;=/\\…]+")
_MORE_KEY: Final = re.compile(r"[^:,{}\[\]\"\n]*")


class LenientKeys(LenientAround):
    """Reads keys that JSON does not have."""

    __slots__ = ()

    def _odd_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read a key that is not in double quotes, or something else in its place."""
        char = text[pos]
        offset = self.offset + pos
        if char == "{":
            if self.state == FIRST_KEY:
                self._mend("extra_opener", offset, False)
                return pos + 1
            if len(self.closers) > 1 and self.closers[-2] != "}":
                self._mend("missing_closer", offset, False)
                self.state = AFTER
                self._leave(offset)
                self.state = VALUE
                return pos
        if char in CLOSING:
            return self._open_odd_quote(text, pos, end, final)
        return self._bare_key(text, pos, end, final)

    def _bare_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
        found = _PLAIN_KEY.match(text, pos, limit)
        if found is not None:
            self._give_key(found.group(), self.offset + pos, "unquoted_key")
            return found.end()
        found = _BARE_KEY.match(text, pos, limit)
        if found is None:
            self._refuse(text[pos], self.offset + pos)
        stop: i64 = found.end()
        near = blank_end(text, stop, limit)
        if near == limit:
            if not more and not final:
                self._refuse(text[pos], self.offset + pos)
            return undecided(pos) if more else self._cut_key(end)
        char = text[near]
        if (char == '"' or char == "'") and near == stop:  # the quote before it is missing
            return self._half_quoted(text, pos, stop, limit, more)
        if char == '"' or char == "'":
            result = key_at(text, near, limit, more)
            if result < 0:
                return undecided(pos)
            if result:  # a word before the next key
                self._mend("unexpected_text", self.offset + pos, False)
                return near
        if char in ",}])" or (char == "(" and near == stop):
            self._refuse(text[pos], self.offset + pos)
        if begins_token(char) and not char.isdigit() and char not in "-+./<":
            words = _MORE_KEY.match(text, near, limit)
            assert words is not None
            last: i64 = words.end()
            if last == limit and more:
                return undecided(pos)
            if last < limit and text[last] == ":":
                stop = near + len(words.group().rstrip())
            elif last < limit and text[last] == '"':
                result = key_at(text, last, limit, more)
                if result < 0:
                    return undecided(pos)
                if result:
                    self._mend("unexpected_text", self.offset + pos, False)
                    return last
        self._give_key(text[pos:stop], self.offset + pos, "unquoted_key")
        return stop

    def _half_quoted(self, text: str, pos: i64, stop: i64, limit: i64, more: bool) -> i64:
        behind = blank_end(text, stop + 1, limit)
        if behind == limit and more:
            return undecided(pos)
        if behind == limit or text[behind] != ":":
            prefix = text[pos:stop]
            if not strings.is_prefix(prefix):
                self._refuse(text[pos], self.offset + pos)
            self._mend("wrapper", self.offset + pos, False)
            self.raw, self.raw_at = strings.raw_kind(prefix), self.offset + stop
            return stop
        self._give_key(text[pos:stop], self.offset + pos, "missing_quote")
        return stop + 1

    def _cut_key(self, end: i64) -> i64:
        """Drop a key in which the input ended."""
        self.state = KEY
        return end

    def _give_key(self, key: str, offset: i64, code: str) -> None:
        self._mend(code, offset, False)
        if self.counting:
            self._count(offset)
        self.sink.start_key(offset)
        self.in_key = True
        self.length = 0
        self._pass(key, offset)
        self.in_key = False
        self.sink.end_key(offset + len(key))
        self.state = COLON
