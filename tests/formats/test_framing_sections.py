"""Tests of the text between calls in the framing machine."""

from __future__ import annotations

import pytest

from tests.formats.reading import calls_of, message_of

ONE = '{"name": "f", "arguments": {"a": 1}}'


@pytest.mark.parametrize("gap", ["", ",", " , ", "\n,\n"])
def test_commas_and_white_space_between_the_calls_of_an_array(gap: str) -> None:
    assert calls_of("xlam", f"[{ONE}{gap}{ONE}]") == [("f", {"a": 1})] * 2


def test_text_after_the_calls_of_a_section_is_text() -> None:
    message = message_of("mistral_v3", f"[TOOL_CALLS][{ONE}] Done.")
    assert (message.text, len(message.tool_calls)) == (" Done.", 1)


def test_a_section_without_calls_is_text() -> None:
    text = "<|tool_calls_section_begin|> <|tool_calls_section_end|>"
    message = message_of("kimi_k2", text)
    assert (message.text, message.tool_calls) == (text, [])


def test_white_space_after_an_opener_is_held_for_256_characters() -> None:
    text = "<tool_call>" + " " * 300 + "and so on"
    message = message_of("hermes", text)
    assert (message.text, message.tool_calls) == (text, [])


@pytest.mark.parametrize(
    ("format", "text", "shown", "count"),
    [
        ("granite_pythonic", "f(a=1)\ng(b='x')\n", "", 2),
        ("granite_pythonic", "Hi.\n\n f(a=1)", "Hi.\n\n ", 1),
        ("granite_pythonic", "Hi.\n \n", "Hi.\n \n", 0),
        ("granite_pythonic", "```\nf(a=1)\n```", "```\nf(a=1)\n```", 0),
        ("llama3_json", '{"name": "f", "parameters": {}}; {"name": "g", "parameters": {}}', "", 2),
        ("minimax_m1", f"<tool_calls>\n{ONE}\n{ONE}\n</tool_calls>", "", 2),
        ("minimax_m1", f"<tool_calls>\n{ONE}\n\nHi.", "\n\nHi.", 1),
        (
            "kimi_k2",
            "<|tool_calls_section_begin|><|tool_call_begin|>f:0<|tool_call_argument_begin|>{}"
            "<|tool_call_end|> <|tool_call_begin|>g:1<|tool_call_argument_begin|>{}"
            "<|tool_call_end|><|tool_calls_section_end|>Hi.",
            "Hi.",
            2,
        ),
        ("hy_v3", "<tool_calls>\n<tool_call>f<tool_sep>\n</tool_call>\n</tool_calls>", "", 1),
    ],
)
def test_calls_of_a_section(format: str, text: str, shown: str, count: int) -> None:
    message = message_of(format, text)
    assert (message.text, len(message.tool_calls)) == (shown, count)
