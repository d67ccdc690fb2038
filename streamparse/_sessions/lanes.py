"""Sessions with lanes: the Responses API over a WebSocket, and live Interactions.

Source: https://developers.openai.com/api/docs/guides/websocket-mode, the types of the openai and
google-genai SDKs, and recorded sessions.

Answers of different lanes (`stream_id`) run at the same time; those of one lane follow each other.
Deltas do not name their response, so the lane is the address. Records without a lane are a lane of
their own.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import dict_of, text_of
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.reader import SessionAnswer, SessionReader
from streamparse._wires.base import Wire
from streamparse._wires.google_interactions import GoogleInteractions
from streamparse._wires.openai_responses import OpenAIResponses

__all__ = ["Interactions", "Responses"]


@mypyc_attr(allow_interpreted_subclasses=True)
class _Lanes(Conversation):
    """The newest answer of each lane."""

    def __init__(self, session: SessionReader) -> None:
        super().__init__(session)
        self.lanes: dict[str | int, SessionAnswer] = {}

    def lane_of(self, data: dict[str, Any]) -> str | int:
        """Return the lane of a record; "" is that of the records that name none."""
        lane = data.get("stream_id")
        return lane if isinstance(lane, (str, int)) else ""

    def begin(self, data: dict[str, Any], identity: str) -> SessionAnswer:
        """Begin an answer in a lane; one that is open there has lost its end.

        The beginning of an answer that is open may come again after a reconnect.
        """
        lane = self.lane_of(data)
        known = self.lanes.get(lane)
        if known is not None and not known.ended:
            if identity and known.message.id == identity:
                return known
            known.end_input()
        answer = self.lanes[lane] = self.new()
        return answer

    def new(self) -> SessionAnswer:
        """Begin an answer."""
        return self.session.begin(self.wire)


class Responses(_Lanes):
    """The Responses API: `response.created` begins an answer.

    An `error` with a `status` refuses a request: no answer has begun. One with a
    `sequence_number` is a record of the answer of its lane.
    """

    wire: ClassVar[type[Wire]] = OpenAIResponses

    def record(self, data: dict[str, Any]) -> None:
        kind = text_of(data.get("type"))
        answer = self.lanes.get(self.lane_of(data))
        is_whole = not kind and isinstance(data.get("output"), list)
        if kind == "response.created" or is_whole:
            whole = data if is_whole else dict_of(data.get("response"))
            answer = self.begin(data, text_of(whole.get("id")))
        elif kind == "error" and answer is not None and self._is_refusal(answer, data):
            answer = None
        elif answer is None and kind.startswith("response.") and not _is_aside(kind):
            answer = self.begin(data, "")  # its beginning was missed
        if answer is None:
            self.session.pass_on(kind or "record", data)
        else:
            self.session.read(answer, data, kind or "record")

    def _is_refusal(self, answer: SessionAnswer, data: dict[str, Any]) -> bool:
        return answer.ended or ("status" in data and "sequence_number" not in data)


def _is_aside(kind: str) -> bool:
    """Return whether the event is about a request of the client, not of an answer."""
    return kind.startswith(("response.steer.", "response.inject."))


_BEGINNINGS: Final = ("interaction.created", "interaction.start", "interaction.connected")


class Interactions(_Lanes):
    """Live Interactions, and several interactions in one stream.

    An interaction that asks to be continued ends as `paused`; the next one is an answer of its
    own.
    """

    wire: ClassVar[type[Wire]] = GoogleInteractions

    @classmethod
    def recognizes(cls, data: dict[str, Any]) -> bool:
        kind = text_of(data.get("event_type"))
        return kind in _BEGINNINGS or super().recognizes(data)

    def record(self, data: dict[str, Any]) -> None:
        kind = text_of(data.get("event_type"))
        answer = self.lanes.get(self.lane_of(data))
        if kind in _BEGINNINGS:
            interaction = dict_of(data.get("interaction"))
            identity = text_of(data.get("interaction_id")) or text_of(interaction.get("id"))
            answer = self.begin(data, identity)
        elif answer is None and kind.startswith(("step.", "content.")):
            answer = self.begin(data, "")  # its beginning was missed
        if answer is None:
            self.session.pass_on(kind or "record", data)
        else:
            self.session.read(answer, data, kind or "record")

    def new(self) -> SessionAnswer:
        answer = super().new()
        wire = answer.wire
        if isinstance(wire, GoogleInteractions):
            wire.continues = False
        return answer
