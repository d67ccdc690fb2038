"""The values of parameters in tags: where they end, their types, and how they are emitted.

Values have no escapes, so a closer ends a value only if the text after it may follow a value.
Strings are emitted as they arrive; a value that may have another type is held until it is complete.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core.sink import NOTHING
from streamparse._core.transcriber import emit_key
from streamparse.errors import LimitError
from streamparse.formats._generated import GeneratedPayload
from streamparse.formats._parameters_plan import HEADER_LENGTH, ParametersPlan
from streamparse.formats._payloads import Host
from streamparse.formats.markers import UNDECIDED, Markers, contains_any
from streamparse.formats.plan import HeaderPlan, Plan
from streamparse.formats.table import Parameters
from streamparse.formats.values import Kinds, kinds_of, property_schema, read_json, typed

__all__ = ["BODY", "CDATA", "HEADER", "OPENING", "VALUE", "ParameterValues"]

# States.
BODY: Final = 0  # between parameters
HEADER: Final = 1
VALUE: Final = 2
CDATA: Final = 3
OPENING: Final = 4  # the key is complete, the opener of its value is expected

# How a value is emitted.
_STREAM: Final = 0  # as text while it arrives
_PERHAPS: Final = 1  # as text, unless the whole value is null
_HELD: Final = 2  # at its end, when its type is known

_AHEAD: Final = 64  # maximum white space skipped after a closer to find what follows it
_NULL_LENGTH: Final = 16  # the maximum length of a null with white space around it
_SPACE: Final = re.compile(r"\s*")
_CDATA_OPEN: Final = Markers(["<![CDATA["])


class ParameterValues(GeneratedPayload):
    """The state of the reader, and the values of parameters."""

    _init_types: ClassVar[tuple[Any, ...]] = (Host, ParametersPlan, Plan)

    def __init__(self, host: Host, plan: ParametersPlan, format: Plan) -> None:
        super().__init__(host, plan.ahead, format)
        self.plan = plan
        self.spec: Parameters = plan.spec
        self.trim: bool = plan.spec.trim
        self.longest: int = host.limits.string
        self.state: int = BODY
        self.how: int = _STREAM
        self.kinds: Kinds = Kinds()
        self.as_json: bool = False  # the value is read as JSON; if it is not JSON, it is text
        self.key: str = ""
        self.closer: str = ""  # the closer of the value; if empty, any closer ends it
        self.header: str = ""
        self.parts: list[str] = []  # the text of a value that is held back
        self.first: bool = False  # whether no text of the value has arrived yet
        self.newline: str = ""  # held back, because a line end before the closer is framing
        self.inner: int = 0  # the number of open elements in the value that have the same closer
        self.odd: bool = False  # whether text outside parameters followed the last parameter
        self.lists: list[bool] = []  # for each open value made of parameters, whether it is a list
        self.length: int = 0

    def takes_plain(self, text: str) -> bool:
        if self.state != VALUE or self.how != _STREAM or self.first or text[-1] in "\r\n":
            return False
        length = self.length + len(text)
        if length > self.longest or contains_any(text, self.plan.care):
            return False
        self.length = length
        if self.newline:
            text = self.newline + text
            self.newline = ""
        self.emit_text(text)
        return True

    def _is_item(self) -> bool:
        """Return whether the parameter is an item of a list, which has no key."""
        return bool(self.lists) and self.lists[-1]

    def _emit_key(self) -> None:
        if not self._is_item():
            emit_key(self.key, self.driver())

    def _begin_value(self) -> None:
        self.parts = []
        self.length = 0
        self.inner = 0
        self.first, self.newline = True, ""
        self.state = VALUE
        if self.how == _STREAM:
            self._open_string()

    def _decide(self, groups: dict[str, Any]) -> int:
        """Return how the value is emitted, by the typing rule of the format."""
        typing = self.spec.typing
        self.kinds, self.as_json = Kinds(), False
        if typing == "wire":
            self.as_json = "string" not in groups or groups["string"] not in ("true", "string")
            return _HELD if self.as_json else _STREAM
        if typing == "nested":
            self.as_json = groups["type"] == "json" or groups.get("string") == "false"
            return _HELD if self.as_json else _STREAM
        if typing == "type":
            name = str(groups.get("type") or "string")
            self.kinds = kinds_of({"type": name}, {})
            return _STREAM if self.kinds.is_text else _HELD
        self.kinds = self._schema_kinds()
        if typing == "json_or_string":
            self.as_json = not self.kinds.known
            if self.as_json:
                return _HELD
        if self.kinds.is_text:
            return _STREAM
        return _PERHAPS if self.kinds.is_text_or_null else _HELD

    def _schema_kinds(self) -> Kinds:
        assert self.reader is not None
        root = self.host.schema_of(self.reader.call.name or "")
        return kinds_of(property_schema(root, self.key), root)

    def _value(self, text: str, pos: int, final: bool) -> int:
        """Read text of a value, up to a literal that ends it."""
        if self.first:
            after = self._first(text, pos, final)
            return after if after > pos or not self.first else -1
        searched = pos
        while True:
            stop, word = self.plan.value.find(text, searched, final)
            real = self._is_real(text, stop, word, final) if word else UNDECIDED
            if real:
                break
            searched = stop + 1
        self._take(text[pos:stop], stop)
        if real == UNDECIDED:
            return stop if stop > pos else -1
        is_own = word in self.plan.closers
        if self.newline == "\r" or (is_own and not self.trim):
            self._grow(self.newline)  # a line end before any other end is framing
        self.state = BODY
        self.reached = stop
        self._end_value()
        return stop + len(word) if is_own else stop

    def _first(self, text: str, pos: int, final: bool) -> int:
        """Skip a line end at the beginning of a value, or enter CDATA."""
        if self.spec.cdata:
            word = _CDATA_OPEN.at(text, pos, final)
            if word == UNDECIDED:
                return pos
            if word:
                self.first = False
                self.state = CDATA
                return pos + len(word)
        if self.trim and text[pos] == "\r" and pos + 1 == len(text) and not final:
            return pos
        self.first = False
        return pos + len(_line_end(text, pos)) if self.trim else pos

    def _is_real(self, text: str, stop: int, word: str, final: bool) -> str:
        """Return `word` if the literal at `stop` ends the value, `""` if not, or `UNDECIDED`."""
        if word in self.plan.nested:
            self.inner += 1
            return ""
        if word in self.plan.opens:
            return self._is_header(text, stop + len(word), word, final)
        is_own = word in self.plan.closers
        if is_own and self.closer and word != self.closer:
            return ""
        follow = self.plan.body if is_own else self.plan.follow_call
        place = stop + len(word)
        found = _SPACE.match(text, place)
        assert found is not None
        after = found.end()
        if after - place >= _AHEAD:
            return word
        if after == len(text):
            return word if final else UNDECIDED
        if word in self.plan.ends and not follow.words:
            return ""
        following = follow.at(text, after, final)
        if is_own and following in self.plan.closers and self.inner:
            self.inner -= 1  # it closes an element inside the value
            return ""
        return word if following and following != UNDECIDED else following

    def _is_header(self, text: str, place: int, word: str, final: bool) -> str:
        """Return `word` if a parameter with its key follows, `""` if not, or `UNDECIDED`."""
        header = self.plan.header
        window = text[place : place + HEADER_LENGTH]
        is_full = len(window) == HEADER_LENGTH
        stop, end = header.ends.find(window, 0, final or is_full)
        piece = window[:stop]
        if _is_forbidden(header, piece):
            return ""
        if not end:
            return "" if final or is_full else UNDECIDED
        found = None if end in header.breaks else header.pattern.fullmatch(piece)
        if found is None or not self._may_be_key(found["key"] or ""):
            return ""
        return self._is_value_due(text, place + stop + len(end), word, final)

    def _is_value_due(self, text: str, place: int, word: str, final: bool) -> str:
        """Return `word` if the value can begin at `place`, `""` if not, or `UNDECIDED`."""
        values = self.plan.opening
        if not values.words:
            return word
        found = _SPACE.match(text, place)
        assert found is not None
        following = values.at(text, found.end(), final)
        return word if following and following != UNDECIDED else following

    def _may_be_key(self, key: str) -> bool:
        """Return whether the tool may have this parameter; only such a key ends a value."""
        assert self.reader is not None
        root = self.host.schema_of(self.reader.call.name or "")
        return root is None or property_schema(root, key) is not None

    def _take(self, text: str, end: int) -> None:
        """Add `text`, which ends at `end`, to the value; raise `LimitError` beyond the limit."""
        self.length += len(text)
        excess = self.length - self.longest
        if excess > 0:
            text = text[:-excess]
        if self.state == CDATA:
            self._grow(text)
        else:
            self._grow_to(text)
        if excess > 0:
            self.reached = end - excess
            message = f"a value is longer than {self.longest} characters"
            raise LimitError(message, code="string_length")

    def _grow_to(self, text: str) -> None:
        """Add text to the value, but hold back a line end, which may be framing."""
        if not text:
            return
        text = self.newline + text
        self.newline = ""
        if text[-1] in "\r\n":
            size = 2 if text.endswith("\r\n") else 1
            self.newline = text[-size:]
            text = text[:-size]
        self._grow(text)

    def _grow(self, text: str) -> None:
        if not text:
            return
        if self.how == _STREAM:
            self.driver().text(text, 0)
            return
        self.parts.append(text)
        if self.how == _PERHAPS and not _may_be_null("".join(self.parts)):
            self.how = _STREAM
            self._open_string()
            self.driver().text("".join(self.parts), 0)
            self.parts = []

    def _open_string(self) -> None:
        self._emit_key()
        self.driver().start_string(0)

    def _end_value(self) -> None:
        if self.how == _STREAM:
            self.driver().end_string(0)
            return
        value = self._typed("".join(self.parts))
        self.parts = []
        self._emit_key()
        self.emit_value(value)

    def _typed(self, text: str) -> Any:
        if not self.as_json:
            return typed(text, self.kinds, self.host.inner)
        value = read_json(text, self.host.inner)
        return text if value is NOTHING else value


def _may_be_null(text: str) -> bool:
    if len(text) > _NULL_LENGTH:
        return False
    word = text.strip().lower()
    return "null".startswith(word) or "none".startswith(word)


def _line_end(text: str, pos: int) -> str:
    """Return the line end at `pos`, or an empty string."""
    if text.startswith("\r\n", pos):
        return "\r\n"
    return "\n" if text.startswith("\n", pos) else ""


def _is_forbidden(header: HeaderPlan, text: str) -> bool:
    return header.forbidden is not None and header.forbidden.search(text) is not None
