"""Calls whose arguments are literals of a programming language."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.sink import Sink
from streamparse.errors import FormatError, StreamParseError
from streamparse.formats._literals import LiteralMachine, Opener
from streamparse.formats._payloads import Host, Payload
from streamparse.formats.bounds import Bounds
from streamparse.formats.markers import Markers
from streamparse.formats.table import Literals

__all__ = ["LiteralPayload"]


class LiteralPayload(Payload):
    """Reads arguments as literals: `name="value", …)`.

    The call begins once the assignment sign after the first name has been read.
    """

    generates = True

    _init_types: ClassVar[tuple[Any, ...]] = (Host, Literals, Markers)

    def __init__(self, host: Host, spec: Literals, ends_of_turn: Markers) -> None:
        super().__init__(host)
        self.ends_of_turn = ends_of_turn
        self.machine: LiteralMachine = LiteralMachine(spec, _LiteralOpener(self), host.limits)

    def takes_plain(self, text: str) -> bool:
        if self.reader is None or self.ends_of_turn.may_begin_in(text):
            return False
        if not self.machine.counts_plain(text):
            return False
        self.emit_text(text)
        return True

    def emit_text(self, text: str) -> None:
        """Append text to the open string and emit it."""
        assert self.reader is not None
        self.reader.grow_string(text)

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


class _LiteralOpener(Opener):
    _init_types: ClassVar[tuple[Any, ...]] = (LiteralPayload,)

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
