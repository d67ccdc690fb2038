"""One tool call while it arrives: its text, its arguments, and when it is complete.

A call is complete when

(a) its own end was signalled and its JSON is whole, or
(b) a normal finish reason arrives and its JSON is whole, or
(c) the finish is a limit, its JSON is whole and a later call has already received data.

JSON that happens to parse completes nothing by itself. At a normal finish reason the calls whose
JSON is whole complete. The others stay open, because servers send the rest of a call, or another
call, after a reason. They are judged at the end of the answer: a limit, an error or the end of
input without a reason makes them truncated, a normal end rejects unfinished JSON. No argument
text at all is `{}` under (a) and (b), never under (c), and never where `[DONE]` stands for the
finish reason.

A call that is written in the model's text (`raw_text`) completes by (a) only.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._answers.tools import Toolbox
from streamparse._core.chain import Chain
from streamparse._core.flat import equal
from streamparse._core.lenient import LenientMachine
from streamparse._core.machine import EXCERPT, Machine, MachineOptions
from streamparse._core.parser import JSONParser, locate
from streamparse._core.plain import weight_of
from streamparse._core.room import Room, check_name
from streamparse._core.sink import Sink, ValidatorFactory
from streamparse._core.surrogates import Halves, lone, replaced
from streamparse._core.transcriber import Transcriber, tell
from streamparse.aliases import CallStatus
from streamparse.dialect import Dialect
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    LimitError,
    SchemaViolation,
    StreamParseError,
    WireError,
)
from streamparse.limits import Limits
from streamparse.message import Part, ToolCall
from streamparse.message_events import (
    ArgumentReporter,
    ProviderEvent,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
)

__all__ = ["CUT", "DONE", "INPUT_ENDED", "LIMIT", "NORMAL", "CallReader"]

# How an answer ends.
NORMAL: Final = 0  # a normal finish reason, and a terminal record after it
LIMIT: Final = 1
CUT: Final = 2  # an error, a filter, or the end of input without a finish reason
DONE: Final = 3  # `[DONE]` in place of a finish reason
INPUT_ENDED: Final = 4  # a normal finish reason, then the end of input

_SPACE: Final = " \t\n\r"
_NOT_SPACE: Final = re.compile(r"[^ \t\n\r]")


class CallReader:
    """Feeds one `ToolCall`: an adapter says what it sees, events go to `out`.

    A call without a name yet is held back: whoever gets `ToolCallStarted` needs the name.

    With `tools` the arguments are judged as they arrive. What is refused ends the call as far as
    events are concerned; its value and its texts go on growing, in silence.
    """

    __slots__ = (
        "again",
        "begun",
        "call",
        "calls",
        "chain",
        "choice",
        "content",
        "dialect",
        "ended_itself",
        "first",
        "found",
        "guard",
        "halves",
        "head",
        "held",
        "held_size",
        "hushed",
        "judged_as",
        "lead",
        "limits",
        "machine",
        "open",
        "out",
        "raw_text",
        "reason_at",
        "received",
        "recheck",
        "room",
        "surrogates",
        "told_to",
        "tools",
        "transcriber",
        "waiting",
    )

    init_types: ClassVar[tuple[Any, ...]] = (ToolCall, int, list, Limits)

    def __init__(
        self,
        call: ToolCall,
        choice: int,
        out: list[Any],
        limits: Limits,
        tools: Toolbox | None = None,
        dialect: Dialect | None = None,
        surrogates: str = "keep",
        raw_text: bool = False,
    ) -> None:
        self.call: ToolCall = call
        self.choice: int = choice
        self.out: list[Any] = out
        self.limits: Limits = limits
        self.chain: Chain = Chain(reporter=ArgumentReporter(call, choice), continues=True)
        self.chain.options = MachineOptions(limits=limits, surrogates=surrogates)
        self.found: list[Any] = []  # events of what is being read, which `_report` passes on
        self.chain.builder.events = self.found
        call.builder = self.chain.builder
        self.head: Sink = self.chain.head  # what is driven: the builder, or the chain that judges
        self.dialect: Dialect | None = dialect  # None: strict
        self.surrogates: str = surrogates
        self.halves: Halves = Halves()  # of the argument text
        self.machine: Machine = self._new_machine()
        self.transcriber: Transcriber | None = None
        self.tools: Toolbox | None = tools
        self.guard: Chain | None = None  # the chain, where it judges or is silent
        self.judged_as: ValidatorFactory | None = None  # of the tool that is called
        self.waiting: bool = False  # no tool has this name; is it perhaps half a name?
        self.recheck: bool = False  # was it not judged all along, and must be at the end?
        self.hushed: bool = False  # rejected, but the value still grows, without events
        self.begun: bool = False  # has `ToolCallStarted` gone out?
        self.held: list[Any] = []  # text and values that came before the name
        self.held_size: int = 0  # as much of them as was counted
        self.open: bool = True  # has no ending event gone out?
        self.told_to: int = 0  # in the lenient dialect: so much of the text was in deltas
        # After the value: so many characters of it, `first`, have come once more.
        self.again: int = 0
        self.first: str = ""
        self.raw_text: bool = raw_text
        self.ended_itself: bool = False  # its own end was signalled
        self.received: bool = False  # argument text other than white space, or a value, has come
        self.lead: int = -1  # white space at the beginning of the text; -1: not counted
        self.reason_at: int = -1  # length of the text at the last normal finish reason
        # Where the call is entered with the first evidence of it; None: it is there.
        self.calls: list[CallReader] | None = None
        self.content: list[Part] = []
        self.room: Room | None = None

    # What adapters ask.

    @property
    def whole(self) -> bool:
        """Do the arguments so far end with a whole value? That completes nothing."""
        if self.call.kind == "custom":
            return not self.open
        if self.transcriber is None:
            return self.machine.done
        builder = self.chain.builder
        return builder.started and builder.open_path is None

    @property
    def listening(self) -> bool:
        """Does the value still grow with what is said?"""
        return self.open or self.hushed

    def may_repeat(self, text: str) -> bool:
        """True if text after the whole value is white space, or goes on to repeat the value."""
        piece = text.rstrip(_SPACE) if self.again else text.strip(_SPACE)
        return not piece or (self.whole and self._value_text().startswith(piece, self.again))

    # What adapters say.

    def enter_by(self, calls: list[CallReader], content: list[Part], room: Room) -> None:
        """Have the call enter these lists, and be counted in `room`, with the first evidence."""
        self.calls = calls
        self.content = content
        self.room = room

    def _enter(self) -> None:
        """An id, a name or argument text came: the call is one of the message."""
        calls = self.calls
        if calls is None:
            return
        most = self.limits.tool_calls
        if len(calls) >= most:
            raise LimitError(f"more than {most} tool calls in one message", code="tool_calls")
        self.calls = None
        self.call.index = len(calls)
        calls.append(self)
        if self.room is not None:
            self.room.enter(self.content, self.call)

    def _receive(self, text: str) -> None:
        """Argument text is about to be read."""
        if not self.received and text.strip(_SPACE):
            self.received = True
            self._enter()

    def set_id(self, identity: str) -> None:
        """The first id is kept; another one later is odd and noted once."""
        self._enter()
        call = self.call
        if call.id is None:
            call.id = identity
        elif call.id != identity:
            self.oddity("changed_id", f"this delta names the call {identity!r}, not {call.id!r}")

    def set_name(self, name: str) -> None:
        """Repeats are ignored, a longer one that begins with the old replaces it."""
        check_name(name, self.limits)
        self._enter()
        call = self.call
        if call.name is None or (name != call.name and name.startswith(call.name)):
            call.name = name
            if self.begun and self.tools is not None:
                self._choose_tool()
            self.begin()
        elif name != call.name:
            self.oddity("changed_name", f"this delta names the tool {name!r}, not {call.name!r}")

    def add_name(self, name: str) -> None:
        """As `set_name`; but another name that comes before any arguments is the next piece."""
        known = self.call.name
        is_piece = known is not None and not self.received and not name.startswith(known)
        self.set_name(known + name if known is not None and is_piece else name)

    def oddity(self, code: str, message: str) -> None:
        """Keep an oddity in `call.errors`, once for each code."""
        call = self.call
        if code == "misplaced_value" and self.judged_as is not None:
            self._judge_later()
        if all(error.code != code for error in call.errors):
            error = WireError(message, code=code, offset=len(call.written))
            call.errors.append(error)

    def feed(self, text: str) -> None:
        """More of the arguments' JSON text (of the free text of a custom call)."""
        if not text:
            return
        if not self.received:
            self._receive(text)
        if self.waiting:
            self._stop_waiting()
        if not self.begun:
            self._hold(text, len(text))
            return
        text = self.halves.take(text)
        if text:
            self._read(text)

    def _read(self, text: str) -> None:
        """Read argument text in which the halves of characters are joined."""
        if self.surrogates == "replace":
            text = replaced(text)
        if not self.open:
            if self.hushed:
                self._go_on(text)
            else:
                self._late(text)
        elif self.call.kind == "custom":
            self._feed_custom(text)
        elif self.transcriber is not None or (self.machine.done and self.dialect is None):
            self._after(text)
        else:
            self._feed_json(text)

    def _feed_custom(self, text: str) -> None:
        """More of a free text, which has no JSON machine to judge its halves of characters."""
        place = lone(text) if self.surrogates == "error" else -1
        start = len(self.call.written)
        self.call.grow(text)
        said = text if place < 0 else text[:place]
        if said:
            self.out.append(ToolCallDelta(self.call, said, self.choice))
        if place >= 0:
            message = f"half a surrogate pair: \\u{ord(text[place]):04x}"
            error = WireError(message, code="lone_surrogate", offset=start + place)
            self._reject(error)

    def _release_half(self) -> None:
        """No more text comes: a first half at its end stands alone."""
        half = self.halves.rest()
        if half:
            self._read(half)

    def take(self, text: str) -> int:
        """As `feed`, where other text may follow the value: how much of `text` belongs to it.

        Of text that breaks the JSON, what comes before the refused character; then the value does
        not grow any more (`listening`), and the rest of the call goes through `feed`.
        """
        if not self.received:
            self._receive(text)
        if self.waiting:
            self._stop_waiting()
        start = self.machine.offset
        failure: StreamParseError | None = None
        try:
            taken = self.machine.feed(text)
        except StreamParseError as error:
            failure = error
            taken = taken_before(error, start, len(text))
        piece = text if taken == len(text) else text[:taken]
        self.call.grow(piece)
        self._report(piece, start, failure)
        return taken

    def feed_value(self, value: Any) -> None:
        """The arguments as one parsed value."""
        again = self.received
        self.received = True
        self._enter()
        if self.waiting:
            self._stop_waiting()
        if not self.begun:
            self._hold(_Whole(value), weight_of(value))
        elif not self.listening or again:
            self._feed_value_again(value)
        else:
            self._feed_value(value)

    def _feed_value(self, value: Any) -> None:
        try:
            tell(value, self.driver())
        except StreamParseError as error:
            self.refuse(error)
        else:
            self.told()

    def confirm(self, text: str) -> None:
        """The wire says the whole arguments once more, at their end: what was not streamed is fed.

        Other text of the same value is noted. Another value rejects the call: what was shown is
        not taken back (law 3), and what the provider has replaced should not run either.
        """
        known = self.call.raw_text
        if not text.strip(_SPACE):
            return
        if not self.begun:
            self._receive(text)
            self.held = [text]
        elif text.startswith(known):
            self.halves.half = ""  # `text` has the whole character
            self.feed(text[len(known) :])
        elif self.call.kind != "custom" and self._says_the_same(text):
            self.oddity("replaced_arguments", "the final arguments are written in another way")
        elif not self._differs_in_space(text.strip(_SPACE)):
            self.replaced(text)

    def _differs_in_space(self, text: str) -> bool:
        """True if `text` is the text so far but for white space around it; copies no more."""
        known = self.call.raw_text
        if self.lead < 0:
            self.lead = len(known) - len(known.lstrip(_SPACE))
        stop = self.lead + len(text)
        return known.startswith(text, self.lead) and _NOT_SPACE.search(known, stop) is None

    def replaced(self, text: str) -> None:
        """The final arguments, `text`, are others than those that were streamed."""
        self.told()
        if self.open:
            offset = len(self.call.written)
            message = "the final arguments differ from those that were streamed"
            self._reject(WireError(message, code="replaced_arguments", offset=offset))
        else:
            self.oddity("replaced_arguments", "other arguments came after the end of the call")
        data = {**self.call.naming(), "text": text}
        self.out.append(ProviderEvent("replaced_arguments", data, self.choice))

    def driver(self) -> Transcriber:
        """For arguments without text: say them to this sink, then call `told`."""
        if self.waiting:
            self._stop_waiting()
        if self.transcriber is None:
            self.transcriber = Transcriber(self.head, self.surrogates)
        return self.transcriber

    def told(self) -> None:
        """Report what was said to the `driver`: its JSON text, and the events in it."""
        self._report_generated(None)

    def refuse(self, error: StreamParseError) -> None:
        """As `told`, where saying it raised `error`: that rejects the call."""
        self._report_generated(error)

    def end(self) -> None:
        """The call's own end was signalled: rule (a)."""
        if self.calls is not None:
            return
        self.ended_itself = True
        self.begin()
        if self.waiting:
            self._stop_waiting()
        self._release_half()
        if self.open and (self._is_whole() or self._is_empty()):
            self._complete()

    def settle(self, how: int, later_call: bool = False) -> None:
        """A finish reason came (`NORMAL`, `LIMIT` or `CUT`), which may not be the end."""
        if self.raw_text or not self.open:
            return
        if how == NORMAL:
            self.reason_at = len(self.call.raw_text)
        if self.call.name is None or not self.whole or self.again:
            return
        if how == NORMAL or (how == LIMIT and later_call):
            self._complete()

    def close(self, how: int, later_call: bool = False) -> None:
        """The answer has ended in one of the ways at the top of this module: rules (b) and (c)."""
        if self.raw_text and not self.ended_itself:
            how = CUT
        self.begin()
        if self.waiting and how != CUT:
            self._stop_waiting()
        self._release_half()
        if not self.open:
            self._end_in_silence()
            return
        if how == LIMIT and later_call and self._is_whole():
            self._complete()
        elif how in (LIMIT, CUT):
            self._truncate()
        else:
            self._close_normally(how)

    # How it goes on.

    def begin(self) -> None:
        """Report the start, then everything that was held back for it."""
        if self.begun:
            return
        self.begun = True
        self._enter()
        self.out.append(ToolCallStarted(self.call, self.choice))
        if self.tools is not None:
            self._choose_tool()
        held = self.held
        self.held = []
        if self.call.room is not None:
            self.call.room.give_back(self.held_size)  # it is counted once more where it is kept
        for piece in held:
            if isinstance(piece, _Whole) and self.call.arguments_text.strip(_SPACE):
                self._feed_value_again(piece.value)
            elif isinstance(piece, _Whole):
                self._feed_value(piece.value)
            else:
                self.feed(piece)

    def _hold(self, piece: Any, size: int) -> None:
        """Keep what comes before the name."""
        if self.call.room is not None:
            self.call.room.take(size)
            self.held_size += size
        self.held.append(piece)

    def _feed_json(self, text: str) -> None:
        start = len(self.call.written)
        taken = len(text)
        failure: StreamParseError | None = None
        try:
            taken = self.machine.feed(text)
        except StreamParseError as error:
            failure = error
        if taken < len(text) and failure is None and self.dialect is None and not self._refused():
            rest, text = text[taken:], text[:taken]
        else:
            rest = ""
        self.call.grow(text)
        self._report(text, start, failure)
        if rest:
            self._after(rest)

    # What was read becomes events.

    def _report(self, text: str, start: int, failure: StreamParseError | None = None) -> None:
        """Emit what was read: a delta, the events in it, and its rejection if it was refused.

        Args:
            text: The text that was read, which the call has by now.
            start: The offset of `text`. The delta ends before a refused character.
            failure: What reading raised. A refusal of the validator came before it.
        """
        if self.open:
            error = self._refused()
            if error is not None:
                self.hushed = True
            elif failure is not None:
                error = self._locate(failure)
            if self.dialect is not None and self._reads_leniently():
                self._show_decided(error)
            else:
                shown = text if error is None else text[: max(error.offset - start, 0)]
                self._show(shown)
            self.out += self.found
            self.found.clear()
            if error is not None:
                self._reject(error)
        else:
            self.found.clear()
            self.chain.unseen.clear()
        if failure is not None:
            self.hushed = False

    def _report_generated(self, failure: StreamParseError | None) -> None:
        """Emit what was said to the driver, as `_report` does."""
        text = "" if self.transcriber is None else self.transcriber.take()
        start = len(self.call.written)
        if text:
            self.received = True
            self.call.grow_generated(text)
        self._report(text, start, failure)

    def _refused(self) -> StreamParseError | None:
        """What the validator refused, with its place in the text; None if it refused nothing."""
        error = None if self.guard is None else self.guard.refusal
        if error is not None:
            before = self.call.arguments_text[: error.offset]
            error.line = before.count("\n") + 1
            error.column = error.offset - before.rfind("\n")
            error.excerpt = before[-EXCERPT:]
        return error

    def _show(self, text: str) -> None:
        if text:
            self.out.append(ToolCallDelta(self.call, text, self.choice))

    def _reads_leniently(self) -> bool:
        if self.transcriber is not None or self.call.kind == "custom":
            return False
        return self.dialect is not None

    def _show_decided(self, error: StreamParseError | None) -> None:
        """Emit the text that the lenient machine has decided; up to `error`, if there is one."""
        machine = self.machine
        assert isinstance(machine, LenientMachine)
        self._show_to(machine.decided if error is None else error.offset)

    def _show_to(self, stop: int) -> None:
        """Emit the text that no delta has had, up to the offset `stop`."""
        text = self.call.written.since(self.told_to, stop)
        self.told_to += len(text)
        self._show(text)

    # Tools.

    def _choose_tool(self) -> None:
        """The name is known, or has become a longer one: by what are the arguments judged?"""
        call, tools = self.call, self.tools
        if tools is None or call.name is None or call.kind == "server" or not self.open:
            return
        tool = tools.find(call.name)
        if tool is None:
            # Half of a name may be on its way; arguments end the waiting.
            if self.received or not tools.may_become(call.name):
                self._reject_unknown()
            self.waiting = self.open
            return
        self.waiting = False
        self.judged_as = tool.validator if call.kind != "custom" else None
        if self.received and not self.held:
            self._judge_later()
        else:
            self._judge_by(self.judged_as)

    def _judge_by(self, validator: ValidatorFactory | None) -> None:
        """Judge the arguments from now on; none of them has been read yet."""
        self.chain.judge_by(validator)
        self.guard = None if validator is None else self.chain
        self.head = self.chain.head
        self.machine = self._new_machine()

    def _new_machine(self) -> Machine:
        if self.dialect is None:
            options = MachineOptions(limits=self.limits, surrogates=self.surrogates, stop=True)
            return Machine(self.head, options)
        options = MachineOptions(limits=self.limits, surrogates=self.surrogates)
        return LenientMachine(self.head, self.dialect, options)

    def _judge_later(self) -> None:
        self.recheck = self.judged_as is not None
        self.chain.judge_by(None)

    def _stop_waiting(self) -> None:
        """Arguments or the end came: the name was whole, and is unknown."""
        self.waiting = False
        if self.open:
            self._reject_unknown()

    def _reject_unknown(self) -> None:
        assert self.tools is not None
        error = self.tools.unknown(self.call.name or "")
        if self.transcriber is None and not self.call.arguments_text:
            self._judge_by(None)
            self.chain.silence()
            self.guard = self.chain
            self.hushed = True
        self._reject(error)

    def _go_on(self, text: str) -> None:
        """More of a rejected call: the texts and the value grow."""
        self.call.grow(text)
        if self.transcriber is None and not self.machine.done and self.call.kind != "custom":
            try:
                self.machine.feed(text)
            except StreamParseError:
                self.hushed = False  # after broken JSON only the texts
        if self.guard is not None:
            self.guard.unseen.clear()

    def _end_in_silence(self) -> None:
        """The message has ended, and this call was rejected: a number at its root is whole now."""
        if self.hushed and self.transcriber is None and self.call.kind != "custom":
            try:
                self.machine.end_root_number()
            except StreamParseError:
                self.hushed = False

    def _judged_at_the_end(self) -> bool:
        """Judge what could not be judged while it came; what is refused rejects the call.

        Nothing is coerced any more: the values have been reported as they came.
        """
        assert self.judged_as is not None
        chain = Chain(validator=self.judged_as.coercing(False))
        try:
            tell(self.call.partial, Transcriber(chain.head))
        except SchemaViolation as error:
            error.offset = len(self.call.written)
            self._reject(error)
            return False
        self.call.parsed = chain.parsed
        return True

    def _after(self, text: str) -> None:
        """Text after a whole value: white space, the same value again, or one too many."""
        while text:
            if not self.again:
                rest = text.lstrip(_SPACE)
                space = text[: len(text) - len(rest)]
                if space:
                    self.call.grow(space)
                    self.out.append(ToolCallDelta(self.call, space, self.choice))
                text = rest
                if not text:
                    return
            expected = len(self._value_text()) - self.again
            piece = text[:expected]
            if not piece or not self.first.startswith(piece, self.again):
                self._refuse_second(text)
                return
            self.call.grow_raw(piece)
            self.again += len(piece)
            text = text[expected:]
            if self.again == len(self.first):
                self.again = 0
                self.oddity("repeated_arguments", "the whole arguments came once more")

    def _value_text(self) -> str:
        """The text of the whole value, without the white space around it."""
        if not self.first:
            self.first = self.call.arguments_text.strip(_SPACE)
        return self.first

    def _refuse_second(self, text: str) -> None:
        call = self.call
        offset = len(call.written)
        message = "a second value follows the arguments"
        error = JSONSyntaxError(message, code="multiple_values", offset=offset)
        self._locate(error)
        # What was kept back as a repetition is now known to be more text.
        if self.again and call.raw is not None:
            call.raw = call.raw[: len(call.raw) - self.again]
        call.grow(self.first[: self.again] + text)
        self.again = 0
        self._reject(error)

    def _feed_value_again(self, value: Any) -> None:
        """A second whole value: the same is a repetition, another one is refused."""
        copy = Transcriber(Chain().head)
        tell(value, copy)
        text = copy.take()
        if self.open and self.whole and equal(value, self.call.partial):
            self.call.grow_raw(text)
            self.oddity("repeated_arguments", "the whole arguments came once more")
        elif self.open and not self.whole:
            self.feed(text)
        elif self.open:
            self._refuse_second(text)
        else:
            self._late(text)

    def _late(self, text: str) -> None:
        """A delta after the end: kept, and after broken JSON simply more of the text."""
        call = self.call
        if call.status == "rejected":
            call.grow(text)
            return
        call.grow_raw(text)
        self.oddity("late_delta", "a delta came after the end of the call")
        late = {**call.naming(), "text": text}
        self.out.append(ProviderEvent("late_tool_call_delta", late, self.choice))

    def _says_the_same(self, text: str) -> bool:
        """Is `text` the JSON of the value so far, written in another way?"""
        parser = JSONParser(limits=self.limits)
        try:
            parser.feed(text)
            parser.finish()
        except StreamParseError:
            return False
        return self.whole and equal(parser.value, self.call.partial)

    # How it ends.

    def _is_whole(self) -> bool:
        """Is the value whole, if nothing more comes? A number is, when nothing follows it."""
        if self.again:
            return False
        if self.call.kind == "custom":
            return True
        if self.transcriber is None:
            try:
                self.machine.end_root_number()
            except StreamParseError as error:
                self._report("", len(self.call.written), error)
                return False
            self._report("", len(self.call.written))
        return self.open and self.whole

    def _is_empty(self) -> bool:
        """No arguments at all mean an empty object, which is then said to the chain."""
        if self.received or not self.open:
            return False
        offset = len(self.call.written)
        try:
            self.head.start_object(offset)
            self.head.end(offset)
        except StreamParseError as error:
            self._report("", offset, error)
            return False
        self._report("", offset)
        return self.open

    def _close_normally(self, how: int) -> None:
        # What came after the last reason was cut by the end of input, unless it is whole.
        if how == INPUT_ENDED and self.reason_at != len(self.call.raw_text) and not self.whole:
            self._truncate()
        elif self.call.name is None:
            self._reject_nameless()
        elif self._is_whole() or (how != DONE and self._is_empty()):
            self._complete()
        elif self.open and not self.received:
            self._truncate()
        elif self.open:
            if self.again:
                self._refuse_second("")
                return
            error: StreamParseError
            if self.transcriber is None:
                error = self._unfinished()
            else:
                offset = len(self.call.written)
                message = "the call ended inside its arguments"
                error = IncompleteError(message, code="truncated", offset=offset)
            self._reject(self._locate(error))

    def _unfinished(self) -> StreamParseError:
        try:
            self.machine.finish()
        except StreamParseError as error:
            return error
        if self.dialect is None:
            raise AssertionError("a machine that is not done can finish")
        message = "the call ended inside its arguments"
        offset = len(self.call.written)
        return IncompleteError(message, code="truncated", offset=offset)

    def _complete(self) -> None:
        call = self.call
        if call.name is None:
            self._reject_nameless()
            return
        if self.tools is not None:
            if self.recheck and not self._judged_at_the_end():
                return
            self._set_parsed()
        if call.kind == "function" and self.judged_as is None and isinstance(call.partial, str):
            self._reject_text()
            return
        self._settle("complete")
        self.out.append(ToolCallCompleted(call, self.choice))

    def _reject_nameless(self) -> None:
        self._reject(WireError("the call never got a name", code="missing_name"))

    def _reject_text(self) -> None:
        """The arguments are one string, as of JSON that was encoded twice."""
        message = "the arguments of a function are an object, not a string"
        self._reject(SchemaViolation(message, code="type", offset=0))

    def _set_parsed(self) -> None:
        """A type makes an object; by a schema the arguments themselves are what is valid."""
        call, guard = self.call, self.guard
        if guard is not None and guard.parsed is not None:
            call.parsed = guard.parsed
        elif call.parsed is None and self.judged_as is not None:
            call.parsed = call.partial

    def _truncate(self) -> None:
        if not self.open:
            return
        if self.again:
            self.oddity("repeated_arguments", "the arguments were being repeated at the end")
        self._settle("truncated")
        self.out.append(ToolCallTruncated(self.call, self.choice))

    def _reject(self, error: StreamParseError) -> None:
        self.call.errors.append(error)
        self._settle("rejected")
        self.out.append(ToolCallRejected(self.call, error, self.choice))

    def _settle(self, status: CallStatus) -> None:
        if status != "rejected" and self._reads_leniently():
            self._show_to(len(self.call.written))
        self.call.status = status
        self.open = False

    def _locate(self, error: StreamParseError) -> StreamParseError:
        if self.transcriber is None:
            locate(error, self.machine, self.chain.builder)
        elif not isinstance(error, SchemaViolation):
            error.path = self.chain.builder.next_path()
        return error


class _Whole:
    """A whole value that waits for the call's name."""

    __slots__ = ("value",)

    init_types: ClassVar[tuple[Any, ...]] = (None,)

    def __init__(self, value: Any) -> None:
        self.value = value


def taken_before(error: StreamParseError, start: int, size: int) -> int:
    """How much of a text of this size, from the offset `start` on, is good."""
    return min(max(error.offset - start, 0), size)
