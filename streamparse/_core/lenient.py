"""The machine for text that is nearly JSON: the same states and sinks, and more ways to go on.

Rule 1: it does what `Machine` does wherever that accepts. It differs where that refuses, and in
where a string ends, which is told by what follows the quote.
Rule 2: nothing is taken back, so nothing is said before it is certain. Text that is not decided
yet is kept in `pending` and looked at again with the next fragment; each look ahead is bounded by
`LOOK` characters, so the work per character is too.
Rule 3: whatever is mended goes through `_mend`: on record, or refused by the dialect.

More states, and what may follow:
  TOKEN      more of `held`, a number, a literal or a word       UNQUOTED   more of a string
  COMMENT    its end, `ending`                                   JUNK       words, skipped
  PROSE      text that is no value, or the start of one          REASONING  its end, `ending`
  CODE       the fence that ends a block of code
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from streamparse._core import lenient_prose as prose
from streamparse._core import lenient_scalars as scalars
from streamparse._core import lenient_strings as strings
from streamparse._core.grammar import (
    COMPILED,
    ESCAPED,
    FRACTION,
    HEX_DIGITS,
    LITERALS,
    SPACE,
    run_end,
)
from streamparse._core.grammar import INTEGER as INTEGER_GRAMMAR
from streamparse._core.lenient_strings import CLOSING, LOOK, blank_end, key_at
from streamparse._core.machine import (
    AFTER,
    COLON,
    DOCUMENT,
    DONE,
    EXCERPT,
    FIRST_ITEM,
    FIRST_KEY,
    KEY,
    STRING,
    VALUE,
    Machine,
)
from streamparse._core.sink import Sink
from streamparse.dialect import REPAIR_CODES, Dialect
from streamparse.errors import IncompleteError, LimitError, SchemaViolation, StreamParseError
from streamparse.limits import Limits

if TYPE_CHECKING:
    from mypy_extensions import i64

TOKEN: Final = 12
UNQUOTED: Final = 13
COMMENT: Final = 14
JUNK: Final = 15
PROSE: Final = 16
REASONING: Final = 17
CODE: Final = 18

_SPACE: Final = " \t\r\n"
_OTHER_SPACE: Final = strings.OTHER_SPACE
# Only so long may a name be that is a key without quotes or stands around a value.
_NAME: Final = 64

_SCALAR: Final = (
    r"(?:(-?(?:0|[1-9][0-9]*))"
    r"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+))"
    r"|(true|false|null))"
)
_STRICT: Final = re.compile(_SCALAR)
_STRICT_TOKEN: Final = re.compile(_SCALAR + r"(?=[,\]}\n])")
_TOKEN_END: Final = re.compile(r"[\s,\]}\[{(\"':;“”…/#=)\\\u200b\ufeff]")
_NUMERIC: Final = re.compile(r"[-+.0-9A-Fa-fxX_]*")
_UNQUOTED_END: Final = re.compile(r"[\s,\]}\[{\"/#)\\`]")
_BLANKS: Final = re.compile(r"[ \t]+")
_JUNK_END: Final = re.compile(r"[,{}\[\]\"'\n`]")
_IDENTIFIER: Final = re.compile(r"[^\W\d][\w.$]*")
_QUOTED: Final = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
_PLAIN: Final = r"(?:[-+]?[0-9.][\w.+\-]*|[A-Za-z]+)"
_WRAPPED: Final = re.compile(rf"\(\s*(?:(?:{_QUOTED}|{_PLAIN})\s*\)|[\[{{])", re.DOTALL)
_GROUPED: Final = re.compile(rf"\(\s*(?:{_QUOTED}|{_PLAIN})\s*\)", re.DOTALL)
_OPEN_WRAPPED: Final = re.compile(
    rf"""\(\s*(?:"(?:[^"\\]|\\.)*\\?|'(?:[^'\\]|\\.)*\\?|{_QUOTED}\s*|{_PLAIN}\s*|[-+])?\Z""",
    re.DOTALL | re.VERBOSE,
)
_PLAIN_KEY: Final = re.compile(r"[\w$]+(?=[ ]?:)")
_BARE_KEY: Final = re.compile(r"[^\s:,{}\[\]\"'“”‘’`()#;=/\\…]+")
_MORE_KEY: Final = re.compile(r"[^:,{}\[\]\"\n]*")
# All there is: a scalar or one word, perhaps in a call, a comment behind it.
_ALONE: Final = re.compile(
    r"""\s*(?:[^\W\d][\w.$]*[ ]?\(\s*(?P<wrapped>"[^"]*"|'[^']*'|[^\s"'(){}\[\],]+)\s*\)
    |(?P<quoted>[`´][^`´'"]*[`´'"]?)
    |(?P<word>[^\s,;"'`]+)(?P<quote>["']?))
    [\s,;]*(?:(?:`{3,}|~{3,}|(?://|\#)[^\n]*|/\*.*?(?:\*/|\Z))\s*)*\Z""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE_ESCAPES: Final[dict[str, str]] = {"v": "\v", "\n": "", "\u2028": "", "\u2029": ""}
_QUOTES: Final = "'`´“”„‘’«»"


class LenientMachine(Machine):
    """Reads what a `Dialect` allows; see `Machine`, whose interface it has."""

    __slots__ = (
        "after",
        "back",
        "before",
        "begun",
        "closers",
        "codes",
        "colons",
        "comma_at",
        "dialect",
        "ending",
        "ends",
        "escaped",
        "fence",
        "fenced_code",
        "fresh",
        "gap",
        "kept",
        "key_ends",
        "lead",
        "max_repairs",
        "mended",
        "nested",
        "numeric",
        "odd",
        "pending",
        "prose_from",
        "quote",
        "simple",
        "tagged",
        "text_at",
        "token_at",
        "trailing",
        "tripled",
        "truncated",
        "wanted",
        "wrapped",
    )

    def __init__(
        self,
        sink: Sink,
        dialect: Dialect,
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
        super().__init__(
            sink,
            limits=limits,
            surrogates=surrogates,
            parse_float=parse_float,
            parse_int=parse_int,
            many=many,
            stop=stop,
            depth=depth,
            offset=offset,
        )
        self.dialect = dialect
        self.codes: frozenset[str] = dialect.codes
        self.max_repairs: i64 = -1 if dialect.max_repairs is None else dialect.max_repairs
        self.mended: i64 = 0
        self.truncated: bool = False
        self.wanted: str = ""  # the kind that the root must have: "object", "array" or any
        self.pending: str = ""  # from `offset` on; not decided yet
        # Around the values.
        self.before: list[str] = []  # the text before the first value
        self.after: list[str] = []  # the text behind it that belongs to no value
        self.begun: bool = False  # has a value begun?
        self.lead: str = ""  # the last character of the prose, white space but line ends apart
        self.text_at: i64 = -1  # where the prose before the next value begins
        self.prose_from: i64 = 0  # its place in `before`
        self.fence: str = ""  # what closes the fence around the value
        self.fenced_code: bool = False
        self.tagged: bool = False
        self.trailing: bool = False  # has text behind the value been met?
        # Containers.
        self.closers: list[str] = []  # what closes the open ones
        self.comma_at: i64 = -1  # the last comma between values
        self.wrapped: i64 = 0  # round brackets open around values
        # Strings and tokens.
        self.quote: str = '"'
        self.simple: bool = True  # is it that?
        self.ends: re.Pattern[str] = strings.RUN_ENDS['"']  # of its runs of plain characters
        self.key_ends: re.Pattern[str] = strings.KEY_RUN_ENDS['"']
        self.kept: i64 = 0  # quotes in the open string that have been kept as text
        self.fresh: bool = False  # is the open string empty?
        self.colons: bool = False  # is a colon in the open key known to be text?
        self.odd: bool = False  # has a control character been met in it?
        self.tripled: bool = False
        self.escaped: bool = False  # has a string had escaped quotes?
        self.token_at: i64 = 0
        self.numeric: bool = False
        self.nested: i64 = 0  # brackets open inside a string without quotes
        self.gap: str = ""  # white space that is part of such a string if it goes on
        self.back: i64 = DOCUMENT  # the state behind a comment or token
        self.ending: str = ""

    @property
    def expects_item(self) -> bool:
        state = self.state if self.state != COMMENT else self.back
        if state == STRING:
            return not self.in_key
        return state <= DOCUMENT or state == TOKEN or state == UNQUOTED or state >= PROSE

    @property
    def prefix(self) -> str:
        """The text before the (first) value; empty when it is white space."""
        text = "".join(self.before)
        return text if self.begun and text.strip(_SPACE + "\ufeff") else ""

    @property
    def remainder(self) -> str:
        """The text behind the (first) value that is of no value; empty when white space."""
        text = "".join(self.after)
        return text if self.stop or text.strip(_SPACE) else ""

    # Forks and pickles.

    def state_now(self) -> tuple[Any, ...]:
        around = (list(self.before), list(self.after), self.begun, self.lead, self.text_at)
        found = (self.prose_from, self.fence, self.fenced_code, self.tagged, self.trailing)
        nesting = (list(self.closers), self.comma_at, self.wrapped, self.nested)
        string = (self.quote, self.kept, self.fresh, self.gap)
        met = (self.odd, self.tripled, self.escaped, self.colons)
        token = (self.token_at, self.numeric, self.back, self.ending)
        counts = (self.pending, self.mended, self.truncated)
        return super().state_now(), around, found, nesting, string, met, token, counts

    def resume(self, state: tuple[Any, ...]) -> None:
        strict, around, found, nesting, string, met, token, counts = state
        super().resume(strict)
        before, after, self.begun, self.lead, self.text_at = around
        self.before, self.after = list(before), list(after)
        self.prose_from, self.fence, self.fenced_code, self.tagged, self.trailing = found
        closers, self.comma_at, self.wrapped, self.nested = nesting
        self.closers = list(closers)
        self.quote, self.kept, self.fresh, self.gap = string
        self.odd, self.tripled, self.escaped, self.colons = met
        self.token_at, self.numeric, self.back, self.ending = token
        self.pending, self.mended, self.truncated = counts
        self.recent = [strict[4], self.pending]
        self._take_quote(self.quote)

    def clone(self, sink: Sink) -> Machine:
        twin = LenientMachine(
            sink,
            self.dialect,
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
        """Take `text`, all of it; what is behind the value goes to `after`."""
        size: i64 = len(text)
        pending = self.pending
        start: i64 = self.offset + len(pending)
        if start + size > self.checkpoint:
            self._check_document(text, start)
        self.recent.append(text)
        if pending:
            text = pending + text
            self.pending = ""
        elif not self.state and not self.high:  # the commonest delta of all: the inside of a string
            length = self.length + size
            if length <= self.string_limit and self._run_end(text, 0, size) == size:
                self.length = length
                self.fresh = False
                if self.in_key:
                    self.sink.key_text(text, start)
                else:
                    self.sink.text(text, start)
                self.offset = start + size
                return size
        self._advance(text, False)
        return size

    def _check_document(self, text: str, start: i64) -> None:
        """Look at the bound of the document; keep no more than an excerpt of what has passed."""
        room: i64 = self.document_start + self.document_limit - start
        size: i64 = len(text)
        if size > room:
            whole = self.pending + text[:room]
            self.recent.append(text[:room])
            self.pending = ""
            self._advance(whole, False)
            if self.document_start + self.document_limit - start >= size:
                rest = text[room:]  # another document has begun
                self.recent.append(rest)
                whole = self.pending + rest
                self.pending = ""
                self._advance(whole, False)
            message = f"a document is longer than {self.document_limit} characters"
            raise LimitError(message, code="document_length", offset=start + room)
        self.recent = ["".join(self.recent)[-(EXCERPT + LOOK) :]]
        self.recent_start = start - len(self.recent[0])
        far = start + size + 4096
        self.checkpoint = far if far < start + room else start + room

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
        """Read what is decided; the position of what is not."""
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
                    found = SPACE.match(text, pos)
                    assert found is not None
                    pos = found.end()
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

    def _mend(self, code: str, offset: i64, item: bool = True) -> None:
        """One repair more: on record, or refused."""
        if code not in self.codes:
            told = REPAIR_CODES[code]
            self._reject("repair_refused", f"{code}: {told}, which is not allowed here", offset)
        self.mended += 1
        if 0 <= self.max_repairs < self.mended:
            message = f"more than {self.max_repairs} repairs, this one: {REPAIR_CODES[code]}"
            self._reject("too_many_repairs", message, offset)
        self.sink.repair(code, offset, item)

    # Containers and what stands between values.

    def _enter(self, closer: str, offset: i64) -> None:
        if not self.depth:
            self._begin_root("object" if closer == "}" else "array", offset)
        self._open(closer != "}", offset)
        self.closers.append(closer)

    def _leave(self, offset: i64) -> None:
        self.closers.pop()
        self._close(offset)

    def _structure(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Anything inside a container that is no white space, quote, comma or colon in place."""
        char = text[pos]
        offset = self.offset + pos
        state = self.state
        if char in "}])":
            if char == self.closers[-1] and self._may_close():
                self._leave(offset)
                return pos + 1
            return self._odd_closer(text, pos, end, final)
        if (char == "{" or char == "[") and state <= FIRST_ITEM:
            self._enter("}" if char == "{" else "]", offset)
            return pos + 1
        if state <= FIRST_ITEM and (char == "-" or "0" <= char <= "9" or char in "tfn"):
            found = _STRICT_TOKEN.match(text, pos)
            if found is None or found.end() - pos > self.number_limit:
                return self._start_token(text, pos, end, final)
            if self.counting:
                self._count(offset)
            self._strict_scalar(found, offset, self.offset + found.end())
            return found.end()
        if char in _OTHER_SPACE:
            self._mend("white_space", offset)
            return pos + 1
        if char == "," or char == ";":
            return self._odd_comma(char, pos)
        told = self._skipped(text, pos, end, final)
        if told != pos or not self.depth:
            return told
        if state == COLON:
            return self._odd_colon(text, pos, end, final)
        if state == AFTER:
            return self._missing_comma(text, pos, end, final)
        if state == KEY or state == FIRST_KEY:
            return self._odd_key(text, pos, end, final)
        return self._odd_value(text, pos, end, final)

    def _skipped(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """The position after a comment, dots, an escaped line end or a fence at `pos`, if any."""
        char = text[pos]
        offset = self.offset + pos
        if char == "/" or char == "<":
            return self._comment(text, pos, end, final)
        if char == "#":
            return self._start_comment(pos, 1, "\n")
        if char == "…" or char == ".":
            if char == "." and pos + 3 > end and not final and "...".startswith(text[pos:]):
                return -1 - pos
            if char == "…" or text.startswith("...", pos):
                self._mend("ellipsis", offset, False)
                return self._dots(text, pos + (1 if char == "…" else 3))
        elif char == "\\":
            if pos + 1 == end and not final:
                return -1 - pos
            if text[pos + 1 : pos + 2] in ("n", "r", "t"):
                self._mend("white_space", offset)
                self.escaped = True
                return pos + 2
        elif char == "`" or char == "~":
            if pos + 3 > end and not final and (char * 3).startswith(text[pos:]):
                return -1 - pos
            if text.startswith(char * 3, pos):
                return self._inner_fence(text, pos, end, final)
        return pos

    def _dots(self, text: str, pos: i64) -> i64:
        """Dots stand for values: a comma may follow them, and need not."""
        if self.state == VALUE and self.in_array:
            self.state = AFTER
            self.comma_at = -1
        elif self.state == FIRST_ITEM or self.state == FIRST_KEY or self.state == KEY:
            self.state = AFTER
        elif self.state != AFTER:
            self._refuse(".", self.offset + pos - 1)
        return pos

    def _inner_fence(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A fence inside the value: the one around it ends, and with it what is open."""
        offset = self.offset + pos
        if not self.fence or text[pos] != self.fence[0]:
            if self.state != FIRST_KEY or self.depth > 1:
                self._refuse(text[pos], offset)
            place = prose.fence_at(text, pos, end, final)
            if place == 0:
                return -1 - pos
            self._mend("fence", offset, False)
            self.fence = text[pos] * 3
            return place
        if self.state == COLON or (self.state == VALUE and not self.in_array):
            self._refuse(text[pos], offset)
        self._drop_comma(offset)
        self._mend("missing_closer", offset, False)
        while self.depth:
            self._leave(offset)
        return pos

    def _drop_comma(self, offset: i64) -> None:
        """The container is about to be closed: was there a comma before?"""
        if self.state == KEY or (self.state == VALUE and self.in_array):
            self._mend("trailing_comma", self.comma_at if self.comma_at >= 0 else offset, False)
            self.state = AFTER
        elif self.state == VALUE or self.state == COLON:
            self._refuse(self.closers[-1], offset)

    def _odd_closer(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A closing bracket behind a comma, of the wrong kind, or one too many."""
        char = text[pos]
        offset = self.offset + pos
        if char == self.closers[-1]:
            self._drop_comma(offset)
            self._leave(offset)
            return pos + 1
        if char == ")":
            if not self.wrapped or self.state != AFTER:
                self._mend("extra_closer", offset, False)
            else:
                self.wrapped -= 1
            return pos + 1
        told = self._which_closer(text, pos, end, final)
        if told < 0:
            return -1 - pos
        if told == 0:
            self._mend("extra_closer", offset, False)
            return pos + 1
        self._drop_comma(offset)
        if told == 1:
            self._mend("mismatched_closer", offset, False)
            self._leave(offset)
            return pos + 1
        self._mend("missing_closer", offset, False)
        while self.closers[-1] != char:
            self._leave(offset)
        self._leave(offset)
        return pos + 1

    def _which_closer(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Closes it the innermost container (1), another one (2), or none (0)? -1: undecided."""
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
        size = len(self.closers)
        match = size - 1
        while match >= 0 and self.closers[match] != text[pos]:
            match -= 1
        if match >= 0:
            told = _fits(self.closers[match - 1] if match else "", text, pos + 1, limit, more)
            if told:
                return -1 if told < 0 else 2
        told = _fits(self.closers[size - 2] if size > 1 else "", text, pos + 1, limit, more)
        if told:
            return -1 if told < 0 else 1
        told = _fits(self.closers[size - 1], text, pos + 1, limit, more)
        if told:
            return told if told < 0 else 0
        return 2 if match >= 0 else 1

    def _odd_comma(self, char: str, pos: i64) -> i64:
        offset = self.offset + pos
        state = self.state
        if state == AFTER:  # then it is a semicolon
            self._mend("separator", offset, False)
            self.state = VALUE if self.in_array else KEY
        elif char == ";" or state == COLON or (state == VALUE and not self.in_array):
            self._refuse(char, offset)
        else:
            self._mend("extra_comma", offset, False)
        self.comma_at = offset
        return pos + 1

    def _odd_colon(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Something else where a colon should be."""
        char = text[pos]
        offset = self.offset + pos
        if char == "=":
            if pos + 1 == end and not final:
                return -1 - pos
            self._mend("separator", offset, False)
            self.state = VALUE
            return pos + (2 if text[pos + 1 : pos + 2] == ">" else 1)
        if char in "{[(" or char in CLOSING or _begins_token(char):
            self._mend("missing_colon", offset, False)
            self.state = VALUE
            return self._odd_value(text, pos, end, final) if char not in "{[" else pos
        self._refuse(char, offset)

    def _missing_comma(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A value or key right behind a value, or words that are neither."""
        char = text[pos]
        offset = self.offset + pos
        if self.in_array:
            if char in "{[(" or char in CLOSING or _begins_token(char):
                self._mend("missing_comma", offset, False)
                self.state = VALUE
                return pos
            self._refuse(char, offset)
        if char in CLOSING:
            self._mend("missing_comma", offset, False)
            self.state = KEY
            return pos
        if char == "{" and len(self.closers) > 1 and self.closers[-2] != "}":
            self._mend("missing_closer", offset, False)
            self._leave(offset)
            return pos
        if not _begins_token(char):
            self._refuse(char, offset)
        limit = pos + LOOK if pos + LOOK < end else end
        told = key_at(text, pos, limit, end < pos + LOOK and not final)
        if told < 0:
            return -1 - pos
        if told:
            self._mend("missing_comma", offset, False)
            self.state = KEY
        else:
            self._mend("unexpected_text", offset, False)
            self.state = JUNK
        return pos

    # Keys.

    def _odd_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A key that is not in double quotes, or something else in its place."""
        char = text[pos]
        offset = self.offset + pos
        if char == "{":
            if self.state == FIRST_KEY:
                self._mend("extra_opener", offset, False)
                return pos + 1
            if len(self.closers) > 1 and self.closers[-2] != "}":
                self._mend("missing_closer", offset, False)
                self.state = AFTER
                self._leave(offset)
                self.state = VALUE
                return pos
        if char in CLOSING:
            return self._open_odd_quote(text, pos, end, final)
        return self._bare_key(text, pos, end, final)

    def _bare_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
        found = _PLAIN_KEY.match(text, pos, limit)
        if found is not None:
            self._give_key(found.group(), self.offset + pos, "unquoted_key")
            return found.end()
        found = _BARE_KEY.match(text, pos, limit)
        if found is None:
            self._refuse(text[pos], self.offset + pos)
        stop: i64 = found.end()
        near = blank_end(text, stop, limit)
        if near == limit:
            if not more and not final:
                self._refuse(text[pos], self.offset + pos)
            return -1 - pos if more else self._cut_key(end)
        char = text[near]
        if (char == '"' or char == "'") and near == stop:  # the quote before it is missing
            return self._half_quoted(text, pos, stop, limit, more)
        if char == '"' or char == "'":
            told = key_at(text, near, limit, more)
            if told < 0:
                return -1 - pos
            if told:  # a word before the next key
                self._mend("unexpected_text", self.offset + pos, False)
                return near
        if char in ",}])" or (char == "(" and near == stop):
            self._refuse(text[pos], self.offset + pos)
        if _begins_token(char) and not char.isdigit() and char not in "-+./<":
            words = _MORE_KEY.match(text, near, limit)
            assert words is not None
            last: i64 = words.end()
            if last == limit and more:
                return -1 - pos
            if last < limit and text[last] == ":":
                stop = near + len(words.group().rstrip())
            elif last < limit and text[last] == '"':
                told = key_at(text, last, limit, more)
                if told < 0:
                    return -1 - pos
                if told:
                    self._mend("unexpected_text", self.offset + pos, False)
                    return last
        self._give_key(text[pos:stop], self.offset + pos, "unquoted_key")
        return stop

    def _half_quoted(self, text: str, pos: i64, stop: i64, limit: i64, more: bool) -> i64:
        behind = blank_end(text, stop + 1, limit)
        if behind == limit and more:
            return -1 - pos
        if behind == limit or text[behind] != ":":
            self._refuse(text[pos], self.offset + pos)
        self._give_key(text[pos:stop], self.offset + pos, "missing_quote")
        return stop + 1

    def _cut_key(self, end: i64) -> i64:
        """The input ended in a key: nothing is known of it."""
        self.state = KEY
        return end

    def _give_key(self, key: str, offset: i64, code: str) -> None:
        self._mend(code, offset, False)
        if self.counting:
            self._count(offset)
        self.sink.start_key(offset)
        self.in_key = True
        self.length = 0
        self._pass(key, offset)
        self.in_key = False
        self.sink.end_key(offset + len(key))
        self.state = COLON

    # Strings.

    def _take_quote(self, quote: str) -> None:
        self.quote = quote
        self.simple = quote == '"'
        self.ends = strings.RUN_ENDS[quote]
        self.key_ends = strings.KEY_RUN_ENDS[quote]

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
        self.odd = self.tripled = self.colons = False
        self.fresh = True
        self.state = STRING

    def _open_odd_quote(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A string opens with something else than `"`."""
        char = text[pos]
        if char == "\\":
            if pos + 1 == end and not final:
                return -1 - pos
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
            if stop > pos:
                if self.high:
                    self._lone(base + pos)
                self._pass(text[pos:stop], base + pos)
                self.fresh = False
                pos = stop
                if pos == end:
                    break
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
        """The commonest cases of `strings.judge`: does the quote before `behind` end the string?"""
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

    def _colon_in_key(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        told = strings.colon_ends(text, pos, end, final, CLOSING[self.quote])
        if told < 0:
            return -1 - pos
        if told:
            self._mend("missing_quote", self.offset + pos, False)
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
            return -1 - pos
        if told == strings.ENDS:
            self._end_quoted(offset)
            return behind
        item = not self.in_key
        if told == strings.INNER:
            self._mend("inner_quote", offset, item)
            self.kept += 1
            self._text('"' if self.quote == "\\" else text[pos], offset)
            return behind
        if told == strings.JOINED:
            self._mend("concatenation", offset, item)
            place = blank_end(text, blank_end(text, behind, end) + 1, end)
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
        if "inner_quote" not in self.codes:
            return strings.ENDS
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
        return strings.judge(text, behind, end, final, quote)

    def _triple_quote(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        if pos + 4 > end and not final and (self.quote * 4).startswith(text[pos:]):
            return -1 - pos
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
            return end if final else -1 - pos  # what was cut is withheld
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
                return -1 - pos
            self._mend("escape", offset - 1, not self.in_key)
            return pos + (3 if text[pos + 2 : pos + 3] == "\n" else 2)
        if char == "0":
            if pos + 2 == end and not final:
                return -1 - pos
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
            return -1 - pos
        if valid:
            return end  # cut, and withheld
        self._mend("escape", self.offset + pos, not self.in_key)
        self._text("\\", self.offset + pos)
        return pos + 1

    def _hexadecimal_escape(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        digits = text[pos + 2 : pos + 4]
        valid = all(digit in HEX_DIGITS for digit in digits)
        if valid and len(digits) < 2:
            return end if final else -1 - pos
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
            return end if final else -1 - pos
        char = text[pos + 1]
        if char == '"':
            return self._quote(text, pos, pos + 2, end, final)
        place = pos + 1
        if char == "\\":
            place = pos + 2
            if place < end and text[place] == "\\":
                place += 1
            if place == end:
                return end if final else -1 - pos
            char = text[place]
        if char == "u":
            return self._unicode_escape(text, pos, place + 1, end, final)
        plain = ESCAPED.get(char)
        if plain is None:
            self._text("\\", self.offset + pos)
            return place
        self._text(plain, self.offset + place)
        return place + 1

    # Numbers, literals, words.

    def _odd_value(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A value that begins like none in JSON."""
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
            if more and _OPEN_WRAPPED.match(text, pos, limit) is not None:
                return -1 - pos
            self._mend("tuple", offset)
            self._enter(")", offset)
            return pos + 1
        if not _begins_token(char):
            self._refuse(char, offset)
        return self._start_token(text, pos, end, final)

    def _strict_scalar(self, found: re.Match[str], offset: i64, end: i64) -> None:
        """A number or literal as in JSON, inside a container, certainly whole."""
        token = found.group()
        kind = found.lastindex
        if kind == 3:
            self.sink.start_scalar(token, offset)
            self.sink.scalar(LITERALS[token], end)
        else:
            if kind == 1 and len(token) > self.digits_limit:
                self._check_digits(token, end)
            value = self._converted(token, kind == 1, end)
            self.sink.start_scalar("number", offset)
            self.sink.scalar(value, end)
        self.state = AFTER

    def _start_token(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A number, literal or word begins."""
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
        found = _TOKEN_END.search(text, pos + 1 if first else pos)
        stop: i64 = end if found is None else found.start()
        if stop > pos:
            piece = text[pos:stop]
            if self.numeric and _NUMERIC.fullmatch(piece) is None:
                self.numeric = False
            held = self.held
            self.held = ""
            held += piece
            self.held = held
        size: i64 = len(self.held)
        if self.numeric and size > self.number_limit:
            message = f"a number is longer than {self.number_limit} characters"
            offset = self.token_at + self.number_limit
            raise LimitError(message, code="number_length", offset=offset)
        if size > _NAME and not self.numeric:
            self._start_words()
            return stop
        if stop == end:
            return end
        if self.depth and text[stop] in ",]}\n":
            strict = _STRICT.fullmatch(self.held)
            if strict is not None:
                self.held = ""
                self._strict_scalar(strict, self.token_at, self.offset + stop)
                return stop
            if self.held in scalars.CONSTANTS:
                self._scalar(scalars.CONSTANT, self.offset + stop)
                return stop
        kind = scalars.kind_of(self.held)
        if kind == scalars.WORDS:
            if not self.held.strip("+-"):
                return self._sign(text, stop, end, final)
            if text[stop] == "(" and self.back != DOCUMENT:
                told = self._unwrapped(text, stop, end, final)
                if told:
                    return told
            self._start_words()
            return stop
        told = self._scalar_ends(text, stop, end, final)
        if told < 0:
            return -1 - stop
        if told:
            self._scalar(kind, self.offset + stop)
        else:
            self._start_words()
        return stop

    def _sign(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A sign without a number: refused, unless the input ends behind it."""
        near = blank_end(text, pos, end)
        if near < end:
            message = f"{text[pos]!r} cannot follow {self.held!r} in a number"
            self._reject("invalid_number", message, self.offset + pos)
        return end if final or end - pos > LOOK else -1 - pos

    def _unwrapped(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """The position behind `name(`, if just one value stands in the brackets; 0: not so."""
        limit = pos + LOOK if pos + LOOK < end else end
        if _IDENTIFIER.fullmatch(self.held) is None:
            return 0
        if _WRAPPED.match(text, pos, limit) is None:
            more = end < pos + LOOK and not final
            if more and _OPEN_WRAPPED.match(text, pos, limit) is not None:
                return -1 - pos
            return 0
        self._mend("wrapper", self.token_at)
        self.wrapped += 1
        self.held = ""
        self.state = self.back
        if self.counting and self.counts:
            self.counts[-1] -= 1 if self.in_array else 0
        return pos + 1

    def _scalar_ends(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Is the number or literal before `pos` all of the value? 1, 0, or -1: undecided."""
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
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
        return key_at(text, near, limit, more)

    def _scalar(self, kind: int, offset: i64) -> None:
        """The token is whole, and no string."""
        token = self.held
        self.held = ""
        value = self._value_of(token, kind, offset)
        depth = self.depth
        if kind == scalars.INTEGER or kind == scalars.FLOAT:
            name = "number"
        else:
            name = "number" if kind == scalars.SPECIAL else scalars.CONSTANTS[token]
        if not scalars.is_strict(token):
            code = "number" if kind != scalars.CONSTANT else "literal"
            self._mend("special_number" if kind == scalars.SPECIAL else code, self.token_at)
        self.sink.start_scalar(name, self.token_at)
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

    def _start_words(self) -> None:
        """The token is the beginning of a string without quotes."""
        text = self.held
        self.held = ""
        self._mend("unquoted_string", self.token_at)
        self.sink.start_string(self.token_at)
        self.in_key = False
        self.length = 0
        self.nested = 0
        self.gap = ""
        self.state = UNQUOTED
        self._pass(text, self.token_at)

    def _unquoted(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read on in a string without quotes."""
        offset = self.offset + pos
        char = text[pos]
        blanks = _BLANKS.match(text, pos)
        if blanks is not None:
            self.gap += blanks.group()
            return blanks.end()
        told: i64 = 0
        width: i64 = 1
        if _UNQUOTED_END.match(text, pos) is not None:
            told = self._words_end(text, pos, end, final)
        else:
            found = _UNQUOTED_END.search(text, pos)
            width = (end if found is None else found.start()) - pos
        if told < 0:
            return -1 - pos
        if told:
            self.gap = ""
            self.sink.end_string(offset)
            self._end_value(offset)
            return pos + (1 if char == '"' and told == 2 else 0)
        if self.gap:
            gap = self.gap
            self.gap = ""
            self._pass(gap, offset - len(gap))
        self._pass(text[pos : pos + width], offset)
        return pos + width

    def _words_end(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Ends the string without quotes here (1), with this quote (2), not (0)? -1: undecided."""
        char = text[pos]
        limit = pos + LOOK
        more = end < limit and not final
        if end < limit:
            limit = end
        if char in "\n\r\v\f\u2028\u2029":
            return 1
        if char == ",":
            return 0 if self.nested else self._comma_ends(text, pos, limit, more)
        if char in "{[":
            self.nested += 1
            return 0
        if char in "]}":
            if self.nested:
                self.nested -= 1
                return 0
            return 1 if char in self.closers or char == "}" else 0
        if char == ")":
            return 1 if self.wrapped or self.closers[-1] == ")" else 0
        if char == '"':
            told = key_at(text, pos, limit, more)
            if told:
                return told
            behind = blank_end(text, pos + 1, limit)
            if behind == limit:
                return -1 if more else 2
            if text[behind] in ",}]" or "\n" in text[pos:behind]:
                self._mend("missing_quote", self.offset + pos)
                return 2
            return 0
        if char == "/":
            if pos + 1 == end and more:
                return -1
            return 1 if self.gap and text[pos + 1 : pos + 2] in ("/", "*") else 0
        if char == "#":
            return 1 if self.gap else 0
        if char == "\\" and self.escaped:
            if pos + 1 == end and more:
                return -1
            return 1 if text[pos + 1 : pos + 2] in ("n", "r", "t", '"') else 0
        if char == "`" and self.fence:
            if pos + 3 > end and more and "```".startswith(text[pos:end]):
                return -1
            return 1 if text.startswith("```", pos) else 0
        return 0

    def _comma_ends(self, text: str, pos: i64, limit: i64, more: bool) -> i64:
        if self.in_array:
            return 1
        behind = blank_end(text, pos + 1, limit)
        if behind == limit:
            return -1 if more else 1
        if text[behind] in "}]/#.…" or "\n" in text[pos:behind]:
            return 1
        return key_at(text, behind, limit, more)

    # Around values.

    def _outside(self, text: str) -> None:
        """Text that is of no value."""
        (self.after if self.begun else self.before).append(text)
        body = text.rstrip(" \t\r")
        if body:
            self.lead = body[-1]

    def _begin_root(self, kind: str, offset: i64) -> None:
        """A value begins."""
        if self.wanted and kind != self.wanted:
            message = f"the output must be an {self.wanted}, not another value"
            raise SchemaViolation(message, code="wrong_type", offset=offset)
        self.begun = True
        self.lead = ""
        if self.text_at >= 0:
            at = self.text_at
            self.text_at = -1
            self._mend("leading_text", at)

    def _document(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """The start of the input, of a fence, of what a tag encloses, of another document."""
        char = text[pos]
        offset = self.offset + pos
        if char in _SPACE or char in _OTHER_SPACE:
            self._outside(char)
            return pos + 1
        if char == "`" or char == "~":
            return self._fence_here(text, pos, end, final)
        if self.fenced_code:
            self.state = PROSE
            return self._code_start(text, pos, end, final)
        if char == "{":
            self._enter("}", offset)
            return pos + 1
        if char == "[":
            return self._chosen(prose.starts_array(text, pos, end, final), pos, "]")
        if char == "(":
            told = prose.starts_tuple(text, pos, end, final)
            if told == prose.VALUE:
                self._mend("tuple", offset)
            return self._chosen(told, pos, ")")
        if char in "\"'“”„‘’«" or (char == "\\" and text[pos + 1 : pos + 2] == '"'):
            self._begin_root("string", offset)
            return self._open_odd_quote(text, pos, end, final)
        if char == "\\" and pos + 1 == end and not final:
            return -1 - pos
        if char == "/" or char == "<":
            told = self._comment(text, pos, end, final)
            return told if told != pos else self._start_prose(text, pos, end, final)
        if char == "#":
            return self._start_comment(pos, 1, "\n")
        if self.many and (char.isalnum() or char in "+-."):
            return self._lone_token(text, pos, end, final)
        return self._start_prose(text, pos, end, final)

    def _chosen(self, told: i64, pos: i64, closer: str) -> i64:
        if told == prose.UNDECIDED:
            return -1 - pos
        if told == prose.VALUE:
            self._enter(closer, self.offset + pos)
            return pos + 1
        self._note_prose(pos)
        self._outside("[" if closer == "]" else "(")
        self.state = PROSE
        return pos + 1

    def _note_prose(self, pos: i64) -> None:
        if self.text_at < 0:
            self.text_at = self.offset + pos
            self.prose_from = len(self.before)

    def _start_prose(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        self._note_prose(pos)
        self.state = PROSE
        return self._prose(text, pos, end, final)

    def _lone_token(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A number or literal among many documents, or prose."""
        found = _TOKEN_END.search(text, pos)
        stop: i64 = end if found is None else found.start()
        if stop == end and not final:
            return (
                -1 - pos
                if stop - pos <= self.number_limit
                else self._start_prose(text, pos, end, final)
            )
        kind = scalars.kind_of(text[pos:stop])
        if kind == scalars.WORDS or (stop < end and text[stop] in ":(/=)}]"):
            return self._start_prose(text, pos, end, final)
        self._begin_root("scalar", self.offset + pos)
        self.token_at = self.offset + pos
        self.held = text[pos:stop]
        self._scalar(kind, self.offset + stop)
        return stop

    def _prose(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Words: where among them does a value start?"""
        found = prose.CANDIDATE.search(text, pos)
        stop: i64 = end if found is None else found.start()
        if self.many:
            line = text.find("\n", pos, stop)
            if line >= 0:
                stop = line
        if stop > pos:
            self._outside(text[pos:stop])
        if stop == end:
            return end
        char = text[stop]
        if char == "\n":
            self.state = DOCUMENT
            return stop
        if char == "<":
            told = self._comment(text, stop, end, final)
            if told != stop:
                return told
            self._note_prose(stop)
            self._outside(char)
            return stop + 1
        if char == "`" or char == "~":
            return self._fence_here(text, stop, end, final)
        return self._candidate(text, stop, end, final)

    def _candidate(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A bracket in prose."""
        told = prose.goes_on(text, pos, end, final, self.lead)
        if told == prose.UNDECIDED:
            return -1 - pos
        if told == prose.VALUE:
            self._enter("}" if text[pos] == "{" else "]", self.offset + pos)
            return pos + 1
        self._note_prose(pos)
        self._outside(text[pos])
        self.state = PROSE
        return pos + 1

    def _fence_here(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Backticks or tildes outside of values: a fence, or a span of code."""
        place = prose.fence_at(text, pos, end, final)
        if place == 0:
            return -1 - pos
        if place < 0:
            run = pos
            while run < end and text[run] == text[pos]:
                run += 1
            behind = text[run : run + 1]
            if not behind and not final:
                return -1 - pos
            if behind not in ("{", "["):
                self._note_prose(pos)
                self.state = PROSE
            self._outside(text[pos:run])
            return run
        found = prose.FENCE.match(text, pos)
        assert found is not None
        if self.fence and text[pos] == self.fence[0]:  # it ends, without a value
            self.fence = ""
            self.fenced_code = False
            self._outside(text[pos : pos + len(found.group(1))])
            return pos + len(found.group(1))
        self._mend("fence", self.offset + pos)
        self.fence = found.group(1)[:3]
        self.fenced_code = prose.is_code(found.group(2))
        self._outside(text[pos:place])
        self.lead = ""
        self.state = DOCUMENT
        return place

    def _code_start(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """A block of code: a value if it starts with one."""
        if text[pos] in "{[":
            told = prose.goes_on(text, pos, end, final, "\n")
            if told == prose.UNDECIDED:
                self.state = DOCUMENT
                return -1 - pos
            if told == prose.VALUE:
                self._enter("}" if text[pos] == "{" else "]", self.offset + pos)
                return pos + 1
        self._note_prose(pos)
        self.ending = self.fence
        self.state = CODE
        return pos

    def _comment(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """The position behind what opens a comment or a tag at `pos`; `pos`: neither."""
        char = text[pos]
        if char == "/":
            if pos + 1 == end:
                return pos if final else -1 - pos
            if text[pos + 1] == "/":
                return self._start_comment(pos, 2, "\n")
            return self._start_comment(pos, 2, "*/") if text[pos + 1] == "*" else pos
        if not final and end - pos < 4 and "<!--".startswith(text[pos:end]):
            return -1 - pos
        if text.startswith("<!--", pos):
            return self._start_comment(pos, 4, "-->")
        if self.state != DOCUMENT and self.state != PROSE:
            return pos
        place = prose.tag_at(text, pos, end, final)
        if place <= 0:
            return pos if place < 0 else -1 - pos
        tag = text[pos:place]
        self._outside(tag)
        if not self.tagged or not tag.startswith("</"):
            self._mend("tag", self.offset + pos)
        self.tagged = True
        self.ending = prose.reasoning_end(tag)
        self.lead = ""
        self.state = REASONING if self.ending else DOCUMENT
        return place

    def _start_comment(self, pos: i64, width: i64, ending: str) -> i64:
        self._mend("comment", self.offset + pos, self.state <= DOCUMENT)
        if not self.depth:
            self._outside(
                "#"
                if width == 1
                else "<!--"
                if width == 4
                else ending[-1:] and "//"
                if ending == "\n"
                else "/*"
            )
        self.back = self.state
        self.ending = ending
        self.state = COMMENT
        return pos + width

    def _skip(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read on to what ends a comment, reasoning or a block of code."""
        ending = self.ending
        body = text.lower() if self.state == REASONING else text
        found: i64 = body.find(ending, pos)
        if ending == "\n":
            line = min((at for at in (found, text.find("\r", pos)) if at >= 0), default=-1)
            found = line
        size: i64 = len(ending)
        if found < 0:
            keep = 0 if final or ending == "\n" else size - 1
            stop = end - keep if end - keep > pos else pos
            while stop < end and not ending.startswith(body[stop:end]):
                stop += 1
            if not self.depth:
                self._outside(text[pos:stop])
            return stop if stop == end else -1 - stop
        stop = found if ending == "\n" else found + size
        if not self.depth:
            self._outside(text[pos:stop])
        if self.state == COMMENT:
            self.state = self.back
        elif self.state == CODE:
            self.state = PROSE
            self.fence = ""
            self.fenced_code = False
        else:
            self.state = DOCUMENT
        return stop

    def _behind(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """The text behind the one value: kept, and on record."""
        while pos < end and not self.trailing and not self.stop:
            char = text[pos]
            width: i64 = 1
            if char in "}])":
                if char == ")" and self.wrapped:
                    self.wrapped -= 1
                else:
                    self._mend("extra_closer", self.offset + pos)
            elif self.fence and char == self.fence[0]:
                if end - pos < 3 and not final and self.fence.startswith(text[pos:end]):
                    return -1 - pos
                if text.startswith(self.fence, pos):
                    width = 3
                    self.fence = ""
                else:
                    self._trail(pos)
            elif self.tagged and char == "<":
                place = prose.tag_at(text, pos, end, final)
                if place == 0:
                    return -1 - pos
                if place > 0 and text[pos + 1] == "/":
                    width = place - pos
                else:
                    self._trail(pos)
            elif char not in _SPACE and not (char == ";" or char == "`"):
                self._trail(pos)
            self.after.append(text[pos : pos + width])
            pos += width
        if pos < end:
            self.after.append(text[pos:end])
        return end

    def _trail(self, pos: i64) -> None:
        self.trailing = True
        self._mend("trailing_text", self.offset + pos)

    # The end.

    def finish(self) -> None:
        """The input has ended: what was not decided is now; what is open is closed, on record."""
        self.checkpoint = 1 << 62
        pending = self.pending
        self.pending = ""
        self._advance(pending, True)
        self.pending = ""
        state = self.back if self.state == COMMENT else self.state
        if state == DONE or (self.many and not self.depth and state >= DOCUMENT and state != TOKEN):
            return
        if not self.depth and (state == DOCUMENT or state >= PROSE):
            self._all_there_is()
            return
        if "truncated" not in self.codes:
            message = "the input ended before the value did"
            raise IncompleteError(message, code="truncated", offset=self.offset)
        if self.state == TOKEN:
            self._cut_token()
        self._mend("truncated", self.offset, self.expects_item)
        self.truncated = True

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

    def _all_there_is(self) -> None:
        """No object, array or quoted string anywhere: one scalar or word, or nothing."""
        text = "".join(self.before[self.prose_from :]) if self.text_at >= 0 else ""
        found = _ALONE.match(text) if self.state == PROSE and len(text) < 4096 else None
        if found is None:
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        self.token_at = self.text_at
        self.text_at = -1
        self._begin_root("scalar", self.token_at)
        del self.before[self.prose_from :]
        wrapped, quoted = found.group("wrapped"), found.group("quoted")
        if wrapped is not None:
            self._mend("wrapper", self.token_at)
        elif quoted is not None:
            self._mend("single_quotes", self.token_at)
            self._whole_string(quoted[1:].rstrip("`´'\""))
            return
        elif found.group("quote"):
            self._mend("missing_quote", self.token_at)
            self._whole_string(found.group("word"))
            return
        self._lone_scalar(wrapped if wrapped is not None else found.group("word"))

    def _lone_scalar(self, token: str) -> None:
        if token[0] in "\"'":
            if token[0] == "'":
                self._mend("single_quotes", self.token_at)
            self._whole_string(token[1:-1])
            return
        kind = scalars.kind_of(token)
        if kind != scalars.WORDS:
            self.held = token
            self._scalar(kind, self.offset)
            return
        literal = scalars.cut_literal(token)
        if literal:
            self.held = token
            self._cut_token()
            self._mend("truncated", self.offset)
            self.truncated = True
            return
        if not (token[0].isalnum() or token[0] in "_$/.") and token.strip("+-.") == "":
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        if not (token[0].isalnum() or token[0] in "_$/.+-@\\"):
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        self._mend("unquoted_string", self.token_at)
        self._whole_string(token)

    def _whole_string(self, text: str) -> None:
        self.sink.start_string(self.token_at)
        self.in_key = False
        self.length = 0
        if text:
            self._pass(text, self.token_at)
        self.sink.end_string(self.offset)
        self._end_document(self.offset)


def _begins_token(char: str) -> bool:
    """May a number, literal or word begin so?"""
    return char.isalnum() or char in "_$+-./@~%<" or (char >= "\x80" and char.isprintable())


def _fits(container: str, text: str, pos: i64, limit: i64, more: bool) -> i64:
    """May a value in a container that ends with `container` be followed by the text at `pos`?

    1, 0, or -1: undecided. "" is the root.
    """
    place = blank_end(text, pos, limit)
    if place == limit:
        return -1 if more else 1
    char = text[place]
    if char in "]})":
        return 1 if char == container else 0
    if char == ",":
        if not container:
            return 0
        behind = blank_end(text, place + 1, limit)
        if behind == limit:
            return -1 if more else 1
        told = key_at(text, behind, limit, more)
        if told < 0:
            return told
        return told if container == "}" else 1 - told
    if container == "}":
        return key_at(text, place, limit, more)
    return 1
