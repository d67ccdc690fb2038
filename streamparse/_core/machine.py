"""The JSON push machine: text fragments in, sink calls out.

Rule 1: everything that decides what may come next lives in the slots of `Machine`.
Rule 2: it knows no paths, no containers, no events; those are the sink's business.
Rule 3: every character is looked at a bounded number of times, however the text was cut. What is
held back is bounded too: an escape, half a surrogate pair, the text of a number.
Rule 4: what is refused is refused at the first character that no RFC 8259 text could have there.

States, and what may follow:
  STRING     a run, an escape or `"`              ESCAPE       the rest of the escape in `held`
  NUMBER     more of `held`, or its end           LITERAL      the letters of `word` from `matched`
  AFTER      `,` or the closing bracket           COLON        `:`
  VALUE      a value                              FIRST_ITEM   a value or `]`
  KEY        a key                                FIRST_KEY    a key or `}`
  DOCUMENT   a root value                         DONE         white space
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

from streamparse._core.sink import Sink
from streamparse.errors import IncompleteError, JSONSyntaxError, LimitError
from streamparse.limits import Limits

if TYPE_CHECKING:
    from mypy_extensions import i64

COMPILED: Final = not __file__.endswith(".py")

# States. Up to LITERAL they are the inside of a token.
STRING: Final = 0
ESCAPE: Final = 1
NUMBER: Final = 2
LITERAL: Final = 3
AFTER: Final = 4
VALUE: Final = 5
FIRST_ITEM: Final = 6
KEY: Final = 7
FIRST_KEY: Final = 8
COLON: Final = 9
DOCUMENT: Final = 10
DONE: Final = 11

_ENDED: Final = (
    "inside a string",
    "inside an escape",
    "inside a number",
    "inside a literal",
    "before ',' or the closing bracket",
    "before a value",
    "before an item or ']'",
    "before a key",
    "before a key or '}'",
    "before ':'",
)

# Where in the grammar of RFC 8259, section 6, the text of a number stands.
START: Final = 0
MINUS: Final = 1
ZERO: Final = 2
INTEGER: Final = 3
POINT: Final = 4
FRACTION: Final = 5
EXPONENT: Final = 6
EXPONENT_SIGN: Final = 7
EXPONENT_DIGITS: Final = 8

# From here on a regular expression finds the end of a run sooner than a compiled loop does;
# interpreted it always does.
_LONG_RUN: Final = 32
# What ends a run inside a string. Surrogates are singled out to be joined or judged.
_STOP: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_FOUR_HEX: Final = re.compile("[0-9A-Fa-f]{4}")
_HEX: Final = "0123456789abcdefABCDEF"
_ESCAPED: Final[dict[str, str]] = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_WORDS: Final[dict[str, str]] = {"t": "true", "f": "false", "n": "null"}
_LITERALS: Final[dict[str, object]] = {"true": True, "false": False, "null": None}
# A whole number followed by anything else is one long malformed number.
_AFTER_NUMBER: Final = ' \t\n\r,]}:[{"'


class Machine:
    """Reads one JSON text (`many`: one after the other) and says what it sees to `sink`.

    `stop` ends reading after the first value: `feed` then tells by its result how much it took.
    A machine may begin wherever a value may begin, so also inside a value that another driver of
    the same sink has open: `depth` and `offset` say where that is.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        limits: Limits | None = None,
        surrogates: str = "keep",
        parse_float: Callable[[str], object] = float,
        parse_int: Callable[[str], object] = int,
        many: bool = False,
        stop: bool = False,
        depth: int = 0,
        offset: int = 0,
    ) -> None:
        bounds = limits if limits is not None else Limits()
        self.sink = sink
        self.precise: bool = sink.precise
        self.limits = bounds
        self.surrogates = surrogates
        self.parse_float = parse_float
        self.parse_int = parse_int
        self.many = many
        self.stop = stop
        self.string_limit: i64 = bounds.string
        self.number_limit: i64 = bounds.number
        self.document_limit: i64 = bounds.document
        # Place.
        self.offset: i64 = offset  # characters taken so far
        self.document_start: i64 = offset
        self.line: i64 = 1
        self.line_start: i64 = 0
        # What may come next.
        self.state: i64 = DOCUMENT
        self.outer_depth: i64 = depth
        self.depth: i64 = depth
        self.depth_limit: i64 = bounds.depth
        self.in_array: bool = False
        self.stack: list[bool] = []  # `in_array` of the containers around the innermost one
        self.in_key: bool = False
        self.glued: bool = False  # a root literal ended and nothing has separated it yet
        # The open token.
        self.length: i64 = 0  # decoded characters of the open string so far
        self.high: i64 = 0  # half a surrogate pair, waiting for the other
        self.unit: i64 = 0  # what the last escape stood for
        self.held: str = ""
        self.grammar: i64 = START
        self.word: str = ""
        self.matched: i64 = 0
        # Members or items of the open containers, counted only under a limit.
        self.counting: bool = bounds.keys is not None or bounds.items is not None
        self.counts: list[int] = []

    @property
    def done(self) -> bool:
        """Is the one document whole?"""
        return self.state == DONE

    @property
    def expects_item(self) -> bool:
        """Is what is being read, or expected next, a value and not a container's syntax?"""
        if self.state <= ESCAPE:
            return not self.in_key
        state = self.state
        return state <= LITERAL or state == VALUE or state == FIRST_ITEM or state == DOCUMENT

    # A fork or a pickle carries these; the sink is the caller's to fork.

    def state_now(self) -> tuple[Any, ...]:
        """The slots that reading changes, as plain data for `resume`."""
        place = (self.offset, self.document_start, self.line, self.line_start, self.outer_depth)
        nesting = (self.state, self.depth, self.in_array, list(self.stack), list(self.counts))
        string = (self.in_key, self.glued, self.length, self.high, self.unit)
        return place, nesting, string, (self.held, self.grammar, self.word, self.matched)

    def resume(self, state: tuple[Any, ...]) -> None:
        """Go on where the machine that gave `state_now` stood."""
        place, nesting, string, token = state
        self.offset, self.document_start, self.line, self.line_start, self.outer_depth = place
        self.state, self.depth, self.in_array = nesting[:3]
        self.stack, self.counts = list(nesting[3]), list(nesting[4])
        self.in_key, self.glued, self.length, self.high, self.unit = string
        self.held, self.grammar, self.word, self.matched = token

    def clone(self, sink: Sink) -> Machine:
        """A machine in the same state that drives `sink`."""
        twin = Machine(
            sink,
            limits=self.limits,
            surrogates=self.surrogates,
            parse_float=self.parse_float,
            parse_int=self.parse_int,
            many=self.many,
            stop=self.stop,
        )
        twin.resume(self.state_now())
        return twin

    # The loop.

    def feed(self, text: str) -> int:
        """Take `text`; how many characters of it belong to this machine (all, without `stop`)."""
        pos: i64 = 0
        end: i64 = len(text)
        base = self.offset
        if base + end - self.document_start > self.document_limit:
            return self._feed_bounded(text)
        while pos < end:
            state = self.state
            if state <= LITERAL:
                if state <= ESCAPE:
                    pos = self._string(text, pos, end)
                elif state == NUMBER:
                    pos = self._number(text, pos, end)
                else:
                    pos = self._literal(text, pos, end)
                continue
            char: i64 = ord(text[pos])
            if char == 32 or char == 10 or char == 13 or char == 9:
                if state == DONE and self.stop:
                    break
                pos = self._space(text, pos, end)
            elif state == AFTER:
                if char == 44:  # ,
                    self.state = VALUE if self.in_array else KEY
                elif char == (93 if self.in_array else 125):  # ] }
                    self._close(base + pos)
                else:
                    self._refuse_after(text[pos], base + pos)
                pos += 1
            elif state == COLON:
                if char != 58:
                    self._refuse("expected_colon", f"expected ':', not {text[pos]!r}", base + pos)
                self.state = VALUE
                pos += 1
            elif state == KEY or state == FIRST_KEY:
                if char == 34:
                    self._open_key(base + pos)
                elif char == 125 and state == FIRST_KEY:
                    self._close(base + pos)
                else:
                    self._refuse_key(text[pos], base + pos)
                pos += 1
            elif state == DONE:
                if self.stop:
                    break
                message = f"only white space may follow the value, not {text[pos]!r}"
                self._refuse("trailing_text", message, base + pos)
            elif char == 34:
                self._open_string(base + pos)
                pos += 1
            elif char == 93 and state == FIRST_ITEM:
                self._close(base + pos)
                pos += 1
            else:
                pos = self._begin(text, pos, char)
        self.offset = base + pos
        return pos

    def _feed_bounded(self, text: str) -> int:
        """`feed` close to the limit of the document: in pieces that cannot pass it."""
        taken: i64 = 0
        size: i64 = len(text)
        while taken < size and not (self.stop and self.state == DONE):
            room: i64 = self.document_start + self.document_limit - self.offset
            if room <= 0:
                message = f"a document is longer than {self.document_limit} characters"
                raise LimitError(message, code="document_length", offset=self.offset)
            taken += self.feed(text[taken : taken + room])
        return taken

    def finish(self) -> None:
        """The input has ended: a root number is now whole; anything else open is an error."""
        self.end_root_number()
        if self.state == DONE or self.state == DOCUMENT and self.many:
            return
        if self.state == DOCUMENT:
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        message = f"the input ended {_ENDED[self.state]}"
        raise IncompleteError(message, code="truncated", offset=self.offset)

    def end_root_number(self) -> None:
        """What comes next cannot belong to a number: a root one ends here, if it may."""
        if self.state == NUMBER and self.depth == self.outer_depth and self._is_whole():
            self._end_number(self.held, self.offset)

    # Containers and the ends of values.

    def _begin(self, text: str, pos: i64, char: i64) -> i64:
        """A value that is no string begins at `pos`; the position to go on from."""
        offset: i64 = self.offset + pos
        if char == 123 or char == 91:
            self._open(char == 91, offset)
            return pos + 1
        if char == 0xFEFF and offset == 0:
            return pos + 1  # one leading byte order mark
        word = _WORDS.get(text[pos], "")
        number = char == 45 or 48 <= char <= 57
        if self.glued or not word and not number:
            message = f"expected a value, not {text[pos]!r}"
            self._refuse("expected_value", message, offset)
        if self.counting:
            self._count(offset)
        if number:
            self.sink.start_scalar("number", offset)
            self.state = NUMBER
            self.grammar = START
            self.held = ""
            return pos
        self.sink.start_scalar(word, offset)
        self.state = LITERAL
        self.word = word
        self.matched = 0
        return pos

    def _open(self, array: bool, offset: i64) -> None:
        if self.counting:
            self._count(offset)
        if self.depth >= self.depth_limit:
            message = f"containers are nested more than {self.depth_limit} deep"
            raise LimitError(message, code="depth", offset=offset)
        if array:
            self.sink.start_array(offset)
            self.state = FIRST_ITEM
        else:
            self.sink.start_object(offset)
            self.state = FIRST_KEY
        self.stack.append(self.in_array)
        self.counts.append(0)
        self.in_array = array
        self.depth += 1

    def _close(self, offset: i64) -> None:
        self.sink.end(offset)
        self.in_array = self.stack.pop()
        self.counts.pop()
        self.depth -= 1
        self._end_value(offset + 1)

    def _end_value(self, end: i64) -> None:
        """A value is whole; `end` is the place after it."""
        if self.depth > self.outer_depth:
            self.state = AFTER
            return
        self.glued = self.state == LITERAL
        self.document_start = end
        self.state = DOCUMENT if self.many else DONE

    def _count(self, offset: i64) -> None:
        """One more member or item of the innermost container, against `Limits`."""
        if not self.counts or not self.in_array and self.state == VALUE:
            return  # a root, or the value of a member whose key was counted
        count = self.counts[-1] + 1
        self.counts[-1] = count
        bound = self.limits.items if self.in_array else self.limits.keys
        if bound is None or count <= bound:
            return
        if self.in_array:
            message, code = f"an array has more than {bound} items", "array_items"
        else:
            message, code = f"an object has more than {bound} members", "object_keys"
        raise LimitError(message, code=code, offset=offset)

    def _space(self, text: str, pos: i64, end: i64) -> i64:
        """The position after the white space at `pos`; lines are counted here."""
        self.glued = False
        while pos < end:
            char: i64 = ord(text[pos])
            if char == 10:
                self.line += 1
                self.line_start = self.offset + pos + 1
            elif char != 32 and char != 13 and char != 9:
                break
            pos += 1
        return pos

    # Strings and keys.

    def _open_key(self, offset: i64) -> None:
        if self.counting:
            self._count(offset)
        self.sink.start_key(offset)
        self.in_key = True
        self.length = 0
        self.state = STRING

    def _open_string(self, offset: i64) -> None:
        if self.counting:
            self._count(offset)
        self.sink.start_string(offset)
        self.length = 0
        self.state = STRING

    def _close_string(self, offset: i64) -> None:
        if self.in_key:
            self.sink.end_key(offset)
            self.in_key = False
            self.state = COLON
        else:
            self.sink.end_string(offset)
            self._end_value(offset + 1)

    def _string(self, text: str, pos: i64, end: i64) -> i64:
        """Read on inside a string or key: runs and escapes are joined unless places matter."""
        first: i64 = self.offset + pos
        # The two more: a pending half and a pending escape.
        exact = self.precise or self.length + end - pos + 2 > self.string_limit
        got = ""
        try:
            while pos < end:
                if self.state == ESCAPE:
                    pos = self._escape(text, pos, end)
                    if self.state == STRING:
                        got += self._unit(self.unit, self.offset + pos - 1, exact)
                    continue
                run = pos
                pos = _stop(text, pos, end)
                if pos > run:
                    piece = text[run:pos]
                    if self.high:
                        got += self._lone(self.offset + run, exact)
                    if exact:
                        self._pass(piece, self.offset + run)
                    else:
                        got = got + piece if got else piece
                    if pos == end:
                        break
                char: i64 = ord(text[pos])
                if char == 34:
                    if self.high:
                        got += self._lone(self.offset + pos, exact)
                    break
                pos += 1
                if char == 92:
                    plain = _ESCAPED.get(text[pos], "") if pos < end else ""
                    if plain and not self.high and not exact:
                        got += plain
                        pos += 1
                    else:
                        self.state = ESCAPE
                        self.held = ""
                elif char < 32:
                    message = f"{text[pos - 1]!r} must be escaped in a string"
                    self._refuse("control_character", message, self.offset + pos - 1)
                else:
                    got += self._unit(char, self.offset + pos - 1, exact)
        finally:
            if got:
                self._pass(got, first)
        if pos < end:
            self._close_string(self.offset + pos)
            pos += 1
        return pos

    def _pass(self, text: str, offset: i64) -> None:
        """Decoded text to the sink; the part within the limit, when it passes it."""
        size: i64 = len(text)
        over: i64 = self.length + size - self.string_limit
        if over > 0:
            text = text[: size - over]
        if self.in_key:
            self.sink.key_text(text, offset)
        elif over < size:
            self.sink.text(text, offset)
        if over > 0:
            message = f"a string is longer than {self.string_limit} characters"
            raise LimitError(message, code="string_length", offset=offset + size - over)
        self.length += size

    def _escape(self, text: str, pos: i64, end: i64) -> i64:
        """Read on inside an escape, `held` being what came after the backslash; fills `unit`."""
        if not self.held and pos + 5 <= end and text[pos] == "u":
            digits = _FOUR_HEX.match(text, pos + 1)
            if digits is not None:
                self.unit = int(text[pos + 1 : pos + 5], 16)
                self.state = STRING
                return pos + 5
        while pos < end and self.state == ESCAPE:
            char = text[pos]
            if self.held:
                if char not in _HEX:
                    message = f"expected a hexadecimal digit, not {char!r}"
                    self._refuse("invalid_escape", message, self.offset + pos)
                self.held += char
                if len(self.held) == 5:
                    self.unit = int(self.held[1:], 16)
                    self.state = STRING
            elif char == "u":
                self.held = char
            elif char in _ESCAPED:
                self.unit = ord(_ESCAPED[char])
                self.state = STRING
            else:
                message = f"there is no escape '\\' + {char!r}"
                self._refuse("invalid_escape", message, self.offset + pos)
            pos += 1
        return pos

    def _unit(self, code: i64, offset: i64, exact: bool) -> str:
        """One code unit decoded: halves that meet are joined, others judged.

        What is to be passed on, already passed when places matter (`exact`).
        """
        got = ""
        if self.high:
            if 0xDC00 <= code <= 0xDFFF:
                code += 0x10000 + ((self.high - 0xD800) << 10) - 0xDC00
                self.high = 0
            else:
                got = self._lone(offset, exact)
        if 0xD800 <= code <= 0xDBFF:
            self.high = code
            return got
        char = self._half(code, offset) if 0xDC00 <= code <= 0xDFFF else chr(code)
        if exact:
            self._pass(char, offset)
            return ""
        return got + char

    def _lone(self, offset: i64, exact: bool) -> str:
        """The pending half, now that the character at `offset` is not its other half."""
        half = self._half(self.high, offset)
        self.high = 0
        if exact:
            self._pass(half, offset)
            return ""
        return half

    def _half(self, code: i64, offset: i64) -> str:
        if self.surrogates == "keep":
            return chr(code)
        if self.surrogates == "error":
            message = f"half a surrogate pair: \\u{code:04x}"
            self._refuse("lone_surrogate", message, offset)
        return "\ufffd"

    # Numbers and literals.

    def _number(self, text: str, pos: i64, end: i64) -> i64:
        """Read on inside a number; its text goes to `held` when the fragment ends first."""
        start = pos
        grammar = self.grammar
        while pos < end:
            grammar = _number_step(grammar, ord(text[pos]))
            if grammar < 0:
                break
            self.grammar = grammar
            pos += 1
        size: i64 = len(self.held)
        if size + pos - start > self.number_limit:
            message = f"a number is longer than {self.number_limit} characters"
            place = self.offset + start + self.number_limit - size
            raise LimitError(message, code="number_length", offset=place)
        lexeme = text[start:pos]
        if size:
            held = self.held
            self.held = ""  # the only reference now, so that Python appends in place
            held += lexeme
            lexeme = held
        if pos == end:
            self.held = lexeme
            return pos
        char = text[pos]
        stops = self.stop and self.depth == self.outer_depth
        if not self._is_whole() or char not in _AFTER_NUMBER and not stops:
            message = f"{char!r} cannot follow {lexeme[-20:]!r} in a number"
            self._refuse("invalid_number", message, self.offset + pos)
        self._end_number(lexeme, self.offset + pos)
        return pos

    def _is_whole(self) -> bool:
        """May the number end here?"""
        grammar = self.grammar
        return (
            grammar == INTEGER
            or grammar == ZERO
            or grammar == FRACTION
            or grammar == EXPONENT_DIGITS
        )

    def _end_number(self, lexeme: str, offset: i64) -> None:
        integer = self.grammar <= INTEGER
        if integer and len(lexeme) > self.limits.integer_digits:
            digits = len(lexeme) - (lexeme[0] == "-")
            if digits > self.limits.integer_digits:
                message = f"an integer has {digits} digits, more than {self.limits.integer_digits}"
                raise LimitError(message, code="integer_digits", offset=offset)
        try:
            value = self.parse_int(lexeme) if integer else self.parse_float(lexeme)
        except Exception as error:
            message = f"{lexeme[:40]!r} was rejected: {error}"
            raise JSONSyntaxError(message, code="number_rejected", offset=offset) from error
        self.sink.scalar(value, offset)
        self.held = ""
        self._end_value(offset)

    def _literal(self, text: str, pos: i64, end: i64) -> i64:
        word = self.word
        matched = self.matched
        size: i64 = len(word)
        if matched == 0 and text[pos : pos + size] == word:
            pos += size
            matched = size
        while pos < end and matched < size:
            if text[pos] != word[matched]:
                message = f"expected {word!r}, not {word[:matched]!r} and {text[pos]!r}"
                self._refuse("invalid_literal", message, self.offset + pos)
            pos += 1
            matched += 1
        self.matched = matched
        if matched == size:
            self.sink.scalar(_LITERALS[word], self.offset + pos - 1)
            self._end_value(self.offset + pos)
        return pos

    # Refusals.

    def _refuse_after(self, char: str, offset: i64) -> NoReturn:
        closer = "]" if self.in_array else "}"
        code = "mismatched_bracket" if char in "]}" else "expected_comma"
        self._refuse(code, f"expected ',' or {closer!r}, not {char!r}", offset)

    def _refuse_key(self, char: str, offset: i64) -> NoReturn:
        wanted = "a key or '}'" if self.state == FIRST_KEY else "a key"
        self._refuse("expected_key", f"expected {wanted}, not {char!r}", offset)

    def _refuse(self, code: str, message: str, offset: i64) -> NoReturn:
        raise JSONSyntaxError(message, code=code, offset=offset)


