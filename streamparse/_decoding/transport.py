"""`Transport`: detects the framing of a stream by its first characters and decodes its records.

- `0x00` begins the binary event stream of AWS.
- `{` or `[` begins JSON: consecutive objects with any separators, JSON Lines, a whole body or an
  array. Each object, and each element of a top-level array, is a record.
- A comment or one of the fields `data`, `event`, `id`, `retry` begins server-sent events.
- Anything else, such as the HTML page of a gateway, raises `WireError(code="not_a_stream")` later.

Bad input never raises here. The records before it are returned and `failure` is set, so that a
caller can handle the records first.
"""

from __future__ import annotations

from typing import Final

from streamparse._core.text import as_bytes
from streamparse._decoding.binary_records import BinaryRecords
from streamparse._decoding.json_records import JSONRecords
from streamparse._decoding.opening import Opening, framing_of
from streamparse._decoding.record import Record, RecordDecoder
from streamparse._decoding.sse_records import SSERecords
from streamparse._decoding.templates import Templates
from streamparse.errors import StreamParseError, finished
from streamparse.limits import Limits, check_limits

__all__ = ["Transport"]

_DEFAULT_LIMITS: Final = Limits()


class Transport:
    """Decodes one stream of any framing, in fragments of any size.

    Bad input raises nothing; see `failure`.

    Args:
        limits: `record` bounds the characters of one record, or the bytes of a binary frame. The
            limits of JSON apply to streams of JSON, and `depth` to all framings.
        templates: The templates of records; without them all records are decoded in full.

    Raises:
        TypeError: `limits` is not a `Limits`.

    >>> transport = Transport()
    >>> transport.feed(b'data: {"n": 1}\\n\\ndata: [DO')
    [Record(event='', data={'n': 1}, text='{"n": 1}', cut=False, exception=False)]
    >>> transport.feed(b"NE]\\n\\n"), transport.framing
    ([Record(event='', data=None, text='[DONE]', cut=False, exception=False)], 'sse')
    """

    __slots__ = (
        "_decoder",
        "_finished",
        "_limits",
        "_opening",
        "_templates",
        "failure",
        "framing",
    )

    def __init__(
        self, *, limits: Limits = _DEFAULT_LIMITS, templates: Templates | None = None
    ) -> None:
        check_limits(limits)
        #: The `WireError` or `LimitError` of the input after the returned records. Once it is set,
        #: nothing more is decoded.
        self.failure: StreamParseError | None = None
        self._limits = limits
        self._templates = templates
        #: `"sse"`, `"json"` or `"binary"`; `""` before it is detected.
        self.framing: str = ""
        # Holds the input before the framing is detected, unless the first fragment shows it.
        self._opening: Opening | None = None
        self._decoder: RecordDecoder | None = None
        self._finished: bool = False

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[Record]:
        """Decode a fragment, which may be empty; return the records that it completes.

        Raises:
            TypeError: The fragment is neither text nor bytes, or text and bytes are mixed.
            StreamParseError: `finish` was called before (code `"finished"`).
            ImportError: The stream is binary, and the extra `bedrock` is not installed.
        """
        data = fragment if isinstance(fragment, str) else as_bytes(fragment)
        if self.failure is not None or not data:
            return []
        if self._finished:
            raise finished()
        if self._decoder is not None:
            return self._decode(self._decoder, data)
        opening = self._opening
        if opening is None:
            self.framing = framing_of(data)
            if self.framing:
                return self._decode(self._start_decoding(), data)
            opening = self._opening = Opening(self._limits)
        try:
            opening.feed(data)
        except StreamParseError as error:
            self.failure = error
        return self._end_opening(opening)

    def finish(self) -> list[Record]:
        """End the input; return the last records. A second call returns `[]`."""
        if self._finished or self.failure is not None:
            self._finished = True
            return []
        self._finished = True
        records: list[Record] = []
        opening = self._opening
        if opening is not None:
            try:
                opening.finish()
            except StreamParseError as error:
                self.failure = error
            records = self._end_opening(opening)
        decoder = self._decoder
        if decoder is not None and self.failure is None:
            records += decoder.finish()
            self.failure = decoder.failure
        return records

    def _end_opening(self, opening: Opening) -> list[Record]:
        """Decode the held input if its framing has been detected."""
        self.framing = opening.framing
        if not self.framing:
            return []
        decoder = self._start_decoding()
        self._opening = None
        return self._decode(decoder, opening.drain())

    def _start_decoding(self) -> RecordDecoder:
        """Create the decoder for the detected framing."""
        framing = self.framing
        decoder: RecordDecoder
        if framing == "sse":
            decoder = SSERecords(self._limits, self._templates)
        elif framing == "json":
            decoder = JSONRecords(self._limits, self._templates)
        else:
            decoder = BinaryRecords(self._limits)  # raises ImportError without botocore
        self._decoder = decoder
        return decoder

    def _decode(self, decoder: RecordDecoder, data: str | bytes) -> list[Record]:
        records = decoder.feed(data)
        self.failure = decoder.failure
        return records
