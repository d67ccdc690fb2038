from __future__ import annotations

from typing import Any

from streamparse._answers.answer_calls import AnswerCalls
from streamparse._answers.calls import CUT, NORMAL
from streamparse._answers.options import AnswerOptions
from streamparse._core.room import Room
from streamparse.limits import Limits
from streamparse.message import Message


def answer_calls(*pieces: str) -> AnswerCalls:
    out: list[Any] = []
    calls = AnswerCalls(Message(), out, Room(Limits()), AnswerOptions())
    for place, text in enumerate(pieces):
        reader = calls.begin("function", False, False)
        reader.set_name(f"tool_{place}")
        reader.feed(text)
    return calls


def statuses(calls: AnswerCalls) -> list[str]:
    return [reader.call.status for reader in calls.readers]


def test_a_finish_reason_completes_whole_calls() -> None:
    calls = answer_calls("{}", '{"row": ')
    calls.settle(NORMAL)
    assert statuses(calls) == ["complete", "in_progress"]
    assert calls.close(CUT)
    assert statuses(calls) == ["complete", "truncated"]


def test_the_end_of_calls() -> None:
    calls = answer_calls("{}", "{}")
    assert calls.has_client_calls()
    assert not calls.close(NORMAL)
    assert statuses(calls) == ["complete", "complete"]
    cut = answer_calls("{")
    assert cut.close(CUT)
    assert not cut.has_client_calls()


def test_calls_before_the_last_one_are_ready() -> None:
    calls = answer_calls("{}", "[1]", '{"row"', "{}")
    calls.mark_ready()
    assert [call.name for call in calls.ready] == ["tool_0", "tool_1"]
    calls.readers[2].feed(": 1}")
    calls.mark_ready()
    assert [call.name for call in calls.ready] == ["tool_0", "tool_1", "tool_2"]
