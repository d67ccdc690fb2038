"""The events of `JSONParser`."""

from __future__ import annotations

from streamparse._core.events import StringDelta, ValueCompleted, ValueEvent, ValueStarted

__all__ = ["StringDelta", "ValueCompleted", "ValueEvent", "ValueStarted"]
