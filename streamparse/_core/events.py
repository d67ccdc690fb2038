"""The events of a document while it arrives.

They are plain classes because compiled dataclasses are slower, and cannot be pickled or matched.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

from streamparse._core._marks import mypyc_attr
from streamparse._core.deep_path import SharedPath, steps_of
from streamparse._core.flat import equal, flatten, unflatten
from streamparse._core.shown import safe_repr
from streamparse.aliases import ValueKind
from streamparse.paths import Path


@mypyc_attr(acyclic=True, free_list_len=1)
class ValueStarted:
    """A container or string has begun; `kind` is `"object"`, `"array"` or `"string"`.

    Numbers and literals have no such event, because they are emitted when they are complete.

    Attributes:
        path: The keys and indexes that lead to the value.
        kind: `"object"`, `"array"` or `"string"`.

    >>> ValueStarted(("a", 0), "string")
    ValueStarted(path=('a', 0), kind='string')
    """

    __slots__ = ("_path", "kind")

    __match_args__: ClassVar = ("path", "kind")
    type: ClassVar[Literal["value_started"]] = "value_started"

    def __init__(self, path: SharedPath, kind: ValueKind) -> None:
        self._path: SharedPath = path
        self.kind: ValueKind = kind

    @property
    def path(self) -> Path:
        """The path of the value."""
        return steps_of(self._path)

    @path.setter
    def path(self, path: Path) -> None:
        self._path = path

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ValueStarted):
            return NotImplemented
        return self.path == other.path and self.kind == other.kind

    def __repr__(self) -> str:
        return f"ValueStarted(path={self.path!r}, kind={self.kind!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return ValueStarted, (self.path, self.kind)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: `type`, `path` (a list), `kind`."""
        return {"type": self.type, "path": list(self.path), "kind": self.kind}


@mypyc_attr(acyclic=True, free_list_len=1)
class StringDelta:
    """`text`, which is never empty, was added to the open string at `path`.

    Attributes:
        path: The keys and indexes that lead to the string.
        text: The new text.

    >>> StringDelta(("city",), "Par").to_dict()
    {'type': 'string_delta', 'path': ['city'], 'text': 'Par'}
    """

    __slots__ = ("_path", "text")

    __match_args__: ClassVar = ("path", "text")
    type: ClassVar[Literal["string_delta"]] = "string_delta"

    def __init__(self, path: SharedPath, text: str) -> None:
        self._path: SharedPath = path
        self.text: str = text

    @property
    def path(self) -> Path:
        """The path of the value."""
        return steps_of(self._path)

    @path.setter
    def path(self, path: Path) -> None:
        self._path = path

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StringDelta):
            return NotImplemented
        return self.path == other.path and self.text == other.text

    def __repr__(self) -> str:
        return f"StringDelta(path={self.path!r}, text={self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return StringDelta, (self.path, self.text)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: `type`, `path` (a list), `text`."""
        return {"type": self.type, "path": list(self.path), "text": self.text}


@mypyc_attr(acyclic=True, free_list_len=1)  # no JSON value refers to an event
class ValueCompleted:
    """The value at `path` is complete and will not change. Children come before their container.

    `value` is the same object as in the `value` of the parser.

    Attributes:
        path: The keys and indexes that lead to the value.
        value: The value; read it, do not mutate it.

    >>> match ValueCompleted(("n",), 12):
    ...     case ValueCompleted(("n",), number):
    ...         number
    12
    """

    __slots__ = ("_path", "value")

    __match_args__: ClassVar = ("path", "value")
    type: ClassVar[Literal["value_completed"]] = "value_completed"

    def __init__(self, path: SharedPath, value: Any) -> None:
        self._path: SharedPath = path
        self.value: Any = value

    @property
    def path(self) -> Path:
        """The path of the value."""
        return steps_of(self._path)

    @path.setter
    def path(self, path: Path) -> None:
        self._path = path

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ValueCompleted):
            return NotImplemented
        return self.path == other.path and equal(self.value, other.value)

    def __repr__(self) -> str:
        return f"ValueCompleted(path={self.path!r}, value={safe_repr(self.value)})"

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self.value, (dict, list)):  # flat, because pickle recurses
            return _completed, (self.path, *flatten(self.value))
        return ValueCompleted, (self.path, self.value)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: `type`, `path` (a list), `value`."""
        return {"type": self.type, "path": list(self.path), "value": self.value}


def _completed(path: Path, shape: str, leaves: list[object]) -> ValueCompleted:
    return ValueCompleted(path, unflatten(shape, leaves))


class Reporter:
    """Creates the events of a builder: those of a tool call or of an output, for example.

    An event keeps `path`, a tuple or a `DeepPath`, as it is, and converts it when it is read.
    """

    def started(self, path: SharedPath, kind: ValueKind) -> object:
        """Return the event in place of `ValueStarted`."""
        return ValueStarted(path, kind)

    def delta(self, path: SharedPath, text: str) -> object:
        """Return the event in place of `StringDelta`."""
        return StringDelta(path, text)

    def completed(self, path: SharedPath, value: Any) -> object:
        """Return the event in place of `ValueCompleted`."""
        return ValueCompleted(path, value)


ValueEvent: TypeAlias = ValueStarted | StringDelta | ValueCompleted
