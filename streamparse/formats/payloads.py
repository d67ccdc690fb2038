"""The payloads of calls: one reader for each kind, all driven by the framing machine.

A reader takes text from where the payload begins and says how far it got. It decides when what it
reads is a call at all: it then asks its host for the call's `CallReader`. Whether JSON, XML-like
or literals, arguments reach the same chain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Final

from streamparse._answers.answer import TextReader
from streamparse._answers.arguments import taken_before
from streamparse._answers.calls import CallReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.chain import Chain
from streamparse._core.machine import Machine, MachineOptions
from streamparse._core.sink import Sink
from streamparse.aliases import CallKind
from streamparse.errors import FormatError, LimitError, StreamParseError
from streamparse.formats.bounds import Bounds
from streamparse.formats.literals import LiteralMachine, Opener
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.plan import CallPlan, Plan
from streamparse.formats.table import JsonArguments, JsonCall, Literals
from streamparse.limits import Limits

__all__ = ["ArgumentsPayload", "CallPayload", "Host", "LiteralPayload", "Payload"]

_SPACE: Final = " \t\n\r"
_VALUES: Final = '{["'  # JSON values that prose does not begin with, behind a name


class Host(TextReader):
    """What a payload may ask of the framing machine."""

    init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        #: Of what is read by itself and then becomes a member of the arguments.
        self.inner_limits: Limits = replace(limits, depth=max(limits.depth - 1, 0))

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

    init_types: ClassVar[tuple[Any, ...]] = (Host,)

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
        if reader is not None and reader.open:
            error.offset = len(reader.call.arguments_text)
            reader.refuse(error)


class ArgumentsPayload(Payload):
    """JSON arguments; their end is that of the JSON value."""

    init_types: ClassVar[tuple[Any, ...]] = (Host, JsonArguments, CallPlan, Plan)

    def __init__(self, host: Host, spec: JsonArguments, call: CallPlan, plan: Plan) -> None:
        super().__init__(host)
        self.spec = spec
        self.closers: Markers = call.close
        #: What may stand in the place of arguments.
        self.ahead: Markers = call.close if spec.free_text else plan.after_name(call)
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
        pos += reader.take(text[pos:] if pos else text)
        if reader.whole:
            self.done = True
        elif not reader.listening:
            self.broken = True
        return pos

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


# States of an object that holds a call.
_OPEN: Final = 0
_KEY: Final = 1  # a key, a comma or the end
_IN_KEY: Final = 2
_COLON: Final = 3
_VALUE: Final = 4
_IN_VALUE: Final = 5
_IN_ARGUMENTS: Final = 6


class CallPayload(Payload):
    """A JSON object with the call's name and arguments, in any order.

    Its punctuation is read here, every value by a machine that stops after it. Arguments that come
    before the name are held; what is neither is passed on.
    """

    init_types: ClassVar[tuple[Any, ...]] = (Host, JsonCall, bool)

    def __init__(self, host: Host, spec: JsonCall, sure: bool) -> None:
        super().__init__(host)
        self.spec = spec
        self.sure = sure
        self.state: int = _OPEN
        self.chain: Chain = Chain()
        self.machine: Machine = Machine(
            self.chain.head, MachineOptions(limits=host.limits, stop=True)
        )
        self.key: str = ""
        self.name: str | None = None
        self.identity: str | None = None
        self.others: list[tuple[str, Any]] = []  # fields that are not understood
        self.member: list[str] = []  # the text of a field that is not whole
        self.early: list[str] | None = None  # arguments that came before the call could begin
        self.decoded: bool = False  # the arguments are JSON text inside a JSON string
        self.seen: bool = False  # have arguments come?

    def feed(self, text: str, pos: int, final: bool) -> int:
        end = len(text)
        while pos < end and not (self.done or self.refused or self.broken):
            state = self.state
            start = pos
            if state == _IN_ARGUMENTS:
                pos = self._arguments(text, pos)
                continue
            if state in (_IN_KEY, _IN_VALUE):
                pos = self._inside(text, pos)
            elif text[pos] in _SPACE:
                pos += 1
            else:
                pos = self._token(text, pos)
            if self.state not in (_OPEN, _KEY, _IN_ARGUMENTS) and not self.broken:
                self.member.append(text[start:pos])
        return pos

    def _token(self, text: str, pos: int) -> int:
        char = text[pos]
        state = self.state
        if state == _OPEN and char == "{":
            self.state = _KEY
        elif state == _KEY and char == "}":
            return self._close(pos)
        elif state == _KEY and char == ",":
            pass
        elif state == _KEY and char == '"':
            self._restart(_IN_KEY)
            return pos
        elif state == _COLON and char == ":":
            self.state = _VALUE
        elif state == _VALUE:
            self._begin_value(char)
            return pos
        else:
            message = f"{char!r} cannot stand here in a call"
            return self.fail(FormatError(message, code="malformed_call"), pos)
        return pos + 1

    def _restart(self, state: int) -> None:
        """Read one value from here."""
        self.chain = Chain()
        options = MachineOptions(limits=self.host.limits, stop=True)
        self.machine = Machine(self.chain.head, options)
        self.state = state

    def _inside(self, text: str, pos: int) -> int:
        """A key, or a value that is not the arguments."""
        start = self.machine.offset
        try:
            pos += self.machine.feed(text[pos:])
        except StreamParseError as error:
            taken = taken_before(error, start, len(text) - pos)
            self.member.append(text[pos : pos + taken])
            return self.fail(_malformed(error), pos + taken)
        if self.machine.done:
            if self.state == _IN_KEY:
                self._end_key()
            else:
                self._end_value()
        return pos

    def _end_key(self) -> None:
        self.key = str(self.chain.value)
        self.state = _COLON
        spec = self.spec
        if spec.single_key:
            self.recognized = True
            if self.name is None:
                self.name = self.key
                self._begin()
            return
        known = (*spec.name_keys, *spec.argument_keys, *spec.id_keys, "type")
        self.recognized = self.recognized or self.key in known
        if not self.sure and self.reader is None and self.key not in known:
            self.refused = True  # an object, but none that calls anything

    def _begin_value(self, char: str) -> None:
        """A value begins with `char`: is it the arguments?"""
        spec = self.spec
        named = self.key == self.name if spec.single_key else self.key in spec.argument_keys
        if not named or self.seen or char not in '{"':
            self._restart(_IN_VALUE)
            return
        self.seen = True
        self.member = []
        self.decoded = char == '"'
        if self.reader is None:
            self._begin()
        if self.reader is None and not self.refused:
            self.early = []
        sink: Sink = _Decoder(self) if self.decoded else Sink()
        self.machine = Machine(sink, MachineOptions(limits=self.host.limits, stop=True))
        self.state = _IN_ARGUMENTS

    def _end_value(self) -> None:
        self.state = _KEY
        self.member = []
        value, spec = self.chain.value, self.spec
        if self.key in spec.name_keys and isinstance(value, str) and not spec.single_key:
            if self.name is None:
                self.name = value
            elif self.name != value:
                self.others.append((self.key, value))
            self._begin()
        elif self.key in spec.id_keys and isinstance(value, (str, int)):
            self.identity = str(value)
            if self.reader is not None:
                self.reader.set_id(self.identity)
        elif not self._says_nothing(value):
            self.others.append((self.key, value))

    def _says_nothing(self, value: Any) -> bool:
        """Is this field as good as left out?"""
        if self.key == "type":
            return bool(value == "function")
        return self.key in self.spec.argument_keys and value is None

    def _begin(self) -> None:
        """The name is known: is it enough to begin the call?"""
        if self.reader is not None or self.name is None or not (self.sure or self.seen):
            return
        self.reader = self.host.begin_named(self.name, self.identity)
        if self.reader is None:
            self.refused = True
        elif self.early is not None:
            early, self.early = self.early, None
            for piece in early:
                self.grow(piece)

    def _arguments(self, text: str, pos: int) -> int:
        reader = self.reader
        held = self.decoded or self.early is not None or self.machine.offset > 0
        if reader is not None and not held:
            pos += reader.take(text[pos:] if pos else text)
            if not reader.listening:
                self.broken = True
                self.give_up()
            elif reader.whole:
                self.state = _KEY
            return pos
        start = self.machine.offset
        try:
            taken = self.machine.feed(text[pos:])
        except StreamParseError as error:
            taken = taken_before(error, start, len(text) - pos)
            if not self.decoded:
                self.grow(text[pos : pos + taken])
            return self.fail(_malformed(error), pos + taken)
        if not self.decoded:
            self.grow(text[pos : pos + taken])
        if self.machine.done:
            self.state = _KEY
        return pos + taken

    def grow(self, text: str) -> None:
        """More of the arguments' JSON text."""
        if self.early is not None:
            self.early.append(text)
        elif self.reader is not None:
            taken = self.reader.take(text) if self.reader.listening else 0
            if taken < len(text):
                self.reader.feed(text[taken:])

    def _close(self, pos: int) -> int:
        if self.reader is None and not self.spec.single_key:
            self.seen = self.seen or self.sure
            self._begin()
        if self.reader is None:
            self.refused = True
            return pos
        self.give_up()
        self.done = True
        return pos + 1

    def give_up(self) -> None:
        for key, value in self.others:
            self.host.pass_on(f"tool_calls.{key}", value)
        self.others = []
        if self.member:
            self.host.pass_on("incomplete_field", {"text": "".join(self.member)})
            self.member = []


