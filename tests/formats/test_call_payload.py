"""Tests of calls that are a JSON object with the name and the arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of, only, read


def hermes(call: str) -> list[tuple[str | None, Any]]:
    return calls_of("hermes", f"<tool_call>{call}</tool_call>")


@pytest.mark.parametrize(
    "call",
    [
        '{"name": "f", "arguments": {"a": [1, "x"]}}',
        '{"arguments": {"a": [1, "x"]}, "name": "f"}',
        '{"name":"f","parameters":{"a":[1,"x"]}}',
        '{ "name" : "f" , "arguments" : { "a" : [ 1 , "x" ] } } ',
        '{"\\u006eame": "\\u0066", "arguments": {"a": [1, "x"]}}',
        json.dumps({"name": "f", "arguments": json.dumps({"a": [1, "x"]})}),
        json.dumps({"arguments": json.dumps({"a": [1, "x"]}), "name": "f"}),
        '{"type": "function", "name": "f", "arguments": {"a": [1, "x"]}}',
    ],
)
def test_one_call_in_many_spellings(call: str) -> None:
    assert hermes(call) == [("f", {"a": [1, "x"]})]


def test_a_call_inside_the_arguments_is_a_value() -> None:
    inner = {"name": "g", "arguments": {"name": "h", "arguments": {}}}
    call = {"name": "f", "arguments": inner}
    assert hermes(json.dumps(call)) == [("f", inner)]
    quoted = {"text": f'</tool_call><tool_call>{json.dumps(call)}</tool_call> "}}'}
    assert hermes(json.dumps({"name": "f", "arguments": quoted})) == [("f", quoted)]


def test_only_the_first_arguments_count() -> None:
    found = read(
        "hermes", '<tool_call>{"name": "f", "arguments": {"a": 1}, "parameters": {"b": 2}}'
    )
    assert only(found.message).arguments == {"a": 1}
    assert [event.data for event in found.events if event.type == "provider_event"] == [{"b": 2}]


@pytest.mark.parametrize(
    "call",
    [
        '{"name": "f", "arguments": {"a": 01}}',
        '{"name": "f", "arguments": {"a": 1}',
        '{"name": "f", arguments: {}}',
        '{"name": "f", "arguments": "{\\"a\\": tru}"}',
        '{"name": "f", "mood": tru, "arguments": {}}',
    ],
)
def test_invalid_calls_are_rejected(call: str) -> None:
    message = message_of("hermes", f"<tool_call>{call}</tool_call>")
    assert only(message).status == "rejected"
    assert only(message).arguments is None


@pytest.mark.parametrize("call", ['{"a": 1}', "{}", '{"name": 5}', "[1]", '{"name": tru'])
def test_an_object_without_a_name_is_text(call: str) -> None:
    text = f"<tool_call>{call}</tool_call>"
    message = message_of("hermes", text)
    assert message.tool_calls == []
    assert message.text == text


def test_arguments_stream_once_the_name_is_known() -> None:
    parser = FormatParser("hermes")
    assert parser.feed('<tool_call>{"arguments": {"a": "xy')[-1].type == "message_started"
    assert parser.message.tool_calls == []
    parser.feed('z"}, "name": "f"')
    (call,) = parser.message.tool_calls
    assert call.partial == {"a": "xyz"}
    parser = FormatParser("hermes")
    parser.feed('<tool_call>{"name": "f", "arguments": {"a": "xy')
    assert parser.message.tool_calls[0].partial == {"a": "xy"}
    assert parser.message.tool_calls[0].arguments_text == '{"a": "xy'


def test_bare_json_is_a_call_only_with_name_and_arguments() -> None:
    """Other JSON without a marker may be the answer."""
    assert calls_of("llama3_json", '{"name": "f", "parameters": {}}') == [("f", {})]
    for answer in ('{"name": "Bob"}', '{"parameters": {}}', '{"name": "Bob", "age": 4}', "{1}"):
        message = message_of("llama3_json", answer)
        assert (message.text, message.tool_calls) == (answer, [])


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(depth=2), "depth"),
        (Limits(string=4), "string_length"),
        (Limits(items=2), "array_items"),
    ],
)
def test_limits_apply_to_all_fields_of_a_call(limits: Limits, code: str) -> None:
    field = {"depth": "[[[]]]", "string_length": '"tools"', "array_items": "[1, 2, 3]"}[code]
    text = '<tool_call>{"name": "f", "mood": ' + field + "}</tool_call>"
    call = only(message_of("hermes", text, limits=limits))
    assert (call.status, call.errors[-1].code) == ("rejected", code)
