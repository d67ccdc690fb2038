"""The SDK of OpenAI: `client.chat.completions.stream()`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.scoreboard.readers.common import (
    RESPONSE_REASONS,
    TOOLS,
    Found,
    Show,
    Wire,
    found,
    http_module,
    module,
    parsed,
    schema_of,
)

_MESSAGES: Any = [{"role": "user", "content": "go"}]


def readers(name: str) -> dict[str, Any]:
    openai = module("openai")

    wire = Wire(http_module())
    client = openai.OpenAI(api_key="none", http_client=wire.client, max_retries=0)
    tools: Any = [
        {
            "type": "function",
            "function": {"name": name, "strict": True, "parameters": schema_of(name)},
        }
        for name in TOOLS
    ]

    flat: Any = [{"type": "function", **tool["function"]} for tool in tools]

    def chat(pieces: Iterable[bytes]) -> Found:
        """Return the calls of the final message, or those of `…arguments.done` events."""
        wire.pieces = pieces
        done: list[tuple[str | None, Any]] = []
        text, refusal = "", ""
        try:
            with client.chat.completions.stream(
                model="m", messages=_MESSAGES, tools=tools
            ) as stream:
                for event in stream:
                    if event.type == "content.delta":
                        text += event.delta
                    elif event.type == "refusal.delta":
                        refusal += event.delta
                    elif event.type == "tool_calls.function.arguments.done":
                        done.append((event.name, event.parsed_arguments))
                choice = stream.get_final_completion().choices[0]
        except Exception as error:
            return found(text, refusal=refusal, calls=done, raised=error)
        return _final(choice, done)

    def typed(pieces: Iterable[bytes], show: Show) -> Any:
        from benchmarks.scoreboard.readers.trip import Trip

        wire.pieces = pieces
        with client.chat.completions.stream(
            model="m", messages=_MESSAGES, response_format=Trip
        ) as stream:
            for event in stream:
                if event.type == "content.delta" and event.parsed is not None:
                    show(event.parsed)
            return stream.get_final_completion().choices[0].message.parsed

    def responses(pieces: Iterable[bytes]) -> Found:
        """Return the calls of the final response, or those of completed items."""
        wire.pieces = pieces
        text, refusal = "", ""
        done: list[Any] = []
        try:
            with client.responses.stream(model="m", input="go", tools=flat) as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        text += event.delta
                    elif event.type == "response.refusal.delta":
                        refusal += event.delta
                    elif event.type == "response.output_item.done":
                        done.append(event.item)
                response = stream.get_final_response()
        except Exception as error:
            return found(text, refusal=refusal, calls=_response_calls(done), raised=error)
        return _final_response(response, refusal)

    return {"openai-chat": chat, "openai-responses": responses, "typed": typed}


def _response_calls(items: Iterable[Any]) -> Iterator[tuple[str | None, Any]]:
    """Yield the calls whose status is `completed`, with their parsed arguments or their text."""
    for item in items:
        if item.type == "custom_tool_call":
            yield item.name, item.input
        elif item.type == "function_call" and item.status == "completed":
            ready = getattr(item, "parsed_arguments", None)
            yield from parsed([(item.name, ready or item.arguments)], "stop")


def _final_response(response: Any, refusal: str) -> Found:
    thoughts = [item for item in response.output if item.type == "reasoning"]
    reasoning = "".join(part.text for thought in thoughts for part in thought.summary)
    details = response.incomplete_details
    reason = RESPONSE_REASONS.get(details.reason if details else response.status)
    calls = _response_calls(response.output)
    return found(response.output_text, reasoning, refusal, calls, reason)


def _custom(call: Any) -> tuple[str, str]:
    """Return the name and text of a custom call, which some versions return as a dict."""
    return (call["name"], call["input"]) if isinstance(call, dict) else (call.name, call.input)


def _final(choice: Any, done: list[tuple[str | None, Any]]) -> Found:
    message = choice.message
    calls = [
        (call.function.name, call.function.parsed_arguments)
        for call in message.tool_calls or ()
        if call.type == "function"
    ]
    custom = [_custom(call.custom) for call in message.tool_calls or () if call.type == "custom"]
    given = calls if len(calls) >= len(done) else done
    return found(
        message.content,
        refusal=message.refusal,
        calls=[*given, *custom],
        reason=choice.finish_reason,
    )
