"""`ChatRequest`: what a request for a chat completion asks of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from streamparse._core.plain import json_text
from streamparse.errors import StreamParseError
from streamparse.gateway.settings import Settings
from streamparse.message_parser import MessageParser

try:
    import jsonschema  # noqa: F401  # without it, calls would not be checked
except ImportError as _error:
    needs = "streamparse.gateway needs jsonschema: pip install 'llm-streamparse[gateway]'"
    raise ImportError(needs, name=_error.name) from _error

__all__ = ["ChatRequest"]

_AGAIN: Final = (
    "{reason} Write all of your tool calls again, with arguments that are valid for the tools."
)


@dataclass(frozen=True)
class ChatRequest:
    """A request for a chat completion.

    Attributes:
        data: Its body.
        content: The body as the client wrote it, or as the gateway wrote it anew.
    """

    data: dict[str, Any]
    content: bytes

    @classmethod
    def read(cls, content: bytes) -> ChatRequest | None:
        """Return the request, or None for a body that only the upstream can judge."""
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            return None
        return cls(data, content) if isinstance(data, dict) else None

    @property
    def tools(self) -> list[Any]:
        """The tools that the model may call."""
        tools = self.data.get("tools")
        allowed = self.data.get("tool_choice") != "none"
        return tools if isinstance(tools, list) and allowed else []

    @property
    def can_be_repeated(self) -> bool:
        """Whether a correction can be asked for: of one answer, to messages."""
        several = self.data.get("n") not in (None, 1)
        return bool(self.tools) and isinstance(self.data.get("messages"), list) and not several

    def parser(self, settings: Settings) -> MessageParser:
        """Return a parser for an answer."""
        tools: Any = self.tools
        try:
            return self._parser(settings, tools)
        except (StreamParseError, TypeError, ValueError):
            # The upstream judges tools that are not tools. Their calls cannot be checked.
            return self._parser(settings, None)

    def _parser(self, settings: Settings, tools: list[Any] | None) -> MessageParser:
        has_tools = bool(self.tools)
        if not has_tools and settings.format != "auto":
            tools = None  # calls that the server has parsed pass, whoever declared their tools
        return MessageParser(
            "openai-chat",
            format=settings.reading(has_tools),
            tools=tools,
            tools_errors="skip",
            coerce=settings.coerce,
            limits=settings.limits,
            telemetry=settings.telemetry,
        )

    def again(self, text: str, reason: str) -> ChatRequest:
        """Return a request for a correction.

        Args:
            text: The text of the answer as the model wrote it.
            reason: What is wrong with it.
        """
        more = [{"role": "assistant", "content": text}] if text else []
        more.append({"role": "user", "content": _AGAIN.format(reason=reason)})
        data = {**self.data, "messages": [*self.data["messages"], *more]}
        return ChatRequest(data, json_text(data).encode())
