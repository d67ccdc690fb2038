"""Tests of streamparse.encoders.blocks: one block for each part, in the order of the message."""

from __future__ import annotations

import pickle
from typing import Any

from streamparse.encoders.blocks import BlockEncoder, BlockParts
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import Citation, Message, Part, Reasoning, Text
from tests.messages import run_parser


class Plain(BlockEncoder):
    """An encoder that writes parts unchanged."""

    def _start_stream(self) -> None:
        self._out.append({"start": "stream"})

    def _id_base(self) -> str:
        return "m"

    def _start_part(self, kind: str) -> None:
        self._out.append({"start": kind})

    def _more(self, kind: str, text: str) -> None:
        self._out.append({"text": text})

    def _stop_part(self, kind: str) -> None:
        self._out.append({"stop": kind})

    def _start_call(self, call: ShownCall) -> None:
        self._begin_call(call)
        self._out.append({"call": call.name})

    def _grow_call(self, call: ShownCall, text: str) -> None:
        """Write nothing."""

    def _complete_call(self, call: ShownCall) -> None:
        """Write nothing."""

    def _silent(self, part: Reasoning) -> None:
        self._out.append({"silent": part.extra["data"]})

    def _end(self) -> None:
        self._out.append({"end": self._problem()})


def block(index: int, **block: Any) -> list[Any]:
    start = {"type": "content_block_start", "index": index, "content_block": block}
    return [start, {"type": "content_block_stop", "index": index}]


ANSWER = [
    {"type": "message_start", "message": {"id": "m", "content": []}},
    *block(0, type="redacted_thinking", data="0"),
    *block(1, type="text", text="a"),
    *block(2, type="text", text="b"),
    *block(3, type="redacted_thinking", data="3"),
    *block(4, type="tool_use", id="c", name="f", input={}),
    *block(5, type="redacted_thinking", data="5"),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {"type": "message_stop"},
]
PARTS: list[Any] = [
    {"silent": "0"},
    *({"start": "text"}, {"text": "a"}, {"stop": "text"}),
    *({"start": "text"}, {"text": "b"}, {"stop": "text"}),
    *({"silent": "3"}, {"call": "f"}, {"silent": "5"}, {"end": None}),
]


def test_each_part_has_a_block() -> None:
    _, events, _ = run_parser(ANSWER, "anthropic-messages")
    encoder = Plain()
    assert encoder.encode(events) + encoder.finish() == [{"start": "stream"}, *PARTS]


def test_pickled_events_refer_to_no_parts() -> None:
    _, events, _ = run_parser(ANSWER, "anthropic-messages")
    encoder = Plain()
    records = encoder.encode(pickle.loads(pickle.dumps(events))) + encoder.finish()
    texts = [*({"start": "text"}, {"text": "a"}, {"text": "b"}, {"stop": "text"}), {"call": "f"}]
    assert records == [{"start": "stream"}, *texts, {"end": None}]


# The parts that deltas belong to


def grown(*parts: Part) -> BlockParts:
    message = Message()
    message.content.extend(parts)
    return BlockParts(message)


def test_parts_of_one_item_stay_apart() -> None:
    one, two = Reasoning("ab", {"id": "rs"}), Reasoning("cd", {"id": "rs"})
    live = grown(one, Text("x"), two)
    assert list(live.split("reasoning", "abc")) == [(one, "ab"), (two, "c")]
    assert list(live.split("reasoning", "d")) == [(two, "d")]


def test_without_the_message() -> None:
    assert list(BlockParts(None).split("text", "a")) == [(None, "a")]
    assert BlockParts(None).passed(None) == []


def test_citations() -> None:
    text = Text("a")
    live = grown(Citation(0), text, Citation(1), Citation(2), Text("b"), Citation(3))
    assert live.citations_after(text) == [1, 2]
    assert live.citations_after(None) == []
