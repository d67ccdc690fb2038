"""What stands between calls in the framing machine."""

from __future__ import annotations

import pytest

from tests.formats.reading import calls_of, message_of

ONE = '{"name": "f", "arguments": {"a": 1}}'


@pytest.mark.parametrize("gap", ["", ",", " , ", "\n,\n"])
def test_commas_and_white_space_between_the_calls_of_an_array(gap: str) -> None:
    assert calls_of("xlam", f"[{ONE}{gap}{ONE}]") == [("f", {"a": 1})] * 2


def test_text_behind_the_calls_of_a_section_is_text() -> None:
    message = message_of("mistral_v3", f"[TOOL_CALLS][{ONE}] Done.")
    assert (message.text, len(message.tool_calls)) == (" Done.", 1)


def test_a_section_without_calls_is_text() -> None:
    text = "<|tool_calls_section_begin|> <|tool_calls_section_end|>"
    message = message_of("kimi_k2", text)
    assert (message.text, message.tool_calls) == (text, [])


def test_white_space_behind_an_opener_is_held_for_256_characters_only() -> None:
    text = "<tool_call>" + " " * 300 + "and so on"
    message = message_of("hermes", text)
    assert (message.text, message.tool_calls) == (text, [])
