"""Tests of parameters that are nested elements."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of, only, tool

NS = "]<]minimax[>["


def written(body: str) -> str:
    """Return a call of `f`. In `body`, `~` is the namespace."""
    return f'~<tool_call>~<invoke name="f">{body}~</invoke>~</tool_call>'.replace("~", NS)


def arguments(body: str, *tools: Any) -> Any:
    return calls_of("minimax_m3", written(body), tools=list(tools) or None)[0][1]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", {}),
        ("~<a>x~</a>", {"a": "x"}),
        ("~<a>~</a>", {"a": ""}),
        ("~<a>1~</a>~<a>2~</a>", {"a": ["1", "2"]}),
        ("~<a>~<item>1~</item>~<item>2~</item>~</a>", {"a": ["1", "2"]}),
        ("~<a>~<b>1~</b>~<c>~<d>2~</d>~</c>~</a>", {"a": {"b": "1", "c": {"d": "2"}}}),
        ("~<a>~<b>1~</b>~<b>2~</b>~<b>3~</b>~</a>", {"a": {"b": ["1", "2", "3"]}}),
        ("~<a>text~<b>1~</b>~</a>", {"a": {"b": "1", "$text": "text"}}),
        ("~<a>x <b> y </a> ]<]mini~</a>", {"a": "x <b> y </a> ]<]mini"}),
        ("~<a>x ~ y~</a>", {"a": f"x {NS} y"}),
        ("~<a>~<b>1~</a>", {"a": {"b": "1"}}),  # `b` has no closing tag
        ("~<a>1", {"a": "1"}),
    ],
)
def test_values_of_elements(body: str, expected: Any) -> None:
    assert arguments(body) == expected


def test_types_by_schema() -> None:
    inner = {"type": "object", "properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}
    schema = tool("f", o=inner, list={"type": "array", "items": {"type": "number"}}, b="boolean")
    body = (
        "~<o>~<n>7~</n>~<s>7~</s>~</o>"
        "~<list>~<item>1.5~</item>~<item>2~</item>~</list>~<b>true~</b>"
    )
    assert arguments(body, schema) == {"o": {"n": 7, "s": "7"}, "list": [1.5, 2], "b": True}


def test_only_strings_by_the_schema_stream() -> None:
    """A value that a later sibling can change waits for it (law 2)."""
    parser = FormatParser("minimax_m3", tools=[tool("f", s="string")])
    start = written("").partition(f"{NS}</invoke>")[0]
    parser.feed(f"{start}{NS}<s>abc")
    (call,) = parser.message.tool_calls
    assert call.partial == {"s": "abc"}
    parser.feed(f"{NS}</s>{NS}<t>d{NS}</t>")
    assert call.partial == {"s": "abc"}
    parser.feed(f"{NS}</invoke>")
    assert call.partial == {"s": "abc", "t": "d"}


def test_unexpected_text_is_noted() -> None:
    call = only(message_of("minimax_m3", written("~</x> oh ~<a>1~</a>")))
    assert (call.status, call.arguments) == ("complete", {"a": "1"})
    assert [error.code for error in call.errors] == ["unexpected_text"]


def test_a_tag_without_end() -> None:
    long = "<a" + "b" * 3000
    assert arguments(f"~<s>~{long}~</s>") == {"s": NS + long}


def test_limits_are_kept() -> None:
    deep = written("~<a>" * 20)
    call = only(message_of("minimax_m3", deep, limits=Limits(depth=10)))
    assert (call.status, call.errors[-1].code) == ("rejected", "depth")
    for tools in ([tool("f", a="string")], None):
        text = written(f"~<a>{'x' * 50}~</a>")
        call = only(message_of("minimax_m3", text, tools=tools, limits=Limits(string=20)))
        assert (call.status, call.errors[-1].code) == ("rejected", "string_length")


def test_a_limit_inside_text_that_resembles_a_tag() -> None:
    """The limit applies to text that was held back because it may have been a tag."""
    start = ']<]minimax[>[<tool_call>]<]minimax[>[<invoke name="f">]<]minimax[>[<s>'
    text = start + "]<]minimax[>[<" + "x" * 2000 + "]<]minimax[>[</tool_call>"
    for tools in (None, [tool("f", s="string")]):
        call = only(message_of("minimax_m3", text, limits=Limits(string=1000), tools=tools))
        assert call.errors[-1].code == "string_length"
