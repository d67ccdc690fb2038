"""Tests of `format="auto"`: the first marker decides the format, for every cut."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.formats import FormatParser, get
from streamparse.formats._auto import AT_START, CHOICES, SIGNALS
from streamparse.formats.table import ENDS_OF_TURN
from streamparse.message import Message
from tests.formats.checks import check_answer, run
from tests.formats.reading import CUTS, message_of, read
from tests.formats.render import Answer, make_answer
from tests.helpers import cut

# Of formats that write calls in the same way, only the best known is detected and listed.
TOLD = (
    "hermes",
    "qwen3_coder",
    "glm45",
    "hunyuan_a13b",
    "hy_v3",
    "hy_v4",
    "deepseek_v3",
    "deepseek_v31",
    "mistral_v3",
    "mistral_v13",
    "k2_horizon_json",
    "k2_horizon_typed",
    "k2_horizon",
    "olmo3",
    "gemma4",
    "granite",
    "phi4_mini",
    "granite_20b_fc",
    "deepseek_v32",
    "deepseek_v4",
    "deepseek_v41",
    "gigachat35",
    "minimax_m2",
    "minimax_m3",
    "dots",
    "minicpm5",
    "step3",
    "kimi_k2",
    "kimi_k3",
    "lfm2",
    "llama4_pythonic",
    "functiongemma",
    "internlm2",
    "cohere_command3",
    "apertus",
    "inkling",
    "gigachat31",
    "gigachat3",
    "hyperclovax",
    "longcat",
    "nemotron_nano_v2",
    "seed_oss",
    "iquest_q1",
    "solar_open",
    "plamo3",
    "command_r_plus",
    "xlam",
    "pythonic",
    "llama3_json",
    "llama31_function_tag",
    "openpangu",
    "sarashina",
    "cohere_cofl",
    "solar_open2",
    "iquest_coder_v2",
    "use_mcp_tool",
    "cwm",
)


def is_common(answer: Answer) -> bool:
    """Return whether `auto` can detect the format from the answer up to its first call."""
    reasoning = get(answer.format).reasoning
    own = () if reasoning is None else reasoning.open
    begins = answer.text.startswith(own) or not answer.reasoning
    if answer.format == "granite":  # its markers are prose
        return "Here is" not in answer.text and "Here's" not in answer.text
    mixed = "<think>" in answer.text and "</think>" not in answer.text
    if answer.format == "k2_horizon_typed":  # its first argument decides the format
        return bool(answer.calls[0].arguments) and begins
    if answer.format == "solar_open2" and "<|think|>" in answer.text:  # solar_open has this tag too
        return False
    return begins and not mixed and "<answer>" not in answer.text


@pytest.mark.parametrize("name", TOLD)
def test_answers_are_read_without_the_name_of_the_format(name: str) -> None:
    """The answers have content, reasoning in common tags, and calls."""
    decided = 0
    for seed in range(14):
        answer = make_answer(name, random.Random(f"{name} {seed}"))
        if not answer.calls or answer.options or not is_common(answer):
            continue
        options = {"tools": answer.tools}
        found = run("auto", [answer.text], **options)
        check_answer(found.message, answer)
        assert found.message.extra["format"] == name
        for sizes in ([1], [3, 2, 9]):
            assert run("auto", cut(answer.text, sizes), **options).reading == found.reading
        decided += 1
    assert decided


def test_all_formats_of_the_tables_exist() -> None:
    for table in (SIGNALS, AT_START):
        for choices in table.values():
            for _, name in choices:
                assert get(name).name == name


@pytest.mark.parametrize(
    "text",
    [
        "Just text.",
        "a <tool_call> is a tag, b <function= too, and <|channel|> as well",
        "<tool_call>" + " " * 200 + "x",
        "[1, 2, 3] is a list",
        "[see] and {so on}",
        '{1: "a"}',
        "functools is a module",
        "<tool_calls> <tool_calls>",
        "<",
        "",
    ],
)
def test_markers_without_a_call_are_text(text: str) -> None:
    message = message_of_auto(text)
    assert (message.text, message.tool_calls) == (text, [])
    assert "format" not in message.extra


def message_of_auto(text: str) -> Message:
    whole = run("auto", [text])
    for sizes in ([1], [2, 5], [7]):
        assert run("auto", cut(text, sizes)).reading == whole.reading
    return whole.message


def test_the_text_after_the_marker_decides() -> None:
    """Several formats have the same marker."""
    texts = {
        '<tool_call>\n{"name": "f"}\n</tool_call>': "hermes",
        "<tool_call>\n<function=f>\n</function>\n</tool_call>": "qwen3_coder",
        "<tool_call>f\n</tool_call>": "glm45",
        "<function=f>{}</function>": "llama31_function_tag",
        "<function=f></function>": "qwen3_coder",
    }
    for text, name in texts.items():
        message = message_of_auto(text)
        assert [call.name for call in message.tool_calls] == ["f"]
        assert message.extra["format"] == name


def test_a_call_quoted_in_reasoning() -> None:
    text = '<think>Like <tool_call>{"name": "x"}</tool_call>?</think>No.'
    message = message_of_auto(text)
    assert message.tool_calls == []
    assert message.text == "No."


def test_reasoning_is_shown_before_the_format_is_known() -> None:
    parser = FormatParser("auto")
    parser.feed("<think>01")
    assert parser.message.reasoning == "01"
    parser.feed("</think>23")
    assert parser.message.text == "23"
    events = parser.feed('<tool_call>{"name": "f"')
    assert [event.type for event in events] == ["provider_event", "tool_call_started"]


def test_a_detected_format_does_not_change() -> None:
    """A later block of another format is text."""
    text = '<tool_call>{"name": "f"}</tool_call> [TOOL_CALLS]g[ARGS]{}'
    message = message_of_auto(text)
    assert [call.name for call in message.tool_calls] == ["f"]
    assert message.text.strip() == "[TOOL_CALLS]g[ARGS]{}"


def test_options_with_auto() -> None:
    assert message_of("hermes", "a</think>b", in_reasoning=True).reasoning == "a"
    assert run("auto", ["a</think>b"], in_reasoning=True).message.reasoning == "a"
    assert read("hermes", "b", prompt_suffix="</think>").message.text == "b"


@pytest.mark.parametrize("space", [95, 96, 97, 200])
def test_white_space_after_a_marker_does_not_count(space: int) -> None:
    text = "<tool_call>" + " " * space + '{"name": "f", "arguments": {}}</tool_call>'
    message = message_of_auto(text)
    assert [call.name for call in message.tool_calls] == ["f"]
    message = message_of_auto("[" + " " * space + '{"name": "f", "arguments": {}}]')
    assert [call.name for call in message.tool_calls] == ["f"]


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>" + " " * 1200 + '{"name": "f", "arguments": {}}</tool_call>',
        "<tool_call>" + "f" * 96 + "</tool_call>",
        "[TOOL_CALLS]" + "f" * 96 + "[ARGS]{}",
        "[" + "f" * 96 + "()]",
    ],
)
def test_text_beyond_the_window_decides_nothing(text: str) -> None:
    """Otherwise the result would depend on how much of the text has arrived."""
    message = message_of_auto(text)
    assert message.tool_calls == []
    assert message.text == text


TOOLS = [{"name": "water", "parameters": {"properties": {"litres": {"type": "integer"}}}}]
WATER = '<tool_call>{"name": "water", "arguments": {"litres": 2}}</tool_call>'
OTHERS = (
    '<tool_call>{"name": "weed", "arguments": {}}</tool_call>',
    "<tool_call><function=weed></function></tool_call>",
    "<tool_call>weed<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>",
    '{"name": "weed", "parameters": {"row": 1}}',
    '[{"name": "weed", "arguments": {}}]',
    "[weed(row=1)]",
    '[TOOL_CALLS]weed[ARGS]{"row": 1}',
    '<｜DSML｜tool_calls><｜DSML｜invoke name="weed"></｜DSML｜invoke></｜DSML｜tool_calls>',
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.weed:0<|tool_call_argument_begin|>{}",
)


def detected(text: str, **options: Any) -> Message:
    """Return the message, checked to be the same for all cuts."""
    found = run("auto", [text], **options)
    for sizes in CUTS:
        assert run("auto", cut(text, sizes), **options).reading == found.reading
    return found.message


@pytest.mark.parametrize("other", OTHERS)
def test_with_tools_a_call_of_another_name_is_text(other: str) -> None:
    message = detected(other, tools=TOOLS)
    assert (message.text, message.tool_calls, message.status) == (other, [], "complete")
    assert "format" not in message.extra


@pytest.mark.parametrize("other", OTHERS)
def test_the_format_is_detected_after_text_of_another(other: str) -> None:
    message = detected(f"{other} {WATER}", tools=TOOLS)
    assert [(call.name, call.status) for call in message.tool_calls] == [("water", "complete")]
    assert (message.text.strip(), message.extra["format"]) == (other, "hermes")


def test_an_unknown_tool_is_rejected_once_the_format_is_certain() -> None:
    """After a call of a known tool, a call of an unknown one is a mistake of the model."""
    other = WATER.replace("water", "weed")
    message = detected(f"{WATER}{other}", tools=TOOLS)
    assert [call.status for call in message.tool_calls] == ["complete", "rejected"]


@pytest.mark.parametrize(
    "prose",
    [
        "Kimi opens with <|tool_calls_section_begin|>. ",
        "The token <|tools_prefix|> comes first. ",
        "`<|python_start|>` opens it. ",
        "```\n<start_function_call>call:f{}\n```\n",
        'It says "[THINK]" and `<seed:think>`. ',
    ],
)
def test_a_marker_in_prose_decides_nothing(prose: str) -> None:
    message = detected(prose + WATER)
    assert (message.text, message.extra["format"]) == (prose, "hermes")
    assert [call.name for call in message.tool_calls] == ["water"]


def test_beam_is_not_detected_as_harmony() -> None:
    beam = (
        "assistant to=water<|channel|>analysis <|constrain|>xml<|message|>"
        '<rfl:parameter name="litres">\n2\n</rfl:parameter><|end|>'
    )
    message = detected(beam)
    assert (message.reasoning, message.extra.get("format")) == ("", None)
    harmony = (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes."
    )
    message = detected(harmony)
    assert (message.reasoning, message.text, message.extra["format"]) == ("Hm.", "Yes.", "harmony")


# The token that ends a turn in one format may be a literal of another one.


def test_the_detected_format_decides_which_tokens_end_the_turn() -> None:
    text = "<|channel|>analysis<e<|call|>"
    for cut_at in range(len(text)):
        parser = FormatParser("auto")
        parser.feed(text[:cut_at])
        parser.feed(text[cut_at:])
        parser.finish()
        assert parser.message.reasoning == "<e"


WORDS = st.sampled_from(
    [
        *CHOICES,
        *ENDS_OF_TURN,
        *("analysis", "final", "commentary to=functions.f", "<|message|>", "<|start|>assistant"),
        *('{"name": "f", "arguments": {}}', "f(a=1)", "</tool_call>", "<e", "<", " ", "word. "),
    ]
)


@given(st.lists(WORDS, max_size=9).map("".join), st.data())
def test_literals_of_all_formats_at_any_cut(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    whole = run("auto", [text]).reading
    assert run("auto", [text[:at], text[at:]]).reading == whole
    assert run("auto", list(text)).reading == whole
