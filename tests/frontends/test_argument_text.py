"""Tests of streamparse.frontends.argument_text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given

from streamparse import JSONParser, MessageParser, StreamParseError
from streamparse.frontends.argument_text import ArgumentText
from streamparse.message_events import ArgumentCompleted, ArgumentDelta, ArgumentStarted
from tests.helpers import cut, same
from tests.messages import call_chunk, chunk
from tests.strategies import JSON_TEXTS, SIZES


def written(text: ArgumentText, events: Iterable[Any]) -> str:
    pieces = []
    for event in events:
        if isinstance(event, ArgumentStarted):
            pieces.append(text.started(event))
        elif isinstance(event, ArgumentDelta):
            pieces.append(text.delta(event))
        elif isinstance(event, ArgumentCompleted):
            pieces.append(text.completed(event))
    return "".join(pieces)


@given(document=JSON_TEXTS.map(lambda text: text.lstrip("\ufeff")), sizes=SIZES)
def test_the_text_is_a_prefix_of_json(document: str, sizes: Sequence[int]) -> None:
    """A value is written as it arrives; a number is written when it is complete."""
    parser, text = MessageParser("openai-chat"), ArgumentText()
    parser.feed(call_chunk("", id="c", name="f"))
    again = JSONParser()
    for piece in cut(document, sizes):
        again.feed(written(text, parser.feed(call_chunk(piece))))
    # Only the end of the input completes a number at the root.
    again.feed(written(text, [*parser.feed(chunk({}, "stop")), *parser.finish()]))
    again.finish()
    assert same(again.value, parser.message.tool_calls[0].partial)


def test_missing_events_are_detected() -> None:
    """An event is rejected without the start or end of a container or string before it."""
    parser = MessageParser("openai-chat")
    document = '{"a": {"b": ["c", 1]}, "d": "e", "f": {}}'
    events = [
        event
        for event in parser.feed(call_chunk(document, id="c", name="f"))
        if isinstance(event, (ArgumentStarted, ArgumentDelta, ArgumentCompleted))
    ]
    for place, event in enumerate(events[:-1]):
        if event.type == "argument_delta" or isinstance(getattr(event, "value", ""), int):
            continue
        with pytest.raises(StreamParseError, match="is missing before") as caught:
            written(ArgumentText(), [*events[:place], *events[place + 1 :]])
        assert caught.value.code == "misplaced_value"


@pytest.mark.parametrize(
    "document", ['{"a": {"b": ["c\\n", 1, null, true]}, "": 1e400}', "[]", '"x"']
)
def test_compact_json(document: str) -> None:
    parser = MessageParser("openai-chat")
    events = parser.feed(call_chunk(document, id="c", name="f"))
    found = written(ArgumentText(), events)
    assert json.loads(found) == json.loads(document)
    assert " " not in found
