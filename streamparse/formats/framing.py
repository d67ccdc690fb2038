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
from streamparse.formats.call_payload import CallPayload
from streamparse.formats.dictionaries import DictionaryPayload
from streamparse.formats.elements import ElementsPayload
from streamparse.formats.ending import Ending
from streamparse.formats.free_text import FreeTextPayload
from streamparse.formats.lenient_payload import LenientCallPayload
from streamparse.formats.literal_payload import LiteralPayload
from streamparse.formats.markers import UNDECIDED
from streamparse.formats.parameters import ParametersPayload, ParametersPlan, is_quote_open
from streamparse.formats.payloads import ArgumentsPayload, Host, Payload
from streamparse.formats.plan import (
    ANSWER,
    CALL,
    CHANNEL,
    CONTENT,
    DROP,
    END,
    LATE,
    LEAVE,
    LINE,
    QUOTED,
    REASON,
    REASONING,
    SECTION,
    STRAY,
    CallPlan,
    HeaderPlan,
    Plan,
)
from streamparse.formats.quotation import Quotation
from streamparse.formats.table import (
    Elements,
    FreeText,
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

# So many characters behind an opener may be held back until it is certain to open a call.
_LONGEST_WAIT: Final = 256
#: Two words: no header of a channel that may still go on has them where they are not understood.
_PROSE: Final = re.compile(r"\S\s+\S")
_SLICE: Final = 4096
NOT_SPACE: Final = re.compile(r"\S")


class Framing(Host):
    """Reads the text of one answer, and calls its `AnswerReader`."""

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, Plan, Limits)

    def __init__(self, answer: AnswerReader, plan: Plan, limits: Limits) -> None:
        super().__init__(limits, answer.options.dialect)
        self.answer = answer
        self.plan = plan
        self.state: int = _TEXT
        self.mode: int = CONTENT
        self.buffer: str = ""  # undecided
        self.ending: Ending = Ending()
        self.quotation: Quotation = Quotation()
        self.stuck: bool = False
        self.failing: bool = False
        self.silent: bool = False  # this is the prompt
        # Runs of text.
        self.fresh: bool = True  # nothing was said since the answer began
        self.running: bool = False  # the run has begun to be said
        self.space: str = ""  # white space before it
        self.blocks: bool = False  # has there been anything but text?
        self.thought: bool = False  # has reasoning ended?
        self.at_line: bool = True  # nothing but white space stands on the line so far
        # The attempt at a call: its text so far, should it be none.
        self.attempt: bool = False
        self.raw: list[str] = []
        self.marked: bool = False  # it began with a literal
        self.waited: int = 0  # characters behind its last opener
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
            self.quotation.reset()
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
        payload, reader = self.payload, self.reader
        is_inside = self.state == _PAYLOAD and payload is not None and payload.generates
        if is_inside and reader is not None and not self.buffer and self.ending.is_empty():
            assert payload is not None
            if payload.takes_plain(text):
                reader.call._grow_raw(text)
                return
        text = self.ending.take(text, self.plan.ends_of_turn)
        if self.buffer:
            text = self.buffer + text
            self.buffer = ""
        pos = self._run(text, False)
        if pos < len(text):
            self.buffer = text[pos:]

    def finish(self, normal: bool) -> bool:
        """No more text comes; was nothing left open? `normal`: the end was not that of a limit."""
        text, self.buffer = self.buffer + self.ending.rest(), ""
        pos = self._run(text, True)
        rest = text[pos:]
        whole = self._settle(rest, normal)
        if self.space.isspace() and not self.blocks and self.fresh:
            self._emit(self.space)  # all there ever was
        self.space = ""
        return whole and self.mode != REASONING

    def _settle(self, rest: str, normal: bool) -> bool:
        """What becomes of what was under way at the end."""
        payload = self.payload
        if self.reader is None and payload is not None and payload.pending:
            payload.start_call()  # its name is known
        if self.attempt and self.state == _CHANNEL:
            self._settle_header(rest)
            rest = "" if not self.attempt else rest
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
        if self.marked or (payload is not None and payload.recognized):
            self.answer.cut_call = True
            self.answer.pass_on("incomplete_call", {"text": raw})
            return False
        self._say(raw)
        return True

    def _settle_header(self, rest: str) -> None:
        """The text ends in the header of a channel: where that cannot go on, it is text."""
        known = self.plan.known
        assert known is not None
        header = self.header + rest
        found = known.match(header)
        understood = "" if found is None else found.group()
        target, _ = self._destination(understood)
        if self._is_understood("", "") and not header[len(understood) :].strip():
            self._leave_header()
        elif self._is_tool(target) or _PROSE.search(header, len(understood)) is None:
            return
        else:
            self.header = header
            self._break_header()
        if self.failing:
            self.raw.append(rest)
            self._give_up()

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
            if section is not None and section.behind_reasoning and not self.thought:
                section = None
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
        if self.at_line and plan.line is not None:
            new = self._line(text, pos, plan.line)
            if new > pos or self.attempt:
                return new
        stop, word = plan.markers[self.mode].find(text, pos, final)
        if stop > pos:
            self._say(text[pos:stop])
        if word:
            return self._act(text, stop, word, final)
        self.stuck = stop < len(text)
        return stop

    def _line(self, text: str, pos: int, section: Section) -> int:
        """The white space that a line begins with, and the beginning of a call behind it."""
        found = NOT_SPACE.search(text, pos)
        stop = len(text) if found is None else found.start()
        if stop > pos or found is None:
            self._say(text[pos:stop])
            return stop
        self.at_line = False
        is_text = self.mode == REASONING or self.mode == QUOTED or self.quotation.is_code()
        if not is_text and self._bare_call(text, pos) is not None:
            self._begin_attempt("", False)
            self._enter(section)
        return pos

    def _opener(self, text: str, pos: int, final: bool) -> str:
        """The literal at `pos`, which goes before a bracket that only begins an answer."""
        return self.plan.markers[self.mode].at(text, pos, final)

    def _act(self, text: str, pos: int, word: str, final: bool) -> int:
        """A literal that means something here."""
        action = self.plan.actions[self.mode][word]
        kind = action.kind
        after = pos + len(word)
        if kind == ANSWER and after == len(text) and not final and self.quotation.is_behind_quote():
            self.stuck = True  # what follows shows whether it is quoted
            return pos
        if kind == END:
            self._grow_space(word)
            self.running = False
        elif kind == LINE:
            self._say(word)
            self.at_line = True
        elif self._is_quotation(kind, text, after):
            self._say(word)
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
        elif kind == REASON and self.mode == REASONING and self.fresh and not self.running:
            self._end_run()  # the prompt has begun the reasoning, and the answer does so again
        elif (kind == REASON and not self._is_reasoning()) or (
            kind == STRAY and (self.running or not self.fresh)
        ):
            self._say(word)
        else:
            self._change(kind)
        return after

    def _is_quotation(self, kind: int, text: str, after: int) -> bool:
        """Is the literal of this kind, which ends at `after`, talked about and not meant?

        Everything in Markdown code is. A closer there is only if its opener is in the same code,
        or between it and the closer nothing but a quote: code that was never closed hides none.
        """
        quotation = self.quotation
        is_call = kind in (SECTION, CALL)
        if is_call and not self.plan.format.quotation:
            return False
        code = quotation.is_code()
        if kind == ANSWER:
            behind_quote = quotation.is_behind_quote()
            is_pair = behind_quote and after < len(text) and Quotation.is_quote(text[after])
            in_span = code and not quotation.is_fence() and behind_quote
            return is_pair or in_span or (code and quotation.marked)
        if kind == LEAVE:
            return code and quotation.marked
        if code and (is_call or kind in (REASON, CHANNEL)):
            quotation.marked = True
        return code or (kind == REASON and quotation.is_behind_quote())

    def _is_reasoning(self) -> bool:
        """Does an opener of reasoning count here?"""
        reasoning = self.plan.format.reasoning
        is_open = self.mode == REASONING
        return not is_open and reasoning is not None and (self.fresh or not reasoning.at_start)

    def _without_call(self) -> bool:
        """Has a message to a tool ended without a call? Its header is then passed on."""
        if not self.addressed:
            return False
        self.answer.pass_on("incomplete_call", {"text": self.addressed})
        self.addressed = ""
        return True

    def _change(self, kind: int) -> None:
        """The text before and after is of another kind; white space between them is framing."""
        self._confirm()
        self._end_run()
        if kind == LEAVE:
            self._without_call()
        if kind == REASON:
            self.mode = REASONING
        elif kind in (ANSWER, LEAVE) or (kind == DROP and self.mode == LATE):
            self.fresh = self.fresh or kind == ANSWER
            self.thought = self.thought or kind == ANSWER
            self.mode = CONTENT

    def _end_run(self) -> None:
        self.quotation.reset()
        self.at_line = True
        self.blocks = True
        self.space = ""
        self.running = False

    def _say(self, text: str) -> None:
        """Text of the kind that this is."""
        self.quotation.read(text)
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
            self.waited = 0
        elif marked:
            self.waited = 0
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
                elif self._waits():
                    return pos
            elif char not in skip:
                return pos if pos > start else self._next(text, pos, final)
            elif char == "]" and self.section is not None and not self.section.close:
                self._leave()
                return pos + 1
            pos += 1
        return pos

    def _waits(self) -> bool:
        """One more character behind an opener: are these too many?"""
        self.waited += 1
        self.failing = self.waited > _LONGEST_WAIT
        return self.failing

    def _next(self, text: str, pos: int, final: bool) -> int:
        plan = self.plan
        word = plan.between.at(text, pos, final)
        if word == UNDECIDED:
            self.stuck = True
            return pos
        if word:
            return self._step(pos, word)
        section = self.section
        if section is not None and (self.attempt or not section.at_line or "\n" in self.gap):
            call = self._bare_call(text, pos)
            if call is not None:
                self._begin_attempt("", False)
                self._open_call(call)
                return pos
        self._leave()
        return pos

    def _bare_call(self, text: str, pos: int) -> CallPlan | None:
        """The kind of call that begins at `pos` without a literal."""
        for call in self.plan.bare:
            if call.first is not None and call.first.match(text, pos, pos + 1):
                return call
        return None

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
        self.at_line = "\n" in self.gap
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
        room = max(_LONGEST_WAIT - self.waited - len(self.header), 0)
        piece = text[pos : min(stop, pos + room)]
        good = self._good(header, piece)
        self.header += piece[:good]
        if good < stop - pos:
            if is_channel and good == room:
                self._break_header()
            else:
                self.failing = True
            return pos + good
        if not word:
            self.stuck = stop < len(text)
            return stop
        if word in header.breaks:
            self._break_header()
            return stop
        after = stop if word in header.stops else stop + len(word)
        found = header.pattern.fullmatch(self.header)
        if found is None and (is_quote_open(self.header) or header.goes_on(self.header + word)):
            self.header += word
            after = stop + len(word)
        elif found is None:
            self.failing = True
        elif is_channel:
            self._route(self.header)
        else:
            self._named(found, word in header.empty)
        return after

    def _break_header(self) -> None:
        """The header of a channel has no end: what of it is not understood is the body."""
        known = self.plan.known
        assert known is not None
        found = known.match(self.header)
        understood = "" if found is None else found.group()
        target, where = self._destination(understood)
        self._without_call()
        if self._is_tool(target):
            self.answer.pass_on("incomplete_call", {"text": self.header})
            understood = self.header
            self.mode = CONTENT
        elif not self._is_understood(target, where):
            self.failing = True
            return
        else:
            self._change_channel(where)
        self._leave_header()
        self._say(self.header[len(understood) :])

    def _is_understood(self, target: str, where: str) -> bool:
        """Does a header say anything about where its body goes, if it has to?"""
        channels = self.plan.channels
        assert channels is not None
        return bool(target or where) or not (channels.reasoning or channels.content)

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

    def _named(self, found: re.Match[str], is_empty: bool) -> None:
        """The header of a call is whole; `is_empty`: so is the call."""
        groups = found.groupdict()
        name = groups.get("name") or ""
        assert self.current is not None
        spec = self.current.call.payload
        if isinstance(spec, Parameters) and spec.entities:
            name = html.unescape(name)
        full = groups.get("full")
        self.name = name if full is None else self._with_namespace(str(full), name)
        self.identity = groups.get("id")
        self.waited += len(self.header)
        if not name:
            self.failing = True
            return
        self._open_payload()
        assert self.payload is not None
        if is_empty and not self.failing:
            self.payload.end_empty()
            self._after_payload(self.payload)

    def _with_namespace(self, full: str, name: str) -> str:
        """The full name if a tool has it, else the name."""
        tools = self.answer.tools
        found = self._known(full)
        return found if tools is not None and tools.find(found) is not None else name

    def _destination(self, header: str) -> tuple[str, str]:
        """The recipient in a header, and its last channel; without one the recipient again."""
        plan = self.plan
        assert plan.recipient is not None
        found = plan.recipient.search(header)
        target = "" if found is None else str(found.group(1))
        named = [] if plan.channel is None else plan.channel.findall(header)
        return target, str(named[-1]) if named else target

    def _is_tool(self, target: str) -> bool:
        channels = self.plan.channels
        assert channels is not None
        known = target in channels.reasoning or target in channels.content
        return bool(target) and not known

    def _route(self, header: str) -> None:
        """The header of a channel is whole: where does its body go?"""
        plan = self.plan
        channels = plan.channels
        assert channels is not None
        assert plan.known is not None
        if plan.known.fullmatch(header) is None:
            self.answer.pass_on("unknown_header", {"text": header})
        self._without_call()
        target, where = self._destination(header)
        self._confirm()
        if self._is_tool(target):
            self.name = target.removeprefix(channels.prefix)
            self.identity = None
            if plan.channel_call is not None:
                self.current = plan.channel_call
                self._open_payload()
                return
            self.mode = CONTENT
            self.addressed = header
        else:
            self._change_channel(where)
        self._leave_header()

    def _change_channel(self, where: str) -> None:
        channels = self.plan.channels
        assert channels is not None
        if where in channels.reasoning:
            self.mode = REASONING
        else:
            self.mode = QUOTED if channels.content else CONTENT

    def _leave_header(self) -> None:
        """The body of a message begins, and it is text."""
        self._confirm()
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
        if isinstance(spec, JsonCall) and spec.python:
            return DictionaryPayload(self, spec, self.plan.ends_of_turn)
        if isinstance(spec, JsonCall):
            if self.dialect is None:
                return CallPayload(self, spec, call.sure)
            boundaries = self.plan.boundaries(call)
            return LenientCallPayload(self, spec, call.sure, self.dialect, boundaries)
        if isinstance(spec, FreeText):
            return FreeTextPayload(self, spec, call, self.plan)
        if isinstance(spec, Parameters):
            if call.parameters is None:
                call.parameters = ParametersPlan(spec, call, self.plan)
            return ParametersPayload(self, call.parameters, self.plan)
        if isinstance(spec, Elements):
            return ElementsPayload(self, spec, call, self.plan)
        if isinstance(spec, Literals):
            return LiteralPayload(self, spec, self.plan.ends_of_turn)
        assert isinstance(spec, JsonArguments)
        return ArgumentsPayload(self, spec, call, self.plan)

    def _payload(self, text: str, pos: int, final: bool) -> int:
        payload = self.payload
        assert payload is not None
        new = payload.feed(text, pos, final)
        if payload.generates and (new > pos or payload.early_source):
            self._keep_source(payload, text[pos:new])
        if payload.is_json:
            # The arguments are JSON, whatever the format has for them.
            assert self.current is not None
            early = payload.early_source
            self.payload = ArgumentsPayload(self, JsonArguments(), self.current, self.plan)
            self.payload.early_source = early
        elif self._is_too_long(payload, new - pos):
            self.failing = True
        else:
            self._after_payload(payload)
        return new

    def _is_too_long(self, payload: Payload, length: int) -> bool:
        """Has nothing but white space come behind a name for too long?"""
        if not payload.pending:
            return False
        self.waited += length
        return self.waited > _LONGEST_WAIT

    def _after_payload(self, payload: Payload) -> None:
        """What comes after as much of a payload as has been read."""
        if payload.refused:
            self.failing = True
        elif payload.done:
            self.state = _CLOSE
            if payload.is_closed or not self._closers():
                self._end_call()
        elif payload.broken and payload.is_closed:
            self._end_call()
        elif payload.broken:
            self.state = _RESCUE
        else:
            self.stuck = True

    def _keep_source(self, payload: Payload, text: str) -> None:
        """The source of arguments that have no JSON text; what came before the call is its, too."""
        if self.reader is None:
            early, payload.early_source = payload.early_source, ""
            early += text
            payload.early_source = early
        else:
            self.reader.call._grow_raw(payload.early_source + text)
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
        name = self._known(name)
        if self._is_orphan(name):
            return None
        self._confirm()
        self.attempt, self.raw = False, []
        self.addressed = ""
        self._end_run()
        self.fresh = False
        if self.mode == REASONING and self.plan.calls_in_reasoning == "end":
            self.mode = LATE
        self.reader = self.answer.call(identity, name, kind, raw_text=True)
        if self.payload is not None and self.payload.generates:
            self.reader.call._source = ""
        return self.reader

    def _confirm(self) -> None:
        """The text is in this format."""

    def _is_orphan(self, name: str) -> bool:
        """Is this no tool, and outside the section in which the format has its calls?"""
        plan, tools = self.plan, self.answer.tools
        if tools is None or tools.find(name) is not None or plan.channels is not None:
            return False
        outside = self.section is None or self.section.at_line
        return outside and bool(plan.format.sections)

    def _known(self, name: str) -> str:
        """The tool that a name stands for."""
        tools = self.answer.tools
        if tools is None or tools.find(name) is not None:
            return name
        parts = name.split(".") if self.plan.format.nested_names else []
        for part in reversed(parts):
            if tools.find(part) is not None:
                return part
        drift = None if self.plan.drift is None else self.plan.drift.fullmatch(name)
        return drift["name"] if drift is not None and tools.find(drift["name"]) else name

    def pass_on(self, name: str, data: Any) -> None:
        self.answer.pass_on(name, data)

    def schema_of(self, name: str) -> Any:
        tools = self.answer.tools
        tool = None if tools is None else tools.find(name)
        return None if tool is None else tool.schema()
