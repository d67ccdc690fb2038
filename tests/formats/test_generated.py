"""What payloads without JSON text share: their loop, and what a limit leaves of them."""

from __future__ import annotations

import pytest

from streamparse import Limits
from tests.formats.reading import message_of, only

NS = "]<]minimax[>["
#: Two parameters, the value of the second left open; text that is of neither may come first.
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
def test_a_limit_keeps_what_was_understood(format: str, text: str) -> None:
    written = text.format("", "too long a value")
    call = only(message_of(format, written, limits=Limits(string=8)))
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")
    assert call.partial["a"] == "fine"
    assert call.arguments_text[: call.errors[-1].offset].startswith('{"a":"fine"')


@pytest.mark.parametrize(("format", "text"), [PARAMETERS, ELEMENTS])
def test_text_of_no_parameter_is_noted_where_it_stands(format: str, text: str) -> None:
    call = only(message_of(format, text.format(" hm ", "x")))
    assert (call.status, call.arguments) == ("complete", {"a": "fine", "b": "x"})
    assert [error.code for error in call.errors] == ["unexpected_text"]
