"""The sources of a call's arguments: strict JSON text, lenient JSON text, values, and free text.

A source reads input, calls the chain of the call, and returns the text, the events and the error
that resulted. `calls` decides about the status of the call and the order of its events. All sources
of a call share its chain, so a call may change from one source to another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from streamparse._core.chain import Chain
from streamparse._core.growing import GrowingString
from streamparse._core.machine import EXCERPT, Machine, MachineOptions
from streamparse._core.parser import JSONParser
from streamparse._core.reader import locate
from streamparse._core.surrogates import lone
from streamparse._core.transcriber import Transcriber, build_value, emit_value
from streamparse.dialect import Dialect
from streamparse.errors import IncompleteError, SchemaViolation, StreamParseError, WireError
from streamparse.limits import Limits
from streamparse.message import ToolCall

if TYPE_CHECKING:
    from streamparse._core.lenient import LenientMachine

__all__ = [
    "OTHER",
    "REPEATED",
    "SPACE",
    "WHITE_SPACE",
    "ArgumentSource",
    "Ended",
    "FramedText",
    "FreeText",
    "LenientText",
    "Produced",
    "Repetition",
    "StrictText",
    "Values",
    "json_text_of",
    "locate_in_text",
    "lone_half",
    "parse_or_nothing",
    "taken_before",
]

WHITE_SPACE: Final = " \t\n\r"

#: The result of reading:
#: - the text that now belongs to the arguments,
#: - the text of the next `ToolCallDelta`, which ends before a refused character,
#: - the argument events; the list is reused, so whoever emits them clears it,
#: - the error that rejects the call, if there is one.
Produced = tuple[str, str, list[Any], StreamParseError | None]


def finite(text: str) -> float:
    """Return the number; raises `ValueError` if it is beyond every float.

    For calls in the text of a model, because an infinity among the arguments is not JSON.
    """
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("it is outside the range of floats")
    return value


class ArgumentSource:
    """Reads arguments from one kind of input.

    `broken` is set once the input is refused, so that the value cannot grow any more. A refusal
    by the validator does not break a source: the value goes on growing without events.
    """

    __slots__ = ("broken", "chain", "events")

    _init_types: ClassVar[tuple[Any, ...]] = (Chain, list)

    def __init__(self, chain: Chain, events: list[Any]) -> None:
        self.chain: Chain = chain
        self.events: list[Any] = events  # where the chain's builder reports while it may
        self.broken: bool = False

    @property
    def whole(self) -> bool:
        """Whether the input so far ends with a whole value."""
        raise NotImplementedError

    def take(self, text: str) -> Produced:
        """Read text. The text taken is shorter than `text` where the value has ended, or where
        a character is refused.
        """
        raise NotImplementedError

    def collect(self) -> Produced:
        """Return the result since the last call, for callers that call the chain themselves."""
        return "", "", self.events, None

    def refuse(self, error: StreamParseError) -> Produced:
        """Stop at an `error` that the caller found. Else as `collect`."""
        return self._produced("", 0, error)

    def finish(self) -> Produced:
        """The input may end here, which completes a number at the root, and what is undecided."""
        return "", "", self.events, None

    def add_empty_object(self, offset: int) -> Produced:
        """Read no arguments at all as `{}`."""
        head = self.chain.head
        failure: StreamParseError | None = None
        try:
            head.start_object(offset)
            head.end(offset)
        except StreamParseError as error:
            failure = error
        return self._produced("", offset, failure)

    def unfinished(self, offset: int) -> StreamParseError:
        """Return the error of input that ends at `offset`, before its value does."""
        message = "the call ended inside its arguments"
        error = IncompleteError(message, code="truncated", offset=offset)
        self.locate(error)
        return error

    def rest(self) -> str:
        """Return the text that no delta has had, where the call ends without an error."""
        return ""

    def locate(self, error: StreamParseError) -> None:
        """Add the place of an error in this input."""
        if not isinstance(error, SchemaViolation):
            error.path = self.chain.builder.next_path()

    def _produced(self, text: str, start: int, failure: StreamParseError | None) -> Produced:
        """Return `text`, which begins at the offset `start`, with its events and its error."""
        error = self._error(failure)
        if error is None:
            return text, text, self.events, None
        return text, text[: max(error.offset - start, 0)], self.events, error

    def _error(self, failure: StreamParseError | None) -> StreamParseError | None:
        """Return the refusal of the validator, which precedes it, or the error of reading."""
        if failure is not None:
            self.broken = True
            if self.chain.rejection is None:
                self.locate(failure)
                return failure
        return self.chain.rejection


class StrictText(ArgumentSource):
    """JSON text as RFC 8259 has it. Text after the value is not taken."""

    __slots__ = ("machine",)

    _init_types: ClassVar[tuple[Any, ...]] = (Chain, list, Limits)

    def __init__(
        self, chain: Chain, events: list[Any], limits: Limits, surrogates: str = "keep"
    ) -> None:
        super().__init__(chain, events)
        options = MachineOptions(limits=limits, surrogates=surrogates, stop=True)
        self.machine: Machine = Machine(chain.head, options)

    @property
    def whole(self) -> bool:
        return self.machine.done

    def take(self, text: str) -> Produced:
        machine = self.machine
        if machine.done:
            return "", "", self.events, None
        start = machine.offset
        try:
            taken = machine.feed(text)
        except StreamParseError as error:
            piece = text[: taken_before(error, start, len(text))]
            return self._produced(piece, start, error)
        if taken < len(text):
            text = text[:taken]
        if self.chain.rejection is None:
            return text, text, self.events, None
        return self._produced(text, start, None)

    def finish(self) -> Produced:
        try:
            self.machine.end_root_number()
        except StreamParseError as error:
            return self._produced("", self.machine.offset, error)
        return self._produced("", self.machine.offset, None)

    def unfinished(self, offset: int) -> StreamParseError:
        try:
            self.machine.finish()
        except StreamParseError as error:
            self.locate(error)
            return error
        raise AssertionError("a machine that is not done can finish")

    def locate(self, error: StreamParseError) -> None:
        locate(error, self.machine, self.chain.builder)


class LenientText(ArgumentSource):
    """JSON text with the slips that a `Dialect` allows. All text is taken.

    The machine decides about some characters later. They stay in `unsent` until then, because a
    delta must not contain a character that is refused afterwards.
    """

    __slots__ = ("machine", "sent", "unsent")

    _init_types: ClassVar[tuple[Any, ...]] = (Chain, list, Limits, "keep", Dialect)

    def __init__(
        self,
        chain: Chain,
        events: list[Any],
        limits: Limits,
        surrogates: str,
        dialect: Dialect,
    ) -> None:
        super().__init__(chain, events)
        options = MachineOptions(limits=limits, surrogates=surrogates)
        from streamparse._core.lenient import LenientMachine  # slow to import

        self.machine: LenientMachine = LenientMachine(chain.head, dialect, options)
        self.sent: int = 0  # the length of the text that has been in deltas
        self.unsent: GrowingString = GrowingString()

    @property
    def whole(self) -> bool:
        return self.machine.done

    def take(self, text: str) -> Produced:
        machine = self.machine
        start = machine.offset + len(machine.undecided)
        failure: StreamParseError | None = None
        try:
            machine.feed(text)
        except StreamParseError as error:
            failure = error
            text = text[: taken_before(error, start, len(text))]
        return self._produced(text, start, failure)

    def finish(self) -> Produced:
        try:
            self.machine.end_at_root()
        except IncompleteError:
            pass  # no value: the caller asks `unfinished` for the error
        except StreamParseError as error:
            return self._produced("", 0, error)
        return self._produced("", 0, None)

    def unfinished(self, offset: int) -> StreamParseError:
        try:
            self.machine.finish()  # it may close what is open, as a repair
        except StreamParseError as error:
            self.locate(error)
            return error
        message = "the call ended inside its arguments"
        unfinished = IncompleteError(message, code="truncated", offset=offset)
        self.locate(unfinished)
        return unfinished

    def rest(self) -> str:
        rest = self.unsent.take()
        self.sent += len(rest)
        return rest

    def locate(self, error: StreamParseError) -> None:
        locate(error, self.machine, self.chain.builder)

    def _produced(self, text: str, start: int, failure: StreamParseError | None) -> Produced:
        error = self._error(failure)
        stop = self.machine.decided if error is None else error.offset
        return text, self._sendable(text, stop), self.events, error

    def _sendable(self, text: str, stop: int) -> str:
        """Add `text` to what is unsent, and return the part of it that ends at `stop`."""
        size = stop - self.sent
        unsent = self.unsent
        if not len(unsent) and size == len(text):
            self.sent = stop
            return text
        unsent.append(text)
        if size <= 0:
            return ""
        waiting = unsent.take()
        if size < len(waiting):
            unsent.append(waiting[size:])
            waiting = waiting[:size]
        self.sent += len(waiting)
        return waiting


class FramedText(LenientText):
    """Lenient JSON text that other text follows, as in the text of a model.

    Only decided text is taken, because what is undecided may follow the value. So the text given to
    `take` begins with what was not taken before.
    """

    __slots__ = ()

    def __init__(
        self,
        chain: Chain,
        events: list[Any],
        limits: Limits,
        surrogates: str,
        dialect: Dialect,
    ) -> None:
        super().__init__(chain, events, limits, surrogates, dialect)
        self.machine.stop = True

    def take(self, text: str) -> Produced:
        machine = self.machine
        if machine.done:
            return "", "", self.events, None
        start = machine.offset
        new = text[len(machine.undecided) :]
        if not new:
            return "", "", self.events, None
        try:
            machine.feed(new)
        except StreamParseError as error:
            return self._produced(text[: taken_before(error, start, len(text))], start, error)
        stop = machine.offset - (len(machine.remainder) if machine.done else 0)
        return self._produced(text[: stop - start], start, None)

    def end(self, closed: bool) -> Produced:
        """End the value; `closed`: close its open containers and strings, as a repair."""
        machine = self.machine
        start, text = machine.offset, machine.undecided
        try:
            if closed:
                machine.close()
            else:
                machine.settle()
        except StreamParseError as error:
            return self._produced(text[: taken_before(error, start, len(text))], start, error)
        rest = len(machine.remainder) if machine.done else 0
        return self._produced(text[: len(text) - rest], start, None)


class Values(ArgumentSource):
    """Values without JSON text: the caller calls `sink`, then collects the text written for them.

    Text is not taken, because text beside values is a second value.
    """

    __slots__ = ("_sink", "length", "surrogates")

    def __init__(self, chain: Chain, events: list[Any], surrogates: str = "keep") -> None:
        super().__init__(chain, events)
        self.surrogates: str = surrogates
        self._sink: Transcriber | None = None
        self.length: int = 0  # of the text that was collected

    @property
    def sink(self) -> Transcriber:
        """The sink that the values go to."""
        if self._sink is None:
            self._sink = Transcriber(self.chain.head, self.surrogates)
            self._sink.written = self.length
        return self._sink

    @property
    def whole(self) -> bool:
        builder = self.chain.builder
        return builder.started and builder.open_path is None

    def take(self, text: str) -> Produced:
        return "", "", self.events, None

    def read_whole(self, value: Any) -> Produced:
        """Read a value that comes whole, as its first input."""
        is_plain = self.chain.factory is None and self.surrogates == "keep"
        if self._sink is not None or not is_plain:
            try:
                emit_value(value, self.sink)
            except StreamParseError as error:
                return self._collected(error)
            return self._collected(None)
        pieces: list[str] = []
        build_value(value, self.chain.builder, pieces)
        text = "".join(pieces)
        self.length += len(text)
        return self._produced(text, 0, None)

    def grow_string(self, text: str) -> Produced:
        """Append to the open string. All earlier events must have been collected."""
        start = self.length
        written = self.sink.grow(text)
        if not written:
            self.sink.text(text, 0)
            return self._collected(None)
        self.length += len(written)
        return self._produced(written, start, None)

    def write(self, text: str) -> str:
        """Append to the JSON text of the open string; see `Transcriber.write`."""
        written = self.sink.write(text)
        self.length += len(written)
        return written

    def collect(self) -> Produced:
        return self._collected(None)

    def refuse(self, error: StreamParseError) -> Produced:
        return self._collected(error)

    def _collected(self, failure: StreamParseError | None) -> Produced:
        text = self.sink.take()
        start = self.length
        self.length += len(text)
        return self._produced(text, start, failure)


class FreeText(ArgumentSource):
    """The text of a custom tool, which is not JSON. It may end anywhere, so it is never whole."""

    __slots__ = ("length", "strict")

    def __init__(self, chain: Chain, events: list[Any], surrogates: str = "keep") -> None:
        super().__init__(chain, events)
        self.strict: bool = surrogates == "error"
        self.length: int = 0

    @property
    def whole(self) -> bool:
        return False

    def take(self, text: str) -> Produced:
        start = self.length
        self.length += len(text)
        place = lone(text) if self.strict else -1
        if place < 0:
            return text, text, self.events, None
        return self._produced(text, start, lone_half(text[place], start + place))


class Ended(ArgumentSource):
    """The source of a call that has completed. It reads nothing, so that calls can share it.

    Args:
        whole: Whether the input of the call ended with a whole value.
    """

    __slots__ = ("_whole",)

    _init_types: ClassVar[tuple[Any, ...]] = (False,)

    def __init__(self, whole: bool) -> None:
        super().__init__(Chain(), [])
        self._whole: bool = whole

    @property
    def whole(self) -> bool:
        return self._whole

    def take(self, text: str) -> Produced:
        return "", "", self.events, None

    def refuse(self, error: StreamParseError) -> Produced:
        return "", "", self.events, None


# How text after a whole value continues.
SPACE: Final = 0
REPEATED: Final = 1
OTHER: Final = 2


class Repetition:
    """Compares text after a whole value with that value.

    Some servers send the whole arguments once more (vLLM does, with the finish reason).
    """

    __slots__ = ("call", "matched", "value")

    _init_types: ClassVar[tuple[Any, ...]] = (ToolCall,)

    def __init__(self, call: ToolCall) -> None:
        self.call: ToolCall = call
        self.value: str = ""  # the text of the value, once it is needed
        self.matched: int = 0  # characters of `value` that have been repeated so far

    def next_run(self, text: str) -> tuple[int, int]:
        """Return what `text` begins with (`SPACE`, `REPEATED` or `OTHER`), and its length."""
        if not self.matched:
            space = len(text) - len(text.lstrip(WHITE_SPACE))
            if space:
                return SPACE, space
        value = self.text()
        piece = text[: len(value) - self.matched]
        if not piece or not value.startswith(piece, self.matched):
            return OTHER, len(text)
        self.matched += len(piece)
        return REPEATED, len(piece)

    def ended(self) -> bool:
        """Whether the whole value has been repeated; the next repetition may then begin."""
        if self.matched < len(self.value):
            return False
        self.matched = 0
        return True

    def give_up(self) -> str:
        """Return the text that looked like a repetition but is not one."""
        piece = self.value[: self.matched]
        self.matched = 0
        return piece

    def may_go_on(self, text: str, whole: bool) -> bool:
        """Whether `text` is white space, or continues to repeat a value that is `whole`."""
        piece = text.rstrip(WHITE_SPACE) if self.matched else text.strip(WHITE_SPACE)
        return not piece or (whole and self.text().startswith(piece, self.matched))

    def text(self) -> str:
        """Return the text of the whole value, without the white space around it."""
        if not self.value:
            self.value = self.call.arguments_text.strip(WHITE_SPACE)
        return self.value


def lone_half(half: str, offset: int) -> WireError:
    """Return the error of a lone half of a character, which `surrogates="error"` refuses."""
    message = f"half a surrogate pair: \\u{ord(half):04x}"
    return WireError(message, code="lone_surrogate", offset=offset)


def taken_before(error: StreamParseError, start: int, size: int) -> int:
    """Return how many of `size` characters from the offset `start` on come before the error."""
    return min(max(error.offset - start, 0), size)


def locate_in_text(error: StreamParseError, text: str) -> None:
    """Add line, column and excerpt to an error whose offset is in `text`."""
    before = text[: error.offset]
    error.line = before.count("\n") + 1
    error.column = error.offset - before.rfind("\n")
    error.excerpt = before[-EXCERPT:]


def json_text_of(value: Any) -> str:
    """Return a value as the JSON text that `Values` writes for it."""
    copy = Transcriber(Chain().head)
    emit_value(value, copy)
    return copy.take()


def parse_or_nothing(text: str, limits: Limits) -> tuple[bool, Any]:
    """Return whether `text` is JSON, and its value."""
    parser = JSONParser(limits=limits)
    try:
        parser.feed(text)
        parser.finish()
    except StreamParseError:
        return False, None
    return True, parser.value
