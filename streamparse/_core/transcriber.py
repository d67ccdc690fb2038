"""Values without JSON text, which are written as JSON while they go to a sink.

A provider may send parsed arguments, or values at paths. A `Transcriber` passes them to the chain
of the call, with offsets in the JSON text that it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from streamparse._core.builder import Builder
from streamparse._core.sink import Sink
from streamparse._core.surrogates import Halves, ends_in_half, joined, lone, replaced
from streamparse._core.writer import (
    Writer,
    escaped_characters,
    needs_escape,
    quoted,
    scalar_text,
)
from streamparse.errors import JSONSyntaxError

if TYPE_CHECKING:
    from mypy_extensions import i64


_NATIVE_DEPTH: Final = 16  # deeper values are built without recursion


class Transcriber(Sink):
    """Passes every call on to `inner`; `take` returns the JSON text since the last `take`.

    The offsets of its calls are ignored; `inner` receives those in the text that it writes.

    Args:
        inner: The sink that receives the calls.
        surrogates: What replaces a lone surrogate, as in `JSONParser`.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Sink,)

    def __init__(self, inner: Sink, surrogates: str = "keep") -> None:
        super().__init__()
        self.surrogates = surrogates
        self.halves: Halves = Halves()  # of the open string or key
        self.inner = inner
        self.writer: Writer = Writer()
        self.written: i64 = 0  # the number of characters
        self.counted: i64 = 0  # the number of pieces of the writer that it includes
        self.kind: str = ""

    def take(self) -> str:
        """Return the JSON text since the last call."""
        self._count()
        self.counted = 0
        return self.writer.take()

    def grow(self, text: str) -> str:
        """Append text to the open string, pass it on, and return its JSON text.

        The text must not be empty, and all earlier text must have been taken. For ASCII text this
        has the effect of `text` and `take` at lower cost.

        Returns:
            The JSON text; an empty string if `text` and `take` must be used instead.
        """
        place = self.written
        written = self.write(text)
        if written:
            if len(written) > len(text):
                place = self.written - 1
            self.inner.text(text, int(place))
        return written

    def write(self, text: str) -> str:
        """Return the JSON text as `grow` does, but do not pass the text on."""
        if self.halves.half or not text.isascii():
            return ""
        written = escaped_characters(text)
        if self.inner.precise and len(written) > len(text):
            return ""
        self.written += len(written)
        return written

    def start_object(self, offset: int) -> None:
        self.writer.start_object(0)
        self.inner.start_object(self._count() - 1)

    def start_array(self, offset: int) -> None:
        self.writer.start_array(0)
        self.inner.start_array(self._count() - 1)

    def start_string(self, offset: int) -> None:
        self.writer.start_string(0)
        self.inner.start_string(self._count() - 1)

    def start_scalar(self, kind: str, offset: int) -> None:
        self.kind = kind

    def scalar(self, value: object, offset: int) -> None:
        self.writer.scalar(value, 0)
        stop = self._count()
        self.inner.start_scalar(self.kind, stop - len(self.writer.pieces[-1]))
        self.inner.scalar(value, stop if self.kind == "number" else stop - 1)

    def start_key(self, offset: int) -> None:
        self.writer.start_key(0)
        self.inner.start_key(self._count() - 1)

    def key_text(self, text: str, offset: int) -> None:
        self._runs(self.halves.take(text), True)

    def end_key(self, offset: int) -> None:
        self._runs(self.halves.rest(), True)
        self.writer.end_key(0)
        self.inner.end_key(self._count() - 2)

    def text(self, text: str, offset: int) -> None:
        self._runs(self.halves.take(text), False)

    def end_string(self, offset: int) -> None:
        self._runs(self.halves.rest(), False)
        self.writer.end_string(0)
        self.inner.end_string(self._count() - 1)

    def end(self, offset: int) -> None:
        self.writer.end(0)
        self.inner.end(self._count() - 1)

    def _runs(self, text: str, key: bool) -> None:
        """Pass text on; for a precise sink every escape is a run of its own."""
        if self.surrogates == "replace":
            text = replaced(text)
        elif self.surrogates == "error":
            self._refuse_half(text)
        if not self.inner.precise or not needs_escape(text):
            if text:
                self._run(text, key)
            return
        for char in text:
            self._run(char, key)

    def _refuse_half(self, text: str) -> None:
        place = lone(text)
        if place >= 0:
            message = f"half a surrogate pair: \\u{ord(text[place]):04x}"
            raise JSONSyntaxError(message, code="lone_surrogate", offset=self.written)

    def _run(self, text: str, key: bool) -> None:
        start = self.written
        self.writer.text(text, 0)
        stop = self._count()
        place = start if stop - start == len(text) else stop - 1
        if key:
            self.inner.key_text(text, place)
        else:
            self.inner.text(text, place)

    def _count(self) -> int:
        """Return the length of the text."""
        pieces = self.writer.pieces
        while self.counted < len(pieces):
            self.written += len(pieces[self.counted])
            self.counted += 1
        return self.written


