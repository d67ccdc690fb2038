"""The interfaces that users of the library implement.

- `Sink` receives the starts and ends of values, keys and text from a parser.
- `Validator` is a sink that rejects a value by raising `SchemaViolation`. `validator=` of a
  `JSONParser` takes a `ValidatorFactory`, which creates one for each document.
- `StreamTelemetry` creates the recorders for the option `telemetry=` of a parser.
- `EventStore` keeps the records of a web stream for a client that reconnects.

This validator rejects null:

>>> from streamparse import JSONParser, SchemaViolation
>>> class NoNull(Validator):
...     def start_scalar(self, kind: str, offset: int) -> None:
...         if kind == "null":
...             raise SchemaViolation("null is not allowed", code="type", offset=offset)
>>> class NoNulls(ValidatorFactory):
...     def begin(self) -> Validator:
...         return NoNull()
>>> try:
...     events = JSONParser(validator=NoNulls()).feed("[1, null]")
... except SchemaViolation as error:
...     print(error.message, error.offset)
null is not allowed 4
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from streamparse._core.sink import Sink, Validator, ValidatorFactory

__all__ = [
    "Batch",
    "EventStore",
    "ExpiredError",
    "Sink",
    "StreamRecorder",
    "StreamTelemetry",
    "Validator",
    "ValidatorFactory",
    "WriterLostError",
]


class Batch(NamedTuple):
    """Consecutive records: their bytes, the number of the last, and whether the stream ends there.

    `data` is empty if there is nothing new.
    """

    data: bytes
    number: int
    ended: bool


class ExpiredError(LookupError):
    """The requested records are no longer kept, or never were."""

    code: ClassVar[str] = "expired"
    reason: ClassVar[str] = "the stream is no longer kept"


class WriterLostError(ExpiredError):
    """The process that wrote the stream has died, so no more records follow."""

    code: ClassVar[str] = "writer_lost"
    reason: ClassVar[str] = "the process that read the source has died"


class StreamRecorder(Protocol):
    """Observes the events of one parser. Its methods must not raise exceptions."""

    def note(self, events: Sequence[Any]) -> None:
        """Record events.

        Args:
            events: The events that one call of `feed` or `finish` returned.
        """

    def end(self, error: BaseException | None = None) -> None:
        """Record the end of the stream. The method may be called more than once.

        Args:
            error: The exception that ended the stream; None at the end of the input.
        """


class StreamTelemetry(Protocol):
    """Creates a recorder for each parser. `streamparse.telemetry.Telemetry` implements it."""

    def recorder(self) -> StreamRecorder:
        """Create and return a recorder for a `MessageParser`."""
        ...

    def session_recorder(self) -> StreamRecorder:
        """Create and return a recorder for a `SessionParser`."""
        ...


class EventStore(Protocol):
    """A store of records for `streamparse.web.sse_response`, in memory or shared by processes.

    `stream` names a stream and `reader` a connection; both are random identifiers. `append` numbers
    the records from 1. A store that several processes share renews the leases of its readers and
    writers itself. A store may also have a coroutine method `aclose`, which the application calls.
    """

    async def append(self, stream: str, record: bytes, *, last: bool = False) -> bool:
        """Keep a record; wait while the reader lags far. The first record makes the stream.

        The last record and records of an abandoned stream never wait.

        Args:
            stream: The name of the stream.
            record: The bytes of the record.
            last: Whether the stream ends with it.

        Returns:
            Whether more records are wanted: False for an abandoned stream.
        """
        ...

    async def read(self, stream: str, reader: str, after: int, wait: float) -> Batch:
        """Return the records that follow record number `after`.

        A call also confirms that the reader is connected and has received all records up to
        `after`.

        Args:
            stream: The name of the stream.
            reader: The name of the connection.
            after: The number of the last record that the reader has; 0 for none.
            wait: The maximum number of seconds to wait for a record.

        Returns:
            The records; with empty `data` if none arrived in time.

        Raises:
            ExpiredError: The records after `after` are no longer kept.
            WriterLostError: All records were read, and the process that wrote them has died.
        """
        ...

    async def leave(self, stream: str, reader: str) -> None:
        """Record that a reader has left. Repeated calls and unknown streams have no effect.

        Args:
            stream: The name of the stream.
            reader: The name of the connection.
        """

    async def stop(self, stream: str) -> None:
        """Abandon a stream immediately, because no reader needs the rest.

        Args:
            stream: The name of the stream.
        """

    async def abandoned(self, stream: str) -> None:
        """Wait until a stream is abandoned; return immediately if it is unknown.

        Args:
            stream: The name of the stream.
        """
