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

import re
from dataclasses import replace
from io import StringIO
from json import JSONDecoder
from typing import Any, Final

from streamparse._core.machine import Machine
from streamparse._core.parser import JSONParser
from streamparse._core.sink import Sink
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    LimitError,
    StreamParseError,
    WireError,
)
from streamparse.event_stream import EventStreamDecoder, EventStreamMessage
from streamparse.limits import Limits
from streamparse.sse import ServerSentEvent, SSEDecoder
from streamparse.text import Utf8Decoder, Utf8Replacer, as_bytes

__all__ = ["Record", "Transport"]

_DEFAULT_LIMITS: Final = Limits()
_SPACE: Final = " \t\r\n"
_BETWEEN: Final = " \t\r\n,\ufeff"  # what may stand between the records of a stream of JSON
_BOM: Final = "\ufeff"
_HELD: Final = 64 * 1024  # characters of what is no stream, before it is given up
_SHOWN: Final = 200  # of them in the error: enough for a gateway's headline
# The beginning of the first line that is not blank.
_FIELD: Final = re.compile(r"(?:data|event|id|retry)?:|(?:data|event|id|retry)[\r\n]")
_BARE_FIELDS: Final = ("data", "event", "id", "retry")
_JSON: Final = JSONDecoder()


class Record:
    """One record of a stream.

    - `event`: the name of a server-sent event or the type of a binary one; `""` if there is none.
    - `data`: the decoded JSON; `None` for a record that is no JSON, such as `[DONE]`.
    - `text`: its source, where there is one: the data of a server-sent event, a binary payload
      that is no JSON, the message of a binary error.
    - `cut`: the input ended inside this record.
    - `exception`: a binary event stream marks it as an exception or error.
    """

    __slots__ = ("cut", "data", "event", "exception", "text")

    def __init__(
        self, event: str, data: Any, text: str, cut: bool = False, exception: bool = False
    ) -> None:
        self.event = event
        self.data = data
        self.text = text
        self.cut = cut
        self.exception = exception

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        same = self.event == other.event and self.text == other.text
        marks = self.cut == other.cut and self.exception == other.exception
        return same and marks and bool(self.data == other.data)

    def __repr__(self) -> str:
        shown = f"event={self.event!r}, data={self.data!r}, text={self.text!r}"
        return f"Record({shown}, cut={self.cut!r}, exception={self.exception!r})"


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
        self._opening = _Opening(limits)
        self._sse: SSEDecoder | None = None
        self._json: _JSONRecords | None = None
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
            self._json = _JSONRecords(self._limits)
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


# The framing


