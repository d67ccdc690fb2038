"""Strings, numbers and literals for the JSON machine.

Rule: every character is read a bounded number of times, however the text was cut. What is held
back is bounded too: an escape, half of a surrogate pair, the text of a number.
"""

from __future__ import annotations

from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Final

from streamparse._core.decimals import WHOLE, float_of, nearest, short_decimal
from streamparse._core.grammar import (
    AFTER_NUMBER,
    COMPILED,
    ESCAPED,
    FRACTION,
    HEX_DIGITS,
    INTEGER,
    LITERALS,
    LONG_TEXT,
    MAY_END,
    NUMBER_REST,
    STANDS,
    UNIT,
    decoded,
    number_step,
    run_end,
)
from streamparse._core.machine_state import AFTER, COLON, ESCAPE, STRING, MachineState
from streamparse.errors import JSONSyntaxError, LimitError

if TYPE_CHECKING:
    from mypy_extensions import i64

# Interpreted, a method of an imported object is bound anew for each call; of a global it is not.
_ESCAPED: Final = ESCAPED


class MachineTokens(MachineState):
    """Reads the insides of strings, numbers and literals."""

    __slots__ = ()

    # Strings and keys.

    def _close_string(self, offset: i64) -> None:
        if self.in_key:
            self.sink.end_key(offset)
            self.in_key = False
            self.state = COLON
        else:
            self.sink.end_string(offset)
            self._end_value(offset + 1)

    def _joined(self, text: str, pos: i64, stop: i64, end: i64, got: str) -> i64:
        """Pass runs and simple escapes on as one piece, and return the position after them.

        `got` is the decoded text from `pos` to `stop`.
        """
        first = pos
        pos = stop
        piece: str
        while pos < end:
            if end - pos > LONG_TEXT and self.offset + end != self.unusual:
                if text[pos] == '"':
                    break
                found = decoded(text, pos, end)
                if found is None:
                    self.unusual = self.offset + end
                    stop = run_end(text, pos, end)
                    piece = text[pos:stop]
                else:
                    piece, stop = found
                    self.origin += stop - pos - len(piece)
                got += piece
                pos = stop
                continue
            if ord(text[pos]) != 92:
                break
            plain = _ESCAPED.get(text[pos + 1]) if pos + 1 < end else None
            if plain is not None:
                got += plain
                self.origin += 1
                pos += 2
            else:
                unit = UNIT.match(text, pos) if pos + 6 <= end else None
                if unit is None:
                    break
                stop = unit.end()
                piece = scanstring(f'{unit[0]}"', 0)[0]
                got += piece
                self.origin += stop - pos - len(piece)
                pos = stop
            if pos < end:
                stop = run_end(text, pos, end)
                if stop > pos:
                    got += text[pos:stop]
                    pos = stop
        if got:
            if self.in_key:
                self.sink.key_text(got, self.offset + first)
            else:
                self.sink.text(got, self.offset + first)
        if pos < end and text[pos] != '"':
            return self._step(text, pos, pos, end)
        return pos

    def _step(self, text: str, pos: i64, stop: i64, end: i64) -> i64:
        """Read one part of a string: the run that ends at `stop`, or what follows it."""
        offset = self.offset + pos
        char: i64 = ord(text[pos])
        if self.high and (stop > pos or char == 34):
            self._lone(offset)
        if stop > pos:
            self._pass(text[pos:stop], offset)
            return stop
        if char == 34:
            self._close_string(offset)
            return pos + 1
        self.origin += 1
        if char == 92:
            self.state = ESCAPE
            return self._escape(text, pos + 1, end)
        if char < 32:
            message = f"{text[pos]!r} must be escaped in a string"
            self._reject("control_character", message, offset)
        self._unit(char, offset)
        return pos + 1

    def _pass(self, text: str, offset: i64) -> None:
        """Pass decoded text to the sink, as far as the limit allows."""
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
        """Continue an escape; `held` is what came after the backslash."""
        plain = _ESCAPED.get(text[pos]) if self.plain and not self.held and pos < end else None
        if plain is not None:  # the commonest cut: right after the backslash
            self.state = STRING
            stop = run_end(text, pos + 1, end)
            return self._joined(text, pos, stop, end, plain + text[pos + 1 : stop])
        while pos < end and self.state == ESCAPE:
            char = text[pos]
            offset = self.offset + pos
            if self.held:
                if char not in HEX_DIGITS:
                    message = f"expected a hexadecimal digit, not {char!r}"
                    self._reject("invalid_escape", message, offset)
                self.held += char
                if len(self.held) == 5:
                    code = int(self.held[1:], 16)
                    self.held = ""
                    self.state = STRING
                    self._unit(code, offset)
            elif char == "u":
                self.held = char
            elif char in ESCAPED:
                self.state = STRING
                self._unit(ord(ESCAPED[char]), offset)
            else:
                self._reject("invalid_escape", f"there is no escape '\\' + {char!r}", offset)
            pos += 1
            self.origin += 1
        return pos

    def _unit(self, code: i64, offset: i64) -> None:
        """Read one UTF-16 code unit, which ends at `offset`; the halves of a pair are joined."""
        if self.high:
            if 0xDC00 <= code <= 0xDFFF:
                code += 0x10000 + ((self.high - 0xD800) << 10) - 0xDC00
                self._hold(0)
            else:
                self._lone(offset)
        if 0xD800 <= code <= 0xDBFF:
            self._hold(code)
        else:
            char = self._half(code, offset) if 0xDC00 <= code <= 0xDFFF else chr(code)
            self._pass(char, offset)
            self.origin -= 1

    def _lone(self, offset: i64) -> None:
        """Pass on a high surrogate that no low surrogate follows at `offset`."""
        half = self._half(self.high, offset)
        self._hold(0)
        self._pass(half, offset)
        self.origin -= 1

    def _hold(self, high: i64) -> None:
        self.high = high
        self.plain = not high and not self.careful

    def _half(self, code: i64, offset: i64) -> str:
        """Return the replacement of a lone surrogate, or raise the error."""
        if self.options.surrogates == "keep":
            return chr(code)
        if self.options.surrogates == "error":
            message = f"half a surrogate pair: \\u{code:04x}"
            self._reject("lone_surrogate", message, offset)
        return "\ufffd"

    # Numbers and literals.

    def _number(self, text: str, pos: i64, end: i64) -> i64:
        """Continue a number; its text goes to `held` if the fragment ends first."""
        start = pos
        grammar = self.grammar
        if COMPILED:
            while pos < end:
                char: i64 = ord(text[pos])
                if not (48 <= char <= 57 and (grammar == INTEGER or grammar == FRACTION)):
                    grammar = number_step(grammar, char)
                    if grammar < 0:
                        break
                    self.grammar = grammar
                pos += 1
        elif not grammar or text[pos] not in AFTER_NUMBER:  # the same with one regular expression
            found = NUMBER_REST[grammar].match(text, pos)
            assert found is not None
            self.grammar = STANDS[grammar][found.lastindex or 0]
            pos = found.end()
        lexeme = self.held
        if not lexeme:
            lexeme = text[start:pos]
        elif pos > start:
            self.held = ""  # the local reference is the only one, so CPython appends in place
            lexeme += text[start:pos]
        over: i64 = len(lexeme) - self.number_limit
        if over > 0:
            message = f"a number is longer than {self.number_limit} characters"
            raise LimitError(message, code="number_length", offset=self.offset + pos - over)
        if pos == end:
            self.held = lexeme
            return pos
        stops = self.stop and not self.depth  # any character ends it then
        known = (COMPILED and ord(text[pos]) == 44) or text[pos] in AFTER_NUMBER
        if not MAY_END[self.grammar] or not (known or stops):
            message = f"{text[pos]!r} cannot follow {lexeme[-20:]!r} in a number"
            self._reject("invalid_number", message, self.offset + pos)
        self._end_number(lexeme, self.offset + pos)
        return pos

    def _short_number(self, text: str, pos: i64, end: i64) -> i64:
        """Read a short number inside a container that ends in this fragment, else return `pos`."""
        negative = ord(text[pos]) == 45
        start = pos + 1 if negative else pos
        digits, exponent, at = short_decimal(text, start, end)
        if at < 0 or not self.depth or at - pos > self.number_limit:
            return pos
        char: i64 = ord(text[at])
        if not (char == 44 or char == 93 or char == 125 or char == 10):
            return pos
        if exponent == WHOLE:
            if at - start > self.digits_limit:
                return pos
            self.sink.scalar(-digits if negative else digits, self.offset + at)
        else:
            value = nearest(digits, exponent) if self.parse_float is float else -1.0
            if value < 0.0:
                return pos
            self.sink.scalar(-value if negative else value, self.offset + at)
        self.state = AFTER
        return at

    def _end_number(self, lexeme: str, offset: i64) -> None:
        integer = self.grammar <= INTEGER
        if integer and len(lexeme) > self.digits_limit:
            self._check_digits(lexeme, offset)
        value = self._converted(lexeme, integer, offset)
        if self.precise:
            self.sink.numeral = lexeme
        self.sink.scalar(value, offset)
        self.held = ""
        if self.depth:
            self.state = AFTER
        else:
            self._end_document(offset)

    def _check_digits(self, lexeme: str, offset: i64) -> None:
        digits = len(lexeme) - (lexeme[0] == "-")
        if digits > self.digits_limit:
            message = f"an integer has {digits} digits, more than {self.digits_limit}"
            raise LimitError(message, code="integer_digits", offset=offset)

    def _converted(self, lexeme: str, integer: bool, offset: i64) -> object:
        """Convert the text of a number with the caller's function."""
        if not integer and self.parse_float is float:
            return float_of(lexeme) if COMPILED else float(lexeme)
        try:
            return self.parse_int(lexeme) if integer else self.parse_float(lexeme)
        except Exception as error:
            message = f"{lexeme[:40]!r} was rejected: {error}"
            failure = JSONSyntaxError(message, code="number_rejected", offset=offset)
            failure.__cause__ = error  # compiled, `from` alone does not set it
            raise failure from error

    def _literal(self, text: str, pos: i64, end: i64) -> i64:
        """Continue a literal."""
        word = self.word
        matched = self.matched
        size: i64 = len(word) - matched
        if text[pos : pos + size] == (word[matched:] if matched else word):
            pos += size
            self.sink.scalar(LITERALS[word], self.offset + pos - 1)
            self._end_value(self.offset + pos)
            return pos
        while pos < end:
            if text[pos] != word[matched]:
                message = f"expected {word!r}, not {word[:matched] + text[pos]!r}"
                self._reject("invalid_literal", message, self.offset + pos)
            pos += 1
            matched += 1
        self.matched = matched
        return pos
