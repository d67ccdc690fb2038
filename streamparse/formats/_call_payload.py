"""Calls written as a JSON object that contains the name and the arguments."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.arguments import taken_before
from streamparse._core.chain import Chain
from streamparse._core.machine import Machine, MachineOptions
from streamparse._core.sink import Sink
from streamparse.errors import FormatError, LimitError, StreamParseError
from streamparse.formats._payloads import Host, Payload
from streamparse.formats.table import JsonCall

__all__ = ["CallPayload", "malformed"]

_SPACE: Final = " \t\n\r"

# States of the object that contains a call.
_OPEN: Final = 0
_KEY: Final = 1  # expects a key, a comma or the closing brace
_IN_KEY: Final = 2
_COLON: Final = 3
_VALUE: Final = 4
_IN_VALUE: Final = 5
_IN_ARGUMENTS: Final = 6


class CallPayload(Payload):
    """Reads a JSON object with the name and arguments of the call, in any order.

    This class reads the punctuation; a machine reads each value and stops after it. Arguments that
    come before the name are held. Other members are passed on.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Host, JsonCall, bool)

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
        self.others: list[tuple[str, Any]] = []  # unknown fields
        self.member: list[str] = []  # the text of an incomplete field
        self.early: list[str] | None = None  # arguments that arrived before the start of the call
        self.decoded: bool = False  # the arguments are JSON text inside a JSON string
        self.seen: bool = False  # whether the arguments have begun

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
            message = f"{char!r} is not allowed here in a call"
            return self.fail(FormatError(message, code="malformed_call"), pos)
        return pos + 1

    def _restart(self, state: int) -> None:
        """Start a new machine for one value."""
        self.chain = Chain()
        options = MachineOptions(limits=self.host.limits, stop=True)
        self.machine = Machine(self.chain.head, options)
        self.state = state

    def _inside(self, text: str, pos: int) -> int:
        """Read a key, or a value other than the arguments."""
        start = self.machine.offset
        try:
            pos += self.machine.feed(text[pos:])
        except StreamParseError as error:
            taken = taken_before(error, start, len(text) - pos)
            self.member.append(text[pos : pos + taken])
            return self.fail(malformed(error), pos + taken)
        if self.machine.done:
            if self.state == _IN_KEY:
                self._end_key()
            else:
                self._end_value()
        return pos

    def _end_key(self) -> None:
        self.state = _COLON
        self._take_key(str(self.chain.value))

    def _take_key(self, key: str) -> None:
        """Process the key of the next member."""
        self.key = key
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
            self.refused = True  # the object is not a call

    def _begin_value(self, char: str) -> None:
        """Begin the value that starts with `char`: the arguments or another member."""
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
        self._take_member(self.chain.value)

    def _take_member(self, value: Any) -> None:
        """Process the value of `key`, which is not the arguments."""
        spec = self.spec
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
        elif not self._is_without_effect(value):
            self.others.append((self.key, value))

    def _is_without_effect(self, value: Any) -> bool:
        """Return whether this field has no effect."""
        if self.key == "type":
            return bool(value == "function")
        return self.key in self.spec.argument_keys and value is None

    def _begin(self) -> None:
        """Begin the call if enough of it is known."""
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
            return self.fail(malformed(error), pos + taken)
        if not self.decoded:
            self.grow(text[pos : pos + taken])
        if self.machine.done:
            self.state = _KEY
        return pos + taken

    def grow(self, text: str) -> None:
        """Append text to the JSON text of the arguments."""
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
    """Forwards the text of a JSON string as the JSON text of the arguments."""

    _init_types: ClassVar[tuple[Any, ...]] = (CallPayload,)

    def __init__(self, payload: CallPayload) -> None:
        super().__init__()
        self.payload = payload

    def text(self, text: str, offset: int) -> None:
        self.payload.grow(text)


def malformed(error: StreamParseError) -> StreamParseError:
    """Return the error of a call whose JSON raised `error`. A `LimitError` keeps its code."""
    if isinstance(error, LimitError):
        return LimitError(error.message, code=error.code)
    return FormatError(error.message, code="malformed_call")
