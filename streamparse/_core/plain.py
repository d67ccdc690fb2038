"""Plain values from outside: read without trust, and written as compact JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from streamparse._core.shown import int_text
from streamparse._core.sink import Sink
from streamparse._core.transcriber import Transcriber, tell, tell_key
from streamparse._core.writer import Writer

__all__ = [
    "dict_of",
    "is_something",
    "json_text",
    "list_of",
    "number_of",
    "shown",
    "text_of",
]

# Made once: `json.dumps` with options makes one for each call.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def json_text(value: Any) -> str:
    """`value` as compact JSON on one line, which UTF-8 can encode.

    As deep as it may be; infinity, which a number like 1e400 is, becomes 1e999; lone surrogates are
    escaped.

    >>> json_text({"text": "\\n", "path": ["a", 0]})
    '{"text":"\\\\n","path":["a",0]}'
    """
    try:
        text = _ENCODER.encode(value)
    except (RecursionError, ValueError):  # too deep for it, or an infinity
        text = _written(value)
    return text if text.isascii() else _LONE_SURROGATE.sub(_escaped, text)


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate.group()):04x}"


def _written(value: Any) -> str:
    """What `json.dumps` gives, without recursion, and with 1e999 for infinity."""
    writer = Writer()
    open_containers: list[Iterator[tuple[str | None, Any]]] = [iter([(None, value)])]
    while open_containers:
        for key, child in open_containers[-1]:
            if key is not None:
                tell_key(key, writer)
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
    """Write a scalar, or the beginning of a container; what is inside the container."""
    if isinstance(value, dict):
        writer.start_object(0)
        return iter(value.items())
    if isinstance(value, list):
        writer.start_array(0)
        return ((None, item) for item in value)
    if isinstance(value, str):
        writer.start_string(0)
        writer.text(value, 0)
        writer.end_string(0)
    else:
        writer.scalar(value, 0)
    return None


def shown(value: Any) -> str:
    """A value of a record as text: text as it is, a container as JSON.

    Use this in place of `str` for whatever a provider sent: `str` raises `RecursionError` for deep
    containers and `ValueError` for integers of many digits.
    """
    if isinstance(value, (dict, list)):
        text = Transcriber(Sink())
        tell(value, text)
        return text.take()
    if isinstance(value, int) and not isinstance(value, bool):
        return int_text(value)
    return str(value)


# Missing, null and of the wrong type are the same to an adapter.


def text_of(value: Any) -> str:
    """`value` if it is text, else ""."""
    return value if isinstance(value, str) else ""


def dict_of(value: Any) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def is_something(value: Any) -> bool:
    """Is there anything to tell? Null, `""` and empty containers say nothing."""
    return value is not None and value != "" and value != [] and value != {}


def number_of(*values: Any) -> int | None:
    """The first whole number among the values."""
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
