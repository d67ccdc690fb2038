"""Decodes the binary event stream of AWS (`application/vnd.amazon.eventstream`), used by Bedrock.

Each message is a frame: its length, the length of its headers, a checksum of these two, headers,
payload, and a checksum of everything (https://smithy.io/2.0/aws/amazon-eventstream.html). botocore
(extra `bedrock`) decodes the contents of a frame.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, NoReturn

from streamparse._core.text import as_bytes
from streamparse.errors import IncompleteError, LimitError, StreamParseError, WireError, finished
from streamparse.limits import Limits, check_limits

__all__ = ["EventStreamDecoder", "EventStreamMessage"]

_DEFAULT_LIMITS: Final = Limits()
_PRELUDE: Final = 12  # the bytes of the two lengths and their checksum
_CHECKSUM: Final = 4


class EventStreamMessage:
    """One message.

    Attributes:
        headers: The headers by name (`":event-type"` …). Bedrock sends only `str` values; the
            format also has `bool`, `int` (including times in milliseconds) and `bytes`.
        payload: The payload.
    """

    __slots__ = ("headers", "payload")

    __match_args__: ClassVar = ("headers", "payload")
    type: ClassVar[str] = "event_stream_message"

    def __init__(self, headers: dict[str, Any], payload: bytes) -> None:
        self.headers = headers
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventStreamMessage):
            return NotImplemented
        return self.headers == other.headers and self.payload == other.payload

    def __repr__(self) -> str:
        return f"EventStreamMessage(headers={self.headers!r}, payload={self.payload!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return EventStreamMessage, (self.headers, self.payload)


class EventStreamDecoder:
    """Decodes frames while they arrive, in fragments of any size.

    A wrong checksum or impossible lengths raise `WireError(code="bad_frame")` as early as possible.
    A frame of more bytes than `Limits.record` raises `LimitError(code="record_length")`. Offsets
    count bytes; errors have no line. After a failure all later calls raise a copy of it without
    events.

    Raises:
        ImportError: The extra `bedrock` is not installed.
        TypeError: `limits` is not a `Limits`.
    """

    __slots__ = (
        "_buffer",
        "_buffers",
        "_failure",
        "_finished",
        "_frame",
        "_limit",
        "_needed",
        "_start",
        "places",
    )

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        check_limits(limits)
        self._buffers: Any = _event_stream_buffer()
        self._buffer: Any = None  # botocore's buffer of the frame, once its prelude has arrived
        self._limit: int = limits.record
        self._frame = bytearray()
        self._needed: int = _PRELUDE  # the bytes of the frame that are needed for the next step
        self._start: int = 0  # the offset of the frame
        self._finished: bool = False
        self._failure: StreamParseError | None = None
        #: The offset in bytes of the frame of each message that the last call returned.
        self.places: list[int] = []

    @property
    def pending(self) -> int:
        """The number of bytes of the unfinished frame; 0 between frames."""
        return len(self._frame)

    def feed(self, fragment: bytes | bytearray | memoryview) -> list[EventStreamMessage]:
        """Decode bytes; return the messages that they complete."""
        if self._failure is not None:
            raise self._failure.copy_without_events()
        data = as_bytes(fragment)
        self.places = []
        if not data:
            return []
        if self._finished:
            raise finished(self._start + len(self._frame))
        messages: list[EventStreamMessage] = []
        try:
            self._read(data, messages)
        except StreamParseError as error:
            self._failure = error.copy_without_events()
            error.events = list(messages)
            raise
        return messages

    def finish(self) -> list[EventStreamMessage]:
        """End the input; raise `IncompleteError` if it ends inside a frame."""
        if self._failure is not None:
            raise self._failure.copy_without_events()
        self.places = []
        if not self._finished and self._frame:
            message = f"the input ended after {len(self._frame)} bytes of a frame"
            offset = self._start + len(self._frame)
            error = IncompleteError(message, code="truncated", offset=offset)
            self._failure = error.copy_without_events()
            raise error
        self._finished = True
        return []

    def restored(self) -> None:
        """Replace botocore's buffer after a copy, because the copy shares it with the original."""
        if self._buffer is not None:
            self._length()

    def _read(self, data: bytes, messages: list[EventStreamMessage]) -> None:
        # botocore's buffer copies its contents for each fragment, so it gets a frame in two pieces.
        taken = 0
        while taken < len(data):
            step = data[taken : taken + self._needed - len(self._frame)]
            self._frame += step
            taken += len(step)
            if len(self._frame) < self._needed:
                return
            if self._buffer is None:
                self._needed = self._length()
            if len(self._frame) == self._needed:
                start = self._start
                messages.append(self._message())
                self.places.append(start)

    def _length(self) -> int:
        """Read the prelude; return the length of the frame."""
        prelude = bytes(self._frame[:_PRELUDE])
        self._buffer = self._buffers()
        self._buffer.add_data(prelude)
        try:
            next(self._buffer)  # checks the prelude, then waits for the rest
        except StopIteration:
            pass
        except Exception as error:  # botocore and the modules that it calls raise many types
            self._raise_bad_frame(str(error))
        length = int.from_bytes(prelude[:4], "big")
        headers = int.from_bytes(prelude[4:8], "big")
        if length < _PRELUDE + headers + _CHECKSUM:
            self._raise_bad_frame(f"{length} bytes do not hold {headers} bytes of headers")
        if length > self._limit:
            message = f"a frame of {length} bytes is longer than {self._limit}"
            raise LimitError(message, code="record_length", offset=self._start + self._limit)
        return length

    def _message(self) -> EventStreamMessage:
        """Return the message of the frame, which is complete."""
        self._buffer.add_data(bytes(self._frame[_PRELUDE:]))
        try:
            found = next(self._buffer)
        except Exception as error:  # a wrong checksum, an unknown header type, invalid UTF-8 …
            self._raise_bad_frame(str(error) or repr(error))
        self._start += len(self._frame)
        self._frame = bytearray()
        self._needed = _PRELUDE
        self._buffer = None
        return EventStreamMessage(found.headers, found.payload)

    def _raise_bad_frame(self, reason: str) -> NoReturn:
        message = f"a damaged frame: {reason}"
        raise WireError(message, code="bad_frame", offset=self._start)


def _event_stream_buffer() -> Any:
    """Import botocore's class."""
    try:
        from botocore.eventstream import EventStreamBuffer
    except ImportError as error:
        raise ImportError(
            "binary event streams need botocore: pip install 'llm-streamparse[bedrock]'"
        ) from error
    return EventStreamBuffer
