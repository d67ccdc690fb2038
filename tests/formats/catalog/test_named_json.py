"""Tests of formats with the name before JSON arguments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.reading import calls_of, message_of, only

PLAMO = "<|plamo:{}:plamo|>"


def plamo(*names: str) -> str:
    return "".join(map(PLAMO.format, names))


@pytest.mark.parametrize(
    ("format", "text", "name", "identity"),
    [
        ("mistral_v11", '[TOOL_CALLS]f{"x": 1}', "f", None),
        ("mistral_v11", '[TOOL_CALLS]f[CALL_ID]abc123def[ARGS]{"x": 1}', "f", "abc123def"),
        ("mistral_v13", '[TOOL_CALLS] my.f-2 [ARGS] {"x": 1}', "my.f-2", None),
        (
            "kimi_k2",
            '<|tool_call_begin|>functions.f:3<|tool_call_argument_begin|>{"x": 1}<|tool_call_end|>',
            "f",
            "functions.f:3",
        ),
        (
            "kimi_k2",
            "<|tool_calls_section_begin|> <|tool_call_begin|> f:0 <|tool_call_argument_begin|> "
            '{"x": 1} <|tool_call_end|> <|tool_calls_section_end|>',
            "f",
            "f:0",
        ),
        (
            "deepseek_v3",
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n"
            '{"x": 1}\n```<｜tool▁call▁end｜>',
            "f",
            None,
        ),
        (
            "deepseek_v31",
            '<｜tool▁call▁begin｜>f<｜tool▁sep｜>{"x": 1}<｜tool▁call▁end｜>',
            "f",
            None,
        ),
        ("functionary_v31", '<function=f>{"x": 1}</function>', "f", None),
        ("llama31_function_tag", '<function=ns:f>{"x": 1}</function>', "ns:f", None),
        (
            "solar_open",
            "<|tool_calls|><|tool_call:begin|>call_1<|tool_call:name|>f<|tool_call:args|>"
            '{"x": 1}<|tool_call:end|>',
            "f",
            "call_1",
        ),
        (
            "plamo3",
            plamo("begin_tool_requests", "begin_tool_request", "begin_tool_name")
            + f"f{plamo('end_tool_name', 'begin_tool_arguments')}<|plamo:constrain|>json"
            + '<|plamo:msg|>{"x": 1}'
            + plamo("end_tool_arguments", "end_tool_request", "end_tool_requests"),
            "f",
            None,
        ),
    ],
)
def test_one_call(format: str, text: str, name: str, identity: str | None) -> None:
    call = only(message_of(format, text))
    assert (call.name, call.id, call.arguments) == (name, identity, {"x": 1})
    assert message_of(format, text).text == ""


def recipients(text: str) -> Any:
    return message_of("functionary_v32", text, prompt_suffix=">>>")


def test_recipients_on_lines_of_their_own() -> None:
    message = recipients('all\nLooking.>>>f\n{"a": ">>>g\\n{}"}>>>g\n{}')
    assert message.text == "Looking."
    assert [(call.name, call.arguments) for call in message.tool_calls] == [
        ("f", {"a": ">>>g\n{}"}),
        ("g", {}),
    ]


def test_a_tag_before_a_recipient() -> None:
    """The first `>` of `>>>>` belongs to the tag, and the others are the marker."""
    message = recipients("all\n<b>Go</b>>>>f\n{}")
    assert message.text == "<b>Go</b>"
    assert only(message).name == "f"


@pytest.mark.parametrize("text", ["all\na >>> b", "all\n>>>", "all\n>>>f(x)\n"])
def test_text_that_is_not_a_recipient(text: str) -> None:
    message = recipients(text)
    assert message.tool_calls == []


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("mistral_v13", "[TOOL_CALLS] is a marker"),
        ("mistral_v13", "[TOOL_CALLS]f(x)"),
        ("functionary_v31", "<function=f> is how it begins"),
        ("llama31_function_tag", "<function=a b>{}</function>"),
    ],
)
def test_text_that_is_not_a_call(format: str, text: str) -> None:
    message = message_of(format, text)
    assert all(call.status == "rejected" for call in message.tool_calls)


def test_calls_that_end_reasoning() -> None:
    text = "[THINK]hm[TOOL_CALLS]f[ARGS]{}[/THINK]Done"
    message = message_of("mistral_v13", text)
    assert (message.reasoning, message.text) == ("hm", "Done")
    assert calls_of("mistral_v13", text) == [("f", {})]


@pytest.mark.parametrize(
    ("identity", "tools", "name"),
    [
        ("functions.files.read:0", [], "read"),
        ("functions.files.read:0", ["files.read"], "files.read"),
        ("functions.files.read:0", ["read"], "read"),
        ("functions.a:b:0", [], "a:b"),
        ("functionsexec5", ["exec"], "exec"),
        ("functions_exec_5", ["exec"], "exec"),
        ("functions.exec!16", ["exec"], "exec"),
    ],
)
def test_ids_that_deviate(identity: str, tools: list[str], name: str) -> None:
    """The tools show which part of an id is the name."""
    text = f"<|tool_call_begin|>{identity}<|tool_call_argument_begin|>{{}}<|tool_call_end|>"
    known = [{"name": entry, "parameters": {"type": "object"}} for entry in tools]
    assert calls_of("kimi_k2", text, tools=known or None) == [(name, {})]