class _Opening:
    """Holds the beginning of a stream until it tells the framing.

    White space is held too: it may be long (some servers keep a connection alive by line feeds),
    and the decoders need it to count places.
    """

    __slots__ = (
        "_at_line_start",
        "_bytes",
        "_count",
        "_decoder",
        "_limit",
        "_line",
        "_seen",
        "_text",
        "framing",
    )

    def __init__(self, limits: Limits) -> None:
        self.framing: str = ""
        self._limit: int = limits.record
        # What was fed, of the type that came.
        self._bytes = bytearray()
        self._text = StringIO(newline="")
        self._decoder: Utf8Replacer | None = None
        self._seen: int = 0  # characters before the first that is not white
        self._line: str = ""  # what begins with it, as far as it is shown
        self._count: int = 0  # the same, counted on
        self._at_line_start: bool = True

    def feed(self, data: str | bytes) -> None:
        """Take a fragment that is not empty; sets `framing`, raises when it cannot be a stream."""
        if isinstance(data, str):
            if self._decoder is not None:
                raise TypeError("this stream was fed bytes, now text: feed it one or the other")
            self._text.write(data)
            self._look(data)
            return
        if self._text.tell():
            raise TypeError("this stream was fed text, now bytes: feed it one or the other")
        self._bytes += data
        if self._decoder is None:
            self._decoder = Utf8Replacer()
            if not data[0]:  # of a frame's length: none has 16 MiB
                self.framing = "binary"
                return
        text = "" if self.framing else self._decoder.feed(data)
        if text:
            self._look(text)

    def take(self) -> str | bytes:
        """All that was fed, given away."""
        held = bytes(self._bytes) if self._decoder is not None else self._text.getvalue()
        self._bytes = bytearray()
        self._text = StringIO(newline="")
        return held

    def finish(self) -> str:
        """The input has ended: the framing; raises when there was something and no stream."""
        if self._decoder is not None:
            rest = self._decoder.finish()
            if rest:
                self._look(rest)
        if self._at_line_start and self._line and _begins_field(self._line):
            self.framing = "sse"  # cut inside the first field's name, that is still a stream
        elif self._line and not self.framing:
            self._give_up()
        return self.framing

    def _look(self, text: str) -> None:
        if not self._line:
            text = self._after_space(text)
            if not text:
                return
            if text[0] == "{" or text[0] == "[":
                self.framing = "json"
                return
        self._line += text[: _SHOWN - len(self._line)]
        self._count += len(text)
        if self._at_line_start and _FIELD.match(self._line):
            self.framing = "sse"
        elif self._count > _HELD:
            self._give_up()

    def _after_space(self, text: str) -> str:
        """What follows the white space that begins `text`."""
        if not self._seen and text[0] == _BOM:
            self._seen = 1
            text = text[1:]
        rest = text.lstrip(_SPACE)
        white = len(text) - len(rest)
        if white:
            self._seen += white
            self._at_line_start = text[white - 1] in "\r\n"
        if self._seen > self._limit:
            message = f"more than {self._limit} characters of white space"
            raise LimitError(message, code="record_length", offset=self._limit)
        return rest

    def _give_up(self) -> None:
        message = "the input is neither JSON nor server-sent events"
        raise WireError(message, code="not_a_stream", excerpt=self._line)


# JSON


class _Values(Sink):
    """Makes a record of each document, but of an array at the top each of its elements."""

    __slots__ = ("_in_array", "_key", "_open", "_pieces", "ended", "machine", "records")

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.machine: Machine | None = None
        self._in_array: bool = False  # an array at the top is open
        self._open: list[Any] = []  # the containers that are open inside a record
        self._key: str = ""
        self._pieces: list[str] = []  # of the open string or key
        self.ended: int = 0  # the place after the last record

    def start_object(self, offset: int) -> None:
        value: dict[str, Any] = {}
        self._add(value)
        self._open.append(value)

    def start_array(self, offset: int) -> None:
        if not self._in_array and not self._open:
            self._in_array = True
            return
        value: list[Any] = []
        self._add(value)
        self._open.append(value)

    def start_string(self, offset: int) -> None:
        self._pieces = []

    def start_key(self, offset: int) -> None:
        self._pieces = []

    def key_text(self, text: str, offset: int) -> None:
        self._pieces.append(text)

    def text(self, text: str, offset: int) -> None:
        self._pieces.append(text)

    def end_key(self, offset: int) -> None:
        self._key = "".join(self._pieces)

    def end_string(self, offset: int) -> None:
        text = "".join(self._pieces)
        self._add(text)
        if not self._open:
            self._end_record(text, offset + 1)

    def scalar(self, value: object, offset: int) -> None:
        self._add(value)
        if not self._open:
            literal = value is None or isinstance(value, bool)
            self._end_record(value, offset + 1 if literal else offset)

    def end(self, offset: int) -> None:
        if not self._open:
            self._in_array = False
            return
        value = self._open.pop()
        if not self._open:
            self._end_record(value, offset + 1)

    def _add(self, value: object) -> None:
        """A value begins, or a scalar is whole: put it in the innermost container."""
        if not self._open:
            return
        top = self._open[-1]
        if isinstance(top, list):
            top.append(value)
        else:
            top[self._key] = value

    def _end_record(self, value: object, end: int) -> None:
        self.records.append(Record("", value, "null" if value is None else ""))
        self.ended = end
        if self._in_array and self.machine is not None:
            self.machine.document_start = end  # each element has the limit of a record


