"""Tests of streamparse.frontends.shown_calls: ids, and the calls of results."""

from __future__ import annotations

import pytest

from streamparse import ServerToolResult, ToolCall
from streamparse.frontends.shown_calls import ShownCalls


def call(index: int, id: str | None = None, kind: str = "function") -> ToolCall:
    made = ToolCall(index=index)
    made.id, made.name, made.kind = id, "water", kind  # type: ignore[assignment]
    return made


def test_ids_are_the_providers_and_never_repeat() -> None:
    calls = ShownCalls()
    assert calls.add(call(0, "a"), "m").id == "a"
    assert calls.add(call(1), "m").id == "m-call-1"
    calls.begin_answer()
    assert calls.add(call(0, "a"), "m").id == "a-2"
    assert list(calls.current) == [0]


def test_only_a_call_that_has_ended_has_a_result() -> None:
    calls = ShownCalls()
    with pytest.raises(ValueError, match="no call 0"):
        calls.ended(call(0))
    shown = calls.add(call(0, "a"), "m")
    with pytest.raises(ValueError, match="has not ended"):
        calls.ended(call(0))
    shown.open = False
    assert calls.ended(call(0)) is shown


def test_the_call_of_a_result() -> None:
    calls = ShownCalls()
    first = calls.add(call(0, "a"), "m")
    server = calls.add(call(1, None, "server"), "m")
    assert calls.of_result(ServerToolResult(call_id="a")) is first
    assert calls.of_result(ServerToolResult(name="water")) is server
    server.answered = True
    assert calls.of_result(ServerToolResult(name="water")) is None


def test_calls_by_an_unknown_id() -> None:
    calls = ShownCalls()
    known = calls.named("c9")
    assert (known.id, known.open, known.complete) == ("c9", False, True)
    assert calls.named("c9") is known
    known.open = True
    with pytest.raises(ValueError, match="has not ended"):
        calls.named("c9")
    known.call._grow('{"a": 1}')
    known.sent = 4
    assert known.text == '{"a"'
