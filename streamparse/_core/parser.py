"""`JSONParser`: machine and chain behind one face, with the life cycle and honest errors.

Rule 1: a failure is final. What was understood before it stays in `value`, its events go with
the error, and every later call raises a fresh copy of it.
Rule 2: any other exception that breaks off reading (a `KeyboardInterrupt`, a fault of a validator)
is final too, because part of the fragment may be lost: later calls raise the code `interrupted`.
The flag `_reading` is set while input is read. It stays set when an exception passes through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from streamparse._core.builder import Builder
from streamparse._core.chain import Chain
from streamparse._core.events import ValueEvent
<<<<<<< HEAD
from streamparse._core.machine import EXCERPT, Machine, MachineOptions
=======
from streamparse._core.lenient import LenientMachine
from streamparse._core.machine import Machine
from streamparse._core.machine_state import EXCERPT, MachineOptions
>>>>>>> 530b9c3 (Core: the machine in three layers: state, tokens, structure; plainer docstrings)
from streamparse._core.shown import safe_repr
from streamparse._core.sink import ValidatorFactory
from streamparse._core.surrogates import check_surrogates
from streamparse._core.text import Utf8Decoder
from streamparse.dialect import Dialect, Repair, doubts_among
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    SchemaViolation,
    StreamParseError,
    interrupted,
)
from streamparse.limits import Limits
from streamparse.paths import Query

if TYPE_CHECKING:
    from streamparse._core.lenient import LenientMachine

_DEFAULT_LIMITS: Final = Limits()
_LENIENT: Final = Dialect()


class JSONParser:
    """Parses JSON (RFC 8259) while it arrives.

    `feed` takes text or bytes (UTF-8), cut anywhere, and returns the events that the fragment
    decided; `finish` says that the input has ended. `value` is what is known so far.

    - `dialect`: `"strict"`, `"lenient"` (mend what can be mended, on record in `repairs`), or a
      `Dialect` that says what may be mended.
    - `many`: documents one after the other, separated by white space or nothing where that is
      unambiguous; `value` is their list, and the first step of a path is the document's index.
    - `trailing`: `"error"` allows only white space after the value (lenient: text there is
      skipped with a repair); `"stop"` stops there and leaves the rest, exactly, in `remainder`.
    - `select`: one RFC 9535 query or several; events for these nodes only. With `many`, `$` is
      the list: `$[*]` selects every document.
    - `keep`: `"open"` (needs `select`) drops a value when it completes, so that memory is bounded
      by depth and the largest selected value.
    - `surrogates`: what becomes of lone halves: `"keep"`, `"replace"` (U+FFFD) or `"error"`.
    - `limits`: see `Limits`; `parse_float` and `parse_int` get the number's text.
    - `validator`: judges the value as it arrives.

    A parser is for one thread at a time. Raises `StreamParseError` for bad input, `ValueError` and
    `TypeError` for bad options.

    >>> parser = JSONParser()
    >>> parser.feed('{"city": "Par')  # doctest: +NORMALIZE_WHITESPACE
    [ValueStarted(path=(), kind='object'), ValueStarted(path=('city',), kind='string'),
     StringDelta(path=('city',), text='Par')]
    >>> parser.value
    {'city': 'Par'}
    >>> parser.feed('is"}')[0]
    StringDelta(path=('city',), text='is')
    >>> parser.done
    True
    """

    __slots__ = (
        "_builder",
        "_chain",
        "_collects",
        "_decoder",
        "_failure",
        "_finished",
        "_lenient",
        "_machine",
        "_many",
        "_options",
        "_reading",
        "_ready",
        "_rest",
        "_stop",
        "_takes_text",
    )

    def __init__(
        self,
        dialect: str | Dialect = "strict",
        *,
        many: bool = False,
        trailing: str = "error",
        select: str | Query | Sequence[str | Query] | None = None,
        keep: str = "all",
        surrogates: str = "keep",
        limits: Limits = _DEFAULT_LIMITS,
        parse_float: Callable[[str], Any] = float,
        parse_int: Callable[[str], Any] = int,
        validator: ValidatorFactory | None = None,
    ) -> None:
        switches = dialect_of(dialect)
        _check_options(many, trailing, select is not None, keep, surrogates)
        _check_types(limits, parse_float, parse_int, validator)
        queries = None if select is None else _queries(select)
        self._options: dict[str, Any] = {
            "dialect": dialect,
            "many": many,
            "trailing": trailing,
            "select": queries,
            "keep": keep,
            "surrogates": surrogates,
            "limits": limits,
            "parse_float": parse_float,
            "parse_int": parse_int,
            "validator": validator,
        }
        self._many = many
        self._stop: bool = trailing == "stop"
        self._collects: bool = validator is not None and validator.collects
        self._chain = Chain(
            validator=validator,
            queries=queries,
            drop=keep == "open",
            many=many,
        )
        self._builder = self._chain.builder
        options = MachineOptions(
            limits=limits,
            surrogates=surrogates,
            parse_float=parse_float,
            parse_int=parse_int,
            many=many,
            stop=trailing == "stop",
        )
        self._chain.options = options
        head = self._chain.head
        self._lenient: LenientMachine | None = None
        if switches is None:
            self._machine: Machine = Machine(head, options)
        else:
            from streamparse._core.lenient import LenientMachine  # slow to import

            self._lenient = LenientMachine(head, switches, options)
            self._machine = self._lenient
        self._decoder: Utf8Decoder | None = None
        self._takes_text: bool = False
        self._ready: bool = False  # for text, alive, and nothing but the machine to ask
        self._reading: bool = False  # outside of `feed` and `finish`: Rule 2
        self._rest: list[Any] = []  # the fragments after the value
        self._finished: bool = False
        self._failure: StreamParseError | None = None

    # Reading.

    @property
    def value(self) -> Any:
        """The partial value, updated in place: read it, do not hold or mutate it.

        `None` before a value has begun (see `started`).
        """
        return self._builder.value

    @property
    def open_path(self) -> tuple[Any, ...] | None:
        """Path of the deepest open container or string; `None` when nothing is open.

        Everything off this path is complete.
        """
        if self._many and self._finished and self._failure is None:
            return None
        return self._builder.open_path

    @property
    def started(self) -> bool:
        """Has a root value begun?"""
        return self._builder.started

    @property
    def done(self) -> bool:
        """Is the document complete? With `many` only `finish()` can tell."""
        if self._many:
            return self._finished and self._failure is None and not self._reading
        return self._machine.done and not self._reading

    @property
    def truncated(self) -> bool:
        """Did `finish()` have to close something? Never in the strict dialect: it raises."""
        return self._lenient is not None and self._lenient.truncated

    @property
    def prefix(self) -> str:
        """The text skipped before the (first) value; empty if it was white space, or strict."""
        return "" if self._lenient is None else self._lenient.prefix

    @property
    def remainder(self) -> str | bytes:
        """What came after the value, of the type that was fed.

        In the strict dialect only with `trailing="stop"`. With `many` the text after the first
        value that is of no value.
        """
        skipped = "" if self._lenient is None else self._lenient.remainder
        if self._decoder is not None:
            return skipped.encode() + b"".join(self._rest)
        return skipped + "".join(self._rest)

    @property
    def repairs(self) -> list[Repair]:
        """What a lenient dialect mended, as a list that is updated; empty in the strict one."""
        return self._builder.repairs

    @property
    def doubts(self) -> list[Repair]:
        """The repairs that leave a doubt: `ambiguous`, `truncated` and `unexpected_text`.

        The value of a document without doubts is what its author meant, whatever was mended.
        `Dialect(doubts="error")` refuses the others.
        """
        return doubts_among(self._builder.repairs)

    @property
    def violations(self) -> list[Any]:
        """What a validator with `collect=True` found."""
        return self._chain.violations

    def snapshot(self) -> Any:
        """The value as it is now: later feeds do not change it.

        Complete parts are shared with `value`, so it costs the open containers and the open
        string.
        """
        return self._builder.snapshot()

    # Feeding.

    def __repr__(self) -> str:
        """The dialect, and how far the document is."""
        dialect, path = self._options["dialect"], self.open_path
        where = "" if path is None else f", open_path={safe_repr(path)}"
        return f"JSONParser({dialect!r}, done={self.done!r}{where})"

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[ValueEvent]:
        """Read the next fragment of the input, cut anywhere. An empty one is legal and free.

        Args:
            fragment: Text, or bytes in UTF-8: of one parser always the same of the two.

        Returns:
            The events that the fragment decided, in order.

        Raises:
            StreamParseError: The input is not what was asked for, or an earlier call failed
                (the same error again) or was interrupted (`interrupted`), or the input had ended
                (`finished`).
            TypeError: The fragment is of another type. The parser can still be used.
        """
        if not self._ready or self._reading or not isinstance(fragment, str):
            return self._feed_any(fragment)
        if not fragment:
            return []
        self._reading = True
        try:
            self._machine.feed(fragment)
        except StreamParseError as error:
            self._fail(error)
            raise
        builder = self._builder
        events: list[ValueEvent] = builder.events
        builder.events = []
        self._reading = False
        return events

    def _feed_any(self, fragment: object) -> list[ValueEvent]:
        """Everything but the next piece of text of one document after the other."""
        self._check_alive()
        is_text = isinstance(fragment, str)
        data = fragment if isinstance(fragment, str) else _as_bytes(fragment)
        if not data:
            return []
        if self._finished:
            self._refuse_late()
        if not self._takes_text if is_text else self._decoder is None:
            self._take(is_text)
        if self._stop and self._machine.done:
            self._rest.append(data)
            return []
        self._reading = True
        try:
            self._advance(data)
        except StreamParseError as error:
            self._fail(error)
            raise
        events = self._builder.take_events()
        self._reading = False
        return events

    def _advance(self, data: str | bytes) -> None:
        machine, decoder = self._machine, self._decoder
        if isinstance(data, str):
            taken = self._read(data)
            if taken < len(data):
                self._rest.append(data[taken:])
            return
        assert decoder is not None
        text = decoder.feed(data)
        taken = self._read(text) if text else 0
        if decoder.invalid:
            self._meet_invalid(decoder)
        if self._stop and machine.done:
            self._rest.append(text[taken:].encode() + (decoder.invalid or decoder.pending))
            decoder.pending = decoder.invalid = b""

    def _read(self, text: str) -> int:
        """Text for the machine; violations that are collected are told where they are."""
        machine, chain = self._machine, self._chain
        if not self._collects:
            return machine.feed(text)
        known = chain.count_violations()
        held = machine.undecided
        offset, line, line_start = machine.offset, machine.line, machine.line_start
        try:
            return machine.feed(text)
        finally:
            found = chain.violations_after(known)
            if found:
                _locate_in(found, held + text, machine, offset, line, line_start)

    def _read_end(self) -> None:
        """The end of the machine's text; likewise."""
        machine, chain = self._machine, self._chain
        known = chain.count_violations()
        held = machine.undecided
        offset, line, line_start = machine.offset, machine.line, machine.line_start
        machine.finish()
        if self._collects:
            found = chain.violations_after(known)
            _locate_in(found, held, machine, offset, line, line_start)

    def _take(self, text: bool) -> None:
        """The first fragment decides what this parser takes."""
        if self._takes_text or self._decoder is not None:
            kinds = ("bytes", "text") if text else ("text", "bytes")
            message = "this parser was fed {}, now {}: feed it one or the other"
            raise TypeError(message.format(*kinds))
        self._takes_text = text
        self._ready = text and not self._stop and not self._collects
        if not text:
            self._decoder = Utf8Decoder()

    def finish(self) -> list[ValueEvent]:
        """End the input. A second call returns `[]`.

        Returns:
            The last events.

        Raises:
            IncompleteError: The document is not whole.
            StreamParseError: As `feed`.
        """
        self._check_alive()
        if self._finished:
            return []
        self._reading = True
        self._finished = True
        self._ready = False
        machine = self._machine
        pending = self._decoder.pending if self._decoder is not None else b""
        try:
            if pending and not self._stop:
                message = "the input ended inside a UTF-8 character"
                raise IncompleteError(message, code="truncated", offset=machine.offset)
            self._read_end()
        except StreamParseError as error:
            self._fail(error)
            raise
        if pending:
            self._rest.append(pending)
        events = self._builder.take_events()
        self._reading = False
        return events

    def _meet_invalid(self, decoder: Utf8Decoder) -> None:
        """Bytes that are not UTF-8 come next: an error, or the end of what is read."""
        machine = self._machine
        if self._stop:
            machine.end_root_number()
            if machine.done:
                return
        message = f"byte 0x{decoder.invalid[0]:02x} cannot be UTF-8 here"
        raise JSONSyntaxError(message, code="invalid_utf8", offset=machine.offset)

    # Failing.

    def _refuse_late(self) -> NoReturn:
        message, offset = "the input was said to have ended", self._machine.offset
        error = StreamParseError(message, code="finished", offset=offset)
        self._locate(error)
        raise error

    def _fail(self, error: StreamParseError) -> None:
        """Complete an error; from now on the parser is dead."""
        self._locate(error)
        error.events = self._builder.take_events()
        self._failure = error.copy_without_events()
        self._ready = False
        self._reading = False

    def _check_alive(self) -> None:
        """Raise what an earlier call failed with."""
        if self._reading:
            error = interrupted()
            error.offset = self._machine.offset
            self._fail(error)
        if self._failure is not None:
            raise self._failure.copy_without_events()

    def _locate(self, error: StreamParseError) -> None:
        locate(error, self._machine, self._builder)

    # Forks and pickles.

    def clone(self) -> JSONParser:
        """An independent parser in the same state; complete parts of the value are shared."""
        twin = JSONParser(**self._options)
        twin._chain = self._chain.clone()
        twin._builder = twin._chain.builder
        lenient = self._lenient
        if lenient is None:
            twin._machine = self._machine.clone(twin._chain.head)
        else:
            twin._lenient = lenient.clone(twin._chain.head)
            twin._machine = twin._lenient
        twin._resume(self._place())
        return twin

    def __copy__(self) -> JSONParser:
        return self.clone()

    def __deepcopy__(self, memo: object) -> JSONParser:
        return self.clone()  # nothing that is shared ever changes

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self._machine.state_now(), self._chain.state_now(), self._place())
        return _restored, (self._options, state)

    def _place(self) -> tuple[Any, ...]:
        decoder = self._decoder
        undecoded = None if decoder is None else (decoder.pending, decoder.invalid)
        texts = (list(self._rest), undecoded, self._takes_text, self._ready)
        return texts, self._finished, self._failure, self._reading

    def _resume(self, place: tuple[Any, ...]) -> None:
        texts, self._finished, self._failure, self._reading = place
        rest, undecoded, self._takes_text, self._ready = texts
        self._rest = list(rest)
        if undecoded is not None:
            self._decoder = Utf8Decoder()
            self._decoder.pending, self._decoder.invalid = undecoded


