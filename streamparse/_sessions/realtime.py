"""OpenAI Realtime sessions, also those of Azure and xAI: a record belongs to an answer by its id.

Source: https://developers.openai.com/api/reference/resources/realtime, the types of the openai
SDK, and recorded sessions of OpenAI, Azure and xAI.

- `response.created` begins an answer, and nothing else does. Several may run at once.
- A record names its answer by `response_id`, by its response, or by its item.
- `error` answers an event of the client. It fails nothing: `response.done` says what has failed.
- Rate limits, transcripts of the user and the state of buffers belong to no answer.
- A second `session.created` means that the client has opened the connection anew. The answers of
  the first one are cut.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._core.plain import dict_of, text_of
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.reader import SessionAnswer, SessionReader
from streamparse._wires.base import Wire
from streamparse._wires.openai_realtime import OpenAIRealtime

__all__ = ["Realtime"]

_INPUT: Final = "conversation.item.input_audio_transcription."


class Realtime(Conversation):
    """Routes messages by the ids of answers and items."""

    wire: ClassVar[type[Wire]] = OpenAIRealtime

    def __init__(self, session: SessionReader) -> None:
        super().__init__(session)
        self.connected: bool = False
        self.answers: dict[str, SessionAnswer] = {}  # by response id
        self.items: dict[str, SessionAnswer] = {}  # by item id

    def record(self, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type"))
        if kind == "response.created":
            self._created(data)
        elif kind.startswith("response."):
            self._of_answer(kind, data)
        elif kind == _INPUT + "delta":
            self.session.input_delta(_item_of(data) or None, text_of(data.get("delta")))
        elif kind == _INPUT + "completed":
            self.session.input_completed(_item_of(data) or None, text_of(data.get("transcript")))
        else:
            self._beside(kind, data)

    def _created(self, data: dict[str, Any]) -> None:
        identity = _response_of(data)
        answer = self.answers.get(identity)
        if answer is None or not identity:
            answer = self.session.begin(self.wire)
            self.answers[identity] = answer
        self.session.read(answer, data, "response.created")

    def _of_answer(self, kind: str, data: dict[str, Any]) -> None:
        item = _item_of(data)
        answer = self._addressed(_response_of(data), item)
        if answer is None:
            self.session.pass_on(kind, data)
            return
        if item:
            self.items[item] = answer
        self.session.read(answer, data, kind)

    def _addressed(self, identity: str, item: str) -> SessionAnswer | None:
        """Return the answer of a record; without any id, the newest one that is open."""
        if identity:
            return self.answers.get(identity)
        answer = self.items.get(item)
        if answer is None:
            running = self.session.open()
            answer = running[-1] if running else None
        return answer

    def _beside(self, kind: str, data: dict[str, Any]) -> None:
        """Pass on what is not part of an answer, with the choice of the one that it names."""
        if kind == "session.created":
            if self.connected:
                self.session.end_broken()
            self.connected = True
        answer = self.answers.get(_response_of(data) or "\0") or self.items.get(_item_of(data))
        if answer is None or kind == "error":
            self.session.pass_on(kind or "record", data)
        else:
            answer.pass_on(kind, data)


def _response_of(data: dict[str, Any]) -> str:
    """Return the id of the answer that a record names, or ""."""
    return text_of(data.get("response_id")) or text_of(dict_of(data.get("response")).get("id"))


def _item_of(data: dict[str, Any]) -> str:
    """Return the id of the item that a record names, or ""."""
    return text_of(data.get("item_id")) or text_of(dict_of(data.get("item")).get("id"))
