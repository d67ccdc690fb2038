"""The base of payloads whose arguments have no JSON text: events are generated from the syntax.

A subclass implements one step. This module has the loop, its events and the handling of limits.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader
from streamparse._core.transcriber import emit_value
from streamparse.aliases import CallKind
from streamparse.errors import FormatError, LimitError
from streamparse.formats._payloads import Host, Payload
from streamparse.formats.bounds import Bounds
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.plan import Plan

__all__ = ["GeneratedPayload"]

_SPACE: Final = re.compile(r"\s*")
_TAG: Final = re.compile(r"</?[^\W\d]|<[|｜]")  # a parameter in the syntax of another format


class GeneratedPayload(Payload):
    """Reads the arguments of one call step by step; the host reads the closer of the call.

    The text directly after the name decides whether this is a call: `ahead` has the literals that
    may follow a name.
    """

    generates = True

    _init_types: ClassVar[tuple[Any, ...]] = (Host, Markers, Plan)

    def __init__(self, host: Host, ahead: Markers, plan: Plan) -> None:
        super().__init__(host)
        self.ahead = ahead
        self.openers: dict[str, Any] = plan.openers
        self.reached: int = 0  # the position that `feed` returns if a limit is exceeded
        self.bounds: Bounds | None = None

    def begin(self) -> None:
        self.pending = True

    def start_call(self, kind: CallKind = "function") -> CallReader | None:
        """Begin the call and the object of its arguments."""
        if self.reader is not None:
            return self.reader
        reader = super().start_call(kind)
        if reader is not None:
            self.bounds = Bounds(reader.driver(), self.host.limits)
            try:
                self.bounds.start_object(0)
            except LimitError as error:
                reader.emit()
                self.refuse(error)
            else:
                reader.emit()
        return reader

    def end_empty(self) -> None:
        reader = self.start_call()
        if reader is not None and not self.broken:
            self.driver().end(0)
            reader.emit()
            self.done = self.is_closed = True

    def feed(self, text: str, pos: int, final: bool) -> int:
        if self.reader is None:
            pos = self._begin(text, pos, final)
        reader = self.reader
        if reader is None:
            return pos
        try:
            while pos < len(text) and not (self.done or self.broken):
                new = self.step(text, pos, final)
                if new < 0:
                    break
                pos = new
        except LimitError as error:
            reader.emit()
            self.refuse(error)
            return self.reached
        if not self.broken:
            reader.emit()
        return pos

    def _begin(self, text: str, pos: int, final: bool) -> int:
        """Skip white space, then decide from the next text whether this is a call."""
        found = _SPACE.match(text, pos)
        assert found is not None
        pos = found.end()
        if pos == len(text):
            return pos
        word = self.ahead.at(text, pos, final)
        is_undecided = word == UNDECIDED or (text[pos] == "<" and pos + 1 == len(text))
        if is_undecided and not final:
            return pos
        if word in self.openers:
            self.refuse_unclosed()
        elif word:
            self.start_call()
        elif text[pos] == "{":
            self.is_json = True
        elif _TAG.match(text, pos):
            if self.start_call() is None:
                return pos
            if self.ahead.undecided(text, pos) == pos:
                return len(text)  # the end of the input cut a marker
            self.misread()
        else:
            self.refused = True  # prose follows the name
        return pos

    def misread(self) -> None:
        """Reject the call, because text that may be an argument cannot be parsed."""
        assert self.reader is not None
        self.reader.emit()
        message = "a parameter of the call is not understood"
        self.refuse(FormatError(message, code="malformed_call"))

    def step(self, text: str, pos: int, final: bool) -> int:
        """Read one step and return the new position, or -1 if more text is needed."""
        raise NotImplementedError

    def driver(self) -> Bounds:
        """Return the sink that receives the arguments."""
        assert self.bounds is not None
        return self.bounds

    def emit_text(self, text: str) -> None:
        """Emit more of an open string immediately."""
        assert self.reader is not None
        self.reader.grow_string(text)

    def emit_value(self, value: Any) -> None:
        """Emit a value and note the repairs of its JSON."""
        repairs = self.host.inner.take_repairs()
        if repairs:
            assert self.reader is not None
            self.reader.emit()
            for code in repairs:
                self.reader.note_repair(code, True)
        emit_value(value, self.driver())

    def unexpected(self, message: str = "text between the parameters") -> None:
        """Note an anomaly for unexpected text, after emitting everything before it."""
        reader = self.reader
        assert reader is not None
        reader.emit()
        reader.note_anomaly("unexpected_text", message)
