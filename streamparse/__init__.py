"""Parse LLM output while it is still arriving.

- `wrap` makes the client of an SDK return streams. `stream` reads any response of a model
  provider; `MessageParser` does the same, fed by hand.
- `JSONParser` reads JSON in fragments of any size, `iter_json` an iterable of them, `parse` a text.
- `Coalescer`, `to_patches` and `SSEDecoder` work with the events and their transport.

A module is imported when one of its names is first used, so that `import streamparse` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from streamparse._version import __version__

if TYPE_CHECKING:
    from streamparse._answers.metrics import Metrics
    from streamparse._clients.wrapped import wrap
    from streamparse._core.grammar import COMPILED
    from streamparse._decoding.jsonl import JSONLinesDecoder
    from streamparse._decoding.sse import ServerSentEvent, SSEDecoder
    from streamparse._drivers.argument_stream import ArgumentStream
    from streamparse._drivers.coalescer import Coalescer
    from streamparse._drivers.fields import AsyncFields, Fields
    from streamparse._drivers.json_stream import AsyncJSONStream, JSONStream, aiter_json, iter_json
    from streamparse._drivers.reconnect import Reconnect
    from streamparse._drivers.session import AsyncSession, Session, session
    from streamparse._drivers.stream import AsyncStream, Stream, stream
    from streamparse._drivers.tool_runner import ToolRunner
    from streamparse._drivers.toolbox import Toolbox
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
        ToolError,
        WireError,
    )
    from streamparse.events import StringDelta, ValueCompleted, ValueEvent, ValueStarted
    from streamparse.frontends.event_schema import event_schema
    from streamparse.frontends.patches import PatchApplier, PatchPacker, to_patches
    from streamparse.json_parser import JSONParser, parse
    from streamparse.limits import Limits
    from streamparse.message import (
        Audio,
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
        AnySessionEvent,
        ArgumentCompleted,
        ArgumentDelta,
        ArgumentStarted,
        AudioDelta,
        InputCompleted,
        InputDelta,
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
        ServerToolCompleted,
        TextDelta,
        ToolCallCompleted,
        ToolCallDelta,
        ToolCallRejected,
        ToolCallStarted,
        ToolCallTruncated,
        UsageUpdated,
    )
    from streamparse.message_parser import MessageParser
    from streamparse.paths import (
        Path,
        Query,
        Segment,
        json_pointer,
        normalized_path,
        parse_json_pointer,
        value_at,
    )
    from streamparse.session_parser import SessionParser

__all__ = [
    "AnyMessageEvent",
    "AnySessionEvent",
    "ArgumentCompleted",
    "ArgumentDelta",
    "ArgumentStarted",
    "ArgumentStream",
    "AsyncFields",
    "AsyncJSONStream",
    "AsyncSession",
    "AsyncStream",
    "Audio",
    "AudioDelta",
    "COMPILED",
    "Citation",
    "Coalescer",
    "Dialect",
    "ERROR_CODES",
    "Fields",
    "FormatError",
    "IncompleteError",
    "InputCompleted",
    "InputDelta",
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
    "Reconnect",
    "Refusal",
    "RefusalDelta",
    "Repair",
    "SSEDecoder",
    "SchemaViolation",
    "Segment",
    "ServerSentEvent",
    "ServerToolCompleted",
    "ServerToolResult",
    "Session",
    "SessionParser",
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
    "ToolError",
    "ToolRunner",
    "Toolbox",
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
    "session",
    "stream",
    "to_patches",
    "value_at",
    "wrap",
]


# The modules that the names above come from, for `__getattr__`.
_MODULES: Final = {
    "_answers.metrics": "Metrics",
    "_clients.wrapped": "wrap",
    "_core.grammar": "COMPILED",
    "_decoding.jsonl": "JSONLinesDecoder",
    "_decoding.sse": "ServerSentEvent SSEDecoder",
    "_drivers.coalescer": "Coalescer",
    "_drivers.fields": "AsyncFields Fields",
    "_drivers.json_stream": "AsyncJSONStream JSONStream aiter_json iter_json",
    "_drivers.session": "AsyncSession Session session",
    "_drivers.stream": "AsyncStream Stream stream",
    "_drivers.reconnect": "Reconnect",
    "_drivers.argument_stream": "ArgumentStream",
    "_drivers.tool_runner": "ToolRunner",
    "_drivers.toolbox": "Toolbox",
    "dialect": "REPAIR_CODES Dialect Repair",
    "errors": (
        "ERROR_CODES VIOLATION_CODES FormatError IncompleteError JSONSyntaxError LimitError"
        " ProviderError SchemaViolation StreamParseError ToolError WireError"
    ),
    "events": "StringDelta ValueCompleted ValueEvent ValueStarted",
    "frontends.event_schema": "event_schema",
    "frontends.patches": "PatchApplier PatchPacker to_patches",
    "json_parser": "JSONParser parse",
    "limits": "Limits",
    "message": "Audio Citation Message Part Reasoning Refusal ServerToolResult Text ToolCall Usage",
    "message_events": (
        "AnyMessageEvent AnySessionEvent ArgumentCompleted ArgumentDelta ArgumentStarted"
        " AudioDelta InputCompleted InputDelta MessageEvent"
        " MessageFailed MessageFinished MessageStarted OutputCompleted OutputDelta"
        " OutputRejected OutputStarted ProviderEvent ReasoningDelta RefusalDelta"
        " ServerToolCompleted TextDelta"
        " ToolCallCompleted ToolCallDelta ToolCallRejected ToolCallStarted ToolCallTruncated"
        " UsageUpdated"
    ),
    "message_parser": "MessageParser",
    "paths": "Path Query Segment json_pointer normalized_path parse_json_pointer value_at",
    "session_parser": "SessionParser",
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names.split()}
_SUBMODULES: Final = (
    "aliases", "batch", "dialect", "errors", "events", "formats", "frontends",
    "json_parser", "limits", "message", "message_events", "message_parser", "models",
    "paths", "protocols", "schema", "session_parser",
    "telemetry", "terminal", "web",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for: one of `__all__`, or a public module (PEP 562)."""
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
