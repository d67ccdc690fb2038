"""Anthropic Messages: server-sent events of the API, of Vertex, and of compatible servers.

Source: https://docs.claude.com/en/api/messages-streaming. `anthropic_events` reads the events,
because Bedrock sends them too.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._wires.anthropic_events import EVENT_WORDS, EVENTS, AnthropicEvents

__all__ = ["AnthropicMessages"]


class AnthropicMessages(AnthropicEvents):
    """Reads events, which are named by their `type`, and whole bodies."""

    api: ClassVar[str] = "anthropic-messages"

    @classmethod
    def words(cls) -> frozenset[str]:
        return EVENT_WORDS

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        kind = data.get("type")
        if kind == "message":
            return isinstance(data.get("content"), list) and data.get("role") == "assistant"
        return isinstance(kind, str) and kind in EVENTS
