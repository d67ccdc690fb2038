"""Sends streams to web pages (extra `web`): `sse_response`, `ui_message_response`."""

from __future__ import annotations

from streamparse.web.records import encoded
from streamparse.web.response import SSEResponse, sse_response, stop_stream
from streamparse.web.store import Batch, EventStore, ExpiredError, MemoryStore, WriterLostError
from streamparse.web.ui_messages import ui_message_response

__all__ = [
    "Batch",
    "EventStore",
    "ExpiredError",
    "MemoryStore",
    "SSEResponse",
    "WriterLostError",
    "encoded",
    "sse_response",
    "stop_stream",
    "ui_message_response",
]
