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

from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

from streamparse._core.grammar import (
    AFTER_NUMBER,
    COMPILED,
    ESCAPED,
    ESCAPED_RUN,
    HEX_DIGITS,
    INTEGER,
    LITERALS,
    LONG_RUN,
    MAY_END,
    NUMBER_REST,
    SPACE,
    STANDS,
    START,
    WORDS,
    number_step,
    run_end,
)
from streamparse._core.sink import Sink
from streamparse.errors import IncompleteError, JSONSyntaxError, LimitError
from streamparse.limits import Limits

if TYPE_CHECKING:
    from mypy_extensions import i64

# States. Up to LITERAL they are the inside of a token; from VALUE to DOCUMENT a value may begin.
STRING: Final = 0
ESCAPE: Final = 1
NUMBER: Final = 2
LITERAL: Final = 3
VALUE: Final = 4
FIRST_ITEM: Final = 5
DOCUMENT: Final = 6
KEY: Final = 7
FIRST_KEY: Final = 8
COLON: Final = 9
AFTER: Final = 10
DONE: Final = 11

_ENDED: Final = (
    "inside a string",
    "inside an escape",
    "inside a number",
    "inside a literal",
    "before a value",
    "before an item or ']'",
    "before a value",
    "before a key",
    "before a key or '}'",
    "before ':'",
    "before ',' or the closing bracket",
)

# Bounds that a few characters cannot pass are looked at once in so many characters.
_CHECK: Final = 4096
EXCERPT: Final = 40  # characters of context in an error

# Interpreted, a method of an imported name is bound to an object for each call, of others not.
_ESCAPED: Final = ESCAPED


_DEFAULT_LIMITS: Final = Limits()


class MachineOptions:
    """The options of a machine; a clone shares them.

    Args:
        limits: The limits of a document.
        surrogates: `"keep"`, `"replace"` or `"error"`, for lone surrogates.
        parse_float: Converts the text of a number that has a fraction or an exponent.
        parse_int: Converts the text of any other number.
        many: Whether to read one document after the other.
        stop: Whether to stop after the first value.
    """

    __slots__ = ("limits", "many", "parse_float", "parse_int", "stop", "surrogates")

    def __init__(
        self,
        *,
        limits: Limits = _DEFAULT_LIMITS,
        surrogates: str = "keep",
        parse_float: Callable[[str], object] = float,
        parse_int: Callable[[str], object] = int,
        many: bool = False,
        stop: bool = False,
    ) -> None:
        self.limits: Limits = limits
        self.surrogates: str = surrogates
        self.parse_float: Callable[[str], object] = parse_float
        self.parse_int: Callable[[str], object] = parse_int
        self.many: bool = many
        self.stop: bool = stop


DEFAULT_OPTIONS: Final = MachineOptions()


