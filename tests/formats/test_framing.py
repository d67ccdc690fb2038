"""Tests of the framing machine, which separates content, reasoning and calls."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.formats import get
from tests.formats.reading import message_of, only

CALL = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'


def texts(format: str, text: str, **options: Any) -> tuple[str, str, int]:
    """Return the content, the reasoning and the number of calls."""
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
        (f"\n\n{CALL}\n{CALL}\n", ("", "", 2)),  # white space between blocks is framing
        (f"<think>hm</think>\n\n{CALL}", ("", "hm", 1)),
        ("<think>a</think>b<think>c</think>d", ("bd", "ac", 0)),
        ("<think>a", ("", "a", 0)),
        ("a <tool_cal b", ("a <tool_cal b", "", 0)),
        ("a <tool_call> b", ("a <tool_call> b", "", 0)),  # no call follows the marker
        ("a <tool_call></tool_call> b", ("a <tool_call></tool_call> b", "", 0)),
        (f"<tool_call> hm {CALL}", ("<tool_call> hm ", "", 1)),
        ("a < b << c <", ("a < b << c <", "", 0)),
        (
            f"<think>Is it {CALL}?</think>No.",
            ("No.", f"Is it {CALL}?", 0),
        ),  # the call is a quotation
        ("a<|im_end|>", ("a", "", 0)),
        ("a<|im_end|>\n", ("a", "", 0)),
        ("say <|im_end|> now", ("say <|im_end|> now", "", 0)),
    ],
)
def test_content_and_reasoning_and_calls(text: str, expected: tuple[str, str, int]) -> None:
    assert texts("hermes", text) == expected


def test_calls_in_reasoning_by_format() -> None:
    """Depending on the format, a call in the reasoning is quoted, ends it, or is part of it."""
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
    # Without the option an end tag is text, as emitted content cannot become reasoning.
    assert texts("hermes", "hm</think>Yes.") == ("hm</think>Yes.", "", 0)


def test_an_answer_that_ends_in_its_reasoning_is_truncated() -> None:
    message = message_of("hermes", "<think>hm, and th")
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert message.reasoning == "hm, and th"


def test_a_long_fragment() -> None:
    text = "word " * 5000 + '<tool_call>{"name": "f", "arguments": {"s": "' + "text " * 5000
    message = message_of("hermes", text + '"}}</tool_call>')
    assert message.text.strip() == ("word " * 5000).strip()
    assert only(message).arguments == {"s": "text " * 5000}


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        ("harmony", "<|channel|>final and so on", ("and so on", "", 0)),
        ("gemma4", "<|channel>thought\nHm.\n<channel|>Hi.", ("Hi.", "Hm.\n", 0)),
        ("trinity", f"<think>Hm.{CALL}</think>Hi.", ("Hi.", "Hm.", 1)),
        ("granite_pythonic", "Hi.\n\n f(a=1)\ng()", ("Hi.\n\n ", "", 2)),
        ("granite_pythonic", "Hi. f(a=1)", ("Hi. f(a=1)", "", 0)),
        ("llama3_json", ' \n{"name": "f", "parameters": {}}', ("", "", 1)),
        ("llama3_json", "  Hi.", ("  Hi.", "", 0)),
        ("llama3_json", " \n ", (" \n ", "", 0)),
        ("pythonic", "[f(a=1), g()]", ("", "", 2)),
        ("mistral_v11", "Hi.[TOOL_CALLS]f[ARGS]{}", ("Hi.", "", 1)),
        (
            "hermes",
            'Write `<tool_call>` and "<think>".',
            ('Write `<tool_call>` and "<think>".', "", 0),
        ),
        (
            "hermes",
            "```\n<tool_call>\n</think>\n```\nHi.",
            ("```\n<tool_call>\n</think>\n```\nHi.", "", 0),
        ),
        (
            "hermes",
            '<think>The tag "</think>" ends it.</think>Hi.',
            ("Hi.", 'The tag "</think>" ends it.', 0),
        ),
        ("minimax_m1", '<tool_calls>\n{"name": "f"}\n\nHi.', ("\n\nHi.", "", 1)),
        ("xlam", "[1, 2]", ("[1, 2]", "", 0)),
    ],
)
def test_where_text_ends_and_calls_begin(
    format: str, text: str, expected: tuple[str, str, int]
) -> None:
    assert texts(format, text) == expected


EACH_KIND = [
    *("hermes", "mistral_v11", "kimi_k2", "deepseek_v3", "functionary_v32", "qwen3_coder"),
    *("minimax_m3", "glm45", "cwm", "muse", "pythonic", "granite_pythonic", "functiongemma"),
    *("harmony", "llama3_json", "sarashina"),
]


@pytest.mark.parametrize("format", EACH_KIND)
def test_cut_examples(format: str) -> None:
    """Only whole calls are complete, and a cut call truncates the message."""
    example = get(format).example
    whole = message_of(format, example).tool_calls
    for end in range(3, len(example), 29):
        message = message_of(format, example[:end])
        complete = [call for call in message.tool_calls if call.status == "complete"]
        assert [call.arguments for call in complete] == [
            call.arguments for call in whole[: len(complete)]
        ]
        if len(complete) < len(message.tool_calls):
            assert message.status == "truncated"
