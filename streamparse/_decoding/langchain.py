"""Converts LangChain's messages to chunks of OpenAI Chat Completions, without importing LangChain.

LangChain's chat models give an `AIMessageChunk` for a piece of an answer and an `AIMessage` for a
whole one, whatever the provider. `content_blocks` has their content in LangChain's standard form.

Source: `langchain_core.messages.ai` and `langchain_core.messages.content`, version 1.

- The last chunk of every stream has `chunk_position="last"`, also after a broken connection, so
  only the reason in `response_metadata` ends an answer.
- The token counts of the chunks add up to those of the answer.
- A server's own tool calls, images and other blocks are passed on.

`stream_events(version="v3")` gives events of content blocks instead (source:
`langchain_protocol.protocol`, version 0.0.20). The signature of reasoning and other fields that
come at the end of a block are left to LangChain's own message.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["ADDED_USAGE", "BlockEvents", "message_chunk"]

# The `object` of a chunk whose usage is added to that of the chunks before.
ADDED_USAGE: Final = "chat.completion.chunk.added"

# Where the providers' reason is in `response_metadata`: OpenAI and Google; Anthropic; Bedrock;
# Ollama; OpenAI Responses.
_REASONS: Final = ("finish_reason", "stop_reason", "stopReason", "done_reason", "status")
_CALLS: Final = frozenset(("tool_call", "tool_call_chunk", "invalid_tool_call"))


def message_chunk(message: Any) -> dict[str, Any]:
    """Return an `AIMessageChunk` as a chunk, or an `AIMessage` as a whole body."""
    metadata = message.response_metadata
    chunk: dict[str, Any] = {
        "id": message.id,
        "object": ADDED_USAGE,
        "model": metadata.get("model_name") or metadata.get("model"),
    }
    choice: dict[str, Any] = {"index": 0, "finish_reason": _reason_in(metadata)}
    if hasattr(message, "tool_call_chunks"):
        calls = [_call_delta(call) for call in message.tool_call_chunks]
        choice["delta"] = {"content": _content(message), "tool_calls": calls}
    else:
        calls = [_whole_call(call) for call in (*message.tool_calls, *message.invalid_tool_calls)]
        choice["message"] = {"content": _content(message), "tool_calls": calls}
    chunk["choices"] = [choice]
    if message.usage_metadata:
        chunk["usage"] = _usage(message.usage_metadata)
    return chunk


def _reason_in(metadata: dict[str, Any]) -> str | None:
    for name in _REASONS:
        reason = metadata.get(name)
        if reason == "incomplete":
            reason = (metadata.get("incomplete_details") or {}).get("reason") or reason
        if isinstance(reason, str):
            return reason
    return None


def _content(message: Any) -> Any:
    """Return the text, or the list of parts if there is anything but text."""
    if isinstance(message.content, str) and "reasoning_content" not in message.additional_kwargs:
        return message.content
    return [_part(block) for block in message.content_blocks if block["type"] not in _CALLS]


def _part(block: dict[str, Any]) -> Any:
    if block["type"] == "reasoning":
        signature = (block.get("extras") or {}).get("signature")
        return {"type": "thinking", "thinking": block.get("reasoning"), "signature": signature}
    return block.get("value") if block["type"] == "non_standard" else block


def _call_delta(call: dict[str, Any]) -> dict[str, Any]:
    function = {"name": call.get("name"), "arguments": call.get("args")}
    return {"index": call.get("index"), "id": call.get("id"), "function": function}


def _whole_call(call: dict[str, Any]) -> dict[str, Any]:
    return {"id": call.get("id"), "function": {"name": call["name"], "arguments": call["args"]}}


def _usage(counts: dict[str, Any]) -> dict[str, Any]:
    """Return token counts under the names of OpenAI."""
    taken, given = counts.get("input_token_details"), counts.get("output_token_details")
    usage: dict[str, Any] = {
        "prompt_tokens": counts.get("input_tokens"),
        "completion_tokens": counts.get("output_tokens"),
        "total_tokens": counts.get("total_tokens"),
    }
    if taken:
        cached, written = taken.get("cache_read"), taken.get("cache_creation")
        details = {"cached_tokens": cached, "cache_write_tokens": written}
        usage["prompt_tokens_details"] = details
    if given:
        usage["completion_tokens_details"] = {"reasoning_tokens": given.get("reasoning")}
    return usage


class BlockEvents:
    """Converts the events of content blocks of one message to chunks."""

    def __init__(self) -> None:
        self._streamed: set[Any] = set()  # the indexes of calls whose arguments come in pieces

    def chunk(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return an event as a chunk, or None if it has nothing new."""
        kind, metadata = event.get("event"), event.get("metadata") or {}
        if kind == "error":
            return {"error": {"message": event.get("message"), "code": event.get("code")}}
        if kind == "message-start":
            return {"id": event.get("id"), "model": metadata.get("model"), **_delta({})}
        if kind == "message-finish":
            chunk = {"model": metadata.get("model_name") or metadata.get("model"), **_delta({})}
            chunk["choices"][0]["finish_reason"] = _reason_in(metadata)
            return {**chunk, "usage": _usage(event.get("usage") or {})}
        block = event.get("content") or event.get("delta") or {}
        delta = self._block(kind, event.get("index"), block)
        return None if delta is None else _delta(delta)

    def _block(self, kind: Any, index: Any, block: dict[str, Any]) -> dict[str, Any] | None:
        name = block.get("type")
        if name in ("tool_call_chunk", "tool-call-delta"):
            self._streamed.add(index)
            return {"tool_calls": [{**_call_delta(block), "index": index}]}
        if name in _CALLS:
            if kind != "content-block-finish" or index in self._streamed:
                return None
            return {"tool_calls": [{**_whole_call(block), "index": index}]}
        if name in ("text", "reasoning"):  # the whole of it at the end
            return None if kind == "content-block-finish" else {"content": [_part(block)]}
        if name == "text-delta":
            return {"content": block.get("text")}
        if name == "reasoning-delta":
            return {"content": [_part({**block, "type": "reasoning"})]}
        return {"content": [_part(block)]} if kind == "content-block-finish" else None


def _delta(delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return {"object": "chat.completion.chunk", "choices": [choice]}
