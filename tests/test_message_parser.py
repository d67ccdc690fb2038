"""Tests of the parser of messages: the life cycle, the terminal record and errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from streamparse import message_parser
from streamparse.errors import LimitError, ProviderError, StreamParseError, WireError
from streamparse.formats import TextReading
from streamparse.formats._auto import CHOICES
from streamparse.limits import Limits
from streamparse.message import Message
from streamparse.message_events import (
    MessageFailed,
    MessageFinished,
    MessageStarted,
    ProviderEvent,
    TextDelta,
    ToolCallTruncated,
)
from streamparse.message_parser import APIS, MessageParser
from tests.helpers import cut
from tests.messages import answer, call_chunk, chunk, kinds, read, run_parser, sse, text_chunk

HELLO = [text_chunk("Hel"), text_chunk("lo"), chunk(finish="stop")]
HELLO_TYPES = ["message_started", "text_delta", "message_finished"]


def unknown(number: int) -> dict[str, Any]:
    return {"kind": "heartbeat", "number": number}


# Construction


def test_apis_by_name() -> None:
    for api in APIS:
        assert MessageParser(api).message.status == "in_progress"
    assert {"openai-chat", "text", "auto"} <= set(APIS)
    with pytest.raises(ValueError, match="no api is named"):
        MessageParser("opanai")  # type: ignore[arg-type]


def test_limits_must_be_limits() -> None:
    wrong: Any = {"depth": 3}
    with pytest.raises(TypeError, match="Limits"):
        MessageParser("auto", limits=wrong)


def test_the_api_is_known_when_it_is_given_or_detected() -> None:
    assert MessageParser("openai-chat").api == "openai-chat"
    assert MessageParser("text").api == "text"
    parser = MessageParser()
    assert parser.api is None
    parser.feed(HELLO[0])
    assert parser.api == "openai-chat"
    assert parser.message.api == "openai-chat"


# Life cycle


def test_a_new_parser_has_a_message() -> None:
    parser = MessageParser("openai-chat")
    message = parser.message
    assert (message.status, parser.messages) == ("in_progress", [message])
    parser.feed(text_chunk("Hi"))
    assert parser.message is message
    assert message.text == "Hi"
    assert parser.finish()[-1] == MessageFinished(message)


def test_events_of_a_stream() -> None:
    parser = MessageParser("openai-chat")
    assert parser.feed(HELLO[0]) == [MessageStarted("cc-1", None), TextDelta("Hel")]
    assert parser.feed(HELLO[1]) == [TextDelta("lo")]
    assert parser.feed(HELLO[2]) == []
    assert parser.finish() == [MessageFinished(parser.message)]
    assert parser.finish() == []
    assert parser.message.status == "complete"


def test_the_terminal_record_ends_the_message() -> None:
    parser = MessageParser("openai-chat")
    events = parser.feed(sse(HELLO))
    assert kinds(events) == HELLO_TYPES
    assert parser.finish() == []


@pytest.mark.parametrize("empty", ["", b"", bytearray(), memoryview(b"")])
def test_empty_fragments_change_nothing(empty: Any) -> None:
    parser = MessageParser("openai-chat")
    assert parser.feed(empty) == []
    parser.feed(sse(HELLO))
    assert parser.feed(empty) == []
    parser.finish()
    assert parser.feed(empty) == []


@pytest.mark.parametrize("fragment", ["x", b"x", {}, text_chunk("x")])
def test_nothing_can_be_fed_after_the_end(fragment: Any) -> None:
    for api in ("openai-chat", "text"):
        parser = MessageParser(api)
        parser.finish()
        with pytest.raises(StreamParseError) as caught:
            parser.feed(fragment)
        assert caught.value.code == "finished"


@pytest.mark.parametrize("api", APIS)
def test_no_input_is_no_answer(api: str) -> None:
    message, events = read([], api=api)
    assert kinds(events) == ["message_started", "message_finished"]
    # The text of a model may be empty, but a stream without records is truncated.
    assert message.status == ("complete" if api == "text" else "truncated")


# The terminal record, and records after it


def test_done_after_text_is_a_normal_finish() -> None:
    message, events = read([sse([text_chunk("Hi")])])
    assert (message.status, message.finish_reason, message.text) == ("complete", "stop", "Hi")
    assert kinds(events) == ["message_started", "text_delta", "message_finished"]


@pytest.mark.parametrize("records", [[], [chunk({"role": "assistant", "content": ""})]])
def test_done_without_content_is_no_finish(records: list[Any]) -> None:
    message, events = read([sse(records)])
    assert (message.status, message.finish_reason, message.text) == ("truncated", None, "")
    assert kinds(events) == ["message_started", "message_finished"]


def test_done_after_an_unknown_record_is_no_normal_finish() -> None:
    message, events = read([sse([text_chunk("Hm"), {"odd": "boom"}])])
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert "provider_event" in kinds(events)


def test_done_without_a_finish_reason_completes_the_calls() -> None:
    message, _ = read([sse([call_chunk('{"a": 1}', id="x", name="f")])])
    assert (message.status, message.finish_reason) == ("complete", "tool_calls")
    assert message.tool_calls[0].arguments == {"a": 1}
    assert message.raw_finish_reason is None


def test_done_is_optional() -> None:
    message, _ = read([sse(HELLO, done=False)])
    assert message.status == "complete"


def test_records_after_the_end_are_passed_on() -> None:
    message, events = read([sse(HELLO) + sse([text_chunk("late"), unknown(1)])])
    place = kinds(events).index("message_finished")
    late = [event for event in events[place:] if isinstance(event, ProviderEvent)]
    assert [event.data for event in late] == [text_chunk("late"), unknown(1)]
    assert message.text == "Hello"


def test_a_final_record_without_its_blank_line() -> None:
    data = sse(HELLO, done=False).rstrip(b"\n")
    for pieces in ([data], cut(data, [1])):
        message, _ = read(pieces)
        assert message.status == "complete"


def test_a_record_that_is_cut() -> None:
    data = sse(HELLO[:2], done=False)[:-12]
    message, events = read([data])
    assert (message.status, message.text) == ("truncated", "Hel")
    assert isinstance(events[-2], ProviderEvent)
    assert events[-2].name == "incomplete_record"
    assert data.decode().endswith(events[-2].data["text"])


# Choices


def test_several_choices() -> None:
    records = [
        text_chunk("a", 0),
        text_chunk("x", 1),
        text_chunk("b", 0),
        chunk(finish="stop", choice=1),
        chunk(finish="length", choice=0),
    ]
    parser, events, error = run_parser([sse(records)])
    assert error is None
    assert [message.text for message in parser.messages] == ["ab", "x"]
    assert [message.status for message in parser.messages] == ["truncated", "complete"]
    assert parser.message is parser.messages[0]
    ends = [event.choice for event in events if isinstance(event, MessageFinished)]
    assert ends == [0, 1]


def test_choices_that_do_not_start_at_zero() -> None:
    """A choice without records has no message, and the usage belongs to a choice with one."""
    records = [
        text_chunk("x", 1),
        text_chunk("y", 2),
        chunk(finish="stop", choice=1),
        chunk(finish="stop", choice=2),
        {"choices": [], "usage": {"prompt_tokens": 3}},
    ]
    parser, events, _ = run_parser([sse(records)])
    assert [message.choice for message in parser.messages] == [1, 2]
    assert parser.message.text == "x"
    assert [message.status for message in parser.messages] == ["complete"] * 2
    assert parser.message.usage is not None
    assert {event.choice for event in events} == {1, 2}


def test_a_first_choice_that_comes_later() -> None:
    parser = MessageParser("openai-chat")
    parser.feed(text_chunk("x", 1))
    parser.feed(text_chunk("a", 0))
    assert [message.text for message in parser.messages] == ["a", "x"]


# Errors of the provider


@pytest.mark.parametrize("api", ["openai-chat", "auto"])
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "No such model", "type": "invalid_request_error"}},
        {"message": "Forbidden"},
        {"detail": "Not Found"},
        {"error": "busy"},
    ],
    ids=str,
)
def test_error_bodies(body: dict[str, Any], api: str) -> None:
    for pieces in ([json.dumps(body, indent=1)], [body], [sse([body], done=False)]):
        message, events = read(pieces, api=api)
        assert kinds(events) == ["message_started", "message_failed"]
        assert isinstance(events[1], MessageFailed)
        assert isinstance(events[1].error, ProviderError)
        assert events[1].error.data == body
        assert (message.status, message.error) == ("failed", events[1].error)


def test_an_error_in_the_middle() -> None:
    records = [text_chunk("He"), call_chunk('{"a', id="x", name="f"), {"error": {"message": "no"}}]
    message, events = read([sse(records)])
    assert (message.status, message.text) == ("failed", "He")
    assert message.tool_calls[0].partial == {}
    assert [type(event) for event in events[-2:]] == [ToolCallTruncated, MessageFailed]


def test_a_bare_message_in_the_middle_is_no_error() -> None:
    records = [*HELLO[:2], {"type": "status", "message": "still here"}, HELLO[2]]
    message, events = read([sse(records)])
    assert (message.status, message.text) == ("complete", "Hello")
    assert [event.name for event in events if isinstance(event, ProviderEvent)] == ["status"]


# Failures of the transport


@pytest.mark.parametrize("api", ["openai-chat", "auto"])
def test_a_page_of_a_gateway(api: str) -> None:
    page = "<html><head><title>502 Bad Gateway</title></head></html>"
    parser, events, error = run_parser([page], api=api)
    assert isinstance(error, WireError)
    assert error.code == "not_a_stream"
    assert "502 Bad Gateway" in error.excerpt
    assert parser.message.status == "truncated"
    assert kinds(events) == ["message_started", "message_finished"]


def test_an_error_has_the_events_before_it() -> None:
    data = sse(HELLO[:2], done=False) + b"data: {]\n\n"
    parser = MessageParser("openai-chat")
    with pytest.raises(WireError) as caught:
        parser.feed(data)
    error = caught.value
    assert error.code == "invalid_record"
    assert kinds(error.events) == HELLO_TYPES
    assert (parser.message.text, parser.message.status) == ("Hello", "truncated")
    assert parser.message.error is not None
    for piece in ("x", b"", None):
        with pytest.raises(WireError) as again:
            _ = parser.finish() if piece is None else parser.feed(piece)
        assert again.value is not error
        assert (again.value.code, again.value.offset) == (error.code, error.offset)
        assert again.value.events == []


def test_the_place_of_a_failure_does_not_depend_on_the_cut() -> None:
    data = sse([*HELLO[:2], call_chunk('{"a": 1', id="x", name="f")], done=False) + b"data: {]\n\n"
    whole = answer([data])
    assert whole.error is not None
    for sizes in ([1], [7], [40, 3]):
        assert answer(cut(data, sizes)) == whole


def test_limits() -> None:
    calls = [call_chunk("{}", index=number, id=str(number), name="f") for number in range(3)]
    parser, events, error = run_parser([sse(calls)], limits=Limits(tool_calls=2))
    assert isinstance(error, LimitError)
    assert error.code == "tool_calls"
    assert [call.status for call in parser.message.tool_calls] == ["truncated", "truncated"]
    assert kinds(events)[-1] == "message_finished"
    _, _, error = run_parser([sse(HELLO)], limits=Limits(record=20))
    assert isinstance(error, LimitError)
    assert error.code == "record_length"
    parser, _, error = run_parser([sse(calls)], limits=Limits(depth=0))
    assert isinstance(error, LimitError)


def test_a_limit_inside_arguments_rejects_the_call_only() -> None:
    records = [call_chunk('{"a": "' + "x" * 200 + '"}', id="c", name="f"), chunk(finish="stop")]
    parser, _, error = run_parser(records, limits=Limits(string=100))
    assert error is None
    message: Message = parser.message
    assert (message.status, message.tool_calls[0].status) == ("complete", "rejected")
    assert message.tool_calls[0].errors[0].code == "string_length"


@pytest.mark.parametrize("depth", [900, 5_000])
def test_deep_values(depth: int) -> None:
    """Deep values, within `Limits.depth` or in decoded records, cause no recursion error."""

    def deep(inside: Any) -> Any:
        for _ in range(depth):
            inside = [inside]
        return inside

    for record in (
        {"choices": [{"delta": {"content": "a"}}], "new": deep(1), "usage": {"x": deep(1)}},
        {"choices": [{"delta": {"reasoning_details": [{"type": deep(1), "text": "a"}]}}]},
        call_chunk(deep(1), id="x", name="f"),
        {"error": deep("no"), "code": deep(1)},
        {"error": {"message": deep("no"), "type": deep(1)}},
        {"type": deep(1)},
        {"choices": deep(1)},
        {"choices": [{"delta": {"content": deep(1), "tool_calls": deep(1)}, "index": deep(1)}]},
    ):
        _, events, error = run_parser([record, record])
        assert error is None
        assert events[-1].to_dict()["choice"] == 0
        if depth < 1_000:
            _, _, error = run_parser([sse([record, record])])
            assert error is None


def test_the_sentinel_after_the_terminal_record_is_ignored() -> None:
    """`[DONE]` after Cohere's `message-end` has no data, so it has no event."""
    end = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
    parser = MessageParser("cohere-v2")
    events = parser.feed(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\ndata: {{}}\n\n")
    assert [event.type for event in events][-2:] == ["message_finished", "provider_event"]
    assert events[-1] == ProviderEvent("record", {})


# The HTTP status


def test_the_http_status_is_named_in_the_error_of_the_provider() -> None:
    parser = MessageParser("openai-chat")
    parser.http_status = 429
    events = parser.feed({"error": {"message": "too many"}})
    assert isinstance(events[-1], MessageFailed)
    assert str(events[-1].error) == "HTTP status 429: too many"


@pytest.mark.parametrize(("status", "expected"), [(503, "failed"), (200, "truncated")])
def test_an_empty_body_fails_if_the_http_status_reports_an_error(
    status: int, expected: str
) -> None:
    parser = MessageParser("openai-chat")
    parser.http_status = status
    events = parser.finish()
    assert parser.message.status == expected
    assert isinstance(events[-1], MessageFailed) == (expected == "failed")


@pytest.mark.parametrize(("status", "prefix"), [(502, "HTTP status 502: "), (200, "")])
def test_text_that_is_no_stream_names_the_status_and_the_option(status: int, prefix: str) -> None:
    parser = MessageParser("openai-chat")
    parser.http_status = status
    assert parser.feed("The upstream server is busy.\n") == []
    with pytest.raises(WireError) as caught:
        parser.finish()
    assert caught.value.message.startswith(f"{prefix}the input is ")
    assert caught.value.message.endswith('; for the text of a model, pass api="text"')
    assert str(caught.value).startswith(caught.value.message)


# Broken connections


def interaction(number: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"event_type": kind, "event_id": f"e-{number}", **fields}


def interaction_text(number: int, text: str) -> dict[str, Any]:
    delta = {"type": "text", "text": text}
    return interaction(number, "step.delta", index=0, delta=delta)


def test_a_resumed_response_continues_and_repeated_records_are_skipped() -> None:
    opening = interaction(0, "interaction.created", interaction={"id": "int_1"})
    step = interaction(1, "step.start", index=0, step={"type": "model_output"})
    parser = MessageParser("google-interactions")
    assert (parser.resume_token, parser.replayed) == (None, 0)
    parser.feed(sse([opening, step, interaction_text(2, "Hel")], done=False) + b'data: {"event_')
    token = {"api": "google-interactions", "id": "int_1", "event_id": "e-2"}
    assert parser.resume_token == token
    parser.reconnect()
    parser.feed(sse([interaction_text(2, "Hel"), interaction_text(3, "lo")], done=False))
    assert (parser.message.text, parser.replayed) == ("Hello", 1)
    assert parser.resume_token == {**token, "event_id": "e-3"}


def test_a_closed_parser_truncates_the_message() -> None:
    """If the caller stops reading, there is a last event and no error."""
    parser = MessageParser("openai-chat")
    parser.feed(text_chunk("He"))
    assert kinds(parser.cut()) == ["message_finished"]
    assert (parser.message.status, parser.message.text) == ("truncated", "He")
    assert parser.message.error is None


def test_an_interrupted_parser_keeps_its_message() -> None:
    """If the caller's clock raises inside `feed`, the parser accepts no more input."""

    times = [0.0]

    def clock() -> float:
        if not times:
            raise KeyboardInterrupt
        return times.pop()

    parser = MessageParser("openai-chat", clock=clock)
    with pytest.raises(KeyboardInterrupt):
        parser.feed(text_chunk("Hi"))
    assert (parser.message.status, parser.message.text) == ("truncated", "Hi")
    with pytest.raises(StreamParseError) as caught:
        parser.feed(text_chunk("more"))
    assert caught.value.code == "interrupted"


# Calls, formats, telemetry


def test_ready_calls_are_those_with_whole_arguments() -> None:
    parser = MessageParser("openai-chat")
    parser.feed(call_chunk('{"a"', id="x", name="f"))
    assert parser.ready_calls() == []
    parser.feed(call_chunk(": 1}"))
    parser.feed(call_chunk("{", index=1, id="y", name="g"))
    parser.feed(chunk(finish="length"))
    parser.finish()
    assert [call.id for call in parser.message.tool_calls] == ["x", "y"]
    assert [call.id for call in parser.ready_calls()] == ["x"]


def test_a_tool_whose_schema_cannot_be_compiled() -> None:
    tool = {"name": "find", "parameters": {"type": "objekt"}}
    assert MessageParser(tools=[{"name": "f", "parameters": {}}]).tool_errors == {}
    parser = MessageParser(tools=[tool], tools_errors="skip")
    assert list(parser.tool_errors) == ["find"]
    with pytest.raises(ValueError, match="objekt"):
        MessageParser(tools=[tool])


CALL = '<tool_call>{"name": "water", "arguments": {"days": 2}}</tool_call>'


@pytest.mark.parametrize("format", ["hermes", TextReading("hermes")], ids=["name", "reading"])
def test_calls_in_the_text_of_a_model(format: Any) -> None:
    message, _ = read([CALL], api=None, format=format)
    assert [(call.name, call.arguments) for call in message.tool_calls] == [("water", {"days": 2})]
    assert "looks_like" not in message.extra


@pytest.mark.parametrize(
    ("text", "formats"),
    [(CALL, ["hermes"]), ("Use <b> for bold text.", None), ("Water the fern.", None)],
    ids=["a call", "a sign", "no sign"],
)
def test_text_with_calls_that_are_not_read_has_a_hint(text: str, formats: Any) -> None:
    message, _ = read([text], api="text")
    assert message.text == text
    assert message.extra.get("looks_like") == formats


class Recorder:
    """Records the kinds of its events, and how often it was ended."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.ended = 0

    def note(self, events: Sequence[Any]) -> None:
        self.kinds += kinds(list(events))

    def end(self, error: BaseException | None = None) -> None:
        self.ended += 1


class Recorders:
    """A telemetry object with a single recorder."""

    def __init__(self) -> None:
        self.only = Recorder()

    def recorder(self) -> Recorder:
        return self.only

    session_recorder = recorder


def test_another_parser_continues_the_telemetry() -> None:
    telemetry = Recorders()
    first = MessageParser("openai-chat", telemetry=telemetry)
    first.feed(text_chunk("Hi"))
    second = MessageParser("openai-chat")
    second.record_for(first)
    second.feed(text_chunk("Hi"))
    second.finish()
    first.finish()
    once = ["message_started", "text_delta"]
    assert telemetry.only.kinds == [*once, *once, "message_finished"]
    assert telemetry.only.ended == 1


@pytest.mark.parametrize("ended", [False, True])
def test_ended_is_true_after_the_last_event_of_every_answer(ended: bool) -> None:
    parser = MessageParser("openai-chat")
    parser.feed(sse([text_chunk("a", 0), text_chunk("b", 1)], done=False))
    assert not parser.ended
    if ended:
        parser.finish()
    assert parser.ended == ended


# `repr`


def test_repr_shows_the_message() -> None:
    parser = MessageParser(api="text")
    parser.feed("Hi")
    assert repr(parser) == f"MessageParser(api='text', message={parser.message!r})"


def test_texts_without_any_marker_are_not_searched() -> None:
    """Texts without one of these characters are not searched for markers of formats."""
    signs = message_parser._SIGNS
    # These are only markers before a bracket.
    unsigned = [m for m in CHOICES if not any(sign in m for sign in signs)]
    assert sorted(unsigned) == ["**Tool Call:**\n```json", "functools"]
    assert not any(sign in "Water the fern, then rest." for sign in signs)
