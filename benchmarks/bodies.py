"""Response bodies of each API: one tool call whose arguments come in small deltas.

The records have all fields of real ones, so that decoding them costs the same.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from benchmarks.corpus import cut

Body = Callable[[str, int], bytes]

TOOL: Final = "write_file"


def openai_chat(arguments: str, size: int) -> bytes:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-4o",
            "system_fingerprint": "fp",
            "choices": [choice],
        }

    function = {"name": TOOL, "arguments": ""}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    pieces = [{"index": 0, "function": {"arguments": piece}} for piece in cut(arguments, size)]
    chunks = [
        chunk({"role": "assistant", "content": None, "tool_calls": [call]}),
        *(chunk({"tool_calls": [piece]}) for piece in pieces),
        chunk({}, "tool_calls"),
    ]
    return _events(("", record) for record in chunks) + b"data: [DONE]\n\n"


def openai_responses(arguments: str, size: int) -> bytes:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": TOOL}
    opened = {**item, "arguments": "", "status": "in_progress"}
    closed = {**item, "arguments": arguments, "status": "completed"}
    response = {"id": "resp_1", "object": "response", "model": "gpt-4o", "output": []}
    done = {**response, "status": "completed", "output": [closed]}
    place = {"item_id": "fc_1", "output_index": 0}
    name = "response.function_call_arguments"
    records: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": opened},
        *({"type": f"{name}.delta", **place, "delta": piece} for piece in cut(arguments, size)),
        {"type": f"{name}.done", **place, "arguments": arguments},
        {"type": "response.output_item.done", "output_index": 0, "item": closed},
        {"type": "response.completed", "response": done},
    ]
    numbered = [{**record, "sequence_number": n} for n, record in enumerate(records)]
    return _events((record["type"], record) for record in numbered)


def anthropic_messages(arguments: str, size: int) -> bytes:
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    block = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": {}}
    reason = {"stop_reason": "tool_use", "stop_sequence": None}
    deltas = [{"type": "input_json_delta", "partial_json": text} for text in cut(arguments, size)]
    records: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": reason, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return _events((record["type"], record) for record in records)


def bedrock_converse(arguments: str, size: int) -> bytes:
    use = {"toolUseId": "tooluse_1", "name": TOOL}
    deltas = [{"toolUse": {"input": piece}} for piece in cut(arguments, size)]
    records: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}}),
        *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}) for delta in deltas),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 5, "totalTokens": 6}}),
    ]
    return b"".join(_frame(name, record) for name, record in records)


def cohere_v2(arguments: str, size: int) -> bytes:
    def record(kind: str, calls: dict[str, Any] | None = None) -> dict[str, Any]:
        if calls is None:
            return {"type": kind, "index": 0}
        return {"type": kind, "index": 0, "delta": {"message": {"tool_calls": calls}}}

    start = {"id": "w_1", "type": "function", "function": {"name": TOOL, "arguments": ""}}
    pieces = [{"function": {"arguments": piece}} for piece in cut(arguments, size)]
    records = [
        {"type": "message-start", "id": "m_1", "delta": {"message": {"role": "assistant"}}},
        record("tool-call-start", start),
        *(record("tool-call-delta", piece) for piece in pieces),
        record("tool-call-end"),
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}},
    ]
    return _events((str(record["type"]), record) for record in records)


def ollama_chat(text: str, size: int) -> bytes:
    """Return a body with deltas of text, because this API sends complete calls."""

    def line(message: dict[str, Any], **more: Any) -> bytes:
        row = {"model": "llama3.2", "created_at": "2026-01-01T00:00:00Z", "message": message}
        return json.dumps({**row, "done": False, **more}).encode() + b"\n"

    lines = [line({"role": "assistant", "content": piece}) for piece in cut(text, size)]
    return b"".join(lines) + line(
        {"role": "assistant", "content": ""}, done=True, done_reason="stop"
    )


def google_generate(text: str, size: int) -> bytes:
    """Return a body with deltas of text, because this API sends complete calls or values."""

    def chunk(part: str, **more: Any) -> dict[str, Any]:
        content = {"role": "model", "parts": [{"text": part}]}
        usage = {"promptTokenCount": 1, "totalTokenCount": 2}
        candidate = {"content": content, "index": 0, **more}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini"}

    chunks = [chunk(piece) for piece in cut(text, size)]
    return _events(("", record) for record in [*chunks, chunk("", finishReason="STOP")])


BODIES: Final[dict[str, Body]] = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic-messages": anthropic_messages,
    "bedrock-converse": bedrock_converse,
    "cohere-v2": cohere_v2,
    "google-generate": google_generate,
    "ollama-chat": ollama_chat,
}

# In bodies of these APIs the document is the text of the message, not the arguments of a call.
TEXT_ONLY: Final = ("google-generate", "ollama-chat")


def network(body: bytes, size: int = 1_400) -> list[bytes]:
    """Cut the body into pieces like those that a connection delivers."""
    return [body[at : at + size] for at in range(0, len(body), size)]


def _events(records: Iterable[tuple[str, dict[str, Any]]]) -> bytes:
    return "".join(_event(records)).encode()


def _event(records: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    for name, record in records:
        if name:
            yield f"event: {name}\n"
        yield f"data: {json.dumps(record)}\n\n"


def _frame(name: str, record: dict[str, Any]) -> bytes:
    """Return one message of the binary event stream of AWS."""
    kinds = (
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    )
    headers = b"".join(_header(key, value) for key, value in kinds)
    payload = json.dumps(record).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    start = prelude + struct.pack("!I", zlib.crc32(prelude))
    message = start + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(text)) + text
