"""The framing machine: it separates content, reasoning and calls."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of, only, read, tool

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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<tool_call>{"na', '<tool_call>{"na'),
        ('Well. <tool_call>{"name": "f', '<tool_call>{"name": "f'),
    ],
)
def test_a_call_cut_inside_its_name(text: str, said: str) -> None:
    """It is not a call; its text is emitted."""
    found = read("hermes", text)
    assert found.message.tool_calls == []
    assert found.message.status == "truncated"
    assert [event.data for event in found.events if event.type == "provider_event"] == [
        {"text": said}
    ]


def test_a_call_cut_in_its_arguments() -> None:
    message = message_of("hermes", '<tool_call>{"name": "f", "arguments": {"a": "so f')
    call = only(message)
    assert (call.status, call.arguments, call.partial) == ("truncated", None, {"a": "so f"})
    assert message.status == "truncated"


def test_a_missing_closer_at_the_end() -> None:
    """The closing bracket is the end of the JSON; a finish that is normal needs no tag."""
    message = message_of("hermes", CALL.removesuffix("</tool_call>"))
    assert (only(message).status, message.status) == ("complete", "complete")


def test_a_broken_call_ends_at_its_closer() -> None:
    """What is no JSON rejects the call; what follows the closer is read again."""
    text = f'<tool_call>{{"name": "f", "arguments": {{"a": ]}}}}</tool_call> and {CALL}'
    message = message_of("hermes", text)
    assert [call.status for call in message.tool_calls] == ["rejected", "complete"]
    assert message.tool_calls[0].raw_text == '{"a": ]}}'
    assert message.text.strip() == "and"


def test_unknown_tools_and_invalid_arguments() -> None:
    """Both are reported as soon as they are certain, and the next call is read normally."""
    known = tool("f", a="integer")
    parser = FormatParser("hermes", tools=[known])
    events = parser.feed('<tool_call>{"name": "g"')
    assert [event.type for event in events][-1] == "tool_call_rejected"
    parser = FormatParser("hermes", tools=[known])
    parser.feed('<tool_call>{"name": "f", "arguments": {"a": ')
    assert [event.type for event in parser.feed('"')][-1] == "tool_call_rejected"
    text = f'<tool_call>{{"name": "g", "arguments": {{}}}}</tool_call>{CALL}'
    message = message_of("hermes", text, tools=[known])
    assert [call.status for call in message.tool_calls] == ["rejected", "complete"]
    for tools in ([known, tool("g")], [tool("g"), known]):
        message = message_of("hermes", text, tools=tools)
        assert [call.status for call in message.tool_calls] == ["complete", "complete"]


def test_a_header_without_end() -> None:
    """No name is so long: it was not a call."""
    text = "[TOOL_CALLS]" + "a" * 5000
    assert texts("mistral_v13", text) == (text, "", 0)
    assert texts("mistral_v13", f"{text}[ARGS]{{}}")[2] == 0


def test_a_header_with_quotes() -> None:
    """A quoted literal does not end a header; what then matches nothing is text."""
    text = '<tool_call>a "b <arg_key> c" {"'
    assert texts("glm45", text) == (text, "", 0)
    message = message_of("deepseek_v32", '<｜DSML｜invoke name="a>b">\n</｜DSML｜invoke>')
    assert [call.name for call in message.tool_calls] == ["a>b"]


def test_the_number_of_calls_is_limited() -> None:
    found = read("hermes", CALL * 3, limits=Limits(tool_calls=2))
    assert found.error is not None
    assert found.error.code == "tool_calls"
    assert [call.status for call in found.message.tool_calls] == ["complete", "complete"]


def test_fields_that_nobody_knows_are_passed_on() -> None:
    text = '<tool_call>{"name": "f", "mood": [1], "arguments": {}, "type": "other"}</tool_call>'
    found = read("hermes", text)
    assert only(found.message).status == "complete"
    passed_on = [event for event in found.events if event.type == "provider_event"]
    assert [(event.name, event.data) for event in passed_on] == [
        ("tool_calls.mood", [1]),
        ("tool_calls.type", "other"),
    ]
    twice = read("hermes", '<tool_call>{"name": "f", "name": "g", "arguments": {}}</tool_call>')
    assert only(twice.message).name == "f"
    passed_on = [event for event in twice.events if event.type == "provider_event"]
    assert [(event.name, event.data) for event in passed_on] == [("tool_calls.name", "g")]
    broken = read("hermes", '<tool_call>{"name": "f", "mood": 1, "arguments": {]}</tool_call>')
    assert only(broken.message).status == "rejected"
    passed_on = [event for event in broken.events if event.type == "provider_event"]
    assert [(event.name, event.data) for event in passed_on] == [("tool_calls.mood", 1)]
    cut = read("hermes", '<tool_call>{"name": "f", "arguments": {}, "mood": ["half')
    passed_on = [event for event in cut.events if event.type == "provider_event"]
    assert [(event.name, event.data["text"]) for event in passed_on] == [
        ("incomplete_field", '"mood": ["half')
    ]


def test_ids_and_indexes() -> None:
    text = '[TOOL_CALLS][{"name": "f", "arguments": {}, "id": "abc123def"}, {"name": "f"}]'
    calls = message_of("mistral_v3", text).tool_calls
    assert [(call.index, call.id) for call in calls] == [(0, "abc123def"), (1, None)]


def test_empty_arguments_are_an_empty_object() -> None:
    for text in (
        '{"name": "f"}',
        '{"name": "f", "arguments": {}}',
        '{"arguments": null, "name": "f"}',
    ):
        assert calls_of("hermes", f"<tool_call>{text}</tool_call>") == [("f", {})]


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("glm45", "<tool_call>, <think>" + "x" * 5000 + "</think>bye"),
        ("glm45", "<tool_call>f <think>" + "x" * 5000 + "</think>bye"),
        ("functiongemma", "<start_function_call>call:" + "x" * 5000 + "{<bye"),
        ("mistral_v11", "[TOOL_CALLS]f<" + "x" * 5000 + "[TOOL_CALLS]"),
    ],
)
def test_a_header_ends_where_it_cannot_go_on(format: str, text: str) -> None:
    """However much of what follows is there: its length is asked last."""
    message = message_of(format, text)
    assert message.tool_calls == []


def test_a_header_that_a_quoted_literal_makes_too_long() -> None:
    start = '<｜DSML｜function_calls><｜DSML｜invoke name="'
    for size in range(4090, 4098):
        message_of("deepseek_v32", start + "a" * (size - 7) + '>>>>>" >bye')
        message_of("deepseek_v32", start + "a" * (size - 7) + ">>>>>>>>>bye")


def test_a_long_fragment_is_read_as_short_ones_are() -> None:
    text = "word " * 5000 + '<tool_call>{"name": "f", "arguments": {"s": "' + "text " * 5000
    message = message_of("hermes", text + '"}}</tool_call>')
    assert message.text.strip() == ("word " * 5000).strip()
    assert only(message).arguments == {"s": "text " * 5000}
