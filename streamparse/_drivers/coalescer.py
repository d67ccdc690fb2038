"""Merges deltas for readers that do not need every single one, or splits them at words.

The module reads no clock: the caller passes the current time, and `due` is the time of the next
call.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from streamparse._drivers.units import UnitSplitter
from streamparse.aliases import TextUnit
from streamparse.events import StringDelta
from streamparse.message_events import (
    ArgumentDelta,
    OutputDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
)

__all__ = ["Coalescer"]

_OF_A_MESSAGE: Final = (TextDelta, ReasoningDelta, RefusalDelta)
_OF_A_VALUE: Final = (StringDelta, OutputDelta)


class Coalescer:
    """Holds deltas back for at most `every` seconds and merges them.

    The first delta is emitted at once, and so is a delta after a pause of `every`; the deltas that
    follow it are held. Deltas of the same stream (the string at a path, the text of a call, the
    text, reasoning or refusal of a message) are merged if only deltas are between them; the merged
    delta takes the position of the first. Every other event (a start, a completion, an error, the
    end of a message) is emitted at once and unchanged, after the deltas held before it.

    With `hold="all"` the other events are held as well, so that at most one list of events is
    emitted every `every` seconds.

    With `by=` each delta of the text, reasoning or refusal of a message that is emitted is one
    word, line or sentence, for a screen or for speech. The text is never changed, and the deltas do
    not depend on those that come in. A word of Chinese or Japanese is one character, with the
    punctuation after it. A unit that has not ended `every` seconds after it began, or before
    another event, is emitted as far as it has arrived. All other events are emitted at once.

    Args:
        every: The longest time to hold an event, in seconds.
        hold: `"deltas"`, or `"all"` to hold all events.
        by: `"word"`, `"line"` or `"sentence"`; None to merge deltas by time alone.

    Raises:
        ValueError: `every` is negative or infinite, `hold` or `by` is unknown, or both `by` and
            `hold="all"` are given.

    >>> coalescer = Coalescer(every=0.05)
    >>> [coalescer.feed([TextDelta(text)], now) for now, text in [(0, "a"), (0.01, "b")]]
    [[TextDelta(text='a')], []]
    >>> coalescer.due
    0.05
    >>> coalescer.feed([TextDelta("c")], 0.02), coalescer.feed([], 0.05)
    ([], [TextDelta(text='bc')])
    >>> words = Coalescer(every=1, by="word")
    >>> [words.feed([TextDelta(text)], 0) for text in ("The h", "ou", "se is ")]
    [[TextDelta(text='The ')], [], [TextDelta(text='house '), TextDelta(text='is ')]]
    """

    def __init__(self, every: float, *, hold: str = "deltas", by: TextUnit | None = None) -> None:
        if not 0 <= every < math.inf:
            raise ValueError(f"every must be a number of seconds, 0 or more, not {every!r}")
        if hold not in ("deltas", "all"):
            raise ValueError(f"hold must be 'deltas' or 'all', not {hold!r}")
        if by is not None and hold == "all":
            raise ValueError("by= cannot be combined with hold='all'")
        self._units = None if by is None else _Units(by)
        self._every = every
        self._hold_all = hold == "all"
        self._held: list[Any] = []  # events, and a `_Run` in place of each delta
        self._runs: dict[Any, _Run] = {}  # the runs that may still grow, by `_stream_key`
        self._complete = 0  # the number of held items up to the last event that is not a delta
        self._last: float | None = None  # the time of the last emission

    @property
    def due(self) -> float | None:
        """The time at which to call `feed` again, even without events; None if nothing is held."""
        if self._units is not None:
            since = self._units.since
            return None if since is None else since + self._every
        return self._last + self._every if self._held and self._last is not None else None

    def feed(self, events: Iterable[Any], now: float) -> list[Any]:
        """Add events and return those that are due.

        Args:
            events: New events, in their order; there may be none.
            now: The current time in seconds, of any clock. If the clock goes backwards, all held
                events are returned.

        Returns:
            The events to emit now.
        """
        if self._units is not None:
            return self._units.feed(events, now, self._every)
        for event in events:
            self._add(event)
        if not self._held:
            return []
        if self._last is None or not 0 <= now - self._last < self._every:
            return self._release(len(self._held), now)
        if self._complete and not self._hold_all:
            return self._release(self._complete, now)
        return []

    def flush(self) -> list[Any]:
        """Return all held events; call it at the end of the stream."""
        if self._units is not None:
            return self._units.flush()
        return self._release(len(self._held), self._last)

    def _add(self, event: Any) -> None:
        key = _stream_key(event)
        if key is None:
            self._held.append(event)
            self._runs.clear()
            self._complete = len(self._held)
            return
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(event)
            self._held.append(run)
        else:
            run.texts.append(event.text)

    def _release(self, count: int, now: float | None) -> list[Any]:
        """Return the first `count` held items, with merged deltas."""
        out = [each.merged() if isinstance(each, _Run) else each for each in self._held[:count]]
        del self._held[:count]
        if not self._held:
            self._runs.clear()
        self._complete = 0
        self._last = now
        return out


class _Units:
    """Splits the texts of messages into units."""

    def __init__(self, by: TextUnit) -> None:
        UnitSplitter(by)  # raises if `by` is unknown
        self._by: TextUnit = by
        self._held: dict[Any, _Unit] = {}  # by `_stream_key`, in the order in which they began

    @property
    def since(self) -> float | None:
        """The time at which the oldest text that is held arrived."""
        return min([unit.since for unit in self._held.values()], default=None)

    def feed(self, events: Iterable[Any], now: float, every: float) -> list[Any]:
        out: list[Any] = []
        for event in events:
            if type(event) in _OF_A_MESSAGE:
                self._add(event, now, out)
            else:
                out += self.flush()
                out.append(event)
        for key, unit in list(self._held.items()):
            if not 0 <= now - unit.since < every:
                out.append(self._held.pop(key).rest())
        return out

    def flush(self) -> list[Any]:
        out = [unit.rest() for unit in self._held.values()]
        self._held.clear()
        return out

    def _add(self, event: Any, now: float, out: list[Any]) -> None:
        """Add a delta. The text of another part of the same answer ends here."""
        key = _stream_key(event)
        unit = self._held.get(key)
        if unit is None:
            for other in _OF_A_MESSAGE:
                before = self._held.pop((other, event.choice), None)
                if before is not None:
                    out.append(before.rest())
            unit = self._held[key] = _Unit(UnitSplitter(self._by), event, now)
        pieces = unit.splitter.feed(event.text)
        out += [unit.delta(piece) for piece in pieces]
        if unit.splitter.is_empty:
            del self._held[key]
        elif pieces:
            unit.since = now


class _Unit:
    """Text of one stream that is held, with the time at which it began to arrive."""

    __slots__ = ("first", "since", "splitter")

    def __init__(self, splitter: UnitSplitter, first: Any, now: float) -> None:
        self.splitter = splitter
        self.first = first
        self.since = now

    def delta(self, text: str) -> Any:
        return type(self.first)(text, self.first.choice)

    def rest(self) -> Any:
        return self.delta(self.splitter.rest())


class _Run:
    """Deltas of one stream, to be merged."""

    __slots__ = ("first", "texts")

    def __init__(self, first: Any) -> None:
        self.first = first
        self.texts: list[str] = [first.text]

    def merged(self) -> Any:
        """Return one delta for all of them; the original deltas are not changed."""
        first = self.first
        if len(self.texts) == 1:
            return first
        text = "".join(self.texts)
        kind = type(first)
        names = first.__match_args__
        values = [text if name == "text" else getattr(first, name) for name in names]
        return kind(*values) if kind is StringDelta else kind(*values, first.choice)


def _stream_key(event: Any) -> object:
    """Return a key that is equal for deltas that may be merged; None if it is not a delta."""
    kind = type(event)
    if kind in _OF_A_MESSAGE:
        return kind, event.choice
    if kind in _OF_A_VALUE:
        return kind, event.path, getattr(event, "choice", 0)
    if kind is ToolCallDelta:
        return kind, id(event.call)
    return (kind, id(event.call), event.path) if kind is ArgumentDelta else None
