"""The events of `JSONParser`: what a document gave away when."""

from __future__ import annotations

from typing import TypeAlias

from streamparse._core.events import StringDelta, ValueCompleted, ValueStarted

__all__ = ["StringDelta", "ValueCompleted", "ValueEvent", "ValueStarted"]

ValueEvent: TypeAlias = ValueStarted | StringDelta | ValueCompleted
"""Any of the three."""
