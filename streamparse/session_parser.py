"""`SessionParser`: many answers over one connection, each with a message of its own.

A message of the connection is decoded (`_sessions.frames`), and the protocol decides which answer
each record in it belongs to. The wire of that answer reads it, as it reads the records of a stream.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from streamparse._answers.life_cycle import LifeCycle
from streamparse._answers.options import options_of
from streamparse._core.plain import shown
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.frames import records_of
from streamparse._sessions.lanes import Interactions, Responses
from streamparse._sessions.live import Live
from streamparse._sessions.reader import SessionReader
from streamparse._sessions.realtime import Realtime
from streamparse._wires.detection import SESSION_WIRES, WIRES, wire_of
from streamparse._wires.names import api_named
from streamparse._wires.nearest import unknown_api
from streamparse.aliases import DialectName, SessionAPI, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError, WireError
from streamparse.limits import Limits
from streamparse.message import Message
from streamparse.message_events import AnySessionEvent
from streamparse.protocols import StreamTelemetry

__all__ = ["SessionParser"]

# In the order in which `"auto"` asks them.
_CONVERSATIONS: Final[tuple[type[Conversation], ...]] = (Realtime, Responses, Live, Interactions)
SESSION_APIS: Final = cast(
    "tuple[SessionAPI, ...]", (*[kind.wire.api for kind in _CONVERSATIONS], "auto")
)
_HELD: Final = 16  # records without evidence of an API


class SessionParser(LifeCycle[Any, AnySessionEvent]):
    """The answers of one session, pushed in as its messages arrive.

    A session is a connection over which several answers come: a WebSocket of the OpenAI Realtime
    API, of the Responses API or of Gemini Live, or live Interactions. Each answer is a `Message`
    with the rules of `MessageParser`. `event.choice` is its index in `messages`; it is None for a
    `ProviderEvent` that belongs to no answer, such as `session.created`.

    `feed` takes one whole message of the connection: text or bytes, a decoded one (a dict), an
    event of an SDK, or a `WSMessage` of aiohttp. A batch (`{"events": […]}`) is unpacked. `finish`
    and `cut` truncate the answers that have not ended.

    What the user said comes as `InputDelta` and `InputCompleted`. Sound comes as `AudioDelta` and
    is not kept; its transcript is the text of an `Audio` part.

    An answer that the client or the user's voice cut has status `"truncated"` and finish reason
    `"cancelled"`. An error about a request of the client fails no answer.

    Args:
        api: `"openai-realtime"`, `"openai-responses"`, `"google-live"`, `"google-interactions"`, or
            `"auto"`, which detects it from the first messages.
        tools: See `MessageParser`; likewise `tools_errors`, `output`, `coerce`, `dialect`,
            `output_dialect`, `surrogates`.
        limits: See `Limits`; `choices` bounds the answers of the session.
        clock: A function that returns seconds, for `metrics`.
        telemetry: Records each answer; see `streamparse.telemetry`.

    Raises:
        ValueError: `api` is not one of these names.

    >>> session = SessionParser("google-live")
    >>> _ = session.feed({"serverContent": {"modelTurn": {"parts": [{"text": "Good morning."}]}}})
    >>> _ = session.feed({"serverContent": {"turnComplete": True}})
    >>> session.message.text, session.message.status
    ('Good morning.', 'complete')
    """

    def __init__(
        self,
        api: SessionAPI = "auto",
        *,
        tools: Any = None,
        tools_errors: ToolErrors = "raise",
        output: Any = None,
        coerce: bool = False,
        dialect: DialectName | Dialect = "strict",
        output_dialect: DialectName | Dialect = "lenient",
        surrogates: Surrogates = "keep",
        limits: Limits | None = None,
        clock: Callable[[], float] | None = None,
        telemetry: StreamTelemetry | None = None,
    ) -> None:
        name = api_named(api, SESSION_APIS)
        super().__init__(clock, None if telemetry is None else telemetry.session_recorder())
        options = options_of(
            limits,
            tools=tools,
            tools_errors=tools_errors,
            output=output,
            coerce=coerce,
            dialect=dialect,
            output_dialect=output_dialect,
            surrogates=surrogates,
        )
        self._session = SessionReader(options)
        self._conversation: Conversation | None = None
        for kind in _CONVERSATIONS:
            if kind.wire.api == name:
                self._conversation = kind(self._session)
        self._held: list[Any] = []  # records that show no API

    def __repr__(self) -> str:
        """The API, and how many answers there are."""
        counts = f"{len(self.messages)} messages, {len(self.open)} open"
        return f"<SessionParser api={self.api!r}, {counts}>"

    @property
    def api(self) -> str | None:
        """The API; None while it is not known."""
        return None if self._conversation is None else self._conversation.wire.api

    @property
    def tool_errors(self) -> dict[str, Exception]:
        """Why calls of a tool are not validated, by the tool's name; see `MessageParser`."""
        return self._session.options.tool_errors()

    @property
    def messages(self) -> list[Message]:
        """All answers, in the order in which they began."""
        return [answer.message for answer in self._session.answers]

    @property
    def open(self) -> list[Message]:
        """The answers in progress."""
        return [answer.message for answer in self._session.open()]

    @property
    def message(self) -> Message | None:
        """The newest answer; None before the first one has begun."""
        answers = self._session.answers
        return answers[-1].message if answers else None

    @property
    def replayed(self) -> int:
        """How many records were skipped because a resumed session sent them again."""
        return self._session.replayed

    # The life cycle.

    def _accepted(self, fragment: Any) -> list[Any] | None:
        records = records_of(fragment, self._session.options.limits)
        if not records:
            return None
        self._check_open()
        return records

    def _read(self, fragment: list[Any]) -> None:
        for record in fragment:
            self._read_record(record)

    def _end(self) -> None:
        if self._held:
            raise self._unknown()
        self._session.end_input()

    def _end_broken(self, error: StreamParseError | None) -> None:
        for record in self._held:
            self._session.pass_on("record", record)
        self._held = []
        self._session.end_broken(error)

    def _abandon(self) -> None:
        self._session.abandon()

    def _new_events(self) -> list[AnySessionEvent]:
        return self._session.take()

    # Reading.

    def _read_record(self, record: Any) -> None:
        if not isinstance(record, dict):
            self._session.pass_on("record", {"text": record})
        elif self._conversation is not None:
            self._conversation.record(record)
        else:
            self._detect(record)

    def _detect(self, record: dict[str, Any]) -> None:
        """Hold records until one shows the API."""
        self._held.append(record)
        for kind in _CONVERSATIONS:
            if kind.recognizes(record):
                conversation = self._conversation = kind(self._session)
                held, self._held = self._held, []
                for one in held:
                    conversation.record(one)
                return
        if len(self._held) > _HELD:
            raise self._unknown()

    def _unknown(self) -> WireError:
        sessions = [kind.wire.api for kind in _CONVERSATIONS]
        return unknown_api(
            [(record, "") for record in self._held],
            shown(self._held[0]),
            [wire_of(api) for api in sessions],
            [wire_of(api) for api in WIRES if api not in sessions],
            "use MessageParser",
        )


def begins_session(line: bytes) -> bool:
    """Return whether the first line of a recording is a message that occurs only in sessions."""
    try:
        first: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(first, dict):
        return False
    return any([wire_of(api).recognizes(first, "") for api in SESSION_WIRES])
