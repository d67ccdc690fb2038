"""The calls of one answer."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.calls import CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._core.room import Room
from streamparse.aliases import CallKind
from streamparse.message import Message, ToolCall

__all__ = ["AnswerCalls"]


class AnswerCalls:
    """The readers of the calls of one answer.

    Args:
        message: The message that the calls are parts of.
        out: Where events go.
        room: Counts the calls.
        options: The options of the answer.
    """

    __slots__ = ("message", "options", "out", "readers", "ready", "room", "unready")

    _init_types: ClassVar[tuple[Any, ...]] = (Message, list, Room, AnswerOptions)

    def __init__(
        self, message: Message, out: list[Any], room: Room, options: AnswerOptions
    ) -> None:
        self.message: Message = message
        self.out: list[Any] = out
        self.room: Room = room
        self.options: AnswerOptions = options
        self.readers: list[CallReader] = []
        # The calls that are complete or, by `mark_ready`, probably so, in this order.
        self.ready: list[ToolCall] = []
        self.unready: int = 0  # the index of the first call that may still become ready

    def begin(self, kind: CallKind, raw_text: bool, counted: bool) -> CallReader:
        """Return the reader of a new call; `counted` means that its text was counted already."""
        message = self.message
        call = ToolCall(len(self.readers), kind)
        reader = CallReader(call, message.choice, self.out, self.options, raw_text)
        if not counted:
            call._room = self.room
        reader.ready = self.ready
        reader.enter_by(self.readers, message.content, self.room)
        return reader

    def mark_ready(self) -> None:
        """Add calls to `ready` whose JSON is whole and after which another call has begun.

        This is for wires that do not send the end of a call. Servers write one call after the
        other, so the next one shows the end, but not for certain: more text, or a cut, may still
        come. A call waits for those before it, which is the order in which a finish reason
        completes them.
        """
        calls = self.readers
        if self.unready >= len(calls) - 1 or not calls[-1].begun:
            return
        while self.unready < len(calls) - 1:
            reader = calls[self.unready]
            if reader.open:
                if not reader.seems_complete:
                    return
                reader.make_ready()
            self.unready += 1

    def settle(self, how: int) -> None:
        """Apply a finish reason to all calls; see `CallReader.settle`."""
        last = len(self.readers) - 1
        for place, reader in enumerate(self.readers):
            reader.settle(how, place < last)

    def close(self, how: int) -> bool:
        """Settle the open calls of an ended answer; return whether one was truncated."""
        last = len(self.readers) - 1
        cut = False
        for place, reader in enumerate(self.readers):
            was_open = reader.open
            reader.close(how, place < last)
            cut = cut or (was_open and reader.call.status == "truncated")
        return cut

    def has_client_calls(self) -> bool:
        """Return whether there are calls that the caller runs."""
        for reader in self.readers:
            call = reader.call
            if call.kind != "server" and call.status != "truncated" and call.name is not None:
                return True
        return False
