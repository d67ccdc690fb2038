"""Structural tags of xgrammar as formats."""

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
    """The tags of three tools, `@` being the name."""
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
    ("given", "said"),
    [
        ([], "must be an object"),
        ({"type": "json_schema"}, "must be an object of the type"),
        (tag({"type": "any_text"}), "at least two tools"),
        (tag(triggered(tool("<c>@:", "</c>")[:1])), "at least two tools"),
        (tag(triggered(tool("<c>:", "</c>"))), "differ in more than the tool's name"),
        (tag(triggered(tool("@:", "</c>"))), "nothing stands before the name"),
        (tag(triggered(tool('{"name": "@", "arguments": ', "}"))), "before the object"),
        (tag(triggered(tool("<c>@:", "</c>", "cohere_xml"))), "'cohere_xml' is none of json"),
        (
            tag(triggered([*tool("<c>@:", "</c>"), *tool("<c>@:", "</c>", "glm_xml")])),
            "several styles",
        ),
    ],
)
def test_what_is_refused(given: Any, said: str) -> None:
    with pytest.raises(FormatError) as raised:
        from_structural_tag(given)
    assert said in str(raised.value)
