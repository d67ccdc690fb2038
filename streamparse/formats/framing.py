"""The framing machine: tells content, reasoning and calls apart in the text of a model.

Rule 1: one machine, driven by a `Plan`; it knows no format by name.
Rule 2: nothing is shown that a later character could take back. Held back are: what may become a
marker; white space at the beginning of a run of text, which is dropped where it only stands
between two blocks; and everything from the opening of a call to where it is certain to be one.
What then is none goes out as the text it is.
Rule 3: state comes from consumed text alone, so any cut gives the same.
"""

from __future__ import annotations

import html
import re
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse.aliases import CallKind
from streamparse.formats.elements import ElementsPayload
from streamparse.formats.markers import UNDECIDED
from streamparse.formats.parameters import ParametersPayload, ParametersPlan
from streamparse.formats.payloads import (
    ArgumentsPayload,
    CallPayload,
    Host,
    LiteralPayload,
    Payload,
)
from streamparse.formats.plan import (
    ANSWER,
    CALL,
    CHANNEL,
    CONTENT,
    DROP,
    END,
    LATE,
    LEAVE,
    QUOTED,
    REASON,
    REASONING,
    SECTION,
    CallPlan,
    HeaderPlan,
    Plan,
)
from streamparse.formats.table import (
    Elements,
    JsonArguments,
    JsonCall,
    Literals,
    Parameters,
    Section,
)
from streamparse.limits import Limits

__all__ = ["NOT_SPACE", "Framing"]

# States.
_TEXT: Final = 0
_BETWEEN: Final = 1  # after a section's opening, or between calls
_HEADER: Final = 2  # of a call
_PAYLOAD: Final = 3
_CLOSE: Final = 4  # the payload is whole, the call's closer is due
_CHANNEL: Final = 5  # the header of a channel
_RESCUE: Final = 6  # in a broken call

_HEADER_LENGTH: Final = 4096
_SLICE: Final = 4096
NOT_SPACE: Final = re.compile(r"\S")


