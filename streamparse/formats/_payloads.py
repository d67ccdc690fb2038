"""The payloads of calls: one reader for each kind, all driven by the framing machine.

A reader takes text from the beginning of the payload and returns the position it has reached. It
decides when the text is certain to be a call, and then asks its host for the call's `CallReader`.
Arguments in JSON, in tags and in literals reach the same chain of readers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Final

from streamparse._answers.arguments import FramedText
from streamparse._answers.calls import CallReader
from streamparse._answers.texts import TextReader
from streamparse._core._marks import mypyc_attr
from streamparse.aliases import CallKind
from streamparse.dialect import Dialect
from streamparse.errors import FormatError, LimitError, StreamParseError
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.plan import CallPlan, Plan
from streamparse.formats.table import JsonArguments
from streamparse.formats.values import Reading
from streamparse.limits import Limits

__all__ = ["ArgumentsPayload", "Host", "Payload"]

_SPACE: Final = " \t\n\r"
_VALUES: Final = '{["'  # first characters of values; prose does not begin with them


class Host(TextReader):
    """The methods of the framing machine that payloads use."""

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, dialect: Dialect | None = None) -> None:
        self.limits = limits
        #: The repairs that are allowed in JSON; None allows none.
        self.dialect = dialect
        #: How JSON in a single argument is read, one level below the arguments.
        self.inner: Reading = Reading(replace(limits, depth=max(limits.depth - 1, 0)), dialect)

    def begin_call(self, kind: CallKind = "function") -> CallReader | None:
        """Begin a call of the name in the header; return None if the text is not a call."""
        raise NotImplementedError

    def begin_named(self, name: str, identity: str | None) -> CallReader | None:
        """Begin a call of this name; return None if the text is not a call."""
        raise NotImplementedError

    def pass_on(self, name: str, data: Any) -> None:
        """Pass on a part of the call that is not understood."""
        raise NotImplementedError

    def schema_of(self, name: str) -> Any:
        """Return the JSON Schema of the arguments of a tool, or None if it is unknown."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Payload:
    """Reads one payload.

    Attributes:
        done: The payload is complete.
        is_closed: The call is complete as well.
        refused: The text is not a payload, and no call has begun.
        broken: The call has begun and cannot continue.
        pending: The name is known, and only white space has followed it.
        is_json: JSON follows the name, which this payload does not read.
        generates: The arguments have no JSON text of their own.
    """

    generates: bool = False

    _init_types: ClassVar[tuple[Any, ...]] = (Host,)

    def __init__(self, host: Host) -> None:
        self.host = host
        self.reader: CallReader | None = None
        self.done: bool = False
        self.refused: bool = False
        self.broken: bool = False
        self.pending: bool = False
        self.is_json: bool = False
        self.is_closed: bool = False
        self.recognized: bool = False  # it looks like a call, but its name has not arrived yet
        self.early_source: str = ""  # the text that was read before the call began

    def begin(self) -> None:
        """Begin the payload; the header of the call is complete."""

    def end_empty(self) -> None:
        """End a call that has no arguments, because it ended with its header."""
        self.start_call()
        self.done = self.is_closed = not self.refused

    def feed(self, text: str, pos: int, final: bool) -> int:
        """Read from `pos` on and return the position reached.

        The text after that position is undecided, or not part of the payload.
        """
        raise NotImplementedError

    def takes_plain(self, text: str) -> bool:
        """Take text that is certain to be inside a string, which is the most frequent case.

        Returns:
            Whether the text was taken. If not, `feed` must read it.
        """
        return False

    def give_up(self) -> None:
        """Emit what is held back of the call, because its end will not arrive."""

    def start_call(self, kind: CallKind = "function") -> CallReader | None:
        """Begin the call of the name in the header, unless it has begun."""
        if self.reader is None:
            self.reader = self.host.begin_call(kind)
            self.refused = self.reader is None
            self.pending = False
        return self.reader

    def fail(self, error: StreamParseError, pos: int) -> int:
        """Refuse the payload, or reject the call that has begun, and return `pos`."""
        reader = self.reader
        if reader is None:
            self.refused = True
            return pos
        self.give_up()
        self.refuse(error)
        return pos

    def refuse_unclosed(self) -> None:
        """Reject the call, because another one begins in place of its arguments."""
        if self.start_call() is not None:
            message = "the call has neither arguments nor an end"
            self.is_closed = True
            self.refuse(FormatError(message, code="malformed_call"))

    def refuse(self, error: StreamParseError) -> None:
        """Reject the call with `error`, placed at the end of the arguments' text."""
        self.broken = True
        reader = self.reader
        if reader is not None and reader.listening:
            error.offset = len(reader.call.arguments_text)
            reader.refuse(error)


