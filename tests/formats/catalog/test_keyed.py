"""Tests of formats with pairs of keys and values."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of, tool

PAIRS = "<arg_key>s</arg_key><arg_value> a </arg_value>"


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("glm45", "<tool_call>f\n<arg_key>s</arg_key>\n<arg_value> a </arg_value>\n</tool_call>"),
        ("glm45", f"<tool_call>f{PAIRS}</tool_call>"),
        ("glm47", f"<tool_call>f{PAIRS}</tool_call>"),
        ("laguna", f"<tool_call>f\n{PAIRS}\n</tool_call>"),
        ("ling3", f"<tool_call>f{PAIRS}</tool_call>"),
        ("spark25", f"<tool_call>f\n{PAIRS}\n</tool_call>"),
        ("iquest_q1", f"<iquest_tool_call>f{PAIRS}</iquest_tool_call>"),
        ("hy_v3", f"<tool_calls><tool_call>f<tool_sep>{PAIRS}</tool_call></tool_calls>"),
        ("hy_v4", f"<tool_calls><tool_call>f{PAIRS}</tool_call></tool_calls>"),
        (
            "k2_horizon",
            "<ifm|tool_calls><ifm|tool_call>f<ifm|arg_key>s</ifm|arg_key><ifm|arg_value> a "
            "</ifm|arg_value></ifm|tool_call></ifm|tool_calls>",
        ),
        (
            "k2_horizon_typed",
            "<ifm|tool_calls><ifm|tool_call>f<ifm|arg_key>s</ifm|arg_key><ifm|arg_type>string"
            "</ifm|arg_type><ifm|arg_value> a </ifm|arg_value></ifm|tool_call></ifm|tool_calls>",
        ),
    ],
)
def test_one_call(format: str, text: str) -> None:
    assert calls_of(format, text) == [("f", {"s": " a "})]
    assert message_of(format, text).text == ""


@pytest.mark.parametrize(
    ("schema", "written", "value"),
    [
        ("integer", " 7 ", 7),
        ("array", '["a", {"b": null}]', ["a", {"b": None}]),
        ("string", "7", "7"),
        ({}, "7", "7"),
    ],
)
def test_values_by_schema(schema: Any, written: str, value: Any) -> None:
    text = f"<tool_call>f<arg_key>x</arg_key><arg_value>{written}</arg_value></tool_call>"
    assert calls_of("glm47", text, tools=[tool("f", x=schema)]) == [("f", {"x": value})]
    assert calls_of("glm47", text) == [("f", {"x": written})]  # without tools the value is text


def test_tags_with_a_suffix() -> None:
    text = (
        "<tool_calls:opensource><tool_call:opensource>f<tool_sep:opensource><arg_key:opensource>s"
        "</arg_key:opensource><arg_value:opensource>a</arg_value> b</arg_value:opensource>"
        "</tool_call:opensource></tool_calls:opensource>"
    )
    assert calls_of("hy_v3", text, suffix=":opensource") == [("f", {"s": "a</arg_value> b"})]


@pytest.mark.parametrize(
    "text",
    [
        "Use <tool_call> for calls.",
        "<tool_call>not a name</tool_call>",
        "<tool_call>f(x)</tool_call>",
        '<tool_call>{"name": "f"}</tool_call>',
        "<tool_call></tool_call>",
    ],
)
def test_text_that_is_not_a_call(text: str) -> None:
    message = message_of("glm45", text)
    assert (message.text, message.tool_calls) == (text, [])


def test_prose_after_a_marker_is_not_held_back() -> None:
    """The second word shows that the text is not a name, as names contain no space (law 2)."""
    parser = FormatParser("glm45")
    parser.feed("Use <tool_call> for ")
    assert parser.message.text == "Use "
    parser.feed("c")
    assert parser.message.text == "Use <tool_call> for c"


def test_closing_tags_inside_a_value() -> None:
    value = "see </arg_value> and </tool_call>."
    text = f"<tool_call>f<arg_key>s</arg_key><arg_value>{value}</arg_value></tool_call>"
    assert calls_of("glm47", text) == [("f", {"s": value})]
