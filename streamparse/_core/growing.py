"""A string that grows at its end in amortised constant time for each character.

CPython appends to a string in place where nothing else refers to it, but only in compiled code and
in specialised bytecode, which a trace function (a debugger, coverage) switches off, and other
implementations may not do so at all. Here new pieces are collected in a list and joined when
someone asks for the value, or when there are many. So each character is copied a bounded number of
times even where every append copies; and most pieces cost only their place in the list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streamparse._core.grammar import COMPILED

if TYPE_CHECKING:
    from mypy_extensions import i64

# Characters in the list before they are joined. Where every append may copy, they are at least an
# eighth of the string.
_LEAST: Final = 1024
_SHARE: Final = 8
_SHORT: Final = 128  # characters of a string for which a list would cost more than it saves


class GrowingString:
    """Text that grows: `append` to it, read its `value`.

    >>> text = GrowingString("Par")
    >>> text.append("is")
    >>> text.value, len(text)
    ('Paris', 5)
    """

    __slots__ = ("_length", "_tail", "_until", "_whole")

    def __init__(self, text: str = "") -> None:
        self._whole: str = text
        self._tail: list[str] = []  # the pieces after it
        self._length: i64 = len(text)
        self._until: i64 = self._length + _LEAST  # the length at which the pieces are joined

    def append(self, text: str) -> None:
        """Add `text` at the end."""
        if self._length < _SHORT:
            whole = self._whole
            self._whole = ""
            whole += text
            self._whole = whole
            self._length += len(text)
            return
        self._tail.append(text)
        self._length += len(text)
        if self._length > self._until:
            self._join()

    @property
    def value(self) -> str:
        """The text so far."""
        if self._tail:
            self._join()
        return self._whole

    def take(self) -> str:
        """The text so far; afterwards this is empty."""
        if self._tail:
            self._join()
        text = self._whole
        self._whole = ""
        self._length = 0
        self._until = _LEAST
        return text

    def since(self, start: int, stop: int) -> str:
        """The characters from `start` up to `stop`: at the cost of those from `start` on."""
        at = int(self._length)
        pieces: list[str] = []
        for piece in reversed(self._tail):
            at -= len(piece)
            pieces.append(piece)
            if at <= start:
                pieces.reverse()
                return "".join(pieces)[start - at : stop - at]
        return self.value[start:stop]

    def _join(self) -> None:
        if not self._whole:
            self._whole = "".join(self._tail)
        else:
            whole = self._whole
            self._whole = ""  # the local one is the only reference: CPython appends in place
            whole += self._tail[0] if len(self._tail) == 1 else "".join(self._tail)
            self._whole = whole
        self._tail.clear()
        share = 0 if COMPILED else self._length // _SHARE
        self._until = self._length + (share if share > _LEAST else _LEAST)

    def __len__(self) -> int:
        return self._length
