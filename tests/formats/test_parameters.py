"""Tests of parameters in tags: where a value ends, and its value."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.reading import calls_of, message_of, only, tool

NS = "]<]minimax[>["
#: A call of `f` in each format, around its parameters.
CALLS = {
    "qwen3_coder": "<tool_call><function=f>{}</function></tool_call>",
    "minimax_m2": '<minimax:tool_call><invoke name="f">{}</invoke></minimax:tool_call>',
    "minimax_m3": f'{NS}<tool_call>{NS}<invoke name="f">{{}}{NS}</invoke>{NS}</tool_call>',
    "deepseek_v4": (
        '<｜DSML｜tool_calls><｜DSML｜invoke name="f">{}</｜DSML｜invoke></｜DSML｜tool_calls>'
    ),
    "glm47": "<tool_call>f{}</tool_call>",
}


def call_of(format: str, body: str) -> str:
    return CALLS[format].replace("{}", body)


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
        ("a </parameter> b", "a </parameter> b"),  # the text after the tag cannot follow a value
        ("print('</function>')", "print('</function>')"),
        ("<parameter=> <parameter=\n", "<parameter=> <parameter="),
    ],
)
def test_one_newline_on_each_side_is_framing(written: str, expected: str) -> None:
    assert coder(f"<parameter=a>{written}</parameter>") == {"a": expected}


def test_white_space_after_a_closer() -> None:
    """A closing tag before any amount of white space ends the value."""
    for count in (3, 63, 64, 65, 500):
        assert coder("<parameter=a>x</parameter>" + " " * count) == {"a": "x"}


def test_a_missing_closer() -> None:
    assert coder("<parameter=a>1<parameter=b>2</parameter>") == {"a": "1", "b": "2"}
    # If the tool is known, only tags of its parameters end a value.
    known = tool("f", a="string", b="string")
    assert coder("<parameter=a>1<parameter=b>2</parameter>", known) == {"a": "1", "b": "2"}
    body = "<parameter=a>see <parameter=zzz>2</parameter>"
    assert coder(body, known) == {"a": "see <parameter=zzz>2"}
    assert coder("<parameter=a>1") == {"a": "1"}


def test_repeated_closers() -> None:
    assert coder("<parameter=a>1</parameter>\n</parameter>\n<parameter=b>2</parameter>") == {
        "a": "1",
        "b": "2",
    }


def test_names_in_quotes() -> None:
    text = '<tool_call><function="f"><parameter="a">1</parameter></function></tool_call>'
    assert calls_of("qwen3_coder", text) == [("f", {"a": "1"})]


def test_text_between_parameters_is_noted() -> None:
    body = '<param name="a"><![CDATA[1]]> uh <param name="b">2</param>'
    call = only(message_of("minicpm5", f'<function name="f">{body}</function>'))
    assert (call.status, call.arguments) == ("complete", {"a": "1", "b": "2"})
    assert [error.code for error in call.errors] == ["unexpected_text"]
    assert call.raw_text == body


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("qwen3_coder", "<parameter=\n><parameter=b>2</parameter>"),
        ("qwen3_coder", "<parameter=" + "a" * 3000 + "><parameter=b>2</parameter>"),
        ("qwen3_coder", "<argument=a>1</argument>"),
        ("glm47", "<arg_key>a</arg_key><arg_key>b</arg_key><arg_value>2</arg_value>"),
        ("glm47", "<arg_key>a<arg_key>b</arg_key><arg_value>2</arg_value>"),
        ("minimax_m3", "<a>1</a>"),
    ],
)
def test_a_parameter_that_is_not_understood_rejects_the_call(format: str, body: str) -> None:
    """Otherwise an argument would be lost without an error."""
    call = only(message_of(format, call_of(format, body)))
    assert (call.status, call.arguments) == ("rejected", None)
    assert call.errors[-1].code == "malformed_call"


@pytest.mark.parametrize(
    ("format", "body", "expected"),
    [
        ("glm47", "<arg_key>a</arg_key>1</arg_value>", {"a": "1"}),
        ("glm47", "<arg_key>a</arg_key></arg_key><arg_value>1</arg_value>", {"a": "1"}),
        ("glm47", "<arg_key><arg_key>a</arg_key><arg_value>1</arg_value>", {"a": "1"}),
        ("qwen3_coder", "<param=a>1</param>", {"a": "1"}),
        ("qwen3_coder", '\n{"a": "1"}\n', {"a": "1"}),
        ("minimax_m2", "<param name='a'>1</param>", {"a": "1"}),
        ("minimax_m2", '{"a": ["1"]}', {"a": ["1"]}),
        (
            "deepseek_v4",
            "<｜DSML｜parameter name='a' string='true'>1</｜DSML｜parameter>",
            {"a": "1"},
        ),
        (
            "deepseek_v4",
            '<｜DSML｜parameter name="a" type="string">1</｜DSML｜parameter>',
            {"a": "1"},
        ),
        ("deepseek_v4", '{"a": 1}', {"a": 1}),
        ("minimax_m2", '<parameter name="x>y">1</parameter>', {"x>y": "1"}),
        ("qwen3_coder", "<parameter='x>y'>1</parameter>", {"x>y": "1"}),
    ],
)
def test_other_spellings_of_parameters(format: str, body: str, expected: Any) -> None:
    assert calls_of(format, call_of(format, body)) == [("f", expected)]


@pytest.mark.parametrize(
    ("format", "opener", "closer", "inner"),
    [
        ("qwen3_coder", "<parameter=a>", "</parameter>", "<parameter>\n x</parameter>"),
        ("minimax_m2", '<parameter name="a">', "</parameter>", "<parameter><b></parameter>"),
        ("glm47", "<arg_key>a</arg_key><arg_value>", "</arg_value>", "<arg_value>x</arg_value>"),
    ],
)
def test_a_value_with_the_tags_of_its_parameter(
    format: str, opener: str, closer: str, inner: str
) -> None:
    """A second closing tag is dropped, unless it belongs to an opening tag inside the value."""
    written = f"{opener}{inner}{closer}"
    assert calls_of(format, call_of(format, written)) == [("f", {"a": inner})]
    doubled = f"{opener}x{closer}{closer}"
    assert calls_of(format, call_of(format, doubled)) == [("f", {"a": "x"})]
    alone = f"{opener}{inner.partition('>')[0]}>{closer}"
    assert calls_of(format, call_of(format, alone))[0][1]["a"].startswith("<")


def test_line_ends_of_both_kinds_are_framing() -> None:
    assert coder("<parameter=a>\r\nx\r\n</parameter>") == {"a": "x"}
    assert coder("<parameter=a>\r\n\r\nx\r</parameter>") == {"a": "\r\nx\r"}
    text = (
        '<minimax:tool_call><invoke name="f"><parameter name="a">x\n</invoke></minimax:tool_call>'
    )
    assert calls_of("minimax_m2", text) == [("f", {"a": "x"})]
    assert calls_of("minimax_m2", call_of("minimax_m2", '<parameter name="a">x\n</parameter>')) == [
        ("f", {"a": "x\n"})
    ]


def test_numbers_beyond_the_range_of_floats_are_text() -> None:
    schema = tool("f", a="array", b="number")
    assert coder("<parameter=b>1e999</parameter>") == {"b": "1e999"}
    text = call_of("qwen3_coder", "<parameter=a>[1e999]</parameter>")
    call = only(message_of("qwen3_coder", text, tools=[schema]))
    assert (call.status, call.partial) == ("rejected", {"a": "[1e999]"})
