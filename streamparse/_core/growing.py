"""A string that grows at its end in amortised constant time for each character.

CPython appends to a string in place if nothing else refers to it, but only in compiled code and in
specialised bytecode, which a trace function (a debugger, coverage) disables. Other implementations
may always copy. So only the first pieces are appended to the string. Later pieces are collected in
a list and joined when the value is read or when the list is long. Each character is then copied a
bounded number of times even if every append copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streamparse._core._marks import mypyc_attr
from streamparse._core.grammar import COMPILED

if TYPE_CHECKING:
    from mypy_extensions import i64

# For fewer pieces than these a list costs more than it saves.
_PIECES: Final = 16
# The characters in the list before they are joined: few, because a piece of four characters takes
# fifteen times its size. Where every append may copy, they are at least an eighth of the string.
_LEAST: Final = 512
_SHARE: Final = 8


@mypyc_attr(acyclic=True)
class GrowingString:
    """Text that grows: `append` to it, read its `value`.

    >>> text = GrowingString("Par")
    >>> text.append("is")
    >>> text.value, len(text)
    ('Paris', 5)
    """

    __slots__ = ("_tail", "_tail_length", "direct", "shared", "whole")

    def __init__(self, text: str = "") -> None:
        #: The text, without the pieces in the list.
        self.whole: str = text
        #: Whether it is the text of a part and of the message that the part is in.
        self.shared: bool = False
        #: The number of pieces that are still to be appended to `whole`.
        self.direct: i64 = 0 if text else _PIECES
        #: The pieces after `whole`. Most strings are short and never have the list.
        self._tail: list[str] | None = None
        self._tail_length: i64 = 0

    def append(self, text: str) -> None:
        """Add `text` at the end."""
        if self.direct:
            self.direct -= 1
            whole = self.whole
            self.whole = ""  # the local reference is the only one, so CPython appends in place
            whole += text
            self.whole = whole
            return
        if self._tail is None:
            self._tail = [text]
        else:
            self._tail.append(text)
        length = self._tail_length + len(text)
        self._tail_length = length
        if length > _LEAST and (COMPILED or length > len(self.whole) // _SHARE):
            self._join()

    @property
    def value(self) -> str:
        """The text so far."""
        if self._tail:
            self._join()
        return self.whole

    def take(self) -> str:
        """Return the text so far, and make this empty."""
        if self._tail:
            self._join()
        text = self.whole
        self.whole = ""
        self.direct = _PIECES
        return text

    def since(self, start: int, stop: int) -> str:
        """Return the characters from `start` to `stop`, at the cost of those after `start`."""
        at = len(self.whole) + int(self._tail_length)
        pieces: list[str] = []
        for piece in reversed(self._tail or []):
            at -= len(piece)
            pieces.append(piece)
            if at <= start:
                pieces.reverse()
                return "".join(pieces)[start - at : stop - at]
        return self.value[start:stop]

    def _join(self) -> None:
        tail = self._tail
        if not tail:
            return
        if not self.whole:
            self.whole = "".join(tail)
        else:
            whole = self.whole
            self.whole = ""
            whole += tail[0] if len(tail) == 1 else "".join(tail)
            self.whole = whole
        tail.clear()
        self._tail_length = 0

    def __len__(self) -> int:
        return len(self.whole) + int(self._tail_length)
