"""From fed bytes or text to decoded records; the first characters show the framing.

- `0x00`: the binary event stream of AWS.
- `{` or `[`: JSON. Objects one after the other in any way, JSON Lines, a whole body, an array: each
  object, and each element of an array at the top, is a record.
- A comment or one of the fields `data`, `event`, `id`, `retry`: server-sent events.
- Anything else (a gateway's HTML page) is no stream: `WireError(code="not_a_stream")`.

What cannot be decoded never raises. The records before it are returned and `failure` says what it
was, so that a caller handles what came first, first.
"""

from __future__ import annotations

from typing import Final

from streamparse._core.text import as_bytes
from streamparse._decoding.binary_records import BinaryRecords
from streamparse._decoding.json_records import JSONRecords
from streamparse._decoding.opening import Opening
from streamparse._decoding.record import Record, RecordDecoder
from streamparse._decoding.sse_records import SSERecords
from streamparse.errors import StreamParseError
from streamparse.limits import Limits

__all__ = ["Transport"]

_DEFAULT_LIMITS: Final = Limits()


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

    __slots__ = ("_decoder", "_finished", "_limits", "_opening", "failure")

    def __init__(self, *, limits: Limits = _DEFAULT_LIMITS) -> None:
        if not isinstance(limits, Limits):
            raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
        #: Why what came after the records could not be decoded: a `WireError` or `LimitError`.
        #: Once set it stays, and nothing more is decoded.
        self.failure: StreamParseError | None = None
        self._limits = limits
        self._opening = Opening(limits)
        self._decoder: RecordDecoder | None = None
        self._finished: bool = False

    @property
    def framing(self) -> str:
        """`"sse"`, `"json"` or `"binary"`; `""` while it is not known."""
        return self._opening.framing

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[Record]:
        """Take a fragment; the records that it ended. An empty one is legal and free."""
        data = fragment if isinstance(fragment, str) else as_bytes(fragment)
        if self.failure is not None or not data:
            return []
        if self._finished:
            raise StreamParseError("the input was said to have ended", code="finished")
        if self._decoder is not None:
            return self._decode(self._decoder, data)
        opening = self._opening
        try:
            opening.feed(data)
        except StreamParseError as error:
            self.failure = error
        return self._begin() if opening.framing else []

    def finish(self) -> list[Record]:
        """The input has ended; the last records. A second call returns `[]`."""
        if self._finished or self.failure is not None:
            self._finished = True
            return []
        self._finished = True
        records: list[Record] = []
        if self._decoder is None:
            try:
                self._opening.finish()
            except StreamParseError as error:
                self.failure = error
            if self._opening.framing:
                records = self._begin()
        decoder = self._decoder
        if decoder is not None and self.failure is None:
            records += decoder.finish()
            self.failure = decoder.failure
        return records

    def _begin(self) -> list[Record]:
        """The framing has become known: decode what was held until then."""
        framing = self._opening.framing
        decoder: RecordDecoder
        if framing == "sse":
            decoder = SSERecords(self._limits)
        elif framing == "json":
            decoder = JSONRecords(self._limits)
        else:
            decoder = BinaryRecords(self._limits)  # raises where botocore is missing
        self._decoder = decoder
        return self._decode(decoder, self._opening.take())

    def _decode(self, decoder: RecordDecoder, data: str | bytes) -> list[Record]:
        records = decoder.feed(data)
        self.failure = decoder.failure
        return records
