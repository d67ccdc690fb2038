"""The state of the framing machine and the text that it emits."""

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
BETWEEN: Final = 1  # after the opener of a section, or between calls
HEADER: Final = 2  # in the header of a call
PAYLOAD: Final = 3
CLOSE: Final = 4  # after the payload, before the closer of the call
CHANNEL_HEADER: Final = 5
RESCUE: Final = 6  # in a broken call

# The maximum number of characters held after an opener before the call must be confirmed.
LONGEST_WAIT: Final = 256
NOT_SPACE: Final = re.compile(r"\S")


class FramingState(Host):
    """The state that all parts of the machine share."""

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, Plan, Limits)

    def __init__(self, answer: AnswerReader, plan: Plan, limits: Limits) -> None:
        super().__init__(limits, answer.options.dialect)
        self.answer = answer
        self.plan = plan
        self.state: int = TEXT
        self.mode: int = CONTENT
        self.buffer: str = ""  # undecided text
        self.ending: Ending = Ending()
        self.quotation: Quotation = Quotation()
        self.stuck: bool = False
        self.failing: bool = False
        self.silent: bool = False  # whether the prompt is being read
        # The current run of text.
        self.fresh: bool = True  # nothing was emitted since the answer began or its reasoning ended
        self.running: bool = False  # whether a part of the run has been emitted
        self.space: str = ""  # white space before the run
        self.blocks: bool = False  # whether anything other than text has been read
        self.thought: bool = False  # whether reasoning has ended
        self.at_line: bool = True  # the line contains only white space up to here
        # The attempt at a call. Its text is held in case it is not a call.
        self.attempt: bool = False
        self.raw: list[str] = []
        self.marked: bool = False  # whether the attempt began with a literal
        self.waited: int = 0  # the number of characters after its last opener
        # The current call.
        self.section: Section | None = None
        self.gap: str = ""  # white space between calls
        self.current: CallPlan | None = None
        self.header: str = ""
        self.name: str = ""
        self.identity: str | None = None
        self.payload: Payload | None = None
        self.reader: CallReader | None = None
        self.addressed: str = ""  # the header of a message to a tool, until a call begins in it

    def _emit_run(self, text: str) -> None:
        """Emit text of the current mode; hold white space before the run."""
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

    # A string is extended while it has no other reference, because CPython would otherwise copy it
    # each time.

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
        """Change the mode. White space between two modes is framing and is dropped."""
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
        """Return whether a message to a tool ended without a call, and pass on its header."""
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
        """Emit the held text of an attempt that was not a call."""
        self.failing = False
        raw = "".join(self.raw)
        self.raw, self.attempt = [], False
        self.payload = self.current = self.section = None
        self.state = TEXT
        self._emit_run(raw)
        self.fresh = False

    def _enter(self, section: Section) -> None:
        self.section = section
        self.state = BETWEEN
        self.gap = ""

    def _leave(self) -> None:
        """Leave the section; reject it as text if it contains no call."""
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
        """Count a character after an opener and return whether the limit is exceeded."""
        self.waited += 1
        self.failing = self.waited > LONGEST_WAIT
        return self.failing

    def _confirm(self) -> None:
        """Confirm that the text is in the format of the plan."""

    def pass_on(self, name: str, data: Any) -> None:
        self.answer.pass_on(name, data)

    def schema_of(self, name: str) -> Any:
        tools = self.answer.tools
        tool = None if tools is None else tools.find(name)
        return None if tool is None else tool.schema()
