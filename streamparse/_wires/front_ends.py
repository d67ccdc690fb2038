"""Functions that the wires of front-end protocols, `vercel_ui` and `ag_ui`, share."""

from __future__ import annotations

from typing import Any, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._core.plain import dict_of, list_of, number_of, text_of
from streamparse.errors import ERROR_CODES, VIOLATION_CODES, ProviderError
from streamparse.message import ServerToolResult, Usage

__all__ = ["KEPT_FILE", "front_end_usage", "reject", "run_by", "stray_result"]

#: The name of a file in the `extra` of an empty text, and of its `ProviderEvent`.
KEPT_FILE: Final = "file"


def stray_result(answer: AnswerReader, result: dict[str, Any]) -> None:
    """Add a result without a known call, in the form that our encoders write."""
    identity, name = text_of(result.get("callId")) or None, text_of(result.get("name")) or None
    answer.add_result(ServerToolResult(identity, name, result.get("content")))


def reject(reader: CallReader, why: str, about: dict[str, Any]) -> None:
    """End a call that the server did not accept.

    Args:
        reader: The reader of the call.
        why: The error message of the server.
        about: The data that our encoders add: the status of the call and the code of the error.
    """
    if about.get("status") == "truncated":
        reader.close(CUT)
        return
    code = text_of(about.get("code"))
    known = code if code in ERROR_CODES or code in VIOLATION_CODES else "provider_error"
    reader.reject(ProviderError(why or "the server rejected the call", code=known))


def run_by(reader: CallReader) -> None:
    """Record that the server ran a call; only its result shows this."""
    if reader.call.kind == "function":
        reader.call.kind = "server"


def front_end_usage(raw: dict[str, Any]) -> Usage:
    """Return the token counts of one answer, or the sum of those in the list `answers`."""
    entries = [_flat(dict_of(entry)) for entry in list_of(raw.get("answers"))] or [_flat(raw)]
    return Usage(
        input_tokens=_total(entries, "inputTokens"),
        cached_tokens=_total(entries, "cachedInputTokens"),
        cache_write_tokens=_total(entries, "cacheWriteInputTokens"),
        output_tokens=_total(entries, "outputTokens"),
        reasoning_tokens=_total(entries, "reasoningTokens"),
        total_tokens=_total(entries, "totalTokens"),
        raw=raw,
    )


def _flat(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the counts, including those that the AI SDK moved into details in version 6."""
    taken, given = dict_of(entry.get("inputTokenDetails")), dict_of(entry.get("outputTokenDetails"))
    details = {
        "cachedInputTokens": taken.get("cacheReadTokens"),
        "cacheWriteInputTokens": taken.get("cacheWriteTokens"),
        "reasoningTokens": given.get("reasoningTokens"),
    }
    return {**details, **entry}


def _total(entries: list[dict[str, Any]], name: str) -> int | None:
    total: int | None = None
    for entry in entries:
        count = number_of(entry.get(name))
        if count is not None:
            total = count if total is None else total + count
    return total
