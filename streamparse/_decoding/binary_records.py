"""`BinaryRecords`: the records of the binary event stream of AWS."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._decoding.event_stream import EventStreamDecoder, EventStreamMessage
from streamparse._decoding.record import SPACE, Record, RecordDecoder, at_record, decode_json
from streamparse.errors import StreamParseError
from streamparse.limits import Limits

__all__ = ["BinaryRecords"]


class BinaryRecords(RecordDecoder):
    """Decodes a binary stream into one record for each message.

    Raises:
        ImportError: The extra `bedrock` is not installed.
    """

    __slots__ = ("_decoder", "_limits")

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._decoder = EventStreamDecoder(limits)

    def feed(self, data: str | bytes) -> list[Record]:
        if isinstance(data, str):
            raise TypeError("this stream was fed bytes, now text: feed it one or the other")
        decoder = self._decoder
        try:
            messages = decoder.feed(data)
        except StreamParseError as error:
            self.failure = error.copy_without_events()
            messages = error.events
        records: list[Record] = []
        at = 0
        try:
            for at in range(len(messages)):
                records.append(_record_of(messages[at], self._limits))
        except StreamParseError as error:
            position = decoder.places[at]
            self.failure = at_record(error, (position, 1, position + 1))
        return records

    def finish(self) -> list[Record]:
        return [Record("", None, "", True)] if self._decoder.pending else []


def _record_of(message: EventStreamMessage, limits: Limits) -> Record:
    """Return the record of a binary message; raise for invalid JSON."""
    headers = message.headers
    kind = str(headers.get(":message-type", "event"))
    failed = kind == "exception" or kind == "error"
    name = headers.get(":exception-type") or headers.get(":event-type")
    text = message.payload.decode("utf-8", "replace")
    if kind == "error":  # an error usually has no payload
        name = name or headers.get(":error-code")
        text = text or str(headers.get(":error-message", ""))
    body = text.strip(SPACE)
    if body.startswith("{") or body.startswith("["):
        return Record(str(name or ""), decode_json(body, limits), "", False, failed)
    return Record(str(name or ""), None, text, False, failed)
