"""Envelopes that some transports put around the records of any API.

- Amazon Bedrock's InvokeModelWithResponseStream: `{"bytes": "<base64 of JSON>", "p": padding}` in a
  binary frame, `{"chunk": {"bytes": b"<JSON>"}}` from boto3; see `bedrock_chunks`.
- Gemini Code Assist and gateways: `{"response": {"candidates": …}}`.
- Batches of events: `{"events": […]}`.
- JSON-RPC: `{"jsonrpc": "2.0", "id": …, "result": {…}}`.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._wires.bedrock_chunks import CHUNK, payload_of

__all__ = ["opened"]

_DEPTH: Final = 4  # how many envelopes may be inside one another
_GEMINI: Final = ("candidates", "usageMetadata", "promptFeedback", "modelVersion")


def opened(data: dict[str, Any], event: str) -> list[tuple[dict[str, Any], str]] | None:
    """Return the records in an envelope with their event names; None for any other record.

    A record from a chunk of Bedrock has the event name `"chunk"`.

    Raises:
        WireError: The bytes of a chunk are not base64 of a JSON object (`invalid_record`).

    >>> opened({"events": [{"type": "a"}, {"type": "b"}]}, "")
    [({'type': 'a'}, ''), ({'type': 'b'}, '')]
    """
    inner = _inner(data, event)
    return None if inner is None else _all_opened(inner, 1)


def _all_opened(
    inner: list[tuple[dict[str, Any], str]], depth: int
) -> list[tuple[dict[str, Any], str]]:
    """Return the records in an envelope, and in the envelopes among them."""
    records: list[tuple[dict[str, Any], str]] = []
    for one, name in inner:
        nested = _inner(one, "") if depth < _DEPTH else None
        if nested is None:
            records.append((one, name))
        else:
            records.extend(_all_opened(nested, depth + 1))
    return records


def _inner(data: dict[str, Any], event: str) -> list[tuple[dict[str, Any], str]] | None:
    if event == CHUNK or "bytes" in data or "chunk" in data:
        payload = payload_of(data, event)
        if payload is not None:
            return [(payload, CHUNK)]
    if "type" in data or "choices" in data:
        return None
    if "jsonrpc" in data:
        result = data.get("result")
        return [(result, event)] if isinstance(result, dict) else None
    response = data.get("response")
    if isinstance(response, dict) and any(name in response for name in _GEMINI):
        return [(response, event)]
    events = data.get("events")
    if isinstance(events, list) and events and _are_events(events):
        return [(one, event) for one in events]
    return None


def _are_events(events: list[Any]) -> bool:
    for event in events:
        if not isinstance(event, dict) or not ("type" in event or "event_type" in event):
            return False
    return True
