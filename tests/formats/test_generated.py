"""Tests of arguments without JSON text: how they are read, and what a limit leaves."""

from __future__ import annotations

import pytest

from streamparse import Limits
from streamparse.formats import FormatParser
from tests.formats.reading import calls_in, message_of, only, tool

NS = "]<]minimax[>["
#: Two parameters, with places for text outside of both and for the value of the second.
PARAMETERS = (
    "minicpm5",
    '<function name="f"><param name="a"><![CDATA[fine]]>{}<param name="b">{}</param></function>',
)
ELEMENTS = (
    "minimax_m3",
    f'{NS}<tool_call>{NS}<invoke name="f">{NS}<a>fine{NS}</a>{{}}{NS}<b>{{}}{NS}</b>'
    f"{NS}</invoke>{NS}</tool_call>",
)


@pytest.mark.parametrize(("format", "text"), [PARAMETERS, ELEMENTS])
def test_a_limit_keeps_earlier_values(format: str, text: str) -> None:
    written = text.format("", "too long a value")
    call = only(message_of(format, written, limits=Limits(string=8)))
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")
    assert call.partial["a"] == "fine"
    assert call.arguments_text[: call.errors[-1].offset].startswith('{"a":"fine"')


@pytest.mark.parametrize(("format", "text"), [PARAMETERS, ELEMENTS])
def test_text_outside_of_parameters_is_noted(format: str, text: str) -> None:
    call = only(message_of(format, text.format(" hm ", "x")))
    assert (call.status, call.arguments) == ("complete", {"a": "fine", "b": "x"})
    assert [error.code for error in call.errors] == ["unexpected_text"]


CODER = "<tool_call>\n<function=f>\n"


@pytest.mark.parametrize(
    ("text", "status", "partial"),
    [
        (CODER + '{"a": 1}\n</function>', "complete", {"a": 1}),
        (CODER + "</function>", "complete", {}),
        (CODER + "<odd>\n</function>", "rejected", {}),
        (CODER + CODER + "</function>", "rejected", {}),
        (CODER + "<parameter=a>\nx\n</parameter>\n</function>", "complete", {"a": "x"}),
        (CODER, "truncated", {}),
        (CODER + "<param", "truncated", {}),
    ],
)
def test_how_arguments_begin(text: str, status: str, partial: object) -> None:
    assert calls_in(message_of("qwen3_coder", text))[0] == ("f", status, partial)


def test_prose_after_a_name_is_not_a_call() -> None:
    text = CODER + "so it is"
    message = message_of("qwen3_coder", text)
    assert (message.text, message.tool_calls) == (text, [])


def test_an_element_that_ends_with_its_header() -> None:
    text = '<minimax:tool_call><invoke name="f"/><invoke name="g"></invoke></minimax:tool_call>'
    assert calls_in(message_of("minimax_m2", text)) == [
        ("f", "complete", {}),
        ("g", "complete", {}),
    ]


def test_a_limit_that_no_object_fits() -> None:
    text = CODER + "<parameter=a>\nx\n</parameter>\n</function>"
    call = only(message_of("qwen3_coder", text, limits=Limits(depth=0)))
    assert (call.status, call.errors[-1].code) == ("rejected", "depth")


def test_repairs_of_a_value_in_json_are_noted() -> None:
    tools = [tool("f", a={"type": "array", "items": {"type": "integer"}})]
    text = CODER + "<parameter=a>\n[1, 2,]\n</parameter>\n</function>"
    parsers = [FormatParser("qwen3_coder", tools=tools, dialect="lenient") for _ in range(2)]
    for parser, pieces in zip(parsers, ([text], list(text)), strict=True):
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        call = only(parser.message)
        assert (call.status, call.arguments) == ("complete", {"a": [1, 2]})
        assert "trailing_comma" in [repair.code for repair in call.repairs]
