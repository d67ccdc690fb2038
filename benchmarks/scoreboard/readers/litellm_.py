"""LiteLLM: `completion(stream=True)` and `stream_chunk_builder`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.scoreboard.readers.common import (
    TOOLS,
    Found,
    Wire,
    found,
    module,
    parsed,
    schema_of,
)

_MESSAGES: Any = [{"role": "user", "content": "go"}]


def readers(name: str) -> dict[str, Any]:
    httpx = module("httpx")
    litellm = module("litellm")
    openai = module("openai")
    HTTPHandler = module("litellm.llms.custom_httpx.http_handler").HTTPHandler

    litellm.suppress_debug_info = True
    wire = Wire(httpx)
    client = openai.OpenAI(api_key="none", http_client=wire.client, max_retries=0)
    handler = HTTPHandler(client=wire.client)
    tools = [
        {"type": "function", "function": {"name": name, "parameters": schema_of(name)}}
        for name in TOOLS
    ]

    def read(model: str, pieces: Iterable[bytes], **options: Any) -> Found:
        wire.pieces = pieces
        chunks: list[Any] = []
        try:
            response = litellm.completion(
                model=model,
                messages=_MESSAGES,
                tools=tools,
                stream=True,
                api_key="none",
                num_retries=0,
                **options,
            )
            chunks.extend(response)
            built: Any = litellm.stream_chunk_builder(chunks, messages=_MESSAGES)
        except Exception as error:
            text = "".join(
                choice.delta.content or "" for chunk in chunks for choice in chunk.choices
            )
            return found(text, raised=error)
        return _built(built)

    return {
        "openai-chat": lambda pieces: read("openai/some-model", pieces, client=client),
        "anthropic-messages": lambda pieces: read(
            "anthropic/claude-some-model", pieces, client=handler, max_tokens=9
        ),
    }


def _built(built: Any) -> Found:
    if built is None:
        return found()
    choice = built.choices[0]
    message = choice.message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    legacy = getattr(message, "function_call", None)
    if legacy and not calls:
        calls = [(legacy.name, legacy.arguments)]
    return found(
        message.content,
        getattr(message, "reasoning_content", None),
        getattr(message, "refusal", None),
        parsed(calls, choice.finish_reason),
        choice.finish_reason,
    )
