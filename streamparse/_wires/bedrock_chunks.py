"""Chunks of Amazon Bedrock's InvokeModel, and its exceptions.

InvokeModelWithResponseStream wraps the records of the model's own API: `{"bytes": "<base64 of
JSON>", "p": padding}` in a binary frame, `{"chunk": {"bytes": b"<JSON>"}}` from boto3.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from streamparse._wires.base import error_of
from streamparse.errors import ProviderError, StreamParseError, WireError
from streamparse.json_parser import parse

__all__ = ["CHUNK", "exception_of", "payload_of"]

#: The event name of a chunk, and of the record in it.
CHUNK: Final = "chunk"


def payload_of(data: dict[str, Any], event: str) -> dict[str, Any] | None:
    """Return the record in a chunk, or None for anything but a chunk.

    Raises:
        WireError: The bytes are not base64 of a JSON object (`invalid_record`).

    >>> payload_of({"bytes": "eyJhIjogMX0=", "p": "abc"}, "chunk")
    {'a': 1}
    """
    inner = data.get("chunk")
    if isinstance(inner, dict):
        data = inner
    elif event != CHUNK and not data.keys() <= {"bytes", "p"}:
        return None
    raw = data.get("bytes")
    if not isinstance(raw, (str, bytes)):
        return None
    try:
        text = base64.b64decode(raw, validate=True) if isinstance(raw, str) else raw
    except ValueError:
        raise WireError("the bytes of a chunk are not base64", code="invalid_record") from None
    value = _decoded(text)
    if not isinstance(value, dict):
        raise WireError("the bytes of a chunk are not a JSON object", code="invalid_record")
    return value


def exception_of(data: dict[str, Any]) -> ProviderError | None:
    """Return the exception in a record `{"throttlingException": {"message": …}}`, if it is one.

    In a binary frame the exception is in the headers, which the transport reads.
    """
    for name, body in data.items():
        if name.endswith("Exception") and isinstance(body, dict):
            return error_of(body, name)
    return None


def _decoded(text: bytes) -> Any:
    """Return the value, or None if the text is not JSON."""
    try:
        return json.loads(text)  # it is faster, but it recurses
    except (ValueError, RecursionError):
        try:
            return parse(text)
        except StreamParseError:
            return None
