"""The limits of arguments without JSON text, which no JSON machine counts."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.machine_state import too_deep, too_many
from streamparse._core.sink import Sink
from streamparse.errors import LimitError
from streamparse.limits import Limits

__all__ = ["Bounds"]


class Bounds(Sink):
    """Passes every call on; a call that exceeds `Limits` raises `LimitError` instead.

    The offset of the error is negative, because only the caller knows the position. The caller also
    limits strings, which it may hold back; keys are limited here.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Sink, Limits)

    def __init__(self, inner: Sink, limits: Limits) -> None:
        super().__init__()
        self.inner = inner
        self.limits = limits
        # The members or items so far of each open container. Members are counted by their keys.
        self.counts: list[int] = []
        self.arrays: list[bool] = []
        self.key_length: int = 0

    def allow_member(self, key: str) -> None:
        """Raise `LimitError` if the innermost object cannot get another member of this key."""
        bound = self.limits.keys
        if bound is not None and self.counts[-1] >= bound:
            raise too_many(False, bound, -1)
        self._allow_key(len(key))

    def start_object(self, offset: int) -> None:
        self._enter(False)
        self.inner.start_object(offset)

    def start_array(self, offset: int) -> None:
        self._enter(True)
        self.inner.start_array(offset)

    def start_string(self, offset: int) -> None:
        self._count_item()
        self.inner.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        self._count_item()
        self.inner.start_scalar(kind, offset)

    def scalar(self, value: object, offset: int) -> None:
        self.inner.scalar(value, offset)

    def start_key(self, offset: int) -> None:
        self.allow_member("")
        self.counts[-1] += 1
        self.key_length = 0
        self.inner.start_key(offset)

    def key_text(self, text: str, offset: int) -> None:
        self.key_length += len(text)
        self._allow_key(self.key_length)
        self.inner.key_text(text, offset)

    def end_key(self, offset: int) -> None:
        self.inner.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        self.inner.text(text, offset)

    def end_string(self, offset: int) -> None:
        self.inner.end_string(offset)

    def end(self, offset: int) -> None:
        self.counts.pop()
        self.arrays.pop()
        self.inner.end(offset)

    def _enter(self, array: bool) -> None:
        self._count_item()
        if len(self.counts) >= self.limits.depth:
            raise too_deep(self.limits.depth, -1)
        self.counts.append(0)
        self.arrays.append(array)

    def _count_item(self) -> None:
        """Count a value that begins, if it is an item of an array."""
        if self.arrays and self.arrays[-1]:
            self.counts[-1] += 1
            bound = self.limits.items
            if bound is not None and self.counts[-1] > bound:
                raise too_many(True, bound, -1)

    def _allow_key(self, length: int) -> None:
        if length > self.limits.string:
            message = f"a key is longer than {self.limits.string} characters"
            raise LimitError(message, code="string_length", offset=-1)
