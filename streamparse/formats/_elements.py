"""Parameters as nested elements: objects, arrays of `<item>`, repeated keys, mixed text.

The type of an element is known only at its end, and at the next sibling if it may be repeated, so
values are held until then. Only a parameter whose schema type is string is streamed.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader
from streamparse._core.transcriber import emit_key
from streamparse.aliases import CallKind
from streamparse.errors import LimitError
from streamparse.formats._generated import GeneratedPayload
from streamparse.formats._payloads import Host
from streamparse.formats.markers import UNDECIDED, Markers, contains_any, first_characters
from streamparse.formats.plan import CallPlan, Plan
from streamparse.formats.table import Elements
from streamparse.formats.values import Kinds, Reading, item_schema, kinds_of, property_schema, typed

__all__ = ["ElementsPayload"]

_ITEM: Final = "item"
_TEXT: Final = "$text"  # the text beside child elements
_TAG_LENGTH: Final = 1024


class _Element:
    """An open element."""

    __slots__ = ("children", "key", "kinds", "schema", "texts")

    _init_types: ClassVar[tuple[Any, ...]] = (str, None, None)

    def __init__(self, key: str, schema: Any, root: Any) -> None:
        self.key = key
        self.schema = schema
        self.kinds: Kinds = kinds_of(schema, root)
        self.texts: list[str] = []
        self.children: list[tuple[str, Any]] = []

    def child_schema(self, key: str, root: Any) -> Any:
        """Return the schema of a child."""
        if self._is_array(key):
            return item_schema(self.schema, root)
        return property_schema(self.schema, key, root)

    def _is_array(self, key: str) -> bool:
        return key == _ITEM and "object" not in self.kinds.names

    def value(self, reading: Reading) -> Any:
        """Return the value of the element once it has ended."""
        text = "".join(self.texts)
        if not self.children:
            return typed(text, self.kinds, reading)
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


class ElementsPayload(GeneratedPayload):
    """Reads the elements of one call."""

    _init_types: ClassVar[tuple[Any, ...]] = (Host, Elements(namespace=""), CallPlan, Plan)

    def __init__(self, host: Host, spec: Elements, call: CallPlan, plan: Plan) -> None:
        if call.ahead is None:
            call.ahead = Markers([spec.namespace, *call.close.words, *plan.between.words])
        super().__init__(host, call.ahead, plan)
        self.spec = spec
        self.closers: Markers = call.close
        self.namespace: Markers = Markers([spec.namespace])
        self.care: list[str] = first_characters(self.namespace, plan.ends_of_turn)
        self.root: Any = None
        self.stack: list[_Element] = []
        self.tag: str | None = None  # the incomplete tag, up to here
        self.streams: bool = False  # whether the outermost element is a string
        self.key: str = ""  # the key of the outermost element whose values are held
        self.held: list[Any] = []  # the values of that element
        self.length: int = 0

    def start_call(self, kind: CallKind = "function") -> CallReader | None:
        reader = super().start_call(kind)
        if reader is not None:
            self.root = self.host.schema_of(reader.call.name or "")
        return reader

    def takes_plain(self, text: str) -> bool:
        length = self.length + len(text)
        if not self.streams or self.tag is not None or length > self.host.limits.string:
            return False
        if contains_any(text, self.care):
            return False
        self.length = length
        self.emit_text(text)
        return True

    def step(self, text: str, pos: int, final: bool) -> int:
        if self.tag is not None:
            return self._in_tag(text, pos)
        stop, word = self.namespace.find(text, pos, final)
        if stop > pos:
            if not self.stack:
                # The end of the input may have cut a marker, which must not become text.
                cut = stop if word else self.namespace.undecided(text, pos)
                if cut == pos:
                    return stop
                tag = text.find("<", pos, cut)
                if tag == pos:
                    self.misread()
                    return pos
                stop = cut if tag < 0 else tag
            self._text(text[pos:stop], stop, pos)
            return stop
        if not word:
            return -1
        closer = self.closers.at(text, pos, final)
        if closer == UNDECIDED:
            return -1
        if closer:
            self.reached = pos
            self._end_call()
            return pos
        self.tag = ""
        return pos + len(word)

    def _in_tag(self, text: str, pos: int) -> int:
        """Read a tag up to its `>`. Anything else is text."""
        so_far = self.tag or ""
        if not so_far and text[pos] != "<":
            self.tag = None
            self._text(self.spec.namespace, pos, pos)
            return pos
        stop = text.find(">", pos)
        after = min(len(text) if stop < 0 else stop + 1, pos + _TAG_LENGTH - len(so_far))
        tag = so_far + text[pos:after]
        self.tag = tag
        self.reached = after
        if tag[-1] != ">" and len(tag) == _TAG_LENGTH:
            self.tag = None
            self._text(self.spec.namespace + tag, after, after)
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
            self._text(self.spec.namespace + tag, self.reached, self.reached)
            return
        if len(self.stack) >= self.host.limits.depth:
            message = f"elements are nested more than {self.host.limits.depth} deep"
            raise LimitError(message, code="depth")
        if self.stack:
            schema = self.stack[-1].child_schema(key, self.root)
        else:
            if key != self.key:
                self._emit_held()
            schema = property_schema(self.root, key)
        element = _Element(key, schema, self.root)
        self.stack.append(element)
        self.length = 0
        self.streams = len(self.stack) == 1 and element.kinds.known and element.kinds.is_text
        if self.streams:
            emit_key(key, self.driver())
            self.driver().start_string(0)

    def _close(self, tag: str) -> None:
        key = tag[2:-1].strip()
        if self.streams and key != self.stack[-1].key:
            self._text(self.spec.namespace + tag, self.reached, self.reached)
            return
        if all(element.key != key for element in self.stack):
            self.unexpected("a tag closes what is not open")
            return
        while self.stack[-1].key != key:
            self._end_element()
        self._end_element()

    def _end_element(self) -> None:
        element = self.stack.pop()
        if self.streams:
            self.streams = False
            self.driver().end_string(0)
        elif self.stack:
            self.stack[-1].children.append((element.key, element.value(self.host.inner)))
        else:
            self.key = element.key
            self.held.append(element.value(self.host.inner))

    def _text(self, text: str, end: int, start: int) -> None:
        """Read text that ends at `end`.

        If the text exceeds a limit, the position reached is at least `start`: a tag is never split.
        """
        self.length += len(text)
        excess = self.length - self.host.limits.string
        if excess > 0:
            self.reached = max(end - excess, start)
            text = text[:-excess]
        self._emit_text(text)
        if excess > 0:
            message = f"a value is longer than {self.host.limits.string} characters"
            raise LimitError(message, code="string_length")

    def _emit_text(self, text: str) -> None:
        if not text:
            return
        if self.streams:
            self.driver().text(text, 0)
        elif self.stack:
            self.stack[-1].texts.append(text)
        elif not text.isspace():
            self.unexpected()

    def _emit_held(self) -> None:
        """Emit the parameter that is held, which no further sibling can change."""
        if not self.held:
            return
        value = self.held[0] if len(self.held) == 1 else self.held
        self.held = []
        emit_key(self.key, self.driver())
        self.emit_value(value)

    def _end_call(self) -> None:
        while self.stack:
            self._end_element()
        self._emit_held()
        self.driver().end(0)
        self.done = True
