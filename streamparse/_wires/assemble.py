"""Assembles values that arrive as pieces at paths, and writes them to a sink in document order.

Google's streamed arguments have a path (`$.a.b[0]`) with every piece, which is a value, more of a
string, or an empty container. A sink is called in the order of a document. So a piece at another
path completes the containers that this path is not in.

A *misplaced* piece goes back: it changes a complete value, skips an index, or sets a value again.
It is put into the value, but it cannot be written to the sink any more, so neither events nor the
text have it. The methods return False for it.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._core.builder import Builder
from streamparse._core.plain import grow_in
from streamparse._core.sink import Sink
from streamparse._core.transcriber import Transcriber, emit_key, emit_value
from streamparse.errors import LimitError
from streamparse.limits import Limits
from streamparse.paths import Path, Query

__all__ = ["Assembler", "parse_place"]

# A value at an index beyond the end of an array has None in the items before it, but at most this
# many in one call. After them a value goes to the end of the array, so that short pieces cannot
# cost unbounded memory.
GAP: Final = 1_000

# Paths that have a name without the brackets that RFC 9535 requires (`$.content-type`).
_LOOSE: Final = re.compile(r"\.([^.\[\]]+)|\[([0-9]{1,15})\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class Assembler:
    """Takes pieces at paths and calls a sink.

    The `sink` passes the calls on to `builder`, which has the value and its open containers. Raises
    the errors of the sink (`SchemaViolation`), and `LimitError`.

    >>> builder = Builder()
    >>> assembler = Assembler(Transcriber(builder), builder, Limits())
    >>> assembler.append(("city",), "Par"), assembler.append(("city",), "is")
    (True, True)
    >>> assembler.set(("days", 0), 3), assembler.set(("city",), "Rome")
    (True, False)
    >>> assembler.close()
    >>> builder.value
    {'city': 'Rome', 'days': [3]}
    """

    __slots__ = ("builder", "gaps", "growing", "limits", "owned", "sink")

    _init_types: ClassVar[tuple[Any, ...]] = (Transcriber, Builder, Limits)

    def __init__(self, sink: Transcriber, builder: Builder, limits: Limits) -> None:
        self.sink: Sink = sink
        self.builder = builder
        self.limits = limits
        self.gaps: int = GAP  # the items that may still be filled up with None
        # The unfinished strings that another path interrupted; their text may go on.
        self.growing: set[Path] = set()
        # By the number of open containers around them: the containers that a misplaced piece
        # changed, by id. They are copies, because complete values do not change after their
        # event. The end of the innermost container around them emits them too.
        self.owned: dict[int, dict[int, Any]] = {}

    # Pieces.

    def set(self, path: Path, value: Any) -> bool:
        """Set the value at `path`."""
        reached = self._reach(path)
        self.growing.discard(path)
        if reached:
            emit_value(value, self.sink)
        else:
            self._patch(path, value, False)
        return reached

    def append(self, path: Path, text: str) -> bool:
        """Append to the string at `path`; begin it if there is none."""
        builder = self.builder
        if not (builder.in_string and builder.path == path):
            known = path in self.growing
            if not known and not text and isinstance(self._at(path), str):
                return True  # the end of a string that has ended already
            if not self._reach(path):
                self._patch(path, text, known)
                self.growing.add(path)
                return False
            self.sink.start_string(0)
        if text:
            if len(builder.buffer) + len(text) > self.limits.string:
                raise self._beyond("a string is too long", "string_length")
            self.sink.text(text, 0)
        return True

    def grows(self, path: Path, text: str) -> bool:
        """Return whether `append` would only append `text` to the open string."""
        builder = self.builder
        if not builder.in_string or builder.path != path:
            return False
        return len(builder.buffer) + len(text) <= self.limits.string

    def complete(self, path: Path) -> None:
        """End the string at `path`, if it is open."""
        self.growing.discard(path)
        if self.builder.in_string and self.builder.path == path:
            self.sink.end_string(0)

    def container(self, path: Path, is_array: bool) -> bool:
        """End the container at `path`; if there is no value, add an empty one."""
        builder = self.builder
        if path in self.growing or (builder.in_string and builder.path == path):
            self.complete(path)
            return True
        open_path = builder.open_path
        if open_path is not None and open_path[: len(path)] == path:
            self._end_string()
            self._end_containers(len(builder.base) - len(path) + 1)
            return True
        there = self._at(path)
        if there is not _NOTHING:
            return isinstance(there, list if is_array else dict)
        empty: Any = [] if is_array else {}
        return self.set(path, empty)

    def close(self) -> None:
        """Complete everything that is open."""
        self._end_string()
        if self.builder.open_path is not None:
            self._end_containers(len(self.builder.base) + 1)

    def detach(self) -> None:
        """Let only the value grow from now on, without events, because the sink refused it."""
        self.sink = self.builder
        self.builder.events = []

    def next_path(self, path: Path) -> Path:
        """Return the path of the next item of the array at `path`, or of its open last string."""
        builder = self.builder
        if builder.in_string and builder.path[:-1] == path:
            return builder.path
        there = self._at(path)
        return (*path, len(there) if isinstance(there, list) else 0)

    def restored(self) -> None:
        """Renew the ids of the containers, which are other objects after a copy."""
        self.owned = {
            opened: {id(node): node for node in nodes.values()}
            for opened, nodes in self.owned.items()
        }

    # Moving.

    def _reach(self, path: Path) -> bool:
        """Move to `path`: end containers and begin others. Return whether a value may begin."""
        if len(path) > self.limits.depth:
            raise self._beyond("the path is too deep", "depth")
        builder = self.builder
        if not builder.started:
            if path:
                self._begin(path[0])
        else:
            self._leave(path)
            if not path:
                return False
        for place in range(len(builder.base), len(path)):
            step = path[place]
            if not self._is_next(step):
                return False
            if isinstance(step, str):
                emit_key(step, self.sink)
            if place + 1 < len(path):
                self._begin(path[place + 1])
        return True

    def _leave(self, path: Path) -> None:
        """Complete the string and the containers that `path` does not lie in."""
        self._end_string()
        builder = self.builder
        if builder.open_path is None:
            return
        base = builder.base
        common = 0
        while common < len(base) and common + 1 < len(path) and base[common] == path[common]:
            common += 1
        self._end_containers(len(base) - common if path else len(base) + 1)

    def _end_string(self) -> None:
        if self.builder.in_string:
            self.growing.add(self.builder.path)
            self.sink.end_string(0)

    def _end_containers(self, count: int) -> None:
        for _ in range(count):
            self.owned.pop(len(self.builder.base) + 1, None)
            self.sink.end(0)

    def _is_next(self, step: str | int) -> bool:
        """Return whether `step` continues the innermost container; end it if it cannot go on."""
        builder, limits = self.builder, self.limits
        members, items = builder.members, builder.items
        if members is not None and isinstance(step, str):
            if step in members:
                return False
            if limits.keys is not None and len(members) >= limits.keys:
                raise self._beyond("an object has too many members", "object_keys")
            return True
        if items is not None and isinstance(step, int):
            if step < builder.index:
                return False
            if step == builder.index:
                if limits.items is not None and step >= limits.items:
                    raise self._beyond("an array has too many items", "array_items")
                return True
        # An index was skipped, or the path needs a container of the other kind.
        if members is not None or items is not None:
            self._end_containers(1)
        return False

    def _begin(self, step: str | int) -> None:
        """Begin a container with a member or item `step`."""
        if isinstance(step, str):
            self.sink.start_object(0)
        else:
            self.sink.start_array(0)

    def _beyond(self, message: str, code: str) -> LimitError:
        sink = self.sink
        return LimitError(
            message, code=code, offset=sink.written if isinstance(sink, Transcriber) else 0
        )

    # Misplaced pieces.

    def _at(self, path: Path) -> Any:
        """Return the value at `path` so far, or `_NOTHING`."""
        builder = self.builder
        if not builder.started:
            return _NOTHING
        found = builder.value
        for step in path:
            found = _child(found, step)
        return found

    def _patch(self, path: Path, value: Any, grows: bool) -> None:
        """Put a misplaced value into the whole; `grows` means that it continues a string."""
        builder = self.builder
        if not path:
            holder = [builder.root]
            builder.root = None  # the only reference is now in `holder`
            if grows:
                grow_in(holder, 0, value)
            builder.root = holder[0] if grows else value
            return
        is_open = builder.members is not None or builder.items is not None
        opened = len(builder.base) + 1 if is_open else 0
        node = self._fitting(builder.root, path[0], 0, opened)
        builder.root = node
        for depth in range(1, len(path)):
            child = _child(node, path[depth - 1])
            fitting = self._fitting(child, path[depth], depth, opened)
            if fitting is not child:
                self._put(node, path[depth - 1], fitting)
            node = fitting
        step = path[-1]
        if not grows:
            self._put(node, step, value)
        elif isinstance(_child(node, step), str):
            grow_in(node, step, value)
        else:
            self._put(node, step, value)

    def _fitting(self, node: Any, step: str | int, depth: int, opened: int) -> Any:
        """Return a container for `step` that may change: `node`, a copy of it, or an empty one.

        The outermost `opened` containers of the path are open, so no event has had them yet.
        """
        owned = self.owned.setdefault(opened, {})
        kind = dict if isinstance(step, str) else list
        if not isinstance(node, kind):
            node = kind()
        elif depth < opened or id(node) in owned:
            return node
        else:
            node = node.copy()
        owned[id(node)] = node
        return node

    def _put(self, node: Any, step: str | int, value: Any) -> None:
        """Set the value at `step`, or at the end of the array if the gap is too large."""
        if isinstance(node, list) and isinstance(step, int) and step >= len(node):
            gap = step - len(node)
            if gap <= self.gaps:
                self.gaps -= gap
                node.extend([None] * gap)
            node.append(value)
        else:
            node[step] = value


_NOTHING: Final = object()


def _child(node: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return node.get(step, _NOTHING) if isinstance(node, dict) else _NOTHING
    return node[step] if isinstance(node, list) and step < len(node) else _NOTHING


def parse_place(text: str) -> tuple[Path, bool] | None:
    """Return the path in `text` and whether it ends in `[]`; None if it is not a path.

    The path is JSONPath (RFC 9535) that selects one value. Names may lack the brackets that the RFC
    requires. `[]` is not JSONPath: Google writes it after the path of an array that is empty or has
    ended.

    >>> parse_place("$.a['b c'][0]"), parse_place("$.tags[]"), parse_place("$..a")
    ((('a', 'b c', 0), False), (('tags',), True), None)
    """
    is_array = text.endswith("[]")
    if is_array:
        text = text[:-2]
    try:
        segments = Query.parse(text).segments
    except ValueError:
        loose = _loose_path(text)
        return None if loose is None else (loose, is_array)
    steps: list[str | int] = []
    for segment in segments:
        choices: list[str | int] = [*segment.names, *segment.indexes]
        if segment.descendant or segment.wildcard or len(choices) != 1:
            return None
        steps.append(choices[0])
    return tuple(steps), is_array


def _loose_path(text: str) -> Path | None:
    if not text.startswith("$"):
        return None
    steps: list[str | int] = []
    place = 1
    while place < len(text):
        found = _LOOSE.match(text, place)
        if found is None:
            return None
        name, index, quoted, double_quoted = found.groups()
        if index is not None:
            steps.append(int(index))
        else:
            steps.append(str(name or quoted or double_quoted or ""))
        place = found.end()
    return tuple(steps)
