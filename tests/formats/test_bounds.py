"""Tests of `Limits` for arguments without JSON text: bounds, codes and places as for JSON."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from tests.formats.reading import message_of, only, tool

_M3 = ']<]minimax[>[<tool_call>]<]minimax[>[<invoke name="f">'
_M3_END = "]<]minimax[>[</invoke>]<]minimax[>[</tool_call>"
_CODER = "<tool_call><function=f>"
_CODER_END = "</function></tool_call>"


def parameters(**values: str) -> str:
    """Return a call with these parameters."""
    each = [f"<parameter={key}>\n{value}\n</parameter>" for key, value in values.items()]
    return _CODER + "".join(each) + _CODER_END


def elements(text: str) -> str:
    """Return a call with these elements."""
    text = text.replace("<", "]<]minimax[>[<")
    return _M3 + text + _M3_END


HERMES = '<tool_call>{"name": "f", "arguments": %s}</tool_call>'
TOOLS = [tool("f", a="array", b="string", c={"type": ["string", "null"]}, n="integer")]
ITEMS: dict[str, tuple[str, Any]] = {
    HERMES % '{"a": [1, 2, 3]}': ("hermes", {"a": [1, 2]}),
    "[f(a=[1, 2, 3])]": ("pythonic", {"a": [1, 2]}),
    "[f(a=[1, 2, 'three'])]": ("pythonic", {"a": [1, 2]}),
    "[f(a=[1, 2, [3]])]": ("pythonic", {"a": [1, 2]}),
    "[f(a={1, 2, 3})]": ("pythonic", {"a": [1, 2]}),
    "<|tool_call>call:f{a:[1,2,3]}<tool_call|>": ("gemma4", {"a": [1, 2]}),
    elements("<a><item>1</item><item>2</item><item>3</item></a>"): (
        "minimax_m3",
        {"a": ["1", "2"]},
    ),
}


@pytest.mark.parametrize("text", ITEMS)
def test_items(text: str) -> None:
    format, kept = ITEMS[text]
    message = message_of(format, text, limits=Limits(items=2))
    call = only(message)
    assert (call.status, call.errors[-1].code) == ("rejected", "array_items")
    assert call.partial == kept
    call = only(message_of(format, text, limits=Limits(items=3)))
    assert call.status == "complete"


KEYS: dict[str, str] = {
    HERMES % '{"b": "1", "c": "2", "n": 3}': "hermes",
    "[f(b='1', c='2', n=3)]": "pythonic",
    '<|tool_call>call:f{b:<|"|>1<|"|>,c:null,n:3}<tool_call|>': "gemma4",
    parameters(b="1", c="2", n="3"): "qwen3_coder",
    parameters(b="1", n="2", c="nuxyz"): "qwen3_coder",
    parameters(b="1", n="2", x="null"): "qwen3_coder",
    elements("<b>1</b><c>2</c><n>3</n>"): "minimax_m3",
    elements("<c>1</c><n>2</n><b>3</b>"): "minimax_m3",
}


@pytest.mark.parametrize("tools", [None, TOOLS])
@pytest.mark.parametrize("text", KEYS)
def test_keys(text: str, tools: Any) -> None:
    call = only(message_of(KEYS[text], text, limits=Limits(keys=2), tools=tools))
    assert (call.status, call.errors[-1].code) == ("rejected", "object_keys")
    assert len(call.partial) == 2
    call = only(message_of(KEYS[text], text, limits=Limits(keys=3)))
    assert call.status == "complete"


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("hermes", HERMES % '{"a": [[]]}'),
        ("pythonic", "[f(a=[[]])]"),
        ("gemma4", "<|tool_call>call:f{a:[[]]}<tool_call|>"),
        ("qwen3_coder", parameters(a="[[]]")),
        ("minimax_m3", elements("<a><item>[]</item></a>")),
    ],
)
def test_depth(format: str, text: str) -> None:
    tools = [tool("f", a={"type": "array", "items": {"type": "array"}})]
    call = only(message_of(format, text, limits=Limits(depth=3), tools=tools))
    assert (call.status, call.arguments) == ("complete", {"a": [[]]})
    for depth in range(3):
        call = only(message_of(format, text, limits=Limits(depth=depth), tools=tools))
        assert (call.status, call.errors[-1].code) == ("rejected", "depth")


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("qwen3_coder", parameters(toolong="1")),
        ("glm45", "<tool_call>f<arg_key>toolong</arg_key><arg_value>1</arg_value></tool_call>"),
        ("minimax_m3", elements("<toolong>1</toolong>")),
        ("pythonic", "[f(toolong=1)]"),
        ("pythonic", "[f(a={1e5: 1})]"),
    ],
)
def test_keys_are_strings(format: str, text: str) -> None:
    """The limit of strings applies to keys."""
    message = message_of(format, text, limits=Limits(string=6))
    if message.tool_calls:
        call = only(message)
        assert (call.status, call.errors[-1].code) == ("rejected", "string_length")


def test_numbers() -> None:
    text = parameters(n="12345")
    call = only(message_of("qwen3_coder", text, limits=Limits(integer_digits=4), tools=TOOLS))
    assert call.partial == {"n": "12345"}
    call = only(message_of("qwen3_coder", text, limits=Limits(number=4), tools=TOOLS))
    assert call.partial == {"n": "12345"}
    call = only(message_of("qwen3_coder", text, limits=Limits(number=5), tools=TOOLS))
    assert call.partial == {"n": 12345}
    text = parameters(a="[1, 12345]")
    for limits in (Limits(number=4), Limits(integer_digits=4)):
        call = only(message_of("qwen3_coder", text, limits=limits, tools=TOOLS))
        assert call.status == "rejected"
        assert call.errors[-1].code in ("number_length", "integer_digits")
