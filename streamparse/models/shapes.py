"""The places for values in a type, and the alternatives for each of them.

A `Slot` is one place: a field, an item or the root. Its `Shape`s are the alternatives that pydantic
would try there; unions are taken apart. A shape records only what holds for every value that
pydantic accepts, in lax or strict mode: the kinds of JSON, the strings of a `Literal`, the keys of
`extra="forbid"`, the number of items.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.expected import Expected

__all__ = ["ANYTHING", "KINDS", "SCALARS", "Member", "Shape", "Slot", "any_shape"]

SCALARS: Final = frozenset({"number", "true", "false"})
KINDS: Final = frozenset({"object", "array", "string", "number", "true", "false", "null"})


class Member:
    """A key that an object may have, and the field that it fills."""

    __slots__ = ("name", "slot")

    def __init__(self, name: str, slot: Slot) -> None:
        self.name: str = name
        self.slot: Slot = slot


_SHAPE: Final = (
    "bulk",
    "closed",
    "cls",
    "defaults",
    "extra",
    "fewest",
    "form",
    "item",
    "items",
    "key_words",
    "kinds",
    "label",
    "longest",
    "loose",
    "members",
    "most",
    "names",
    "required",
    "rest",
    "steps",
    "words",
)


class Shape:
    """One alternative of a slot.

    Attributes:
        form: `"any"`, `"leaf"` (no container, or one that only pydantic knows), `"model"`,
            `"dataclass"`, `"fields"` (a TypedDict), `"mapping"`, `"list"`, `"set"`,
            `"frozenset"` or `"tuple"`.
        bulk: Whether it is validated as a whole when it closes, because its parts alone do not
            decide what it becomes.
        loose: Whether nothing is certain about its content.
        steps: What pydantic does with the parts once they are put together: `(True, class)` is a
            `RootModel` around them, `(False, function)` an "after" validator.
    """

    __slots__ = _SHAPE

    def __init__(self, form: str, kinds: frozenset[str], label: str) -> None:
        self.form = form
        self.kinds = kinds
        self.label = label
        self.bulk: bool = False
        self.loose: bool = False
        self.cls: Any = None
        self.steps: tuple[tuple[bool, Any], ...] = ()
        # Strings.
        self.words: tuple[str, ...] | None = None
        self.longest: int | None = None
        # Objects.
        self.members: dict[str, Member] = {}
        self.names: tuple[str, ...] = ()
        self.closed: bool = False  # whether other keys than `names` are rejected
        self.extra: str = "ignore"
        self.rest: Slot | None = None  # the values of other keys
        self.key_words: tuple[str, ...] | None = None
        self.required: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self.defaults: dict[str, Any] = {}  # field: its schema, of the type "default"
        self.most: int | None = None  # items, or members
        # Arrays.
        self.items: tuple[Slot, ...] = ()
        self.item: Slot | None = None
        self.fewest: int = 0

    def copy(self) -> Shape:
        twin = Shape(self.form, self.kinds, self.label)
        for name in _SHAPE:
            setattr(twin, name, getattr(self, name))
        return twin

    def as_bulk(self) -> Shape:
        """Return the same shape, but validated as a whole."""
        twin = self.copy()
        twin.bulk = self.form != "leaf"
        return twin

    def as_loose(self) -> Shape:
        """Return a shape of any content, for a type whose raw value other code reads first."""
        twin = Shape(self.form, KINDS, self.label)
        twin.cls, twin.steps, twin.members = self.cls, self.steps, self.members
        twin.bulk = twin.loose = True
        return twin

    def name_of(self, key: str) -> str | None:
        """Return the name under which the value of a key is kept; None if it is not kept."""
        member = self.members.get(key)
        if member is not None:
            return member.name
        return key if self.extra in ("allow", "collect") else None

    def slot_at(self, step: str | int) -> Slot | None:
        """Return the slot of a member or item; None if it may be anything."""
        if isinstance(step, str):
            member = self.members.get(step)
            return self.rest if member is None else member.slot
        return self.items[step] if step < len(self.items) else self.item


class Slot:
    """A place for a value: a field, an item or the root.

    Attributes:
        trivial: The Python type whose instances are valid here as they are, or None.
        postponed: Whether it is validated with the value around it, which its validators read.
        grows: Whether an open string is shown as the value so far.
        when_complete: Whether it is marked with `WhenComplete`.
        not_before: The fields named by a `NotBefore`.
        expected: What a value here may be; computed when it is first needed.
        whole: pydantic's validator of it; made when it is first needed.
    """

    __slots__ = (
        "config",
        "expected",
        "grows",
        "not_before",
        "number",
        "options",
        "postponed",
        "schema",
        "shapes",
        "trivial",
        "when_complete",
        "whole",
    )

    def __init__(self, number: int, schema: Any, config: Any) -> None:
        self.number: int = number
        self.schema: Any = schema
        self.config: Any = config
        self.shapes: list[Shape] = []
        self.options: dict[str, tuple[Shape, ...]] = {}
        self.trivial: type | None = None
        self.postponed: bool = False
        self.grows: bool = False
        self.when_complete: bool = False
        self.not_before: tuple[str, ...] = ()
        self.expected: Expected | None = None
        self.whole: Any = None


def any_shape() -> Shape:
    return Shape("any", KINDS, "any")


ANYTHING: Final = any_shape()
