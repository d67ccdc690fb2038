"""The sink that makes Python values, and events about them.

Rule 1: a container in `value` gains a member when its value begins, and only its last item or
the open member changes. What was reported complete is never touched again.
Rule 2: the open string is kept outside its container, as a `GrowingString`; `show` puts it where
readers look for it, and the next piece takes it out again.
Rule 3: a path is built once for each value, and a deep one shares that of its parent (`DeepPath`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from streamparse._core.deep_path import SharedPath, extended, is_same_path, steps_of
from streamparse._core.events import Reporter, StringDelta, ValueCompleted, ValueStarted
from streamparse._core.flat import flatten, unflatten
from streamparse._core.grammar import COMPILED
from streamparse._core.growing import GrowingString
from streamparse._core.sink import Sink
from streamparse.dialect import Repair

if TYPE_CHECKING:
    from mypy_extensions import i64

_new: Final = object.__new__


class Builder(Sink):
    """Builds the value, keeps the open path, collects events.

    With `many` the root is a list that is open from the start and has no events of its own.
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
        self.mended_path: SharedPath = ()  # of the last repair; equal ones after it share it
        self.many: bool = many
        self.reporter: Reporter | None = reporter
        self.begun: bool = False  # the root, but for the list of `many`
        self.root: Any = None
        # The innermost open container: one of the two, or neither at the root.
        self.members: dict[str, Any] | None = None
        self.items: list[Any] | None = None
        self.index: i64 = 0  # of the next item
        self._base: SharedPath = ()  # the path of the innermost open container
        self._path: SharedPath = ()  # that of the value begun last
        self.key: str = ""
        # What surrounds it, outermost first.
        self.holders: list[Any] = []
        self.indexes: list[int] = []
        self.bases: list[SharedPath] = []
        # The open string.
        self.in_string: bool = False
        self.slotted: bool = False  # has it a slot in its container yet?
        self.settled: bool = False  # is the whole of it there just now?
        self.buffer: GrowingString = GrowingString()
        if many:
            self.items = self.root = []

    # What readers see.

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
        """Has a root value begun?"""
        return self.begun or (self.many and (self.index > 0 or bool(self.holders)))

    @property
    def value(self) -> Any:
        """The value so far, the open string included."""
        self.show()
        return self.root

    def snapshot(self) -> Any:
        """The value as it is now, for good: open containers copied, complete parts shared."""
        root = self.value
        spine = self._spine()
        if not spine:
            return root  # complete, or one string
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
        """The path of the string that is open or of the value that may begin now."""
        return self.path if self.in_string else steps_of(self._next_path())

    def innermost(self) -> Any:
        """The innermost open value as built: a container, or the text of a string."""
        if self.in_string:
            return self.buffer.value
        return self.members if self.members is not None else self.items

    def take_events(self) -> list[Any]:
        """The events since the last call."""
        events = self.events
        self.events = []
        return events

    def keep_next(self) -> None:
        """Keep the value that begins next whole while it is open; here all are."""

    def show(self) -> None:
        """Put the open string into its container."""
        if self.in_string and not self.settled:
            self._put(self.buffer.value)
            self.settled = True

    def unsettle(self) -> None:
        """Take the open string out of its container again: it is about to grow."""
        if self.settled:
            self._put("")
            self.settled = False

    # Sink calls.

    def start_object(self, offset: int) -> None:
        value: dict[str, Any] = {}
        path = self._add(value)
        if self.reporter is None:
            self.events.append(ValueStarted(path, "object"))
        else:
            self.events.append(self.reporter.started(path, "object"))
        self.members = value
        self.items = None

    def start_array(self, offset: int) -> None:
        value: list[Any] = []
        path = self._add(value)
        if self.reporter is None:
            self.events.append(ValueStarted(path, "array"))
        else:
            self.events.append(self.reporter.started(path, "array"))
        self.members = None
        self.items = value

    def start_string(self, offset: int) -> None:
        path: SharedPath = ()
        if self.members is not None:
            path = extended(self._base, self.key)
        elif self.items is not None:
            path = extended(self._base, self.index)
            self.index += 1
        else:
            self.begun = True
        self._path = path
        self.in_string = True
        if self.reporter is None:
            self.events.append(ValueStarted(path, "string"))
        else:
            self.events.append(self.reporter.started(path, "string"))

    def text(self, text: str, offset: int) -> None:
        if self.settled:
            self.unsettle()
        self.buffer.append(text)
        if self.reporter is not None:
            self.events.append(self.reporter.delta(self._path, text))
        elif COMPILED:
            self.events.append(StringDelta(self._path, text))
        else:  # the same without a call of `__init__`
            event = _new(StringDelta)
            event._path = self._path
            event.text = text
            self.events.append(event)

    def end_string(self, offset: int) -> None:
        text = self.buffer.take()
        if self.members is not None:
            self.members[self.key] = text
        elif self.items is not None and not self.slotted:
            self.items.append(text)
        else:
            self._put(text)
        self.in_string = self.slotted = self.settled = False
        if self.reporter is None:
            self.events.append(ValueCompleted(self._path, text))
        else:
            self.events.append(self.reporter.completed(self._path, text))

    def scalar(self, value: object, offset: int) -> None:
        path: SharedPath = ()
        if self.members is not None:
            self.members[self.key] = value
            path = extended(self._base, self.key)
        elif self.items is not None:
            self.items.append(value)
            path = extended(self._base, self.index)
            self.index += 1
        else:
            self.root = value
            self.begun = True
        if self.reporter is None:
            self.events.append(ValueCompleted(path, value))
        else:
            self.events.append(self.reporter.completed(path, value))

    def start_key(self, offset: int) -> None:
        self.key = ""

    def key_text(self, text: str, offset: int) -> None:
        key = self.key
        self.key = ""  # Rule 2 for keys
        key += text
        self.key = key

    def end(self, offset: int) -> None:
        value: Any = self.members if self.members is not None else self.items
        path = self._base
        self._leave()
        if self.reporter is None:
            self.events.append(ValueCompleted(path, value))
        else:
            self.events.append(self.reporter.completed(path, value))

    def cut_scalar(self, value: object) -> None:
        if self.members is not None:
            self.members[self.key] = value
        elif self.items is not None:
            self.items.append(value)
        else:
            self.root = value
            self.begun = True

    def repair(self, code: str, offset: int, item: bool) -> None:
        path = self._base
        if item:
            path = self._path if self.in_string else self._next_path()
        if not is_same_path(path, self.mended_path):
            self.mended_path = path
        self.repairs.append(Repair(code, offset, self.mended_path))

    def _next_path(self) -> SharedPath:
        """The path of the value that would begin now."""
        if self.members is not None:
            return extended(self._base, self.key)
        if self.items is not None:
            return extended(self._base, self.index)
        return ()

    # Placing.

    def _add(self, value: Any) -> SharedPath:
        """Put a new container where it belongs and go inside; its path."""
        base = self._base
        members, items = self.members, self.items
        self.bases.append(base)
        self.indexes.append(self.index + 1)
        if members is not None:
            self.holders.append(members)
            members[self.key] = value
            base = extended(base, self.key)
        elif items is not None:
            self.holders.append(items)
            items.append(value)
            base = extended(base, self.index)
        else:
            self.holders.append(None)
            self.root = value
            self.begun = True
        self._base = base
        self.index = 0
        return base

    def _leave(self) -> None:
        """Back to the container around the innermost one."""
        holder = self.holders.pop()
        self._base = self.bases.pop()
        self.index = self.indexes.pop()
        if isinstance(holder, dict):
            self.members = holder
            self.items = None
        else:
            self.members = None
            self.items = holder

    def _put(self, text: str) -> None:
        """Show `text` as the open string in its container."""
        if self.members is not None:
            self.members[self.key] = text
        elif self.items is None:
            self.root = text
        elif self.slotted:
            self.items[-1] = text
        else:
            self.items.append(text)
        self.slotted = True

    # Forks and pickles.

    def clone(self) -> Builder:
        twin = Builder(self.many, self.reporter)
        twin._resume(self.snapshot(), self._place())
        return twin

    def state_now(self) -> tuple[Any, ...]:
        """Everything as plain flat data, for `resume`."""
        return *flatten(self.snapshot()), self._place()

    def resume(self, state: tuple[Any, ...]) -> None:
        """Go on where the builder that gave `state_now` stood."""
        shape, leaves, place = state
        self._resume(unflatten(shape, leaves), place)

    def _spine(self) -> list[Any]:
        """The open containers, outermost first."""
        innermost: Any = self.members if self.members is not None else self.items
        return [holder for holder in (*self.holders, innermost) if holder is not None]

    def _place(self) -> tuple[Any, ...]:
        string = (self.in_string, self.buffer.value, self.slotted, self.settled)
        value = (self.begun, list(self.repairs))
        return value, self.key, self.path, string, self.base, list(self.indexes), self.index

    def _resume(self, root: Any, place: tuple[Any, ...]) -> None:
        """`root` may be kept: it is a snapshot."""
        self.root = root
        value, self.key, path, string, base, indexes, self.index = place
        self._path = _shared(path)
        self.begun, self.repairs = value[0], list(value[1])
        self.in_string, buffer, self.slotted, self.settled = string
        self.buffer = GrowingString(buffer)
        self.indexes = list(indexes)
        # A root that is open stands in no other container, but for the list of `many`.
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


def _shared(path: tuple[Any, ...]) -> SharedPath:
    """The path as a builder keeps it."""
    kept: SharedPath = ()
    for step in path:
        kept = extended(kept, step)
    return kept
