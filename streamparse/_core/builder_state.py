"""The value as built so far, the open path, and the events: the state of a builder.

Rule 1: a container in `value` gains a member when the member's value begins, and only its last item
or the open member changes. What was reported complete is never changed again.
Rule 2: the open string is kept outside its container, as a `GrowingString`. `show` puts it into the
container for readers; the next piece takes it out again.
Rule 3: a path is built once for each value, and a deep one shares that of its parent (`DeepPath`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamparse._core.deep_path import ParentPath, SharedPath, extended, steps_of
from streamparse._core.events import Reporter
from streamparse._core.flat import flatten, unflatten
from streamparse._core.growing import GrowingString
from streamparse._core.sink import Sink
from streamparse.dialect import Repair

if TYPE_CHECKING:
    from mypy_extensions import i64


class BuilderState(Sink):
    """The slots of a builder, and what readers ask it.

    Args:
        many: Whether the root is a list of documents, which is open from the start and has no
            events.
        reporter: Creates the events; without one they are those of `streamparse.events`.
    """

    __slots__ = (
        "_base",
        "_path",
        "bases",
        "begun",
        "buffer",
        "events",
        "holders",
        "in_string",
        "index",
        "indexes",
        "items",
        "key",
        "key_grows",
        "many",
        "members",
        "mended_path",
        "repairs",
        "reporter",
        "root",
        "settled",
        "slotted",
    )

    def __init__(self, many: bool = False, reporter: Reporter | None = None) -> None:
        super().__init__()
        self.events: list[Any] = []
        self.repairs: list[Repair] = []
        self.mended_path: SharedPath = ()  # of the last repair; shared while it is equal
        self.many: bool = many
        self.reporter: Reporter | None = reporter
        self.begun: bool = False  # whether a root other than the list of `many` has begun
        self.root: Any = None
        # The innermost open container is one of the two; before the root begins, neither.
        self.members: dict[str, Any] | None = None
        self.items: list[Any] | None = None
        self.index: i64 = 0  # of the next item
        self._base: ParentPath = ()  # the path of the innermost open container
        self._path: SharedPath = ()  # the path of the value that began last
        self.key: str = ""  # while it is open, its first piece
        self.key_grows: bool = False  # whether `buffer` has more pieces of it
        # The containers around it, outermost first.
        self.holders: list[Any] = []
        self.indexes: list[int] = []
        self.bases: list[ParentPath] = []
        # The open string.
        self.in_string: bool = False
        self.slotted: bool = False  # whether it has a place in its container
        self.settled: bool = False  # whether all of it is there now
        self.buffer: GrowingString = GrowingString()
        if many:
            self.items = self.root = []

    # Results.

    @property
    def base(self) -> tuple[Any, ...]:
        """The path of the innermost open container."""
        return steps_of(self._base)

    @property
    def path(self) -> tuple[Any, ...]:
        """The path of the value that began last."""
        return steps_of(self._path)

    @property
    def started(self) -> bool:
        """Whether a root value has begun."""
        return self.begun or (self.many and (self.index > 0 or bool(self.holders)))

    @property
    def value(self) -> Any:
        """The value so far, the open string included."""
        self.show()
        return self.root

    def snapshot(self) -> Any:
        """Return a copy of the value; complete parts are shared, open containers are copied."""
        root = self.value
        spine = self._spine()
        if not spine:
            return root  # it is complete, or a string
        copies: list[Any] = [holder.copy() for holder in spine]
        base = self.base
        for depth in range(1, len(copies)):
            outer = copies[depth - 1]
            if isinstance(outer, dict):
                outer[base[depth - 1]] = copies[depth]
            else:
                outer[-1] = copies[depth]
        return copies[0]

    @property
    def open_path(self) -> tuple[Any, ...] | None:
        """The path of the innermost open container or string."""
        if self.in_string:
            return self.path
        if self.members is None and self.items is None:
            return None
        return self.base

    def next_path(self) -> tuple[Any, ...]:
        """Return the path of the open string or of the value that may begin now."""
        return self.path if self.in_string else steps_of(self._next_path())

    def innermost(self) -> Any:
        """Return the innermost open value as built: a container, or the text of a string."""
        if self.in_string:
            return self.buffer.value
        return self.members if self.members is not None else self.items

    def open_key(self) -> str:
        """Return the text of the open key."""
        return self.key + self.buffer.value if self.key_grows else self.key

    def take_events(self) -> list[Any]:
        """Return the events since the last call."""
        events = self.events
        self.events = []
        return events

    def keep_next(self) -> None:
        """Keep the value that begins next while it is open; a `Builder` keeps every value."""

    def show(self) -> None:
        """Put the open string into its container."""
        if self.in_string and not self.settled:
            self._put(self.buffer.value)
            self.settled = True

    def unsettle(self) -> None:
        """Take the open string out of its container, because it is about to grow."""
        if self.settled:
            self._put("")
            self.settled = False

    def _put(self, text: str) -> None:
        """Put `text` into the container as the open string."""
        if self.members is not None:
            self.members[self.key] = text
        elif self.items is None:
            self.root = text
        elif self.slotted:
            self.items[-1] = text
        else:
            self.items.append(text)
        self.slotted = True

    def _next_path(self) -> ParentPath:
        """Return the path of a value that begins now."""
        if self.members is not None:
            return extended(self._base, self.key)
        if self.items is not None:
            return extended(self._base, self.index)
        return ()

    # Forks and pickles.

    def state_now(self) -> tuple[Any, ...]:
        """Return the state as plain flat data, for `resume`."""
        return *flatten(self.snapshot()), self._place()

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue in the state that `state_now` returned."""
        shape, leaves, place = state
        self._resume(unflatten(shape, leaves), place)

    def _spine(self) -> list[Any]:
        """Return the open containers, outermost first."""
        innermost: Any = self.members if self.members is not None else self.items
        return [holder for holder in (*self.holders, innermost) if holder is not None]

    def _place(self) -> tuple[Any, ...]:
        string = (self.in_string, self.buffer.value, self.slotted, self.settled)
        value = (self.begun, list(self.repairs))
        return value, self.key, self.path, string, self.base, list(self.indexes), self.index

    def _resume(self, root: Any, place: tuple[Any, ...]) -> None:
        """Continue at a place; `root` is a snapshot, which may be kept."""
        self.root = root
        value, self.key, path, string, base, indexes, self.index = place
        self._path = _shared(path)
        self.begun, self.repairs = value[0], list(value[1])
        self.in_string, buffer, self.slotted, self.settled = string
        self.buffer = GrowingString(buffer)
        self.key_grows = buffer != "" and not self.in_string
        self.indexes = list(indexes)
        # An open root is in no container, except in the list of `many`.
        self.holders = [None] if indexes and not self.many else []
        self.bases = [()] if indexes and not self.many else []
        if not indexes and not self.many:
            return
        holder = root
        for step in base:
            self.holders.append(holder)
            self.bases.append(self._base)
            self._base = extended(self._base, step)
            holder = holder[step] if isinstance(holder, dict) else holder[-1]
        self.members = holder if isinstance(holder, dict) else None
        self.items = holder if isinstance(holder, list) else None


def _shared(path: tuple[Any, ...]) -> ParentPath:
    """Return the path as a builder keeps it."""
    kept: ParentPath = ()
    for step in path:
        kept = extended(kept, step)
    return kept
