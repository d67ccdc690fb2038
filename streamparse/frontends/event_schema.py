"""JSON Schemas of message events as plain data, for programs in other languages."""

from __future__ import annotations

from typing import Any, Final, get_args

from streamparse.aliases import CallKind, CallStatus, FinishReason, MessageStatus, ValueKind
from streamparse.message_events import AnySessionEvent, InputCompleted, InputDelta, ProviderEvent

__all__ = ["event_schema"]

_TEXT: Final = {"type": "string"}
_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
_INDEX: Final = {"type": "integer", "minimum": 0}
_PATH: Final = {"type": "array", "items": {"type": ["string", "integer"]}}
_ERROR: Final = {
    "type": "object",
    "properties": {
        "type": _TEXT,
        "code": _TEXT,
        "message": _TEXT,
        "offset": {"type": "integer"},
        "path": _PATH,
    },
    "required": ["type", "code", "message", "offset", "path"],
}
_NAMED_CALL: Final = {
    "type": "object",
    "properties": {"index": _INDEX, "id": _TEXT_OR_NULL, "name": _TEXT_OR_NULL},
    "required": ["index", "id", "name"],
}
_RESULT: Final = {
    "type": "object",
    "properties": {
        "type": {"const": "server_tool_result"},
        "call_id": _TEXT_OR_NULL,
        "name": _TEXT_OR_NULL,
        "content": {},
        "extra": {"type": "object"},
    },
    "required": ["type", "call_id", "name", "content"],
}
_FIELDS: Final[dict[str, Any]] = {
    "call": {"$ref": "#/$defs/named_call"},
    "data": {},
    "error": {"$ref": "#/$defs/error"},
    "id": _TEXT_OR_NULL,
    "item": _TEXT_OR_NULL,
    "kind": {"enum": list(get_args(ValueKind))},
    "message": {"$ref": "#/$defs/message"},
    "model": _TEXT_OR_NULL,
    "name": _TEXT,
    "path": _PATH,
    "result": {"$ref": "#/$defs/server_tool_result"},
    "size": _INDEX,
    "text": _TEXT,
    "usage": {"$ref": "#/$defs/usage"},
    "value": {},
}
_PATCH: Final = {"type": "array", "description": "Packed operations, see docs/patches.md"}
# The differences in compact records: the members of each, and those that may be left out.
_COMPACT: Final[dict[str, Any]] = {
    "call": _INDEX,
    "finish_reason": {"enum": list(get_args(FinishReason))},
    "id": _TEXT,
    "kind": {"enum": list(get_args(CallKind))},
    "model": _TEXT,
    "content": {"type": "array", "items": {"type": ["object", "integer", "array"]}},
    "open": {"type": ["array", "null"], "items": _PATH["items"]},
    "output": {"const": True},
    "part": {
        "type": "object",
        "properties": {"type": {"const": "file"}, "url": _TEXT, "media_type": _TEXT},
        "required": ["type", "url", "media_type"],
    },
    "patch": _PATCH,
    "raw_finish_reason": _TEXT,
    "reasoning": _TEXT,
    "refusal": _TEXT,
    "status": {"enum": list(get_args(MessageStatus))},
    "usage": {"type": "object", "additionalProperties": {"type": "integer"}},
}
_RECORDS: Final[dict[str, tuple[str, ...]]] = {
    "message_started": (),
    "text_delta": ("text",),
    "reasoning_delta": ("text",),
    "refusal_delta": ("text",),
    "tool_call_started": ("call", "kind"),
    "arguments": ("call", "patch"),
    "tool_call_completed": ("call",),
    "tool_call_rejected": ("call", "error"),
    "tool_call_truncated": ("call",),
    "server_tool_completed": ("result",),
    "output": ("patch",),
    "output_rejected": ("error",),
    "usage_updated": ("usage",),
    "audio_delta": ("size", "data"),
    "file": ("part",),
    "provider_event": ("name", "data"),
    "input_delta": ("text",),
    "input_completed": ("text",),
    "message_finished": ("status",),
    "message_failed": ("status", "error"),
}
_END: Final = (
    "id",
    "model",
    "finish_reason",
    "raw_finish_reason",
    "text",
    "reasoning",
    "refusal",
    "content",
    "output",
    "error",
)
_OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "message_started": ("id", "model"),
    "tool_call_started": ("id", "name"),
    "arguments": ("id", "open"),
    "output": ("open",),
    "audio_delta": ("item",),
    "input_delta": ("item",),
    "input_completed": ("item",),
    "message_finished": _END,
    "message_failed": _END,
}
_WHOLE_CALLS: Final = ("tool_call_completed", "tool_call_rejected", "tool_call_truncated")


