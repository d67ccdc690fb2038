"""One answer of a response while it arrives: its content, its calls, its events and its status.

A wire reads the records of its API and calls the methods of `AnswerReader` for what they say. The
rules that hold for all APIs are here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, cast

from streamparse._answers.calls import CUT, LIMIT, NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.output import OutputReader
from streamparse._answers.tools import Tools
from streamparse._core._marks import mypyc_attr
from streamparse._core.flat import equal
from streamparse._core.plain import shown, weight_of
from streamparse._core.room import Room, check_name
from streamparse._core.surrogates import (
    Halves,
    ends_in_half,
    joined,
    lone,
    replaced,
)
from streamparse.aliases import CallKind, FinishReason, MessageStatus
from streamparse.errors import LimitError, ProviderError, WireError
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
    ToolCall,
    Usage,
)
from streamparse.message_events import (
    AudioDelta,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    UsageUpdated,
)

__all__ = ["AnswerCounts", "AnswerReader", "TextReader"]

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


# Usage records have about ten members; one with more replaces the earlier one.
_LARGEST_USAGE: Final = 100
_DEEPEST_USAGE: Final = 2


@mypyc_attr(allow_interpreted_subclasses=True)
class TextReader:
    """Reads the text of one answer for more than text, and calls its `AnswerReader`."""

    def feed(self, text: str) -> None:
        """More text."""
        raise NotImplementedError

    def finish(self, normal: bool) -> bool:
        """End the text, which a limit or an error has cut unless `normal`.

        Returns:
            Whether nothing was left open in it.
        """
        raise NotImplementedError


class AnswerCounts:
    """Counts the answers of a response that have begun and ended."""

    __slots__ = ("begun", "ended", "lowest")

    def __init__(self) -> None:
        self.begun: int = 0
        self.ended: int = 0
        self.lowest: int = 0  # the smallest index among those that have begun


class AnswerReader:
    """Reads one answer. A wire calls its methods for what a record says, in any order."""

    __slots__ = (
        "begun",
        "calls",
        "choice",
        "counted",
        "counts",
        "cut_call",
        "ended",
        "limits",
        "message",
        "noted",
        "options",
        "out",
        "output",
        "reader",
        "ready",
        "reason",
        "room",
        "surrogates",
        "tools",
        "unread",
        "unready",
        "usage_weight",
        "waiting",
    )

    init_types: ClassVar[tuple[Any, ...]] = (int, list, AnswerOptions)

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
        self.surrogates: str = options.surrogates
        self.message: Message = Message(choice)
        self.room: Room = Room(options.limits)
        self.counted: bool = False  # the input is made of raw text, which was counted
        self.calls: list[CallReader] = []
        # The calls that are complete or, by `mark_ready`, probably so, in this order.
        self.ready: list[ToolCall] = []
        self.unready: int = 0  # the index of the first call that may still become ready
        self.begun: bool = False
        self.ended: bool = False  # whether the last event has been emitted
        # The finish reason that holds so far, before `"stop"` becomes `"tool_calls"`.
        self.reason: FinishReason | None = None
        self.cut_call: bool = False  # a raw-text call was cut before its name was whole
        self.usage_weight: int = 0  # what `message.usage` counts for in `room`
        self.noted: dict[str, Any] = {}  # the last data of `note`, by name
        self.output: OutputReader | None = None  # reads the text too, where an output is asked for
        self.reader: TextReader | None = None  # gets the text first, where a format was given
        self.unread: Halves = Halves()  # of the text before the reader gets it
        self.waiting: list[GrowingText] = []  # parts that end with the first half of a character

    # The whole.

    def begin(self, identity: Any = None, model: Any = None) -> None:
        """Begin the answer. The first id and the last model that are not blank are kept."""
        message = self.message
        if message.id is None and isinstance(identity, str) and identity:
            message.id = identity
        if isinstance(model, str) and model:
            message.model = model
        if not self.begun:
            most = self.limits.choices
            if self.counts.begun >= most:
                raise LimitError(f"more than {most} choices in one response", code="choices")
            self._begin()

    def _begin(self) -> None:
        if not self.begun:
            counts, message = self.counts, self.message
            if counts.begun == 0 or self.choice < counts.lowest:
                counts.lowest = self.choice
            counts.begun += 1
            self.begun = True
            self.out.append(MessageStarted(message.id, message.model, self.choice))

    def usage(self, usage: Usage) -> None:
        """Set the usage so far, which replaces the earlier one."""
        known = self.message.usage
        if known is None or not _is_same(usage, known):
            weight = weight_of(usage.raw)
            self.room.give_back(self.usage_weight)
            self.room.take(weight)
            self.usage_weight = weight
            self.message.usage = usage
            if not self.ended:
                self.out.append(UsageUpdated(usage, self.choice))

    def count(self, raw: Any, read: Callable[[dict[str, Any]], Usage]) -> None:
        """Read a usage record with `read`; ignore anything but an object.

        A later record completes an earlier one: a member that it lacks, or has as zero, keeps its
        earlier value.
        """
        if isinstance(raw, dict):
            known = self.message.usage
            self.usage(read(raw if known is None else _merged(known.raw, raw)))

    def note(self, name: str, data: Any) -> None:
        """Emit data without an event of its own; again only when it has changed."""
        known = self.noted.get(name)
        if name in self.noted and equal(known, data):
            return
        if not self.counted:
            self.room.replace(known, data)
            if name not in self.noted:
                self.room.take(len(name))
        self.noted[name] = data
        self.message.extra[name] = data
        self.out.append(ProviderEvent(name, data, self.choice))

    def pass_on(self, name: str, data: Any) -> None:
        """Emit data that was not understood, each time. It is not kept."""
        self.out.append(ProviderEvent(name, data, self.choice))

    # Content.

    def text(self, text: str, part: Text | Audio | None = None) -> None:
        """Take more text, for `part` or for the text that is growing now."""
        if self.reader is None:
            self._grow(text, part, Text)
            return
        text = self.unread.take(text)
        if text:
            self._read(text, self.reader)

    def _read(self, text: str, reader: TextReader) -> None:
        """Give text to the reader, up to a half that the option `surrogates` refuses.

        It is counted here: the reader makes text, reasoning and calls of it.
        """
        self.begin()
        if self.surrogates == "replace":
            text = replaced(text)
        fits = self.room.fitting(text)
        place = lone(fits) if self.surrogates == "error" else -1
        self.counted = True
        reader.feed(fits if place < 0 else fits[:place])
        self.counted = False
        if place >= 0:
            raise _lone_half(text[place], self.unread.passed - len(text) + place)
        if len(fits) < len(text):
            raise self.room.passed()

    def plain_text(self, text: str, part: Text | None = None) -> None:
        """Take text that no format reads."""
        self._grow(text, part, Text)

    def reasoning(self, text: str, part: Reasoning | None = None) -> None:
        """Take more reasoning, for `part` or for the reasoning that is growing now."""
        self._grow(text, part, Reasoning)

    def refusal(self, text: str, part: Refusal | None = None) -> None:
        """Take more of a refusal, for `part` or for the refusal that is growing now."""
        self._grow(text, part, Refusal)

    def _grow(self, text: str, part: GrowingText | None, kind: type[GrowingText]) -> None:
        if not text:
            return
        self.begin()
        target = self._growing(kind) if part is None else part
        if self.waiting or not text.isascii():
            text = self._whole_characters(text, target, part is None)
        if text:
            self._append(text, target)

    def _append(self, text: str, part: GrowingText) -> None:
        """Append text to a part, and emit its delta."""
        if not self.counted:
            left = self.room.left - len(text)
            if left < 0:
                self._append_what_fits(text, part)
                return
            self.room.left = left
        self.message.grow(part, text)
        if isinstance(part, (Text, Audio)):
            self.out.append(TextDelta(text, self.choice))
            if self.output is not None:
                self.output.feed(text)
        elif isinstance(part, Reasoning):
            self.out.append(ReasoningDelta(text, self.choice))
        else:
            self.out.append(RefusalDelta(text, self.choice))

    def _append_what_fits(self, text: str, part: GrowingText) -> None:
        fits = self.room.fitting(text)
        if fits:
            self.counted = True
            self._append(fits, part)
        raise self.room.passed()

    # Sound.

    def spoken(self, text: str) -> None:
        """Take more of the transcript of the sound that is growing now."""
        self._grow(text, None, Audio)

    def audio(
        self,
        data: str,
        part: Audio | None = None,
        item: str | None = None,
        format: str | None = None,
    ) -> None:
        """Take more sound: it is counted and passed on, but not kept.

        Args:
            data: The sound, in base64.
            part: The part that it belongs to; that of the sound that is growing now if None.
            item: The provider's id of the item that it belongs to.
            format: Its media type or format, where the provider says.
        """
        self.begin()
        if part is None:
            growing = self._growing(Audio)
            assert isinstance(growing, Audio)
            part = growing
        size = len(data.rstrip("=")) * 3 // 4
        part.size += size
        if format and part.format is None:
            self.room.take(len(format))
            part.format = format
        self.out.append(AudioDelta(item, size, data, self.choice))

    # Halves of characters.

    def _whole_characters(self, text: str, part: GrowingText, last: bool) -> str:
        """Join halves across deltas, and hold back a first half at the end of `text`.

        The second half may come in another part of the same kind: then that part gets the whole
        character. `last`: the parts before `part` do not grow any more.
        """
        if 0xDC00 <= ord(text[0]) <= 0xDFFF and not part.half:
            self._take_over_half(part)
        if last:
            for other in self.waiting[:]:
                if other is not part and type(other) is type(part):
                    self._release_half(other)
        if part.half:
            self.waiting.remove(part)
            text = part.half + text
            part.half = ""
        text = joined(text)
        if ends_in_half(text):
            part.half = text[-1]
            text = text[:-1]
            self.waiting.append(part)
        return self._checked(text, part)

    def _take_over_half(self, part: GrowingText) -> None:
        other = self.waiting[-1] if self.waiting else None
        if other is not None and type(other) is type(part):
            self.waiting[-1] = part
            part.half = other.half
            other.half = ""

    def _release_half(self, part: GrowingText) -> None:
        """Append the half of a part for which no second half can come."""
        half = part.half
        part.half = ""
        self.waiting.remove(part)
        self._append(self._checked(half, part), part)

    def _release_halves(self) -> None:
        for part in self.waiting[:]:
            self._release_half(part)

    def _checked(self, text: str, part: GrowingText) -> str:
        """Apply the option `surrogates` to the lone halves in the next text of a part.

        Raises `WireError` where the option is "error", after the text before the half.
        """
        if self.surrogates == "replace":
            return replaced(text)
        place = lone(text) if self.surrogates == "error" else -1
        if place < 0:
            return text
        if place:
            self._append(text[:place], part)
        raise _lone_half(text[place], len(part.text))

    def drop_half(self, part: GrowingText) -> None:
        """Drop the half of a part whose text the wire repeats, with the whole character."""
        if part.half:
            part.half = ""
            self.waiting.remove(part)

    def forget_halves(self) -> None:
        """Drop the halves that `surrogates="error"` would refuse."""
        if self.surrogates == "error":
            for part in self.waiting:
                part.half = ""
            self.waiting.clear()
            self.unread.half = ""

    def growing_reasoning(self) -> Reasoning:
        """Return the reasoning that is growing; a new part, if the last one is of another type."""
        part = self._growing(Reasoning)
        assert isinstance(part, Reasoning)
        return part

    def growing_text(self) -> Text:
        """Return the text that is growing; a new part, if the last one is of another type."""
        part = self._growing(Text)
        assert isinstance(part, Text)
        return part

    def add(self, part: Part) -> None:
        """Add a part that is whole, or that the wire will fill.

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
        reader = CallReader(
            ToolCall(len(self.calls), kind),
            self.choice,
            self.out,
            self.options,
            raw_text,
        )
        if not self.counted:
            reader.call.room = self.room
        reader.ready = self.ready
        reader.enter_by(self.calls, self.message.content, self.room)
        if identity is not None:
            self.room.take(len(identity))
            reader.set_id(identity)
        if name is not None:
            reader.set_name(name)
        return reader

    def mark_ready(self) -> None:
        """Add calls to `ready` whose JSON is whole and after which another call has begun.

        For wires that send no end of a call: servers write one call after the other, so the next
        one is a sign of the end. It is not certain: more text, or a cut, may still come. A call
        waits for those before it, which keeps the order in which a finish reason completes them.
        """
        calls = self.calls
        if self.reader is not None or not calls or not calls[-1].begun:
            return
        while self.unready < len(calls) - 1:
            reader = calls[self.unready]
            if reader.open:
                if not reader.seems_complete:
                    return
                reader.make_ready()
            self.unready += 1

    def _growing(self, kind: type[GrowingText]) -> GrowingText:
        content = self.message.content
        if content:
            last = content[-1]
            if type(last) is kind:
                assert isinstance(last, GrowingText)
                return last
        part = kind()
        self.begin()
        self.room.enter(content, part)
        return part

    # The end.

    def finish(self, reason: str, raw: Any = None) -> None:
        """Apply a finish reason: calls whose JSON is whole complete, the others wait for `end`.

        More of the answer may follow. The last normal reason holds; `"length"`,
        `"content_filter"` and `"error"` are kept.
        """
        message = self.message
        if self.ended or message.error is not None or self.reason in _CLOSING:
            return
        self.begin()
        # The tests of the wires check that their tables hold no other words.
        self.reason = cast("FinishReason", reason)
        message.raw_finish_reason = None if raw is None else shown(raw)
        closing = _CLOSING.get(reason, NORMAL)
        last = len(self.calls) - 1
        for place, reader in enumerate(self.calls):
            reader.settle(closing, place < last)
        message.finish_reason = self._finished()

    def _finished(self) -> FinishReason | None:
        """Return the finish reason: `"tool_calls"` where a normal one leaves client calls."""
        if self.reason == "stop" and any(_is_clients(reader.call) for reader in self.calls):
            return "tool_calls"
        return self.reason

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

    def end(self, ending: int = NORMAL) -> None:
        """End the answer: settle its calls and emit the last event.

        Without a finish reason or an error the stream was cut, which is never a success.

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
        self._release_halves()
        cut = self._close_calls(closing) or self.cut_call
        if self.reason is None:
            message.status = "truncated"
        else:
            message.finish_reason = self._finished()
            status = _STATUS.get(self.reason, "complete")
            message.status = "truncated" if cut and status == "complete" else status
        if self.output is not None:
            self.output.end()
        self.ended = True
        self.counts.ended += 1
        if message.status != "failed":
            self.out.append(MessageFinished(message, self.choice))
            return
        error = message.error
        if error is None:
            word = message.raw_finish_reason
            error = ProviderError(f"the provider ended the answer with {word!r}", data=word)
            message.error = error
        self.out.append(MessageFailed(message, error, self.choice))

    def end_broken(self) -> None:
        """End as `end`, after a failure. Held text that passes a limit is dropped."""
        self.room.lift()
        try:
            self.end(CUT)
        except LimitError:
            self.end(CUT)  # the reader of raw text, which raised, is gone

    def finish_text(self, normal: bool) -> bool:
        """End the text. Return whether nothing was left open in it."""
        reader = self.reader
        if reader is None:
            return True
        half = self.unread.rest()
        if half:
            self._read(half, reader)
        self.reader = None
        self.counted = True
        nothing_open = reader.finish(normal)
        self.counted = False
        return nothing_open

    def _close_calls(self, how: int) -> bool:
        """Settle the open calls of an ended answer. Return whether one was truncated."""
        last = len(self.calls) - 1
        cut = False
        for place, reader in enumerate(self.calls):
            was_open = reader.open
            reader.close(how, place < last)
            cut = cut or (was_open and reader.call.status == "truncated")
        return cut


def _is_same(usage: Usage, known: Usage) -> bool:
    # Most records count more tokens than the one before, so the counts are compared first.
    if usage.output_tokens != known.output_tokens or usage.total_tokens != known.total_tokens:
        return False
    return equal(usage.to_dict(), known.to_dict())


def _merged(known: dict[str, Any], new: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a usage record, completed by an earlier one, with the details in it."""
    if len(known) > _LARGEST_USAGE:
        return new
    merged = dict(known)
    for key, value in new.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and depth < _DEEPEST_USAGE:
            merged[key] = _merged(old, value, depth + 1)
        elif not old or value or isinstance(value, bool):
            merged[key] = value
    return merged


def _is_clients(call: ToolCall) -> bool:
    return call.kind != "server" and call.status != "truncated" and call.name is not None


def _lone_half(half: str, offset: int) -> WireError:
    message = f"half a surrogate pair: \\u{ord(half):04x}"
    return WireError(message, code="lone_surrogate", offset=offset)
