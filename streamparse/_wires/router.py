"""`Router`: passes decoded records to the adapter of their API.

1. A record that was read before is skipped (`replays`).
2. An envelope is replaced by the records in it (`envelopes`).
3. With `"auto"`, records are held until one of them shows its API.
4. The adapter reads the record. A record that it does not understand is an error of some shape, or
   is passed on as a `ProviderEvent`.

`event: error` is an error, whatever its data. `[DONE]` without a finish reason is a normal finish
only if every record before it was understood and the answer has content.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar, Final

from streamparse._answers.response import ResponseReader
from streamparse._core.plain import shown
from streamparse._decoding.record import TEXT_EVENTS, Record
from streamparse._wires.base import Wire, error_of_text, provider_error
from streamparse._wires.bedrock_chunks import CHUNK, exception_of
from streamparse._wires.detection import DONE, WIRES, HeldRecords, adapter_of, wire_of
from streamparse._wires.envelopes import opened
from streamparse._wires.replays import Ids
from streamparse.errors import ProviderError, StreamParseError, WireError

__all__ = ["Router"]

_ALIVE: Final = frozenset(("ping", "heartbeat", "keepalive", "keep-alive", "keep_alive"))


class Router:
    """Routes the records of one response.

    Args:
        response: The reader that the wire calls.
        api: The name of a wire API, or `"auto"`.
    """

    __slots__ = (
        "_held",
        "_ids",
        "_read",
        "_understood",
        "_unnamed",
        "response",
        "wire",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader, "auto")

    def __init__(self, response: ResponseReader, api: str) -> None:
        self.response = response
        self.wire: Wire | None = None
        if api in WIRES:
            self.wire = wire_of(api)(response)
        self._held: HeldRecords | None = None  # those before one shows the API
        self._ids: Ids | None = None  # of server-sent events, if they have ids
        self._unnamed: bool = False  # whether the last record that an adapter read had no id
        self._read: int = 0  # the number of records that the wire read
        self._understood: int = 0  # the number of those that it understood

    @property
    def replayed(self) -> int:
        """How many records were skipped because they had been read before."""
        sieve = None if self.wire is None else self.wire.sieve
        skipped = 0 if self._ids is None else self._ids.skipped
        return skipped + (0 if sieve is None else sieve.skipped)

    @property
    def resume_token(self) -> dict[str, Any] | None:
        """The position from which to resume the stream; see `MessageParser.resume_token`."""
        wire, ids = self.wire, self._ids
        if wire is None:
            return None
        place = wire.resume_token() or {}
        if ids is not None and ids.counts and not self._unnamed:
            place["last_event_id"] = ids.last
        if not place:
            return None
        return {"api": wire.api, "id": self.response.first.message.id, **place}

    def read_chunk(self, data: dict[str, Any]) -> None:
        """Read a record that was decoded elsewhere. Raises as `read` does."""
        self.read(Record("", data, ""))

    def read(self, record: Record) -> None:
        """Read one record. Raises `WireError` and `LimitError`."""
        if record.id:
            self._unnamed = False
            if self._ids is None:
                self._ids = Ids()
            for one in self._ids.sift(record.id, record.text, record):
                self._open(one)
            return
        if self._ids is not None:
            self._unnamed = self._unnamed or isinstance(record.data, dict)
            for one in self._ids.release():
                self._open(one)
        self._open(record)

    def _open(self, record: Record) -> None:
        """Take a record out of its envelope."""
        data = record.data
        inner = opened(data, record.event) if isinstance(data, dict) else None
        if inner is None:
            self._sift(record)
            return
        for one, name in inner:
            self._sift(Record(name, one, "", False, record.exception))

    def _sift(self, record: Record) -> None:
        wire = self.wire
        if wire is None:
            self._detect(record)
        elif wire.is_next(record):
            self._route(wire, record)
        else:
            for one in wire.sift(record):
                self._route(wire, one)

    def restart(self) -> None:
        """Drop the records that no adapter has read, because the provider sends them again."""
        self._held = None

    def settle(self) -> None:
        """Read the records that wait for the decision whether they are replays."""
        if self._ids is not None:
            for record in self._ids.release():
                self._open(record)
        wire = self.wire
        if wire is not None and wire.sieve is not None:
            for record in wire.sieve.release():
                self._route(wire, record)

    def finish(self) -> None:
        """End the input; raise `WireError` if it showed no API."""
        self.settle()
        if self._held is not None:
            self._held.end()
            self.give_up()
        wire = self.wire
        if wire is None:
            return
        if self._read > 1 and not self._understood and not self.response.ended:
            message = f"none of {self._read} records is {wire.api}"
            self.response.fail_transport(WireError(message, code="unknown_api"))
        wire.end()

    def give_up(self) -> None:
        """Read the records that wait, because the input broke. This raises no exception.

        Records that are held because no adapter reads them are passed on.
        """
        with suppress(StreamParseError):  # the first error of the input
            self.settle()
        for record in self._released():
            self._pass_on(record)

    # One record, without its envelope.

    def _route(self, wire: Wire, record: Record) -> None:
        data = record.data
        if self.response.ended:
            self._late(record)
        elif record.event in TEXT_EVENTS and wire.text_record(record.text, record.event):
            self._read += 1
            self._understood += 1
        elif record.text == DONE:
            self._done(wire)
        elif record.bare and self._has_finished():
            # The provider has ended the answer; a line outside the events does not change that.
            self._pass_on(record)
        elif isinstance(data, dict) and not record.exception:
            self._read += 1
            understood = wire.record(data, record.event)
            if record.event == "error":
                self._fail(record)
            elif understood:
                self._understood += 1
            else:
                self._not_understood(record)
        else:
            if not record.bare:
                self._read += 1
            self._not_understood(record)

    def _late(self, record: Record) -> None:
        """Read a record after the end, such as `[DONE]`, or usage that follows an error."""
        wire, data = self.wire, record.data
        if wire is not None and isinstance(data, dict) and self.response.first.message.error:
            wire.count_late(data, record.event)
        if record.text != DONE:
            self._pass_on(record)

    def _done(self, wire: Wire) -> None:
        if self.response.unread:
            wire.end()
        else:
            wire.done()

    def _has_finished(self) -> bool:
        return all(answer.message.finish_reason is not None for answer in self.response.all)

    def _not_understood(self, record: Record) -> None:
        error = self._error_in(record)
        if error is not None:
            self.response.fail(error)
            return
        data = record.data
        if isinstance(data, dict):
            kind = data.get("type")
            alive = not data or record.event in _ALIVE
            alive = alive or (isinstance(kind, str) and kind in _ALIVE)
        else:
            alive = record.event == "field" and record.bare
        if not alive:
            self.response.unread += 1
        self._pass_on(record)

    def _fail(self, record: Record) -> None:
        """Fail the message with a record that its transport names an error."""
        error = self._error_in(record)
        if error is not None and not self.response.ended:
            self.response.fail(error)

    def _error_in(self, record: Record) -> ProviderError | None:
        data = record.data
        named = record.exception or record.event == "error"
        if not isinstance(data, dict):
            return error_of_text(record.event, record.text, data) if named else None
        # A first record with only a message is an error; a later one may be anything.
        bare = not record.event and not self.response.first.begun
        error = provider_error(data, record.event if named else "", bare)
        return error if error is not None else exception_of(data)

    def _pass_on(self, record: Record) -> None:
        data = record.data
        name = "" if record.event == CHUNK else record.event
        if record.cut:
            name = "incomplete_record"
        elif not name and isinstance(data, dict):
            name = shown(data.get("type") or data.get("object") or record.event)
        name = name or record.event or "record"
        self.response.first.pass_on(name, {"text": record.text} if data is None else data)

    # Detection.

    def _detect(self, record: Record) -> None:
        """Hold records until one shows the API or reports an error."""
        kind = adapter_of(record)
        if kind is not None:
            self.wire = kind(self.response)
            for earlier in self._released():
                self._sift(earlier)
            self._sift(record)
            return
        error = self._error_in(record)
        if error is not None:
            self.give_up()
            self.wire = Wire(self.response)
            self.response.fail(error)
            return
        if self._held is None:
            self._held = HeldRecords()
        self._held.add(record)

    def _released(self) -> list[Record]:
        """Return the held records, and forget them."""
        held = self._held
        self._held = None
        return [] if held is None else held.records
