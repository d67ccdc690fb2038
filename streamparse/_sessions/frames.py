"""Reads the records in one message of a connection, in all forms that clients give it."""

from __future__ import annotations

from typing import Any, Final

from streamparse._decoding.record import decode_json
from streamparse._decoding.sdk import chunk_of
from streamparse._wires.envelopes import opened
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits

__all__ = ["records_of"]

_TEXT: Final = 1  # types of frames, as RFC 6455 numbers them
_BINARY: Final = 2
_SPACE: Final = " \t\r\n"


def records_of(message: Any, limits: Limits) -> list[Any]:
    """Return the records in a message: dicts, and the text of records that are not JSON objects.

    Args:
        message: Text or bytes, a dict, an event of an SDK, or a frame (`type`, `data`) as aiohttp
            gives it. A frame without data, such as a ping, has no records.
        limits: Bounds of the records.

    Raises:
        TypeError: It is something else.
        StreamParseError: A record exceeds a limit.
    """
    kind, data = _frame_of(message)
    if kind is not None:
        if kind not in (_TEXT, _BINARY):
            return []
        message = data
    if isinstance(message, (str, bytes, bytearray, memoryview)):
        return _decoded(message, limits)
    chunk = chunk_of(message)
    return [] if chunk is None else _unpacked(chunk)


def _frame_of(message: Any) -> tuple[int | None, Any]:
    """Return type and data of a frame; None, if it is another object."""
    if isinstance(message, (str, bytes, dict)) or hasattr(message, "model_dump"):
        return None, None
    kind = getattr(message, "type", None)
    return (int(kind), message.data) if isinstance(kind, int) else (None, None)


def _decoded(message: str | bytes | bytearray | memoryview, limits: Limits) -> list[Any]:
    text = message if isinstance(message, str) else bytes(message).decode("utf-8", "replace")
    text = text.strip(_SPACE)
    if not text:
        return []
    if len(text) > limits.record:
        raise LimitError(
            f"a message has more than {limits.record} characters", code="record_length"
        )
    try:
        data = decode_json(text, limits)
    except LimitError:
        raise
    except StreamParseError:
        return [text]
    return _unpacked(data) if isinstance(data, dict) else [text]


def _unpacked(data: dict[str, Any]) -> list[Any]:
    inner = opened(data, "")
    if inner is not None:
        return [one for one, _ in inner]
    events = data.get("events")
    # A batch is distinguished from a record by having no other members.
    return list(events) if len(data) == 1 and isinstance(events, list) else [data]
