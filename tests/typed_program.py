"""A program like those of users, with the types that an editor should know.

`test_typing.py` checks it with mypy and pyright, and runs it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from typing_extensions import assert_type

from streamparse import (
    ArgumentStarted,
    AsyncStream,
    JSONParser,
    Message,
    MessageParser,
    OutputCompleted,
    Stream,
    StringDelta,
    TextDelta,
    Toolbox,
    ToolCall,
    ToolCallCompleted,
    ToolCallRejected,
    stream,
)
from streamparse.aliases import API, CallStatus, FinishReason, MessageStatus, ValueKind
from streamparse.models import ModelParser
from streamparse.paths import Path

if TYPE_CHECKING:
    import httpx
    import requests


class Trip(BaseModel):
    city: str
    days: int = 1


PIECES = ['{"city": "Par', 'is", "days": 3}']


def events(parser: MessageParser) -> None:
    for event in parser.feed("Hello"):
        match event:
            case TextDelta(text):
                assert_type(text, str)
            case ToolCallCompleted(call):
                assert_type(call, ToolCall)
                assert_type(call.status, CallStatus)
            case ArgumentStarted(call, path, kind):
                assert_type(path, Path)
                assert_type(kind, ValueKind)
            case ToolCallRejected(call, error):
                assert_type(error.path, Path)
            case OutputCompleted(path, value):
                assert_type(value, Any)
            case _:
                pass
        if event.type == "text_delta":
            assert_type(event, TextDelta)
            assert_type(event.type, Literal["text_delta"])
    message = parser.message
    assert_type(message.status, MessageStatus)
    assert_type(message.finish_reason, FinishReason | None)
    for part in message.content:
        if isinstance(part, ToolCall):
            assert_type(part.name, str | None)


def values() -> None:
    for event in JSONParser().feed('"a'):
        match event:
            case StringDelta(path, text):
                assert_type(path, Path)
                assert_type(text, str)
        if event.type == "value_completed":
            assert_type(event.path, Path)


def streams() -> None:
    plain = stream(["Hello"], api="text")
    assert_type(plain, Stream[None])
    assert_type(plain.result(), Message)
    typed = stream(PIECES, api="text", output=Trip)
    assert_type(typed, Stream[Trip])
    for trip in typed.partials(missing="none"):
        assert_type(trip, Trip)
    assert_type(stream(PIECES, api="text", output=Trip).result(), Trip)
    assert_type(stream(PIECES, api="text", output=dict[str, Any]).result(), dict[str, Any])
    schema: Any = {"type": "object"}
    assert_type(stream(PIECES, api="text", output=schema), Any)
    with stream(PIECES, api="text") as answer:
        for text in answer.text():
            assert_type(text, str)
        assert_type(answer.message, Message)


async def async_streams(source: AsyncIterator[str]) -> None:
    async with stream(source, api="text", output=Trip) as answer:
        assert_type(answer, AsyncStream[Trip])
        async for trip in answer.partials():
            assert_type(trip, Trip)


async def responses(one: httpx.Response, other: requests.Response) -> None:
    with stream(one) as answer:  # A response of a client.
        for text in answer.text():
            assert_type(text, str)
        assert_type(answer.message, Message)
    async with stream(one) as answer:  # A response of an async client.
        async for call in answer.tool_calls():
            assert_type(call, ToolCall)
    assert_type(stream(other, output=Trip), Stream[Trip])


def models() -> None:
    parser = ModelParser(Trip, missing="default")
    parser.feed(PIECES[0])
    assert_type(parser.partial, Trip)
    parser.feed(PIECES[1])
    assert_type(parser.result, Trip)
    assert_type(ModelParser(list[Trip]), ModelParser[list[Trip]])
    either = ModelParser[Trip | int](Trip | int)  # A union must be written twice.
    either.feed("3 ")
    assert_type(either.result, Trip | int)


def mistakes(name: str) -> None:
    """Both checkers report each of these: a comment that ignores nothing is an error."""
    api: API = "openai-chat"
    MessageParser(api)
    MessageParser("openai-chats")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ModelParser(Trip, missing="never")  # type: ignore[call-overload]  # pyright: ignore
    wrong: int = stream(PIECES, output=Trip).result()  # type: ignore[assignment]  # pyright: ignore
    del wrong, name


def pack(city: str, days: int = 1) -> str:
    """Pack a case."""
    return f"{city}: {days}"


def tools(source: Stream[None]) -> list[dict[str, Any]]:
    toolbox = Toolbox([pack])
    if TYPE_CHECKING:
        import anthropic

        declared: list[anthropic.types.ToolParam] = toolbox.to_anthropic()
        assert_type(declared, list[anthropic.types.ToolParam])
    results: list[tuple[ToolCall, Any]] = []
    for call in source.tool_calls(when="whole"):
        assert_type(call.confirmed, bool)
        results.append((call, toolbox.run_sync(call, unconfirmed=True, errors="return")))
    return source.message.tool_results(results)


def main() -> None:
    events(MessageParser("text"))
    values()
    streams()
    models()
    function = {"name": "pack", "arguments": '{"city": "Paris"}'}
    delta = {"tool_calls": [{"index": 0, "id": "c1", "function": function}]}
    chunks = [{"choices": [{"delta": delta, "finish_reason": "tool_calls"}]}]
    assert tools(stream(chunks))[0]["content"] == "Paris: 1"
