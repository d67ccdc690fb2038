"""From fed bytes or text to decoded records, the framing being told from the first characters.

- `0x00`: the binary event stream of AWS.
- `{` or `[`: JSON. Objects one after the other in any way, JSON Lines, a whole body, an array: each
  object, and each element of an array at the top, is a record.
- A comment or one of the fields `data`, `event`, `id`, `retry`: server-sent events.
- Anything else (a gateway's HTML page) is no stream: `WireError(code="not_a_stream")`.

What cannot be decoded never raises. The records before it are returned and `failure` says what it
was, so that a caller handles what came first, first.
"""

from __future__ import annotations

from json import JSONDecoder
from typing import Any, Final

from streamparse._core.parser import JSONParser
from streamparse._core.text import as_bytes
from streamparse._decoding.event_stream import EventStreamDecoder, EventStreamMessage
from streamparse._decoding.json_records import JSONRecords
from streamparse._decoding.opening import Opening
from streamparse._decoding.record import Record, failure_of
from streamparse._decoding.sse import ServerSentEvent, SSEDecoder
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits

__all__ = ["Transport"]

_DEFAULT_LIMITS: Final = Limits()
_SPACE: Final = " \t\r\n"
_JSON: Final = JSONDecoder()


class Transport:
    """Decodes one stream, whatever its framing.

    `feed` takes text or bytes, cut anywhere, and returns the records that are now whole; `finish`
    returns what the end of the input decides. Neither raises for bad input: see `failure`. They
    raise `TypeError` for an argument of another type and when text and bytes are mixed,
    `StreamParseError(code="finished")` for input after `finish`, and `ImportError` when a binary
    stream comes and the extra `bedrock` is missing.

    `limits`: `record` bounds one record, in characters (binary frames: bytes); the bounds of JSON
    hold for streams of JSON, and `depth` everywhere.

    >>> transport = Transport()
    >>> transport.feed(b'data: {"n": 1}\\n\\ndata: [DO')
    [Record(event='', data={'n': 1}, text='{"n": 1}', cut=False, exception=False)]
    >>> transport.feed(b"NE]\\n\\n"), transport.framing
    ([Record(event='', data=None, text='[DONE]', cut=False, exception=False)], 'sse')
    """

    __slots__ = ("_binary", "_finished", "_json", "_limits", "_opening", "_sse", "failure")

    def __init__(self, *, limits: Limits = _DEFAULT_LIMITS) -> None:
        if not isinstance(limits, Limits):
            raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
        #: Why what came after the records could not be decoded: a `WireError` or `LimitError`.
        #: Once set it stays, and nothing more is decoded.
        self.failure: StreamParseError | None = None
        self._limits = limits
        self._opening = Opening(limits)
        self._sse: SSEDecoder | None = None
        self._json: JSONRecords | None = None
        self._binary: EventStreamDecoder | None = None
        self._finished: bool = False

    @property
    def framing(self) -> str:
        """`"sse"`, `"json"` or `"binary"`; `""` while it is not known."""
        return self._opening.framing

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[Record]:
        """Take a fragment; the records that it ended. An empty one is legal and free."""
        if self.failure is not None:
            return []
        if self._finished and len(fragment):
            raise StreamParseError("the input was said to have ended", code="finished")
        if self._sse is not None:
            return self._feed_sse(self._sse, fragment)
        data = fragment if isinstance(fragment, str) else as_bytes(fragment)
        if not data:
            return []
        if self._json is not None or self._binary is not None:
            return self._feed_other(data)
        opening = self._opening
        try:
            opening.feed(data)
        except StreamParseError as error:
            self.failure = error
        return self._go_on() if opening.framing else []

    def finish(self) -> list[Record]:
        """The input has ended; the last records. A second call returns `[]`."""
        if self._finished or self.failure is not None:
            self._finished = True
            return []
        self._finished = True
        records: list[Record] = []
        if not self._opening.framing:
            framing = ""
            try:
                framing = self._opening.finish()
            except StreamParseError as error:
                self.failure = error
            if not framing:
                return []
            records = self._go_on()
        return records if self._is_dead() else records + self._finish_decoder()

    def _is_dead(self) -> bool:
        # A call, because the compiler takes an attribute that was None for one that still is.
        return self.failure is not None

    def _go_on(self) -> list[Record]:
        """The framing has become known: decode what was held until then."""
        opening = self._opening
        if opening.framing == "sse":
            self._sse = SSEDecoder("dispatch", self._limits)
            return self._feed_sse(self._sse, opening.take())
        if opening.framing == "json":
            self._json = JSONRecords(self._limits)
        else:
            self._binary = EventStreamDecoder(self._limits)  # raises where botocore is missing
        return self._feed_other(opening.take())

    def _finish_decoder(self) -> list[Record]:
        if self._sse is not None:
            return self._feed_sse(self._sse, None)
        if self._json is not None:
            records = self._json.finish()
            self.failure = self._json.failure
            return records
        assert self._binary is not None
        return [Record("", None, "", True)] if self._binary.pending else []

    # Server-sent events.

    def _feed_sse(self, decoder: SSEDecoder, fragment: Any) -> list[Record]:
        """The records of a fragment, or of the end of the input (None)."""
        failure: StreamParseError | None = None
        cut = self._finished and fragment is None
        try:
            events = decoder.finish() if cut else decoder.feed(fragment)
        except LimitError as error:
            failure = error.copy_without_events()
            events = error.events
        records = self._records(events, decoder.places, cut) if events else []
        if self.failure is None:
            self.failure = failure
        return records

    def _records(
        self, events: list[ServerSentEvent], places: list[tuple[int, int, int]], cut: bool
    ) -> list[Record]:
        records: list[Record] = []
        at = 0
        try:
            for at in range(len(events)):
                record = _sse_record(events[at], self._limits, cut)
                if record is not None:
                    records.append(record)
        except StreamParseError as error:
            self.failure = _moved(error, places[at])
        return records

    # The others.

    def _feed_other(self, data: str | bytes) -> list[Record]:
        if self._json is not None:
            records = self._json.feed(data)
            self.failure = self._json.failure
            return records
        if isinstance(data, str):
            raise TypeError("this stream was fed bytes, now text: feed it one or the other")
        assert self._binary is not None
        return self._feed_binary(self._binary, data)

    def _feed_binary(self, decoder: EventStreamDecoder, data: bytes) -> list[Record]:
        failure: StreamParseError | None = None
        try:
            messages = decoder.feed(data)
        except StreamParseError as error:
            failure = error.copy_without_events()
            messages = error.events
        records: list[Record] = []
        at = 0
        try:
            for at in range(len(messages)):
                records.append(_binary_record(messages[at], self._limits))
        except StreamParseError as error:
            place = decoder.places[at]
            failure = _moved(error, (place, 1, place + 1))
        self.failure = failure
        return records


