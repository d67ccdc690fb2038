"""The arguments of a call as JSON text, written from the argument events.

Front ends parse the text with `JSON.parse`. The text that the model wrote need not be JSON: a
lenient dialect repairs it.
"""

from __future__ import annotations

from streamparse._core.transcriber import emit_key
from streamparse._core.writer import Writer
from streamparse.errors import StreamParseError
from streamparse.message_events import ArgumentCompleted, ArgumentDelta, ArgumentStarted

__all__ = ["ArgumentText"]


class ArgumentText:
    """Writes argument events as compact JSON; each method returns the text that its event adds.

    All methods raise a `StreamParseError` with the code `"misplaced_value"` if an event is missing
    before this one.
    """

    __slots__ = ("_in_string", "_writer")

    def __init__(self) -> None:
        self._writer = Writer()
        self._in_string = False

    def started(self, event: ArgumentStarted) -> str:
        """Write the start of a container or string, after its key in an object."""
        writer = self._writer
        self._key(event)
        if event.kind == "object":
            writer.start_object(0)
        elif event.kind == "array":
            writer.start_array(0)
        else:
            writer.start_string(0)
            self._in_string = True
        return writer.take()

    def delta(self, event: ArgumentDelta) -> str:
        """Write more of the open string."""
        self._require(self._in_string, event)
        self._writer.text(event.text, 0)
        return self._writer.take()

    def completed(self, event: ArgumentCompleted) -> str:
        """Write a whole scalar, or the end of a string or container."""
        writer, value = self._writer, event.value
        if isinstance(value, str):
            self._require(self._in_string, event)
            writer.end_string(0)
            self._in_string = False
        elif isinstance(value, (dict, list)):
            fits = len(event.path) + 1 == len(writer.closers)
            closer = "}" if isinstance(value, dict) else "]"
            self._require(fits and not self._in_string and writer.closers[-1] == closer, event)
            writer.end(0)
        else:
            self._key(event)
            writer.scalar(value, 0)
        return writer.take()

    def _key(self, event: ArgumentStarted | ArgumentCompleted) -> None:
        """Write the key of a member, unless the value is an item or the root."""
        path = event.path
        self._require(not self._in_string and len(path) == len(self._writer.closers), event)
        if path and isinstance(path[-1], str):
            emit_key(path[-1], self._writer)

    def _require(
        self, fits: bool, event: ArgumentStarted | ArgumentDelta | ArgumentCompleted
    ) -> None:
        if not fits:
            text = f"an event of the arguments is missing before this {event.type!r}"
            raise StreamParseError(text, code="misplaced_value", path=event.path)
