"""Tests of payloads and the ends of calls in the framing machine."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser
from tests.formats.checks import run
from tests.formats.reading import calls_in, calls_of, message_of, only, read, tool

CALL = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'


def test_a_call_cut_in_its_arguments() -> None:
    message = message_of("hermes", '<tool_call>{"name": "f", "arguments": {"a": "so f')
    call = only(message)
    assert (call.status, call.arguments, call.partial) == ("truncated", None, {"a": "so f"})
    assert message.status == "truncated"


def test_a_missing_closer_at_the_end() -> None:
    """A normal end after the whole JSON completes the call without its closing tag."""
    message = message_of("hermes", CALL.removesuffix("</tool_call>"))
    assert (only(message).status, message.status) == ("complete", "complete")


def test_an_invalid_call_ends_at_its_closer() -> None:
    """Text that is not JSON rejects the call; the text after the closing tag is read again."""
    text = f'<tool_call>{{"name": "f", "arguments": {{"a": ]}}}}</tool_call> and {CALL}'
    message = message_of("hermes", text)
    assert [call.status for call in message.tool_calls] == ["rejected", "complete"]
    assert message.tool_calls[0].raw_text == '{"a": ]}}'
    assert message.text.strip() == "and"


def test_unknown_tools_and_invalid_arguments() -> None:
    """Both are reported as soon as they are certain, and the next call is read normally."""
    known = tool("f", a="integer")
    parser = FormatParser("hermes", tools=[known])
    events = parser.feed('<tool_call>{"name": "g"')
    assert [event.type for event in events][-1] == "tool_call_rejected"
    parser = FormatParser("hermes", tools=[known])
    parser.feed('<tool_call>{"name": "f", "arguments": {"a": ')
    assert [event.type for event in parser.feed('"')][-1] == "tool_call_rejected"
    text = f'<tool_call>{{"name": "g", "arguments": {{}}}}</tool_call>{CALL}'
    message = message_of("hermes", text, tools=[known])
    assert [call.status for call in message.tool_calls] == ["rejected", "complete"]
    for tools in ([known, tool("g")], [tool("g"), known]):
        message = message_of("hermes", text, tools=tools)
        assert [call.status for call in message.tool_calls] == ["complete", "complete"]


def test_the_number_of_calls_is_limited() -> None:
    found = read("hermes", CALL * 3, limits=Limits(tool_calls=2))
    assert found.error is not None
    assert found.error.code == "tool_calls"
    assert [call.status for call in found.message.tool_calls] == ["complete", "complete"]


def test_unknown_fields_are_passed_on() -> None:
    text = '<tool_call>{"name": "f", "mood": [1], "arguments": {}, "type": "other"}</tool_call>'
    found = read("hermes", text)
    assert only(found.message).status == "complete"
    passed_on = [event for event in found.events if event.type == "provider_event"]
    assert [(event.name, event.data) for event in passed_on] == [
        ("tool_calls.mood", [1]),
        ("tool_calls.type", "other"),
    ]
    twice = read("hermes", '<tool_call>{"name": "f", "name": "g", "arguments": {}}</tool_call>')
    assert only(twice.message).name == "f"
    passed_on = [event for event in twice.events if event.type == "provider_event"]
    assert [(event.name, event.data) for event in passed_on] == [("tool_calls.name", "g")]
    broken = read("hermes", '<tool_call>{"name": "f", "mood": 1, "arguments": {]}</tool_call>')
    assert only(broken.message).status == "rejected"
    passed_on = [event for event in broken.events if event.type == "provider_event"]
    assert [(event.name, event.data) for event in passed_on] == [("tool_calls.mood", 1)]
    cut = read("hermes", '<tool_call>{"name": "f", "arguments": {}, "mood": ["half')
    passed_on = [event for event in cut.events if event.type == "provider_event"]
    assert [(event.name, event.data["text"]) for event in passed_on] == [
        ("incomplete_field", '"mood": ["half')
    ]


def test_ids_and_indexes() -> None:
    text = '[TOOL_CALLS][{"name": "f", "arguments": {}, "id": "abc123def"}, {"name": "f"}]'
    calls = message_of("mistral_v3", text).tool_calls
    assert [(call.index, call.id) for call in calls] == [(0, "abc123def"), (1, None)]


def test_empty_arguments_are_an_empty_object() -> None:
    for text in (
        '{"name": "f"}',
        '{"name": "f", "arguments": {}}',
        '{"arguments": null, "name": "f"}',
    ):
        assert calls_of("hermes", f"<tool_call>{text}</tool_call>") == [("f", {})]


@pytest.mark.parametrize(
    ("format", "text", "calls"),
    [
        ("mistral_v11", "[TOOL_CALLS]f[ARGS]", [("f", "truncated", None)]),
        (
            "mistral_v11",
            "[TOOL_CALLS]f[ARGS]  [TOOL_CALLS]g[ARGS]{}",
            [("f", "rejected", None), ("g", "complete", {})],
        ),
        ("mistral_v11", "[TOOL_CALLS]f[ARGS] so it is", []),
        ("mistral_v11", "[TOOL_CALLS]f[ARGS]" + " " * 5000 + "{}", []),
        (
            "qwen3_coder",
            '<tool_call>\n<function=f>\n{"a": 1}\n</function>',
            [("f", "complete", {"a": 1})],
        ),
        ("qwen3_coder", "<tool_call>\n<function=f>\n<odd>\n</function>", [("f", "rejected", {})]),
        ("qwen3_coder", "<tool_call>\n<function=f>\n", [("f", "truncated", {})]),
        (
            "qwen3_coder",
            "<tool_call>\n<function=f>\n<tool_call>\n<function=g>\n</function></tool_call>",
            [("f", "rejected", {}), ("g", "complete", {})],
        ),
        (
            "minimax_m2",
            '<minimax:tool_call>\n<invoke name="f"/>\n<invoke name="g"></invoke>',
            [("f", "complete", {}), ("g", "complete", {})],
        ),
        (
            "sarashina",
            "<|tool_calls|>[{'name': 'f', 'arguments': {'a': 1}}]",
            [("f", "complete", {"a": 1})],
        ),
        (
            "cwm",
            "<tool: python>\nprint(1)\n</tool>",
            [("python", "complete", {"command": "print(1)"})],
        ),
        ("pythonic", "[f(a=b c)]", [("f", "rejected", {})]),
        ("pythonic", "[f(a=']", [("f", "truncated", {"a": "]"})]),
        (
            "functiongemma",
            "<start_function_call>call:f{a:<escape>x<escape>}<end_function_call>",
            [("f", "complete", {"a": "x"})],
        ),
        ("glm45", "<tool_call>f\n</tool_call> Hi.", [("f", "complete", {})]),
        (
            "deepseek_v31",
            '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": [}<｜tool▁call▁end｜>',
            [("f", "rejected", {"a": []})],
        ),
    ],
)
def test_payloads_of_each_kind(format: str, text: str, calls: list[Any]) -> None:
    assert calls_in(message_of(format, text)) == calls


def test_channels_end_with_their_call() -> None:
    text = '<|channel|>commentary to=functions.f<|message|>{"a": 1}<|call|>'
    assert calls_in(message_of("harmony", text)) == [("f", "complete", {"a": 1})]
    assert calls_in(message_of("harmony", text, tools=[tool("f")])) == [("f", "complete", {"a": 1})]


def test_an_unknown_name_without_its_prefix() -> None:
    text = (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>"
        "{}<|tool_call_end|><|tool_calls_section_end|>"
    )
    assert calls_in(message_of("kimi_k2", text)) == [("f", "complete", {})]
    assert calls_in(message_of("kimi_k2", text, tools=[tool("g")])) == [("f", "rejected", {})]


def test_lenient_arguments_in_the_frame_of_a_format() -> None:
    text = "[TOOL_CALLS]f[ARGS]{'a': 'x [TOOL_CALLS] y'} [TOOL_CALLS]g[ARGS]{b: 1"
    found = [run("mistral_v11", pieces, dialect="lenient") for pieces in ([text], list(text))]
    assert found[0].reading == found[1].reading
    assert calls_in(found[0].message) == [
        ("f", "complete", {"a": "x [TOOL_CALLS] y"}),
        ("g", "truncated", {}),
    ]
