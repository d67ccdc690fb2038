"""The framing machine: payloads of calls, ends of calls, and broken calls."""

from __future__ import annotations

from streamparse._answers.calls import CallReader
from streamparse.aliases import CallKind
from streamparse.formats._call_payload import CallPayload
from streamparse.formats._dictionaries import DictionaryPayload
from streamparse.formats._elements import ElementsPayload
from streamparse.formats._framing_state import (
    BETWEEN,
    CLOSE,
    LONGEST_WAIT,
    PAYLOAD,
    RESCUE,
    TEXT,
    FramingState,
)
from streamparse.formats._free_text import FreeTextPayload
from streamparse.formats._lenient_payload import LenientCallPayload
from streamparse.formats._literal_payload import LiteralPayload
from streamparse.formats._parameters import ParametersPayload
from streamparse.formats._parameters_plan import ParametersPlan
from streamparse.formats._payloads import ArgumentsPayload, Payload
from streamparse.formats.markers import UNDECIDED
from streamparse.formats.plan import CONTENT, LATE, REASONING, CallPlan
from streamparse.formats.table import (
    Elements,
    FreeText,
    JsonArguments,
    JsonCall,
    Literals,
    Parameters,
)

__all__ = ["FramingCalls"]


class FramingCalls(FramingState):
    """Reads calls after their headers and begins them in the answer."""

    def _open_payload(self) -> None:
        assert self.current is not None
        self.payload = self._make_payload(self.current)
        self.state = PAYLOAD
        self.payload.begin()
        self.failing = self.payload.refused

    def _make_payload(self, call: CallPlan) -> Payload:
        spec = call.call.payload
        if isinstance(spec, JsonCall) and spec.python:
            return DictionaryPayload(self, spec, self.plan.ends_of_turn)
        if isinstance(spec, JsonCall):
            if self.dialect is None:
                return CallPayload(self, spec, call.sure)
            boundaries = self.plan.boundaries(call)
            return LenientCallPayload(self, spec, call.sure, self.dialect, boundaries)
        if isinstance(spec, FreeText):
            return FreeTextPayload(self, spec, call, self.plan)
        if isinstance(spec, Parameters):
            if call.parameters is None:
                call.parameters = ParametersPlan(spec, call, self.plan)
            return ParametersPayload(self, call.parameters, self.plan)
        if isinstance(spec, Elements):
            return ElementsPayload(self, spec, call, self.plan)
        if isinstance(spec, Literals):
            return LiteralPayload(self, spec, self.plan.ends_of_turn)
        assert isinstance(spec, JsonArguments)
        return ArgumentsPayload(self, spec, call, self.plan)

    def _payload(self, text: str, pos: int, final: bool) -> int:
        payload = self.payload
        assert payload is not None
        new = payload.feed(text, pos, final)
        if payload.generates and (new > pos or payload.early_source):
            self._keep_source(payload, text[pos:new])
        if payload.is_json:
            # The model wrote JSON instead of the syntax of the format.
            assert self.current is not None
            early = payload.early_source
            self.payload = ArgumentsPayload(self, JsonArguments(), self.current, self.plan)
            self.payload.early_source = early
        elif self._is_too_long(payload, new - pos):
            self.failing = True
        else:
            self._after_payload(payload)
        return new

    def _is_too_long(self, payload: Payload, length: int) -> bool:
        """Return whether too much white space follows a name."""
        if not payload.pending:
            return False
        self.waited += length
        return self.waited > LONGEST_WAIT

    def _after_payload(self, payload: Payload) -> None:
        """Choose the next state after a part of a payload has been read."""
        if payload.refused:
            self.failing = True
        elif payload.done:
            self.state = CLOSE
            if payload.is_closed or not self._closers():
                self._end_call()
        elif payload.broken and payload.is_closed:
            self._end_call()
        elif payload.broken:
            self.state = RESCUE
        else:
            self.stuck = True

    def _keep_source(self, payload: Payload, text: str) -> None:
        """Keep the source of arguments without JSON text, including text read before the call."""
        if self.reader is None:
            early, payload.early_source = payload.early_source, ""
            early += text
            payload.early_source = early
        else:
            self.reader.call._grow_raw(payload.early_source + text)
            payload.early_source = ""

    def _closers(self) -> bool:
        """Return whether the current call has its own closer."""
        return self.current is not None and bool(self.current.close.words)

    def _close(self, text: str, pos: int, final: bool) -> int:
        """Read the closer of a call whose payload is complete. The closer may be missing."""
        assert self.current is not None
        start = pos
        while pos < len(text) and text[pos].isspace():
            pos += 1
        self._grow_gap(text[start:pos])
        if pos == len(text):
            return pos
        word = self.current.close.at(text, pos, final)
        if word == UNDECIDED:
            self.stuck = True
            return pos
        if word:
            self.gap = ""
        self._end_call()
        return pos + len(word)

    def _end_call(self) -> None:
        if self.reader is not None:
            self.reader.end()
        self.reader = None
        self.payload = None
        if self.plan.channels is not None and self.section is None:
            self.mode = CONTENT
            self.state = TEXT
            self.space, self.gap = self.gap, ""
        else:
            self.state = BETWEEN

    def _rescue(self, text: str, pos: int, final: bool) -> int:
        """Read the rest of a broken call, up to its end."""
        stop, word = self.plan.rescue.find(text, pos, final)
        assert self.reader is not None
        self.reader.feed(text[pos:stop])
        if word:
            self.reader = None
            self.payload = None
            self.state = BETWEEN
            self.gap = ""
            if word in self.plan.call_closers.words:
                return stop + len(word)
            if word not in self.plan.section_closers.words:
                self._leave()
        else:
            self.stuck = stop < len(text)
        return stop

    def begin_call(self, kind: CallKind = "function") -> CallReader | None:
        return self._begin(self.name, self.identity, kind)

    def begin_named(self, name: str, identity: str | None) -> CallReader | None:
        return self._begin(name, identity, "function")

    def _begin(self, name: str, identity: str | None, kind: CallKind) -> CallReader | None:
        """Begin a call in the answer; return None if the attempt is not a call."""
        if not name or self.silent:
            return None
        if self.reader is not None:
            return self.reader
        name = self._known(name)
        if self._is_orphan(name):
            return None
        self._confirm()
        self.attempt, self.raw = False, []
        self.addressed = ""
        self._end_run()
        self.fresh = False
        if self.mode == REASONING and self.plan.calls_in_reasoning == "end":
            self.mode = LATE
        self.reader = self.answer.call(identity, name, kind, raw_text=True)
        if self.payload is not None and self.payload.generates:
            self.reader.call._source = ""
        return self.reader

    def _is_orphan(self, name: str) -> bool:
        """Return whether this is an unknown tool outside the section that holds the calls."""
        plan, tools = self.plan, self.answer.tools
        if tools is None or tools.find(name) is not None or plan.channels is not None:
            return False
        outside = self.section is None or self.section.at_line
        return outside and bool(plan.format.sections)

    def _known(self, name: str) -> str:
        """Return the name of the tool that `name` refers to, or `name` itself."""
        tools = self.answer.tools
        if tools is None or tools.find(name) is not None:
            return name
        parts = name.split(".") if self.plan.format.nested_names else []
        for part in reversed(parts):
            if tools.find(part) is not None:
                return part
        drift = None if self.plan.drift is None else self.plan.drift.fullmatch(name)
        return drift["name"] if drift is not None and tools.find(drift["name"]) else name
