"""End-of-turn tokens at the end of a text, which are not part of the answer.

Some servers pass them on as text. A token ends the answer only if nothing but white space and other
such tokens follows; anywhere else it is ordinary text. So text that may be the end is held back
before anything else reads it.
"""

from __future__ import annotations

import re
from typing import Final

from streamparse.formats.markers import UNDECIDED, Markers

__all__ = ["Ending"]

_SPACE: Final = re.compile(r"\s*")
_REACHED: Final = -1


class Ending:
    """Holds back the end-of-turn tokens at the end of a text, and white space after them.

    >>> tokens = Markers(["<eos>"])
    >>> ending = Ending()
    >>> ending.take("so<eos>", tokens), ending.take(" it", tokens), ending.take(" is<eos>", tokens)
    ('so', '<eos> it', ' is')
    >>> ending.rest()
    ''
    """

    __slots__ = ("open", "parts")

    def __init__(self) -> None:
        self.parts: list[str] = []  # complete tokens and white space
        self.open: str = ""  # the beginning of a token

    def take(self, text: str, tokens: Markers) -> str:
        """Return the text up to what may be the end of the turn, and hold back the rest."""
        if self.is_empty():
            return self._split(text, tokens) if tokens.may_begin_in(text) else text
        text = self.open + text
        if self._follow(text, 0, tokens) == _REACHED:
            self.parts.append(text[: len(text) - len(self.open)])
            return ""
        held = "".join(self.parts)
        self.parts, self.open = [], ""
        return held + self._split(text, tokens)

    def release(self) -> str:
        """Return what is held back, so that it can be taken again with other tokens."""
        held = "".join(self.parts) + self.open
        self.parts, self.open = [], ""
        return held

    def is_empty(self) -> bool:
        """Return whether nothing is held back."""
        return not self.parts and not self.open

    def rest(self) -> str:
        """End the text; return what was held back if it ends in an incomplete token."""
        held = "".join(self.parts) + self.open if self.open else ""
        self.parts, self.open = [], ""
        return held

    def _split(self, text: str, tokens: Markers) -> str:
        """Return the text before the tokens at its end, and hold back the tokens."""
        pos = 0
        while True:
            place, token = tokens.find(text, pos, False)
            if not token:
                self.open = text[place:]
                return text[:place]
            pos = self._follow(text, place, tokens)
            if pos == _REACHED:
                self.parts = [text[place : len(text) - len(self.open)]]
                return text[:place]

    def _follow(self, text: str, pos: int, tokens: Markers) -> int:
        """Return where tokens and white space from `pos` on stop, `_REACHED` if at the end."""
        while True:
            found = _SPACE.match(text, pos)
            assert found is not None
            after = found.end()
            self.open = ""
            if after == len(text):
                return _REACHED
            token = tokens.at(text, after, False)
            if token == UNDECIDED:
                self.open = text[after:]
                return _REACHED
            if not token:
                return after
            pos = after + len(token)
