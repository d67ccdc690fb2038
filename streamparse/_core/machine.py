"""The JSON push machine: text fragments in, sink calls out.

Rule 1: it knows no paths, no containers, no events; these belong to the sink.
Rule 2: text is rejected at the first character that no RFC 8259 text could have at that place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from streamparse._core.grammar import (
    AFTER_NUMBER,
    COMPILED,
    LONG_RUN,
    LONG_TEXT,
    MAY_END,
    START,
    WORDS,
    number_step,
    run_end,
    space_end,
)
from streamparse._core.machine_state import (
    AFTER,
    COLON,
    DOCUMENT,
    DONE,
    ESCAPE,
    EXCERPT,
    FIRST_ITEM,
    FIRST_KEY,
    KEY,
    LITERAL,
    NUMBER,
    STRING,
    VALUE,
    MachineOptions,
    too_deep,
)
from streamparse._core.machine_tokens import MachineTokens
from streamparse._core.sink import Sink
from streamparse._core.whole import WINDOW, containers
from streamparse.errors import IncompleteError, LimitError

if TYPE_CHECKING:
    from mypy_extensions import i64

__all__ = ["EXCERPT", "Machine", "MachineOptions"]

_ENDED: Final = (
    "inside a string",
    "inside an escape",
    "inside a number",
    "inside a literal",
    "before a value",
    "before an item or ']'",
    "before a value",
    "before a key",
    "before a key or '}'",
    "before ':'",
    "before ',' or the closing bracket",
)

# If less than this was decoded of a window, the rest of it is left to the machine.
_WORTH: Final = 512

# While a limit is far away, it is checked once for this number of characters. Until then the
# machine holds all fragments, of which errors show the last characters.
_CHECK: Final = 1024
# Nearly always these fragments have the characters that errors show. Joining them takes longer than
# keeping them.
_FEW: Final = 24


class Machine(MachineTokens):
    """Reads one JSON text (`many`: several, one after the other) and drives `sink`.

    With `stop` it ends reading after the first value; `feed` then returns how much it took. A
    machine may begin wherever a value may begin, so also inside a value that another driver of the
    same sink has open: `depth` and `offset` are its place.
    """

    __slots__ = ()

    def clone(self, sink: Sink) -> Machine:
        """Return a machine in the same state that drives `sink`."""
        twin = Machine(sink, self.options)
        twin.resume(self.state_now())
        return twin

    # The loop.

    def feed(self, text: str) -> int:
        """Read `text` and return how many of its characters were taken: all, without `stop`."""
        pos: i64 = 0
        end: i64 = len(text)
        base = self.offset
        if base + end > self.checkpoint and not self._check(text):
            return self._feed_bounded(text)
        self.recent.append(text)
        sink = self.sink
        while True:
            if pos >= end:  # not as the condition of the loop: interpreted, a short jump is quicker
                self.offset = base + end
                return end
            state = self.state
            if not state:  # STRING
                if COMPILED:
                    stop = run_end(text, pos, end)
                    run = text[pos:stop] if stop - pos < end else text
                elif end > LONG_RUN:
                    if (
                        end - pos > LONG_TEXT
                        and self.plain
                        and base + end != self.unusual
                        and text.find('"', pos, pos + LONG_RUN) < 0
                    ):
                        pos = self._joined(text, pos, pos, end, "")
                        continue
                    stop = run_end(text, pos, end)
                    run = text[pos:stop] if stop - pos < end else text
                else:  # the same with the string methods that are quickest on a short text
                    run = (text[pos:] if pos else text).partition('"')[0]
                    if "\\" in run:
                        run = run.partition("\\")[0]
                    if run.isprintable():
                        stop = pos + len(run)
                    else:
                        stop = run_end(text, pos, end)
                        run = text[pos:stop]
                if not self.plain:
                    pos = self._step(text, pos, stop, end)
                elif stop == end:  # the commonest delta
                    if self.in_key:
                        sink.key_text(run, base + pos)
                    else:
                        sink.text(run, base + pos)
                    self.offset = base + end
                    return end
                elif ord(text[stop]) != 34:
                    pos = self._joined(text, pos, stop, end, run)
                elif self.in_key:
                    if stop > pos:
                        sink.key_text(run, base + pos)
                    sink.end_key(base + stop)
                    self.in_key = False
                    self.state = COLON
                    pos = stop + 1
                else:
                    if stop > pos:
                        sink.text(run, base + pos)
                    sink.end_string(base + stop)
                    pos = stop + 1
                    if self.depth:
                        self.state = AFTER
                    else:
                        self._end_document(base + pos)
                continue
            if state <= LITERAL:
                if state == NUMBER:
                    pos = self._number(text, pos, end)
                elif state == LITERAL:
                    pos = self._literal(text, pos, end)
                else:
                    pos = self._escape(text, pos, end)
                continue
            char: i64 = ord(text[pos])
            if char == 34 and state <= FIRST_KEY:
                if self.counting:
                    self._count(base + pos)
                if state <= DOCUMENT:
                    sink.start_string(base + pos)
                else:
                    sink.start_key(base + pos)
                    self.in_key = True
                pos += 1
                self.length = 0
                self.origin = base + pos
                self.state = STRING
            elif char == 44 and state == AFTER:
                self.state = VALUE if self.in_array else KEY
                pos += 1
                if pos < end and ord(text[pos]) == 32:
                    pos += 1
            elif char == 58 and state == COLON:
                self.state = VALUE
                pos += 1
                if pos < end and ord(text[pos]) == 32:
                    pos += 1
            elif char == 32 and state < DONE and state != DOCUMENT:
                pos += 1
            elif char <= 32:
                if text[pos] not in " \n\r\t" or (state == DONE and self.stop):
                    break
                pos = self._space(text, pos, end)
            elif char == 125 or char == 93:
                if self.in_array != (char == 93) or not self._may_close():
                    break
                self._close(base + pos)
                pos += 1
            elif state > DOCUMENT:
                break
            elif char == 123 or char == 91:
                if self.retry >= 0 and end - pos > LONG_RUN and base + pos >= self.retry:
                    start = pos
                    pos = self._complete_values(text, pos)
                    if pos > start:
                        continue
                self._open(char == 91, base + pos)
                pos += 1
            else:
                pos = self._begin(text, pos, end, char)
        # `text[pos]` cannot follow.
        if not (self.stop and self.state == DONE):
            self._refuse(text[pos], base + pos)
        self.offset = base + pos
        return pos

    def pass_over(self, text: str, after: int) -> None:
        """Count a line that was read without the machine: a document on a line of its own.

        Args:
            text: The line, with the line feed at its end and no other.
            after: The number of characters after the document.
        """
        self.document_start = self.offset
        if self.offset + len(text) > self.checkpoint:
            self._check(text)
        self.recent.append(text)
        self.offset += len(text)
        self.line += 1
        self.line_start = self.offset
        self.document_start = self.offset - after
        self.glued = False

    def _check(self, text: str) -> bool:
        """Check the limits again; return whether `text` ends within that of the document."""
        size: i64 = len(text)
        beyond = self.offset + size
        room = self.document_start + self.document_limit
        if beyond > room:
            return False
        length = self.offset - self.origin if self.state <= ESCAPE else 0
        careful = self.precise or length + size + 2 * _CHECK > self.string_limit
        if careful and not self.careful:
            self.length = length
        self.careful = careful
        self.plain = not self.careful and not self.high
        self._forget(EXCERPT + len(self.held))  # an error may be at the start of the open number
        self.checkpoint = beyond + _CHECK if beyond + _CHECK < room else room
        return True

    def _forget(self, kept: int) -> None:
        """Drop the held fragments except the last `kept` characters, or a few more."""
        last = self.recent[-_FEW:]
        size: i64 = 0
        for piece in last:
            size += len(piece)
        if size < kept or size > _FEW * _FEW:
            last = ["".join(self.recent[-kept:])[-kept:]]  # no fragment is empty
            size = len(last[0])
        self.recent = last
        self.recent_start = self.offset - size

    def _feed_bounded(self, text: str) -> int:
        """Read `text` at the limit of the document, in pieces that cannot pass it."""
        taken: i64 = 0
        size: i64 = len(text)
        while taken < size and not (self.stop and self.state == DONE):
            room = self.document_start + self.document_limit - self.offset
            if room <= 0 and (self.many or self.stop) and self._ends_root_number(text[taken]):
                self.end_root_number()  # the character is not part of this document
            elif room <= 0:
                message = f"a document is longer than {self.document_limit} characters"
                raise LimitError(message, code="document_length", offset=self.offset)
            else:
                taken += self.feed(text[taken : taken + room])
        return taken

    def _ends_root_number(self, char: str) -> bool:
        """Whether a complete root number is open that ends before `char`."""
        if self.state != NUMBER or self.depth or not MAY_END[self.grammar]:
            return False
        if number_step(self.grammar, ord(char)) >= 0:
            return False
        return self.stop or char in AFTER_NUMBER

    def finish(self) -> None:
        """End the input, which completes a root number.

        Raises:
            IncompleteError: The value is not complete.
        """
        self.end_root_number()
        if self.state == DONE or (self.state == DOCUMENT and self.many):
            return
        if self.state == DOCUMENT:
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        message = f"the input ended {_ENDED[self.state]}"
        raise IncompleteError(message, code="truncated", offset=self.offset)

    def end_root_number(self) -> None:
        """End an open root number if it may end here."""
        if self.state == NUMBER and not self.depth and MAY_END[self.grammar]:
            self._end_number(self.held, self.offset)

    # Containers.

    def _begin(self, text: str, pos: i64, end: i64, char: i64) -> i64:
        """Begin a number or literal at `pos`, and return the position to continue from."""
        offset: i64 = self.offset + pos
        if 48 <= char <= 57 or char == 45:
            word = "number"
        else:
            word = WORDS.get(text[pos], "")
            if char == 0xFEFF and offset == 0:
                return pos + 1  # one leading byte order mark
        if not word or (self.glued and self.state == DOCUMENT):
            self._refuse(text[pos], offset)
        if self.counting:
            self._count(offset)
        self.sink.start_scalar(word, offset)
        if word == "number":
            self.state = NUMBER
            self.grammar = START
            if COMPILED and self.parse_int is int and not self.precise:
                start = pos
                pos = self._short_number(text, pos, end)
                if pos > start:
                    return pos
            return self._number(text, pos, end)
        self.state = LITERAL
        self.word = word
        self.matched = 0
        return self._literal(text, pos, end)

    def _open(self, array: bool, offset: i64) -> None:
        if self.counting:
            self._count(offset)
        if self.depth >= self.depth_limit:
            raise too_deep(self.options.limits.depth, offset)
        if array:
            self.sink.start_array(offset)
            self.state = FIRST_ITEM
        else:
            self.sink.start_object(offset)
            self.state = FIRST_KEY
        self.stack.append(self.in_array)
        if self.counting:
            self.counts.append(0)
        self.in_array = array
        self.depth += 1

    def _complete_values(self, text: str, pos: i64) -> i64:
        """Pass complete values from the container at `pos` on, and return the position after them.

        It is `pos` if `containers` decodes none; the machine then reads the container itself.
        """
        offset = self.offset + pos
        window = text[pos : pos + WINDOW]
        size: i64 = len(window)
        if self.parse_int is not int or self.parse_float is not float:
            self.retry = -1
            return pos
        room = self.depth_limit - self.depth
        found, end = containers(window, room, self.options.surrogates, self.in_array)
        for value in found:
            self.sink.scalar(value, offset)
        if end < _WORTH or pos + size == len(text):
            self.retry = offset + size
        if found:
            lines = window.count("\n", 0, end)
            if lines:
                self.line += lines
                self.line_start = offset + window.rfind("\n", 0, end) + 1
            self._end_value(offset + end)
        return pos + end

    def _may_close(self) -> bool:
        """Whether the innermost container may end here."""
        state = self.state
        return state == AFTER or state == FIRST_ITEM or state == FIRST_KEY

    def _close(self, offset: i64) -> None:
        self.sink.end(offset)
        self.in_array = self.stack.pop()
        if self.counting:
            self.counts.pop()
        self.depth -= 1
        self._end_value(offset + 1)

    def _space(self, text: str, pos: i64, end: i64) -> i64:
        """Return the position after the white space at `pos`, and count its lines."""
        self.glued = False
        stop = pos + 1
        if stop < end and text[stop] <= " ":
            stop = space_end(text, stop, end)
        lines = text.count("\n", pos, stop)
        if lines:
            self.line += lines
            self.line_start = self.offset + text.rfind("\n", pos, stop) + 1
        return stop

    # Errors.

    def _refuse(self, char: str, offset: i64) -> NoReturn:
        """Raise the error for `char`, which cannot follow."""
        state = self.state
        closer = "]" if self.in_array else "}"
        if char in "]}" and (state == AFTER or state == FIRST_ITEM or state == FIRST_KEY):
            self._reject("mismatched_bracket", f"expected {closer!r}, not {char!r}", offset)
        if state == AFTER:
            self._reject("expected_comma", f"expected ',' or {closer!r}, not {char!r}", offset)
        if state == COLON:
            self._reject("expected_colon", f"expected ':', not {char!r}", offset)
        if state == DONE:
            message = f"only white space may follow the value, not {char!r}"
            self._reject("trailing_text", message, offset)
        if state == KEY or state == FIRST_KEY:
            wanted = "a key or '}'" if state == FIRST_KEY else "a key"
            self._reject("expected_key", f"expected {wanted}, not {char!r}", offset)
        wanted = "a value or ']'" if state == FIRST_ITEM else "a value"
        self._reject("expected_value", f"expected {wanted}, not {char!r}", offset)
