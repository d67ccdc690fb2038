"""`Record`, one decoded unit of a stream, and the interface of the decoders."""

from __future__ import annotations

from json import JSONDecoder
from typing import Any, ClassVar, Final

from streamparse._core._marks import mypyc_attr
from streamparse._core.parser import JSONParser
from streamparse._decoding.templates import Template, Templates
from streamparse.errors import LimitError, StreamParseError, WireError
from streamparse.limits import Limits

__all__ = [
    "Record",
    "RecordDecoder",
    "SPACE",
    "SourceRecord",
    "TEXT_EVENTS",
    "at_record",
    "decode_json",
    "failure_of",
    "matched_record",
]

SPACE: Final = " \t\r\n"
# The events whose data are always text, even if it looks like JSON: `output` of Replicate.
TEXT_EVENTS: Final = frozenset(("output",))
# Scans one value; `JSONDecoder.raw_decode` would call it from a Python function.
_scan: Final = JSONDecoder().scan_once  # type: ignore[attr-defined]


@mypyc_attr(acyclic=True)  # no decoded value refers to a record
class Record:
    """One record of a stream.

    Attributes:
        event: The name of a server-sent event or the type of a binary message; `""` if none.
        data: The decoded JSON; `None` for a record that is not JSON, such as `[DONE]`.
        text: The source, if there is one: the data of a server-sent event, a binary payload that is
            not JSON, or the message of a binary error.
        cut: Whether the input ended inside this record.
        exception: Whether a binary event stream marks it as an exception or error.
        id: The id that a server-sent event sets itself; `""` if none.
        bare: Whether it is a line outside of every server-sent event.
    """

    __slots__ = (
        "bare",
        "cut",
        "data",
        "event",
        "exception",
        "id",
        "text",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (str, None, str)

    def __init__(
        self,
        event: str,
        data: Any,
        text: str,
        cut: bool = False,
        exception: bool = False,
        id: str = "",
        bare: bool = False,
    ) -> None:
        self.event = event
        self.data = data
        self.text = text
        self.cut = cut
        self.exception = exception
        self.id = id
        self.bare = bare

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        same = self.event == other.event and self.text == other.text and self.id == other.id
        marks = self.cut == other.cut and self.exception == other.exception
        return same and marks and self.bare == other.bare and bool(self.data == other.data)

    def __repr__(self) -> str:
        fields = f"event={self.event!r}, data={self.data!r}, text={self.text!r}"
        marks = f"cut={self.cut!r}, exception={self.exception!r}"
        more = f", id={self.id!r}" if self.id else ""
        return f"Record({fields}, {marks}{more}{', bare=True' if self.bare else ''})"


@mypyc_attr(acyclic=True)
class SourceRecord(Record):
    """A record whose source may match a template.

    Attributes:
        source: The JSON text of the record.
        template: The template that the source matches; then `data` is None until `decode`. None if
            it matches no template.
        delta: The delta, if the source matches a template.
        number: The number of the record, if the source matches a template.
        numbers: The token counts in holes of the template, if there are any.
    """

    __slots__ = ("delta", "line_count", "number", "numbers", "source", "template")

    _init_types: ClassVar[tuple[Any, ...]] = (str, str, str)

    def __init__(self, event: str, text: str, source: str) -> None:
        super().__init__(event, None, text)
        self.source = source
        self.template: Template | None = None
        self.delta: str = ""
        self.number: int = 0
        self.numbers: list[int] | None = None
        self.line_count: int = 0

    def decode(self) -> None:
        """Decode a record that matched a template. Its text is valid JSON within all limits."""
        self.data = _scan(self.source, 0)[0]


def matched_record(templates: Templates, text: str, at: int, end: int) -> SourceRecord | None:
    """Return the record whose source, from `at` to `end`, is the last match; None for no match."""
    template = templates.found
    if end < 0 or template is None:
        return None
    source = text[at + template.before : end - template.end]
    record = SourceRecord(template.event, source, source)
    record.template = template
    record.delta = templates.delta
    record.number = templates.number
    record.numbers = templates.numbers
    record.line_count = template.line_count
    return record


class RecordDecoder:
    """Base class of the decoders, one for each framing.

    Bad input raises nothing: the decoder returns the records before it and sets `failure`. After a
    failure it must not be fed again.
    """

    __slots__ = ("failure",)

    def __init__(self) -> None:
        #: The `WireError` or `LimitError` of the input after the returned records.
        self.failure: StreamParseError | None = None

    def feed(self, data: str | bytes) -> list[Record]:
        """Decode a fragment that is not empty; return the records that it completes.

        Raises:
            TypeError: Text and bytes are mixed.
        """
        raise NotImplementedError

    def finish(self) -> list[Record]:
        """End the input; return the last records."""
        raise NotImplementedError


def decode_json(text: str, limits: Limits) -> Any:
    """Return the value of a JSON text without white space around it.

    The standard library decodes it if possible, because that is several times faster. Errors are
    those of `JSONParser`.
    """
    # The standard library recurses, so `JSONParser` reads text that may be nested deeply. A level
    # takes two characters at least.
    depth = limits.depth
    if len(text) <= 2 * depth or text.count("[") + text.count("{") <= depth:
        try:
            value, end = _scan(text, 0)
        except (ValueError, RecursionError, StopIteration):
            end = -1
        if end == len(text):
            return value
    parser = JSONParser(limits=limits)
    parser.feed(text)
    parser.finish()
    return parser.value


def at_record(error: StreamParseError, position: tuple[int, int, int]) -> StreamParseError:
    """Convert an error inside a record to an error of the stream at the position of the record."""
    reason = error.message.replace("the input ended", "it ends")
    message = f"{reason} (at character {error.offset} of its JSON)"
    return failure_of(error, message, position, error.excerpt)


def failure_of(
    error: StreamParseError, message: str, position: tuple[int, int, int], excerpt: str
) -> StreamParseError:
    """Convert an error of JSON to an error of the stream."""
    offset, line, column = position
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
