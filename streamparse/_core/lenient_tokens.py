"""Numbers, literals and words without quotes, in the lenient dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_prose as prose
from streamparse._core import lenient_scalars as scalars
from streamparse._core import lenient_strings as strings
from streamparse._core.grammar import (
    FRACTION,
    LITERALS,
)
from streamparse._core.grammar import INTEGER as INTEGER_GRAMMAR
from streamparse._core.lenient_state import TOKEN, begins_token
from streamparse._core.lenient_strings import CLOSING, LOOK, blank_end, key_at, undecided
from streamparse._core.lenient_words import LenientWords
from streamparse._core.machine_state import AFTER, DOCUMENT
from streamparse.errors import IncompleteError, LimitError

if TYPE_CHECKING:
    from mypy_extensions import i64

# The longest name of a call around a value.
_NAME: Final = 64
_TOKEN_END: Final = re.compile(r"[\s,\]}\[{(\"':;“”…/#=)\\\uff0c\u3001\uff1a\u200b\ufeff]")
_NUMERIC: Final = re.compile(r"[-+.0-9A-Fa-fxX_]*")
_IDENTIFIER: Final = re.compile(r"[^\W\d][\w.$]*")
_QUOTED: Final = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
_PLAIN: Final = r"(?:[-+]?[0-9.][\w.+\-]*|[A-Za-z]+)"
_WRAPPED: Final = re.compile(rf"\(\s*(?:(?:{_QUOTED}|{_PLAIN})\s*\)|[\[{{])", re.DOTALL)
GROUPED_STRING: Final = re.compile(rf"\(\s*{_QUOTED}\s*\)", re.DOTALL)
_GROUPED: Final = re.compile(rf"\(\s*(?:{_QUOTED}|{_PLAIN})\s*\)", re.DOTALL)
OPEN_WRAPPED: Final = re.compile(
    rf"""\(\s*(?:"(?:[^"\\]|\\.)*\\?|'(?:[^'\\]|\\.)*\\?|{_QUOTED}\s*|{_PLAIN}\s*|[-+])?\Z""",
    re.DOTALL | re.VERBOSE,
)


class LenientTokens(LenientWords):
    """Reads values without quotes."""

    __slots__ = ()

    def _odd_value(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read a value that does not begin as in JSON."""
        char = text[pos]
        offset = self.offset + pos
        if char in CLOSING:
            return self._open_odd_quote(text, pos, end, final)
        if char == "(":
            limit = pos + LOOK if pos + LOOK < end else end
            if _GROUPED.match(text, pos, limit) is not None:
                self._mend("wrapper", offset)
                self.wrapped += 1
                return pos + 1
            more = end < pos + LOOK and not final
            if more and OPEN_WRAPPED.match(text, pos, limit) is not None:
                return undecided(pos)
            return self._group(text, pos, end, final)
        if not begins_token(char):
            self._refuse(char, offset)
        return self._start_token(text, pos, end, final)

    def _group(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Begin a tuple, or skip a round bracket around an object or array."""
        result = prose.starts_group(text, pos, end, final)
        if result == prose.UNDECIDED:
            return undecided(pos)
        lone = not self.depth and result == prose.LONG and prose.holds_object(text, pos, end)
        # Inside a tuple, the end of the group would be mistaken for the end of the tuple.
        if (result == prose.VALUE or lone) and (not self.depth or self.closers[-1] != ")"):
            self._mend("wrapper", self.offset + pos)
            self.wrapped += 1
            return pos + 1
        self._mend("tuple", self.offset + pos)
        if result == prose.LONG:
            self._doubt(self.offset + pos)  # it may be a group
        self._enter(")", self.offset + pos)
        return pos + 1

    def _strict_scalar(self, token: str, kind: int, offset: i64, end: i64) -> None:
        """Pass on a complete number or literal that is valid JSON, inside a container."""
        if kind == scalars.CONSTANT:
            self.sink.start_scalar(token, offset)
            self.sink.scalar(LITERALS[token], end)
        else:
            integer = kind == scalars.INTEGER
            if integer and len(token) > self.digits_limit:
                self._check_digits(token, end)
            value = self._converted(token, integer, end)
            self.sink.start_scalar("number", offset)
            if self.precise:
                self.sink.numeral = token
            self.sink.scalar(value, end)
        self.state = AFTER

    def _start_token(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Begin a number, literal or word."""
        char = text[pos]
        if self.counting:
            self._count(self.offset + pos)
        self.token_at = self.offset + pos
        self.numeric = char in "+-." or char.isdigit()
        self.back = self.state
        self.held = ""
        self.state = TOKEN
        return self._token(text, pos, end, final, True)

    def _token(self, text: str, pos: i64, end: i64, final: bool, first: bool = False) -> i64:
        stop = scalars.plain_end(text, pos, end)
        if stop < end and text[stop] not in ",]}\n":
            found = _TOKEN_END.search(text, pos + 1 if first and stop == pos else stop)
            stop = end if found is None else found.start()
        piece = text[pos:stop]
        held = self.held
        self.held = ""
        held += piece
        self.held = held
        size: i64 = len(held)
        if size > _NAME or size > self.number_limit:
            size = self._numeric_size(piece)
            if size > self.number_limit:
                message = f"a number is longer than {self.number_limit} characters"
                offset = self.token_at + self.number_limit
                raise LimitError(message, code="number_length", offset=offset)
            known = size + 1 if size > _NAME else _NAME + 1  # here it is known to be words
            if len(held) >= known:
                self.held = held[:known]
                self._start_words()
                return stop - (len(held) - known)
        if stop == end:
            return end
        if not self.depth:
            self._end_lone_token(text[stop], self.offset + stop)
            return stop
        if self.depth and text[stop] in ",]}\n":
            strict = scalars.strict_kind(held)
            if strict != scalars.WORDS:
                self.held = ""
                self._strict_scalar(held, strict, self.token_at, self.offset + stop)
                return stop
            if self.held in scalars.CONSTANTS:
                self._scalar(scalars.CONSTANT, self.offset + stop)
                return stop
        kind = scalars.kind_of(self.held)
        if kind == scalars.WORDS:
            if not self.held.strip("+-"):
                return self._sign(text, stop, end, final)
            if text[stop] in "\"'" and len(held) <= 2:
                result = self._prefixed(text, stop, end, final)
                if result or self.state != TOKEN:
                    return result
            if text[stop] == "(" and self.back != DOCUMENT:
                result = self._unwrapped(text, stop, end, final)
                if result:
                    return result
            self._start_words()
            return stop
        result = self._scalar_ends(text, stop, end, final)
        if result < 0:
            return undecided(stop)
        if result:
            self._scalar(kind, self.offset + stop)
        else:
            self._start_words()
        return stop

    def _numeric_size(self, piece: str) -> i64:
        """Return how much of a long token, which ends with `piece`, may be a number.

        If it is not a number, this is the length of its numeric start, or at most `_NAME` if
        that was known before `piece`.
        """
        if not self.numeric:
            return 0
        size: i64 = len(self.held)
        before: i64 = size - len(piece)
        bound = _NAME if self.number_limit > _NAME else self.number_limit
        asked = before > bound  # whether the text before `piece` was checked
        found = _NUMERIC.match(piece if asked else self.held)
        assert found is not None
        result: i64 = found.end() + (before if asked else 0)
        self.numeric = result == size
        return result

    def _end_lone_token(self, behind: str, offset: i64) -> None:
        """End a number or literal that is a document, or begin prose; `behind` follows it."""
        kind = scalars.kind_of(self.held)
        if kind == scalars.WORDS or (behind and behind in ":(/=)}]"):
            self._start_words()
        else:
            self._begin_root("scalar", self.token_at)
            self._root_scalar(kind, offset, not behind)

    def _root_scalar(self, kind: int, offset: i64, at_end: bool) -> None:
        """Emit the value of the held token, which is the document.

        Args:
            kind: The kind of the token.
            offset: Where it ends.
            at_end: Whether the input ends there. A number that must go on is cut then.

        Raises:
            IncompleteError: It is cut, and the dialect does not allow the repair `truncated`.
        """
        cut = at_end and kind != scalars.CONSTANT and self.held[-1:] in ".eE+-"
        if cut and "truncated" not in self.codes:
            message = "the input ended inside a number"
            raise IncompleteError(message, code="truncated", offset=offset)
        self._scalar(kind, offset)
        if cut:
            self._mend("truncated", offset, False)
            self.truncated = True

    def _sign(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Reject a sign without a number, unless the input ends after it."""
        limit = pos + LOOK if pos + LOOK < end else end
        if blank_end(text, pos, limit) < limit or limit - pos == LOOK:
            message = f"{text[pos]!r} cannot follow {self.held!r} in a number"
            self._reject("invalid_number", message, self.offset + pos)
        return end if final else undecided(pos)

    def _unwrapped(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return the position after `name(` if the brackets hold one value, else 0."""
        limit = pos + LOOK if pos + LOOK < end else end
        if _IDENTIFIER.fullmatch(self.held) is None:
            return 0
        if _WRAPPED.match(text, pos, limit) is None:
            more = end < pos + LOOK and not final
            if more and OPEN_WRAPPED.match(text, pos, limit) is not None:
                return undecided(pos)
            return 0
        self.wrapped += 1
        self._drop_name()
        return pos + 1

    def _prefixed(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return the position of the quote after the prefix of a string; 0 if there is none."""
        if pos + 1 == end and not final:
            return undecided(pos)
        if text[pos + 1 : pos + 2] in strings.BEHIND_VALUE:
            return 0  # the quote closes a string that has no opening quote
        prefix = self.held
        known = strings.is_prefix(prefix)
        if not known:  # it may be a prefix of another language
            limit = pos + LOOK if pos + LOOK < end else end
            result = strings.prefixed_at(text, pos, limit, end < pos + LOOK and not final)
            if result <= 0:
                return undecided(pos) if result else 0
        at = self.token_at
        self._drop_name()
        if not known:
            self._doubt(at)
        self.raw, self.raw_at = strings.raw_kind(prefix), self.offset + pos
        return pos

    def _drop_name(self) -> None:
        """Drop the token, which is not part of the value after it."""
        self._mend("wrapper", self.token_at)
        self.held = ""
        self.state = self.back
        if self.counting and self.counts:
            self.counts[-1] -= 1 if self.in_array else 0

    def _scalar_ends(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return 1 if the token before `pos` is a complete value, 0 if not, -1 if undecided."""
        limit = pos + LOOK if pos + LOOK < end else end
        more = end < pos + LOOK and not final
        near = pos
        while near < limit and (text[near] == " " or text[near] == "\t"):
            near += 1
        if near == limit:
            return -1 if more else 1
        char = text[near]
        if char == "/":
            if near + 1 == limit and more:
                return -1
            return 1 if text[near + 1 : near + 2] in ("/", "*") else 0
        if char == "\\":
            if near + 1 == limit and more:
                return -1
            return 1 if text[near + 1 : near + 2] in ("n", "r", "t", '"') else 0
        if near == pos:
            return 0 if char in ":(#=" else 1
        if self.in_array or not (char.isalnum() or char in "_$"):
            return 1
        result = key_at(text, near, limit, more)
        if result == 0 and scalars.is_strict(self.held):
            return strings.only_words(text, near, end, final)
        return result

    def _scalar(self, kind: int, offset: i64) -> None:
        """Pass on the complete token, which is a number or literal."""
        token = self.held
        self.held = ""
        value = self._value_of(token, kind, offset)
        depth = self.depth
        name = scalars.CONSTANTS[token] if kind == scalars.CONSTANT else "number"
        if not scalars.is_strict(token):
            code = "number" if kind != scalars.CONSTANT else "literal"
            self._mend("special_number" if kind == scalars.SPECIAL else code, self.token_at)
        self.sink.start_scalar(name, self.token_at)
        if self.precise:
            self.sink.numeral = token
        self.sink.scalar(value, offset)
        self.state = TOKEN
        if depth:
            self.state = AFTER
        else:
            self._end_document(offset)
            self.glued = False

    def _value_of(self, token: str, kind: int, offset: i64) -> object:
        if kind == scalars.CONSTANT:
            return LITERALS[scalars.CONSTANTS[token]]
        if kind == scalars.SPECIAL:
            text = scalars.SPECIALS[token]
        else:
            if len(token) > self.digits_limit and kind == scalars.INTEGER:
                self._check_digits(token, offset)
            text = token if scalars.is_strict(token) else scalars.plain_number(token, kind)
        integer = kind == scalars.INTEGER
        self.grammar = INTEGER_GRAMMAR if integer else FRACTION
        return self._converted(text, integer, offset)

    def _cut_token(self) -> None:
        token = self.held
        kind = scalars.kind_of(token)
        if kind == scalars.WORDS:
            literal = scalars.cut_literal(token)
            if not literal:
                if token.strip("+-.") and token[-1] not in "xX":
                    self._start_words()
                return
            token, kind = literal, scalars.kind_of(literal)
        self.held = ""
        self.sink.cut_scalar(self._value_of(token, kind, self.offset))
