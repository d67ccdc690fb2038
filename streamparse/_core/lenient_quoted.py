"""Strings in quotes, in the lenient dialect: which quotes, which escapes, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_strings as strings
from streamparse._core.grammar import (
    COMPILED,
    ESCAPED,
    HEX_DIGITS,
    run_end,
)
from streamparse._core.lenient_state import LenientState
from streamparse._core.lenient_strings import CLOSING, LOOK, blank_end, undecided
from streamparse._core.machine_state import DOCUMENT, STRING

if TYPE_CHECKING:
    from mypy_extensions import i64


_SIMPLE_ESCAPES: Final[dict[str, str]] = {"v": "\v", "\n": "", "\u2028": "", "\u2029": ""}
_QUOTES: Final = "'`´“”„‘’«»"


class LenientQuoted(LenientState):
    """Reads strings in quotes."""

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
        self.fresh = True
        self.state = STRING

    def _open_odd_quote(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A string opens with something else than `"`."""
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

    def _string(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read on inside a string."""
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
            if stop > pos and text[stop - 1] in strings.TAIL and self._watches():
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
            if char == '"' and self.simple:
                if self._certainly_ends(text, pos + 1, end):
                    if self.high:
                        self._lone(base + pos)
                    self._close_string(base + pos)
                    return pos + 1
                return self._quote(text, pos, pos + 1, end, final)
            if char != "\\" and char in CLOSING[self.quote]:
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
                told = self._ends_with_all(text, pos, last, end, final)
                if told:
                    return undecided(pos) if told < 0 else end if last == end else pos
            if last < end and text[last] in CLOSING[self.quote]:
                limit = last + LOOK if last + LOOK < end else end
                more = end < last + LOOK and not final
                told = self._missed_quote(text, pos, last, limit, more)
                if told:
                    return undecided(pos) if told < 0 else told - 1
        self._flush(text, pos, last)
        return last

    def _missed_quote(self, text: str, pos: i64, last: i64, limit: i64, more: bool) -> i64:
        """Read a quote behind the tail from `pos` to `last`, if it is no closing quote.

        Returns:
            The position to go on at, plus one. 0 if other rules decide, -1 if more text is needed.
        """
        tail = text[pos:last]
        opener = tail.rstrip()[-1:]
        place = pos
        fits = strings.containers_fit(tail, self.closers)
        if opener and opener in "[{" and not (fits and ("}" in tail or self.in_array)):
            if "inner_quote" not in self.codes:
                return 0
            told = strings.inner_json_at(text, last, limit, more, opener)
            if told <= 0:
                return told
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
            told = strings.next_key_at(text, last, limit, more)
        elif self.in_array and "," in tail:
            told = strings.inner_json_at(text, last, limit, more, "[")
        else:
            return 0
        if told <= 0:
            return told
        self._flush(text, pos, place)
        self._mend("missing_quote", self.offset + place)
        # Other items may be in the string, or its last character was to end it.
        if self.in_array or "," not in tail or self._quote_before(place):
            self._doubt(self.offset + place)
        self._end_quoted(self.offset + place)
        return place + 1

    def _ends_with_all(self, text: str, pos: i64, last: i64, end: i64, final: bool) -> i64:
        """Return 1 if the last string of the document ends at `pos`, 0 if not, -1 if undecided.

        Behind it stands what closes all that is open, and no quote comes any more. At the end of
        the input the brackets are left out of the value, which is truncated anyhow.
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
        """Take the characters from `pos` to `last` as text of the string."""
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
        """Read on in JSON that stands in the string; its quotes and brackets are text."""
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
        """Take a quote of JSON inside the string as text."""
        self._mend("inner_quote", offset)
        self._text(char, offset)
        self.inner = not self.inner

    def _joins(self, size: i64) -> bool:
        """May runs and escapes go out as one piece? Not where each has to be looked at alone."""
        if self.precise or self.high or self.nested or self.quote == "\\":
            return False
        return self.length + size <= self.string_limit

    def _joined_runs(self, text: str, pos: i64, stop: i64, end: i64) -> i64:
        """The run from `pos` to `stop`, and plain escapes and runs behind it, as one piece."""
        first = pos
        got = text[pos:stop]
        pos = stop
        while pos + 1 < end and text[pos] == "\\":
            plain = ESCAPED.get(text[pos + 1])
            if plain is None:
                break
            got += plain
            pos += 2
            stop = self._run_end(text, pos, end)
            if stop > pos:
                if self._watches():
                    stop = strings.tail_start(text, pos, stop)
                got += text[pos:stop]
                pos = stop
        if got:
            self.fresh = False
            self._pass(got, self.offset + first)
        return pos

    def _run_end(self, text: str, pos: i64, end: i64) -> i64:
        """Where the run of plain characters at `pos` ends."""
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

    def _certainly_ends(self, text: str, behind: i64, end: i64) -> bool:
        """Whether the quote before `behind` ends the string: the commonest cases of `judge`."""
        if behind >= end or self.kept or self.tripled or not self.depth:
            return False
        char: i64 = ord(text[behind])
        if self.in_key:
            return char == 58
        if char == 44:
            if behind + 1 == end:
                return False
            char = ord(text[behind + 1])
            if char == 32 and behind + 2 < end:
                char = ord(text[behind + 2])
            return char == 34 or char == 10
        return (char == 93 or char == 125) and text[behind] == self.closers[-1]

    def _text(self, text: str, offset: i64) -> None:
        """Characters of a string that are not a plain run."""
        if self.high:
            self._lone(offset)
        self.fresh = False
        self._pass(text, offset)

    def _quote_before(self, pos: i64) -> bool:
        """Whether a quote of any kind stands right before `pos`."""
        before = self.text_before(self.offset + pos)[-1:]
        return before == '"' or before in _QUOTES

    def _colon_in_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        told = strings.colon_ends(text, pos, end, final, CLOSING[self.quote])
        if told < 0:
            return undecided(pos)
        if told:
            self._mend("missing_quote", self.offset + pos, False)
            if self._quote_before(pos):
                self._doubt(self.offset + pos, False)
            self._end_quoted(self.offset + pos)
            return pos
        self.colons = True
        self._text(":", self.offset + pos)
        return pos + 1

    def _quote(self, text: str, pos: i64, behind: i64, end: i64, final: bool) -> i64:
        """A quote at `pos`, of the kind that may end this string; `behind` it the text goes on."""
        offset = self.offset + pos
        if self.tripled:
            return self._triple_quote(text, pos, end, final)
        told = self._told_of_quote(text, behind, end, final)
        if told == strings.UNDECIDED:
            return undecided(pos)
        item = not self.in_key
        if told == strings.ENDS:
            if self.kept % 2:
                self._doubt(offset, item)  # a quotation that has not ended
            self._end_quoted(offset)
            return behind
        if told == strings.INNER or told == strings.APOSTROPHE:
            self._mend("inner_quote", offset, item)
            if self.in_key:
                self._doubt(offset, False)
            self.kept += told == strings.INNER
            self._text('"' if self.quote == "\\" else text[pos], offset)
            return behind
        if told == strings.JOINED:
            self._mend("concatenation", offset, item)
            place = strings.joint_end(text, behind, end)
            self._take_quote(text[place])
            self.kept = 0
            self.fresh = False
            return place + 1
        self._mend("doubled_quotes", offset, item)
        if told == strings.ENDS_DOUBLED:
            self._end_quoted(offset + 1)
            return behind + 1
        if told == strings.TRIPLED:
            self.tripled = True
            return behind + 1
        return behind

    def _told_of_quote(self, text: str, behind: i64, end: i64, final: bool) -> i64:
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
            elif not self.kept and near - behind < LOOK:  # the commonest by far
                char = text[near]
                if char == ":" if self.in_key else char == self.closers[-1]:
                    return strings.ENDS
                if char == "," and not self.in_key:
                    near += 1
                    if near < end and text[near] == " ":
                        near += 1
                    if near == end and not final:
                        return strings.UNDECIDED
                    if near < end and text[near] in '"\n':
                        return strings.ENDS
        if self.seen and not final and end - behind < LOOK:  # only words so far
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
        told = strings.judge(text, behind, end, final, quote)
        self.seen = 0
        if told == strings.AMONG_WORDS:
            self.seen = end - behind
            return strings.UNDECIDED
        if told == strings.INNER and "inner_quote" not in self.codes:
            return strings.ENDS
        return told

    def _triple_quote(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        if pos + 4 > end and not final and (self.quote * 4).startswith(text[pos:]):
            return undecided(pos)
        # Of four in a row the first is text.
        if text.startswith(self.quote * 3, pos) and text[pos + 3 : pos + 4] != self.quote:
            self._end_quoted(self.offset + pos + 2)
            return pos + 3
        self._text(text[pos], self.offset + pos)
        return pos + 1

    def _end_quoted(self, offset: i64) -> None:
        if self.high:
            self._lone(offset)
        self._close_string(offset)

    def _odd_escape(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """An escape at `pos`, whole or not there yet."""
        if self.quote == "\\":
            return self._twice_escaped(text, pos, end, final)
        if pos + 1 == end:
            return end if final else undecided(pos)  # what was cut is withheld
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
        # Of an unknown escape only the backslash is used up: what follows is like any other text.
        return pos + (1 if kept == "\\" else 2)

    def _unicode_escape(self, text: str, pos: i64, first: i64, end: i64, final: bool) -> i64:
        """Four hexadecimal digits from `first` on, else the backslash is one."""
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
            return end  # cut, and withheld
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
        r"""A backslash in a string whose quotes are `\"`: the escape of an escape."""
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
