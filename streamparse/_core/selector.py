"""Selection of nodes by RFC 9535 queries, while the document arrives.

Each segment of each query is one bit. The segments that may match inside a container are one int.
The row for such an int is computed once, so each step costs one dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from streamparse._core.builder import Builder
from streamparse.paths import Query

if TYPE_CHECKING:
    from mypy_extensions import i64


class Row:
    """The result of each step from one set of live segments: (selected, segments inside)."""

    def __init__(self) -> None:
        self.names: dict[str, tuple[bool, int]] = {}
        self.indexes: dict[int, tuple[bool, int]] = {}
        self.other_name: tuple[bool, int] = (False, 0)
        self.other_index: tuple[bool, int] = (False, 0)


class Selector:
    """Compiled queries. Only the computed rows change, so forks share a selector."""

    _init_types: ClassVar[tuple[Any, ...]] = (tuple,)

    def __init__(self, queries: Sequence[Query]) -> None:
        self.queries = tuple(queries)
        self.segments: list[Any] = []
        self.last: list[bool] = []
        self.start = 0
        self.selects_root = False
        self.rows: dict[int, Row] = {}
        for query in self.queries:
            if query.segments:
                self.start |= 1 << len(self.segments)
            else:
                self.selects_root = True
            self.segments.extend(query.segments)
            self.last.extend([False] * (len(query.segments) - 1) + [True] * bool(query.segments))

    def step_name(self, live: int, name: str) -> tuple[bool, int]:
        """Return whether a member is selected, and the segments that are live inside it."""
        if not live:
            return (False, 0)
        row = self._row(live)
        return row.names.get(name, row.other_name)

    def step_index(self, live: int, index: int) -> tuple[bool, int]:
        """Return whether an item is selected, and the segments that are live inside it."""
        if not live:
            return (False, 0)
        row = self._row(live)
        return row.indexes.get(index, row.other_index)

    def _row(self, live: int) -> Row:
        row = self.rows.get(live)
        if row is None:
            row = self.rows[live] = self._new_row(live)
        return row

    def _new_row(self, live: int) -> Row:
        row = Row()
        row.other_name = row.other_index = self._next(live, None)
        for place in range(len(self.segments)):
            if live >> place & 1:
                for name in self.segments[place].names:
                    row.names[name] = self._next(live, name)
                for index in self.segments[place].indexes:
                    row.indexes[index] = self._next(live, index)
        return row

    def _next(self, live: int, step: str | int | None) -> tuple[bool, int]:
        """Return the result of `step`; None is a step that no segment names."""
        selected, inside = False, 0
        for place, segment in enumerate(self.segments):
            if not live >> place & 1:
                continue
            if segment.descendant:
                inside |= 1 << place
            if segment.wildcard or step in segment.names or step in segment.indexes:
                if self.last[place]:
                    selected = True
                else:
                    inside |= 2 << place
        return selected, inside


class SelectingBuilder(Builder):
    """A builder with events for selected nodes only; with `drop` it drops other complete values.

    `kept` counts the open containers that keep their content: selected ones and all inside them.
    Without `drop` it is always above zero.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Selector,)

    def __init__(self, selector: Selector, drop: bool = False, many: bool = False) -> None:
        super().__init__(many)
        self.selector = selector
        self.drop = drop
        # With `many` the root is a list that is open from the start, and `$` selects it.
        self.kept: i64 = 0 if drop and not (many and selector.selects_root) else 1
        self.wanted: bool = False  # whether the validator needs the next value
        self.live: int = selector.start  # the segments that are live in the open container
        self.lives: list[int] = []
        self.selected: bool = False  # whether the value that began last is selected
        self.selections: list[bool] = []  # whether the open containers are selected
        self.inside: int = 0  # the segments that are live in the value that began last
        self.kept_string: bool = False

    def keep_next(self) -> None:
        self.wanted = True

    def start_object(self, offset: int) -> None:
        self._select()
        super().start_object(offset)
        self._begin_container()

    def start_array(self, offset: int) -> None:
        self._select()
        super().start_array(offset)
        self._begin_container()

    def start_string(self, offset: int) -> None:
        self._select()
        super().start_string(offset)
        self._silence()
        self.kept_string = self.kept > 0 or self.selected or self.wanted
        self.settled = not self.kept_string  # a string that is not kept is never shown
        self.wanted = False

    def text(self, text: str, offset: int) -> None:
        if self.kept_string:
            super().text(text, offset)
            self._silence()

    def end_string(self, offset: int) -> None:
        super().end_string(offset)
        self._end_value()

    def scalar(self, value: object, offset: int) -> None:
        self._select()
        self.wanted = False
        super().scalar(value, offset)
        self._end_value()

    def cut_scalar(self, value: object) -> None:
        self._select()
        if self.kept or self.selected:
            super().cut_scalar(value)

    def end(self, offset: int) -> None:
        super().end(offset)
        self.live = self.lives.pop()
        self.selected = self.selections.pop()
        if self.kept:
            self.kept -= 1
        self._end_value()

    def clone(self) -> Builder:
        twin = SelectingBuilder(self.selector, self.drop, self.many)
        twin._resume(self.snapshot(), self._place())
        return twin

    def _select(self) -> None:
        """Match the queries with the value that begins."""
        if self.members is not None:
            self.selected, self.inside = self.selector.step_name(self.live, self.key)
        elif self.items is not None:
            self.selected, self.inside = self.selector.step_index(self.live, self.index)
        else:
            self.selected, self.inside = self.selector.selects_root, self.selector.start

    def _begin_container(self) -> None:
        self._silence()
        self.lives.append(self.live)
        self.live = self.inside
        self.selections.append(self.selected)
        if self.kept or self.selected or self.wanted:
            self.kept += 1
        self.wanted = False

    def _silence(self) -> None:
        """Drop the last event if its node is not selected."""
        if not self.selected:
            self.events.pop()

    def _end_value(self) -> None:
        """Drop the event and the value of a node that is complete and not selected."""
        path: tuple[Any, ...] = self.events[-1].path
        self._silence()
        if self.kept:
            return
        if self.members is not None:
            self.members.pop(path[-1], None)
        elif self.items is not None:
            self.items.pop()
        elif not isinstance(self.root, (dict, list)):
            self.root = None

    def _place(self) -> tuple[Any, ...]:
        lives = (self.live, list(self.lives), self.inside)
        selections = (self.selected, list(self.selections))
        keeping = (self.kept, self.wanted, self.kept_string)
        return *super()._place(), lives, selections, keeping

    def _resume(self, root: Any, place: tuple[Any, ...]) -> None:
        lives, selections, keeping = place[-3:]
        super()._resume(root, place[:-3])
        self.live, self.lives, self.inside = lives[0], list(lives[1]), lives[2]
        self.selected, self.selections = selections[0], list(selections[1])
        self.kept, self.wanted, self.kept_string = keeping
