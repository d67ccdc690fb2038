"""The record of one tool call: its state, its id, its place in the message, and its events.

The states of a `CallReader`, and what follows:

    state      text or values                      next states
    HELD       are kept for the name               NAMING, READING (`begin`)
    NAMING     reject the call                     READING (a longer name), SILENT, CLOSED
    READING    become deltas and argument events   SILENT, REJECTED, CLOSED
    SILENT     grow the value, without events      REJECTED (broken JSON)
    REJECTED   grow the texts                      none
    CLOSED     are late: kept, and passed on       none
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.arguments import (
    ArgumentSource,
    Ended,
    FramedText,
    FreeText,
    LenientText,
    Produced,
    StrictText,
    Values,
    finite,
    locate_in_text,
)
from streamparse._answers.options import AnswerOptions
from streamparse._answers.tools import Tools
from streamparse._core.chain import Chain
from streamparse._core.room import Room, check_name
from streamparse._core.sink import ValidatorFactory
from streamparse.aliases import CallStatus
from streamparse.errors import LimitError, StreamParseError, WireError
from streamparse.limits import Limits
from streamparse.message import Part, ToolCall
from streamparse.message_events import (
    ArgumentReporter,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
)

__all__ = ["CLOSED", "HELD", "NAMING", "READING", "REJECTED", "SILENT", "CallRecord"]

# The states of a call. Up to READING, no ending event has been emitted.
HELD: Final = 0
NAMING: Final = 1  # the name is that of no tool, but one starts with it
READING: Final = 2
SILENT: Final = 3  # rejected, but the value still grows
REJECTED: Final = 4
CLOSED: Final = 5  # complete or truncated


class CallRecord:
    """One `ToolCall` with its state. Events about it go to `out`."""

    __slots__ = (
        "_source",
        "call",
        "chain",
        "choice",
        "entry",
        "events",
        "is_ready",
        "limits",
        "options",
        "out",
        "raw_text",
        "ready",
        "received",
        "state",
        "surrogates",
        "tools",
        "validator",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (ToolCall, int, list, AnswerOptions)

    def __init__(
        self,
        call: ToolCall,
        choice: int,
        out: list[Any],
        options: AnswerOptions,
        raw_text: bool = False,
    ) -> None:
        self.call: ToolCall = call
        self.raw_text: bool = raw_text  # the call is written in the model's text
        self.choice: int = choice
        self.out: list[Any] = out
        self.ready: list[ToolCall] = []  # of the answer; see `AnswerReader.ready`
        self.is_ready: bool = False  # whether the call is in it
        self.options: AnswerOptions = options
        self.limits: Limits = options.limits
        self.tools: Tools | None = options.tools
        self.surrogates: str = options.surrogates
        self.chain: Chain = Chain(reporter=ArgumentReporter(call, choice), continues=True)
        self.chain.options = options.machine_options
        self.events: list[Any] = self.chain.builder.events  # until `_report` emits them
        call._builder = self.chain.builder
        self.validator: ValidatorFactory | None = None  # of the tool that is called
        self._source: ArgumentSource | None = None
        self.received: bool = False  # a value, or text other than white space, has arrived
        self.state: int = HELD
        self.entry: _Entry | None = None  # None: the call is in the message

    @property
    def source(self) -> ArgumentSource:
        """The source of the arguments, which is one of text until a value arrives."""
        source = self._source
        if source is None:
            source = self._source = self._text_source()
        return source

    def _text_source(self) -> ArgumentSource:
        """Return a source of text that drives the chain as it is now."""
        if self.call.kind == "custom":
            return FreeText(self.chain, self.events, self.surrogates)
        dialect = self.options.dialect
        if dialect is None:
            strict = StrictText(self.chain, self.events, self.limits, self.surrogates)
            if self.raw_text:
                strict.machine.parse_float = finite
            return strict
        if not self.raw_text:
            return LenientText(self.chain, self.events, self.limits, self.surrogates, dialect)
        framed = FramedText(self.chain, self.events, self.limits, self.surrogates, dialect)
        framed.machine.parse_float = finite
        return framed

    def _value_source(self) -> Values:
        """Return the source of values, which drives the chain from now on."""
        source = self._source
        if isinstance(source, Values):
            return source
        if isinstance(source, Ended):  # its chain is that of all such calls
            self.chain = Chain(continues=True)
            self.events = self.chain.builder.events
        values = Values(self.chain, self.events, self.surrogates)
        self._source = values
        return values

    @property
    def whole(self) -> bool:
        """Whether the arguments so far end with a whole value. That completes nothing."""
        return not self.open if self.call.kind == "custom" else self.source.whole

    @property
    def begun(self) -> bool:
        """Whether `ToolCallStarted` has been emitted."""
        return self.state != HELD

    @property
    def open(self) -> bool:
        """Whether no ending event has been emitted."""
        return self.state <= READING

    @property
    def listening(self) -> bool:
        """Whether the value can still grow."""
        return self.state <= SILENT

    def make_ready(self) -> None:
        """Add the call to the ready ones of its answer, once."""
        if not self.is_ready:
            self.is_ready = True
            self.ready.append(self.call)

    def enter_by(self, calls: list[Any], content: list[Part], room: Room) -> None:
        """Have the call enter these lists, and be counted in `room`, with the first evidence."""
        self.entry = _Entry(calls, content, room)

    def set_id(self, identity: str) -> None:
        """Keep the first id; another one later is an anomaly."""
        self._enter()
        call = self.call
        if call.id is None:
            call.id = identity
        elif call.id != identity:
            message = f"this delta names the call {identity!r}, not {call.id!r}"
            self.note_anomaly("changed_id", message)

    def set_name(self, name: str) -> None:
        """Set the name. A longer name that starts with the known one replaces it."""
        check_name(name, self.limits)
        self._enter()
        call = self.call
        if call.name is None or (name != call.name and name.startswith(call.name)):
            call.name = name
            if self.state == HELD:
                self.begin()
            else:
                self._choose_tool()
        elif name != call.name:
            message = f"this delta names the tool {name!r}, not {call.name!r}"
            self.note_anomaly("changed_name", message)

    def add_name(self, name: str) -> None:
        """As `set_name`; but another name that comes before any arguments is the next piece."""
        known = self.call.name
        is_piece = known is not None and not self.received and not name.startswith(known)
        self.set_name(known + name if known is not None and is_piece else name)

    def begin(self) -> None:
        """Emit the start of the call, whose name is now known or will never be."""
        if self.state != HELD:
            return
        self._enter()
        self.state = READING
        self.out.append(ToolCallStarted(self.call, self.choice))
        self._choose_tool()

    def _choose_tool(self) -> None:
        """Find the tool of a new name, or reject the call."""
        call, tools = self.call, self.tools
        if tools is None or call.name is None or call.kind == "server" or not self.open:
            return
        tool = tools.find(call.name)
        if tool is not None:
            self.state = READING
            self.validator = tool.validator if call.kind != "custom" else None
            if len(call._written):
                self.chain.replace_factory(None)  # the whole value is validated at the end
            else:
                self.chain.replace_factory(self.validator)
                self._source = None  # the head of the chain has changed
        elif self.received or not tools.may_become(call.name):
            self._reject_unknown()
        else:
            self.state = NAMING

    def _receive(self) -> None:
        """Note that arguments arrive: the first evidence of a call."""
        self.received = True
        self._enter()

    def _enter(self) -> None:
        entry = self.entry
        if entry is not None:
            entry.enter(self, self.limits)
            self.entry = None

    def note_anomaly(self, code: str, message: str) -> None:
        """Keep an anomaly in `call.errors`, once for each code."""
        call = self.call
        if code == "misplaced_value":
            self.chain.replace_factory(None)  # the whole value is validated at the end
        if all(error.code != code for error in call.errors):
            error = WireError(message, code=code, offset=len(call._written))
            call.errors.append(error)

    def note_repair(self, code: str, item: bool = False) -> None:
        """Record a repair that is not in the text of the arguments.

        `item`: it is in the text of which their next value was made, else around the arguments.
        """
        self.chain.builder.repair(code, len(self.call.arguments_text), item)

    def _reject_unknown(self) -> None:
        """Reject a call of a name that no tool has. Its value grows without events."""
        tools = self.tools
        assert tools is not None
        self.chain.silence()
        self._reject(tools.unknown(self.call.name or ""), SILENT)

    def _reject(self, error: StreamParseError, state: int = REJECTED) -> None:
        self.state = state
        self.call.errors.append(error)
        self.call.status = "rejected"
        self.out.append(ToolCallRejected(self.call, error, self.choice))

    def _end(self, status: CallStatus) -> None:
        rest = self.source.rest()
        if rest:
            self.out.append(ToolCallDelta(self.call, rest, self.choice))
        self.state = CLOSED
        self.call.status = status
        ending = ToolCallCompleted if status == "complete" else ToolCallTruncated
        if status == "complete":
            self.make_ready()
            if not self.raw_text and self.call.kind != "custom":
                self._release()
        self.out.append(ending(self.call, self.choice))

    def _release(self) -> None:
        """Release what built the arguments, because a message may have many calls."""
        ended = _WHOLE if self.source.whole else _EMPTY
        self.call._settle()
        self._source, self.chain, self.events = ended, ended.chain, ended.events

    def _report(self, produced: Produced) -> None:
        """Emit the results of a source: a delta, the events in it, and a rejection."""
        _, text, events, error = produced
        if self.state > READING:
            events.clear()
            if self.chain.unseen is not None:
                self.chain.unseen.clear()
            if self.source.broken and self.state == SILENT:
                self.state = REJECTED
            return
        if text:
            self.out.append(ToolCallDelta(self.call, text, self.choice))
        if events:
            self.out += events
            events.clear()
        if error is not None:
            if error is self.chain.rejection or self.call.kind == "custom":
                locate_in_text(error, self.call.arguments_text)
            self._reject(error, REJECTED if self.source.broken else SILENT)


_WHOLE: Final = Ended(True)
_EMPTY: Final = Ended(False)


class _Entry:
    """Where a call is entered in its message, with the first evidence of it.

    The evidence is an id, a name or argument text.
    """

    __slots__ = ("calls", "content", "room")

    _init_types: ClassVar[tuple[Any, ...]] = (list, list, Room)

    def __init__(self, calls: list[Any], content: list[Part], room: Room) -> None:
        self.calls: list[Any] = calls
        self.content: list[Part] = content
        self.room: Room = room

    def enter(self, reader: CallRecord, limits: Limits) -> None:
        """Add the call to the message. Raises `LimitError` where it has too many."""
        most = limits.tool_calls
        if len(self.calls) >= most:
            raise LimitError(f"more than {most} tool calls in one message", code="tool_calls")
        reader.call.index = len(self.calls)
        self.calls.append(reader)
        self.room.enter(self.content, reader.call)
