"""Validates complete values, and shows the typed value so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamparse._core.sink import NOTHING
from streamparse.models.alternatives import Alternatives
from streamparse.models.frames import Frame
from streamparse.models.parts import assembled, finished, part_at, shown_parts, wrapped
from streamparse.models.shapes import Shape, Slot
from streamparse.paths import Path, value_at

__all__ = ["TypedValues"]


class TypedValues(Alternatives):
    """Makes typed values of the parts of a document."""

    # Complete values.

    def _complete(self, value: Any, offset: int) -> None:
        """Validate the innermost value, which has ended, and close its frame."""
        frame = self.frames[-1]
        if len(self.frames) == 1:
            self._complete_root(value, offset)
            return
        around = self.frames[-2]
        step = frame.step
        if around.shape is None:
            if around.kind == "object":
                around.raw[step] = value
                around.seen.add(step)
            else:
                around.raw.append(value)
        else:
            try:
                typed = self._validated(frame, value)
            except Exception as error:
                self._reject_by(error, self._path_to(around, step), value, offset)
            self._keep(around, step, typed)
        around.index += 1
        self._pop()

    def _validated(self, frame: Frame, value: Any) -> Any:
        """Return the validated value of a part, where the shape of its container is known."""
        slot, shape = frame.slot, frame.shape
        assert slot is not None
        if slot.postponed:
            return value
        if shape is None or shape.form == "leaf":
            return self.model.part(slot, value)
        made = value if shape.form == "any" else assembled(shape, frame.typed, True)
        return finished(shape, made, self.model.after)

    def _complete_root(self, value: Any, offset: int) -> None:
        try:
            parsed: object = self.model.whole(value)
            self.parsed = parsed
        except Exception as error:
            self._reject_by(error, (), value, offset)
        self.done = True
        self._pop()

    # The value so far.

    def shown(self, snapshot: Callable[[], Any]) -> Any:
        """Return the value so far as the type; `NOTHING` if nothing can be shown yet.

        Args:
            snapshot: Returns the JSON value so far. It is called where a part has no type.
        """
        if self.done:
            return self.parsed
        inner: Any = NOTHING
        for depth in range(len(self.frames) - 1, -1, -1):
            inner = self._shown(depth, inner, snapshot)
        return inner

    def at(self, path: tuple[Any, ...]) -> Any:
        """Return the validated value at a path of the JSON; `NOTHING` where there is none."""
        value: Any = self.parsed
        slots = [self.model.program.root]
        if not self.done:
            depth = 0
            while depth < len(path) and depth + 1 < len(self.frames):
                if self.frames[depth + 1].step != path[depth]:
                    break
                depth += 1
            if depth >= min(len(path), len(self.frames)):
                return NOTHING
            frame = self.frames[depth]
            if frame.shape is None:
                return NOTHING
            first = path[depth]
            name = frame.shape.name_of(first) if isinstance(first, str) else first
            value = NOTHING if name is None else part_at(frame.typed, name)
            slots = [frame.shape.slot_at(first) or self._any()]
            path = path[depth + 1 :]
        for step in path:
            value, slots = _step(value, slots, step)
        return value

    def _shown(self, depth: int, inner: Any, snapshot: Callable[[], Any]) -> Any:
        frame = self.frames[depth]
        slot, shape = frame.slot, frame.shape
        if slot is None or slot.when_complete:
            return NOTHING
        if frame.kind == "string":
            return "".join(frame.text) if slot.grows else NOTHING
        if frame.kind not in ("object", "array"):
            return NOTHING
        if shape is None or shape.form == "any":
            return self._shown_raw(depth, snapshot)
        if shape.form == "leaf":
            return NOTHING
        return shown_parts(shape, self._parts(depth, shape, inner), slot, self.missing)

    def _parts(self, depth: int, shape: Shape, inner: Any) -> Any:
        """Return the validated parts of an open container and the open one as far as shown."""
        parts = self.frames[depth].typed.copy()
        if inner is NOTHING or shape.form in ("set", "frozenset"):
            return parts  # a member of a set must not change
        step = self.frames[depth + 1].step
        if isinstance(step, int):
            parts.append(inner)
        else:
            name = shape.name_of(step)
            if name is not None:
                parts[name] = inner
        return parts

    def _shown_raw(self, depth: int, snapshot: Callable[[], Any]) -> Any:
        """Return a value without a type so far: it may be anything, or its shape is not known."""
        frame = self.frames[depth]
        if len(frame.alive) != 1 or frame.slot is None:
            return NOTHING
        shape = frame.alive[0]
        if shape.form not in ("any", "model", "dataclass", "fields"):
            return NOTHING
        if shape.form == "any" and shape.loose:
            return NOTHING
        raw = value_at(snapshot(), tuple(entry.step for entry in self.frames[1 : depth + 1]))
        if shape.form == "any":
            return wrapped(shape, raw)
        if not isinstance(raw, dict):
            return NOTHING
        named = {shape.name_of(key): value for key, value in raw.items()}
        named.pop(None, None)
        return shown_parts(shape, named, frame.slot, self.missing)

    def is_open(self, path: Path, open_path: Path) -> bool:
        """Return whether the shown value is open at `path`.

        Args:
            path: A path of the typed value.
            open_path: The path at which the JSON is open.
        """
        if len(path) > len(open_path):
            return False
        for depth, step in enumerate(path):
            name: str | int | None = open_path[depth]
            frame = self.frames[depth] if depth < len(self.frames) else None
            if isinstance(name, str) and frame is not None and frame.alive:
                name = frame.alive[0].name_of(name) or name
            if step != name:
                return False
        return True


def _step(value: Any, slots: list[Slot], step: str | int) -> tuple[Any, list[Slot]]:
    """Return the part of a validated value at a key or index of the JSON, and its slots."""
    shapes = [shape for slot in slots for shape in slot.shapes]
    found: Any = NOTHING
    for shape in shapes:
        name = shape.name_of(step) if isinstance(step, str) else step
        if found is NOTHING and name is not None:
            found = part_at(value, name)
    if found is NOTHING:
        found = part_at(value, step)
    return found, [slot for shape in shapes if (slot := shape.slot_at(step)) is not None]
