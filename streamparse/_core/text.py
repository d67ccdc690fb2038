"""Bytes to text across cuts.

Bytes that are not UTF-8 never raise. `Utf8Decoder` leaves them in `invalid`, because the reader
may have stopped before them; `Utf8Replacer` does what the WHATWG standards ask for.
"""

from __future__ import annotations

from codecs import utf_8_decode

__all__ = ["Utf8Decoder", "Utf8Replacer", "as_bytes"]


def as_bytes(fragment: object) -> bytes:
    """A fragment of bytes, of whatever type; `TypeError` for anything else."""
    if isinstance(fragment, bytes):
        return fragment
    if isinstance(fragment, (bytearray, memoryview)):
        return bytes(fragment)
    raise TypeError(
        f"a fragment is str, bytes, bytearray or memoryview, not {type(fragment).__name__}"
    )


class Utf8Decoder:
    """UTF-8 (RFC 3629) in pieces of any size.

    >>> decoder = Utf8Decoder()
    >>> decoder.feed(b"caf\\xc3"), decoder.pending
    ('caf', b'\\xc3')
    >>> decoder.feed(b"\\xa9"), decoder.pending
    ('é', b'')
    """

    def __init__(self) -> None:
        #: The beginning of a character whose other bytes have not come yet.
        self.pending: bytes = b""
        #: Everything from the first byte that cannot be UTF-8; empty while all is well.
        self.invalid: bytes = b""

    def feed(self, data: bytes) -> str:
        """The text of `data`, up to a character cut at its end or to an invalid byte."""
        if self.invalid:
            self.invalid += data
            return ""
        if self.pending:
            data = self.pending + data
            self.pending = b""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            rest = data[error.start :]
            # Python names this reason only for a sequence that is right as far as it goes.
            if error.reason == "unexpected end of data":
                self.pending = rest
            else:
                self.invalid = rest
            return data[: error.start].decode("utf-8")


class Utf8Replacer:
    """UTF-8 in pieces of any size, U+FFFD for what is invalid (Encoding Standard, "UTF-8 decode").

    One U+FFFD stands for each longest sequence that begins like a character and cannot go on, as
    in every browser. A byte order mark is passed on.

    >>> decoder = Utf8Replacer()
    >>> decoder.feed(b"caf\\xc3"), decoder.feed(b"\\xa9 \\xff \\xe2\\x82"), decoder.finish()
    ('caf', 'é � ', '�')
    """

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending: bytes = b""  # at most three bytes

    def feed(self, data: bytes) -> str:
        """The text of `data`, up to a character cut at its end."""
        if self._pending:
            data = self._pending + data
        text, taken = utf_8_decode(data, "replace", False)
        self._pending = data[taken:] if taken < len(data) else b""
        return text

    def finish(self) -> str:
        """U+FFFD if the input ended inside a character."""
        text = self._pending.decode("utf-8", "replace")
        self._pending = b""
        return text
