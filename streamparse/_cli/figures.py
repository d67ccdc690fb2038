"""How fast an answer came, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallTruncated,
)
from streamparse.metrics import Metrics

__all__ = ["DELTAS", "Figures"]

# Seconds in which no model answers: a rate would be that of a disk.
_TOO_SHORT: Final = 0.05

# What the model wrote, once each: argument deltas show the text of a `ToolCallDelta` again.
_ENDS: Final = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)
DELTAS: Final = (TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta)


class Figures:
    """Watches events; times are seconds of `clock` since this was made."""

    def __init__(self, clock: Callable[[], float], judged: bool = False) -> None:
        self._judged = judged
        self._calls: dict[str, int] = {}  # by status
        self._clock = clock
        self._began = clock()
        self._metrics = Metrics(clock)
        self._first_token: float | None = None
        self._first_argument: float | None = None

    def note(self, events: list[AnyMessageEvent]) -> None:
        """These events came just now."""
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
        """All that is known, on a line or two."""
        metrics = self._metrics
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
        judged = [f"calls judged: {', '.join(calls) or 'none'}"] if self._judged else []
        return [", ".join(line) for line in (judged, times, counts) if line]


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
