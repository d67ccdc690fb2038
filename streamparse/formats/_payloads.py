"""The payloads of calls: one reader for each kind, all driven by the framing machine.

A reader takes text from where the payload begins and says how far it got. It decides when what it
reads is a call at all: it then asks its host for the call's `CallReader`. Whether JSON, XML-like
or literals, arguments reach the same chain.
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
_VALUES: Final = '{["'  # JSON values that prose does not begin with, behind a name


class Host(TextReader):
    """What a payload may ask of the framing machine."""

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, dialect: Dialect | None = None) -> None:
        self.limits = limits
        #: The repairs that are allowed in JSON; None is strict.
        self.dialect = dialect
        #: How text is read that becomes a member of the arguments.
        self.inner: Reading = Reading(replace(limits, depth=max(limits.depth - 1, 0)), dialect)

    def begin_call(self, kind: CallKind = "function") -> CallReader | None:
        """It is a call, of the name in the header. None: it is none."""
        raise NotImplementedError

    def begin_named(self, name: str, identity: str | None) -> CallReader | None:
        """It is a call of this name. None: it is none."""
        raise NotImplementedError

    def pass_on(self, name: str, data: Any) -> None:
        """Something in the call that is not understood."""
        raise NotImplementedError

    def schema_of(self, name: str) -> Any:
        """The JSON Schema of the arguments of this tool, None if it is not known."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Payload:
    """Reads one payload.

    `done`: it is whole. `is_closed`: so is the call. `refused`: it is none, and no call has begun.
    `broken`: the call has begun and cannot go on. `pending`: the name is known, and only white
    space has come behind it. `is_json`: what comes behind it is JSON, which this does not read.
    `generates`: the arguments have no JSON text of their own.
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
        self.recognized: bool = False  # it looks like a call, whose name has not come yet
        self.early_source: str = ""  # what was read before the call began

    def begin(self) -> None:
        """The header of the call is whole."""

    def end_empty(self) -> None:
        """The call has ended with its header: it has no arguments."""
        self.start_call()
        self.done = self.is_closed = not self.refused

    def feed(self, text: str, pos: int, final: bool) -> int:
        """Read on from `pos`; the place it got to. What follows is undecided, or another's."""
        raise NotImplementedError

    def takes_plain(self, text: str) -> bool:
        """Take text that is certainly the inside of a string: the most frequent kind.

        Returns:
            Whether it was; else nothing was taken, and `feed` reads the text.
        """
        return False

    def give_up(self) -> None:
        """Its end will not come: what of a call was read and not yet said goes out."""

    def start_call(self, kind: CallKind = "function") -> CallReader | None:
        """It is a call of the name in the header."""
        if self.reader is None:
            self.reader = self.host.begin_call(kind)
            self.refused = self.reader is None
            self.pending = False
        return self.reader

    def fail(self, error: StreamParseError, pos: int) -> int:
        """The text at `pos` breaks the payload."""
        reader = self.reader
        if reader is None:
            self.refused = True
            return pos
        self.give_up()
        self.refuse(error)
        return pos

    def refuse_unclosed(self) -> None:
        """Another call begins where the arguments of this one should: it is one without an end."""
        if self.start_call() is not None:
            message = "the call has neither arguments nor an end"
            self.is_closed = True
            self.refuse(FormatError(message, code="malformed_call"))

    def refuse(self, error: StreamParseError) -> None:
        """The call is broken by `error`, whose place is where the arguments' text ends."""
        self.broken = True
        reader = self.reader
        if reader is not None and reader.listening:
            error.offset = len(reader.call.arguments_text)
            reader.refuse(error)


class ArgumentsPayload(Payload):
    """JSON arguments; their end is that of the JSON value."""

    _init_types: ClassVar[tuple[Any, ...]] = (Host, JsonArguments, CallPlan, Plan)

    def __init__(self, host: Host, spec: JsonArguments, call: CallPlan, plan: Plan) -> None:
        super().__init__(host)
        self.spec = spec
        self.closers: Markers = call.close
        #: What may stand in the place of arguments.
        self.ahead: Markers = call.close if spec.free_text else plan.after_name(call)
        #: What ends lenient JSON.
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
        """Lenient JSON; a literal of the format outside its strings ends it."""
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
        """White space, then the value, free text, or the closer of a call without arguments."""
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
            self.refused = True  # prose behind a name
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
        """The free text of a custom tool, up to the closer."""
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
