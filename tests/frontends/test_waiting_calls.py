"""Tests of streamparse.frontends.waiting_calls: only one call is open at a time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamparse import TextDelta, ToolCall, Usage
from streamparse.frontends.waiting_calls import WaitingCalls
from streamparse.message_events import (
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)

END = (ToolCallCompleted, ToolCallTruncated)


@st.composite
def streams(draw: st.DrawFn) -> list[Any]:
    """Generate events of several interleaved calls, with texts between them."""
    calls = [ToolCall(index) for index in range(draw(st.integers(0, 4)))]
    left: list[list[Any]] = [
        [ToolCallStarted(call), ToolCallDelta(call, "x"), draw(st.sampled_from(END))(call)]
        for call in calls
    ]
    events: list[Any] = []
    started = 0
    while any(left):
        choices = [place for place, one in enumerate(left) if one and place <= started]
        place = draw(st.sampled_from([*choices, -1]))
        if place < 0:
            events.append(TextDelta(str(len(events))))
            continue
        started = max(started, place + 1)
        events.append(left[place].pop(0))
    return events


@given(streams())
def test_one_call_is_open_at_a_time(events: list[Any]) -> None:
    waiting = WaitingCalls()
    found = [one for event in events for one in waiting.put(event)]
    assert list(waiting.drain()) == []  # nothing waits, as every call has ended
    assert len(found) == len(events)
    assert {id(event) for event in found} == {id(event) for event in events}
    opened: int | None = None
    for event in found:
        if isinstance(event, ToolCallStarted):
            assert opened is None
            opened = event.call.index
        elif isinstance(event, TextDelta):
            assert opened is None
        elif isinstance(event, (ToolCallDelta, *END)):
            assert event.call.index == opened
            opened = None if isinstance(event, END) else opened
    texts = [event.text for event in found if isinstance(event, TextDelta)]
    assert texts == sorted(texts, key=int)


def test_usage_does_not_wait_and_drain_returns_the_rest() -> None:
    one, two = ToolCall(0), ToolCall(1)
    waiting = WaitingCalls()
    usage = UsageUpdated(Usage())
    assert len(list(waiting.put(ToolCallStarted(one)))) == 1
    assert list(waiting.put(ToolCallStarted(two))) == []
    assert list(waiting.put(usage)) == [usage]
    assert [event.type for event in waiting.drain()] == ["tool_call_started"]
