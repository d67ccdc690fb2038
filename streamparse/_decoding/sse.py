"""Decodes server-sent events from bytes or text, in fragments of any size.

It follows the WHATWG HTML Standard, section 9.2.6 "Interpreting an event stream"
(https://html.spec.whatwg.org/multipage/server-sent-events.html). One option decides about a last
event that is not ended by a blank line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

from streamparse._core._marks import mypyc_attr
from streamparse._core.text import Utf8Replacer, as_bytes
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits

if TYPE_CHECKING:
    from mypy_extensions import i64

__all__ = ["SSEDecoder", "ServerSentEvent"]

_DEFAULT_LIMITS: Final = Limits()
_BOM: Final = "\ufeff"
_BLOCK: Final = 512  # the number of pieces of an unfinished line that are joined into one block
_EXCERPT: Final = 40  # the number of characters of context in an error
_RETRY_DIGITS: Final = 20  # the most digits of a `retry` that is not ignored


@mypyc_attr(acyclic=True)
class ServerSentEvent:
    """One event of a stream.

    Attributes:
        event: The type; `"message"` if the stream names none.
        data: The lines of data, joined by line feeds.
        id: The last event id at the time of the event, which an earlier event may have set; `""` if
            none.
        retry: The reconnection time in milliseconds that this event sets, or `None`.

    >>> SSEDecoder().feed("event: ping\\ndata: {}\\n\\n")
    [ServerSentEvent(event='ping', data='{}', id='', retry=None)]
    """

    __slots__ = ("data", "event", "id", "retry")

    __match_args__: ClassVar = ("event", "data", "id", "retry")
    type: ClassVar[str] = "server_sent_event"

    def __init__(
        self, event: str = "message", data: str = "", id: str = "", retry: int | None = None
    ) -> None:
        self.event: str = event
        self.data: str = data
        self.id: str = id
        self.retry: int | None = retry

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerSentEvent):
            return NotImplemented
        same = self.event == other.event and self.data == other.data
        return same and self.id == other.id and self.retry == other.retry

    def __repr__(self) -> str:
        own = f"event={self.event!r}, data={self.data!r}, id={self.id!r}, retry={self.retry!r}"
        return f"ServerSentEvent({own})"

    def __reduce__(self) -> tuple[Any, ...]:
        return ServerSentEvent, (self.event, self.data, self.id, self.retry)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: `type`, `event`, `data`, `id`, `retry`."""
        return {
            "type": self.type,
            "event": self.event,
            "data": self.data,
            "id": self.id,
            "retry": self.retry,
        }


