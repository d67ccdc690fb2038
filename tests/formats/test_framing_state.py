"""Tests of the text that the framing machine emits, and the white space that it drops."""

from __future__ import annotations

import pytest

from tests.formats.reading import calls_of, message_of, read, tool

CALL = '<tool_call>{"name": "f", "arguments": {}}</tool_call>'


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("  a  ", "  a  "),
        (f"a\n\n{CALL}\n\nb", "a\n\n\n\nb"),
        (f"\n{CALL}\n", ""),
        (f" {CALL} {CALL} a", " a"),
        ("<think>x</think>\n\na", "\n\na"),
        ("<think>x</think>\n\n" + CALL, ""),
    ],
)
def test_white_space_is_text_only_beside_words(text: str, content: str) -> None:
    assert message_of("hermes", text).text == content


def test_held_text_is_emitted_unchanged() -> None:
    text = "a <tool_call> \n and words"
    assert message_of("hermes", text).text == text


HARMONY = "<|channel|>{}<|message|>"


@pytest.mark.parametrize(
    ("channel", "reasoning", "content"),
    [("analysis", "Text.", ""), ("final", "", "Text."), ("commentary", "", "Text.")],
)
def test_a_channel_selects_reasoning_or_content(channel: str, reasoning: str, content: str) -> None:
    message = message_of("harmony", HARMONY.format(channel) + "Text.<|end|>")
    assert (message.reasoning, message.text) == (reasoning, content)


def test_reasoning_and_content_in_turn() -> None:
    text = "<think>one</think> two <think>three</think>four"
    message = message_of("hermes", text)
    assert "one" in message.reasoning
    assert "two" in message.text
    assert "four" in message.text


def test_the_space_between_sections_is_text_only_before_words() -> None:
    assert message_of("hermes", f"{CALL} \n {CALL} \n words").text == " \n words"
    assert message_of("hermes", f"<think>a</think> \n {CALL}").text == ""


@pytest.mark.parametrize("space", ["", " ", "\n\n", " \t\n"])
def test_an_answer_of_white_space_is_text(space: str) -> None:
    assert message_of("hermes", space).text == space


def test_a_section_without_a_call_stays_as_it_was_written() -> None:
    text = "a <|tool_calls_section_begin|>\n<|tool_calls_section_end|> b"
    assert message_of("kimi_k2", text).text == text


@pytest.mark.parametrize(
    ("rest", "status", "content"),
    [
        ("", "truncated", ""),
        ("words<|eom|>", "complete", "words"),
        (" a <|eom|><|start|>assistant to=user<|message|>b<|eot|>", "complete", " a b"),
    ],
)
def test_the_header_of_a_message_to_a_tool_without_a_call_is_passed_on(
    rest: str, status: str, content: str
) -> None:
    found = read("muse", "<|start|>assistant to=f<|message|>" + rest)
    passed_on = [event for event in found.events if event.type == "provider_event"]
    assert [event.name for event in passed_on] == ["incomplete_call"]
    assert (found.message.status, found.message.text) == (status, content)
    assert found.message.tool_calls == []


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("hermes", "<tool_call>" + " " * 257 + '{"name": "f", "arguments": {}}</tool_call>'),
        ("minimax_m2", "<minimax:tool_call>" + "\n" * 257 + "and so on"),
    ],
)
def test_an_opener_is_text_if_no_call_follows_soon(format: str, text: str) -> None:
    message = message_of(format, text)
    assert (message.text, message.tool_calls) == (text, [])


def test_the_schema_of_a_tool_gives_the_types_of_its_values() -> None:
    """Values are text without a tool with this name."""
    text = "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>"
    assert calls_of("qwen3_coder", text) == [("f", {"a": "1"})]
    assert calls_of("qwen3_coder", text, tools=[tool("f", a="integer")]) == [("f", {"a": 1})]
    [call] = message_of("qwen3_coder", text, tools=[tool("g", a="integer")]).tool_calls
    assert (call.status, call.partial) == ("rejected", {"a": "1"})
