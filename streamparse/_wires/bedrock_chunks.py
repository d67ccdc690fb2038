"""What the wires of Amazon Bedrock share: chunks of InvokeModel, and exceptions.

InvokeModelWithResponseStream wraps what the model's own API would send: `{"bytes": "<base64 of
JSON>", "p": padding}` in a binary frame, `{"chunk": {"bytes": b"<JSON>"}}` from boto3.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from streamparse._wires.base import provider_error
from streamparse.errors import ProviderError, StreamParseError, WireError
from streamparse.json_parser import parse

__all__ = ["CHUNK", "exception_of", "payload_of"]

#: The event name of a chunk, and of the record that was in one.
CHUNK: Final = "chunk"


def payload_of(data: dict[str, Any], event: str) -> dict[str, Any] | None:
    """The record in this chunk; None: it is no chunk.

    Raises `WireError(code="invalid_record")` for a chunk whose bytes are no base64 of an object.

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
        raise WireError("the bytes of a chunk are no base64", code="invalid_record") from None
    value = _decoded(text)
    if not isinstance(value, dict):
        raise WireError("the bytes of a chunk are no object of JSON", code="invalid_record")
    return value


def exception_of(data: dict[str, Any]) -> ProviderError | None:
    """The exception in a record `{"throttlingException": {"message": …}}`, if it is one.

    (In a binary frame the exception is in the headers, and the transport has told it.)
    """
    for name, body in data.items():
        if name.endswith("Exception") and isinstance(body, dict):
            return provider_error(body, name)
    return None


def _decoded(text: bytes) -> Any:
    """The value; None for what is no JSON. The standard library is faster, but it recurses."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        try:
            return parse(text)
        except StreamParseError:
            return None