class SSEDecoder:
    """Decodes a stream of server-sent events (WHATWG) while it arrives.

    The input is text or bytes in fragments of any size. `feed` returns an event when the blank line
    after it arrives. Bytes that are not UTF-8 become U+FFFD, one leading byte order mark is
    ignored, and lines end with CR, LF or CRLF. A `retry` of more than 20 digits is ignored.

    An event that exceeds `Limits.record` raises `LimitError(code="record_length")`. After a failure
    all later calls raise a copy of it without events.

    Args:
        unterminated: What `finish` does with an event that no blank line ends: `"discard"` drops it
            as the standard requires, `"dispatch"` returns it, because some proxies cut the last
            blank line.
        limits: `Limits.record` bounds the characters of one event, including comments, field names
            and line ends.

    Raises:
        ValueError: `unterminated` is another word.
        TypeError: `limits` is not a `Limits`.

    >>> decoder = SSEDecoder()
    >>> decoder.feed(b"id: 7\\r\\ndata: first\\r")
    []
    >>> decoder.feed(b"\\n\\r\\n: a comment")
    [ServerSentEvent(event='message', data='first', id='7', retry=None)]
    >>> decoder.last_event_id
    '7'
    """

    __slots__ = (
        "_after_cr",
        "_blocks",
        "_bytes",
        "_data",
        "_data_start",
        "_event",
        "_events",
        "_failure",
        "_finished",
        "_id",
        "_last_id",
        "_limit",
        "_line",
        "_line_start",
        "_offset",
        "_own_retry",
        "_parts",
        "_record_start",
        "_retry",
        "_takes_text",
        "_unterminated",
        "places",
    )

    def __init__(self, unterminated: str = "discard", limits: Limits = _DEFAULT_LIMITS) -> None:
        if unterminated not in ("discard", "dispatch"):
            raise ValueError(f"unterminated must be 'discard' or 'dispatch', not {unterminated!r}")
        if not isinstance(limits, Limits):
            raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
        self._unterminated: bool = unterminated == "dispatch"
        self._limit: i64 = limits.record
        #: The offset, line and column of the data of each event that the last call returned.
        self.places: list[tuple[int, int, int]] = []
        self._events: list[ServerSentEvent] = []
        self._bytes: Utf8Replacer | None = None
        self._takes_text: bool = False
        self._finished: bool = False
        self._failure: StreamParseError | None = None
        # The current position, in characters. As in all errors, only line feeds end a line.
        self._offset: i64 = 0
        self._record_start: i64 = 0
        self._line: i64 = 1
        self._line_start: i64 = 0
        self._after_cr: bool = False  # whether a line feed would be the second half of a CRLF
        # The unfinished line, in pieces; the pieces of a long line are joined into blocks.
        self._blocks: list[str] = []
        self._parts: list[str] = []
        # The buffers of the standard.
        self._data: list[str] = []
        self._event: str = ""
        self._id: str = ""
        self._last_id: str = ""
        self._retry: int | None = None
        self._own_retry: int | None = None
        self._data_start: tuple[int, int, int] = (0, 1, 1)

    @property
    def last_event_id(self) -> str:
        """The `Last-Event-ID` that a client sends when it reconnects; `""` if there is none."""
        return self._last_id

    @property
    def retry(self) -> int | None:
        """The reconnection time in milliseconds that the stream set last."""
        return self._retry

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[ServerSentEvent]:
        """Decode a fragment, which may be empty; return the events that it ends.

        Raises:
            LimitError: An event is longer than `Limits.record`.
            StreamParseError: `finish` was called before (code `"finished"`).
            TypeError: The fragment is neither text nor bytes, or text and bytes are mixed.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        self.places = []
        if isinstance(fragment, str):
            if not fragment:
                return []
            if self._finished or not self._takes_text:
                self._start_decoding(True)
            return self._read(fragment)
        data = as_bytes(fragment)
        if not data:
            return []
        if self._finished or self._bytes is None:
            self._start_decoding(False)
        assert self._bytes is not None
        text = self._bytes.feed(data)
        return self._read(text) if text else []

    def finish(self) -> list[ServerSentEvent]:
        """End the input; with `"dispatch"` return the unterminated event.

        A second call returns `[]`.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        self.places = []
        if self._finished:
            return []
        self._finished = True
        rest = self._bytes.finish() if self._bytes is not None else ""
        events = self._read(rest) if rest else []
        if self._unterminated:
            line = self._held()
            if line:
                self._field(line, self._offset - len(line))
            self._dispatch()
            events += self._drain()
        return events

    def _start_decoding(self, text: bool) -> None:
        """Let the first fragment decide between text and bytes; raise for a later mix."""
        if self._finished:
            message = "the input was said to have ended"
            error = StreamParseError(message, code="finished", offset=self._offset)
            error.line = self._line
            error.column = self._offset - self._line_start + 1
            raise error
        if self._takes_text or self._bytes is not None:
            kinds = "bytes, now text" if text else "text, now bytes"
            raise TypeError(f"this decoder was fed {kinds}: feed it one or the other")
        self._takes_text = text
        if not text:
            self._bytes = Utf8Replacer()

    def _drain(self) -> list[ServerSentEvent]:
        events = self._events
        self._events = []
        return events

    # Lines.

    def _read(self, text: str) -> list[ServerSentEvent]:
        """Read lines; hold the text after the last line end."""
        base: i64 = self._offset
        size: i64 = len(text)
        start: i64 = self._skip(text)
        feed: i64 = text.find("\n", start)
        carriage: i64 = text.find("\r", start)
        while feed >= 0 or carriage >= 0:
            if carriage < 0 or 0 <= feed < carriage:
                end = feed
                after = end + 1
                feed = text.find("\n", after)
            else:
                end = carriage
                after = end + 1
                carriage = text.find("\r", after)
                self._after_cr = after == size
            self._end_line(text, start, end)
            start = after
            if ord(text[end]) == 10:
                self._line += 1
                self._line_start = base + after
            elif start == feed:  # the other half of a CRLF
                start = self._skip_line_feed(text, start)
                feed = text.find("\n", start)
        if start < size:
            self._hold(text[start:] if start else text)
        self._offset = base + size
        if self._offset - self._record_start > self._limit:
            self._raise_too_long(self._offset)
        return self._drain()

    def _skip(self, text: str) -> int:
        """Return the length of a byte order mark or the second half of a CRLF at the start."""
        if self._after_cr:
            self._after_cr = False
            if text[0] == "\n":
                return self._skip_line_feed(text, 0)
        elif self._offset == 0 and text[0] == _BOM:
            self._record_start = 1
            return 1
        return 0

    def _skip_line_feed(self, text: str, at: i64) -> i64:
        """Skip the line feed of a CRLF at `at`; return the position after it."""
        offset = self._offset + at
        if self._record_start == offset:  # the line was blank
            self._record_start = offset + 1
        elif offset - self._record_start >= self._limit:
            self._raise_too_long(offset)
        self._line += 1
        self._line_start = offset + 1
        return at + 1

    def _end_line(self, text: str, start: i64, end: i64) -> None:
        """Read a line that ends at `end` and begins at `start` or with the held text."""
        offset = self._offset + end
        if offset - self._record_start >= self._limit:
            self._hold(text[start:end])
            self._raise_too_long(offset)
        if self._parts or self._blocks:
            self._parts.append(text[start:end])
            line = self._held()
            self._field(line, offset - len(line))
        elif end > start:
            self._field(text[start:end], self._offset + start)
        else:
            self._dispatch()
            self._record_start = offset + 1

    def _hold(self, text: str) -> None:
        """Keep a part of an unfinished line."""
        self._parts.append(text)
        if len(self._parts) >= _BLOCK:
            self._blocks.append("".join(self._parts))
            self._parts = []

    def _held(self) -> str:
        """Return the held line, and forget it."""
        line = "".join(self._blocks) + "".join(self._parts)
        self._blocks = []
        self._parts = []
        return line

    # Fields.

    def _field(self, line: str, offset: i64) -> None:
        """Read a line that is not blank and begins at `offset`."""
        if line[:6] == "data: ":  # a shortcut for nearly all lines
            self._add_data(line[6:], offset + 6)
            return
        name, _, value = line.partition(":")
        if value.startswith(" "):
            value = value[1:]
        if name == "data":
            self._add_data(value, offset + len(line) - len(value))
        elif name == "event":
            self._set_event(value)
        elif name == "id":
            if "\0" not in value:
                self._set_id(value)
        elif name == "retry":
            if len(value) <= _RETRY_DIGITS and _is_digits(value):
                self._retry = self._own_retry = int(value)
        elif name:
            self._unknown_line(line, offset)

    # These methods are overridden in `sse_records`.

    def _add_data(self, value: str, start: int) -> None:
        """Add a line of data, whose value begins at `start`."""
        if not self._data:
            self._data_start = (start, self._line, start - self._line_start + 1)
        self._data.append(value)

    def _set_event(self, value: str) -> None:
        self._event = value

    def _set_id(self, value: str) -> None:
        self._id = value

    def _unknown_line(self, line: str, offset: int) -> None:
        """Ignore a line that is neither a known field nor a comment, as the standard requires."""

    def _dispatch(self) -> None:
        """End the event at a blank line, and deliver it if it has data."""
        self._last_id = self._id
        if self._data:
            data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
            self._deliver(self._event, data)
            self._data = []
        self._event = ""
        self._own_retry = None

    def _deliver(self, name: str, data: str) -> None:
        """Add a complete event to the result."""
        event = ServerSentEvent(name or "message", data, self._id, self._own_retry)
        self._events.append(event)
        self.places.append(self._data_start)

    # Failing.

    def _raise_too_long(self, reached: i64) -> NoReturn:
        """Raise the error of a record that exceeds its limit in the line read up to `reached`."""
        offset = self._record_start + self._limit
        message = f"a server-sent event is longer than {self._limit} characters"
        error = LimitError(message, code="record_length", offset=offset)
        error.line = self._line
        error.column = offset - self._line_start + 1
        line = self._held()
        error.excerpt = line[: offset - reached + len(line)][-_EXCERPT:]
        self._failure = error.copy_without_events()
        error.events = list(self._drain())
        raise error


def _is_digits(text: str) -> bool:
    """Return whether the text consists of ASCII digits, as the standard requires."""
    return text.isascii() and text.isdigit()
