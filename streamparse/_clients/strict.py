"""Strict schemas: what OpenAI and Mistral accept with `"strict": true`.

Source: https://platform.openai.com/docs/guides/structured-outputs, and `to_strict_json_schema` of
the openai package. Every object lists its properties, requires all of them and allows no others.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["strict_schema"]

_KEPT: Final = frozenset(
    (
        *("title", "description", "type", "enum", "const", "$ref", "pattern"),
        *("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "minLength", "maxLength"),
    )
)
# Formats that the API accepts; others are left out.
_FORMATS: Final = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
)
_DROPPED: Final = frozenset(("default", "examples", "discriminator", "deprecated", "$schema"))
_OBJECT: Final = frozenset(("properties", "required", "additionalProperties"))


class _Loose(Exception):
    """The schema cannot be strict."""


def strict_schema(schema: Any) -> dict[str, Any] | None:
    """Return a schema as a strict one, or None if it cannot be expressed.

    Fields with a default become required, so the model always writes them. A schema cannot be
    strict if an object has members that it does not name, or if a value may be anything.

    >>> strict_schema({"type": "object", "properties": {"days": {"type": "integer", "default": 1}}})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'type': 'object', 'properties': {'days': {'type': 'integer'}},
     'required': ['days'], 'additionalProperties': False}
    >>> strict_schema({"type": "object"}) is None
    True
    """
    try:
        found = _strict(schema)
    except _Loose:
        return None
    return found if found.get("type") == "object" else None  # the root has to be an object


def _strict(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict) or not schema:
        raise _Loose
    made: dict[str, Any] = {}
    for name, value in schema.items():
        if name in _KEPT:
            made[name] = value
        elif name in ("$defs", "definitions"):
            made[name] = {key: _strict(entry) for key, entry in value.items()}
        elif name in ("anyOf", "oneOf"):
            made["anyOf"] = [_strict(entry) for entry in value]
        elif name == "items":
            made[name] = _strict(value)
        elif name == "format":
            if value in _FORMATS:
                made[name] = value
        elif name not in _DROPPED and name not in _OBJECT:
            raise _Loose
    if "object" in _kinds(schema) or "properties" in schema:
        made.update(_closed(schema))
    if "array" in _kinds(schema) and "items" not in made:
        raise _Loose
    if not any(name in made for name in ("type", "anyOf", "$ref", "enum", "const")):
        raise _Loose
    return _without_siblings(made)


def _kinds(schema: dict[str, Any]) -> list[Any]:
    kinds = schema.get("type")
    return kinds if isinstance(kinds, list) else [kinds]


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords of an object that has exactly its named properties."""
    properties = schema.get("properties")
    if not properties or schema.get("additionalProperties", False) is not False:
        raise _Loose
    return {
        "properties": {name: _strict(value) for name, value in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def _without_siblings(made: dict[str, Any]) -> dict[str, Any]:
    """Put a `$ref` into an `anyOf`, because the API refuses other keywords beside it."""
    beside = {name: value for name, value in made.items() if name not in ("$ref", "$defs")}
    if "$ref" not in made or not beside:
        return made
    reference = made.pop("$ref")
    return {**made, "anyOf": [{"$ref": reference}]}
