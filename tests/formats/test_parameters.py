"""Parameters in tags: where a value ends, and what it is."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser
from tests.formats.reading import calls_of, message_of, only, tool


def coder(body: str, *tools: Any, **options: Any) -> Any:
    text = f"<tool_call>\n<function=f>\n{body}\n</function>\n</tool_call>"
    return calls_of("qwen3_coder", text, tools=list(tools) or None, **options)[0][1]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\nx\n", "x"),
        ("x", "x"),
        ("\n\nx\n\n", "\nx\n"),
        ("\n\n", ""),
        ("\n", ""),
        ("", ""),
        (" x ", " x "),
        ("a < b </para", "a < b </para"),
        ("a </parameter> b", "a </parameter> b"),  # nothing that may follow a value follows
        ("print('</function>')", "print('</function>')"),
        ("<parameter=> <parameter=\n", "<parameter=> <parameter="),
    ],
)
def test_one_newline_on_each_side_is_framing(written: str, expected: str) -> None:
    assert coder(f"<parameter=a>{written}</parameter>") == {"a": expected}


def test_a_closer_far_from_what_follows() -> None:
    """White space behind a closer without end: it was one."""
    for count in (3, 63, 64, 65, 500):
        assert coder("<parameter=a>x</parameter>" + " " * count) == {"a": "x"}


def test_a_missing_closer() -> None:
    assert coder("<parameter=a>1<parameter=b>2</parameter>") == {"a": "1", "b": "2"}
    # Where the tool is known, only its own parameters end a value.
    known = tool("f", a="string", b="string")
    assert coder("<parameter=a>1<parameter=b>2</parameter>", known) == {"a": "1", "b": "2"}
    body = "<parameter=a>see <parameter=zzz>2</parameter>"
    assert coder(body, known) == {"a": "see <parameter=zzz>2"}
    assert coder("<parameter=a>1") == {"a": "1"}


def test_closers_come_twice() -> None:
    assert coder("<parameter=a>1</parameter>\n</parameter>\n<parameter=b>2</parameter>") == {
        "a": "1",
        "b": "2",
    }


def test_names_in_quotes() -> None:
    text = '<tool_call><function="f"><parameter="a">1</parameter></function></tool_call>'
    assert calls_of("qwen3_coder", text) == [("f", {"a": "1"})]


def test_text_between_parameters_is_odd() -> None:
    text = "<tool_call><function=f>uh <parameter=a>1</parameter></function></tool_call>"
    call = only(message_of("qwen3_coder", text))
    assert (call.status, call.arguments) == ("complete", {"a": "1"})
    assert [error.code for error in call.errors] == ["unexpected_text"]
    assert call.raw_text == "uh <parameter=a>1</parameter>"


def test_a_header_that_is_none() -> None:
    """Neither a wrong one nor an endless one is a parameter; the next one is."""
    for wrong in ("<parameter=\n>", "<parameter=" + "a" * 3000):
        assert coder(f"{wrong}<parameter=b>2</parameter>") == {"b": "2"}


def test_values_stream_as_they_come() -> None:
    """Law 2 by the schema: text at once, what may be null once it is not, numbers at their end."""
    schema = tool("f", a="string", b={"type": ["string", "null"]}, c="integer")
    parser = FormatParser("qwen3_coder", tools=[schema])
    parser.feed("<tool_call><function=f><parameter=a>\nab")
    (call,) = parser.message.tool_calls
    assert call.partial == {"a": "ab"}
    parser.feed("c\n")
    assert call.partial == {"a": "abc"}  # the newline may be framing
    parser.feed("d</parameter><parameter=b>nu")
    assert call.partial == {"a": "abc\nd"}
    parser.feed("m")
    assert call.partial == {"a": "abc\nd", "b": "num"}
    parser.feed("</parameter><parameter=c>12")
    assert call.partial == {"a": "abc\nd", "b": "num"}
    parser.feed("</parameter></function>")
    assert call.partial == {"a": "abc\nd", "b": "num", "c": 12}
    parser.finish()
    assert call.status == "complete"


def test_wire_types() -> None:
    """What the wire says about the type holds, whatever the schema says."""
    start, end = '<｜DSML｜function_calls><｜DSML｜invoke name="f">', "</｜DSML｜invoke>"
    body = (
        '<｜DSML｜parameter name="a" string="true">5</｜DSML｜parameter>'
        '<｜DSML｜parameter name="b" string="false">[1, null]</｜DSML｜parameter>'
        '<｜DSML｜parameter name="c">true</｜DSML｜parameter>'
        '<｜DSML｜parameter name="d" string="false">no JSON</｜DSML｜parameter>'
    )
    text = f"{start}{body}{end}</｜DSML｜function_calls>"
    expected = {"a": "5", "b": [1, None], "c": True, "d": "no JSON"}
    assert calls_of("deepseek_v32", text) == [("f", expected)]


def test_sections_of_characters() -> None:
    start, end = '<function name="f"><param name="a">', "</param></function>"
    raw = "x </param></function> <b>"
    assert calls_of("minicpm5", f"{start}<![CDATA[{raw}]]>{end}") == [("f", {"a": raw})]
    assert calls_of("minicpm5", f"{start}<![CDAT{end}") == [("f", {"a": "<![CDAT"})]


def test_limits_are_kept() -> None:
    text = f"<tool_call><function=f><parameter=a>{'x' * 50}</parameter></function></tool_call>"
    call = only(message_of("qwen3_coder", text, limits=Limits(string=20)))
    assert call.partial == {"a": "x" * 20}
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")


def test_the_tools_schema_judges() -> None:
    """A value that its schema forbids rejects the call, where it is known to be wrong."""
    schema = tool("f", n="integer")
    text = "<tool_call><function=f><parameter=n>\nmany\n</parameter></function></tool_call>"
    call = only(message_of("qwen3_coder", text, tools=[schema]))
    assert (call.status, call.arguments, call.partial) == ("rejected", None, {"n": "many"})
    assert call.errors[-1].path == ("n",)
