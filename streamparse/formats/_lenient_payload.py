"""Calls written as a JSON object, read with the repairs that a dialect allows.

One lenient machine reads the whole object, because the meaning of the quotes and brackets of a
value depends on the text around it. The text of the arguments is forwarded to the reader of the
call, as in strict JSON.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader
from streamparse._core.chain import Chain
from streamparse._core.lenient import LenientMachine
from streamparse._core.machine import MachineOptions
from streamparse._core.sink import Sink
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError
from streamparse.formats._call_payload import CallPayload, malformed
from streamparse.formats._payloads import Host
from streamparse.formats.markers import Markers
from streamparse.formats.table import JsonCall

__all__ = ["LenientCallPayload"]

_SPACE: Final = " \t\n\r"

# The events of the listener.
_KEY: Final = 0
_VALUE: Final = 1
_ARGUMENTS: Final = 2  # the arguments begin; the data is whether they are JSON text in a string
_TEXT: Final = 3  # a delta of that JSON text
_ARGUMENTS_END: Final = 4
_REPAIR: Final = 5  # a repair outside the arguments

# Repairs that skip text, which is then part of no value.
_SKIPPING: Final = frozenset(("comment", "ellipsis", "unexpected_text", "wrapper"))


class LenientCallPayload(CallPayload):
    """Reads one call, which also ends at a literal outside the strings of the object."""

    _init_types: ClassVar[tuple[Any, ...]] = (
        Host,
        JsonCall(),
        bool,
        Dialect,
        Markers,
    )

    def __init__(
        self, host: Host, spec: JsonCall, sure: bool, dialect: Dialect, boundaries: Markers
    ) -> None:
        super().__init__(host, spec, sure)
        self.boundaries = boundaries
        self.heard: _Listener = _Listener(spec)
        self.lenient: LenientMachine = LenientMachine(
            self.heard, dialect, MachineOptions(limits=host.limits, stop=True)
        )
        self.begun: bool = False
        self.read: int = 0  # the offset up to which the text is decided
        self.sent: int = -1  # the offset of the next text of the open arguments, or -1
        self.unread: str = ""  # text of the arguments that their reader has not decided
        self.ended: bool = False  # whether the arguments are complete
        self.repairs: list[str] = []  # repairs that the call has not received yet
        self.outside: list[str] = []  # the text of the object without the arguments
        self.skips: bool = False  # whether a repair skipped a part of that text

    def feed(self, text: str, pos: int, final: bool) -> int:
        if not self.begun:
            while pos < len(text) and text[pos] in _SPACE:
                pos += 1
            if pos == len(text):
                return pos
            if text[pos] != "{":
                self.refused = True
                return pos
            self.begun = True
        machine = self.lenient
        given = machine.offset + len(machine.undecided) - self.read
        stop, word = self.boundaries.find(text, pos + given, final)
        pos = self._read(text, pos, stop)
        while word and not self._is_over():
            if not machine.ends_in_string():
                return self._end(text, pos, stop, True)
            after = stop + len(word)
            stop, word = self.boundaries.find(text, after, final)
            pos = self._read(text, pos, stop)
        if final and not self._is_over():
            pos = self._end(text, pos, len(text), False)
        return pos

    def _is_over(self) -> bool:
        return self.done or self.refused or self.broken

    def _read(self, text: str, pos: int, stop: int) -> int:
        """Feed the text up to `stop` to the machine.

        Returns:
            The position up to which the text is decided. The machine may have consumed more.
        """
        machine = self.lenient
        given = machine.offset + len(machine.undecided) - self.read
        new = text[pos + given : stop]
        failure: StreamParseError | None = None
        try:
            if new:
                machine.feed(new)
        except StreamParseError as error:
            failure = error
        return self._take(text[pos:stop], pos, failure)

    def _end(self, text: str, pos: int, stop: int, closed: bool) -> int:
        """End the text of the object at `stop`; `closed` is whether a literal ends it."""
        machine = self.lenient
        failure: StreamParseError | None = None
        try:
            if closed:
                machine.close()
            else:
                machine.settle()
        except StreamParseError as error:
            failure = error
        return self._take(text[pos:stop], pos, failure)

    def _take(self, text: str, pos: int, failure: StreamParseError | None) -> int:
        """Read the part of the text at `pos` that the machine has decided."""
        machine = self.lenient
        if failure is not None:
            decided = failure.offset
        elif machine.done:
            decided = machine.offset - len(machine.remainder)
        else:
            decided = machine.decided
        size = min(max(decided - self.read, 0), len(text))
        place = self._hear(text[:size], self.read)
        self.read += place
        if self._is_over():
            return pos + place
        if failure is not None:
            return self.fail(malformed(failure), pos + place)
        if machine.done:
            self._close(pos)
        return pos + place

    def _hear(self, text: str, start: int) -> int:
        """Process the events of `text`, which begins at the offset `start`.

        Returns:
            The number of characters read. It is less than all if the object is not a call.
        """
        heard, self.heard.found = self.heard.found, []
        outside = 0
        for kind, data, offset in heard:
            place = min(max(offset + 1 - start, 0), len(text))
            if kind == _KEY:
                self._take_key(data)
            elif kind == _VALUE:
                self.member = []
                self._take_member(data)
            elif kind == _ARGUMENTS:
                self.member = []
                self._begin_arguments(data)
                self.sent = offset
                self.outside.append(text[outside : max(offset - start, 0)])
            elif kind == _TEXT:
                self.grow(data)
            elif kind == _ARGUMENTS_END:
                self._forward(text[:place], start)
                self.sent = -1
                self._end_arguments()
                outside = place
            else:
                self.repairs.append(data)
                self.skips = self.skips or data in _SKIPPING
                self._note_repairs()
            if self.refused:
                return place
        if self.sent < 0:
            self.outside.append(text[outside:])
        self._forward(text, start)
        self._keep_member(text, start)
        return len(text)

    def _forward(self, text: str, start: int) -> None:
        """Forward text of the arguments."""
        if self.sent < 0 or self.decoded:
            return
        piece = text[max(self.sent - start, 0) :]
        self.sent = start + len(text)
        self.grow(piece)

    def _keep_member(self, text: str, start: int) -> None:
        """Keep the text of an incomplete field."""
        begun = self.heard.begun
        if begun < 0:
            self.member = []
        else:
            self.member.append(text[max(begun - start, 0) :])

    def _begin_arguments(self, decoded: bool) -> None:
        self.seen = True
        self.decoded = decoded
        if self.reader is None:
            self._begin()
        if self.reader is None and not self.refused:
            self.early = []

    def _end_arguments(self) -> None:
        self.ended = True
        reader = self.reader
        if reader is not None:
            self._end_reading(reader, True)

    def _end_reading(self, reader: CallReader, closed: bool) -> None:
        taken = reader.end_value(closed)
        rest, self.unread = self.unread[taken:], ""
        reader.feed(rest)

    def give_up(self) -> None:
        reader = self.reader
        if reader is not None and self.unread:
            self._end_reading(reader, False)
        if self.skips:
            self.skips = False
            self.host.pass_on("repaired_call", {"text": "".join(self.outside)})
        super().give_up()

    def _begin(self) -> None:
        early = self.early
        super()._begin()
        if early is not None and self.early is None and self.ended:
            self._end_arguments()
        self._note_repairs()

    def grow(self, text: str) -> None:
        reader = self.reader
        if self.early is not None:
            self.early.append(text)
        elif reader is not None:
            text = self.unread + text
            taken = reader.take(text) if reader.listening else 0
            if reader.whole or not reader.listening:
                self.unread = ""
                if taken < len(text):
                    reader.feed(text[taken:])
            else:
                self.unread = text[taken:]

    def _note_repairs(self) -> None:
        reader: CallReader | None = self.reader
        if reader is not None and self.repairs:
            for code in self.repairs:
                reader.note_repair(code)
            self.repairs = []


class _Listener(Sink):
    """Records the members of the object of a call.

    `found` has the recorded events, each with its data and offset.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (JsonCall(),)

    def __init__(self, spec: JsonCall) -> None:
        super().__init__()
        self.spec = spec
        self.found: list[tuple[int, Any, int]] = []
        self.depth: int = 0
        self.key: list[str] = []  # the key of the current member of the object
        self.keys: int = 0  # the number of members read
        self.first: str = ""  # the key of the first member
        self.begun: int = -1  # the offset of the current member, or -1
        self.seen: bool = False  # whether the arguments have begun
        self.inside: bool = False  # whether the machine is in the arguments
        self.chain: Chain = Chain()  # builds the value of another member

    def _begin_value(self, is_text: bool, is_container: bool, offset: int) -> None:
        """Begin the value of a member: the arguments or another value."""
        if self.depth != 1:
            return
        key = "".join(self.key)
        spec = self.spec
        named = key == self.first if spec.single_key else key in spec.argument_keys
        if named and not self.seen and (is_text or is_container):
            self.seen = self.inside = True
            self.begun = -1
            self.found.append((_ARGUMENTS, is_text, offset))
        else:
            self.chain = Chain()

    def _end_value(self, offset: int) -> None:
        """End a value."""
        if self.depth != 1:
            return
        if self.inside:
            self.inside = False
            self.found.append((_ARGUMENTS_END, None, offset))
        else:
            self.begun = -1
            self.found.append((_VALUE, self.chain.value, offset))

    def start_object(self, offset: int) -> None:
        self._begin_value(False, True, offset)
        if self.depth and not self.inside:
            self.chain.head.start_object(offset)
        self.depth += 1

    def start_array(self, offset: int) -> None:
        self._begin_value(False, False, offset)
        if self.depth and not self.inside:
            self.chain.head.start_array(offset)
        self.depth += 1

    def start_string(self, offset: int) -> None:
        self._begin_value(True, False, offset)
        if not self.inside:
            self.chain.head.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        self._begin_value(False, False, offset)
        if not self.inside:
            self.chain.head.start_scalar(kind, offset)

    def start_key(self, offset: int) -> None:
        if self.depth == 1:
            self.key = []
            self.begun = offset
        elif not self.inside:
            self.chain.head.start_key(offset)

    def key_text(self, text: str, offset: int) -> None:
        if self.depth == 1:
            self.key.append(text)
        elif not self.inside:
            self.chain.head.key_text(text, offset)

    def end_key(self, offset: int) -> None:
        if self.depth == 1:
            key = "".join(self.key)
            self.keys += 1
            if self.keys == 1:
                self.first = key
            self.found.append((_KEY, key, offset))
        elif not self.inside:
            self.chain.head.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        if not self.inside:
            self.chain.head.text(text, offset)
        elif self.depth == 1:
            self.found.append((_TEXT, text, offset))

    def end_string(self, offset: int) -> None:
        if not self.inside:
            self.chain.head.end_string(offset)
        self._end_value(offset)

    def scalar(self, value: object, offset: int) -> None:
        if not self.inside:
            self.chain.head.scalar(value, offset)
        self._end_value(offset)

    def end(self, offset: int) -> None:
        self.depth -= 1
        if self.depth and not self.inside:
            self.chain.head.end(offset)
        self._end_value(offset)

    def repair(self, code: str, offset: int, item: bool) -> None:
        if not self.inside:
            self.found.append((_REPAIR, code, offset))
