"""The content of one answer while it arrives: its texts, calls, results, usage and notes.

A wire reads the records of its API and calls these methods, in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from streamparse._answers.answer_calls import AnswerCalls
from streamparse._answers.calls import CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.texts import TextWriter
from streamparse._answers.tools import Tools
from streamparse._answers.usage import UsageRecords
from streamparse._core.flat import equal
from streamparse._core.room import Room, check_name
from streamparse.aliases import CallKind
from streamparse.errors import LimitError
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
    MessageStarted,
    ProviderEvent,
    ServerToolCompleted,
    UsageUpdated,
)

__all__ = ["AnswerContent", "AnswerCounts"]


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


class AnswerContent:
    """Reads the content of one answer."""

    __slots__ = (
        "_calls",
        "_usages",
        "begun",
        "choice",
        "counts",
        "ended",
        "limits",
        "message",
        "noted",
        "options",
        "out",
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
        self.noted: dict[str, Any] | None = None  # the last data of `note`, by name

    # The answer as a whole.

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
