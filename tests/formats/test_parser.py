"""Tests of `FormatParser`: its life cycle, its options, and formats that a user defines."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from streamparse import Limits, MessageParser, StreamParseError
from streamparse.formats import (
    Call,
    Format,
    FormatParser,
    Header,
    JsonArguments,
    Literals,
    Parameters,
    Reasoning,
    Section,
    TextReading,
)
from tests.formats.reading import calls_of, message_of, only, read, tool

# A format that no model uses: `@@name|key:=value;…@end`.
OWN = Format(
    name="own",
    calls=(
        Call(
            open=("@@",),
            header=Header(pattern=r"(?P<name>\w+)", stop=("|", "@end"), forbidden="\n"),
            payload=Parameters(
                open=("|",),
                header=Header(pattern=r"\s*(?P<key>\w+)\s*", end=(":=",), forbidden="\n@"),
                close=(";",),
            ),
            close=("@end",),
        ),
    ),
    reasoning=Reasoning(open=("((",), close=("))",), calls="end"),
)


def test_a_user_defined_format() -> None:
    message = message_of(OWN, "((hm))Sure. @@plant|what:= a fig; |where:=here;@end@@stop@end")
    assert (message.text, message.reasoning) == ("Sure. ", "hm")
    assert [(call.name, call.arguments) for call in message.tool_calls] == [
        ("plant", {"what": " a fig", "where": "here"}),
        ("stop", {}),
    ]


def test_other_payloads_in_a_user_defined_format() -> None:
    header = Header(pattern=r"(?P<name>\w+)", end=("(",), forbidden="\n")
    lisp = Format(
        name="lisp",
        calls=(Call(open=("!",), header=header, payload=Literals(assign="=")),),
    )
    assert calls_of(lisp, "!f(a=1, b='x')") == [("f", {"a": 1, "b": "x"})]
    header = Header(pattern=r"(?P<name>\w+) (?P<id>\w+)", end=("=",))
    boxed = Format(
        name="boxed",
        calls=(Call(open=("#",), header=header, payload=JsonArguments(), close=("#",)),),
        sections=(Section(open=("<<",), close=(">>",)),),
    )
    call = only(message_of(boxed, '<<#f x1={"a": 1}#>>'))
    assert (call.name, call.id, call.arguments) == ("f", "x1", {"a": 1})


def test_life_cycle() -> None:
    parser = FormatParser("hermes")
    assert parser.message.status == "in_progress"
    assert parser.feed("") == []
    parser.feed("Hello")
    assert [event.type for event in parser.finish()] == ["message_finished"]
    assert (parser.message.status, parser.message.finish_reason) == ("complete", "stop")
    assert parser.finish() == []
    assert parser.feed("") == []
    with pytest.raises(StreamParseError) as caught:
        parser.feed("more")
    assert caught.value.code == "finished"


def test_wrong_types() -> None:
    with pytest.raises(TypeError, match="bytes"):
        FormatParser("hermes").feed(b"x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not NoneType"):
        FormatParser(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no format is named"):
        FormatParser("hermes2")
    with pytest.raises(ValueError, match="no format is named"):
        TextReading("")


def test_a_failure_is_final() -> None:
    parser = FormatParser("hermes", limits=Limits(tool_calls=0))
    with pytest.raises(StreamParseError) as caught:
        parser.feed('Hi <tool_call>{"name": "f", "arguments": {}}</tool_call>')
    assert [event.type for event in caught.value.events][-1] == "message_finished"
    for again in ("x", None):
        with pytest.raises(StreamParseError) as once_more:
            parser.finish() if again is None else parser.feed(again)
        assert (once_more.value.code, once_more.value.events) == ("tool_calls", [])
    assert (parser.message.text, parser.message.status) == ("Hi ", "truncated")


@pytest.mark.parametrize(
    ("format", "options", "text", "expected"),
    [
        ("hermes", {"in_reasoning": True}, "a</think>b", ("b", "a")),
        ("hermes", {"in_reasoning": False}, "<think>a</think>b", ("b", "a")),
        ("functionary_v32", {"prompt_suffix": ">>>"}, "all\nHi", ("Hi", "")),
        ("muse", {"prompt_suffix": "<|start|>assistant"}, " to=self<|message|>a<|eot|>", ("", "a")),
        ("hy_v3", {"suffix": ":opensource"}, "<think:opensource>a</think:opensource>b", ("b", "a")),
        ("inkling", {"prompt_suffix": "<|message_model|>"}, "<|content_text|>b", ("b", "")),
    ],
)
def test_options(format: str, options: Any, text: str, expected: tuple[str, str]) -> None:
    message = message_of(format, text, **options)
    assert (message.text, message.reasoning) == expected


def test_an_empty_answer_after_the_prompt() -> None:
    """An empty answer is complete, even if the prompt ends with the start of a message."""
    for format, prompt in (("harmony", "<|start|>assistant"), ("functionary_v32", ">>>")):
        found = read(format, "", prompt_suffix=prompt)
        assert [event.type for event in found.events] == ["message_started", "message_finished"]
        assert found.message.status == "complete"


def test_one_reading_for_many_parsers() -> None:
    """A `TextReading` has options but no state, so several parsers may share it."""
    reading = TextReading("hermes", in_reasoning=True)
    for _ in range(2):
        parser = MessageParser(format=reading)
        parser.feed("a</think>b")
        parser.finish()
        assert (parser.message.reasoning, parser.message.text) == ("a", "b")


@pytest.mark.parametrize(
    "twin_of", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_a_copy_is_independent(twin_of: Callable[[FormatParser], FormatParser]) -> None:
    parser = FormatParser("hermes", in_reasoning=True)
    parser.feed('Hm</think>Hi <tool_call>{"name": "f", "arguments": {"a": ["x')
    twin = twin_of(parser)
    parser.feed('", 2]}}</tool_call>')
    parser.finish()
    twin.finish()
    assert only(parser.message).arguments == {"a": ["x", 2]}
    assert (only(twin.message).status, only(twin.message).partial) == ("truncated", {"a": ["x"]})
    assert parser.message.reasoning == twin.message.reasoning == "Hm"


def test_a_copy_of_a_parser_that_failed() -> None:
    parser = FormatParser("hermes", limits=Limits(tool_calls=0))
    with pytest.raises(StreamParseError):
        parser.feed('<tool_call>{"name": "f", "arguments": {}}</tool_call>')
    with pytest.raises(StreamParseError) as caught:
        copy.copy(parser).feed("x")
    assert caught.value.code == "tool_calls"


def test_the_first_marker_determines_the_format() -> None:
    for pieces in (["<think>a</think>b"], list("<think>a</think>b")):
        parser = FormatParser("auto")
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert (parser.message.reasoning, parser.message.text) == ("a", "b")


def test_a_format_that_begins_in_the_reasoning() -> None:
    begun = Format(
        name="begun",
        calls=OWN.calls,
        reasoning=Reasoning(open=("((",), close=("))",), begun=True),
    )
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({}, "b", "a"),
        ({"in_reasoning": True}, "b", "a"),
        ({"in_reasoning": False}, "a))b", ""),
    ]
    for options, text, reasoning in cases:
        message = message_of(begun, "a))b", **options)
        assert (message.text, message.reasoning) == (text, reasoning)


@dataclass
class Water:
    """Raises an interrupt when it is created, like Ctrl-C."""

    liters: int

    def __post_init__(self) -> None:
        raise KeyboardInterrupt


def test_an_interrupt_ends_the_parser() -> None:
    pytest.importorskip("pydantic")  # needed for a dataclass as a tool
    parser = FormatParser("hermes", tools=[Water])
    with pytest.raises(KeyboardInterrupt):
        parser.feed('Hi <tool_call>{"name": "Water", "arguments": {"liters": 2}}</tool_call>')
    with pytest.raises(StreamParseError) as caught:
        parser.feed("x")
    assert (caught.value.code, parser.message.status) == ("interrupted", "truncated")


def test_tools_that_are_skipped() -> None:
    bad = {"name": "bad", "parameters": {"required": 5}}
    parser = FormatParser("hermes", tools=[bad, tool("f")], tools_errors="skip")
    assert list(parser.tool_errors) == ["bad"]
    assert FormatParser("hermes").tool_errors == {}
