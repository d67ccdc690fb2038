"""`MessageParser`: whatever a provider sends in, message events out.

Bytes or text go through the transport (server-sent events, JSON, binary frames) to the adapter of
the wire API; decoded chunks and SDK objects go to the adapter at once. With `"auto"` the first
records tell the API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from streamparse._answers.output import OutputReader, judge_of, root_kind
from streamparse._answers.tools import Toolbox
from streamparse._answers.turn import Turns
from streamparse._core.parser import dialect_of
from streamparse._core.plain import shown
from streamparse._core.text import Utf8Replacer
from streamparse._decoding.record import Record
from streamparse._decoding.sdk import chunk_of
from streamparse._decoding.transport import Transport
from streamparse._wires.anthropic_messages import AnthropicMessages
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.bedrock_converse import BedrockConverse
from streamparse._wires.bedrock_invoke_anthropic import BedrockInvokeAnthropic
from streamparse._wires.cohere_v2 import CohereV2
from streamparse._wires.google_generate import GoogleGenerate
from streamparse._wires.google_interactions import GoogleInteractions
from streamparse._wires.ollama_chat import OllamaChat
from streamparse._wires.openai_chat import OpenAIChat
from streamparse._wires.openai_completions import OpenAICompletions
from streamparse._wires.openai_responses import OpenAIResponses
from streamparse.dialect import Dialect
from streamparse.errors import ProviderError, StreamParseError, WireError
from streamparse.formats.parser import TextReading
from streamparse.formats.table import Format
from streamparse.limits import Limits
from streamparse.message import Message
from streamparse.message_events import AnyMessageEvent
from streamparse.metrics import Metrics

__all__ = ["MessageParser"]

# In the order in which `"auto"` asks them; the first that recognizes a record has it.
_WIRES: Final[tuple[type[Wire], ...]] = (
    OpenAIChat,
    AnthropicMessages,
    BedrockConverse,
    BedrockInvokeAnthropic,
    OpenAIResponses,
    OpenAICompletions,
    GoogleGenerate,
    GoogleInteractions,
    CohereV2,
    OllamaChat,
)

APIS: Final[tuple[str, ...]] = (*[wire.api for wire in _WIRES], "text", "auto")

# "auto" holds so much without evidence of an API.
_HELD_RECORDS: Final = 16
_HELD_CHARACTERS: Final = 64 * 1024


class MessageParser:
    """One response of a model provider, pushed in as it arrives.

    - `api`: the wire format; `"auto"` (the default) tells it from the first records; `"text"` is
      the plain text of a model.
    - `format`: the raw-text tool-call format of the text: a name of `formats.names()`, `"auto"`, a
      `Format` of your own, or a `TextReading` with options. Alone it means `api="text"`; with a
      wire API it is for servers that pass the model's text on as it is.
    - `tools`: what the model may call, see `tools.Toolbox`: pydantic models, functions, JSON
      Schemas `{"name", "parameters"}`, tool dicts of any provider. A call of another tool, or with
      arguments that cannot become valid any more, is `ToolCallRejected` at that character; calls
      that the provider runs itself are not judged. `call.parsed` is the validated object.
    - `tools_errors`: `"skip"` takes a tool whose schema cannot be compiled, or whose type is none
      of pydantic's: its calls are not judged, and `tool_errors` says why. `"raise"` refuses it.
    - `output`: the text of each answer is to be a JSON document: `Any` or `object` (of any kind),
      `dict` (an object), `list` (an array), a JSON Schema (a dict), a pydantic model or any other
      type that pydantic knows.
    - `dialect`, `output_dialect`: how arguments of tools and the output are read, see `JSONParser`;
      with a `format` the arguments are strict JSON.
      What was mended is in `call.repairs` and `message.output_repairs`.
    - `surrogates`: what becomes of a lone half of a surrogate pair in any text: `"keep"`,
      `"replace"` (U+FFFD) or `"error"` (a `WireError`; a call with one is rejected). Halves that
      meet are joined, in one delta or in two.
    - `limits`: see `Limits`. `clock`: a function that gives seconds, for `metrics`.

    `feed` takes bytes or text cut anywhere, one decoded chunk (a dict), or a chunk object of an
    SDK, and returns the events it decided; `finish` says that the input has ended.
    `message` is always there; `messages` has them all, by choice.

    Raises `WireError` for what is no such stream, `LimitError`, and `TypeError`. An error of the
    provider is an event, `MessageFailed`; an early end is a message with status `"truncated"`.

    >>> parser = MessageParser(api="text")
    >>> parser.feed("Hel"), parser.message.text
    ([MessageStarted(id=None, model=None), TextDelta(text='Hel')], 'Hel')
    """

    def __init__(
        self,
        api: str | None = None,
        *,
        format: str | Format | TextReading | None = None,
        tools: Any = None,
        tools_errors: Literal["raise", "skip"] = "raise",
        output: Any = None,
        dialect: str | Dialect = "strict",
        output_dialect: str | Dialect = "lenient",
        surrogates: str = "keep",
        limits: Limits | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        name = api or ("auto" if format is None else "text")
        if name not in APIS:
            raise ValueError(f"api must be one of {', '.join(APIS)}, not {api!r}")
        self._limits = limits if limits is not None else Limits()
        if not isinstance(self._limits, Limits):
            raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
        self._api = name
        toolbox = None if tools is None else Toolbox(tools, tools_errors)
        #: Why calls of a tool are not judged, by the tool's name; see `tools_errors`.
        self.tool_errors: dict[str, Exception] = {} if toolbox is None else toolbox.errors
        self._turns = Turns(
            self._limits,
            "" if output is None else root_kind(output),
            judge_of(output),
            toolbox,
            _dialect_for(dialect, format),
            dialect_of(output_dialect, "output_dialect"),
            _reading_of(format),
            surrogates,
        )
        #: Times and counts, if the parser was given a clock.
        self.metrics: Metrics | None = None if clock is None else Metrics(clock)
        self._wire: Wire | None = None
        self._transport: Transport | None = None
        self._decoder: Utf8Replacer | None = None
        self._kind: str = ""  # what is fed: "text", "bytes" or "chunks"
        self._held: list[Record] = []  # no evidence of an API in these
        self._held_size: int = 0
        self._finished: bool = False
        self._failure: StreamParseError | None = None
        for wire in _WIRES:
            if wire.api == name:
                self._wire = wire(self._turns)

    # Reading.

    @property
    def api(self) -> str | None:
        """The wire format; None while it is not known."""
        return self._api if self._api == "text" else self._turns.api or None

    @property
    def message(self) -> Message:
        """The first choice: always there, in progress from the start."""
        return self._turns.first.message

    @property
    def messages(self) -> list[Message]:
        """All choices, in the order of their indexes."""
        return [turn.message for turn in self._turns.all]

    @property
    def ended(self) -> bool:
        """Whether every answer that began has had its last event."""
        return self._turns.ended

    def output_reader(self) -> OutputReader | None:
        """What reads the output of the first choice, if one was asked for."""
        return self._turns.first.output

    # Feeding.

    def feed(self, fragment: Any) -> list[AnyMessageEvent]:
        """Take a fragment or a chunk; the events it decided. An empty one is legal and free."""
        if self._failure is not None:
            raise self._failure.copy_without_events()
        kind = _kind_of(fragment)
        if kind == "chunks":
            fragment = chunk_of(fragment)
            if fragment is None:
                return []
        elif not len(fragment):
            return []
        if self._finished:
            raise StreamParseError("the input was said to have ended", code="finished")
        if kind != self._kind:
            self._take(kind)
        try:
            if self._api == "text":
                self._feed_text(fragment)
            elif kind == "chunks":
                self._record(Record("", fragment, ""))
            else:
                self._feed_wire(fragment)
        except StreamParseError as error:
            self._fail(error)
            raise
        return self._take_events()

    def finish(self) -> list[AnyMessageEvent]:
        """The input has ended; the last events. A second call returns `[]`."""
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if self._finished:
            return []
        self._finished = True
        try:
            if self._transport is not None:
                self._records(self._transport.finish())
                if self._transport.failure is not None:
                    raise self._transport.failure
            if self._held:
                self._tell_at_the_end()
            if self._api == "text":
                self._finish_text()
            if self._wire is not None:
                self._wire.end()
            self._turns.end()
        except StreamParseError as error:
            self._fail(error)
            raise
        return self._take_events()

    def cut(self) -> list[AnyMessageEvent]:
        """The input broke off, or nobody reads on: as `finish`, but never a normal end.

        What is open is truncated, the plain text of a model too; what was held back undecided is
        given up. Raises nothing; after `finish` or a failure there is nothing left to say.
        """
        if self._finished or self._failure is not None:
            return []
        self._finished = True
        self._turns.forget_halves()
        self._turns.end()
        return self._turns.take()  # no part of the metrics: nothing came

    def _take_events(self) -> list[AnyMessageEvent]:
        events = self._turns.take()
        if self.metrics is not None:
            self.metrics.note(events)
        return events

    def _take(self, kind: str) -> None:
        """The first fragment decides what this parser takes."""
        if self._kind:
            raise TypeError(f"this parser was fed {self._kind}, now {kind}: feed it one of them")
        if kind == "chunks" and self._api == "text":
            raise TypeError("api='text' takes text or bytes, not chunks")
        self._kind = kind
        if kind != "chunks" and self._api != "text":
            self._transport = Transport(limits=self._limits)

    def _feed_wire(self, fragment: Any) -> None:
        transport = self._transport
        assert transport is not None
        records = transport.feed(fragment)
        if records:
            self._records(records)
        if transport.failure is not None:
            raise transport.failure

    def _feed_text(self, fragment: Any) -> None:
        if not isinstance(fragment, str):
            if self._decoder is None:
                self._decoder = Utf8Replacer()
            fragment = self._decoder.feed(bytes(fragment))
        self._turns.at(0).text(fragment)

    def _finish_text(self) -> None:
        """The end of a text is a normal one, but inside a character."""
        cut = "" if self._decoder is None else self._decoder.finish()
        turn = self._turns.at(0)
        if cut:
            turn.text(cut)
        elif turn.finish_text(True):
            self._turns.finish("stop")

    # Records.

    def _records(self, records: list[Record]) -> None:
        for record in records:
            self._record(record)

    def _record(self, record: Record) -> None:
        wire = self._wire
        data = record.data
        if wire is None:
            self._detect(record)
        elif self._turns.ended:
            if record.text != "[DONE]":  # the mere end of a stream whose terminal record came
                self._pass_on(record)
        elif isinstance(data, dict) and not record.exception:
            if not wire.record(data, record.event):
                self._not_understood(record)
        elif record.text == "[DONE]":
            wire.done()
        else:
            self._not_understood(record)

    def _not_understood(self, record: Record) -> None:
        """No record of the API: an error in some shape, or something to pass on."""
        error = self._error_in(record)
        if error is not None:
            self._turns.fail(error)
        else:
            self._pass_on(record)

    def _error_in(self, record: Record) -> ProviderError | None:
        if not isinstance(record.data, dict):
            return None
        name = record.event if record.exception else ""
        # A body that only has a message is an error; a later record may well be something else.
        bare = not record.event and not self._turns.first.begun
        return provider_error(record.data, name, bare)

    def _pass_on(self, record: Record) -> None:
        data = record.data
        if record.cut:
            name = "incomplete_record"
        elif isinstance(data, dict):
            name = record.event or shown(data.get("type") or data.get("object") or "record")
        else:
            name = record.event or "record"
        self._turns.first.pass_on(name, {"text": record.text} if data is None else data)

    # Detection.

    def _detect(self, record: Record) -> None:
        """Hold records until one shows the API, or an error makes it indifferent."""
        data = record.data
        if isinstance(data, dict):
            for kind in _WIRES:
                if kind.recognizes(data, record.event):
                    self._wire = kind(self._turns)
                    break
        if self._wire is None:
            self._hold(record)
            return
        held = self._held
        self._held = []
        for earlier in [*held, record]:
            self._record(earlier)

    def _hold(self, record: Record) -> None:
        error = self._error_in(record)
        if error is not None:
            self._give_up_held()
            self._wire = Wire(self._turns)
            self._turns.fail(error)
            return
        self._held.append(record)
        self._held_size += len(_text_of(record))
        if len(self._held) > _HELD_RECORDS or self._held_size > _HELD_CHARACTERS:
            raise self._unknown()

    def _tell_at_the_end(self) -> None:
        """The input ended without evidence; records that were cut are no reason to complain."""
        if any(not record.cut and record.text != "[DONE]" for record in self._held):
            raise self._unknown()
        self._give_up_held()

    def _give_up_held(self) -> None:
        """Nobody will understand these records; they are passed on."""
        held = self._held
        self._held = []
        for record in held:
            self._pass_on(record)

    def _unknown(self) -> WireError:
        first = next((_text_of(record) for record in self._held if not record.cut), "")
        message = "the first records show no API that is known: say which by api="
        return WireError(message, code="unknown_api", excerpt=first[:40])

    # Failing.

    def _fail(self, error: StreamParseError) -> None:
        """The stream broke: messages end truncated, and the error carries the last events."""
        self._give_up_held()
        self._turns.fail_transport(error)
        self._turns.end()
        error.events = self._take_events()
        self._failure = error.copy_without_events()


def _dialect_for(dialect: str | Dialect, format: Any) -> Dialect | None:
    """Of the arguments. In a format markers follow them, which only the strict machine finds."""
    chosen = dialect_of(dialect)
    if chosen is not None and format is not None:
        raise ValueError("with a format, arguments are read strictly: dialect must be 'strict'")
    return chosen


def _reading_of(format: Any) -> TextReading | None:
    return format if format is None or isinstance(format, TextReading) else TextReading(format)


def _text_of(record: Record) -> str:
    """The source of a record, or JSON text as good as it."""
    return record.text if record.text or record.data is None else shown(record.data)


def _kind_of(fragment: Any) -> str:
    if isinstance(fragment, str):
        return "text"
    if isinstance(fragment, (bytes, bytearray, memoryview)):
        return "bytes"
    return "chunks"
