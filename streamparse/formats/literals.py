"""An incremental parser for literals of Python and of Gemma's own syntax.

One machine with a stack reads both. They differ in how strings are quoted and whether words may be
unquoted. The machine drives a sink, so strings grow as they arrive. It holds back an escape, a
quote until it is certain that it ends the string, a number or word, and the first element after
`{`, which is a key or an item of a set.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core._marks import mypyc_attr
from streamparse._core.machine_state import too_deep
from streamparse._core.sink import NOTHING, Sink
from streamparse._core.transcriber import emit_key, emit_value
from streamparse.errors import FormatError, LimitError
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.table import Literals
from streamparse.formats.values import DIGITS, INTEGER, NUMBER
from streamparse.limits import Limits

__all__ = ["LiteralMachine", "Opener"]

# Containers. The arguments of the call count as one: an object whose keys are names.
_ARGUMENTS: Final = 0
_OBJECT: Final = 1
_ARRAY: Final = 2
_BRACE: Final = 3  # `{`, which begins an object or a set

# States.
_VALUE: Final = 0  # before a value or the end of an array
_KEY: Final = 1  # before a key or the end of an object
_NAME: Final = 2  # inside an unquoted key
_ASSIGN: Final = 3
_AFTER: Final = 4  # before a comma or the closing bracket
_STRING: Final = 5
_WORD: Final = 6
_OPENING: Final = 7  # after a quote, which may begin a string, an empty string or a triple quote

_AHEAD: Final = 64  # maximum white space skipped to decide whether a quote ends its string
_AFTER_QUOTE: Final = frozenset(",)]}:")
_WORD_END: Final = re.compile(r"[\s,()\[\]{}:=]")
_BARE_END: Final = re.compile(r"[,\]}]")
_SPACE: Final = re.compile(r"\s*")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_KEY_NAME: Final = re.compile(r"[\w.\-]+")
_WORD_START: Final = re.compile(r"[\w@]")
_NEXT_KEY: Final = re.compile(r"[\w@.\-]{0,64}\s{0,64}[:=]?")

_WORDS: Final[dict[str, Any]] = {
    "True": True,
    "False": False,
    "None": None,
    "true": True,
    "false": False,
    "null": None,
}
_BASED: Final = re.compile(r"[+-]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "/": "/",
    "\n": "",
}
_LENGTHS: Final = {"x": 2, "u": 4, "U": 8}
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_OCTAL: Final = re.compile(r"[0-7]{1,3}")


@mypyc_attr(allow_interpreted_subclasses=True)
class Opener:
    """Opens the sink once the text is certain to be arguments."""

    def open_sink(self) -> Sink:
        """Return the sink, in which the object of the arguments is open."""
        raise NotImplementedError


class LiteralMachine:
    """Reads the arguments of one call, up to the bracket that closes them.

    The machine opens the sink at the first name with an assignment sign, or at the end. `feed`
    returns the position reached: the text after it is undecided, or follows the end (`done`). It
    raises `LimitError`, and `FormatError` with an offset from the start of the fragment.
    """

    __slots__ = (
        "brackets",
        "collected",
        "collects",
        "delimiters",
        "done",
        "first",
        "high",
        "kinds",
        "length",
        "limits",
        "longest",
        "markers",
        "opener",
        "quote",
        "reached",
        "sink",
        "started",
        "state",
        "style",
        "triple",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Literals, Opener, Limits)

    def __init__(self, style: Literals, opener: Opener, limits: Limits) -> None:
        self.style: Literals = style
        self.opener: Opener = opener
        self.sink: Sink = Sink()
        self.limits: Limits = limits
        self.longest: int = limits.string
        self.markers: Markers = Markers(style.quotes)
        # Delimiters of several characters, between which there are no escapes.
        self.delimiters: Markers = Markers([quote for quote in style.quotes if len(quote) > 1])
        self.done: bool = False
        self.started: bool = False  # a name with its sign, or the end, has been read
        self.state: int = _KEY
        self.kinds: list[int] = [_ARGUMENTS]
        self.brackets: list[str] = [style.close]
        self.quote: str = ""
        self.triple: bool = False
        self.collects: bool = False  # the string is a key, or may be one
        self.collected: str = ""  # a key or word so far
        self.first: Any = NOTHING  # the first element after an undecided `{`
        self.length: int = 0
        self.reached: int = 0  # the position of errors that the sink raises without one
        self.high: str = ""  # the first half of a surrogate pair

    # The loop.

    def feed(self, text: str, pos: int, final: bool) -> int:
        """Read from `pos` on and return the position reached."""
        try:
            return self._feed(text, pos, final)
        except (FormatError, LimitError) as error:
            if error.offset < 0:
                error.offset = self.reached
            raise

    def counts_plain(self, text: str) -> bool:
        """Count text that is certain to be inside a string, which the caller passes to the sink.

        Returns:
            Whether the text was counted. If not, `feed` must read it.
        """
        length = self.length + len(text)
        if self.state != _STRING or self.collects or self.high or length > self.longest:
            return False
        if len(self.quote) > 1:
            if self.delimiters.may_begin_in(text):
                return False
        elif self.quote in text or "\\" in text:
            return False
        self.length = length
        return True

    def _feed(self, text: str, pos: int, final: bool) -> int:
        end = len(text)
        while pos < end and not self.done:
            state = self.state
            self.reached = pos
            if state == _STRING:
                new = self._string(text, pos, final)
            elif state == _WORD:
                new = self._word(text, pos, final)
            elif state == _NAME:
                new = self._name(text, pos)
            elif state == _OPENING:
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
        """Read what may stand between values, at a character that is not white space."""
        char = text[pos]
        state = self.state
        self.reached = pos
        if char == self.brackets[-1] and state != _ASSIGN:
            self._close(pos)
            return pos + 1
        if state == _AFTER:
            return self._after(char, pos)
        if state == _ASSIGN:
            return self._assign(char, pos)
        quote = self.markers.at(text, pos, final)
        if quote == UNDECIDED:
            return pos
        if state == _KEY:
            return self._key(text, pos, quote)
        return self._value(text, pos, quote)

    def _close(self, pos: int) -> None:
        """Close the innermost bracket."""
        kind = self.kinds[-1]
        if kind == _BRACE:
            if self.state == _AFTER:
                self._begin_set()
            else:
                self.sink.start_object(0)
        elif self.state == _VALUE and kind != _ARRAY:
            raise self._error("expected_value", "a value must come first", pos)
        self._start()
        self.kinds.pop()
        self.brackets.pop()
        self.sink.end(0)
        self.state = _AFTER
        self.done = not self.kinds

    def _after(self, char: str, pos: int) -> int:
        """Read a comma, or the colon that makes an open brace an object."""
        kind = self.kinds[-1]
        if char == ":" and kind == _BRACE:
            self.kinds[-1] = _OBJECT
            self.sink.start_object(0)
            emit_key(str(self.first), self.sink)
            self.state = _VALUE
            return pos + 1
        if char != "," and self.style.bare and kind != _ARRAY and _WORD_START.match(char):
            self.state = _KEY  # the model left out the comma
            return pos
        if char != ",":
            raise self._error("expected_comma", f"a comma must come here, not {char!r}", pos)
        if kind == _BRACE:
            self._begin_set()
        self.state = _VALUE if self.kinds[-1] == _ARRAY else _KEY
        return pos + 1

    def _begin_set(self) -> None:
        """Begin a set for the open brace; its first item is known, or is a container."""
        self.kinds[-1] = _ARRAY
        self.sink.start_array(0)
        if self.first is not NOTHING:
            emit_value(self.first, self.sink)
            self.first = NOTHING

    def _assign(self, char: str, pos: int) -> int:
        wanted = self.style.assign if self.kinds[-1] == _ARGUMENTS else ":"
        if char not in wanted:
            raise self._error("expected_colon", f"{wanted!r} must follow the name", pos)
        self._start()
        emit_key(self.collected, self.sink)
        self.state = _VALUE
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
        if quote and (self.kinds[-1] == _OBJECT or self.style.bare or self.style.close == "}"):
            self.collects = True
            return self._open_string(quote, pos)
        if quote or char in "([{)]}=:,":
            raise self._error("expected_key", f"a name must come here, not {char!r}", pos)
        self.state = _NAME
        return pos

    def _name(self, text: str, pos: int) -> int:
        """Read an unquoted key, up to what separates it from its value."""
        found = _WORD_END.search(text, pos)
        stop = len(text) if found is None else found.start()
        self._collect(text[pos:stop])
        self._bound(len(self.collected), stop)
        if found is not None:
            if self.kinds[-1] == _ARGUMENTS and not _KEY_NAME.fullmatch(self.collected):
                raise self._error("expected_key", f"{self.collected!r:.40} is no name", stop)
            self.state = _ASSIGN
        return stop

    def _value(self, text: str, pos: int, quote: str) -> int:
        char = text[pos]
        first = self.kinds[-1] == _BRACE
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
        self.state = _WORD
        return pos

    def _open(self, char: str, pos: int) -> None:
        if len(self.kinds) >= self.limits.depth:
            raise too_deep(self.limits.depth, pos)
        self.brackets.append(_CLOSING[char])
        if char != "{":
            self.kinds.append(_ARRAY)
            self.sink.start_array(0)
            self.state = _VALUE
        elif self.style.bare:
            self.kinds.append(_OBJECT)
            self.sink.start_object(0)
            self.state = _KEY
        else:
            self.kinds.append(_BRACE)
            self.first = NOTHING
            self.state = _VALUE

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
        if self.kinds[-1] == _BRACE:
            self.first = value
        else:
            emit_value(value, self.sink)
        self.state = _AFTER

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
        raise self._error("invalid_literal", f"{word!r:.40} is no literal", pos)

    def _finite(self, word: str, pos: int) -> Any:
        """Return the number; one beyond the range of floats stays text, or is an error."""
        value = float(word)
        if value not in (float("inf"), float("-inf")):
            return value
        if self.style.bare:
            return word
        raise self._error("invalid_literal", f"{word!r:.40} is beyond every float", pos)

    def _collect(self, text: str) -> None:
        # While no attribute refers to the string, Python extends it without copying it.
        collected, self.collected = self.collected, ""
        collected += text
        self.collected = collected

    # Strings.

    def _open_string(self, quote: str, pos: int) -> int:
        """Open a string; a short quote may be part of a triple quote or an empty string."""
        self.quote = quote
        self.length = 0
        self.triple = False
        if len(quote) > 1:
            self.state = _STRING
            self._begin_string()
        else:
            self.state = _OPENING
        return pos + len(quote)

    def _opening(self, text: str, pos: int, final: bool) -> int:
        quote = self.quote
        ahead = text[pos : pos + 2]
        if ahead == quote and not final:
            return pos  # two quotes, perhaps of three
        self.triple = ahead == quote * 2
        self.reached = pos
        self._begin_string()
        self.state = _STRING
        return pos + 2 if self.triple else pos

    def _begin_string(self) -> None:
        if not self.collects:
            self.sink.start_string(0)

    def _string(self, text: str, pos: int, final: bool) -> int:
        if len(self.quote) > 1:
            stop, quote = self.delimiters.find(text, pos, final)
            self._say(text[pos:stop], pos)
            if not quote:
                return stop
            ends = self._ends_string(text, stop + len(quote), final)
            if ends == UNDECIDED:
                return stop
            if ends:
                self.reached = stop + len(quote)
                self._end_string()
            else:
                self._say(quote, stop)
            return stop + len(quote)
        stop = _stop(text, pos, self.quote)
        if stop > pos:
            self._say(text[pos:stop], pos)
            return stop
        if text[pos] == "\\":
            return self._escape(text, pos, final)
        return self._quote(text, pos, final)

    def _quote(self, text: str, pos: int, final: bool) -> int:
        """Read a quote like the opening one; it ends the string if what follows allows it."""
        size = 3 if self.triple else 1
        if self.triple and not text.startswith(self.quote * 3, pos):
            if len(text) - pos < 3 and not final:
                return pos
            self._say(self.quote, pos)
            return pos + 1
        place = pos + size
        limit = min(len(text), place + _AHEAD)
        while place < limit and text[place].isspace():
            place += 1
        if place == len(text):
            if not final:
                return pos
        elif place - pos - size < _AHEAD and text[place] not in _AFTER_QUOTE:
            self._say(text[pos : pos + size], pos)
            return pos + size
        self.reached = pos + size
        self._end_string()
        return pos + size

    def _ends_string(self, text: str, pos: int, final: bool) -> str:
        """Return the quote if the delimiter before `pos` ends its string, `""` if not.

        It ends the string if a comma, the expected bracket, another key or other markup follows.
        If more text is needed, the result is `UNDECIDED`.
        """
        place, limit = pos, min(len(text), pos + _AHEAD)
        while place < limit and text[place].isspace():
            place += 1
        if place - pos == _AHEAD:
            return self.quote
        if place == len(text):
            return self.quote if final else UNDECIDED
        if text[place] in (",", self.brackets[-1], ":" if self.collects else ","):
            return self.quote
        if text[place] == "<":
            word = self.delimiters.at(text, place, final)
            return UNDECIDED if word == UNDECIDED else "" if word else self.quote
        if self.kinds[-1] == _ARRAY:
            return ""
        found = _NEXT_KEY.match(text, place)
        assert found is not None
        if found.end() == len(text) and not final:
            return UNDECIDED
        return self.quote if text[found.end() - 1] in self.style.assign else ""

    def _escape(self, text: str, pos: int, final: bool) -> int:
        """Read an escape as Python does; an unknown escape stays as it is written."""
        if pos + 1 == len(text):
            return self._verbatim(text, pos, 1) if final else pos
        char = text[pos + 1]
        plain = _ESCAPES.get(char)
        if plain is not None:
            self._say(plain, pos)
            return pos + 2
        size = _LENGTHS.get(char, 0)
        if size:
            return self._coded(text, pos, size, final)
        octal = _OCTAL.match(text, pos + 1)
        if octal is not None:
            if octal.end() == len(text) and len(octal.group()) < 3 and not final:
                return pos
            self._say(chr(int(octal.group(), 8)), pos)
            return octal.end()
        return self._verbatim(text, pos, 2)

    def _coded(self, text: str, pos: int, size: int, final: bool) -> int:
        digits = text[pos + 2 : pos + 2 + size]
        whole = _HEX.fullmatch(digits) is not None
        if len(digits) < size:
            if not final and (whole or not digits):
                return pos
            return self._verbatim(text, pos, 2)
        code = int(digits, 16) if whole else 0x110000
        if code > 0x10FFFF:
            return self._verbatim(text, pos, 2)
        self._say_unit(chr(code), pos)
        return pos + 2 + size

    def _verbatim(self, text: str, pos: int, size: int) -> int:
        self._say(text[pos : pos + size], pos)
        return pos + size

    def _say_unit(self, char: str, pos: int) -> None:
        """Emit one code unit; the two halves of a surrogate pair become one character."""
        high = self.high
        code = ord(char)
        if high and 0xDC00 <= code <= 0xDFFF:
            self.high = ""
            self._say(chr(0x10000 + ((ord(high) - 0xD800) << 10) + code - 0xDC00), pos)
        elif 0xD800 <= code <= 0xDBFF:
            self._say("", pos)
            self.high = char
        else:
            self._say(char, pos)

    def _say(self, text: str, pos: int) -> None:
        """Add text to the open string."""
        if self.high:
            text = self.high + text
            self.high = ""
        if not text:
            return
        self.length += len(text)
        end = pos + len(text)
        excess = self.length - self.longest
        if excess > 0:
            text = text[:-excess]
        if self.collects:
            self._collect(text)
        elif text:
            self.sink.text(text, 0)
        if excess > 0:
            self._bound(self.length, end)

    def _end_string(self) -> None:
        self._say("", 0)
        if not self.collects:
            self.sink.end_string(0)
            self.state = _AFTER
            return
        self.collects = False
        if self.kinds[-1] == _BRACE:
            self.first = self.collected
            self.state = _AFTER
        else:
            self.state = _ASSIGN

    # Errors.

    def _bound(self, length: int, end: int) -> None:
        """Raise `LimitError` at the first excess character of a string that ends at `end`."""
        excess = length - self.longest
        if excess > 0:
            message = f"a string is longer than {self.longest} characters"
            raise LimitError(message, code="string_length", offset=end - excess)

    def _error(self, code: str, message: str, pos: int) -> FormatError:
        return FormatError(message, code=code, offset=pos)


def _stop(text: str, pos: int, quote: str) -> int:
    """Return the place of the first quote or backslash from `pos` on, or the end of the text."""
    stop = text.find(quote, pos)
    escape = text.find("\\", pos)
    if stop < 0:
        stop = len(text)
    return escape if 0 <= escape < stop else stop
