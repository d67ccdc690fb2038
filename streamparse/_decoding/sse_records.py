"""`SSERecords`: the records of server-sent events, as providers and gateways really send them.

`SSEDecoder` follows the standard to the letter. This layer also reads what some servers send:

- *No blank lines.* A data line that is a whole JSON object or array, or `[DONE]`, is a record of
  its own when another data line follows: nothing could continue it. A JSON document that is spread
  over several data lines stays one record.
- *Lines outside every event*, such as `{"error": …}`, `upstream reset` or a page of HTML. The
  standard ignores them; here consecutive ones are a record with `bare` set. Its name is `""` where
  they are JSON, `"field"` for a field that the standard does not know, else `"line"`.
- *`error:` as the name of a field*, with JSON (llama.cpp until 2025): an event named `error`.
- *Lines of white space*, which count as blank.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._decoding.json_records import JSONRecords
from streamparse._decoding.record import SPACE, Record, RecordDecoder, decoded, moved
from streamparse._decoding.sse import SSEDecoder
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits

__all__ = ["SSERecords"]

_DONE: Final = "[DONE]"
_FIELDS: Final = ("data", "event", "id", "retry")


class SSERecords(RecordDecoder):
    """The records of a stream of server-sent events."""

    __slots__ = ("_lines",)

    init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._lines = _Lines(limits)

    def feed(self, data: str | bytes) -> list[Record]:
        failure: StreamParseError | None = None
        try:
            self._lines.feed(data)
        except LimitError as error:
            failure = error.copy_without_events()
        return self._take(failure)

    def finish(self) -> list[Record]:
        failure: StreamParseError | None = None
        try:
            self._lines.finish()
        except LimitError as error:
            failure = error.copy_without_events()
        return self._take(failure)

    def _take(self, failure: StreamParseError | None) -> list[Record]:
        lines = self._lines
        # A broken record comes before the record that is too long.
        self.failure = failure if lines.broken is None else lines.broken
        records = lines.records
        lines.records = []
        return records


class _Lines(SSEDecoder):
    """Makes records of the lines of a stream."""

    __slots__ = (
        "_bare",
        "_late_event",
        "_lead_event",
        "_lead_id",
        "_limits",
        "_own_id",
        "_spread",
        "broken",
        "records",
    )

    init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        super().__init__("dispatch", limits)
        self._limits = limits
        self.records: list[Record] = []
        #: The error of the first record that cannot be decoded; nothing is read after it.
        self.broken: StreamParseError | None = None
        self._bare: list[str] = []  # lines outside every event that have not ended
        self._spread: bool = False  # the first data line was not whole, so the event has several
        # Name and id as they were at the first data line, and the name that was set after it.
        self._lead_event: str = ""
        self._late_event: str = ""
        self._lead_id: str = ""
        self._own_id: str = ""  # the id that this event sets itself

    def _add_data(self, value: str, start: int) -> None:
        if self._data and self._begins_record(value):
            self._deliver(self._lead_event, "\n".join(self._data), self._lead_id)
            self._data = []
            self._spread = False
            self._record_start = start
            if self._own_id == self._lead_id:
                self._own_id = ""
            self._event = self._late_event
        if not self._data:
            self._flush_bare()
            self._lead_event = self._event
            self._lead_id = self._own_id
            self._late_event = ""
        super()._add_data(value, start)

    def _begins_record(self, value: str) -> bool:
        """Is this line of data the first of another record?"""
        body = value.strip(SPACE)
        if body == _DONE:
            return True
        if self._spread or not body:
            return False
        self._spread = not self._is_whole(self._data[0].strip(SPACE))
        return not self._spread

    def _is_whole(self, body: str) -> bool:
        """Is this line a record to which no other line can belong?"""
        if body == _DONE:
            return True
        if not body or body[0] not in "{[" or body[-1] not in "}]":
            return False
        try:
            decoded(body, self._limits)
        except StreamParseError:
            return False
        return True

    def _set_event(self, value: str) -> None:
        self._event = value
        if self._data:
            self._late_event = value
        else:
            self._flush_bare()

    def _set_id(self, value: str) -> None:
        self._id = value
        self._own_id = value
        if not self._data:
            self._flush_bare()

    def _dispatch(self) -> None:
        if self._event == "error" and not self._data and not self._finished:
            self._deliver("error", "", self._own_id)
        self._last_id = self._id
        if self._data:
            data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
            self._deliver(self._event, data, self._own_id)
            self._data = []
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
            self.broken = moved(error, self._place)

    def _read_data(self, name: str, data: str, id: str) -> None:
        """Make records of the data of an event; raises for broken JSON."""
        body = data.strip(SPACE)
        if body == _DONE or not (body.startswith("{") or body.startswith("[")):
            if body or name == "error":
                text = body if body == _DONE else data
                self.records.append(Record(name, None, text, False, False, id))
            return
        try:
            self.records.append(Record(name, decoded(body, self._limits), data, False, False, id))
        except LimitError:
            raise
        except StreamParseError as error:
            several: list[Record] = []
            if error.code == "trailing_text" and "\n" in body:
                several = _several(body, name, id, self._limits)
            if several:
                self.records.extend(several)
            elif self._finished:  # the input ended before the blank line
                self.records.append(Record(name, None, data, True, False, id))
            else:
                raise

    # Lines outside every event.

    def _unknown_line(self, line: str, offset: int) -> None:
        if not line.strip(SPACE):
            self._dispatch()
            self._record_start = offset + len(line)
            return
        if self._finished and any(field.startswith(line) for field in _FIELDS):
            return  # the input was cut inside the name of a field
        if not self._bare:
            name, colon, value = line.partition(":")
            if name.lower() == "error" and self._add_error(value.strip(SPACE), line):
                return
            if colon and _is_token(name) and name.lower() != "error":
                self._add_bare("field", None, line)
                return
        self._bare.append(line)
        if len(self._bare) == 1 and not self._data and line.rstrip(SPACE).endswith("}"):
            document = self._json_of(line)
            if document is not None:
                self._bare = []
                self._add_bare("", document, line)

    def _add_error(self, body: str, line: str) -> bool:
        """The record of a field named `error`, if its value is JSON."""
        value = self._json_of(body)
        if value is None:
            return False
        self._add_bare("error", value, body)
        return True

    def _flush_bare(self) -> None:
        """The lines outside every event have ended."""
        if not self._bare:
            return
        text = "\n".join(self._bare)
        self._bare = []
        value = self._json_of(text)
        self._add_bare("line" if value is None else "", value, text)

    def _add_bare(self, name: str, value: Any, text: str) -> None:
        if self.broken is None:
            self.records.append(Record(name, value, text, bare=True))

    def _json_of(self, text: str) -> Any:
        """The object or array that `text` is; None for anything else."""
        body = text.strip(SPACE)
        if not body.startswith("{") and not body.startswith("["):
            return None
        try:
            return decoded(body, self._limits)
        except StreamParseError:
            return None


def _several(body: str, name: str, id: str, limits: Limits) -> list[Record]:
    """The records of documents that follow one another; none if they are not that."""
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
    """Could this be the name of a field, as those of HTTP headers are?"""
    letters = name.replace("-", "").replace("_", "")
    return letters.isascii() and letters.isalnum() and name[0].isalpha()
