"""Markdown code in the text of an answer, where markers have no effect.

Fences and code spans follow CommonMark 0.31 (sections 4.5 and 6.1), with three differences, because
the text is still arriving. A fence may have any indentation and follow the marks of quotations
and list items. A span is open from its first backticks on, because it is not yet known whether it
will be closed. It ends with its paragraph at the latest, or with its line if no marker is in
it, so that a stray backtick hides no call.
"""

from __future__ import annotations

import re
from typing import Final

from streamparse.formats.markers import contains_any

__all__ = ["Quotation"]

_STOPS: Final = re.compile(r"[`~\n]")
_STOP_CHARACTERS: Final = ["`", "~", "\n"]
#: The text that may precede a fence on its line.
_PREFIX: Final = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_PREFIX_LENGTH: Final = 64
_NO_PREFIX: Final = "a" * (_PREFIX_LENGTH + 1)  # the prefix of a line on which no fence can begin
_FENCE_LENGTH: Final = 3  # the minimum
_QUOTES: Final = frozenset("\"'“”‘’„‚«»‹›「」『』`")


class Quotation:
    """Tracks whether the end of a text is inside Markdown code or after a quotation mark."""

    __slots__ = ("char", "closing", "fence", "info", "last", "length", "line", "marked", "run")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin another text; code does not extend beyond its message."""
        self.line: str = ""  # the current line, as far as a fence may still begin on it
        self.last: str = ""  # the last character
        self.char: str = ""  # the fence character with which the text ends
        self.run: int = 0  # the length of the run of that character
        self.fence: str = ""  # the character of the open fence, "`" of an open span
        self.length: int = 0  # of the open fence; negative for a span
        self.info: bool = False  # the fence began on the current line
        self.closing: bool = False  # the line closes the fence if nothing else follows on it
        self.marked: bool = False  # there is a marker in the open code

    def read(self, text: str) -> None:
        """Read more text."""
        if not text:
            return
        self.last = text[-1]
        if not self.char and not contains_any(text, _STOP_CHARACTERS):
            self._read_plain(text)
            return
        pos, end = 0, len(text)
        while pos < end:
            if self.char:
                start = pos
                while pos < end and text[pos] == self.char:
                    pos += 1
                self.run += pos - start
                if pos == end:
                    return
                self._end_run()
            found = _STOPS.search(text, pos)
            stop = end if found is None else found.start()
            if stop > pos:
                self._read_plain(text[pos:stop])
            pos = stop
            if stop < end and text[stop] == "\n":
                self._end_line()
                pos += 1
            elif stop < end:
                self.char, self.run = text[stop], 0

    def is_code(self) -> bool:
        """Return whether the next character, which is not a fence character, is inside code."""
        self._end_run()
        return self.length != 0

    def is_fence(self) -> bool:
        """Return whether the end of the text is inside a fence."""
        self._end_run()
        return self.length > 0

    @staticmethod
    def is_quote(char: str) -> bool:
        """Return whether a character is a quotation mark or a backtick."""
        return char != "" and char in _QUOTES

    def is_behind_quote(self) -> bool:
        """Return whether the text ends with a quotation mark or a backtick."""
        return self.is_quote(self.last)

    def _read_plain(self, text: str) -> None:
        if self.closing and not text.isspace():
            self.closing = False
        if len(self.line) <= _PREFIX_LENGTH:
            self.line += text[: _PREFIX_LENGTH + 1 - len(self.line)]
            if text[-1].isalpha():
                self.line = _NO_PREFIX

    def _end_run(self) -> None:
        """End a run of fence characters, which may open or close code."""
        char, size = self.char, self.run
        if not char:
            return
        self.char = ""
        begins = len(self.line) <= _PREFIX_LENGTH and _PREFIX.fullmatch(self.line) is not None
        closes = False
        if self.length > 0 and self.info:
            if char == "`" and self.fence == "`":
                # The line that opens a fence has no other backticks, so this is a span.
                self.length = 0 if size == self.length else -self.length
        elif self.length > 0:
            closes = char == self.fence and size >= self.length and begins
        elif self.length < 0:
            if char == "`" and size == -self.length:
                self.length = 0
        elif size >= _FENCE_LENGTH and begins:
            self._open(char, size)
            self.info = True
        elif char == "`":
            self._open(char, -size)
        self._read_plain(char * min(size, _PREFIX_LENGTH))
        self.closing = self.closing or closes

    def _open(self, char: str, length: int) -> None:
        self.fence, self.length = char, length
        self.info = self.closing = self.marked = False

    def _end_line(self) -> None:
        is_span = self.length < 0
        if self.closing or (is_span and (not self.marked or not self.line.strip())):
            self.length = 0
        self.info = self.closing = False
        self.line = ""
