"""Claude by Bedrock's InvokeModelWithResponseStream: Anthropic's events, each inside a chunk.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
The last event also has `amazon-bedrock-invocationMetrics`. A body of InvokeModel is Anthropic's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.plain import text_of
from streamparse._wires.anthropic_events import EVENTS, AnthropicEvents
from streamparse._wires.bedrock_chunks import CHUNK

__all__ = ["BedrockInvokeAnthropic"]


class BedrockInvokeAnthropic(AnthropicEvents):
    """Reads events from chunks (see `envelopes`), or the same events decoded by the caller."""

    api: ClassVar[str] = "bedrock-invoke-anthropic"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return event == CHUNK and text_of(data.get("type")) in EVENTS

    def record(self, data: dict[str, Any], event: str) -> bool:
        return super().record(data, "" if event == CHUNK else event)
