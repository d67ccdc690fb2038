"""Parameters as nested elements: objects, arrays of `<item>`, repeated keys, mixed text.

What an element becomes is certain only at its end, and for a repeated one only at the next sibling,
so values are held until then; only what the schema says is a string streams.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.transcriber import tell
from streamparse.errors import LimitError
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.payloads import Host, Payload
from streamparse.formats.table import Elements
from streamparse.formats.typing import Kinds, item_schema, kinds_of, property_schema, typed

__all__ = ["ElementsPayload"]

_ITEM: Final = "item"
_TEXT: Final = "$text"  # the text beside child elements
_TAG_LENGTH: Final = 1024


class _Element:
    """An open element."""

    __slots__ = ("children", "key", "kinds", "schema", "texts")

    def __init__(self, key: str, schema: Any, root: Any) -> None:
        self.key = key
        self.schema = schema
        self.kinds: Kinds = kinds_of(schema, root)
        self.texts: list[str] = []
        self.children: list[tuple[str, Any]] = []

    def child_schema(self, key: str, root: Any) -> Any:
        """The schema of a child."""
        if self._is_array(key):
            return item_schema(self.schema, root)
        return property_schema(self.schema, key, root)

    def _is_array(self, key: str) -> bool:
        return key == _ITEM and "object" not in self.kinds.names

    def value(self) -> Any:
        """What the element has become, at its end."""
        text = "".join(self.texts)
        if not self.children:
            return typed(text, self.kinds)
        if all(self._is_array(key) for key, _ in self.children):
            return [value for _, value in self.children]
        members: dict[str, Any] = {}
        counts: dict[str, int] = {}
        for key, value in self.children:
            counts[key] = counts.get(key, 0) + 1
            if counts[key] == 1:
                members[key] = value
            elif counts[key] == 2:
                members[key] = [members[key], value]
            else:
                members[key].append(value)
        if text.strip():
            members[_TEXT] = text
        return members


class ElementsPayload(Payload):
    """Reads the elements of one call; the call's own closer is left to the host."""

    generates = True

    def __init__(self, host: Host, spec: Elements, closers: Markers) -> None:
        super().__init__(host)
        self.spec = spec
        self.closers = closers
        self.namespace = Markers([spec.namespace])
        self.root: Any = None
        self.stack: list[_Element] = []
        self.tag: str | None = None  # an open tag so far
        self.streams: bool = False  # the outermost element is a string
        self.key: str = ""  # of the outermost element that is held
        self.held: list[Any] = []  # its values
        self.length: int = 0
        self.reached: int = 0  # how far what is beyond a limit was read
        self.place: int = 0  # of the events of this fragment

    def begin(self) -> None:
        reader = self.start_call()
        if reader is not None:
            self.root = self.host.schema_of(reader.call.name or "")
            place = len(reader.out)
            reader.driver().start_object(0)
            reader.told(place)

    def feed(self, text: str, pos: int, final: bool) -> int:
        reader = self.reader
        assert reader is not None
        self.place = len(reader.out)
        start = len(reader.call.arguments_text)
        try:
            while pos < len(text) and not self.done:
                new = self._step(text, pos, final)
                if new < 0:
                    break
                pos = new
        except LimitError as error:
            self.broken = True
            reader.told(self.place)
            error.offset = len(reader.call.arguments_text)
            if reader.open:
                reader.refuse(error, len(reader.out), start)
            return self.reached
        reader.told(self.place)
        return pos

    def _step(self, text: str, pos: int, final: bool) -> int:
        if self.tag is not None:
            return self._in_tag(text, pos)
        stop, word = self.namespace.find(text, pos, final)
        if stop > pos:
            self._text(text[pos:stop], stop)
            return stop
        if not word:
            return -1
        closer = self.closers.at(text, pos, final)
        if closer == UNDECIDED:
            return -1
        if closer:
            self._end_call()
            return pos
        self.tag = ""
        return pos + len(word)

    def _in_tag(self, text: str, pos: int) -> int:
        """A tag up to its `>`; what is none is text."""
        so_far = self.tag or ""
        if not so_far and text[pos] != "<":
            self.tag = None
            self._text(self.spec.namespace, pos)
            return pos
        stop = text.find(">", pos)
        after = min(len(text) if stop < 0 else stop + 1, pos + _TAG_LENGTH - len(so_far))
        tag = so_far + text[pos:after]
        self.tag = tag
        self.reached = after
        if tag[-1] != ">" and len(tag) == _TAG_LENGTH:
            self.tag = None
            self._text(self.spec.namespace + tag, after)
        elif tag[-1] == ">":
            self.tag = None
            if tag.startswith("</"):
                self._close(tag)
            else:
                self._open(tag)
        return after

    # Elements.

    def _open(self, tag: str) -> None:
        key = tag[1:-1].strip()
        if self.streams or not key:
            self._text(self.spec.namespace + tag, self.reached)
            return
        if len(self.stack) >= self.host.limits.depth:
            message = f"elements are nested more than {self.host.limits.depth} deep"
            raise LimitError(message, code="depth")
        if self.stack:
            schema = self.stack[-1].child_schema(key, self.root)
        else:
            if key != self.key:
                self._tell_held()
            schema = property_schema(self.root, key)
        element = _Element(key, schema, self.root)
        self.stack.append(element)
        self.length = 0
        self.streams = len(self.stack) == 1 and element.kinds.known and element.kinds.is_text
        if self.streams:
            self._say_key(key)
            self._driver_text_begins()

    def _driver_text_begins(self) -> None:
        assert self.reader is not None
        self.reader.driver().start_string(0)

    def _close(self, tag: str) -> None:
        key = tag[2:-1].strip()
        if self.streams and key != self.stack[-1].key:
            self._text(self.spec.namespace + tag, self.reached)
            return
        if all(element.key != key for element in self.stack):
            self._oddity("a tag closes what is not open")
            return
        while self.stack[-1].key != key:
            self._end_element()
        self._end_element()

    def _end_element(self) -> None:
        element = self.stack.pop()
        if self.streams:
            self.streams = False
            assert self.reader is not None
            self.reader.driver().end_string(0)
        elif self.stack:
            self.stack[-1].children.append((element.key, element.value()))
        else:
            self.key = element.key
            self.held.append(element.value())

    def _text(self, text: str, end: int) -> None:
        """Text up to `end`."""
        assert self.reader is not None
        self.length += len(text)
        excess = self.length - self.host.limits.string
        if excess > 0:
            self.reached = max(end - excess, end - len(text))
            text = text[:-excess]
        self._say_text(text)
        if excess > 0:
            message = f"a value is longer than {self.host.limits.string} characters"
            raise LimitError(message, code="string_length")

    def _say_text(self, text: str) -> None:
        assert self.reader is not None
        if not text:
            return
        if self.streams:
            self.reader.driver().text(text, 0)
        elif self.stack:
            self.stack[-1].texts.append(text)
        elif not text.isspace():
            self._oddity("text stands between the parameters")

    def _oddity(self, message: str) -> None:
        reader = self.reader
        assert reader is not None
        reader.told(self.place)
        self.place = len(reader.out)
        reader.oddity("unexpected_text", message)

    # Saying.

    def _say_key(self, key: str) -> None:
        assert self.reader is not None
        driver = self.reader.driver()
        driver.start_key(0)
        driver.key_text(key, 0)
        driver.end_key(0)

    def _tell_held(self) -> None:
        """No further sibling can change what this parameter is."""
        if not self.held:
            return
        assert self.reader is not None
        value = self.held[0] if len(self.held) == 1 else self.held
        self.held = []
        self._say_key(self.key)
        tell(value, self.reader.driver())

    def _end_call(self) -> None:
        while self.stack:
            self._end_element()
        self._tell_held()
        assert self.reader is not None
        self.reader.driver().end(0)
        self.done = True