def event_schema(*, compact: bool = False) -> dict[str, Any]:
    """Return a JSON Schema (draft 2020-12) of message events as plain data.

    Use it to generate types for another language, or to validate what a web page receives. Objects
    may have members that the schema does not name.

    Args:
        compact: Whether to describe the records of `frontends.CompactEvents`, which `sse_response`
            sends by default, instead of the dicts that `to_dict()` of an event returns.

    Returns:
        The schema.

    >>> event_schema()["$defs"]["text_delta"]["required"]
    ['type', 'choice', 'text']
    """
    if compact:
        return _compact_schema()
    kinds = {kind.type: kind for kind in get_args(AnySessionEvent)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Message events of streamparse",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": {
            **{name: _event(name, kind) for name, kind in kinds.items()},
            "call": _call(),
            "error": _ERROR,
            "message": _message(),
            "named_call": _NAMED_CALL,
            "server_tool_result": _RESULT,
            "usage": {"type": "object", "properties": {"raw": {"type": "object"}}},
        },
    }


def _compact_schema() -> dict[str, Any]:
    records = {
        name: _record(name, *fields, optional=_OPTIONAL.get(name, ()))
        for name, fields in _RECORDS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Compact message events of streamparse",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in (*records, "continuation")],
        "$defs": {
            **records,
            "continuation": {
                "type": "object",
                "description": "The members of the record before it are the same, but for this one",
                "properties": {"type": False, "text": _TEXT, "patch": _PATCH},
                "anyOf": [{"required": ["text"]}, {"required": ["patch"]}],
            },
            "error": _ERROR,
            "server_tool_result": _RESULT,
        },
    }


def _record(name: str, *fields: str, optional: tuple[str, ...]) -> dict[str, Any]:
    properties = {field: {**_FIELDS, **_COMPACT}[field] for field in (*fields, *optional)}
    return {
        "type": "object",
        "properties": {"type": {"const": name}, "choice": _INDEX, **properties},
        "required": ["type", *fields],
    }


# In a session, some events of the provider belong to no answer.
_CHOICES: Final[dict[type[Any], dict[str, Any]]] = {
    InputCompleted: {},
    InputDelta: {},
    ProviderEvent: {"choice": {"type": ["integer", "null"], "minimum": 0}},
}


def _event(name: str, kind: type[Any]) -> dict[str, Any]:
    fields: tuple[str, ...] = kind.__match_args__
    choice = _CHOICES.get(kind, {"choice": _INDEX})
    properties = {**choice, **{field: _FIELDS[field] for field in fields}}
    if name in _WHOLE_CALLS:
        properties["call"] = {"$ref": "#/$defs/call"}
    return {
        "type": "object",
        "properties": {"type": {"const": name}, **properties},
        "required": ["type", *choice, *fields],
    }


def _call() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            **_NAMED_CALL["properties"],  # type: ignore[dict-item]
            "type": {"const": "tool_call"},
            "kind": {"enum": list(get_args(CallKind))},
            "status": {"enum": list(get_args(CallStatus))},
            "arguments": {},
            "partial": {},
            "arguments_text": _TEXT,
            "raw_text": _TEXT,
            "errors": {"type": "array", "items": {"$ref": "#/$defs/error"}},
        },
        "required": ["type", "index", "id", "name", "kind", "status", "arguments", "partial"],
    }


def _message() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "id": _TEXT_OR_NULL,
            "model": _TEXT_OR_NULL,
            "content": {"type": "array", "items": {"type": "object", "required": ["type"]}},
            "text": _TEXT,
            "reasoning": _TEXT,
            "refusal": _TEXT,
            "tool_calls": {"type": "array", "items": {"$ref": "#/$defs/call"}},
            "output": {},
            "partial_output": {},
            "usage": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/usage"}]},
            "finish_reason": {"enum": [*get_args(FinishReason), None]},
            "raw_finish_reason": _TEXT_OR_NULL,
            "status": {"enum": list(get_args(MessageStatus))},
            "error": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/error"}]},
        },
        "required": ["id", "model", "content", "text", "tool_calls", "status", "finish_reason"],
    }
