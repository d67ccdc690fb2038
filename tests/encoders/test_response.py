"""Tests of streamparse.encoders.response: when an answer ends with an error."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.aliases import CallStatus
from streamparse.encoders import AnthropicMessages, OpenAIChat, OpenAIResponses
from streamparse.encoders.response import Problem, ResponseEncoder, token_counts
from streamparse.errors import StreamParseError, WireError
from streamparse.message import Message, ToolCall, Usage
from tests.messages import call_chunk, chunk, run_parser


@pytest.mark.parametrize(
    ("arguments", "reason", "text"),
    [
        ("{}", "stop", None),
        ("{}", "length", None),
        ('{"a"', "length", None),
        ('{"a"', "stop", "the call of f was rejected: the input ended"),
        ('{"a":x', "content_filter", "the call of f was rejected: "),
        ("{}", "error", "the provider ended the answer with 'error'"),
        ("{}", "cancelled", "the answer was cut off: cancelled"),
        ("{}", None, "the answer was cut off before its end"),
    ],
)
def test_problems(arguments: str, reason: Any, text: str | None) -> None:
    call = call_chunk(arguments, id="c", name="f")
    ended = [chunk({}, reason)] if reason else []
    parser, _, _ = run_parser([call, *ended])
    problem = ResponseEncoder()._problem_in(parser.message)
    if text is None:
        assert problem is None
    else:
        assert problem is not None
        assert problem.text.startswith(text)


@pytest.mark.parametrize("encoder", [OpenAIChat, OpenAIResponses, AnthropicMessages])
def test_an_answer_that_has_ended_cannot_be_aborted(encoder: Any) -> None:
    _, events, _ = run_parser([chunk({"content": "a"}, "stop")])
    aborted, finished = encoder(), encoder()
    assert aborted.encode(events) == finished.encode(events)
    last = aborted.abort("enough")
    assert encoder.to_sse(last) == encoder.to_sse(finished.finish())
    assert aborted.abort() == aborted.finish() == []


def test_texts_of_errors_can_be_replaced() -> None:
    parser, _, _ = run_parser([chunk({"content": "a"})])
    problem = ResponseEncoder(error_text=lambda error: "no")._problem_in(parser.message)
    assert problem is not None
    assert problem.text == "no"


@pytest.mark.parametrize("encoder", [OpenAIChat, OpenAIResponses, AnthropicMessages])
def test_one_encoder_encodes_one_answer(encoder: Any) -> None:
    _, events, _ = run_parser([chunk({"content": "a"}, "stop")])
    once = encoder()
    once.encode(events)
    with pytest.raises(StreamParseError) as caught:
        once.encode(events)
    assert caught.value.code == "finished"


@pytest.mark.parametrize("encoder", [OpenAIResponses, AnthropicMessages])
def test_an_answer_that_the_user_stops(encoder: Any) -> None:
    _, events, _ = run_parser([chunk({"content": "a"}, "stop")])
    stopped = encoder()
    stopped.encode(events[:2])
    assert encoder.to_sse(stopped.abort("enough"))
    assert stopped._problem() == Problem("enough", "cancelled")
    assert stopped.finish() == []


@pytest.mark.parametrize(
    ("encoder", "change"),
    [
        (OpenAIChat, "arguments"),
        (AnthropicMessages, "arguments"),
        (OpenAIChat, "name"),
        (OpenAIResponses, "name"),
        (AnthropicMessages, "name"),
    ],
)
def test_a_call_that_changed_after_it_was_sent(encoder: Any, change: str) -> None:
    """Records that were sent cannot be taken back, so the answer ends with an error."""
    ended = [call_chunk("{}", id="c", name="f"), chunk({}, "tool_calls")]
    parser, events, _ = run_parser(ended)
    [call] = parser.message.tool_calls
    this, place = encoder(), [event.type for event in events].index("tool_call_completed")
    this.encode(events[:place])
    if change == "name":
        call.name = "g"
    else:
        call.errors.append(WireError("others", code="replaced_arguments", offset=0))
    written = encoder.to_sse(this.encode(events[place:])) + encoder.to_sse(this.finish())
    assert b"changed after it was sent" in written


def test_calls_that_were_cut_or_rejected_without_an_error() -> None:
    statuses: list[CallStatus] = ["truncated", "rejected"]
    for status in statuses:
        message = Message()
        message.finish_reason = "stop"
        call = ToolCall()
        call.name, call.status = "f", status
        message.content.append(call)
        problem = ResponseEncoder()._problem_in(message)
        assert problem is not None
        assert problem.code == status


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (Usage(input_tokens=3, output_tokens=2), (3, 2, 5)),
        (Usage(output_tokens=2, total_tokens=9), (7, 2, 9)),
        (Usage(total_tokens=9), (9, 0, 9)),
        (Usage(), (0, 0, 0)),
    ],
)
def test_counts_that_were_not_sent(usage: Usage, counts: tuple[int, int, int]) -> None:
    assert token_counts(usage) == counts