def build_value(value: Any, builder: Builder, pieces: list[str], depth: int = 0) -> None:
    """Build a complete value, and append its JSON text to `pieces`.

    This has the effect of `emit_value` with a `Transcriber` that keeps lone surrogates.
    """
    if isinstance(value, str):
        _build_string(value, builder, pieces)
    elif isinstance(value, (dict, list, tuple)):
        if depth >= _NATIVE_DEPTH:
            transcriber = Transcriber(builder)
            emit_value(value, transcriber)
            pieces.append(transcriber.take())
        elif isinstance(value, dict):
            builder.start_object(0)
            separator = "{"
            for key, item in value.items():
                name = key if isinstance(key, str) else str(key)
                if not name.isascii():
                    name = joined(name)
                pieces.append(separator)
                pieces.append(quoted(name))
                pieces.append(":")
                separator = ","
                builder.key = name
                build_value(item, builder, pieces, depth + 1)
            builder.end(0)
            pieces.append("}" if value else "{}")
        else:
            builder.start_array(0)
            separator = "["
            for item in value:
                pieces.append(separator)
                separator = ","
                build_value(item, builder, pieces, depth + 1)
            builder.end(0)
            pieces.append("]" if value else "[]")
    elif value is None or isinstance(value, (int, float)):
        builder.scalar(value, 0)
        pieces.append(scalar_text(value))
    else:
        _build_string(str(value), builder, pieces)


def _build_string(text: str, builder: Builder, pieces: list[str]) -> None:
    if not text.isascii():
        text = joined(text)
        if ends_in_half(text):  # the text before it has an event of its own
            builder.start_string(0)
            if len(text) > 1:
                builder.text(text[:-1], 0)
            builder.text(text[-1], 0)
            builder.end_string(0)
            pieces.append(quoted(text))
            return
    builder.whole_string(text)
    pieces.append(quoted(text))


def emit_value(value: Any, sink: Sink) -> None:
    """Pass a complete value to a sink, without recursion.

    Tuples are arrays; values of other types that JSON does not have become `str(value)`.
    """
    # Iterators of the content of the open containers, innermost last.
    open_containers: list[Any] = []
    _begin(value, sink, open_containers)
    while open_containers:
        content = open_containers[-1]
        item = next(content, _END)
        if item is _END:
            open_containers.pop()
            sink.end(0)
        elif isinstance(item, _Member):
            emit_key(item.key, sink)
            _begin(item.value, sink, open_containers)
        else:
            _begin(item, sink, open_containers)


def emit_key(key: str, sink: Sink) -> None:
    """Pass the complete key of a member to a sink."""
    sink.start_key(0)
    if key:
        sink.key_text(key, 0)
    sink.end_key(0)


class _Member:
    __slots__ = ("key", "value")

    _init_types: ClassVar[tuple[Any, ...]] = (str, None)

    def __init__(self, key: str, value: Any) -> None:
        self.key = key
        self.value = value


_END = object()


def _begin(value: Any, sink: Sink, open_containers: list[Any]) -> None:
    if isinstance(value, dict):
        sink.start_object(0)
        open_containers.append(iter([_Member(str(key), value[key]) for key in value]))
    elif isinstance(value, (list, tuple)):
        sink.start_array(0)
        open_containers.append(iter(value))
    elif value is None or value is True or value is False:
        sink.start_scalar("null" if value is None else "true" if value else "false", 0)
        sink.scalar(value, 0)
    elif isinstance(value, (int, float)):
        sink.start_scalar("number", 0)
        sink.scalar(value, 0)
    else:
        text = str(value)
        sink.start_string(0)
        if text:
            sink.text(text, 0)
        sink.end_string(0)
