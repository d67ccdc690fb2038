"""The framing machine: it separates content, reasoning and calls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.reading import message_of, only

CALL = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'


def texts(format: str, text: str, **options: Any) -> tuple[str, str, int]:
    """Content, reasoning, number of calls."""
    message = message_of(format, text, **options)
    return message.text, message.reasoning, len(message.tool_calls)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", ("Hello", "", 0)),
        ("  Hello \n", ("  Hello \n", "", 0)),
        (" \n", (" \n", "", 0)),
        ("", ("", "", 0)),
        (f"one {CALL} two", ("one  two", "", 1)),
        (f"\n\n{CALL}\n{CALL}\n", ("", "", 2)),  # white space beside blocks is framing
        (f"<think>hm</think>\n\n{CALL}", ("", "hm", 1)),
        ("<think>a</think>b<think>c</think>d", ("bd", "ac", 0)),
        ("<think>a", ("", "a", 0)),
        ("a <tool_cal b", ("a <tool_cal b", "", 0)),
        ("a <tool_call> b", ("a <tool_call> b", "", 0)),  # nothing that could be a call follows
        ("a <tool_call></tool_call> b", ("a <tool_call></tool_call> b", "", 0)),
        (f"<tool_call> hm {CALL}", ("<tool_call> hm ", "", 1)),
        ("a < b << c <", ("a < b << c <", "", 0)),
        (f"<think>Is it {CALL}?</think>No.", ("No.", f"Is it {CALL}?", 0)),  # a quotation
        ("a<|im_end|>", ("a", "", 0)),
        ("a<|im_end|>\n", ("a", "", 0)),
        ("say <|im_end|> now", ("say <|im_end|> now", "", 0)),
    ],
)
def test_content_and_reasoning_and_calls(text: str, expected: tuple[str, str, int]) -> None:
    assert texts("hermes", text) == expected


def test_calls_in_reasoning_by_format() -> None:
    """A call in the reasoning is quoted, ends it, or is in it: each format has its way."""
    call = '{"name": "f", "arguments": {}}'
    block = f"<tool_call>{call}</tool_call>"
    assert texts("hermes", f"<think>a{block}b</think>c") == ("c", f"a{block}b", 0)
    assert texts("trinity", f"<think>a{block}</think>c") == ("c", "a", 1)
    tools = '<|tools_prefix|>[{"f": {}}]<|tools_suffix|>'
    assert texts("apertus", f"<|inner_prefix|>a{tools}b<|inner_suffix|>c") == ("c", "ab", 1)


def test_reasoning_that_the_prompt_began() -> None:
    assert texts("hermes", "hm</think>Yes.", in_reasoning=True) == ("Yes.", "hm", 0)
    assert texts("hermes", "hm</think>Yes.", prompt_suffix="<think>\n") == ("Yes.", "hm", 0)
    assert texts("hermes", "Yes.", prompt_suffix="<think>\n</think>\n") == ("Yes.", "", 0)
    # Without a hint an end tag alone is text: earlier content cannot become reasoning.
    assert texts("hermes", "hm</think>Yes.") == ("hm</think>Yes.", "", 0)


def test_reasoning_left_open_is_no_success() -> None:
    message = message_of("hermes", "<think>hm, and th")
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert message.reasoning == "hm, and th"


def test_a_long_fragment_is_read_as_short_ones_are() -> None:
    text = "word " * 5000 + '<tool_call>{"name": "f", "arguments": {"s": "' + "text " * 5000
    message = message_of("hermes", text + '"}}</tool_call>')
    assert message.text.strip() == ("word " * 5000).strip()
    assert only(message).arguments == {"s": "text " * 5000}
