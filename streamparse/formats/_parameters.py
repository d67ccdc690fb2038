"""Parameters in tags: `<parameter=city>Paris</parameter>`, and `<arg_key>`/`<arg_value>` pairs."""

from __future__ import annotations

import html
import re
from typing import Any, ClassVar, Final

from streamparse.formats._parameter_values import (
    BODY,
    HEADER,
    OPENING,
    VALUE,
    ParameterValues,
)
from streamparse.formats._parameters_plan import HEADER_LENGTH, ParametersPlan
from streamparse.formats._payloads import Host
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.plan import Plan

__all__ = ["ParametersPayload", "is_quote_open"]

_SPACE: Final = re.compile(r"\s*")
_QUOTED: Final = re.compile(r"(?:\A\s*|=\s*)(?:\"[^\"]*|'[^']*)")
_CDATA_CLOSE: Final = Markers(["]]>"])


class ParametersPayload(ParameterValues):
    """Reads the parameters of one call."""

    _init_types: ClassVar[tuple[Any, ...]] = (Host, ParametersPlan, Plan)

    def step(self, text: str, pos: int, final: bool) -> int:
        state = self.state
        if state == VALUE:
            return self._value(text, pos, final)
        if state == BODY:
            return self._body(text, pos, final)
        if state == HEADER:
            return self._header(text, pos, final)
        if state == OPENING:
            return self._opening(text, pos, final)
        stop, word = _CDATA_CLOSE.find(text, pos, final)
        self._take(text[pos:stop], stop)
        if not word:
            return stop if stop > pos else -1
        self.state = BODY
        self.reached = stop
        self._end_value()
        return stop + len(word)

    # Between parameters.

    def _body(self, text: str, pos: int, final: bool) -> int:
        """Read white space, an opener, or the end of the call; mark other text as odd."""
        stop, word = self.plan.body.find(text, pos, final)
        # A marker that is cut off by the end of the input is not text.
        cut = stop if word or not final else self.plan.body.undecided(text, pos)
        tag = text.find("<", pos, cut)
        piece = text[pos : cut if tag < 0 else tag]
        if piece and not piece.isspace():
            self.odd = True
            self.unexpected()
        if tag >= 0:
            self.odd = True
            self.misread()
            return tag
        if not word:
            return stop if stop > pos else -1
        if word in self.plan.opens:
            self.state = HEADER
            self.header = ""
            self.closer = self.plan.pairs.get(word, "")
        elif word in self.plan.closers and self.lists and not self.odd:
            self._end_nested()
        elif word in self.plan.closers:  # some models write it twice
            if self.odd:
                self.misread()  # the text is a value whose opener is missing
                return stop
        else:
            while self.lists:
                self._end_nested()
            self.driver().end(0)
            self.done = True
            return stop
        self.odd = False
        return stop + len(word)

    def _header(self, text: str, pos: int, final: bool) -> int:
        """Read the rest of a parameter's opening tag."""
        header = self.plan.header
        stop, word = header.ends.find(text, pos, final)
        # A literal inside quotes may have made the header longer than allowed.
        room = max(HEADER_LENGTH - len(self.header), 0)
        if stop - pos > room:
            self.misread()
            return pos + room
        self.header += text[pos:stop]
        if not word:
            return stop if stop > pos else -1
        after = stop if word in header.stops else stop + len(word)
        found = None if word in header.breaks else header.pattern.fullmatch(self.header)
        if found is not None:
            self.reached = after
            self._end_header(found)
        elif is_quote_open(self.header):
            self.header += word
            after = stop + len(word)
        elif word in self.plan.opens and not self.header.strip():
            self.header = ""  # the model wrote the opener twice
        else:
            self.misread()
            return stop
        return after

    def _end_header(self, found: re.Match[str]) -> None:
        """Take the key from a complete header, and begin its value."""
        groups = found.groupdict()
        key = groups["key"] or ""
        self.key = html.unescape(key) if self.spec.entities else key
        if not self._is_item():
            self.driver().allow_member(self.key)
        if self.spec.typing == "nested" and groups["type"] in ("dict", "list"):
            self._begin_nested(groups["type"] == "list")
            return
        self.how = self._decide(groups)
        if self.plan.opening.words:
            self.state = OPENING
        else:
            self._begin_value()

    def _opening(self, text: str, pos: int, final: bool) -> int:
        """Read the opener of a value; if the opener is missing, begin the value anyway."""
        found = _SPACE.match(text, pos)
        assert found is not None
        after = found.end()
        if after == len(text):
            return after if after > pos else -1
        word = self.plan.opening.at(text, after, final)
        if word == "":
            word = self.plan.body.at(text, after, final)
            if word not in ("", UNDECIDED):
                self.misread()  # a key without a value
                return pos
        if word == UNDECIDED:
            return after if after > pos else -1
        self.reached = after + len(word)
        if word == "" or word in self.spec.value:
            self._begin_value()
        return after + len(word)

    # Values that consist of parameters.

    def _begin_nested(self, is_list: bool) -> None:
        self._emit_key()
        if is_list:
            self.driver().start_array(0)
        else:
            self.driver().start_object(0)
        self.lists.append(is_list)
        self.state = BODY

    def _end_nested(self) -> None:
        self.lists.pop()
        self.driver().end(0)


def is_quote_open(header: str) -> bool:
    """Return whether a header ends inside a quoted value, where no literal ends the header.

    >>> is_quote_open(' name="a'), is_quote_open(' name="a"'), is_quote_open("it's")
    (True, False, False)
    """
    pos = 0
    while True:
        found = _QUOTED.search(header, pos)
        if found is None:
            return False
        if found.end() == len(header):
            return True
        pos = found.end() + 1