def locate(error: StreamParseError, machine: Machine, builder: Builder) -> None:
    """Tell an error of `machine` where in the text and in the value it happened."""
    error.line = machine.line
    error.column = error.offset - machine.line_start + 1
    error.excerpt = machine.text_before(error.offset)
    if not isinstance(error, SchemaViolation):  # these know their path
        error.path = builder.next_path() if machine.expects_item else builder.base


def _locate_in(
    errors: list[Any], text: str, machine: Machine, offset: int, line: int, line_start: int
) -> None:
    """The same for violations that were found while `machine` read `text`, from `offset` on.

    `line` and `line_start` are those of its beginning. A lenient machine holds a word until it is
    whole, so that a violation may lie before the text; never on another line.
    """
    read = 0
    before = machine.text_before(offset) if offset >= machine.recent_start else ""
    for error in errors:
        place = max(error.offset - offset, 0)
        feeds = text.count("\n", read, place)
        if feeds:
            line += feeds
            line_start = offset + text.rfind("\n", read, place) + 1
        read = max(read, place)
        error.line = line
        error.column = error.offset - line_start + 1
        if error.offset < offset:
            error.excerpt = machine.text_before(error.offset)
            continue
        excerpt = text[max(place - EXCERPT, 0) : place]
        error.excerpt = (before + excerpt)[-EXCERPT:] if place < EXCERPT else excerpt


