"""After an exception from outside, a parser rejects all input: it never continues with a gap.

In the interpreted build a trace function raises at any step inside the package. In both builds
the caller's clock raises.
"""

from __future__ import annotations

import copy
import opcode
import os
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamparse
from streamparse import COMPILED
from streamparse.errors import StreamParseError
from streamparse.formats import FormatParser
from streamparse.message_parser import MessageParser
from tests.scenes import CHAT, SCENES

FOLDER = os.path.dirname(streamparse.__file__) + os.sep


class Stop(BaseException):
    """Stands for an exception that a signal handler raises."""


class Tracer:
    """Raises `Stop` before the given opcode inside the package, counted from the start."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.before: Any = None

    def __enter__(self) -> Tracer:
        self.before = sys.gettrace()
        sys.settrace(self.call)
        return self

    def __exit__(self, *exception: object) -> None:
        sys.settrace(self.before)

    def call(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        frame.f_trace_opcodes = True
        return self.step

    def step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode" and not _is_last(frame):
            self.at -= 1
            if self.at == 0:
                raise Stop
        return self.step


def _is_last(frame: FrameType) -> bool:
    """Return whether the public method is about to return: its work is then already done."""
    caller = frame.f_back
    is_outermost = caller is None or not caller.f_code.co_filename.startswith(FOLDER)
    return is_outermost and frame.f_code.co_code[frame.f_lasti] == opcode.opmap["RETURN_VALUE"]


def check_interrupted(parser: Any, rest: list[Any]) -> None:
    """Check that every later call raises, and that no more events are returned."""
    for fragment in rest:
        with pytest.raises(StreamParseError) as caught:
            parser.feed(copy.deepcopy(fragment))
        assert (caught.value.code, caught.value.events) == ("interrupted", [])
    with pytest.raises(StreamParseError) as caught:
        parser.finish()
    assert caught.value.code == "interrupted"


@pytest.mark.skipif(COMPILED, reason="compiled code has no opcodes to trace")
@pytest.mark.parametrize("scene", [name for name in SCENES if name not in ("frames", "model")])
@given(st.data())
def test_an_interrupt_at_any_step(scene: str, data: st.DataObject) -> None:
    make, fragments = SCENES[scene]
    parser, whole = make(), make()
    for fragment in fragments:
        whole.feed(copy.deepcopy(fragment))
    whole.finish()
    place = data.draw(st.integers(0, len(fragments) - 1), label="fragment")
    for fragment in fragments[:place]:
        parser.feed(copy.deepcopy(fragment))
    # In the first 100 steps no input is taken yet, so the call could be repeated.
    step = data.draw(st.integers(100, 3_000), label="step")
    fragment = copy.deepcopy(fragments[place])
    try:
        with Tracer(step):
            parser.feed(fragment)
    except Stop:
        check_interrupted(parser, fragments[place + 1 :])
    else:
        return
    message, right = parser.message, whole.message
    assert message.status != "in_progress"
    if message.status == "complete":
        assert message.text == right.text
    for call, meant in zip(message.tool_calls, right.tool_calls, strict=False):
        assert call.status != "in_progress"
        if call.status == "complete":
            assert call.arguments == meant.arguments


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop, RuntimeError, TypeError])
@given(st.integers(1, 14))
def test_a_clock_that_raises(error: type[BaseException], at: int) -> None:
    calls = 0

    def clock() -> float:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise error
        return float(calls)

    parser = MessageParser("openai-chat", clock=clock)
    rest = [*CHAT, *CHAT]

    def feed_all() -> None:
        while rest:
            parser.feed(copy.deepcopy(rest.pop(0)))

    with pytest.raises(error):
        feed_all()
    check_interrupted(parser, rest)


def test_a_clock_that_raises_while_a_failure_is_reported() -> None:
    def clock() -> float:
        if armed:
            raise Stop
        return 1.0

    armed: list[int] = []
    parser = MessageParser("openai-chat", clock=clock)
    armed.append(1)
    with pytest.raises(Stop):
        parser.feed("data: {broken}\n\n")
    check_interrupted(parser, ["x"])


def test_an_interrupt_while_an_sdk_object_is_read_is_final() -> None:
    class Chunk:
        def model_dump(self, **options: Any) -> Any:
            raise KeyboardInterrupt

    parser = MessageParser("openai-chat")
    with pytest.raises(KeyboardInterrupt):
        parser.feed(Chunk())
    check_interrupted(parser, CHAT[:1])


def test_a_stream_that_is_interrupted_is_not_in_progress() -> None:
    def clock() -> float:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return 1.0

    calls: list[int] = []
    answer = streamparse.stream(CHAT, api="openai-chat", clock=clock)
    with pytest.raises(KeyboardInterrupt):
        list(answer)
    assert answer.message.status == "truncated"


@pytest.mark.parametrize("wrong", [None, 5, [b"x"], object()])
def test_a_wrong_argument_does_not_end_the_parser(wrong: Any) -> None:
    parser = MessageParser("openai-chat")
    parser.feed(CHAT[0])
    with pytest.raises(TypeError):
        parser.feed(wrong)
    with pytest.raises(TypeError):
        parser.feed("text")
    for record in CHAT[1:]:
        parser.feed(record)
    parser.finish()
    assert parser.message.status == "complete"
    reader = FormatParser("hermes")
    with pytest.raises(TypeError):
        reader.feed(wrong)
    reader.feed("Hi")
    reader.finish()
    assert (reader.message.text, reader.message.status) == ("Hi", "complete")
