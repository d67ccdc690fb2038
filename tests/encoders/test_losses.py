"""Tests of streamparse.encoders.losses: only the listed parts change, and they are documented.

The parts of a message that `LOSSES` names, and others, are compared with those of the message that
is read from the output of the encoder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamparse import (
    Citation,
    Message,
    ProviderEvent,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from streamparse.encoders import AnthropicMessages, OpenAIChat, OpenAIResponses
from streamparse.encoders.losses import LOSSES
from streamparse.frontends.files import file_of
from tests.encoders import clients, views
from tests.encoders.sources import answers_of_examples, answers_of_recordings
from tests.messages import results_of, run_parser

PAGE = Path(__file__).parents[2] / "docs" / "encoders.md"
ENCODERS: dict[str, Callable[..., Any]] = {
    "openai-chat": OpenAIChat,
    "openai-responses": OpenAIResponses,
    "anthropic-messages": AnthropicMessages,
}
# Losses of bodies and of parts that were already sent, which other tests show.
UNSEEN = {"arguments", "changed_calls", "order", "own_tools", "replaced_text"}


def aspects(message: Message, events: list[Any]) -> dict[str, Any]:
    """Return the parts of a message, by the names of `LOSSES` and other names."""
    own = [event for event in events if event.choice == message.choice]
    calls = views.client_calls(message)
    done = [call for call in calls if call.status == "complete"]
    server = [call for call in message.tool_calls if call.kind == "server"]
    written = views.texts(own, message.choice)
    return {
        "text": written["text"] + written["refusal"],
        "reasoning": written["reasoning"],
        "refusal": written["refusal"],
        "model": message.model,
        "order": order(message),
        "calls": [(call.name, values(call)) for call in done],
        "custom": sum(call.kind == "custom" for call in calls),
        "incomplete_calls": [call.status for call in calls if call.status != "complete"],
        "server_calls": [(call.name, call.arguments) for call in server],
        "server_results": [result.content for result in results_of(own)],
        "citations": [part.data for part in message.content if isinstance(part, Citation)],
        "extra": [part.extra for part in message.content if isinstance(part, (Reasoning, Text))],
        "finish_reason": message.finish_reason,
        "raw_finish_reason": message.raw_finish_reason,
        "status": message.status,
        "files": sum(
            isinstance(one, ProviderEvent) and file_of(one.name, one.data) is not None
            for one in own
        ),
        "log_probabilities": tokens(own),
        "id": [message.id, *[call.id for call in calls]],
        "usage": views.counts(message.usage),
    }


def tokens(events: list[Any]) -> list[Any]:
    """Return the tokens that have log probabilities."""
    found: list[Any] = []
    for event in events:
        if isinstance(event, ProviderEvent) and event.name == "logprobs":
            data = event.data.get("content") if isinstance(event.data, dict) else event.data
            found += [one.get("token") for one in data or [] if isinstance(one, dict)]
    return found


def values(call: ToolCall) -> Any:
    """Return the arguments; for free text, the object that Anthropic's API has for it."""
    if call.kind == "custom":
        return {"input": call.arguments}
    return {} if call.arguments is None else call.arguments


def order(message: Message) -> list[str]:
    """Return the types of the parts in their order, without adjacent repetitions."""
    found: list[str] = []
    for part in message.content:
        shown = isinstance(part, ToolCall) and part.kind != "server"
        if isinstance(part, (Text, Reasoning, Refusal)):
            shown = bool(part.text)
        kind = "text" if isinstance(part, Refusal) else part.type
        if shown and found[-1:] != [kind]:
            found.append(kind)
    return found


def lost(api: str, message: Message, events: list[Any]) -> set[str]:
    """Return the names of the parts that differ after encoding and reading."""
    own = [event for event in events if event.choice == message.choice]
    encoder = ENCODERS[api]()
    sent = encoder.to_sse(encoder.encode(own) + encoder.finish())
    parser, back, error = run_parser([sent], api)
    assert error is None
    [found] = parser.messages
    one, two = aspects(message, own), aspects(found, [e for e in back if e.choice == found.choice])
    return {name for name in one if json.dumps(one[name]) != json.dumps(two[name])}


@pytest.mark.parametrize("api", ENCODERS)
def test_recordings(shared_data: Path, api: str) -> None:
    """Only listed parts change, and each of them changes in some recording."""
    seen: set[str] = set()
    for name, parser, events in answers_of_recordings(shared_data):
        for message in parser.messages:
            with clients.explained(name):
                found = lost(api, message, events)
                assert found <= LOSSES[api].keys()
            seen |= found
    assert LOSSES[api].keys() - seen <= UNSEEN


@pytest.mark.parametrize("api", ENCODERS)
def test_examples(api: str) -> None:
    for answers in answers_of_examples().values():
        for parser, events in answers:
            assert lost(api, parser.message, events) <= LOSSES[api].keys()


def test_the_documentation_lists_the_losses() -> None:
    if not PAGE.is_file():
        pytest.skip("needs the documentation")
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    for api, losses in LOSSES.items():
        for name, sentence in losses.items():
            assert f"| {name} | {sentence} |" in text, (api, name)
