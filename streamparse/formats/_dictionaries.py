"""Calls written as Python dictionaries: `{'name': 'find', 'arguments': {'city': "Rome"}}`."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._core.chain import Chain
from streamparse._core.sink import NOTHING, Sink
from streamparse._core.transcriber import emit_value
from streamparse.errors import FormatError
from streamparse.formats._literal_payload import LiteralPayload
from streamparse.formats._literals import LiteralMachine, Opener
from streamparse.formats._payloads import Host
from streamparse.formats.bounds import Bounds
from streamparse.formats.markers import Markers
from streamparse.formats.table import JsonCall, Literals
from streamparse.formats.values import Reading, read_json

__all__ = ["DictionaryPayload"]

_STYLE: Final = Literals(close="}", assign=":")


class DictionaryPayload(LiteralPayload):
    """Reads a dictionary with the name and arguments of the call, in any order.

    Arguments that come before the name are held. Other members are passed on.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Host, JsonCall(), Markers)

    def __init__(self, host: Host, spec: JsonCall, ends_of_turn: Markers) -> None:
        super().__init__(host, _STYLE, ends_of_turn)
        self.call_spec: JsonCall = spec
        self.machine = LiteralMachine(_STYLE, _DictionaryOpener(self), host.limits)
        self.open: bool = False  # whether the opening brace has been read
        self.name: str = ""
        self.identity: str | None = None
        self.arguments: Any = NOTHING  # arguments held until the name is known
        self.seen: bool = False  # whether the arguments have begun
        self.others: list[tuple[str, Any]] = []

    def feed(self, text: str, pos: int, final: bool) -> int:
        if not self.open:
            self.open = True
            pos += 1
        pos = super().feed(text, pos, final)
        self.refused = self.refused or (self.machine.done and self.reader is None)
        return pos

    def give_up(self) -> None:
        for key, value in self.others:
            self.host.pass_on(f"tool_calls.{key}", value)
        self.others = []

    def sink_for(self, key: str, is_object: bool) -> Sink | None:
        """Return the sink for the value of this member, or None if the value is kept."""
        spec = self.call_spec
        known = (*spec.name_keys, *spec.argument_keys, *spec.id_keys)
        self.recognized = self.recognized or key in known
        if key not in spec.argument_keys or not is_object or self.seen or not self.name:
            return None
        self.seen = True
        return self.arguments_sink()

    def emit_text(self, text: str) -> None:
        self.machine.sink.text(text, 0)
        assert self.reader is not None
        self.reader.emit()

    def arguments_sink(self) -> Sink:
        """Begin the call and return the sink for its arguments."""
        if self.reader is None:
            self.reader = self.host.begin_named(self.name, self.identity)
        if self.reader is None:
            raise FormatError("no call can begin here", code="malformed_call", offset=-1)
        return Bounds(self.reader.driver(), self.host.limits)

    def keep(self, key: str, value: Any) -> None:
        """Process a complete member."""
        spec = self.call_spec
        if key in spec.name_keys and isinstance(value, str) and not self.name:
            self.name = value
            self.arguments_sink()
            self._emit_arguments()
        elif key in spec.id_keys and isinstance(value, (str, int)):
            self.identity = str(value)
            if self.reader is not None:
                self.reader.set_id(self.identity)
        elif key in spec.argument_keys and not self.seen and isinstance(value, (str, dict)):
            self.arguments = value
            self._emit_arguments()
        elif value is not None or key not in spec.argument_keys:
            self.others.append((key, value))

    def _emit_arguments(self) -> None:
        """Emit the arguments that were held. They may be JSON in a string."""
        value = self.arguments
        if value is NOTHING or not self.name:
            return
        self.arguments, self.seen = NOTHING, True
        if isinstance(value, str):
            value = read_json(value, Reading(self.host.limits))
        if not isinstance(value, dict):
            raise FormatError("the arguments are not an object", code="malformed_call", offset=-1)
        emit_value(value, self.arguments_sink())

    def end_dictionary(self) -> None:
        """End the dictionary."""
        if self.name and not self.seen:
            emit_value({}, self.arguments_sink())
        self.give_up()


class _DictionaryOpener(Opener):
    _init_types: ClassVar[tuple[Any, ...]] = (DictionaryPayload,)

    def __init__(self, payload: DictionaryPayload) -> None:
        self.payload = payload

    def open_sink(self) -> Sink:
        return _Members(self.payload)


class _Members(Sink):
    """Routes the value of each member of the dictionary."""

    _init_types: ClassVar[tuple[Any, ...]] = (DictionaryPayload,)

    def __init__(self, payload: DictionaryPayload) -> None:
        super().__init__()
        self.payload = payload
        self.key: str = ""
        self.depth: int = 0  # the number of open containers in the member
        self.chain: Chain | None = None  # builds a value that is kept
        self.inner: Sink = Sink()

    def start_object(self, offset: int) -> None:
        self._begin(True)
        self.depth += 1
        self.inner.start_object(offset)

    def start_array(self, offset: int) -> None:
        self._begin(False)
        self.depth += 1
        self.inner.start_array(offset)

    def start_string(self, offset: int) -> None:
        self._begin(False)
        self.inner.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        self._begin(False)
        self.inner.start_scalar(kind, offset)

    def start_key(self, offset: int) -> None:
        if self.depth:
            self.inner.start_key(offset)
        else:
            self.key = ""

    def key_text(self, text: str, offset: int) -> None:
        if self.depth:
            self.inner.key_text(text, offset)
        else:
            self.key += text

    def end_key(self, offset: int) -> None:
        if self.depth:
            self.inner.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        self.inner.text(text, offset)

    def end_string(self, offset: int) -> None:
        self.inner.end_string(offset)
        self._end()

    def scalar(self, value: object, offset: int) -> None:
        self.inner.scalar(value, offset)
        self._end()

    def end(self, offset: int) -> None:
        if not self.depth:
            self.payload.end_dictionary()
            return
        self.depth -= 1
        self.inner.end(offset)
        self._end()

    def _begin(self, is_object: bool) -> None:
        """Begin a value; choose the sink if it is the value of a member."""
        if self.depth:
            return
        sink = self.payload.sink_for(self.key, is_object)
        if sink is not None:
            self.chain, self.inner = None, sink
            return
        self.chain = Chain()
        self.inner = Bounds(self.chain.head, self.payload.host.limits)

    def _end(self) -> None:
        """End a value; keep it if it is a member's and was not streamed."""
        if not self.depth and self.chain is not None:
            value, self.chain = self.chain.value, None
            self.payload.keep(self.key, value)
