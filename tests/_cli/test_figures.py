"""Tests of streamparse._cli.figures."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import MessageParser
from streamparse._cli.figures import Figures


class Clock:
    """A clock that returns the time that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def call(arguments: str) -> dict[str, Any]:
    return {"index": 0, "id": "c", "function": {"name": "f", "arguments": arguments}}


def test_nothing_yet() -> None:
    assert Figures(Clock()).lines() == []


def test_times_and_rates() -> None:
    clock = Clock()
    figures = Figures(clock)
    parser = MessageParser("openai-chat")
    usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 60}}
    for after, record in (
        (0.25, chunk(reasoning="Hm")),
        (0.5, chunk(tool_calls=[call('{"a": [1')])),
        (0.75, chunk(tool_calls=[call(", 2]")])),
        (1.25, chunk(tool_calls=[call("}")])),
        (1.5, chunk("tool_calls")),
        (3.25, usage),
    ):
        clock.now = 100 + after
        figures.note(parser.feed(record))
    events = figures._metrics.events
    assert figures.lines() == [
        "first token 250 ms, first complete argument 750 ms, first complete call 1.50 s",
        f"{events} events ({events / 3:.0f}/s), 20 tokens/s",
    ]


@pytest.mark.parametrize("later", [0.0, 0.04])
def test_no_rates_for_very_short_times(later: float) -> None:
    clock = Clock()
    figures = Figures(clock)
    parser = MessageParser("openai-chat")
    figures.note(parser.feed(chunk(content="a")))
    clock.now += later
    usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 60}}
    figures.note(parser.feed(usage))
    assert figures.lines() == ["first token 0 ms", "3 events"]


@pytest.mark.parametrize("kind", ["content", "refusal", "reasoning_content"])
def test_every_kind_of_text_counts_as_the_first_token(kind: str) -> None:
    figures = Figures(Clock())
    figures.note(MessageParser("openai-chat").feed(chunk(**{kind: "a"})))
    assert figures.lines()[0] == "first token 0 ms"


def test_validated_calls_are_counted() -> None:
    figures = Figures(Clock(), validated=True)
    assert figures.lines() == []
    parser = MessageParser("openai-chat")
    figures.note(parser.feed(chunk(tool_calls=[call("{}")])))
    figures.note(parser.feed(chunk("tool_calls")) + parser.finish())
    assert figures.lines()[0] == "calls: 1 complete"
