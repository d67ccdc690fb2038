"""Rewrites the texts of a message after the final text of a part replaced that of its deltas."""

from __future__ import annotations

from typing import Any

from streamparse._answers.answer import AnswerReader
from streamparse._answers.output import OutputReader
from streamparse._answers.response import ResponseReader
from streamparse.message import Audio, Reasoning, Refusal, Text

__all__ = ["take_texts_of_parts"]


def take_texts_of_parts(response: ResponseReader, answer: AnswerReader | None = None) -> None:
    """Set the text of a message from its parts, and parse its output again.

    Args:
        response: The response.
        answer: The answer of the message, by default the first one.
    """
    answer = answer or response.first
    message = answer.message
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
        _read_output_again(response, answer)


def _read_output_again(response: ResponseReader, answer: AnswerReader) -> None:
    """Read the output in the final text; events of its earlier values have been emitted."""
    known = answer.texts.output
    if known is None or not known.open:
        return
    events: list[Any] = []
    message = answer.message
    reader = OutputReader(message, events, response.options)
    reader.may_call = False
    answer.texts.output = reader
    reader.feed(message.text)
    response.events += [event for event in events if event.type == "output_rejected"]
    reader.out = response.events
