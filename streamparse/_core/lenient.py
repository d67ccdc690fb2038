"""The machine for text that is nearly JSON.

Rule 1: it accepts everything that `Machine` accepts, with the same result. The text after a quote
decides whether the quote ends its string.
Rule 2: nothing is taken back, so nothing is emitted before it is decided. Undecided text is kept
in `pending` and read again with the next fragment. Each lookahead is limited to `LOOK` characters,
so the work per character is limited too. A method that needs more text returns `undecided(pos)`.
Rule 3: every repair goes through `_mend`, which records or rejects it.

More states, and what may follow:
  TOKEN      more of `held`, a number, a literal or a word       UNQUOTED   more of a string
  COMMENT    its end, `ending`                                   JUNK       words, skipped
  PROSE      text outside of values, or a value                  REASONING  its end, `ending`
  CODE       the fence that ends a block of code
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core.grammar import space_end
from streamparse._core.lenient_state import COMMENT, JUNK, PROSE, TOKEN, UNQUOTED
from streamparse._core.lenient_strings import BLANK_TAIL, LOOK, tail_start
from streamparse._core.lenient_structure import LenientStructure
from streamparse._core.machine_state import (
    AFTER,
    COLON,
    DOCUMENT,
    DONE,
    EXCERPT,
    FIRST_KEY,
    KEY,
    STRING,
    VALUE,
)
from streamparse._core.sink import Sink
from streamparse.errors import IncompleteError, LimitError, StreamParseError

if TYPE_CHECKING:
    from mypy_extensions import i64


_SPACE: Final = " \t\r\n"
_JUNK_END: Final = re.compile(r"[,{}\[\]\"\n`]")


class LenientMachine(LenientStructure):
    """Reads what a `Dialect` allows. It has the interface of `Machine`."""

    __slots__ = ()

    def clone(self, sink: Sink) -> LenientMachine:
        twin = LenientMachine(sink, self.dialect, self.options)
        twin.resume(self.state_now())
        return twin

    @property
    def undecided(self) -> str:
        return self.pending

    @property
    def decided(self) -> int:
        """The first offset that a later error can have.

        A word is checked from its start, and a comma may prove to be one too many.
        """
        state = self.state
        if state == TOKEN:
            return self.token_at
        if (state == KEY or (state == VALUE and self.in_array)) and self.comma_at >= 0:
            return self.comma_at
        return self.offset

    def feed(self, text: str) -> int:
        """Read all of `text`; text after the value goes to `after`."""
        size: i64 = len(text)
        pending = self.pending
        start: i64 = self.offset + len(pending)
        if start + size > self.checkpoint:
            if start + size > self.document_start + self.document_limit:
                return self._feed_bounded(text)
            self._keep_excerpt(start, size)
        self.recent.append(text)
        if pending:
            text = pending + text
            self.pending = ""
        if not self.state and not self.high and not self.nested:
            end: i64 = len(text)
            if self._run_end(text, 0, end) == end:  # the commonest delta: the inside of a string
                stop = end
                if not self.in_key and self._watches():
                    stop = tail_start(text, 0, end)
                length = self.length + stop
                if stop and end - stop < BLANK_TAIL and length <= self.string_limit:
                    self.length = length
                    self.fresh = False
                    if stop < end:
                        self.pending = text[stop:]
                        text = text[:stop]
                    if self.in_key:
                        self.sink.key_text(text, self.offset)
                    else:
                        self.sink.text(text, self.offset)
                    self.offset += stop
                    return size
        self._advance(text, False)
        return size

    def _feed_bounded(self, text: str) -> int:
        """Read `text` at the limit of the document, in pieces that cannot pass it."""
        taken: i64 = 0
        size: i64 = len(text)
        while taken < size:
            start: i64 = self.offset + len(self.pending)
            room: i64 = self.document_start + self.document_limit - start
            if room <= 0:
                message = f"a document is longer than {self.document_limit} characters"
                raise LimitError(message, code="document_length", offset=start)
            taken += self.feed(text[taken : taken + room])
        return size

    def _keep_excerpt(self, start: i64, size: i64) -> None:
        """Drop all but an excerpt of the text that was read, and set the next checkpoint."""
        self.recent = ["".join(self.recent)[-(EXCERPT + 3 * LOOK) :]]
        self.recent_start = start - len(self.recent[0])
        far = start + size + 4096
        bound = self.document_start + self.document_limit
        self.checkpoint = far if far < bound else bound

    def _advance(self, text: str, final: bool) -> None:
        base = self.offset
        try:
            pos = self._read(text, final)
        except StreamParseError as error:
            self._count_lines(text, error.offset - base)
            raise
        if pos:
            if "\n" in text:
                self._count_lines(text, pos)
            self.offset = base + pos
        if pos < len(text):
            self.pending = text[pos:]

    def _count_lines(self, text: str, pos: i64) -> None:
        if pos <= 0:
            return
        lines = text.count("\n", 0, pos)
        if lines:
            self.line += lines
            self.line_start = self.offset + text.rfind("\n", 0, pos) + 1

    def _read(self, text: str, final: bool) -> i64:
        """Read what is decided, and return the position of the rest."""
        pos: i64 = 0
        end: i64 = len(text)
        base = self.offset
        while pos < end:
            state = self.state
            if state == STRING:
                pos = self._string(text, pos, end, final)
            elif state >= DONE:
                pos = self._elsewhere(text, pos, end, final)
            else:
                char: i64 = ord(text[pos])
                if char == 32 and state != DOCUMENT:
                    pos += 1
                elif char == 34 and state <= FIRST_KEY and state != DOCUMENT:
                    self._start_quoted('"', base + pos)
                    pos += 1
                elif char == 44 and state == AFTER:
                    self.comma_at = base + pos
                    self.state = VALUE if self.in_array else KEY
                    pos += 1
                    if pos < end and ord(text[pos]) == 32:
                        pos += 1
                elif char == 58 and state == COLON:
                    self.state = VALUE
                    pos += 1
                    if pos < end and ord(text[pos]) == 32:
                        pos += 1
                elif char <= 32 and state != DOCUMENT and text[pos] in _SPACE:
                    pos += 1
                    if pos < end and text[pos] <= " ":
                        pos = space_end(text, pos, end)
                elif state == DOCUMENT:
                    pos = self._document(text, pos, end, final)
                else:
                    pos = self._structure(text, pos, end, final)
            if pos < 0:
                return -1 - pos
        return pos

    def _elsewhere(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        state = self.state
        if state == TOKEN:
            return self._token(text, pos, end, final)
        if state == UNQUOTED:
            return self._unquoted(text, pos, end, final)
        if state == DONE:
            return self._behind(text, pos, end, final)
        if state == PROSE:
            return self._prose(text, pos, end, final)
        if state == JUNK:
            found = _JUNK_END.search(text, pos)
            if found is None:
                return end
            self.state = AFTER
            return found.start()
        return self._skip(text, pos, end, final)

    def finish(self) -> None:
        """Decide what is pending, and close what is open, which is recorded as `truncated`."""
        if not self.truncated:
            self._decide_all()
            if not self._is_outside():
                self._truncate()

    def end_at_root(self) -> None:
        """Decide what is pending, as at the end of the input, but close nothing that is open.

        Raises:
            IncompleteError: There is no value in the input.
        """
        self._decide_all()
        self._is_outside()

    def ends_in_string(self) -> bool:
        """Whether the input would end inside a string if it ended here."""
        if not self.pending:
            return self.state == STRING
        twin = LenientMachine(Sink(), self.dialect, self.options)
        twin.resume(self.state_now())
        try:
            twin.settle()
        except StreamParseError:
            return False
        return twin.state == STRING

    def close(self) -> None:
        """Close what is open, as a repair: text that is certainly not of the value follows.

        Raises:
            JSONSyntaxError: A key has no value.
            IncompleteError: A comment is open.
        """
        self.settle()
        if self.state == DONE:
            return
        self._mend("missing_closer", self.offset, False)
        self._advance("".join(reversed(self.closers)), True)
        if self.state != DONE:
            message = "the input ended before the value did"
            raise IncompleteError(message, code="truncated", offset=self.offset)

    def settle(self) -> None:
        """Decide what is pending, as at the end of the input."""
        pending = self.pending
        self.pending = ""
        self._advance(pending, True)
        self.pending = ""

    def _decide_all(self) -> None:
        self.checkpoint = 1 << 62
        self.settle()
        if self.state == TOKEN and not self.depth:
            self._end_lone_token("", self.offset)

    def _is_outside(self) -> bool:
        """Whether the input may end here. A single word becomes the value."""
        state = self.back if self.state == COMMENT else self.state
        if state == DONE or (self.many and not self.depth and state >= DOCUMENT and state != TOKEN):
            return True
        if self.depth or (state != DOCUMENT and state < PROSE):
            return False
        self._all_there_is()
        return True

    def _truncate(self) -> None:
        """Close what is open."""
        if "truncated" not in self.codes:
            message = "the input ended before the value did"
            raise IncompleteError(message, code="truncated", offset=self.offset)
        if self.state == TOKEN:
            self._cut_token()
        self._mend("truncated", self.offset, self.expects_item)
        self.truncated = True
