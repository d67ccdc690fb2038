"""Tests of streamparse._decoding.langchain, with objects in the shape of LangChain's messages.

`tests/frameworks/test_langchain.py` has the same with LangChain's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from streamparse import Message, MessageParser, stream


@dataclass
class AIMessageChunk:
    content: Any = ""
    tool_call_chunks: list[Any] = field(default_factory=list)
    response_metadata: dict[str, Any] = field(default_factory=dict)
    usage_metadata: dict[str, Any] | None = None
    additional_kwargs: dict[str, Any] = field(default_factory=dict)
    id: str | None = "lc_run--1"

    @property
    def content_blocks(self) -> list[Any]:
        blocks = [] if isinstance(self.content, str) else self.content
        reasoning = self.additional_kwargs.get("reasoning_content")
        return [{"type": "reasoning", "reasoning": reasoning}, *blocks] if reasoning else blocks


@dataclass
class AIMessage:
    content: Any = ""
    tool_calls: list[Any] = field(default_factory=list)
    invalid_tool_calls: list[Any] = field(default_factory=list)
    response_metadata: dict[str, Any] = field(default_factory=dict)
    usage_metadata: dict[str, Any] | None = None
    additional_kwargs: dict[str, Any] = field(default_factory=dict)
    id: str | None = "lc_run--1"

    def model_dump(self) -> None:
        """Exists, so that a whole message is a source."""


for each in (AIMessageChunk, AIMessage):
    each.__module__ = "langchain_core.messages.ai"


def read(*chunks: Any) -> Message:
    parser = MessageParser()
    for chunk in chunks:
        parser.feed(chunk)
    parser.finish()
    return parser.message


def end(**metadata: Any) -> AIMessageChunk:
    return AIMessageChunk(response_metadata=metadata or {"finish_reason": "stop"})


def call(args: str | None, index: Any = 0, **more: Any) -> AIMessageChunk:
    piece = {"name": None, "args": args, "id": None, "index": index, "type": "tool_call_chunk"}
    return AIMessageChunk(tool_call_chunks=[{**piece, **more}])


def test_text_and_calls() -> None:
    message = read(
        AIMessageChunk("Fer"),
        AIMessageChunk("ns."),
        call("", name="look_up", id="call_1"),
        call('{"plant": "fe'),
        call('rn"}'),
        end(finish_reason="tool_calls", model_name="gpt-shade"),
    )
    assert (message.status, message.finish_reason) == ("complete", "tool_calls")
    assert (message.text, message.model, message.id) == ("Ferns.", "gpt-shade", "lc_run--1")
    [found] = message.tool_calls
    assert (found.id, found.name, found.arguments) == ("call_1", "look_up", {"plant": "fern"})


def test_a_stream_without_a_reason_is_truncated() -> None:
    last = AIMessageChunk()
    last.chunk_position = "last"  # type: ignore[attr-defined]
    message = read(AIMessageChunk("Ferns."), call('{"plant": "fern"}', name="look_up"), last)
    assert message.status == "truncated"
    assert [found.status for found in message.tool_calls] == ["truncated"]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"finish_reason": "STOP"}, "stop"),  # Google
        ({"stop_reason": "end_turn"}, "stop"),  # Anthropic
        ({"stopReason": "max_tokens"}, "length"),  # Bedrock
        ({"done_reason": "stop"}, "stop"),  # Ollama
        ({"status": "completed"}, "stop"),  # OpenAI Responses
        ({"status": "incomplete", "incomplete_details": None}, "other"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "length",
        ),
    ],
)
def test_reasons(metadata: dict[str, Any], reason: str) -> None:
    assert read(AIMessageChunk("Ferns."), end(**metadata)).finish_reason == reason


def test_content_blocks() -> None:
    message = read(
        AIMessageChunk([{"type": "reasoning", "reasoning": "Shade, ", "index": 0}]),
        AIMessageChunk([{"type": "reasoning", "reasoning": "so.", "extras": {"signature": "Eo"}}]),
        AIMessageChunk([{"type": "text", "text": "Ferns."}, {"type": "tool_call_chunk"}]),
        AIMessageChunk([{"type": "non_standard", "value": {"type": "refusal", "refusal": "No"}}]),
        end(),
    )
    assert (message.reasoning, message.text, message.refusal) == ("Shade, so.", "Ferns.", "No")
    assert message.content[0].extra["signature"] == "Eo"


def test_other_blocks_are_passed_on() -> None:
    image = {"type": "image", "url": "https://example.com/fern.png"}
    with stream([AIMessageChunk([image]), end()]) as answer:
        passed = [event.data for event in answer if event.type == "provider_event"]
    assert passed == [image]


def test_reasoning_beside_the_text() -> None:
    message = read(AIMessageChunk(additional_kwargs={"reasoning_content": "Shade."}), end())
    assert message.reasoning == "Shade."


@pytest.mark.parametrize("cuts", [(0, 6), (1, 2, 3), (6, 0)])
def test_usage_adds_up(cuts: Iterable[int]) -> None:
    def usage(given: int) -> dict[str, Any]:
        details = {"cache_read": given, "cache_creation": 1}
        total = {"input_tokens": 1, "output_tokens": given, "total_tokens": 1 + given}
        return {**total, "input_token_details": details, "output_token_details": {"reasoning": 1}}

    cuts = list(cuts)
    counted = [AIMessageChunk("x", usage_metadata=usage(given)) for given in cuts[:-1]]
    late = AIMessageChunk(usage_metadata=usage(cuts[-1]))  # after the reason, as OpenAI sends it
    found = read(*counted, end(), late).usage
    assert found is not None
    assert (found.output_tokens, found.cached_tokens) == (6, 6)
    pieces = len(cuts)
    assert (found.input_tokens, found.total_tokens) == (pieces, 6 + pieces)
    assert (found.reasoning_tokens, found.cache_write_tokens) == (pieces, pieces)


def test_whole_message() -> None:
    whole: Any = AIMessage(
        "Ferns.",
        [{"name": "look_up", "args": {"plant": "fern"}, "id": "call_1"}],
        [{"name": "look_up", "args": '{"plant": ', "id": "call_2"}],
        {"finish_reason": "tool_calls"},
        {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    )
    with stream(whole) as answer:
        list(answer)
    message = answer.message
    assert (message.text, message.status) == ("Ferns.", "complete")
    assert [found.status for found in message.tool_calls] == ["complete", "rejected"]
    assert message.tool_calls[0].arguments == {"plant": "fern"}
    assert message.usage is not None
    assert message.usage.total_tokens == 3


def test_generation_of_a_chat_model() -> None:
    @dataclass
    class ChatGenerationChunk:
        message: Any

    ChatGenerationChunk.__module__ = "langchain_core.outputs.chat_generation"
    chunks = [ChatGenerationChunk(AIMessageChunk("Ferns.")), ChatGenerationChunk(end())]
    assert read(*chunks).text == "Ferns."
