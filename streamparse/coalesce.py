"""Fewer events for readers that need not see every delta: deltas of one thing become one.

No clock here: the caller says what time it is, and is told when to come back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

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
    """Holds deltas back and merges them, at most for `every` seconds.

    The first delta comes at once, and so does one after a pause of `every`; those that follow are
    held. Deltas of one thing (the string at a path, the text of a call, the text, the reasoning or
    the refusal of a message) merge when only deltas stand between them, at the place of the first.
    Nothing else is changed, dropped or moved: whatever is no delta (a start, a completion, an
    error, the end of a message) comes at once, after the deltas that were held before it.

    With `hold="all"` the others are held as well, so that at most one list of events comes every
    `every` seconds, with all that has happened in between: a frame.

    Times are seconds of any clock. A clock that goes backwards lets everything out.

    >>> coalescer = Coalescer(every=0.05)
    >>> [coalescer.feed([TextDelta(text)], now) for now, text in [(0, "a"), (0.01, "b")]]
    [[TextDelta(text='a')], []]
    >>> coalescer.due
    0.05
    >>> coalescer.feed([TextDelta("c")], 0.02), coalescer.feed([], 0.05)
    ([], [TextDelta(text='bc')])
    """

    def __init__(self, every: float, *, hold: str = "deltas") -> None:
        if not 0 <= every < math.inf:
            raise ValueError(f"every must be a number of seconds from 0 on, not {every!r}")
        if hold not in ("deltas", "all"):
            raise ValueError(f"hold must be 'deltas' or 'all', not {hold!r}")
        self._every = every
        self._hold_all = hold == "all"
        self._held: list[Any] = []  # events, and a `_Run` for each that is a delta
        self._runs: dict[Any, _Run] = {}  # those that may grow, by what they are of
        self._sure = 0  # so many of those held end with something that is no delta
        self._last: float | None = None  # when something came out

    @property
    def due(self) -> float | None:
        """When to call `feed` again, if need be without events; None while nothing is held."""
        return self._last + self._every if self._held and self._last is not None else None

    def feed(self, events: Iterable[Any], now: float) -> list[Any]:
        """Take these events, in their order; what comes out at the time `now`."""
        for event in events:
            self._take(event)
        if not self._held:
            return []
        if self._last is None or not 0 <= now - self._last < self._every:
            return self._release(len(self._held), now)
        if self._sure and not self._hold_all:
            return self._release(self._sure, now)
        return []

    def flush(self) -> list[Any]:
        """All that is held; say it when nothing more comes."""
        return self._release(len(self._held), self._last)

    def _take(self, event: Any) -> None:
        key = _thing(event)
        if key is None:
            self._held.append(event)
            self._runs.clear()
            self._sure = len(self._held)
            return
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(event)
            self._held.append(run)
        else:
            run.texts.append(event.text)

    def _release(self, count: int, now: float | None) -> list[Any]:
        """The first `count` of what is held: all, or up to the last that is no delta."""
        out = [each.merged() if isinstance(each, _Run) else each for each in self._held[:count]]
        del self._held[:count]
        if not self._held:
            self._runs.clear()
        self._sure = 0
        self._last = now
        return out


class _Run:
    """Deltas of one thing."""

    __slots__ = ("first", "texts")

    def __init__(self, first: Any) -> None:
        self.first = first
        self.texts: list[str] = [first.text]

    def merged(self) -> Any:
        """One delta for all of them; none of them is touched."""
        first = self.first
        if len(self.texts) == 1:
            return first
        text = "".join(self.texts)
        kind = type(first)
        names = first.__match_args__
        values = [text if name == "text" else getattr(first, name) for name in names]
        return kind(*values) if kind is StringDelta else kind(*values, first.choice)


def _thing(event: Any) -> object:
    """What a delta is of, equal for deltas of one thing; None for what is no delta."""
    kind = type(event)
    if kind in _OF_A_MESSAGE:
        return kind, event.choice
    if kind in _OF_A_VALUE:
        return kind, event.path, getattr(event, "choice", 0)
    if kind is ToolCallDelta:
        return kind, id(event.call)
    return (kind, id(event.call), event.path) if kind is ArgumentDelta else None
