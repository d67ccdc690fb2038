"""A format prepared for the machine: the literals of each state and their meanings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from streamparse.formats.markers import Markers, first_characters
from streamparse.formats.table import Call, Channels, Format, Header, JsonCall, Section

__all__ = ["Action", "CallPlan", "HeaderPlan", "Plan"]

# The meanings of a literal.
REASON: Final = 0
ANSWER: Final = 1  # it ends the reasoning
DROP: Final = 2
END: Final = 3  # it ends the turn, if nothing follows
SECTION: Final = 4
CALL: Final = 5
CHANNEL: Final = 6
LEAVE: Final = 7  # it ends the body of a message
STRAY: Final = 8  # it closes reasoning that is not open
LINE: Final = 9  # it ends a line, in a format whose calls begin lines

# The kinds of text.
CONTENT: Final = 0
REASONING: Final = 1
QUOTED: Final = 2  # content without calls
LATE: Final = 3  # content after a call, before a possible closer of its section or the reasoning

_JSON_WORD: Final = re.compile(r"[\w\s:]*")


class Action:
    """The meaning of a literal, with the section or call that it opens."""

    __slots__ = ("call", "kind", "section")

    _init_types: ClassVar[tuple[Any, ...]] = (int,)

    def __init__(
        self, kind: int, section: Section | None = None, call: CallPlan | None = None
    ) -> None:
        self.kind: int = kind
        self.section: Section | None = section
        self.call: CallPlan | None = call


class HeaderPlan:
    """A header, prepared for the machine."""

    __slots__ = ("breaks", "empty", "ends", "forbidden", "pattern", "start", "stops")

    _init_types: ClassVar[tuple[Any, ...]] = (Header(pattern=""),)

    def __init__(self, header: Header, breaks: Iterable[str] = ()) -> None:
        self.pattern: re.Pattern[str] = re.compile(header.pattern, re.DOTALL)
        #: Literals that cannot occur in the header: it has no end of its own.
        self.breaks: frozenset[str] = frozenset(breaks)
        self.ends: Markers = Markers([*header.end, *header.stop, *header.empty, *self.breaks])
        self.stops: frozenset[str] = frozenset(header.stop)
        self.empty: frozenset[str] = frozenset(header.empty)
        self.start: re.Pattern[str] | None = (
            re.compile(header.start, re.DOTALL) if header.start else None
        )
        self.forbidden: re.Pattern[str] | None = (
            re.compile("|".join(map(re.escape, header.forbidden))) if header.forbidden else None
        )

    def goes_on(self, text: str) -> bool:
        """Return whether `text` may be the beginning of a longer header, according to `start`."""
        return self.start is not None and self.start.fullmatch(text) is not None


class CallPlan:
    """One way to write a call, prepared for the machine."""

    __slots__ = ("ahead", "boundaries", "call", "close", "first", "header", "parameters", "sure")

    _init_types: ClassVar[tuple[Any, ...]] = (Call(payload=JsonCall()),)

    def __init__(self, call: Call) -> None:
        self.call: Call = call
        self.header: HeaderPlan | None = None if call.header is None else HeaderPlan(call.header)
        self.close: Markers = Markers(call.close)
        self.first: re.Pattern[str] | None = re.compile(call.first) if call.first else None
        self.sure: bool = call.sure
        self.ahead: Markers | None = None
        self.boundaries: Markers | None = None
        self.parameters: Any = None  # prepared by the reader of the payload


class Plan:
    """A format, prepared for the machine; all parsers of the format share it."""

    _init_types: ClassVar[tuple[Any, ...]] = (Format(name="", calls=()),)

    def __init__(self, format: Format) -> None:
        self.format = format
        self.calls: list[CallPlan] = [CallPlan(call) for call in format.calls]
        self.bare: list[CallPlan] = [plan for plan in self.calls if not plan.call.open]
        self.at_start: dict[str, Section] = {
            char: section for section in format.sections for char in section.at_start
        }
        #: The section with `at_line`.
        self.line: Section | None = next(
            iter([section for section in format.sections if section.at_line]), None
        )
        self.begun: bool = format.reasoning is not None and format.reasoning.begun
        self.calls_in_reasoning: str = (
            "text" if format.reasoning is None else format.reasoning.calls
        )
        channels = format.channels
        self.channels = channels
        self.header: HeaderPlan | None = None if channels is None else _channel_header(channels)
        self.recipient: re.Pattern[str] | None = (
            None if channels is None else re.compile(channels.recipient)
        )
        self.known: re.Pattern[str] | None = (
            None if channels is None else re.compile(channels.known, re.DOTALL)
        )
        self.channel: re.Pattern[str] | None = (
            re.compile(channels.channel) if channels is not None and channels.channel else None
        )
        self.channel_call: CallPlan | None = _channel_call(channels)
        self.actions: dict[int, dict[str, Action]] = {
            mode: self._actions(mode) for mode in (CONTENT, REASONING, QUOTED, LATE)
        }
        self.markers: dict[int, Markers] = {
            mode: Markers(actions) for mode, actions in self.actions.items()
        }
        self.section_closers: Markers = Markers(_all(section.close for section in format.sections))
        self.openers: dict[str, Action] = self._openers()
        self.separators: frozenset[str] = frozenset(format.separators)
        #: The literals that may occur between calls, and therefore after a call.
        self.between: Markers = Markers(
            [*self.openers, *self.section_closers.words, *self.separators],
        )
        self.call_closers: Markers = Markers(_all(call.close for call in format.calls))
        bodies = () if channels is None else (*channels.close, *channels.open)
        #: The literals that end a broken call.
        self.rescue: Markers = Markers(
            [*self.call_closers.words, *self.section_closers.words, *bodies],
        )
        #: End-of-turn tokens without another meaning in this format.
        self.ends_of_turn: Markers = Markers(set(format.ends_of_turn) - format.literals())
        #: The first characters of the literals of each mode and of the end-of-turn tokens.
        self.starts: list[list[str]] = [
            first_characters(self.markers[mode], self.ends_of_turn)
            for mode in (CONTENT, REASONING, QUOTED, LATE)
        ]
        self.drift: re.Pattern[str] | None = re.compile(format.drift) if format.drift else None

    def after_name(self, call: CallPlan) -> Markers:
        """Return the literals that may follow the name of a call without arguments."""
        if call.ahead is None:
            call.ahead = Markers([*call.close.words, *self.between.words])
        return call.ahead

    def boundaries(self, call: CallPlan) -> Markers:
        """Return the literals that end JSON that is read with repairs.

        Literals of words and colons are left out, because lenient JSON may contain them.
        """
        if call.boundaries is None:
            words = [*call.close.words, *self.rescue.words, *self.openers]
            call.boundaries = Markers([word for word in words if not _JSON_WORD.fullmatch(word)])
        return call.boundaries

    def behind_anchor(self, prompt: str) -> str:
        """Return the part of a prompt that belongs to the answer."""
        anchor = self.format.anchor
        found = list(re.finditer(anchor, prompt, re.DOTALL)) if anchor else []
        return prompt[found[-1].end() :] if found else prompt

    def _openers(self) -> dict[str, Action]:
        """Return the literals that begin a section or a call."""
        found: dict[str, Action] = {}
        for section in self.format.sections:
            for word in section.open:
                found[word] = Action(SECTION, section)
        for plan in self.calls:
            for word in plan.call.open:
                found[word] = Action(CALL, None, plan)
        return found

    def _late_closers(self) -> list[str]:
        """Return the closers that may still follow a call that has already ended."""
        reasoning = () if self.format.reasoning is None else self.format.reasoning.close
        sections = _all(section.close for section in self.format.sections)
        return [*reasoning, *sections, *_all(call.close for call in self.format.calls)]

    def _actions(self, mode: int) -> dict[str, Action]:
        """Return the meanings of literals in text of one kind."""
        format, channels = self.format, self.channels
        found = {word: Action(END) for word in format.ends_of_turn}
        reasoning = format.reasoning
        if mode in (CONTENT, LATE) or (mode == REASONING and self.calls_in_reasoning != "text"):
            openers = self._openers()
            found.update({word: openers[word] for word in openers if _stands_alone(openers[word])})
        if mode != REASONING:
            found.update({word: Action(DROP) for word in format.drop})
        if reasoning is not None:
            if mode in (CONTENT, LATE):
                strays = [word for word in reasoning.close if word not in found]
                found.update({word: Action(STRAY) for word in strays})
                found.update({word: Action(REASON) for word in reasoning.open})
            if mode == REASONING:
                found.update(
                    {word: Action(REASON) for word in reasoning.open}
                )  # an opener in the reasoning is text
                found.update({word: Action(ANSWER) for word in reasoning.close})
        if mode == LATE:
            found.update({word: Action(DROP) for word in self._late_closers()})
        if self.line is not None:
            found["\n"] = Action(LINE)
        if channels is not None:
            found.update({word: Action(LEAVE) for word in channels.close})
            found.update({word: Action(CHANNEL) for word in channels.open})
        return found


def _stands_alone(action: Action) -> bool:
    """Return whether the literal counts outside a section."""
    return action.call is None or action.call.call.outside


def _channel_header(channels: Channels) -> HeaderPlan:
    """Return the header of a message, which also ends where a message ends or begins."""
    inside = channels.inside
    breaks = [*channels.close, *[word for word in channels.open if word not in inside]]
    return HeaderPlan(channels.header, breaks)


def _channel_call(channels: Channels | None) -> CallPlan | None:
    """Return how the body of a message to a tool is read as a call."""
    if channels is None or channels.payload is None:
        return None
    return CallPlan(Call(payload=channels.payload, close=channels.close))


def _all(groups: Iterable[tuple[str, ...]]) -> list[str]:
    return [word for group in groups for word in group]
