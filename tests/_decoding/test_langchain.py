"""Tests of streamparse._decoding.langchain, with classes shaped like those of LangChain.

`tests/frameworks/test_langchain.py` tests LangChain's own classes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
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
        """Marks a whole message as a source."""


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
    late = AIMessageChunk(
        usage_metadata=usage(cuts[-1])
    )  # after the finish reason, as OpenAI sends it
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


# Events of content blocks


class ChatModelStream(list[Any]):
    """Iterates over events."""


class AsyncChatModelStream:
    """Iterates over events. Awaiting it would wait for the whole message, so it must not happen."""

    def __init__(self, events: list[Any]) -> None:
        self.events = events

    def __await__(self) -> Any:
        raise AssertionError

    async def __aiter__(self) -> AsyncIterator[Any]:
        for event in self.events:
            yield event


for kind in (ChatModelStream, AsyncChatModelStream):
    kind.__module__ = "langchain_core.language_models.chat_model_stream"


def block(kind: str, index: int, block: dict[str, Any]) -> dict[str, Any]:
    name = "delta" if kind == "delta" else "content"
    return {"event": f"content-block-{kind}", "index": index, name: block}


USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
WHOLE = {"type": "tool_call", "id": "call_2", "name": "find", "args": {"near": "moss"}}
IMAGE = {"type": "image", "url": "https://example.com/fern.png"}
EVENTS = [
    {"event": "message-start", "role": "ai", "id": "lc_run--1", "metadata": {"provider": "p"}},
    block("start", 0, {"type": "reasoning", "reasoning": ""}),
    block("delta", 0, {"type": "reasoning-delta", "reasoning": "Shade."}),
    block("start", 1, {"type": "text", "text": ""}),
    block("delta", 1, {"type": "text-delta", "text": "Fer"}),
    block("delta", 1, {"type": "text-delta", "text": "ns."}),
    block("start", 2, {"type": "tool_call_chunk", "id": "call_1", "name": "look_up", "args": ""}),
    block("delta", 2, {"type": "tool-call-delta", "args": '{"plant": '}),
    block("delta", 2, {"type": "tool-call-delta", "args": '"fern"}'}),
    block("start", 3, {**WHOLE, "args": {}}),
    block("finish", 0, {"type": "reasoning", "reasoning": "Shade.", "extras": {"signature": "E"}}),
    block("finish", 1, {"type": "text", "text": "Ferns."}),
    block("finish", 2, {**WHOLE, "id": "call_1", "name": "look_up", "args": {"plant": "fern"}}),
    block("finish", 3, WHOLE),
    block("finish", 4, IMAGE),
    {"event": "message-finish", "usage": USAGE, "metadata": {"finish_reason": "tool_calls"}},
]


def check_events(message: Message, events: list[Any]) -> None:
    assert (message.reasoning, message.text, message.id) == ("Shade.", "Ferns.", "lc_run--1")
    found = [(call.id, call.name, call.arguments, call.status) for call in message.tool_calls]
    assert found == [
        ("call_1", "look_up", {"plant": "fern"}, "complete"),
        ("call_2", "find", {"near": "moss"}, "complete"),
    ]
    assert message.usage is not None
    assert message.usage.total_tokens == 3
    assert [event.data for event in events if event.type == "provider_event"] == [IMAGE]


def test_block_events() -> None:
    with stream(ChatModelStream(EVENTS)) as answer:
        events = list(answer)
    check_events(answer.message, events)


def test_async_block_events() -> None:
    async def opened() -> AsyncChatModelStream:
        return AsyncChatModelStream(EVENTS)

    async def read(source: Any) -> None:
        async with stream(source) as answer:
            events = [event async for event in answer]
        check_events(answer.message, events)

    asyncio.run(read(AsyncChatModelStream(EVENTS)))
    asyncio.run(read(opened()))


def test_block_events_that_were_cut() -> None:
    with stream(ChatModelStream(EVENTS[:8])) as answer:
        list(answer)
    assert answer.message.status == "truncated"
    assert [found.status for found in answer.message.tool_calls] == ["truncated"]


def test_error_among_block_events() -> None:
    error = {"event": "error", "message": "overloaded", "code": "busy"}
    with stream(ChatModelStream([*EVENTS[:5], error])) as answer:
        list(answer)
    assert (answer.message.status, answer.message.text) == ("failed", "Fer")
    assert "overloaded" in str(answer.message.error)
