"""The SDKs of the providers, reading streams and bodies without a network."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest


def missing(name: str) -> bool:
    """Return whether an SDK is not installed."""
    return importlib.util.find_spec(name) is None


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Add the name of the recording to an exception."""
    try:
        yield
    except Exception as error:
        error.add_note(what) if hasattr(error, "add_note") else None
        raise


def _http() -> Any:
    """Return the HTTP library of the SDKs, which has had a new name since 2026."""
    return importlib.import_module("httpx" if missing("httpx2") else "httpx2")


class _Answering:
    """A client of an SDK that gets `content` as the response to every request."""

    def __init__(self, sdk: str, name: str) -> None:
        http = _http()
        self.content = b""
        self.kind = ""
        transport = http.MockTransport(self._respond)
        options = {"api_key": "none", "base_url": "http://test", "max_retries": 0}
        client = http.Client(transport=transport)
        make = getattr(importlib.import_module(sdk), name)
        self.client: Any = make(http_client=client, **options)

    def _respond(self, _: Any) -> Any:
        headers = {"content-type": self.kind}
        return _http().Response(200, content=self.content, headers=headers)

    def answer(self, content: bytes, kind: str = "text/event-stream") -> Any:
        """Set the response, and return the client."""
        self.content, self.kind = content, kind
        return self.client


@cache
def _openai() -> _Answering:
    return _Answering("openai", "OpenAI")


def chat_stream(content: bytes) -> dict[str, Any]:
    """Return what `ChatCompletionStreamState` accumulates, and the error of the stream."""
    import openai
    from openai.lib.streaming.chat import ChatCompletionStreamState

    client = _openai().answer(content)
    chunks = client.chat.completions.create(model="m", messages=[], stream=True)
    state: Any = ChatCompletionStreamState()
    error = None
    begun = False
    try:
        for chunk in chunks:
            begun = True
            state.handle_chunk(chunk)
    except openai.APIError as raised:
        error = raised.message
    if not begun:
        return {"choices": {}, "usage": {}, "error": error}
    snapshot = state.current_completion_snapshot
    return {**_completion(snapshot), "error": error}


def chat_body(content: str) -> dict[str, Any]:
    """Return the content of a validated chat completion."""
    from openai.types.chat import ChatCompletion

    return _completion(ChatCompletion.model_validate_json(content))


def _completion(completion: Any) -> dict[str, Any]:
    usage = completion.usage
    return {
        "choices": [_choice(choice) for choice in completion.choices],
        "usage": {} if usage is None else chat_counts(usage),
    }


def _choice(choice: Any) -> dict[str, Any]:
    message = choice.message
    return {
        "texts": {
            "text": message.content or "",
            "reasoning": getattr(message, "reasoning_content", None) or "",
            "refusal": message.refusal or "",
        },
        "calls": [_chat_call(call.to_dict()) for call in message.tool_calls or []],
        "finish": choice.finish_reason,
    }


def _chat_call(call: dict[str, Any]) -> tuple[Any, ...]:
    kind = call["type"]
    text = call[kind]["input" if kind == "custom" else "arguments"]
    return call["id"], call[kind]["name"], kind, text


def chat_counts(usage: Any) -> dict[str, int]:
    record = usage.to_dict()
    taken = record.get("prompt_tokens_details") or {}
    given = record.get("completion_tokens_details") or {}
    found = {
        "input_tokens": record["prompt_tokens"],
        "output_tokens": record["completion_tokens"],
        "total_tokens": record["total_tokens"],
        "cached_tokens": taken.get("cached_tokens"),
        "cache_write_tokens": taken.get("cache_write_tokens"),
        "reasoning_tokens": given.get("reasoning_tokens"),
    }
    return {name: count for name, count in found.items() if count is not None}


def skip_without(name: str) -> None:
    if missing(name):
        pytest.skip(f"needs the package {name}")


@cache
def _anthropic() -> _Answering:
    return _Answering("anthropic", "Anthropic")


def anthropic_stream(content: bytes, beta: bool = False) -> dict[str, Any]:
    """Return what `MessageStream` accumulates, and the error of the stream.

    Args:
        content: The body of the response.
        beta: Whether to use the client of beta features, which knows more types of blocks.
    """
    import anthropic

    error = None
    snapshot: Any = None
    client = _anthropic().answer(content)
    if beta:
        client = client.beta
    with client.messages.stream(model="m", max_tokens=1, messages=[]) as stream:
        try:
            for _ in stream:
                snapshot = stream.current_message_snapshot
        except anthropic.APIStatusError as raised:
            error = raised.body["error"]["message"]  # type: ignore[index]
    return {**({} if snapshot is None else _anthropic_message(snapshot)), "error": error}


def anthropic_body(content: str) -> dict[str, Any]:
    """Return the content of a validated message."""
    from anthropic.types import Message
    from anthropic.types.beta import BetaMessage

    try:
        message: Any = Message.model_validate_json(content)
    except ValueError:  # the recording has blocks of a beta feature
        message = BetaMessage.model_validate_json(content)
    return _anthropic_message(message)


def _anthropic_message(message: Any) -> dict[str, Any]:
    usage = message.usage.to_dict()
    return {
        "blocks": [block.to_dict() for block in message.content],
        "stop_reason": message.stop_reason,
        "usage": {name: count for name, count in usage.items() if isinstance(count, int)},
        "id": message.id,
    }


def responses_stream(content: bytes) -> dict[str, Any]:
    """Return the last response of `ResponseStream`, and the texts that it accumulates."""
    client = _openai().answer(content)
    last: Any = None
    texts: dict[tuple[int, int], str] = {}
    with client.responses.stream(model="m", input=[]) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                texts[event.output_index, event.content_index] = event.snapshot
            elif event.type == "response.function_call_arguments.delta":
                texts[event.output_index, -1] = event.snapshot
            last = getattr(event, "response", None)
    assert last is not None
    return {**_response(last), "texts": texts}


def responses_body(body: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a validated response."""
    from openai.types.responses import Response

    try:
        return _response(Response.model_validate(body))
    except ValueError:
        # The models lack members that the API sends for its own tools.
        texts = ("message", "reasoning", "function_call", "custom_tool_call")
        output = [item for item in body["output"] if item["type"] in texts]
        return _response(Response.model_validate({**body, "output": output}))


def _response(response: Any) -> dict[str, Any]:
    return {
        "status": response.status,
        "output": [item.to_dict(warnings=False) for item in response.output],
        "error": None if response.error is None else response.error.message,
        "reason": response.incomplete_details and response.incomplete_details.reason,
        "usage": None if response.usage is None else response.usage.to_dict(),
    }
