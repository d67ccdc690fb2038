"""Strings without quotes, in the lenient dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core.growing import GrowingString
from streamparse._core.lenient_quoted import LenientQuoted
from streamparse._core.lenient_state import PROSE, UNQUOTED
from streamparse._core.lenient_strings import LOOK, blank_end, key_at, undecided

if TYPE_CHECKING:
    from mypy_extensions import i64

_UNQUOTED_END: Final = re.compile(r"[\s,\]}\[{\"/#)\\`]")
_BLANKS: Final = re.compile(r"[ \t]+")


class LenientWords(LenientQuoted):
    """Reads strings without quotes."""

    __slots__ = ()

    def _start_words(self) -> None:
        """Begin a string without quotes, or prose outside of values, with the open token."""
        text = self.held
        self.held = ""
        if not self.depth:
            if self.text_at < 0:
                self.text_at = self.token_at
                self.prose_from = len(self.before)
            self._outside(text)
            self.state = PROSE
            return
        self._mend("unquoted_string", self.token_at)
        self.sink.start_string(self.token_at)
        self.in_key = False
        self.length = 0
        self.nested = 0
        self.gap = GrowingString()
        self.state = UNQUOTED
        self._pass(text, self.token_at)

    def _unquoted(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Continue a string without quotes."""
        offset = self.offset + pos
        char = text[pos]
        blanks = _BLANKS.match(text, pos)
        if blanks is not None:
            self.gap.append(blanks.group())
            return blanks.end()
        result: i64 = 0
        width: i64 = 1
        if _UNQUOTED_END.match(text, pos) is not None:
            result = self._words_end(text, pos, end, final)
        else:
            found = _UNQUOTED_END.search(text, pos)
            width = (end if found is None else found.start()) - pos
        if result < 0:
            return undecided(pos)
        if result:
            self.gap = GrowingString()
            self.sink.end_string(offset)
            self._end_value(offset)
            return pos + (1 if char == '"' and result == 2 else 0)
        if self.gap:
            gap = self.gap.take()
            self._pass(gap, offset - len(gap))
        self._pass(text[pos : pos + width], offset)
        return pos + width

    def _words_end(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return 1 if the string ends here, 2 if with this quote, 0 if not, -1 if undecided."""
        char = text[pos]
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
        if char in "\n\r\v\f\u2028\u2029":
            return 1
        if char == ",":
            return 0 if self.nested else self._comma_ends(text, pos, limit, more)
        if char in "{[":
            self.nested += 1
            return 0
        if char in "]}":
            if self.nested:
                self.nested -= 1
                return 0
            return 1 if char in self.closers or char == "}" else 0
        if char == ")":
            return 1 if self.wrapped or self.closers[-1] == ")" else 0
        if char == '"':
            result = key_at(text, pos, limit, more)
            if result:
                return result
            behind = blank_end(text, pos + 1, limit)
            if behind == limit:
                return -1 if more else 2
            if text[behind] in ",}]" or "\n" in text[pos:behind]:
                self._mend("missing_quote", self.offset + pos)
                return 2
            return 0
        if char == "/":
            if pos + 1 == end and more:
                return -1
            return 1 if self.gap and text[pos + 1 : pos + 2] in ("/", "*") else 0
        if char == "#":
            return 1 if self.gap else 0
        if char == "\\" and self.escaped:
            if pos + 1 == end and more:
                return -1
            return 1 if text[pos + 1 : pos + 2] in ("n", "r", "t", '"') else 0
        if char == "`" and self.fence:
            if pos + 3 > end and more and "```".startswith(text[pos:end]):
                return -1
            return 1 if text.startswith("```", pos) else 0
        return 0

    def _comma_ends(self, text: str, pos: i64, limit: i64, more: bool) -> i64:
        if self.in_array:
            return 1
        behind = blank_end(text, pos + 1, limit)
        if behind == limit:
            return -1 if more else 1
        if text[behind] in "}]/#.…" or "\n" in text[pos:behind]:
            return 1
        return key_at(text, behind, limit, more)