class Machine:
    """Reads one JSON text (`many`: one after the other) and says what it sees to `sink`.

    `stop` ends reading after the first value: `feed` then tells by its result how much it took.
    A machine may begin wherever a value may begin, so also inside a value that another driver of
    the same sink has open: `depth` and `offset` say where that is.
    """

    __slots__ = (
        "careful",
        "checkpoint",
        "counting",
        "counts",
        "depth",
        "depth_limit",
        "digits_limit",
        "document_limit",
        "document_start",
        "glued",
        "grammar",
        "held",
        "high",
        "in_array",
        "in_key",
        "length",
        "line",
        "line_start",
        "many",
        "matched",
        "number_limit",
        "offset",
        "options",
        "origin",
        "parse_float",
        "parse_int",
        "plain",
        "precise",
        "recent",
        "recent_start",
        "sink",
        "stack",
        "state",
        "stop",
        "string_limit",
        "word",
    )

    init_types: ClassVar[tuple[Any, ...]] = (Sink,)

    def __init__(
        self,
        sink: Sink,
        options: MachineOptions | None = None,
        *,
        depth: int = 0,
        offset: int = 0,
    ) -> None:
        given = options if options is not None else DEFAULT_OPTIONS
        bounds = given.limits
        self.sink: Sink = sink
        self.precise: bool = sink.precise
        self.options: MachineOptions = given
        self.parse_float: Callable[[str], object] = given.parse_float
        self.parse_int: Callable[[str], object] = given.parse_int
        self.many: bool = given.many
        self.stop: bool = given.stop
        self.string_limit: i64 = bounds.string
        self.number_limit: i64 = bounds.number
        self.digits_limit: i64 = bounds.integer_digits
        self.document_limit: i64 = bounds.document
        self.checkpoint: i64 = -1  # look at the bounds again when a fragment ends beyond this
        self.careful: bool = True  # pass runs on one by one, each against the limit of a string
        self.recent: list[str] = []  # the last fragments, for excerpts
        self.recent_start: i64 = offset
        # Place.
        self.offset: i64 = offset  # characters taken so far
        self.document_start: i64 = offset
        self.line: i64 = 1
        self.line_start: i64 = 0
        # What may come next.
        self.state: i64 = DOCUMENT
        self.depth: i64 = 0  # containers this machine has open, of at most:
        self.depth_limit: i64 = bounds.depth - depth
        self.in_array: bool = False
        self.stack: list[bool] = []  # `in_array` of the containers around the innermost one
        self.in_key: bool = False
        self.glued: bool = False  # a root literal ended and nothing has separated it yet
        # The open token.
        self.plain: bool = False  # neither careful nor half a pair in hand
        self.high: i64 = 0  # half a surrogate pair, waiting for the other
        # Where the open string would have begun, had it no escapes: so long it is, decoded.
        self.origin: i64 = 0
        self.length: i64 = 0  # the same as a count, kept only while careful
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
        return self.state <= DOCUMENT

    @property
    def undecided(self) -> str:
        """Text behind `offset` that was taken and waits for more."""
        return ""

    def text_before(self, offset: int) -> str:
        """The last characters before `offset`, for an excerpt."""
        end = offset - self.recent_start
        return "".join(self.recent)[:end][-EXCERPT:]

    # A fork or a pickle carries these; the sink is the caller's to fork.

    def state_now(self) -> tuple[Any, ...]:
        """The slots that reading changes, as plain data for `resume`."""
        recent = self.text_before(self.offset)
        length = self.length if self.careful else self.offset - self.origin
        place = (self.offset, self.document_start, self.line, self.line_start)
        depths = (self.depth, self.depth_limit)
        nesting = (self.state, depths, self.in_array, list(self.stack), list(self.counts))
        string = (self.in_key, self.glued, self.high, self.origin, length)
        return place, nesting, string, (self.held, self.grammar, self.word, self.matched), recent

    def resume(self, state: tuple[Any, ...]) -> None:
        """Go on where the machine that gave `state_now` stood."""
        place, nesting, string, token, recent = state
        self.offset, self.document_start, self.line, self.line_start = place
        self.state, (self.depth, self.depth_limit), self.in_array = nesting[:3]
        self.stack, self.counts = list(nesting[3]), list(nesting[4])
        self.in_key, self.glued, self.high, self.origin, self.length = string
        self.held, self.grammar, self.word, self.matched = token
        self.recent, self.recent_start = [recent], self.offset - len(recent)

    def clone(self, sink: Sink) -> Machine:
        """A machine in the same state that drives `sink`."""
        twin = Machine(sink, self.options)
        twin.resume(self.state_now())
        return twin

    # The loop.

    def feed(self, text: str) -> int:
        """Take `text`; how many characters of it belong to this machine (all, without `stop`)."""
        pos: i64 = 0
        end: i64 = len(text)
        base = self.offset
        if base + end > self.checkpoint and not self._check(text):
            return self._feed_bounded(text)
        self.recent.append(text)
        sink = self.sink
        while True:
            if pos >= end:  # here and not as the loop's test: interpreted, a short jump is quicker
                self.offset = base + end
                return end
            state = self.state
            if not state:  # STRING
                if COMPILED or end > LONG_RUN:
                    stop = run_end(text, pos, end)
                    run = text[pos:stop] if stop - pos < end else text
                else:  # the same by what Python does quickest with a short text
                    run = (text[pos:] if pos else text).partition('"')[0]
                    if "\\" in run:
                        run = run.partition("\\")[0]
                    if run.isprintable():
                        stop = pos + len(run)
                    else:
                        stop = run_end(text, pos, end)
                        run = text[pos:stop]
                if not self.plain:
                    pos = self._step(text, pos, stop, end)
                elif stop == end:  # the commonest delta of all
                    if self.in_key:
                        sink.key_text(run, base + pos)
                    else:
                        sink.text(run, base + pos)
                    self.offset = base + end
                    return end
                elif ord(text[stop]) != 34:
                    pos = self._joined(text, pos, stop, end, run)
                elif self.in_key:
                    if stop > pos:
                        sink.key_text(run, base + pos)
                    sink.end_key(base + stop)
                    self.in_key = False
                    self.state = COLON
                    pos = stop + 1
                else:
                    if stop > pos:
                        sink.text(run, base + pos)
                    sink.end_string(base + stop)
                    pos = stop + 1
                    if self.depth:
                        self.state = AFTER
                    else:
                        self._end_document(base + pos)
                continue
            if state <= LITERAL:
                if state == NUMBER:
                    pos = self._number(text, pos, end)
                elif state == LITERAL:
                    pos = self._literal(text, pos, end)
                else:
                    pos = self._escape(text, pos, end)
                continue
            char: i64 = ord(text[pos])
            if char == 34 and state <= FIRST_KEY:
                if self.counting:
                    self._count(base + pos)
                if state <= DOCUMENT:
                    sink.start_string(base + pos)
                else:
                    sink.start_key(base + pos)
                    self.in_key = True
                pos += 1
                self.length = 0
                self.origin = base + pos
                self.state = STRING
            elif char == 44 and state == AFTER:
                self.state = VALUE if self.in_array else KEY
                pos += 1
                if pos < end and ord(text[pos]) == 32:
                    pos += 1
            elif char == 58 and state == COLON:
                self.state = VALUE
                pos += 1
                if pos < end and ord(text[pos]) == 32:
                    pos += 1
            elif char == 32 and state < DONE and state != DOCUMENT:
                pos += 1
            elif char <= 32:
                if text[pos] not in " \n\r\t" or (state == DONE and self.stop):
                    break
                pos = self._space(text, pos, end)
            elif char == 125 or char == 93:
                if self.in_array != (char == 93) or not self._may_close():
                    break
                self._close(base + pos)
                pos += 1
            elif state > DOCUMENT:
                break
            elif char == 123 or char == 91:
                self._open(char == 91, base + pos)
                pos += 1
            else:
                pos = self._begin(text, pos, end, char)
        # Only by a break: `text[pos]` cannot follow.
        if not (self.stop and self.state == DONE):
            self._refuse(text[pos], base + pos)
        self.offset = base + pos
        return pos

    def _check(self, text: str) -> bool:
        """Look at the bounds; does `text` end within the document's?"""
        size: i64 = len(text)
        beyond = self.offset + size
        room = self.document_start + self.document_limit
        if beyond > room:
            return False
        length = self.offset - self.origin if self.state <= ESCAPE else 0
        careful = self.precise or length + size + 2 * _CHECK > self.string_limit
        if careful and not self.careful:
            self.length = length
        self.careful = careful
        self.plain = not self.careful and not self.high
        self.recent = ["".join(self.recent[-EXCERPT:])[-EXCERPT:]]  # no fragment is empty
        self.recent_start = self.offset - len(self.recent[0])
        self.checkpoint = beyond + _CHECK if beyond + _CHECK < room else room
        return True

    def _feed_bounded(self, text: str) -> int:
        """`feed` at the limit of the document: in pieces that cannot pass it."""
        taken: i64 = 0
        size: i64 = len(text)
        while taken < size and not (self.stop and self.state == DONE):
            room = self.document_start + self.document_limit - self.offset
            if room <= 0 and (self.many or self.stop) and self._ends_root_number(text[taken]):
                self.end_root_number()  # by a character that is not of this document
            elif room <= 0:
                message = f"a document is longer than {self.document_limit} characters"
                raise LimitError(message, code="document_length", offset=self.offset)
            else:
                taken += self.feed(text[taken : taken + room])
        return taken

    def _ends_root_number(self, char: str) -> bool:
        """Is a root number open that is whole, and done with when `char` comes next?"""
        if self.state != NUMBER or self.depth or not MAY_END[self.grammar]:
            return False
        if number_step(self.grammar, ord(char)) >= 0:
            return False
        return self.stop or char in AFTER_NUMBER

    def finish(self) -> None:
        """The input has ended: a root number is now whole; anything else open is an error."""
        self.end_root_number()
        if self.state == DONE or (self.state == DOCUMENT and self.many):
            return
        if self.state == DOCUMENT:
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        message = f"the input ended {_ENDED[self.state]}"
        raise IncompleteError(message, code="truncated", offset=self.offset)

    def end_root_number(self) -> None:
        """What comes next cannot belong to a number: a root one ends here, if it may."""
        if self.state == NUMBER and not self.depth and MAY_END[self.grammar]:
            self._end_number(self.held, self.offset)

    # Containers and the ends of values.

    def _begin(self, text: str, pos: i64, end: i64, char: i64) -> i64:
        """A number or literal begins at `pos`; the position to go on from."""
        offset: i64 = self.offset + pos
        if 48 <= char <= 57 or char == 45:
            word = "number"
        else:
            word = WORDS.get(text[pos], "")
            if char == 0xFEFF and offset == 0:
                return pos + 1  # one leading byte order mark
        if not word or (self.glued and self.state == DOCUMENT):
            self._refuse(text[pos], offset)
        if self.counting:
            self._count(offset)
        self.sink.start_scalar(word, offset)
        if word == "number":
            self.state = NUMBER
            self.grammar = START
            return self._number(text, pos, end)
        self.state = LITERAL
        self.word = word
        self.matched = 0
        return self._literal(text, pos, end)

    def _open(self, array: bool, offset: i64) -> None:
        if self.counting:
            self._count(offset)
        if self.depth >= self.depth_limit:
            raise too_deep(self.options.limits.depth, offset)
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

    def _may_close(self) -> bool:
        """May the innermost container end here?"""
        state = self.state
        return state == AFTER or state == FIRST_ITEM or state == FIRST_KEY

    def _close(self, offset: i64) -> None:
        self.sink.end(offset)
        self.in_array = self.stack.pop()
        self.counts.pop()
        self.depth -= 1
        self._end_value(offset + 1)

    def _end_value(self, end: i64) -> None:
        """A value is whole; `end` is the place after it."""
        if self.depth:
            self.state = AFTER
        else:
            self._end_document(end)

    def _end_document(self, end: i64) -> None:
        if not self.many:
            self.state = DONE
            return
        self.glued = self.state == LITERAL
        self.document_start = end
        self.state = DOCUMENT

    def _count(self, offset: i64) -> None:
        """One more member or item of the innermost container, against `Limits`."""
        if not self.counts or (self.state == VALUE and not self.in_array):
            return  # a root, or the value of a member whose key was counted
        count = self.counts[-1] + 1
        self.counts[-1] = count
        bound = self.options.limits.items if self.in_array else self.options.limits.keys
        if bound is not None and count > bound:
            raise too_many(self.in_array, bound, offset)

    def _space(self, text: str, pos: i64, end: i64) -> i64:
        """The position after the white space at `pos`; lines are counted here."""
        self.glued = False
        stop = pos + 1
        if stop < end and text[stop] <= " ":
            run = SPACE.match(text, pos)
            assert run is not None
            stop = run.end()
        lines = text.count("\n", pos, stop)
        if lines:
            self.line += lines
            self.line_start = self.offset + text.rfind("\n", pos, stop) + 1
        return stop

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
        """Runs and escapes as one piece, up to the end or to what needs a closer look.

        `got` is the text from `pos` to `stop`, decoded.
        """
        first = pos
        pos = stop
        while pos < end and text[pos] == "\\":
            if end - pos > LONG_RUN:
                found = ESCAPED_RUN.match(text, pos)
                if found is None:
                    break
                stop = found.end()
                run: str = scanstring(text[pos:stop] + '"', 0)[0]
                self.origin += stop - pos - len(run)
                got += run
                pos = stop
            else:
                plain = _ESCAPED.get(text[pos + 1]) if pos + 1 < end else None
                if plain is None:
                    break
                self.origin += 1
                got += plain
                pos += 2
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
        """One step inside a string: a run, which ends at `stop`, or what may follow it."""
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
        """Decoded text to the sink, as far as the limit allows."""
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
        """Read on inside an escape, `held` being what came after the backslash."""
        plain = _ESCAPED.get(text[pos]) if self.plain and not self.held and pos < end else None
        if plain is not None:  # the commonest cut of all: right after the backslash
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
        """One code unit, decided at `offset`: halves that meet are joined, others judged."""
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
        """Pass on the pending half: the character at `offset` is not its other half."""
        half = self._half(self.high, offset)
        self._hold(0)
        self._pass(half, offset)
        self.origin -= 1

    def _hold(self, high: i64) -> None:
        self.high = high
        self.plain = not high and not self.careful

    def _half(self, code: i64, offset: i64) -> str:
        """What becomes of half a pair."""
        if self.options.surrogates == "keep":
            return chr(code)
        if self.options.surrogates == "error":
            message = f"half a surrogate pair: \\u{code:04x}"
            self._reject("lone_surrogate", message, offset)
        return "\ufffd"

    # Numbers and literals.

    def _number(self, text: str, pos: i64, end: i64) -> i64:
        """Read on inside a number; its text goes to `held` when the fragment ends first."""
        start = pos
        grammar = self.grammar
        if COMPILED:
            while pos < end:
                grammar = number_step(grammar, ord(text[pos]))
                if grammar < 0:
                    break
                self.grammar = grammar
                pos += 1
        elif not grammar or text[pos] not in AFTER_NUMBER:  # the same in one step
            found = NUMBER_REST[grammar].match(text, pos)
            assert found is not None
            self.grammar = STANDS[grammar][found.lastindex or 0]
            pos = found.end()
        lexeme = self.held
        if pos > start:
            self.held = ""  # the only reference is now the local one: appended in place
            lexeme += text[start:pos]
        over: i64 = len(lexeme) - self.number_limit
        if over > 0:
            message = f"a number is longer than {self.number_limit} characters"
            raise LimitError(message, code="number_length", offset=self.offset + pos - over)
        if pos == end:
            self.held = lexeme
            return pos
        stops = self.stop and not self.depth  # then any character ends it
        if not MAY_END[self.grammar] or not (stops or text[pos] in AFTER_NUMBER):
            message = f"{text[pos]!r} cannot follow {lexeme[-20:]!r} in a number"
            self._reject("invalid_number", message, self.offset + pos)
        self._end_number(lexeme, self.offset + pos)
        return pos

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
        """What the caller's function makes of the text of a number."""
        try:
            return self.parse_int(lexeme) if integer else self.parse_float(lexeme)
        except Exception as error:
            message = f"{lexeme[:40]!r} was rejected: {error}"
            failure = JSONSyntaxError(message, code="number_rejected", offset=offset)
            failure.__cause__ = error  # compiled, `from` alone does not set it
            raise failure from error

    def _literal(self, text: str, pos: i64, end: i64) -> i64:
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
                message = f"expected {word!r}, not {word[:matched]!r} and {text[pos]!r}"
                self._reject("invalid_literal", message, self.offset + pos)
            pos += 1
            matched += 1
        self.matched = matched
        return pos

    # Refusals.

    def _refuse(self, char: str, offset: i64) -> NoReturn:
        """No text that begins like this one goes on with `char`."""
        state = self.state
        closer = "]" if self.in_array else "}"
        if char in "]}" and (state == AFTER or state == FIRST_ITEM or state == FIRST_KEY):
            self._reject("mismatched_bracket", f"expected {closer!r}, not {char!r}", offset)
        if state == AFTER:
            self._reject("expected_comma", f"expected ',' or {closer!r}, not {char!r}", offset)
        if state == COLON:
            self._reject("expected_colon", f"expected ':', not {char!r}", offset)
        if state == DONE:
            message = f"only white space may follow the value, not {char!r}"
            self._reject("trailing_text", message, offset)
        if state == KEY or state == FIRST_KEY:
            wanted = "a key or '}'" if state == FIRST_KEY else "a key"
            self._reject("expected_key", f"expected {wanted}, not {char!r}", offset)
        wanted = "a value or ']'" if state == FIRST_ITEM else "a value"
        self._reject("expected_value", f"expected {wanted}, not {char!r}", offset)

    def _reject(self, code: str, message: str, offset: i64) -> NoReturn:
        raise JSONSyntaxError(message, code=code, offset=offset)


def too_deep(bound: int, offset: int) -> LimitError:
    """Return the error for a container that is nested too deep."""
    message = f"containers are nested more than {bound} deep"
    return LimitError(message, code="depth", offset=offset)


def too_many(in_array: bool, bound: int, offset: int) -> LimitError:
    """For one item or member more than there may be."""
    if in_array:
        message, code = f"an array has more than {bound} items", "array_items"
    else:
        message, code = f"an object has more than {bound} members", "object_keys"
    return LimitError(message, code=code, offset=offset)
