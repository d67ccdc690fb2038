"""Helpers for tests of messages: records of OpenAI's chat API, runs, and comparisons for law 1.

The fuzz targets use this module too, so it does not import hypothesis.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streamparse.errors import StreamParseError
from streamparse.message import Message, ServerToolResult
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    ProviderEvent,
    ServerToolCompleted,
    ToolCallDelta,
)
from streamparse.message_parser import MessageParser
from tests.helpers import Failure, failure, tokens

# Records


def chunk(
    delta: Any = None, finish: str | None = None, choice: int = 0, **more: Any
) -> dict[str, Any]:
    """Return a `chat.completion.chunk` with one choice."""
    entry = {"index": choice, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "cc-1", "object": "chat.completion.chunk", "choices": [entry], **more}


def text_chunk(text: str, choice: int = 0) -> dict[str, Any]:
    return chunk({"content": text}, choice=choice)


def call_chunk(
    arguments: Any = None,
    *,
    index: Any = 0,
    id: Any = None,
    name: Any = None,
    choice: int = 0,
) -> dict[str, Any]:
    """Return a chunk with one entry of `tool_calls`; values that are None are left out."""
    function = {"name": name, "arguments": arguments}
    entry = {"index": index, "id": id}
    shown = {key: value for key, value in entry.items() if value is not None}
    inside = {key: value for key, value in function.items() if value is not None}
    return chunk({"tool_calls": [{**shown, "function": inside}]}, choice=choice)


def sse(records: Iterable[Any], done: bool = True, end: str = "\n\n") -> bytes:
    """Return the records as server-sent events; a record that is text is used unchanged."""
    texts = [record if isinstance(record, str) else dumped(record) for record in records]
    if done:
        texts.append("[DONE]")
    return "".join(f"data: {text}{end}" for text in texts).encode()


def results_of(events: list[Any]) -> list[ServerToolResult]:
    """Return the results of tools that the provider ran, from their events."""
    return [event.result for event in events if isinstance(event, ServerToolCompleted)]


def dumped(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False)


# Runs


@dataclass(frozen=True)
class Answer:
    """The complete result of a run as plain data, for the comparisons of law 1."""

    messages: list[Any]
    events: list[Any]  # With deltas merged.
    texts: dict[Any, str]  # The joined `ToolCallDelta`s, by choice and index of the call.
    error: Failure | None


def run_parser(
    pieces: Iterable[Any], api: Any = "openai-chat", **options: Any
) -> tuple[MessageParser, list[Any], StreamParseError | None]:
    """Feed the pieces to a new parser and finish it, up to the first error."""
    parser = MessageParser(api, **options)
    events: list[Any] = []
    try:
        for piece in pieces:
            events += parser.feed(piece)
        events += parser.finish()
    except StreamParseError as error:
        return parser, events + error.events, error
    return parser, events, None


def read(pieces: Iterable[Any], **options: Any) -> tuple[Message, list[Any]]:
    """Return the first message and the events; the input must have no error."""
    parser, events, error = run_parser(pieces, **options)
    assert error is None
    return parser.message, events


def answer(pieces: Iterable[Any], api: Any = "openai-chat", **options: Any) -> Answer:
    """Return the result for the pieces."""
    parser, events, error = run_parser(pieces, api, **options)
    return answer_of(parser, events, error)


def answer_of(parser: MessageParser, events: list[Any], error: StreamParseError | None) -> Answer:
    return Answer(
        [tokens(message.to_dict()) for message in parser.messages],
        merged(events),
        call_texts(events),
        failure(error) if error else None,
    )


def call_texts(events: Iterable[Any]) -> dict[Any, str]:
    """Return the joined text of the `ToolCallDelta`s of each call."""
    texts: dict[Any, str] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            key = event.choice, event.call.index
            texts[key] = texts.get(key, "") + event.text
    return texts


def merged(events: Iterable[Any]) -> list[Any]:
    """Return the events as plain data, with mergeable deltas merged.

    The order of deltas of different streams between two other events does not matter. The
    `ToolCallDelta`s of a call are compared as one text (`call_texts`), so they are left out here.
    """
    found: list[Any] = []
    run: dict[str, list[Any]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            continue
        plain = event.to_dict()
        if plain["type"].endswith("_delta"):
            text = plain.pop("text")
            run.setdefault(repr(plain), [plain, ""])[1] += text
            continue
        found += [(tokens(plain), text) for _, (plain, text) in sorted(run.items())]
        run = {}
        found.append(tokens(plain))
    return found + [(tokens(plain), text) for _, (plain, text) in sorted(run.items())]


def kinds(events: Iterable[Any]) -> list[str]:
    """Return the types of the events; adjacent deltas of one type count once."""
    found: list[str] = []
    for event in events:
        if not (event.type.endswith("_delta") and found and found[-1] == event.type):
            found.append(event.type)
    return found


def passed_on(events: Iterable[Any]) -> list[tuple[str, Any]]:
    """Return the names and the data of the provider's events."""
    return [(event.name, event.data) for event in events if isinstance(event, ProviderEvent)]


def data_named(events: Iterable[Any], name: str) -> list[Any]:
    """Return the data of the provider's events of this name."""
    return [data for each, data in passed_on(events) if each == name]


def about_calls(events: Iterable[Any]) -> list[Any]:
    """Return the events of tool calls without those of their arguments."""
    arguments = (ArgumentStarted, ArgumentDelta, ArgumentCompleted)
    return [
        event for event in events if hasattr(event, "call") and not isinstance(event, arguments)
    ]
