"""Decodes JSON Lines (https://jsonlines.org): one JSON value on each line.

Rule: For every chunking the result of a line is that of `JSONParser`. The standard library decodes
lines that arrive whole, because it is several times faster. `JSONParser` reads a line that the
standard library rejects or might accept by more lenient rules.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from streamparse._core.parser import JSONParser
from streamparse._core.text import Utf8Decoder, as_bytes
from streamparse._core.whole import STRICT
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    LimitError,
    StreamParseError,
    finished,
)
from streamparse.limits import Limits, check_limits

__all__ = ["JSONLinesDecoder"]

_DEFAULT_LIMITS: Final = Limits()
_SPACE: Final = " \t\r"
_BOM: Final = "\ufeff"


class JSONLinesDecoder:
    """Decodes JSON Lines while they arrive.

    The input is text, or bytes in UTF-8, in fragments of any size. A line ends with LF or CRLF, and
    the last line also with the input. Blank lines are skipped.

    A line that is not JSON raises `JSONSyntaxError`, with the code `"unfinished_line"` if the line
    ends inside its value. Input that ends inside a value raises `IncompleteError`. The `line` of an
    error counts from 1, and its `events` are the values that the same call completed. After a
    failure all later calls raise a copy of it without events.

    Args:
        limits: The limits of `JSONParser`, for each line; `Limits.record` bounds the characters of
            a line.

    Raises:
        TypeError: `limits` is not a `Limits`.

    >>> decoder = JSONLinesDecoder()
    >>> decoder.feed('{"n": 1}\\n\\n[2]\\r\\n{"n"')
    [{'n': 1}, [2]]
    >>> decoder.feed(": 3}"), decoder.finish()
    ([], [{'n': 3}])
    """

    __slots__ = (
        "_begun",
        "_decoder",
        "_failure",
        "_fast_length",
        "_finished",
        "_limits",
        "_line",
        "_line_start",
        "_offset",
        "_parser",
        "_takes_text",
    )

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        check_limits(limits)
        self._limits = limits
        #: Lines up to this length cannot exceed a limit, so the standard library may decode them.
        self._fast_length: int = -1
        if limits.keys is None and limits.items is None:
            sizes = (limits.string, limits.number, limits.integer_digits, limits.document)
            self._fast_length = min(*sizes, limits.record)
        self._parser: JSONParser | None = None  # the parser of a line that arrives in pieces
        self._begun: bool = False  # whether that line has more than white space
        self._decoder: Utf8Decoder | None = None
        self._takes_text: bool = False
        self._finished: bool = False
        self._failure: StreamParseError | None = None
        self._offset: int = 0  # the characters read so far
        self._line: int = 1
        self._line_start: int = 0

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[Any]:
        """Decode a fragment.

        Args:
            fragment: Text or UTF-8 bytes of any size, which may be empty.

        Returns:
            The values of the lines that the fragment ends.

        Raises:
            JSONSyntaxError: A line is not JSON.
            LimitError: A line exceeds a limit.
            StreamParseError: `finish` was called before (code `"finished"`).
            TypeError: The fragment is neither text nor bytes, or text and bytes are mixed.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        data = fragment if isinstance(fragment, str) else as_bytes(fragment)
        if not data:
            return []
        if self._finished:
            self._raise_finished()
        values: list[Any] = []
        try:
            self._read(data, values)
        except StreamParseError as error:
            self._fail(error, values)
            raise
        return values

    def finish(self) -> list[Any]:
        """End the input; return the value of a last line without line end.

        A second call returns `[]`.

        Raises:
            IncompleteError: The input ends inside a value.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if self._finished:
            return []
        self._finished = True
        values: list[Any] = []
        try:
            if self._decoder is not None and self._decoder.pending:
                message = "the input ended inside a UTF-8 character"
                raise IncompleteError(message, code="truncated", offset=self._here())
            parser = self._parser
            if parser is not None and self._begun:
                parser.finish()
                values.append(parser.value)
        except StreamParseError as error:
            self._fail(error, values)
            raise
        return values

    # Reading. The errors raised here count from the start of their line, as do the parser's.

    def _read(self, data: str | bytes, values: list[Any]) -> None:
        text = self._text(data)
        at = 0
        while at < len(text):
            end = text.find("\n", at)
            if end < 0:
                self._hold(text[at:])
                break
            self._end_line(text[at:end], values)
            at = end + 1
        if self._decoder is not None and self._decoder.invalid:
            message = f"byte 0x{self._decoder.invalid[0]:02x} cannot be UTF-8 here"
            raise JSONSyntaxError(message, code="invalid_utf8", offset=self._here())

    def _text(self, data: str | bytes) -> str:
        """Return the text of a fragment; the first one decides between text and bytes."""
        is_text = isinstance(data, str)
        if self._decoder is not None if is_text else self._takes_text:
            kinds = "bytes, now text" if is_text else "text, now bytes"
            raise TypeError(f"this decoder was fed {kinds}: feed it one or the other")
        if isinstance(data, str):
            self._takes_text = True
            return data
        if self._decoder is None:
            self._decoder = Utf8Decoder()
        return self._decoder.feed(data)

    def _end_line(self, text: str, values: list[Any]) -> None:
        """Read the rest of a line, without its line feed."""
        if not self._end_with_standard_library(text, values):
            self._hold(text)
            self._end_value(self._parser, values)
        else:
            self._offset += len(text)
        self._offset += 1
        self._line += 1
        self._line_start = self._offset
        self._parser = None

    def _end_with_standard_library(self, text: str, values: list[Any]) -> bool:
        """Decode a whole line with the standard library; return whether that was possible."""
        if self._parser is not None or len(text) > self._fast_length:
            return False
        line = text.strip(_SPACE)
        if not line:
            return True
        # `JSONParser` reads deep nesting, and text in which halves of surrogate pairs may meet.
        if line.count("[") + line.count("{") > self._limits.depth:
            return False
        if self._takes_text and not line.isascii():
            return False
        try:
            value, end = STRICT.raw_decode(line)
        except (ValueError, RecursionError):
            return False
        if end != len(line):
            return False
        values.append(value)
        return True

    def _hold(self, text: str) -> None:
        """Feed a part of a line to its parser."""
        if self._parser is None:
            self._parser = JSONParser(limits=self._limits)
            self._begun = False
            if self._line > 1 and text.startswith(_BOM):  # the parser would skip it
                message = f"expected a value, not {_BOM!r}"
                raise JSONSyntaxError(message, code="expected_value")
        room = self._limits.record - self._here()
        self._parser.feed(text[:room])
        self._begun = self._begun or bool(text.strip(_SPACE + _BOM))
        if len(text) > room:
            message = f"a line is longer than {self._limits.record} characters"
            raise LimitError(message, code="record_length", offset=self._limits.record)
        self._offset += len(text)

    def _end_value(self, parser: JSONParser | None, values: list[Any]) -> None:
        if parser is None or not self._begun:
            return
        try:
            parser.finish()
        except IncompleteError as error:
            message = error.message.replace("the input ended", "the line ended")
            raise JSONSyntaxError(
                message,
                code="unfinished_line",
                offset=error.offset,
                path=error.path,
                excerpt=error.excerpt,
            ) from None
        values.append(parser.value)

    def _here(self) -> int:
        """Return the number of characters of the line that were read."""
        return self._offset - self._line_start

    # Failing.

    def _raise_finished(self) -> NoReturn:
        error = finished(self._offset)
        error.line, error.column = self._line, self._here() + 1
        raise error

    def _fail(self, error: StreamParseError, values: list[Any]) -> None:
        """Complete the position of an error and keep it for later calls."""
        error.line, error.column = self._line, error.offset + 1
        error.offset += self._line_start
        error.events = []
        self._failure = error.copy_without_events()
        error.events = list(values)
        self._parser = None
