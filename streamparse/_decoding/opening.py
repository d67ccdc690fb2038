"""`Opening`: detects the framing of a stream from its first characters."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core.text import Utf8Replacer
from streamparse.errors import LimitError, WireError
from streamparse.limits import Limits

__all__ = ["Opening", "framing_of", "may_be_records"]

_SPACE: Final = " \t\r\n"
_BOM: Final = "\ufeff"
_MAX_HELD: Final = 64 * 1024  # the characters after which an unknown framing is rejected
_MAX_EXCERPT: Final = 200  # the characters in the error; enough for the headline of a gateway
# This matches the beginning of the first line that is not blank.
_FIELD: Final = re.compile(
    r"(?:data|event|id|retry)?:|(?:data|event|id|retry)[\r\n]|(?i:error):[ \t]*\{"
)
_BARE_FIELDS: Final = ("data", "event", "id", "retry")
_SHORTEST: Final = 6  # the characters that show the framing of nearly all streams


def framing_of(data: str | bytes) -> str:
    """Return the framing of a stream if its first fragment shows it in the usual way, else `""`.

    This is a shortcut: `Opening` has the same result.
    """
    start = data[:_SHORTEST]
    text = start if isinstance(start, str) else start.decode("latin-1")
    if text[0] == "{" or text[0] == "[":
        return "json"
    return "sse" if text == "event:" or text[:5] == "data:" else ""


class Opening:
    """Holds the beginning of a stream until the framing is detected.

    White space is held too, because the decoders need it to count positions. It may be long: some
    servers send line feeds to keep a connection alive.
    """

    __slots__ = (
        "_at_line_start",
        "_bytes",
        "_count",
        "_decoder",
        "_limit",
        "_line",
        "_seen",
        "_text",
        "framing",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        self.framing: str = ""
        self._limit: int = limits.record
        # The input so far, as bytes or as text.
        self._bytes = bytearray()
        self._text: list[str] = []
        self._decoder: Utf8Replacer | None = None
        self._seen: int = 0  # the number of white-space characters at the start
        self._line: str = ""  # the text after them, up to `_MAX_EXCERPT` characters
        self._count: int = 0  # the number of all characters after them
        self._at_line_start: bool = True

    def feed(self, data: str | bytes) -> None:
        """Read a fragment that is not empty; set `framing`, or raise if it cannot be a stream."""
        if isinstance(data, str):
            if self._decoder is not None:
                raise TypeError("this stream was fed bytes, now text: feed it one or the other")
            self._text.append(data)
            self._look(data)
            return
        if self._text:
            raise TypeError("this stream was fed text, now bytes: feed it one or the other")
        self._bytes += data
        if self._decoder is None:
            self._decoder = Utf8Replacer()
            if not data[0]:  # the first byte of the length of a frame, which is below 16 MiB
                self.framing = "binary"
                return
        text = "" if self.framing else self._decoder.feed(data)
        if text:
            self._look(text)

    def drain(self) -> str | bytes:
        """Return the whole input so far, and forget it."""
        held = bytes(self._bytes) if self._decoder is not None else "".join(self._text)
        self._bytes = bytearray()
        self._text = []
        return held

    def finish(self) -> str:
        """End the input; return the framing, or raise if the input is not a stream."""
        if self._decoder is not None:
            rest = self._decoder.finish()
            if rest:
                self._look(rest)
        if self._at_line_start and self._line and _begins_field(self._line):
            self.framing = "sse"  # the input was cut inside the name of the first field
        elif self._line and not self.framing:
            self._give_up()
        return self.framing

    def _look(self, text: str) -> None:
        if not self._line:
            text = self._after_space(text)
            if not text:
                return
            if text[0] == "{" or text[0] == "[":
                self.framing = "json"
                return
        self._line += text[: _MAX_EXCERPT - len(self._line)]
        self._count += len(text)
        if self._at_line_start and _FIELD.match(self._line):
            self.framing = "sse"
        elif self._count > _MAX_HELD:
            self._give_up()

    def _after_space(self, text: str) -> str:
        """Return `text` without its leading white space."""
        if not self._seen and text[0] == _BOM:
            self._seen = 1
            text = text[1:]
        rest = text.lstrip(_SPACE)
        white = len(text) - len(rest)
        if white:
            self._seen += white
            self._at_line_start = text[white - 1] in "\r\n"
        if self._seen > self._limit:
            message = f"more than {self._limit} characters of white space"
            raise LimitError(message, code="record_length", offset=self._limit)
        return rest

    def _give_up(self) -> None:
        message = "the input is neither JSON nor server-sent events"
        raise WireError(message, code="not_a_stream", excerpt=self._line)


# These beginnings are not records of a wire API although their first character allows it: data
# that is not JSON, an object that names a tool, and an array of anything but objects.
_NO_RECORDS: Final = re.compile(
    r"data:(?! *(?:[{\[\r\n]|\Z))|data: *\[(?![D{\s]|\Z)|data: *\[D(?!O|\Z)"
    r"|\[\s*[^\s{]|(?:\[\s*)?\{\s*[^\s\"]"
    r"|(?:\[\s*)?\{\s*\"(?:name|function|arguments|parameters|tool\w*)\"\s*:"
)
_RECORDS: Final = re.compile(
    r"[{\[]|:(?:[\s\w:]|\Z)|(?:data|event|id|retry)(?:[:\r\n]|\Z)|error:[ \t]*(?:\{|\Z)"
)
_PREFIXES: Final = ("data", "event", "id", "retry", "error:")


def may_be_records(start: str) -> bool:
    """Return whether text that begins like this can be records of a wire API.

    If the result is False for a beginning, it is False for every longer one.

    Args:
        start: The beginning of the text.

    >>> may_be_records("The answer"), may_be_records('{"name": "f'), may_be_records('{"id": ')
    (False, False, True)
    """
    text = start.lstrip(_SPACE + _BOM)
    if not text or text[0] == "\0":
        return True
    if any(prefix.startswith(text) for prefix in _PREFIXES):
        return True
    return _RECORDS.match(text) is not None and _NO_RECORDS.match(text) is None


def _begins_field(line: str) -> bool:
    return any(field.startswith(line) for field in _BARE_FIELDS)
