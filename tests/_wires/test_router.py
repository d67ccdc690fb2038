"""Tests of the router: errors of all shapes, the meaning of `[DONE]`, unknown records."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from streamparse._wires.detection import WIRES
from streamparse.errors import WireError
from streamparse.message import Message
from streamparse.message_parser import MessageParser
from tests.messages import call_chunk, chunk, dumped, passed_on, read, sse, text_chunk

HALF = f"data: {dumped(text_chunk('Half'))}\n\n"
DONE = "data: [DONE]\n\n"
WIRE_APIS = list(WIRES)


def error_text(message: Message) -> str:
    return "" if message.error is None else message.error.message


# Errors


@pytest.mark.parametrize("api", WIRE_APIS)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"code": "hot", "message": "the fan stopped"}', "hot: the fan stopped"),
        ('{"message": "the fan stopped", "reason": "hot"}', "the fan stopped"),
        ("the fan stopped", "the fan stopped"),
        ("[1]", "[1]"),
        ("{}", "the provider reported an error"),
    ],
)
def test_an_event_named_error_is_one(api: str, data: str, words: str) -> None:
    message, events = read([f"event: error\ndata: {data}\n\n{DONE}"], api=api)
    assert (message.status, message.finish_reason) == ("failed", "error")
    assert words in error_text(message)
    assert events[-1].type == "message_failed"


@pytest.mark.parametrize(
    "line",
    [
        '{"error": {"message": "the fan stopped"}}\n\n',
        '{"error": {"message": "the fan stopped"}}\n',
        '{"error": {"message": "the fan stopped"}}',
        '{\n "error": {"message": "the fan stopped"}\n}\n\n',
        'error: {"message": "the fan stopped"}\n\n',
        'error:{"message": "the fan stopped"}\n',
        'Error: {"message": "the fan stopped"}\n\n',
        'data: {"throttlingException": {"message": "the fan stopped"}}\n\n',
    ],
)
def test_errors_without_data(line: str) -> None:
    message, _ = read([HALF + line + ("\n" + DONE if line.endswith("\n") else "")])
    assert (message.text, message.status) == ("Half", "failed")
    assert "the fan stopped" in error_text(message)


def test_an_error_outside_of_events_does_not_change_the_end() -> None:
    ended = f"data: {dumped(chunk({'content': '.'}, 'stop'))}\n\n"
    error = {"error": {"message": "the fan stopped"}}
    message, events = read([HALF + ended + dumped(error) + "\n\n"])
    assert (message.text, message.status) == ("Half.", "complete")
    assert passed_on(events) == [("record", error)]


@pytest.mark.parametrize("api", ["openai-chat", None])
def test_an_error_field_can_be_the_first_line(api: str | None) -> None:
    message, _ = read([f'error: {{"code": 500, "message": "no room"}}\n\n{DONE}'], api=api)
    assert (message.status, error_text(message)) == ("failed", "500: no room")


def test_usage_after_an_error_is_kept() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 8, "completion_tokens": 3}}
    records = [text_chunk("Half"), {"error": {"message": "the fan stopped"}}, usage]
    message, events = read([sse(records)])
    assert (message.status, message.text) == ("failed", "Half")
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (8, 3)
    assert passed_on(events) == [("record", usage)]


# Records that no wire understands


@pytest.mark.parametrize(
    ("lines", "name", "data"),
    [
        ("upstream reset: code 7\n\n", "line", {"text": "upstream reset: code 7"}),
        ("<html>\n<p>502</p>\n\n", "line", {"text": "<html>\n<p>502</p>"}),
        ("error: it broke\n\n", "line", {"text": "error: it broke"}),
        ("data: Error: no room\n\n", "record", {"text": "Error: no room"}),
        ('data: {"detail": "no room"}\n\n', "record", {"detail": "no room"}),
    ],
)
def test_done_after_unknown_records_is_not_a_finish(lines: str, name: str, data: Any) -> None:
    message, events = read([HALF + lines + DONE])
    assert (message.text, message.status, message.finish_reason) == ("Half", "truncated", None)
    assert (name, data) in passed_on(events)
    again = f"data: {dumped(text_chunk('.'))}\n\ndata: {dumped(chunk(finish='stop'))}\n\n"
    message, events = read([HALF + lines + again + DONE])
    assert (message.text, message.status) == ("Half.", "complete")
    assert (name, data) in passed_on(events)


@pytest.mark.parametrize(
    "lines",
    ["x-cache: miss\n\n", ": wait\n\n", "event: ping\ndata: {}\n\n", 'data: {"type": "ping"}\n\n'],
)
def test_records_without_content_change_nothing(lines: str) -> None:
    message, _ = read([HALF + lines + DONE])
    assert (message.status, message.finish_reason) == ("complete", "stop")


def test_done_after_an_unknown_record_completes_no_call() -> None:
    call = call_chunk('{"a": 1}', id="x", name="f")
    message, _ = read([sse([call, {"note": "?"}])])
    assert message.tool_calls[0].status == "truncated"


def test_the_error_if_no_record_was_understood() -> None:
    records = [{"type": "beat", "n": place} for place in range(3)]
    message, events = read([sse(records, done=False)])
    assert message.status == "truncated"
    assert isinstance(message.error, WireError)
    assert message.error.code == "unknown_api"
    assert message.error.message == "none of 3 records is openai-chat"
    assert len(passed_on(events)) == 3


def test_a_line_of_json_outside_of_events_is_a_record() -> None:
    message, _ = read([HALF + dumped(text_chunk(" way")) + "\n\n" + DONE])
    assert message.text == "Half way"


# Records with an id, records in an envelope, and records that show no API


def with_ids(*records: Any) -> str:
    return "".join(
        f"id: {number}\ndata: {dumped(record)}\n\n" for number, record in enumerate(records, 1)
    )


def test_repeated_records_are_read_once() -> None:
    parser = MessageParser("openai-chat")
    first, second = text_chunk("Fer"), text_chunk("ns.")
    parser.feed(with_ids(first, second))
    assert parser.resume_token is not None
    parser.feed(with_ids(first, second, chunk({}, "stop")) + DONE)
    parser.finish()
    assert (parser.message.text, parser.message.status) == ("Ferns.", "complete")


def test_where_a_stream_can_be_resumed() -> None:
    parser = MessageParser()
    assert parser.resume_token is None
    parser.feed(with_ids(text_chunk("Fer"), text_chunk("ns.")))
    token = parser.resume_token
    assert token is not None
    assert (token["api"], token["last_event_id"]) == ("openai-chat", "2")
    parser = MessageParser("openai-chat")
    parser.feed(HALF)
    assert parser.resume_token is None, "the records have neither ids nor numbers"


@pytest.mark.parametrize("api", [None, "openai-chat"])
def test_decoded_chunks(api: str | None) -> None:
    message, _ = read([text_chunk("Fer"), text_chunk("ns."), chunk({}, "stop")], api=api)
    assert (message.text, message.finish_reason) == ("Ferns.", "stop")


def test_repeated_records_read_only_their_deltas() -> None:
    """Many similar records in one fragment have the effect of each alone (law 1)."""
    words = [f"w{number} " for number in range(200)]
    pieces = "".join(f"data: {dumped(text_chunk(word))}\n\n" for word in words)
    ended = f"data: {dumped(chunk({}, 'stop'))}\n\n{DONE}"
    whole, _ = read([pieces + ended])
    single, _ = read([f"data: {dumped(text_chunk(word))}\n\n" for word in words] + [ended])
    assert whole.text == single.text == "".join(words)
    assert whole.to_dict() == single.to_dict()


@pytest.mark.parametrize("cut", [False, True])
def test_records_of_no_api(cut: bool) -> None:
    text = 'data: {"moss": 1}\n\ndata: {"fern": 2}' + ("" if cut else "\n\n")
    parser = MessageParser()
    parser.feed(text)
    with pytest.raises(WireError) as caught:
        parser.finish()
    assert caught.value.code == "unknown_api"
    assert "moss" in str(caught.value)


def test_too_many_records_of_no_api() -> None:
    parser = MessageParser()
    records = "".join(f'data: {{"moss": {number}}}\n\n' for number in range(1_000))
    with pytest.raises(WireError) as caught:
        parser.feed(records)
    assert caught.value.code == "unknown_api"


def test_a_cut_record_of_no_api_is_passed_on() -> None:
    parser = MessageParser()
    parser.feed('data: {"mo')
    events = parser.finish()
    assert [name for name, _ in passed_on(events)] == ["incomplete_record"]
    assert parser.message.status == "truncated"


def test_records_before_the_one_that_shows_the_api() -> None:
    early = {"moss": 1}
    message, events = read([f"data: {dumped(early)}\n\n{HALF}{DONE}"], api=None)
    assert message.text == "Half"
    assert early in [data for _, data in passed_on(events)]


def test_a_record_in_the_envelope_of_a_gateway() -> None:
    inner = {"chunk": {"bytes": base64.b64encode(dumped(text_chunk("Half")).encode()).decode()}}
    message, _ = read([inner, chunk({}, "stop")], api=None)
    assert message.text == "Half"


def test_a_parser_without_input_is_truncated() -> None:
    parser = MessageParser()
    parser.finish()
    assert parser.message.status == "truncated"
