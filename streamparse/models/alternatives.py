"""The shapes that the open values of a document may still have.

Each open value is a frame with its shapes. When a shape fails, the shapes of the frame around that
only it allowed fail too. When no shape is left at the root, the value is rejected. Where one shape
is left, also in all frames around, the parts of the value are validated one by one, beginning with
those that arrived before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamparse._core.sink import Validator
from streamparse.errors import SchemaViolation
from streamparse.models.frames import Frame
from streamparse.models.pydantic_type import PydanticType
from streamparse.models.rejections import REASONS, describe, is_bounded, room_fails, wrong_kind
from streamparse.models.shapes import ANYTHING, Shape, Slot
from streamparse.paths import Path

__all__ = ["Alternatives"]


class Alternatives(Validator):
    """The state of one document, and the rules by which its alternatives fail.

    This is the base class; `TypedValues` validates complete values, and `ModelWalker` follows the
    document.
    """

    def __init__(self, factory: Any, model: PydanticType) -> None:
        super().__init__()
        self.factory = factory  # a pickle stores the factory, which compiles the type again
        self.model = model
        self.frames: list[Frame] = []
        self.settled: int = 0  # the number of frames, from the outermost, whose shape is known
        self.skipped: int = 0  # the number of open containers in a value that may be anything
        self.done: bool = False

    def _start_container(self, kind: str, offset: int) -> None:
        if self.skipped:
            self.skipped += 1
            return
        self._start(kind, offset)
        if all(shape.form == "any" or shape.loose for shape in self.frames[-1].alive):
            self.skipped = 1

    def _pop(self) -> None:
        self.frames.pop()
        self.settled = min(self.settled, len(self.frames))

    def _start(self, kind: str, offset: int) -> None:
        """Open a frame for a value that begins, with the shapes that it may have."""
        if not self.frames:
            self.wants_whole = True
            frame = Frame(kind, "", self.model.program.root)
            frame.alive = list(frame.slot.options[kind]) if frame.slot else []
            frame.owners = [[] for _ in frame.alive]
            self.frames.append(frame)
            if not frame.alive:
                message, code = wrong_kind(self.model.program.root, kind)
                self._reject(message, code, offset)
            self._settle(offset)
            return
        around = self.frames[-1]
        if around.kind == "array":
            index = around.index
            self._check_each(around, lambda shape: room_fails(shape, index), offset, "room")
        frame = self._child(around, kind)
        frame.watches = is_bounded(frame.alive)
        self.frames.append(frame)
        kept = {id(owner) for owners in frame.owners for owner in owners}
        if len(kept) < len(around.alive):
            for owner in [owner for owner in around.alive if id(owner) not in kept]:
                if owner in around.alive:
                    place = owner.slot_at(frame.step) or self._any()
                    self._fail(len(self.frames) - 2, owner, wrong_kind(place, kind), offset)
        self._settle(offset)

    def _child(self, around: Frame, kind: str) -> Frame:
        step = around.next_step()
        slot = None
        if around.shape is not None:
            slot = around.shape.slot_at(step) or self._any()
        frame = Frame(kind, step, slot)
        for owner in around.alive:
            place = owner.slot_at(step) or self._any()
            options = (ANYTHING,) if owner.loose else place.options[kind]
            for shape in options:
                if shape in frame.alive:
                    frame.owners[frame.alive.index(shape)].append(owner)
                else:
                    frame.alive.append(shape)
                    frame.owners.append([owner])
        return frame

    def _any(self) -> Slot:
        return self.model.program.anything

    def _check_each(
        self, frame: Frame, fails: Callable[[Shape], int | None], offset: int, reason: str
    ) -> None:
        """Drop the shapes that fail, in the order of the characters at which they do."""
        failed = []
        for place, shape in enumerate(frame.alive):
            at = fails(shape)
            if at is not None:
                failed.append((at, place, shape))
        if not failed:  # the usual case, for every key and string of a document
            return
        for at, _, shape in sorted(failed, key=lambda entry: entry[:2]):
            if shape in frame.alive:
                why = REASONS[reason](shape, frame)
                self._fail(len(self.frames) - 1, shape, why, offset + at)
                self._settle(offset + at)

    def _fail(self, depth: int, shape: Shape, why: tuple[str, str], offset: int) -> None:
        """Drop a shape, and those of the frames around that only it allowed."""
        failed = [shape]
        while True:
            frame = self.frames[depth]
            lost: list[Shape] = []
            for one in failed:
                place = frame.alive.index(one)
                frame.alive.pop(place)
                lost += frame.owners.pop(place)
            if not depth:
                if not frame.alive:
                    self._reject(why[0], why[1], offset)
                return
            kept = [owner for owners in frame.owners for owner in owners]
            around = self.frames[depth - 1]
            failed = [one for one in around.alive if one in lost and one not in kept]
            if not failed:
                return
            depth -= 1

    def _settle(self, offset: int) -> None:
        """Where one shape is left, validate the parts that arrived before that was known."""
        while self.settled < len(self.frames):
            depth = self.settled
            frame = self.frames[depth]
            if frame.slot is None:
                around = self.frames[depth - 1].shape
                assert around is not None
                frame.slot = around.slot_at(frame.step) or self._any()
            if len(frame.alive) != 1:
                return
            shape = frame.alive[0]
            if (shape.bulk and depth) or shape.loose:
                return
            frame.shape = shape
            self.settled += 1
            self._catch_up(frame, shape, offset)

    def _catch_up(self, frame: Frame, shape: Shape, offset: int) -> None:
        waiting = list(frame.raw.items() if frame.kind == "object" else enumerate(frame.raw))
        frame.raw = {} if frame.kind == "object" else []
        for step, value in waiting:
            slot = shape.slot_at(step) or self._any()
            try:
                typed = self.model.part(slot, value)
            except Exception as error:
                self._reject_by(error, self._path_to(frame, step), value, offset)
            self._keep(frame, step, typed)

    def _keep(self, frame: Frame, step: str | int, typed: Any) -> None:
        """Add a validated part to its container."""
        if isinstance(step, int):
            frame.typed.append(typed)
        else:
            frame.seen.add(step)
            assert frame.shape is not None
            name = frame.shape.name_of(step)
            if name is not None:
                frame.typed[name] = typed

    def _path_to(self, frame: Frame, step: str | int | None = None) -> Path:
        depth = self.frames.index(frame)
        path = tuple(entry.step for entry in self.frames[1 : depth + 1])
        return path if step is None else (*path, step)

    def _reject(self, message: str, code: str, offset: int) -> None:
        path = tuple(frame.step for frame in self.frames[1:])
        raise SchemaViolation(message, code=code, offset=offset, path=path)

    def _reject_by(self, error: Exception, path: Path, value: Any, offset: int) -> None:
        """Raise an error of pydantic's as a violation."""
        message, code, place = describe(error, value)
        raise SchemaViolation(message, code=code, offset=offset, path=(*path, *place))
