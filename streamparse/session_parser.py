"""`SessionParser`: many answers over one connection, each with a message of its own.

A message of the connection is decoded (`_sessions.frames`), and the protocol decides which answer
each record in it belongs to. The wire of that answer reads it, as it reads the records of a stream.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from streamparse._answers.frozen import Frozen, freeze, thaw
from streamparse._answers.metrics import Metrics
from streamparse._core.plain import shown
from streamparse._sessions.conversation import Conversation
from streamparse._sessions.frames import records_of
from streamparse._sessions.lanes import Interactions, Responses
from streamparse._sessions.live import Live
from streamparse._sessions.reader import SessionReader
from streamparse._sessions.realtime import Realtime
from streamparse._wires.names import api_named
from streamparse._wires.nearest import unknown_api
from streamparse._wires.router import SESSION_WIRES, WIRES, wire_of
from streamparse.aliases import DialectName, SessionAPI, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError, WireError, interrupted
from streamparse.limits import Limits
from streamparse.message import Message
from streamparse.message_events import AnySessionEvent
from streamparse.message_parser import errors_of, options_of
from streamparse.protocols import StreamRecorder, StreamTelemetry

__all__ = ["SessionParser"]

# In the order in which `"auto"` asks them.
_CONVERSATIONS: Final[tuple[type[Conversation], ...]] = (Realtime, Responses, Live, Interactions)
SESSION_APIS: Final = cast(
    "tuple[SessionAPI, ...]", (*[kind.api for kind in _CONVERSATIONS], "auto")
)
_HELD: Final = 16  # records without evidence of an API


class SessionParser:
    """The answers of one session, pushed in as its messages arrive.

    A session is a connection over which several answers come: a WebSocket of the OpenAI Realtime
    API, of the Responses API or of Gemini Live, or live Interactions. Each answer is a `Message`
    with the rules of `MessageParser`. `event.choice` is its index in `messages`; it is None for a
    `ProviderEvent` that belongs to no answer, such as `session.created`.

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
        self._limits = options.limits
        #: Why calls of a tool are not validated, by the tool's name; see `MessageParser`.
        self.tool_errors: dict[str, Exception] = errors_of(options)
        #: Times and counts of the whole session, if the parser was given a clock.
        self.metrics: Metrics | None = None if clock is None else Metrics(clock)
        self._recorder: StreamRecorder | None = None
        if telemetry is not None:
            self._recorder = telemetry.session_recorder()
        self._session = SessionReader(options)
        self._conversation: Conversation | None = None
        for kind in _CONVERSATIONS:
            if kind.api == name:
                self._conversation = kind(self._session)
        self._held: list[Any] = []  # records that show no API
        self._finished: bool = False
        self._failure: StreamParseError | None = None

    def __repr__(self) -> str:
        """The API, and how many answers there are."""
        counts = f"{len(self.messages)} messages, {len(self.open)} open"
        return f"<SessionParser api={self.api!r}, {counts}>"

    @property
    def api(self) -> str | None:
        """The API; None while it is not known."""
        return None if self._conversation is None else self._conversation.api

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

    def feed(self, message: Any) -> list[AnySessionEvent]:
        """Read one message of the connection; an empty one is legal and free.

        Args:
            message: Text or bytes of one whole message, a decoded one (dict), an event of an SDK,
                or a `WSMessage` of aiohttp. A batch (`{"events": […]}`) is unpacked.

        Returns:
            The events that it decided.

        Raises:
            WireError: The first messages show no API that is known (`unknown_api`).
            LimitError: A bound of `Limits` was passed.
            StreamParseError: The parser has been finished (`finished`), or an unexpected exception
                ended an earlier call (`interrupted`).
            TypeError: The message is of another type; the parser is as before.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        reading = False
        try:
            records = records_of(message, self._limits)
            if records and self._finished:
                raise StreamParseError("feed() was called after finish()", code="finished")
            reading = True
            for record in records:
                self._read(record)
            return self._take()
        except StreamParseError as error:
            if reading or error.code != "finished":
                self._fail(error)
            raise
        except TypeError:
            if reading:
                self._interrupt()
            raise
        except BaseException:
            self._interrupt()
            raise

    def finish(self) -> list[AnySessionEvent]:
        """End the session: its connection was closed. A second call returns `[]`.

        Returns:
            The last events. An answer that has not ended is truncated.

        Raises:
            WireError: No message has shown an API that is known (`unknown_api`).
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if self._finished:
            return []
        self._finished = True
        try:
            if self._held:
                raise self._unknown()
            self._session.end_input()
            events = self._take()
            self._end_recording()
            return events
        except StreamParseError as error:
            self._fail(error)
            raise
        except BaseException:
            self._interrupt()
            raise

    def cut(self) -> list[AnySessionEvent]:
        """End the session where its connection broke: open answers are truncated.

        Raises nothing; after `finish` or a failure there is nothing left to emit.
        """
        if self._finished or self._failure is not None:
            return []
        self._finished = True
        self._session.end_broken()
        events = self._session.take()
        if self._recorder is not None:
            self._recorder.note(events)
        self._end_recording()
        return events

    # Reading.

    def _read(self, record: Any) -> None:
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
        sessions = [kind.api for kind in _CONVERSATIONS]
        return unknown_api(
            [(record, "") for record in self._held],
            shown(self._held[0]),
            [wire_of(api) for api in sessions],
            [wire_of(api) for api in WIRES if api not in sessions],
            "use MessageParser",
        )

    def _take(self) -> list[AnySessionEvent]:
        events = self._session.take()
        if self.metrics is not None:
            self.metrics.note(events)
        if self._recorder is not None:
            self._recorder.note(events)
        return events

    def _end_recording(self, error: StreamParseError | None = None) -> None:
        if self._recorder is not None:
            self._recorder.end(error)

    # Copies and pickles.

    def __copy__(self) -> SessionParser:
        return restored(self._frozen())

    def __deepcopy__(self, memo: object) -> SessionParser:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self._frozen(),)

    def _frozen(self) -> Frozen:
        return freeze({**vars(self), "_recorder": None})

    # Failing.

    def _fail(self, error: StreamParseError) -> None:
        """End all answers truncated; the error carries the last events."""
        try:
            for record in self._held:
                self._session.pass_on("record", record)
            self._held = []
            self._session.end_broken(error)
            error.events = self._take()
            self._failure = error.copy_without_events()
            self._end_recording(self._failure)
        except BaseException:
            self._interrupt()
            raise

    def _interrupt(self) -> None:
        """An exception left a call half done: nothing can be read any more."""
        self._failure = interrupted()
        self._session.abandon()
        self._end_recording(self._failure)


def restored(frozen: Frozen) -> SessionParser:
    """A parser in the state of the one that was frozen."""
    parser = SessionParser.__new__(SessionParser)
    vars(parser).update(thaw(frozen))
    return parser


def begins_session(line: bytes) -> bool:
    """Return whether the first line of a recording is a message that occurs only in sessions."""
    try:
        first: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(first, dict):
        return False
    return any([wire_of(api).recognizes(first, "") for api in SESSION_WIRES])
