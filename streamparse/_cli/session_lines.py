"""Recorded sessions: JSON Lines with one message of the connection in each line."""

from __future__ import annotations

from typing import Final

from streamparse.message import Message
from streamparse.message_events import AnySessionEvent
from streamparse.session_parser import SessionParser, begins_session

__all__ = ["SessionLines", "is_session"]

_LONGEST: Final = 1 << 20  # bytes of a first line that is looked at


class SessionLines:
    """Feeds the lines of bytes to a `SessionParser`."""

    def __init__(self, parser: SessionParser) -> None:
        self._parser = parser
        self._line: list[bytes] = []  # the pieces of the line that is open

    @property
    def messages(self) -> list[Message]:
        """All answers so far."""
        return self._parser.messages

    def feed(self, fragment: bytes) -> list[AnySessionEvent]:
        """Read bytes cut anywhere; return the events of the lines that end in them."""
        *whole, rest = fragment.split(b"\n")
        events: list[AnySessionEvent] = []
        for line in whole:
            events += self._parser.feed(b"".join([*self._line, line]))
            self._line = []
        self._line.append(rest)
        return events

    def finish(self) -> list[AnySessionEvent]:
        """Read the last line and end the session."""
        line, self._line = b"".join(self._line), []
        return [*self._parser.feed(line), *self._parser.finish()]


def is_session(file: str) -> bool:
    """Return whether the first line of a file is a message that only sessions have."""
    try:
        with open(file, "rb") as stream:
            return begins_session(stream.readline(_LONGEST))
    except OSError:
        return False
