"""Tests of messages whose final text is not that of their deltas."""

from __future__ import annotations

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._wires.rewriting import take_texts_of_parts
from streamparse.message import Citation, Part, Reasoning, Refusal, Text


def test_texts_join_those_of_the_parts_in_order() -> None:
    response = ResponseReader(AnswerOptions())
    answer = response.first
    parts: list[Part] = [Text(), Reasoning(), Citation("here"), Text(), Refusal()]
    for part in parts:
        answer.add(part)
    answer.text("a", Text())
    for part, text in zip(answer.message.content, "bcxde", strict=True):
        if isinstance(part, (Text, Reasoning, Refusal)):
            part.text = text
    take_texts_of_parts(response)
    message = answer.message
    assert (message.text, message.reasoning, message.refusal) == ("bd", "c", "e")


def test_the_output_is_read_again_unless_it_was_rejected() -> None:
    for before, after, output in (
        ("[1", "[2]", [2]),
        ("[1]", "x", None),
        ("never", "[2]", None),
    ):
        response = ResponseReader(AnswerOptions(output="list"))
        answer = response.first
        part = Text()
        answer.add(part)
        answer.text(before, part)
        part.text = after
        take_texts_of_parts(response)
        answer.finish("stop")
        response.end()
        rejected = [event for event in response.take() if event.type == "output_rejected"]
        assert answer.message.output == output
        assert len(rejected) == (output is None)
