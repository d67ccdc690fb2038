"""Tests of law 2 for raw text: only what `docs/formats.md` lists is held back."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.formats import FormatParser

TYPES: dict[str, Any] = {
    "count": {"type": "integer"},
    "note": {"type": ["string", "null"]},
    "port": {"type": "string"},
}
TOOL = {"name": "f", "parameters": {"type": "object", "properties": TYPES}}
NS = "]<]minimax[>["


def state(parser: FormatParser) -> Any:
    """Return the text, the reasoning and the arguments so far."""
    message = parser.message
    return message.text, message.reasoning, [call.partial for call in message.tool_calls]


# The format, and fragments with the state after each.
CASES: dict[str, tuple[str, list[tuple[str, Any]]]] = {
    "the beginning of a marker": (
        "hermes",
        [("Hi <tool_", ("Hi ", "", [])), ("box>", ("Hi <tool_box>", "", []))],
    ),
    "white space before a call": (
        "hermes",
        [
            ("<think>So.</think>\n\n", ("", "So.", [])),
            ('<tool_call>{"name": "f", "arguments": {', ("", "So.", [{}])),
        ],
    ),
    "white space before words": (
        "hermes",
        [("<think>So.</think>\n\n", ("", "So.", [])), ("Yes", ("\n\nYes", "So.", []))],
    ),
    "a call before its name": (
        "hermes",
        [
            ('<tool_call>{"name": "', ("", "", [])),
            ('f"', ("", "", [None])),
            (', "arguments": {"port": "Pi', ("", "", [{"port": "Pi"}])),
        ],
    ),
    "text that turns out not to be a call": (
        "hermes",
        [
            ("<tool_call>is a ", ("<tool_call>is a ", "", [])),
            ("tag", ("<tool_call>is a tag", "", [])),
        ],
    ),
    "arguments before the name": (
        "hermes",
        [
            ('<tool_call>{"arguments": {"port": "Piran"}, ', ("", "", [])),
            ('"name": "f"', ("", "", [{"port": "Piran"}])),
        ],
    ),
    "bare JSON": (
        "llama3_json",
        [('{"name": "f", ', ("", "", [])), ('"parameters": {', ("", "", [{}]))],
    ),
    "the name of a Python call": (
        "pythonic",
        [("[f(port", ("", "", [])), ("=", ("", "", [{}]))],
    ),
    "the end of a quoted string": (
        "pythonic",
        [
            ("[f(port='it", ("", "", [{"port": "it"}])),
            ("'", ("", "", [{"port": "it"}])),
            ("s", ("", "", [{"port": "it's"}])),
            ("', count=1", ("", "", [{"port": "it's"}])),
            (")", ("", "", [{"port": "it's", "count": 1}])),
        ],
    ),
    "a typed value": (
        "qwen3_coder",
        [
            ("<function=f><parameter=count>1", ("", "", [{}])),
            ("2</parameter>", ("", "", [{}])),
            ("</function>", ("", "", [{"count": 12}])),
        ],
    ),
    "a string that may be null": (
        "qwen3_coder",
        [
            ("<function=f><parameter=note>nul", ("", "", [{}])),
            ("lity", ("", "", [{"note": "nullity"}])),
        ],
    ),
    "a closing tag and the newline before it": (
        "qwen3_coder",
        [
            ("<function=f><parameter=port>a\n", ("", "", [{"port": "a"}])),
            ("</parameter>", ("", "", [{"port": "a"}])),
            (" b", ("", "", [{"port": "a\n</parameter> b"}])),
        ],
    ),
    "a repeated element": (
        "minimax_m3",
        [
            (f'{NS}<invoke name="g">{NS}<dock>1{NS}</dock>', ("", "", [{}])),
            (f"{NS}<dock>2{NS}</dock>", ("", "", [{}])),
            (f"{NS}</invoke>", ("", "", [{"dock": ["1", "2"]}])),
        ],
    ),
    "the end of a turn": (
        "hermes",
        [("Hi<|im_end|>", ("Hi", "", [])), (" there", ("Hi<|im_end|> there", "", []))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_held_back(name: str) -> None:
    format, steps = CASES[name]
    parser = FormatParser(format, tools=[TOOL, {"name": "g", "parameters": {}}])
    known = []
    for fragment, _ in steps:
        parser.feed(fragment)
        text, reasoning, calls = state(parser)
        known.append((text, reasoning, [None if call is None else dict(call) for call in calls]))
    assert known == [expected for _, expected in steps]


@pytest.mark.parametrize("name", CASES)
def test_held_back_in_characters(name: str) -> None:
    """Text is emitted no earlier and no later if it arrives in characters."""
    format, steps = CASES[name]
    parser = FormatParser(format, tools=[TOOL, {"name": "g", "parameters": {}}])
    for fragment, expected in steps:
        for char in fragment:
            parser.feed(char)
        assert state(parser) == expected


def test_a_call_that_never_gets_a_name() -> None:
    parser = FormatParser("hermes")
    parser.feed('Now. <tool_call>{"na')
    names = [getattr(event, "name", "") for event in parser.finish()]
    assert "incomplete_call" in names
    assert (parser.message.text, parser.message.status) == ("Now. ", "truncated")
