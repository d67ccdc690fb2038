"""The SDK of Anthropic: `client.messages.stream()`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.scoreboard.readers.common import Found, Wire, found, http_module, module

_MESSAGES: Any = [{"role": "user", "content": "go"}]


def readers(name: str) -> dict[str, Any]:
    anthropic = module("anthropic")

    wire = Wire(http_module())
    client = anthropic.Anthropic(api_key="none", http_client=wire.client, max_retries=0)

    def messages(pieces: Iterable[bytes]) -> Found:
        """Return the calls of the final message, or those of completed blocks if there is none."""
        wire.pieces = pieces
        text, stopped = "", []
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=_MESSAGES) as stream:
                for event in stream:
                    if event.type == "text":
                        text += event.text
                    elif event.type == "content_block_stop":
                        stopped.append(event.content_block)
                message = stream.get_final_message()
        except Exception as error:
            return found(text, calls=_calls(stopped), raised=error)
        blocks = message.content
        return found(
            "".join(block.text for block in blocks if block.type == "text"),
            "".join(block.thinking for block in blocks if block.type == "thinking"),
            calls=_calls(blocks),
            reason=message.stop_reason,
        )

    return {"anthropic-messages": messages}


def _calls(blocks: Iterable[Any]) -> list[tuple[str | None, Any]]:
    return [(block.name, block.input) for block in blocks if block.type == "tool_use"]
