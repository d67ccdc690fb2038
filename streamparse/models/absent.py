"""Fields that have not arrived: reading one raises `AttributeError` "'name' has not arrived yet".

Interpreted, because the classes here inherit from `dict` or are made at run time.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any, Final

__all__ = ["extra_of_open", "partial_class"]


class _Extra(dict[str, Any]):
    """The `__pydantic_extra__` of an open pydantic model.

    `BaseModel.__getattr__` looks up there what is not an attribute. This mapping raises for the
    names of fields, and is otherwise a mapping of the extra members.
    """

    __slots__ = ("fields",)

    fields: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name in self.fields or super().__contains__(name)

    def __missing__(self, name: str) -> Any:
        if name in self.fields:
            raise _error(name)
        raise KeyError(name)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return super().__eq__({} if other is None else other)

    __hash__ = None

    def copy(self) -> _Extra:
        return _extra(self.fields, dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _extra, (self.fields, dict(self))


def _extra(fields: frozenset[str], members: dict[str, Any]) -> _Extra:
    extra = _Extra(members)
    extra.fields = fields
    return extra


@lru_cache(maxsize=256)
def extra_of_open(kind: Any) -> Any:
    """Return the `__pydantic_extra__` of open models of a class, which have no extra members.

    Its fields without a value raise the error above. The models share it, because an open model is
    made for each partial value. For models that allow extra members, `update` a copy of it.
    """
    return _extra(frozenset(kind.model_fields), {})


def _error(name: str) -> AttributeError:
    return AttributeError(f"{name!r} has not arrived yet", name=name)


class _NotArrived:
    """Stands for the default of a dataclass field that has not arrived."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        raise _error(self.name)


_PARTIAL_CLASSES: Final[dict[type, type]] = {}


def partial_class(cls: type) -> type:
    """A dataclass whose fields need not all be there: without the defaults in the class."""
    found = _PARTIAL_CLASSES.get(cls)
    if found is None:
        names = [field.name for field in dataclasses.fields(cls)]
        body: dict[str, Any] = {"__getattr__": _missing_slot}
        if "__slots__" not in vars(cls):
            body = {name: _NotArrived(name) for name in names}
        body.update(__slots__=(), __repr__=_partial_repr, __module__=cls.__module__)
        found = type(cls.__name__, (cls,), body)
        _PARTIAL_CLASSES[cls] = found
    return found


def _missing_slot(made: Any, name: str) -> Any:
    if any(field.name == name for field in dataclasses.fields(made)):
        raise _error(name)
    raise AttributeError(f"{type(made).__name__!r} object has no attribute {name!r}", name=name)


def _partial_repr(made: Any) -> str:
    names = [field.name for field in dataclasses.fields(made)]
    shown = ", ".join(f"{name}={getattr(made, name)!r}" for name in names if hasattr(made, name))
    return f"{type(made).__name__}({shown})"
