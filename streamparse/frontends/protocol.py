"""`Protocol`: writes the records of a protocol, and declares what each protocol has to write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeAlias

from streamparse._core.plain import json_text
from streamparse.frontends.citations import Source
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import ServerToolResult
from streamparse.message_events import OutputCompleted, OutputDelta, OutputStarted

__all__ = ["Protocol", "Record", "given"]

Record: TypeAlias = dict[str, Any]


class Protocol:
    """The records of one stream. Subclasses implement the methods that write them."""

    headers: ClassVar[dict[str, str]] = {
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",  # otherwise nginx buffers the stream
    }

    def __init__(self) -> None:
        self._out: list[Record] = []
        self._growing: Record | None = None  # the delta that takes in those of the same part
        self._growing_part: tuple[Any, ...] = ()  # identifies that part
        self._holder: Record = {}  # the object in the delta that has its text
        self._member: str = ""  # the name of the text in it
        self._pieces: list[str] = []
        self._part: str = ""  # the open part: "text", "reasoning", "refusal" or ""

    @classmethod
    def to_sse(cls, records: Iterable[Record]) -> bytes:
        """Return the records as server-sent events, in UTF-8."""
        return b"".join(cls._framed(record) for record in records)

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        return f"data: {json_text(record)}\n\n".encode()

    def _add(self, type: str, owner: str, identity: str, name: str, text: str) -> None:
        """Write a delta with its text in the member `name`; adjacent deltas become one record."""
        if not self._extend((type, identity), text):
            record = {"type": type, owner: identity, name: ""}
            self._grow_record((type, identity), record, record, name, text)

    def _extend(self, part: tuple[Any, ...], text: str) -> bool:
        """Add `text` to the last record if it is a delta of `part`; return whether it is."""
        growing = self._growing
        if growing is None or part != self._growing_part or self._out[-1] is not growing:
            return False
        self._pieces.append(text)
        return True

    def _grow_record(
        self, part: tuple[Any, ...], record: Record, holder: Record, name: str, text: str
    ) -> None:
        """Write a delta of `part`, whose text is in the member `name` of `holder`."""
        self._join()
        self._growing, self._growing_part = record, part
        self._holder, self._member = holder, name
        self._out.append(record)
        self._pieces.append(text)

    def _join(self) -> None:
        """Join the pieces of the open delta, once: adding each in turn would copy the text."""
        if self._growing is not None:
            self._holder[self._member] = "".join(self._pieces)
            self._pieces = []
            self._growing = None

    def _take(self) -> list[Record]:
        self._join()
        records = self._out
        self._out = []
        return records

    def _grow_part(self, kind: str, text: str) -> None:
        """Write more of a part; a part of another kind ends, and this one starts."""
        if self._part != kind:
            self._end_part()
            self._part = kind
            self._start_part(kind)
        self._more(kind, text)

    def _end_part(self) -> None:
        kind = self._part
        if kind:
            self._part = ""
            self._stop_part(kind)

    def _reasoning_file(self, url: str, media_type: str) -> None:
        """Write a file that belongs to the reasoning."""
        self._file(url, media_type)

    def _grow_output(self, event: OutputStarted | OutputDelta | OutputCompleted) -> None:
        """Write what an event adds to the structured output, which is text of the answer too."""

    # Records that a protocol may lack: these methods write nothing.

    def _start_part(self, kind: str) -> None:
        """Write the start of a part of this kind."""

    def _stop_part(self, kind: str) -> None:
        """Write the end of a part."""

    def _result(self, call: ShownCall, output: Any, failed: bool) -> None:
        """Write the result of a call."""

    def _stray_result(self, part: ServerToolResult) -> None:
        """Write a result that belongs to no call of the answer."""

    def _source(self, source: Source, citation: Any, index: int) -> None:
        """Write a source; `index` is its place in the citation."""

    def _file(self, url: str, media_type: str) -> None:
        """Write a file."""

    def _partial_image(self, image: dict[str, Any]) -> None:
        """Write a partial image."""

    def _provider(self, name: str, data: Any) -> None:
        """Write a record of the provider that has no event of its own."""

    def _reject_output(self, about: dict[str, Any]) -> None:
        """Write that the structured output is invalid."""

    # Records that every protocol has.

    def _id_base(self) -> str:
        raise NotImplementedError

    def _start_stream(self) -> None:
        raise NotImplementedError

    def _begin_answer(self) -> None:
        raise NotImplementedError

    def _more(self, kind: str, text: str) -> None:
        raise NotImplementedError

    def _start_call(self, call: ShownCall) -> None:
        raise NotImplementedError

    def _grow_call(self, call: ShownCall, text: str) -> None:
        raise NotImplementedError

    def _complete_call(self, call: ShownCall) -> None:
        raise NotImplementedError

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _end_aborted(self, reason: str | None) -> None:
        raise NotImplementedError


def given(**fields: Any) -> Record:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
