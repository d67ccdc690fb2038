"""Fences, tags and comments, in the lenient dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_prose as prose
from streamparse._core.lenient_state import CODE, COMMENT, PROSE, REASONING
from streamparse._core.lenient_strings import undecided
from streamparse._core.lenient_tokens import LenientTokens
from streamparse._core.machine_state import DOCUMENT

if TYPE_CHECKING:
    from mypy_extensions import i64

_LINE_END: Final = re.compile(r"[\r\n]")


class LenientFences(LenientTokens):
    """Reads fences, tags, comments and blocks of code."""

    __slots__ = ()

    def _fence_here(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read backticks or tildes outside of values: a fence, or a span of code."""
        place = prose.fence_at(text, pos, end, final)
        if place == 0:
            return undecided(pos)
        if place < 0:
            run = pos
            while run < end and text[run] == text[pos]:
                run += 1
            behind = text[run : run + 1]
            if not behind and not final:
                return undecided(pos)
            self._note_prose(pos)
            self.state = PROSE
            self._outside(text[pos:run])
            return run
        found = prose.FENCE.match(text, pos)
        assert found is not None
        if self.fence and text[pos] == self.fence[0]:  # the fence ends without a value
            self.fence = ""
            self.fenced_code = False
            self._outside(text[pos : pos + len(found.group(1))])
            return pos + len(found.group(1))
        self._mend("fence", self.offset + pos)
        self.fence = found.group(1)[:3]
        self.fenced_code = prose.is_code(found.group(2))
        self._outside(text[pos:place])
        self.lead = ""
        self.state = DOCUMENT
        return place

    def _code_start(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Begin a block of code; it is a value if it starts with one."""
        if text[pos] in "{[":
            result = prose.goes_on(text, pos, end, final, "\n")
            if result == prose.UNDECIDED:
                self.state = DOCUMENT
                return undecided(pos)
            if result == prose.VALUE:
                self._enter("}" if text[pos] == "{" else "]", self.offset + pos)
                return pos + 1
        self._note_prose(pos)
        self.ending = self.fence
        self.state = CODE
        return pos

    def _comment(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Return the position after the opening of a comment or a tag; `pos` if there is none."""
        char = text[pos]
        if char == "/":
            if pos + 1 == end:
                return pos if final else undecided(pos)
            if text[pos + 1] == "/":
                return self._start_comment(pos, 2, "\n")
            return self._start_comment(pos, 2, "*/") if text[pos + 1] == "*" else pos
        if not final and end - pos < 4 and "<!--".startswith(text[pos:end]):
            return undecided(pos)
        if text.startswith("<!--", pos):
            return self._start_comment(pos, 4, "-->")
        if self.state != DOCUMENT and self.state != PROSE:
            return pos
        place = prose.tag_at(text, pos, end, final)
        if place <= 0:
            return pos if place < 0 else undecided(pos)
        tag = text[pos:place]
        self._outside(tag)
        if not self.tagged or not tag.startswith("</"):
            self._mend("tag", self.offset + pos)
        self.tagged = True
        self.ending = prose.reasoning_end(tag)
        self.lead = ""
        self.state = REASONING if self.ending else DOCUMENT
        return place

    def _start_comment(self, pos: i64, width: i64, ending: str) -> i64:
        self._mend("comment", self.offset + pos, self.state <= DOCUMENT)
        if not self.depth:
            self._outside(
                "#"
                if width == 1
                else "<!--"
                if width == 4
                else ending[-1:] and "//"
                if ending == "\n"
                else "/*"
            )
        self.back = self.state
        self.ending = ending
        self.state = COMMENT
        return pos + width

    def _skip(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Skip to the end of a comment, of reasoning or of a block of code."""
        ending = self.ending
        found: i64 = self._find_ending(text, pos)
        size: i64 = len(ending)
        if found < 0:
            keep = 0 if final or ending == "\n" else size - 1
            stop = end - keep if end - keep > pos else pos
            while stop < end and not ending.startswith(text[stop:end].lower()):
                stop += 1
            if not self.depth:
                self._outside(text[pos:stop])
            return stop if stop == end else undecided(stop)
        stop = found if ending == "\n" else found + size
        if not self.depth:
            self._outside(text[pos:stop])
        if self.state == COMMENT:
            self.state = self.back
        elif self.state == CODE:
            self.state = PROSE
            self.fence = ""
            self.fenced_code = False
        else:
            self.state = DOCUMENT
        return stop

    def _find_ending(self, text: str, pos: i64) -> i64:
        if self.state == REASONING:
            return prose.find_reasoning_end(text, pos, self.ending)
        if self.ending == "\n":
            line = _LINE_END.search(text, pos)
            return -1 if line is None else line.start()
        return text.find(self.ending, pos)
