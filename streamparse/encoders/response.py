"""The base of the encoders for provider APIs: one answer, and how it may fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple

from streamparse.errors import StreamParseError
from streamparse.frontends.encoder import CUT_ANSWER, Encoder
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall
from streamparse.message import Message, ToolCall, Usage

__all__ = ["LastRecord", "Problem", "ResponseEncoder", "change_in", "token_counts"]

# Errors of a complete call whose arguments are not the ones that were streamed.
_CHANGES: Final = ("replaced_arguments", "misplaced_value")


class Problem(NamedTuple):
    """Why an answer has no successful end.

    Attributes:
        text: The text for the client.
        code: A code from `ERROR_CODES`, or the finish reason.
    """

    text: str
    code: str


class LastRecord(dict[str, Any]):
    """The last record of a stream that succeeded; `to_sse` writes `[DONE]` after it."""


class ResponseEncoder(Encoder):
    """Base class of the encoders of one answer in the API of a provider.

    Args:
        choice: See `Encoder`.
        error_text: See `Encoder`.
    """

    #: Finish reasons for which the API has a word that says that the answer was cut.
    cut_reasons: ClassVar[tuple[str, ...]] = ("length", "content_filter")

    def __init__(
        self,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
    ) -> None:
        super().__init__(choice=choice, error_text=error_text, provider_events=True)
        self._stopped: Problem | None = None
        self._sent_names: dict[str, str] = {}  # the name of each call as it was sent, by its id

    def abort(self, reason: str | None = None) -> list[Record]:
        """End the stream because the user stopped it; an answer that has ended keeps its end."""
        self._handle_all(self._queue.drain())
        is_whole = self._answers > 0 and not self._answering
        return self.finish() if is_whole else super().abort(reason)

    def _begin_answer(self) -> None:
        if self._answers > 1:
            raise StreamParseError("one encoder encodes one answer only", code="finished")

    def _problem(self) -> Problem | None:
        """Return why the answer that has been encoded did not succeed, or None if it did."""
        if self._stopped is not None:
            return self._stopped
        if self._failure is not None:
            return self._problem_of(self._failure)
        return None if self._message is None else self._problem_in(self._message)

    def _problem_of(self, failure: BaseException | str) -> Problem:
        code = failure.code if isinstance(failure, StreamParseError) else "error"
        return Problem(self._text_of(failure), code)

    def _problem_in(self, message: Message) -> Problem | None:
        """Return why a message did not succeed, or None if it did.

        A client runs the calls of an answer that ends normally. An answer with a call that is not
        complete may therefore end only with a reason that says that it was cut.
        """
        if message.error is not None:
            return self._problem_of(message.error)
        reason = message.finish_reason
        if reason is None:
            return self._problem_of(CUT_ANSWER)
        if reason in ("error", "cancelled"):
            return Problem(f"the answer was cut off: {reason}", reason)
        for call in message.tool_calls:
            if call.kind == "server" or call.status == "complete":
                continue
            if call.status == "rejected":
                return self._problem_with(call)
            if reason not in self.cut_reasons:
                return Problem(f"the call of {call.name} was cut off", "truncated")
        return None

    def _problem_with(self, call: ToolCall) -> Problem:
        text = f"the call of {call.name} was rejected"
        if not call.errors:
            return Problem(text, "rejected")
        error = call.errors[-1]
        return Problem(f"{text}: {self._text_of(error)}", error.code)

    def _is_as_sent(self, call: ShownCall, changed: str | None) -> bool:
        """Return whether a complete call is what was sent; if not, stop with an error.

        Args:
            call: The call.
            changed: The code of the error if its arguments are others.
        """
        if call.name != self._sent_names[call.id]:
            changed = "changed_name"
        if changed is None:
            return True
        if self._stopped is None:
            self._stopped = Problem(f"the call of {call.name} changed after it was sent", changed)
        return False

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        """Write nothing: the end of the stream reports the call."""

    def _end_aborted(self, reason: str | None) -> None:
        self._stopped = Problem(reason or "the answer was cancelled", "cancelled")
        self._end()


def change_in(call: ToolCall) -> str | None:
    """Return the code of the error that makes the arguments differ from those of the events."""
    return next((error.code for error in call.errors if error.code in _CHANGES), None)


def token_counts(usage: Usage) -> tuple[int, int, int]:
    """Return the tokens of the input, of the output and of both, which OpenAI's APIs require.

    A count that the provider did not send is calculated from the others, or 0.
    """
    output = usage.output_tokens or 0
    given = usage.input_tokens
    if given is None:
        given = max((usage.total_tokens or output) - output, 0)
    return given, output, given + output if usage.total_tokens is None else usage.total_tokens
