"""Untrusted values from a provider: typed access, and compact JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from numbers import Number
from typing import Any, Final

from streamparse._core.shown import int_text
from streamparse._core.sink import Sink
from streamparse._core.transcriber import Transcriber, emit_key, emit_value
from streamparse._core.writer import Writer

__all__ = [
    "dict_of",
    "grow_in",
    "is_something",
    "is_index",
    "json_text",
    "list_of",
    "number_of",
    "shown",
    "text_of",
    "weight_of",
]

# `json.dumps` with options would create an encoder for each call.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# Larger than any index in a record.
_LARGEST_INDEX: Final = 2**31 - 1
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def json_text(value: Any) -> str:
    """Return `value` as compact JSON on one line, which UTF-8 can encode.

    The value may be of any depth. Infinity (a number like 1e400) becomes 1e999, lone surrogates are
    escaped, and values of other types become strings.

    >>> json_text({"text": "\\n", "path": ["a", 0]})
    '{"text":"\\\\n","path":["a",0]}'
    """
    try:
        text = _ENCODER.encode(value)
    except (RecursionError, TypeError, ValueError):
        # It is too deep, contains an infinity or an integer of many digits, or is not plain data.
        text = _written(value)
    return text if text.isascii() else _LONE_SURROGATE.sub(_escaped, text)


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate.group()):04x}"


def _written(value: Any) -> str:
    """Return the JSON text of any value, without recursion; see `json_text`."""
    writer = Writer()
    open_containers: list[Iterator[tuple[str | None, Any]]] = [iter([(None, value)])]
    while open_containers:
        for key, child in open_containers[-1]:
            if key is not None:
                emit_key(key, writer)
            inside = _begun(writer, child)
            if inside is not None:
                open_containers.append(inside)
                break
        else:
            open_containers.pop()
            if open_containers:
                writer.end(0)
    return writer.take()


def _begun(writer: Writer, value: Any) -> Iterator[tuple[str | None, Any]] | None:
    """Write a scalar, or the start of a container; return the content of a container."""
    if isinstance(value, dict):
        writer.start_object(0)
        # A list, because mypyc would evaluate a generator expression at once too.
        return iter([(shown(key), item) for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        writer.start_array(0)
        return iter([(None, item) for item in value])
    if value is None or isinstance(value, Number):
        writer.scalar(value, 0)
    else:
        writer.start_string(0)
        writer.text(str(value), 0)
        writer.end_string(0)
    return None


def shown(value: Any) -> str:
    """Return a value of a record as text: a string as it is, a container as JSON.

    Use this in place of `str` for whatever a provider sent: `str` raises `RecursionError` for deep
    containers and `ValueError` for integers of many digits.
    """
    if isinstance(value, (dict, list)):
        text = Transcriber(Sink())
        emit_value(value, text)
        return text.take()
    if isinstance(value, int) and not isinstance(value, bool):
        return int_text(value)
    return str(value)


# An adapter treats a missing value, null and a value of the wrong type alike.


def text_of(value: Any) -> str:
    """Return `value` if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def dict_of(value: Any) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return `value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def grow_in(holder: Any, key: str | int, text: str) -> None:
    """Append to the text in a dict or list, in place where CPython can."""
    whole = text_of(holder.get(key) if isinstance(holder, dict) else holder[key])
    holder[key] = ""  # the local reference is the only one, so CPython appends in place
    whole += text
    holder[key] = whole


def is_something(value: Any) -> bool:
    """Whether `value` is not null, not `""` and not an empty container."""
    if value is None:
        return False
    if isinstance(value, str):
        return value != ""
    return len(value) > 0 if isinstance(value, (list, dict)) else True


def number_of(value: Any, other: Any = None) -> int | None:
    """Return `value` if it is an integer; otherwise `other` if that is one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return other if isinstance(other, int) and not isinstance(other, bool) else None


def is_index(value: Any) -> bool:
    """Whether `value` is an integer in the range of an index.

    Larger integers are not used as keys of a dict: an integer hashes to itself modulo a known
    prime, so a sender could choose keys that all collide.
    """
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and -_LARGEST_INDEX <= value <= _LARGEST_INDEX


def weight_of(value: Any) -> int:
    """Return about the length of the JSON text of `value`, without recursion."""
    if isinstance(value, str):
        return len(value)
    weight = 0
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            weight += len(item) + 1
        elif isinstance(item, dict):
            weight += 1
            for key in item:
                weight += len(key) if isinstance(key, str) else 1
                todo.append(item[key])
        elif isinstance(item, (list, tuple)):
            weight += 1
            todo.extend(item)
        elif isinstance(item, (bytes, bytearray)):
            weight += len(item)
        elif isinstance(item, int):
            weight += 1 + item.bit_length() // 3
        else:
            weight += 1
    return weight
