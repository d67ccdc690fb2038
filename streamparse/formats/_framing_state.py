"""The state of the framing machine, and the text that it passes on."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse.formats._payloads import Host, Payload
from streamparse.formats.ending import Ending
from streamparse.formats.plan import (
    ANSWER,
    CONTENT,
    DROP,
    LATE,
    LEAVE,
    QUOTED,
    REASON,
    REASONING,
    CallPlan,
    Plan,
)
from streamparse.formats.quotation import Quotation
from streamparse.formats.table import Section
from streamparse.limits import Limits

__all__ = [
    "BETWEEN",
    "CHANNEL_HEADER",
    "CLOSE",
    "HEADER",
    "LONGEST_WAIT",
    "NOT_SPACE",
    "PAYLOAD",
    "RESCUE",
    "TEXT",
    "FramingState",
]

# States.
TEXT: Final = 0
BETWEEN: Final = 1  # after a section's opening, or between calls
HEADER: Final = 2  # of a call
PAYLOAD: Final = 3
CLOSE: Final = 4  # the payload is whole, the call's closer is due
CHANNEL_HEADER: Final = 5
RESCUE: Final = 6  # in a broken call

# So many characters behind an opener may be held back until it is certain to open a call.
LONGEST_WAIT: Final = 256
NOT_SPACE: Final = re.compile(r"\S")


class FramingState(Host):
    """What all parts of the machine share."""

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, Plan, Limits)

    def __init__(self, answer: AnswerReader, plan: Plan, limits: Limits) -> None:
        super().__init__(limits, answer.options.dialect)
        self.answer = answer
        self.plan = plan
        self.state: int = TEXT
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

    def _emit(self, text: str) -> None:
        if self.silent:
            return
        if self.mode == REASONING:
            self.answer.reasoning(text)
        else:
            self.answer.plain_text(text)

    # A string is grown while nothing else refers to it: it would be copied each time.

    def _grow_space(self, text: str) -> None:
        space, self.space = self.space, ""
        space += text
        self.space = space

    def _grow_gap(self, text: str) -> None:
        gap, self.gap = self.gap, ""
        gap += text
        self.gap = gap

    def _end_run(self) -> None:
        self.quotation.reset()
        self.at_line = True
        self.blocks = True
        self.space = ""
        self.running = False

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

    def _change_channel(self, where: str) -> None:
        channels = self.plan.channels
        assert channels is not None
        if where in channels.reasoning:
            self.mode = REASONING
        else:
            self.mode = QUOTED if channels.content else CONTENT

    def _without_call(self) -> bool:
        """Has a message to a tool ended without a call? Its header is then passed on."""
        if not self.addressed:
            return False
        self.answer.pass_on("incomplete_call", {"text": self.addressed})
        self.addressed = ""
        return True

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
        self.state = TEXT
        self._say(raw)
        self.fresh = False

    def _enter(self, section: Section) -> None:
        self.section = section
        self.state = BETWEEN
        self.gap = ""

    def _leave(self) -> None:
        """The section is over; if nothing in it was a call, it was text."""
        if self.attempt:
            self.failing = True
            return
        if self.section is not None and self.section.close and self.mode == CONTENT:
            self.mode = LATE
        self.section = None
        self.state = TEXT
        self.at_line = "\n" in self.gap
        self.space = self.gap
        self.gap = ""

    def _waits(self) -> bool:
        """One more character behind an opener: are these too many?"""
        self.waited += 1
        self.failing = self.waited > LONGEST_WAIT
        return self.failing

    def _confirm(self) -> None:
        """The text is in this format."""

    def pass_on(self, name: str, data: Any) -> None:
        self.answer.pass_on(name, data)

    def schema_of(self, name: str) -> Any:
        tools = self.answer.tools
        tool = None if tools is None else tools.find(name)
        return None if tool is None else tool.schema()
