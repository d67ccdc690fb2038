"""The state of the JSON machine: what may come next, the open token, and the open containers.

Rule: everything that decides what may come next is kept in the slots of `MachineState`, so that
`state_now` and `resume` can copy a machine in mid-stream.

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
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

from streamparse._core.grammar import START
from streamparse._core.sink import Sink
from streamparse._core.whole import WINDOW
from streamparse.errors import JSONSyntaxError, LimitError
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

EXCERPT: Final = 40  # the characters of context in an error

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


class MachineState:
    """The slots of a machine, and the methods that all its parts share.

    Args:
        sink: What the machine drives.
        options: The options of the machine.
        depth: The number of containers around the first value, which the limit counts too.
        offset: The offset of the first character in the stream.
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
        "retry",
        "sink",
        "stack",
        "state",
        "stop",
        "string_limit",
        "unusual",
        "word",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Sink,)

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
        #: The offset from which containers are decoded at once again; -1 if the sink takes none.
        self.retry: i64 = 0 if sink.takes_containers and _are_wide(bounds) else -1
        self.parse_float: Callable[[str], object] = given.parse_float
        self.parse_int: Callable[[str], object] = given.parse_int
        self.many: bool = given.many
        self.stop: bool = given.stop
        self.string_limit: i64 = bounds.string
        self.number_limit: i64 = bounds.number
        self.digits_limit: i64 = bounds.integer_digits
        self.document_limit: i64 = bounds.document
        self.checkpoint: i64 = -1  # a fragment that ends beyond this is checked against the limits
        self.careful: bool = True  # whether each run is passed on alone and checked
        self.recent: list[str] = []  # the last fragments, for excerpts
        self.recent_start: i64 = offset
        # The place.
        self.offset: i64 = offset  # of the next character
        self.document_start: i64 = offset
        self.line: i64 = 1
        self.line_start: i64 = 0
        # What may come next.
        self.state: i64 = DOCUMENT
        self.depth: i64 = 0  # the number of containers that this machine has open
        self.depth_limit: i64 = bounds.depth - depth
        self.in_array: bool = False
        self.stack: list[bool] = []  # `in_array` of the containers around the innermost one
        self.in_key: bool = False
        self.glued: bool = False  # whether a root literal has ended without a separator so far
        # The open token.
        self.plain: bool = False  # whether it is neither careful nor holds half a pair
        self.high: i64 = 0  # a high surrogate that waits for its low surrogate
        # The length of the open string, decoded, is `offset - origin`.
        self.origin: i64 = 0
        self.length: i64 = 0  # the same length, which is kept only while careful
        # The end of a fragment in which no string can be decoded at once.
        self.unusual: i64 = -1
        self.held: str = ""
        self.grammar: i64 = START
        self.word: str = ""
        self.matched: i64 = 0
        # Members or items of the open containers, counted only under a limit.
        self.counting: bool = bounds.keys is not None or bounds.items is not None
        self.counts: list[int] = []

    @property
    def done(self) -> bool:
        """Whether the one document is complete."""
        return self.state == DONE

    @property
    def expects_item(self) -> bool:
        """Whether a value is being read or expected next, and not the syntax of a container."""
        if self.state <= ESCAPE:
            return not self.in_key
        return self.state <= DOCUMENT

    @property
    def undecided(self) -> str:
        """The text after `offset` that was taken and is not decided yet."""
        return ""

    def text_before(self, offset: int) -> str:
        """Return the last characters before `offset`, for an excerpt."""
        end = offset - self.recent_start
        return "".join(self.recent)[:end][-EXCERPT:]

    # Forks and pickles; the caller forks the sink.

    def state_now(self) -> tuple[Any, ...]:
        """Return the slots that reading changes, as plain data for `resume`."""
        recent = "".join(self.recent)[-(EXCERPT + len(self.held)) :]
        length = self.length if self.careful else self.offset - self.origin
        place = (self.offset, self.document_start, self.line, self.line_start)
        depths = (self.depth, self.depth_limit)
        nesting = (self.state, depths, self.in_array, list(self.stack), list(self.counts))
        string = (self.in_key, self.glued, self.high, self.origin, length)
        return place, nesting, string, (self.held, self.grammar, self.word, self.matched), recent

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue in the state that `state_now` returned."""
        place, nesting, string, token, recent = state
        self.offset, self.document_start, self.line, self.line_start = place
        self.state, (self.depth, self.depth_limit), self.in_array = nesting[:3]
        self.stack, self.counts = list(nesting[3]), list(nesting[4])
        self.in_key, self.glued, self.high, self.origin, self.length = string
        self.held, self.grammar, self.word, self.matched = token
        self.recent, self.recent_start = [recent], self.offset - len(recent)

    # The ends of values.

    def _end_value(self, end: i64) -> None:
        """A value is complete and ends before the offset `end`."""
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
        """Count a member or item of the innermost container and check the limit."""
        if not self.counts or (self.state == VALUE and not self.in_array):
            return  # it is a root, or the value of a member whose key has been counted
        count = self.counts[-1] + 1
        self.counts[-1] = count
        bound = self.options.limits.items if self.in_array else self.options.limits.keys
        if bound is not None and count > bound:
            raise too_many(self.in_array, bound, offset)

    def _reject(self, code: str, message: str, offset: i64) -> NoReturn:
        raise JSONSyntaxError(message, code=code, offset=offset)


def _are_wide(bounds: Limits) -> bool:
    """Whether no number or string of a window can be beyond the limits."""
    if bounds.keys is not None or bounds.items is not None:
        return False
    return min(bounds.string, bounds.number, bounds.integer_digits) >= WINDOW


def too_deep(bound: int, offset: int) -> LimitError:
    """Return the error for a container that is nested too deep."""
    message = f"containers are nested more than {bound} deep"
    return LimitError(message, code="depth", offset=offset)


def too_many(in_array: bool, bound: int, offset: int) -> LimitError:
    """Return the error for an item or member beyond the limit."""
    if in_array:
        message, code = f"an array has more than {bound} items", "array_items"
    else:
        message, code = f"an object has more than {bound} members", "object_keys"
    return LimitError(message, code=code, offset=offset)
