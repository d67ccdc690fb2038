"""Tests of formats with parameters in tags."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from tests.formats.reading import calls_of, message_of, tool

BODY = "<function=f>\n<parameter=s>\n a \n</parameter>\n</function>"


@pytest.mark.parametrize(
    ("format", "text", "value"),
    [
        ("qwen3_coder", f"<tool_call>\n{BODY}\n</tool_call>", " a "),
        ("qwen3_coder", BODY, " a "),  # without the tag around the call
        ("seed_oss", f"<seed:tool_call>{BODY}</seed:tool_call>", " a "),
        ("mimo", f"<tool_call>{BODY}</tool_call>", "\n a \n"),  # this format trims nothing
        ("step3p5", f"<tool_call>\n{BODY}\n</tool_call>", " a "),
        ("step5", f"<tool_call>\n{BODY}\n</tool_call>", " a "),
        ("nemotron3", f"<tool_call>\n{BODY}\n</tool_call>", " a "),
        (
            "minimax_m2",
            "<minimax:tool_call>\n<invoke name='f'>\n<parameter name=\"s\"> a </parameter>\n"
            "</invoke>\n</minimax:tool_call>",
            " a ",
        ),
        (
            "dots",
            '<dots_function_call><invoke name="f"><parameter name="s"> a </parameter></invoke>'
            "</dots_function_call>",
            " a ",
        ),
        (
            "dots",
            '<dots_function_call>{"name": "f", "arguments": {"s": " a "}}</dots_function_call>',
            " a ",
        ),
        ("minicpm5", '<functionname="f"><paramname="s"> a </param></function>', " a "),
        (
            "step3",
            '<｜tool_calls_begin｜><｜tool_call_begin｜><steptml:invoke name="f">'
            '<steptml:parameter name="s"> a </steptml:parameter></steptml:invoke>'
            "<｜tool_call_end｜><｜tool_calls_end｜>",
            " a ",
        ),
        (
            "deepseek_v4",
            '<｜DSML｜tool><｜DSML｜invoke name="f"><｜DSML｜parameter name="s" string="true"> a '
            "</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜tool>",
            " a ",
        ),
        (
            "deepseek_v41",
            '<｜DSML｜ calls><｜DSML｜ invoke name="f">'
            '<｜DSML｜ parameter name="s" string="true"> a '
            "</｜DSML｜ parameter></｜DSML｜ invoke></｜DSML｜ calls>",
            " a ",
        ),
        (
            "gigachat35",
            '<｜GCML｜tool_calls><｜GCML｜invoke name="f">'
            '<｜GCML｜parameter name="s" string="true"> a '
            "</｜GCML｜parameter></｜GCML｜invoke></｜GCML｜tool_calls><|message_sep|>",
            " a ",
        ),
        (
            "kimi_k3",
            '<|open|>tools<|sep|><|open|>call index="1" tool="f"<|sep|>'
            '<|open|>argument type="string" key="s"<|sep|> a <|close|>argument<|sep|>'
            "<|close|>call<|sep|><|close|>tools<|sep|>",
            " a ",
        ),
    ],
)
def test_one_call(format: str, text: str, value: str) -> None:
    assert calls_of(format, text) == [("f", {"s": value})]
    assert message_of(format, text).text == ""


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("seed_oss", f"<tool_call>{BODY}</tool_call>"),  # the tags of another format
        ("deepseek_v41", "a <｜DSML｜tool_calls> b"),
        ("minimax_m2", '<invoke name="f"></invoke>'),
        ("dots", "some text </dots_function_call>"),
    ],
)
def test_text_that_is_not_a_call(format: str, text: str) -> None:
    message = message_of(format, text)
    assert (message.text, message.tool_calls) == (text, [])


def test_entities_in_attributes_only() -> None:
    text = (
        '<|open|>call tool="a&amp;b"<|sep|>'
        '<|open|>argument key="&quot;k&quot;" type="string"<|sep|>'
        "&amp;<|close|>argument<|sep|><|close|>call<|sep|>"
    )
    assert calls_of("kimi_k3", text) == [("a&b", {'"k"': "&amp;"})]


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("number", "1.5", 1.5),
        ("number", "abc", "abc"),
        ("boolean", "true", True),
        ("null", "null", None),
        ("object", '{"a": [1]}', {"a": [1]}),
        ("string", "1.5", "1.5"),
    ],
)
def test_types_on_the_wire(kind: str, written: str, value: Any) -> None:
    text = (
        f'<|open|>call tool="f"<|sep|><|open|>argument key="x" type="{kind}"<|sep|>{written}'
        "<|close|>argument<|sep|><|close|>call<|sep|>"
    )
    assert calls_of("kimi_k3", text) == [("f", {"x": value})]


def muse(text: str, **options: Any) -> Any:
    return message_of("muse", text, prompt_suffix="<|start|>assistant", **options)


INVOKE = '<atem:invoke name="{}">\n<atem:parameter name="x">[1]</atem:parameter>\n</atem:invoke>'


def test_recipients_of_muse() -> None:
    """Text for `self` is reasoning, text for `user` is content; calls in either are quotations."""
    quoted = INVOKE.format("q")
    message = muse(
        f" to=self<|message|>hm {quoted}<|eom|>"
        f"<|start|>assistant to=user<|message|>see {quoted}<|eom|>"
        f"<|start|>assistant to=f<|message|>{INVOKE.format('f')}<|eot|>"
    )
    assert (message.reasoning, message.text) == (f"hm {quoted}", f"see {quoted}")
    assert [(call.name, call.arguments) for call in message.tool_calls] == [("f", {"x": [1]})]


def test_json_or_text_by_the_schema() -> None:
    text = f" to=f<|message|>{INVOKE.format('f')}<|eot|>"
    assert muse(text).tool_calls[0].arguments == {"x": [1]}
    assert muse(text, tools=[tool("f", x="string")]).tool_calls[0].arguments == {"x": "[1]"}


def test_nested_names() -> None:
    """The name of the tool is `a.b`, or `b` if only this tool is known."""
    text = f" to=a.b<|message|>{INVOKE.format('a.b')}<|eot|>"
    assert muse(text).tool_calls[0].name == "a.b"
    assert muse(text, tools=[tool("b")]).tool_calls[0].name == "b"
    assert muse(text, tools=[tool("a.b"), tool("b")]).tool_calls[0].name == "a.b"


def test_a_message_to_a_tool_without_a_call() -> None:
    """The message is truncated, unless another one follows."""
    for text in (" to=f<|message|>", " to=f<|message|><atem:function_calls>"):
        assert muse(text).status == "truncated"
    message = muse(" to=f<|message|><|eom|><|start|>assistant to=user<|message|>ok<|eot|>")
    assert (message.status, message.text) == ("complete", "ok")


def cofl(*values: str) -> str:
    return (
        f'<cofl:tool_calls>\n<cofl:tool_call id="3" name="f">\n{"".join(values)}</cofl:tool_call>\n'
        "</cofl:tool_calls>"
    )


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        ('<cofl:value name="a" type="raw"> x </cofl:value>', {"a": " x "}),
        ('<cofl:value type="raw" name="a">1</cofl:value>', {"a": "1"}),
        ('<cofl:value name="a">1</cofl:value>', {"a": "1"}),
        ('<cofl:value name="a&amp;b" type="json">{"c": [1]}</cofl:value>', {"a&b": {"c": [1]}}),
        ('<cofl:value name="a" type="json">so</cofl:value>', {"a": "so"}),
        ('<cofl:value name="a" type="list"></cofl:value>', {"a": []}),
        ('<cofl:value name="a" type="dict">\n</cofl:value>', {"a": {}}),
        (
            '<cofl:value name="a" type="list">\n<cofl:value type="list">'
            '<cofl:value type="json">1</cofl:value></cofl:value>\n<cofl:value type="dict">'
            '<cofl:value name="b" type="raw">x</cofl:value></cofl:value></cofl:value>'
            '<cofl:value name="c" type="json">null</cofl:value>',
            {"a": [[1], {"b": "x"}], "c": None},
        ),
        ('<cofl:value name="a" type="list"><cofl:value type="json">1</cofl:value>', {"a": [1]}),
        ('<cofl:tool_param name="a" string="true">1</cofl:tool_param>', {"a": "1"}),
        ('<cofl:tool_param name="a" string="false">1</cofl:tool_param>', {"a": 1}),
        ("", {}),
    ],
)
def test_values_in_values(values: str, arguments: Any) -> None:
    assert calls_of("cohere_cofl", cofl(values)) == [("f", arguments)]


def test_values_in_values_are_bounded() -> None:
    deep = '<cofl:value type="list">' * 9
    text = cofl(f'<cofl:value name="a" type="list">{deep}')
    [call] = message_of("cohere_cofl", text, limits=Limits(depth=5)).tool_calls
    assert (call.status, call.errors[-1].code) == ("rejected", "depth")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("function>\nsh ", "sh"),
        ("function> sh\n", "sh"),
        ("bash>\n", "bash"),
        ("bash>", "bash"),
    ],
)
def test_labels_of_cwm(head: str, name: str) -> None:
    assert calls_of("cwm", f"<tool: {head}ls -la\n</tool>") == [(name, {"command": "ls -la"})]


@pytest.mark.parametrize(
    "text", ["A <tool: tag is open.", "<tool: >", "<tool: (x)>", "<tool: function>\n(a)</tool>"]
)
def test_text_that_is_not_a_call_of_cwm(text: str) -> None:
    message = message_of("cwm", text)
    assert (message.text, message.tool_calls) == (text, [])
