"""Tests of the values of parameters: how they are emitted, their types and their limits."""

from __future__ import annotations

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser, get
from tests.formats.reading import calls_of, message_of, only, tool


def test_values_are_emitted_as_they_arrive() -> None:
    """Text is emitted at once, nullable text once it is not null, and numbers at their end."""
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
    """The type on the wire takes precedence over the schema."""
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


def test_limits() -> None:
    text = f"<tool_call><function=f><parameter=a>{'x' * 50}</parameter></function></tool_call>"
    call = only(message_of("qwen3_coder", text, limits=Limits(string=20)))
    assert call.partial == {"a": "x" * 20}
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")


def test_the_schema_of_the_tool_rejects_values() -> None:
    """A value that violates the schema rejects the call as soon as this is certain."""
    schema = tool("f", n="integer")
    text = "<tool_call><function=f><parameter=n>\nmany\n</parameter></function></tool_call>"
    call = only(message_of("qwen3_coder", text, tools=[schema]))
    assert (call.status, call.arguments, call.partial) == ("rejected", None, {"n": "many"})
    assert call.errors[-1].path == ("n",)


@pytest.mark.parametrize(
    "name",
    [
        *("qwen3_coder", "seed_oss", "deepseek_v32", "k2_horizon_typed", "cohere_cofl"),
        *("minicpm5", "hy_v3", "kimi_k3", "muse", "step3", "beam", "glm45", "dots"),
    ],
)
def test_the_values_of_examples(name: str) -> None:
    """Each way to write parameters gives text unchanged, and numbers by the schema."""
    schema = tool("find_tide", port="string", day="integer")
    call = only(message_of(name, get(name).example, tools=[schema]))
    assert (call.status, call.arguments) == ("complete", {"port": "Piran", "day": 2})


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("a <parameter=b> c", "a <parameter=b> c"),
        ("a </parameter> c", "a </parameter> c"),
        ("a </function> c", "a </function> c"),
        ("\r\na\r\n", "\r\na\r\n"),
        ("line\n\n", "line\n\n"),
        ("<function=g>", "<function=g>"),
    ],
)
def test_markers_inside_of_a_value_are_text(value: str, read: str) -> None:
    """A marker ends a value only if the call can continue after it."""
    text = (
        f"<tool_call>\n<function=f>\n<parameter=a>\n{value}\n</parameter>\n"
        "<parameter=z>\n2\n</parameter>\n</function>\n</tool_call>"
    )
    schema = tool("f", a="string", z="integer")
    call = only(message_of("qwen3_coder", text, tools=[schema]))
    assert (call.status, call.arguments) == ("complete", {"a": read, "z": 2})


@pytest.mark.parametrize(
    ("written", "value"),
    [("null", None), ("NULL", None), ("nullable", "nullable"), ("nu", "nu"), ("", "")],
)
def test_text_that_may_be_null(written: str, value: object) -> None:
    text = f"<tool_call>\n<function=f>\n<parameter=a>\n{written}\n</parameter>\n</function>"
    schema = tool("f", a={"type": ["string", "null"]})
    assert only(message_of("qwen3_coder", text, tools=[schema])).arguments == {"a": value}
