"""An incremental parser for literals of Python and of Gemma's own syntax.

One machine with a stack reads both. They differ in how strings are quoted and whether words may be
unquoted. The machine drives a sink, so strings are emitted as they arrive (`_literal_strings`). It
holds back a number or word, and the first element after `{`, which is a key or an item of a set.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core.machine_state import too_deep
from streamparse._core.sink import NOTHING
from streamparse._core.transcriber import emit_key, emit_value
from streamparse.errors import FormatError, LimitError
from streamparse.formats._literal_strings import (
    AFTER,
    ARGUMENTS,
    ARRAY,
    ASSIGN,
    BRACE,
    KEY,
    NAME,
    OBJECT,
    OPENING,
    STRING,
    VALUE,
    WORD,
    LiteralStrings,
    Opener,
)
from streamparse.formats.markers import UNDECIDED
from streamparse.formats.table import Literals
from streamparse.formats.values import DIGITS, INTEGER, NUMBER
from streamparse.limits import Limits

__all__ = ["LiteralMachine", "Opener"]

_WORD_END: Final = re.compile(r"[\s,()\[\]{}:=]")
_BARE_END: Final = re.compile(r"[,\]}]")
_SPACE: Final = re.compile(r"\s*")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_KEY_NAME: Final = re.compile(r"[\w.\-]+")
_WORD_START: Final = re.compile(r"[\w@]")

_WORDS: Final[dict[str, Any]] = {
    "True": True,
    "False": False,
    "None": None,
    "true": True,
    "false": False,
    "null": None,
}
_BASED: Final = re.compile(r"[+-]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")


class LiteralMachine(LiteralStrings):
    """Reads the arguments of one call, up to the bracket that closes them.

    The machine opens the sink at the first name with an assignment sign, or at the end. `feed`
    returns the position reached: the text after it is undecided, or follows the end (`done`). It
    raises `LimitError`, and `FormatError` with an offset from the start of the fragment.
    """

    __slots__ = ()

    _init_types: ClassVar[tuple[Any, ...]] = (Literals, Opener, Limits)

    # The loop.

    def feed(self, text: str, pos: int, final: bool) -> int:
        """Read from `pos` on and return the position reached."""
        try:
            return self._feed(text, pos, final)
        except (FormatError, LimitError) as error:
            if error.offset < 0:
                error.offset = self.reached
            raise

    def _feed(self, text: str, pos: int, final: bool) -> int:
        end = len(text)
        while pos < end and not self.done:
            state = self.state
            self.reached = pos
            if state == STRING:
                new = self._string(text, pos, final)
            elif state == WORD:
                new = self._word(text, pos, final)
            elif state == NAME:
                new = self._name(text, pos)
            elif state == OPENING:
                new = self._opening(text, pos, final)
            else:
                found = _SPACE.match(text, pos)
                assert found is not None
                new = found.end()
                if new < end:
                    new = self._token(text, new, final)
            if new == pos and self.state == state:
                break  # undecided
            pos = new
        return pos

    def _token(self, text: str, pos: int, final: bool) -> int:
        """Read a separator between values, at a character that is not white space."""
        char = text[pos]
        state = self.state
        self.reached = pos
        if char == self.brackets[-1] and state != ASSIGN:
            self._close(pos)
            return pos + 1
        if state == AFTER:
            return self._after(char, pos)
        if state == ASSIGN:
            return self._assign(char, pos)
        quote = self.markers.at(text, pos, final)
        if quote == UNDECIDED:
            return pos
        if state == KEY:
            return self._key(text, pos, quote)
        return self._value(text, pos, quote)

    def _close(self, pos: int) -> None:
        """Close the innermost bracket."""
        kind = self.kinds[-1]
        if kind == BRACE:
            if self.state == AFTER:
                self._begin_set()
            else:
                self.sink.start_object(0)
        elif self.state == VALUE and kind != ARRAY:
            raise self._error("expected_value", "a value must come first", pos)
        self._start()
        self.kinds.pop()
        self.brackets.pop()
        self.sink.end(0)
        self.state = AFTER
        self.done = not self.kinds

    def _after(self, char: str, pos: int) -> int:
        """Read a comma, or the colon that makes an open brace an object."""
        kind = self.kinds[-1]
        if char == ":" and kind == BRACE:
            self.kinds[-1] = OBJECT
            self.sink.start_object(0)
            emit_key(str(self.first), self.sink)
            self.state = VALUE
            return pos + 1
        if char != "," and self.style.bare and kind != ARRAY and _WORD_START.match(char):
            self.state = KEY  # the model omitted the comma
            return pos
        if char != ",":
            raise self._error("expected_comma", f"a comma must come here, not {char!r}", pos)
        if kind == BRACE:
            self._begin_set()
        self.state = VALUE if self.kinds[-1] == ARRAY else KEY
        return pos + 1

    def _begin_set(self) -> None:
        """Begin a set for the open brace; its first item is known, or is a container."""
        self.kinds[-1] = ARRAY
        self.sink.start_array(0)
        if self.first is not NOTHING:
            emit_value(self.first, self.sink)
            self.first = NOTHING

    def _assign(self, char: str, pos: int) -> int:
        wanted = self.style.assign if self.kinds[-1] == ARGUMENTS else ":"
        if char not in wanted:
            raise self._error("expected_colon", f"{wanted!r} must follow the name", pos)
        self._start()
        emit_key(self.collected, self.sink)
        self.state = VALUE
        return pos + 1

    def _start(self) -> None:
        """Open the sink, because the text is certain to be arguments."""
        if not self.started:
            self.started = True
            self.sink = self.opener.open_sink()

    # Keys, and the beginnings of values.

    def _key(self, text: str, pos: int, quote: str) -> int:
        char = text[pos]
        self.collected = ""
        if quote and (self.kinds[-1] == OBJECT or self.style.bare or self.style.close == "}"):
            self.collects = True
            return self._open_string(quote, pos)
        if quote or char in "([{)]}=:,":
            raise self._error("expected_key", f"a name must come here, not {char!r}", pos)
        self.state = NAME
        return pos

    def _name(self, text: str, pos: int) -> int:
        """Read an unquoted key, up to what separates it from its value."""
        found = _WORD_END.search(text, pos)
        stop = len(text) if found is None else found.start()
        self._collect(text[pos:stop])
        self._bound(len(self.collected), stop)
        if found is not None:
            if self.kinds[-1] == ARGUMENTS and not _KEY_NAME.fullmatch(self.collected):
                raise self._error("expected_key", f"{self.collected!r:.40} is not a name", stop)
            self.state = ASSIGN
        return stop

    def _value(self, text: str, pos: int, quote: str) -> int:
        char = text[pos]
        first = self.kinds[-1] == BRACE
        if quote:
            self.collects = first
            self.collected = ""
            return self._open_string(quote, pos)
        if char in "[({":
            if first:
                self._begin_set()
            self._open(char, pos)
            return pos + 1
        if char in ")]}":
            raise self._error("mismatched_bracket", f"{char!r} closes nothing", pos)
        if char in ",=:":
            raise self._error("expected_value", f"a value must come here, not {char!r}", pos)
        self.collected = ""
        self.state = WORD
        return pos

    def _open(self, char: str, pos: int) -> None:
        if len(self.kinds) >= self.limits.depth:
            raise too_deep(self.limits.depth, pos)
        self.brackets.append(_CLOSING[char])
        if char != "{":
            self.kinds.append(ARRAY)
            self.sink.start_array(0)
            self.state = VALUE
        elif self.style.bare:
            self.kinds.append(OBJECT)
            self.sink.start_object(0)
            self.state = KEY
        else:
            self.kinds.append(BRACE)
            self.first = NOTHING
            self.state = VALUE

    # Words: numbers, literals, unquoted strings.

    def _word(self, text: str, pos: int, final: bool) -> int:
        ends = _BARE_END if self.style.bare else _WORD_END
        found = ends.search(text, pos)
        stop = len(text) if found is None else found.start()
        closed, size = False, 0
        if self.style.bare:
            # If the model left out the opening quote of a string, the closing quote ends it.
            place, quote = self.delimiters.find(text, pos, final)
            if place < stop:
                stop, closed, size = place, bool(quote), len(quote)
                found = None
        self._collect(text[pos:stop])
        self._bound(len(self.collected), stop)
        self.reached = stop
        if closed:
            self._scalar(self.collected)
            return stop + size
        if found is not None:
            self._scalar(self._meaning(self.collected.strip(), stop))
        return stop

    def _scalar(self, value: Any) -> None:
        if self.kinds[-1] == BRACE:
            self.first = value
        else:
            emit_value(value, self.sink)
        self.state = AFTER

    def _meaning(self, word: str, pos: int) -> Any:
        """Return the value of a number or word."""
        if word in _WORDS:
            return _WORDS[word]
        digits = min(self.limits.integer_digits, DIGITS)
        if len(word) <= digits:
            if INTEGER.fullmatch(word):
                return int(word)
            if NUMBER.fullmatch(word):
                return self._finite(word, pos)
            if _BASED.fullmatch(word):
                number = int(word, 0)
                if number.bit_length() * 0.302 < digits:  # its digits in base ten
                    return number
        if self.style.bare:
            return word
        raise self._error("invalid_literal", f"{word!r:.40} is not a literal", pos)

    def _finite(self, word: str, pos: int) -> Any:
        """Return the number; one beyond the range of floats stays text, or is an error."""
        value = float(word)
        if value not in (float("inf"), float("-inf")):
            return value
        if self.style.bare:
            return word
        raise self._error("invalid_literal", f"{word!r:.40} is outside the range of floats", pos)
