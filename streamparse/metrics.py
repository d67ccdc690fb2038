"""What the time went by: when an answer began to be of use, how fast it came, how it stalled.

Time is the caller's: any function that gives seconds and never goes back, such as
`time.monotonic`. Without one nothing is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse.message_events import (
    AnyMessageEvent,
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
# Those that bring new text of the model; argument and output deltas show the same text again.
_DELTAS: Final = (TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta)
_SHOWN: Final = (
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


class Metrics:
    """Times in seconds since the parser was made, None for what has not happened; and counts.

    Make the parser when the request is sent: then the times include the wait for the provider.

    - `first_event`, `first_text`, `first_argument`, `last_event`: when the first event, text,
      argument value (begun or whole) and the last event came; `first_call`: the first complete
      call. Events of one feed share its time.
    - `longest_gap`: the longest wait between two feeds that gave events, in seconds.
    - `events`, `text_characters` (of the answers' text), `deltas` (of text, reasoning, refusal,
      and arguments' text), `calls` (begun), `completed_calls`: counts over all choices.
    - `output_tokens`: as the provider counted, all choices together; `tokens_per_second`: these
      over the time from the first event to the last.

    They are no part of a message: a message is the same however slowly it came.
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

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._counted: dict[int, int] = {}  # output tokens, by choice
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

    def note(self, events: list[AnyMessageEvent]) -> None:
        """These events came just now, together; the parser says so."""
        if not events:
            return
        now = self._clock() - self._started
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
    def output_tokens(self) -> int | None:
        """As the provider counted them; None while it has not."""
        return sum(self._counted.values()) if self._counted else None

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens over the time from the first event to the last; None while unknown."""
        tokens = self.output_tokens
        if tokens is None or self.first_event is None or self.last_event is None:
            return None
        spent = self.last_event - self.first_event
        try:
            return tokens / spent if spent > 0 else None
        except OverflowError:  # the provider counted more than a float can hold
            return None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {name: getattr(self, name) for name in _SHOWN}

    def __repr__(self) -> str:
        known = {name: value for name, value in self.to_dict().items() if value is not None}
        return f"Metrics({', '.join(f'{name}={value!r}' for name, value in known.items())})"
