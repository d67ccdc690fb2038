"""Calls whose arguments are free text: `<tool: function>terminal ls -la</tool>`."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core.transcriber import emit_key
from streamparse.errors import LimitError
from streamparse.formats._generated import GeneratedPayload
from streamparse.formats._payloads import Host
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.plan import CallPlan, Plan
from streamparse.formats.table import FreeText

__all__ = ["FreeTextPayload"]

_SPACE: Final = re.compile(r"\s*")
_NOT_SPACE: Final = re.compile(r"\S")
#: The start of a JSON object. A shell command may begin with a brace, but not with this pattern.
_OBJECT: Final = re.compile(r"\{\s{0,64}[\"}]")
_PERHAPS_OBJECT: Final = re.compile(r"\{\s{0,64}\Z")


class FreeTextPayload(GeneratedPayload):
    """Reads the text of one call, which becomes the value of one key."""

    _init_types: ClassVar[tuple[Any, ...]] = (Host, FreeText(key=""), CallPlan, Plan)

    def __init__(self, host: Host, spec: FreeText, call: CallPlan, plan: Plan) -> None:
        super().__init__(host, plan.after_name(call), plan)
        self.key: str = spec.key
        self.closers: Markers = call.close
        self.space: str = ""  # white space that is dropped if it ends the text
        self.length: int = 0

    def _begin(self, text: str, pos: int, final: bool) -> int:
        """Skip white space and detect whether the text is a JSON object."""
        found = _SPACE.match(text, pos)
        assert found is not None
        pos = found.end()
        word = self.ahead.at(text, pos, final) if pos < len(text) else UNDECIDED
        if not final and (word == UNDECIDED or _PERHAPS_OBJECT.match(text, pos)):
            return pos
        if word in self.openers:
            self.refuse_unclosed()
        elif _OBJECT.match(text, pos):
            self.is_json = True
        elif pos < len(text):
            self.start_call()
        return pos

    def step(self, text: str, pos: int, final: bool) -> int:
        stop, word = self.closers.find(text, pos, final)
        self._take(text[pos:stop], stop)
        if not word:
            return stop if stop > pos else -1
        self.reached = stop
        if self.length:
            self.driver().end_string(0)
        self.driver().end(0)
        self.done = True
        return stop

    def _take(self, text: str, end: int) -> None:
        """Emit text that ends at `end`, up to the length limit."""
        kept = text.rstrip()
        trailing = text[len(kept) :]
        space, self.space = self.space, ""
        if not kept:
            # The string is extended while it has no other reference, to avoid a copy.
            space += trailing
            self.space = space
            return
        text = space + kept
        self.space = trailing
        if not self.length:
            emit_key(self.key, self.driver())
            self.driver().start_string(0)
        longest = self.host.limits.string
        self.length += len(text)
        excess = self.length - longest
        if excess > 0:
            # White space before the first character over the limit may be from an earlier fragment.
            first = _NOT_SPACE.search(text, len(text) - excess)
            assert first is not None
            self.reached = end - len(trailing) - len(text) + first.start()
            text = text[:-excess]
        if text:
            self.driver().text(text, 0)
        if excess > 0:
            message = f"a text is longer than {longest} characters"
            raise LimitError(message, code="string_length")
