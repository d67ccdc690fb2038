"""The framing machine: headers of calls and of channels."""

from __future__ import annotations

import html
import re

from streamparse.formats._framing_calls import FramingCalls
from streamparse.formats._framing_state import CHANNEL_HEADER, HEADER, LONGEST_WAIT, TEXT
from streamparse.formats._parameters import is_quote_open
from streamparse.formats.plan import CONTENT, CallPlan, HeaderPlan
from streamparse.formats.table import Parameters

__all__ = ["FramingHeaders"]


class FramingHeaders(FramingCalls):
    """Reads the header before the arguments of a call or before the body of a message."""

    def _open_call(self, call: CallPlan) -> None:
        """Begin an attempt at a call."""
        self.current = call
        self.header = ""
        self.name, self.identity = "", None
        if call.header is not None:
            self.state = HEADER
        else:
            self._open_payload()

    def _header(self, text: str, pos: int, final: bool) -> int:
        """Read the header of a call or channel, up to its end."""
        is_channel = self.state == CHANNEL_HEADER
        header = self.plan.header if is_channel else self._call_header()
        assert header is not None
        stop, word = header.ends.find(text, pos, final)
        # A quoted literal may already have made the header longer than allowed.
        room = max(LONGEST_WAIT - self.waited - len(self.header), 0)
        piece = text[pos : min(stop, pos + room)]
        good = self._good(header, piece)
        self.header += piece[:good]
        if good < stop - pos:
            if is_channel and good == room:
                self._break_header()
            else:
                self.failing = True
            return pos + good
        if not word:
            self.stuck = stop < len(text)
            return stop
        if word in header.breaks:
            self._break_header()
            return stop
        after = stop if word in header.stops else stop + len(word)
        found = header.pattern.fullmatch(self.header)
        if found is None and (is_quote_open(self.header) or header.goes_on(self.header + word)):
            self.header += word
            after = stop + len(word)
        elif found is None:
            self.failing = True
        elif is_channel:
            self._route(self.header)
        else:
            self._named(found, word in header.empty)
        return after

    def _break_header(self) -> None:
        """End a channel header that has no terminator; its unknown rest is the body."""
        known = self.plan.known
        assert known is not None
        found = known.match(self.header)
        understood = "" if found is None else found.group()
        target, where = self._destination(understood)
        self._without_call()
        if self._is_tool(target):
            self.answer.pass_on("incomplete_call", {"text": self.header})
            understood = self.header
            self.mode = CONTENT
        elif not self._is_understood(target, where):
            self.failing = True
            return
        else:
            self._change_channel(where)
        self._leave_header()
        self._emit_run(self.header[len(understood) :])

    def _is_understood(self, target: str, where: str) -> bool:
        """Return whether a header names a destination for its body, if one is required."""
        channels = self.plan.channels
        assert channels is not None
        return bool(target or where) or not (channels.reasoning or channels.content)

    def _good(self, header: HeaderPlan, piece: str) -> int:
        """Return how many characters of `piece` can extend the header."""
        good = len(piece)
        if header.forbidden is not None:
            bad = header.forbidden.search(piece)
            if bad is not None:
                good = bad.start()
        if header.start is not None:
            so_far = header.start.match(self.header + piece)
            begun = 0 if so_far is None else so_far.end() - len(self.header)
            good = min(good, max(begun, 0))
        return good

    def _call_header(self) -> HeaderPlan | None:
        assert self.current is not None
        return self.current.header

    def _named(self, found: re.Match[str], is_empty: bool) -> None:
        """End the header of a call, and the call too if `is_empty`."""
        groups = found.groupdict()
        name = groups.get("name") or ""
        assert self.current is not None
        spec = self.current.call.payload
        if isinstance(spec, Parameters) and spec.entities:
            name = html.unescape(name)
        full = groups.get("full")
        self.name = name if full is None else self._with_namespace(str(full), name)
        self.identity = groups.get("id")
        self.waited += len(self.header)
        if not name:
            self.failing = True
            return
        self._open_payload()
        assert self.payload is not None
        if is_empty and not self.failing:
            self.payload.end_empty()
            self._after_payload(self.payload)

    def _with_namespace(self, full: str, name: str) -> str:
        """Return the full name if a tool has it, otherwise the name."""
        tools = self.answer.tools
        found = self._known(full)
        return found if tools is not None and tools.find(found) is not None else name

    def _destination(self, header: str) -> tuple[str, str]:
        """Return the recipient in a header and its last channel.

        Without a channel, the recipient is returned in its place.
        """
        plan = self.plan
        assert plan.recipient is not None
        found = plan.recipient.search(header)
        target = "" if found is None else str(found.group(1))
        named = [] if plan.channel is None else plan.channel.findall(header)
        return target, str(named[-1]) if named else target

    def _is_tool(self, target: str) -> bool:
        channels = self.plan.channels
        assert channels is not None
        known = target in channels.reasoning or target in channels.content
        return bool(target) and not known

    def _route(self, header: str) -> None:
        """End a complete channel header and route its body."""
        plan = self.plan
        channels = plan.channels
        assert channels is not None
        assert plan.known is not None
        if plan.known.fullmatch(header) is None:
            self.answer.pass_on("unknown_header", {"text": header})
        self._without_call()
        target, where = self._destination(header)
        self._confirm()
        if self._is_tool(target):
            self.name = target.removeprefix(channels.prefix)
            self.identity = None
            if plan.channel_call is not None:
                self.current = plan.channel_call
                self._open_payload()
                return
            self.mode = CONTENT
            self.addressed = header
        else:
            self._change_channel(where)
        self._leave_header()

    def _leave_header(self) -> None:
        """Begin the body of a message, which is text."""
        self._confirm()
        self.attempt, self.raw = False, []
        self.state = TEXT
        self._end_run()
