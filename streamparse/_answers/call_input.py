"""The arguments of one tool call while they arrive: as text or as values."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.arguments import (
    OTHER,
    SPACE,
    WHITE_SPACE,
    FramedText,
    Produced,
    Repetition,
    json_text_of,
)
from streamparse._answers.call_record import CLOSED, HELD, NAMING, READING, SILENT, CallRecord
from streamparse._answers.options import AnswerOptions
from streamparse._core.flat import equal
from streamparse._core.plain import weight_of
from streamparse._core.surrogates import Halves, replaced
from streamparse._core.transcriber import Transcriber
from streamparse.errors import JSONSyntaxError, StreamParseError
from streamparse.message import ToolCall
from streamparse.message_events import ProviderEvent, ToolCallDelta

__all__ = ["CallInput", "HeldValue"]


class CallInput(CallRecord):
    """Reads the arguments of a call. Before the name is known they are held back."""

    __slots__ = ("_repetition", "halves", "held", "held_size")

    def __init__(
        self,
        call: ToolCall,
        choice: int,
        out: list[Any],
        options: AnswerOptions,
        raw_text: bool = False,
    ) -> None:
        super().__init__(call, choice, out, options, raw_text)
        self.held: list[Any] | None = None  # texts and `HeldValue`s that arrived before the name
        self.held_size: int = 0  # the characters of them that were counted
        self.halves: Halves = Halves()  # of the argument text
        self._repetition: Repetition | None = None

    @property
    def repetition(self) -> Repetition:
        """Compares text after a whole value with that value."""
        if self._repetition is None:
            self._repetition = Repetition(self.call)
        return self._repetition

    @property
    def repeats(self) -> bool:
        """Whether a part of the value has been repeated."""
        return self._repetition is not None and self._repetition.matched > 0

    @property
    def seems_complete(self) -> bool:
        """Whether the value is complete and the call has not been rejected."""
        whole = self.state == READING and self.source.whole and not self.repeats
        # JSON that was encoded twice is a string, and is rejected at the end.
        return whole and not isinstance(self.call.partial, str)

    def may_repeat(self, text: str) -> bool:
        """Whether text after the whole value is white space, or continues to repeat the value."""
        return self.repetition.may_go_on(text, self.whole)

    def begin(self) -> None:
        """Emit the start, then read everything that was held back for it."""
        if self.state != HELD:
            return
        super().begin()
        held, self.held = self.held, None
        if held is None:
            return
        if self.call._room is not None:
            self.call._room.give_back(self.held_size)  # it is counted once more where it is kept
        for piece in held:
            if isinstance(piece, HeldValue):
                self._read_value(piece.value, bool(self.call.arguments_text.strip(WHITE_SPACE)))
            else:
                self.feed(piece)

    # Text.

    def feed(self, text: str) -> None:
        """Read more of the arguments' JSON text, or of the free text of a custom call."""
        if not text:
            return
        if not self.received and text.strip(WHITE_SPACE):
            self._receive()
        if self.state <= NAMING:
            if self.state == HELD:
                self._hold(text, len(text))
                return
            self._reject_unknown()
        text = self.halves.take(text)
        if text:
            self._read(text)

    def take(self, text: str) -> int:
        """As `feed`, where other text may follow the value.

        Returns:
            How much of `text` belongs to the value. Where a character is refused, it is the text
            before it; then `listening` is false, and the rest of the call goes through `feed`.
        """
        if not self.received and text.strip(WHITE_SPACE):
            self._receive()
        if self.state == NAMING:
            self._reject_unknown()
        produced = self.source.take(text)
        taken = produced[0]
        self.call._grow(taken)
        self._report(produced)
        return len(taken)

    def end_value(self, closed: bool) -> int:
        """End a lenient value: there is no more text. See `FramedText.end`.

        Returns:
            How much of the text that `take` did not take belongs to the value.
        """
        source = self.source
        if not isinstance(source, FramedText) or source.whole or source.broken:
            return 0
        produced = source.end(closed)
        self.call._grow(produced[0])
        self._report(produced)
        return len(produced[0])

    def _read(self, text: str) -> None:
        """Read argument text in which the halves of characters are joined."""
        if self.surrogates == "replace":
            text = replaced(text)
        if self.state == READING:
            produced = self.source.take(text)
            taken = produced[0]
            if len(taken) == len(text) or produced[3] is not None:
                self.call._grow(text)  # with the characters after a refused one
                self._report(produced)
            else:
                if taken:
                    self.call._grow(taken)
                # White space that is not taken may end a number, which has an event.
                self._report(produced)
                self._read_after(text[len(taken) :])
        elif self.state == SILENT:
            self.call._grow(text)
            self._report(self.source.take(text))
        else:
            self._read_late(text)

    def _read_after(self, text: str) -> None:
        """Read text after a whole value: white space, the same value again, or a second one."""
        repetition = self.repetition
        while text:
            kind, size = repetition.next_run(text)
            run, text = text[:size], text[size:]
            if kind == SPACE:
                self.call._grow(run)
                self.out.append(ToolCallDelta(self.call, run, self.choice))
            elif kind == OTHER:
                self._refuse_second(run)
            else:
                self.call._grow_raw(run)
                if repetition.ended():
                    self._note_repeated()

    def _refuse_second(self, text: str) -> None:
        call, offset = self.call, len(self.call._written)
        message = "a second value follows the arguments"
        error = JSONSyntaxError(message, code="multiple_values", offset=offset)
        self.source.locate(error)
        # Text that was kept as a repetition is now more text of the arguments.
        repeated = self.repetition.give_up()
        if repeated and call._source is not None:
            call._source = call._source[: len(call._source) - len(repeated)]
        call._grow(repeated + text)
        self._reject(error)

    def _note_repeated(self) -> None:
        self.note_anomaly("repeated_arguments", "the whole arguments came once more")

    def _read_late(self, text: str) -> None:
        """Keep text after the end. After broken JSON it is more of the same text."""
        if self.state != CLOSED:
            self.call._grow(text)
            return
        self.call._grow_raw(text)
        self.note_anomaly("late_delta", "a delta came after the end of the call")
        late = {**self.call._naming(), "text": text}
        self.out.append(ProviderEvent("late_tool_call_delta", late, self.choice))

    def _release_half(self) -> None:
        """Read the first half of a character at the end, because no more text comes."""
        half = self.halves.rest()
        if half:
            self._read(half)

    # Values.

    def feed_arguments(self, arguments: Any) -> None:
        """Read arguments as JSON text or as one parsed value; None is nothing."""
        if isinstance(arguments, str):
            self.feed(arguments)
        elif arguments is not None:
            self.feed_value(arguments)

    def feed_value(self, value: Any) -> None:
        """Read the arguments as one parsed value."""
        again = self.received
        self._receive()
        if self.state == HELD:
            self._hold(HeldValue(value), weight_of(value))
        else:
            self._read_value(value, again)

    def _read_value(self, value: Any, again: bool) -> None:
        if self.state == NAMING:
            self._reject_unknown()
        if again or not self.listening:
            self._read_value_again(value)
            return
        self._report_values(self._value_source().read_whole(value))

    def _read_value_again(self, value: Any) -> None:
        """Read a second whole value: an equal one is a repetition, another one is refused."""
        text = json_text_of(value)
        if not self.open:
            self._read_late(text)
        elif not self.whole:
            self.feed(text)
        elif equal(value, self.call.partial):
            self.call._grow_raw(text)
            self._note_repeated()
        else:
            self._refuse_second(text)

    def driver(self) -> Transcriber:
        """Return the sink for arguments without text. Call `emit` or `refuse` after calling it."""
        if self.state == NAMING:
            self._reject_unknown()
        return self._value_source().sink

    def grow_string(self, text: str) -> None:
        """Append to the string that is open in the `driver`, and emit the delta.

        All earlier text must have been emitted.
        """
        source = self._value_source()
        if self.chain.factory is None and self.state == READING:
            written = source.write(text)
            if written:  # this emits the only event directly, without intermediate lists
                self.call._grow_generated(written)
                self.out.append(ToolCallDelta(self.call, written, self.choice))
                builder = self.chain.builder
                builder.events = self.out
                builder.text(text, 0)
                builder.events = self.events
                return
        produced = source.grow_string(text)
        self.call._grow_generated(produced[0])
        self._report(produced)

    def emit(self) -> None:
        """Emit the JSON text of the calls of the `driver`, and the events in it."""
        self._report_values(self.source.collect())

    def refuse(self, error: StreamParseError) -> None:
        """Emit as `emit`, then reject the call, because the sink raised `error`."""
        self._report_values(self.source.refuse(error))

    def _report_values(self, produced: Produced) -> None:
        if produced[0]:
            self._receive()
            self.call._grow_generated(produced[0])
        self._report(produced)

    def _hold(self, piece: Any, weight: int) -> None:
        if self.call._room is not None:
            self.call._room.take(weight)
            self.held_size += weight
        if self.held is None:
            self.held = [piece]
        else:
            self.held.append(piece)


class HeldValue:
    """A whole value that waits for the call's name."""

    __slots__ = ("value",)

    _init_types: ClassVar[tuple[Any, ...]] = (None,)

    def __init__(self, value: Any) -> None:
        self.value: Any = value
