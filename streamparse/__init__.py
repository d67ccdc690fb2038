"""Parse LLM output while it is still arriving.

Push text or bytes into a `JSONParser`, cut anywhere; get events, the partial value, and an honest
word on what is complete.
"""

from __future__ import annotations

from streamparse._core.grammar import COMPILED
from streamparse._decoding.jsonl import JSONLinesDecoder
from streamparse._decoding.sse import ServerSentEvent, SSEDecoder
from streamparse._drivers.json_stream import AsyncJSONStream, JSONStream, aiter_json, iter_json
from streamparse._drivers.stream import AsyncStream, Stream, stream
from streamparse._version import __version__
from streamparse.coalesce import Coalescer
from streamparse.dialect import REPAIR_CODES, Dialect, Repair
from streamparse.errors import (
    ERROR_CODES,
    VIOLATION_CODES,
    FormatError,
    IncompleteError,
    JSONSyntaxError,
    LimitError,
    ProviderError,
    SchemaViolation,
    StreamParseError,
    WireError,
)
from streamparse.event_records import event_schema
from streamparse.events import StringDelta, ValueCompleted, ValueEvent, ValueStarted
from streamparse.json_parser import JSONParser, parse
from streamparse.limits import Limits
from streamparse.message import (
    Citation,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)
from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)
from streamparse.message_parser import MessageParser
from streamparse.metrics import Metrics
from streamparse.patches import PatchApplier, PatchPacker, to_patches
from streamparse.paths import (
    Path,
    Query,
    Segment,
    json_pointer,
    normalized_path,
    parse_json_pointer,
    value_at,
)

__all__ = [
    "AnyMessageEvent",
    "ArgumentCompleted",
    "ArgumentDelta",
    "ArgumentStarted",
    "AsyncJSONStream",
    "AsyncStream",
    "COMPILED",
    "Citation",
    "Coalescer",
    "Dialect",
    "ERROR_CODES",
    "FormatError",
    "IncompleteError",
    "JSONLinesDecoder",
    "JSONParser",
    "JSONStream",
    "JSONSyntaxError",
    "LimitError",
    "Limits",
    "Message",
    "MessageEvent",
    "MessageFailed",
    "MessageFinished",
    "MessageParser",
    "MessageStarted",
    "Metrics",
    "OutputCompleted",
    "OutputDelta",
    "OutputRejected",
    "OutputStarted",
    "Part",
    "PatchApplier",
    "PatchPacker",
    "Path",
    "ProviderError",
    "ProviderEvent",
    "Query",
    "REPAIR_CODES",
    "Reasoning",
    "ReasoningDelta",
    "Refusal",
    "RefusalDelta",
    "Repair",
    "SSEDecoder",
    "SchemaViolation",
    "Segment",
    "ServerSentEvent",
    "ServerToolResult",
    "Stream",
    "StreamParseError",
    "StringDelta",
    "Text",
    "TextDelta",
    "ToolCall",
    "ToolCallCompleted",
    "ToolCallDelta",
    "ToolCallRejected",
    "ToolCallStarted",
    "ToolCallTruncated",
    "Usage",
    "UsageUpdated",
    "VIOLATION_CODES",
    "ValueCompleted",
    "ValueEvent",
    "ValueStarted",
    "WireError",
    "__version__",
    "aiter_json",
    "event_schema",
    "iter_json",
    "json_pointer",
    "normalized_path",
    "parse",
    "parse_json_pointer",
    "stream",
    "to_patches",
    "value_at",
]
