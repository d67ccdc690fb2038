"""The framing machine: the text between calls."""

from __future__ import annotations

from streamparse.formats._framing_headers import FramingHeaders
from streamparse.formats._framing_state import NOT_SPACE
from streamparse.formats.markers import UNDECIDED
from streamparse.formats.plan import CALL, QUOTED, REASONING, CallPlan
from streamparse.formats.table import Section

__all__ = ["FramingSections"]


class FramingSections(FramingHeaders):
    """Finds the calls of a section and its end."""

    def _line(self, text: str, pos: int, section: Section) -> int:
        """Read the white space at the start of a line, and begin a call after it."""
        found = NOT_SPACE.search(text, pos)
        stop = len(text) if found is None else found.start()
        if stop > pos or found is None:
            self._emit_run(text[pos:stop])
            return stop
        self.at_line = False
        is_text = self.mode == REASONING or self.mode == QUOTED or self.quotation.is_code()
        if not is_text and self._bare_call(text, pos) is not None:
            self._begin_attempt("", False)
            self._enter(section)
        return pos

    def _between(self, text: str, pos: int, final: bool) -> int:
        """Read white space, separators, the next call or the end of the section."""
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
        """Return the kind of call that begins at `pos` without a literal."""
        for call in self.plan.bare:
            if call.first is not None and call.first.match(text, pos, pos + 1):
                return call
        return None

    def _step(self, pos: int, word: str) -> int:
        """Act on a literal between calls."""
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
        """Close the section at its closer; reject it as text if it contains no call."""
        self.section = None
        self._leave()
        self.space = ""
