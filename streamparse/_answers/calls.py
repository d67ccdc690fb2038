"""One tool call while it arrives: its name, its arguments, and when it is complete.

A call is complete when

(a) its own end was signalled and its JSON is whole, or
(b) a normal finish reason arrives and its JSON is whole, or
(c) the finish is a limit, its JSON is whole and a later call has already received data.

JSON that is whole does not complete a call by itself. At a normal finish reason the calls with
whole JSON complete. The others stay open, because servers send the rest of a call, or another call,
after a reason. `close` decides about them at the end of the answer. A call without argument text
has the arguments `{}` under (a) and (b), but not under (c), and not if `[DONE]` replaces the finish
reason. A call in the text of the model (`raw_text`) completes only by (a).

How `close` settles a call that is still open:

    how the answer ends   whole                         unfinished   no arguments
    NORMAL                complete                      rejected     complete
    LIMIT                 complete before a later call  truncated    truncated
    CUT                   truncated                     truncated    truncated
    DONE                  complete                      rejected     truncated
    INPUT_ENDED           complete                      rejected     complete

INPUT_ENDED truncates an unfinished call that has received text since the finish reason.
"""

from __future__ import annotations

import re
from typing import Any, Final

from streamparse._answers.arguments import WHITE_SPACE, parse_or_nothing
from streamparse._answers.call_input import CallInput
from streamparse._answers.call_record import HELD, NAMING, SILENT
from streamparse._answers.options import AnswerOptions
from streamparse._answers.tools import validated
from streamparse._core.flat import equal
from streamparse._core.sink import ValidatorFactory
from streamparse.errors import SchemaViolation, StreamParseError, WireError
from streamparse.message import ToolCall
from streamparse.message_events import ProviderEvent

__all__ = ["CUT", "DONE", "INPUT_ENDED", "LIMIT", "NORMAL", "CallReader"]

# How an answer ends.
NORMAL: Final = 0  # a normal finish reason, and a terminal record after it
LIMIT: Final = 1
CUT: Final = 2  # an error, a filter, or the end of input without a finish reason
DONE: Final = 3  # `[DONE]` in place of a finish reason
INPUT_ENDED: Final = 4  # a normal finish reason, then the end of input

_NOT_SPACE: Final = re.compile(r"[^ \t\n\r]")


