"""Reads records that differ from an earlier one only in their delta, without decoding them.

A template (`_decoding.templates`) finds the delta in the text of such a record, and the wire says
what the delta does (`Wire.repeat`). Any other record is routed as usual.
"""

from __future__ import annotations

from typing import Final

from streamparse._answers.response import ResponseReader
from streamparse._decoding.record import TEXT_EVENTS, Record, SourceRecord
from streamparse._decoding.templates import Repeat, Templates
from streamparse._wires.bedrock_chunks import CHUNK
from streamparse._wires.router import Router
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageUpdated,
)

__all__ = ["RepeatRouter"]

# The message events of one delta and of token counts.
_GROWING: Final = frozenset((TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta)) | frozenset(
    (ArgumentStarted, ArgumentDelta, ArgumentCompleted, UsageUpdated)
)
_UNLIKE: Final = frozenset(("error", CHUNK)) | frozenset(TEXT_EVENTS)


class RepeatRouter(Router):
    """Routes the records of one response; repeated ones by a shortcut."""

    __slots__ = ("templates",)

    def __init__(self, response: ResponseReader, api: str) -> None:
        super().__init__(response, api)
        #: The templates of a stream of text; None if the caller feeds decoded records.
        self.templates: Templates | None = None

    def read_all(self, records: list[Record]) -> None:
        """Read several records. Raises as `read` does."""
        templates = self.templates
        pausing = templates is None or templates.is_pausing(len(records))
        if templates is not None:
            templates.may_learn = not pausing
        for record in records:
            if isinstance(record, SourceRecord) and record.template is not None:
                if not pausing and self._repeat(record):
                    continue
                record.decode()
            if templates is None or pausing:
                self.read(record)
            else:
                self._read_fully(record, templates)

    def _repeat(self, record: SourceRecord) -> bool:
        """Read only the delta of a record; return False if the wire must read the whole record."""
        template, templates = record.template, self.templates
        if template is None or templates is None or template.age != templates.age:
            return False
        repeat = template.repeat
        if not repeat.holds() or self._ids is not None:
            return False
        if repeat.numbered and not self._is_next(record, repeat):
            return True
        self._read += 1
        self._understood += 1
        repeat.read(record.delta)
        counts = repeat.counts
        if counts is not None:
            counts.read(template.counts_with(record.numbers))
        return True

    def _is_next(self, record: SourceRecord, repeat: Repeat) -> bool:
        """Return whether a numbered record is the only one to read now.

        Otherwise decode the record, and read the records that the sieve returns.
        """
        wire = self.wire
        sieve = None if wire is None else wire.sieve
        assert wire is not None
        assert sieve is not None
        total = repeat.total(record.delta)
        if sieve.expects(record.number):
            sieve.count_expected(total)
            return True
        found = sieve.take(record.number, total, record)
        if sieve.gap is not None:
            self.response.lose(sieve.gap)
        if len(found) == 1 and found[0] is record:
            return True
        record.decode()
        if self.templates is not None:
            self.templates.age += 1
        for one in found:
            self._route(wire, one)
        return False

    def _read_fully(self, record: Record, templates: Templates) -> None:
        """Read a whole record, and learn its template if the next records may match it."""
        events = self.response.events
        before = len(events)
        changes, read = self.response.counts.changes, self._read
        self.read(record)
        source, template = record.text, None
        if isinstance(record, SourceRecord):
            source, template = record.source, record.template
        repeat = self._repeat_of(record, source, templates)
        is_alone = self._read == read + 1 and self.response.counts.changes == changes
        if repeat is None or not is_alone:
            templates.age += 1
        else:
            for place in range(before, len(events)):
                if type(events[place]) not in _GROWING:
                    templates.age += 1
                    break
        if template is None and (repeat is None or templates.all):
            templates.spend(1)
        if repeat is None:
            return
        if template is not None:
            templates.arm(template, repeat)
        else:
            templates.learn(record.event, source, record.data, repeat)

    def _repeat_of(self, record: Record, source: str, templates: Templates) -> Repeat | None:
        """Return the effect of a next record that differs only in its delta, or None."""
        data, wire = record.data, self.wire
        if record.id or record.event in _UNLIKE or record.cut or record.bare:
            return None
        if not isinstance(data, dict) or not templates.is_similar(source):
            return None
        if wire is None or self.response.ended or "bytes" in data or "chunk" in data:
            return None
        return wire.repeat(data, record.event)
