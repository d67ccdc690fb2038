"""One answer of an OpenAI Realtime session, of Azure and of xAI.

Source: https://developers.openai.com/api/reference/resources/realtime, the types of the openai
SDK, and recorded sessions of OpenAI, Azure and xAI.

An answer is written in the records of the Responses API, with these differences:

- Records have a `response_id` and an `event_id`.
- Beta names differ: `response.text.*`, `response.audio.*`, `response.audio_transcript.*`.
- `response.done` is the only terminal record. The `status` and `status_details` of its response
  are how the answer ended; xAI writes a text there, and puts `usage` beside the response.
- A transcript whose end differs from its deltas is not replaced, because the audio was played.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._core.plain import dict_of, text_of
from streamparse._wires.openai_responses import OpenAIResponses, handles

__all__ = ["OpenAIRealtime"]

# Beta names that the Responses API does not have.
_NAMES: Final[dict[str, str]] = {
    f"response.{old}.{verb}": f"response.{new}.{verb}"
    for old, new in (("text", "output_text"), ("audio_transcript", "output_audio_transcript"))
    for verb in ("delta", "done")
}
# The records of a session that belong to no answer.
_PREFIXES: Final = ("session.", "conversation.", "input_audio_buffer.", "output_audio_buffer.")
_OTHERS: Final = ("rate_limits.updated", "ping", "error", "mcp_list_tools.in_progress")
# The members that address a record.
_ADDRESS: Final = frozenset(("event_id", "response_id", "previous_item_id", "rid"))
_STATES: Final = frozenset(("completed", "cancelled", "incomplete", "failed", "in_progress"))


class OpenAIRealtime(OpenAIResponses):
    """The `response.*` records of one answer."""

    api: ClassVar[str] = "openai-realtime"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        if "event_id" in data:
            return kind.startswith(("response.", *_PREFIXES)) or kind in _OTHERS
        response = dict_of(data.get("response"))
        return kind.startswith(_PREFIXES) or response.get("object") == "realtime.response"

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type"))
        if kind == "response.done":
            return super().record(_terminal(data), event)
        name = _NAMES.get(kind, kind)
        if not handles(name):
            return False
        record = {key: value for key, value in data.items() if key not in _ADDRESS}
        record["type"] = name
        return super().record(record, event)


def _terminal(data: dict[str, Any]) -> dict[str, Any]:
    """Return `response.done` as the terminal record of the Responses API."""
    response = dict(dict_of(data.get("response")))
    state = text_of(response.get("status"))
    details = dict_of(response.get("status_details"))
    if state == "incomplete":
        response["incomplete_details"] = {"reason": details.get("reason")}
    elif state == "failed":
        response["error"] = details.get("error") or {"message": "the answer has failed"}
    if not response.get("usage") and data.get("usage"):
        response["usage"] = data["usage"]
    if state not in _STATES:
        state = "completed"
    return {"type": f"response.{state}", "response": response}
