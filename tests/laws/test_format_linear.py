"""Law 6 for raw-text formats: the cost of a character does not depend on how many precede it.

The texts are long arguments in every kind of payload, and texts that could make a parser scan the
same characters again: endless headers, repeated beginnings of markers, incomplete closers.
Executed lines are counted as in `test_law_6_linear.py`; time is measured because one line can copy
any amount of text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamparse import COMPILED, Limits
from streamparse.formats import FormatParser
from tests.formats.reading import tool
from tests.helpers import cut
from tests.timing import lines_run, seconds

_CODER = "<tool_call><function=f><parameter=s>\n"
_DSML = (
    '<｜DSML｜function_calls><｜DSML｜invoke name="f"><｜DSML｜parameter name="s" string="true">'
)
_M3 = ']<]minimax[>[<tool_call>]<]minimax[>[<invoke name="f">]<]minimax[>[<s>'
_HARMONY = " to=functions.f<|channel|>commentary<|message|>"
_HERMES = '<tool_call>{"name": "f", "arguments": {"s": "'

# The format, text that occurs once, and text that is then repeated.
LOADS: dict[str, tuple[str, str, str]] = {
    "content": ("hermes", "", "word "),
    "reasoning": ("hermes", "<think>", "word "),
    "hermes": ("hermes", _HERMES, "text\\n"),
    "arguments in a string": (
        "granite4",
        '<tool_call>{"name": "f", "arguments": "{\\"s\\": \\"',
        "text\\\\n",
    ),
    "arguments before the name": ("hermes", '<tool_call>{"arguments": {"s": "', "text\\n"),
    "an unknown field": ("hermes", '<tool_call>{"name": "f", "mood": "', "text\\n"),
    "name and arguments": ("mistral_v13", '[TOOL_CALLS]f[ARGS]{"s": "', "text\\n"),
    "harmony": ("harmony", _HARMONY + '{"s": "', "text\\n"),
    "free text": ("harmony", _HARMONY, "text\n"),
    "parameters": ("qwen3_coder", _CODER, "text\n"),
    "pairs": ("glm45", "<tool_call>f\n<arg_key>s</arg_key>\n<arg_value>", "text\n"),
    "types in the markers": ("deepseek_v32", _DSML, "text\n"),
    "a value that is held back": ("deepseek_v32", _DSML.replace("true", "false"), "[1, 2], "),
    "elements": ("minimax_m3", _M3, "text\n"),
    "python": ("pythonic", "[f(s='", "text\\n"),
    "gemma": ("gemma4", '<|tool_call>call:f{s:<|"|>', "text\n"),
    "auto": ("auto", "", "word "),
    "many calls": ("qwen3_coder", "", "<tool_call><function=f></function></tool_call>\n"),
    # Texts that a naive parser would scan repeatedly.
    "beginnings of markers": ("hermes", "", "<"),
    "longer beginnings": ("hermes", "", "<tool_cal"),
    "markers without a call": ("hermes", "", "<tool_call> x"),
    "markers in a row": ("hermes", "", "<tool_call>"),
    "headers in a row": ("glm45", "", "<tool_call>a"),
    "a header without end": ("mistral_v13", "[TOOL_CALLS]", "a"),
    "a channel without end": ("harmony", "<|channel|>", "a"),
    "a quoted header": ("deepseek_v32", '<｜DSML｜invoke name="', "a>"),
    "a parameter's header without end": ("deepseek_v32", _DSML + "x", "<｜DSML｜parameter "),
    "a quote in a parameter's header": (
        "deepseek_v32",
        '<｜DSML｜invoke name="f"><｜DSML｜parameter name="',
        "a>",
    ),
    "incomplete openers in a value": ("qwen3_coder", _CODER, "<parameter=a>x</parameter "),
    "incomplete closers in a value": ("qwen3_coder", _CODER, "</parameter>x "),
    "white space after a closer": ("qwen3_coder", _CODER + "</parameter>", " "),
    "white space after a call": ("qwen3_coder", _CODER + "</parameter></function>", " "),
    "white space in front": ("pythonic", "", " "),
    "newlines in a value": ("qwen3_coder", _CODER, "\n"),
    "quotes in a string": ("pythonic", "[f(s='", "' "),
    "a quote and white space": ("pythonic", "[f(s='a'", " "),
    "backslashes": ("pythonic", "[f(s='", "\\"),
    "a word without end": ("pythonic", "[f(s=", "a"),
    "a bare string": ("gemma4", "<|tool_call>call:f{s:", "word "),
    "half a delimiter": ("gemma4", '<|tool_call>call:f{s:<|"|>', '<|"|'),
    "brackets": ("pythonic", "[f(s=", "[[[]], "),
    "incomplete tags": ("minimax_m3", _M3, "]<]minimax[>["),
    "a tag without end": ("minimax_m3", _M3, "]<]minimax[>[<a"),
    "elements without end": ("minimax_m3", _M3.replace("<s>", "<x>"), "]<]minimax[>[</y>"),
    "auto, ambiguous markers": ("auto", "", "<tool_call> <"),
    "auto, beginnings": ("auto", "", "<"),
    "a broken call": ("hermes", '<tool_call>{"name": "f", "arguments": {]', "text "),
    "text beside parameters": ("qwen3_coder", "<tool_call><function=f>", "text "),
    "the end of the turn": ("hermes", "", "<|im_end|>"),
}
TOOLS = [tool("f", s="string")]
MANY = 12


def feed(format: str, start: str, rest: str, size: int = 4) -> FormatParser:
    """Return a parser that received `start`, and then `rest` in deltas of `size` characters."""
    parser = FormatParser(format, tools=TOOLS, limits=Limits(tool_calls=10**6))
    parser.feed(start)
    for piece in cut(rest, [size]):
        parser.feed(piece)
    return parser


def stream(more: str, size: int) -> str:
    return (more * (size // len(more) + 1))[:size]


@pytest.mark.skipif(COMPILED, reason="compiled code has no lines")
@pytest.mark.parametrize("load", LOADS)
def test_law_6_lines(load: str) -> None:
    """Law 6: a late character executes no more lines than an early one."""
    format, start, more = LOADS[load]

    def cost(first: int, last: int) -> float:
        early, late = (lines_run(_feeding(format, start, more, size)) for size in (first, last))
        return (late - early) / (last - first)

    # A header is abandoned after 4096 characters; later characters may cost a little more.
    assert cost(4400, 4900) <= 1.5 * cost(600, 1100) + 1


def _feeding(format: str, start: str, more: str, size: int) -> Callable[[], Any]:
    rest = stream(more, size)
    return lambda: feed(format, start, rest)


@pytest.mark.parametrize("load", LOADS)
def test_law_6_time(load: str) -> None:
    """Law 6: no delta takes time in proportion to all earlier text, as copying it would."""
    format, start, more = LOADS[load]
    few, many = stream(more, 2000), stream(more, 2000 * MANY)
    at_first = later = float("inf")
    for _ in range(4):  # Another process may disturb some of the rounds, but hardly all.
        at_first = min(at_first, cost(format, start, few))
        later = min(later, cost(format, start, many))
        if later <= 3 * at_first:
            return
    pytest.fail(f"a character costs {later / at_first:.1f} times as much in a longer stream")


# Text that is held back until its role is known.
KEPT: dict[str, tuple[str, str, str]] = {
    "white space in front": ("hermes", "", " "),
    "ends of the turn": ("hermes", "", "<|im_end|>"),
    "white space between calls": (
        "hermes",
        '<tool_call>{"name": "f", "arguments": {}}</tool_call>',
        " ",
    ),
    "white space before a closer": ("hermes", '<tool_call>{"name": "f", "arguments": {}}', " "),
    "a key": ("gemma4", "<|tool_call>call:f{", "a"),
    "a word": ("gemma4", "<|tool_call>call:f{s:", "a"),
    "a key in quotes": ("pythonic", "[f(s={'", "a"),
}


@pytest.mark.parametrize("load", KEPT)
def test_law_6_text_that_is_held_back(load: str) -> None:
    """Law 6: text that is held back is not copied for each fragment."""
    format, start, more = KEPT[load]
    few, many = stream(more, 100_000), stream(more, 100_000 * MANY)
    at_first = later = float("inf")
    for _ in range(4):
        at_first = min(at_first, cost(format, start, few, 100))
        later = min(later, cost(format, start, many, 100))
        if later <= 3 * at_first:
            return
    pytest.fail(f"a character costs {later / at_first:.1f} times as much in a longer stream")


# Texts for which a naive parser would scan or copy the rest of a fragment at every step.
WHOLE: dict[str, tuple[str, str, str]] = {
    "headers": ("functiongemma", "", "<start_function_call>call:"),
    "forbidden headers": ("mistral_v11", "", "[TOOL_CALLS]<"),
    "a parameter's headers": ("qwen3_coder", "<tool_call><function=f>", "<parameter="),
    "members": ("hermes", '<tool_call>{"name": "f"', ', "a": 1'),
    "calls": ("hermes", "", '<tool_call>{"name": "f", "arguments": {}}</tool_call>'),
    "words": ("gemma4", "<|tool_call>call:f{s:[", "word,"),
    "auto, repeated reasoning": ("auto", "", "<think>a</think>b"),
    "auto, ambiguous markers": ("auto", "", "<tool_call> <"),
}


@pytest.mark.parametrize("load", WHOLE)
def test_law_6_in_one_fragment(load: str) -> None:
    """Law 6: the cost of a character does not depend on the length of its fragment."""
    format, start, more = WHOLE[load]
    few, many = stream(more, 20_000), stream(more, 20_000 * MANY)
    at_first = later = float("inf")
    for _ in range(4):
        at_first = min(at_first, cost(format, start, few, len(few)))
        later = min(later, cost(format, start, many, len(many)))
        if later <= 3 * at_first:
            return
    pytest.fail(f"a character costs {later / at_first:.1f} times as much in a longer fragment")


def cost(format: str, start: str, rest: str, size: int = 4) -> float:
    """Return the seconds for each character of `rest`, fed in pieces of `size`."""
    return seconds(lambda: feed(format, start, rest, size)) / len(rest)
