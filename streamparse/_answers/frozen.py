"""Converts linked objects to flat plain data and back, for the pickles and copies of parsers.

A parser is many objects: readers, machines, builders, and the message that they fill. `pickle`
alone cannot handle them: it recurses, but values may be deep; compiled classes hide their
attributes; and a `Message` or `ToolCall` that is pickled alone loses its builder. So a parser is
taken apart here as a whole, and put together again with all references.

Objects of other packages (tools, validators, functions) stay as they are: a pickle pickles them,
and a copy shares them.
"""

from __future__ import annotations

from array import array
from dataclasses import is_dataclass
from types import BuiltinMethodType, MethodType, ModuleType
from typing import Any, Final

from streamparse.message import Message, Part

__all__ = ["Frozen", "attributes_of", "blank_of", "freeze", "thaw"]

_PACKAGE: Final = __name__.split(".")[0]

_LEAF: Final = 0  # the value itself
_LIST: Final = 1
_DICT: Final = 2  # keys and values in turn
_SET: Final = 3
_TUPLE: Final = 4
_OBJECT: Final = 5  # its attributes, which are restored by name
_CALL: Final = 6  # the arguments of a function that makes the object
_METHOD: Final = 7  # the object whose method it is

# An object as its kind, the detail that its kind needs, and the places of its parts.
Entry = tuple[int, Any, list[int]]
# All objects, the first one being the one asked for; and the order in which they can be filled.
Frozen = tuple[list[Entry], list[int]]


def freeze(root: object) -> Frozen:
    """Take apart `root` and everything that it refers to.

    >>> thaw(freeze({"a": [1, (2,)]}))
    {'a': [1, (2,)]}
    """
    freezer = _Freezer()
    freezer.add(root)
    freezer.run()
    return [entry for entry in freezer.entries if entry is not None], freezer.order


def thaw(frozen: Frozen) -> Any:
    """Return a new object equal to the one that was taken apart."""
    entries, order = frozen
    made = [_blank(entry) for entry in entries]
    restored: list[Any] = []
    for place in order:
        kind, detail, places = entries[place]
        parts = [made[part] for part in places]
        one = made[place]
        if kind == _LIST:
            one.extend(parts)
        elif kind == _DICT:
            for at in range(0, len(parts), 2):
                one[parts[at]] = parts[at + 1]
        elif kind == _SET:
            one.update(parts)
        elif kind == _TUPLE:
            made[place] = tuple(parts)
        elif kind == _CALL:
            made[place] = detail(*parts)
        elif kind == _METHOD:
            made[place] = getattr(parts[0], detail)
        else:
            for name, part in zip(detail[1], parts, strict=True):
                setattr(one, name, part)
            if hasattr(one, "restored"):
                restored.append(one)
    for one in restored:
        one.restored()
    return made[0]


class _Freezer:
    """Walks over objects without recursion; an object is filled after its parts."""

    def __init__(self) -> None:
        self.entries: list[Entry | None] = []
        self.order: list[int] = []
        self.places: dict[int, int] = {}  # by the id of the object
        self.alive: list[object] = []  # keeps the ids unique
        # Objects whose parts are not all recorded yet: place, kind, detail, parts.
        self.stack: list[tuple[int, int, Any, list[Any], list[int]]] = []

    def add(self, value: object) -> int:
        """Return the place of an object; put it on the stack if it is new."""
        known = self.places.get(id(value))
        if known is not None:
            return known
        place = len(self.entries)
        self.places[id(value)] = place
        self.alive.append(value)
        kind, detail, parts = self._apart(value)
        if kind == _LEAF:
            self.entries.append((kind, detail, []))
        else:
            self.entries.append(None)
            self.stack.append((place, kind, detail, parts, []))
        return place

    def run(self) -> None:
        """Take apart the objects on the stack."""
        while self.stack:
            place, kind, detail, parts, found = self.stack[-1]
            if len(found) < len(parts):
                found.append(self.add(parts[len(found)]))
                continue
            self.entries[place] = (kind, detail, found)
            self.order.append(place)
            self.stack.pop()

    def _apart(self, value: Any) -> tuple[int, Any, list[Any]]:
        """Return the kind of an object, the detail that its kind needs, and its parts."""
        kind = type(value)
        if kind is list:
            return _LIST, None, list(value)
        if kind is dict:
            return _DICT, None, [part for member in value.items() for part in member]
        if kind is tuple:
            return _TUPLE, None, list(value)
        if kind is set:
            return _SET, None, list(value)
        if kind is bytearray:
            return _CALL, bytearray, [bytes(value)]
        if kind is array:
            return _CALL, array, [value.typecode, value.tobytes()]
        if kind is MethodType or kind is BuiltinMethodType:
            owner = value.__self__
            if owner is not None and not isinstance(owner, (type, ModuleType)):
                return _METHOD, value.__name__, [owner]
        if not kind.__module__.startswith(_PACKAGE) or isinstance(value, type):
            return _LEAF, value, []
        return self._object(value, kind)

    def _object(self, value: Any, kind: type) -> tuple[int, Any, list[Any]]:
        """Take apart an object of this package."""
        if not isinstance(value, (Message, Part)):
            if is_dataclass(value) or isinstance(value, BaseException):
                return _LEAF, value, []
            if any("__reduce__" in vars(one) for one in kind.__mro__[:-1]):
                reduced = value.__reduce__()
                if isinstance(reduced, str):
                    return _LEAF, value, []  # a singleton
                return _CALL, reduced[0], list(reduced[1])
        names = [name for name in _attributes(kind, value) if hasattr(value, name)]
        return _OBJECT, (kind, names), [getattr(value, name) for name in names]


def attributes_of(value: object) -> dict[str, Any]:
    """Return the attributes of an object by name, in the compiled and the interpreted build."""
    names = _attributes(type(value), value)
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _attributes(kind: type, value: object) -> list[str]:
    """Return the names of the attributes of an object, in both builds."""
    names: dict[str, None] = {}
    for one in kind.__mro__:
        attributes = vars(one)
        names.update(
            dict.fromkeys(attributes.get("__mypyc_attrs__", attributes.get("__slots__", ())))
        )
    names.update(dict.fromkeys(getattr(value, "__dict__", ())))
    names.pop("__dict__", None)  # of compiled generic classes
    return list(names)


def _blank(entry: Entry) -> Any:
    """Return the object of an entry, as far as it can be made before its parts."""
    kind, detail, _ = entry
    if kind == _LEAF:
        return detail
    if kind == _LIST:
        return []
    if kind == _DICT:
        return {}
    if kind == _SET:
        return set()
    if kind == _OBJECT:
        return blank_of(detail[0])
    return None


def blank_of(kind: Any) -> Any:
    """Return an object of this class whose attributes are not set yet.

    The class is called, because a compiled class cannot make an object without its `__init__`. If
    `__init__` has required arguments, `_init_types` of the class has their types, or values where
    the type alone is not enough.
    """
    needed = getattr(kind, "_init_types", ())
    return kind(*[blank_of(one) if isinstance(one, type) else one for one in needed])
