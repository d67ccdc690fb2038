"""One answer of a response while it arrives: its content and the rules of its end.

The rules are the same for all APIs. They define the effect of a finish reason, an error, the
terminal record and the end of the input on the calls and on the status.
"""

from __future__ import annotations

from typing import Any, Final, cast

from streamparse._answers.answer_content import AnswerContent, AnswerCounts
from streamparse._answers.calls import CUT, LIMIT, NORMAL
from streamparse._answers.options import AnswerOptions
from streamparse._core.plain import shown
from streamparse.aliases import FinishReason, MessageStatus
from streamparse.errors import LimitError, ProviderError
from streamparse.message import Message
from streamparse.message_events import MessageFailed, MessageFinished

__all__ = ["AnswerReader"]

_STATUS: Final[dict[str, MessageStatus]] = {
    "length": "truncated",
    "content_filter": "truncated",
    "cancelled": "truncated",
    "error": "failed",
}
_CLOSING: Final[dict[str, int]] = {
    "length": LIMIT,
    "content_filter": CUT,
    "cancelled": CUT,
    "error": CUT,
}


class AnswerReader(AnswerContent):
    """Reads one answer. A wire may call its methods in any order."""

    __slots__ = ("cut_call", "lost", "reason")

    def __init__(
        self,
        choice: int,
        out: list[Any],
        options: AnswerOptions,
        counts: AnswerCounts | None = None,
    ) -> None:
        super().__init__(choice, out, options, counts)
        # The finish reason so far, before `"stop"` becomes `"tool_calls"`.
        self.reason: FinishReason | None = None
        self.lost: bool = False  # whether records of the answer are missing
        # A raw-text call was cut before its name was whole, or the server reports a cut call.
        self.cut_call: bool = False

    def finish(self, reason: str, raw: Any = None) -> None:
        """Apply a finish reason: calls whose JSON is whole complete, the others wait for `end`.

        More of the answer may follow. A later reason replaces a normal one, but not `"length"`,
        `"content_filter"`, `"cancelled"` or `"error"`.
        """
        message = self.message
        if self.ended or message.error is not None or self.reason in _CLOSING:
            return
        self.begin()
        # The tests of the wires check that their tables hold no other words.
        self.reason = cast("FinishReason", reason)
        message.raw_finish_reason = None if raw is None else shown(raw)
        if self._calls is not None:
            self._calls.settle(_CLOSING.get(reason, NORMAL))
        message.finish_reason = self._finished()

    def _finished(self) -> FinishReason | None:
        """Return the finish reason: `"tool_calls"` if a normal one leaves calls to the caller."""
        if self.reason == "stop" and self._calls is not None and self._calls.has_client_calls():
            return "tool_calls"
        return self.reason

    def _close_calls(self, how: int) -> bool:
        """Settle the open calls; return whether one was truncated."""
        return self._calls is not None and self._calls.close(how)

    def fail(self, error: ProviderError) -> None:
        """Fail the message, since the provider reported an error. Open calls are cut."""
        if self.ended or self.message.error is not None:
            return
        self._begin()
        self.finish_text(False)
        self._close_calls(CUT)
        self.message.error = error
        self.reason = "error"
        self.message.finish_reason = "error"

    def lose(self, gap: dict[str, int]) -> None:
        """Record that records are missing. Open parts and calls are cut; the answer is truncated.

        Args:
            gap: The numbers of the last record before the gap (`"after"`) and of the first record
                after it (`"before"`).
        """
        if self.ended or self.lost:
            return
        self.lost = True
        self.begin()
        self.note("gap", gap)
        self.finish_text(False)
        self._close_calls(CUT)
        if self.texts.output is not None:
            self.texts.output.give_up()

    def end(self, ending: int = NORMAL) -> None:
        """End the answer: settle its calls and emit the last event.

        Without a finish reason or an error the stream was cut, so the answer is truncated.

        Args:
            ending: `NORMAL` at the terminal record, `DONE` at a `[DONE]` that replaces the
                finish reason, `INPUT_ENDED` at the end of input, `CUT` where the input broke off.
        """
        if self.ended:
            return
        self._begin()
        message = self.message
        closing = ending
        if self.reason is None or message.error is not None:
            closing = CUT
        elif ending != CUT:
            closing = _CLOSING.get(self.reason, ending)
        self.finish_text(closing not in (CUT, LIMIT))
        self.texts.release_halves()
        cut = self._close_calls(closing) or self.cut_call or self.lost
        if self.reason is None:
            message.status = "truncated"
        else:
            message.finish_reason = self._finished()
            status = _STATUS.get(self.reason, "complete")
            message.status = "truncated" if cut and status == "complete" else status
        if self.texts.output is not None:
            self.texts.output.end()
        self.ended = True
        self.counts.ended += 1
        self.out.append(_last_event(message))

    def end_broken(self) -> None:
        """End as `end`, after a failure. Held text that passes a limit is dropped."""
        self.room.lift()
        try:
            self.end(CUT)
        except LimitError:
            self.end(CUT)  # the reader of raw text, which raised, is no longer there

    def finish_text(self, normal: bool) -> bool:
        """End the text. Return whether nothing was left open in it."""
        texts = self.texts
        if texts.reader is None:
            return True
        half = "" if texts.unread is None else texts.unread.rest()
        if half:
            self.begin()
            texts.read(half)
        return texts.end_reader(normal)


def _last_event(message: Message) -> MessageFinished | MessageFailed:
    """Return the last event of an answer. An answer that failed has an error."""
    if message.status != "failed":
        return MessageFinished(message, message.choice)
    error = message.error
    if error is None:
        word = message.raw_finish_reason
        error = ProviderError(f"the provider ended the answer with {word!r}", data=word)
        message.error = error
    return MessageFailed(message, error, message.choice)
