"""`JSONParser`: the public parser, which drives a machine and a chain.

Rule 1: a failure is final. What was read before it stays in `value`, its events go with the error,
and every later call raises a fresh copy of it.
Rule 2: any other exception that ends a call (a `KeyboardInterrupt`, a bug in a validator) is final
too, because part of the fragment may be lost: later calls raise the code `interrupted`.
The flag `_reading` is set while input is read. It stays set when an exception passes through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from streamparse._core.builder import Builder
from streamparse._core.chain import Chain
from streamparse._core.events import ValueEvent
from streamparse._core.machine import Machine, MachineOptions
from streamparse._core.reader import DocumentReader, locate
from streamparse._core.shown import safe_repr
from streamparse._core.sink import ValidatorFactory
from streamparse._core.surrogates import check_surrogates
from streamparse._core.text import as_bytes
from streamparse.dialect import Dialect, Repair, doubts_among
from streamparse.errors import StreamParseError, finished, interrupted
from streamparse.limits import Limits, check_limits
from streamparse.paths import Query

if TYPE_CHECKING:
    from streamparse._core.lenient import LenientMachine

_DEFAULT_LIMITS: Final = Limits()
_LENIENT: Final = Dialect()


class JSONParser:
    """Parses JSON (RFC 8259) while it arrives.

    `feed` takes text or UTF-8 bytes, cut anywhere, and returns the events of the fragment; `finish`
    ends the input. `value` is the partial value. Use a parser in one thread at a time.

    Args:
        dialect: `"strict"`, `"lenient"` (repairs malformed JSON and records it in `repairs`), or a
            `Dialect`, which selects the repairs.
        many: Read several documents, separated by white space, or by nothing where that is
            unambiguous. `value` is the list of them, and the first step of a path is the index of
            the document.
        trailing: `"error"` allows only white space after the value; the lenient dialect skips other
            text with a repair. `"stop"` stops after the value and keeps the rest, unchanged, in
            `remainder`.
        select: One RFC 9535 query or several. Only these nodes have events. With `many`, `$` is the
            list of documents: `$[*]` selects each of them.
        keep: `"open"` (with `select`) drops a value when it is complete, so that memory is bounded
            by the depth and the largest selected value.
        surrogates: What replaces a lone surrogate: `"keep"`, `"replace"` (U+FFFD) or `"error"`.
        limits: The limits of a document.
        parse_float: Converts the text of a number that has a fraction or an exponent.
        parse_int: Converts the text of any other number.
        validator: Validates the value while it arrives.
        events: Whether to emit events. False only builds the value, which is faster: `feed` and
            `finish` return empty lists. False cannot be combined with `select`.

    Raises:
        ValueError: An option has another value than those above.
        TypeError: An option is of another type.

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
        "_decodes",
        "_dialect",
        "_failure",
        "_finished",
        "_lenient",
        "_machine",
        "_many",
        "_reader",
        "_reading",
        "_ready",
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
        events: bool = True,
    ) -> None:
        if not events and select is not None:
            raise ValueError("select chooses events, and events=False emits none: give one of them")
        switches = dialect_of(dialect)
        _check_options(many, trailing, select is not None, keep, surrogates)
        _check_types(limits, parse_float, parse_int, validator)
        options = MachineOptions(
            limits=limits,
            surrogates=surrogates,
            parse_float=parse_float,
            parse_int=parse_int,
            many=many,
            stop=trailing == "stop",
        )
        chain = Chain(
            validator=validator,
            queries=None if select is None else _queries(select),
            drop=keep == "open",
            many=many,
            quiet=not events,
        )
        chain.options = options
        self._dialect: str | Dialect = dialect
        self._many: bool = many
        self._chain: Chain = chain
        self._builder: Builder = chain.builder
        self._lenient: LenientMachine | None = None
        if switches is None:
            self._machine: Machine = Machine(chain.head, options)
        else:
            from streamparse._core.lenient import LenientMachine  # slow to import

            self._lenient = LenientMachine(chain.head, switches, options)
            self._machine = self._lenient
        collects = validator is not None and validator.collects
        self._reader: DocumentReader = DocumentReader(self._machine, chain, collects)
        self._ready: bool = False  # whether text may go straight to the machine
        self._decodes: bool = False  # the same of decoded bytes
        self._reading: bool = False
        self._finished: bool = False
        self._failure: StreamParseError | None = None

    # Results.

    @property
    def value(self) -> Any:
        """The partial value, updated in place: read it, do not hold or mutate it.

        `None` before a value has begun (see `started`).
        """
        return self._builder.value

    @property
    def open_path(self) -> tuple[Any, ...] | None:
        """The path of the deepest open container or string; `None` when nothing is open.

        Everything off this path is complete.
        """
        if self._many and self._finished and self._failure is None:
            return None
        return self._builder.open_path

    @property
    def started(self) -> bool:
        """Whether a root value has begun."""
        return self._builder.started

    @property
    def done(self) -> bool:
        """Whether the document is complete. With `many` this is known after `finish()`."""
        if self._many:
            return self._finished and self._failure is None and not self._reading
        return self._machine.done and not self._reading

    @property
    def truncated(self) -> bool:
        """Whether `finish()` closed an open value. The strict dialect raises an error instead."""
        return self._lenient is not None and self._lenient.truncated

    @property
    def prefix(self) -> str:
        """The text skipped before the (first) value; empty if it is white space or strict."""
        return "" if self._lenient is None else self._lenient.prefix

    @property
    def remainder(self) -> str | bytes:
        """The input after the value, of the type that was fed.

        In the strict dialect only with `trailing="stop"`. With `many` it is the text after the
        first value that belongs to no value.
        """
        skipped = "" if self._lenient is None else self._lenient.remainder
        reader = self._reader
        if reader.decoder is not None:
            return skipped.encode() + b"".join(reader.rest)
        return skipped + "".join(reader.rest)

    @property
    def repairs(self) -> list[Repair]:
        """The repairs of a lenient dialect, as a list that is updated; empty in the strict one."""
        return self._builder.repairs

    @property
    def doubts(self) -> list[Repair]:
        """The repairs that leave a doubt: `ambiguous`, `truncated` and `unexpected_text`.

        A document without doubts has the value that its author meant, whatever was repaired.
        `Dialect(doubts="error")` rejects the others.
        """
        return doubts_among(self._builder.repairs)

    @property
    def violations(self) -> list[Any]:
        """The violations that a validator with `collect=True` found."""
        return self._chain.violations

    def snapshot(self) -> Any:
        """Return a copy of the value, which later feeds do not change.

        Complete parts are shared with `value`, so it costs the open containers and the open
        string.
        """
        return self._builder.snapshot()

    def __repr__(self) -> str:
        """Return the dialect and the progress."""
        path = self.open_path
        where = "" if path is None else f", open_path={safe_repr(path)}"
        return f"JSONParser({self._dialect!r}, done={self.done!r}{where})"

    # Input.

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[ValueEvent]:
        """Read the next fragment of the input, cut anywhere. An empty fragment is allowed.

        Args:
            fragment: Text, or bytes in UTF-8. All fragments of an input are of the same type.

        Returns:
            The events of the fragment, in order.

        Raises:
            StreamParseError: The input is not what was asked for, or an earlier call failed
                (the same error again) or was interrupted (`interrupted`), or the input has ended
                (`finished`).
            TypeError: The fragment is of another type. The parser can still be used.
        """
        if self._ready and not self._reading and isinstance(fragment, str):
            text = fragment
            if not text:
                return []
        else:
            text = self._decoded(fragment)
            if not text:
                return self._feed_any(fragment)
        self._reading = True
        try:
            self._machine.feed(text)
        except StreamParseError as error:
            self._fail(error)
            raise
        builder = self._builder
        events: list[ValueEvent] = builder.events
        builder.events = []
        self._reading = False
        return events

    def _decoded(self, fragment: object) -> str:
        """Return the text of bytes that need no closer look, else ""."""
        if not self._decodes or self._reading or not isinstance(fragment, bytes):
            return ""
        return self._reader.decoded(fragment)

    def _feed_any(self, fragment: object) -> list[ValueEvent]:
        """Read a fragment that is not the next text of a parser that is ready for it."""
        self._check_alive()
        is_text = isinstance(fragment, str)
        data = fragment if isinstance(fragment, str) else as_bytes(fragment)
        if not data:
            return []
        if self._finished:
            self._refuse_late()
        reader = self._reader
        reader.accept(is_text)
        self._decodes = not self._machine.stop and not reader.collects
        self._ready = is_text and self._decodes
        self._reading = True
        try:
            reader.read(data)
        except StreamParseError as error:
            self._fail(error)
            raise
        events = self._builder.take_events()
        self._reading = False
        return events

    def finish(self) -> list[ValueEvent]:
        """End the input. A second call returns `[]`.

        Returns:
            The last events.

        Raises:
            IncompleteError: The document is not complete.
            StreamParseError: As `feed`.
        """
        self._check_alive()
        if self._finished:
            return []
        self._reading = True
        self._finished = True
        self._ready = self._decodes = False
        try:
            self._reader.end()
        except StreamParseError as error:
            self._fail(error)
            raise
        events = self._builder.take_events()
        self._reading = False
        return events

    # Failures.

    def _refuse_late(self) -> NoReturn:
        error = finished(self._machine.offset)
        locate(error, self._machine, self._builder)
        raise error

    def _fail(self, error: StreamParseError) -> None:
        """Complete an error, which later calls raise again."""
        locate(error, self._machine, self._builder)
        error.events = self._builder.take_events()
        self._failure = error.copy_without_events()
        self._ready = self._decodes = False
        self._reading = False

    def _check_alive(self) -> None:
        """Raise the error of an earlier call."""
        if self._reading:
            error = interrupted()
            error.offset = self._machine.offset
            self._fail(error)
        if self._failure is not None:
            raise self._failure.copy_without_events()

    # Forks and pickles.

    def clone(self) -> JSONParser:
        """Return an independent parser in the same state, which shares complete values."""
        twin = JSONParser(**self._options())
        chain = self._chain.clone()
        twin._chain, twin._builder = chain, chain.builder
        if self._lenient is None:
            twin._machine = self._machine.clone(chain.head)
        else:
            twin._lenient = self._lenient.clone(chain.head)
            twin._machine = twin._lenient
        twin._reader = DocumentReader(twin._machine, chain, self._reader.collects)
        twin._resume(self._place())
        return twin

    def __copy__(self) -> JSONParser:
        return self.clone()

    def __deepcopy__(self, memo: object) -> JSONParser:
        return self.clone()  # nothing that is shared ever changes

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self._machine.state_now(), self._chain.state_now(), self._place())
        return _restored, (self._options(), state)

    def _options(self) -> dict[str, Any]:
        """Return the options that the parser was made with."""
        chain, options = self._chain, self._machine.options
        return {
            "dialect": self._dialect,
            "many": self._many,
            "trailing": "stop" if options.stop else "error",
            "select": chain.queries,
            "keep": "open" if chain.drop else "all",
            "surrogates": options.surrogates,
            "limits": options.limits,
            "parse_float": options.parse_float,
            "parse_int": options.parse_int,
            "validator": chain.factory,
            "events": not chain.quiet,
        }

    def _place(self) -> tuple[Any, ...]:
        life = (self._ready, self._decodes, self._finished, self._failure, self._reading)
        return self._reader.state_now(), life

    def _resume(self, place: tuple[Any, ...]) -> None:
        read, life = place
        self._reader.resume(read)
        self._ready, self._decodes, self._finished = life[:3]
        self._failure, self._reading = life[3:]


def dialect_of(dialect: str | Dialect, name: str = "dialect") -> Dialect | None:
    """Return the `Dialect` of an option, or None for the strict dialect.

    Args:
        dialect: The value of the option.
        name: The name of the option, for the error.

    Raises:
        ValueError: The value is another word than `"strict"` and `"lenient"`.
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
    check_limits(limits)
    if not callable(floats) or not callable(ints):
        raise TypeError("parse_float and parse_int must be callable")
    if validator is not None and not isinstance(validator, ValidatorFactory):
        raise TypeError(f"validator must be a ValidatorFactory, not {type(validator).__name__}")


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        choices = " or ".join(repr(choice) for choice in allowed)
        raise ValueError(f"{name} must be {choices}, not {given!r}")
