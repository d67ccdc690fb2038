"""`JSONRecords`: decodes a stream of JSON documents, with any separators between them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from json import JSONDecodeError
from typing import Any, ClassVar, Final

from streamparse._core.machine import Machine, MachineOptions
from streamparse._core.machine_state import DOCUMENT
from streamparse._core.sink import Sink
from streamparse._core.text import Utf8Decoder
from streamparse._core.whole import STRICT
from streamparse._decoding.record import (
    SPACE,
    Record,
    RecordDecoder,
    SourceRecord,
    failure_of,
    matched_record,
)
from streamparse._decoding.templates import PARTIAL, UNLIKE, Templates, unlimited
from streamparse.errors import IncompleteError, JSONSyntaxError, StreamParseError
from streamparse.limits import Limits

__all__ = ["JSONRecords"]

_BETWEEN: Final = " \t\r\n,\ufeff"  # the characters allowed between JSON records
# What a text that is cut before or in a literal, or after the sign of a number, ends with.
_SCALAR_BEGINNINGS: Final = frozenset(
    ("", "-", "t", "tr", "tru", "f", "fa", "fal", "fals", "n", "nu", "nul")
)


@lru_cache(maxsize=16)
def _bounds_of(limits: Limits) -> Limits:
    """Return the limits of the machine, whose documents are records."""
    return replace(limits, document=limits.record)


_scan: Final = STRICT.scan_once  # type: ignore[attr-defined]


def _is_begun(source: str) -> bool:
    """Return whether a text is the beginning of a JSON document, but not a whole one."""
    if _is_cut_in_string(source):
        return True
    try:
        _scan(source, 0)
    except JSONDecodeError as error:
        return error.pos == len(source) or error.msg.startswith("Unterminated string")
    except StopIteration as error:  # its value is the position where a value is expected
        return source[error.value :] in _SCALAR_BEGINNINGS
    except (ValueError, RecursionError):
        return False
    return False


def _is_cut_in_string(source: str) -> bool:
    """Return whether a text is the beginning of a document that is cut in a string of an object.

    It is if the scanner accepts the text with the rest of a member, up to its value. If the result
    is False, the text may still be such a beginning. Most lines are cut in a string, and for them
    this avoids a `JSONDecodeError`, which takes long to create.
    """
    before = source[: max(source.rfind('"'), 0)].rstrip(SPACE)
    if before.endswith(":"):
        rest = '","":'
    elif before.endswith(("{", ",")):
        rest = '":'
    else:
        return False
    try:
        _scan(source + rest, 0)
    except StopIteration as error:  # its value is the position where a value is expected
        return bool(error.value == len(source) + len(rest))
    except (ValueError, RecursionError):
        pass
    return False


class _Values(Sink):
    """Creates a record for each document, or for each element of a top-level array."""

    __slots__ = ("_in_array", "_key", "_open", "_pieces", "ended", "machine", "records")

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.machine: Machine | None = None
        self._in_array: bool = False  # whether a top-level array is open
        self._open: list[Any] = []  # the open containers inside the record
        self._key: str = ""
        self._pieces: list[str] = []  # the pieces of the open string or key
        self.ended: int = 0  # the offset after the last record

    @property
    def is_between(self) -> bool:
        """Whether no record and no array of records is open."""
        return not self._in_array and not self._open

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
        """Put a value that begins, or a scalar, into the innermost container."""
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
            self.machine.document_start = end  # the limit of a record applies to each element


class JSONRecords(RecordDecoder):
    """Decodes the records of a stream of JSON.

    Args:
        limits: The limits of the stream.
        templates: Where the templates of its records are kept.
    """

    __slots__ = (
        "_decoder",
        "_held_source",
        "_limit",
        "_machine",
        "_source",
        "_takes_text",
        "_templates",
        "_values",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, templates: Templates | None = None) -> None:
        super().__init__()
        self._templates = templates
        if templates is not None:
            templates.lines = True
        self._held_source: str = ""  # the beginning of the line of a record
        self._limit = unlimited(limits)
        self._source: list[str] = []  # the text of the open record
        self._values = _Values()
        options = MachineOptions(limits=_bounds_of(limits), many=True)
        self._machine = Machine(self._values, options)
        self._values.machine = self._machine
        self._decoder: Utf8Decoder | None = None
        self._takes_text: bool = False

    def feed(self, data: str | bytes) -> list[Record]:
        """Decode a fragment that is not empty; return the records that it completes."""
        try:
            self._read(data)
        except StreamParseError as error:
            self._fail(error)
        return self._drain()

    def finish(self) -> list[Record]:
        """End the input; return the record that it was cut in, if any."""
        try:
            self._pass_held()
            if self._decoder is not None and self._decoder.pending:
                message = "the input ended inside a UTF-8 character"
                raise IncompleteError(message, code="truncated", offset=self._machine.offset)
            self._machine.finish()
        except IncompleteError:
            text = "".join(self._source).lstrip(_BETWEEN)
            return [*self._drain(), Record("", None, text, True)]
        except StreamParseError as error:  # the last number exceeds a limit
            self._fail(error)
        return self._drain()

    def _read(self, data: str | bytes) -> None:
        if isinstance(data, str):
            if self._decoder is not None:
                raise TypeError("this stream was fed bytes, now text: feed it one or the other")
            self._takes_text = True
            self._take(data)
            return
        if self._takes_text:
            raise TypeError("this stream was fed text, now bytes: feed it one or the other")
        if self._decoder is None:
            self._decoder = Utf8Decoder()
        text = self._decoder.feed(data)
        if text:
            self._take(text)
        if self._decoder.invalid:
            self._pass_held()
            message = f"byte 0x{self._decoder.invalid[0]:02x} cannot be UTF-8 here"
            raise JSONSyntaxError(message, code="invalid_utf8", offset=self._machine.offset)

    # Whole lines.

    def _take(self, text: str) -> None:
        """Read text: decode whole lines directly, and feed other text to the machine."""
        held = self._held_source
        if held:
            self._held_source = ""
            text = held + text
        at = 0
        if not self._is_between():
            at = text.find("\n") + 1
            if at:
                self._pass(text[:at])
        if self._is_between():
            at = self._read_lines(text, at, not held)
        if at < len(text):
            self._pass(text[at:] if at else text)

    def _is_between(self) -> bool:
        return self._machine.state == DOCUMENT and self._values.is_between

    def _read_lines(self, text: str, at: int, may_hold: bool) -> int:
        """Add the records of lines that are one object each; return where the lines end.

        An incomplete last line is held back once, and counts as read, if it is the beginning of a
        JSON document, so that no error is late.
        """
        templates = self._templates
        size = len(text)
        while at < size and text[at] == "{":
            end = UNLIKE
            if templates is not None and templates.all:
                end = templates.match(text, at)
                if end == PARTIAL and may_hold:
                    self._held_source = text[at:]
                    return size
            record = None if templates is None else matched_record(templates, text, at, end)
            if record is None:
                record = SourceRecord("", "", "")
                end = text.find("\n", at, at + self._limit) + 1
                if not end:
                    if may_hold and size - at < self._limit and _is_begun(text[at:]):
                        self._held_source = text[at:]
                        return size
                    break
                record.source = text[at:end].rstrip(SPACE)
                if not self._decode(record):
                    break
                if templates is not None and not templates.all:
                    templates.newline = "\r\n" if text[end - 2] == "\r" else "\n"
            self._values.records.append(record)
            self._machine.pass_over(text[at:end], end - at - len(record.source))
            self._values.ended = self._machine.document_start
            self._source = []
            at = end
            may_hold = True
        return at

    def _decode(self, record: SourceRecord) -> bool:
        """Decode a line; return False if the machine must read it."""
        try:
            record.data, end = _scan(record.source, 0)
        except (ValueError, RecursionError, StopIteration):
            return False
        return bool(end == len(record.source))

    def _pass_held(self) -> None:
        held = self._held_source
        if held:
            self._held_source = ""
            self._pass(held)

    def _pass(self, text: str) -> None:
        """Feed the machine; keep only the source after the last record."""
        start, before = self._machine.offset, self._values.ended
        self._machine.feed(text)
        ended = self._values.ended
        if ended > before:
            self._source = []
            text = text[max(ended - start, 0) :]
        self._source.append(text)

    def _drain(self) -> list[Record]:
        records = self._values.records
        self._values.records = []
        return records

    def _fail(self, error: StreamParseError) -> None:
        """Keep `error` as the failure of the stream."""
        machine = self._machine
        self.failure = failure_of(
            error,
            error.message,
            (error.offset, machine.line, error.offset - machine.line_start + 1),
            machine.text_before(error.offset),
        )
        self._values.machine = None  # break the reference cycle
