"""Strings in quotes, in the lenient dialect, and where they end if a quote is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamparse._core import lenient_strings as strings
from streamparse._core.grammar import (
    COMPILED,
    ESCAPED,
    run_end,
)
from streamparse._core.lenient_escapes import LenientEscapes
from streamparse._core.lenient_strings import CLOSING, LOOK, undecided
from streamparse._core.machine_state import STRING

if TYPE_CHECKING:
    from mypy_extensions import i64


class LenientQuoted(LenientEscapes):
    """Reads strings in quotes."""

    __slots__ = ()

    def _string(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Continue a string."""
        base = self.offset
        while pos < end:
            stop = self._run_end(text, pos, end)
            if stop + 1 < end and text[stop] == "\\" and self._joins(end - pos):
                after = self._joined_runs(text, pos, stop, end)
                if after > pos:
                    pos = after
                    continue
            if self.nested and not self.in_key:
                after = self._inner_json(text, pos, stop, end)
                if after > pos:
                    pos = after
                    continue
            tail = stop
            if stop > pos and strings.ends_text(ord(text[stop - 1])) and self._watches():
                tail = strings.tail_start(text, pos, stop)
            if tail > pos:
                if self.high:
                    self._lone(base + pos)
                self._pass(text[pos:tail], base + pos)
                self.fresh = False
                pos = tail
                if pos == end:
                    break
            if tail < stop or (text[stop] in "\r\n" and self._watches()):
                pos = self._tail(text, pos, end, final)
                if pos < 0 or self.state != STRING:
                    return pos
                continue
            char = text[pos]
            if char == '"' if self.simple else char != "\\" and char in CLOSING[self.quote]:
                certain = self._certain_end(text, pos + 1, end)
                if certain > 0:
                    if self.high:
                        self._lone(base + pos)
                    self._close_string(base + pos)
                    return pos + 1
                if certain < 0 and not final:
                    return undecided(pos)
                return self._quote(text, pos, pos + 1, end, final)
            if char == "\\":
                pos = self._odd_escape(text, pos, end, final)
            elif char < " ":
                if not self.odd:
                    self.odd = True
                    self._mend("control_character", base + pos, not self.in_key)
                self._text(char, base + pos)
                pos += 1
            elif char == ":":
                pos = self._colon_in_key(text, pos, end, final)
            else:
                self.fresh = False
                self._unit(ord(char), base + pos)
                pos += 1
            if pos < 0 or self.state != STRING:
                return pos
        return pos

    def _watches(self) -> bool:
        """Whether brackets and commas at the end of the text may not belong to the open string."""
        if self.in_key or self.tripled or self.nested or not self.depth:
            return False
        return self.quote != "\\"

    def _tail(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read brackets, commas and white space in a string whose closing quote may be missing."""
        last = strings.tail_end(text, pos, end)
        if strings.is_blank(text, pos, end):
            last = pos + strings.BLANK_TAIL
        elif last - pos < LOOK:
            if last == end and not final:
                return undecided(pos)
            tail = text[pos:last]
            if last == end or "\n" in tail:
                result = self._ends_with_all(text, pos, last, end, final)
                if result:
                    return undecided(pos) if result < 0 else end if last == end else pos
            if last < end and text[last] in CLOSING[self.quote]:
                limit = last + LOOK if last + LOOK < end else end
                more = end < last + LOOK and not final
                result = self._missed_quote(text, pos, last, limit, more)
                if result:
                    return undecided(pos) if result < 0 else result - 1
        self._flush(text, pos, last)
        return last

    def _missed_quote(self, text: str, pos: i64, last: i64, limit: i64, more: bool) -> i64:
        """Read a quote after the tail from `pos` to `last`, if it does not close the string.

        Returns:
            The position to continue from, plus one. 0 if other rules decide, -1 if undecided.
        """
        tail = text[pos:last]
        opener = tail.rstrip()[-1:]
        place = pos
        fits = strings.containers_fit(tail, self.closers)
        if opener and opener in "[{" and not (fits and ("}" in tail or self.in_array)):
            if "inner_quote" not in self.codes:
                return 0
            result = strings.inner_json_at(text, last, limit, more, opener)
            if result <= 0:
                return result
            self._flush(text, pos, last)
            for char in reversed(tail):
                if char not in "{[ \t\r\n":
                    break
                self.nested += 1 if char in "{[" else 0
            self._keep_quote(text[last], self.offset + last)
            return last + 2
        if not fits and "," in tail:  # brackets before the comma may be text
            place = pos + tail.rfind(",")
            fits = not self.in_array and strings.containers_fit(text[place:last], self.closers)
        if "missing_quote" not in self.codes:
            return 0
        if fits or ("\n" in tail and not self.in_array and not tail.strip()):
            result = strings.next_key_at(text, last, limit, more)
        elif self.in_array and "," in tail:
            result = strings.inner_json_at(text, last, limit, more, "[")
        else:
            return 0
        if result <= 0:
            return result
        self._flush(text, pos, place)
        self._mend("missing_quote", self.offset + place)
        # The string may contain other items, or its last character may be its closing quote.
        if self.in_array or "," not in tail or self._quote_before(place):
            self._doubt(self.offset + place)
        self._end_quoted(self.offset + place)
        return place + 1

    def _ends_with_all(self, text: str, pos: i64, last: i64, end: i64, final: bool) -> i64:
        """Return 1 if the last string of the document ends at `pos`, 0 if not, -1 if undecided.

        It ends there if the closers of all open containers follow and no quote comes after them.
        At the end of the input the brackets are not part of the value, which is truncated.
        """
        if (
            not strings.closes_all(text[pos:last], self.closers)
            or "missing_quote" not in self.codes
        ):
            return 0
        if last == end:
            return 1
        limit = last + LOOK if last + LOOK < end else end
        if strings.QUOTE_STOPS[CLOSING[self.quote]].search(text, last, limit) is not None:
            return 0
        if end < last + LOOK and not final:
            return -1
        self._mend("missing_quote", self.offset + pos)
        self._doubt(self.offset + pos)
        self._end_quoted(self.offset + pos)
        return 1

    def _flush(self, text: str, pos: i64, last: i64) -> None:
        """Pass on the characters from `pos` to `last` as text of the string."""
        while pos < last:
            stop = pos
            while stop < last and text[stop] >= " ":
                stop += 1
            if stop == pos:
                if not self.odd:
                    self.odd = True
                    self._mend("control_character", self.offset + pos)
                stop += 1
            self._text(text[pos:stop], self.offset + pos)
            pos = stop

    def _inner_json(self, text: str, pos: i64, stop: i64, end: i64) -> i64:
        """Continue JSON inside the string; its quotes and brackets are text."""
        if not self.inner:
            place = pos
            while place < stop:
                char = text[place]
                place += 1
                if char == "{" or char == "[":
                    self.nested += 1
                elif char == "}" or char == "]":
                    self.nested -= 1
                    if not self.nested:
                        stop = place
        if stop > pos:
            self._text(text[pos:stop], self.offset + pos)
        if self.nested and stop < end and text[stop] in CLOSING[self.quote]:
            self._keep_quote(text[stop], self.offset + stop)
            return stop + 1
        return stop

    def _keep_quote(self, char: str, offset: i64) -> None:
        """Pass on a quote of JSON inside the string as text."""
        self._mend("inner_quote", offset)
        self._text(char, offset)
        self.inner = not self.inner

    def _joins(self, size: i64) -> bool:
        """Whether runs and escapes may be passed on as one piece."""
        if self.precise or self.high or self.nested or self.raw or self.quote == "\\":
            return False
        return self.length + size <= self.string_limit

    def _joined_runs(self, text: str, pos: i64, stop: i64, end: i64) -> i64:
        """Pass on the run from `pos` to `stop` and the simple escapes and runs after it."""
        first = pos
        pieces = [text[pos:stop]]
        pos = stop
        while pos + 1 < end and text[pos] == "\\":
            plain = ESCAPED.get(text[pos + 1])
            if plain is None:
                break
            pieces.append(plain)
            pos += 2
            stop = self._run_end(text, pos, end)
            if stop > pos:
                if self._watches():
                    stop = strings.tail_start(text, pos, stop)
                pieces.append(text[pos:stop])
                pos = stop
        got = "".join(pieces)
        if got:
            self.fresh = False
            self._pass(got, self.offset + first)
        return pos

    def _run_end(self, text: str, pos: i64, end: i64) -> i64:
        """Return the end of the run of plain characters at `pos`."""
        if COMPILED and self.simple:
            stop = run_end(text, pos, end)
            if not self.in_key or self.colons:
                return stop
            colon = pos
            while colon < stop and ord(text[colon]) != 58:
                colon += 1
            return colon
        colons = self.in_key and not self.colons
        found = (self.key_ends if colons else self.ends).search(text, pos)
        return end if found is None else found.start()
