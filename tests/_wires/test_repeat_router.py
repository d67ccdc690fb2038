"""Tests of records of which only the delta is read, because a template matches the rest.

`test_templates.py` has the property test.
"""

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
from tests.responses import API, CREATED, added, at, message_item

WORDS = [f"word {number}, " for number in range(30)]
PART = {"type": "output_text", "text": "", "annotations": []}
RECORDS = [*(text_chunk(word) for word in WORDS), chunk(finish="stop")]


def events_of(parser: MessageParser, pieces: list[Any]) -> list[Any]:
    events = [event.to_dict() for piece in pieces for event in parser.feed(piece)]
    return [*events, *(event.to_dict() for event in parser.finish())]


def records(data: list[dict[str, Any]]) -> list[bytes]:
    """Return each record as a fragment with one server-sent event, as servers send them."""
    return [sse([one], done=False) for one in data]


def test_repeated_records_give_the_same_as_decoded_ones() -> None:
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


def numbered_text(numbers: list[int]) -> list[dict[str, Any]]:
    """Return the records of a Responses text with one delta for each number."""
    item = message_item("")
    start = [CREATED, added(0, item), at("content_part.added", 0, part=PART, content_index=0)]
    deltas = [
        at(
            "output_text.delta",
            0,
            content_index=0,
            delta=f"word {number}, ",
            sequence_number=number,
        )
        for number in numbers
    ]
    return [{**one, "sequence_number": place} for place, one in enumerate(start)] + deltas


def text_of(parser: MessageParser, data: list[dict[str, Any]]) -> str:
    for record in records(data):
        parser.feed(record)
    return parser.message.text


def words(numbers: list[int]) -> str:
    return "".join(f"word {number}, " for number in numbers)


def test_numbered_records_are_repeated() -> None:
    numbers = list(range(3, 40))
    parser, decoded = MessageParser(API), MessageParser(API)
    data = numbered_text(numbers)
    assert events_of(parser, records(data)) == events_of(decoded, data)
    templates = parser._input.router.templates
    assert templates is not None
    assert templates.all
    assert parser.message.text.startswith(words(numbers))


def test_a_repeated_numbered_record_is_skipped() -> None:
    numbers = list(range(3, 30))
    again = [*numbers, 25, 26, 27, 28, 29, 30, 31]
    parser = MessageParser(API)
    assert text_of(parser, numbered_text(again)) == words([*numbers, 30, 31])
    assert parser._input.router.replayed == 5


def test_missing_numbers_between_repeated_records_lose_text() -> None:
    numbers = [*range(3, 30), *range(35, 45)]
    parser, decoded = MessageParser(API), MessageParser(API)
    data = numbered_text(numbers)
    assert events_of(parser, records(data)) == events_of(decoded, data)
    assert parser.message.text.startswith(words(numbers))
    assert parser.message.finish_reason != "stop"


def test_records_wait_until_later_numbers_show_a_replay() -> None:
    """The first numbers do not show whether numbers identify records."""
    for again in ([3, 4, 3, 4, 5, 6, 7, 8, 9], [3, 3, 4, 5, 6, 7], [3, 4, 9, 4, 10, 11, 12, 13]):
        parser, decoded = MessageParser(API), MessageParser(API)
        data = numbered_text(again)
        assert events_of(parser, records(data)) == events_of(decoded, data)
        assert parser.message.to_dict() == decoded.message.to_dict()


def test_equal_numbers_identify_no_record() -> None:
    numbers = list(range(3, 30))
    data = [{**one, "sequence_number": 5} for one in numbered_text(numbers)]
    assert text_of(MessageParser(API), data) == words(numbers)


def test_records_with_ids_are_decoded() -> None:
    """Only its id shows that a server has sent a record again."""
    plain = records(RECORDS)
    named = [f"id: e{place}\n".encode() + one for place, one in enumerate(plain[10:20])]
    data = [*plain[:10], *named, *named[-3:], *plain[20:]]
    parser = MessageParser("openai-chat")
    events_of(parser, data)
    assert parser.message.text == "".join(WORDS)
    assert parser._input.router.replayed == 3


def test_an_error_between_repeated_records_ends_them() -> None:
    error = sse(["x"], done=False).replace(b"data", b"event: error\ndata")
    parser = MessageParser("openai-chat")
    events_of(parser, [*records(RECORDS[:10]), error, *records(RECORDS[10:12])])
    assert parser.message.text == "".join(WORDS[:10])
    assert parser.message.finish_reason == "error"


def test_two_choices_in_turn() -> None:
    data = [text_chunk(word, choice) for word in WORDS for choice in (0, 1)]
    short, whole = MessageParser("openai-chat"), MessageParser("openai-chat")
    assert events_of(short, records(data)) == events_of(whole, data)
    assert [one.text for one in short.messages] == ["".join(WORDS)] * 2


def test_counts_that_grow_are_read_with_each_delta() -> None:
    data = [
        {**text_chunk(word), "usage": {"prompt_tokens": 3, "completion_tokens": place}}
        for place, word in enumerate(WORDS)
    ]
    short, whole = MessageParser("openai-chat"), MessageParser("openai-chat")
    assert events_of(short, records(data)) == events_of(whole, data)
    assert short.message.usage == whole.message.usage
    assert short.message.usage is not None
    assert short.message.usage.output_tokens == len(WORDS) - 1


def test_many_records_in_one_fragment() -> None:
    """Matched records are decoded if an earlier record of the fragment changes the state."""
    call = {"id": "c", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{}"}}
    data = [*RECORDS[:12], chunk({"tool_calls": [call]}), *RECORDS[12:]]
    short, whole = MessageParser("openai-chat"), MessageParser("openai-chat")
    assert events_of(short, [b"".join(records(data))]) == events_of(whole, data)
    assert short.message.to_dict() == whole.message.to_dict()


def test_a_stream_of_unlike_records_pauses_the_learning() -> None:
    data = [
        {**text_chunk(word), f"member {place}": "x" * place}
        for place, word in enumerate(WORDS * 10)
    ]
    short, whole = MessageParser("openai-chat"), MessageParser("openai-chat")
    assert events_of(short, records(data)) == events_of(whole, data)