def _stop(text: str, pos: i64, end: i64) -> i64:
    """Where the run of plain characters at `pos` ends."""
    if COMPILED:
        near = pos + _LONG_RUN if end - pos > _LONG_RUN else end
        while pos < near:
            char: i64 = ord(text[pos])
            if char == 34 or char == 92 or char < 32 or 0xD800 <= char <= 0xDFFF:
                return pos
            pos += 1
        if pos == end:
            return end
    found = _STOP.search(text, pos)
    return end if found is None else found.start()


def _number_step(grammar: i64, char: i64) -> i64:
    """Where `char` leads in the grammar of a number; -1 where it cannot follow."""
    if 48 <= char <= 57:
        if grammar == INTEGER or grammar == FRACTION or grammar == EXPONENT_DIGITS:
            return grammar
        if grammar <= MINUS:
            return ZERO if char == 48 else INTEGER
        if grammar == POINT:
            return FRACTION
        return -1 if grammar == ZERO else EXPONENT_DIGITS
    if char == 46:
        return POINT if grammar == ZERO or grammar == INTEGER else -1
    if char == 101 or char == 69:
        whole = grammar == ZERO or grammar == INTEGER or grammar == FRACTION
        return EXPONENT if whole else -1
    if char == 45 and grammar == START:
        return MINUS
    if (char == 45 or char == 43) and grammar == EXPONENT:
        return EXPONENT_SIGN
    return -1
