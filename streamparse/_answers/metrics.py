"""Measures when an answer begins, how fast it arrives and how long it stalls.

The caller provides the clock: a function that returns seconds and never goes backwards, such as
`time.monotonic`. Without a clock nothing is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from streamparse.message_events import (
    AnySessionEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallStarted,
    UsageUpdated,
)

__all__ = ["Metrics"]

_ARGUMENTS: Final = (ArgumentStarted, ArgumentDelta, ArgumentCompleted)
# The deltas with new text of the model; argument and output deltas repeat that text.
_DELTAS: Final = (TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta)
_NAMES: Final = (
    "first_event",
    "first_text",
    "first_argument",
    "first_call",
    "last_event",
    "longest_gap",
    "events",
    "text_characters",
    "deltas",
    "calls",
    "completed_calls",
    "output_tokens",
    "tokens_per_second",
)


def _no_time() -> float:
    """Replace the clock while a copy is made."""
    return 0.0


class Metrics:
    """Times and counts of a stream.

    Times are seconds since the parser was created, or None for what has not happened. Create the
    parser when the request is sent, so that the times include the wait for the provider. The events
    of one feed have the same time. Counts include all choices.

    Metrics are not part of a message: a message does not depend on when its parts arrived.

    Attributes:
        first_event: The time of the first event.
        first_text: The time of the first text.
        first_argument: The time of the first argument event.
        first_call: The time of the first complete call.
        last_event: The time of the last event.
        longest_gap: The longest time between two feeds that returned events, in seconds.
        events: The number of events.
        text_characters: The number of characters of text.
        deltas: The number of deltas of text, reasoning, refusals and the text of arguments.
        calls: The number of calls that were started.
        completed_calls: The number of complete calls.
    """

    __slots__ = (
        "_clock",
        "_counted",
        "_started",
        "calls",
        "completed_calls",
        "deltas",
        "events",
        "first_argument",
        "first_call",
        "first_event",
        "first_text",
        "last_event",
        "longest_gap",
        "text_characters",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (_no_time,)

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._counted: dict[int, int] = {}  # the output tokens of each choice
        self.first_event: float | None = None
        self.first_text: float | None = None
        self.first_argument: float | None = None
        self.first_call: float | None = None
        self.last_event: float | None = None
        self.longest_gap: float | None = None
        self.events: int = 0
        self.text_characters: int = 0
        self.deltas: int = 0
        self.calls: int = 0
        self.completed_calls: int = 0

    def note(self, events: Sequence[AnySessionEvent]) -> None:
        """Record events. The parser calls this.

        Args:
            events: The events that one call of `feed` or `finish` returned.
        """
        if not events:
            return
        now = self.elapsed
        if self.last_event is None:
            self.first_event = now
        else:
            gap = now - self.last_event
            self.longest_gap = gap if self.longest_gap is None else max(gap, self.longest_gap)
        self.last_event = now
        self.events += len(events)
        for event in events:
            self._count(event, now)

    def _count(self, event: MessageEvent, now: float) -> None:
        if isinstance(event, _DELTAS):
            self.deltas += 1
            if isinstance(event, TextDelta):
                self.text_characters += len(event.text)
                if self.first_text is None:
                    self.first_text = now
        elif isinstance(event, _ARGUMENTS):
            if self.first_argument is None:
                self.first_argument = now
        elif isinstance(event, ToolCallStarted):
            self.calls += 1
        elif isinstance(event, ToolCallCompleted):
            self.completed_calls += 1
            if self.first_call is None:
                self.first_call = now
        elif isinstance(event, UsageUpdated) and event.usage.output_tokens is not None:
            self._counted[event.choice] = event.usage.output_tokens

    @property
    def elapsed(self) -> float:
        """The seconds since the parser was created."""
        return self._clock() - self._started

    @property
    def output_tokens(self) -> int | None:
        """The output tokens of all choices, as reported by the provider; None before it reports."""
        return sum(self._counted.values()) if self._counted else None

    @property
    def tokens_per_second(self) -> float | None:
        """The output tokens divided by the time between the first and last event, or None."""
        tokens = self.output_tokens
        if tokens is None or self.first_event is None or self.last_event is None:
            return None
        spent = self.last_event - self.first_event
        try:
            return tokens / spent if spent > 0 else None
        except OverflowError:  # the reported count is beyond the range of floats
            return None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: getattr(self, name) for name in _NAMES}

    def __repr__(self) -> str:
        known = {name: value for name, value in self.to_dict().items() if value is not None}
        return f"Metrics({', '.join(f'{name}={value!r}' for name, value in known.items())})"
