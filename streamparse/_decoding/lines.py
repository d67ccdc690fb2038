"""Splits text or bytes into lines, for server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from streamparse._core.growing import GrowingString
from streamparse.errors import finished
from streamparse.limits import Limits

if TYPE_CHECKING:
    from mypy_extensions import i64

__all__ = ["Lines"]

_DEFAULT_LIMITS: Final = Limits()
_BOM: Final = "\ufeff"


class Lines:
    """Splits text into lines that end with CR, LF or CRLF. A blank line ends a record.

    A subclass reads the lines.

    Args:
        limits: `Limits.record` bounds the characters of one record.
    """

    __slots__ = (
        "_after_cr",
        "_finished",
        "_limit",
        "_line",
        "_line_start",
        "_offset",
        "_pending",
        "_record_start",
        "_takes_bytes",
        "_takes_text",
        "_unfinished",
    )

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        self._limit: i64 = limits.record
        # Whether the first fragment was bytes or text.
        self._takes_bytes: bool = False
        self._takes_text: bool = False
        self._pending: bytes = b""  # the first bytes of a character that is not complete
        self._finished: bool = False
        # The current position, in characters. As in all errors, only line feeds end a line.
        self._offset: i64 = 0
        self._record_start: i64 = 0
        self._line: i64 = 1
        self._line_start: i64 = 0
        self._after_cr: bool = False  # whether a line feed would be the second half of a CRLF
        self._unfinished: GrowingString | None = None  # the text after the last line end

    def _field(self, line: str, offset: i64) -> None:
        """Read a line that is not blank and begins at `offset`."""
        raise NotImplementedError

    def _dispatch(self) -> None:
        """End the record at a blank line."""
        raise NotImplementedError

    def _raise_too_long(self, reached: i64) -> NoReturn:
        """Raise the error of a record that exceeds its limit in the line read up to `reached`."""
        raise NotImplementedError

    def _start_decoding(self, text: bool) -> None:
        """Let the first fragment decide between text and bytes; raise for a later mix."""
        if self._finished:
            error = finished(self._offset)
            error.line = self._line
            error.column = self._offset - self._line_start + 1
            raise error
        if self._takes_text or self._takes_bytes:
            kinds = "bytes, now text" if text else "text, now bytes"
            raise TypeError(f"this decoder was fed {kinds}: feed it one or the other")
        self._takes_text = text
        self._takes_bytes = not text

    def _read(self, text: str) -> None:
        """Read lines; hold the text after the last line end."""
        base: i64 = self._offset
        size: i64 = len(text)
        start: i64 = self._skip(text)
        feed: i64 = text.find("\n", start)
        carriage: i64 = text.find("\r", start)
        while feed >= 0 or carriage >= 0:
            if carriage < 0 or 0 <= feed < carriage:
                end = feed
                after = end + 1
                feed = text.find("\n", after)
            else:
                end = carriage
                after = end + 1
                carriage = text.find("\r", after)
                self._after_cr = after == size
            self._end_line(text, start, end)
            start = after
            if ord(text[end]) == 10:
                self._line += 1
                self._line_start = base + after
            elif start == feed:  # the other half of a CRLF
                start = self._skip_line_feed(text, start)
                feed = text.find("\n", start)
        if start < size:
            self._hold(text[start:] if start else text)
        self._offset = base + size
        if self._offset - self._record_start > self._limit:
            self._raise_too_long(self._offset)

    def _skip(self, text: str) -> int:
        """Return the length of a byte order mark or the second half of a CRLF at the start."""
        if self._after_cr:
            self._after_cr = False
            if text[0] == "\n":
                return self._skip_line_feed(text, 0)
        elif self._offset == 0 and text[0] == _BOM:
            self._record_start = 1
            return 1
        return 0

    def _skip_line_feed(self, text: str, at: i64) -> i64:
        """Skip the line feed of a CRLF at `at`; return the position after it."""
        offset = self._offset + at
        if self._record_start == offset:  # the line was blank
            self._record_start = offset + 1
        elif offset - self._record_start >= self._limit:
            self._raise_too_long(offset)
        self._line += 1
        self._line_start = offset + 1
        return at + 1

    def _end_line(self, text: str, start: i64, end: i64) -> None:
        """Read a line that ends at `end` and begins at `start` or with the held text."""
        offset = self._offset + end
        if offset - self._record_start >= self._limit:
            self._hold(text[start:end])
            self._raise_too_long(offset)
        if self._unfinished is not None:
            self._unfinished.append(text[start:end])
            line = self._held()
            self._field(line, offset - len(line))
        elif end > start:
            self._field(text[start:end], self._offset + start)
        else:
            self._dispatch()
            self._record_start = offset + 1

    def _hold(self, text: str) -> None:
        """Keep a part of an unfinished line."""
        if self._unfinished is None:
            self._unfinished = GrowingString()
        self._unfinished.append(text)

    def _held(self) -> str:
        """Return the held line, and forget it."""
        unfinished = self._unfinished
        self._unfinished = None
        return "" if unfinished is None else unfinished.value
