"""The envelopes of batch files, which hold the id of a request and its answer or error.

An envelope is recognized only by members that no response body has, so a body is never mistaken
for an envelope. Sources: the documentation of OpenAI Batch (also Azure, Mistral and vLLM
`run-batch`), Anthropic Message Batches, Gemini and Vertex batch prediction, Amazon Bedrock batch
inference, and the offline inference of vLLM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamparse.errors import ProviderError

__all__ = ["Enveloped", "unwrap"]


@dataclass(frozen=True)
class Enveloped:
    """The content of one row.

    Attributes:
        id: The id of the request; None if the row has none.
        body: The fragments or chunks to feed to a `MessageParser`, in order.
        error: The reason why the request has no answer, or None.
        http_status: The HTTP status of the response, or None.
        is_text: Whether `body` is model text wrapped in chunks of the Chat Completions API.
    """

    id: str | None
    body: list[Any]
    error: ProviderError | None = None
    http_status: int | None = None
    is_text: bool = False


def unwrap(row: Any) -> Enveloped:
    """Take a row out of its envelope, if it has one.

    Args:
        row: Text, bytes, a dict or a list of dicts: a line of a batch file, a response body, a
            recorded stream, or text of a model.

    Returns:
        The content of the row, with the id of the request if the envelope has one.

    >>> unwrap('{"custom_id": "7", "response": {"status_code": 200, "body": {"id": "r"}}}').body
    [{'id': 'r'}]
    >>> unwrap("Hello.").body
    ['Hello.']
    """
    decoded = _decoded(row)
    if isinstance(decoded, Mapping):
        for recognizes, read in _ENVELOPES:
            if recognizes(decoded):
                return read(decoded)
        return Enveloped(None, [decoded if decoded is row else row])
    if isinstance(decoded, list) and decoded and all(isinstance(one, dict) for one in decoded):
        return Enveloped(None, [one["chunk"] if _is_timed(one) else one for one in decoded])
    return Enveloped(None, [row])


def _decoded(row: Any) -> Any:
    """Decode JSON text; return any other value unchanged."""
    if not isinstance(row, (str, bytes, bytearray, memoryview)):
        return row
    text = row if isinstance(row, (str, bytes)) else bytes(row)
    if text.lstrip()[:1] not in ("{", "[", b"{", b"["):
        return row
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return row


def _is_timed(record: dict[str, Any]) -> bool:
    """Return whether this is a chunk of a log, with its arrival time."""
    return "chunk" in record and len(record) <= 3


def _identity(value: Any) -> str | None:
    return None if value is None else str(value)


def _failed(identity: Any, code: Any, message: Any, data: Any) -> Enveloped:
    name = str(code) if code else "provider_error"
    error = ProviderError(str(message or name), code="provider_error", data=data)
    return Enveloped(_identity(identity), [], error)


# OpenAI Batch.


def _is_openai(row: Mapping[str, Any]) -> bool:
    return "custom_id" in row and any(
        isinstance(row.get(name), Mapping) for name in ("response", "error")
    )


def _of_openai(row: Mapping[str, Any]) -> Enveloped:
    identity, response, error = row["custom_id"], row.get("response"), row.get("error")
    if isinstance(response, Mapping):
        status = response.get("status_code")
        body = response.get("body")
        known = status if isinstance(status, int) and not isinstance(status, bool) else None
        if body is not None:
            return Enveloped(_identity(identity), [body], http_status=known)
    found = error if isinstance(error, Mapping) else {}
    return _failed(identity, found.get("code"), found.get("message"), error)


# Anthropic Message Batches.


def _is_anthropic(row: Mapping[str, Any]) -> bool:
    return "custom_id" in row and isinstance(row.get("result"), Mapping)


def _of_anthropic(row: Mapping[str, Any]) -> Enveloped:
    identity, result = row["custom_id"], row["result"]
    if isinstance(result.get("message"), Mapping):
        return Enveloped(_identity(identity), [result["message"]])
    error = result.get("error")
    inner = error.get("error", error) if isinstance(error, Mapping) else {}
    found = inner if isinstance(inner, Mapping) else {}
    message = found.get("message") or f"the request was {result.get('type', 'not answered')}"
    return _failed(identity, found.get("type") or result.get("type"), message, result)


# Gemini and Vertex.


# The members of a Gemini response, including one that was blocked.
_GEMINI: Final = frozenset({"candidates", "promptFeedback", "usageMetadata"})


def _is_google(row: Mapping[str, Any]) -> bool:
    if not ("key" in row or "request" in row or "instance" in row):
        return False
    response, error = row.get("response"), row.get("error")
    if isinstance(response, Mapping) and response:
        return not _GEMINI.isdisjoint(response)
    return isinstance(error, Mapping) or ("request" in row and bool(row.get("status")))


def _of_google(row: Mapping[str, Any]) -> Enveloped:
    identity, response = row.get("key"), row.get("response")
    if isinstance(response, Mapping) and response:
        return Enveloped(_identity(identity), [response])
    error = row.get("error") or row.get("status")
    found = error if isinstance(error, Mapping) else {"message": error}
    return _failed(identity, found.get("code"), found.get("message"), error)


# Amazon Bedrock.


def _is_bedrock(row: Mapping[str, Any]) -> bool:
    return "recordId" in row and ("modelOutput" in row or "error" in row)


def _of_bedrock(row: Mapping[str, Any]) -> Enveloped:
    identity, output = row["recordId"], row.get("modelOutput")
    if isinstance(output, Mapping):
        return Enveloped(_identity(identity), [output])
    error = row.get("error")
    found = error if isinstance(error, Mapping) else {}
    return _failed(identity, found.get("errorCode"), found.get("errorMessage"), error)


# vLLM, offline.


def _is_vllm(row: Mapping[str, Any]) -> bool:
    outputs = row.get("outputs")
    return "request_id" in row and isinstance(outputs, list) and bool(outputs)


def _of_vllm(row: Mapping[str, Any]) -> Enveloped:
    chunks = []
    for place, output in enumerate(row["outputs"]):
        found = output if isinstance(output, Mapping) else {}
        choice = {
            "index": found.get("index", place),
            "delta": {"content": found.get("text") or ""},
            "finish_reason": found.get("finish_reason"),
        }
        chunks.append({"id": row["request_id"], "choices": [choice]})
    return Enveloped(_identity(row["request_id"]), chunks, is_text=True)


_Recognizes = Callable[[Mapping[str, Any]], bool]
_Reads = Callable[[Mapping[str, Any]], Enveloped]

_ENVELOPES: Final[tuple[tuple[_Recognizes, _Reads], ...]] = (
    (_is_anthropic, _of_anthropic),
    (_is_openai, _of_openai),
    (_is_bedrock, _of_bedrock),
    (_is_vllm, _of_vllm),
    (_is_google, _of_google),
)
