"""What a message becomes when the final text of a part is not that of its deltas."""

from __future__ import annotations

from typing import Any

from streamparse._answers.output import OutputReader
from streamparse._answers.turn import Turns
from streamparse.message import Reasoning, Refusal, Text

__all__ = ["take_texts_of_parts"]


def take_texts_of_parts(turns: Turns) -> None:
    """Make the texts of the message those of its parts; its output is then read again.

    Args:
        turns: The answers of the response; the texts are those of the first one.
    """
    message = turns.first.message
    before = message.text
    texts, thoughts, refusals = [], [], []
    for part in message.content:
        if isinstance(part, Text):
            texts.append(part.text)
        elif isinstance(part, Reasoning):
            thoughts.append(part.text)
        elif isinstance(part, Refusal):
            refusals.append(part.text)
    message.text = "".join(texts)
    message.reasoning = "".join(thoughts)
    message.refusal = "".join(refusals)
    if message.text != before:
        _read_output_again(turns)


def _read_output_again(turns: Turns) -> None:
    """The output is that of the final text; events of its partial values have gone out already."""
    turn = turns.first
    if turn.output is None or not turn.output.open:
        return
    events: list[Any] = []
    message = turn.message
    reader = OutputReader(
        turns.output, message, events, turns.limits, turns.judge, turns.output_dialect
    )
    turn.output = reader
    reader.feed(message.text)
    turns.events += [event for event in events if event.type == "output_rejected"]
    reader.out = turns.events
