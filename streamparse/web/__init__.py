"""Sends streams to web pages (extra `web`), such as `sse_response` and `ui_message_response`."""

from __future__ import annotations

from streamparse.web.records import encoded
from streamparse.web.redis_store import RedisStore
from streamparse.web.response import SSEResponse, sse_response, stop_stream
from streamparse.web.store import Batch, EventStore, ExpiredError, MemoryStore, WriterLostError
from streamparse.web.ui_messages import ag_ui_response, replay_response, ui_message_response

__all__ = [
    "Batch",
    "EventStore",
    "ExpiredError",
    "MemoryStore",
    "RedisStore",
    "SSEResponse",
    "WriterLostError",
    "ag_ui_response",
    "encoded",
    "replay_response",
    "sse_response",
    "stop_stream",
    "ui_message_response",
]
