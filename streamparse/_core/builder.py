"""The sink that builds Python values and emits events about them."""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.builder_state import BuilderState
from streamparse._core.deep_path import ParentPath, SharedPath, extended, is_same_path, leaf_path
from streamparse._core.events import Reporter, StringDelta, ValueCompleted, ValueStarted
from streamparse._core.grammar import COMPILED
from streamparse.dialect import Repair

_new: Final = object.__new__


class Builder(BuilderState):
    """Builds the value and collects the events."""

    __slots__ = ()

    def start_object(self, offset: int) -> None:
        value: dict[str, Any] = {}
        path = self._add(value)
        if self.reporter is None:
            self.events.append(ValueStarted(path, "object"))
        else:
            self.events.append(self.reporter.started(path, "object"))
        self.members = value
        self.items = None

    def start_array(self, offset: int) -> None:
        value: list[Any] = []
        path = self._add(value)
        if self.reporter is None:
            self.events.append(ValueStarted(path, "array"))
        else:
            self.events.append(self.reporter.started(path, "array"))
        self.members = None
        self.items = value

    def start_string(self, offset: int) -> None:
        self._open_string()
        if self.reporter is None:
            self.events.append(ValueStarted(self._path, "string"))
        else:
            self.events.append(self.reporter.started(self._path, "string"))

    def text(self, text: str, offset: int) -> None:
        if self.settled:
            self.unsettle()
        buffer = self.buffer
        if buffer.direct:  # `append`, without the cost of a call
            buffer.direct -= 1
            whole = buffer.whole
            buffer.whole = ""
            whole += text
            buffer.whole = whole
        else:
            buffer.append(text)
        if self.reporter is not None:
            self.events.append(self.reporter.delta(self._path, text))
        elif COMPILED:
            self.events.append(StringDelta(self._path, text))
        else:  # the same without the cost of calling `__init__`
            event = _new(StringDelta)
            event._path = self._path
            event.text = text
            self.events.append(event)

    def end_string(self, offset: int) -> None:
        text = self.buffer.take()
        if self.members is not None:
            self.members[self.key] = text
        elif self.items is not None and not self.slotted:
            self.items.append(text)
        else:
            self._put(text)
        self.in_string = self.slotted = self.settled = False
        if self.reporter is None:
            self.events.append(ValueCompleted(self._path, text))
        else:
            self.events.append(self.reporter.completed(self._path, text))

    def whole_string(self, text: str) -> None:
        """Build a string, as `start_string`, `text` and `end_string` do."""
        path: SharedPath = ()
        if self.members is not None:
            path = leaf_path(self._base, self.key)
            self.members[self.key] = text
        elif self.items is not None:
            path = leaf_path(self._base, self.index)
            self.index += 1
            self.items.append(text)
        else:
            self.begun = True
            self.root = text
        self._path = path
        reporter, events = self.reporter, self.events
        if reporter is None:
            reporter = Reporter()
        events.append(reporter.started(path, "string"))
        if text:
            events.append(reporter.delta(path, text))
        events.append(reporter.completed(path, text))

    def scalar(self, value: object, offset: int) -> None:
        path: SharedPath = ()
        if self.members is not None:
            self.members[self.key] = value
            path = leaf_path(self._base, self.key)
        elif self.items is not None:
            self.items.append(value)
            path = leaf_path(self._base, self.index)
            self.index += 1
        else:
            self.root = value
            self.begun = True
        if self.reporter is None:
            self.events.append(ValueCompleted(path, value))
        else:
            self.events.append(self.reporter.completed(path, value))

    def start_key(self, offset: int) -> None:
        self.key = ""

    def key_text(self, text: str, offset: int) -> None:
        if self.key:
            self.key_grows = True
            self.buffer.append(text)
        else:
            self.key = text

    def end_key(self, offset: int) -> None:
        if self.key_grows:
            self.key_grows = False
            self.key += self.buffer.take()

    def end(self, offset: int) -> None:
        value: Any = self.members if self.members is not None else self.items
        path = self._base
        self._leave()
        if self.reporter is None:
            self.events.append(ValueCompleted(path, value))
        else:
            self.events.append(self.reporter.completed(path, value))

    def cut_scalar(self, value: object) -> None:
        if self.members is not None:
            self.members[self.key] = value
        elif self.items is not None:
            self.items.append(value)
        else:
            self.root = value
            self.begun = True

    def repair(self, code: str, offset: int, item: bool) -> None:
        path: SharedPath = self._base
        if item:
            path = self._path if self.in_string else self._next_path()
        if not is_same_path(path, self.mended_path):
            self.mended_path = path
        self.repairs.append(Repair(code, offset, self.mended_path))

    def clone(self) -> Builder:
        twin = Builder(self.many, self.reporter)
        twin._resume(self.snapshot(), self._place())
        return twin

    # Places.

    def _open_string(self) -> None:
        """Begin a string: set its path."""
        path: SharedPath = ()
        if self.members is not None:
            path = leaf_path(self._base, self.key)
        elif self.items is not None:
            path = leaf_path(self._base, self.index)
            self.index += 1
        else:
            self.begun = True
        self._path = path
        self.in_string = True

    def _add(self, value: Any) -> ParentPath:
        """Put a new container into its place, make it the innermost one and return its path."""
        base = self._base
        members, items = self.members, self.items
        self.bases.append(base)
        self.indexes.append(self.index + 1)
        if members is not None:
            self.holders.append(members)
            members[self.key] = value
            base = extended(base, self.key)
        elif items is not None:
            self.holders.append(items)
            items.append(value)
            base = extended(base, self.index)
        else:
            self.holders.append(None)
            self.root = value
            self.begun = True
        self._base = base
        self.index = 0
        return base

    def _leave(self) -> None:
        """Make the container around the innermost one the innermost one."""
        holder = self.holders.pop()
        self._base = self.bases.pop()
        self.index = self.indexes.pop()
        if isinstance(holder, dict):
            self.members = holder
            self.items = None
        else:
            self.members = None
            self.items = holder
