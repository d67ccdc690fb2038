"""`SSERecords`: decodes server-sent events in the variants that providers and gateways send.

`SSEDecoder` follows the standard strictly. This layer also accepts these deviations:

- *Missing blank lines.* If a data line is a whole JSON object or array, or `[DONE]`, and another
  data line follows, the line is a record of its own. A JSON document that spans several data lines
  stays one record.
- *Lines outside of every event*, such as `{"error": …}`, `upstream reset` or an HTML page. The
  standard ignores them. Here consecutive lines become a record with `bare` set. Its name is `""`
  if they are JSON, `"field"` for an unknown field, and `"line"` otherwise.
- *`error:` as the name of a field* with JSON (llama.cpp until 2025). It is an event named `error`.
- *Lines of white space.* They count as blank.

None of this applies to the events in `TEXT_EVENTS`, whose data are always text.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._decoding.json_records import JSONRecords
from streamparse._decoding.record import (
    SPACE,
    TEXT_EVENTS,
    Record,
    RecordDecoder,
    at_record,
    decode_json,
    matched_record,
)
from streamparse._decoding.sse import ServerSentEvent, SSEDecoder
from streamparse._decoding.templates import PARTIAL, Templates
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits

__all__ = ["SSERecords"]

_DONE: Final = "[DONE]"
_FIELDS: Final = ("data", "event", "id", "retry")
# Matching costs time. After this many mismatches, the rest of a fragment is decoded in full.
_MISSES: Final = 3
_UNSPACED: Final = len("data:") + 1  # the column of data that follows the colon without a space


class SSERecords(RecordDecoder):
    """Decodes the records of a stream of server-sent events.

    Args:
        limits: The limits of the stream.
        templates: Where the templates of its records are kept.
    """

    __slots__ = ("_lines",)

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, templates: Templates | None = None) -> None:
        super().__init__()
        self._lines = _RecordLines(limits, templates)

    def feed(self, data: str | bytes) -> list[Record]:
        failure: StreamParseError | None = None
        try:
            self._lines.feed(data)
        except LimitError as error:
            failure = error.copy_without_events()
        return self._drain(failure)

    def finish(self) -> list[Record]:
        failure: StreamParseError | None = None
        try:
            self._lines.finish()
        except LimitError as error:
            failure = error.copy_without_events()
        return self._drain(failure)

    def _drain(self, failure: StreamParseError | None) -> list[Record]:
        lines = self._lines
        # An invalid record precedes the record that is too long.
        self.failure = failure if lines.broken is None else lines.broken
        records = lines.records
        lines.records = None
        return [] if records is None else records


class _RecordLines(SSEDecoder):
    """Turns the lines of a stream into records."""

    __slots__ = (
        "_bare",
        "_held_source",
        "_late_event",
        "_lead_event",
        "_lead_id",
        "_limits",
        "_own_id",
        "_spread",
        "_templates",
        "broken",
        "records",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, templates: Templates | None = None) -> None:
        super().__init__("dispatch", limits)
        self._limits = limits
        self._templates = templates
        self._held_source: str = ""  # the beginning of a record that may match a template
        self.records: list[Record] | None = None  # since the last call
        #: The error of the first record that cannot be decoded; reading stops there.
        self.broken: StreamParseError | None = None
        self._bare: list[str] | None = None  # the current lines outside of every event
        self._spread: bool = False  # whether one document spans the data lines of the event
        # The name and the id at the first data line, and the name that was set after it.
        self._lead_event: str = ""
        self._late_event: str = ""
        self._lead_id: str = ""
        self._own_id: str = ""  # the id that the current event sets

    # Records with templates.

    def _read(self, text: str) -> None:
        templates = self._templates
        if templates is None:
            super()._read(text)
            return
        if not templates.all and not self._held_source:
            super()._read(text)
            templates.newline = "\r\n" if "\r" in text else "\n"
            templates.spaced = self._data_start[2] != _UNSPACED
            return
        held = self._held_source
        if held:
            self._held_source = ""
            text = held + text
        at = 0
        blank = templates.newline * 2
        for _ in range(_MISSES):
            if self._is_between():
                at = self._match(templates, text, at, not held or at > 0)
            stop = text.find(blank, at) + len(blank)
            if stop < len(blank):
                break
            super()._read(text[at:stop])
            at = stop
        if at < len(text):
            super()._read(text[at:] if at else text)

    def _is_between(self) -> bool:
        """Return whether no part of the next event has been read."""
        if self._data is not None or self._unfinished is not None or self._event or self._own_id:
            return False
        is_outside = self._bare is None and not self._after_cr
        return is_outside and not self._finished and self._offset > 0

    def _match(self, templates: Templates, text: str, at: int, may_hold: bool) -> int:
        """Add the records from `at` on that match templates; return where they end.

        An incomplete record at the end of the fragment is held back once, and counts as read.
        """
        size = len(text)
        if self.broken is not None or self._offset + size - self._record_start >= self._limit:
            return at
        while at < size:
            end = templates.match(text, at)
            if end == PARTIAL and may_hold:
                self._held_source = text[at:]
                return size
            record = matched_record(templates, text, at, end)
            if record is None:
                break
            self._add(record)
            self._offset += end - at
            self._record_start = self._line_start = self._offset
            self._line += record.line_count
            at = end
            may_hold = True
        return at

    def finish(self) -> list[ServerSentEvent]:
        held = self._held_source
        if held:
            self._held_source = ""
            super()._read(held)
        return super().finish()

    def _add_data(self, value: str, start: int) -> None:
        if self._data is not None and self._begins_record(value):
            self._deliver(self._lead_event, "\n".join(self._data), self._lead_id)
            self._data = None
            self._spread = False
            self._record_start = start
            if self._own_id == self._lead_id:
                self._own_id = ""
            self._event = self._late_event
        if self._data is None:
            self._flush_bare()
            self._lead_event = self._event
            self._lead_id = self._own_id
            self._late_event = ""
        super()._add_data(value, start)

    def _begins_record(self, value: str) -> bool:
        """Return whether this line of data begins another record."""
        body = value.strip(SPACE)
        if self._lead_event in TEXT_EVENTS:
            return False
        if body == _DONE:
            return True
        if self._spread or not body:
            return False
        self._spread = self._data is None or not self._is_whole(self._data[0].strip(SPACE))
        return not self._spread

    def _is_whole(self, body: str) -> bool:
        """Return whether this line is a complete record."""
        if body == _DONE:
            return True
        if not body or body[0] not in "{[" or body[-1] not in "}]":
            return False
        try:
            decode_json(body, self._limits)
        except StreamParseError:
            return False
        return True

    def _set_event(self, value: str) -> None:
        self._event = value
        if self._data is not None:
            self._late_event = value
        else:
            self._flush_bare()

    def _set_id(self, value: str) -> None:
        self._id = value
        self._own_id = value
        if self._data is None:
            self._flush_bare()

    def _dispatch(self) -> None:
        if self._event == "error" and self._data is None and not self._finished:
            self._deliver("error", "", self._own_id)
        self._last_id = self._id
        if self._data is not None:
            data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
            self._deliver(self._event, data, self._own_id)
            self._data = None
        self._event = ""
        self._own_retry = None
        self._own_id = ""
        self._spread = False
        self._flush_bare()

    def _deliver(self, name: str, data: str, id: str = "") -> None:
        if self.broken is not None:
            return
        try:
            self._read_data("" if name == "message" else name, data, id)
        except StreamParseError as error:
            self.broken = at_record(error, self._data_start)

    def _read_data(self, name: str, data: str, id: str) -> None:
        """Add the records of the data of an event; raise for invalid JSON."""
        if name in TEXT_EVENTS:
            if data:
                self._add(Record(name, _json_in(data, self._limits), data, False, False, id))
            return
        body = data.strip(SPACE)
        if body == _DONE or not (body.startswith("{") or body.startswith("[")):
            if body or name == "error":
                text = body if body == _DONE else data
                self._add(Record(name, None, text, False, False, id))
            return
        try:
            self._add(Record(name, decode_json(body, self._limits), data, False, False, id))
        except LimitError:
            raise
        except StreamParseError as error:
            several: list[Record] = []
            if error.code == "trailing_text" and "\n" in body:
                several = _several(body, name, id, self._limits)
            if several:
                for record in several:
                    self._add(record)
            elif self._finished:  # the input ended before the blank line
                self._add(Record(name, None, data, True, False, id))
            else:
                raise

    # Lines outside of every event.

    def _unknown_line(self, line: str, offset: int) -> None:
        if not line.strip(SPACE):
            self._dispatch()
            self._record_start = offset + len(line)
            return
        if self._finished and any(field.startswith(line) for field in _FIELDS):
            return  # the input was cut inside the name of a field
        if self._bare is None:
            name, colon, value = line.partition(":")
            if name.lower() == "error" and self._add_error(value.strip(SPACE), line):
                return
            if colon and _is_token(name) and name.lower() != "error":
                self._add_bare("field", None, line)
                return
        if self._bare is not None:
            self._bare.append(line)
            return
        if self._data is None and line.rstrip(SPACE).endswith("}"):
            document = self._json_of(line)
            if document is not None:
                self._add_bare("", document, line)
                return
        self._bare = [line]

    def _add_error(self, body: str, line: str) -> bool:
        """Add the record of a field named `error`; return False if its value is not JSON."""
        value = self._json_of(body)
        if value is None:
            return False
        self._add_bare("error", value, body)
        return True

    def _flush_bare(self) -> None:
        """Add the record of the lines outside of every event, which have ended."""
        if self._bare is None:
            return
        text = "\n".join(self._bare)
        self._bare = None
        value = self._json_of(text)
        self._add_bare("line" if value is None else "", value, text)

    def _add_bare(self, name: str, value: Any, text: str) -> None:
        if self.broken is None:
            self._add(Record(name, value, text, bare=True))

    def _add(self, record: Record) -> None:
        if self.records is None:
            self.records = [record]
        else:
            self.records.append(record)

    def _json_of(self, text: str) -> Any:
        """Return the JSON object or array in `text`, or None."""
        body = text.strip(SPACE)
        if not body.startswith("{") and not body.startswith("["):
            return None
        try:
            return decode_json(body, self._limits)
        except StreamParseError:
            return None


def _json_in(text: str, limits: Limits) -> Any:
    """Return the JSON object in a text, or None; other APIs may use the name of a text event."""
    if not text.startswith("{"):
        return None
    try:
        return decode_json(text, limits)
    except StreamParseError:
        return None


def _several(body: str, name: str, id: str, limits: Limits) -> list[Record]:
    """Return the records of consecutive JSON documents, or none if the text is anything else."""
    decoder = JSONRecords(limits)
    records = decoder.feed(body)
    records += decoder.finish()
    if decoder.failure is not None or (records and records[-1].cut):
        return []
    for record in records:
        record.event = name
        record.id = id
    return records


def _is_token(name: str) -> bool:
    """Return whether this has the form of a field name, like those of HTTP headers."""
    letters = name.replace("-", "").replace("_", "")
    return letters.isascii() and letters.isalnum() and name[0].isalpha()
