"""One turn of a Gemini Live session (`BidiGenerateContent`).

Source: https://ai.google.dev/api/live, the types of the google-genai SDK, and recorded sessions.

Quirks that are handled here:
- A turn has no id. It ends with `turnComplete`, not with the `generationComplete` before it.
- After `interrupted` the turn is cut; `turnComplete` still follows.
- `turnCompleteReason` comes only if a turn did not end normally.
- Calls come whole, in a member beside the content. They complete at once, because tools may run
  while the model continues.
- The transcript comes beside the audio, in no fixed order.
- Output tokens are `responseTokenCount`; the gateway of Vertex AI writes `candidatesTokenCount`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._core.plain import dict_of, list_of, text_of
from streamparse._wires.base import pass_on_rest
from streamparse._wires.google_generate import GoogleGenerate, tool_result, usage_of
from streamparse.message import ToolCall

__all__ = ["GoogleLive", "tool_response"]

# The members that show the API.
_MEMBERS: Final = frozenset(
    (
        "serverContent",
        "toolCall",
        "setupComplete",
        "toolCallCancellation",
        "goAway",
        "sessionResumptionUpdate",
        "voiceActivityDetectionSignal",
        "voiceActivity",
    )
)
# The members of `serverContent` that are understood, or that the session reads.
_CONTENT: Final = frozenset(
    (
        "modelTurn",
        "outputTranscription",
        "inputTranscription",
        "interimInputTranscription",
        "turnComplete",
        "turnCompleteReason",
        "interrupted",
    )
)
_FILTERED: Final = ("SAFETY", "PROHIBITED", "BLOCKLIST", "RECITATION", "SPII")
_NORMAL: Final = ("", "TURN_COMPLETE_REASON_UNSPECIFIED", "STOP")


class GoogleLive(GoogleGenerate):
    """Reads the messages of one turn."""

    api: ClassVar[str] = "google-live"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return "candidates" not in data and not _MEMBERS.isdisjoint(data)

    def write_result(self) -> Any:
        return tool_response

    def record(self, data: dict[str, Any], event: str) -> bool:
        answer = self.response.first
        answer.begin()
        content = dict_of(data.get("serverContent"))
        self._model_turn(answer, dict_of(content.get("modelTurn")))
        answer.spoken(text_of(dict_of(content.get("outputTranscription")).get("text")))
        for call in list_of(dict_of(data.get("toolCall")).get("functionCalls")):
            self._call(answer, dict_of(call), {})
        self._citations(answer, content)
        pass_on_rest(answer, content, _CONTENT)
        answer.count(data.get("usageMetadata"), usage_of)
        if data.get("error"):
            self.fail(data)
        self._ending(answer, content)
        return True

    def _model_turn(self, answer: AnswerReader, turn: dict[str, Any]) -> None:
        for part in list_of(turn.get("parts")):
            data = dict_of(part)
            audio = dict_of(data.get("inlineData"))
            kind = text_of(audio.get("mimeType"))
            if kind.startswith("audio/") and isinstance(audio.get("data"), str):
                answer.audio(audio["data"], None, None, kind)
            elif isinstance(part, dict):
                self._part(answer, part)
            else:
                answer.pass_on("parts", part)

    def _ending(self, answer: AnswerReader, content: dict[str, Any]) -> None:
        if content.get("interrupted") is True:
            answer.finish("cancelled", "interrupted")
        if content.get("turnComplete") is True:
            raw = text_of(content.get("turnCompleteReason"))
            answer.finish(_reason_of(raw), raw or "turnComplete")
            self.response.end()


def tool_response(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A message of the client. Results are not contents of the conversation here."""
    [part] = tool_result(call, value, error)["parts"]
    return {"toolResponse": {"functionResponses": [part["functionResponse"]]}}


def _reason_of(raw: str) -> str:
    if raw in _NORMAL:
        return "stop"
    return "content_filter" if any([word in raw for word in _FILTERED]) else "error"
