"""`MessageParser`: converts what a provider sends to message events.

The transport decodes bytes and text (server-sent events, JSON, binary frames). The router passes
the records, and decoded chunks and SDK objects, to the adapter of their API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from streamparse._answers.frozen import Frozen, attributes_of, freeze, thaw
from streamparse._answers.metrics import Metrics
from streamparse._answers.options import AnswerOptions
from streamparse._answers.output import OutputReader, output_validator_of, root_kind
from streamparse._answers.response import ResponseReader
from streamparse._answers.tools import tools_of
from streamparse._core._marks import mypyc_attr
from streamparse._core.parser import dialect_of
from streamparse._core.text import Utf8Replacer
from streamparse._decoding.opening import may_be_records
from streamparse._decoding.record import Record
from streamparse._decoding.sdk import chunk_of
from streamparse._decoding.templates import Templates
from streamparse._decoding.transport import Transport
from streamparse._wires.names import api_named
from streamparse._wires.router import WIRES, Router
from streamparse.aliases import API, DialectName, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.errors import ProviderError, StreamParseError, interrupted, name_status
from streamparse.limits import Limits
from streamparse.message import Message, ToolCall
from streamparse.message_events import AnyMessageEvent, MessageFailed, MessageFinished
from streamparse.protocols import StreamRecorder, StreamTelemetry

if TYPE_CHECKING:
    from streamparse.formats.parser import TextReading
    from streamparse.formats.table import FormatLike

__all__ = ["MessageParser"]

APIS: Final = cast("tuple[API, ...]", (*WIRES, "text", "auto"))

# One of them is in every marker, or in what makes it one.
_SIGNS: Final = ("<", "[", "{", "Action:", "-> tool/", "◁")

_SLICE: Final = 4096

_LOOKED_AT: Final = 256  # characters that may show that text is not a stream of records


@mypyc_attr(allow_interpreted_subclasses=True)
class MessageParser:
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
        metrics: Times and counts; None without a clock.
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
        self._api = name
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
        self._limits = options.limits
        self._response = ResponseReader(options)
        #: Times and counts, if the parser was given a clock.
        self.metrics: Metrics | None = None if clock is None else Metrics(clock)
        self._recorder: StreamRecorder | None = None
        if telemetry is not None:
            self._recorder = telemetry.recorder()
        self._router = Router(self._response, name)
        self._transport: Transport | None = None
        self._decoder: Utf8Replacer | None = None
        self._kind: str = ""  # what is fed: "text", "bytes" or "chunks"
        # With `format` alone: the input as long as it may be a wire's or the text of a model.
        self._undecided: list[Any] | None = [] if api is None and format is not None else None
        self._start: str = ""  # the beginning of it
        #: The HTTP status of the response, if the caller sets it. One of 400 or more is named in
        #: every error, and is an error itself if the body reports none.
        self.http_status: int | None = None
        self._finished: bool = False
        self._broken: StreamParseError | None = None  # why nothing more can come
        self._failure: StreamParseError | None = None

    def __repr__(self) -> str:
        """Return the API and the first message so far."""
        return f"MessageParser(api={self.api!r}, message={self.message!r})"

    # Reading.

    @property
    def api(self) -> str | None:
        """The wire format; None while it is not known."""
        return self._api if self._api == "text" else self._response.api or None

    @property
    def tool_errors(self) -> dict[str, Exception]:
        """Why calls of a tool are not validated, by the tool's name; see `tools_errors`."""
        return errors_of(self._response.options)

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
        return self._router.replayed

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
        return self._router.resume_token

    # Feeding.

    def feed(self, fragment: Any) -> list[AnyMessageEvent]:
        """Take a fragment or a chunk; an empty one is legal and free.

        Args:
            fragment: Bytes or text cut anywhere, a decoded chunk (dict) or a chunk of an SDK.

        Returns:
            The events that it decided.

        Raises:
            WireError: The input is not a stream of the API.
            LimitError: A bound of `Limits` was passed.
            StreamParseError: Nothing can be fed after `finish` (`finished`), or after an exception
                that reading does not handle, as `KeyboardInterrupt`, left an earlier call
                (`interrupted`).
            TypeError: The fragment is of another type, or of another kind than the ones before;
                the parser is as before.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        reading = False
        try:
            fragment = self._accepted(fragment)
            if fragment is None:
                return []
            reading = True
            self._read(fragment)
            return self._take_events()
        except StreamParseError as error:
            if reading:
                self._fail(error)
            raise
        except TypeError:
            if reading:
                self._interrupt()
            raise
        except BaseException:
            self._interrupt()
            raise

    def finish(self) -> list[AnyMessageEvent]:
        """Report the end of the input and return the last events; a second call returns `[]`."""
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if self._finished:
            return []
        if self._broken is not None:
            return self.cut()
        self._finished = True
        try:
            self._finish()
            events = self._take_events()
            self._end_recording()
            return events
        except StreamParseError as error:
            self._fail(error)
            raise
        except BaseException:
            self._interrupt()
            raise

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
        if self._transport is not None:
            self._transport = Transport(limits=self._limits)
        if not self._begun:
            self._router.restart()
            if self._undecided is not None:
                self._undecided, self._start = [], ""

    def _break_off(self, error: StreamParseError) -> None:
        """Make `finish` end the input as `cut` does, with this error as the reason."""
        self._broken = error

    def cut(self) -> list[AnyMessageEvent]:
        """End the input as `finish` does, but never as a normal end.

        Call this if the input broke off or is not read to its end. Everything that is open is
        truncated, including the plain text of a model. Input that was held back for a decision is
        no longer held back. The method raises no exception.

        Returns:
            The last events; `[]` after `finish` or a failure.
        """
        if self._finished or self._failure is not None:
            return []
        self._finished = True
        self._router.give_up()
        if self._broken is not None:
            self._response.fail_transport(self._broken)
        self._response.forget_halves()
        self._response.end_broken()
        events = self._response.take()  # not part of the metrics, because no text arrived
        if self._recorder is not None:
            self._recorder.note(events)
        self._end_recording()
        return events

    def _accepted(self, fragment: Any) -> Any:
        """The fragment as it is read; None for an empty one. Raises for what cannot be read."""
        kind = _KINDS.get(type(fragment)) or _kind_of(fragment)
        if kind != "chunks":
            if not len(fragment):
                return None
        elif type(fragment) is not dict and not isinstance(fragment, Record):
            fragment = chunk_of(fragment)
            if fragment is None:
                return None
        if self._finished:
            raise StreamParseError("feed() was called after finish()", code="finished")
        if kind != self._kind:
            self._take(kind)
        return fragment

    def _take(self, kind: str) -> None:
        """The first fragment decides what this parser takes."""
        if self._kind:
            raise TypeError(f"this parser was fed {self._kind}, now {kind}: feed it one of them")
        if kind == "chunks":
            if self._api == "text":
                raise TypeError("api='text' takes text or bytes, not chunks")
            self._undecided = None
        elif self._api != "text":
            templates = Templates(self._limits)
            self._router.templates = templates
            self._transport = Transport(limits=self._limits, templates=templates)
        self._kind = kind

    def _read(self, fragment: Any) -> None:
        if self._undecided is not None:
            self._decide(fragment)
        elif self._api == "text":
            self._feed_text(fragment)
        elif isinstance(fragment, Record):  # decoded by the caller, who also needs its data
            self._router.read(fragment)
        elif self._kind == "chunks":
            self._router.read_chunk(fragment)
        else:
            self._feed_wire(fragment)

    def _finish(self) -> None:
        transport = self._transport
        if transport is not None and self._undecided is None:
            self._router.read_all(transport.finish())
            if transport.failure is not None:
                raise transport.failure
        if self._undecided is not None:
            self._decide(None)
        if self._refused:
            self._response.fail(ProviderError("the server refused the request"))
        if self._api == "text":
            self._finish_text()
        else:
            self._router.finish()
        self._response.end()

    @property
    def _refused(self) -> int:
        """The HTTP status, if it reports an error; else 0."""
        return self.http_status if self.http_status and self.http_status >= 400 else 0

    def _take_events(self) -> list[AnyMessageEvent]:
        events = self._response.take()
        if self._response.counts.ended != self._ended:
            self._ended = self._response.counts.ended
            self._conclude(events)
        if self.metrics is not None:
            self.metrics.note(events)
        if self._recorder is not None:
            self._recorder.note(events)
        return events

    def record_for(self, other: MessageParser) -> None:
        """Continue the telemetry of another parser, which must not be fed any more.

        Args:
            other: The parser whose recorder this parser takes over.
        """
        self._recorder, other._recorder = other._recorder, None

    def _end_recording(self, error: StreamParseError | None = None) -> None:
        if self._recorder is not None:
            self._recorder.end(error)

    def _conclude(self, events: list[AnyMessageEvent]) -> None:
        """Add to messages that have ended what only this parser knows."""
        for event in events:
            if isinstance(event, MessageFailed):
                name_status(event.error, self._refused)
            elif isinstance(event, MessageFinished) and not self._formatted:
                found = _looks_like(event.message.text)
                if found:
                    event.message.extra["looks_like"] = found

    def _feed_wire(self, fragment: Any) -> None:
        transport = self._transport
        assert transport is not None
        if isinstance(fragment, memoryview):
            fragment = bytes(fragment)  # the items of a memoryview may be larger than a byte
        # A large fragment is read in slices: records in a slice are recognized by those before it.
        for start in range(0, len(fragment), _SLICE):
            piece = fragment if len(fragment) <= _SLICE else fragment[start : start + _SLICE]
            self._router.read_all(transport.feed(piece))
            if transport.failure is not None:
                raise transport.failure

    # Plain text.

    def _feed_text(self, fragment: Any) -> None:
        if not isinstance(fragment, str):
            if self._decoder is None:
                self._decoder = Utf8Replacer()
            fragment = self._decoder.feed(bytes(fragment))
        self._response.at(0).text(fragment)

    def _finish_text(self) -> None:
        """The end of a text is a normal one, but inside a character."""
        cut = "" if self._decoder is None else self._decoder.finish()
        answer = self._response.at(0)
        if cut:
            answer.text(cut)
        elif answer.finish_text(True):
            self._response.finish("stop")

    # A format alone: the input is a wire's, or the text of a model.

    def _decide(self, fragment: Any) -> None:
        """Take a fragment, or the end (None), of input that is not known to be either.

        The first record decides. Until then the input is held; most text shows at its first
        characters that it is not a stream of records.
        """
        held, transport = self._undecided, self._transport
        assert held is not None
        records: list[Record] = []
        if fragment is not None:
            held.append(fragment)
            if not self._looks_like_records(fragment):
                self._become_text(held)
                return
        if transport is not None:
            records = transport.finish() if fragment is None else transport.feed(fragment)
        if records and self._are_of_a_wire(records[0]):
            self._undecided = None
            self._router.read_all(records)
            if transport is not None and transport.failure is not None:
                raise transport.failure
        elif records or fragment is None or (transport is not None and transport.failure):
            self._become_text(held)

    def _looks_like_records(self, fragment: Any) -> bool:
        room = _LOOKED_AT - len(self._start)
        if room > 0:
            piece = fragment[:room] if isinstance(fragment, str) else bytes(fragment[:room])
            self._start += piece if isinstance(piece, str) else piece.decode("latin-1")
            self._start = self._start.lstrip(" \t\r\n")
        return may_be_records(self._start)

    def _are_of_a_wire(self, first: Record) -> bool:
        assert self._transport is not None
        if self._transport.framing == "json":
            return self._router.recognizes(first)
        if first.bare:
            return first.data is not None
        begun_json = first.cut and first.text.lstrip().startswith("{")
        return bool(first.event) or first.text == "[DONE]" or first.data is not None or begun_json

    def _become_text(self, held: list[Any]) -> None:
        self._undecided = None
        self._transport = None
        self._api = "text"
        for fragment in held:
            self._feed_text(fragment)

    # Copies and pickles.

    def __copy__(self) -> MessageParser:
        return restored(self._frozen())

    def __deepcopy__(self, memo: object) -> MessageParser:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self._frozen(),)

    def _frozen(self) -> Frozen:
        return freeze({**attributes_of(self), "_recorder": None})

    # Failing.

    def _fail(self, error: StreamParseError) -> None:
        """The stream broke: messages end truncated, and the error carries the last events."""
        name_status(error, self._refused)
        if error.code == "not_a_stream" and self._kind == "text":
            error.message += '; for the text of a model, pass api="text"'
            error.args = (error.message,)
        try:
            self._router.give_up()
            self._response.fail_transport(error)
            self._response.end_broken()
            error.events = self._take_events()
            self._failure = error.copy_without_events()
            self._end_recording(self._failure)
        except BaseException:
            self._interrupt()
            raise

    def _interrupt(self) -> None:
        """An exception left a call half done: nothing can be read any more."""
        self._failure = interrupted()
        self._response.abandon()
        self._end_recording(self._failure)


def options_of(
    limits: Limits | None,
    *,
    tools: Any,
    tools_errors: ToolErrors,
    output: Any,
    coerce: bool,
    dialect: DialectName | Dialect,
    output_dialect: DialectName | Dialect,
    surrogates: Surrogates,
    text_reader: TextReading | None = None,
) -> AnswerOptions:
    """Return what a caller asks of answers, as their readers need it.

    Raises:
        TypeError: `limits` are no `Limits`, or a tool or the output is of no known type.
        ValueError: A name is none of those that the option takes.
    """
    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
    return AnswerOptions(
        limits,
        tools=None if tools is None else tools_of(tools, tools_errors, coerce),
        dialect=dialect_of(dialect),
        surrogates=surrogates,
        output="" if output is None else root_kind(output),
        output_validator=output_validator_of(output, coerce),
        output_dialect=dialect_of(output_dialect, "output_dialect"),
        text_reader=text_reader,
    )


def errors_of(options: AnswerOptions) -> dict[str, Exception]:
    """Return why calls of a tool are not validated, by the tool's name."""
    return {} if options.tools is None else dict(options.tools.errors)


def restored(frozen: Frozen) -> MessageParser:
    """A parser in the state of the one that was frozen."""
    parser = MessageParser()
    for name, value in thaw(frozen).items():
        setattr(parser, name, value)
    return parser


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


# What nearly all fragments are.
_KINDS: Final[dict[type, str]] = {str: "text", bytes: "bytes", dict: "chunks"}


def _kind_of(fragment: Any) -> str:
    if isinstance(fragment, str):
        return "text"
    if isinstance(fragment, (bytes, bytearray, memoryview)):
        return "bytes"
    return "chunks"
