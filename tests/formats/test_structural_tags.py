"""Tests of structural tags of xgrammar as formats."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import MessageParser
from streamparse.errors import FormatError
from streamparse.formats import FormatParser, from_structural_tag
from tests.formats.reading import message_of

NAMES = ("find_tide", "find_berth", "f-2")
TIDE = {"name": "find_tide", "parameters": {"properties": {"day": {"type": "integer"}}}}


def tool(begin: str, end: Any, style: str = "") -> list[dict[str, Any]]:
    """Return the tags of three tools; `@` is replaced by the name."""
    content = {"type": "json_schema", "json_schema": {}, **({"style": style} if style else {})}
    return [
        {"type": "tag", "begin": begin.replace("@", name), "content": content, "end": end}
        for name in NAMES
    ]


def triggered(tags: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "triggered_tags", "triggers": ["<"], "tags": tags}


def tag(*parts: Any) -> dict[str, Any]:
    format = parts[0] if len(parts) == 1 else {"type": "sequence", "elements": list(parts)}
    return {"type": "structural_tag", "format": format}


THOUGHT = {"type": "tag", "begin": "", "content": {"type": "any_text"}, "end": "</think>"}
OPEN_THOUGHT = {**THOUGHT, "begin": "<think>\n", "end": ["</think>", "</thought>"]}
NUMBER = {"type": "regex", "pattern": "[0-9]+"}
OBJECT = triggered(tool('<call>\n{"name": "@", "arguments": ', "}\n</call>"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (tag(OBJECT), '<call>\n{"name": "find_tide", "arguments": {"day": 2}}\n</call>'),
        (
            tag(triggered(tool('<|tool|>{"tool": "@", "parameters": ', "}"))),
            '<|tool|>{"tool": "find_tide", "parameters": {"day": 2}}',
        ),
        (
            tag(triggered(tool("<|call|>functions.@<|with|>", "<|done|>"))),
            '<|call|>functions.find_tide<|with|>{"day": 2}<|done|>',
        ),
        (
            tag(triggered(tool("<tool_call>\n<function=@>\n", "\n</function>", "qwen_xml"))),
            "<tool_call>\n<function=find_tide>\n<parameter=day>\n2\n</parameter>\n</function>",
        ),
        (
            tag(triggered(tool('<invoke name="@">\n', "</invoke>\n", "minimax_xml"))),
            '<invoke name="find_tide">\n<parameter name="day">2</parameter>\n</invoke>\n',
        ),
        (
            tag(triggered(tool("<tool_call>@", "</tool_call>", "glm_xml"))),
            "<tool_call>find_tide<arg_key>day</arg_key><arg_value>2</arg_value></tool_call>",
        ),
        (
            tag(
                {
                    "type": "tag",
                    "begin": "<calls>\n",
                    "end": "\n</calls>",
                    "content": {
                        "type": "tags_with_separator",
                        "separator": "<and>",
                        "tags": tool(
                            '<｜DSML｜invoke name="@">\n', "</｜DSML｜invoke>", "deepseek_xml"
                        ),
                    },
                }
            ),
            '<calls>\n<｜DSML｜invoke name="find_tide">\n'
            '<｜DSML｜parameter name="day" string="false">2</｜DSML｜parameter>\n'
            "</｜DSML｜invoke>\n</calls>",
        ),
    ],
)
def test_calls(given: Any, text: str) -> None:
    message = message_of(from_structural_tag(given), f"So. {text}", tools=[TIDE])
    [call] = message.tool_calls
    assert (call.name, call.arguments, call.status) == ("find_tide", {"day": 2}, "complete")
    assert message.text.strip() == "So."


def test_two_tags_around_a_call() -> None:
    tags = triggered(tool("<call>\n<f=@>\n", "\n</f>\n</call>", "qwen_xml"))
    format = from_structural_tag(tag(tags))
    assert [section.open for section in format.sections] == [("<call>",)]
    text = "<call><f=f-2><parameter=a>x</parameter></f></call>"
    assert message_of(format, text).tool_calls[0].arguments == {"a": "x"}


def test_bare_objects() -> None:
    format = from_structural_tag(tag(triggered(tool('{"name": "@", "with": ', "}"))))
    message = message_of(format, '{"name": "f-2", "with": {"a": 1}}')
    assert message.tool_calls[0].arguments == {"a": 1}
    text = '{"name": "f-2"}'
    assert message_of(format, text).text == text


def test_constant_text_before_the_arguments() -> None:
    constant = {"type": "const_string", "value": "<with>"}
    tags = [
        {**one, "content": {"type": "sequence", "elements": [constant, one["content"]]}}
        for one in tool("<c>@", "</c>")
    ]
    message = message_of(from_structural_tag(tag(triggered(tags))), '<c>f-2<with>{"a": 1}</c>')
    assert message.tool_calls[0].arguments == {"a": 1}


def test_messages_of_several_kinds() -> None:
    thought = {**OPEN_THOUGHT, "begin": "<m|analysis>", "end": "<end>"}
    final = {**OPEN_THOUGHT, "begin": "<m|final>", "end": "<end>"}
    calls = tool("<m|call to=@>", "<end>")
    tags = {
        "type": "tags_with_separator",
        "separator": "<start>me",
        "tags": [thought, *calls, final],
    }
    text = "<m|analysis>Hm.<end><start>me<m|call to=f-2>{}<end><start>me<m|final>Yes.<end>"
    message = message_of(from_structural_tag(tag(tags)), text)
    assert (message.reasoning, message.text) == ("Hm.", "Yes.")
    assert [call.name for call in message.tool_calls] == ["f-2"]
    silent = from_structural_tag(tag({**tags, "tags": [*calls, final]}))
    assert silent.reasoning is None
    assert message_of(silent, "<m|final>Yes.<end>").text == "Yes."


@pytest.mark.parametrize("value", ["<think>\n\n</think>", "</think>"])
def test_an_empty_thought(value: str) -> None:
    given = tag({"type": "const_string", "value": value}, OBJECT)
    message = message_of(from_structural_tag(given), f"{value}\n\nYes.")
    assert (message.reasoning, message.text.strip()) == ("", "Yes.")


def test_separators_stand_between_calls() -> None:
    tags = {"type": "tags_with_separator", "separator": "<and>", "tags": tool("<c>@:", "</c>")}
    message = message_of(from_structural_tag(tag(tags)), "<c>f-2:{}</c><and><c>f-2:{}</c>")
    assert [call.name for call in message.tool_calls] == ["f-2", "f-2"]
    assert message.text == ""


def test_a_namespace_that_the_tools_share() -> None:
    tags = tag(triggered(tool("<c>harbour.@:", "</c>")))
    text = "<c>harbour.find_tide:{}</c>"
    for name in ("find_tide", "harbour.find_tide"):
        parser = FormatParser(tags, tools=[{"name": name}])
        parser.feed(text)
        parser.finish()
        assert parser.message.tool_calls[0].name == name


def test_a_thought() -> None:
    begun = message_of(from_structural_tag(tag(THOUGHT, OBJECT)), "Hm.</think>Yes.")
    assert (begun.reasoning, begun.text) == ("Hm.", "Yes.")
    own = message_of(from_structural_tag(tag(OPEN_THOUGHT, OBJECT)), "<think>\nHm.</thought>Yes.")
    assert (own.reasoning.strip(), own.text) == ("Hm.", "Yes.")


def test_a_tag_is_a_format() -> None:
    parser = MessageParser(format=tag(OBJECT))
    parser.feed('<call>{"name": "f-2", "arguments": {}}</call>')
    parser.finish()
    assert parser.message.tool_calls[0].status == "complete"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "must be an object"),
        ({"type": "json_schema"}, "must be an object of the type"),
        (tag({"type": "any_text"}), "at least two tools"),
        (tag(triggered(tool("<c>@:", "</c>")[:1])), "at least two tools"),
        (tag(triggered(tool("<c>:", "</c>"))), "differ in more than the name of the tool"),
        (tag(triggered(tool("@:", "</c>"))), "must have text before the name"),
        (
            tag(
                triggered(
                    [
                        {
                            **one,
                            "content": {"type": "sequence", "elements": [NUMBER, one["content"]]},
                        }
                        for one in tool("<c>@:", "</c>")
                    ]
                )
            ),
            "a regex before the arguments",
        ),
        (tag(triggered(tool("<c>@:", "</c>", "cohere_xml"))), "'cohere_xml' is not one of json"),
        (
            tag(triggered([*tool("<c>@:", "</c>"), *tool("<c>@:", "</c>", "glm_xml")])),
            "several styles",
        ),
    ],
)
def test_rejected_tags(given: Any, expected: str) -> None:
    with pytest.raises(FormatError) as raised:
        from_structural_tag(given)
    assert expected in str(raised.value)
