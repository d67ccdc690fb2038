"""Tests of the effects of records that differ only in their delta."""

from __future__ import annotations

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._wires.repeats import (
    CallRepeat,
    ReasoningRepeat,
    RefusalRepeat,
    TextRepeat,
    repeat_of_part,
)
from streamparse.message import Audio, Reasoning, Refusal, Text


def test_each_type_of_part_grows() -> None:
    answer = ResponseReader(AnswerOptions()).at(0)
    parts = [Text(), Reasoning(), Refusal()]
    kinds = [TextRepeat, ReasoningRepeat, RefusalRepeat]
    for part, kind in zip(parts, kinds, strict=True):
        answer.add(part)
        repeat = repeat_of_part(answer, part, ["delta"])
        assert repeat is not None
        assert type(repeat) is kind
        repeat.read("more")
        assert part.text == "more"
    assert repeat_of_part(answer, Audio(), []) is None


def test_reasoning_that_grows_must_be_the_last_part() -> None:
    answer = ResponseReader(AnswerOptions()).at(0)
    answer.reasoning("a")
    part = answer.growing_reasoning()
    repeat = ReasoningRepeat(answer, part, [])
    repeat.growing = True
    assert repeat.holds()
    answer.text("b")
    assert not repeat.holds()


def test_calls_become_ready_if_the_wire_sends_no_end() -> None:
    answer = ResponseReader(AnswerOptions()).at(0)
    first, second = answer.call("1", "f"), answer.call("2", "g")
    second.feed("{")
    CallRepeat(first, None, []).read("{}")
    assert not answer.calls.ready
    CallRepeat(second, answer, []).read("}")
    assert answer.calls.ready == [first.call]


def test_reasoning_without_a_part_grows_the_last_one() -> None:
    answer = ResponseReader(AnswerOptions()).at(0)
    for _ in range(2):
        ReasoningRepeat(answer, None, []).read("a")
    assert answer.message.reasoning == "aa"
    assert len(answer.message.content) == 1
