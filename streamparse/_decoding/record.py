"""`Record`: one decoded unit of a stream, and what decodes the records of one framing."""

from __future__ import annotations

from json import JSONDecoder
from typing import Any, ClassVar, Final

from streamparse._core.parser import JSONParser
from streamparse.errors import LimitError, StreamParseError, WireError
from streamparse.limits import Limits

__all__ = ["Record", "RecordDecoder", "SPACE", "decoded", "failure_of", "moved"]

SPACE: Final = " \t\r\n"
_JSON: Final = JSONDecoder()


class Record:
    """One record of a stream.

    - `event`: the name of a server-sent event or the type of a binary one; `""` if there is none.
    - `data`: the decoded JSON; `None` for a record that is not JSON, such as `[DONE]`.
    - `text`: its source, where there is one: the data of a server-sent event, a binary payload
      that is not JSON, the message of a binary error.
    - `cut`: the input ended inside this record.
    - `exception`: a binary event stream marks it as an exception or error.
    - `id`: the id that a server-sent event carries itself; `""` if there is none.
    - `bare`: a line of a stream of server-sent events that is outside every event.
    """

    __slots__ = ("bare", "cut", "data", "event", "exception", "id", "text")

    init_types: ClassVar[tuple[Any, ...]] = (str, None, str)

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
        shown = f"event={self.event!r}, data={self.data!r}, text={self.text!r}"
        marks = f"cut={self.cut!r}, exception={self.exception!r}"
        more = f", id={self.id!r}" if self.id else ""
        return f"Record({shown}, {marks}{more}{', bare=True' if self.bare else ''})"


class RecordDecoder:
    """Decodes the records of one framing.

    Bad input raises nothing: the records before it are returned, and `failure` says what is wrong.
    After a failure nothing more is fed.
    """

    __slots__ = ("failure",)

    def __init__(self) -> None:
        #: Why what follows the records cannot be decoded: a `WireError` or `LimitError`.
        self.failure: StreamParseError | None = None

    def feed(self, data: str | bytes) -> list[Record]:
        """Take a fragment that is not empty; the records that are now whole.

        Raises `TypeError` if text and bytes are mixed.
        """
        raise NotImplementedError

    def finish(self) -> list[Record]:
        """The input has ended: the records that its end decides."""
        raise NotImplementedError


def decoded(text: str, limits: Limits) -> Any:
    """The value of a JSON text without white space around it.

    Raises what `JSONParser` raises; the standard library reads it, being several times faster.
    """
    # The standard library recurses, so text that may be deep is left to our own parser. A level
    # takes two characters at least.
    depth = limits.depth
    if len(text) <= 2 * depth or text.count("[") + text.count("{") <= depth:
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


def moved(error: StreamParseError, place: tuple[int, int, int]) -> StreamParseError:
    """An error inside a record as an error of the stream, at the place of the record."""
    reason = error.message.replace("the input ended", "it ends")
    message = f"{reason} (at character {error.offset} of its JSON)"
    return failure_of(error, message, place, error.excerpt)


def failure_of(
    error: StreamParseError, message: str, place: tuple[int, int, int], excerpt: str
) -> StreamParseError:
    """An error of JSON as an error of the stream."""
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