def _decoded(text: str, limits: Limits) -> Any:
    """The value of a JSON text without white space around it.

    Raises what `JSONParser` raises; the standard library reads it, being several times faster.
    """
    # It recurses; so what may be deep is left to our own parser.
    if text.count("[") + text.count("{") <= limits.depth:
        try:
            value, end = _JSON.raw_decode(text)
        except (ValueError, RecursionError):
            end = -1
        if end == len(text):
            return value
    parser = JSONParser(limits=limits)
    parser.feed(text)
    parser.finish()
    return parser.value


def _moved(error: StreamParseError, place: tuple[int, int, int]) -> StreamParseError:
    """What is wrong inside of a record, as an error of the stream: at the record's place."""
    reason = error.message.replace("the input ended", "it ends")
    message = f"{reason} (at character {error.offset} of its JSON)"
    return failure_of(error, message, place, error.excerpt)


def _sse_record(event: ServerSentEvent, limits: Limits, cut: bool) -> Record | None:
    """The record of a server-sent event, if it has one; raises for broken JSON.

    `cut`: the input ended before the blank line; so broken JSON is no wonder.
    """
    name = event.event
    if name == "message":
        name = ""
    text = event.data
    body = text.strip(_SPACE)
    if body.startswith("{") or (body.startswith("[") and body != "[DONE]"):
        try:
            return Record(name, _decoded(body, limits), text)
        except StreamParseError as error:
            if not cut or isinstance(error, LimitError):
                raise
            return Record(name, None, text, True)
    if not body:
        return None
    return Record(name, None, body if body == "[DONE]" else text)


def _binary_record(message: EventStreamMessage, limits: Limits) -> Record:
    """The record of a binary message; raises for broken JSON."""
    headers = message.headers
    kind = str(headers.get(":message-type", "event"))
    failed = kind == "exception" or kind == "error"
    name = headers.get(":exception-type") or headers.get(":event-type")
    text = message.payload.decode("utf-8", "replace")
    if kind == "error":  # has no payload, as a rule
        name = name or headers.get(":error-code")
        text = text or str(headers.get(":error-message", ""))
    body = text.strip(_SPACE)
    if body.startswith("{") or body.startswith("["):
        return Record(str(name or ""), _decoded(body, limits), "", False, failed)
    return Record(str(name or ""), None, text, False, failed)
