"""Puts typed containers together from their parts, complete or open."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, Final

from streamparse._core.sink import NOTHING
from streamparse.aliases import Missing
from streamparse.models.absent import extra_of_open, partial_class
from streamparse.models.shapes import Shape, Slot

__all__ = ["assembled", "fields_of", "finished", "part_at", "shown_parts", "wrapped"]


_set: Final = object.__setattr__  # models and dataclasses may forbid their own


def assembled(shape: Shape, parts: Any, complete: bool, missing: Missing = "default") -> Any:
    """Return the container that the parts make.

    Args:
        shape: Its shape.
        parts: Its items, or its members by the names of fields.
        complete: Whether no more parts come. A complete container has its defaults.
        missing: What an open one shows for fields without a part, see `Validator.missing`.
    """
    form = shape.form
    if form in _COLLECTIONS:
        return _COLLECTIONS[form](parts)
    arrived = set(parts)
    if complete or missing == "default":
        for name, schema in shape.defaults.items():
            if name not in parts:
                parts[name] = _default_of(schema)
    elif missing == "none":
        for member in shape.members.values():
            parts.setdefault(member.name, None)
    if form == "model":
        return _instance(shape, parts, arrived, complete)
    if form == "dataclass":
        made = object.__new__(shape.cls if complete else partial_class(shape.cls))
        for name, part in parts.items():
            _set(made, name, part)
        return made
    return parts


_COLLECTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "list": lambda parts: parts,
    "set": set,
    "frozenset": frozenset,
    "tuple": tuple,
}


def _instance(shape: Shape, parts: dict[str, Any], arrived: set[str], complete: bool) -> Any:
    """Return a model as pydantic creates it, but with these fields only."""
    made = shape.cls.__new__(shape.cls)
    extra: Any = None if complete else extra_of_open(shape.cls)
    if shape.extra == "allow":
        fields = {member.name for member in shape.members.values()}
        extra = {} if extra is None else extra.copy()
        for name, part in parts.items():
            if name not in fields:
                extra[name] = part
        parts = {name: part for name, part in parts.items() if name in fields}
    _set(made, "__dict__", parts)
    _set(made, "__pydantic_fields_set__", arrived)
    _set(made, "__pydantic_extra__", extra)
    _set(made, "__pydantic_private__", None)
    return made


def _default_of(schema: Any) -> Any:
    if "default_factory" in schema:
        return schema["default_factory"]()
    default = schema["default"]
    return copy.deepcopy(default) if isinstance(default, (list, dict, set)) else default


def finished(shape: Shape, made: Any, after: Callable[[Any, Any], Any]) -> Any:
    """Apply to a complete container what its type does: root models and "after" validators.

    Args:
        shape: The shape of the container.
        made: The container.
        after: Calls an "after" validator as pydantic does.
    """
    for wraps, what in shape.steps:
        made = _rooted(what, made) if wraps else after(what, made)
    return made


def _rooted(cls: Any, root: Any) -> Any:
    made = cls.__new__(cls)
    _set(made, "__dict__", {"root": root})
    _set(made, "__pydantic_fields_set__", {"root"})
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


def shown_parts(shape: Shape, parts: Any, slot: Slot, missing: Missing) -> Any:
    """Return an open container as it is shown; `NOTHING` while it is held back."""
    if slot.not_before and any(name not in parts for name in slot.not_before):
        return NOTHING
    return wrapped(shape, assembled(shape, parts, False, missing))


def wrapped(shape: Shape, made: Any) -> Any:
    """Return an open value in its root models."""
    for wraps, what in shape.steps:
        if wraps:
            made = _rooted(what, made)
    return made


def part_at(value: Any, step: str | int) -> Any:
    """Return a member, an item or a field of a typed value; `NOTHING` if there is none."""
    if isinstance(value, dict):
        return value.get(step, NOTHING)
    if isinstance(value, (list, tuple)):
        known = isinstance(step, int) and -len(value) <= step < len(value)
        return value[step] if known and isinstance(step, int) else NOTHING
    if getattr(type(value), "__pydantic_root_model__", False):
        return part_at(value.root, step) if hasattr(value, "root") else NOTHING
    return getattr(value, step, NOTHING) if isinstance(step, str) else NOTHING


def fields_of(shown: Any) -> set[str]:
    """Return the names of the fields that have arrived."""
    if isinstance(shown, dict):
        return set(shown)
    if dataclasses.is_dataclass(shown):
        return {field.name for field in dataclasses.fields(shown) if hasattr(shown, field.name)}
    return set(getattr(shown, "model_fields_set", ()))
