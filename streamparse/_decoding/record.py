"""`Record`: one decoded unit of a stream, and the error of one that cannot be decoded."""

from __future__ import annotations

from typing import Any

from streamparse.errors import LimitError, StreamParseError, WireError

__all__ = ["Record", "failure_of"]


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


def failure_of(
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