class _Decoder(Sink):
    """The text of a JSON string is the JSON text of the arguments."""

    init_types: ClassVar[tuple[Any, ...]] = (CallPayload,)

    def __init__(self, payload: CallPayload) -> None:
        super().__init__()
        self.payload = payload

    def text(self, text: str, offset: int) -> None:
        self.payload.grow(text)


class LiteralPayload(Payload):
    """Arguments as literals: `name="value", …)`. A call once its first name has its sign."""

    generates = True

    init_types: ClassVar[tuple[Any, ...]] = (Host, Literals)

    def __init__(self, host: Host, spec: Literals) -> None:
        super().__init__(host)
        self.machine: LiteralMachine = LiteralMachine(spec, _LiteralOpener(self), host.limits)

    def feed(self, text: str, pos: int, final: bool) -> int:
        failure: StreamParseError | None = None
        first = pos
        try:
            pos = self.machine.feed(text, pos, final)
        except StreamParseError as error:
            if error.code == "tool_calls":
                raise  # a limit of the answer, not of this call
            failure = error
            pos = max(error.offset, first)
        reader = self.reader
        if reader is None:
            self.refused = failure is not None
            return pos
        reader.emit()
        self.done = self.machine.done
        if failure is not None:
            self.refuse(failure)
        return pos


def _malformed(error: StreamParseError) -> StreamParseError:
    """What `error` in the JSON of a call makes of the call. A limit stays one."""
    if isinstance(error, LimitError):
        return LimitError(error.message, code=error.code)
    return FormatError(error.message, code="malformed_call")


class _LiteralOpener(Opener):
    init_types: ClassVar[tuple[Any, ...]] = (LiteralPayload,)

    def __init__(self, payload: LiteralPayload) -> None:
        self.payload = payload

    def open_sink(self) -> Sink:
        payload = self.payload
        reader = payload.start_call()
        if reader is None:
            raise FormatError("no call can begin here", code="malformed_call")
        sink = Bounds(reader.driver(), payload.host.limits)
        sink.start_object(0)
        return sink
