"""The base of payloads whose arguments have no JSON text: what is understood of them is told.

A subclass says how one step goes; here are the loop, its events, and what a limit ends.
"""

from __future__ import annotations

from streamparse.errors import LimitError
from streamparse.formats.bounds import Bounds
from streamparse.formats.payloads import Host, Payload

__all__ = ["GeneratedPayload"]


class GeneratedPayload(Payload):
    """Reads one call's arguments step by step; the call's own closer is left to the host."""

    generates = True

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.reached: int = 0  # how far what is beyond a limit was read
        self.bounds: Bounds | None = None

    def begin(self) -> None:
        reader = self.start_call()
        if reader is not None:
            self.bounds = Bounds(reader.driver(), self.host.limits)
            try:
                self.bounds.start_object(0)
            except LimitError as error:
                reader.emit()
                self.refuse(error)
            else:
                reader.emit()

    def feed(self, text: str, pos: int, final: bool) -> int:
        reader = self.reader
        assert reader is not None
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
        reader.emit()
        return pos

    def step(self, text: str, pos: int, final: bool) -> int:
        """One step; the new place, or -1: more text must come."""
        raise NotImplementedError

    def driver(self) -> Bounds:
        """What is told the arguments."""
        assert self.bounds is not None
        return self.bounds

    def unexpected(self, message: str = "text stands between the parameters") -> None:
        """Something here is not understood; what was understood before it is said first."""
        reader = self.reader
        assert reader is not None
        reader.emit()
        reader.note_anomaly("unexpected_text", message)
