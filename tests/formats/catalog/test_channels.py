"""Tests of Harmony, whose messages have headers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.reading import message_of, only, read

PROMPT = "<|start|>assistant"


def harmony(text: str) -> Any:
    return message_of("harmony", text, prompt_suffix=PROMPT)


@pytest.mark.parametrize(
    "header",
    [
        " to=functions.f<|channel|>commentary<|constrain|>json",
        "<|channel|>commentary to=functions.f <|constrain|>json",
        "<|channel|>commentary to=functions.f json",
        "<|channel|>commentary to=functions.f",
        "<|channel|>analysis to=functions.f",
        " to=f<|channel|>commentary",
        "<|channel|>commentaryto=functions.f",  # without a space
    ],
)
@pytest.mark.parametrize("end", ["<|call|>", "<|return|>", "<|end|>", ""])
def test_headers_of_a_call(header: str, end: str) -> None:
    message = harmony(f'{header}<|message|>{{"x": 1}}{end}')
    assert (only(message).name, only(message).arguments) == ("f", {"x": 1})
    assert (message.status, message.text) == ("complete", "")


@pytest.mark.parametrize(
    ("channel", "text", "reasoning"),
    [("analysis", "", "x"), ("final", "x", ""), ("commentary", "x", "")],
)
def test_channels(channel: str, text: str, reasoning: str) -> None:
    message = harmony(f"<|channel|>{channel}<|message|>x<|end|>")
    assert (message.text, message.reasoning) == (text, reasoning)


def test_a_whole_answer() -> None:
    message = harmony(
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary<|message|>"
        "Looking.<|end|><|start|>assistant<|channel|>commentary to=functions.f<|message|>{}<|call|>"
        "<|start|>assistant<|channel|>final<|message|>Done: <b><|return|>"
    )
    assert (message.reasoning, message.text) == ("hm", "Looking.Done: <b>")
    assert [part.type for part in message.content] == ["reasoning", "text", "tool_call", "text"]


def test_a_call_quoted_in_reasoning_is_text() -> None:
    message = harmony('<|channel|>analysis<|message|>to=functions.f {"x": 1}<|end|>')
    assert (message.reasoning, message.tool_calls) == ('to=functions.f {"x": 1}', [])


@pytest.mark.parametrize("text", ["<|channel|>analysis<|mess", " to=functions.f<|channel|>comm"])
def test_a_header_cut_off(text: str) -> None:
    found = read("harmony", text, prompt_suffix=PROMPT)
    assert found.message.status == "truncated"
    assert [event.name for event in found.events if event.type == "provider_event"] == [
        "incomplete_call"
    ]


def test_unknown_words_of_a_header_are_passed_on() -> None:
    text = "<|start|>tool_7<|channel|>dreams<|message|>x<|end|>"
    found = read("harmony", text)
    assert found.message.text == "x"
    data = [event.data for event in found.events if event.type == "provider_event"]
    assert data == [{"text": "<|start|>tool_7<|channel|>dreams"}]


def test_empty_arguments() -> None:
    message = harmony("<|channel|>commentary to=functions.f<|message|><|call|>")
    assert (only(message).arguments, only(message).status) == ({}, "complete")