class CallReader(CallInput):
    """Reads one `ToolCall`: a wire or a format calls its methods, and events go to `out`.

    Everything is held until the name is known, because `ToolCallStarted` has the name.

    With `tools` the arguments are validated as they arrive. After a refusal the call has no more
    events, but its value and its texts still grow.
    """

    __slots__ = ("ended_itself", "lead", "reason_at")

    def __init__(
        self,
        call: ToolCall,
        choice: int,
        out: list[Any],
        options: AnswerOptions,
        raw_text: bool = False,
    ) -> None:
        super().__init__(call, choice, out, options, raw_text)
        self.ended_itself: bool = False  # its own end was signalled
        self.reason_at: int = -1  # length of the text at the last normal finish reason
        self.lead: int = -1  # white space at the beginning of the text; -1: not counted

    # The final arguments.

    def confirm(self, text: str) -> None:
        """Compare with the whole arguments, which the wire sends once more at their end.

        The part of `text` that was not streamed is read. Other text of the same value is an
        anomaly. Another value rejects the call: deltas are never taken back, and arguments that
        the provider has replaced should not be used either.
        """
        known = self.call.raw_text
        if not text.strip(WHITE_SPACE):
            return
        if self.state == HELD:
            self._receive()
            self.held = [text]
        elif text.startswith(known):
            self.halves.half = ""  # `text` has the whole character
            self.feed(text[len(known) :])
        elif self.call.kind != "custom" and self.whole and self._is_value(text):
            message = "the final arguments have the same value but another spelling"
            self.note_anomaly("replaced_arguments", message)
        elif not self._differs_in_space(text.strip(WHITE_SPACE)):
            self.replace(text)

    def replace(self, text: str) -> None:
        """Reject the call: the final arguments, `text`, differ from those that were streamed."""
        self.emit()
        if self.open:
            message, at = "the final arguments differ from those streamed", len(self.call._written)
            self._reject(WireError(message, code="replaced_arguments", offset=at))
        else:
            message = "other arguments came after the end of the call"
            self.note_anomaly("replaced_arguments", message)
        data = {**self.call._naming(), "text": text}
        self.out.append(ProviderEvent("replaced_arguments", data, self.choice))

    def _differs_in_space(self, text: str) -> bool:
        """Whether only white space around `text` differs from the text so far. Copies no text."""
        known = self.call.raw_text
        if self.lead < 0:
            self.lead = len(known) - len(known.lstrip(WHITE_SPACE))
        stop = self.lead + len(text)
        return known.startswith(text, self.lead) and _NOT_SPACE.search(known, stop) is None

    def _is_value(self, text: str) -> bool:
        """Whether `text` is JSON of the value so far, written in another way."""
        parsed, value = parse_or_nothing(text, self.limits)
        return parsed and equal(value, self.call.partial)

    # The end.

    def end(self) -> None:
        """Apply rule (a): the call's own end was signalled."""
        if self.entry is not None:
            return
        self.ended_itself = True
        self.begin()
        if self.state == NAMING:
            self._reject_unknown()
        self._release_half()
        if self._ends_whole() or self._is_empty():
            self._complete()

    def reject(self, error: StreamParseError) -> None:
        """Reject the call, because the server reports that it rejected it."""
        self.begin()
        self._release_half()
        if self.open:
            error.offset = len(self.call._written)
            self._reject(error)

    def settle(self, how: int, later_call: bool = False) -> None:
        """Apply a finish reason (`NORMAL`, `LIMIT` or `CUT`), after which more may come."""
        if self.raw_text or not self.open:
            return
        if how == NORMAL:
            self.reason_at = len(self.call.raw_text)
        if self.call.name is None or not self.whole or self.repeats:
            return
        if how == NORMAL or (how == LIMIT and later_call):
            self._complete()

    def close(self, how: int, later_call: bool = False) -> None:
        """Apply rules (b) and (c): the answer has ended."""
        if self.raw_text and not self.ended_itself:
            how = CUT
        self.begin()
        if self.state == NAMING and how != CUT:
            self._reject_unknown()
        self._release_half()
        if not self.open:
            if self.state == SILENT:
                self._report(self.source.finish())
        elif how == LIMIT and later_call and self._ends_whole():
            self._complete()
        elif how in (LIMIT, CUT):
            self._truncate()
        else:
            self._close_normally(how)

    def _close_normally(self, how: int) -> None:
        # The end of input cuts text that arrived after the last reason, unless it is whole.
        if how == INPUT_ENDED and self.reason_at != len(self.call.raw_text) and not self.whole:
            self._truncate()
        elif self.call.name is None:
            self._reject_nameless()
        elif self._ends_whole() or (how != DONE and self._is_empty()):
            self._complete()
        elif not self.open:
            return
        elif not self.received:
            self._truncate()
        elif self.repeats:
            self._refuse_second("")
        else:
            self._reject(self.source.unfinished(len(self.call._written)))

    def _ends_whole(self) -> bool:
        """Whether the value is whole at the end of the input, which completes a number."""
        if self.repeats or not self.open:
            return False
        self._report(self.source.finish())
        return self.open and (self.source.whole or self.call.kind == "custom")

    def _is_empty(self) -> bool:
        """Read an empty object if there are no arguments; return whether it did."""
        if self.received or not self.open:
            return False
        self._report(self.source.add_empty_object(len(self.call._written)))
        return self.open

    def _complete(self) -> None:
        call, validator = self.call, self.validator
        if call.name is None:
            self._reject_nameless()
        elif validator is not None:
            parsed = self.chain.parsed
            if self.chain.factory is None:
                parsed = self._validated(validator)
            if self.open:
                # A type makes an object; by a schema the arguments themselves are valid.
                call.parsed = call.partial if parsed is None else parsed
                self._end("complete")
        elif call.kind == "function" and isinstance(call.partial, str):
            # JSON that was encoded twice is one string.
            message = "the arguments of a function are an object, not a string"
            self._reject(SchemaViolation(message, code="type", offset=0))
        else:
            self._end("complete")

    def _validated(self, validator: ValidatorFactory) -> object:
        """Validate values that could not be validated as they arrived; reject the call if invalid.

        Nothing is coerced, because the values have been in events as they arrived.
        """
        try:
            return validated(validator, self.call.partial)
        except SchemaViolation as error:
            error.offset = len(self.call._written)
            self._reject(error)
        return None

    def _truncate(self) -> None:
        if self.repeats:
            message = "the input ended while the arguments were being repeated"
            self.note_anomaly("repeated_arguments", message)
        self._end("truncated")

    def _reject_nameless(self) -> None:
        self._reject(WireError("the call never got a name", code="missing_name"))