class ArgumentsPayload(Payload):
    """Reads JSON arguments, which end where the JSON value ends."""

    _init_types: ClassVar[tuple[Any, ...]] = (Host, JsonArguments, CallPlan, Plan)

    def __init__(self, host: Host, spec: JsonArguments, call: CallPlan, plan: Plan) -> None:
        super().__init__(host)
        self.spec = spec
        self.closers: Markers = call.close
        #: The literals that may replace the arguments.
        self.ahead: Markers = call.close if spec.free_text else plan.after_name(call)
        #: The literals that end lenient JSON.
        self.boundaries: Markers = plan.boundaries(call)
        self.openers: dict[str, Any] = plan.openers
        self.begun: bool = False
        self.is_text: bool = False
        self.length: int = 0  # of the free text

    def begin(self) -> None:
        self.pending = not self.spec.free_text

    def feed(self, text: str, pos: int, final: bool) -> int:
        if not self.begun:
            pos = self._begin(text, pos, final)
            if not self.begun:
                return pos
        reader = self.reader
        assert reader is not None
        if self.is_text:
            return self._text(text, pos, final)
        if isinstance(reader.source, FramedText):
            return self._lenient(text, pos, final, reader)
        pos += reader.take(text[pos:] if pos else text)
        if reader.whole:
            self.done = True
        elif not reader.listening:
            self.broken = True
        return pos

    def _lenient(self, text: str, pos: int, final: bool, reader: CallReader) -> int:
        """Read lenient JSON; a literal of the format outside its strings ends it."""
        source = reader.source
        assert isinstance(source, FramedText)
        after = pos + len(source.machine.undecided)
        stop, word = self.boundaries.find(text, after, final)
        pos += reader.take(text[pos:stop])
        while word and self._is_open(reader):
            if not source.machine.ends_in_string():
                pos += reader.end_value(True)
                break
            after = stop + len(word)
            stop, word = self.boundaries.find(text, after, final)
            pos += reader.take(text[pos:stop])
        if final and self._is_open(reader):
            pos += reader.end_value(False)
        self.done = reader.whole
        self.broken = not (self.done or reader.listening)
        return pos

    def _is_open(self, reader: CallReader) -> bool:
        return reader.listening and not reader.whole

    def _begin(self, text: str, pos: int, final: bool) -> int:
        """Skip white space, then begin the value or free text, or close an empty call."""
        end = len(text)
        while pos < end and text[pos] in _SPACE:
            pos += 1
        if pos == end:
            return pos
        word = self.ahead.at(text, pos, final)
        if word == UNDECIDED:
            return pos
        if word in self.openers:
            self.refuse_unclosed()
            return pos
        is_value = text[pos] in _VALUES
        if not (word or is_value or self.spec.free_text):
            self.refused = True  # prose after a name
            return pos
        self.is_text = self.spec.free_text and not word and text[pos] != "{"
        if self.start_call("custom" if self.is_text else "function") is None:
            return pos
        if word in self.closers.words:
            self.done = True
        else:
            self.begun = True
        return pos

    def _text(self, text: str, pos: int, final: bool) -> int:
        """Read the free text of a custom tool, up to the closer."""
        stop, word = self.closers.find(text, pos, final)
        assert self.reader is not None
        longest = self.host.limits.string
        room = longest - self.length
        self.length += stop - pos
        if self.length > longest:
            self.reader.feed(text[pos : pos + room])
            message = f"a text is longer than {longest} characters"
            return self.fail(LimitError(message, code="string_length"), pos + room)
        self.reader.feed(text[pos:stop])
        self.done = bool(word)
        return stop
