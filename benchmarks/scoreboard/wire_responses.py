"""Writes the records of OpenAI Responses from the short forms of the cases.

A record in a file is `{"item": type, "pieces": [...]}`, with `name` for a call, and with a `status`
that is not `completed`; `{"finish": status}` with a `reason`; or `{"raw": text}`. An item with
`open` has no end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

Event = dict[str, Any]

#: For each type of item the events of its deltas, and the field with the whole text.
_DELTAS: Final = {
    "message": ("response.output_text", "text"),
    "refusal": ("response.refusal", "refusal"),
    "reasoning": ("response.reasoning_summary_text", "text"),
    "function_call": ("response.function_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
}


def texts(data: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each record, and whether it ends the response."""
    output: list[Event] = []
    number = 0
    for event, ends in _events(data, output):
        if isinstance(event, str):
            yield event, ends
            continue
        event["sequence_number"] = number
        number += 1
        yield f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n", ends


def _events(data: dict[str, Any], output: list[Event]) -> Iterator[tuple[Event | str, bool]]:
    yield {"type": "response.created", "response": _response("in_progress", [])}, False
    for record in data["records"]:
        if "raw" in record:
            yield record["raw"], "event: error" in record["raw"]
        elif "finish" in record:
            status, reason = record["finish"], record.get("reason")
            response = _response(status, output, reason)
            yield {"type": f"response.{status}", "response": response}, True
        else:
            for event in _item_events(record, output):
                yield event, False


def _response(status: str, output: list[Event], reason: str | None = None) -> Event:
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 18,
    }
    failed = {"code": "server_error", "message": "The server had an error"}
    return {
        "id": "resp_7",
        "object": "response",
        "created_at": 1780000000,
        "status": status,
        "model": "some-model",
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": failed if status == "failed" else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "usage": None if status == "in_progress" else usage,
    }


def _item_events(record: dict[str, Any], output: list[Event]) -> Iterator[Event]:
    kind, pieces, index = record["item"], record["pieces"], len(output)
    event, field = _DELTAS[kind]
    part = _part(kind)
    whole = "".join(pieces)
    place: Event = {"item_id": f"item_{index}", "output_index": index}
    yield {
        "type": "response.output_item.added",
        "output_index": index,
        "item": _item(record, index, "in_progress", ""),
    }
    if part is not None:
        place |= part
        yield {"type": _part_event(kind, "added"), **place, "part": _content(kind, "")}
    extra: Event = {"logprobs": []} if kind == "message" else {}
    for piece in pieces:
        yield {"type": f"{event}.delta", **place, "delta": piece, **extra}
    if record.get("open"):
        return
    yield {"type": f"{event}.done", **place, field: whole, **extra}
    if part is not None:
        yield {"type": _part_event(kind, "done"), **place, "part": _content(kind, whole)}
    item = _item(record, index, record.get("status", "completed"), whole)
    output.append(item)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part(kind: str) -> Event | None:
    if kind == "reasoning":
        return {"summary_index": 0}
    return {"content_index": 0} if kind in ("message", "refusal") else None


def _part_event(kind: str, what: str) -> str:
    name = "reasoning_summary_part" if kind == "reasoning" else "content_part"
    return f"response.{name}.{what}"


def _content(kind: str, text: str) -> Event:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    if kind == "reasoning":
        return {"type": "summary_text", "text": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item(record: dict[str, Any], index: int, status: str, text: str) -> Event:
    kind, id = record["item"], f"item_{index}"
    content = [_content(kind, text)] if text else []
    if kind == "reasoning":
        return {"id": id, "type": kind, "summary": content}
    if kind in ("message", "refusal"):
        message = {"id": id, "type": "message", "role": "assistant", "status": status}
        return {**message, "content": content}
    call = {"id": id, "type": kind, "call_id": f"call_{index}", "name": record["name"]}
    return {**call, "status": status, _DELTAS[kind][1]: text}
