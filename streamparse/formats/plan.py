"""A format made ready for the machine: one set of literals for each state, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from streamparse.formats.markers import Markers
from streamparse.formats.table import Call, Channels, Format, Header, JsonCall, Section

__all__ = ["Action", "CallPlan", "HeaderPlan", "Plan"]

# What a literal means.
REASON: Final = 0
ANSWER: Final = 1  # reasoning is over
DROP: Final = 2
END: Final = 3  # of the turn, if nothing follows
SECTION: Final = 4
CALL: Final = 5
CHANNEL: Final = 6
LEAVE: Final = 7  # a channel's body is over
STRAY: Final = 8  # reasoning is closed that is not open
LINE: Final = 9  # a line ends, where calls may begin lines

# What text is.
CONTENT: Final = 0
REASONING: Final = 1
QUOTED: Final = 2  # content in which calls do not count
LATE: Final = 3  # content after a call whose section or reasoning may still be closed

_JSON_WORD: Final = re.compile(r"[\w\s:]*")


class Action:
    """What to do at a literal."""

    __slots__ = ("call", "kind", "section")

    _init_types: ClassVar[tuple[Any, ...]] = (int,)

    def __init__(
        self, kind: int, section: Section | None = None, call: CallPlan | None = None
    ) -> None:
        self.kind: int = kind
        self.section: Section | None = section
        self.call: CallPlan | None = call


class HeaderPlan:
    """A header made ready."""

    __slots__ = ("breaks", "empty", "ends", "forbidden", "pattern", "start", "stops")

    _init_types: ClassVar[tuple[Any, ...]] = (Header(pattern=""),)

    def __init__(self, header: Header, breaks: Iterable[str] = ()) -> None:
        self.pattern: re.Pattern[str] = re.compile(header.pattern, re.DOTALL)
        #: Literals that show that the header has no end of its own.
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
        """May a header that begins with `text` have more to come? Known only with `start`."""
        return self.start is not None and self.start.fullmatch(text) is not None


class CallPlan:
    """One way to write a call, made ready."""

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
        self.parameters: Any = None  # what the payload's reader keeps with it


class Plan:
    """A format made ready; shared by all its parsers."""

    _init_types: ClassVar[tuple[Any, ...]] = (Format(name="", calls=()),)

    def __init__(self, format: Format) -> None:
        self.format = format
        self.calls: list[CallPlan] = [CallPlan(call) for call in format.calls]
        self.bare: list[CallPlan] = [plan for plan in self.calls if not plan.call.open]
        self.at_start: dict[str, Section] = {
            char: section for section in format.sections for char in section.at_start
        }
        #: The section whose calls begin lines.
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
        #: What may stand between calls, and so after one, apart from white space.
        self.between: Markers = Markers(
            [*self.openers, *self.section_closers.words, *self.separators],
        )
        self.call_closers: Markers = Markers(_all(call.close for call in format.calls))
        bodies = () if channels is None else (*channels.close, *channels.open)
        #: Where a broken call ends.
        self.rescue: Markers = Markers(
            [*self.call_closers.words, *self.section_closers.words, *bodies],
        )
        #: End-of-turn tokens that mean nothing else in this format.
        self.ends_of_turn: Markers = Markers(set(format.ends_of_turn) - format.literals())
        self.drift: re.Pattern[str] | None = re.compile(format.drift) if format.drift else None

    def after_name(self, call: CallPlan) -> Markers:
        """What may come right behind the name of a call that has no arguments."""
        if call.ahead is None:
            call.ahead = Markers([*call.close.words, *self.between.words])
        return call.ahead

    def boundaries(self, call: CallPlan) -> Markers:
        """What ends the JSON of a call that may be read with repairs.

        Words and colons are not among them: they are JSON, or nearly so.
        """
        if call.boundaries is None:
            words = [*call.close.words, *self.rescue.words, *self.openers]
            call.boundaries = Markers([word for word in words if not _JSON_WORD.fullmatch(word)])
        return call.boundaries

    def behind_anchor(self, prompt: str) -> str:
        """The part of a prompt that belongs to the answer."""
        anchor = self.format.anchor
        found = list(re.finditer(anchor, prompt, re.DOTALL)) if anchor else []
        return prompt[found[-1].end() :] if found else prompt

    def _openers(self) -> dict[str, Action]:
        """Literals that begin a section or a call."""
        found: dict[str, Action] = {}
        for section in self.format.sections:
            for word in section.open:
                found[word] = Action(SECTION, section)
        for plan in self.calls:
            for word in plan.call.open:
                found[word] = Action(CALL, None, plan)
        return found

    def _late_closers(self) -> list[str]:
        """What may still come of a call that has ended otherwise."""
        reasoning = () if self.format.reasoning is None else self.format.reasoning.close
        sections = _all(section.close for section in self.format.sections)
        return [*reasoning, *sections, *_all(call.close for call in self.format.calls)]

    def _actions(self, mode: int) -> dict[str, Action]:
        """What literals mean in text of this kind."""
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
                found.update({word: Action(REASON) for word in reasoning.open})  # they are text
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
    """May it stand outside a section?"""
    return action.call is None or action.call.call.outside


def _channel_header(channels: Channels) -> HeaderPlan:
    """The header of a message; it is over where the message is, or where another one begins."""
    inside = channels.inside
    breaks = [*channels.close, *[word for word in channels.open if word not in inside]]
    return HeaderPlan(channels.header, breaks)


def _channel_call(channels: Channels | None) -> CallPlan | None:
    """The call that a body is whose recipient is a tool."""
    if channels is None or channels.payload is None:
        return None
    return CallPlan(Call(payload=channels.payload, close=channels.close))


def _all(groups: Iterable[tuple[str, ...]]) -> list[str]:
    return [word for group in groups for word in group]
