"""Tests of streamparse._answers.metrics: times by a clock that the test sets, and counts."""

from __future__ import annotations

import json
import pickle
from copy import copy
from time import monotonic
from typing import Any

import pytest

from streamparse import MessageParser, Metrics, StreamParseError
from tests.messages import call_chunk, chunk, sse, text_chunk


class Clock:
    """Returns the time that the test has set, and counts its calls."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now


def run(steps: list[tuple[float, Any]], **options: Any) -> Metrics:
    """Feed each chunk at its time after the creation of the parser at 100 seconds; then finish."""
    clock = Clock(100.0)
    parser = MessageParser("openai-chat", clock=clock, **options)
    for seconds, record in steps:
        clock.now = 100.0 + seconds
        parser.feed(record)
    parser.finish()
    assert parser.metrics is not None
    return parser.metrics


def test_without_a_clock_there_are_none() -> None:
    parser = MessageParser("text")
    parser.feed("x")
    assert parser.metrics is None


def test_before_any_input() -> None:
    metrics = MessageParser(clock=Clock()).metrics
    assert metrics is not None
    shown = metrics.to_dict()
    counts = ("events", "text_characters", "deltas", "calls", "completed_calls")
    assert [shown.pop(name) for name in counts] == [0, 0, 0, 0, 0]
    assert set(shown.values()) == {None}


def test_times_count_from_the_creation_of_the_parser() -> None:
    metrics = run(
        [
            (0.5, chunk({"role": "assistant", "content": ""})),
            (0.75, text_chunk("Let me ")),
            (1.0, text_chunk("look.")),
            (2.0, call_chunk("", id="c1", name="look")),
            (2.5, call_chunk('{"where": "ou')),
            (3.0, call_chunk('tside"}')),
            (3.25, chunk(finish="tool_calls")),
            (3.5, chunk(usage={"prompt_tokens": 9, "completion_tokens": 30})),
        ]
    )
    assert metrics.first_event == 0.5
    assert metrics.first_text == 0.75
    assert metrics.first_argument == 2.5
    assert metrics.first_call == 3.25
    assert metrics.last_event == 3.5
    assert metrics.longest_gap == 1.0


def test_counts() -> None:
    metrics = run(
        [
            (1, text_chunk("héllo")),
            (2, text_chunk("x", choice=1)),
            (3, chunk({"reasoning_content": "hm"})),
            (4, call_chunk('{"a": 1}', id="c1", name="f")),
            (5, call_chunk('{"b": ', index=1, id="c2", name="g")),
            (6, chunk(finish="length")),
        ]
    )
    assert metrics.text_characters == 6
    assert metrics.deltas == 5  # two of text, one of reasoning, two of arguments
    assert (metrics.calls, metrics.completed_calls) == (2, 1)


def test_all_events_are_counted() -> None:
    clock = Clock()
    parser = MessageParser("openai-chat", clock=clock, output=object)
    events = [*parser.feed(text_chunk("[1, 2]")), *parser.feed(chunk(finish="stop"))]
    events += parser.finish()
    assert parser.metrics is not None
    assert parser.metrics.events == len(events)
    assert (
        parser.metrics.deltas == 1
    )  # the events of the output repeat the text, so they do not count


def test_tokens_per_second_covers_the_time_between_events() -> None:
    metrics = run(
        [
            (10, text_chunk("a")),
            (12, text_chunk("b")),
            (15, chunk(finish="stop", usage={"completion_tokens": 40})),
        ]
    )
    assert metrics.output_tokens == 40
    assert metrics.tokens_per_second == 8.0


def test_tokens_per_second_is_unknown_without_usage_and_without_time() -> None:
    assert run([(1, text_chunk("a")), (2, chunk(finish="stop"))]).tokens_per_second is None
    at_once = run([(1, chunk({"content": "a"}, "stop", usage={"completion_tokens": 4}))])
    assert at_once.tokens_per_second is None
    assert at_once.output_tokens == 4


def test_the_last_usage_of_a_choice_counts() -> None:
    metrics = run([(n, chunk(usage={"completion_tokens": n})) for n in (1, 2, 3)])
    assert metrics.output_tokens == 3


def test_feeds_without_events_do_not_end_a_gap() -> None:
    clock = Clock()
    parser = MessageParser("openai-chat", clock=clock)
    whole = sse([text_chunk("a"), text_chunk("b")], done=False)
    for second, piece in enumerate([whole[:-20], whole[-20:-10], whole[-10:]]):
        clock.now = float(second)
        parser.feed(piece)
    assert parser.metrics is not None
    assert parser.metrics.longest_gap == 2.0


def test_the_clock_is_read_once_per_feed_with_events() -> None:
    clock = Clock()
    parser = MessageParser("openai-chat", clock=clock)
    parser.feed(text_chunk("one"))
    parser.feed(chunk())
    parser.feed(text_chunk("two"))
    assert clock.asked == 3  # once by the constructor


def test_events_of_an_error_count() -> None:
    clock = Clock()
    parser = MessageParser("openai-chat", clock=clock)
    clock.now = 2.0
    with pytest.raises(StreamParseError) as caught:
        parser.feed(sse([text_chunk("a")], done=False) + b"data: {oops\n\n")
    assert parser.metrics is not None
    assert parser.metrics.events == len(caught.value.events) > 0
    assert parser.metrics.first_text == 2.0


def test_metrics_are_not_part_of_the_message() -> None:
    steps: list[tuple[float, Any]] = [(1, text_chunk("a")), (2, chunk(finish="stop"))]
    metrics = run(steps)
    assert json.loads(json.dumps(metrics.to_dict())) == metrics.to_dict()
    assert repr(metrics).startswith("Metrics(first_event=1.0, first_text=1.0, last_event=2.0")
    timed, untimed = (MessageParser("openai-chat", clock=clock) for clock in (Clock(), None))
    for _, record in steps:
        timed.feed(record)
        untimed.feed(record)
    assert timed.message == untimed.message


def test_a_count_beyond_the_range_of_floats() -> None:
    usage = {"completion_tokens": 10**5000}
    metrics = run([(0, text_chunk("a")), (1, chunk({}, "stop", usage=usage))])
    assert metrics.output_tokens == 10**5000
    assert metrics.tokens_per_second is None


def test_a_copy_of_the_parser_continues_the_measures() -> None:
    parser = MessageParser("text", clock=monotonic)
    parser.feed("one")
    for other in (copy(parser), pickle.loads(pickle.dumps(parser))):
        other.feed("two")
        assert other.metrics is not None
        assert parser.metrics is not None
        assert (other.metrics.events, parser.metrics.events) == (3, 2)
