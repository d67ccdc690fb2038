"""Decodes server-sent events from bytes or text, in fragments of any size.

It follows the WHATWG HTML Standard, section 9.2.6 "Interpreting an event stream"
(https://html.spec.whatwg.org/multipage/server-sent-events.html). One option decides about a last
event that is not ended by a blank line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

from streamparse._core._marks import mypyc_attr
from streamparse._core.text import as_bytes, text_and_rest
from streamparse._decoding.lines import Lines
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits, check_limits

if TYPE_CHECKING:
    from mypy_extensions import i64

__all__ = ["SSEDecoder", "ServerSentEvent"]

_DEFAULT_LIMITS: Final = Limits()
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


class SSEDecoder(Lines):
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
        "_data",
        "_data_start",
        "_event",
        "_events",
        "_failure",
        "_id",
        "_last_id",
        "_own_retry",
        "_retry",
        "_unterminated",
    )

    def __init__(self, unterminated: str = "discard", limits: Limits = _DEFAULT_LIMITS) -> None:
        if unterminated not in ("discard", "dispatch"):
            raise ValueError(f"unterminated must be 'discard' or 'dispatch', not {unterminated!r}")
        check_limits(limits)
        super().__init__(limits)
        self._unterminated: bool = unterminated == "dispatch"
        self._events: list[ServerSentEvent] | None = None
        self._failure: StreamParseError | None = None
        # The buffers of the standard.
        self._data: list[str] | None = None
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
        """Decode a fragment.

        Args:
            fragment: Text or UTF-8 bytes of any size, which may be empty.

        Returns:
            The events that the fragment ends.

        Raises:
            LimitError: An event is longer than `Limits.record`.
            StreamParseError: `finish` was called before (code `"finished"`).
            TypeError: The fragment is neither text nor bytes, or text and bytes are mixed.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if isinstance(fragment, str):
            if not fragment:
                return []
            if self._finished or not self._takes_text:
                self._start_decoding(True)
            self._read(fragment)
            return self._drain()
        data = as_bytes(fragment)
        if not data:
            return []
        if self._finished or not self._takes_bytes:
            self._start_decoding(False)
        text, self._pending = text_and_rest(self._pending + data if self._pending else data)
        if text:
            self._read(text)
        return self._drain()

    def finish(self) -> list[ServerSentEvent]:
        """End the input; with `"dispatch"` return the unterminated event.

        A second call returns `[]`.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if self._finished:
            return []
        self._finished = True
        if self._pending:
            self._read(self._pending.decode("utf-8", "replace"))
        if self._unterminated:
            line = self._held()
            if line:
                self._field(line, self._offset - len(line))
            self._dispatch()
        return self._drain()

    def _drain(self) -> list[ServerSentEvent]:
        events = self._events
        self._events = None
        return [] if events is None else events

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
        if self._data is None:
            self._data_start = (start, self._line, start - self._line_start + 1)
            self._data = [value]
        else:
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
        if self._data is not None:
            data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
            self._deliver(self._event, data)
            self._data = None
        self._event = ""
        self._own_retry = None

    def _deliver(self, name: str, data: str) -> None:
        """Add a complete event to the result."""
        event = ServerSentEvent(name or "message", data, self._id, self._own_retry)
        if self._events is None:
            self._events = [event]
        else:
            self._events.append(event)

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
        error.events = self._drain()
        raise error


def _is_digits(text: str) -> bool:
    """Return whether the text consists of ASCII digits, as the standard requires."""
    return text.isascii() and text.isdigit()
