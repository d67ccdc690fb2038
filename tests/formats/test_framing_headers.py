"""Tests of the headers of calls and channels in the framing machine."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.message_events import ProviderEvent
from tests.formats.reading import message_of, read


def texts(format: str, text: str, **options: Any) -> tuple[str, str, int]:
    """Return the content, the reasoning and the number of calls."""
    message = message_of(format, text, **options)
    return message.text, message.reasoning, len(message.tool_calls)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<tool_call>{"na', '<tool_call>{"na'),
        ('Well. <tool_call>{"name": "f', '<tool_call>{"name": "f'),
    ],
)
def test_a_call_cut_inside_its_name(text: str, shown: str) -> None:
    """It is not a call; its text is passed on."""
    found = read("hermes", text)
    assert found.message.tool_calls == []
    assert found.message.status == "truncated"
    assert [event.data for event in found.events if event.type == "provider_event"] == [
        {"text": shown}
    ]


def test_a_header_without_end() -> None:
    """Text that is longer than the limit of a header is not a call."""
    text = "[TOOL_CALLS]" + "a" * 5000
    assert texts("mistral_v13", text) == (text, "", 0)
    assert texts("mistral_v13", f"{text}[ARGS]{{}}")[2] == 0


def test_a_header_with_quotes() -> None:
    """A quoted literal does not end a header; a header that does not match is text."""
    text = '<tool_call>a "b <arg_key> c" {"'
    assert texts("glm45", text) == (text, "", 0)
    message = message_of("deepseek_v32", '<｜DSML｜invoke name="a>b">\n</｜DSML｜invoke>')
    assert [call.name for call in message.tool_calls] == ["a>b"]


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("glm45", "<tool_call>, <think>" + "x" * 5000 + "</think>bye"),
        ("glm45", "<tool_call>f <think>" + "x" * 5000 + "</think>bye"),
        ("functiongemma", "<start_function_call>call:" + "x" * 5000 + "{<bye"),
        ("mistral_v11", "[TOOL_CALLS]f<" + "x" * 5000 + "[TOOL_CALLS]"),
    ],
)
def test_a_header_ends_where_it_cannot_match(format: str, text: str) -> None:
    """The result does not depend on the text after it, as the length is checked last."""
    message = message_of(format, text)
    assert message.tool_calls == []


def test_a_header_that_a_quoted_literal_makes_too_long() -> None:
    start = '<｜DSML｜function_calls><｜DSML｜invoke name="'
    for size in range(4090, 4098):
        message_of("deepseek_v32", start + "a" * (size - 7) + '>>>>>" >bye')
        message_of("deepseek_v32", start + "a" * (size - 7) + ">>>>>>>>>bye")


def test_a_limit_inside_a_word_loses_nothing() -> None:
    """The text up to the limit is passed on as an incomplete call, and the rest is text."""
    words = "".join(f" word{number}" for number in range(90))
    header = '<|start|>assistant to=x<atem:invoke name="f">\n<atem:parameter name="a,'
    found = read("muse", f"Well<|eom|>{header}{words}")
    [cut] = [event.data["text"] for event in found.events if isinstance(event, ProviderEvent)]
    assert cut + found.message.text.removeprefix("Well") == header + words


ANALYSIS = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
SELF = "<|start|>assistant to=self<|message|>Hm.<|eom|>"


@pytest.mark.parametrize(
    ("format", "text", "expected", "passed_on"),
    [
        ("harmony", f"{ANALYSIS}<|channel|>final<|message|>Hi.", ("Hi.", "Hm.", 0), ""),
        ("harmony", "<|channel|>commentary to=functions.f", ("", "", 0), "incomplete_call"),
        ("harmony", "<|channel|>odd thing<|message|>Hi.", ("Hi.", "", 0), "unknown_header"),
        ("harmony", "<|channel|>final<|channel|>final<|message|>a", ("a", "", 0), "unknown_header"),
        ("harmony", "<|channel|>final and so on", ("and so on", "", 0), ""),
        ("muse", f"{SELF}<|start|>assistant to=user<|message|>Hi.<|eot|>", ("Hi.", "Hm.", 0), ""),
        ("muse", "<|start|>assistant to=f<|message|>a<|eom|>", ("a", "", 0), "incomplete_call"),
        ("muse", "<|start|>assistant to=f<|message|>", ("", "", 0), "incomplete_call"),
        ("gemma4", "<|channel>thought\nHm.\n<channel|>Hi.", ("Hi.", "Hm.\n", 0), ""),
    ],
)
def test_headers_of_channels(
    format: str, text: str, expected: tuple[str, str, int], passed_on: str
) -> None:
    assert texts(format, text) == expected
    events = read(format, text).events
    names = [event.name for event in events if isinstance(event, ProviderEvent)]
    assert " ".join(names) == passed_on


@pytest.mark.parametrize(
    ("format", "text", "name"),
    [
        ("minicpm5", '<function name="a&amp;b"></function>', "a&amp;b"),
        ("glm45", "<tool_call>f</tool_call>", "f"),
        ("minimax_m2", '<minimax:tool_call><invoke name="f"/></minimax:tool_call>', "f"),
        ("kimi_k3", '<|open|>tools<|sep|><|open|>call tool="f"<|sep|><|close|>call<|sep|>', "f"),
    ],
)
def test_headers_of_calls_without_arguments(format: str, text: str, name: str) -> None:
    [call] = message_of(format, text).tool_calls
    assert (call.name, call.status, call.arguments) == (name, "complete", {})


def test_a_header_without_a_name_is_text() -> None:
    text = '<｜DSML｜function_calls>\n<｜DSML｜invoke name="">\n</｜DSML｜invoke>'
    assert texts("deepseek_v32", text) == (text, "", 0)