class Framing(Host):
    """Reads the text of one answer, and calls its `AnswerReader`."""

    init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, Plan, Limits)

    def __init__(self, answer: AnswerReader, plan: Plan, limits: Limits) -> None:
        super().__init__(limits)
        self.answer = answer
        self.plan = plan
        self.state: int = _TEXT
        self.mode: int = CONTENT
        self.buffer: str = ""  # undecided
        self.stuck: bool = False
        self.failing: bool = False
        self.silent: bool = False  # this is the prompt
        # Runs of text.
        self.fresh: bool = True  # nothing was said since the answer began
        self.running: bool = False  # the run has begun to be said
        self.space: str = ""  # white space before it
        self.blocks: bool = False  # has there been anything but text?
        # The attempt at a call: its text so far, should it be none.
        self.attempt: bool = False
        self.raw: list[str] = []
        self.marked: bool = False  # it began with a literal
        # The call.
        self.section: Section | None = None
        self.gap: str = ""  # white space between calls
        self.current: CallPlan | None = None
        self.header: str = ""
        self.name: str = ""
        self.identity: str | None = None
        self.payload: Payload | None = None
        self.reader: CallReader | None = None
        self.addressed: str = ""  # the header of a message to a tool in which no call came yet

    # The whole.

    def start(self, in_reasoning: bool, prompt: str) -> None:
        """Where the answer begins: after the prompt that ends with `prompt`."""
        if prompt:
            self.silent = True
            self._run(prompt, True)
            self.silent = False
            self.raw = []
            self.space, self.running, self.fresh, self.blocks = "", False, True, False
        if in_reasoning:
            self.mode = REASONING

    def feed(self, text: str) -> None:
        """More text.

        It is read in slices, so that what a step searches or copies is bounded: a long fragment
        costs as much as its characters do in short ones.
        """
        if len(text) <= _SLICE:
            self._feed(text)
            return
        for start in range(0, len(text), _SLICE):
            self._feed(text[start : start + _SLICE])

    def _feed(self, text: str) -> None:
        if self.buffer:
            text = self.buffer + text
            self.buffer = ""
        pos = self._run(text, False)
        if pos < len(text):
            self.buffer = text[pos:]

    def finish(self, normal: bool) -> bool:
        """No more text comes; was nothing left open? `normal`: the end was not that of a limit."""
        text, self.buffer = self.buffer, ""
        pos = self._run(text, True)
        rest = text[pos:]
        whole = self._settle(rest, normal)
        if self.space.isspace() and not self.blocks and self.fresh:
            self._emit(self.space)  # all there ever was
        self.space = ""
        return whole and self.mode != REASONING

    def _settle(self, rest: str, normal: bool) -> bool:
        """What becomes of what was under way at the end."""
        if self.reader is not None:
            if self.payload is not None:
                self.payload.give_up()
            if normal and self.state == _CLOSE:
                self.reader.end()
            return self.state == _RESCUE or not self.reader.open
        if not self.attempt:
            self._say(rest)
            cut = self._without_call()
            self.answer.cut_call = self.answer.cut_call or cut
            return not cut
        self._without_call()
        raw = "".join(self.raw) + rest
        self.raw, self.attempt = [], False
        if not raw:
            return True  # only the prompt had begun something
        payload = self.payload
        if self.marked or (payload is not None and payload.recognized):
            self.answer.cut_call = True
            self.answer.pass_on("incomplete_call", {"text": raw})
            return False
        self._say(raw)
        return True

    # The loop.

    def _run(self, text: str, final: bool) -> int:
        """Read `text`; how far it is decided."""
        pos = 0
        end = len(text)
        self.stuck = False
        while pos < end and not self.stuck:
            state = self.state
            if state == _PAYLOAD:
                new = self._payload(text, pos, final)
            elif state == _TEXT:
                new = self._text(text, pos, final)
            elif state == _BETWEEN:
                new = self._between(text, pos, final)
            elif state == _CLOSE:
                new = self._close(text, pos, final)
            elif state == _RESCUE:
                new = self._rescue(text, pos, final)
            else:
                new = self._header(text, pos, final)
            if self.attempt and state != _TEXT and new > pos:
                self.raw.append(text[pos:new])
            pos = new
            if self.failing:
                self._give_up()
        return pos

    # Text.

    def _text(self, text: str, pos: int, final: bool) -> int:
        plan = self.plan
        if self.fresh and plan.at_start and self.mode != REASONING:
            found = NOT_SPACE.search(text, pos)
            if found is None:
                self._grow_space(text[pos:])
                return len(text)
            section = plan.at_start.get(found.group())
            word = "" if section is None else self._opener(text, found.start(), final)
            if word == UNDECIDED:
                self._grow_space(text[pos : found.start()])
                self.stuck = True
                return found.start()
            if section is not None and not word:
                self._grow_space(text[pos : found.start()])
                self._begin_attempt("", False)
                self._enter(section)
                return found.start()
        stop, word = plan.markers[self.mode].find(text, pos, final)
        if stop > pos:
            self._say(text[pos:stop])
        if word:
            return self._act(text, stop, word)
        self.stuck = stop < len(text)
        return stop

    def _opener(self, text: str, pos: int, final: bool) -> str:
        """The literal at `pos`, which goes before a bracket that only begins an answer."""
        return self.plan.markers[self.mode].at(text, pos, final)

    def _act(self, text: str, pos: int, word: str) -> int:
        """A literal that means something here."""
        action = self.plan.actions[self.mode][word]
        kind = action.kind
        if kind == END:
            self._grow_space(word)
            self.running = False
        elif kind == SECTION:
            assert action.section is not None
            self._begin_attempt(word, True)
            self._enter(action.section)
        elif kind == CALL:
            assert action.call is not None
            self._begin_attempt(word, True)
            self._open_call(action.call)
        elif kind == CHANNEL:
            self._begin_attempt(word, True)
            self.state = _CHANNEL
            self.header = word
        elif kind == REASON and not self._is_reasoning():
            self._say(word)
        else:
            self._change(kind)
        return pos + len(word)

    def _is_reasoning(self) -> bool:
        """Does an opener of reasoning count here?"""
        reasoning = self.plan.format.reasoning
        return reasoning is not None and (self.fresh or not reasoning.at_start)

    def _without_call(self) -> bool:
        """Has a message to a tool ended without a call? Its header is then passed on."""
        if not self.addressed:
            return False
        self.answer.pass_on("incomplete_call", {"text": self.addressed})
        self.addressed = ""
        return True

    def _change(self, kind: int) -> None:
        """The text before and after is of another kind; white space between them is framing."""
        self._end_run()
        if kind == LEAVE:
            self._without_call()
        if kind == REASON:
            self.mode = REASONING
        elif kind in (ANSWER, LEAVE) or (kind == DROP and self.mode == LATE):
            self.fresh = self.fresh or kind == ANSWER
            self.mode = CONTENT

    def _end_run(self) -> None:
        self.blocks = True
        self.space = ""
        self.running = False

    def _say(self, text: str) -> None:
        """Text of the kind that this is."""
        if not self.running:
            if not text or text.isspace():
                self._grow_space(text)
                return
            text = self.space + text
            self.space = ""
            self.running = True
            self.fresh = False
        self._emit(text)

    # A string is grown while nothing else refers to it: it would be copied each time.

    def _grow_space(self, text: str) -> None:
        space, self.space = self.space, ""
        space += text
        self.space = space

    def _grow_gap(self, text: str) -> None:
        gap, self.gap = self.gap, ""
        gap += text
        self.gap = gap

    def _emit(self, text: str) -> None:
        if self.silent:
            return
        if self.mode == REASONING:
            self.answer.reasoning(text)
        else:
            self.answer.plain_text(text)

    # Attempts.

    def _begin_attempt(self, word: str, marked: bool) -> None:
        if not self.attempt:
            self.attempt = True
            self.marked = marked
            self.raw = [word]
            self._grow_space(self.gap)
        self.gap = ""

    def _give_up(self) -> None:
        """It was no call: what was held is text."""
        self.failing = False
        raw = "".join(self.raw)
        self.raw, self.attempt = [], False
        self.payload = self.current = self.section = None
        self.state = _TEXT
        self._say(raw)
        self.fresh = False

    def _enter(self, section: Section) -> None:
        self.section = section
        self.state = _BETWEEN
        self.gap = ""

    # Sections.

    def _between(self, text: str, pos: int, final: bool) -> int:
        """White space, separators, the next call, or the end of the section."""
        start, end = pos, len(text)
        skip = "" if self.section is None else self.section.skip
        while pos < end:
            char = text[pos]
            if char.isspace():
                if not self.attempt:
                    self._grow_gap(char)
            elif char not in skip:
                return pos if pos > start else self._next(text, pos, final)
            elif char == "]" and self.section is not None and not self.section.close:
                self._leave()
                return pos + 1
            pos += 1
        return pos

    def _next(self, text: str, pos: int, final: bool) -> int:
        plan = self.plan
        word = plan.between.at(text, pos, final)
        if word == UNDECIDED:
            self.stuck = True
            return pos
        if word:
            return self._step(pos, word)
        if self.section is not None:
            for call in plan.bare:
                if call.first is not None and call.first.match(text, pos, pos + 1):
                    self._begin_attempt("", False)
                    self._open_call(call)
                    return pos
        self._leave()
        return pos

    def _step(self, pos: int, word: str) -> int:
        """A literal between calls."""
        plan = self.plan
        action = plan.openers.get(word)
        if action is not None and action.kind == CALL:
            assert action.call is not None
            self._begin_attempt("", True)
            self._open_call(action.call)
        elif action is not None:
            assert action.section is not None
            self.section = action.section
            self.gap = ""
            self._begin_attempt("", True)
        elif word not in plan.separators:
            self._close_section()
        return pos + len(word)

    def _close_section(self) -> None:
        """The section's closer: if nothing before it was a call, it was text."""
        self.section = None
        self._leave()
        self.space = ""

    def _leave(self) -> None:
        """The section is over; if nothing in it was a call, it was text."""
        if self.attempt:
            self.failing = True
            return
        if self.section is not None and self.section.close and self.mode == CONTENT:
            self.mode = LATE
        self.section = None
        self.state = _TEXT
        self.space = self.gap
        self.gap = ""

    # Headers.

    def _open_call(self, call: CallPlan) -> None:
        """A call begins, or so it seems."""
        self.current = call
        self.header = ""
        self.name, self.identity = "", None
        if call.header is not None:
            self.state = _HEADER
        else:
            self._open_payload()

    def _header(self, text: str, pos: int, final: bool) -> int:
        """The header of a call or channel, up to its end."""
        is_channel = self.state == _CHANNEL
        header = self.plan.header if is_channel else self._call_header()
        assert header is not None
        stop, word = header.ends.find(text, pos, final)
        # A quoted literal may have made it longer than allowed.
        room = max(_HEADER_LENGTH - len(self.header), 0)
        piece = text[pos : min(stop, pos + room)]
        good = self._good(header, piece)
        if good < stop - pos:
            self.failing = True
            return pos + good
        self.header += piece
        if not word:
            self.stuck = stop < len(text)
            return stop
        after = stop if word in header.stops else stop + len(word)
        found = header.pattern.fullmatch(self.header)
        if found is None and self.header.count('"') % 2:  # the literal is quoted
            self.header += word
            after = stop + len(word)
        elif found is None:
            self.failing = True
        elif is_channel:
            self._route()
        else:
            self._named(found)
        return after

    def _good(self, header: HeaderPlan, piece: str) -> int:
        """How many characters of `piece` may stand in the header, after what is there of it."""
        good = len(piece)
        if header.forbidden is not None:
            bad = header.forbidden.search(piece)
            if bad is not None:
                good = bad.start()
        if header.start is not None:
            so_far = header.start.match(self.header + piece)
            begun = 0 if so_far is None else so_far.end() - len(self.header)
            good = min(good, max(begun, 0))
        return good

    def _call_header(self) -> HeaderPlan | None:
        assert self.current is not None
        return self.current.header

    def _named(self, found: re.Match[str]) -> None:
        """The header of a call is whole."""
        groups = found.groupdict()
        name = groups.get("name") or ""
        assert self.current is not None
        spec = self.current.call.payload
        if isinstance(spec, Parameters) and spec.entities:
            name = html.unescape(name)
        self.name = name
        self.identity = groups.get("id")
        if not name:
            self.failing = True
            return
        self._open_payload()

    def _route(self) -> None:
        """The header of a channel is whole: where does its body go?"""
        plan = self.plan
        channels = plan.channels
        assert channels is not None
        assert plan.recipient is not None
        assert plan.known is not None
        if plan.known.fullmatch(self.header) is None:
            self.answer.pass_on("unknown_header", {"text": self.header})
        self._without_call()
        found = plan.recipient.search(self.header)
        target = "" if found is None else found.group(1)
        routed = target in channels.reasoning or target in channels.content
        if target and not routed:
            self.name = target.removeprefix(channels.prefix)
            self.identity = None
            if plan.channel_call is not None:
                self.current = plan.channel_call
                self._open_payload()
                return
            self.mode = CONTENT
            self.addressed = self.header
        else:
            where = target
            if not target and plan.channel is not None:
                named = plan.channel.search(self.header)
                where = "" if named is None else named.group(1)
            self.mode = REASONING if where in channels.reasoning else QUOTED
        self.attempt, self.raw = False, []
        self.state = _TEXT
        self._end_run()

    # Payloads.

    def _open_payload(self) -> None:
        assert self.current is not None
        self.payload = self._make_payload(self.current)
        self.state = _PAYLOAD
        self.payload.begin()
        self.failing = self.payload.refused

    def _make_payload(self, call: CallPlan) -> Payload:
        spec = call.call.payload
        if isinstance(spec, JsonCall):
            return CallPayload(self, spec, call.sure)
        if isinstance(spec, Parameters):
            if call.parameters is None:
                call.parameters = ParametersPlan(spec, call.close, self.plan.between)
            return ParametersPayload(self, call.parameters)
        if isinstance(spec, Elements):
            return ElementsPayload(self, spec, call.close)
        if isinstance(spec, Literals):
            return LiteralPayload(self, spec)
        assert isinstance(spec, JsonArguments)
        return ArgumentsPayload(self, spec, call.close)

    def _payload(self, text: str, pos: int, final: bool) -> int:
        payload = self.payload
        assert payload is not None
        new = payload.feed(text, pos, final)
        if payload.generates and (new > pos or payload.early_source):
            self._keep_source(payload, text[pos:new])
        if payload.refused:
            self.failing = True
        elif payload.done:
            self.state = _CLOSE
            if not self._closers():
                self._end_call()
        elif payload.broken:
            self.state = _RESCUE
        else:
            self.stuck = True
        return new

    def _keep_source(self, payload: Payload, text: str) -> None:
        """The source of arguments that have no JSON text; what came before the call is its, too."""
        if self.reader is None:
            early, payload.early_source = payload.early_source, ""
            early += text
            payload.early_source = early
        else:
            self.reader.call.grow_raw(payload.early_source + text)
            payload.early_source = ""

    def _closers(self) -> bool:
        """Has the current call a closer of its own?"""
        return self.current is not None and bool(self.current.close.words)

    def _close(self, text: str, pos: int, final: bool) -> int:
        """The closer of a call whose payload is whole; it may be missing."""
        assert self.current is not None
        start = pos
        while pos < len(text) and text[pos].isspace():
            pos += 1
        self._grow_gap(text[start:pos])
        if pos == len(text):
            return pos
        word = self.current.close.at(text, pos, final)
        if word == UNDECIDED:
            self.stuck = True
            return pos
        if word:
            self.gap = ""
        self._end_call()
        return pos + len(word)

    def _end_call(self) -> None:
        if self.reader is not None:
            self.reader.end()
        self.reader = None
        self.payload = None
        if self.plan.channels is not None and self.section is None:
            self.mode = CONTENT
            self.state = _TEXT
            self.space, self.gap = self.gap, ""
        else:
            self.state = _BETWEEN

    def _rescue(self, text: str, pos: int, final: bool) -> int:
        """More of a broken call, up to where it ends."""
        stop, word = self.plan.rescue.find(text, pos, final)
        assert self.reader is not None
        self.reader.feed(text[pos:stop])
        if word:
            self.reader = None
            self.payload = None
            self.state = _BETWEEN
            self.gap = ""
            if word in self.plan.call_closers.words:
                return stop + len(word)
            if word not in self.plan.section_closers.words:
                self._leave()
        else:
            self.stuck = stop < len(text)
        return stop

    # What payloads ask.

    def begin_call(self, kind: CallKind = "function") -> CallReader | None:
        return self._begin(self.name, self.identity, kind)

    def begin_named(self, name: str, identity: str | None) -> CallReader | None:
        return self._begin(name, identity, "function")

    def _begin(self, name: str, identity: str | None, kind: CallKind) -> CallReader | None:
        """The attempt is a call."""
        if not name or self.silent:
            return None
        if self.reader is not None:
            return self.reader
        self.attempt, self.raw = False, []
        self.addressed = ""
        self._end_run()
        self.fresh = False
        if self.mode == REASONING and self.plan.calls_in_reasoning == "end":
            self.mode = LATE
        self.reader = self.answer.call(identity, self._known(name), kind, raw_text=True)
        if self.payload is not None and self.payload.generates:
            self.reader.call.raw = ""
        return self.reader

    def _known(self, name: str) -> str:
        """The tool that a nested name stands for."""
        tools = self.answer.tools
        if not self.plan.format.nested_names or tools is None or tools.find(name) is not None:
            return name
        for part in reversed(name.split(".")):
            if tools.find(part) is not None:
                return part
        return name

    def pass_on(self, name: str, data: Any) -> None:
        self.answer.pass_on(name, data)

    def schema_of(self, name: str) -> Any:
        tools = self.answer.tools
        tool = None if tools is None else tools.find(name)
        return None if tool is None else tool.schema()
