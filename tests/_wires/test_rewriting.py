"""Tests of messages whose final text is not that of their deltas."""

from __future__ import annotations

from streamparse._answers.turn import Turns
from streamparse._wires.rewriting import take_texts_of_parts
from streamparse.limits import Limits
from streamparse.message import Citation, Part, Reasoning, Refusal, Text


def test_the_texts_are_those_of_the_parts_in_their_order() -> None:
    turns = Turns(Limits())
    turn = turns.first
    parts: list[Part] = [Text(), Reasoning(), Citation("here"), Text(), Refusal()]
    for part in parts:
        turn.add(part)
    turn.text("a", Text())
    for part, text in zip(turn.message.content, "bcxde", strict=True):
        if isinstance(part, (Text, Reasoning, Refusal)):
            part.text = text
    take_texts_of_parts(turns)
    message = turn.message
    assert (message.text, message.reasoning, message.refusal) == ("bd", "c", "e")


def test_an_output_is_read_again_until_it_was_rejected() -> None:
    for before, after, output in (
        ("[1", "[2]", [2]),
        ("[1]", "x", None),
        ("never", "[2]", None),
    ):
        turns = Turns(Limits(), output="list")
        turn = turns.first
        part = Text()
        turn.add(part)
        turn.text(before, part)
        part.text = after
        take_texts_of_parts(turns)
        turn.finish("stop")
        turns.end()
        rejected = [event for event in turns.take() if event.type == "output_rejected"]
        assert turn.message.output == output
        assert len(rejected) == (output is None)
