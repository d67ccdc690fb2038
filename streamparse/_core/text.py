"""Incremental UTF-8 decoders, which do not raise for invalid bytes.

`Utf8Decoder` keeps the invalid bytes, because the reader may stop before them. `Utf8Replacer`
replaces them as the WHATWG standards require.
"""

from __future__ import annotations

from codecs import utf_8_decode

__all__ = ["Utf8Decoder", "Utf8Replacer", "as_bytes", "ascii_text", "text_and_rest"]


def as_bytes(fragment: object) -> bytes:
    """Return a fragment of bytes as `bytes`.

    Raises:
        TypeError: The fragment is of another type.
    """
    if isinstance(fragment, bytes):
        return fragment
    if isinstance(fragment, (bytearray, memoryview)):
        return bytes(fragment)
    raise TypeError(
        f"a fragment is str, bytes, bytearray or memoryview, not {type(fragment).__name__}"
    )


def ascii_text(data: bytes) -> str | None:
    """Return the text of ASCII bytes, else None; compiled, `text.c` has it."""
    return data.decode() if data.isascii() else None


def _valid(data: bytes) -> str | None:
    """Return the text of bytes that are valid and end with an ASCII character, else None.

    This is the usual case, and `bytes.decode` is faster than the function of the codec, which also
    takes an incomplete character.
    """
    text = ascii_text(data)
    if text is not None:
        return text
    if data[-1] >= 0x80:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


class Utf8Decoder:
    """Decodes UTF-8 (RFC 3629) in pieces of any size.

    >>> decoder = Utf8Decoder()
    >>> decoder.feed(b"caf\\xc3"), decoder.pending
    ('caf', b'\\xc3')
    >>> decoder.feed(b"\\xa9"), decoder.pending
    ('é', b'')
    """

    def __init__(self) -> None:
        #: The first bytes of a character that is not complete.
        self.pending: bytes = b""
        #: All bytes from the first invalid one on; empty if there is none.
        self.invalid: bytes = b""

    def feed(self, data: bytes) -> str:
        """Return the text of `data`, up to an incomplete character or an invalid byte."""
        if self.invalid:
            self.invalid += data
            return ""
        if self.pending:
            data = self.pending + data
            self.pending = b""
        valid = _valid(data)
        if valid is not None:
            return valid
        try:
            text, taken = utf_8_decode(data, "strict", False)
        except UnicodeDecodeError as error:
            self.invalid = data[error.start :]
            return data[: error.start].decode("utf-8")
        if taken < len(data):
            rest = data[taken:]
            # The codec waits for the third byte of a surrogate, which UTF-8 does not have.
            if rest[0] == 0xED and rest[1:2] >= b"\xa0":
                self.invalid = rest
            else:
                self.pending = rest
        return text


def text_and_rest(data: bytes) -> tuple[str, bytes]:
    """Return the text of bytes with U+FFFD for invalid ones, and an incomplete character.

    >>> text_and_rest(b"caf\\xc3\\xa9 \\xff \\xe2\\x82")
    ('café � ', b'\\xe2\\x82')
    """
    valid = _valid(data)
    if valid is not None:
        return valid, b""
    text, taken = utf_8_decode(data, "replace", False)
    return text, data[taken:]


class Utf8Replacer:
    """Decodes UTF-8 with U+FFFD for invalid bytes (Encoding Standard, "UTF-8 decode").

    One U+FFFD replaces each maximal invalid start of a character, as in browsers. A byte order mark
    is kept.

    >>> decoder = Utf8Replacer()
    >>> decoder.feed(b"caf\\xc3"), decoder.feed(b"\\xa9 \\xff \\xe2\\x82"), decoder.finish()
    ('caf', 'é � ', '�')
    """

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending: bytes = b""  # at most three bytes

    def feed(self, data: bytes) -> str:
        """Return the text of `data`, up to an incomplete character."""
        if self._pending:
            data = self._pending + data
        text, self._pending = text_and_rest(data)
        return text

    def finish(self) -> str:
        """Return U+FFFD if the input ended inside a character, else ""."""
        text = self._pending.decode("utf-8", "replace")
        self._pending = b""
        return text
