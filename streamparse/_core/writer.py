"""A sink that writes compact JSON text while the value grows.

It writes `arguments_text` for providers and formats that send no JSON.
"""

from __future__ import annotations

import re
from json.encoder import encode_basestring
from typing import Any, Final

from streamparse._core.shown import int_text
from streamparse._core.sink import Sink

# RFC 8259, section 7, and lone surrogates, which UTF-8 cannot encode.
_TO_ESCAPE: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_encode: Final = encode_basestring  # compiled code accesses a constant faster
_HALF: Final = re.compile(r"[\ud800-\udfff]")


class Writer(Sink):
    """Writes JSON text without white space; `take` returns the text since the last `take`.

    Infinities become `1e999` and `-1e999`, which are read back as infinities. NaN becomes `null`,
    as in `JSON.stringify` of ECMAScript.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.first: bool = True  # whether the next member or item is the first one
        self.after_key: bool = False
        self.closers: list[str] = []

    def take(self) -> str:
        """Return the text since the last call."""
        pieces = self.pieces
        self.pieces = []
        return pieces[0] if len(pieces) == 1 else "".join(pieces)

    def start_object(self, offset: int) -> None:
        self._open("{", "}")

    def start_array(self, offset: int) -> None:
        self._open("[", "]")

    def start_string(self, offset: int) -> None:
        self._separate()
        self.pieces.append('"')

    def start_key(self, offset: int) -> None:
        self._separate()
        self.pieces.append('"')

    def key_text(self, text: str, offset: int) -> None:
        self.pieces.append(escaped(text))

    def end_key(self, offset: int) -> None:
        self.pieces.append('":')
        self.after_key = True

    def text(self, text: str, offset: int) -> None:
        self.pieces.append(escaped(text))

    def end_string(self, offset: int) -> None:
        self.pieces.append('"')

    def scalar(self, value: object, offset: int) -> None:
        self._separate()
        self.pieces.append(scalar_text(value))

    def end(self, offset: int) -> None:
        self.pieces.append(self.closers.pop())
        self.first = False

    def clone(self) -> Writer:
        twin = Writer()
        twin.resume(self.state_now())
        return twin

    def state_now(self) -> tuple[Any, ...]:
        """Return the state as plain data, for `resume`."""
        return list(self.pieces), self.first, self.after_key, list(self.closers)

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue in the state that `state_now` returned."""
        pieces, self.first, self.after_key, closers = state
        self.pieces, self.closers = list(pieces), list(closers)

    def _open(self, opener: str, closer: str) -> None:
        self._separate()
        self.pieces.append(opener)
        self.closers.append(closer)
        self.first = True

    def _separate(self) -> None:
        """Write the comma before a member or item that is not the first one."""
        if not self.first and not self.after_key:
            self.pieces.append(",")
        self.first = False
        self.after_key = False


def needs_escape(text: str) -> bool:
    """Whether `text` contains a character that JSON must escape."""
    return _TO_ESCAPE.search(text) is not None


def escaped(text: str) -> str:
    """Return text as it is written inside a JSON string, without quotes around it.

    >>> print(escaped('a "b"'))
    a \\"b\\"
    """
    text = escaped_characters(text)
    return text if text.isascii() else _HALF.sub(_escape, text)


def quoted(text: str) -> str:
    """Return text as a JSON string, with quotes around it."""
    whole = _encode(text)
    return whole if whole.isascii() else _HALF.sub(_escape, whole)


def escaped_characters(text: str) -> str:
    """Return what `escaped` returns, for text without surrogates."""
    whole = _encode(text)
    return text if len(whole) == len(text) + 2 else whole[1:-1]


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def scalar_text(value: object) -> str:
    """Return a number or literal as JSON text."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return int_text(value)
    text = float.__repr__(value) if isinstance(value, float) else str(value)
    word = text.lstrip("+-").lower()
    if word.startswith("inf"):
        return "-1e999" if text.startswith("-") else "1e999"
    return "null" if "nan" in word else text
