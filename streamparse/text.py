"""Bytes to text across cuts.

Does not raise: what is wrong with the bytes is left in `invalid`, because the reader may have
stopped before it.
"""

from __future__ import annotations

__all__ = ["Utf8Decoder"]


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
