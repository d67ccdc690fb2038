"""Tests of records that are read by their delta alone; `test_templates` has the property."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._decoding.record import Record
from streamparse._wires.repeat_router import RepeatRouter
from streamparse.errors import LimitError
from streamparse.limits import Limits
from streamparse.message_parser import MessageParser
from tests.messages import chunk, sse, text_chunk

WORDS = [f"word {number}, " for number in range(30)]
RECORDS = [*(text_chunk(word) for word in WORDS), chunk(finish="stop")]


def events_of(parser: MessageParser, pieces: list[Any]) -> list[Any]:
    events = [event.to_dict() for piece in pieces for event in parser.feed(piece)]
    return [*events, *(event.to_dict() for event in parser.finish())]


def records(data: list[dict[str, Any]]) -> list[bytes]:
    """One server-sent event a fragment, as servers send them."""
    return [sse([one], done=False) for one in data]


def test_repeated_records_read_as_decoded_ones() -> None:
    short, whole = MessageParser("openai-chat"), MessageParser("openai-chat")
    assert events_of(short, records(RECORDS)) == events_of(whole, RECORDS)
    templates = short._input.router.templates
    assert templates is not None
    assert templates.all
    assert whole._input.router.templates is None


def test_another_record_between_repeated_ones() -> None:
    usage = {**chunk(), "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}
    data = [*RECORDS[:10], usage, *RECORDS[10:]]
    assert events_of(MessageParser("openai-chat"), records(data)) == (
        events_of(MessageParser("openai-chat"), data)
    )


def test_a_limit_is_found_in_a_repeated_record() -> None:
    parser = MessageParser("openai-chat", limits=Limits(content=100))
    with pytest.raises(LimitError):
        events_of(parser, records(RECORDS))
    assert parser.message.text.startswith("word 0, word 1, ")


def test_without_templates_each_record_is_read() -> None:
    response = ResponseReader(AnswerOptions())
    router = RepeatRouter(response, "openai-chat")
    router.read_all([Record("", one, "") for one in RECORDS[:2]])
    assert response.first.message.text == "word 0, word 1, "
