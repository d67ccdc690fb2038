"""`MessageParser`: converts what a provider sends to message events.

`LifeCycle` has its states, `Input` reads what is fed, and `ResponseReader` has the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from streamparse._answers.life_cycle import FINISHED, LifeCycle
from streamparse._answers.options import options_of
from streamparse._answers.output import OutputReader
from streamparse._answers.response import ResponseReader
from streamparse._core._marks import mypyc_attr
from streamparse._wires.detection import WIRES
from streamparse._wires.input import Input
from streamparse._wires.names import api_named
from streamparse.aliases import API, DialectName, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError, name_status
from streamparse.limits import Limits
from streamparse.message import Message, ToolCall
from streamparse.message_events import AnyMessageEvent, MessageFailed, MessageFinished
from streamparse.protocols import StreamTelemetry

if TYPE_CHECKING:
    from streamparse.formats.parser import TextReading
    from streamparse.formats.table import FormatLike

__all__ = ["MessageParser"]

APIS: Final = cast("tuple[API, ...]", (*WIRES, "text", "auto"))

# A text that `hints.looks_like` recognizes contains at least one of these.
_SIGNS: Final = ("<", "[", "{", "Action:", "-> tool/", "◁")


@mypyc_attr(allow_interpreted_subclasses=True)
class MessageParser(LifeCycle[Any, AnyMessageEvent]):
    """Parses one response of a model provider while it arrives.

    `feed` takes bytes or text in fragments of any size, a decoded chunk (a dict) or a chunk object
    of an SDK, and returns events; `finish` reports the end of the input. `message` is the first
    answer, and `messages` has one for each choice. An error of the provider is an event,
    `MessageFailed`; a response that ends early is a message with the status `"truncated"`.

    Args:
        api: The wire format. `"auto"`, the default, detects it from the first records; `"text"` is
            the plain text of a model.
        format: The raw-text format of tool calls: a name of `formats.names()`, `"auto"`, a
            `Format`, a response template, a structural tag, the path of a `tokenizer_config.json`,
            or a `TextReading` with options. With an `api` it is for servers that do not parse the
            text of the model. Alone, the API is detected, and input that is not a stream of an API
            is the plain text of a model.
        tools: The tools that the model may call, see `Toolbox`: pydantic models, functions, JSON
            Schemas `{"name", "parameters"}`, or tool dicts of any provider. A call of another tool,
            or with arguments that cannot become valid any more, is `ToolCallRejected` at that
            character. Calls that the provider runs itself are not validated.
        tools_errors: `"skip"` accepts a tool whose schema cannot be compiled, or whose type is
            unknown to pydantic: its calls are not validated, and `tool_errors` has the reason.
            `"raise"` raises it.
        output: The JSON document that the text of each answer has to be: `Any` or `object` (of any
            kind), `dict` (an object), `list` (an array), a JSON Schema (a dict), or a type that
            pydantic knows.
        coerce: Whether a value that would be rejected is read in the only other way that its schema
            allows, such as `"[1, 2]"` for an array. Each is a repair with the code `"coerced"`.
        dialect: The dialect of the arguments of tools, see `JSONParser`. With a `format` it is that
            of all JSON in calls; a literal of the format outside its strings ends it. Repairs are
            in `call.repairs`.
        output_dialect: The dialect of the output. Repairs are in `message.output_repairs`.
        surrogates: What to do with a lone surrogate in any text: `"keep"`, `"replace"` (U+FFFD) or
            `"error"` (a `WireError`; a call with one is rejected). Adjacent halves are joined, also
            across deltas.
        limits: The limits; see `Limits`.
        clock: A function that returns seconds, for `metrics`.
        telemetry: Records the response; see `streamparse.telemetry`. Copies and pickles of the
            parser do not record.

    Attributes:
        http_status: The HTTP status of the response, if the caller sets it. One of 400 or more is
            named in every error, and is an error itself if the body reports none.
        tool_errors: Why calls of a tool are not validated, by the tool's name; see `tools_errors`.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type.

    >>> parser = MessageParser(api="text")
    >>> parser.feed("Hel"), parser.message.text
    ([MessageStarted(id=None, model=None), TextDelta(text='Hel')], 'Hel')
    """

    def __init__(
        self,
        api: API | None = None,
        *,
        format: FormatLike | TextReading | None = None,
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
        name = api_named(api, APIS)
        super().__init__(clock, None if telemetry is None else telemetry.recorder())
        self._formatted = format is not None
        self._ended = 0  # answers that have ended
        options = options_of(
            limits,
            tools=tools,
            tools_errors=tools_errors,
            output=output,
            coerce=coerce,
            dialect=dialect,
            output_dialect=output_dialect,
            surrogates=surrogates,
            text_reader=_reading_of(format),
        )
        self._response = ResponseReader(options)
        self._input = Input(self._response, name, api is None and format is not None)
        #: The HTTP status of the response, if the caller sets it. One of 400 or more is named in
        #: every error, and is an error itself if the body reports none.
        self.http_status: int | None = None

    def __repr__(self) -> str:
        """Return the API and the first message so far."""
        return f"MessageParser(api={self.api!r}, message={self.message!r})"

    # Reading.

    @property
    def api(self) -> str | None:
        """The wire format; None while it is not known."""
        return "text" if self._input.api == "text" else self._response.api or None

    @property
    def tool_errors(self) -> dict[str, Exception]:
        """Why calls of a tool are not validated, by the tool's name; see `tools_errors`."""
        return self._response.options.tool_errors()

    @property
    def message(self) -> Message:
        """The message of the first choice; it exists, and is in progress, from the start."""
        return self._response.first.message

    @property
    def messages(self) -> list[Message]:
        """The messages of all choices, in the order of their indexes."""
        return [answer.message for answer in self._response.all]

    @property
    def ended(self) -> bool:
        """Whether every answer that began has had its last event."""
        return self._response.ended

    def _output_reader(self) -> OutputReader | None:
        """Return the reader of the output of the first choice, if `output` was given."""
        return self._response.first.texts.output

    def ready_calls(self) -> list[ToolCall]:
        """Return the calls of the first answer that can be used, in the order they became so.

        Those are the complete ones, and the ones that `Stream.tool_calls(when="whole")` yields
        earlier. The list grows.
        """
        return self._response.first.calls.ready

    @property
    def replayed(self) -> int:
        """How many records were skipped because a resumed stream sent them again."""
        return self._input.router.replayed

    @property
    def resume_token(self) -> dict[str, Any] | None:
        """The position from which to resume the response after a broken connection.

        It is None if the response cannot be resumed. The dict has the `api`, the `id` of the
        response, and one or more marks of the last record that was read: `sequence_number`
        (Responses), `event_id` (Interactions) and `last_event_id` (an API whose server-sent events
        have ids). It can be serialized as JSON.

        >>> parser = MessageParser("google-interactions")
        >>> event = {"event_type": "interaction.created", "interaction": {"id": "int_1"}}
        >>> _ = parser.feed({**event, "event_id": "e-1"})
        >>> parser.resume_token
        {'api': 'google-interactions', 'id': 'int_1', 'event_id': 'e-1'}
        """
        return self._input.router.resume_token

    @property
    def _begun(self) -> bool:
        """Whether an answer has begun."""
        return self._response.counts.begun > 0

    @property
    def _whole(self) -> bool:
        """Whether every answer that has begun has ended or has a finish reason."""
        answers = self._response.all
        return all(answer.ended or answer.message.finish_reason is not None for answer in answers)

    def reconnect(self) -> None:
        """Prepare for a new connection that continues the response.

        Call this before the first fragment of the new connection. An incomplete record at the end
        of the broken connection is dropped, because the provider sends the record again. The call
        is not needed for decoded chunks.

        >>> parser = MessageParser("ollama-chat")
        >>> _ = parser.feed('{"message": {"content": "Hel"}, "done": false} {"mess')
        >>> parser.reconnect()
        >>> _ = parser.feed('{"message": {"content": "lo"}, "done": false}')
        >>> parser.message.text
        'Hello'
        """
        self._input.reconnect(self._begun)

    @property
    def _refused(self) -> int:
        """The HTTP status, if it reports an error; else 0."""
        return self.http_status if self.http_status and self.http_status >= 400 else 0

    def record_for(self, other: MessageParser) -> None:
        """Continue the telemetry of another parser, which must not be fed any more.

        Args:
            other: The parser whose recorder this parser takes over.
        """
        self._recorder, other._recorder = other._recorder, None

    # The life cycle.

    def _accepted(self, fragment: Any) -> Any:
        return self._input.accepted(fragment, self._state == FINISHED)

    def _read(self, fragment: Any) -> None:
        self._input.read(fragment)

    def _end(self) -> None:
        self._input.end(self._refused > 0)

    def _end_broken(self, error: StreamParseError | None) -> None:
        if error is not None:
            name_status(error, self._refused)
            if error.code == "not_a_stream" and self._input.kind == "text":
                error.message += '; for the text of a model, pass api="text"'
                error.args = (error.message,)
        self._input.router.give_up()
        self._response.end_broken(error)

    def _abandon(self) -> None:
        self._response.abandon()

    def _new_events(self) -> list[AnyMessageEvent]:
        events = self._response.take()
        if self._response.counts.ended != self._ended:
            self._ended = self._response.counts.ended
            self._conclude(events)
        return events

    def _conclude(self, events: list[AnyMessageEvent]) -> None:
        """Add to messages that have ended what only this parser knows."""
        for event in events:
            if isinstance(event, MessageFailed):
                name_status(event.error, self._refused)
            elif isinstance(event, MessageFinished) and not self._formatted:
                found = _looks_like(event.message.text)
                if found:
                    event.message.extra["looks_like"] = found


def _reading_of(format: Any) -> TextReading | None:
    if format is None:
        return None
    from streamparse.formats.parser import TextReading  # slow to import

    return format if isinstance(format, TextReading) else TextReading(format)


def _looks_like(text: str) -> list[str]:
    """The formats whose markers are in a text. Most texts have none of their characters."""
    if not any(sign in text for sign in _SIGNS):
        return []
    from streamparse.formats.hints import looks_like  # slow to import

    return looks_like(text)
