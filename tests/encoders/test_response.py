"""Tests of streamparse.encoders.response: when an answer ends with an error."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.encoders import AnthropicMessages, OpenAIChat, OpenAIResponses
from streamparse.encoders.response import ResponseEncoder
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
