"""The arguments of a call as JSON text, written from the argument events.

Front ends parse the text with `JSON.parse`. The text that the model wrote need not be JSON: a
lenient dialect repairs it.
"""

from __future__ import annotations

from streamparse._core.transcriber import emit_key
from streamparse._core.writer import Writer
from streamparse.message_events import ArgumentCompleted, ArgumentDelta, ArgumentStarted
from streamparse.paths import Path

__all__ = ["ArgumentText"]


class ArgumentText:
    """Writes argument events as compact JSON; each method returns the text that its event adds."""

    __slots__ = ("_writer",)

    def __init__(self) -> None:
        self._writer = Writer()

    def started(self, event: ArgumentStarted) -> str:
        """Write the start of a container or string, after its key in an object."""
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
        """Write more of the open string."""
        self._writer.text(event.text, 0)
        return self._writer.take()

    def completed(self, event: ArgumentCompleted) -> str:
        """Write a whole scalar, or the end of a string or container."""
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
            emit_key(path[-1], self._writer)
