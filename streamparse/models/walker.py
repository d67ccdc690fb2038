"""Follows a document with a type: the calls of the sink, forks and pickles."""

from __future__ import annotations

from typing import Any

from streamparse._core.expected import ANY_KIND, KIND_BITS, Expected
from streamparse._core.expected import ANYTHING as ANY_VALUE
from streamparse.models.frames import frame_state, revived_frame
from streamparse.models.rejections import (
    end_fails,
    has_words,
    key_end_fails,
    key_fails,
    room_fails,
    text_end_fails,
    text_fails,
)
from streamparse.models.shapes import Slot
from streamparse.models.typed_values import TypedValues

__all__ = ["ModelWalker", "expected_of"]


class ModelWalker(TypedValues):
    """Validates one document against a type, from its sink calls."""

    # Sink calls.

    def start_object(self, offset: int) -> None:
        self._start_container("object", offset)

    def start_array(self, offset: int) -> None:
        self._start_container("array", offset)

    def start_string(self, offset: int) -> None:
        if not self.skipped:
            self._start("string", offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        if not self.skipped:
            self._start(kind, offset)

    def start_key(self, offset: int) -> None:
        if not self.skipped:
            self.frames[-1].key = ""

    def key_text(self, text: str, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        before = frame.key
        frame.key = before + text
        self._check_each(frame, lambda shape: key_fails(shape, before, text), offset, "key")

    def end_key(self, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        key = frame.key
        self._check_each(frame, lambda shape: key_end_fails(shape, key), offset, "key")
        count = len(frame.seen)
        if key not in frame.seen:
            self._check_each(frame, lambda shape: room_fails(shape, count), offset, "room")

    def text(self, text: str, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        frame.text.append(text)
        before = frame.length
        frame.length += len(text)
        if frame.watches:
            whole = "".join(frame.text) if has_words(frame.alive) else ""
            self._check_each(
                frame, lambda shape: text_fails(shape, whole, before, text), offset, "text"
            )

    def end_string(self, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        whole = str(self.built)
        if frame.watches:
            self._check_each(frame, lambda shape: text_end_fails(shape, whole), offset, "text")
        self._complete(whole, offset)

    def scalar(self, value: object, offset: int) -> None:
        if not self.skipped:
            self._complete(value, offset)

    def end(self, offset: int) -> None:
        if self.skipped:
            remaining = self.skipped - 1
            self.skipped = remaining
            if remaining:
                return
        else:
            frame = self.frames[-1]
            self._check_each(frame, lambda shape: end_fails(shape, frame), offset, "end")
        self._complete(self.built, offset)

    def expects(self) -> Expected | None:
        if self.skipped:
            return None
        if not self.frames:
            return expected_of(self.model.program.root)
        around = self.frames[-1]
        step = around.next_step()
        found: Expected | None = None
        for owner in around.alive:
            if owner.loose:
                return None
            here = expected_of(owner.slot_at(step) or self._any())
            found = here if found is None else found.either(here)
        return found

    # Forks and pickles.

    def clone(self) -> ModelWalker:
        twin = ModelWalker(self.factory, self.model)
        twin.frames = [frame.copy() for frame in self.frames]
        twin.skipped, twin.done, twin.parsed = self.skipped, self.done, self.parsed
        twin.settled, twin.missing = self.settled, self.missing
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        shapes = self.model.program.all_shapes
        numbers = {id(shape): number for number, shape in enumerate(shapes)}
        frames = [frame_state(frame, numbers) for frame in self.frames]
        counts = (self.settled, self.skipped, self.done, self.parsed)
        return _revived, (self.factory, frames, counts)


def _revived(factory: Any, frames: list[Any], counts: tuple[Any, ...]) -> ModelWalker:
    walker = factory.begin()
    assert isinstance(walker, ModelWalker)
    program = walker.model.program
    walker.frames = [revived_frame(state, program.all_shapes, program.slots) for state in frames]
    walker.settled, walker.skipped, walker.done, walker.parsed = counts
    return walker


def expected_of(slot: Slot) -> Expected:
    """Return what the value of a slot may be."""
    found = slot.expected
    if found is None:
        for shape in slot.shapes:
            items = 0
            if "array" in shape.kinds:
                first = None if shape.loose else shape.slot_at(0)
                items = _kinds_of(first) if first is not None else ANY_KIND
            words = None if shape.words is None else frozenset(shape.words)
            here = Expected(_bits(shape.kinds), words, items)
            found = here if found is None else found.either(here)
        found = slot.expected = found or ANY_VALUE
    return found


def _kinds_of(slot: Slot) -> int:
    return _bits(frozenset().union(*[shape.kinds for shape in slot.shapes]))


def _bits(kinds: frozenset[str]) -> int:
    return sum(KIND_BITS[kind] for kind in kinds)
