"""Times and rates of a response, as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from streamparse._answers.metrics import Metrics
from streamparse.message_events import (
    AnySessionEvent,
    ArgumentCompleted,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallTruncated,
)

__all__ = ["DELTAS", "Figures"]

# Seconds. No model responds faster, so a rate would be that of the disk.
_TOO_SHORT: Final = 0.05

# The events whose text the model wrote. Argument deltas repeat the text of a `ToolCallDelta`.
_ENDS: Final = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)
DELTAS: Final = (TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta)


class Figures:
    """Collects figures from events; times are seconds of `clock` since the object was created."""

    def __init__(self, clock: Callable[[], float], validated: bool = False) -> None:
        self._validated = validated
        self._calls: dict[str, int] = {}  # by status
        self._clock = clock
        self._began = clock()
        self._metrics = Metrics(clock)
        self._first_token: float | None = None
        self._first_argument: float | None = None

    def note(self, events: Sequence[AnySessionEvent]) -> None:
        """Count events that have just arrived."""
        self._metrics.note(events)
        now = self._clock() - self._began
        for event in events:
            if self._first_token is None and isinstance(event, DELTAS):
                self._first_token = now
            if isinstance(event, _ENDS):
                self._calls[event.call.status] = self._calls.get(event.call.status, 0) + 1
            if self._first_argument is None and isinstance(event, ArgumentCompleted):
                self._first_argument = now

    def lines(self) -> list[str]:
        """Return all that is known, in one to three lines; nothing if no event arrived."""
        metrics = self._metrics
        if not metrics.events:
            return []
        times = [
            f"{name} {_duration(seconds)}"
            for name, seconds in (
                ("first token", self._first_token),
                ("first complete argument", self._first_argument),
                ("first complete call", metrics.first_call),
            )
            if seconds is not None
        ]
        spent = (metrics.last_event or 0.0) - (metrics.first_event or 0.0)
        rate = f" ({metrics.events / spent:,.0f}/s)" if spent > _TOO_SHORT else ""
        counts = [f"{metrics.events} events{rate}"]
        if spent > _TOO_SHORT and metrics.tokens_per_second is not None:
            counts.append(f"{metrics.tokens_per_second:,.0f} tokens/s")
        calls = [f"{count} {status}" for status, count in sorted(self._calls.items())]
        checked = [f"calls: {', '.join(calls) or 'none'}"] if self._validated else []
        return [", ".join(line) for line in (checked, times, counts) if line]


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
