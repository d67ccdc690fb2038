"""Tests of what adapters share: shapes of errors, values of the wrong type, the interface."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, list_of, number_of, text_of
from streamparse._decoding.record import Record
from streamparse._wires.base import (
    Wire,
    error_of_text,
    finish,
    is_typed,
    keep_rest,
    no_history,
    note_rest,
    pass_on_rest,
    provider_error,
    result_text,
    tool_message,
)
from streamparse._wires.replays import checksum
from streamparse.message import Message, ToolCall

# Pairs of a record and its message: the shapes that providers and gateways have sent.
ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"error": {"message": "slow down", "type": "rate_limit"}}, "rate_limit: slow down"),
    ({"error": {"message": "slow down", "code": 429}}, "429: slow down"),
    (
        {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}},
        "INVALID_ARGUMENT: bad",
    ),
    ({"error": {"message": "slow down"}}, "slow down"),
    ({"error": {"detail": "nothing here"}}, "nothing here"),
    ({"error": {"type": "overloaded"}}, "overloaded"),
    ({"error": {"metadata": 1}}, "the provider reported an error"),
    ({"error": "no such model"}, "no such model"),
    ({"code": "not_found", "error": "no such model"}, "not_found: no such model"),
    ({"type": "error", "error": {"type": "overloaded", "message": "busy"}}, "overloaded: busy"),
    ({"type": "error", "message": "busy", "code": "too_many"}, "too_many: busy"),
    ({"object": "error", "message": "too long", "code": 400}, "400: too long"),
    ({"object": "error", "message": "x", "type": "BadRequest", "code": 400}, "BadRequest: x"),
    ({"message": "Forbidden"}, "Forbidden"),
    ({"id": "r-1", "message": "wrong key"}, "wrong key"),
    ({"detail": "Not Found"}, "Not Found"),
    ({"errors": ["one", "two"]}, '["one","two"]'),
    ({"error": ["odd"]}, '["odd"]'),
    # Web frameworks send a word as `error`, and the sentence beside it.
    ({"error": "Bad Request", "message": "no model"}, "Bad Request: no model"),
    ({"error": "Bad Request", "detail": "no model"}, "Bad Request: no model"),
    ({"error": "invalid", "error_description": "the token ended"}, "invalid: the token ended"),
    ({"error": True, "message": "over quota"}, "over quota"),
    ({"error": True}, "the provider reported an error"),
    ({"error": "same", "message": "same"}, "same"),
    ({"error": {"message": "gone", "type": "None", "code": "None"}}, "gone"),
]


@pytest.mark.parametrize(("data", "message"), ERRORS, ids=repr)
def test_errors(data: dict[str, Any], message: str) -> None:
    error = provider_error(data)
    assert error is not None
    assert error.message == message
    assert error.code == "provider_error"
    assert error.data is data


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"error": None},
        {"error": ""},
        {"error": {}},
        {"type": "ping"},
        {"choices": [], "message": "x"},
        {"message": {"role": "assistant"}, "done": False},
        {"content": [], "errors": []},
    ],
    ids=repr,
)
def test_records_that_are_not_errors(data: dict[str, Any]) -> None:
    assert provider_error(data) is None


def test_an_event_name_marks_any_record_as_an_error() -> None:
    error = provider_error({"message": "wait"}, "throttlingException")
    assert error is not None
    assert error.message == "throttlingException: wait"
    error = provider_error({"error": {"message": "x", "type": "server_error"}}, "error")
    assert error is not None
    assert error.message == "server_error: x"
    error = provider_error({}, "internalServerException")
    assert error is not None
    assert error.message == "internalServerException"


@pytest.mark.parametrize(("data", "message"), ERRORS, ids=repr)
def test_unmarked_errors_are_recognized_only_where_allowed(
    data: dict[str, Any], message: str
) -> None:
    """Inside a stream a record with only a `message` is not taken for an error."""
    marked = "error" in data or "error" in (data.get("type"), data.get("object"))
    assert (provider_error(data, bare=False) is not None) == marked


@pytest.mark.parametrize(
    ("name", "text", "data", "message"),
    [
        ("error", " the fan stopped\n", None, "the fan stopped"),
        ("throttlingException", "wait", None, "throttlingException: wait"),
        ("throttlingException", "", None, "throttlingException"),
        ("error", "", None, "the provider reported an error"),
        ("error", "", [1], "[1]"),
    ],
)
def test_errors_that_are_text(name: str, text: str, data: Any, message: str) -> None:
    assert error_of_text(name, text, data).message == message


def test_values_of_the_wrong_type() -> None:
    for odd in (None, 5, True, b"x", ()):
        assert text_of(odd) == ""
        assert dict_of(odd) == {}
        assert list_of(odd) == []
    assert text_of("x") == "x"
    assert dict_of({"a": 1}) == {"a": 1}
    assert list_of([1]) == [1]


def test_numbers() -> None:
    assert number_of("3", 4) == 4
    assert number_of(0, 4) == 0
    assert number_of(None) is None


def test_the_base_wire_understands_no_record() -> None:
    response = ResponseReader(AnswerOptions())
    wire = Wire(response)
    assert not Wire.recognizes({"choices": []}, "")
    assert not wire.record({"choices": []}, "")
    assert wire.history() is no_history
    assert response.all[0].message.to_history() == []
    wire.end()
    assert response.all[0].message.status == "truncated"


def test_done_is_the_end_of_input() -> None:
    response = ResponseReader(AnswerOptions())
    response.at(0).text("a")
    Wire(response).done()
    assert response.all[0].message.status == "truncated"


def test_a_subclass_names_its_api() -> None:
    class Mine(Wire):
        api = "mine"

        def history(self) -> Any:
            return lambda message: [{"text": message.text}]

    response = ResponseReader(AnswerOptions())
    Mine(response)
    message: Message = response.at(3).message
    assert (message.api, message.to_history()) == ("mine", [{"text": ""}])


# Methods that adapters inherit


def response_with(*texts: str) -> ResponseReader:
    response = ResponseReader(AnswerOptions())
    for text in texts:
        response.at(0).text(text)
    return response


def test_the_answer_of_an_entry() -> None:
    response = response_with()
    wire = Wire(response)
    assert wire.answer_of("choices", {"index": 2}) is response.at(2)
    assert wire.answer_of("choices", {}) is wire.answer_of("choices", {"index": "x"})
    assert wire.answer_of("choices", {}) is response.at(0)
    assert wire.answer_of("choices", {"index": 1 << 70}) is None
    event = response.take()[-1]
    assert (event.name, event.data) == ("choices", {"index": 1 << 70})


def test_defaults_of_the_inherited_methods() -> None:
    wire = Wire(response_with())
    record = Record("", {"a": 1}, "")
    assert wire.sift(record) == [record]
    assert wire.resume_token() is None
    assert wire.repeat({"a": 1}, "") is None
    assert wire.words() == frozenset()
    assert wire.text_record("x", "event") is False
    assert wire.is_elsewhere({}) is False
    assert wire.total({}, "event") == checksum("event")
    assert wire.is_next(record)


@pytest.mark.parametrize(
    ("texts", "status", "reason"),
    [(("a",), "complete", "stop"), ((), "truncated", None)],
)
def test_the_end_of_an_api_without_an_end(
    texts: tuple[str, ...], status: str, reason: str | None
) -> None:
    response = response_with(*texts)
    Wire(response).end_normally()
    assert (response.first.message.status, response.first.message.finish_reason) == (status, reason)


def test_a_failed_record_fails_the_response() -> None:
    response = response_with("a")
    Wire(response).fail({"error": {"message": "slow down"}})
    error = response.first.message.error
    assert error is not None
    assert error.message == "slow down"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ("four", False, "four"),
        ({"n": 4}, False, '{"n":4}'),
        ("no", True, '{"error":"no"}'),
        (None, False, "null"),
    ],
)
def test_results_as_text(value: Any, error: bool, text: str) -> None:
    assert result_text(value, error) == text
    call = ToolCall(3)
    message = {"role": "tool", "tool_call_id": "call_3", "content": text}
    assert tool_message(call, value, error) == message
    call.id = "c1"
    assert tool_message(call, value, error) == {**message, "tool_call_id": "c1"}


@pytest.mark.parametrize(
    ("choice", "typed"),
    [
        ({"delta": {"type": "text", "text": "a"}}, True),
        ({"delta": {"type": "tool_use"}}, True),
        ({"message": {"content_list": []}}, True),
        ({"delta": {"content": "a"}}, False),
        ({"delta": {"type": "text", "tool_calls": []}}, False),
        ({"delta": {"type": "other"}}, False),
        ({}, False),
    ],
)
def test_whether_a_choice_has_a_type(choice: dict[str, Any], typed: bool) -> None:
    assert is_typed(choice) is typed


def test_unknown_members() -> None:
    """Unknown members are passed on, noted or kept; empty ones are dropped."""
    data = {"id": "x", "mood": [1], "empty": None, "none": ""}
    known = frozenset({"id"})
    response = response_with("a")
    pass_on_rest(response.first, data, known, "delta.")
    note_rest(response.first, data, known)
    named = [(e.name, e.data) for e in response.take() if e.type == "provider_event"]
    assert named == [("delta.mood", [1]), ("mood", [1])]
    assert response.first.message.extra == {"mood": [1]}
    extra: dict[str, Any] = {}
    keep_rest(response.first.room, extra, data, known)
    assert extra == {"mood": [1]}


@pytest.mark.parametrize(
    ("raw", "reason"), [("stop", "stop"), ("over", "length"), ("", None), (None, None)]
)
def test_finish_words(raw: Any, reason: str | None) -> None:
    response = response_with("a")
    finish(response.first, raw, {"over": "length"})
    response.end()
    assert response.first.message.finish_reason == reason
