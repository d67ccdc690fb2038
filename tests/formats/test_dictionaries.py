"""Tests of calls that are Python dictionaries."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of


def call(members: str) -> str:
    return f"<|tool_calls|>[{{{members}}}]"


@pytest.mark.parametrize(
    ("members", "arguments"),
    [
        ("'name': 'f', 'arguments': {}", {}),
        ("'name': 'f', 'arguments': {'a': [1, None], 'b': {'c': True}}", None),
        ("'arguments': {'a': [1, None], 'b': {'c': True}}, 'name': 'f'", None),
        ('"name": "f", "arguments": {"a": [1, null], "b": {"c": true}}', None),
        ("'name': 'f', 'parameters': {'a': [1, None], 'b': {'c': True}}", None),
        ("'name': 'f', 'arguments': '{\"a\": [1, null], \"b\": {\"c\": true}}'", None),
        ("'arguments': '{\"a\": [1, null], \"b\": {\"c\": true}}', 'name': 'f'", None),
        ("'name': 'f'", {}),
        ("'name': 'f', 'arguments': None", {}),
        ("'name': 'f', 'arguments': {'a': \"it's\", 'b': 'say \"so\"', 'c': 'x\\n'}", "quotes"),
    ],
)
def test_names_and_arguments_in_any_order(members: str, arguments: Any) -> None:
    if arguments is None:
        arguments = {"a": [1, None], "b": {"c": True}}
    elif arguments == "quotes":
        arguments = {"a": "it's", "b": 'say "so"', "c": "x\n"}
    assert calls_of("sarashina", call(members)) == [("f", arguments)]


def test_other_members_are_passed_on() -> None:
    parser = FormatParser("sarashina")
    events = parser.feed(call("'id': 7, 'mood': ['glad'], 'name': 'f', 'arguments': {}"))
    events += parser.finish()
    assert parser.message.tool_calls[0].id == "7"
    passed = [event.data for event in events if event.type == "provider_event"]
    assert passed == [["glad"]]


def test_arguments_are_streamed() -> None:
    parser = FormatParser("sarashina")
    parser.feed("<|tool_calls|>[{'name': 'f', 'arguments': {'text': 'so f")
    assert parser.message.tool_calls[0].partial == {"text": "so f"}


@pytest.mark.parametrize(
    "members", ["'name': 'f', 'arguments': 7 8", "'name': 'f', 'arguments': 'so'", "'name': 'f', 3"]
)
def test_an_invalid_dictionary_rejects_the_call(members: str) -> None:
    [broken] = message_of("sarashina", call(members)).tool_calls
    assert (broken.name, broken.status) == ("f", "rejected")


@pytest.mark.parametrize(
    "text", [call("'arguments': {}"), "<|tool_calls|>[{1, 2}]", "<|tool_calls|> are calls"]
)
def test_a_dictionary_without_a_name_is_text(text: str) -> None:
    message = message_of("sarashina", text)
    assert (message.text, message.tool_calls) == (text, [])
