"""Where an alternative fails, and what a violation says about it.

The functions named `..._fails` return the index in the new text of the character at which a shape
fails, or None. `REASONS` and `describe` give the message and code; they do not depend on how the
text was cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse.models.frames import Frame
from streamparse.models.shapes import Shape, Slot
from streamparse.paths import Path

__all__ = [
    "REASONS",
    "code_of",
    "describe",
    "end_fails",
    "has_words",
    "is_bounded",
    "key_end_fails",
    "key_fails",
    "room_fails",
    "text_end_fails",
    "text_fails",
    "wrong_kind",
]

# The keyword of JSON Schema with the same meaning as an error type of pydantic. Other types are
# known by their ending.
_CODES: Final[dict[str, str]] = {
    "missing": "required",
    "missing_argument": "required",
    "extra_forbidden": "additionalProperties",
    "unexpected_keyword_argument": "additionalProperties",
    "literal_error": "enum",
    "enum": "enum",
    "string_too_short": "minLength",
    "string_too_long": "maxLength",
    "bytes_too_short": "minLength",
    "bytes_too_long": "maxLength",
    "string_pattern_mismatch": "pattern",
    "too_short": "minItems",
    "too_long": "maxItems",
    "greater_than": "exclusiveMinimum",
    "greater_than_equal": "minimum",
    "less_than": "exclusiveMaximum",
    "less_than_equal": "maximum",
    "multiple_of": "multipleOf",
    "union_tag_invalid": "oneOf",
    "union_tag_not_found": "oneOf",
    "none_required": "type",
    "recursion_loop": "depth",
}
_ENDINGS: Final = (
    ("_type", "type"),
    ("_parsing", "format"),
    ("_parsing_size", "format"),
    ("_version", "format"),
    ("_scheme", "format"),
    ("_syntax_violation", "format"),
    ("_inexact", "format"),
    ("_invalid", "format"),
    ("_digits", "format"),
    ("_places", "format"),
    ("_number", "format"),
    ("_from_float", "type"),
    ("_past", "value_error"),
)


def code_of(kind: str) -> str:
    """Return the code for an error type of pydantic.

    >>> code_of("missing"), code_of("int_parsing"), code_of("my_own")
    ('required', 'format', 'value_error')
    """
    known = _CODES.get(kind)
    if known is None:
        known = next((code for ending, code in _ENDINGS if kind.endswith(ending)), "value_error")
    return known


def room_fails(shape: Shape, count: int) -> int | None:
    """`count`: the items or members that there are before the next one."""
    return 0 if shape.most is not None and count >= shape.most else None


def text_end_fails(shape: Shape, whole: str) -> int | None:
    return 0 if shape.words is not None and whole not in shape.words else None


def _first_misfit(words: tuple[str, ...], before: str, text: str) -> int | None:
    """Return the index in `text` of the first character that continues no word after `before`."""
    whole = before + text
    if any(word.startswith(whole) for word in words):
        return None
    for length in range(len(before) + 1, len(whole)):
        if not any(word.startswith(whole[:length]) for word in words):
            return length - 1 - len(before)
    return len(text) - 1


def _key_words(shape: Shape) -> tuple[str, ...] | None:
    return shape.names if shape.closed else shape.key_words


def key_fails(shape: Shape, before: str, text: str) -> int | None:
    words = _key_words(shape)
    return None if words is None else _first_misfit(words, before, text)


def key_end_fails(shape: Shape, key: str) -> int | None:
    words = _key_words(shape)
    return None if words is None or key in words else 0


def has_words(shapes: list[Shape]) -> bool:
    return any(shape.words is not None for shape in shapes)


def is_bounded(shapes: list[Shape]) -> bool:
    return any(shape.words is not None or shape.longest is not None for shape in shapes)


def text_fails(shape: Shape, whole: str, before: int, text: str) -> int | None:
    if shape.words is not None:
        return _first_misfit(shape.words, whole[:before], text)
    if shape.longest is not None and before + len(text) > shape.longest:
        return max(shape.longest - before, 0)
    return None


def end_fails(shape: Shape, frame: Frame) -> int | None:
    if frame.kind == "array":
        return 0 if frame.index < shape.fewest else None
    return 0 if _lacking(shape, frame) else None


def _lacking(shape: Shape, frame: Frame) -> list[str]:
    """Return the required keys that did not arrive."""
    return [keys[0] for _, keys in shape.required if not any(key in frame.seen for key in keys)]


def wrong_kind(slot: Slot, kind: str) -> tuple[str, str]:
    labels = list(dict.fromkeys(shape.label for shape in slot.shapes))
    return f"expected {' or '.join(labels)}, not {_KIND_NAMES.get(kind, kind)}", "type"


_KIND_NAMES: Final = {"object": "an object", "array": "an array", "string": "a string"}


def _key_reason(shape: Shape, frame: Frame) -> tuple[str, str]:
    words = _key_words(shape) or ()
    return f"{shape.label} has no such key; it has {_listed(words)}", "additionalProperties"


def _text_reason(shape: Shape, frame: Frame) -> tuple[str, str]:
    if shape.words is not None:
        return f"the text must be {_listed(shape.words)}", "enum"
    return f"the text must have at most {shape.longest} characters", "maxLength"


def _end_reason(shape: Shape, frame: Frame) -> tuple[str, str]:
    if frame.kind == "array":
        return f"the array must have at least {shape.fewest} items", "minItems"
    names = ", ".join(repr(name) for name in _lacking(shape, frame))
    return f"{shape.label} needs {names}", "required"


def _room_reason(shape: Shape, frame: Frame) -> tuple[str, str]:
    if frame.kind == "object":
        return f"the object must have at most {shape.most} members", "maxProperties"
    return f"the array must have at most {shape.most} items", "maxItems"


REASONS: Final[dict[str, Callable[[Shape, Frame], tuple[str, str]]]] = {
    "key": _key_reason,
    "text": _text_reason,
    "end": _end_reason,
    "room": _room_reason,
}
_SHOWN_WORDS: Final = 12


def _listed(words: tuple[str, ...]) -> str:
    shown = " or ".join(repr(word) for word in words[:_SHOWN_WORDS])
    return shown + " or ..." if len(words) > _SHOWN_WORDS else shown or "none"


def describe(error: Exception, value: Any) -> tuple[str, str, Path]:
    """Return the message, code and place (inside `value`) of an error raised by a validator."""
    if isinstance(error, RecursionError):
        return "the value is nested more deeply than pydantic reads", "depth", ()
    listing = getattr(error, "errors", None)
    if not callable(listing):
        message, code = f"a validator raised {type(error).__name__}: {error}", "value_error"
        return message, code, ()
    found = listing(include_url=False, include_input=False)
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    code = code_of(first["type"])
    message = first["msg"]
    if first["type"] == "json_invalid":
        code = "depth" if "recursion" in message else "format"
    if first.get("ctx", {}).get("field_type") == "Dictionary":
        code = code.replace("Items", "Properties")
    return f"{message}{more}", code, _place(first["loc"], value)


def _place(loc: tuple[Any, ...], value: Any) -> Path:
    """Return pydantic's location without the steps that are not keys or indexes of the value."""
    path: list[str | int] = []
    for step in loc:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        ):
            value = value[step]
        else:
            continue
        path.append(step)
    return tuple(path)
