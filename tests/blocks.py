"""Events of Anthropic's Messages API, and Bedrock's binary frames, for tests.

This module does not import hypothesis.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable
from typing import Any

from tests.messages import dumped

Event = dict[str, Any]

STOP: Event = {"type": "message_stop"}


def start(identity: str = "msg-1", **more: Any) -> Event:
    message: Event = {
        "id": identity,
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 1},
    }
    return {"type": "message_start", "message": {**message, **more}}


def begin(index: int, kind: str, **fields: Any) -> Event:
    block = {"type": kind, **fields}
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, value: Any, **more: Any) -> Event:
    """Return a delta of this kind, whose only field has this value."""
    fields = {
        "text_delta": "text",
        "input_json_delta": "partial_json",
        "thinking_delta": "thinking",
        "signature_delta": "signature",
        "citations_delta": "citation",
    }
    inside = {"type": kind, fields.get(kind, "value"): value, **more}
    return {"type": "content_block_delta", "index": index, "delta": inside}


def stop(index: int) -> Event:
    return {"type": "content_block_stop", "index": index}


def stopped(reason: str | None, usage: Any = None, **more: Any) -> Event:
    """Return a `message_delta`."""
    fields = {"stop_reason": reason, "stop_sequence": None, **more}
    return {"type": "message_delta", "delta": fields, "usage": usage or {"output_tokens": 20}}


def body(*content: Any, reason: str | None = "end_turn", **more: Any) -> Event:
    """Return a whole answer that is not streamed."""
    message: Event = {**start()["message"], "content": list(content), "stop_reason": reason}
    return {**message, **more}


def sse(events: Iterable[Event]) -> bytes:
    texts = (f"event: {event['type']}\ndata: {dumped(event)}\n\n" for event in events)
    return "".join(texts).encode()


# Bedrock


def chunk(event: Event) -> Event:
    """Return the event as the payload of a chunk of InvokeModel."""
    text = base64.b64encode(json.dumps(event).encode()).decode()
    return {"bytes": text, "p": "abcdefg"}


def frame(name: str, payload: Any, kind: str = "event") -> bytes:
    """Return a binary frame with this event, or with an exception for `kind="exception"`."""
    named = {":message-type": kind, f":{kind}-type": name, ":content-type": "application/json"}
    headers = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value
        for key, value in ((key, value.encode()) for key, value in named.items())
    )
    content = headers + dumped(payload).encode()
    prelude = struct.pack("!II", 16 + len(content), len(headers))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + content
    return whole + struct.pack("!I", zlib.crc32(whole))
