"""Encodes message events in the APIs of providers, for clients that speak one of these APIs.

An encoder takes the events of `stream()` or `MessageParser`, whatever API they come from, and
returns the records of a response in its own API. It does no I/O and reads no clock, so any web
framework can serve it.
"""

from __future__ import annotations

from streamparse.encoders.anthropic_messages import AnthropicMessages
from streamparse.encoders.openai_chat import OpenAIChat
from streamparse.encoders.openai_responses import OpenAIResponses

__all__ = ["AnthropicMessages", "OpenAIChat", "OpenAIResponses"]
