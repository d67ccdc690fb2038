"""Sends streams to web pages as server-sent events (extra `web`); see `sse_response`."""

from __future__ import annotations

from streamparse.web.records import encoded
from streamparse.web.response import SSEResponse, sse_response, stop_stream
from streamparse.web.store import Batch, EventStore, ExpiredError, MemoryStore

__all__ = [
    "Batch",
    "EventStore",
    "ExpiredError",
    "MemoryStore",
    "SSEResponse",
    "encoded",
    "sse_response",
    "stop_stream",
]
