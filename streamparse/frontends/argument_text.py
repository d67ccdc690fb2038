"""Arguments of a call as JSON text, from their events.

The text that a model wrote need not be JSON (a lenient dialect mends it), and front ends parse it
with `JSON.parse`.
"""

from __future__ import annotations

from streamparse._core.transcriber import tell_key
from streamparse._core.writer import Writer
from streamparse.message_events import ArgumentCompleted, ArgumentDelta, ArgumentStarted
from streamparse.paths import Path

__all__ = ["ArgumentText"]


class ArgumentText:
    """Each method gives the text that its event adds; together they are compact JSON."""

    __slots__ = ("_writer",)

    def __init__(self) -> None:
        self._writer = Writer()

    def started(self, event: ArgumentStarted) -> str:
        """A container or string begins, after its key in an object."""
        writer = self._writer
        self._key(event.path)
        if event.kind == "object":
            writer.start_object(0)
        elif event.kind == "array":
            writer.start_array(0)
        else:
            writer.start_string(0)
        return writer.take()

    def delta(self, event: ArgumentDelta) -> str:
        """More of the open string."""
        self._writer.text(event.text, 0)
        return self._writer.take()

    def completed(self, event: ArgumentCompleted) -> str:
        """A scalar as a whole; of anything else the end."""
        writer, value = self._writer, event.value
        if isinstance(value, str):
            writer.end_string(0)
        elif isinstance(value, (dict, list)):
            writer.end(0)
        else:
            self._key(event.path)
            writer.scalar(value, 0)
        return writer.take()

    def _key(self, path: Path) -> None:
        if path and isinstance(path[-1], str):
            tell_key(path[-1], self._writer)
