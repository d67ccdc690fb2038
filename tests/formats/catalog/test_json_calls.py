"""Tests of formats whose calls are JSON objects."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.reading import calls_of, message_of, only


@pytest.mark.parametrize(
    ("format", "text", "content", "reasoning"),
    [
        ("ernie45", "<response>\nFour.\n</response>\n", "Four.", ""),
        ("longcat", "<longcat_think>hm</longcat_think>Yes", "Yes", "hm"),
        ("hunyuan_a13b", "<think>\nhm\n</think>\n<answer>\nYes\n</answer>", "Yes", "hm"),
        (
            "cohere_command3",
            "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Yes",
            "Yes",
            "hm",
        ),
        ("cohere_command4", "<|START_TEXT|>Yes<|END_TEXT|>", "Yes", ""),
        ("apertus", "<|inner_prefix|>hm<|inner_suffix|>Yes", "Yes", "hm"),
        ("inkling", "<|content_thinking|>hm<|end_message|><|content_text|>Yes", "Yes", "hm"),
        ("granite", "Here is my thought process: hm Here is my response: Yes", "Yes", "hm"),
        ("granite", "Well. Here is my response: Yes", "Well. Here is my response: Yes", ""),
        ("gigachat3", "Yes<|message_sep|>", "Yes", ""),
        ("k2_horizon_json", "<ifm|think_fast>hm</ifm|think_fast>Yes", "Yes", "hm"),
    ],
)
def test_frames_and_reasoning(format: str, text: str, content: str, reasoning: str) -> None:
    message = message_of(format, text)
    assert (message.text.strip(), message.reasoning.strip()) == (content, reasoning)


def test_text_before_the_final_response_is_reasoning() -> None:
    text = "hm\n[BEGIN FINAL RESPONSE]\nYes[END FINAL RESPONSE]"
    message = message_of("apriel_thinker", text, in_reasoning=True)
    assert (message.text.strip(), message.reasoning.strip()) == ("Yes", "hm")


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("granite4", '<tool_call>{"name": "f", "arguments": "{\\"x\\": 1}"}</tool_call>'),
        ("reka_edge", '<tool_call>\n{"name": "f", "arguments": {"x": 1}}</tool_call>'),
        ("nemotron_nano_v2", '<TOOLCALL>[{"name": "f", "arguments": {"x": 1}}]</TOOLCALL>'),
        ("minimax_m1", '<tool_calls>\n{"name": "f", "arguments": {"x": 1}}\n</tool_calls>'),
        ("xlam", '[{"name": "f", "arguments": {"x": 1}}]'),
        ("xlam", '```json\n[{"name": "f", "arguments": {"x": 1}}]\n```'),
        ("xlam", '[TOOL_CALLS][{"name": "f", "arguments": {"x": 1}}]'),
        ("xlam", '<tool_call>[{"name": "f", "arguments": {"x": 1}}]</tool_call>'),
        ("phi4_mini", 'functools[{"name": "f", "arguments": {"x": 1}}]'),
        ("firefunction", ' functools[{"name": "f", "arguments": "{\\"x\\": 1}"}]'),
        ("granite", '<|tool_call|> [{"name": "f", "arguments": {"x": 1}}]'),
        ("granite", '<tool_call>[{"name": "f", "arguments": {"x": 1}}]'),
        ("granite_20b_fc", '<function_call> {"name": "f", "arguments": {"x": 1}}'),
        (
            "intern_s1",
            '<|action_start|> <|plugin|>\n{"name": "f", "parameters": {"x": 1}}<|action_end|>',
        ),
        (
            "cohere_command3",
            '<|START_ACTION|>[{"tool_name": "f", "parameters": {"x": 1}}]<|END_ACTION|>',
        ),
        ("command_r_plus", 'Action:\n```json\n[{"tool_name": "f", "parameters": {"x": 1}}]\n```'),
        ("llama3_json", '<|python_tag|>{"name": "f", "parameters": {"x": 1}}<|eom_id|>'),
        ("apertus", '<|tools_prefix|>[{"f": {"x": 1}}]<|tools_suffix|>'),
        ("inkling", '<|content_invoke_tool_json|>{"name": "f", "args": {"x": 1}}<|end_message|>'),
        ("gigachat3", 'function call<|role_sep|>\n{"name": "f", "arguments": {"x": 1}}</s>'),
        ("gigachat31", '<|function_call|>{"name": "f", "arguments": {"x": 1}}</s>'),
    ],
)
def test_one_call(format: str, text: str) -> None:
    assert calls_of(format, text) == [("f", {"x": 1})]
    assert message_of(format, text).text == ""


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("xlam", "[1, 2] are numbers"),
        ("xlam", '[{"name": "Bob"}]'),
        ("xlam", 'See [{"name": "f", "arguments": {}}]'),  # not at the start of the answer
        ("phi4_mini", "functools[ This is just text ]"),
        ("phi4_mini", "import functools as f"),
        ("llama3_json", 'It is {"name": "f", "parameters": {}}'),
        ("llama3_json", '{"answer": 42}'),
        ("command_r_plus", "Action:\n```json\n[]\n```"),
        ("gigachat3", "a function call is"),
    ],
)
def test_text_that_is_not_a_call(format: str, text: str) -> None:
    message = message_of(format, text)
    assert (message.text, message.tool_calls) == (text, [])


def test_ids() -> None:
    text = (
        '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {}},'
        ' {"tool_call_id": 1, "tool_name": "g", "parameters": {}}]<|END_ACTION|>'
    )
    ids: list[Any] = [call.id for call in message_of("cohere_command3", text).tool_calls]
    assert ids == ["0", "1"]


def test_a_second_block_after_the_first() -> None:
    block = 'Action:\n```json\n[{"tool_name": "f", "parameters": {}}]\n```'
    assert calls_of("command_r_plus", f"{block}\nthen {block}") == [("f", {}), ("f", {})]


def test_a_call_of_apertus_is_its_name_and_arguments() -> None:
    text = '<|tools_prefix|>[{"f": {"a": "b", "c": {"f": 1}}}]<|tools_suffix|>'
    assert only(message_of("apertus", text)).arguments == {"a": "b", "c": {"f": 1}}
