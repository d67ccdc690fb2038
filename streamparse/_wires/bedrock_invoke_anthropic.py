"""Claude by Bedrock's InvokeModelWithResponseStream: Anthropic's events, each inside a chunk.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
The last event carries `amazon-bedrock-invocationMetrics` too. A body of InvokeModel is Anthropic's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.plain import shown
from streamparse._wires.anthropic_events import EVENTS, AnthropicEvents
from streamparse._wires.bedrock_chunks import exception_of, payload_of
from streamparse.errors import StreamParseError

__all__ = ["BedrockInvokeAnthropic"]


class BedrockInvokeAnthropic(AnthropicEvents):
    """Chunks, or the events in them where the caller has decoded these."""

    api: ClassVar[str] = "bedrock-invoke-anthropic"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        try:
            payload = payload_of(data, event)
        except StreamParseError:
            return False
        return payload is not None and payload.get("type") in EVENTS

    def record(self, data: dict[str, Any], event: str) -> bool:
        payload = payload_of(data, event)
        if payload is not None:
            if not super().record(payload, ""):
                self.turns.at(0).pass_on(shown(payload.get("type") or "chunk"), payload)
            return True
        error = exception_of(data)
        if error is not None:
            self.turns.fail(error)
            return True
        return super().record(data, event)
