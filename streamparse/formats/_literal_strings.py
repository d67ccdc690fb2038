"""Strings of Python and of Gemma's own syntax: quotes, escapes, and where a string ends.

Strings are emitted as they arrive. An incomplete escape is held back, and so is a quote until it is
certain whether it ends the string.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core._marks import mypyc_attr
from streamparse._core.sink import NOTHING, Sink
from streamparse.errors import FormatError, LimitError
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.table import Literals
from streamparse.limits import Limits

__all__ = [
    "AFTER",
    "ARGUMENTS",
    "ARRAY",
    "ASSIGN",
    "BRACE",
    "KEY",
    "LiteralStrings",
    "NAME",
    "OBJECT",
    "OPENING",
    "Opener",
    "STRING",
    "VALUE",
    "WORD",
]

# Containers. The arguments of the call count as one: an object whose keys are names.
ARGUMENTS: Final = 0
OBJECT: Final = 1
ARRAY: Final = 2
BRACE: Final = 3  # `{`, which begins an object or a set

# States.
VALUE: Final = 0  # before a value or the end of an array
KEY: Final = 1  # before a key or the end of an object
NAME: Final = 2  # inside an unquoted key
ASSIGN: Final = 3
AFTER: Final = 4  # before a comma or the closing bracket
STRING: Final = 5
WORD: Final = 6
OPENING: Final = 7  # after a quote, which may begin a string, an empty string or a triple quote

_AHEAD: Final = 64  # maximum white space skipped to decide whether a quote ends its string
_AFTER_QUOTE: Final = frozenset(",)]}:")
_NEXT_KEY: Final = re.compile(r"[\w@.\-]{0,64}\s{0,64}[:=]?")
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


class LiteralStrings:
    """The state of a `LiteralMachine`, and the part of it that reads strings."""

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
        # Strings in delimiters of several characters have no escapes.
        self.delimiters: Markers = Markers([quote for quote in style.quotes if len(quote) > 1])
        self.done: bool = False
        self.started: bool = False  # whether a name with its sign, or the end, has been read
        self.state: int = KEY
        self.kinds: list[int] = [ARGUMENTS]
        self.brackets: list[str] = [style.close]
        self.quote: str = ""
        self.triple: bool = False
        self.collects: bool = False  # whether the string is or may be a key
        self.collected: str = ""  # a key or word so far
        self.first: Any = NOTHING  # the first element after an undecided `{`
        self.length: int = 0
        self.reached: int = 0  # the position of errors that the sink raises without one
        self.high: str = ""  # the first half of a surrogate pair

    def counts_plain(self, text: str) -> bool:
        """Count text that is certainly inside a string. The caller passes it to the sink.

        Returns:
            Whether the text was counted. If not, `feed` must read it.
        """
        length = self.length + len(text)
        if self.state != STRING or self.collects or self.high or length > self.longest:
            return False
        if len(self.quote) > 1:
            if self.delimiters.may_begin_in(text):
                return False
        elif self.quote in text or "\\" in text:
            return False
        self.length = length
        return True

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
            self.state = STRING
            self._begin_string()
        else:
            self.state = OPENING
        return pos + len(quote)

    def _opening(self, text: str, pos: int, final: bool) -> int:
        quote = self.quote
        ahead = text[pos : pos + 2]
        if ahead == quote and not final:
            return pos  # two quotes may be part of a triple quote
        self.triple = ahead == quote * 2
        self.reached = pos
        self._begin_string()
        self.state = STRING
        return pos + 2 if self.triple else pos

    def _begin_string(self) -> None:
        if not self.collects:
            self.sink.start_string(0)

    def _string(self, text: str, pos: int, final: bool) -> int:
        if len(self.quote) > 1:
            stop, quote = self.delimiters.find(text, pos, final)
            self._emit(text[pos:stop], pos)
            if not quote:
                return stop
            ends = self._ends_string(text, stop + len(quote), final)
            if ends == UNDECIDED:
                return stop
            if ends:
                self.reached = stop + len(quote)
                self._end_string()
            else:
                self._emit(quote, stop)
            return stop + len(quote)
        stop = _stop(text, pos, self.quote)
        if stop > pos:
            self._emit(text[pos:stop], pos)
            return stop
        if text[pos] == "\\":
            return self._escape(text, pos, final)
        return self._quote(text, pos, final)

    def _quote(self, text: str, pos: int, final: bool) -> int:
        """Read a quote like the opening one; the text after it decides if it ends the string."""
        size = 3 if self.triple else 1
        if self.triple and not text.startswith(self.quote * 3, pos):
            if len(text) - pos < 3 and not final:
                return pos
            self._emit(self.quote, pos)
            return pos + 1
        place = pos + size
        limit = min(len(text), place + _AHEAD)
        while place < limit and text[place].isspace():
            place += 1
        if place == len(text):
            if not final:
                return pos
        elif place - pos - size < _AHEAD and text[place] not in _AFTER_QUOTE:
            self._emit(text[pos : pos + size], pos)
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
        if self.kinds[-1] == ARRAY:
            return ""
        found = _NEXT_KEY.match(text, place)
        assert found is not None
        if found.end() == len(text) and not final:
            return UNDECIDED
        return self.quote if text[found.end() - 1] in self.style.assign else ""

    def _escape(self, text: str, pos: int, final: bool) -> int:
        """Read an escape as Python does; an unknown escape stays as it is written.

        An escape that the end of the input cuts adds nothing, as in JSON.
        """
        cut = len(text) if final else pos  # the result if the text ends inside the escape
        if pos + 1 == len(text):
            return cut
        char = text[pos + 1]
        plain = _ESCAPES.get(char)
        if plain is not None:
            self._emit(plain, pos)
            return pos + 2
        size = _LENGTHS.get(char, 0)
        if size:
            return self._coded(text, pos, size, cut)
        octal = _OCTAL.match(text, pos + 1)
        if octal is not None:
            if octal.end() == len(text) and len(octal.group()) < 3:
                return cut
            self._emit(chr(int(octal.group(), 8)), pos)
            return octal.end()
        return self._verbatim(text, pos, 2)

    def _coded(self, text: str, pos: int, size: int, cut: int) -> int:
        digits = text[pos + 2 : pos + 2 + size]
        whole = _HEX.fullmatch(digits) is not None
        if len(digits) < size:
            return cut if whole or not digits else self._verbatim(text, pos, 2)
        code = int(digits, 16) if whole else 0x110000
        if code > 0x10FFFF:
            return self._verbatim(text, pos, 2)
        self._emit_unit(chr(code), pos)
        return pos + 2 + size

    def _verbatim(self, text: str, pos: int, size: int) -> int:
        self._emit(text[pos : pos + size], pos)
        return pos + size

    def _emit_unit(self, char: str, pos: int) -> None:
        """Emit one code unit; the two halves of a surrogate pair become one character."""
        high = self.high
        code = ord(char)
        if high and 0xDC00 <= code <= 0xDFFF:
            self.high = ""
            self._emit(chr(0x10000 + ((ord(high) - 0xD800) << 10) + code - 0xDC00), pos)
        elif 0xD800 <= code <= 0xDBFF:
            self._emit("", pos)
            self.high = char
        else:
            self._emit(char, pos)

    def _emit(self, text: str, pos: int) -> None:
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
        self._emit("", 0)
        if not self.collects:
            self.sink.end_string(0)
            self.state = AFTER
            return
        self.collects = False
        if self.kinds[-1] == BRACE:
            self.first = self.collected
            self.state = AFTER
        else:
            self.state = ASSIGN

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
