"""A JSON Schema of what `to_dict()` of message events gives, for those who read it elsewhere."""

from __future__ import annotations

from typing import Any, Final, get_args

from streamparse.aliases import CallKind, CallStatus, FinishReason, MessageStatus, ValueKind
from streamparse.message_events import AnyMessageEvent

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
_FIELDS: Final[dict[str, Any]] = {
    "call": {"$ref": "#/$defs/named_call"},
    "data": {},
    "error": {"$ref": "#/$defs/error"},
    "id": _TEXT_OR_NULL,
    "kind": {"enum": list(get_args(ValueKind))},
    "message": {"$ref": "#/$defs/message"},
    "model": _TEXT_OR_NULL,
    "name": _TEXT,
    "path": _PATH,
    "text": _TEXT,
    "usage": {"$ref": "#/$defs/usage"},
    "value": {},
}
_WHOLE_CALLS: Final = ("tool_call_completed", "tool_call_rejected", "tool_call_truncated")


def event_schema() -> dict[str, Any]:
    """Return a JSON Schema (draft 2020-12) of the dicts that `to_dict()` of message events gives.

    Generate types for another language from it, or validate what a web page receives. Objects may
    have members that the schema does not name.

    >>> event_schema()["$defs"]["text_delta"]["required"]
    ['type', 'choice', 'text']
    """
    kinds = {kind.type: kind for kind in get_args(AnyMessageEvent)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Message events of streamparse",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": {
            **{name: _event(name, kind.__match_args__) for name, kind in kinds.items()},
            "call": _call(),
            "error": _ERROR,
            "message": _message(),
            "named_call": _NAMED_CALL,
            "usage": {"type": "object", "properties": {"raw": {"type": "object"}}},
        },
    }


def _event(name: str, fields: tuple[str, ...]) -> dict[str, Any]:
    properties = {field: _FIELDS[field] for field in fields}
    if name in _WHOLE_CALLS:
        properties["call"] = {"$ref": "#/$defs/call"}
    return {
        "type": "object",
        "properties": {"type": {"const": name}, "choice": _INDEX, **properties},
        "required": ["type", "choice", *fields],
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
