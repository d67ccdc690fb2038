"""JSON Lines (https://jsonlines.org): one JSON value a line, cut anywhere.

Rule: whatever the cut, a line is judged as `JSONParser` judges it. Lines that arrive whole go to
the standard library first, which is several times faster; what it refuses, and what it could
accept against our rules, is read again by our own parser.
"""

from __future__ import annotations

from json import JSONDecoder
from typing import Any, Final, NoReturn

from streamparse._core.parser import JSONParser
from streamparse._core.text import Utf8Decoder, as_bytes
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    LimitError,
    StreamParseError,
)
from streamparse.limits import Limits

__all__ = ["JSONLinesDecoder"]

_DEFAULT_LIMITS: Final = Limits()
_SPACE: Final = " \t\r"
_BOM: Final = "\ufeff"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_JSON: Final = JSONDecoder(parse_constant=_refuse_constant)


class JSONLinesDecoder:
    """Decodes JSON Lines while they arrive; `feed` returns the values of the lines now whole.

    Takes text or bytes (UTF-8). Lines end with LF or CRLF, the last one also with the input; blank
    lines are skipped. `limits` are those of `JSONParser`, for each line; `Limits.record` bounds
    the characters of a line.

    Raises `JSONSyntaxError` for a line that is no JSON (`unfinished_line`: it ended inside its
    value), `LimitError`, and `IncompleteError` when the input ends inside a value; `line` counts
    from 1, and `events` are the values completed by the same call. A failure is for good: later
    calls raise a fresh copy of it, without events.

    >>> decoder = JSONLinesDecoder()
    >>> decoder.feed('{"n": 1}\\n\\n[2]\\r\\n{"n"')
    [{'n': 1}, [2]]
    >>> decoder.feed(": 3}"), decoder.finish()
    ([], [{'n': 3}])
    """

    __slots__ = (
        "_begun",
        "_decoder",
        "_easy",
        "_failure",
        "_finished",
        "_limits",
        "_line",
        "_line_start",
        "_offset",
        "_parser",
        "_takes_text",
    )

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        if not isinstance(limits, Limits):
            raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
        self._limits = limits
        #: Lines up to this length pass no bound that the standard library does not know.
        self._easy: int = -1
        if limits.keys is None and limits.items is None:
            sizes = (limits.string, limits.number, limits.integer_digits, limits.document)
            self._easy = min(*sizes, limits.record)
        self._parser: JSONParser | None = None  # of a line that came in pieces
        self._begun: bool = False  # is there more in it than white space?
        self._decoder: Utf8Decoder | None = None
        self._takes_text: bool = False
        self._finished: bool = False
        self._failure: StreamParseError | None = None
        self._offset: int = 0  # characters taken so far
        self._line: int = 1
        self._line_start: int = 0

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[Any]:
        """Take a fragment; the values of the lines that it ended. An empty one is legal, free."""
        if self._failure is not None:
            raise self._failure.copy_without_events()
        data = fragment if isinstance(fragment, str) else as_bytes(fragment)
        if not data:
            return []
        if self._finished:
            self._refuse_late()
        values: list[Any] = []
        try:
            self._read(data, values)
        except StreamParseError as error:
            self._fail(error, values)
            raise
        return values

    def finish(self) -> list[Any]:
        """The input has ended; the value of a last line without line end. Then `[]`."""
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

    # Reading. Errors raised here count from the start of their line, as those of its parser.

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
        """The text of a fragment; the first one decides what this decoder takes."""
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
        """The rest of a line, without its line feed."""
        if not self._end_easily(text, values):
            self._hold(text)
            self._end_value(self._parser, values)
        else:
            self._offset += len(text)
        self._offset += 1
        self._line += 1
        self._line_start = self._offset
        self._parser = None

    def _end_easily(self, text: str, values: list[Any]) -> bool:
        """Has the standard library taken the whole line?"""
        if self._parser is not None or len(text) > self._easy:
            return False
        line = text.strip(_SPACE)
        if not line:
            return True
        # Deep nesting is for our own parser, and so are halves of surrogate pairs that may meet.
        if line.count("[") + line.count("{") > self._limits.depth:
            return False
        if self._takes_text and not line.isascii():
            return False
        try:
            value, end = _JSON.raw_decode(line)
        except (ValueError, RecursionError):
            return False
        if end != len(line):
            return False
        values.append(value)
        return True

    def _hold(self, text: str) -> None:
        """More of a line."""
        if self._parser is None:
            self._parser = JSONParser(limits=self._limits)
            self._begun = False
            if self._line > 1 and text.startswith(_BOM):  # the parser would take it for a first one
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
        """How many characters of the line have been taken."""
        return self._offset - self._line_start

    # Failing.

    def _refuse_late(self) -> NoReturn:
        message = "the input was said to have ended"
        error = StreamParseError(message, code="finished", offset=self._offset)
        error.line, error.column = self._line, self._here() + 1
        raise error

    def _fail(self, error: StreamParseError, values: list[Any]) -> None:
        """Complete an error; from now on the decoder is dead."""
        error.line, error.column = self._line, error.offset + 1
        error.offset += self._line_start
        error.events = []
        self._failure = error.copy_without_events()
        error.events = list(values)
        self._parser = None
