"""Puts the events of an answer into an order in which only one call is open at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from streamparse.message_events import (
    AnyMessageEvent,
    ToolCallCompleted,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)

__all__ = ["WaitingCalls"]

_ENDS: Final = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)
_NO_CALL: Final = -1


class WaitingCalls:
    """Holds the events back that do not belong to the open call, until it ends."""

    def __init__(self) -> None:
        self._open: int | None = None  # the index of the open call
        # The events that wait: one list for each call, and for all that is between two calls.
        self._groups: deque[list[AnyMessageEvent]] = deque()
        self._of_call: dict[int, list[AnyMessageEvent]] = {}

    def put(self, event: AnyMessageEvent) -> Iterator[AnyMessageEvent]:
        """Add an event; yield the events that do not wait."""
        call = getattr(event, "call", None)
        index = _NO_CALL if call is None else call.index
        if self._open is None or index == self._open or isinstance(event, UsageUpdated):
            yield self._passed(event)
            while self._groups and self._open is None:
                yield from self._next_group()
        else:
            self._hold(event, index)

    def drain(self) -> Iterator[AnyMessageEvent]:
        """Yield all events that wait, because the answer ends."""
        self._open = None
        while self._groups:
            yield from self._next_group()
        self._open = None

    def _hold(self, event: AnyMessageEvent, index: int) -> None:
        group = self._of_call.get(index)
        if group is None:
            group = self._of_call[index] = []
            self._groups.append(group)
            if index != _NO_CALL:
                self._of_call.pop(_NO_CALL, None)  # later events are after this call
        group.append(event)

    def _next_group(self) -> Iterator[AnyMessageEvent]:
        group = self._groups.popleft()
        call = getattr(group[0], "call", None)
        index = _NO_CALL if call is None else call.index
        if self._of_call.get(index) is group:
            del self._of_call[index]
        for event in group:
            yield self._passed(event)

    def _passed(self, event: AnyMessageEvent) -> AnyMessageEvent:
        if isinstance(event, ToolCallStarted):
            self._open = event.call.index
        elif isinstance(event, _ENDS):
            self._open = None
        return event
