"""Tests of calls that are written as code."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of, tool


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("pythonic", "[f(x=1), mod.g()]"),
        ("pythonic", " [ f ( x = 1 ) , mod.g ( ) ] "),
        ("llama4_pythonic", "[f(x=1), mod.g()]"),
        ("llama4_pythonic", "<|python_start|>[f(x=1), mod.g()]<|python_end|>"),
        ("llama4_pythonic", "<|python_start|>[f(x=1), mod.g()]"),
        ("olmo3", "<function_calls>f(x=1)\nmod.g()</function_calls>"),
        ("lfm2", "<|tool_call_start|>[f(x=1), mod.g()]<|tool_call_end|>"),
        ("lfm2", "[f(x=1), mod.g()]"),
        (
            "functiongemma",
            "<start_function_call>call:f{x:1}<end_function_call>"
            "<start_function_call>call:mod.g{}<end_function_call>",
        ),
        ("gemma4", "<|tool_call>call:f{x:1}call:mod.g{}<tool_call|>"),
        ("gemma4", "<|tool_call>:f{x:1}<tool_call|><|tool_call>call:mod.g{}<tool_call|>"),
    ],
)
def test_two_calls(format: str, text: str) -> None:
    assert calls_of(format, text) == [("f", {"x": 1}), ("mod.g", {})]
    assert message_of(format, text).text == ""


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("pythonic", "[O'Reilly] writes books."),
        ("pythonic", "[1, 2]"),
        ("pythonic", "[f]"),
        ("pythonic", "[f(x)]"),
        ("pythonic", "The call is [f(x=1)]"),  # not at the start of the answer
        ("lfm2", "items = [1, 2, 3]"),
        ("olmo3", "f(x=1)"),
        ("gemma4", "Write <|tool_call> first"),
        ("gemma4", "call:f{x:1}"),
    ],
)
def test_text_that_is_not_a_call(format: str, text: str) -> None:
    message = message_of(format, text)
    assert (message.text, message.tool_calls) == (text, [])


def test_reasoning_of_gemma() -> None:
    message = message_of("gemma4", "<|channel>thought\nhm\n<channel|>Yes")
    assert (message.reasoning.strip(), message.text) == ("hm", "Yes")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('q:word<|"|>', {"q": "word"}),
        ('({"x": 1})', {"x": 1}),
    ],
)
def test_deviations_of_gemma(written: str, expected: Any) -> None:
    call = f"f{written}" if written.startswith("(") else f"f{{{written}}}"
    assert calls_of("gemma4", f"<|tool_call>call:{call}<tool_call|>") == [("f", expected)]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("f(x=1)\nmod()", ""),
        ("  f(x=1)\n\n mod()\n", ""),
        ("First:\nf(x=1)\nmod()", "First:\n"),
        ("f(x=1)\nThen:\nmod()", "\nThen:\n"),
        ("f(x=1)\nmod() and more", " and more"),
    ],
)
def test_calls_at_the_start_of_lines(text: str, content: str) -> None:
    tools = [tool("f", x="integer"), tool("mod")]
    message = message_of("granite_pythonic", text, tools=tools)
    assert [call.name for call in message.tool_calls] == ["f", "mod"]
    assert message.text.strip() == content.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Call f(x=1) for that.",
        "print(x=1)\nlen()",  # not the names of tools
        "f of x (that is, f(x))",
        "```\nf(x=1)\n```",
        "f\n(x=1)",
    ],
)
def test_lines_that_are_not_calls(text: str) -> None:
    message = message_of("granite_pythonic", text, tools=[tool("f", x="integer")])
    assert (message.text, message.tool_calls) == (text, [])


def test_the_first_word_of_a_line_is_held_back_while_it_may_be_a_name() -> None:
    parser = FormatParser("granite_pythonic")
    for text, shown in [
        ("Sure", ""),
        (", it\n", "Sure, it\n"),
        ("is", ""),
        (" ", "is "),
        ("s", "s"),
    ]:
        before = parser.message.text
        parser.feed(text)
        assert parser.message.text == before + shown
