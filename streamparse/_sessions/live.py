"""Gemini Live sessions: one turn after the other, without ids.

Source: https://ai.google.dev/api/live, the types of the google-genai SDK, and recorded sessions.

- A turn begins with the first content, transcript or call of the model, and ends with
  `turnComplete`. Records between two turns do not begin one.
- `inputTranscription` is what the user said.
- `toolCallCancellation` names calls whose results are not wanted any more. Their status stays; the
  message has their ids in `extra["cancelled_calls"]`.
- Messages about the session (`setupComplete`, `goAway`, …) belong to no answer.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._core.growing import GrowingString
from streamparse._core.plain import dict_of, is_something, list_of, text_of
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.reader import SessionAnswer, SessionReader
from streamparse._wires.base import Wire
from streamparse._wires.google_generate import usage_of
from streamparse._wires.google_live import GoogleLive

__all__ = ["Live"]

_OF_TURNS: Final = frozenset(("serverContent", "toolCall", "usageMetadata"))


class Live(Conversation):
    """Routes messages to the turn that is open."""

    wire: ClassVar[type[Wire]] = GoogleLive

    def __init__(self, session: SessionReader) -> None:
        super().__init__(session)
        self.turn: SessionAnswer | None = None
        self.heard: GrowingString = GrowingString()  # what the user said, until it is finished

    def record(self, data: dict[str, Any]) -> None:
        content = dict_of(data.get("serverContent"))
        self._input(content)
        turn = self.turn
        if (turn is None or turn.ended) and _begins(content, data):
            turn = self.turn = self.session.begin(self.wire)
        if turn is None or turn.ended:
            self._between(turn, content, data)
        elif not _OF_TURNS.isdisjoint(data) or data.get("error"):
            self.session.read(turn, data, "record")
        for name, value in data.items():
            if name == "toolCallCancellation":
                self._cancel(value)
            elif name not in _OF_TURNS and (name != "error" or turn is None):
                self.session.pass_on(name, value)

    def _input(self, content: dict[str, Any]) -> None:
        heard = dict_of(content.get("inputTranscription"))
        text = text_of(heard.get("text"))
        self.session.input_delta(None, text)
        self.heard.append(text)
        if heard.get("finished") is True:
            self.session.input_completed(None, self.heard.value)
            self.heard = GrowingString()
        if is_something(content.get("interimInputTranscription")):
            self.session.pass_on("interimInputTranscription", content["interimInputTranscription"])

    def _between(
        self, last: SessionAnswer | None, content: dict[str, Any], data: dict[str, Any]
    ) -> None:
        """Read a record between two turns; it belongs to the last one, if there is one."""
        usage = data.get("usageMetadata")
        if last is not None and isinstance(usage, dict):
            last.response.first.count(usage, usage_of)
        for name, value in content.items():
            if name == "inputTranscription" or not is_something(value):
                continue
            if last is None:
                self.session.pass_on(name, value)
            else:
                last.pass_on(name, value)

    def _cancel(self, cancellation: Any) -> None:
        """Note in the messages which of their calls are not wanted any more."""
        found = False
        for identity in list_of(dict_of(cancellation).get("ids")):
            answer = self._caller(identity)
            if answer is not None:
                found = True
                answer.response.first.room.keep(identity)
                answer.message.extra.setdefault("cancelled_calls", []).append(identity)
        if found and self.turn is not None:
            self.turn.pass_on("toolCallCancellation", cancellation)
        else:
            self.session.pass_on("toolCallCancellation", cancellation)

    def _caller(self, identity: Any) -> SessionAnswer | None:
        for answer in reversed(self.session.answers):
            for call in answer.message.tool_calls:
                if call.id == identity:
                    return answer
        return None


def _begins(content: dict[str, Any], data: dict[str, Any]) -> bool:
    """Return whether the message has content of the model."""
    if list_of(dict_of(content.get("modelTurn")).get("parts")):
        return True
    if text_of(dict_of(content.get("outputTranscription")).get("text")):
        return True
    return bool(list_of(dict_of(data.get("toolCall")).get("functionCalls")))
