"""Any value as compact JSON text: what leaves the program, for a line or a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from streamparse._core.transcriber import tell_key
from streamparse._core.writer import Writer

__all__ = ["json_text"]

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
