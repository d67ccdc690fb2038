"""The framing machine: separates content, reasoning and calls in the text of a model.

Rule 1: there is one machine, driven by a `Plan`. It does not know any format by name.
Rule 2: nothing is emitted that a later character could retract. The machine holds text that may
become a marker; white space at the beginning of a run of text, which is dropped if it only
separates two blocks; and everything after the opener of a call until the call is confirmed. If it
is not confirmed, the held text is emitted as text.
Rule 3: the state depends only on consumed text, so the result does not depend on chunking.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse.formats._framing_sections import FramingSections
from streamparse.formats._framing_state import (
    BETWEEN,
    CHANNEL_HEADER,
    CLOSE,
    NOT_SPACE,
    PAYLOAD,
    RESCUE,
    TEXT,
)
from streamparse.formats.markers import UNDECIDED, contains_any
from streamparse.formats.plan import (
    ANSWER,
    CALL,
    CHANNEL,
    END,
    LEAVE,
    LINE,
    REASON,
    REASONING,
    SECTION,
    STRAY,
    Plan,
)
from streamparse.formats.quotation import Quotation
from streamparse.limits import Limits

__all__ = ["Framing"]

#: Two words. An incomplete channel header never contains them in its unknown part.
_PROSE: Final = re.compile(r"\S\s+\S")
_SLICE: Final = 4096


class Framing(FramingSections):
    """Reads the text of one answer and calls its `AnswerReader`."""

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, Plan, Limits)

    def start(self, in_reasoning: bool, prompt: str) -> None:
        """Begin the answer after a prompt that ends with `prompt`."""
        if prompt:
            self.silent = True
            self._run_to_end(prompt)
            self.silent = False
            self.raw = []
            self.space, self.running, self.fresh, self.blocks = "", False, True, False
            self.quotation.reset()
        if in_reasoning:
            self.mode = REASONING

    def feed(self, text: str) -> None:
        """Read more text.

        The text is read in slices to bound what one step searches or copies. A long fragment
        therefore costs as much as the same characters in short fragments.
        """
        if len(text) <= _SLICE:
            self._feed(text)
            return
        for start in range(0, len(text), _SLICE):
            self._feed(text[start : start + _SLICE])

    def _feed(self, text: str) -> None:
        if not self.buffer and self.ending.is_empty() and self._takes_plain(text):
            return
        while True:
            plan = self.plan
            text = self.ending.take(text, plan.ends_of_turn)
            if self.buffer:
                text = self.buffer + text
                self.buffer = ""
            pos = self._run(text, False)
            if self.plan is plan:
                break
            # A token that ends the turn of one format may be a literal of another one.
            text = text[pos:] + self.ending.release()
        if pos < len(text):
            self.buffer = text[pos:]

    def _takes_plain(self, text: str) -> bool:
        """Read text that certainly contains no marker, if a fast check can show this.

        Returns:
            Whether the text was read.
        """
        state = self.state
        if state == TEXT:
            is_line = self.at_line and self.plan.line is not None
            if not self.running or is_line or contains_any(text, self.plan.starts[self.mode]):
                return False
            self.quotation.read(text)
            self._emit(text)
            return True
        payload, reader = self.payload, self.reader
        if state != PAYLOAD or payload is None or reader is None or not payload.takes_plain(text):
            return False
        reader.call._grow_raw(text)
        return True

    def finish(self, normal: bool) -> bool:
        """End the text and return whether nothing was left open.

        `normal` is False if a limit ended the text.
        """
        text, self.buffer = self.buffer + self.ending.rest(), ""
        rest = text[self._run_to_end(text) :]
        whole = self._settle(rest, normal)
        if self.space.isspace() and not self.blocks and self.fresh:
            self._emit(self.space)  # the whole answer is white space
        self.space = ""
        return whole and self.mode != REASONING

    def _settle(self, rest: str, normal: bool) -> bool:
        """Finish what is open at the end, and return whether nothing was left open."""
        payload = self.payload
        if self.reader is None and payload is not None and payload.pending:
            payload.start_call()  # the name is known
        if self.attempt and self.state == CHANNEL_HEADER:
            self._settle_header(rest)
            rest = "" if not self.attempt else rest
        if self.reader is not None:
            if self.payload is not None:
                self.payload.give_up()
            if normal and self.state == CLOSE:
                self.reader.end()
            return self.state == RESCUE or not self.reader.open
        if not self.attempt:
            self._emit_run(rest)
            cut = self._without_call()
            self.answer.cut_call = self.answer.cut_call or cut
            return not cut
        self._without_call()
        raw = "".join(self.raw) + rest
        self.raw, self.attempt = [], False
        if not raw:
            return True  # only the prompt began an attempt
        if self.marked or (payload is not None and payload.recognized):
            self.answer.cut_call = True
            self.answer.pass_on("incomplete_call", {"text": raw})
            return False
        self._emit_run(raw)
        return True

    def _settle_header(self, rest: str) -> None:
        """Finish a channel header at the end of the text; emit it as text if it is prose."""
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

    def _run_to_end(self, text: str) -> int:
        """Read the end of a text and return the position up to which it is decided."""
        pos = 0
        while True:
            plan = self.plan
            pos += self._run(text[pos:], True)
            if self.plan is plan:
                return pos

    def _run(self, text: str, final: bool) -> int:
        """Read `text` and return the position up to which it is decided.

        It stops where the plan changes.
        """
        pos = 0
        end = len(text)
        plan = self.plan
        self.stuck = False
        while pos < end and not self.stuck and self.plan is plan:
            state = self.state
            if state == PAYLOAD:
                new = self._payload(text, pos, final)
            elif state == TEXT:
                new = self._text(text, pos, final)
            elif state == BETWEEN:
                new = self._between(text, pos, final)
            elif state == CLOSE:
                new = self._close(text, pos, final)
            elif state == RESCUE:
                new = self._rescue(text, pos, final)
            else:
                new = self._header(text, pos, final)
            if self.attempt and state != TEXT and new > pos:
                self.raw.append(text[pos:new])
            pos = new
            if self.failing:
                self._give_up()
        return pos

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
            self._emit_run(text[pos:stop])
        if word:
            return self._act(text, stop, word, final)
        self.stuck = stop < len(text)
        return stop

    def _opener(self, text: str, pos: int, final: bool) -> str:
        """Return the literal at `pos`. It takes precedence over a bracket at this place."""
        return self.plan.markers[self.mode].at(text, pos, final)

    def _act(self, text: str, pos: int, word: str, final: bool) -> int:
        """Act on a literal and return the position to read on from."""
        action = self.plan.actions[self.mode][word]
        kind = action.kind
        after = pos + len(word)
        if kind == ANSWER and after == len(text) and not final and self.quotation.is_behind_quote():
            self.stuck = True  # the next character shows whether the literal is quoted
            return pos
        if kind == END:
            self._grow_space(word)
            self.running = False
        elif kind == LINE:
            self._emit_run(word)
            self.at_line = True
        elif self._is_quotation(kind, text, after):
            self._emit_run(word)
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
            self.state = CHANNEL_HEADER
            self.header = word
        elif kind == REASON and self.mode == REASONING and self.fresh and not self.running:
            self._end_run()  # the answer repeats the opener of the prompt
        elif (kind == REASON and not self._is_reasoning()) or (
            kind == STRAY and (self.running or not self.fresh)
        ):
            self._emit_run(word)
        else:
            self._change(kind)
        return after

    def _is_quotation(self, kind: int, text: str, after: int) -> bool:
        """Return whether the literal of this kind, which ends at `after`, is quoted.

        An opener in Markdown code is quoted. A closer is quoted only if its code also contains an
        earlier marker, or if a quotation mark directly precedes it, because code that is never
        closed must not hide a closer.
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
        """Return whether an opener of reasoning counts at this place."""
        reasoning = self.plan.format.reasoning
        is_open = self.mode == REASONING
        return not is_open and reasoning is not None and (self.fresh or not reasoning.at_start)
