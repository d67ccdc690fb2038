"""The state of the lenient machine, and `_mend`, which records or rejects every repair."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from streamparse._core import lenient_strings as strings
from streamparse._core.growing import GrowingString
from streamparse._core.machine import Machine
from streamparse._core.machine_state import DOCUMENT, STRING, MachineOptions
from streamparse._core.sink import Sink
from streamparse.dialect import REPAIR_CODES, Dialect
from streamparse.errors import SchemaViolation

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


class LenientState(Machine):
    """The state of the lenient machine, and the methods that all its parts share."""

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
        "inner",
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
        "raw",
        "raw_at",
        "seen",
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

    _init_types: ClassVar[tuple[Any, ...]] = (Sink, Dialect)

    def __init__(
        self,
        sink: Sink,
        dialect: Dialect,
        options: MachineOptions | None = None,
    ) -> None:
        super().__init__(sink, options)
        self.dialect: Dialect = dialect
        self.codes: frozenset[str] = dialect.codes
        self.max_repairs: i64 = -1 if dialect.max_repairs is None else dialect.max_repairs
        self.mended: i64 = 0
        self.truncated: bool = False
        self.wanted: str = ""  # the kind that the root must have: "object", "array" or any
        self.pending: str = ""  # the undecided text after `offset`
        self.back: i64 = DOCUMENT  # the state after a comment or token
        self.ending: str = ""
        self._begin_around()
        self._begin_tokens()

    def _begin_around(self) -> None:
        """Set the state of the text around values and of the containers."""
        self.before: list[str] = []  # the text before the first value
        self.after: list[str] = []  # the text after it that belongs to no value
        self.begun: bool = False  # whether a value has begun
        self.lead: str = ""  # the last character of the prose, except spaces and tabs
        self.text_at: i64 = -1  # where the prose before the next value begins
        self.prose_from: i64 = 0  # its place in `before`
        self.fence: str = ""  # the text that closes the fence around the value
        self.fenced_code: bool = False
        self.tagged: bool = False
        self.trailing: bool = False  # whether there is text after the value
        self.closers: list[str] = []  # the closers of the open containers
        self.comma_at: i64 = -1  # the last comma between values
        self.wrapped: i64 = 0  # round brackets open around values

    def _begin_tokens(self) -> None:
        """Set the state of the open string or token."""
        self.quote: str = '"'
        self.seen: i64 = 0  # the length of the words after an undecided quote
        self.simple: bool = True  # whether `quote` is the double quote
        self.ends: re.Pattern[str] = strings.RUN_ENDS['"']  # the ends of plain runs in it
        self.key_ends: re.Pattern[str] = strings.KEY_RUN_ENDS['"']
        self.kept: i64 = 0  # quotes in the open string that have been kept as text
        self.fresh: bool = False  # whether the open string is empty
        self.colons: bool = False  # whether a colon in the open key is known to be text
        self.odd: bool = False  # whether the open string holds a control character
        self.tripled: bool = False
        self.escaped: bool = False  # whether a string has had escaped quotes
        self.raw: str = ""  # how backslashes in the string at `raw_at` are read, see `raw_kind`
        self.raw_at: i64 = -1
        self.token_at: i64 = 0
        self.numeric: bool = False
        self.nested: i64 = 0  # brackets open in the string, if it has no quotes or holds JSON
        self.inner: bool = False  # whether a string is open in that JSON
        # White space that belongs to a string without quotes if more text follows.
        self.gap: GrowingString = GrowingString()

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
        """The text after the (first) value that belongs to no value; empty when white space."""
        text = "".join(self.after)
        return text if self.stop or text.strip(_SPACE) else ""

    def state_now(self) -> tuple[Any, ...]:
        around = (list(self.before), list(self.after), self.begun, self.lead, self.text_at)
        found = (self.prose_from, self.fence, self.fenced_code, self.tagged, self.trailing)
        nesting = (list(self.closers), self.comma_at, self.wrapped, self.nested)
        string = (self.quote, self.kept, self.fresh, self.gap.value)
        met = (self.odd, self.tripled, self.escaped, self.colons, self.inner, self.raw, self.raw_at)
        token = (self.token_at, self.numeric, self.back, self.ending)
        counts = ("".join(self.recent), self.pending, self.mended, self.truncated)
        return super().state_now(), around, found, nesting, string, met, token, counts

    def resume(self, state: tuple[Any, ...]) -> None:
        strict, around, found, nesting, string, met, token, counts = state
        super().resume(strict)
        before, after, self.begun, self.lead, self.text_at = around
        self.before, self.after = list(before), list(after)
        self.prose_from, self.fence, self.fenced_code, self.tagged, self.trailing = found
        closers, self.comma_at, self.wrapped, self.nested = nesting
        self.closers = list(closers)
        self.quote, self.kept, self.fresh, gap = string
        self.gap = GrowingString(gap)
        self.odd, self.tripled, self.escaped, self.colons, self.inner = met[:5]
        self.raw, self.raw_at = met[5:]
        self.token_at, self.numeric, self.back, self.ending = token
        recent, self.pending, self.mended, self.truncated = counts
        self.recent = [recent]
        self.recent_start = self.offset + len(self.pending) - len(recent)
        self._take_quote(self.quote)

    def _take_quote(self, quote: str) -> None:
        self.quote = quote
        self.simple = quote == '"'
        self.ends = strings.RUN_ENDS[quote]
        self.key_ends = strings.KEY_RUN_ENDS[quote]

    def _mend(self, code: str, offset: i64, item: bool = True) -> None:
        """Record a repair, or raise an error if the dialect does not allow it."""
        if code not in self.codes:
            meaning = REPAIR_CODES[code]
            message = f"{code}: {meaning}, which is not allowed here"
            self._reject("repair_refused", message, offset)
        self.mended += 1
        if 0 <= self.max_repairs < self.mended:
            message = f"more than {self.max_repairs} repairs, this one: {REPAIR_CODES[code]}"
            self._reject("too_many_repairs", message, offset)
        self.sink.repair(code, offset, item)

    def _doubt(self, offset: i64, item: bool = True) -> None:
        """Record that what was read at `offset` may have been meant in another way."""
        self._mend("ambiguous", offset, item)

    def _enter(self, closer: str, offset: i64) -> None:
        if not self.depth:
            self._begin_root("object" if closer == "}" else "array", offset)
        self._open(closer != "}", offset)
        self.closers.append(closer)

    def _leave(self, offset: i64) -> None:
        self.closers.pop()
        self._close(offset)

    def _begin_root(self, kind: str, offset: i64) -> None:
        """Begin a root value."""
        if self.wanted and kind != self.wanted:
            message = f"the output must be an {self.wanted}, not another value"
            raise SchemaViolation(message, code="wrong_type", offset=offset)
        self.begun = True
        self.lead = ""
        if self.text_at >= 0:
            at = self.text_at
            self.text_at = -1
            self._mend("leading_text", at)

    def _outside(self, text: str) -> None:
        """Keep text that belongs to no value."""
        (self.after if self.begun else self.before).append(text)
        body = text.rstrip(" \t\r")
        if body:
            self.lead = body[-1]

    def _note_prose(self, pos: i64) -> None:
        if self.text_at < 0:
            self.text_at = self.offset + pos
            self.prose_from = len(self.before)


def begins_token(char: str) -> bool:
    """Whether a number, literal or word may begin with this character."""
    return char.isalnum() or char in "_$+-./@~%<>" or (char >= "\x80" and char.isprintable())
