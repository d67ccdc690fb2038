"""The sink that builds Python values without events."""

from __future__ import annotations

from typing import Any

from streamparse._core.builder import Builder

__all__ = ["QuietBuilder"]


class QuietBuilder(Builder):
    """Builds only the value. It keeps the open path for errors and repairs."""

    __slots__ = ()

    def __init__(self, many: bool = False) -> None:
        super().__init__(many)
        self.takes_containers = True

    def start_object(self, offset: int) -> None:
        value: dict[str, Any] = {}
        self._add(value)
        self.members = value
        self.items = None

    def start_array(self, offset: int) -> None:
        value: list[Any] = []
        self._add(value)
        self.members = None
        self.items = value

    def start_string(self, offset: int) -> None:
        self._open_string()

    def text(self, text: str, offset: int) -> None:
        if self.settled:
            self.unsettle()
        self.buffer.append(text)

    def end_string(self, offset: int) -> None:
        text = self.buffer.take()
        if self.members is not None:
            self.members[self.key] = text
        elif self.items is not None and not self.slotted:
            self.items.append(text)
        else:
            self._put(text)
        self.in_string = self.slotted = self.settled = False

    def scalar(self, value: object, offset: int) -> None:
        if self.members is not None:
            self.members[self.key] = value
        elif self.items is not None:
            self.items.append(value)
            self.index += 1
        else:
            self.root = value
            self.begun = True

    def end(self, offset: int) -> None:
        self._leave()

    def clone(self) -> QuietBuilder:
        twin = QuietBuilder(self.many)
        twin._resume(self.snapshot(), self._place())
        return twin