def dialect_of(dialect: str | Dialect, name: str = "dialect") -> Dialect | None:
    """What a `dialect` option means; None: strict.

    Raises `ValueError`.
    """
    if isinstance(dialect, Dialect):
        return dialect
    if dialect == "lenient":
        return _LENIENT
    if dialect != "strict":
        raise ValueError(f"{name} must be 'strict', 'lenient' or a Dialect, not {dialect!r}")
    return None


def _restored(options: dict[str, Any], state: tuple[Any, ...]) -> JSONParser:
    parser = JSONParser(**options)
    read, built, place = state
    parser._machine.resume(read)
    parser._chain.resume(built)
    parser._resume(place)
    return parser


def _as_bytes(fragment: object) -> bytes:
    if isinstance(fragment, bytes):
        return fragment
    if isinstance(fragment, (bytearray, memoryview)):
        return bytes(fragment)
    raise TypeError(
        f"a fragment is str, bytes, bytearray or memoryview, not {type(fragment).__name__}"
    )


def _queries(select: str | Query | Sequence[str | Query]) -> list[Query]:
    several = [select] if isinstance(select, (str, Query)) else list(select)
    return [query if isinstance(query, Query) else Query.parse(query) for query in several]


def _check_options(many: bool, trailing: str, selects: bool, keep: str, surrogates: str) -> None:
    _one_of("trailing", trailing, ("error", "stop"))
    _one_of("keep", keep, ("all", "open"))
    check_surrogates(surrogates)
    if many and trailing == "stop":
        raise ValueError("many=True reads every document: trailing='stop' contradicts it")
    if keep == "open" and not selects:
        raise ValueError("keep='open' keeps nothing but open selected values: give select")


def _check_types(limits: object, floats: object, ints: object, validator: object) -> None:
    if not isinstance(limits, Limits):
        raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
    if not callable(floats) or not callable(ints):
        raise TypeError("parse_float and parse_int must be callable")
    if validator is not None and not isinstance(validator, ValidatorFactory):
        raise TypeError(f"validator must be a ValidatorFactory, not {type(validator).__name__}")


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        choices = " or ".join(repr(choice) for choice in allowed)
        raise ValueError(f"{name} must be {choices}, not {given!r}")