class _JSONRecords:
    """The records of a stream of JSON."""

    __slots__ = ("_decoder", "_machine", "_source", "_takes_text", "_values", "failure")

    def __init__(self, limits: Limits) -> None:
        self.failure: StreamParseError | None = None
        self._source: list[str] = []  # the text of the record that is open
        self._values = _Values()
        bounds = replace(limits, document=limits.record)
        self._machine = Machine(self._values, limits=bounds, many=True)
        self._values.machine = self._machine
        self._decoder: Utf8Decoder | None = None
        self._takes_text: bool = False

    def feed(self, data: str | bytes) -> list[Record]:
        """Take a fragment that is not empty; the records that are now whole."""
        try:
            self._read(data)
        except StreamParseError as error:
            self._fail(error)
        return self._take()

    def finish(self) -> list[Record]:
        """The input has ended: the record that it ended in, if any."""
        try:
            if self._decoder is not None and self._decoder.pending:
                message = "the input ended inside a UTF-8 character"
                raise IncompleteError(message, code="truncated", offset=self._machine.offset)
            self._machine.finish()
        except IncompleteError:
            text = "".join(self._source).lstrip(_BETWEEN)
            return [*self._take(), Record("", None, text, True)]
        except StreamParseError as error:  # the bounds of a last number
            self._fail(error)
        return self._take()

    def _read(self, data: str | bytes) -> None:
        if isinstance(data, str):
            if self._decoder is not None:
                raise TypeError("this stream was fed bytes, now text: feed it one or the other")
            self._takes_text = True
            self._pass(data)
            return
        if self._takes_text:
            raise TypeError("this stream was fed text, now bytes: feed it one or the other")
        if self._decoder is None:
            self._decoder = Utf8Decoder()
        text = self._decoder.feed(data)
        if text:
            self._pass(text)
        if self._decoder.invalid:
            message = f"byte 0x{self._decoder.invalid[0]:02x} cannot be UTF-8 here"
            raise JSONSyntaxError(message, code="invalid_utf8", offset=self._machine.offset)

    def _pass(self, text: str) -> None:
        """To the machine; of the source only what follows the last record is kept."""
        start, before = self._machine.offset, self._values.ended
        self._machine.feed(text)
        ended = self._values.ended
        if ended > before:
            self._source = []
            text = text[max(ended - start, 0) :]
        self._source.append(text)

    def _take(self) -> list[Record]:
        records = self._values.records
        self._values.records = []
        return records

    def _fail(self, error: StreamParseError) -> None:
        """Keep `error` as that of the stream."""
        machine = self._machine
        self.failure = _failure_of(
            error,
            error.message,
            (error.offset, machine.line, error.offset - machine.line_start + 1),
            machine.text_before(error.offset),
        )
        self._values.machine = None  # no cycle


def _failure_of(
    error: StreamParseError, message: str, place: tuple[int, int, int], excerpt: str
) -> StreamParseError:
    """An error of JSON as one of the transport."""
    offset, line, column = place
    if not isinstance(error, LimitError):
        return WireError(
            f"a record is not the JSON it should be: {message}",
            code="invalid_record",
            offset=offset,
            line=line,
            column=column,
            excerpt=excerpt,
        )
    code = "record_length" if error.code == "document_length" else error.code
    return LimitError(message, code=code, offset=offset, line=line, column=column, excerpt=excerpt)


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
    return _failure_of(error, message, place, error.excerpt)


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


def _begins_field(line: str) -> bool:
    return any(field.startswith(line) for field in _BARE_FIELDS)


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
