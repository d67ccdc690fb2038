"""The texts of one answer: parts that grow, their deltas, and characters that come in halves."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.arguments import lone_half
from streamparse._answers.output import OutputReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.room import Room
from streamparse._core.surrogates import Halves, ends_in_half, joined, lone, replaced
from streamparse.message import Audio, GrowingText, Message, Reasoning, Text
from streamparse.message_events import AudioDelta, ReasoningDelta, RefusalDelta, TextDelta

__all__ = ["TextReader", "TextWriter"]


@mypyc_attr(allow_interpreted_subclasses=True)
class TextReader:
    """Reads the text of one answer that may contain calls, and calls its `AnswerReader`."""

    def feed(self, text: str) -> None:
        """Read more text."""
        raise NotImplementedError

    def finish(self, normal: bool) -> bool:
        """End the text, which a limit or an error has cut unless `normal`.

        Returns:
            Whether nothing was left open in it.
        """
        raise NotImplementedError


class TextWriter:
    """Appends text to the parts of one message, and emits a delta for each piece.

    Args:
        message: The message.
        out: Where events go.
        room: Counts the texts.
        surrogates: `"keep"`, `"replace"` or `"error"`, for lone halves of characters.
    """

    __slots__ = (
        "choice",
        "counted",
        "message",
        "out",
        "output",
        "reader",
        "room",
        "surrogates",
        "unread",
        "waiting",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Message, list, Room, "keep")

    def __init__(self, message: Message, out: list[Any], room: Room, surrogates: str) -> None:
        self.message: Message = message
        self.choice: int = message.choice
        self.out: list[Any] = out
        self.room: Room = room
        self.surrogates: str = surrogates
        self.counted: bool = False  # whether the text was counted already, as raw text
        self.output: OutputReader | None = None  # reads the text as a document, if one is expected
        self.reader: TextReader | None = None  # reads the text first, if a format was given
        self.unread: Halves | None = None  # of the text before the `reader` gets it
        # The parts that end with the first half of a character; None if there were none.
        self.waiting: list[GrowingText] | None = None

    def growing(self, kind: type[GrowingText]) -> GrowingText:
        """Return the last part if it is of this type; otherwise a new one."""
        content = self.message.content
        if content:
            last = content[-1]
            if type(last) is kind:
                assert isinstance(last, GrowingText)
                return last
        part = kind()
        self.room.enter(content, part)
        return part

    def grow(self, text: str, part: GrowingText | None, kind: type[GrowingText]) -> None:
        """Append text to a part, by default to the one of this type that is growing."""
        target = self.growing(kind) if part is None else part
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
        self.message._grow(part, text)
        is_text = isinstance(part, Text)  # checked alone, because it is the usual case
        if is_text or isinstance(part, Audio):
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

    def grow_audio(
        self, data: str, part: Audio | None, item: str | None, format: str | None
    ) -> None:
        """Count more audio and emit it; see `AnswerReader.audio`."""
        if part is None:
            growing = self.growing(Audio)
            assert isinstance(growing, Audio)
            part = growing
        size = len(data.rstrip("=")) * 3 // 4
        part.size += size
        if format and part.format is None:
            self.room.take(len(format))
            part.format = format
        self.out.append(AudioDelta(item, size, data, self.choice))

    def read(self, text: str) -> None:
        """Give text to the `reader`, up to a half that the option `surrogates` refuses.

        It is counted here, because the reader makes text, reasoning and calls of it.
        """
        reader = self.reader
        assert reader is not None
        room = self.room
        if self.surrogates == "keep" and len(text) <= room.left:  # the usual case
            room.left -= len(text)
            self.counted = True
            reader.feed(text)
            self.counted = False
            return
        if self.surrogates == "replace":
            text = replaced(text)
        fits = self.room.fitting(text)
        place = lone(fits) if self.surrogates == "error" else -1
        self.counted = True
        reader.feed(fits if place < 0 else fits[:place])
        self.counted = False
        if place >= 0:
            passed = 0 if self.unread is None else self.unread.passed
            raise lone_half(text[place], passed - len(text) + place)
        if len(fits) < len(text):
            raise self.room.passed()

    def joined(self, text: str) -> str:
        """Join characters whose halves come in two texts for the `reader`; hold a first half."""
        if self.unread is None:
            self.unread = Halves()
        return self.unread.take(text)

    def end_reader(self, normal: bool) -> bool:
        """End the `reader`. Return whether nothing was left open in the text."""
        reader = self.reader
        assert reader is not None
        self.reader = None
        self.counted = True
        nothing_open = reader.finish(normal)
        self.counted = False
        return nothing_open

    # Halves of characters.

    def _whole_characters(self, text: str, part: GrowingText, last: bool) -> str:
        """Join halves across deltas, and hold back a first half at the end of `text`.

        If the second half comes in another part of the same type, that part gets the whole
        character. `last` means that the parts before `part` do not grow any more.
        """
        if 0xDC00 <= ord(text[0]) <= 0xDFFF and not part._half:
            self._take_over_half(part)
        if last:
            for other in self._waiting():
                if other is not part and type(other) is type(part):
                    self._release_half(other)
        if part._half:
            text = self._taken_half(part) + text
        text = joined(text)
        if ends_in_half(text):
            part._half = text[-1]
            text = text[:-1]
            if self.waiting is None:
                self.waiting = []
            self.waiting.append(part)
        return self._checked(text, part)

    def _take_over_half(self, part: GrowingText) -> None:
        waiting = self.waiting
        if waiting and type(waiting[-1]) is type(part):
            other, waiting[-1] = waiting[-1], part
            part._half = other._half
            other._half = ""

    def _release_half(self, part: GrowingText) -> None:
        """Append the half of a part for which no second half can come."""
        self._append(self._checked(self._taken_half(part), part), part)

    def _waiting(self) -> list[GrowingText]:
        """Return a new list of the parts that end with the first half of a character."""
        return [] if self.waiting is None else self.waiting[:]

    def _taken_half(self, part: GrowingText) -> str:
        """Return the half of a part, which no longer waits for the other half."""
        half = part._half
        part._half = ""
        waiting = self.waiting or []
        for place, one in enumerate(waiting):
            if one is part:  # `list.remove` would remove an equal part
                del waiting[place]
                break
        return half

    def release_halves(self) -> None:
        """Append the halves whose second halves never arrived."""
        for part in self._waiting():
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
        raise lone_half(text[place], len(part.text))

    def drop_half(self, part: GrowingText) -> None:
        """Drop the half of a part whose text the wire repeats, with the whole character."""
        if part._half:
            self._taken_half(part)

    def forget_halves(self) -> None:
        """Drop the halves that `surrogates="error"` would refuse."""
        if self.surrogates == "error":
            for part in self._waiting():
                self._taken_half(part)
            if self.unread is not None:
                self.unread.half = ""
