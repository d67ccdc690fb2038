"""The open values of a document that is validated by a type, and their state for pickles."""

from __future__ import annotations

from typing import Any, Final

from streamparse.models.shapes import Shape, Slot

__all__ = ["Frame", "frame_state", "revived_frame"]


class Frame:
    """An open value, the shapes that it may still have, and its complete parts.

    Attributes:
        step: Its key or index in the frame around it.
        slot: Its place; None while the shape of the frame around it is not known.
        alive: The shapes that have not failed.
        owners: For each of them, the shapes of the frame around it that allow it.
        shape: The only one left, once that is also known of all frames around.
        typed: The validated parts, once `shape` is known. Until then they are kept in `raw`.
        seen: The keys of the complete members.
        text: The pieces of an open string; `length` is that of all of them.
        watches: Whether the text of the string can make a shape fail.
    """

    __slots__ = (
        "alive",
        "index",
        "key",
        "kind",
        "length",
        "owners",
        "raw",
        "seen",
        "shape",
        "slot",
        "step",
        "text",
        "typed",
        "watches",
    )

    def __init__(self, kind: str, step: str | int, slot: Slot | None) -> None:
        self.kind: str = kind
        self.step: str | int = step
        self.slot: Slot | None = slot
        self.alive: list[Shape] = []
        self.owners: list[list[Shape]] = []
        self.shape: Shape | None = None
        self.raw: Any = {} if kind == "object" else []
        self.typed: Any = {} if kind == "object" else []
        self.key: str = ""
        self.index: int = 0
        self.text: list[str] = []
        self.length: int = 0
        self.seen: set[Any] = set()
        self.watches: bool = True

    def next_step(self) -> str | int:
        return self.key if self.kind == "object" else self.index

    def copy(self) -> Frame:
        twin = Frame(self.kind, self.step, self.slot)
        twin.alive, twin.owners = list(self.alive), [list(entry) for entry in self.owners]
        twin.shape, twin.raw, twin.typed = self.shape, self.raw.copy(), self.typed.copy()
        twin.key, twin.index = self.key, self.index
        twin.text, twin.length = list(self.text), self.length
        twin.seen = set(self.seen)
        twin.watches = self.watches
        return twin


_FRAME: Final = ("raw", "typed", "key", "index", "text", "length", "seen", "watches")


def frame_state(frame: Frame, numbers: dict[int, int]) -> tuple[Any, ...]:
    """Return a frame as plain data; `numbers` has the number of each shape by its `id`."""
    slot = None if frame.slot is None else frame.slot.number
    shape = None if frame.shape is None else numbers[id(frame.shape)]
    alive = [numbers[id(one)] for one in frame.alive]
    owners = [[numbers[id(one)] for one in several] for several in frame.owners]
    own = [getattr(frame, name) for name in _FRAME]
    return frame.kind, frame.step, slot, shape, alive, owners, own


def revived_frame(state: tuple[Any, ...], shapes: list[Shape], slots: list[Slot]) -> Frame:
    """Restore what `frame_state` returned."""
    kind, step, slot, shape, alive, owners, own = state
    frame = Frame(kind, step, None if slot is None else slots[slot])
    frame.shape = None if shape is None else shapes[shape]
    frame.alive = [shapes[number] for number in alive]
    frame.owners = [[shapes[number] for number in several] for several in owners]
    for name, value in zip(_FRAME, own, strict=True):
        setattr(frame, name, value)
    return frame
