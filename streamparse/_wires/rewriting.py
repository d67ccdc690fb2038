"""What a message becomes when the final text of a part is not that of its deltas."""

from __future__ import annotations

from typing import Any

from streamparse._answers.output import OutputReader
from streamparse._answers.response import ResponseReader
from streamparse.message import Audio, Reasoning, Refusal, Text

__all__ = ["take_texts_of_parts"]


def take_texts_of_parts(response: ResponseReader) -> None:
    """Make the texts of the message those of its parts; its output is then read again.

    Args:
        response: The answers of the response; the texts are those of the first one.
    """
    message = response.first.message
    before = message.text
    texts, thoughts, refusals = [], [], []
    for part in message.content:
        if isinstance(part, (Text, Audio)):
            texts.append(part.text)
        elif isinstance(part, Reasoning):
            thoughts.append(part.text)
        elif isinstance(part, Refusal):
            refusals.append(part.text)
    message.text = "".join(texts)
    message.reasoning = "".join(thoughts)
    message.refusal = "".join(refusals)
    if message.text != before:
        _read_output_again(response)


def _read_output_again(response: ResponseReader) -> None:
    """The output is that of the final text; events of its partial values have gone out already."""
    answer = response.first
    if answer.output is None or not answer.output.open:
        return
    events: list[Any] = []
    message = answer.message
    reader = OutputReader(message, events, response.options)
    reader.may_call = False
    answer.output = reader
    reader.feed(message.text)
    response.events += [event for event in events if event.type == "output_rejected"]
    reader.out = response.events
