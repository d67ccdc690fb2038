"""One answer of a response while it arrives: its content, its calls, its events and its status.

A wire reads the records of its API and calls the methods of `AnswerReader`, which has the rules for
all APIs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, cast

from streamparse._answers.answer_calls import AnswerCalls
from streamparse._answers.calls import CUT, LIMIT, NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.texts import TextWriter
from streamparse._answers.tools import Tools
from streamparse._answers.usage import UsageRecords
from streamparse._core.flat import equal
from streamparse._core.plain import shown
from streamparse._core.room import Room, check_name
from streamparse.aliases import CallKind, FinishReason, MessageStatus
from streamparse.errors import LimitError, ProviderError
from streamparse.limits import Limits
from streamparse.message import (
    Audio,
    Citation,
    GrowingText,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    Usage,
)
from streamparse.message_events import (
    MessageFailed,
    MessageFinished,
    MessageStarted,
    ProviderEvent,
    ServerToolCompleted,
    UsageUpdated,
)

__all__ = ["AnswerCounts", "AnswerReader"]

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


class AnswerCounts:
    """Counts the answers of a response that have begun and ended."""

    __slots__ = ("begun", "changes", "ended", "lowest")

    def __init__(self) -> None:
        self.changes: int = 0  # the number of changes of ids and models, which have no events
        self.begun: int = 0
        self.ended: int = 0
        self.lowest: int = 0  # the smallest index among those that have begun

    def check(self, most: int) -> None:
        """Raise `LimitError` if no more answers may begin."""
        if self.begun >= most:
            raise LimitError(f"more than {most} choices in one response", code="choices")

    def add(self, choice: int) -> None:
        """Count an answer that begins."""
        if self.begun == 0 or choice < self.lowest:
            self.lowest = choice
        self.begun += 1


class AnswerReader:
    """Reads one answer. A wire may call its methods in any order."""

    __slots__ = (
        "_calls",
        "_usages",
        "begun",
        "choice",
        "counts",
        "cut_call",
        "ended",
        "limits",
        "lost",
        "message",
        "noted",
        "options",
        "out",
        "reason",
        "room",
        "texts",
        "tools",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (int, list, AnswerOptions)

    def __init__(
        self,
        choice: int,
        out: list[Any],
        options: AnswerOptions,
        counts: AnswerCounts | None = None,
    ) -> None:
        self.choice: int = choice
        self.counts: AnswerCounts = AnswerCounts() if counts is None else counts
        self.out: list[Any] = out
        self.options: AnswerOptions = options
        self.limits: Limits = options.limits
        self.tools: Tools | None = options.tools
        self.message: Message = Message(choice)
        self.room: Room = Room(options.limits)
        self._calls: AnswerCalls | None = None
        self._usages: UsageRecords | None = None
        self.texts: TextWriter = TextWriter(self.message, out, self.room, options.surrogates)
        self.begun: bool = False
        self.ended: bool = False  # whether the last event has been emitted
        # The finish reason so far, before `"stop"` becomes `"tool_calls"`.
        self.reason: FinishReason | None = None
        self.lost: bool = False  # whether records of the answer are missing
        # A raw-text call was cut before its name was whole, or the server reports a cut call.
        self.cut_call: bool = False
        self.noted: dict[str, Any] | None = None  # the last data of `note`, by name

    # The whole.

    @property
    def calls(self) -> AnswerCalls:
        """The calls of the answer."""
        if self._calls is None:
            self._calls = AnswerCalls(self.message, self.out, self.room, self.options)
        return self._calls

    @property
    def usages(self) -> UsageRecords:
        """The usage records of the answer."""
        if self._usages is None:
            self._usages = UsageRecords(self.message, self.room)
        return self._usages

    def begin(self, identity: Any = None, model: Any = None) -> None:
        """Begin the answer. The first id and the last model that are not blank are kept."""
        message = self.message
        if message.id is None and isinstance(identity, str) and identity:
            message.id = identity
            self.counts.changes += 1
        if isinstance(model, str) and model and model != message.model:
            message.model = model
            self.counts.changes += 1
        if not self.begun:
            self.counts.check(self.limits.choices)
            self._begin()

    def _begin(self) -> None:
        if not self.begun:
            self.counts.add(self.choice)
            self.begun = True
            message = self.message
            self.out.append(MessageStarted(message.id, message.model, self.choice, message))

    def usage(self, usage: Usage) -> None:
        """Set the usage so far, which replaces the earlier one."""
        if self.usages.replace(usage) and not self.ended:
            self.out.append(UsageUpdated(usage, self.choice))

    def count(self, raw: Any, read: Callable[[dict[str, Any]], Usage]) -> None:
        """Read a usage record with `read`, completed by earlier ones; ignore all but an object."""
        if isinstance(raw, dict):
            self.usage(read(self.usages.completed(raw)))

    def add_usage(self, raw: Any, read: Callable[[dict[str, Any]], Usage]) -> None:
        """Read a usage record that is added to the earlier ones; ignore all but an object."""
        if isinstance(raw, dict):
            self.usage(read(self.usages.added(raw)))

    def note(self, name: str, data: Any) -> None:
        """Emit data without an event of its own; again only when it has changed."""
        noted = self.noted
        if noted is None:
            noted = self.noted = {}
        known = noted.get(name)
        if name in noted and equal(known, data):
            return
        if not self.texts.counted:
            self.room.replace(known, data)
            if name not in noted:
                self.room.take(len(name))
        noted[name] = data
        self.message.extra[name] = data
        self.out.append(ProviderEvent(name, data, self.choice))

    def has_noted(self, name: str) -> bool:
        """Return whether `note` was called with this name."""
        return self.noted is not None and name in self.noted

    def pass_on(self, name: str, data: Any) -> None:
        """Emit data that was not understood, each time. It is not kept."""
        self.out.append(ProviderEvent(name, data, self.choice))

    # Content.

    def text(self, text: str, part: Text | Audio | None = None) -> None:
        """Read more text, for `part` or for the text that is growing now."""
        texts = self.texts
        if texts.reader is None:
            self._grow(text, part, Text)
            return
        text = texts.joined(text)
        if text:
            self.begin()
            texts.read(text)

    def plain_text(self, text: str, part: Text | None = None) -> None:
        """Read text that no format reads."""
        self._grow(text, part, Text)

    def reasoning(self, text: str, part: Reasoning | None = None) -> None:
        """Read more reasoning, for `part` or for the reasoning that is growing now."""
        self._grow(text, part, Reasoning)

    def refusal(self, text: str, part: Refusal | None = None) -> None:
        """Read more of a refusal, for `part` or for the refusal that is growing now."""
        self._grow(text, part, Refusal)

    def _grow(self, text: str, part: GrowingText | None, kind: type[GrowingText]) -> None:
        if text:
            if not self.begun:
                self.begin()
            self.texts.grow(text, part, kind)

    def growing_reasoning(self) -> Reasoning:
        """Return the reasoning that is growing; a new part, if the last one is of another type."""
        self.begin()
        part = self.texts.growing(Reasoning)
        assert isinstance(part, Reasoning)
        return part

    def growing_text(self) -> Text:
        """Return the text that is growing; a new part, if the last one is of another type."""
        self.begin()
        part = self.texts.growing(Text)
        assert isinstance(part, Text)
        return part

    def spoken(self, text: str) -> None:
        """Read more of the transcript of the audio that is growing now."""
        self._grow(text, None, Audio)

    def audio(
        self,
        data: str,
        part: Audio | None = None,
        item: str | None = None,
        format: str | None = None,
    ) -> None:
        """Read more audio, which is counted and emitted, but not kept.

        Args:
            data: The audio, in base64.
            part: The part that it belongs to, by default the audio that is growing now.
            item: The provider's id of the item that it belongs to.
            format: Its media type or format, if the provider sends it.
        """
        self.begin()
        self.texts.grow_audio(data, part, item, format)

    def add(self, part: Part) -> None:
        """Add a part that is whole or that the wire will fill.

        Raises:
            LimitError: The message has no room for it.
        """
        self.begin()
        room = self.room
        room.keep(part.extra)
        if isinstance(part, Citation):
            room.keep(part.data)
        elif isinstance(part, ServerToolResult):
            check_name(part.name or "", self.limits)
            room.keep(part.content)
        room.enter(self.message.content, part)

    def add_result(self, result: ServerToolResult) -> None:
        """Add the complete result of a tool that the provider ran. Raises as `add` does."""
        self.add(result)
        self.complete_result(result)

    def complete_result(self, result: ServerToolResult) -> None:
        """Emit the event for a result of the message that has arrived in full."""
        self.out.append(ServerToolCompleted(result, self.choice))

    def call(
        self,
        identity: str | None = None,
        name: str | None = None,
        kind: CallKind = "function",
        raw_text: bool = False,
    ) -> CallReader:
        """Begin a call.

        The call becomes a part of the message with the first evidence of it: an id, a name or
        argument text.

        Args:
            identity: The provider's id of the call.
            name: The name of the tool.
            kind: `"function"`, `"custom"` or `"server"`.
            raw_text: The call is written in the model's text, so only its own end completes it.

        Returns:
            The reader of the call.

        Raises:
            LimitError: The message has `Limits.tool_calls` calls already.
        """
        self.begin()
        reader = self.calls.begin(kind, raw_text, self.texts.counted)
        if identity is not None:
            self.room.take(len(identity))
            reader.set_id(identity)
        if name is not None:
            reader.set_name(name)
        return reader

    # The end.

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
